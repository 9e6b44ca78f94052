"""Answers beside PyTorch and ONNX Runtime: ``python -m benchmarks.inference [--workloads …] [--batch 1 64] [--write]``.

ONNX Runtime gets the network by Netwright's own export. The answers must agree before anything is timed.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .environment import enter
from .workloads import WORKLOADS, Array, Batch, Workload

TOLERANCE = 1e-4
"""Difference of probabilities."""

Predict = Callable[[Mapping[str, Array]], Array]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and with ``--write`` keep the figures and make docs/benchmarks.md anew."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.inference", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=list(WORKLOADS))
    parser.add_argument("--batch", nargs="+", type=int, default=[1, 64], help="samples in a call")
    parser.add_argument("--rounds", type=int, default=7, help="turns of every contender")
    parser.add_argument("--seconds", type=float, default=0.15, help="about how long one turn is")
    parser.add_argument("--threads", type=int, default=2, help="threads of each contender")
    parser.add_argument("--write", action="store_true", help="keep the figures for docs/benchmarks.md")
    chosen = parser.parse_args(arguments)
    from . import ours, results, tables
    from .peers import find_peers

    peers = find_peers(chosen.threads)
    ours.get_ready()
    for name in chosen.workloads:
        for batch in chosen.batch:
            makers = forms(peers.torch, chosen.threads)
            cell = measure_cell(WORKLOADS[name], batch, makers, chosen.rounds, chosen.seconds)
            cell["peers"] = [*peers.versions[:1], f"ONNX Runtime {_runtime_version()}"]
            print(tables.inference(name, batch, cell), flush=True)
            if chosen.write:
                results.write("inference", {f"{name}/{batch}": cell})


class Answering:
    """A predictor that takes turns like a trainer."""

    def __init__(self, predict: Predict) -> None:
        self.predict = predict

    def step(self, batch: Batch) -> None:
        self.predict(batch.inputs)


def measure_cell(
    workload: Workload, batch: int, makers: Mapping[str, Any], rounds: int, seconds: float
) -> dict[str, Any]:
    """One workload at one batch size: facts of the machine, and a row of figures for each contender."""
    from . import machine, ours, turns

    weights = ours.initial_weights(workload)
    data = workload.batches(10, batch)
    predictors, first, answers = {}, {}, {}
    for name, make in makers.items():
        begin = time.perf_counter()
        predictors[name] = make(workload, weights)
        answers[name] = np.array(predictors[name](data[0].inputs))
        first[name] = time.perf_counter() - begin
    difference = compare_answers(answers)
    times = turns.take_turns({n: Answering(p) for n, p in predictors.items()}, data, rounds, seconds)
    return {
        "machine": machine.describe(),
        "load": machine.load(),
        "rounds": rounds,
        "difference": difference,
        "rows": {n: {**t.figures, "first": first[n]} for n, t in times.items()},
    }


def compare_answers(answers: Mapping[str, Array]) -> float:
    """The largest difference from the first contender's answer; stops where one answers something else."""
    reference, wanted = next(iter(answers.items()))
    worst = 0.0
    for name, found in answers.items():
        difference = float(np.abs(found - wanted).max()) if found.shape == wanted.shape else np.inf
        if not difference <= TOLERANCE:
            raise SystemExit(f"{name} answers otherwise than {reference}: they differ by {difference}")
        worst = max(worst, difference)
    return worst


def forms(torch: Any, threads: int) -> dict[str, Any]:
    """Makers of predictors by name, as far as they are installed."""
    found: dict[str, Any] = {"Netwright": _ours}
    if torch is not None:
        from .peers.torch_form import TorchPredictor

        found["PyTorch eager"] = lambda workload, weights: TorchPredictor(torch, workload, weights)
    if _runtime_version():
        found["ONNX Runtime"] = lambda workload, weights: _runtime(workload, weights, threads)
    return found


def _ours(workload: Workload, weights: Sequence[Array]) -> Predict:
    from . import ours

    predictor = ours.load(workload, weights)
    return lambda inputs: predictor(**inputs)[0]


def _runtime(workload: Workload, weights: Sequence[Array], threads: int) -> Predict:
    import onnxruntime

    from . import ours

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    exported = ours.export(workload, weights).SerializeToString()
    session = onnxruntime.InferenceSession(exported, options, providers=["CPUExecutionProvider"])
    return lambda inputs: session.run(None, dict(inputs))[0]  # type: ignore[no-any-return]


def _runtime_version() -> str:
    try:
        import onnxruntime
    except ImportError:
        return ""
    return str(onnxruntime.__version__)


if __name__ == "__main__":
    enter("benchmarks.inference")
    main()
