"""Matrix products, convolution and normalisation."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..table import Node, row
from ..values import Builder, Value
from .shape import pad_axis


@row("MatMul")
def matmul(b: Builder, n: Node) -> Value:
    """The product of matrices, vectors or batches, as NumPy's matmul."""
    return product(b, n[0], n[1])


def product(b: Builder, x: Value, y: Value) -> Value:
    """NumPy's matmul: batches broadcast, vectors given the axis they lack."""
    if x.rank == 1:
        return _without(b, product(b, b.reshape(x, (1, *x.shape)), y), -2 if y.rank > 1 else 0)
    if y.rank == 1:
        return _without(b, product(b, x, b.reshape(y, (*y.shape, 1))), -1)
    if y.rank == 2:
        lines = b.reshape(x, (math.prod(x.shape[:-1]), x.shape[-1]))
        return b.reshape(b.op("dot", lines, y), (*x.shape[:-1], y.shape[1]))
    batch = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    rows = int(np.prod(batch))
    flat = [b.reshape(b.broadcast(v, (*batch, *v.shape[-2:])), (rows, *v.shape[-2:])) for v in (x, y)]
    return b.reshape(b.op("batch_dot", *flat), (*batch, x.shape[-2], y.shape[-1]))


def _without(b: Builder, value: Value, axis: int) -> Value:
    shape = list(value.shape)
    del shape[axis]
    return b.reshape(value, shape)


@row("Gemm")
def gemm(b: Builder, n: Node) -> Value:
    """alpha · A B + beta · C; FullyConnected where that is what it is, so that weights keep their names."""
    x, weight, bias = n[0], n[1], n.get(2)
    plain = n.attr("alpha", 1.0) == n.attr("beta", 1.0) == 1 and n.attr("transB", 0) and not n.attr("transA", 0)
    if plain and x.size and (bias is None or bias.shape == weight.shape[:1]):
        given = (x, weight) if bias is None else (x, weight, bias)
        return b.op("FullyConnected", *given, num_hidden=weight.shape[0], no_bias=bias is None)
    x = b.transpose(n[0], (1, 0)) if n.attr("transA", 0) else n[0]
    y = b.transpose(n[1], (1, 0)) if n.attr("transB", 0) else n[1]
    found = product(b, x, y)
    alpha, beta = n.attr("alpha", 1.0), n.attr("beta", 1.0)
    found = found if alpha == 1 else b.mul(found, alpha)
    c = n.get(2)
    if c is None:
        return found
    return b.add(found, c if beta == 1 else b.mul(c, beta))


@row("Conv")
def convolution(b: Builder, n: Node) -> Value:
    """Convolution; padding that differs on the two sides is put on the data before."""
    x, weight, bias = n[0], n[1], n.get(2)
    spatial = x.rank - 2
    kernel, stride = weight.shape[2:], tuple(n.attr("strides") or (1,) * spatial)
    dilate = tuple(n.attr("dilations") or (1,) * spatial)
    extent = [(k - 1) * d + 1 for k, d in zip(kernel, dilate, strict=True)]
    before, after = window_pads(n, x.shape[2:], extent, stride)
    if before != after:
        x = pad_spatial(b, x, before, after, b.like(0, x))
        before = (0,) * spatial
    inputs = [x, weight] if bias is None else [x, weight, bias]
    return b.op(
        "Convolution", *inputs, kernel=kernel, stride=stride, dilate=dilate, pad=before,
        num_filter=weight.shape[0], num_group=n.attr("group", 1), no_bias=bias is None,
    )  # fmt: skip


def window_pads(
    n: Node, sizes: Sequence[int], extent: Sequence[int], stride: Sequence[int]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Padding before and after each spatial axis, from ``pads`` or ``auto_pad``."""
    auto = n.attr("auto_pad", "NOTSET")
    spatial = len(sizes)
    if auto == "VALID":
        return (0,) * spatial, (0,) * spatial
    if auto == "NOTSET":
        pads = tuple(n.attr("pads") or (0,) * (2 * spatial))
        return pads[:spatial], pads[spatial:]
    total = [max((-(-size // s) - 1) * s + e - size, 0) for size, e, s in zip(sizes, extent, stride, strict=True)]
    small, large = tuple(t // 2 for t in total), tuple(t - t // 2 for t in total)
    return (small, large) if auto == "SAME_UPPER" else (large, small)


def pad_spatial(b: Builder, x: Value, before: Sequence[int], after: Sequence[int], fill: Value) -> Value:
    """All axes from the third on, padded by one value."""
    for axis, (low, high) in enumerate(zip(before, after, strict=True), 2):
        x = pad_axis(b, x, axis, low, high, "constant", fill)
    return x


@row("ConvTranspose")
def transposed_convolution(b: Builder, n: Node) -> Value:
    """All of the output, then the padding cut from it (or zeros added where more is asked for)."""
    x, weight, bias = n[0], n[1], n.get(2)
    spatial = x.rank - 2
    kernel, stride = weight.shape[2:], tuple(n.attr("strides") or (1,) * spatial)
    dilate = tuple(n.attr("dilations") or (1,) * spatial)
    more = tuple(n.attr("output_padding") or (0,) * spatial)
    group = n.attr("group", 1)
    full = b.op(
        "Deconvolution", x, weight, kernel=kernel, stride=stride, dilate=dilate,
        num_filter=weight.shape[1] * group, num_group=group, no_bias=True,
    )  # fmt: skip
    begins, sizes = _wanted_part(n, x, full, stride, more)
    for axis, (begin, size) in enumerate(zip(begins, sizes, strict=True), 2):
        rest = size + begin - full.shape[axis]
        full = pad_axis(b, full, axis, -begin, rest, "constant", b.like(0, full))
    return full if bias is None else b.add(full, b.reshape(bias, (-1 if not bias.size else bias.size, *[1] * spatial)))


def _wanted_part(
    n: Node, x: Value, full: Value, stride: Sequence[int], more: Sequence[int]
) -> tuple[list[int], list[int]]:
    shape, auto = n.attr("output_shape"), n.attr("auto_pad", "NOTSET")
    spatial = x.rank - 2
    whole = [f + m for f, m in zip(full.shape[2:], more, strict=True)]
    if shape is None and auto not in ("SAME_UPPER", "SAME_LOWER"):
        pads = n.attr("pads") or [0] * (2 * spatial)
        return list(pads[:spatial]), [w - p - q for w, p, q in zip(whole, pads[:spatial], pads[spatial:], strict=True)]
    sizes = list(shape[-spatial:]) if shape else [i * s for i, s in zip(x.shape[2:], stride, strict=True)]
    total = [max(w - s, 0) for w, s in zip(whole, sizes, strict=True)]
    return [t - t // 2 if auto == "SAME_LOWER" else t // 2 for t in total], sizes


@row("BatchNormalization")
def batch_norm(b: Builder, n: Node) -> Any:
    """By the given statistics; in training mode by the batch's own, and the running ones moved towards them."""
    x = n[0]
    eps = n.attr("epsilon", 1e-5)
    if not n.attr("training_mode", 0):
        column = (-1, *[1] * (x.rank - 2))
        scale, shift, mean, var = (b.reshape(n[i], (n[i].size, *column[1:])) for i in range(1, 5))
        if x.dtype == n[1].dtype == n[3].dtype and x.rank > 1:
            return b.op("BatchNorm", x, n[1], n[2], n[3], n[4], eps=eps, fix_gamma=False, use_global_stats=True)
        normal = b.div(b.sub(x, mean), b.op("sqrt", b.add(var, eps)))
        return b.add(b.mul(normal, scale), shift)
    axes = (0, *range(2, x.rank))
    mean = b.op("mean", x, axis=axes, keepdims=True)
    apart = b.sub(x, mean)
    var = b.op("mean", b.mul(apart, apart), axis=axes, keepdims=True)
    across = (1, x.shape[1], *[1] * (x.rank - 2))
    normal = b.div(apart, b.op("sqrt", b.add(var, eps)))
    found = b.add(b.mul(normal, b.reshape(n[1], across)), b.reshape(n[2], across))
    keep = n.attr("momentum", 0.9)
    running = [
        b.add(b.mul(n[i], keep), b.mul(b.reshape(new, n[i].shape), 1 - keep)) for i, new in ((3, mean), (4, var))
    ]
    return (found, *running)


@row("InstanceNormalization")
def instance_norm(b: Builder, n: Node) -> Value:
    """InstanceNorm with the same epsilon."""
    return b.op("InstanceNorm", n[0], n[1], n[2], eps=n.attr("epsilon", 1e-5))


@row("LRN")
def response_norm(b: Builder, n: Node) -> Value:
    """LRN over as many channels."""
    return b.op(
        "LRN", n[0], nsize=n.attr("size"), alpha=n.attr("alpha", 1e-4), beta=n.attr("beta", 0.75),
        knorm=n.attr("bias", 1.0),
    )  # fmt: skip


@row("LpNormalization")
def lp_normalization(b: Builder, n: Node) -> Value:
    """Divided by the p-norm along an axis; what has length 0 stays."""
    x, axis = n[0], n.attr("axis", -1)
    length = b.op("norm", x, ord=n.attr("p", 2), axis=axis, keepdims=True)
    empty = b.compare("broadcast_equal", length, 0)
    return b.div(x, b.where(empty, b.like(1, x), length))


@row("Einsum")
def einsum(b: Builder, n: Node) -> Value:
    """The operands with all letters as axes, multiplied, and summed over the letters that the result lacks."""
    left, arrow, right = n.attr("equation").replace(" ", "").partition("->")
    terms = [_letters(term, v.rank) for term, v in zip(left.split(","), n.inputs, strict=True)]
    every = sorted({letter for term in terms for letter in term})
    counts = Counter(letter for term in terms for letter in term)
    spread = sorted((letter for letter in every if not letter.isalpha()), reverse=True)
    kept = [*spread, *(k for k in every if k.isalpha() and counts[k] == 1)]
    wanted = _letters(right, len(spread) + len(right.replace("...", ""))) if arrow else kept
    order = [*wanted, *(letter for letter in every if letter not in wanted)]
    found: Value | None = None
    for term, v in zip(terms, n.inputs, strict=True):
        aligned = _aligned(b, v, term, order)
        found = aligned if found is None else b.mul(found, aligned)
    assert found is not None
    summed = tuple(range(len(wanted), len(order)))
    if not summed:
        return found
    return b.reshape(b.op("sum", found, axis=summed), found.shape[: len(wanted)])


def _letters(term: str, rank: int) -> list[str]:
    """A term letter by letter; the axes that an ellipsis stands for are numbered from the last."""
    before, dots, after = term.partition("...")
    if not dots:
        return list(term)
    return [*before, *(str(i) for i in range(rank - len(before) - len(after))[::-1]), *after]


def _aligned(b: Builder, v: Value, term: list[str], order: list[str]) -> Value:
    """An operand with an axis for each letter; of a letter that comes twice only the diagonal."""
    for letter in [k for k in dict.fromkeys(term) if term.count(k) > 1]:
        first = term.index(letter)
        second = term.index(letter, first + 1)
        size = v.shape[first]
        eye = np.eye(size).reshape([size if i in (first, second) else 1 for i in range(v.rank)])
        v = b.mul(v, b.const(eye.astype(v.dtype)))
        v = b.reshape(b.op("sum", v, axis=second), [s for i, s in enumerate(v.shape) if i != second])
        term = [k for i, k in enumerate(term) if i != second]
    present = [k for k in order if k in term]
    v = b.transpose(v, [term.index(k) for k in present])
    sizes = dict(zip(present, v.shape, strict=True))
    return b.reshape(v, [sizes.get(k, 1) for k in order])


@row("DeformConv")
def deformable_convolution(b: Builder, n: Node) -> Value:
    """ModulatedDeformableConvolution; without a mask all of its weights are 1."""
    x, weight, offset, bias, mask = n[0], n[1], n[2], n.get(3), n.get(4)
    kernel = weight.shape[2:]
    stride, dilate = tuple(n.attr("strides") or (1, 1)), tuple(n.attr("dilations") or (1, 1))
    before, after = window_pads(n, x.shape[2:], [(k - 1) * d + 1 for k, d in zip(kernel, dilate, strict=True)], stride)
    if before != after:
        raise n.refuse("padding is the same on both sides here", got=(before, after))
    if mask is None:
        mask = b.const(np.ones((x.shape[0], offset.shape[1] // 2, *offset.shape[2:]), x.dtype))
    inputs = (x, offset, mask, weight) if bias is None else (x, offset, mask, weight, bias)
    return b.op(
        "_contrib_ModulatedDeformableConvolution", *inputs, kernel=kernel, stride=stride, dilate=dilate, pad=before,
        num_filter=weight.shape[0], num_group=n.attr("group", 1), num_deformable_group=n.attr("offset_group", 1),
        no_bias=bias is None,
    )  # fmt: skip
