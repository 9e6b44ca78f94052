"""The stream: replay, live, gaps, slow and many clients, the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from tests.backend.conftest import MakeClient, TestClient, WebSocketDenialResponse, add_run, connect

from netwright_studio.api.run_stream import stream_events
from netwright_studio.runs.hub import EventHub, Subscription, events_frame
from netwright_studio.runs.recorder import Recorder
from netwright_studio.runs.state import RunState
from netwright_studio.store import Store
from netwright_studio.store.events import Draft

Frame = dict[str, Any]


class FakeSocket(WebSocket):
    """A client that keeps what it is sent; ``on_frame`` may make it slow."""

    def __init__(self, on_frame: Callable[[Frame], Awaitable[None]] | None = None) -> None:
        self.frames: list[Frame] = []
        self.closed: tuple[int, str | None] | None = None
        self._on_frame = on_frame
        self._left = asyncio.Event()
        super().__init__({"type": "websocket", "path": "/", "headers": []}, self._receive, self._send)
        self.client_state = self.application_state = WebSocketState.CONNECTED

    def leave(self) -> None:
        self._left.set()

    async def _receive(self) -> dict[str, Any]:
        await self._left.wait()
        return {"type": "websocket.disconnect", "code": 1001}

    async def _send(self, message: Any) -> None:
        if message["type"] == "websocket.close":
            self.closed = (message["code"], message.get("reason"))
            return
        frame = orjson.loads(message["text"])
        self.frames.append(frame)
        if self._on_frame is not None:
            await self._on_frame(frame)

    def has_events(self) -> bool:
        return len(self.seqs) > 0

    @property
    def seqs(self) -> list[int]:
        return [event["seq"] for frame in self.frames if frame["type"] == "events" for event in frame["events"]]


class Desk:
    """A run being recorded."""

    def __init__(self, store: Store, capacity: int = 256) -> None:
        self.store = store
        self.hub = EventHub(capacity)
        run = add_run(store)
        self.run = run.id
        self.recorder = Recorder(store, self.hub, run)
        self.step = 0

    async def begin(self) -> None:
        await self.recorder.move(RunState.STARTING)
        await self.recorder.move(RunState.RUNNING)

    async def record(self, count: int) -> None:
        for _ in range(count):
            self.step += 1
            values = {"train_loss": 1.0 / self.step}
            await self.recorder.add("metrics", {"step": self.step, "epoch": 0.0, "values": values})
        await self.recorder.flush()

    async def end(self) -> None:
        await self.recorder.move(RunState.COMPLETED)

    def open(self, socket: FakeSocket, after: int = 0) -> asyncio.Task[None]:
        return asyncio.create_task(stream_events(socket, self.store, self.hub, self.run, after))


@pytest.fixture
async def desk(store: Store) -> Desk:
    desk = Desk(store)
    await desk.begin()
    return desk


async def settle(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def test_a_client_gets_what_was_and_what_comes_and_the_end(desk: Desk) -> None:
    await desk.record(20)
    socket = FakeSocket()
    task = desk.open(socket)
    await settle(lambda: len(socket.seqs) == 23)
    for _ in range(5):
        await desk.record(3)
    await desk.end()
    await task
    assert socket.seqs == list(range(1, 40))
    assert socket.frames[-1] == {"type": "end"}
    assert socket.closed == (1000, "end")
    assert desk.hub.count(desk.run) == 0


async def test_a_client_that_comes_again_misses_and_repeats_nothing(desk: Desk) -> None:
    seen: list[int] = []
    while len(seen) < 200:
        socket = FakeSocket()
        task = desk.open(socket, after=seen[-1] if seen else 0)
        await desk.record(7)
        await settle(socket.has_events)
        socket.leave()
        await task
        seen += socket.seqs
    assert seen == list(range(1, len(seen) + 1))


async def test_clients_that_join_at_any_moment_see_the_same(desk: Desk) -> None:
    sockets: list[FakeSocket] = []
    tasks: list[asyncio.Task[None]] = []

    async def write() -> None:
        for _ in range(150):
            await desk.record(2)
            await asyncio.sleep(0)
        await desk.end()

    writer = asyncio.create_task(write())
    for _ in range(25):
        socket = FakeSocket()
        sockets.append(socket)
        tasks.append(desk.open(socket))
        await asyncio.sleep(0.005)
    await writer
    await asyncio.gather(*tasks)
    for socket in sockets:
        assert socket.seqs == list(range(1, 305))
        assert socket.frames[-1] == {"type": "end"}


async def test_a_long_replay_does_not_make_a_client_slow(store: Store) -> None:
    desk = Desk(store, capacity=2)
    await desk.begin()
    await desk.record(5000)

    async def write_meanwhile(frame: Frame) -> None:
        if desk.step < 5200:
            await desk.record(20)

    socket = FakeSocket(write_meanwhile)
    task = desk.open(socket)
    await settle(lambda: len(socket.seqs) >= 5200)
    await desk.end()
    await task
    assert socket.seqs == list(range(1, desk.step + 5))


async def test_a_slow_client_is_closed_and_the_others_are_not_held_up(store: Store) -> None:
    desk = Desk(store, capacity=4)
    await desk.begin()
    never = asyncio.Event()

    async def stall(frame: Frame) -> None:
        if frame["type"] == "events" and frame["events"][0]["seq"] > 3:
            await never.wait()

    slow, quick = FakeSocket(stall), FakeSocket()
    tasks = [desk.open(slow), desk.open(quick)]
    await settle(lambda: desk.hub.count(desk.run) == 2 and quick.seqs == [1, 2, 3] == slow.seqs)
    await asyncio.sleep(0.05)
    for _ in range(10):
        await desk.record(1)
        await asyncio.sleep(0.01)
    await asyncio.wait_for(tasks[0], 5)
    assert slow.closed == (4408, "slow consumer")
    await desk.end()
    await tasks[1]
    assert quick.seqs == list(range(1, 15))
    again = FakeSocket()
    await desk.open(again, after=slow.seqs[-1])
    assert slow.seqs + again.seqs == list(range(1, 15))


async def test_a_client_goes_live_after_one_read_however_fast_events_come(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, real, reads = asyncio.get_running_loop(), desk.store.events.page, []

    def page(*arguments: Any) -> Any:
        found = real(*arguments)
        reads.append(found.next)
        asyncio.run_coroutine_threadsafe(desk.record(1), loop).result(10)  # told while the read is on its way
        return found

    monkeypatch.setattr(desk.store.events, "page", page)
    socket = FakeSocket()
    task = desk.open(socket)
    await settle(lambda: len(socket.seqs) >= 4)
    await desk.record(2)
    await desk.end()
    await task
    assert reads == [3]
    assert socket.seqs == list(range(1, socket.seqs[-1] + 1))
    assert socket.frames[-1] == {"type": "end"}


async def test_a_read_that_takes_longer_than_the_queue_is_done_once_more(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(store, capacity=2)
    await desk.begin()
    loop, real, reads = asyncio.get_running_loop(), desk.store.events.page, 0

    def page(*arguments: Any) -> Any:
        nonlocal reads
        found, reads = real(*arguments), reads + 1
        for _ in range(5 if reads == 1 else 0):
            asyncio.run_coroutine_threadsafe(desk.record(1), loop).result(10)
        return found

    monkeypatch.setattr(desk.store.events, "page", page)
    socket = FakeSocket()
    task = desk.open(socket)
    await settle(lambda: len(socket.seqs) >= 8)
    assert reads == 2
    assert socket.closed is None, "it reads as fast as it can"
    await desk.end()
    await task
    assert socket.seqs == list(range(1, 10))


async def test_pruned_events_are_told_as_a_gap(desk: Desk) -> None:
    await desk.record(98)
    desk.store.events.prune(desk.run, 40)
    await desk.end()
    socket = FakeSocket()
    await desk.open(socket, after=10)
    assert socket.frames[0] == {"type": "gap", "from": 11, "to": 61}
    assert socket.seqs == list(range(62, 103))


async def test_silence_is_filled_with_heartbeats(settings: Any, store: Store) -> None:
    quiet = Store(**{**vars(store), "settings": settings.model_copy(update={"heartbeat_interval": 0.05})})
    desk = Desk(quiet)
    await desk.begin()
    socket = FakeSocket()
    task = desk.open(socket)
    await settle(lambda: socket.frames[-1:] == [{"type": "heartbeat", "last": 3}])
    socket.leave()
    await task
    assert desk.hub.count(desk.run) == 0


async def test_the_frame_is_made_once_for_all(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr("netwright_studio.runs.hub.events_frame", lambda *told: made.append(1) or events_frame(*told))
    sockets = [FakeSocket() for _ in range(20)]
    tasks = [desk.open(socket) for socket in sockets]
    await settle(lambda: all(socket.seqs == [1, 2, 3] for socket in sockets))
    await asyncio.sleep(0.05)
    await desk.record(50)
    await desk.end()
    await asyncio.gather(*tasks)
    assert len(made) == 2
    assert all(len(socket.seqs) == 54 for socket in sockets)


async def test_a_full_queue_overflows_instead_of_growing() -> None:
    subscription = Subscription(2)
    subscription.begin_read()
    assert subscription.go_live()
    for seq in range(5):
        subscription.offer(seq, "frame")
    assert subscription.overflowed.is_set()
    assert [await subscription.next(0.01) for _ in range(3)] == [(0, "frame"), (1, "frame"), None]


async def test_the_recorder_waits_while_the_store_cannot_keep_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netwright_studio.runs.recorder.MAX_PENDING", 10)
    for step in range(10):
        await desk.recorder.add("log", {"level": "info", "message": str(step)})
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(desk.recorder.add("log", {"level": "info", "message": "x"}), 0.05)
    await desk.recorder.flush()
    await asyncio.wait_for(desk.recorder.add("log", {"level": "info", "message": "x"}), 1)


async def test_events_that_could_not_be_stored_are_stored_later(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError

    real, failures = desk.store.events.append, 2

    def append(*arguments: Any) -> Any:
        nonlocal failures
        if failures:
            failures -= 1
            raise OperationalError("INSERT", {}, Exception("disk full"))
        return real(*arguments)

    monkeypatch.setattr(desk.store.events, "append", append)
    for _ in range(2):
        with pytest.raises(OperationalError):
            await desk.record(1)
    await desk.record(1)
    page = desk.store.events.page(desk.run, 3, 10)
    assert [orjson.loads(event.data)["step"] for event in page.events] == [1, 2, 3]
    row = desk.store.runs.get(desk.run)
    assert (row.step, row.metrics) == (3, {"train_loss": 1.0 / 3})


def read_all(socket: Any) -> list[Frame]:
    frames: list[Frame] = []
    while True:
        try:
            frames.append(orjson.loads(socket.receive_text()))
        except WebSocketDisconnect as closed:
            return [*frames, {"type": "closed", "code": closed.code}]


def test_over_http_and_websocket(client: TestClient) -> None:
    studio = client.app.state.studio  # type: ignore[attr-defined]
    run = add_run(studio.store, steps=50, pause=0.002).id
    assert client.portal is not None
    client.portal.call(studio.manager.wake)
    with connect(client, f"/api/runs/{run}/events?after=1") as socket:
        frames = read_all(socket)
    assert frames[-2:] == [{"type": "end"}, {"type": "closed", "code": 1000}]
    events = [event for frame in frames if frame["type"] == "events" for event in frame["events"]]
    assert [event["seq"] for event in events] == list(range(2, len(events) + 2))
    page = client.get(f"/api/runs/{run}/events?after=1&limit=10000").json()
    assert page == {"events": events, "next": events[-1]["seq"], "gap": None}
    nan = [event for event in events if event["type"] == "metrics" and event["data"]["step"] == 5]
    assert nan[0]["data"]["values"] == {"train_loss": "NaN"}


def test_an_unknown_run_is_denied_before_the_socket_opens(client: TestClient) -> None:
    with pytest.raises(WebSocketDenialResponse) as denied, connect(client, "/api/runs/nothing/events"):
        raise AssertionError("the socket was opened")
    assert denied.value.status_code == 404
    assert denied.value.json()["error"]["code"] == "not_found"


def test_frames_and_events_have_the_schema(make_client: MakeClient) -> None:
    from netwright_studio.schemas.events import EventPage, EventStream

    client = make_client()
    store: Store = client.app.state.studio.store  # type: ignore[attr-defined]
    run = add_run(store).id
    drafts = [
        Draft("metrics", {"step": 1, "epoch": 0.5, "values": {"train_loss": float("nan"), "lr": 0.1}}),
        Draft("progress", {"step": 1, "steps_total": 9, "epoch": 0.5, "epochs": 2}),
        Draft("log", {"level": "info", "message": "“quoted” \n\u0000"}),
        Draft("checkpoint", {"step": 1, "epoch": 0.5, "bytes": 10}),
        Draft("plan", {"text": "a\nb", "device": "cpu(0)", "reason": None}),
        Draft("model", {"name": "m", "version": 1}),
    ]
    events = store.events.append(run, drafts)
    page = EventPage.model_validate_json(client.get(f"/api/runs/{run}/events").content)
    assert [event.type for event in page.events] == ["state", *(draft.type for draft in drafts)]
    for frame in (
        events_frame(events),
        '{"type":"gap","from":1,"to":2}',
        '{"type":"heartbeat","last":3}',
        '{"type":"end"}',
    ):
        EventStream.model_validate_json(f'{{"frame":{frame}}}')
