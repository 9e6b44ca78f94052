"""Templates: networks that work, to start from."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from netwright_studio.schemas.common import Model
from netwright_studio.schemas.graphs import Graph
from netwright_studio.schemas.settings import TrainSettings


class TemplateResult(Model):
    """What a training comes to: a metric, the range it lies in, and about how many seconds it takes on two cores."""

    metric: str
    low: float
    high: float
    seconds: float


class TemplateWords(Model):
    """A template's texts in another language."""

    title: str
    summary: str
    expected: str


class Template(Model):
    """A network with data set, settings and what to expect of it."""

    id: str
    title: str
    summary: str
    family: Literal["classification", "regression", "reconstruction", "clustering", "generation", "sequence"]
    category: Literal["tables", "images", "texts"]
    task: Literal["classification", "regression", "reconstruction", "clustering", "generation", "language"]
    dataset: str
    expected: str
    result: TemplateResult | None = None
    zh: TemplateWords | None = Field(None, description="The texts in Chinese.")
    settings: TrainSettings
    graph: Graph
