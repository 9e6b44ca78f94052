"""The page of all figures: a summary against the goals on top, a table for each cell below."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from . import tables
from .tables import OURS, Cell, best_ours, best_peer
from .workloads import EVERY, WORKLOADS

Sections = Mapping[str, Mapping[str, Cell]]

RUNTIME, TORCH = "ONNX Runtime", "PyTorch eager"
MEMORY_GOALS = {"balanced": 0.8, "low_memory": 0.4}
WARM, COLD = 1.0, 3.0
"""Seconds to the first step."""

ELSEWHERE = {
    "eager": "Eager operators",
    "input": "Input pipeline",
    "memory": "Memory plans",
    "page": "The studio's page",
    "serving": "Serving over HTTP",
}
"""Sections whose commands make their text themselves."""

PREFACE = """# Benchmarks

Netwright beside other frameworks on one machine with two cores, two threads each. Contenders start from the same
weights, must agree before they are timed, and take turns in one process (MXNet in its own); medians. Ratios hold,
absolute times depend on the machine and on what else it did; the time of all cores, waiting included, depends on that
less. A ratio above 1 is faster than the best peer.

`make peers` installs the peers and `python -m benchmarks` measures all of this page. `python -m benchmarks.training`,
`.inference`, `.first_step`, `.peak`, `.memory`, `.eager`, `.input`, `.page` and `.serving` are its parts, with
`--write` into this page; `python -m benchmarks.profile lenet` shows where a step's time goes.
"""


def page(found: Sections) -> str:
    """docs/benchmarks.md."""
    parts = [PREFACE, *summary(found)]
    if cells := found.get("training"):
        parts += ["## Training", "", *machines(cells)]
        parts += [tables.training(name, batch, cell) for name, batch, cell in by_workload(cells)]
    if cells := found.get("inference"):
        parts += ["## Inference", "", *machines(cells)]
        parts += [tables.inference(name, batch, cell) for name, batch, cell in by_workload(cells)]
    if cells := found.get("first"):
        parts += ["## First step of a new graph", "", *machines(cells), tables.first_steps(_in_order(cells))]
    if cells := found.get("peak"):
        parts += ["## Peak memory", "", *machines(cells)]
        parts += [tables.peak(name, cell) for name, cell in _in_order(cells).items()]
    for section, title in ELSEWHERE.items():
        if cells := found.get(section):
            parts += [f"## {title}", ""]
            parts += [line for cell in cells.values() for line in (cell["text"].strip(), "")]
    return "\n".join(parts).rstrip() + "\n"


def summary(found: Sections) -> list[str]:
    """A row for each goal that was measured."""
    rows = [*_training_rows(found.get("training", {})), *_inference_rows(found.get("inference", {}))]
    lines: list[str] = []
    if rows:
        lines += ["| what | batch | Netwright, samples/s | peer, samples/s | ratio | goal | |"]
        lines += ["| --- | ---: | --- | --- | ---: | ---: | --- |", *rows, ""]
    others = [*_first_rows(found.get("first", {})), *_peak_rows(found.get("peak", {}))]
    if others:
        lines += ["| what | reached | goal | |", "| --- | ---: | ---: | --- |", *others, ""]
    return lines


def _training_rows(cells: Mapping[str, Cell]) -> Iterator[str]:
    for name, batch, cell in by_workload(cells):
        rows = cell["rows"]
        ours, peer = best_ours(rows), best_peer(rows)
        if ours and peer:
            yield _compared(EVERY[name].title, batch, rows, ours, peer, EVERY[name].goal or 0.0)


def _inference_rows(cells: Mapping[str, Cell]) -> Iterator[str]:
    for name, batch, cell in by_workload(cells):
        for peer, goal in ((RUNTIME, 1.0), (TORCH, 2.0)):
            if peer in cell["rows"]:
                title = f"answers of {tables.network_title(name)}"
                yield _compared(title, batch, cell["rows"], OURS, peer, goal)


def _compared(title: str, batch: int, rows: Mapping[str, Any], ours: str, peer: str, goal: float) -> str:
    ratio = rows[peer]["median"] / rows[ours]["median"]
    form = ours.removeprefix(OURS).strip()
    mine = f"{batch / rows[ours]['median']:.0f}" + (f" ({form})" if form else "")
    theirs = f"{batch / rows[peer]['median']:.0f} ({peer})"
    return f"| {title} | {batch} | {mine} | {theirs} | {ratio:.2f} | ≥ {goal:g} | {_mark(ratio >= goal)} |"


def _first_rows(cells: Mapping[str, Cell]) -> Iterator[str]:
    for key, goal in (("warm", WARM), ("cold", COLD)):
        if cells:
            name, cell = max(cells.items(), key=lambda item: float(item[1][key]))
            what = f"first step of a new graph, {key}, seconds; the slowest: {EVERY[name].title}"
            yield f"| {what} | {cell[key]:.2f} | ≤ {goal:g} | {_mark(cell[key] <= goal)} |"


def _peak_rows(cells: Mapping[str, Cell]) -> Iterator[str]:
    for name, cell in _in_order(cells).items():
        theirs = tables.least_peak(cell["rows"])
        for strategy, goal in MEMORY_GOALS.items():
            row = cell["rows"].get(f"{OURS} {strategy}")
            if row and theirs:
                share = row["peak"] / theirs
                what = f"peak memory of {EVERY[name].title}, batch {cell['batch']}, {strategy}, of PyTorch's"
                yield f"| {what} | {share:.2f} | ≤ {goal:g} | {_mark(share <= goal)} |"


def _mark(reached: bool) -> str:
    return "✓" if reached else ""


def machines(cells: Mapping[str, Cell]) -> list[str]:
    """What the cells were taken on."""
    named = sorted({"; ".join([cell["machine"], ", ".join(cell.get("peers", []))]) for cell in cells.values()})
    return [*(f"- {line.rstrip('; ')}" for line in named), ""]


def by_workload(cells: Mapping[str, Cell]) -> Iterator[tuple[str, int, Cell]]:
    """(name, batch, cell) in the order of the workloads, then of the batch sizes."""
    for name in WORKLOADS:
        batches = sorted(int(key.split("/")[1]) for key in cells if key.split("/")[0] == name)
        for batch in batches:
            yield name, batch, cells[f"{name}/{batch}"]


def _in_order(cells: Mapping[str, Cell]) -> dict[str, Cell]:
    return {name: cells[name] for name in EVERY if name in cells}
