"""A group of elementwise calls as one operator: inner calls on the array module, or one kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..kernels.cpu.program import Program
from ..kernels.cuda.fused import FusedKernel
from ..kernels.groups import Call
from ..ops.arrays import deliver
from ..ops.operator import Operator, Port, TensorSpec
from ..ops.params import OpParams


class Fused(Operator):
    """Several elementwise operators one after the other; a kernel puts nothing that lies between them into memory.

    An object of this class is made for each group and is in no registry. Operands of the calls count the group's inputs
    first, then the results of the calls before them; ``results`` says which of them leave the group.
    """

    name = "fused"
    forward_takes = frozenset({"out"})

    def __init__(
        self,
        calls: Sequence[Call],
        ports: Sequence[Port],
        inputs: Sequence[TensorSpec],
        results: Sequence[int],
        kernel: FusedKernel | Program,
    ) -> None:
        super().__init__()
        self.calls, self.specs, self.results, self.kernel = tuple(calls), tuple(inputs), tuple(results), kernel
        self._ports = tuple(ports)
        self._spent: list[list[int]] = []
        self._over: list[int | None] = []
        self._own_bytes = 0
        self.inplace = _may_lie_under(kernel, inputs, self.results)
        self._plan_memory()

    @property
    def label(self) -> str:
        return f"fused({', '.join(short_name(call.op.name) for call in self.calls)})"

    def ports(self, p: Any) -> tuple[Port, ...]:
        return self._ports

    def output_names(self, p: Any) -> tuple[str, ...]:
        return tuple(f"output{i}" for i in range(len(self.results)))

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return len(self.calls) * int(outputs[0].size)

    def workspace(self, p: Any, inputs: Any, outputs: Any) -> int:
        return self._own_bytes if isinstance(self.kernel, Program) else 0

    def forward(self, xp: Any, p: Any, *inputs: Any, out: Any = None) -> Any:
        if hasattr(xp, "RawModule"):
            return self._on_device(xp, inputs, out)
        found = self._one_by_one(xp, inputs)
        targets = [None] * len(found) if out is None else [out] if len(found) == 1 else list(out)
        written = tuple(deliver(xp, value, target) for value, target in zip(found, targets, strict=True))
        return written if len(written) > 1 else written[0]

    def each(
        self, inputs: Sequence[Any], call: Callable[[Operator, OpParams, tuple[Any, ...]], Sequence[Any]]
    ) -> list[Any]:
        """The group's results by calls of its operators."""
        values = list(inputs)
        for one in self.calls:
            values += call(one.op, one.p, tuple(values[k] for k in one.operands))
        return [values[k] for k in self.results]

    def _one_by_one(self, xp: Any, inputs: Sequence[Any]) -> list[Any]:
        values = list(inputs)
        for call, over, spent in zip(self.calls, self._over, self._spent, strict=True):
            takes = (("train", call.train), ("rng", None))
            fixed = {name: value for name, value in takes if name in call.op.forward_takes}
            if over is not None:
                fixed["out"] = values[over]
            found = call.op.forward(xp, call.p, *(values[k] for k in call.operands), **fixed)
            values += found if isinstance(found, tuple) else [found]
            for k in spent:
                values[k] = None
        return [values[k] for k in self.results]

    def _plan_memory(self) -> None:
        """Which results nobody reads after each call, and over which of them its own can be written."""
        specs, first, live = list(self.specs), len(self.specs), 0
        last = {k: i for i, call in enumerate(self.calls) for k in call.operands}
        last.update(dict.fromkeys(self.results, len(self.calls)))
        for i, call in enumerate(self.calls):
            made = call.op.infer(call.p, tuple(specs[k] for k in call.operands))
            spent = [k for k in dict.fromkeys(call.operands) if k >= first and last[k] == i]
            candidates = [call.operands[j] for j in call.op.inplace] if "out" in call.op.forward_takes else []
            fitting = [k for k in candidates if k in spent and call.operands.count(k) == 1 and specs[k] == made[0]]
            over = fitting[0] if fitting and len(made) == 1 else None
            self._spent.append(spent)
            self._over.append(over)
            specs += made
            live += sum(spec.nbytes for spec in made) if over is None else 0
            at_work = call.op.workspace(call.p, [specs[k] for k in call.operands], made)
            self._own_bytes = max(self._own_bytes, live + at_work)
            live -= sum(specs[k].nbytes for k in spent if k != over)

    def _on_device(self, xp: Any, inputs: Sequence[Any], out: Any) -> Any:
        from ..kernels.cuda.launch import launch

        assert isinstance(self.kernel, FusedKernel)
        if out is None:
            shape = self.kernel.shape
            outputs = tuple(xp.empty(shape, dtype) for dtype in self.kernel.dtypes)
        else:
            outputs = out if isinstance(out, tuple) else (out,)
        launch(xp, self.kernel, [xp.ascontiguousarray(a) for a in inputs], outputs)
        return outputs if len(outputs) > 1 else outputs[0]


def _may_lie_under(
    kernel: FusedKernel | Program, inputs: Sequence[TensorSpec], results: Sequence[int]
) -> tuple[int, ...]:
    """The inputs over which the only result may be written: each of their elements is read before, and at one place."""
    if not isinstance(kernel, Program) or len(results) > 1:
        return ()
    seen = [leaf.input for leaf in kernel.leaves]
    whole = {leaf.input for leaf in kernel.leaves if leaf.shape == kernel.shape}
    return tuple(i for i, spec in enumerate(inputs) if i in whole and seen.count(i) == 1 and spec.shape == kernel.shape)


def short_name(name: str) -> str:
    """An operator's name without what says only how its inputs must be."""
    return name.removeprefix("_").removeprefix("broadcast_").removeprefix("elemwise_")
