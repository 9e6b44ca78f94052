"""Measures a plan's steps in a process of its own: bounded in time and memory, one at a time."""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import orjson

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
COMMAND = (sys.executable, "-m", "netwright_studio.inspecting.measure_worker")
_turn = threading.Lock()


def measure(body: XrayRequest, info: DatasetInfo | None, xray: Xray, command: tuple[str, ...] = COMMAND) -> Measured:
    """Seconds of each step of the plan that ``xray`` shows; refused where that would take too long or too much."""
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
    with _my_turn():
        answer = _ask(command, orjson.dumps(order))
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
def _my_turn() -> Iterator[None]:
    """Two measurements at once would measure each other."""
    if not _turn.acquire(timeout=PATIENCE_SECONDS / 3):
        raise UnavailableError("Another measurement is still going on.", remedy="Try again in a moment.")
    try:
        yield
    finally:
        _turn.release()


def _ask(command: tuple[str, ...], order: bytes) -> dict[str, Any]:
    with subprocess.Popen(
        keeper.wrap(command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            said, trace = process.communicate(order, timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            raise UnavailableError(
                "The measurement took too long and was stopped.",
                wanted=f"at most {PATIENCE_SECONDS:g} s",
                remedy="Try again when nothing else is running, or with a smaller batch size.",
            ) from None
        finally:
            process.terminate()
    try:
        answer: dict[str, Any] = orjson.loads(said)
    except orjson.JSONDecodeError:
        logger.warning("a measurement ended with status %s: %s", process.returncode, trace.decode(errors="replace"))
        raise StudioError("The measurement ended unexpectedly.", remedy="Choose a smaller batch size") from None
    return answer
