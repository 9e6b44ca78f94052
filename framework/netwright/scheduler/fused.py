"""A group of elementwise calls as one operator: inner calls on the array module, or one kernel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..kernels.cpu.program import Program
from ..kernels.cuda.fused import FusedKernel
from ..kernels.groups import Call
from ..ops.arrays import deliver
from ..ops.operator import Operator, Port, TensorSpec


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
        if len(self.results) == 1 and isinstance(kernel, Program):
            self.inplace = tuple(i for i, spec in enumerate(self.specs) if spec.shape == kernel.shape)  # type: ignore[misc]

    @property
    def words(self) -> str:
        """The operators' names."""
        return "+".join(call.op.name for call in self.calls)

    def ports(self, p: Any) -> tuple[Port, ...]:
        return self._ports

    def output_names(self, p: Any) -> tuple[str, ...]:
        return tuple(f"output{i}" for i in range(len(self.results)))

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return len(self.calls) * int(outputs[0].size)

    def forward(self, xp: Any, p: Any, *inputs: Any, out: Any = None) -> Any:
        if hasattr(xp, "RawModule"):
            return self._on_device(xp, inputs, out)
        found = self._one_by_one(xp, inputs)
        targets = [None] * len(found) if out is None else [out] if len(found) == 1 else list(out)
        written = tuple(deliver(xp, value, target) for value, target in zip(found, targets, strict=True))
        return written if len(written) > 1 else written[0]

    def _one_by_one(self, xp: Any, inputs: Sequence[Any]) -> list[Any]:
        values = list(inputs)
        for call in self.calls:
            takes = (("train", call.train), ("rng", None))
            fixed = {name: value for name, value in takes if name in call.op.forward_takes}
            found = call.op.forward(xp, call.p, *(values[i] for i in call.operands), **fixed)
            values += found if isinstance(found, tuple) else [found]
        return [values[i] for i in self.results]

    def _on_device(self, xp: Any, inputs: Sequence[Any], out: Any) -> Any:
        from ..kernels.cuda.launch import launch

        if out is None:
            shape = self.kernel.shape
            outputs = tuple(xp.empty(shape, dtype) for dtype in self.kernel.dtypes)
        else:
            outputs = out if isinstance(out, tuple) else (out,)
        launch(xp, self.kernel, [xp.ascontiguousarray(a) for a in inputs], outputs)
        return outputs if len(outputs) > 1 else outputs[0]
