"""Measures a plan's steps in a process of its own: bounded in time and memory, one at a time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request

from netwright_studio.errors import InvalidError, StudioError, UnavailableError
from netwright_studio.runs import keeper
from netwright_studio.settings import MIB

if TYPE_CHECKING:
    from netwright.datasets import DatasetInfo
    from netwright_studio.schemas.xray import Measured, Xray, XrayRequest

logger = logging.getLogger(__name__)

MAX_SECONDS = 2.0
"""One run of the plan may be predicted to take so long: a measurement needs three at least."""
MAX_BYTES = 2048 * MIB
"""What the plan, its inputs and weights may take."""
MEASURE_SECONDS = 1.5
"""The runs are repeated for so long."""
PATIENCE_SECONDS = 45.0
"""After this the process is killed."""
LOOK_SECONDS = 0.1
"""So often it is looked whether anybody still waits."""
COMMAND = (sys.executable, "-m", "netwright_studio.inspecting.measure_worker")
_turn = threading.Lock()


class Stopped(Exception):
    """Nobody waits for the measurement any more."""


async def measure_while_wanted(
    request: Request, body: XrayRequest, info: DatasetInfo | None, xray: Xray, command: tuple[str, ...] = COMMAND
) -> Measured | None:
    """The same as ``measure``, in a thread; ended, with None, as soon as whoever asked has gone."""
    stop = threading.Event()
    measuring = asyncio.create_task(asyncio.to_thread(measure, body, info, xray, command, stop))
    try:
        while not (await asyncio.wait({measuring}, timeout=LOOK_SECONDS))[0]:
            if await request.is_disconnected():
                break
        else:
            return measuring.result()
    finally:
        stop.set()
    with contextlib.suppress(Stopped):
        await measuring
    return None


def measure(
    body: XrayRequest,
    info: DatasetInfo | None,
    xray: Xray,
    command: tuple[str, ...] = COMMAND,
    stop: threading.Event | None = None,
) -> Measured:
    """Seconds of each step of the plan that ``xray`` shows; refused where that would take too long or too much.

    Raises Stopped once ``stop`` is set.
    """
    from netwright.graph.measuring import Measured

    require_small(xray)
    order = {
        "graph": body.graph.model_dump(),
        "info": None if info is None else info.model_dump(mode="json"),
        "batch_size": body.batch_size,
        "training": body.training,
        "strategy": body.strategy,
        "seconds": MEASURE_SECONDS,
        "memory_bytes": 2 * MAX_BYTES,
    }
    stop = stop or threading.Event()
    with _my_turn(stop):
        answer = _ask(command, orjson.dumps(order), stop)
    if "error" in answer:
        raise InvalidError("The plan could not be measured.", where="graph", got=answer["error"])
    return Measured.model_validate(answer)


def require_small(xray: Xray) -> None:
    """Raise InvalidError where measuring the plan would hold up the studio."""
    taken = xray.plan.totals.peak_bytes + xray.plan.totals.input_bytes
    if xray.seconds > MAX_SECONDS:
        raise InvalidError(
            "A step of this network takes too long to measure it here.",
            where="batch_size",
            wanted=f"at most {MAX_SECONDS:g} s, as predicted",
            got=f"{xray.seconds:.1f} s",
            remedy="Choose a smaller batch size",
        )
    if taken > MAX_BYTES:
        raise InvalidError(
            "This network takes too much memory to measure it here.",
            where="batch_size",
            wanted=f"at most {MAX_BYTES // MIB} MiB",
            got=f"{taken // MIB} MiB",
            remedy="Choose a smaller batch size",
        )


@contextlib.contextmanager
def _my_turn(stop: threading.Event) -> Iterator[None]:
    """Two measurements at once would measure each other."""
    deadline = time.monotonic() + PATIENCE_SECONDS / 3
    while not _turn.acquire(timeout=LOOK_SECONDS):
        if stop.is_set():
            raise Stopped
        if time.monotonic() > deadline:
            raise UnavailableError("Another measurement is still going on.", remedy="Try again in a moment.")
    try:
        yield
    finally:
        _turn.release()


def _ask(command: tuple[str, ...], order: bytes, stop: threading.Event) -> dict[str, Any]:
    with subprocess.Popen(
        keeper.wrap(command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            said, trace = _communicate(process, order, stop)
        finally:
            process.terminate()
    try:
        answer: dict[str, Any] = orjson.loads(said)
    except orjson.JSONDecodeError:
        logger.warning("a measurement ended with status %s: %s", process.returncode, trace.decode(errors="replace"))
        raise StudioError("The measurement ended unexpectedly.", remedy="Choose a smaller batch size") from None
    return answer


def _communicate(process: subprocess.Popen[bytes], order: bytes, stop: threading.Event) -> tuple[bytes, bytes]:
    """What the process says, looked for now and then, so that it can be stopped."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    given: bytes | None = order
    while True:
        try:
            return process.communicate(given, timeout=LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            given = None  # it has been sent
        if stop.is_set():
            raise Stopped
        if time.monotonic() > deadline:
            raise UnavailableError(
                "The measurement took too long and was stopped.",
                wanted=f"at most {PATIENCE_SECONDS:g} s",
                remedy="Try again when nothing else is running, or with a smaller batch size.",
            )
