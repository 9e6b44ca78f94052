"""How far answers scale over cores: ``python -m benchmarks.serving_workers [--workers 1 2] [--write]``.

``netwright serve --workers N`` for some N, each on all cores, and the clients on the same ones. ``benchmarks.serving``
measures it too, behind the comparison with other servers.
"""

from __future__ import annotations

import argparse
import functools
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .environment import enter
from .serving import check_answers, middle

CLIENTS = 64
KINDS = {"json": "`infer`, JSON", "binary": "`infer`, binary", "predict": "`predict`, JSON"}
TICKS = os.sysconf("SC_CLK_TCK")

Cells = dict[str, dict[str, dict[str, float]]]
"""Figures by number of workers and kind of body."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and with ``--write`` keep the figures and make docs/benchmarks.md anew."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.serving_workers", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="numbers of workers to try")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long one turn is")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each; the median counts")
    parser.add_argument("--write", action="store_true", help="keep the figures for docs/benchmarks.md")
    chosen = parser.parse_args(arguments)
    cell = make_cell(chosen.workers, chosen.seconds, chosen.rounds)
    print(cell["text"])
    if chosen.write:
        from . import results

        results.write("serving", {"workers": cell})


def make_cell(counts: Sequence[int], seconds: float, rounds: int) -> dict[str, Any]:
    """What is kept of a measurement: figures, and the text made of them."""
    from . import machine

    rows = measure(counts, seconds, rounds)
    text = f"### By workers\n\n{machine.describe()}; {machine.load()}.\n\n{table(rows)}"
    return {"machine": machine.describe(), "text": text, "rows": rows}


def measure(counts: Sequence[int], seconds: float, rounds: int) -> Cells:
    """All at work beside each other and asked in turns; all must give the same answers first."""
    from .servers import running, start_ours

    found: dict[str, dict[str, list[Any]]] = {}
    worked: dict[tuple[str, str], list[float]] = {}
    starters = {str(count): functools.partial(start_ours, workers=count) for count in counts}
    with running(starters) as servers:
        check_answers(servers)
        names = list(servers)
        for turn in range(rounds):
            start = turn % len(names)
            for name in names[start:] + names[:start]:
                process = servers[name].process
                assert process is not None
                for kind in KINDS:
                    before = cpu_seconds(process.pid)
                    figures = servers[name].load(kind, CLIENTS, seconds)
                    found.setdefault(name, {}).setdefault(kind, []).append(figures)
                    worked.setdefault((name, kind), []).append((cpu_seconds(process.pid) - before) / figures.lasted)
    return {
        name: {kind: {**middle(figures), "servers": sorted(worked[name, kind])[rounds // 2]}
               for kind, figures in cells.items()}
        for name, cells in found.items()
    }  # fmt: skip


def cpu_seconds(process: int) -> float:
    """Time that a process and those below it have worked."""
    text = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return (int(text[11]) + int(text[12])) / TICKS + sum(cpu_seconds(int(child)) for child in children)


def table(cells: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """The figures, a line for each kind of body and number of workers."""
    there = len(os.sched_getaffinity(0))
    lines = [
        f"| `--workers`, all {there} cores | asked | {CLIENTS} clients, req/s | times the first | p50, ms | p99, ms "
        "| servers' work, cores | clients' |",
        "| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for kind, words in KINDS.items():
        first = next(iter(cells.values()))[kind]["rate"]
        for name, told in cells.items():
            cell = told[kind]
            asked = words + (f" ({cell['failed']:.0f} failed)" if cell["failed"] else "")
            lines.append(
                f"| {name} | {asked} | {cell['rate']:,.0f} | {cell['rate'] / first:.2f} | {cell['p50']:.2f} "
                f"| {cell['p99']:.2f} | {cell['servers']:.2f} | {cell['busy']:.2f} |"
            )
    lines += [
        "",
        f"The clients ask from the same {there} cores, and what they take of them the workers do not have: where both "
        f"columns of work add up to {there}, no number of workers can answer more. One worker is the studio's own "
        "process; more are beside it, which then only hands over what is not asked of models.",
    ]
    if any(cell["busy"] > 0.9 for told in cells.values() for cell in told.values()):
        lines.append("Where the clients took a whole core, their one process asked no faster: workers could do more.")
    return "\n".join(lines)


if __name__ == "__main__":
    enter("benchmarks.serving_workers")
    main()
