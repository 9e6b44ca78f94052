"""Reading an archive: all of it is unpacked to the side, compared and parsed before any of it counts."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TypeVar

import orjson
from pydantic import BaseModel, TypeAdapter, ValidationError

from netwright import model_store
from netwright.documents import first_problem
from netwright.errors import CheckpointError
from netwright.inspection import SnapshotFolder
from netwright.inspection.evaluation import Evaluation
from netwright.model_store import SavedModel
from netwright.train import checkpoint as checkpoints
from netwright_studio.archive.manifest import (
    EVENTS,
    FORMAT,
    MANIFEST,
    RUN,
    SWEEP,
    VERSIONS,
    Manifest,
    PackedModel,
    PackedRun,
    PackedVersion,
)
from netwright_studio.archive.safe_zip import SafeZip
from netwright_studio.archive.sweeps import PackedSweep
from netwright_studio.errors import InvalidError
from netwright_studio.jsonio import loads
from netwright_studio.schemas.events import RunEvent
from netwright_studio.schemas.graphs import Graph

MAX_MANIFEST, MAX_JSON, MAX_LINE = 64 << 20, 64 << 20, 16 << 20
MAX_VERSIONS = 2000
SPARE = 64 << 20
"""Bytes that are to stay free on the disk."""
Parsed = TypeVar("Parsed", bound=BaseModel)


@dataclass(frozen=True)
class RunPart:
    """A run of an archive; what belongs to it lies in ``folder``."""

    packed: PackedRun
    folder: Path


@dataclass(frozen=True)
class Contents:
    """An archive that was found whole; its files lie unpacked below ``folder``."""

    folder: Path
    manifest: Manifest
    versions: list[PackedVersion] = field(default_factory=list)
    runs: list[RunPart] = field(default_factory=list)
    sweeps: list[PackedSweep] = field(default_factory=list)
    models: list[tuple[PackedModel, SavedModel]] = field(default_factory=list)


def read_archive(file: IO[bytes], folder: Path, *, max_bytes: int, max_events: int) -> Contents:
    """Unpack an archive into an empty folder and parse all of it; InvalidError says what is wrong, and where."""
    with SafeZip(file, max_bytes=max_bytes) as archive:
        manifest = _read_manifest(archive)
        if shutil.disk_usage(folder).free < archive.size + SPARE:
            raise InvalidError(
                "There is not enough room on the disk.", where="file", wanted=f"{archive.size} bytes", got="less"
            )
        _unpack(archive, manifest, folder)
    runs = [_read_run(folder / name, max_events) for name in manifest.runs]
    sweeps = [_read_sweep(folder / name) for name in manifest.sweeps]
    models = [(packed, _read_model(folder / packed.folder)) for packed in manifest.models]
    return Contents(folder, manifest, _read_versions(folder / VERSIONS), runs, sweeps, models)


def _read_manifest(archive: SafeZip) -> Manifest:
    document = _json(archive.read(MANIFEST, MAX_MANIFEST), MANIFEST)
    if document.get("format") != FORMAT:
        raise InvalidError("This is no project of Netwright.", where=MANIFEST, wanted=FORMAT)
    if document.get("version") != 1:
        raise InvalidError(
            "The archive was made by a newer Netwright.",
            where=MANIFEST,
            wanted="version 1",
            got=str(document.get("version"))[:20],
            remedy="Bring this studio up to date.",
        )
    manifest = _parse(Manifest, document, MANIFEST)
    every = {file.path for file in manifest.files}
    for packed in manifest.datasets:
        for name in sorted({packed.file, packed.test_file} - {None} - every, key=str):
            raise InvalidError("A file of the archive is missing.", where=name)
    listed = {file.path for file in manifest.files if file.same_as is None}
    for name in sorted(archive.names ^ (listed | {MANIFEST})):
        if name in listed:
            raise InvalidError("A file of the archive is missing.", where=name[:200])
        raise InvalidError("The archive holds a file that does not belong there.", where=name[:200])
    return manifest


def _unpack(archive: SafeZip, manifest: Manifest, folder: Path) -> None:
    stored = {}
    for file in manifest.files:
        if file.same_as is None:
            found = archive.extract(file.path, folder / file.path)
            if found != (file.sha256, file.bytes):
                raise InvalidError("A file in the archive is not the one that was packed.", where=file.path)
            stored[file.path] = file.sha256
    for file in manifest.files:
        if file.same_as is not None:
            if stored.get(file.same_as) != file.sha256:
                raise InvalidError("A file of the archive is missing.", where=file.path)
            target = folder / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists():
                raise InvalidError("Two files in the archive have one name.", where=file.path)
            shutil.copyfile(folder / file.same_as, target)


def _read_versions(path: Path) -> list[PackedVersion]:
    if not path.is_file():
        return []
    found = [_parse(PackedVersion, _json(line, VERSIONS), VERSIONS) for line in _lines(path, MAX_JSON)]
    numbers = [version.revision for version in found]
    if len(found) > MAX_VERSIONS or numbers != sorted(set(numbers)):
        raise InvalidError("The versions of the project are not in order.", where=VERSIONS)
    return found


def _read_run(folder: Path, max_events: int) -> RunPart:
    where = f"runs/{folder.name}"
    packed = _read_facts(PackedRun, folder, RUN)
    last = packed.pruned_to
    for number, _ in events_of(folder):
        if number != last + 1 or number > packed.pruned_to + max_events:
            raise InvalidError("The events of a run are not in order, or too many.", where=f"{where}/{EVENTS}")
        last = number
    if last != max(packed.last_event, packed.pruned_to):
        raise InvalidError("A run has lost events.", where=f"{where}/{EVENTS}", wanted=packed.last_event, got=last)
    _check_inside(folder, where)
    for step, place in checkpoints.steps_in(folder / "checkpoints"):
        with _told(f"{where}/checkpoints/step-{step}"):
            checkpoints.read(place, step)
    if (folder / "model").is_dir():
        _read_model(folder / "model")
    return RunPart(packed, folder)


def _read_sweep(folder: Path) -> PackedSweep:
    return _read_facts(PackedSweep, folder, SWEEP)


def _read_facts(kind: type[Parsed], folder: Path, name: str) -> Parsed:
    """The file in a part's folder that says what the part is."""
    path, where = folder / name, f"{folder.parent.name}/{folder.name}/{name}"
    if not path.is_file() or path.stat().st_size > MAX_JSON:
        raise InvalidError("A file of the archive is missing.", where=where)
    return _parse(kind, _json(path.read_bytes(), where), where)


def events_of(folder: Path) -> Iterator[tuple[int, RunEvent]]:
    """(number, event) of each line of a run's events, parsed by its schema."""
    path, where = folder / EVENTS, f"runs/{folder.name}/{EVENTS}"
    if not path.is_file():
        return
    for line in _lines(path, MAX_LINE):
        try:
            event = _EVENT.validate_python(_json(line, where))
        except ValidationError as error:
            raise _unreadable(error, where) from None
        if not _TIME.fullmatch(event.time) or event.seq < 1:
            raise InvalidError("An event of a run cannot be read.", where=where)
        yield event.seq, event


_EVENT: TypeAdapter[RunEvent] = TypeAdapter(RunEvent)
_TIME = re.compile(r"[0-9TZ:.+-]{10,32}")


def _check_inside(folder: Path, where: str) -> None:
    inside = SnapshotFolder(folder / "inside")
    for step in inside.steps():
        with _told(f"{where}/inside"):
            try:
                inside.read(step)
            except ValidationError as error:
                raise _unreadable(error, f"{where}/inside") from None
    if (inside.folder / "plane.json").is_file() and inside.plane() is None:
        raise InvalidError("A file in the archive cannot be read.", where=f"{where}/inside/plane.json")
    for path in inside.folder.glob("evaluation-*.safetensors"):
        with _told(f"{where}/inside/{path.name}"):
            Evaluation.load(path)


def _read_model(folder: Path) -> SavedModel:
    """A model whose checksums fit, whose graph is one and whose weights can be read."""
    where = f"{folder.parent.name}/{folder.name}"
    with _told(where):
        model = model_store.load_model(folder)
        model.weights()
        for path in folder.glob("evaluation-*.safetensors"):
            Evaluation.load(path)
    _parse(Graph, model.graph, f"{where}/{model_store.GRAPH}")
    return model


@contextmanager
def _told(where: str) -> Iterator[None]:
    """Turns what the framework says of damaged files into what the archive's reader is told."""
    try:
        yield
    except CheckpointError as error:
        raise InvalidError(
            "A file in the archive cannot be read.", where=where, wanted=error.wanted, got=error.message
        ) from error


def _lines(path: Path, most: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        while line := file.readline(most + 1):
            if len(line) > most:
                raise InvalidError(
                    "A file in the archive is too large.", where=path.name, wanted=f"lines of {most} bytes"
                )
            yield line


def _json(content: bytes, where: str) -> dict[str, Any]:
    try:
        document = loads(content)
    except (json.JSONDecodeError, orjson.JSONDecodeError, UnicodeDecodeError):
        document = None
    if not isinstance(document, dict):
        raise InvalidError("A file in the archive cannot be read.", where=where, wanted="a JSON object")
    return document


def _parse(kind: type[Parsed], document: Any, where: str) -> Parsed:
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        raise _unreadable(error, where) from None


def _unreadable(error: ValidationError, where: str) -> InvalidError:
    first = first_problem(error)
    told = f"{first.place[:120]}: {first.message}"[:300]
    return InvalidError("A file in the archive cannot be read.", where=where, got=told)
