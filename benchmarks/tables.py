"""Figures of one cell as text: a heading and a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .workloads import EVERY

OURS = "Netwright"
MEGABYTE = 1024 * 1024

Cell = Mapping[str, Any]
Rows = Mapping[str, Any]


def best_peer(rows: Rows) -> str | None:
    """The fastest that is not ours."""
    return min((n for n in rows if not n.startswith(OURS)), key=lambda n: float(rows[n]["median"]), default=None)


def best_ours(rows: Rows) -> str | None:
    """Our fastest."""
    return min((n for n in rows if n.startswith(OURS)), key=lambda n: float(rows[n]["median"]), default=None)


def least_peak(rows: Rows) -> float | None:
    """The least that a form of PyTorch takes."""
    return min((float(row["peak"]) for form, row in rows.items() if not form.startswith(OURS)), default=None)


def network_title(name: str) -> str:
    """A workload's title without its optimizer."""
    return EVERY[name].title.rsplit(", ", 1)[0]


def training(name: str, batch: int, cell: Cell) -> str:
    """Training steps of one workload at one batch size."""
    rows = cell["rows"]
    best = best_peer(rows)
    lines = [
        f"### {EVERY[name].title}, batch {batch}",
        "",
        "| | µs a step, median | least | of all cores | samples/s | ratio to the best peer | first step, s |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for form, row in sorted(rows.items(), key=lambda item: float(item[1]["median"])):
        ratio = f"{rows[best]['median'] / row['median']:.2f}" if best else "–"
        lines.append(f"| {form} | {_microseconds(row)} | {batch / row['median']:.0f} | {ratio} | {row['first']:.2f} |")
    lines += ["", f"Losses of ten steps differ by at most {cell['difference']:.1e}; {cell['load']}.", bound(cell)]
    lines += [f"{form}: {' · '.join(remarks)}." for form, remarks in cell["notes"].items()]
    lines += [f"{form} does not run it: {reason}" for form, reason in cell["failed"].items()]
    return "\n".join([*lines, ""])


def _microseconds(row: Mapping[str, Any]) -> str:
    return " | ".join(f"{row[key] * 1e6:.0f}" for key in ("median", "least", "cores"))


def bound(cell: Cell) -> str:
    """What the step's matrix products would take alone on two cores, beside our fastest step."""
    ours = best_ours(cell["rows"])
    seconds = cell["product_flops"] / cell["product_rate"] / 2
    share = f", {seconds / cell['rows'][ours]['median']:.0%} of {ours}'s step" if ours else ""
    flops, rate = cell["product_flops"] / 1e6, cell["product_rate"] / 1e9
    return (
        f"Matrix products: {flops:.0f} MFLOP a step; at the {rate:.0f} GFLOP/s that a core's BLAS reaches they would "
        f"take {seconds * 1e6:.0f} µs on two{share}."
    )


def inference(name: str, batch: int, cell: Cell) -> str:
    """Answers of one workload at one batch size."""
    lines = [
        f"### Answers of {network_title(name)}, batch {batch}",
        "",
        "| | µs a call, median | least | of all cores | samples/s | first call, s |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for form, row in sorted(cell["rows"].items(), key=lambda item: float(item[1]["median"])):
        lines.append(f"| {form} | {_microseconds(row)} | {batch / row['median']:.0f} | {row['first']:.2f} |")
    return "\n".join([*lines, "", f"Answers differ by at most {cell['difference']:.1e}; {cell['load']}.", ""])


def peak(name: str, cell: Cell) -> str:
    """What each contender takes at most, beside PyTorch."""
    rows = cell["rows"]
    theirs = least_peak(rows)
    lines = [
        f"### Peak memory of {EVERY[name].title}, batch {cell['batch']}",
        "",
        "| | peak, MiB | of PyTorch's | planned, MiB | weights and inputs, MiB |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for form, row in rows.items():
        share = f"{row['peak'] / theirs:.2f}" if theirs else "–"
        planned = [f"{row[key] / MEGABYTE:.1f}" if key in row else "–" for key in ("plan", "inputs")]
        lines.append(f"| {form} | {row['peak'] / MEGABYTE:.1f} | {share} | {' | '.join(planned)} |")
    return "\n".join([*lines, ""])


def first_steps(cells: Mapping[str, Cell]) -> str:
    """Seconds to the first step of a new graph."""
    lines = ["| workload | batch | strategy | warm, s | cold, s |", "| --- | ---: | --- | ---: | ---: |"]
    for name, cell in cells.items():
        form = cell["form"].removeprefix(OURS + " ")
        lines.append(f"| {EVERY[name].title} | {cell['batch']} | {form} | {cell['warm']:.2f} | {cell['cold']:.2f} |")
    return "\n".join([*lines, ""])
