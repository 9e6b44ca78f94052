"""Measuring one contender in a process of its own: ``python -m benchmarks.child`` reads what to do as JSON.

What is measured there is what other contenders in the same process would blur: memory, and the first step of a process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from .environment import ROOT
from .workloads import EVERY

MEMORY, FIRST = "memory", "first"


def ask(kind: str, workload: str, batch: int, form: str, **variables: str) -> dict[str, float]:
    """What a child says of a contender by its name (``Netwright fast``, ``PyTorch eager``, …)."""
    task = json.dumps({"kind": kind, "workload": workload, "batch": batch, "form": form})
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.child", task],
        cwd=ROOT,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{form} on {workload} ended with status {done.returncode}; what it said is above")
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def main(text: str) -> None:
    """Do what is asked and print the answer as the last line."""
    asked = json.loads(text)
    workload, batch, form = EVERY[asked["workload"]], asked["batch"], asked["form"]
    make = find(form, workload)
    from . import ours

    weights = ours.initial_weights(workload)
    data = workload.batches(2, batch)
    if asked["kind"] == FIRST:
        begin = time.perf_counter()
        trainer = make(workload, weights)
        trainer.step(data[0])
        first = time.perf_counter() - begin
        begin = time.perf_counter()
        trainer.step(data[1])
        print(json.dumps({"first": first, "second": time.perf_counter() - begin}))
        return
    ours.get_ready()
    # what a framework loads at its first step is not the memory of the training
    tiny = workload.made_tiny()
    warm = make(tiny, ours.initial_weights(tiny))
    for one in tiny.batches(2, 2):
        warm.step(one)
    before = resident()
    forget_peak()
    trainer = make(workload, weights)
    for i in range(3):
        trainer.step(data[i % 2])
    answer = {"peak": peak() - before}
    if hasattr(trainer, "task"):
        plan = trainer.task.plan(batch)
        answer |= {"plan": plan.peak_bytes, "inputs": plan.input_bytes}
    print(json.dumps(answer))


def find(form: str, workload: Any) -> Any:
    """The maker of that name."""
    if form.startswith("Netwright"):
        from . import ours

        return ours.forms([form.removeprefix("Netwright ")], gluon=True)[form]
    from .peers import find_peers

    return find_peers(2).forms(workload, [""])[form]


def resident() -> int:
    """Bytes of this process that are in memory now."""
    return _status("VmRSS")


def peak() -> int:
    """The most there were since ``forget_peak``."""
    return _status("VmHWM")


def forget_peak() -> None:
    """Let the peak begin at what there is now."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _status(name: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/self/status has no {name}")


if __name__ == "__main__":
    main(sys.argv[1])
