"""Eager operators beside PyTorch's: ``python -m benchmarks.eager [--rounds 9] [--write]``.

Small arrays, so that what is measured is what lies round the arithmetic. Both take turns in one process; the best
turn counts. ``NumPy`` is what the bare NumPy calls of ours take: less is not to be had in Python.
"""

from __future__ import annotations

import argparse
import statistics
import timeit
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from . import eager_cases
from .environment import enter

GOAL = 0.7
"""Of PyTorch's time."""


class Row(NamedTuple):
    """Microseconds a call: ours, the bare NumPy call, PyTorch's, then ours and PyTorch's recorded."""

    title: str
    ours: float | None
    bare: float | None
    theirs: float | None
    our_recorded: float | None = None
    their_recorded: float | None = None


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and with ``--write`` keep the figures and make docs/benchmarks.md anew."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.eager", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=9, help="turns of each")
    parser.add_argument("--seconds", type=float, default=0.02, help="about how long one turn is")
    parser.add_argument("--only", default="", help="measure only titles with this in them")
    parser.add_argument("--threads", type=int, default=2, help="PyTorch's threads")
    parser.add_argument("--write", action="store_true", help="keep the figures for docs/benchmarks.md")
    chosen = parser.parse_args(arguments)
    from . import machine, results

    torch = find_torch(chosen.threads)
    found = list(rows(torch, chosen.rounds, chosen.seconds, chosen.only))
    text = table(found, "PyTorch" if torch is None else f"PyTorch {torch.__version__}")
    print(text)
    if chosen.write:
        results.write("eager", {"all": {"machine": machine.describe(), "text": f"{machine.describe()}.\n\n{text}"}})


def find_torch(threads: int) -> Any:
    """PyTorch, or None where it is not installed."""
    try:
        import torch
    except ImportError:
        print("PyTorch is not installed, so not beside (python -m benchmarks.environment)")
        return None
    torch.set_num_threads(threads)
    return torch


def rows(torch: Any, rounds: int, seconds: float, only: str) -> Iterator[Row]:
    """Operators alone and recorded, then whole chains and training steps, which record in any case."""
    numpy = eager_cases.numpy_calls()
    ours, theirs = eager_cases.our_calls(False), eager_cases.their_calls(torch, False)
    our_recorded, their_recorded = eager_cases.our_calls(True), eager_cases.their_calls(torch, True)
    for title, call in ours.items():
        if only not in title:
            continue
        forms = [call, numpy.get(title), theirs.get(title), our_recorded.get(title), their_recorded.get(title)]
        yield Row(title, *by_turns(forms, rounds, seconds))
    for title, call, their in eager_cases.steps(torch):
        if only not in title:
            continue
        found = by_turns([call, None, their], rounds, seconds)
        yield Row(title, None, None, None, found[0], found[2])


def by_turns(forms: Sequence[Any], rounds: int, seconds: float) -> list[float | None]:
    """Microseconds a call of each form (None where there is none), the best of the turns; the last two record."""
    from netwright import autograd

    def time(place: int, number: int) -> float:
        if place < 3:
            return timeit.timeit(forms[place], number=number)
        with autograd.record():
            return timeit.timeit(forms[place], number=number)

    present = [i for i, form in enumerate(forms) if form is not None]
    calls = {}
    for i in present:
        time(i, 1)
        calls[i] = max(3, int(seconds / max(time(i, 10) / 10, 1e-9)))
    times: list[list[float]] = [[] for _ in forms]
    for _ in range(rounds):
        for i in present:
            times[i].append(time(i, calls[i]) / calls[i] * 1e6)
    return [min(found) if found else None for found in times]


def table(found: Sequence[Row], peer: str) -> str:
    """Microseconds and ratios as Markdown."""
    lines = [
        f"Microseconds a call, on 32 float32 numbers where nothing else is said; the goal is {GOAL} of PyTorch's.",
        "",
        f"| | Netwright | NumPy | {peer} | ratio | recorded | {peer} | ratio | |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for row in found:
        plain, recorded = ratio(row.ours, row.theirs), ratio(row.our_recorded, row.their_recorded)
        values = (row.ours, row.bare, row.theirs, plain, row.our_recorded, row.their_recorded, recorded)
        shown = ["" if v is None else f"{v:.2f}" for v in values]
        known = [one for one in (plain, recorded) if one is not None]
        mark = "✓" if known and max(known) <= GOAL else ""
        lines.append(f"| {row.title} | {' | '.join(shown)} | {mark} |")
    ratios = [one for r in found for one in (ratio(r.ours, r.theirs), ratio(r.our_recorded, r.their_recorded)) if one]
    if ratios:
        reached = sum(one <= GOAL for one in ratios)
        lines += [
            "",
            f"{reached} of {len(ratios)} reach the goal; the median ratio is {statistics.median(ratios):.2f}.",
        ]
    return "\n".join(lines) + "\n"


def ratio(ours: float | None, theirs: float | None) -> float | None:
    """Ours to theirs, where both are known."""
    return None if ours is None or theirs is None else ours / theirs


if __name__ == "__main__":
    enter("benchmarks.eager")
    main()
