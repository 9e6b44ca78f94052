"""Eager operators beside PyTorch's: ``python -m benchmarks.eager [--rounds 9] [--write]``.

Small arrays, so that what is measured is what lies round the arithmetic. Both take turns in one process; medians of
microseconds a call. ``NumPy`` is what the bare NumPy calls of ours take: less is not to be had in Python.
"""

from __future__ import annotations

import argparse
import statistics
import timeit
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from .environment import enter

GOAL = 0.7
"""Of PyTorch's time."""


class Case(NamedTuple):
    """One thing to do, in each one's words."""

    title: str
    ours: Callable[[], Any]
    bare: Callable[[], Any] | None
    theirs: Callable[[], Any] | None


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and with ``--write`` keep the figures and make docs/benchmarks.md anew."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.eager", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=9, help="turns of each")
    parser.add_argument("--seconds", type=float, default=0.02, help="about how long one turn is")
    parser.add_argument("--threads", type=int, default=2, help="PyTorch's threads")
    parser.add_argument("--write", action="store_true", help="keep the figures for docs/benchmarks.md")
    chosen = parser.parse_args(arguments)
    from . import machine, results

    torch = find_torch(chosen.threads)
    rows = [measure(case, chosen.rounds, chosen.seconds) for case in cases(torch)]
    text = table(rows, "PyTorch" if torch is None else f"PyTorch {torch.__version__}")
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


def cases(torch: Any) -> Iterator[Case]:
    """What is measured: operators alone, recorded, chains with their way back, a training step."""
    from netwright import nd

    raw, matrix, square = np.linspace(0.5, 2, 32, dtype=np.float32), (4, 8), np.eye(8, dtype=np.float32) + 1
    zero, two = np.zeros((), np.float32), np.full((), 2, np.float32)
    x, y, m, s = nd.array(raw), nd.array(raw), nd.array(raw.reshape(matrix)), nd.array(square)
    if torch is not None:
        tx, ty, tm, ts = (torch.from_numpy(a._data.copy()) for a in (x, y, m, s))

    def case(title: str, ours: Any, bare: Any, theirs: Any) -> Case:
        return Case(title, ours, bare, theirs if torch is not None else None)

    yield case("x + y", lambda: x + y, lambda: np.add(raw, raw), lambda: tx + ty)
    yield case("x * y", lambda: x * y, lambda: np.multiply(raw, raw), lambda: tx * ty)
    yield case("x * 2.0", lambda: x * 2.0, lambda: np.multiply(raw, two), lambda: tx * 2.0)
    yield case("relu", lambda: nd.relu(x), lambda: np.maximum(raw, zero), lambda: torch.relu(tx))
    yield case("exp", lambda: nd.exp(x), lambda: np.exp(raw), lambda: torch.exp(tx))
    yield case("tanh", lambda: nd.tanh(x), lambda: np.tanh(raw), lambda: torch.tanh(tx))
    yield case("matrix product 8×8", lambda: nd.dot(s, s), lambda: square.dot(square), lambda: ts @ ts)
    yield case("sum", lambda: nd.sum(x), lambda: np.add.reduce(raw, 0), lambda: torch.sum(tx))
    flat = m._data
    yield case("sum of rows", lambda: nd.sum(m, axis=1), lambda: np.add.reduce(flat, 1), lambda: torch.sum(tm, 1))
    yield case("reshape", lambda: x.reshape(matrix), lambda: raw.reshape(matrix), lambda: tx.reshape(matrix))
    yield case("slice", lambda: x[3:9], lambda: raw[3:9], lambda: tx[3:9])
    yield case("softmax of rows", lambda: nd.softmax(m), None, lambda: torch.softmax(tm, -1))
    yield from recorded(torch, raw)
    yield from steps(torch)


def recorded(torch: Any, raw: Any) -> Iterator[Case]:
    """Operators on a variable, and the way back."""
    from netwright import autograd, nd

    v, y = nd.array(raw), nd.array(raw)
    v.attach_grad()
    tv = ty = one = None
    if torch is not None:
        tv, ty, one = torch.from_numpy(raw.copy()).requires_grad_(), torch.from_numpy(raw.copy()), torch.ones(len(raw))

    def case(title: str, ours: Any, bare: Any, theirs: Any) -> Case:
        def within(calls: int) -> float:
            with autograd.record():
                return timeit.timeit(ours, number=calls)

        ours.within = within
        return Case(title, ours, bare, theirs if torch is not None else None)

    yield case("x + y, recorded", lambda: v + y, lambda: np.add(raw, raw), lambda: tv + ty)
    yield case("x * y, recorded", lambda: v * y, lambda: np.multiply(raw, raw), lambda: tv * ty)
    yield case("relu, recorded", lambda: nd.relu(v), None, lambda: torch.relu(tv))
    yield case("exp, recorded", lambda: nd.exp(v), lambda: np.exp(raw), lambda: torch.exp(tv))
    yield case("sum, recorded", lambda: nd.sum(v), lambda: np.add.reduce(raw, 0), lambda: torch.sum(tv))
    yield case("slice, recorded", lambda: v[3:9], lambda: raw[3:9].copy(), lambda: tv[3:9])

    def chain() -> None:
        with autograd.record():
            z = v
            for _ in range(10):
                z = z * y
        z.backward()

    def their_chain() -> None:
        assert tv is not None
        z = tv
        for _ in range(10):
            z = z * ty
        z.backward(one)

    yield Case("ten products and back", chain, None, their_chain if torch is not None else None)


def steps(torch: Any) -> Iterator[Case]:
    """Whole training steps of small networks: forward, backward and update."""
    for optimizer in ("sgd", "adam"):
        theirs = None if torch is None else their_step(torch, optimizer)
        yield Case(f"MLP 784-128-64-10, batch 32, {optimizer}", our_step(optimizer), None, theirs)


def our_step(optimizer: str) -> Callable[[], None]:
    """A Gluon network that is not hybridized, under a Trainer."""
    from netwright import autograd, gluon, nd

    net = gluon.nn.Sequential()
    net.add(gluon.nn.Dense(128, activation="relu"), gluon.nn.Dense(64, activation="relu"), gluon.nn.Dense(10))
    net.initialize()
    loss_of = gluon.loss.SoftmaxCrossEntropyLoss()
    trainer = gluon.Trainer(net.collect_params(), optimizer, {"learning_rate": 0.001})
    rng = np.random.default_rng(0)
    x, y = nd.array(rng.random((32, 784), np.float32)), nd.array(rng.integers(0, 10, 32))

    def step() -> None:
        with autograd.record():
            loss = loss_of(net(x), y)
        loss.backward()
        trainer.step(32)

    return step


def their_step(torch: Any, optimizer: str) -> Callable[[], None]:
    """The same network in PyTorch."""
    nn = torch.nn
    net = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
    loss_of = nn.CrossEntropyLoss()
    update = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[optimizer](net.parameters(), lr=0.001)
    x, y = torch.rand(32, 784), torch.randint(0, 10, (32,))

    def step() -> None:
        update.zero_grad()
        loss_of(net(x), y).backward()
        update.step()

    return step


def measure(case: Case, rounds: int, seconds: float) -> tuple[str, float, float | None, float | None]:
    """(title, microseconds of ours, of the bare NumPy call, of PyTorch), by turns."""
    forms = [case.ours, case.bare, case.theirs]
    calls = [0 if form is None else _calls(form, seconds) for form in forms]
    times: list[list[float]] = [[], [], []]
    for _ in range(rounds):
        for form, number, found in zip(forms, calls, times, strict=True):
            if form is not None:
                found.append(_time(form, number) / number * 1e6)
    ours, bare, theirs = (statistics.median(found) if found else None for found in times)
    assert ours is not None
    return case.title, ours, bare, theirs


def _time(form: Any, number: int) -> float:
    within = getattr(form, "within", None)
    return timeit.timeit(form, number=number) if within is None else float(within(number))


def _calls(form: Any, seconds: float) -> int:
    form()
    return max(3, int(seconds / max(_time(form, 10) / 10, 1e-9)))


def table(rows: Sequence[tuple[str, float, float | None, float | None]], peer: str) -> str:
    """Microseconds and ratios as Markdown."""
    lines = [
        f"Microseconds a call, on 32 float32 numbers where nothing else is said; the goal is {GOAL} of PyTorch's.",
        "",
        f"| | Netwright | NumPy | {peer} | ratio | |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for title, ours, bare, theirs in rows:
        ratio = None if theirs is None else ours / theirs
        shown = ["" if v is None else f"{v:.2f}" for v in (ours, bare, theirs, ratio)]
        lines.append(f"| {title} | {' | '.join(shown)} | {'✓' if ratio is not None and ratio <= GOAL else ''} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    enter("benchmarks.eager")
    main()
