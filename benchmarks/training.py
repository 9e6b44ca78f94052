"""Training steps beside other frameworks: ``python -m benchmarks.training [--workloads …] [--rounds 7] [--write]``.

Every contender starts from the same weights. Their losses must agree over ten steps before anything is timed; then they
take turns, round after round in one process, and the medians are compared: on a busy machine only ratios hold.
"""

from __future__ import annotations

import argparse
import datetime
import gc
import os
import platform
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from .contenders import Contender, Make, initial_weights, netwright_forms
from .peers import installed_peers
from .workloads import WORKLOADS, Array, Workload

CHECKED_STEPS = 10
TOLERANCE = 2e-3
"""Relative difference of losses: Adam's epsilon is added at other places in other frameworks."""
PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and with ``--write`` make docs/benchmarks.md anew."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=list(WORKLOADS))
    parser.add_argument("--batch", nargs="+", type=int, default=[32, 128], help="samples in a step")
    parser.add_argument("--rounds", type=int, default=7, help="turns of every contender")
    parser.add_argument("--seconds", type=float, default=0.25, help="about how long one turn is")
    parser.add_argument("--threads", type=int, default=2, help="threads of each peer")
    parser.add_argument("--write", action="store_true", help="write the tables to docs/benchmarks.md")
    chosen = parser.parse_args(arguments)
    peers, missing = installed_peers(chosen.threads)
    text = [heading(missing, chosen.threads)]
    for name in chosen.workloads:
        for batch in chosen.batch:
            text.append(section(WORKLOADS[name], batch, peers, chosen.rounds, chosen.seconds))
            print(text[-1], flush=True)
    print(text[0])
    if chosen.write:
        PAGE.write_text("# Benchmarks\n\n" + "\n".join(text), encoding="utf-8")


def section(workload: Workload, batch: int, peers: Mapping[str, Make], rounds: int, seconds: float) -> str:
    """One workload at one batch size, as a heading and a table."""
    weights = initial_weights(workload)
    data = list(workload.batches(CHECKED_STEPS, batch))
    forms = netwright_forms() | dict(peers)
    contenders = {name: make(workload, weights) for name, make in forms.items()}
    difference = check_losses(contenders, data)
    medians = measure(contenders, data, rounds, seconds)
    best = min((medians[n] for n in peers), default=None)
    lines = [
        f"## {workload.title}, batch {batch}",
        "",
        "| | µs a step | samples/s | ratio to the best peer |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, median in sorted(medians.items(), key=lambda item: item[1]):
        ratio = f"{best / median:.2f}" if best else "–"
        lines.append(f"| {name} | {median * 1e6:.0f} | {batch / median:.0f} | {ratio} |")
    return "\n".join([*lines, "", f"Losses of {CHECKED_STEPS} steps differ by at most {difference:.1e}.", ""])


def check_losses(contenders: Mapping[str, Contender], data: Sequence[tuple[Array, Array]]) -> float:
    """The largest relative difference from the first contender's losses; stops where one trains something else."""
    losses = {name: np.array([c.step(x, y) for x, y in data]) for name, c in contenders.items()}
    reference, expected = next(iter(losses.items()))
    worst = 0.0
    for name, found in losses.items():
        difference = float(np.max(np.abs(found - expected) / np.maximum(np.abs(expected), 0.1)))
        if not difference <= TOLERANCE:
            raise SystemExit(f"{name} trains otherwise than {reference}: losses {found} beside {expected}")
        worst = max(worst, difference)
    return worst


def measure(
    contenders: Mapping[str, Contender], data: Sequence[tuple[Array, Array]], rounds: int, seconds: float
) -> dict[str, float]:
    """Median seconds a step; each round begins with another contender."""
    steps = {name: max(1, round(seconds / run(c, data, 3))) for name, c in contenders.items()}
    times: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for turn in range(rounds):
        start = turn % len(names)
        for name in names[start:] + names[:start]:
            times[name].append(run(contenders[name], data, steps[name]))
    return {name: statistics.median(found) for name, found in times.items()}


def run(contender: Contender, data: Sequence[tuple[Array, Array]], steps: int) -> float:
    """Seconds a step."""
    gc.collect()
    begin = time.perf_counter()
    for i in range(steps):
        contender.step(*data[i % len(data)])
    return (time.perf_counter() - begin) / steps


def heading(missing: Sequence[str], threads: int) -> str:
    """What the figures were taken on, and which peers were not there."""
    kernels = os.environ.get("OPENBLAS_CORETYPE", "as the library chooses")
    blas_threads = os.environ.get("OPENBLAS_NUM_THREADS", "as the library chooses")
    lines = [
        f"`python -m benchmarks.training` on {datetime.date.today().isoformat()}: {cpu_name()}, {os.cpu_count()} "
        f"cores, {load()}, Python {platform.python_version()}, NumPy {np.__version__}.",
        f"NumPy's BLAS: kernels {kernels}, threads {blas_threads}. Peers: {threads} threads, which sleep when idle "
        f"(`OMP_WAIT_POLICY={os.environ['OMP_WAIT_POLICY']}`).",
        "Contenders take turns in one process; medians. A ratio above 1 is faster than the best peer.",
    ]
    if missing:
        lines.append(f"Not installed, so not beside: {', '.join(missing)}.")
    return "\n".join([*lines, ""])


def load() -> str:
    """How busy the machine was when the command began: figures of a busy one are worth less."""
    try:
        return f"load {os.getloadavg()[0]:.1f}"
    except (AttributeError, OSError):  # Windows knows no load average
        return "load unknown"


def cpu_name() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in text.splitlines() if line.startswith("model name")), "CPU")


if __name__ == "__main__":
    main()
