"""How a score moves with what goes in: a network's values and, by the way back, gradients by its inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..device import Device, cpu
from ..errors import GraphError
from ..ops.operator import Shape, TensorSpec
from ..scheduler import Compiled, Strategy
from ..scheduler.compiled import HEAD
from ..symbol.symbol import Symbol
from .runner import Runner, Weights
from .score import Score

Array = np.ndarray[Any, Any]
Feeds = Mapping[str, Array]
TOGETHER = 32
"""Samples that go back together: gradients keep what the way forward computed."""


class Sensitivity:
    """A score of a network with its gradients by fed variables, as it answers: dropout passes on, batch normalisation
    uses its moving averages. ``fed`` names what is fed, with the shape of one sample.
    """

    def __init__(self, score: Score, fed: Mapping[str, Shape], by: Sequence[str], device: Device | None = None) -> None:
        self.score, self.device = score, device or cpu()
        self.symbol = Symbol([score.entry])
        names = set(self.symbol.list_inputs())
        self.fed = {name: tuple(shape) for name, shape in fed.items() if name in names}
        self.by = [name for name in by if name in self.fed]
        if not self.by:
            raise GraphError("the score does not depend on the input", where=score.entry[0].name)
        self._runner = Runner(self.symbol, self.fed, self.device)
        self._plans: dict[int, Compiled] = {}

    def values(self, weights: Weights, feeds: Feeds) -> Array:
        """The score of each sample."""
        return self.score.value(self._runner(weights, *[feeds[name] for name in self.fed])[0])

    def gradients(self, weights: Weights, feeds: Feeds) -> dict[str, Array]:
        """∂score/∂input of each sample, by name; samples do not look at each other."""
        count = len(feeds[self.by[0]])
        size = min(TOGETHER, self._runner.batch_for(weights, count))
        parts = [
            self._back(weights, {name: feeds[name][i : i + size] for name in self.fed}) for i in range(0, count, size)
        ]
        return {name: np.concatenate([part[name] for part in parts]) for name in self.by}

    def _back(self, weights: Weights, feeds: Feeds) -> dict[str, Array]:
        batch = len(feeds[self.by[0]])
        compiled = self._compiled(weights, batch)
        xp, inputs = self.device.xp, compiled.plan.graph.inputs
        given = {}
        for name, spec in inputs.items():
            if name not in compiled.heads:
                array = feeds.get(name, weights.get(name))
                whole = xp.zeros(spec.shape, spec.dtype) if array is None else xp.asarray(array, dtype=spec.dtype)
                given[name] = xp.ascontiguousarray(whole)
        found = {name: value for name, value in compiled.gradients.items() if value is not None}
        program = compiled.acquire()
        try:
            program.forward(given)
            out = program.take(compiled.outputs)[0]
            seed = self.score.seed(out if isinstance(out, np.ndarray) else out.get())
            program.backward({compiled.heads[0]: xp.asarray(seed, dtype=inputs[compiled.heads[0]].dtype)})
            taken = dict(zip(found, program.take(list(found.values())), strict=True))
        finally:
            compiled.release(program)
        host = {name: a if isinstance(a, np.ndarray) else a.get() for name, a in taken.items()}
        return {name: host.get(name, np.zeros(feeds[name].shape, np.float32)) for name in self.by}

    def _compiled(self, weights: Weights, batch: int) -> Compiled:
        if batch not in self._plans:
            names = set(self.symbol.list_inputs())
            known = {n: TensorSpec((batch, *shape), np.dtype(np.float32)) for n, shape in self.fed.items()}
            known.update(
                {n: TensorSpec(tuple(a.shape), a.dtype) for n, a in weights.items() if n in names - known.keys()}
            )
            self._plans[batch] = Compiled(
                self.symbol, known, train=False, wrt=self.by, device=self.device, strategy=Strategy(native=False)
            )
            assert self._plans[batch].heads == [HEAD.format(0)]
        return self._plans[batch]
