"""Projects: a network, its data set and its settings."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from netwright_studio.schemas.common import Ident, Model, Name, Request, Time
from netwright_studio.schemas.graphs import Graph
from netwright_studio.schemas.settings import TrainSettings


class ProjectCreate(Request):
    """A new project: from a template, from a graph, or empty."""

    name: Name
    template: Ident | None = None
    graph: Graph | None = None
    dataset: Ident | None = None
    settings: TrainSettings | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.template is not None and self.graph is not None:
            raise ValueError("Give either a template or a graph, not both")
        return self


class ProjectUpdate(Request):
    """Changes to a project. What is left out stays; ``revision`` is the one the change was made on."""

    revision: int = Field(ge=1)
    name: Name | None = None
    graph: Graph | None = None
    dataset: Ident | None = None
    settings: TrainSettings | None = None


class Project(Model):
    """A project as it is."""

    id: str
    name: str
    graph: Graph
    dataset: str | None
    settings: TrainSettings
    revision: int
    created_at: Time
    updated_at: Time


class ProjectVersion(Model):
    """A save of a project; one with a label is kept for good, others for a while."""

    revision: int
    created_at: Time
    label: str | None
    nodes: int
    bytes: int


class ProjectVersionContent(ProjectVersion):
    """A save with what it holds."""

    graph: Graph
    dataset: str | None
    settings: TrainSettings


class ProjectVersionUpdate(Request):
    """A label for a version; null takes it away."""

    label: Name | None
