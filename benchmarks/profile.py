"""Where a training step's time goes: ``python -m benchmarks.profile WORKLOAD [--batch 32] [--strategy fast]``.

Every step of the plan is timed by itself, all threads waiting for each other in between, so the sum is more than an
unwatched step takes; the shares (of that sum) say where to look. All times are the least of some steps: what other
programs on the machine take away is left out.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .environment import enter
from .workloads import EVERY, Workload


@dataclass
class Watch:
    """Told by a running program of its steps: what the profiler is told."""

    steps: dict[Any, list[float]] = field(default_factory=lambda: defaultdict(list))
    halves: list[tuple[float, float]] = field(default_factory=list)
    """Beginning and end of each forward and backward part."""

    def begin(self) -> float:
        """When something began."""
        return time.perf_counter()

    def step(self, node: Any, before: float, arrays: Any) -> None:
        """One step of the plan is done."""
        self.steps[node].append(time.perf_counter() - before)

    def run(self, half: str, count: int, began: float) -> None:
        """A forward or backward part is done."""
        self.halves.append((began, time.perf_counter()))


@dataclass(frozen=True)
class Row:
    """One step of the plan."""

    name: str
    operator: str
    output: str
    seconds: float
    flops: int


@dataclass(frozen=True)
class Profile:
    """Seconds: ``whole`` of an unwatched training step, ``watched`` of one whose steps were timed.

    ``around`` is what lies before, between and behind the plan's two parts.
    """

    rows: list[Row]
    whole: float
    watched: float
    around: dict[str, float]
    plan: Any


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the plan's steps, slowest first."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("workload", choices=EVERY)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--strategy", default=None, help="a preset; by default the first of fast and balanced")
    parser.add_argument("--steps", type=int, default=30, help="watched steps; the least of each time is shown")
    parser.add_argument("--top", type=int, default=25, help="rows to print")
    parser.add_argument("--by", choices=("step", "operator"), default="step")
    parser.add_argument("--plan", action="store_true", help="print the plan too")
    chosen = parser.parse_args(arguments)
    from . import ours

    ours.get_ready()
    strategy = chosen.strategy or ours.default_strategies()[0]
    found = take(EVERY[chosen.workload], chosen.batch, strategy, chosen.steps)
    if chosen.plan:
        print(found.plan)
    print(show(found, chosen.top, chosen.by == "operator"))


def take(workload: Workload, batch: int, strategy: str, steps: int) -> Profile:
    """Train some steps unwatched, then some watched."""
    from netwright.scheduler.program import Program

    from . import ours

    trainer = ours.Planned(workload, ours.initial_weights(workload), strategy)
    data = workload.batches(4, batch)
    whole, watched = [], []
    around: dict[str, list[float]] = defaultdict(list)
    for i in range(steps + 3):
        begin = time.perf_counter()
        trainer.step(data[i % 4])
        whole.append(time.perf_counter() - begin)
    watch = Watch()
    Program.observer = watch
    try:
        for i in range(steps):
            parts_before = len(watch.halves)
            begin = time.perf_counter()
            trainer.step(data[i % 4])
            end = time.perf_counter()
            watched.append(end - begin)
            first, *rest = watch.halves[parts_before:]
            last = rest[-1] if rest else first  # one part where forward and backward run as micro-batches
            around["feeding"].append(first[0] - begin)
            around["between the parts"].append(last[0] - first[1] if rest else 0.0)
            around["loss, measures and update of the weights"].append(end - last[1])
    finally:
        Program.observer = None
    rows = [_row(node, min(seconds)) for node, seconds in watch.steps.items()]
    plan = trainer.task.plan(batch)
    least = {name: min(seconds) for name, seconds in around.items()}
    return Profile(rows, min(whole[3:]), min(watched), least, plan)


def _row(node: Any, seconds: float) -> Row:
    from netwright.scheduler.plan import step_flops

    output = "×".join(map(str, node.outputs[0].shape))
    return Row(node.name, node.op.name, output, seconds, step_flops(node))


def by_operator(rows: Sequence[Row]) -> list[Row]:
    """The rows of each operator as one."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.operator].append(row)
    return [
        Row(f"{len(found)} steps", name, "", sum(r.seconds for r in found), sum(r.flops for r in found))
        for name, found in groups.items()
    ]


def show(found: Profile, top: int, operators: bool = False) -> str:
    """The profile as a table."""
    rows = sorted(by_operator(found.rows) if operators else found.rows, key=lambda row: -row.seconds)
    total = sum(row.seconds for row in rows)
    everything = total + sum(found.around.values())
    lines = [
        "| operator | step | output | µs | share | GFLOP/s |",
        "| --- | --- | --- | ---: | ---: | ---: |",
        *(
            f"| {r.operator} | {r.name} | {r.output} | {r.seconds * 1e6:.0f} | {r.seconds / everything:.1%} "
            f"| {r.flops / r.seconds / 1e9:.1f} |"
            for r in rows[:top]
        ),
    ]
    sums = {f"all {len(rows)} steps of the plan": total, **found.around}
    lines += [f"| | {name} | | {value * 1e6:.0f} | {value / everything:.1%} | |" for name, value in sums.items()]
    lines += [
        "",
        f"An unwatched training step takes {found.whole * 1e6:.0f} µs, a watched one {found.watched * 1e6:.0f} µs.",
        *found.plan.remarks(),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    enter("benchmarks.profile")
    main()
