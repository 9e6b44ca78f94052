"""One client's way through the events of a run: replay, then live, nothing twice and nothing lost."""

from __future__ import annotations

import asyncio

from starlette.websockets import WebSocket, WebSocketDisconnect

from netwright_studio.language import current_language
from netwright_studio.runs.hub import (
    END_FRAME,
    EventHub,
    Subscription,
    events_frame,
    gap_frame,
    heartbeat_frame,
)
from netwright_studio.runs.state import RunState
from netwright_studio.store import Store

REPLAY_PAGE = 1000
SLOW_CONSUMER = 4408
CLOSE_PATIENCE = 2.0


async def stream_events(socket: WebSocket, store: Store, hub: EventHub, run: str, after: int) -> None:
    """Send events of ``run`` above ``after`` until it is over, the client leaves or is too slow."""
    subscription = hub.subscribe(run, current_language())
    sender = asyncio.create_task(_send(socket, store, subscription, run, after))
    leaver = asyncio.create_task(_wait_for_leave(socket))
    slow = asyncio.create_task(subscription.overflowed.wait())
    tasks = {sender, leaver, slow}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if leaver.done():
            return
        if slow.done() and not sender.done():
            await _stop(sender)
            await _close(socket, SLOW_CONSUMER, "slow consumer")
        elif sender.exception() is None:
            await _close(socket, 1000, "end")
        elif not isinstance(sender.exception(), WebSocketDisconnect):
            sender.result()
    finally:
        hub.unsubscribe(run, subscription)
        for task in tasks:
            await _stop(task)


async def _send(socket: WebSocket, store: Store, subscription: Subscription, run: str, after: int) -> None:
    position = after
    while True:
        subscription.begin_read()
        # The state first: when it says that the run is over, the page read after it holds everything.
        row = await asyncio.to_thread(store.runs.get, run)
        page = await asyncio.to_thread(store.events.page, run, position, REPLAY_PAGE)
        if page.gap:
            await socket.send_text(gap_frame(*page.gap))
            position = page.gap[1]
        if page.events:
            await socket.send_text(events_frame(page.events, subscription.language))
            position = page.next
        if len(page.events) == REPLAY_PAGE:
            continue
        if RunState(row.state).is_over:
            await socket.send_text(END_FRAME)
            return
        if subscription.go_live():
            break
    await _send_live(socket, subscription, position, store.settings.heartbeat_interval)


async def _send_live(socket: WebSocket, subscription: Subscription, position: int, heartbeat: float) -> None:
    while True:
        item = await subscription.next(heartbeat)
        if item is None:
            await socket.send_text(heartbeat_frame(position))
            continue
        last, frame = item
        if frame is END_FRAME:
            await socket.send_text(frame)
            return
        # Stored before the last read but broadcast after it: sent already. Frames are stored whole.
        if last > position:
            await socket.send_text(frame)
            position = last


async def _wait_for_leave(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    try:
        await asyncio.wait_for(socket.close(code, reason), CLOSE_PATIENCE)
    except (TimeoutError, RuntimeError, WebSocketDisconnect):
        # The client is gone or does not even read the close; the connection is dropped when we return.
        return


async def _stop(task: asyncio.Task[object]) -> None:
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()
