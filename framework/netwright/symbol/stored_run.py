"""Running a compiled graph that has sparse arrays: call by call, since their sizes show only as they are computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import random
from ..errors import NetwrightError
from ..ndarray.array import NDArray
from ..ndarray.invoke import invoke
from ..ndarray.stored import of_raw
from ..scheduler.compiled import Compiled
from ..scheduler.run import Run
from ..tape import mode

REASON = "with sparse arrays, run call by call"


class StoredRun(Run):
    """A run of a plan's steps in their order through eager calls; raw arrays of any storage come in and go out."""

    def __init__(self, compiled: Compiled, feeds: Mapping[str, Any]) -> None:
        self.compiled, self.feeds = compiled, dict(feeds)
        self._random = random.state_of(compiled.plan.device).state_dict() if compiled.random else None
        self._spent = False
        self._forward(self.feeds)
        self.outputs = [self._values[v]._data for v in compiled.outputs]

    def backward(self, heads: Mapping[str, Any]) -> dict[str, Any]:
        """Raw gradients by name (None: no dependence) for the given head gradients."""
        if self._spent:
            with self.rewound():
                self._forward(self.feeds_again())
        inputs = self.compiled.plan.graph.inputs
        self._values.update({inputs[name]: of_raw(raw) for name, raw in heads.items()})
        self._run(self.compiled.plan.boundary, len(self.compiled.plan.steps))
        self._spent = True
        wanted = self.compiled.gradients
        return {name: None if value is None else self._values[value]._data for name, value in wanted.items()}

    def drop(self) -> None:
        self._values.clear()

    release = drop

    def _forward(self, feeds: Mapping[str, Any]) -> None:
        inputs = self.compiled.plan.graph.inputs
        self._values: dict[Any, NDArray] = {inputs[name]: of_raw(raw) for name, raw in feeds.items()}
        self._run(0, self.compiled.plan.boundary)

    def _run(self, start: int, end: int) -> None:
        plan, values = self.compiled.plan, self._values
        before = mode.recording, mode.training, mode.tracer
        mode.recording, mode.tracer = False, None
        try:
            for i in range(start, end):
                node = plan.steps[i]
                mode.training = node.train
                inputs = tuple([values[v] for v in node.inputs])
                try:
                    found = invoke(node.op, node.p, inputs, device=plan.device, hidden=True)
                except NetwrightError as error:
                    raise error.at(f"{node.name} ({node.op.name})") from None
                values.update(zip(node.outputs, found, strict=True))
                for value in node.inputs:
                    if plan.tensors[value].last == i:
                        values.pop(value, None)
        finally:
            mode.recording, mode.training, mode.tracer = before
