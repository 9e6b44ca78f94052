"""All weights updated by one native call: each thread a slice of every weight."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import NetwrightError
from ..ndarray.array import NDArray

if TYPE_CHECKING:
    from .optimizer import Optimizer

SMALLEST = 1 << 14
"""Numbers from which on the native call is worth its loading."""


class FusedUpdate:
    """An optimizer's step over the same weights again and again.

    ``find`` gives None where the optimizer, the weights or this machine have no native step.
    """

    def __init__(self, name: str, indices: Sequence[Any], weights: Sequence[NDArray], states: Sequence[Any]) -> None:
        from ..kernels.cpu.emit import Address, Slice, Word
        from ..kernels.cpu.families.update import FACTS
        from ..kernels.cpu.jobs import Binding, Tables
        from ..kernels.cpu.kernel import table
        from ..kernels.cpu.machine import Phase
        from ..kernels.cpu.threads import pool

        self.indices, self.weights = tuple(indices), tuple(weights)
        self._states = [flatten(state) for state in states]
        self._arrays = [[w._data, None, *(s._data for s in own)] for w, own in zip(weights, self._states, strict=True)]
        self.facts = np.zeros((len(weights), FACTS))
        self._rows: list[tuple[float, ...]] = []
        width = len(self._arrays[0]) + 1
        calls = []
        for i, weight in enumerate(weights):
            part = Slice(weight.size)
            arrays = [part.of(Address(i * width + 1 + k), 4) for k in range(width - 1)]
            words: tuple[Word, ...] = (part, Address(i * width), *arrays)
            calls.append((table[name], words))
        self._binding = Binding(Tables(calls), len(weights) * width, [0] * pool().threads)
        self._columns = [i * width + 2 for i in range(len(weights))]
        for i, row in enumerate(self._arrays):
            self._binding.addresses[:, i * width] = self.facts[i].ctypes.data
            for k, array in enumerate(row):
                if array is not None:
                    self._binding.addresses[:, i * width + 1 + k] = array.ctypes.data
        self._gradients: list[Any] = [None] * len(weights)
        self._run: Callable[[], None] = self._binding.job([(Phase.LANES, 0, len(calls))])

    @classmethod
    def find(
        cls, optimizer: Optimizer, indices: Sequence[Any], weights: Sequence[NDArray], states: Sequence[Any]
    ) -> FusedUpdate | None:
        """The native step for these weights and their states."""
        name = optimizer.native_step()
        arrays = [*weights, *(s for state in states for s in flatten(state))]
        fit = all(_fits(a) and a._data.flags.writeable for a in arrays)
        if not name or not fit or sum(w.size for w in weights) < SMALLEST:
            return None
        try:
            from ..kernels.cpu import blas
            from ..kernels.cpu.loading import kernels, readiness

            blas.find()
            return cls(name, indices, weights, states) if readiness([kernels()[name]]).ready else None
        except (ImportError, NetwrightError):
            return None

    def holds(self, indices: Sequence[Any], weights: Sequence[NDArray]) -> bool:
        """Whether it was made for these weights, which lie where they lay, as do their states."""
        return self.indices == tuple(indices) and all(
            w is mine and w._data is row[0] and all(s._data is a for s, a in zip(own, row[2:], strict=True))
            for w, mine, row, own in zip(weights, self.weights, self._arrays, self._states, strict=True)
        )

    def use(self, rows: list[tuple[float, ...]]) -> None:
        """Take each weight's numbers for the next update."""
        if rows != self._rows:
            self.facts[:, : len(rows[0])] = rows
            self._rows = rows

    def __call__(self, gradients: Sequence[NDArray]) -> bool:
        """Update all weights by their gradients and numbers; False, and nothing done, where one is unfit."""
        known = self._gradients
        for i, gradient in enumerate(gradients):
            array = gradient._data
            if array is not known[i]:
                if not _fits(gradient) or gradient.shape != self.weights[i].shape:
                    return False
                known[i] = array
                self._binding.addresses[:, self._columns[i]] = array.__array_interface__["data"][0]
        self._run()
        return True


def flatten(state: Any) -> list[NDArray]:
    """The arrays in a state, in order."""
    if state is None:
        return []
    if isinstance(state, Sequence):
        return [array for part in state for array in flatten(part)]
    return [state]


def step_is_native(optimizer: Optimizer) -> bool:
    """Whether its kernel does what its ``step`` does: no subclass has given another ``step`` or ``update`` since."""
    return _kind_is_native(type(optimizer)) and bool(optimizer.native_step())  # type: ignore[arg-type]


@functools.cache
def _kind_is_native(kind: type[Optimizer]) -> bool:
    def depth(name: str) -> int:
        return next(i for i, c in enumerate(kind.__mro__) if name in c.__dict__)

    return all(depth("native_step") <= depth(name) for name in ("step", "update", "update_multi_precision"))


def _fits(array: NDArray) -> bool:
    """Whether kernels can work on it: single precision, dense, in one piece, on the CPU."""
    data = array._data
    return isinstance(data, np.ndarray) and data.dtype == np.float32 and data.flags.c_contiguous and data.size > 0
