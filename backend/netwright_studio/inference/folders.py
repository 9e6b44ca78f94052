"""Model folders: ``models/<name>/<version>/``, found, opened and deleted without a database."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from netwright import model_store
from netwright.errors import CheckpointError
from netwright.model_store import SavedModel
from netwright_studio.errors import NotFoundError, UnavailableError
from netwright_studio.store.database import new_id

CLOCK_GRAIN_NS = 50_000_000


class ModelFolders:
    """The versions that lie below ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._newest: dict[str, tuple[int | None, int]] = {}

    def folder(self, name: str, version: int) -> Path:
        """Return where a version lies; the name is one that ``is_name`` has let through."""
        if not model_store.is_name(name):
            raise NotFoundError.of("model", name)
        return self.root / name / str(version)

    def newest(self, name: str) -> int:
        """Return the highest version of a model, or raise NotFoundError; quick when nothing has changed."""
        try:
            changed = (self.root / name).stat().st_mtime_ns if model_store.is_name(name) else None
        except OSError:
            changed = None
        if changed is None:
            raise NotFoundError.of("model", name)
        seen, version = self._newest.get(name, (None, 0))
        if seen != changed:
            version = max(model_store.versions(self.root, name), default=0)
            # A folder that has just changed may change again within the clock's grain: do not remember it yet.
            if time.time_ns() - changed > CLOCK_GRAIN_NS:
                self._newest[name] = (changed, version)
        if not version:
            raise NotFoundError.of("model", name)
        return version

    def numbers(self, name: str) -> list[int]:
        """Return the versions of a model, ascending, or raise NotFoundError."""
        found = model_store.versions(self.root, name)
        if not found:
            raise NotFoundError.of("model", name)
        return found

    def keys(self) -> list[tuple[str, int]]:
        """Return all models with their versions."""
        return [(name, number) for name in model_store.names(self.root) for number in self.numbers(name)]

    def refresh(self) -> None:
        """Nothing is kept that the folders could contradict."""

    def open(self, name: str, version: int) -> SavedModel:
        """Return the files of a version, checksums compared; UnavailableError when they are damaged."""
        folder = self.folder(name, version)
        if not folder.is_dir():
            known = ", ".join(map(str, self.numbers(name)[:20]))
            raise NotFoundError(
                f"The model {name} has no version {version}.",
                where="model version",
                wanted=f"one of {known}",
                got=version,
            )
        try:
            return model_store.load_model(folder)
        except CheckpointError as error:
            raise UnavailableError(
                f"Version {version} of the model {name} cannot be loaded: {error.message}.",
                where="model",
                wanted=error.wanted,
                got=error.got,
                remedy="Train it again, or use another version.",
            ) from error

    def delete(self, name: str, version: int | None = None) -> list[int]:
        """Delete one version or all; return the numbers that were deleted."""
        found = [number for number in self.numbers(name) if version in (None, number)]
        for number in found:
            folder = self.folder(name, number)
            # Renamed first, so that no reader and no crash ever sees half a model.
            grave = self.root / f".deleted-{new_id()}"
            if folder.exists():
                folder.rename(grave)
                shutil.rmtree(grave)
        if not model_store.versions(self.root, name) and (self.root / name).is_dir():
            shutil.rmtree(self.root / name)
        return found
