"""How long each step of a graph's plan really takes: some runs on made-up data."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from pydantic import BaseModel, Field

from ..errors import ParamError
from ..scheduler import Compiled
from ..scheduler.ir import Value
from ..scheduler.program import Program

MOST_RUNS = 50


class Measured(BaseModel):
    """Seconds of each step, the least of some runs: what other programs on the machine took away is left out."""

    seconds: list[float]
    whole: float = Field(description="a run whose steps were not timed one by one")
    runs: int
    native: bool = Field(description="compiled kernels ran; without them every step is a call of its operator")
    device: str


def measure_steps(compiled: Compiled, *, limit: float = 2.0, runs: int = MOST_RUNS, seed: int = 0) -> Measured:
    """Run a compiled plan on random data until the limit (seconds) or the number of runs is reached.

    Data and weights are small random numbers, labels and other whole numbers 0, states 1.

    >>> from netwright import graph, templates
    >>> from netwright.graph.measuring import measure_steps
    >>> compiled = graph.compile_graph(templates.get("mlp-digits").graph, batch_size=4)
    >>> found = measure_steps(compiled, runs=2)
    >>> len(found.seconds) == len(compiled.plan.steps), found.runs
    (True, 2)
    """
    if limit <= 0 or runs < 1:
        raise ParamError(
            "nothing would be measured", wanted="a limit above 0 and at least 1 run", got=f"{limit}, {runs}"
        )
    rng = np.random.Generator(np.random.Philox(seed))
    xp, plan = compiled.plan.device.xp, compiled.plan
    states, labels = set(compiled.state_names), _labels(compiled)
    everything = {
        name: xp.asarray(_fill(rng, name, value, states, labels)) for name, value in plan.graph.inputs.items()
    }
    heads = {name: everything[name] for name in compiled.heads}
    feeds = {name: array for name, array in everything.items() if name not in heads}
    program = compiled.acquire()
    try:
        program.step(feeds, heads)  # the first run fills caches
        least: np.ndarray[Any, Any] | None = None
        whole, done, end = float("inf"), 0, time.perf_counter() + limit
        while done < runs and (done == 0 or time.perf_counter() < end):
            before = time.perf_counter()
            program.step(feeds, heads)
            if plan.device.is_gpu:
                xp.cuda.get_current_stream().synchronize()
            whole = min(whole, time.perf_counter() - before)
            taken = np.array(program.profile(everything))
            least = taken if least is None else np.minimum(least, taken)
            done += 1
    finally:
        compiled.release(program)
    assert least is not None
    native = not isinstance(program, Program)
    return Measured(seconds=least.tolist(), whole=whole, runs=done, native=native, device=str(plan.device))


def _labels(compiled: Compiled) -> set[str]:
    """Inputs that are read as labels."""
    return {
        value.name
        for node in compiled.plan.steps
        for port, value in zip(node.op.ports(node.p), node.inputs, strict=False)
        if port.kind == "label" and value.node is None
    }


def _fill(
    rng: np.random.Generator, name: str, value: Value, states: set[str], labels: set[str]
) -> np.ndarray[Any, Any]:
    shape, dtype = value.spec
    if name in states:
        return np.ones(shape, dtype)
    if name in labels or np.dtype(dtype).kind != "f":
        return np.zeros(shape, dtype)
    return rng.uniform(0.0, 0.1, shape).astype(dtype)
