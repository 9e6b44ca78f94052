"""A worker that tells points at a steady rate, each with the moment it was made; trains nothing."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from netwright.errors import NetwrightError
from netwright_studio.runs import worker
from netwright_studio.runs.control import Control, Reporter
from netwright_studio.runs.state import RunState

RATE, SECONDS = "NETWRIGHT_TRUST_RATE", "NETWRIGHT_TRUST_SECONDS"


def train(order: dict[str, Any], folder: Path, reporter: Reporter, control: Control) -> dict[str, Any] | None:
    reporter.state(RunState.RUNNING)
    rate, count = float(os.environ[RATE]), int(float(os.environ[RATE]) * float(os.environ[SECONDS]))
    began = time.monotonic()
    for step in range(1, count + 1):
        left = began + step / rate - time.monotonic()
        if left > 0:
            time.sleep(left)
        if control.end_requested:
            return None
        reporter.say("metrics", {"step": step, "epoch": 0.0, "values": {"train_loss": 0.5, "born": time.time()}})
    raise NetwrightError("all points are told")


if __name__ == "__main__":
    sys.exit(worker.main(sys.argv[1:], train))
