"""Events in the database: numbered from 1 without holes per run, by the same transaction that stores them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, insert, select, update
from sqlalchemy.orm import Session

from netwright_studio.errors import NotFoundError
from netwright_studio.jsonio import dumps
from netwright_studio.store.database import Database
from netwright_studio.store.tables import FREQUENT, RARE, Run, RunEvent

PRUNED_AT_ONCE = 20_000


def timestamp() -> str:
    """Return the present moment as ISO 8601 in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class Draft:
    """An event that has no number yet."""

    type: str
    data: Mapping[str, Any]
    time: str = field(default_factory=timestamp)


@dataclass(frozen=True)
class Event:
    """A stored event; ``data`` is JSON text."""

    seq: int
    time: str
    type: str
    data: str

    @classmethod
    def of(cls, seq: int, time: str, type: str, data: Mapping[str, Any]) -> Event:
        """Return an event of another studio, as it is stored here."""
        return cls(seq, time, type, dumps(data).decode())

    def encode(self) -> str:
        """Return the event as JSON text. The three short fields need no escaping: we made them."""
        return f'{{"seq":{self.seq},"time":"{self.time}","type":"{self.type}","data":{self.data}}}'


@dataclass(frozen=True)
class Page:
    """Events after a number, and how far they are whole."""

    events: list[Event]
    next: int
    gap: tuple[int, int] | None


class EventStore:
    """Appends, replays and prunes events."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, run: str, drafts: Sequence[Draft], changes: Mapping[str, Any] | None = None) -> list[Event]:
        """Number and store events, and change the run's row in the same transaction."""
        with self._database.write_fast() as session:
            return append(session, run, drafts, changes)

    def page(self, run: str, after: int, limit: int) -> Page:
        """Return up to ``limit`` events numbered above ``after``; ``gap`` names those that were pruned."""
        with self._database.read() as session:
            pruned_to = session.scalar(select(Run.pruned_to).where(Run.id == run))
            if pruned_to is None:
                raise NotFoundError.of("run", run)
            events = _read(session, RunEvent.run_id == run, RunEvent.seq > after, limit=limit)
        gap = (after + 1, pruned_to) if after < pruned_to else None
        last = events[-1].seq if events else max(after, pruned_to)
        return Page(events, last, gap)

    def of_types(self, run: str, types: Iterable[str], after: int = 0, limit: int | None = None) -> list[Event]:
        """Return the events of some types with a number above ``after``, in order.

        Where none of them comes with every step, none of those that do is read.
        """
        kinds = sorted(types)
        wanted: tuple[ColumnElement[bool], ...]
        wanted = (RunEvent.run_id == run, RunEvent.type.in_(kinds), RunEvent.seq > after)
        if FREQUENT.isdisjoint(kinds):
            wanted = _listed(run, select(RunEvent.seq).where(*wanted, RARE))
        with self._database.read() as session:
            return _read(session, *wanted, limit=limit)

    def last_of(self, run: str, type: str, most: int) -> tuple[list[Event], int]:
        """Return the last events of one type, in order, and how many of it there are; no others are read."""
        assert type not in FREQUENT, "these have no index"
        mine = (RunEvent.run_id == run, RunEvent.type == type, RARE)
        newest = select(RunEvent.seq).where(*mine).order_by(RunEvent.seq.desc()).limit(most)
        with self._database.read() as session:
            total = session.scalar(select(func.count()).select_from(RunEvent).where(*mine)) or 0
            return _read(session, *_listed(run, newest), limit=None), total

    def count_interruptions(self, run: str) -> int:
        """Return how often the run was interrupted since its last checkpoint."""
        found = self.of_types(run, ("state", "checkpoint"))
        since = next((n for n, event in enumerate(reversed(found)) if event.type == "checkpoint"), len(found))
        last = found[len(found) - since :]
        return sum('"state":"interrupted"' in event.data for event in last)

    def exceeds(self, run: str, keep: int) -> bool:
        """Tell whether a run has more than ``keep`` events."""
        with self._database.read() as session:
            row = session.execute(select(Run.last_event, Run.pruned_to).where(Run.id == run)).first()
        return row is not None and row.last_event - row.pruned_to > keep

    def prune(self, run: str, keep: int) -> int:
        """Drop the oldest events beyond ``keep`` and note how far; return how many went.

        Bit by bit: whoever writes meanwhile need not wait long.
        """
        total = 0
        while True:
            with self._database.write_fast() as session:
                row = session.execute(select(Run.last_event, Run.pruned_to).where(Run.id == run)).first()
                if row is None or row.last_event - row.pruned_to <= keep:
                    return total
                pruned_to = min(row.last_event - keep, row.pruned_to + PRUNED_AT_ONCE)
                session.execute(delete(RunEvent).where(RunEvent.run_id == run, RunEvent.seq <= pruned_to))
                session.execute(update(Run).where(Run.id == run).values(pruned_to=pruned_to))
                total += pruned_to - row.pruned_to


def append(
    session: Session, run: str, drafts: Sequence[Draft], changes: Mapping[str, Any] | None = None
) -> list[Event]:
    """Number and store ``drafts`` inside an open transaction; NotFoundError when the run is gone."""
    values = {**(changes or {}), "last_event": Run.last_event + len(drafts)}
    last = session.scalar(update(Run).where(Run.id == run).values(values).returning(Run.last_event))
    if last is None:
        raise NotFoundError.of("run", run)
    first = last - len(drafts) + 1
    events = [
        Event(first + index, draft.time, draft.type, dumps(draft.data).decode()) for index, draft in enumerate(drafts)
    ]
    if events:
        session.execute(
            insert(RunEvent),
            [{"run_id": run, "seq": e.seq, "time": e.time, "type": e.type, "data": e.data} for e in events],
        )
    return events


def adopt(session: Session, run: str, events: Iterable[Event]) -> None:
    """Store events that have their numbers already, inside an open transaction."""
    left = iter(events)
    while batch := list(islice(left, 5000)):
        rows = [{"run_id": run, "seq": e.seq, "time": e.time, "type": e.type, "data": e.data} for e in batch]
        session.execute(insert(RunEvent), rows)


def _listed(run: str, numbers: Select[int]) -> tuple[ColumnElement[bool], ...]:
    """Events by number: SQLite would rather go through the whole run than from an index to its rows."""
    return RunEvent.run_id == run, RunEvent.seq.in_(numbers.correlate(None))


def _read(session: Session, *wanted: Any, limit: int | None) -> list[Event]:
    columns = (RunEvent.seq, RunEvent.time, RunEvent.type, RunEvent.data)
    query = select(*columns).where(*wanted).order_by(RunEvent.seq).limit(limit)
    return [Event(*row) for row in session.execute(query)]
