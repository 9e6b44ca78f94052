"""Attention and its gradients by cuDNN's fused kernels (Dao 2023, FlashAttention-2), in half precision.

Heads are told apart by strides alone, so projections are read, and their gradients written, where they lie. The
logarithms of the sums that cuDNN keeps for the gradients are those that the operators give: max + log Σ e^(s − max).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...ops.attention import head_scale, parted
from ...ops.attention_step import alone, output_shape, places
from ...ops.operator import Shape, TensorSpec
from .cudnn import Built, or_operator, result, tensor

HALF = "float16"
GRADIENTS = {"q": "dq", "k": "dk", "v": "dv"}
"""The result of the backward operation that belongs to each of its inputs."""

Views = dict[str, Any]
"""Arrays with four axes (N, heads, L, D) by cuDNN's names."""


@dataclass(frozen=True)
class Form:
    """How an operator's arrays are what cuDNN calls its tensors."""

    backward: bool
    inputs: Callable[[Any, Sequence[Any]], Views]
    results: Callable[[Any, Any, Sequence[Any], Any], tuple[Any, Views]]
    """(what the operator returns, its views) of the array module, the parameters, the inputs and ``out``."""
    scale: Callable[[Any, Sequence[TensorSpec]], float]


# ---------------------------------------------------------------- MultiHeadAttention
def _operator_inputs(p: Any, arrays: Sequence[Any]) -> Views:
    return dict(zip("qkv", (parted(a, p.heads) for a in arrays[:3]), strict=True))


def _operator_results(xp: Any, p: Any, arrays: Sequence[Any], out: Any) -> tuple[Any, Views]:
    query, value = arrays[0], arrays[2]
    shape = (*query.shape[:2], value.shape[2])
    return _output(xp, shape, (query.shape[0], p.heads, query.shape[1]), query.dtype, out, lambda y: parted(y, p.heads))


def _output(xp: Any, shape: Shape, rows: Shape, dtype: Any, out: Any, see: Callable[[Any], Any]) -> tuple[Any, Views]:
    y, logsum = (xp.empty(shape, dtype), xp.empty(rows, np.float32)) if out is None else out
    return (y, logsum), {"o": see(y), "stats": _rows(logsum)}


def _rows(logsum: Any) -> Any:
    """(N, heads, L) with the fourth axis that cuDNN wants, whose stride must be 1."""
    return logsum.reshape(*logsum.shape, 1)


def _operator_gradient_inputs(p: Any, arrays: Sequence[Any]) -> Views:
    dout, query, key, value, y, logsum = arrays
    heads = {name: parted(a, p.heads) for name, a in zip(("do", "q", "k", "v", "o"), (dout, query, key, value, y),
                                                         strict=True)}  # fmt: skip
    return {**heads, "stats": _rows(logsum)}


def _operator_gradients(xp: Any, p: Any, arrays: Sequence[Any], out: Any) -> tuple[Any, Views]:
    found = tuple(xp.empty(a.shape, a.dtype) for a in arrays[1:4])
    return found, {name: parted(a, p.heads) for name, a in zip(GRADIENTS.values(), found, strict=True)}


# ---------------------------------------------------------------- what plans make of composed attention
def _step_inputs(p: Any, arrays: Sequence[Any]) -> Views:
    views = {name: place.seen(arrays[place.array]) for name, place in zip("qkv", places(p), strict=True)}
    return {**views, **_bias(p, arrays[p.arrays : p.arrays + p.use_bias], views["q"].shape)}


def _bias(p: Any, arrays: Sequence[Any], query: Shape) -> Views:
    """(1 or N·heads, 1 or L, S) with four axes."""
    if not arrays:
        return {}
    (bias,) = arrays
    groups = query[:2] if bias.shape[0] > 1 else (1, 1)
    return {"bias": bias.reshape(*groups, *bias.shape[1:])}


def _step_results(xp: Any, p: Any, arrays: Sequence[Any], out: Any) -> tuple[Any, Views]:
    query = arrays[0]
    samples, length, _ = places(p)[0].sizes(query.shape)
    shape = output_shape(p, query.shape, arrays[p.arrays - 1].shape)
    return _output(xp, shape, (samples, p.heads, length), query.dtype, out, alone(p).seen)


def _step_gradient_inputs(p: Any, arrays: Sequence[Any]) -> Views:
    single = alone(p)
    around = {
        "do": single.seen(arrays[0]),
        "o": single.seen(arrays[-2]),
        "stats": _rows(arrays[-1]),
    }
    return {**_step_inputs(p, arrays[1:]), **around}


def _step_gradients(xp: Any, p: Any, arrays: Sequence[Any], out: Any) -> tuple[Any, Views]:
    found = tuple(xp.empty(a.shape, a.dtype) for a in arrays[1 : 1 + p.arrays])
    views = {name: place.seen(found[place.array]) for name, place in zip(GRADIENTS.values(), places(p), strict=True)}
    return found if len(found) > 1 else found[0], views


FORMS = {
    "MultiHeadAttention": Form(
        False, _operator_inputs, _operator_results, lambda p, inputs: head_scale(p, inputs[0].shape)
    ),
    "_attention_grad": Form(
        True, _operator_gradient_inputs, _operator_gradients, lambda p, inputs: head_scale(p, inputs[1].shape)
    ),
    "_attention_step": Form(False, _step_inputs, _step_results, lambda p, inputs: p.scale),
    "_attention_step_grad": Form(True, _step_gradient_inputs, _step_gradients, lambda p, inputs: p.scale),
}


# ---------------------------------------------------------------- what cuDNN is told
Lying = tuple[Shape, Shape]
"""Sizes and strides, in elements, of an array with four axes."""


@dataclass(frozen=True)
class Setting:
    """An attention, or its gradients, as cuDNN is told of it."""

    backward: bool
    inputs: Mapping[str, Lying]
    results: Mapping[str, Lying]
    scale: float
    causal: bool


def setting_of(name: str, p: Any, inputs: Sequence[TensorSpec]) -> Setting | None:
    """What cuDNN would be asked; None where it is none of its: single precision, a mask of keys, weights to be kept."""
    form = FORMS.get(name)
    if form is None or any(spec.size == 0 for spec in inputs) or inputs[0].dtype.name != HALF:
        return None
    if getattr(p, "use_mask", False) or getattr(p, "output_weights", False):
        return None
    ghosts = [_ghost(spec) for spec in inputs]
    given = form.inputs(p, ghosts)
    if p.causal and given["q"].shape[2] > given["k"].shape[2]:
        return None  # the first positions see nothing: 0 by ours, NaN by cuDNN's
    results = form.results(_Ghosts, p, ghosts, None)[1]
    return Setting(form.backward, _lying(given), _lying(results), form.scale(p, inputs), p.causal)


def _ghost(spec: TensorSpec) -> Any:
    """A dense array of the shape and dtype that takes no memory: for its strides, and those of its views."""
    return _Ghosts.empty(spec.shape, spec.dtype)


class _Ghosts:
    """As much of an array module as ``Form.results`` asks for."""

    @staticmethod
    def empty(shape: Shape, dtype: Any) -> Any:
        one = np.empty(1, dtype)
        strides = np.cumprod((1, *shape[:0:-1]))[::-1] * one.itemsize
        return np.lib.stride_tricks.as_strided(one, shape, tuple(map(int, strides)), writeable=False)


def _lying(views: Views) -> dict[str, Lying]:
    return {name: (a.shape, tuple(s // a.itemsize for s in a.strides)) for name, a in views.items()}


def describe(setting: Setting, cudnn: Any, graph: Any) -> dict[str, Any]:
    """The attention in a graph of cuDNN."""
    tensors = {
        name: tensor(cudnn, graph, name, *lying, "float32" if name == "stats" else HALF)
        for name, lying in setting.inputs.items()
    }
    how: dict[str, Any] = {"attn_scale": setting.scale}
    if setting.causal:  # up to the key that stands as far from the end as the position does
        how["diagonal_alignment"] = cudnn.diagonal_alignment.BOTTOM_RIGHT
        how["diagonal_band_right_bound"] = 0
    given = {"dO" if name == "do" else name: one for name, one in tensors.items()}
    if setting.backward:
        found = graph.sdpa_backward(name="attention_gradients", **given, **how)
    else:
        found = graph.sdpa(name="attention", generate_stats=True, **given, **how)
    for (name, lying), one in zip(setting.results.items(), found, strict=True):
        tensors[name] = result(cudnn, one, *lying, "float32" if name == "stats" else HALF)
    return tensors


def forward_of(
    name: str, p: Any, inputs: Sequence[TensorSpec], tell: Callable[[str], None]
) -> Callable[..., Any] | None:
    """The attention operator's forward by cuDNN; None where the array module does it (``tell`` hears why)."""
    setting = setting_of(name, p, inputs)
    if setting is None:
        return None
    form = FORMS[name]

    def run(built: Built, xp: Any, p: Any, arrays: Sequence[Any], out: Any) -> Any:
        arrays = [xp.ascontiguousarray(a) for a in arrays]
        found, views = form.results(xp, p, arrays, out)
        built({**form.inputs(p, arrays), **views})
        return found

    shapes = ", ".join(str(shape) for shape, _ in list(setting.inputs.values())[:3])
    what = f"{'gradient of ' if setting.backward else ''}attention of {shapes}"
    write = functools.partial(describe, setting)
    return or_operator(name, HALF, write, run, kind="attention", what=what, tell=tell)
