"""Arithmetic, functions of one value, and activations."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import helper, numpy_helper

from ..pairs import ACTIVATIONS, MATH
from ..table import Node, axis_of, row
from ..values import Builder, Value, is_float

UNARY = {**MATH, **{theirs: ours for ours, theirs in ACTIVATIONS.items()}}
"""ONNX functions of one value that one of our operators computes as it is."""


@row(*UNARY)
def unary(b: Builder, n: Node) -> Value:
    """The function of ours that computes the same of each element."""
    return b.op(UNARY[n.op], n[0])


def round_half_even(b: Builder, x: Value) -> Value:
    """The nearest whole number, of two equally near ones the even one; our rint takes the lower."""
    below = b.op("floor", x)
    rest = b.sub(x, below)
    half = b.mul(below, 0.5)
    even = b.compare("broadcast_equal", b.op("floor", half), half)
    up = b.where(
        b.compare("broadcast_equal", rest, 0.5),
        b.cast(b.op("logical_not", even), x.dtype),
        b.cast(b.compare("broadcast_greater", rest, 0.5), x.dtype),
    )
    return b.add(below, up)


@row("Round")
def round_(b: Builder, n: Node) -> Value:
    """To the nearest, halves to the even number."""
    return round_half_even(b, n[0])


@row("Det")
def determinant(b: Builder, n: Node) -> Value:
    """One number for each matrix."""
    return b.reshape(b.op("_linalg_det", n[0]), n[0].shape[:-2])


@row("Add", "Sub", "Mul")
def arithmetic(b: Builder, n: Node) -> Value:
    """Sum, difference or product with broadcasting."""
    return b.op(f"broadcast_{n.op.lower()}", n[0], n[1])


@row("Div")
def div(b: Builder, n: Node) -> Value:
    """Integers are divided towards zero: the quotient of the magnitudes, with its sign."""
    x, y = n[0], n[1]
    if is_float(x.dtype):
        return b.div(x, y)
    if x.array is not None and y.array is not None:
        quotient = np.floor_divide(np.abs(x.array), np.abs(y.array)) * (np.sign(x.array) * np.sign(y.array))
        return Value(quotient.shape, x.dtype, quotient.astype(x.dtype), sources=x.sources | y.sources)
    rest = b.op("broadcast_mod", b.op("abs", x), b.op("abs", y))
    signed = b.mul(rest, b.op("sign", x))
    exact = b.div(b.cast(b.sub(x, signed), "float64"), b.cast(y, "float64"))
    return b.cast(exact, x.dtype)


@row("Pow")
def power(b: Builder, n: Node) -> Value:
    """Base to the exponent, in the base's element type; unlike or whole types are computed in float64."""
    base, exponent = n[0], n[1]
    if base.dtype == exponent.dtype and is_float(base.dtype):
        return b.op("broadcast_power", base, exponent)
    found = b.op("broadcast_power", b.cast(base, "float64"), b.cast(exponent, "float64"))
    return b.cast(found, base.dtype)


@row("Mod")
def mod(b: Builder, n: Node) -> Value:
    """fmod=0 takes the divisor's sign, fmod=1 the dividend's; a remainder by 0 is no number."""
    x, y = n[0], n[1]
    if not n.attr("fmod", 0):
        found = b.op("broadcast_mod", x, y)
        if not is_float(x.dtype):
            return found
        return b.where(b.compare("broadcast_equal", y, 0), b.like(np.nan, x), found)
    rest = b.op("broadcast_mod", b.op("abs", x), b.op("abs", y))
    return b.mul(rest, b.op("sign", x))


@row("Max", "Min", "Sum", "Mean")
def several(b: Builder, n: Node) -> Value:
    """One operand after the other: greatest, least, sum; a mean is the sum over their number."""
    name = {"Max": "broadcast_maximum", "Min": "broadcast_minimum"}.get(n.op, "broadcast_add")
    found: Value = n[0]
    for other in n.inputs[1:]:
        found = b.op(name, found, other)
    return b.div(found, len(n.inputs)) if n.op == "Mean" else found


@row("Clip")
def clip(b: Builder, n: Node) -> Value:
    """Cut off at the limits, which are attributes before opset 11 and inputs since; either may be missing."""
    x = n[0]
    low = n.get(1) if n.opset >= 11 else (b.like(n.attr("min"), x) if n.attr("min") is not None else None)
    high = n.get(2) if n.opset >= 11 else (b.like(n.attr("max"), x) if n.attr("max") is not None else None)
    if low is not None:
        x = b.op("broadcast_maximum", x, low)
    return x if high is None else b.op("broadcast_minimum", x, high)


@row("Identity")
def identity(b: Builder, n: Node) -> Any:
    """The input itself."""
    return n.get(0)


@row("Dropout")
def dropout(b: Builder, n: Node) -> Any:
    """As when predicting; a training mode that drops anything is refused, for its result is random."""
    x, ratio, training = n[0], n.get(1), n.get(2)
    if training is not None and training.scalar() and (ratio is None or ratio.scalar() > 0):
        raise n.refuse("Dropout in training mode gives random results, which an imported model has not")
    return (x, b.const(np.ones(x.shape, bool)))


@row("LeakyRelu")
def leaky_relu(b: Builder, n: Node) -> Value:
    """x, or alpha · x below 0."""
    return b.op("LeakyReLU", n[0], act_type="leaky", slope=n.attr("alpha", 0.01))


@row("PRelu")
def prelu(b: Builder, n: Node) -> Value:
    """max(x, 0) + slope · min(x, 0), the slope broadcast to the data."""
    x, zero = n[0], b.like(0, n[0])
    below = b.op("broadcast_minimum", x, zero)
    return b.add(b.op("broadcast_maximum", x, zero), b.mul(below, n[1]))


@row("Elu")
def elu(b: Builder, n: Node) -> Value:
    """x, or alpha · (eˣ − 1) below 0."""
    return b.op("LeakyReLU", n[0], act_type="elu", slope=n.attr("alpha", 1.0))


@row("Selu")
def selu(b: Builder, n: Node) -> Value:
    """gamma times Elu with alpha."""
    return b.mul(b.op("LeakyReLU", n[0], act_type="elu", slope=n.attr("alpha")), n.attr("gamma"))


@row("Gelu")
def gelu(b: Builder, n: Node) -> Value:
    """x · Φ(x), exactly by erf or by the approximation with tanh."""
    if n.attr("approximate", "none") == "none":
        return b.op("LeakyReLU", n[0], act_type="gelu")
    x = n[0]
    cube = b.mul(b.mul(x, x), x)
    inner = b.mul(b.add(x, b.mul(cube, 0.044715)), np.sqrt(2 / np.pi))
    return b.mul(b.mul(x, 0.5), b.add(b.op("tanh", inner), 1.0))


@row("HardSigmoid")
def hard_sigmoid(b: Builder, n: Node) -> Value:
    """alpha · x + beta, cut off at 0 and 1."""
    return b.op("hard_sigmoid", n[0], alpha=n.attr("alpha", 0.2), beta=n.attr("beta", 0.5))


@row("HardSwish")
def hard_swish(b: Builder, n: Node) -> Value:
    """x · max(0, min(1, x/6 + 1/2))."""
    return b.mul(n[0], b.op("hard_sigmoid", n[0], alpha=1 / 6, beta=0.5))


@row("ThresholdedRelu")
def thresholded_relu(b: Builder, n: Node) -> Value:
    """x above alpha, else 0."""
    x = n[0]
    return b.where(b.compare("broadcast_greater", x, n.attr("alpha", 1.0)), x, b.like(0, x))


@row("Shrink")
def shrink(b: Builder, n: Node) -> Value:
    """Nearer to 0 by the bias beyond ±lambd, and 0 between."""
    x, bias, edge = n[0], n.attr("bias", 0.0), n.attr("lambd", 0.5)
    wide = b.cast(x, "float32") if x.dtype.kind in "iu" else x
    above, below = b.compare("broadcast_greater", wide, edge), b.compare("broadcast_lesser", wide, -edge)
    inner = b.where(below, b.add(wide, bias), b.like(0, wide))
    return b.cast(b.where(above, b.sub(wide, bias), inner), x.dtype)


@row("Softmax", "LogSoftmax", "Hardmax")
def softmax(b: Builder, n: Node) -> Value:
    """Over one axis; before opset 13 over all axes from it on."""
    x = n[0]
    axis = axis_of(n.attr("axis", -1), x.rank)
    if n.opset < 13:
        rows = int(np.prod(x.shape[:axis]))
        flat = b.reshape(x, (rows, x.size // max(rows, 1)))
        return b.reshape(_softmax_over(b, n.op, flat, 1), x.shape)
    return _softmax_over(b, n.op, x, axis)


def _softmax_over(b: Builder, op: str, x: Value, axis: int) -> Value:
    if op == "Hardmax":
        best = b.op("argmax", x, axis=axis, keepdims=True)
        places = b.const(np.arange(x.shape[axis]).reshape([-1 if i == axis else 1 for i in range(x.rank)]), best.dtype)
        return b.cast(b.op("broadcast_equal", best, places), x.dtype)
    return b.op("softmax" if op == "Softmax" else "log_softmax", x, axis=axis)


@row("Cast")
def cast(b: Builder, n: Node) -> Value:
    """Another element type; small floating-point ones take numbers beyond their ends at their ends, if told so."""
    return cast_to(b, n, np.dtype(helper.tensor_dtype_to_np_dtype(n.attr("to"))))


def cast_to(b: Builder, n: Node, kind: np.dtype[Any]) -> Value:
    """The first input in an element type."""
    x = n[0]
    if kind.name == "float8_e8m0fnu":
        how = bool(n.attr("saturate", 1)), n.attr("round_mode", "up")
        return b.evaluate(lambda a: numpy_helper.to_float8e8m0(a.astype(np.float32), *how).astype(kind), x)
    if kind.name.startswith("float8") and n.attr("saturate", 1):
        return b.evaluate(lambda a: numpy_helper.saturate_cast(a, kind), x)
    return b.cast(x, kind)


@row("CastLike")
def cast_like(b: Builder, n: Node) -> Value:
    """The first input in the second one's element type."""
    return cast_to(b, n, n[1].dtype)


@row("CumProd")
def cumprod(b: Builder, n: Node) -> Value:
    """Running products, one slice after the other."""
    x, axis = n[0], axis_of(int(n[1].scalar()), n[0].rank)
    backwards = bool(n.attr("reverse", 0))
    if backwards:
        x = b.op("reverse", x, axis=axis)
    parts = [b.slice(x, axis, i, i + 1) for i in range(x.shape[axis])]
    if n.attr("exclusive", 0):
        parts = [b.const(np.ones(parts[0].shape, x.dtype)), *parts[:-1]]
    found = parts[:1]
    for p in parts[1:]:
        found.append(b.mul(found[-1], p))
    joined = b.concat(found, axis)
    return b.op("reverse", joined, axis=axis) if backwards else joined


@row("CumSum")
def cumsum(b: Builder, n: Node) -> Value:
    """Running sums along an axis; exclusive ones leave the element itself out, reverse ones begin at the end."""
    x, axis = n[0], axis_of(int(n[1].scalar()), n[0].rank)
    if n.attr("reverse", 0):
        x = b.op("reverse", x, axis=axis)
    found = b.op("cumsum", x, axis=axis)
    if n.attr("exclusive", 0):
        found = b.sub(found, x)
    return b.op("reverse", found, axis=axis) if n.attr("reverse", 0) else found
