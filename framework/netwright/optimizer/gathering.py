"""Updates of many weights on a GPU, gathered and run in one launch for each kind."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..kernels.cuda.launch import THREADS, get_kernel
from ..kernels.cuda.lists import ListKernel, chunks_of, list_kernel
from ..kernels.cuda.trace import Untraceable
from ..ops.operator import Operator


@dataclass(frozen=True)
class Update:
    """One weight's update: its operator, parameters, and raw arrays (weight, gradient, states)."""

    op: Operator
    params: Mapping[str, Any]
    arrays: tuple[Any, ...]


class Gathered:
    """Updates that wait; ``take`` says whether it takes one, ``run`` does them all."""

    def __init__(self, xp: Any) -> None:
        self.xp = xp
        self._waiting: dict[ListKernel, list[Update]] = {}

    def take(self, op: Operator, params: Mapping[str, Any], arrays: Sequence[Any]) -> bool:
        """Keep an update for later; False where it must run by itself."""
        weight = arrays[0]
        if any(a.shape != weight.shape or not a.flags.c_contiguous for a in arrays):
            return False
        try:
            kernel = list_kernel(op, params, [a.dtype.name for a in arrays])
        except (Untraceable, KeyError):
            return False
        self._waiting.setdefault(kernel, []).append(Update(op, params, tuple(arrays)))
        return True

    def run(self) -> None:
        """Launch a kernel for each kind of update."""
        for kernel, found in self._waiting.items():
            chunks, addresses, numbers = tables(kernel, found)
            if not len(chunks):
                continue
            device = int(found[0].arrays[0].device.id)
            function = get_kernel(self.xp, kernel.source, kernel.name, device)
            function((len(chunks),), (THREADS,), tuple(map(self.xp.asarray, (chunks, addresses, numbers))))
        self._waiting = {}


def tables(kernel: ListKernel, found: Sequence[Update]) -> tuple[Any, Any, Any]:
    """(chunks, addresses, numbers) of the updates, on the host."""
    chunks = chunks_of(tuple(int(u.arrays[0].size) for u in found))
    addresses = np.array([[address(a) for a in u.arrays] for u in found], np.int64)
    numbers = np.array([[float(u.params[n]) for n in kernel.numbers] or [0.0] for u in found], np.float64)
    return chunks, addresses, numbers


def address(array: Any) -> int:
    """Where a raw array lies."""
    return int(array.ctypes.data if isinstance(array, np.ndarray) else array.data.ptr)


class _Now(threading.local):
    gathered: Gathered | None = None


_now = _Now()


def waiting() -> Gathered | None:
    """Who gathers updates now."""
    return _now.gathered


@contextmanager
def gather(xp: Any) -> Iterator[Gathered]:
    """A ``with`` block whose updates run at its end."""
    _now.gathered = gathered = Gathered(xp)
    try:
        yield gathered
    finally:
        _now.gathered = None
    gathered.run()


def can_gather(optimizer: Any, weights: Sequence[Any], gradients: Sequence[Any]) -> bool:
    """Whether each update is one operator on dense arrays of one GPU: then they are launched together."""
    if len(weights) < 2 or not weights[0].ctx.is_gpu or optimizer.multi_precision or not optimizer.native_step():
        return False
    arrays = (*weights, *(g for g in gradients if g is not None))
    return len({a.ctx for a in arrays}) == 1 and all(a.stype == "default" for a in arrays)
