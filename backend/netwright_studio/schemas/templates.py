"""Templates: networks that work, to start from."""

from __future__ import annotations

from typing import Literal

from netwright_studio.schemas.common import Model
from netwright_studio.schemas.graphs import Graph
from netwright_studio.schemas.settings import TrainSettings


class Template(Model):
    """A network with data set, settings and what to expect of it."""

    id: str
    title: str
    summary: str
    category: Literal["tables", "images"]
    task: Literal["classification", "regression", "reconstruction"]
    dataset: str
    expected: str
    settings: TrainSettings
    graph: Graph
