"""A training in one file: the graph, the data set and the settings, for ``netwright train FILE``."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .documents import first_problem
from .errors import GraphError

FORMAT: Literal["netwright-training"] = "netwright-training"


class TrainingSpec(BaseModel):
    """What the command line needs to repeat a training of the studio.

    >>> from netwright.training_spec import TrainingSpec
    >>> TrainingSpec(name="Digits", dataset="digits", graph={"nodes": []}).format
    'netwright-training'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["netwright-training"] = FORMAT
    version: Literal[1] = 1
    name: str = ""
    dataset: str | None = None
    """A data set by its name; None where it is a file, which the command names."""
    recipe: dict[str, Any] | None = None
    """What is made of the file (or the built-in set): ``datasets.Recipe``."""
    settings: dict[str, Any] = Field(default_factory=dict)
    graph: dict[str, Any]

    @property
    def id(self) -> str:
        """What the model is called."""
        return self.name or self.graph.get("name") or "model"


def read_spec(document: Any, where: str) -> TrainingSpec:
    """A spec from its JSON; raises GraphError where it is none."""
    try:
        return TrainingSpec.model_validate(document)
    except ValidationError as error:
        raise GraphError(
            "this training cannot be read",
            where=where,
            wanted="format, version, name, dataset, recipe, settings and graph",
            got=first_problem(error),
        ) from None
