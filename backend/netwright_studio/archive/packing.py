"""Writing an archive: the manifest last, when everything it lists is in its place."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal, TypeVar

from netwright import datasets, model_store
from netwright_studio.archive.manifest import (
    EVENTS,
    MANIFEST,
    RUN,
    SWEEP,
    VERSIONS,
    Manifest,
    PackedDataset,
    PackedFile,
    PackedModel,
    PackedProject,
    PackedRun,
    PackedVersion,
)
from netwright_studio.archive.parts import models_of, run_files, runs_of, unique
from netwright_studio.archive.sweeps import PackedSweep, is_at_rest, pack_sweep, sweeps_of, trial_of_run
from netwright_studio.errors import ConflictError, NotFoundError
from netwright_studio.runs.folder import RunFolder
from netwright_studio.runs.state import RunState
from netwright_studio.store.tables import ModelVersion, Run, now
from netwright_studio.studio import Studio

PACKED_ALREADY = (".safetensors", ".snapshot", ".npz", ".zip", ".png", ".parquet")
"""Contents that hardly shrink."""
PAGE = 5000
Key = TypeVar("Key")
Row = TypeVar("Row")


@dataclass(frozen=True)
class Choice:
    """What goes into an archive beside the project and its versions."""

    runs: tuple[str, ...] | Literal["all"] = "all"
    models: tuple[tuple[str, int], ...] | Literal["all"] = "all"
    data: bool = True
    checkpoints: bool = False


@dataclass
class _Packer:
    """The zip file being written; a content that comes twice is stored once."""

    zip: zipfile.ZipFile
    files: list[PackedFile] = field(default_factory=list)
    _first: dict[str, str] = field(default_factory=dict)

    def add_file(self, path: str, source: Path) -> str:
        """Store a file and return its digest."""
        with source.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        same = self._first.setdefault(digest, path)
        size = source.stat().st_size
        self.files.append(PackedFile(path=path, sha256=digest, bytes=size, same_as=None if same == path else same))
        if same == path:
            with source.open("rb") as file, self._open(path, size) as out:
                shutil.copyfileobj(file, out, 1 << 20)
        return digest

    def add_lines(self, path: str, pieces: Iterable[bytes]) -> None:
        """Store what comes piece by piece."""
        digest, size = hashlib.sha256(), 0
        with self._open(path, None) as out:
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                out.write(piece)
        self._first.setdefault(digest.hexdigest(), path)
        self.files.append(PackedFile(path=path, sha256=digest.hexdigest(), bytes=size))

    def _open(self, path: str, size: int | None) -> IO[bytes]:
        info = zipfile.ZipInfo(path, now().timetuple()[:6])
        info.compress_type = zipfile.ZIP_STORED if path.endswith(PACKED_ALREADY) else zipfile.ZIP_DEFLATED
        info.external_attr = 0o100644 << 16
        return self.zip.open(info, "w", force_zip64=size is None or size > 1 << 30)


def pack_project(studio: Studio, project_id: str, choice: Choice, target: Path) -> str:
    """Write the project into the file ``target`` and return its name; ConflictError for a run that still trains."""
    project = studio.store.projects.get(project_id)
    mine = runs_of(studio, project_id)
    models = models_of(studio, project, mine)
    if choice.runs == "all":
        runs = [run for run in mine if RunState(run.state).is_over]
    else:
        runs = [_require_over(run) for run in _chosen({run.id: run for run in mine}, choice.runs, "runs")]
    if choice.models != "all":
        models = _chosen({(row.name, row.version): row for row in models}, choice.models, "models")
    sweeps = _resting_sweeps(studio, project_id, choice, runs)
    used = [project.dataset, *(run.dataset for run in runs), *(sweep.dataset for sweep in sweeps.values())]
    with zipfile.ZipFile(target, "x", compresslevel=6) as file:
        packer = _Packer(file)
        manifest = Manifest(
            packed_at=now(),
            project=PackedProject.model_validate(project),
            models=[_add_model(packer, studio, row, at) for at, row in enumerate(models, 1)],
            runs=[_add_run(packer, studio, run, at, choice.checkpoints, sweeps) for at, run in enumerate(runs, 1)],
            sweeps=[_add_sweep(packer, packed, at) for at, packed in enumerate(sweeps.values(), 1)],
            datasets=_add_datasets(packer, studio, used, choice.data),
            files=[],
        )
        packer.add_lines(VERSIONS, _versions(studio, project_id))
        manifest.files = packer.files
        info = zipfile.ZipInfo(MANIFEST, now().timetuple()[:6])
        info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o100644 << 16
        file.writestr(info, manifest.model_dump_json(indent=1))
    return project.name


def _chosen(there: Mapping[Key, Row], wanted: Iterable[Key], where: str) -> list[Row]:
    missing = [one for one in wanted if one not in there]
    if missing:
        raise NotFoundError(
            "The project has no such part.", where=where, got=str(missing[0])[:80], remedy="Ask which it has."
        )
    return [there[one] for one in dict.fromkeys(wanted)]


def _require_over(run: Run) -> Run:
    if not RunState(run.state).is_over:
        raise ConflictError(
            f"{run.name} is {run.state}: a run is packed once it is over.",
            where="runs",
            got=run.state,
            remedy="Stop it first, or leave it out.",
        )
    return run


def _resting_sweeps(studio: Studio, project: str, choice: Choice, runs: Iterable[Run]) -> dict[str, PackedSweep]:
    """By id those that go along: with all runs, or with one of theirs; one that is at work stays behind."""
    mine = {run.sweep_id for run in runs}
    found = {}
    for sweep in sweeps_of(studio.store, project):
        trials = studio.store.sweeps.trials(sweep.id)
        if (choice.runs == "all" or sweep.id in mine) and is_at_rest(sweep, trials):
            found[sweep.id] = pack_sweep(sweep, trials)
    return found


def _add_sweep(packer: _Packer, packed: PackedSweep, number: int) -> str:
    folder = f"sweeps/{number}"
    packer.add_lines(f"{folder}/{SWEEP}", [packed.model_dump_json(indent=1).encode()])
    return folder


def _add_model(packer: _Packer, studio: Studio, row: ModelVersion, number: int) -> PackedModel:
    source, folder = studio.repository.folder(row.name, row.version), f"models/{number}"
    evaluations = [f"evaluation-model-{part}.safetensors" for part in ("validation", "test")]
    for name in (model_store.INFO, model_store.GRAPH, model_store.WEIGHTS, *evaluations):
        if (source / name).is_file():
            packer.add_file(f"{folder}/{name}", source / name)
    return PackedModel(folder=folder, name=row.name, version=row.version, run=row.run_id)


def _add_run(packer: _Packer, studio: Studio, run: Run, number: int, checkpoints: bool, sweeps: Collection[str]) -> str:
    folder, place = f"runs/{number}", RunFolder(studio.settings.runs_dir, run.id)
    model = {"name": run.model_name, "version": run.model_version} if run.model_name else None
    facts = {name: getattr(run, name) for name in PackedRun.model_fields if name not in ("model", "sweep")}
    facts |= {"sweep": run.sweep_id if run.sweep_id in sweeps else None, **trial_of_run(facts, run.sweep_id, sweeps)}
    if not checkpoints:
        facts["resumable"] = False
    packed = PackedRun.model_validate({**facts, "model": model})
    packer.add_lines(f"{folder}/{RUN}", [packed.model_dump_json(indent=1).encode()])
    packer.add_lines(f"{folder}/{EVENTS}", _events(studio, run.id))
    for name, path in run_files(place, checkpoints=checkpoints):
        packer.add_file(f"{folder}/{name}", path)
    return folder


def _events(studio: Studio, run: str) -> Iterable[bytes]:
    after = 0
    while (page := studio.store.events.page(run, after, PAGE)).events:
        yield "".join(event.encode() + "\n" for event in page.events).encode()
        after = page.next


def _versions(studio: Studio, project: str) -> Iterable[bytes]:
    _, total = studio.store.versions.page(project, 1, 0)
    listed = studio.store.versions.page(project, max(total, 1), 0)[0]
    for one in reversed(listed):
        version = studio.store.versions.get(project, one.revision)
        yield PackedVersion.model_validate(version).model_dump_json().encode() + b"\n"


def _add_datasets(packer: _Packer, studio: Studio, used: Iterable[str | None], data: bool) -> list[PackedDataset]:
    packed: list[PackedDataset] = []
    for ident in unique(used):
        if ident in datasets.names():
            continue  # every studio has it
        try:
            facts, sources = studio.catalog.packed(ident)
        except NotFoundError:
            continue  # deleted: the runs tell its name still
        dataset = PackedDataset(**facts)
        if data and "file" in sources:
            dataset.file = f"datasets/{len(packed) + 1}/data{source_suffix(dataset.filename)}"
            packer.add_file(dataset.file, sources["file"])
        if data and "test_file" in sources:
            dataset.test_file = f"datasets/{len(packed) + 1}/test{source_suffix(dataset.test_filename or '')}"
            packer.add_file(dataset.test_file, sources["test_file"])
        packed.append(dataset)
    return packed


def source_suffix(filename: str) -> str:
    """The ending of an upload's name, as an archive writes it."""
    suffix = Path(filename).suffix.lower()
    return suffix if suffix[1:].isalpha() and suffix.isascii() and len(suffix) <= 9 else ".bin"


NOT_COLUMNS = {"id", "number", "dataset", "origin", "model", "sweep", "last_event"}
"""What of a packed run is not a column of the same name."""


def packed_run_facts(packed: PackedRun) -> dict[str, Any]:
    """The columns of a run as the store keeps them."""
    facts = packed.model_dump(mode="json", exclude=NOT_COLUMNS)
    for name in ("created_at", "started_at", "ended_at"):
        facts[name] = getattr(packed, name)
    return facts
