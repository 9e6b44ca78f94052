"""The model repository: ``models/<name>/<version>/`` in the data folder, with a row for each version.

The folders are the truth; the rows are an index that ``sync`` brings in line, so that a model trained from the
command line appears in the studio, and a crash between the two writes heals itself.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any

from sqlalchemy.exc import IntegrityError

from netwright import model_store
from netwright.errors import CheckpointError
from netwright.model_store import ModelInfo, SavedModel
from netwright_studio.errors import NotFoundError
from netwright_studio.inference.folders import ModelFolders
from netwright_studio.store import Store
from netwright_studio.store.models import ModelStore
from netwright_studio.store.tables import ModelVersion, Run

logger = logging.getLogger(__name__)


class ModelRepository:
    """Publishes, lists, finds and deletes model versions."""

    def __init__(self, store: Store) -> None:
        self.root = store.settings.home / "models"
        self._runs = store.settings.runs_dir
        self._rows = ModelStore(store.database)
        self._lock = threading.Lock()
        self._folders = ModelFolders(self.root)

    def publish(self, run: Run, title: str, result: dict[str, Any]) -> ModelVersion:
        """Make the next version of the model named after ``title`` from the folder the run's worker saved.

        ``result["model"]`` names that folder inside the run's (``model`` by default).
        """
        source = self._runs / run.id / Path(result.get("model") or "model").name
        return self.publish_folder(source, title, run_id=run.id)

    def publish_folder(self, source: Path, title: str, *, run_id: str | None = None) -> ModelVersion:
        """Copy a saved model into the repository as the next version, and return its row."""
        with self._lock:
            version, model = model_store.publish_folder(source, self.root, model_store.make_name(title))
            return self._index(model, version, run_id)

    def adopt(self, model: SavedModel, name: str, version: int, info: ModelInfo) -> ModelVersion:
        """Store a model of another studio under a name and number that are free here, and return its row."""
        with self._lock:
            saved = model_store.save_model(self.folder(name, version), model.graph, model.weights(), info)
            return self._index(saved, version, None)

    def sync(self) -> None:
        """Bring the rows in line with the folders."""
        with self._lock:
            known = self._rows.keys()
            found = {
                (name, version)
                for name in model_store.names(self.root)
                for version in model_store.versions(self.root, name)
            }
            for name, version in sorted(found - known):
                try:
                    self._index(model_store.load_model(self.folder(name, version)), version, None)
                except CheckpointError as error:
                    logger.warning("model %s version %s is left out: %s", name, version, error)
            for name, version in known - found:
                self._rows.delete(name, version)

    def page(self, limit: int, offset: int) -> tuple[list[list[ModelVersion]], int]:
        """Return a page of models, each with its versions, and how many models there are."""
        self.sync()
        return self._rows.page(limit, offset)

    def versions(self, name: str) -> list[ModelVersion]:
        """Return the versions of a model, the newest first, or raise NotFoundError."""
        try:
            return self._rows.versions(name)
        except NotFoundError:
            self.sync()
            return self._rows.versions(name)

    def get(self, name: str, version: int | None = None) -> ModelVersion:
        """Return a version's row, the newest without a number, or raise NotFoundError."""
        try:
            return self._rows.get(name, version)
        except NotFoundError:
            self.sync()
            return self._rows.get(name, version)

    def numbers(self, name: str) -> list[int]:
        """Return the versions of a model, ascending, or raise NotFoundError."""
        return sorted(row.version for row in self.versions(name))

    def keys(self) -> list[tuple[str, int]]:
        """Return all models with their versions."""
        self.sync()
        return sorted(self._rows.keys())

    def refresh(self) -> None:
        """Find what has been put into the folders by others."""
        self.sync()

    def folder(self, name: str, version: int) -> Path:
        """Return where a version lies; the name is one that ``is_name`` has let through."""
        return self._folders.folder(name, version)

    def newest(self, name: str) -> int:
        """Return the highest version of a model, or raise NotFoundError; quick when nothing has changed."""
        return self._folders.newest(name)

    def open(self, name: str, version: int) -> SavedModel:
        """Return the files of a version, checksums compared; UnavailableError when they are damaged."""
        return self._folders.open(name, version)

    def delete(self, name: str, version: int | None = None) -> list[int]:
        """Delete one version or all, files and rows; return the numbers that were deleted."""
        self.sync()
        with self._lock:
            rows = [self._rows.get(name, version)] if version is not None else self._rows.versions(name)
            for row in rows:
                self._rows.delete(row.name, row.version)
            try:
                self._folders.delete(name, version)
            except NotFoundError:  # the files had gone before
                logger.info("the files of the model %s were not there any more", name)
        return [row.version for row in rows]

    def _index(self, model: SavedModel, version: int, run_id: str | None) -> ModelVersion:
        info = model.info
        try:
            return self._rows.create(
                name=model.folder.parent.name,
                version=version,
                run_id=run_id or info.provenance.run,
                created_at=info.created_at,
                graph=model.graph,
                weights_blob=info.files[model_store.WEIGHTS],
                bytes=model.bytes,
                parameters=info.parameters,
                metrics=info.metrics,
                input=info.input.model_dump(mode="json"),
                label=info.label.model_dump(mode="json"),
                dataset=info.dataset,
                preprocessing=info.preprocessing.model_dump(mode="json"),
                sample={"input": info.sample},
                provenance=info.provenance.model_dump(mode="json"),
            )
        except IntegrityError:  # another process has just stored the same version
            return self._rows.get(model.folder.parent.name, version)
