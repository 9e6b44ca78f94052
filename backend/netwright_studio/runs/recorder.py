"""Writes the events of one live run: gathered for a moment, stored in one transaction, then broadcast."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from netwright_studio.runs.hub import EventHub
from netwright_studio.runs.progress import Progress
from netwright_studio.runs.state import RunState
from netwright_studio.store import Store
from netwright_studio.store.events import Draft
from netwright_studio.store.tables import Run

logger = logging.getLogger(__name__)

MAX_PENDING = 10_000


class Recorder:
    """The one writer of a run's events. ``state`` is what the store holds."""

    def __init__(self, store: Store, hub: EventHub, run: Run) -> None:
        self.run = run.id
        self.state = RunState(run.state)
        self._store = store
        self._hub = hub
        self._progress = Progress(run.metrics, run.best, run.changes, run.advice, run.ranges)
        self._pending: list[Draft] = []
        self._lock = asyncio.Lock()
        self._room = asyncio.Event()
        self._room.set()
        self.moved = asyncio.Event()

    async def add(self, kind: str, data: dict[str, Any]) -> None:
        """Take an event. Waits while the store cannot keep up, which in the end slows the worker down."""
        await self._room.wait()
        self._pending.append(Draft(kind, data))
        self._progress.note(kind, data)
        if len(self._pending) >= MAX_PENDING:
            self._room.clear()

    def forget_after(self, step: int) -> None:
        """Training goes on from a checkpoint: what was changed and advised later did not happen."""
        self._progress.forget_after(step)

    async def run_forever(self) -> None:
        """Store what came in, again and again; cancel it to end."""
        while True:
            await asyncio.sleep(self._store.settings.event_interval)
            try:
                await self.flush()
            except SQLAlchemyError as error:
                logger.warning("events of run %s could not be stored, trying again: %s", self.run, error)
                await asyncio.sleep(1.0)

    async def flush(self) -> None:
        """Store and broadcast what is pending; on an error it stays pending."""
        async with self._lock:
            if not self._pending:
                return
            drafts = self._pending[:]
            changes = self._progress.take()
            try:
                events = await asyncio.to_thread(self._store.events.append, self.run, drafts, changes)
            except BaseException:
                self._progress.restore(changes)
                raise
            self._forget(len(drafts))
            self._hub.broadcast(self.run, events)

    async def move(
        self, target: RunState, reason: str | None = None, facts: dict[str, Any] | None = None, **changes: Any
    ) -> None:
        """Store what is pending and a legal move in one durable transaction, then broadcast both."""
        async with self._lock:
            drafts = self._pending[:]
            folded = self._progress.take()
            try:
                _, events = await asyncio.to_thread(
                    self._store.runs.move,
                    self.run, target, reason=reason, facts=facts, drafts=drafts, **{**folded, **changes},
                )  # fmt: skip
            except BaseException:
                self._progress.restore(folded)
                raise
            self._forget(len(drafts))
            self.state = target
            self._hub.broadcast(self.run, events, over=target.is_over)
        self.moved.set()
        self.moved = asyncio.Event()

    def _forget(self, count: int) -> None:
        del self._pending[:count]
        self._room.set()
