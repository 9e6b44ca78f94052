"""What is not kept for ever: events beyond their number, runs deleted long ago, files that nothing names any more."""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from netwright_studio.runs.folder import RunFolder
from netwright_studio.store import Store
from netwright_studio.store.tables import now

logger = logging.getLogger(__name__)

KEPT_DELETED = timedelta(days=7)
"""How long a deleted run can be restored."""
YOUNG_SECONDS = 24 * 3600.0
"""Files younger than this may belong to something that is just being stored."""


@dataclass
class Swept:
    """What one sweep removed."""

    events: int = 0
    runs: int = 0
    folders: int = 0
    blobs: int = 0

    def __bool__(self) -> bool:
        return any((self.events, self.runs, self.folders, self.blobs))


class Retention:
    """Sweeps the store. ``secure`` is called with a run before its events go: curves must be gathered by then."""

    def __init__(self, store: Store, secure: Callable[[str], None] | None = None) -> None:
        self._store = store
        self._runs_dir = store.settings.runs_dir
        self.secure = secure

    async def run_forever(self) -> None:
        """Sweep at every interval; cancel it to end."""
        while True:
            await asyncio.sleep(self._store.settings.retention_interval)
            try:
                swept = await asyncio.to_thread(self.sweep)
            except Exception:
                logger.exception("the store could not be swept; trying again later")
                continue
            if swept:
                logger.info("swept: %s", swept)

    def sweep(self) -> Swept:
        """Remove whatever is due, in small transactions; what fails is met again by the next sweep."""
        swept = Swept()
        for run in self._store.runs.overfull(self._store.settings.events_per_run):
            swept.events += self.prune(run)
        for run in self._store.runs.discarded_before(now() - KEPT_DELETED):
            self.delete(run)
            swept.runs += 1
        swept.folders = self._sweep_folders()
        swept.blobs = self._sweep_blobs()
        return swept

    def prune(self, run: str) -> int:
        """Drop a run's oldest events beyond the number that is kept, its curves being safe; return how many went."""
        keep = self._store.settings.events_per_run
        if not self._store.events.exceeds(run, keep):
            return 0
        if self.secure is not None:
            self.secure(run)
        return self._store.events.prune(run, keep)

    def delete(self, run: str) -> None:
        """Delete a run that is over, with its events and files, for good."""
        self._store.runs.delete(run)
        RunFolder(self._runs_dir, run).remove()

    def _sweep_folders(self) -> int:
        """Remove run folders without a run: a crash came between deleting the row and the files."""
        if not self._runs_dir.is_dir():
            return 0
        known = self._store.runs.idents()
        count = 0
        for folder in self._runs_dir.iterdir():
            if folder.is_dir() and folder.name not in known and _age(folder.stat().st_mtime) > YOUNG_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
                count += 1
        return count

    def _sweep_blobs(self) -> int:
        """Remove blobs that no row names."""
        old = [blob for blob, changed in self._store.blobs.stored() if _age(changed) > YOUNG_SECONDS]
        if not old:
            return 0
        named = self._store.named_blobs()
        loose = [blob for blob in old if blob not in named]
        for blob in loose:
            self._store.blobs.delete(blob)
        return len(loose)


def _age(changed: float) -> float:
    return time.time() - changed
