"""Time to the first step of a new graph: ``python -m benchmarks.first_step [--workloads …] [--write]``.

In a process of its own that has imported Netwright: from the graph to the end of the first step, with kernels that are
in the cache (warm), and with an empty cache (cold).
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence

from .environment import enter
from .workloads import WORKLOADS


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and with ``--write`` keep the figures and make docs/benchmarks.md anew."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.first_step", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=list(WORKLOADS))
    parser.add_argument("--batch", type=int, default=32, help="samples in a step")
    parser.add_argument("--strategy", default=None, help="a preset; by default the first of fast and balanced")
    parser.add_argument("--write", action="store_true", help="keep the figures for docs/benchmarks.md")
    chosen = parser.parse_args(arguments)
    from . import child, machine, ours, results, tables

    ours.get_ready()
    form = f"Netwright {chosen.strategy or ours.default_strategies()[0]}"
    cells = {}
    for name in chosen.workloads:
        warm = child.ask(child.FIRST, name, chosen.batch, form)["first"]
        with tempfile.TemporaryDirectory(prefix="netwright-cold-") as empty:
            cold = child.ask(child.FIRST, name, chosen.batch, form, NUMBA_CACHE_DIR=empty)["first"]
        cells[name] = {
            "machine": machine.describe(),
            "batch": chosen.batch,
            "form": form,
            "warm": warm,
            "cold": cold,
        }
        print(f"{name}: {form}, warm {warm:.2f} s, cold {cold:.2f} s ({machine.load()})", flush=True)
    print(tables.first_steps(cells))
    if chosen.write:
        results.write("first", cells)


if __name__ == "__main__":
    enter("benchmarks.first_step")
    main()
