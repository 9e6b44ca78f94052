"""One step of a plan as a call of its operator's forward, on arrays in numbered slots."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import NetwrightError
from ..random import state_of
from .ir import Node
from .memory import ALIGNMENT
from .plan import Plan


def aligned(xp: Any, nbytes: int) -> Any:
    """Zeroed bytes that begin at a multiple of ALIGNMENT."""
    memory = xp.zeros(nbytes + ALIGNMENT, dtype=np.uint8)
    address = memory.ctypes.data if isinstance(memory, np.ndarray) else memory.data.ptr
    start = -address % ALIGNMENT
    return memory[start : start + nbytes]


def address_of(array: np.ndarray[Any, Any]) -> int:
    """Where a contiguous array's memory begins; four times faster than by way of ``array.ctypes``."""
    if array.nbytes and array.flags.writeable:
        return ctypes.addressof(ctypes.c_char.from_buffer(array))  # type: ignore[arg-type]
    return int(array.__array_interface__["data"][0])


def view_call(slots: list[Any], node: Node, xp: Any) -> Callable[[], None]:
    """Makes the view anew at every run, for memory that does not stay."""
    forward, p = node.op.forward, node.p
    source, target = node.inputs[0].number, node.outputs[0].number

    def call() -> None:
        slots[target] = forward(xp, p, slots[source])

    return call


def make_call(node: Node, plan: Plan, slots: list[Any], targets: tuple[Any, ...] | None) -> Callable[[], None]:
    """The call that computes a step from its inputs' slots.

    Results are written to ``targets`` where they are given (by the operator itself if it can), else put into the slots
    of the outputs. New values of states are written over the old ones.
    """
    op, p, xp = node.op, node.p, plan.device.xp
    forward = _own_forward(node, plan.notes) if plan.device.is_gpu else op.forward
    ins = tuple(v.number for v in node.inputs)
    outs = tuple(v.number for v in node.outputs)
    fixed: dict[str, Any] = {"train": node.train} if "train" in op.forward_takes else {}
    writes = targets is not None and "out" in op.forward_takes
    if writes:
        assert targets is not None
        fixed["out"] = targets[0] if len(targets) == 1 else targets
    random = state_of(plan.device) if "rng" in op.forward_takes else None
    states = tuple(ins[i] for i in op.state_ports(p))
    count = len(outs)
    check = _checker(node, xp) if plan.strategy.check_finite else None

    def call() -> None:
        arguments = [slots[i] for i in ins]
        if random is not None:
            fixed["rng"] = random.generator
        try:
            result = forward(xp, p, *arguments, **fixed)
        except NetwrightError as error:
            raise error.at(f"{node.name} ({op.name})") from None
        if writes and not states:
            if check is not None:
                check(result)
            return
        results = result if isinstance(result, tuple) else (result,)
        if check is not None:
            check(results)
        if len(results) > count:
            for slot, new in zip(states, results[count:], strict=True):
                xp.copyto(slots[slot], new)
        if writes:
            return
        if targets is None:
            for i, o in enumerate(outs):
                slots[o] = results[i]
        else:
            for target, found in zip(targets, results, strict=False):
                xp.copyto(target, found)

    return call


def _own_forward(node: Node, notes: list[str]) -> Callable[..., Any]:
    """A kernel of ours for the step, or cuDNN's, where there is one; ``notes`` say where that might be and is not."""
    from ..kernels.cuda import cudnn_attention, cudnn_convolution
    from ..kernels.cuda.rows import own_forward

    def tell(words: str) -> None:
        if words not in notes:
            notes.append(words)

    name, p, specs = node.op.name, node.p, [v.spec for v in node.inputs]
    return (
        own_forward(name, p, specs, node.train)
        or cudnn_convolution.forward_of(name, p, specs, node.outputs[0].spec, tell)
        or cudnn_attention.forward_of(name, p, specs, tell)
        or node.op.forward
    )


def _checker(node: Node, xp: Any) -> Callable[[Any], None]:
    """Raises at the first result that is not finite, naming the node."""

    def check(results: Any) -> None:
        for value, array in zip(node.outputs, results if isinstance(results, tuple) else (results,), strict=False):
            if array is not None and array.dtype.kind == "f" and not bool(xp.isfinite(array).all()):
                raise NetwrightError(
                    "the result holds NaN or infinity",
                    where=f"{node.name} ({node.op.name})",
                    got=f"{value.name} of shape {value.shape}",
                    remedy="Lower the learning rate, or look at this step's inputs",
                )

    return check
