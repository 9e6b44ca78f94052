"""What runs under MXNet's own interpreter: reads commands from standard input, a line each, and answers with a line.

It sees no Netwright, only ``workloads`` and ``nets``.
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from typing import Any

import numpy as np

from benchmarks.nets import GluonTrainer
from benchmarks.turns import timed
from benchmarks.workloads import EVERY, Batch


def main() -> None:
    """Serve until standard input ends; what MXNet prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for name in ("bool", "object"):  # NumPy dropped these names after MXNet's last release
        setattr(np, name, {"bool": bool, "object": object}[name])
    import mxnet as mx

    trainer: Any = None
    batches: list[Batch] = []
    for line in sys.stdin:
        command = json.loads(line)
        if command["do"] == "make":
            workload = EVERY[command["workload"]]
            weights = _read(command["weights"])
            trainer = GluonTrainer(
                mx, workload.made_tiny() if command["tiny"] else workload, list(weights.values()), True
            )
            answer: Any = True
        elif command["do"] == "losses":
            batches = _batches(_read(command["batches"]))
            answer = [trainer.step(batch) for batch in batches]
        else:
            answer = timed(trainer, batches, command["steps"])
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _read(path: str) -> dict[str, Any]:
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


def _batches(arrays: dict[str, Any]) -> list[Batch]:
    parts: dict[int, dict[str, Any]] = defaultdict(dict)
    for name, array in arrays.items():
        number, part = name.split("/")
        parts[int(number)][part] = array
    return [Batch({n: a for n, a in p.items() if n != "label"}, p.get("label")) for _, p in sorted(parts.items())]


if __name__ == "__main__":
    main()
