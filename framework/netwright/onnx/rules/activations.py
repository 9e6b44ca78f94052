"""Activations and the softmax family, where ONNX has an operator for the whole of one."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...ops.activation import SELU_ALPHA, SELU_LAMBDA, _channel_shape
from ..pairs import ACTIVATIONS
from ..rule_table import Call, rule
from ..tensor import Tensor, axes_of


@rule(*ACTIVATIONS)
def activation(c: Call, x: Tensor) -> Tensor:
    """The operator of the standard that computes the same."""
    return in_float(x, lambda y: c.w.op(ACTIVATIONS[c.op.name], y))


def in_float(x: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
    """A function of floating-point numbers; integers go through float64 and are cut off."""
    return function(x) if x.dtype.kind == "f" else function(x.astype(np.float64)).astype(x.dtype)


@rule("Activation")
def chosen(c: Call, x: Tensor) -> Tensor:
    """The function that ``act_type`` names."""
    kind = "_softrelu" if c.p.act_type == "softrelu" else c.p.act_type
    if kind == "gelu":
        return gelu(c, x)
    return silu(c, x) if kind == "silu" else c.w.op(ACTIVATIONS[kind], x)


@rule("gelu")
def gelu(c: Call, x: Tensor) -> Tensor:
    """x · (1 + erf(x / √2)) / 2; the standard has an operator of its own only since opset 20."""
    return in_float(x, lambda y: y * 0.5 * (c.w.op("Erf", y * math.sqrt(0.5)) + 1))


@rule("silu")
def silu(c: Call, x: Tensor) -> Tensor:
    """x · sigmoid(x)."""
    return in_float(x, lambda y: y * c.w.op("Sigmoid", y))


@rule("hard_sigmoid")
def hard_sigmoid(c: Call, x: Tensor) -> Tensor:
    """HardSigmoid with the same slope and value at 0."""
    return in_float(x, lambda y: c.w.op("HardSigmoid", y, alpha=c.p.alpha, beta=c.p.beta))


@rule("clip")
def clip(c: Call, x: Tensor) -> Tensor:
    """Clip, with the limits in the element type of the data."""
    from ...ops.arrays import scalar_like

    low, high = (scalar_like(np.empty((), x.dtype), v) for v in (c.p.a_min, c.p.a_max))
    return c.w.op("Clip", x, low, high)


@rule("LeakyReLU")
def leaky_relu(c: Call, x: Tensor, gamma: Tensor | None = None) -> Tensor:
    """LeakyRelu, Elu, Selu, PRelu or Gelu; rrelu has the middle of its slopes when nothing is trained."""
    p, w = c.p, c.w
    if p.act_type == "prelu":
        assert gamma is not None
        return w.op("PRelu", x, gamma.reshape(_channel_shape(gamma.shape, x.ndim)))
    if p.act_type == "gelu":
        return gelu(c, x)
    kinds: dict[str, tuple[str, dict[str, float]]] = {
        "leaky": ("LeakyRelu", {"alpha": p.slope}),
        "rrelu": ("LeakyRelu", {"alpha": (p.lower_bound + p.upper_bound) / 2}),
        "elu": ("Elu", {"alpha": p.slope}),
        "selu": ("Selu", {"alpha": SELU_ALPHA, "gamma": SELU_LAMBDA}),
    }
    kind, more = kinds[p.act_type]
    found = w.op(kind, x, **more)
    return found


@rule("softmax", "softmin", "log_softmax")
def softmax(c: Call, x: Tensor, length: Tensor | None = None) -> Tensor:
    """Softmax or LogSoftmax of the data over the temperature; what lies behind a row's length counts as nothing."""
    p, xp = c.p, c.xp
    x = x.astype(p.dtype or (x.dtype if x.dtype.kind == "f" else np.float32))
    factor = (-1.0 if c.op.name == "softmin" else 1.0) / (p.temperature or 1.0)
    x = x if factor == 1.0 else x * factor
    kind = "LogSoftmax" if c.op.name == "log_softmax" else "Softmax"
    if length is None:
        return c.w.op(kind, x, axis=p.axis)
    axis = p.axis % x.ndim
    place = np.arange(x.shape[axis]).reshape((-1,) + (1,) * (x.ndim - 1 - axis))
    inside = xp.less(place, xp.expand_dims(length.astype(np.int64), axis))
    masked = c.w.op(kind, xp.where(inside, x, np.finfo(x.dtype).min), axis=axis)
    return xp.where(inside, masked, x.dtype.type(0))


def softmax_over(c: Call, x: Tensor, axes: Any) -> Tensor:
    """Softmax over several axes: over one that they are joined in."""
    axes = axes_of(axes, x.ndim)
    if len(axes) == 1:
        return c.w.op("Softmax", x, axis=axes[0])
    lead = x.shape[: axes[0]]
    found = c.w.op("Softmax", x.reshape((*lead, math.prod(x.shape[axes[0] :]))), axis=len(lead))
    return found.reshape(x.shape)


@rule("SoftmaxActivation")
def softmax_activation(c: Call, x: Tensor) -> Tensor:
    """Over the axes that the operator says."""
    op: Any = c.op
    return softmax_over(c, x, op._axes(c.p, x.shape))
