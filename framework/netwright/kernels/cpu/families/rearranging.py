"""Elements in other places: transposes, slices and their gradients, joining and splitting, constants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ....ops.keys import expanded
from ....ops.shapes import normalize_axis
from ....ops.sums import kept_shape
from ..emit import Address, Cut, Emitter, Rows, Size, Slice, lowers, product
from ..intrinsics import copy_floats, f32, f64, i64
from ..kernel import kernel

if TYPE_CHECKING:
    from ....scheduler.ir import Node, Value

FLOAT = 4
RANK = 5
"""Axes that the kernel walks, once those that lie together are joined."""


@kernel("move")
def move(at: int) -> None:
    """Copy n0 × … × n4 elements: target, its first, source, its first, sizes, strides of the target, of the source."""
    a = i64(at, 19)
    n0, n1, n2, n3, n4 = a[4], a[5], a[6], a[7], a[8]
    step, pace = a[13], a[18]
    target, source = a[0] + a[1] * 4, a[2] + a[3] * 4
    for i in range(n0):
        for j in range(n1):
            for k in range(n2):
                to = target + (i * a[9] + j * a[10] + k * a[11]) * 4
                since = source + (i * a[14] + j * a[15] + k * a[16]) * 4
                if step == 1 and pace == 1:
                    for m in range(n3):
                        copy_floats(to + m * a[12] * 4, since + m * a[17] * 4, n4)
                else:
                    for m in range(n3):
                        y, x = to + m * a[12] * 4, since + m * a[17] * 4
                        for n in range(n4):
                            f32(y + n * step * 4, 1)[0] = f32(x + n * pace * 4, 1)[0]


@kernel("fill")
def fill(at: int) -> None:
    """All elements become one value: count, value, target."""
    a = i64(at, 3)
    value = f64(at, 2)[1]
    y = f32(a[2], a[0])
    for i in range(a[0]):
        y[i] = value


class Axis(NamedTuple):
    """An axis along which elements are copied: how many, and how far apart they lie on both sides."""

    size: Size
    target: Size
    source: Size


def strides(shape: Sequence[Size]) -> list[Size]:
    """Distances in elements between neighbours along each axis of what lies together."""
    found: list[Size] = []
    step: Size = 1
    for size in reversed(shape):
        found.append(step)
        step = size * step if isinstance(step, int) else step * size  # type: ignore[operator]
    return found[::-1]


def copy(e: Emitter, axes: Sequence[Axis], target: Address, source: Address, first: Size = 0, since: Size = 0) -> None:
    """Copy along all axes, from the elements ``first`` (of the target) and ``since`` (of the source) on."""
    joined: list[Axis] = []
    for axis in axes:
        if axis.size == 1:
            continue
        if joined and _follows(joined[-1], axis):
            joined[-1] = Axis(product((joined[-1].size, axis.size)), axis.target, axis.source)
        else:
            joined.append(axis)
    joined = [Axis(1, 0, 0)] * (RANK - len(joined)) + joined
    if joined[-1].size == 1:
        joined[-1] = Axis(1, 1, 1)
    assert len(joined) == RANK, "accepts() lets none through that has more"
    e.call(move, target, first, source, since, *(a.size for a in joined), *(a.target for a in joined),
           *(a.source for a in joined))  # fmt: skip


def _follows(outer: Axis, inner: Axis) -> bool:
    """Whether both are one axis, on both sides."""
    if isinstance(inner.size, Rows) and (isinstance(inner.target, Rows) or isinstance(inner.source, Rows)):
        return False  # a distance does not count rows twice
    return outer.target == inner.size * inner.target and outer.source == inner.size * inner.source  # type: ignore[operator]


def few_axes(node: Node) -> bool:
    """Whether no array has more axes than can be walked."""
    return all(sum(n != 1 for n in v.shape) <= RANK for v in (*node.inputs, *node.outputs))


def order_of(node: Node) -> list[int]:
    """The input's axes in the output's order."""
    p: Any = node.p
    rank = len(node.inputs[0].shape)
    if node.op.name == "SwapAxis":
        order = list(range(rank))
        a, b = p.dim1 % rank, p.dim2 % rank
        order[a], order[b] = order[b], order[a]
        return order
    return [a % rank for a in p.axes] if p.axes else list(range(rank))[::-1]


@lowers("transpose", "SwapAxis", accepts=few_axes, in_place=False)
def transpose(e: Emitter, node: Node) -> None:
    """A copy that walks the result's axes."""
    x, y = node.inputs[0], node.outputs[0]
    sizes, apart, order = e.shape(x), strides(e.shape(x)), order_of(node)
    axes = [Axis(sizes[a], step, apart[a]) for a, step in zip(order, strides(e.shape(y)), strict=True)]
    copy(e, axes, e.address(y), e.address(x))


class Extract(NamedTuple):
    """What a key takes of an axis of the array: the first place, the step, and how many."""

    first: int
    step: int
    number: int


def extracts(node: Node) -> list[Extract]:
    """What a slicing node, or its gradient, takes of each axis of the array; an integer takes one place."""
    p: Any = node.p
    shape = p.shape if node.op.name == "_basic_index_grad" else node.inputs[0].shape
    if node.op.name == "reverse":
        turned = [a % len(shape) for a in p.axis]
        return [Extract(n - 1, -1, n) if i in turned else Extract(0, 1, n) for i, n in enumerate(shape)]
    key = p.key if node.op.name == "_basic_index_grad" else node.op.key(p, *(v.shape for v in node.inputs))  # type: ignore[attr-defined]
    found = []
    for part, size in zip([part for part in expanded(key, len(shape)) if part is not None], shape, strict=True):
        places = range(*slice(*part).indices(size)) if isinstance(part, tuple) else range(part % size, part % size + 1)
        found.append(Extract(places.start, places.step, len(places)))
    return found


def _part(e: Emitter, node: Node, array: Value) -> tuple[list[Axis], Address, Size]:
    """Copying out of the array: its axes, and where the part begins (an address, and elements that count rows)."""
    sizes = e.shape(array)
    found, apart = extracts(node), strides(sizes)
    taken = [size if isinstance(size, Rows) else part.number for size, part in zip(sizes, found, strict=True)]
    fixed, moving = 0, 0
    for distance, part in zip(apart, found, strict=True):
        if isinstance(distance, Rows):
            moving += part.first * distance.each
        else:
            fixed += part.first * distance
    axes = [
        Axis(size, step, distance * part.step)
        for size, step, distance, part in zip(taken, strides(taken), apart, found, strict=True)
    ]
    return axes, e.address(array) + fixed * FLOAT, Rows(moving) if moving else 0


@lowers("_basic_index", "slice", "slice_axis", "slice_like", "reverse", accepts=few_axes, in_place=False)
def take_part(e: Emitter, node: Node) -> None:
    """A copy of the part."""
    axes, source, since = _part(e, node, node.inputs[0])
    copy(e, axes, e.address(node.outputs[0]), source, since=since)


@lowers("_basic_index_grad", accepts=few_axes, in_place=False)
def put_part(e: Emitter, node: Node) -> None:
    """Zeros, and the part written into them."""
    x, y = node.inputs[0], node.outputs[0]
    axes, target, first = _part(e, node, y)
    if node.inputs[0].spec.size < y.spec.size:
        e.call(fill, e.size(y), 0.0, e.address(y))
    copy(e, [Axis(a.size, a.source, a.target) for a in axes], target, e.address(x), first=first)


def _pieces(e: Emitter, whole: Value, pieces: Sequence[Value], axis: int) -> list[tuple[Value, list[Axis], Size]]:
    """For each piece of ``whole`` along an axis: axes of a copy into the whole, and where it begins there."""
    shape = e.shape(whole)
    apart = strides(shape)
    found, begin = [], 0
    for piece in pieces:
        size = piece.spec.size // (whole.spec.size // whole.shape[axis])
        sizes = [size if i == axis else n for i, n in enumerate(shape)]
        axes = [Axis(n, t, s) for n, t, s in zip(sizes, apart, strides(sizes), strict=True)]
        found.append((piece, axes, begin * apart[axis]))
        begin += size
    return found


def joined_axis(node: Node) -> int:
    """The axis along which arrays are joined or taken apart."""
    p: Any = node.p
    whole = node.outputs[0] if node.op.name in ("Concat", "stack") else node.inputs[0]
    return normalize_axis(p.dim if node.op.name == "Concat" else p.axis, len(whole.shape))


@lowers("Concat", "stack", accepts=few_axes, in_place=False)
def join(e: Emitter, node: Node) -> None:
    """Each array to its place."""
    y = node.outputs[0]
    for piece, axes, first in _pieces(e, y, node.inputs, joined_axis(node)):
        copy(e, axes, e.address(y), e.address(piece), first=first)


@lowers("SliceChannel", "_split_v2", accepts=few_axes, in_place=False)
def split(e: Emitter, node: Node) -> None:
    """Each piece from its place."""
    x = node.inputs[0]
    for piece, axes, since in _pieces(e, x, node.outputs, joined_axis(node)):
        copy(e, [Axis(a.size, a.source, a.target) for a in axes], e.address(piece), e.address(x), since=since)


@lowers("_rnn_parameters", cuts=(Cut.LANES, Cut.ONCE), in_place=False)
def lay_in_row(e: Emitter, node: Node) -> None:
    """Weights one behind the other."""
    first = 0
    for weight in node.inputs[1:]:
        size, source, target = weight.spec.size, e.address(weight), e.address(node.outputs[0]) + first * FLOAT
        some = Slice(size)
        if e.cut is Cut.LANES:
            e.call(move, some.of(target, FLOAT), 0, some.of(source, FLOAT), 0, 1, 1, 1, 1, some, 0, 0, 0, 0, 1, 0, 0,
                   0, 0, 1)  # fmt: skip
        else:
            copy(e, [Axis(size, 1, 1)], target, source)
        first += size


@lowers("_zeros", "_ones", "_full", cuts=(Cut.ONCE,))
def constant(e: Emitter, node: Node) -> None:
    """One value throughout."""
    p: Any = node.p
    value = {"_zeros": 0.0, "_ones": 1.0}.get(node.op.name)
    y = node.outputs[0]
    e.call(fill, y.spec.size, float(p.value) if value is None else value, e.address(y))


@lowers("_spread", accepts=few_axes, in_place=False)
def spread(e: Emitter, node: Node) -> None:
    """A copy whose source stands still along the axes that are repeated."""
    p: Any = node.p
    x, y = node.inputs[0], node.outputs[0]
    small, large = kept_shape(p.shape, node.op._axes(p, x.shape)), e.shape(y)  # type: ignore[attr-defined]
    sizes = [n if small[i] != 1 or p.shape[i] == 1 else 1 for i, n in enumerate(large)]
    apart = [0 if small[i] == 1 else step for i, step in enumerate(strides(sizes))]
    copy(e, [Axis(n, t, s) for n, t, s in zip(large, strides(large), apart, strict=True)], e.address(y), e.address(x))
