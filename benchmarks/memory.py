"""Memory that is planned, beside MXNet 1.9.1's planner and what is really taken: ``python -m benchmarks.memory``.

What MXNet prints is what lies between operators: neither the weights' gradients nor operators' working memory. So is
``planned`` here. The predicted and the measured peak hold all that a program takes beside its inputs; the measured one
is of one forward and backward pass. Then a network of a thousand layers: how many layers' results are held at one time,
beside 2√n (Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016), and what that costs in time.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
import tracemalloc
from collections.abc import Sequence
from typing import Any

import numpy as np

from .environment import enter

STRATEGIES = ("balanced", "low_memory")
MIB = 2**20


def main(arguments: Sequence[str] | None = None) -> None:
    """Plan, measure, print, and with ``--write`` keep the tables for docs/benchmarks.md."""
    from . import machine, ours, results
    from .memory_nets import NETS

    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--nets", nargs="+", choices=NETS, default=list(NETS))
    parser.add_argument("--unmeasured", nargs="*", choices=NETS, default=[], help="networks that are not run")
    parser.add_argument("--rounds", type=int, default=5, help="turns at timing the deep network")
    parser.add_argument("--write", action="store_true", help="keep the tables for docs/benchmarks.md")
    chosen = parser.parse_args(arguments)
    ours.get_ready()
    lines = [
        "| MiB | strategy | planned, inference / training | MXNet 1.9.1 | training: predicted peak | measured peak |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    print(*lines, sep="\n", flush=True)
    for name in chosen.nets:
        for row in rows(NETS[name], name not in chosen.unmeasured):
            lines.append(row)
            print(row, flush=True)
    lines += ["", *sublinear(chosen.rounds)]
    print("\n".join(lines[-4:]))
    text = f"{machine.describe()}\n\n" + "\n".join(lines)
    if chosen.write:
        results.write("memory", {"plans": {"text": text}})


def rows(net: Any, measure: bool, **knobs: Any) -> list[str]:
    """A line of the table for each strategy, in which single ``knobs`` may be set."""
    found = []
    for strategy in STRATEGIES:
        inference, training = (compiled(net, strategy, train, **knobs) for train in (False, True))
        both = " / ".join(f"{planned(one) / MIB:.1f}" for one in (inference, training))
        theirs = f"{net.mxnet_inference} / {net.mxnet_training}"
        measured = f"{measured_peak(training) / MIB:.1f}" if measure else "–"
        found.append(f"| {net.title} | {strategy} | {both} | {theirs} | {training.peak_bytes / MIB:.1f} | {measured} |")
    return found


def compiled(net: Any, strategy: str, train: bool, **knobs: Any) -> Any:
    """The network's plan."""
    import netwright as mx
    from netwright.ops.operator import TensorSpec
    from netwright.scheduler import Compiled, Strategy
    from netwright.scheduler.fitting import fed_names

    symbol = net.build()
    fed = fed_names(symbol)
    return Compiled(
        symbol,
        {"data": TensorSpec(net.shape, np.dtype(np.float32))},
        train=train,
        wrt=[name for name in symbol.list_arguments() if name not in fed] if train else [],
        device=mx.cpu(),
        strategy=Strategy.preset(strategy).model_copy(update=knobs),
    )


def planned(one: Any) -> int:
    """Bytes between operators: the arena, and the outputs that users see."""
    gradients = {g for g in one.gradients.values() if g is not None}
    return int(one.plan.arena_bytes + sum(v.spec.nbytes for v in set(one.outputs) - gradients))


def feeds(one: Any) -> dict[str, Any]:
    """Small random numbers for all inputs."""
    rng = np.random.default_rng(0)
    return {n: (0.05 * rng.random(v.shape)).astype(v.dtype) for n, v in one.plan.graph.inputs.items()}


def measured_peak(one: Any) -> int:
    """The most bytes that a program allocates for one forward and backward pass."""
    arrays = feeds(one)
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        program = one.acquire()
        program.forward(arrays)
        program.backward({})
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def sublinear(rounds: int) -> list[str]:
    """The thousand layers under both strategies: memory in layers, and time."""
    from .memory_nets import DEEP, DEPTH

    layer = DEEP.shape[0] * 64 * 4
    ones = {strategy: compiled(DEEP, strategy, True) for strategy in STRATEGIES}
    peaks = {strategy: (one.peak_bytes / MIB, measured_peak(one) / MIB) for strategy, one in ones.items()}
    times: dict[str, list[float]] = {strategy: [] for strategy in STRATEGIES}
    for _ in range(rounds):
        for strategy, one in ones.items():
            times[strategy].append(step_seconds(one))
    plain, low = (statistics.median(times[strategy]) for strategy in STRATEGIES)
    held = {strategy: planned(one) / layer for strategy, one in ones.items()}
    return [
        f"{DEEP.title}: {held['balanced']:.0f} layers' results are held under balanced, {held['low_memory']:.0f} under "
        f"low_memory; 2√n is {2 * DEPTH**0.5:.0f}.",
        f"A step takes {low / plain - 1:+.0%} of time for it (medians of {rounds} rounds).",
        "Predicted and measured peak, gradients of the weights included (the latter with the program's own "
        "tables, some 1.5 KB a step): "
        + "; ".join(f"{name} {predicted:.1f} and {found:.1f} MiB" for name, (predicted, found) in peaks.items())
        + ".",
    ]


def step_seconds(one: Any) -> float:
    """Forward and backward, once warm."""
    arrays = feeds(one)
    program = one.acquire()
    try:
        program.forward(arrays)
        program.backward({})
        begin = time.perf_counter()
        program.forward(arrays)
        program.backward({})
        return time.perf_counter() - begin
    finally:
        one.release(program)


if __name__ == "__main__":
    enter("benchmarks.memory")
    main()
