"""Projects in one file: what may be packed, and what was opened."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from netwright_studio.runs.state import RunState
from netwright_studio.schemas.common import Model
from netwright_studio.schemas.projects import Project
from netwright_studio.schemas.runs import Best, ModelRef


class PartDataset(Model):
    """A data set that the project or one of its runs uses; only an upload's file can come along."""

    id: str
    title: str
    origin: Literal["built_in", "upload"]
    bytes: int


class PartRun(Model):
    """A run of the project. ``packable``: it is over."""

    id: str
    number: int
    name: str
    state: RunState
    packable: bool
    events: int
    bytes: int = Field(description="What was seen inside it; its events are not counted.")
    checkpoint_bytes: int
    best: Best | None
    model: ModelRef | None


class PartSweep(Model):
    """A sweep of the project. ``packable``: it is not at work. It goes along with the runs, or with one of its own."""

    id: str
    number: int
    name: str
    packable: bool
    runs: list[str] = Field(description="The ids of its trials' runs.")


class PartModel(Model):
    """A trained version that belongs to the project."""

    name: str
    version: int
    run: str | None
    bytes: int


class ArchiveParts(Model):
    """What of a project can go into an archive."""

    versions: int
    datasets: list[PartDataset]
    runs: list[PartRun]
    sweeps: list[PartSweep]
    models: list[PartModel]


class OpenedDataset(Model):
    """What became of a data set: a built-in one, an upload that was here already, a new one, or none."""

    name: str
    how: Literal["built_in", "here", "added", "missing"]
    id: str | None


class OpenedModel(Model):
    """What a model in the archive is called here."""

    name: str
    became: str
    version: int


class Opened(Model):
    """A project that was opened from an archive, and what its parts have become here."""

    project: Project
    packed_name: str = Field(description="What the project was called where it was packed.")
    versions: int
    runs: int
    sweeps: int
    datasets: list[OpenedDataset]
    models: list[OpenedModel]
