"""The input pipeline alone, and beside the step it feeds: ``python -m benchmarks.input [--samples 20000] [--write]``.

For each workload: samples a second that are gathered and shuffled (from float32), gathered, shuffled and standardised
(from bytes, as images lie in files), and read by a DataLoader; how many the training step takes; and the share of a
training in which steps waited for their data, as ``fit`` measures it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from .environment import enter
from .workloads import WORKLOADS, Workload


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and with ``--write`` keep the figures and make docs/benchmarks.md anew."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.input", description=(__doc__ or "").split("\n")[0])
    fed = [name for name, w in WORKLOADS.items() if len(w.inputs) == 1 and w.net not in ("lstm", "transformer")]
    parser.add_argument("--workloads", nargs="+", choices=fed, default=fed)
    parser.add_argument("--batch", type=int, default=32, help="samples in a step")
    parser.add_argument("--samples", type=int, default=20000, help="samples of the made-up data set")
    parser.add_argument("--steps", type=int, default=60, help="training steps to time")
    parser.add_argument("--write", action="store_true", help="keep the figures for docs/benchmarks.md")
    chosen = parser.parse_args(arguments)
    from . import machine, results

    rows = [measure(WORKLOADS[name], chosen.batch, chosen.samples, chosen.steps) for name in chosen.workloads]
    text = table(rows, chosen.batch)
    print(text)
    if chosen.write:
        results.write("input", {"all": {"machine": machine.describe(), "text": f"{machine.describe()}.\n\n{text}"}})


def measure(workload: Workload, batch: int, count: int, steps: int) -> dict[str, Any]:
    """Rates in samples a second, and the share of waiting."""
    from netwright.datasets.preprocessing import Preprocessing
    from netwright.gluon.data import ArrayDataset, DataLoader

    from .ours import Planned, default_strategies, initial_weights

    (shape,) = workload.inputs.values()
    rng = np.random.default_rng(0)
    raw = rng.integers(0, 256, (count, *shape), dtype=np.uint8)
    label = rng.integers(0, workload.classes, count).astype(np.float32)
    scaling = Preprocessing.scaling(255.0)
    ready = scaling.apply(raw)
    loader = DataLoader(ArrayDataset(ready, label), batch, shuffle=True)
    contender = Planned(workload, initial_weights(workload), default_strategies()[0])
    found = {
        "title": workload.title,
        "floats": rate(lambda: epoch(ready, label, batch, None)),
        "bytes": rate(lambda: epoch(raw, label, batch, scaling)),
        "loader": rate(lambda: ((x, y) for x, y in loader)),
    }
    found["step"], found["share"] = train(contender.task, raw, label, batch, scaling, steps)
    return found


def epoch(x: Any, y: Any, batch: int, preprocessing: Any) -> Iterator[Any]:
    """The shuffled batches of one epoch, as ``fit`` takes them."""
    from netwright.train.data import Shuffled
    from netwright.train.feeding import Samples

    return Shuffled(Samples(x, y, preprocessing=preprocessing), batch, seed=1).rest_of_epoch()


def rate(batches: Callable[[], Iterable[Any]]) -> float:
    """Samples a second where nothing else is done; the best of three passes."""
    best = 0.0
    for _ in range(3):
        samples, began = 0, time.perf_counter()
        for x, _ in batches():
            samples += len(x)
        best = max(best, samples / (time.perf_counter() - began))
    return best


def train(task: Any, x: Any, y: Any, batch: int, preprocessing: Any, steps: int) -> tuple[float, float]:
    """(samples a second of training steps, share of the time in which they waited), after some to warm up."""
    from netwright.train.data import Shuffled
    from netwright.train.feeding import Samples

    feed = Shuffled(Samples(x, y, preprocessing=preprocessing), batch, seed=1)
    began = waited = 0.0
    done = 0
    for number, (part, label) in enumerate(feed.rest_of_epoch()):
        if number == 10:
            began, waited, done = time.perf_counter(), feed.feed.waited, 0
        task.step(part, label)
        done += len(part)
        if number == 10 + steps:
            break
    seconds = time.perf_counter() - began
    return done / seconds, (feed.feed.waited - waited) / seconds


def table(rows: Sequence[dict[str, Any]], batch: int) -> str:
    """Rates as Markdown."""
    lines = [
        f"Thousands of samples a second, batches of {batch}.",
        "",
        "| | from float32 | from bytes, standardised | DataLoader | training step | of the step, waiting |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        rates = " | ".join(f"{row[name] / 1000:.1f}" for name in ("floats", "bytes", "loader", "step"))
        lines.append(f"| {row['title']} | {rates} | {row['share'] * 100:.1f} % |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    enter("benchmarks.input")
    main()
