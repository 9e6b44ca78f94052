"""From a completed run to a version of the model named after its project."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netwright.serialization import write_atomically
from netwright_studio.errors import NotFoundError
from netwright_studio.inference import ModelRepository
from netwright_studio.runs.folder import RunFolder
from netwright_studio.runs.supervisor import Publish
from netwright_studio.store import Store
from netwright_studio.store.events import Draft
from netwright_studio.store.tables import ModelVersion, Run


def publisher(store: Store, repository: ModelRepository) -> Publish:
    """Return what the manager calls when a run has completed."""

    def publish(run: Run, result: dict[str, Any]) -> tuple[str, int]:
        version = repository.publish(run, _title(store, run), result)
        keep_evaluations(store, repository, run, version)
        return version.name, version.version

    return publish


def keeper(store: Store, publish: Publish) -> Callable[[Run], None]:
    """Return what makes a model of a run that has completed without one."""

    def keep(run: Run) -> None:
        name, version = publish(run, {})
        draft = Draft("model", {"name": name, "version": version})
        store.events.append(run.id, [draft], {"model_name": name, "model_version": version})

    return keep


def keep_evaluations(store: Store, repository: ModelRepository, run: Run, version: ModelVersion) -> None:
    """Let the model have the run's evaluations: it outlives the run."""
    place = RunFolder(store.settings.runs_dir, run.id)
    for part in ("validation", "test"):
        source = place.evaluation(part)
        if source.is_file():
            target = repository.folder(version.name, version.version) / f"evaluation-model-{part}.safetensors"
            write_atomically(target, source.read_bytes())


def _title(store: Store, run: Run) -> str:
    if run.project_id is not None:
        try:
            return store.projects.get(run.project_id).name
        except NotFoundError:
            return run.name
    return run.graph.get("name") or run.name
