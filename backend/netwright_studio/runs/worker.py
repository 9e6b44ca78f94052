"""The worker: ``python -m netwright_studio.runs.worker <run folder>`` trains one run and ends."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from netwright.errors import MemoryLimitError, NetwrightError
from netwright.serialization import FULL_ERRORS
from netwright_studio.errors import disk_full
from netwright_studio.runs import guard
from netwright_studio.runs.control import Control, Reporter
from netwright_studio.runs.folder import read_order
from netwright_studio.runs.state import RunState

# (order, run folder, reporter, control) → facts of the completed training, None when it was stopped
Train = Callable[[dict[str, Any], Path, Reporter, Control], dict[str, Any] | None]


def main(arguments: list[str], train: Train) -> int:
    """Train what the folder's order says; everything that goes wrong is told to the server as a result."""
    folder = Path(arguments[0])
    reporter = Reporter(_take_stdout())
    order = read_order(folder)
    control = Control(reporter, paused=order["paused"])
    # Unbuffered: at exit nothing may hold the lock of a buffer that a thread still reads.
    control.listen(open(0, "rb", buffering=0, closefd=False), on_end=guard.leave)  # noqa: SIM115
    reporter.log("The worker has started.", "debug")
    guard.limit_memory(order["memory_bytes"])
    reporter.say("result", _train(train, order, folder, reporter, control))
    return 0


def _train(train: Train, order: dict[str, Any], folder: Path, reporter: Reporter, control: Control) -> dict[str, Any]:
    try:
        facts = train(order, folder, reporter, control)
    except (MemoryError, MemoryLimitError) as error:
        _print_trace()
        limit = order["memory_bytes"] / 2**30
        reason = str(error) if isinstance(error, NetwrightError) else "an allocation was refused."
        text = f"Out of memory (a run may use {limit:.1f} GiB): {reason} Try a smaller batch size or network."
        return {"state": RunState.FAILED, "reason": text}
    except NetwrightError as error:
        _print_trace()
        return {"state": RunState.FAILED, "reason": str(error)}
    except Exception as error:
        # A browser gets neither the trace nor a path of this machine.
        _print_trace()
        if isinstance(error, OSError) and error.errno in FULL_ERRORS:
            return {"state": RunState.FAILED, "reason": str(disk_full())}
        return {"state": RunState.FAILED, "reason": f"Training failed unexpectedly ({type(error).__name__})."}
    if facts is None:
        return {"state": RunState.STOPPED, "reason": None}
    return {"state": RunState.COMPLETED, "reason": None, **facts}


def _print_trace() -> None:
    """Write what went wrong to worker.log, where there is room for it."""
    with contextlib.suppress(OSError):
        traceback.print_exc()


def _take_stdout() -> int:
    """Keep the pipe for ourselves and let everything that prints write to worker.log instead."""
    sys.stdout.flush()
    pipe = os.dup(1)
    os.dup2(2, 1)
    return pipe


if __name__ == "__main__":
    from netwright_studio.runs.training import train_run

    sys.exit(main(sys.argv[1:], train_run))
