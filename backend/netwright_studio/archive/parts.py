"""What of a project can go into an archive, and how large it is: what somebody chooses from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from netwright import datasets, model_store
from netwright_studio.archive.sweeps import is_at_rest, sweeps_of
from netwright_studio.errors import NotFoundError
from netwright_studio.runs.folder import RunFolder
from netwright_studio.runs.state import RunState
from netwright_studio.schemas.archives import ArchiveParts, PartDataset, PartModel, PartRun, PartSweep
from netwright_studio.schemas.runs import Best, ModelRef
from netwright_studio.store.tables import ModelVersion, Project, Run, Sweep
from netwright_studio.studio import Studio

MOST_RUNS = 500


def list_parts(studio: Studio, project_id: str) -> ArchiveParts:
    """Return the project's versions, data set, runs and models, each with its size."""
    project = studio.store.projects.get(project_id)
    runs = runs_of(studio, project_id)
    _, versions = studio.store.versions.page(project_id, 1, 0)
    used = [project.dataset, *(run.dataset for run in runs)]
    return ArchiveParts(
        versions=versions,
        datasets=[found for ident in unique(used) if (found := _dataset(studio, ident)) is not None],
        runs=[_run(studio, run) for run in runs],
        sweeps=[_sweep(studio, row) for row in sweeps_of(studio.store, project_id)],
        models=[_model(studio, row) for row in models_of(studio, project, runs)],
    )


def runs_of(studio: Studio, project_id: str) -> list[Run]:
    """The project's runs, the newest first."""
    return studio.store.runs.of_project(project_id, MOST_RUNS)


def models_of(studio: Studio, project: Project, runs: Iterable[Run]) -> list[ModelVersion]:
    """The versions that the project's runs have made, and those of the model that is named after it."""
    mine = {run.id for run in runs}
    own = model_store.make_name(project.name)
    found = []
    for name in sorted({run.model_name for run in runs if run.model_name} | {own}):
        try:
            rows = studio.repository.versions(name)
        except NotFoundError:
            continue  # deleted since
        found += [row for row in rows if row.run_id in mine or (name == own and _is_orphan(studio, row))]
    return found


def _is_orphan(studio: Studio, row: ModelVersion) -> bool:
    """Whether the run that made a version is gone, or was none of this studio: then only the name tells whose it is."""
    try:
        return row.run_id is None or studio.store.runs.get(row.run_id).project_id is None
    except NotFoundError:
        return True


def unique(idents: Iterable[str | None]) -> Iterator[str]:
    """Those that are there, each once, in their order."""
    return (ident for ident in dict.fromkeys(idents) if ident is not None)


def run_files(place: RunFolder, *, checkpoints: bool) -> Iterator[tuple[str, Path]]:
    """(path below the run's folder in an archive, file) of what is kept of a run beside its events."""
    wanted = [place.start_weights, *place.model.glob("*"), place.inside / "plane.json"]
    wanted += sorted(place.inside.glob("?????????.snapshot"))
    wanted += [place.evaluation("validation"), place.evaluation("test")]
    if checkpoints:
        for facts in place.list_checkpoints():
            folder = place.checkpoints / f"step-{facts.step}"
            wanted += [folder / name for name in ("weights.safetensors", "optimizer.safetensors", "state.json")]
    for path in wanted:
        if path.is_file():
            yield path.relative_to(place.path).as_posix(), path


def _dataset(studio: Studio, ident: str) -> PartDataset | None:
    try:
        entry = studio.catalog.get(ident)
    except NotFoundError:
        return None
    upload = ident not in datasets.names()
    size = sum(path.stat().st_size for path in studio.catalog.packed(ident)[1].values()) if upload else 0
    return PartDataset(id=ident, title=entry.info.title, origin=entry.origin, bytes=size)


def _run(studio: Studio, run: Run) -> PartRun:
    place = RunFolder(studio.settings.runs_dir, run.id)
    kept = sum(
        path.stat().st_size for name, path in run_files(place, checkpoints=False) if not name.startswith("model")
    )
    checkpoints = sum(facts.bytes for facts in place.list_checkpoints())
    return PartRun(
        id=run.id,
        number=run.number,
        name=run.name,
        state=RunState(run.state),
        packable=RunState(run.state).is_over,
        events=run.last_event - run.pruned_to,
        bytes=kept,
        checkpoint_bytes=checkpoints,
        best=None if run.best is None else Best.model_validate(run.best),
        model=ModelRef(name=run.model_name, version=run.model_version or 1) if run.model_name else None,
    )


def _sweep(studio: Studio, row: Sweep) -> PartSweep:
    trials = studio.store.sweeps.trials(row.id)
    return PartSweep(
        id=row.id,
        number=row.number,
        name=row.name,
        packable=is_at_rest(row, trials),
        runs=[trial.run_id for trial in trials if trial.run_id is not None],
    )


def _model(studio: Studio, row: ModelVersion) -> PartModel:
    return PartModel(name=row.name, version=row.version, run=row.run_id, bytes=row.bytes)
