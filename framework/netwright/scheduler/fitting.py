"""Whether a plan fits into memory, found before anything is allocated, and what would fit where it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..device import Device
from ..errors import MemoryLimitError, NetwrightError
from ..memory import available_memory, human_bytes
from ..ops.operator import TensorSpec
from ..symbol.symbol import Symbol
from .plan import Plan
from .strategy import Strategy

SMALL = 32 << 20
"""Bytes that are not worth asking the machine for."""

GUESSES = 4
"""Batch sizes that are planned to find one that fits."""

Replan = Callable[[Strategy, Mapping[str, TensorSpec]], Plan]
"""Another plan of the same graph."""


def has_room(needed: int, plan: Plan) -> bool:
    """Whether so many bytes are within the plan's budget and free on its device."""
    budget = plan.strategy.memory_budget
    return (budget is None and needed <= SMALL) or needed <= room(plan.device, budget)[0]


def require_room(needed: int, plan: Plan, known: Mapping[str, TensorSpec], fed: Iterable[str], replan: Replan) -> None:
    """Raise MemoryLimitError where a program of the plan needs more than its budget or than its device has free.

    ``fed`` names the inputs that are no weights, whose first axis is taken for the batch when a smaller one is sought.
    """
    if has_room(needed, plan):
        return
    limit, whose = room(plan.device, plan.strategy.memory_budget)
    ways = [_recomputing(plan, known, limit, replan), _smaller(plan, known, list(fed), limit, replan)]
    found = [way for way in ways if way]
    raise MemoryLimitError(
        "the plan does not fit into memory",
        where="Scheduler",
        wanted=f"at most {human_bytes(limit)}, {whose}",
        got=f"{human_bytes(needed)} beside {human_bytes(plan.input_bytes)} of inputs and weights",
        remedy=f"What would fit: {'; '.join(found)}"
        if found
        else "Use a smaller network, or a machine with more memory",
    )


def room(device: Device, budget: int | None) -> tuple[int, str]:
    """(bytes that a program may take, what sets the limit)."""
    free = _free(device)
    if budget is not None and budget <= free:
        return budget, "the strategy's memory_budget"
    return free, f"what is free on {device}"


def _free(device: Device) -> int:
    if not device.is_gpu:
        return available_memory()
    xp: Any = device.xp
    with xp.cuda.Device(device.device_id):
        free, _ = xp.cuda.runtime.memGetInfo()
        return int(free) + int(xp.get_default_memory_pool().free_bytes())


def _recomputing(plan: Plan, known: Mapping[str, TensorSpec], limit: int, replan: Replan) -> str:
    """Recomputing as much as the limit asks for, where that is allowed to help and does."""
    if plan.strategy.recompute == "auto" or plan.boundary == len(plan.steps):
        return ""
    low = replan(plan.strategy.model_copy(update={"recompute": "auto", "memory_budget": limit}), known)
    if low.peak_bytes > limit:
        return ""
    return f"recompute='auto' in the strategy, as low_memory has it, needs {human_bytes(low.peak_bytes)}"


def _smaller(plan: Plan, known: Mapping[str, TensorSpec], fed: list[str], limit: int, replan: Replan) -> str:
    """The largest batch that was found to fit, by a straight line through the peaks of two sizes."""
    sizes = {known[name].shape[0] for name in fed if name in known and known[name].shape}
    batch = max(sizes, default=0)
    if len(sizes) != 1 or batch < 2:
        return ""

    def peak(count: int) -> int:
        shorter = {
            name: TensorSpec((count, *spec.shape[1:]), spec.dtype) if name in fed and spec.shape else spec
            for name, spec in known.items()
        }
        return replan(plan.strategy, shorter).peak_bytes

    try:
        least = peak(1)
        if least > limit:
            return ""
        slope = (plan.peak_bytes - least) / (batch - 1)
        count = min(batch - 1, 1 + int((limit - least) / slope)) if slope > 0 else 1
        for _ in range(GUESSES):
            needed = peak(count)
            if needed <= limit:
                break
            count = max(1, int(count * 0.9))
        else:
            count, needed = 1, least
    except NetwrightError:  # the graph works for this batch alone: a size is written in one of its operators
        return ""
    return f"a batch of {count} instead of {batch} needs {human_bytes(needed)}"


def fed_names(symbol: Symbol) -> list[str]:
    """The variables that are neither weights nor states of any operator."""
    kept = set()
    for node in symbol.nodes():
        if node.op is None:
            continue
        for port, (source, _) in zip(node.op.ports(node.p), node.inputs, strict=True):
            if source.op is None and port.kind in ("weight", "state"):
                kept.add(source.name)
    return [name for name in symbol.list_inputs() if name not in kept]
