"""Live events to many clients: one encoded frame a language, shared by all, a bounded queue for each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from netwright_studio.language import Language, translate_events
from netwright_studio.store.events import Event

END_FRAME = '{"type":"end"}'


def events_frame(events: Sequence[Event], language: Language = "en") -> str:
    """Return the frame that carries ``events``, its words in ``language``."""
    texts = translate_events([event.encode() for event in events], language)
    return '{"type":"events","events":[' + ",".join(texts) + "]}"


def gap_frame(first: int, last: int) -> str:
    """Return the frame that says that these events were pruned."""
    return f'{{"type":"gap","from":{first},"to":{last}}}'


def heartbeat_frame(last: int) -> str:
    """Return the frame that says that there is nothing new after ``last``."""
    return f'{{"type":"heartbeat","last":{last}}}'


class Subscription:
    """One client of one run.

    While it reads from the database, what is broadcast is queued besides. What was stored before the read is in both,
    and told by its number; so one read that finds the end of what is stored is enough to go live, however fast events
    come.
    Where a read takes so long that the queue is full, ``go_live`` fails, and it reads once more.
    """

    def __init__(self, capacity: int, language: Language = "en") -> None:
        self.language = language
        self._frames: asyncio.Queue[tuple[int, str] | None] = asyncio.Queue(capacity)
        self._live = False
        self._missed = True
        self.overflowed = asyncio.Event()

    def begin_read(self) -> None:
        """Queue what is broadcast from now on: it may not be in what is read next."""
        self._frames = asyncio.Queue(self._frames.maxsize)
        self._missed = False

    def go_live(self) -> bool:
        """Go on with what was queued since ``begin_read``, unless some of it was missed."""
        self._live = not self._missed
        return self._live

    def offer(self, last: int, frame: str) -> None:
        """Queue a frame whose newest event is ``last``; a full queue marks the client as too slow."""
        if not self._live and self._missed:
            return
        try:
            self._frames.put_nowait((last, frame))
        except asyncio.QueueFull:
            if self._live:
                self.overflowed.set()
            self._missed = True

    async def next(self, timeout: float) -> tuple[int, str] | None:
        """Return the next frame and the number of its newest event, None after ``timeout`` seconds."""
        # Not ``wait_for``: that makes a task for each frame of each client, half of what sending one costs.
        alarm = asyncio.get_running_loop().call_later(timeout, self._wake)
        try:
            return await self._frames.get()
        finally:
            alarm.cancel()

    def _wake(self) -> None:
        if self._frames.empty():
            self._frames.put_nowait(None)


class EventHub:
    """Who listens to which run. Belongs to one event loop; events are stored before they are broadcast."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._subscribers: dict[str, set[Subscription]] = {}

    @property
    def clients(self) -> int:
        """How many listen."""
        return sum(map(len, self._subscribers.values()))

    def subscribe(self, run: str, language: Language = "en") -> Subscription:
        """Add a client, who reads ``language``."""
        subscription = Subscription(self._capacity, language)
        self._subscribers.setdefault(run, set()).add(subscription)
        return subscription

    def unsubscribe(self, run: str, subscription: Subscription) -> None:
        """Remove a client."""
        subscribers = self._subscribers.get(run, set())
        subscribers.discard(subscription)
        if not subscribers:
            self._subscribers.pop(run, None)

    def broadcast(self, run: str, events: Sequence[Event], *, over: bool = False) -> None:
        """Send stored events to all clients of a run, and the end when it is over."""
        subscribers = self._subscribers.get(run)
        if not subscribers or not events:
            return
        frames = {language: events_frame(events, language) for language in {one.language for one in subscribers}}
        last = events[-1].seq
        for subscription in subscribers:
            subscription.offer(last, frames[subscription.language])
            if over:
                subscription.offer(last, END_FRAME)

    def count(self, run: str) -> int:
        """Return how many clients listen to a run."""
        return len(self._subscribers.get(run, ()))
