"""The studio's own worker, made telling: every step is an event. By the environment it also misbehaves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from netwright_studio.runs import training, worker
from netwright_studio.runs.control import Control, Reporter

GRANDCHILD = "NETWRIGHT_TRUST_GRANDCHILD"
"""Start a process that leaves the worker's group and session."""
HOG = "NETWRIGHT_TRUST_HOG"
"""Runs whose graph has 33 units somewhere take more and more memory."""


class Greedy(training.Teller):
    """Keeps a hundred MiB at every step."""

    kept: list[bytearray] = []  # noqa: RUF012

    def on_step(self, state: Any) -> None:
        super().on_step(state)
        self.kept.append(bytearray(b"x") * (100 << 20))


def train(order: dict[str, Any], folder: Path, reporter: Reporter, control: Control) -> dict[str, Any] | None:
    units = [node["params"].get("num_hidden") for node in order["graph"]["nodes"]]
    if os.environ.get(HOG) and 33 in units:
        training.Teller = Greedy  # type: ignore[misc]
    return training.train_run(order, folder, reporter, control)


def main() -> int:
    training.METRICS_SECONDS = 0.0
    if os.environ.get(GRANDCHILD):
        sleep = [sys.executable, "-S", "-c", "import time; time.sleep(600)"]
        subprocess.Popen(sleep, start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return worker.main(sys.argv[1:], train)


if __name__ == "__main__":
    sys.exit(main())
