"""Trained models in folders: ``graph.json``, ``weights.safetensors``, ``model.json``; none of them executes.

``model.json`` says what goes in and out (preprocessing, classes, a sample), how good it is and where it
comes from, and holds the checksums of the other two. A folder appears whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ._version import __version__
from .abilities import Ability, abilities
from .datasets import Dataset, InputInfo, LabelInfo, Preprocessing
from .documents import first_problem
from .errors import CheckpointError
from .serialization import fsync_folder, load_arrays, save_arrays, write_atomically
from .task_choice import TaskChoice

GRAPH, WEIGHTS, INFO = "graph.json", "weights.safetensors", "model.json"
MAX_JSON = 64 << 20
_NAME = re.compile(r"[^\W_][\w.-]*")

Weights = Mapping[str, np.ndarray[Any, Any]]


class Provenance(BaseModel):
    """Where a model comes from."""

    model_config = ConfigDict(extra="forbid")

    run: str | None = None
    data_sha256: str | None = None
    seed: int | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    netwright: str = __version__


class ClusterInfo(BaseModel):
    """The clusters of a network's latent numbers: centres, how many training samples each holds, and the class that
    most of these belong to with its share, where they have classes.
    """

    model_config = ConfigDict(extra="forbid")

    centres: list[list[float]]
    sizes: list[int]
    classes: list[str | None]
    shares: list[float | None]


class ModelInfo(BaseModel):
    """All of a model but its graph and weights. ``sample`` is one raw input of the test split.

    ``parameters`` counts the trained numbers; ``files`` holds the SHA-256 of each file beside ``model.json``.
    """

    model_config = ConfigDict(extra="forbid", ser_json_inf_nan="strings")

    format: Literal["netwright-model"] = "netwright-model"
    version: Literal[1] = 1
    name: str
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    dataset: str | None = None
    input: InputInfo
    label: LabelInfo
    preprocessing: Preprocessing = Field(default_factory=Preprocessing)
    sample: Any = None
    metrics: dict[str, float] = Field(default_factory=dict)
    parameters: int = 0
    task: TaskChoice | None = None
    clusters: ClusterInfo | None = None
    provenance: Provenance = Field(default_factory=Provenance)
    files: dict[str, str] = Field(default_factory=dict)

    @property
    def does(self) -> tuple[Ability, ...]:
        """What the model can do, the first thing first."""
        return abilities(self.task)


@dataclass(frozen=True)
class SavedModel:
    """A model folder that was found whole."""

    folder: Path
    info: ModelInfo
    graph: dict[str, Any]

    @property
    def weights_path(self) -> Path:
        """The safetensors file."""
        return self.folder / WEIGHTS

    @property
    def graph_path(self) -> Path:
        """The graph JSON."""
        return self.folder / GRAPH

    @property
    def bytes(self) -> int:
        """How large the three files are together."""
        return sum((self.folder / name).stat().st_size for name in (GRAPH, WEIGHTS, INFO))

    def weights(self) -> dict[str, np.ndarray[Any, Any]]:
        """Weights and auxiliary states by name."""
        return load_arrays(self.weights_path)


def describe_model(
    data: Dataset,
    *,
    name: str,
    metrics: Mapping[str, float] | None = None,
    settings: Mapping[str, Any] | None = None,
    seed: int | None = None,
    run: str | None = None,
    task: TaskChoice | None = None,
    clusters: ClusterInfo | None = None,
) -> ModelInfo:
    """What a model trained on ``data`` says of itself; the sample is the first of the test split.

    ``task`` says what it was trained for (``settings.task``).
    """
    sample: Any = data.split("test")[0][0].tolist() if data.info.input.kind == "image" else data.rows("test", 0, 1)[0]
    if data.info.input.kind == "text":
        sample = sample[0]
    return ModelInfo(
        name=name,
        dataset=data.info.name,
        input=data.info.input,
        label=data.info.label,
        preprocessing=data.preprocessing,
        sample=sample,
        metrics=dict(metrics or {}),
        task=task,
        clusters=clusters,
        provenance=Provenance(run=run, data_sha256=data.sha256, seed=seed, settings=dict(settings or {})),
    )


def save_model(folder: Path | str, graph: Mapping[str, Any], weights: Weights, info: ModelInfo) -> SavedModel:
    """Write a model into ``folder``, which must not exist yet; raises CheckpointError when it does."""
    folder = Path(folder)
    with _staged(folder.parent) as staging:
        model = _write(staging, graph, weights, info)
        _move_into_place(staging, folder)
    return SavedModel(folder, model.info, model.graph)


def publish_model(
    root: Path, name: str, graph: Mapping[str, Any], weights: Weights, info: ModelInfo
) -> tuple[int, SavedModel]:
    """Write the next version of the model ``name`` below ``root``: ``root/name/version``, counted from 1."""
    with _staged(root) as staging:
        _write(staging, graph, weights, info.model_copy(update={"name": name}))
        return _number(staging, root, name)


def publish_folder(source: Path, root: Path, name: str) -> tuple[int, SavedModel]:
    """Copy a saved model as the next version of the model ``name`` below ``root``; the source stays."""
    model = load_model(source)
    return publish_model(root, name, model.graph, model.weights(), model.info)


def load_model(folder: Path | str) -> SavedModel:
    """Find a saved model and compare its checksums; raises CheckpointError where it is missing or damaged."""
    folder = Path(folder)
    info = read_info(folder)
    for name in (GRAPH, WEIGHTS):
        path = folder / name
        if not path.is_file():
            raise CheckpointError("a file of the model is missing", where=folder.name, wanted=name, got="nothing")
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != info.files.get(name):
            raise CheckpointError(
                "a file of the model is damaged",
                where=folder.name,
                wanted=f"{name} as it was saved",
                got="other bytes",
            )
    return SavedModel(folder, info, _read_json(folder / GRAPH))


def make_name(text: str) -> str:
    """A model name out of any text: lower case, letters, digits, ``.-_``, at most 60 bytes of UTF-8."""
    name = re.sub(r"[^\w.-]+", "-", text.strip().lower()).strip("-._")
    name = name.encode()[:60].decode(errors="ignore").strip("-._")
    return name or "model"


def is_name(text: str) -> bool:
    """Tell whether a text may be the name of a model, and so of a folder."""
    return bool(_NAME.fullmatch(text)) and ".." not in text and len(text.encode()) <= 120


def versions(root: Path, name: str) -> list[int]:
    """The versions of a model that lie below ``root``, ascending."""
    if not is_name(name) or not (root / name).is_dir():
        return []
    numbers = (int(path.name) for path in (root / name).iterdir() if path.name.isdigit())
    return sorted(number for number in numbers if (root / name / str(number) / INFO).is_file())


def names(root: Path) -> list[str]:
    """The models below ``root``."""
    if not root.is_dir():
        return []
    return sorted(path.name for path in root.iterdir() if is_name(path.name) and versions(root, path.name))


@contextmanager
def _staged(parent: Path) -> Iterator[Path]:
    """A hidden folder beside the target, gone afterwards whatever happens."""
    parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".incoming-", dir=parent))
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _write(folder: Path, graph: Mapping[str, Any], weights: Weights, info: ModelInfo) -> SavedModel:
    write_atomically(folder / GRAPH, json.dumps(graph, ensure_ascii=False, indent=1).encode())
    save_arrays(folder / WEIGHTS, weights)
    files = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (GRAPH, WEIGHTS)}
    parameters = info.parameters or sum(int(array.size) for array in weights.values())
    complete = info.model_copy(update={"files": files, "parameters": parameters})
    write_atomically(folder / INFO, complete.model_dump_json(indent=1).encode())
    os.chmod(folder, 0o755)
    return SavedModel(folder, complete, dict(graph))


def _move_into_place(staging: Path, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.rename(staging, folder)
    except OSError as error:
        raise CheckpointError(
            "the folder is taken",
            where=folder.name,
            wanted="a folder that does not exist yet",
            got="one with something in it",
            remedy="Choose another folder",
        ) from error
    fsync_folder(folder.parent)


def _number(staging: Path, root: Path, name: str) -> tuple[int, SavedModel]:
    """Give a staged model the next free number; another process may be doing the same."""
    if not is_name(name):
        raise CheckpointError("not a name for a model", wanted="letters, digits, . - _", got=repr(name[:60]))
    version = max(versions(root, name), default=0) + 1
    while True:
        target = root / name / str(version)
        try:
            _move_into_place(staging, target)
        except CheckpointError:
            if not target.exists():
                raise
            version += 1
            continue
        return version, load_model(target)


def read_info(folder: Path) -> ModelInfo:
    """The description of a saved model alone; raises CheckpointError where there is none."""
    path = folder / INFO
    if not path.is_file():
        raise CheckpointError(
            "there is no saved model",
            where=folder.name,
            wanted=f"a folder with {INFO}, {GRAPH} and {WEIGHTS}",
            got="a folder without" if folder.is_dir() else "no folder",
        )
    try:
        return ModelInfo.model_validate(_read_json(path))
    except ValidationError as error:
        raise CheckpointError(
            "the model's description cannot be read",
            where=folder.name,
            wanted="what save_model writes",
            got=first_problem(error),
        ) from None


def _read_json(path: Path) -> dict[str, Any]:
    if path.stat().st_size > MAX_JSON:
        raise CheckpointError("the file is too large", where=path.name, wanted=f"at most {MAX_JSON} bytes", got="more")
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise CheckpointError("the file is damaged", where=path.name, wanted="a JSON object", got="something else")
    return content
