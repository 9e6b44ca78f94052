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

    While it replays from the database nothing is queued for it: a broadcast only notes that something was
    missed, and it reads once more. ``go_live`` succeeds when nothing was missed since the last read.
    """

    def __init__(self, capacity: int, language: Language = "en") -> None:
        self.language = language
        self._frames: asyncio.Queue[tuple[int, str]] = asyncio.Queue(capacity)
        self._live = False
        self._missed = False
        self.overflowed = asyncio.Event()

    def begin_read(self) -> None:
        """Note that a read of the database begins: what is broadcast from now on may not be in it."""
        self._missed = False

    def go_live(self) -> bool:
        """Queue frames from now on, unless one was missed since ``begin_read``."""
        self._live = not self._missed
        return self._live

    def offer(self, last: int, frame: str) -> None:
        """Queue a frame whose newest event is ``last``; a full queue marks the client as too slow."""
        if not self._live:
            self._missed = True
            return
        try:
            self._frames.put_nowait((last, frame))
        except asyncio.QueueFull:
            self.overflowed.set()

    async def next(self, timeout: float) -> tuple[int, str] | None:
        """Return the next frame and the number of its newest event, None after ``timeout`` seconds."""
        try:
            return await asyncio.wait_for(self._frames.get(), timeout)
        except TimeoutError:
            return None


class EventHub:
    """Who listens to which run. Belongs to one event loop; events are stored before they are broadcast."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._subscribers: dict[str, set[Subscription]] = {}

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
