"""From a completed run to a version of the model named after its project."""

from __future__ import annotations

from typing import Any

from netwright_studio.errors import NotFoundError
from netwright_studio.inference import ModelRepository
from netwright_studio.runs.supervisor import Publish
from netwright_studio.store import Store
from netwright_studio.store.tables import Run


def publisher(store: Store, repository: ModelRepository) -> Publish:
    """Return what the manager calls when a run has completed."""

    def publish(run: Run, result: dict[str, Any]) -> tuple[str, int]:
        version = repository.publish(run, _title(store, run), result)
        return version.name, version.version

    return publish


def _title(store: Store, run: Run) -> str:
    if run.project_id is not None:
        try:
            return store.projects.get(run.project_id).name
        except NotFoundError:
            return run.name
    return run.graph.get("name") or run.name
