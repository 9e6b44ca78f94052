"""Operators over rows and channels by kernels of our own, in plans for a GPU: one launch where CuPy takes several.

Each function stands for an operator's ``forward`` and is asked first whether it serves the parameters and shapes.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...ops.bounds import bounded
from ...ops.operator import TensorSpec
from .fused import STORED
from .launch import run
from .sources import common, source

ACCUMULATED = {"float16": "float", "float32": "float", "float64": "double"}
MOST_BLOCKS = 65535
Forward = Callable[..., Any]


@functools.cache
def row_source(dtype: str) -> str:
    """The kernels for a dtype."""
    text = source("rows.cu").removeprefix(common())
    return f"{common()}\ntypedef {STORED[dtype]} T;\ntypedef {ACCUMULATED[dtype]} A;\n{text}"


def threads_for(count: int) -> int:
    """A power of two from 32 to 256 that is not far above the work of a block."""
    return min(256, max(32, 1 << max(0, count - 1).bit_length()))


def _rows(xp: Any, kernel: str, dtype: Any, blocks: int, count: int, arguments: Sequence[Any]) -> None:
    run(xp, row_source(dtype.name), kernel, min(blocks, MOST_BLOCKS), threads_for(count), arguments)


def _empty(xp: Any, out: Any, shape: Any, dtype: Any) -> Any:
    return xp.empty(shape, dtype) if out is None else out


# ---------------------------------------------------------------- softmax
def softmax_forward(xp: Any, p: Any, data: Any, *ignored: Any, out: Any = None, logarithm: int = 0) -> Any:
    """softmax, log_softmax and SoftmaxOutput over the last axes; labels have no part in it."""
    y = _empty(xp, out, data.shape, data.dtype)
    n = data.shape[-1] if hasattr(p, "axis") or p.preserve_shape else math.prod(data.shape[1:])
    count = math.prod(data.shape) // n
    _rows(xp, "softmax_rows", data.dtype, count, n, (xp.ascontiguousarray(data), y, count, n, logarithm))
    return y


def _softmax(p: Any, specs: Sequence[TensorSpec]) -> Forward | None:
    plain = p.axis in (-1, len(specs[0].shape) - 1) and not getattr(p, "use_length", False)
    return softmax_forward if plain and p.temperature in (None, 1.0) and p.dtype is None else None


def _log_softmax(p: Any, specs: Sequence[TensorSpec]) -> Forward | None:
    return functools.partial(softmax_forward, logarithm=1) if _softmax(p, specs) else None


def _softmax_output(p: Any, specs: Sequence[TensorSpec]) -> Forward | None:
    return None if p.multi_output and not p.preserve_shape else softmax_forward


# ---------------------------------------------------------------- normalisation
def layer_norm_forward(xp: Any, p: Any, data: Any, gamma: Any, beta: Any, *, out: Any = None) -> Any:
    """LayerNorm over the last axis: y, mean and deviation."""
    n, lead = data.shape[-1], data.shape[:-1]
    count, work = math.prod(lead), np.dtype(np.float64 if data.dtype == np.float64 else np.float32)
    y, mean, std = out or (None, None, None)
    y = _empty(xp, y, data.shape, data.dtype)
    mean, std = (_empty(xp, part, (*lead, 1), work) for part in (mean, std))
    arrays = (*map(xp.ascontiguousarray, (data, gamma, beta)), y, mean, std)
    _rows(xp, "layer_norm_rows", data.dtype, count, n, (*arrays, count, n, float(p.eps)))
    return y, mean, std


def _layer_norm(p: Any, specs: Sequence[TensorSpec]) -> Forward | None:
    return layer_norm_forward if p.axis in (-1, len(specs[0].shape) - 1) else None


def batch_norm_forward(
    xp: Any,
    p: Any,
    data: Any,
    gamma: Any,
    beta: Any,
    moving_mean: Any,
    moving_var: Any,
    *,
    train: bool,
    out: Any = None,
) -> Any:
    """BatchNorm in training: statistics by one kernel, the normalisation by another; new moving averages follow."""
    axis = p.axis % data.ndim
    outer, channels, inner = math.prod(data.shape[:axis]), data.shape[axis], math.prod(data.shape[axis + 1 :])
    work = moving_mean.dtype
    y, mean, inverse = out or (None, None, None)
    y = _empty(xp, y, data.shape, data.dtype)
    mean, inverse = (_empty(xp, part, (channels,), work) for part in (mean, inverse))
    var, x = xp.empty((channels,), work), xp.ascontiguousarray(data)
    sizes = (outer, channels, inner)
    _rows(xp, "batch_statistics", data.dtype, channels, outer * inner, (x, mean, var, *sizes))
    inverse[...] = 1 / xp.sqrt(var + work.type(p.eps))
    scale = xp.ascontiguousarray(inverse if p.fix_gamma else (inverse * gamma).astype(work))
    blocks = -(-data.size // 256)
    _rows(xp, "batch_normalize", data.dtype, blocks, 256, (x, mean, scale, beta, y, data.size, channels, inner))
    keep, new = work.type(p.momentum), work.type(1 - p.momentum)
    return y, mean, inverse, moving_mean * keep + mean * new, moving_var * keep + var * new


def _batch_norm(p: Any, specs: Sequence[TensorSpec]) -> Forward | None:
    data, _, beta, moving = specs[:4]
    work = np.dtype(np.float64 if data.dtype == np.float64 else np.float32)
    fits = math.prod(data.shape) > 0 and beta.dtype == data.dtype and moving.dtype == work
    return batch_norm_forward if fits and not p.use_global_stats else None


# ---------------------------------------------------------------- embedding
def take_grad_forward(xp: Any, p: Any, dy: Any, indices: Any, *, out: Any = None) -> Any:
    """The gradient of rows taken along the first axis, summed in the order of the indices."""
    rows, width = p.shape[0], math.prod(p.shape[1:])
    places = bounded(xp, indices, rows, p.mode, "indices").reshape(-1)
    order = xp.argsort(places, kind="stable")
    starts = xp.searchsorted(places[order], xp.arange(rows + 1))
    y = _empty(xp, out, p.shape, dy.dtype)
    arrays = (xp.ascontiguousarray(dy), order.astype(np.int64), starts.astype(np.int64), y)
    _rows(xp, "taken_rows", dy.dtype, rows, width, (*arrays, rows, width))
    return y


def _take_grad(p: Any, specs: Sequence[TensorSpec]) -> Forward | None:
    # "raise" looks at the indices, for which the host would have to wait
    return take_grad_forward if p.axis == 0 and p.mode != "raise" and not p.sparse and math.prod(p.shape) else None


OWN: dict[str, Callable[[Any, Sequence[TensorSpec]], Forward | None]] = {
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "SoftmaxOutput": _softmax_output,
    "LayerNorm": _layer_norm,
    "BatchNorm": _batch_norm,
    "_take_grad": _take_grad,
}
"""Operators that may have a kernel of ours, and what says whether it serves."""


def own_forward(name: str, p: Any, specs: Sequence[TensorSpec], train: bool) -> Forward | None:
    """Our kernel in the place of an operator's forward; None where the array module does it."""
    if name not in OWN or specs[0].dtype.name not in ACCUMULATED or not math.prod(specs[0].shape):
        return None
    if name == "BatchNorm" and not train:
        return None
    return OWN[name](p, specs)
