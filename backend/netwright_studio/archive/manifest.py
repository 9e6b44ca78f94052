"""What stands in ``project.json`` of an archive, and which files may lie beside it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator

from netwright import __version__
from netwright.datasets import Recipe
from netwright.train.sweep import TrialState
from netwright_studio.runs.state import RunState
from netwright_studio.schemas.common import Ident, Name, Number
from netwright_studio.schemas.events import AdviceData, ChangeData
from netwright_studio.schemas.graphs import Graph
from netwright_studio.schemas.runs import Best, Difference, ModelRef, Tag
from netwright_studio.schemas.settings import TrainSettings

FORMAT: Literal["netwright-project"] = "netwright-project"
MANIFEST, VERSIONS, RUN, EVENTS, SWEEP = "project.json", "versions.jsonl", "run.json", "events.jsonl", "sweep.json"
SUFFIX = ".netwright"

_MODEL = r"(graph\.json|model\.json|weights\.safetensors)"
PATHS = re.compile(
    rf"versions\.jsonl|datasets/\d{{1,4}}/(data|test)\.[a-z]{{1,8}}"
    r"|sweeps/\d{1,4}/sweep\.json"
    rf"|models/\d{{1,4}}/({_MODEL}|evaluation-model-(validation|test)\.safetensors)"
    rf"|runs/\d{{1,4}}/(run\.json|events\.jsonl|model/{_MODEL}|start/weights\.safetensors"
    r"|inside/(plane\.json|\d{9}\.snapshot|evaluation-final-(validation|test)\.safetensors)"
    r"|checkpoints/step-\d{1,12}/(weights\.safetensors|optimizer\.safetensors|state\.json))"
)
"""All that an archive may hold beside its manifest. They are names of ours: no path of anybody's is ever followed."""

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Packed(BaseModel):
    """Base of what is packed; fields of a later version are passed over."""

    model_config = ConfigDict(extra="ignore", protected_namespaces=(), from_attributes=True)


class PackedFile(Packed):
    """A file of the archive. ``same_as`` names one with the same content, which is stored only there."""

    path: str = Field(max_length=250)
    sha256: Digest
    bytes: int = Field(ge=0)
    same_as: str | None = Field(None, max_length=250)

    @field_validator("path")
    @classmethod
    def _known(cls, path: str) -> str:
        if not PATHS.fullmatch(path):
            raise ValueError("no file that belongs into an archive")
        return path


class PackedDataset(Packed):
    """An uploaded data set: what is needed to take it in again, and its files where they came along.

    Made of a built-in one, whose name is ``filename`` then, it has no file.
    """

    id: Ident
    name: Name
    filename: str = Field(max_length=255)
    format: str = Field(max_length=16)
    target: str | None = Field(None, max_length=255)
    recipe: Recipe | None = None
    sha256: Digest | None = None
    file: str | None = Field(None, pattern=r"^datasets/\d{1,4}/data\.[a-z]{1,8}$")
    test_filename: str | None = Field(None, max_length=255)
    test_sha256: Digest | None = None
    test_file: str | None = Field(None, pattern=r"^datasets/\d{1,4}/test\.[a-z]{1,8}$")


class PackedProject(Packed):
    """The project as it was when it was packed."""

    name: Name
    graph: Graph
    dataset: Ident | None
    settings: TrainSettings
    revision: int = Field(ge=1, le=2**31 - 1)
    created_at: datetime
    updated_at: datetime


class PackedVersion(Packed):
    """A line of ``versions.jsonl``."""

    revision: int = Field(ge=1, le=2**31 - 1)
    created_at: datetime
    label: Name | None
    graph: Graph
    dataset: Ident | None
    settings: TrainSettings


class PackedStart(Packed):
    """The network, seed and initializer that gave the first weights of a rewound run."""

    graph: Graph
    seed: int | None = Field(None, ge=0, le=2**32 - 1)
    initializer: Ident | None = None


class PackedOrigin(Packed):
    """Where a run comes from."""

    run: Ident
    number: int
    name: str = Field(max_length=120)
    kind: Literal["initial", "checkpoint", "weights"]
    step: int | None = Field(None, ge=0)
    epoch: float | None = None
    differences: list[Difference] = Field(default_factory=list, max_length=1000)
    start: PackedStart | None = None


class PackedRun(Packed):
    """``run.json``: a run that is over, without its events."""

    id: Ident
    number: int = Field(ge=0)
    name: Name
    graph: Graph
    dataset: Ident
    settings: TrainSettings
    state: RunState
    state_reason: str | None = Field(None, max_length=10_000)
    resumable: bool = False
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    epoch: float = 0.0
    epochs: int = Field(ge=1)
    step: int = Field(0, ge=0)
    steps_total: int | None = None
    metrics: dict[str, Number] = Field(default_factory=dict, max_length=1000)
    best: Best | None = None
    samples_per_second: float | None = None
    device: str | None = Field(None, max_length=64)
    device_reason: str | None = Field(None, max_length=10_000)
    memory_bytes: int | None = None
    changes: list[ChangeData] = Field(default_factory=list, max_length=1000)
    advice: list[AdviceData] = Field(default_factory=list, max_length=1000)
    origin: PackedOrigin | None = None
    ranges: dict[str, tuple[float, float]] = Field(default_factory=dict, max_length=1000)
    tags: list[Tag] = Field(default_factory=list, max_length=20)
    notes: str = Field("", max_length=20_000)
    model: ModelRef | None = None
    sweep: Ident | None = None
    trial: int | None = Field(None, ge=0)
    trial_state: TrialState | None = None
    rung: int | None = Field(None, ge=0)
    until_epoch: int | None = Field(None, ge=1)
    last_event: int = Field(0, ge=0)
    pruned_to: int = Field(0, ge=0)

    @field_validator("state")
    @classmethod
    def _over(cls, state: RunState) -> RunState:
        if not state.is_over:
            raise ValueError("a run that is packed is over")
        return state


class PackedModel(Packed):
    """A trained version; its files lie in ``folder``. ``run`` is the id of the run that made it."""

    folder: str = Field(pattern=r"^models/\d{1,4}$")
    name: str = Field(max_length=120)
    version: int = Field(ge=1, le=2**31)
    run: Ident | None = None


class Manifest(Packed):
    """``project.json``."""

    format: Literal["netwright-project"] = FORMAT
    version: Literal[1] = 1
    netwright: str = Field(__version__, max_length=40)
    packed_at: datetime
    project: PackedProject
    datasets: list[PackedDataset] = Field(default_factory=list, max_length=500)
    runs: list[str] = Field(default_factory=list, max_length=1000, description="their folders")
    sweeps: list[str] = Field(default_factory=list, max_length=1000, description="their folders")
    models: list[PackedModel] = Field(default_factory=list, max_length=1000)
    files: list[PackedFile] = Field(max_length=50_000)

    @field_validator("runs", "sweeps")
    @classmethod
    def _folders(cls, folders: list[str], info: ValidationInfo) -> list[str]:
        if any(not re.fullmatch(rf"{info.field_name}/\d{{1,4}}", folder) for folder in folders):
            raise ValueError(f"what is packed lies in {info.field_name}/<number>")
        return folders
