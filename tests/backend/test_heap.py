"""Memory is given back after large requests, once for several."""

from __future__ import annotations

import asyncio
import gc
import json
import weakref

import pytest
from starlette.types import Message, Receive, Scope, Send

from netwright_studio import heap
from netwright_studio.limits import BodyLimitMiddleware
from netwright_studio.settings import Settings

SCOPE = {"type": "http", "path": "/api/graphs/plan", "method": "POST"}


async def post(guard: BodyLimitMiddleware, size: int, content_type: str = "application/json") -> None:
    async def receive() -> Message:
        return {"type": "http.request", "body": json.dumps("x" * (size - 2)).encode(), "more_body": False}

    async def send(_: Message) -> None:
        pass

    await guard({**SCOPE, "headers": [(b"content-type", content_type.encode())]}, receive, send)


async def read_it(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()


@pytest.fixture
def released(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    times: list[float] = []
    monkeypatch.setattr(heap, "release", lambda: times.append(asyncio.get_running_loop().time()))
    monkeypatch.setattr(heap, "DELAY", 0.01)
    return times


@pytest.mark.parametrize(
    ("size", "content_type", "times"),
    [
        (heap.LARGE, "application/json", 1),
        (heap.LARGE, "application/json; charset=utf-8", 1),
        (heap.LARGE - 1, "application/json", 0),
        (heap.LARGE, "application/octet-stream", 0),
    ],
)
async def test_large_json_alone_gives_memory_back(
    released: list[float], size: int, content_type: str, times: int
) -> None:
    guard = BodyLimitMiddleware(read_it, Settings())
    await post(guard, size, content_type)
    assert released == []  # not before the answer
    await asyncio.sleep(0.05)
    assert len(released) == times


async def test_requests_of_a_moment_share_a_turn(released: list[float]) -> None:
    guard = BodyLimitMiddleware(read_it, Settings())
    for _ in range(5):
        await post(guard, heap.LARGE)
    await asyncio.sleep(0.05)
    assert len(released) == 1
    await post(guard, heap.LARGE)
    await asyncio.sleep(0.05)
    assert len(released) == 2


def test_what_is_in_a_circle_is_collected() -> None:
    class Part:
        me: Part

    gc.disable()
    try:
        part = Part()
        part.me = part
        gone = weakref.ref(part)
        del part
        assert gone() is not None
        heap.release()
        assert gone() is None
    finally:
        gc.enable()
