"""Softmax along an axis, and the classifier's loss head."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ....ops.shapes import normalize_axis
from ....ops.softmax_output import rows
from ..elements import fence, get, put
from ..emit import Cut, Emitter, Size, Slice, Word, lowers, product
from ..functions import exp
from ..intrinsics import f32, f64, i64
from ..kernel import kernel
from ..rows import greatest_of

if TYPE_CHECKING:
    from ....scheduler.ir import Node

F = np.float32
ZERO = F(0)


@kernel("softmax")
def softmax(at: int) -> None:
    """y ← e^(f·x) / Σ e^(f·x) along the middle axis, or its logarithm: outer, n, inner, f, logarithm, x, y, scratch.

    The scratch, 2·inner numbers, is for inner > 1.
    """
    a = i64(at, 8)
    outer, n, inner, factor = a[0], a[1], a[2], F(f64(at, 4)[3])
    for o in range(outer):
        x, y = a[5] + o * n * inner * 4, a[6] + o * n * inner * 4
        if inner == 1:
            for j in range(n):
                put(y, j, get(x, j) * factor)
            fence()
            greatest, total = greatest_of(y, n), ZERO
            if a[4] != 0:
                for j in range(n):
                    total += exp(get(y, j) - greatest)
                shift = F(greatest + math.log(total))
                for j in range(n):
                    put(y, j, get(y, j) - shift)
            else:
                z = f32(y, n)
                for j in range(n):
                    e = exp(z[j] - greatest)
                    z[j] = e
                    total += e
                share = F(1.0 / total)
                for j in range(n):
                    z[j] *= share
            fence()
            continue
        most, sums = a[7], a[7] + inner * 4
        for j in range(inner):
            put(most, j, get(x, j) * factor)
            put(sums, j, ZERO)
        fence()
        for k in range(1, n):
            for j in range(inner):
                seen, before = get(x, k * inner + j) * factor, get(most, j)
                put(most, j, seen if seen > before else before)
            fence()
        for k in range(n):
            for j in range(inner):
                shifted = get(x, k * inner + j) * factor - get(most, j)
                e = exp(shifted)
                put(y, k * inner + j, shifted if a[4] != 0 else e)
                put(sums, j, get(sums, j) + e)
            fence()
        for j in range(inner):
            total = get(sums, j)
            put(sums, j, F(math.log(total)) if a[4] != 0 else F(1.0 / total))
        fence()
        for k in range(n):
            for j in range(inner):
                z = get(y, k * inner + j)
                put(y, k * inner + j, z - get(sums, j) if a[4] != 0 else z * get(sums, j))
        fence()


@kernel("softmax_loss_back")
def softmax_loss_back(at: int) -> None:
    """dx ← (p − target) · scale, the classes along the middle axis.

    Words: outer, n, inner, p, labels (outer, inner), scale, what the label's class is given more than the others, what
    those are given, whether to ignore, the label to ignore, whether to divide by the labels that are not it, dx.
    """
    a, numbers = i64(at, 12), f64(at, 12)
    outer, n, inner, scale, own, rest = a[0], a[1], a[2], F(numbers[5]), F(numbers[6]), F(numbers[7])
    ignored = F(numbers[9])
    labels = f32(a[4], outer * inner)
    if a[10] != 0:
        valid = 0
        for i in range(outer * inner):
            valid += labels[i] != ignored
        scale = F(scale / max(1, valid))
    for o in range(outer):
        p, dx = a[3] + o * n * inner * 4, a[11] + o * n * inner * 4
        for j in range(n * inner):
            put(dx, j, (get(p, j) - rest) * scale)
        fence()
        z = f32(dx, n * inner)
        for i in range(inner):
            label = labels[o * inner + i]
            if a[8] != 0 and label == ignored:
                for k in range(n):
                    z[k * inner + i] = ZERO
            elif label >= 0 and label < n:
                k = int(label)
                if label == k:
                    z[k * inner + i] -= own * scale


@kernel("difference")
def difference(at: int) -> None:
    """z ← (x − y) · factor: n, x, y, factor, z."""
    a, factor = i64(at, 5), F(f64(at, 4)[3])
    for j in range(a[0]):
        put(a[4], j, (get(a[1], j) - get(a[2], j)) * factor)


def classes_of(node: Node) -> tuple[int, int]:
    """The first and the last of the axes, which lie together, whose elements sum to 1."""
    p: Any = node.p
    rank = len(node.inputs[0].shape)
    if node.op.name == "SoftmaxActivation":
        return (1, 1) if p.mode == "channel" else (rank - 1, rank - 1)
    if node.op.name in ("SoftmaxOutput", "_softmax_output_grad"):
        return (rank - 1, rank - 1) if p.preserve_shape else (1, 1 if p.multi_output else rank - 1)
    axis = normalize_axis(p.axis, rank)
    return axis, axis


def _sizes(e: Emitter, node: Node) -> tuple[Size, Size, Size]:
    first, last = classes_of(node)
    shape = e.shape(node.inputs[0])
    return product(shape[:first]), product(shape[first : last + 1]), product(shape[last + 1 :])


@lowers(
    "softmax", "log_softmax", "softmin", "SoftmaxActivation", "SoftmaxOutput",
    lanes_uncut=lambda node: math.prod(node.inputs[0].shape[classes_of(node)[1] + 1 :]) == 1,
)  # fmt: skip
def normalize(e: Emitter, node: Node) -> None:
    """Row by row, or column by column where others lie between a row's elements."""
    outer, n, inner = _sizes(e, node)
    temperature = getattr(node.p, "temperature", None) or 1.0
    factor = getattr(node.op, "sign", 1.0) / temperature
    scratch: Word = 0 if inner == 1 else e.scratch(inner * 2)
    log, x, y = int(node.op.name == "log_softmax"), e.address(node.inputs[0]), e.address(node.outputs[0])
    if e.cut is Cut.LANES and isinstance(outer, int) and isinstance(n, int):
        some = Slice(outer, 1)
        e.call(softmax, some, n, 1, factor, log, some.of(x, 4 * n), some.of(y, 4 * n), scratch)
    else:
        e.call(softmax, outer, n, inner, factor, log, x, y, scratch)


def _ordinary(node: Node) -> bool:
    return bool(node.inputs[0].shape[1:])


@lowers("_softmax_output_grad", accepts=_ordinary)
def loss_back(e: Emitter, node: Node) -> None:
    """The difference to what the label asks for."""
    p: Any = node.p
    given, label, out = node.inputs[0], node.inputs[1], node.outputs[0]
    if given.shape == label.shape:
        e.call(difference, e.size(out), e.address(given), e.address(label), float(p.grad_scale), e.address(out))
        return
    seen = rows(p, given.shape)
    valid = p.normalization == "valid"
    scale = p.grad_scale if valid else p.grad_scale / max(1, seen.positions)
    scale = scale / max(1, seen.samples) if p.normalization == "batch" else scale
    rest = p.smooth_alpha / max(1, seen.classes - 1)
    own = 1.0 - p.smooth_alpha - rest
    e.call(softmax_loss_back, *_sizes(e, node), e.address(given), e.address(label), float(scale), own, rest,
           int(p.use_ignore), float(p.ignore_label), int(valid), e.address(out))  # fmt: skip
