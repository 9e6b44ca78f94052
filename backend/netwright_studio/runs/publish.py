"""From a completed run to a version of the model named after its project."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from netwright_studio.errors import NotFoundError
from netwright_studio.runs.supervisor import Publish
from netwright_studio.store import Store
from netwright_studio.store.tables import Run


def model_name(title: str) -> str:
    """Return a name that is safe in an address: ``LeNet on Fashion`` → ``lenet-on-fashion``."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:64] or "model"


def publisher(store: Store) -> Publish:
    """Return what the manager calls when a run has completed."""

    def publish(run: Run, result: dict[str, Any]) -> tuple[str, int]:
        from netwright_studio.inference.repository import ModelRepository

        version = ModelRepository(store).publish(run, _title(store, run), result)
        return version.name, version.version

    return publish


def _title(store: Store, run: Run) -> str:
    if run.project_id is not None:
        try:
            return store.projects.get(run.project_id).name
        except NotFoundError:
            return run.name
    return run.graph.get("name") or run.name
