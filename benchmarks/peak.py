"""Peak memory of training beside PyTorch: ``python -m benchmarks.peak [--workloads …] [--write]``.

Each contender trains three steps in a process of its own; its peak is counted from before the network is built.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from .environment import enter
from .workloads import EVERY


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and with ``--write`` keep the figures and make docs/benchmarks.md anew."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peak", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--workloads", nargs="+", choices=EVERY, default=["resnet56", "transformer12"])
    parser.add_argument("--batch", type=int, default=32, help="samples in a step")
    parser.add_argument("--forms", nargs="+", default=None, help="contenders by name; by default presets and PyTorch")
    parser.add_argument("--write", action="store_true", help="keep the figures for docs/benchmarks.md")
    chosen = parser.parse_args(arguments)
    from netwright.scheduler import Strategy

    from . import child, machine, results, tables
    from .peers import find_peers

    peers = find_peers(2)
    for name in chosen.workloads:
        forms = chosen.forms
        if forms is None:
            presets = [n for n in ("balanced", "low_memory", "fast") if n in Strategy.presets]
            theirs = [
                f for f in ("PyTorch eager", "PyTorch channels-last") if f in peers.forms(EVERY[name], ["pytorch"])
            ]
            forms = [*(f"Netwright {n}" for n in presets), *theirs]
        rows = {form: child.ask(child.MEMORY, name, chosen.batch, form) for form in forms}
        cell = {"machine": machine.describe(), "peers": peers.versions, "batch": chosen.batch, "rows": rows}
        print(tables.peak(name, cell), flush=True)
        if chosen.write:
            results.write("peak", {name: cell})


if __name__ == "__main__":
    enter("benchmarks.peak")
    main()
