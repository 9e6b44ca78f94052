"""Networks that work, each with its data set and settings: the gallery of the studio, and ``netwright train NAME``."""

from __future__ import annotations

import functools
from importlib import resources
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from ..documents import first_problem
from ..errors import DataError, GraphError

Family = Literal["classification", "regression", "reconstruction", "clustering", "generation", "sequence"]


class Result(BaseModel):
    """What a training comes to: a measure, the range it lies in, and about how many seconds it takes on two cores."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: str
    low: float
    high: float
    seconds: float


class Words(BaseModel):
    """A template's texts in another language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    summary: str
    expected: str


class Template(BaseModel):
    """A graph, what to train it on and how, and what to expect. ``level`` orders them from simple to involved, ``zh``
    holds the texts in Chinese.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    level: int
    title: str
    summary: str
    family: Family = "classification"
    category: Literal["tables", "images", "texts"]
    task: Literal["classification", "regression", "reconstruction", "clustering", "generation", "language"]
    dataset: str
    expected: str
    result: Result | None = None
    zh: Words | None = None
    settings: dict[str, Any]
    graph: dict[str, Any]


@functools.cache
def _all() -> dict[str, Template]:
    files = (file for file in resources.files(__name__).iterdir() if file.name.endswith(".json"))
    found = sorted((Template.model_validate_json(file.read_bytes()) for file in files), key=lambda t: t.level)
    return {template.id: template for template in found}


def read(content: bytes, where: str) -> Template:
    """A template from a file of one's own; raises GraphError where it is none."""
    try:
        return Template.model_validate_json(content)
    except ValidationError as error:
        raise GraphError("this is neither a graph nor a template", where=where, got=first_problem(error)) from None


def all() -> list[Template]:
    """All templates, from simple to involved."""
    return list(_all().values())


def get(name: str) -> Template:
    """The template of that id; raises DataError when there is none."""
    if name not in _all():
        raise DataError("there is no such template", wanted=f"one of {', '.join(_all())}", got=repr(name[:60]))
    return _all()[name]
