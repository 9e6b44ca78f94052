"""Training steps beside other frameworks: ``python -m benchmarks.training [--workloads …] [--rounds 7] [--write]``.

Every contender starts from the same weights. Their losses must agree over ten steps before anything is timed; then they
take turns, round after round in one process (MXNet in its own), and the medians are compared: on a busy machine only
ratios hold.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from typing import Any

from .environment import enter
from .workloads import WORKLOADS, Workload

PEER_WORDS = ("eager", "channels-last", "compile", "jax", "mxnet")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and with ``--write`` keep the figures and make docs/benchmarks.md anew."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=list(WORKLOADS))
    parser.add_argument("--batch", nargs="+", type=int, default=[32, 128], help="samples in a step")
    parser.add_argument("--rounds", type=int, default=7, help="turns of every contender")
    parser.add_argument("--seconds", type=float, default=0.25, help="about how long one turn is")
    parser.add_argument("--threads", type=int, default=2, help="threads of each contender")
    parser.add_argument("--peers", nargs="*", choices=PEER_WORDS, default=list(PEER_WORDS))
    parser.add_argument("--strategies", nargs="*", default=None, help="of the plans; by default fast and balanced")
    parser.add_argument("--gluon", action="store_true", help="also Netwright's eager and hybridized Gluon")
    parser.add_argument("--write", action="store_true", help="keep the figures for docs/benchmarks.md")
    chosen = parser.parse_args(arguments)
    from . import ours, results, tables
    from .peers import find_peers

    peers = find_peers(chosen.threads)
    ours.get_ready()
    if peers.missing:
        print(f"not installed, so not beside (python -m benchmarks.environment): {', '.join(peers.missing)}")
    strategies = ours.default_strategies() if chosen.strategies is None else chosen.strategies
    for batch in chosen.batch:
        for name in chosen.workloads:
            workload = WORKLOADS[name]
            makers = ours.forms(strategies, chosen.gluon) | peers.forms(workload, chosen.peers)
            cell = measure_cell(workload, batch, makers, chosen.rounds, chosen.seconds)
            cell["peers"] = peers.versions
            print(tables.training(name, batch, cell), flush=True)
            if chosen.write:
                results.write("training", {f"{name}/{batch}": cell})


def measure_cell(
    workload: Workload, batch: int, makers: Mapping[str, Any], rounds: int, seconds: float
) -> dict[str, Any]:
    """One workload at one batch size: facts of the machine, and a row of figures for each contender."""
    from . import bound, machine, tables, turns
    from .ours import Planned, initial_weights

    weights = initial_weights(workload)
    data = workload.batches(turns.CHECKED_STEPS, batch)
    contenders: dict[str, Any] = {}
    losses: dict[str, list[float]] = {}
    first: dict[str, float] = {}
    failed: dict[str, str] = {}
    before = machine.load()
    try:
        for name, make in makers.items():
            begin = time.perf_counter()
            try:
                contender = make(workload, weights)
                losses[name] = turns.take_losses(contender, data[:1])
            except Exception as error:
                if name.startswith(tables.OURS):
                    raise
                failed[name] = f"{type(error).__name__}: {error}".split("\n")[0][:200]
                continue
            first[name] = time.perf_counter() - begin
            losses[name] += turns.take_losses(contender, data[1:])
            contenders[name] = contender
        difference = turns.compare_losses(losses)
        times = turns.take_turns(contenders, data, rounds, seconds)
        notes = {n: c.task.plan(batch).remarks() for n, c in contenders.items() if isinstance(c, Planned)}
    finally:
        for contender in contenders.values():
            if hasattr(contender, "close"):
                contender.close()
    return {
        "machine": machine.describe(),
        "load": f"{before} at the beginning, {machine.load()} at the end",
        "rounds": rounds,
        "difference": difference,
        "failed": failed,
        "product_flops": bound.count_products(workload, batch),
        "product_rate": bound.product_rate(),
        "rows": {name: {**t.figures, "first": first[name]} for name, t in times.items()},
        "notes": notes,
    }


if __name__ == "__main__":
    enter("benchmarks.training")
    main()
