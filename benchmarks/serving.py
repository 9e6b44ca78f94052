"""Answers over HTTP beside other servers, on one core: ``python -m benchmarks.serving [--seconds 2] [--write]``.

Then ours alone on all cores, by the number of its workers (``--workers 1 2``).

The network 784-128-64-10 answers one row a request, as JSON and as raw bytes, to 64 clients and to one. Every server
runs on one core, the clients on another; all must give the same probabilities before anything is timed, and Netwright's
answers to many clients, which are computed in batches, those it gives to one. The contenders take turns.
"""

from __future__ import annotations

import argparse
import os
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .environment import enter

GOALS = {("json", 64): ("req/s", 8000.0), ("binary", 64): ("req/s", 20000.0)}
"""At least so many answers a second; to a single client the slowest hundredth takes at most ``GOAL_P99``."""
GOAL_P99 = 1.0
CLIENTS = (64, 1)
KINDS = ("json", "binary")
TOLERANCE = 1e-5
OURS = "Netwright"

Rows = dict[str, dict[str, Any]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and with ``--write`` keep the figures and make docs/benchmarks.md anew."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seconds", type=float, default=2.0, help="how long one turn is")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each; the median counts")
    parser.add_argument("--only", default="", help="measure only contenders with this in their name")
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2],
                        help="how many workers to try on all cores; none leaves that out")  # fmt: skip
    parser.add_argument("--write", action="store_true", help="keep the figures for docs/benchmarks.md")
    chosen = parser.parse_args(arguments)
    from . import machine, results, serving_workers
    from .servers import started

    with started(chosen.only) as servers:
        difference = check_answers(servers)
        rows = take_turns(servers, chosen.seconds, chosen.rounds)
    text = f"{machine.describe()}; {machine.load()}.\n\n{table(rows, difference)}"
    print(text)
    cells = {"all": {"machine": machine.describe(), "text": text, "rows": rows}}
    if chosen.workers:
        cells["workers"] = serving_workers.make_cell(chosen.workers, chosen.seconds, chosen.rounds)
        print(f"\n{cells['workers']['text']}")
    if chosen.write:
        results.write("serving", cells)


def check_answers(servers: Mapping[str, Any]) -> float:
    """The largest difference of any server's answers from our own single ones; stops where one answers otherwise."""
    (first, *_) = servers.values()
    wanted = first.ask("json", range(8))
    worst = 0.0
    for name, server in servers.items():
        for kind in server.kinds:
            found = server.ask(kind, range(8))
            difference = float(np.abs(found - wanted).max())
            if not difference <= TOLERANCE:
                raise SystemExit(f"{name} ({kind}) answers otherwise: probabilities differ by {difference}")
            worst = max(worst, difference)
    together = first.ask_together("binary")
    alone = np.concatenate([first.ask("binary", [row]) for row in range(len(together))])
    batched = float(np.abs(together - alone).max())
    if not batched <= TOLERANCE:
        raise SystemExit(f"batched answers differ from single ones by {batched}")
    return max(worst, batched)


def take_turns(servers: Mapping[str, Any], seconds: float, rounds: int) -> Rows:
    """Figures by contender, kind and clients; each round begins with another contender."""
    found: dict[str, dict[str, list[Any]]] = {}
    names = list(servers)
    for turn in range(rounds):
        start = turn % len(names)
        for name in names[start:] + names[:start]:
            for kind in servers[name].kinds:
                for clients in CLIENTS:
                    figures = servers[name].load(kind, clients, seconds, cores()[1])
                    found.setdefault(name, {}).setdefault(f"{kind}/{clients}", []).append(figures)
    return {name: {cell: middle(figures) for cell, figures in cells.items()} for name, cells in found.items()}


def middle(figures: Sequence[Any]) -> dict[str, float]:
    """Of several turns the medians, and how many requests failed in all."""
    fields = ("rate", "p50", "p99", "busy")
    medians = {field: statistics.median(getattr(one, field) for one in figures) for field in fields}
    return {**medians, "failed": sum(one.failed for one in figures)}


def table(rows: Rows, difference: float) -> str:
    """The figures, a line for each contender and kind, and whether ours reach their goals."""
    lines = [
        "| server, one core | body | 64 clients, req/s | p50, ms | p99, ms | 1 client, req/s | p50, ms | p99, ms |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for kind in KINDS:
        told = [(name, cells) for name, cells in rows.items() if f"{kind}/64" in cells]
        for name, cells in sorted(told, key=lambda item: -item[1][f"{kind}/64"]["rate"]):
            many, one = cells[f"{kind}/64"], cells[f"{kind}/1"]
            figures = [f"{c['rate']:,.0f} | {c['p50']:.2f} | {c['p99']:.2f}" for c in (many, one)]
            failed = f" ({many['failed'] + one['failed']} failed)" if many["failed"] + one["failed"] else ""
            lines.append(f"| {name}{failed} | {kind} | {' | '.join(figures)} |")
    busiest = max(cell["busy"] for cells in rows.values() for cell in cells.values())
    lines += [
        "",
        f"Probabilities differ by at most {difference:.0e}, batched or not. The clients' own core was busy "
        f"{busiest:.0%} of the time at most.",
        "",
        *goals(rows),
    ]
    return "\n".join(lines)


def goals(rows: Rows) -> list[str]:
    """A line for each goal of ours."""
    ours = next((cells for name, cells in rows.items() if name.startswith(OURS)), None)
    if ours is None:
        return []
    lines = ["| goal | wanted | reached | |", "| --- | ---: | ---: | --- |"]
    for (kind, clients), (unit, wanted) in GOALS.items():
        rate = ours[f"{kind}/{clients}"]["rate"]
        lines.append(f"| {kind}, {clients} clients | ≥ {wanted:,.0f} {unit} | {rate:,.0f} | {_mark(rate >= wanted)} |")
    for kind in KINDS:
        slow = ours[f"{kind}/1"]["p99"]
        lines.append(f"| {kind}, 1 client, p99 | ≤ {GOAL_P99:.0f} ms | {slow:.2f} | {_mark(slow <= GOAL_P99)} |")
    return lines


def _mark(reached: bool) -> str:
    return "reached" if reached else "missed"


def cores() -> tuple[int, list[int]]:
    """(the servers' core, the clients'); theirs may be any where there is only one."""
    first, *others = sorted(os.sched_getaffinity(0))
    return first, others[:1]


if __name__ == "__main__":
    enter("benchmarks.serving")
    main()
