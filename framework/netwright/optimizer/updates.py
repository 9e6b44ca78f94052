"""The operators that update weights in place, called in the least time where that is all there is to do.

A step has one such call for each weight, with numbers that change from step to step: checking and remembering them
would take longer than a small weight's update.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

import numpy as np

from .. import ndarray as nd
from .. import watching
from ..ndarray.array import NDArray
from ..ops import get
from ..tape import RECORDING, Variable, mode
from .gathering import waiting

_NUMBERS = {float, int, bool, type(None)}
_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))
PIECE = 1 << 16
"""Elements that are updated at once: what is computed in between stays in the cache, in memory that malloc keeps."""


def in_place(name: str) -> Callable[..., None]:
    """``nd.X(weight, gradient, *states, out=weight, **params)`` of an operator X whose first output replaces its
    first input.
    """
    op, general = get(name), getattr(nd, name)
    assert op.inplace == (0,), name
    defaults = {n: f.default for n, f in op.Params.model_fields.items() if not f.is_required()}
    states = tuple(i for i, port in enumerate(op.inputs) if port.kind == "state")

    def update(weight: NDArray, *arrays: NDArray, **params: Any) -> None:
        now = waiting()
        if now is not None and now.take(op, {**defaults, **params}, [weight._data, *(a._data for a in arrays)]):
            return
        entry = weight._entry
        plain = entry is None or (entry[0].__class__ is Variable and not mode.state & RECORDING)
        if not plain or not _fit(weight, arrays) or not {*map(type, params.values())} <= _NUMBERS:
            general(weight, *arrays, out=weight, **params)
            return
        p, datas = SimpleNamespace(**{**defaults, **params}), (weight._data, *[a._data for a in arrays])
        for part in _pieces(datas):
            results = op.forward(np, p, *part, out=part[0])
            for i, value in zip(states, results[1:] if states else (), strict=True):
                np.copyto(part[i], value)

    return update


def _pieces(arrays: tuple[Any, ...]) -> Iterable[tuple[Any, ...]]:
    """The arrays in pieces: these updates look at each element alone."""
    size = arrays[0].size
    if size <= PIECE or not all(a.flags.c_contiguous for a in arrays):
        return (arrays,)
    flat = [a.reshape(-1) for a in arrays]
    return (tuple(a[i : i + PIECE] for a in flat) for i in range(0, size, PIECE))


def _fit(weight: NDArray, arrays: tuple[NDArray, ...]) -> bool:
    """Whether all are dense floating-point arrays of one shape and dtype on the host, and nobody watches."""
    taken, data = watching.names["Taken"], weight._data
    if weight.__class__ is not taken or data.__class__ is not np.ndarray or data.dtype not in _FLOATS:
        return False
    shape, dtype = data.shape, data.dtype
    for array in arrays:
        if array.__class__ is not taken:
            return False
        other = array._data
        if other.__class__ is not np.ndarray or other.dtype != dtype or other.shape != shape:
            return False
    return bool(data.flags.writeable)


adam_update = in_place("adam_update")
ftml_update = in_place("ftml_update")
ftrl_update = in_place("ftrl_update")
nag_mom_update = in_place("nag_mom_update")
rmsprop_update = in_place("rmsprop_update")
rmspropalex_update = in_place("rmspropalex_update")
sgd_mom_update = in_place("sgd_mom_update")
sgd_update = in_place("sgd_update")
signsgd_update = in_place("signsgd_update")
signum_update = in_place("signum_update")
