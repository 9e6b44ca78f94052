"""Figures as text: a table for each cell, and the page with the summary on top."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .workloads import WORKLOADS

OURS = "Netwright"

Cell = Mapping[str, Any]


def training_cell(name: str, batch: int, cell: Cell) -> str:
    """One workload at one batch size, as a heading and a table."""
    rows = cell["rows"]
    best = best_peer(rows)
    lines = [
        f"### {WORKLOADS[name].title}, batch {batch}",
        "",
        "| | µs a step, median | least | samples/s | ratio to the best peer | first step, s |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for form, row in sorted(rows.items(), key=lambda item: float(item[1]["median"])):
        ratio = f"{rows[best]['median'] / row['median']:.2f}" if best else "–"
        lines.append(
            f"| {form} | {row['median'] * 1e6:.0f} | {row['least'] * 1e6:.0f} | {batch / row['median']:.0f} | {ratio} "
            f"| {row['first']:.2f} |"
        )
    lines += ["", f"Losses of ten steps differ by at most {cell['difference']:.1e}; {cell['load']}."]
    lines += [bound_sentence(cell)]
    lines += [f"{form} does not run it: {reason}" for form, reason in cell["failed"].items()]
    return "\n".join([*lines, ""])


def inference_cell(name: str, batch: int, cell: Cell) -> str:
    """One workload at one batch size, as a heading and a table."""
    rows = cell["rows"]
    lines = [
        f"### Answers of {WORKLOADS[name].title.rsplit(', ', 1)[0]}, batch {batch}",
        "",
        "| | µs a call, median | least | samples/s | first call, s |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for form, row in sorted(rows.items(), key=lambda item: float(item[1]["median"])):
        lines.append(
            f"| {form} | {row['median'] * 1e6:.0f} | {row['least'] * 1e6:.0f} | {batch / row['median']:.0f} "
            f"| {row['first']:.2f} |"
        )
    return "\n".join([*lines, "", f"Answers differ by at most {cell['difference']:.1e}; {cell['load']}.", ""])


def bound_sentence(cell: Cell) -> str:
    """What the step's matrix products would take alone on two cores, beside our fastest step."""
    ours = best_ours(cell["rows"])
    seconds = cell["product_flops"] / cell["product_rate"] / 2
    share = f", {seconds / cell['rows'][ours]['median']:.0%} of {ours}'s step" if ours else ""
    flops, rate = cell["product_flops"] / 1e6, cell["product_rate"] / 1e9
    return (
        f"Matrix products: {flops:.0f} MFLOP a step; at the {rate:.0f} GFLOP/s that a core's BLAS reaches they would "
        f"take {seconds * 1e6:.0f} µs on two{share}."
    )


def best_peer(rows: Mapping[str, Any]) -> str | None:
    """The fastest that is not ours."""
    return min((n for n in rows if not n.startswith(OURS)), key=lambda n: float(rows[n]["median"]), default=None)


def best_ours(rows: Mapping[str, Any]) -> str | None:
    """Our fastest."""
    return min((n for n in rows if n.startswith(OURS)), key=lambda n: float(rows[n]["median"]), default=None)


def summary(training: Mapping[str, Cell]) -> list[str]:
    """A row for each workload and batch size."""
    lines = [
        "| workload | batch | Netwright, samples/s | best peer, samples/s | ratio | goal |",
        "| --- | ---: | --- | --- | ---: | ---: |",
    ]
    for name, workload in WORKLOADS.items():
        for key, cell in sorted(training.items(), key=lambda item: int(item[0].split("/")[1])):
            if key.split("/")[0] != name:
                continue
            batch, rows = int(key.split("/")[1]), cell["rows"]
            ours, peer = best_ours(rows), best_peer(rows)
            if ours is None or peer is None:
                continue
            ratio = rows[peer]["median"] / rows[ours]["median"]
            lines.append(
                f"| {workload.title} | {batch} | {batch / rows[ours]['median']:.0f} ({ours.removeprefix(OURS + ' ')}) "
                f"| {batch / rows[peer]['median']:.0f} ({peer}) | {ratio:.2f} | ≥ {workload.goal} |"
            )
    return lines


def page(found: Mapping[str, Mapping[str, Cell]]) -> str:
    """docs/benchmarks.md."""
    training = found.get("training", {})
    parts = [
        "# Benchmarks",
        "",
        "Netwright beside other frameworks on one machine, measured in turns: ratios hold, absolute times depend on "
        "the machine and on what else it did. A ratio above 1 is faster than the best peer.",
        "",
        *summary(training),
        "",
    ]
    if training:
        parts += ["## Training", "", *machines(training)]
        parts += [training_cell(*_split(key), cell) for key, cell in training.items() if _split(key)[0] in WORKLOADS]
    return "\n".join(parts).rstrip() + "\n"


def machines(cells: Mapping[str, Cell]) -> list[str]:
    """What the cells were taken on: one line where they agree but for the load."""
    named = sorted({f"{cell['machine']}; {', '.join(cell.get('peers', []))}" for cell in cells.values()})
    return [*(f"Taken on {line}." for line in named), ""]


def _split(key: str) -> tuple[str, int]:
    name, batch = key.split("/")
    return name, int(batch)
