"""Opening an archive: what was read and found whole becomes a project here, or nothing does."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from netwright import datasets, model_store
from netwright.serialization import write_atomically
from netwright_studio.archive.manifest import PackedDataset, PackedOrigin, PackedRun, PackedVersion
from netwright_studio.archive.packing import packed_run_facts
from netwright_studio.archive.reading import Contents, RunPart, events_of, read_archive
from netwright_studio.archive.staging import staged
from netwright_studio.archive.sweeps import TRIAL, PackedSweep, sweep_columns, trial_columns, trial_of_run
from netwright_studio.datasets.catalog import BUILT_IN
from netwright_studio.runs.folder import RunFolder
from netwright_studio.schemas.archives import Opened, OpenedDataset, OpenedModel
from netwright_studio.schemas.projects import Project
from netwright_studio.store.database import new_id
from netwright_studio.store.events import Event
from netwright_studio.store.versions import SavedVersion
from netwright_studio.studio import Studio


@dataclass
class _Here:
    """What the archive's names and ids have become in this studio."""

    datasets: dict[str, str | None] = field(default_factory=dict)
    models: dict[tuple[str, int], tuple[str, int]] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)
    sweeps: dict[str, str] = field(default_factory=dict)

    def dataset(self, ident: str | None) -> str | None:
        """The id here of a data set there; None where there is none."""
        if ident is None or ident in datasets.names():
            return ident
        return self.datasets.get(ident)


def open_archive(studio: Studio, file: IO[bytes]) -> Opened:
    """Make a project of an archive, with its versions, data, models and runs; nothing of it stays when that fails."""
    settings = studio.settings
    with staged(settings.home) as folder, ExitStack() as undo:
        limits = {"max_bytes": settings.max_archive_bytes, "max_events": settings.events_per_run}
        contents = read_archive(file, folder, **limits)
        here = _Here(
            runs={part.packed.id: new_id() for part in contents.runs},
            sweeps={sweep.id: new_id() for sweep in contents.sweeps},
        )
        packed = contents.manifest.project
        taken = [_take_dataset(studio, contents, one, here, undo) for one in contents.manifest.datasets]
        taken = [*_built_in(contents), *taken]
        models = list(_take_models(studio, contents, here, undo))
        project = studio.store.projects.adopt(
            name=_free_name(studio, packed.name),
            graph=packed.graph.model_dump(),
            dataset=here.dataset(packed.dataset),
            settings=packed.settings.model_dump(),
            revision=packed.revision,
            created_at=packed.created_at,
            versions=[_version(one, here) for one in contents.versions],
        )
        undo.callback(studio.store.projects.delete, project.id)
        # The oldest first: sweeps and runs are numbered in the order in which they came.
        for sweep in sorted(contents.sweeps, key=lambda sweep: sweep.number):
            _take_sweep(studio, sweep, project.id, here, undo)
        for part in sorted(contents.runs, key=lambda part: part.packed.number):
            _take_run(studio, part, project.id, here, undo)
        undo.pop_all()
    return Opened(
        project=Project.model_validate(project),
        packed_name=packed.name,
        versions=len(contents.versions),
        runs=len(contents.runs),
        sweeps=len(contents.sweeps),
        datasets=taken,
        models=models,
    )


def _free_name(studio: Studio, name: str) -> str:
    """The name itself, or with a number behind it where another project has it."""
    taken = studio.store.projects.names()
    numbered = (f"{name[:110]} ({number})" for number in itertools.count(2))
    return next(one for one in itertools.chain([name], numbered) if one not in taken)


def _built_in(contents: Contents) -> Iterator[OpenedDataset]:
    used = [contents.manifest.project.dataset, *(part.packed.dataset for part in contents.runs)]
    used += [sweep.dataset for sweep in contents.sweeps]
    packed = {one.id for one in contents.manifest.datasets}
    for ident in dict.fromkeys(used):
        if ident is not None and ident not in packed:
            known = ident in datasets.names()
            title = datasets.info(ident).title if known else ident
            yield OpenedDataset(name=title, how="built_in" if known else "missing", id=ident if known else None)


def _take_dataset(
    studio: Studio, contents: Contents, packed: PackedDataset, here: _Here, undo: ExitStack
) -> OpenedDataset:
    """An upload with the same content and settings is taken as it is; else its file goes the way of every upload."""
    facts = packed.model_dump(mode="json")
    known = studio.catalog.find(facts)
    if known is not None:
        here.datasets[packed.id] = known
        return OpenedDataset(name=packed.name, how="here", id=known)
    if packed.file is None and packed.format != BUILT_IN:
        here.datasets[packed.id] = None
        return OpenedDataset(name=packed.name, how="missing", id=None)
    if packed.recipe is not None:
        came = {"file": packed.file, "test_file": packed.test_file}
        ident = studio.catalog.restore(facts, {key: contents.folder / path for key, path in came.items() if path}).id
    else:
        with (contents.folder / str(packed.file)).open("rb") as stream:
            ident = studio.catalog.add(stream, filename=packed.filename, name=packed.name, target=packed.target).id
    undo.callback(studio.catalog.delete, ident)
    here.datasets[packed.id] = ident
    return OpenedDataset(name=packed.name, how="added", id=ident)


def _take_models(studio: Studio, contents: Contents, here: _Here, undo: ExitStack) -> Iterator[OpenedModel]:
    """Versions keep their numbers; a model whose name is taken gets another one."""
    repository = studio.repository
    names: dict[str, str] = {}
    for packed, model in contents.models:
        if packed.name not in names:
            names[packed.name] = _free_model_name(repository.root, packed.name, set(names.values()))
        name = names[packed.name]
        info = model.info
        changes: dict[str, Any] = {"name": name, "dataset": here.dataset(info.dataset)}
        if info.provenance.run in here.runs:
            run = here.runs[info.provenance.run]
            changes["provenance"] = info.provenance.model_copy(update={"run": run})
        repository.adopt(model, name, packed.version, info.model_copy(update=changes))
        undo.callback(repository.delete, name, packed.version)
        for path in model.folder.glob("evaluation-model-*.safetensors"):
            write_atomically(repository.folder(name, packed.version) / path.name, path.read_bytes())
        here.models[packed.name, packed.version] = name, packed.version
        yield OpenedModel(name=packed.name, became=name, version=packed.version)


def _free_model_name(root: Path, name: str, taken: set[str]) -> str:
    name = model_store.make_name(name)
    numbered = (f"{name}-{number}" for number in itertools.count(2))
    return next(one for one in itertools.chain([name], numbered) if one not in taken and not (root / one).exists())


def _version(packed: PackedVersion, here: _Here) -> SavedVersion:
    return SavedVersion(
        packed.revision,
        packed.created_at,
        packed.label,
        packed.graph.model_dump(),
        here.dataset(packed.dataset),
        packed.settings.model_dump(),
    )


def _take_sweep(studio: Studio, packed: PackedSweep, project: str, here: _Here, undo: ExitStack) -> None:
    ident, dataset = here.sweeps[packed.id], here.dataset(packed.dataset) or packed.dataset
    studio.store.sweeps.adopt(sweep_columns(packed, ident, project, dataset), trial_columns(packed, here.runs))
    undo.callback(studio.store.sweeps.delete, ident)


def _take_run(studio: Studio, part: RunPart, project: str, here: _Here, undo: ExitStack) -> None:
    packed, ident = part.packed, here.runs[part.packed.id]
    place = RunFolder(studio.settings.runs_dir, ident)
    undo.callback(place.remove)
    place.path.mkdir(parents=True)
    for name in ("model", "inside", "checkpoints", "start"):
        if (part.folder / name).is_dir():
            shutil.move(part.folder / name, place.path / name)
    model = here.models.get((packed.model.name, packed.model.version)) if packed.model else None
    studio.store.runs.adopt(
        {
            **packed_run_facts(packed),
            "id": ident,
            "project_id": project,
            "dataset": here.dataset(packed.dataset) or packed.dataset,
            "resumable": packed.resumable and place.has_checkpoint(),
            "queued_at": packed.created_at,
            "model_name": model and model[0],
            "model_version": model and model[1],
            "last_event": packed.last_event,
            "sweep_id": here.sweeps.get(packed.sweep or ""),
            **trial_of_run(packed.model_dump(mode="json", include={*TRIAL}), packed.sweep, here.sweeps),
            **_origin(packed, here),
        },
        (_event(number, event, here) for number, event in events_of(part.folder)),
    )
    undo.callback(studio.store.runs.delete, ident)


def _origin(packed: PackedRun, here: _Here) -> dict[str, Any]:
    """Where the run comes from: a run of the archive by its id here, another one by its name alone."""
    origin: PackedOrigin | None = packed.origin
    if origin is None:
        return {"parent_id": None, "origin": None}
    parent = here.runs.get(origin.run, origin.run[:32])
    told = {**origin.model_dump(mode="json", exclude_none=False), "run": parent}
    if origin.start is None:
        del told["start"]
    return {"parent_id": parent, "origin": told}


def _event(number: int, event: Any, here: _Here) -> Event:
    data = event.data.model_dump(mode="json", exclude_unset=True)
    if event.type == "model":
        name, version = here.models.get((data["name"], data["version"]), (data["name"], data["version"]))
        data = {"name": name, "version": version}
    return Event.of(number, event.time, event.type, data)
