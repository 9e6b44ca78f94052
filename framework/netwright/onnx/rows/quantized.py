"""Whole numbers that stand for real ones by a scale and a zero point, and products of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import helper, numpy_helper

from ..table import Node, axis_of, row
from ..values import Builder, NeedsValue, Value
from .elementwise import round_half_even
from .nn import convolution, product


def along(b: Builder, n: Node, v: Value, x: Value) -> Value:
    """A scale or zero point against the data: one for all, for each place on an axis, or for each block of it."""
    axis = axis_of(n.attr("axis", 1), max(x.rank, 2)) if x.rank else 0
    if n.attr("block_size", 0):
        return b.slice(b.op("repeat", v, repeats=n.attr("block_size"), axis=axis), axis, 0, x.shape[axis])
    if v.rank == 0 or v.size == 1:
        return b.reshape(v, ())
    return b.reshape(v, [v.size if i == axis else 1 for i in range(x.rank)])


@row("DequantizeLinear")
def dequantize(b: Builder, n: Node) -> Value:
    """(x − zero point) · scale, in the scale's element type."""
    x, scale, zero = n[0], n[1], n.get(2)
    kind = scale.dtype if not n.attr("output_dtype", 0) else _dtype(n.attr("output_dtype"))
    wide = b.cast(x, "float32")
    if zero is not None:
        wide = b.sub(wide, along(b, n, b.cast(zero, "float32"), x))
    return b.cast(b.mul(wide, along(b, n, b.cast(scale, "float32"), x)), kind)


@row("QuantizeLinear")
def quantize(b: Builder, n: Node) -> Value:
    """x / scale to the nearest (halves to the even one), plus the zero point, kept within the element type."""
    x, scale, zero = n[0], n[1], n.get(2)
    kind = zero.dtype if zero is not None else _dtype(n.attr("output_dtype", 0) or 2)
    parts = b.div(b.cast(x, "float32"), along(b, n, b.cast(scale, "float32"), x))
    if kind.kind not in "iu" and "int" not in kind.name:
        return saturated(parts, kind)
    return within(b, parts, None if zero is None else along(b, n, b.cast(zero, "float32"), x), kind)


def _dtype(number: int) -> np.dtype[Any]:
    return np.dtype(helper.tensor_dtype_to_np_dtype(number))


def within(b: Builder, x: Value, zero: Value | None, kind: np.dtype[Any]) -> Value:
    """Rounded, shifted, and cut off at the ends of a whole type."""
    found = round_half_even(b, x)
    found = found if zero is None else b.add(found, zero)
    low, high = _ends(kind)
    return b.cast(b.op("clip", found, a_min=low, a_max=high), kind)


def _ends(kind: np.dtype[Any]) -> tuple[float, float]:
    if kind.kind in "iu":
        return float(np.iinfo(kind).min), float(np.iinfo(kind).max)
    bits = int(kind.name[-1])  # int4, uint2: element types that NumPy has from elsewhere
    return (0.0, 2.0**bits - 1) if kind.name.startswith("u") else (-(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1)


def saturated(x: Value, kind: np.dtype[Any]) -> Value:
    """Known numbers in a small floating-point type, those beyond its ends at its ends."""
    if x.array is None:
        raise NeedsValue(x.sources)
    found = numpy_helper.saturate_cast(x.array, kind)
    return Value(x.shape, kind, found, sources=x.sources)


def _shifted(b: Builder, x: Value, zero: Value | None, axis: int | None = None) -> Value:
    """x − zero point, exactly, as float64."""
    wide = b.cast(x, "float64")
    if zero is None:
        return wide
    shift = b.cast(zero, "float64")
    if shift.size > 1 and axis is not None:
        shift = b.reshape(shift, [shift.size if i == axis else 1 for i in range(x.rank)])
    return b.sub(wide, shift if shift.size > 1 else b.reshape(shift, ()))


@row("MatMulInteger")
def integer_product(b: Builder, n: Node) -> Value:
    """The product of both less their zero points, as int32."""
    left = _shifted(b, n[0], n.get(2), n[0].rank - 2)
    return b.cast(product(b, left, _shifted(b, n[1], n.get(3), n[1].rank - 1)), "int32")


@row("QLinearMatMul")
def quantized_product(b: Builder, n: Node) -> Value:
    """The product of what both stand for, quantized again."""
    x, x_scale, x_zero, y, y_scale, y_zero, scale, zero = (n[i] for i in range(8))
    found = product(b, _shifted(b, x, x_zero), _shifted(b, y, y_zero))
    factor = b.div(b.mul(b.cast(x_scale, "float64"), b.cast(y_scale, "float64")), b.cast(scale, "float64"))
    return within(b, b.mul(found, b.reshape(factor, ())), b.reshape(b.cast(zero, "float64"), ()), zero.dtype)


def _with_inputs(n: Node, inputs: list[Any]) -> Node:
    return Node(n.op, n.name, inputs, n.attributes, n.outputs, n.opset, n.scope)


@row("ConvInteger")
def integer_convolution(b: Builder, n: Node) -> Value:
    """The convolution of both less their zero points, as int32."""
    inputs = [_shifted(b, n[0], n.get(2)), _shifted(b, n[1], n.get(3), 0)]
    return b.cast(convolution(b, _with_inputs(n, inputs)), "int32")


@row("QLinearConv")
def quantized_convolution(b: Builder, n: Node) -> Value:
    """The convolution of what both stand for, quantized again; the bias is in units of the two scales' product."""
    x, x_scale, x_zero, w, w_scale, w_zero, scale, zero = (n[i] for i in range(8))
    bias = None if n.get(8) is None else b.cast(n[8], "float64")
    found = convolution(b, _with_inputs(n, [_shifted(b, x, x_zero), _shifted(b, w, w_zero, 0), bias]))
    factor = b.div(b.mul(b.cast(x_scale, "float64"), b.cast(w_scale, "float64")), b.cast(scale, "float64"))
    factor = b.reshape(factor, (1, factor.size, *[1] * (x.rank - 2)) if factor.size > 1 else ())
    return within(b, b.mul(found, factor), b.reshape(b.cast(zero, "float64"), ()), zero.dtype)
