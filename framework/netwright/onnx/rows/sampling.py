"""Places in images that are computed: sampling on a grid, patches put together, maxima put back."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from ..table import Node, row
from ..values import Builder, Value
from .elementwise import round_half_even


@row("GridSample")
def grid_sample(b: Builder, n: Node) -> Value:
    """Values at the grid's places: the nearest, or the neighbours' by linear or cubic weights."""
    x, grid = n[0], n[1]
    space = x.shape[2:]
    mode = {"bilinear": "linear", "bicubic": "cubic"}.get(n.attr("mode", "linear"), n.attr("mode", "linear"))
    sampler = _Sampler(b, n, x, grid.shape[1:-1])
    at = [b.slice(grid, grid.rank - 1, i, i + 1) for i in range(len(space))][::-1]
    at = [b.reshape(a, grid.shape[:-1]) for a in at]
    places = [sampler.wanted(a, size) for a, size in zip(at, space, strict=True)]
    if mode == "nearest":
        return sampler.finish(sampler.fetch([round_half_even(b, p) for p in places]))
    below = [b.op("floor", p) for p in places]
    rest = [b.sub(p, q) for p, q in zip(places, below, strict=True)]
    reach = range(-1, 3) if mode == "cubic" else range(2)
    total: Value | None = None
    for taps in itertools.product(reach, repeat=len(space)):
        value = sampler.fetch([b.add(q, float(t)) for q, t in zip(below, taps, strict=True)])
        for r, t in zip(rest, taps, strict=True):
            weight = _cubic(b, b.sub(r, float(t))) if mode == "cubic" else _linear(b, b.sub(r, float(t)))
            value = b.mul(value, b.reshape(weight, (*weight.shape, 1)))
        total = value if total is None else b.add(total, value)
    assert total is not None
    return sampler.finish(total)


def _linear(b: Builder, distance: Value) -> Value:
    return b.sub(b.like(1, distance), b.op("abs", distance))


def _cubic(b: Builder, distance: Value, a: float = -0.75) -> Value:
    """Keys's weights: one polynomial up to 1, another up to 2."""
    d = b.op("abs", distance)
    square = b.mul(d, d)
    cube = b.mul(square, d)
    near = b.add(b.sub(b.mul(cube, a + 2), b.mul(square, a + 3)), 1.0)
    far = b.sub(b.add(b.sub(b.mul(cube, a), b.mul(square, 5 * a)), b.mul(d, 8 * a)), 4 * a)
    return b.where(b.compare("broadcast_lesser_equal", d, 1.0), near, far)


class _Sampler:
    """The data laid out for fetching by position, and what holds beyond their ends."""

    def __init__(self, b: Builder, n: Node, x: Value, out: tuple[int, ...]) -> None:
        self.b, self.x, self.out = b, x, out
        self.padding, self.corners = n.attr("padding_mode", "zeros"), bool(n.attr("align_corners", 0))
        self.space = x.shape[2:]
        last = b.transpose(x, (0, *range(2, x.rank), 1))
        self.flat = b.reshape(last, (x.shape[0] * math.prod(self.space), x.shape[1]))

    def wanted(self, at: Value, size: int) -> Value:
        """Where −1 … 1 lies on an axis; with reflection or border brought back to where there are data."""
        b = self.b
        scale = (size - 1) / 2 if self.corners else size / 2
        place = b.add(b.mul(at, scale), (size - 1) / 2)
        if self.padding == "border":
            return self._clipped(place, size)
        return self._reflected(place, size) if self.padding == "reflection" else place

    def _clipped(self, place: Value, size: int) -> Value:
        return self.b.op("clip", place, a_min=0.0, a_max=float(size - 1))

    def _reflected(self, place: Value, size: int) -> Value:
        """Thrown back at the first and last place, or half a place beyond them."""
        b = self.b
        low, span = (0.0, size - 1.0) if self.corners else (-0.5, float(size))
        if span == 0:
            return b.mul(place, 0.0)
        period = b.op("broadcast_mod", b.sub(place, low), b.like(2 * span, place))
        return b.add(b.sub(b.like(span, period), b.op("abs", b.sub(period, span))), low)

    def fetch(self, places: list[Value]) -> Value:
        """(batch, *out, channels) at whole places; 0 beyond the ends where the padding says so."""
        b, inside = self.b, None
        number = b.const(np.arange(self.x.shape[0]).reshape(-1, *[1] * len(self.out)), np.int64)
        for place, size in zip(places, self.space, strict=True):
            if self.padding == "zeros":
                low = b.compare("broadcast_greater_equal", place, 0.0)
                both = b.compare("broadcast_logical_and", low, b.compare("broadcast_lesser_equal", place, size - 1.0))
                inside = both if inside is None else b.compare("broadcast_logical_and", inside, both)
            elif self.padding == "reflection":
                place = self._reflected(place, size)
            whole = b.cast(self._clipped(place, size), "int64")
            number = b.add(b.mul(number, size), whole)
        found = b.op("take", self.flat, number, axis=0)
        if inside is None:
            return found
        return b.where(b.reshape(inside, (*inside.shape, 1)), found, b.like(0, found))

    def finish(self, found: Value) -> Value:
        """Channels back on the second axis."""
        return self.b.transpose(found, (0, found.rank - 1, *range(1, found.rank - 1)))


@row("Col2Im")
def columns_to_image(b: Builder, n: Node) -> Value:
    """Columns of patches added up where they lie in the image."""
    x, image, block = n[0], n[1].ints(), n[2].ints()
    rank = len(image)
    step, apart = n.attr("strides") or [1] * rank, n.attr("dilations") or [1] * rank
    pads = n.attr("pads") or [0] * (2 * rank)
    whole = [s + p + q for s, p, q in zip(image, pads[:rank], pads[rank:], strict=True)]
    counts = [(w - d * (k - 1) - 1) // s + 1 for w, k, d, s in zip(whole, block, apart, step, strict=True)]
    axes = [np.arange(k)[:, None] * d + np.arange(c) * s for k, d, c, s in zip(block, apart, counts, step, strict=True)]
    places: Any = 0
    for i, (axis, size) in enumerate(zip(axes, whole, strict=True)):
        shape = [1] * (2 * rank)
        shape[i], shape[rank + i] = axis.shape
        places = places * size + axis.reshape(shape)
    lines = x.shape[0] * (x.shape[1] // math.prod(block))
    updates = b.transpose(b.reshape(x, (lines, x.size // lines)), (1, 0))
    index = b.const(places.reshape(1, -1).astype(np.int64))
    total = b.op("_scatter_nd_add", updates, index, shape=(math.prod(whole), lines))
    found = b.reshape(b.transpose(total, (1, 0)), (x.shape[0], lines // x.shape[0], *whole))
    for axis, (size, before) in enumerate(zip(image, pads[:rank], strict=True), 2):
        found = b.slice(found, axis, before, before + size)
    return found


@row("MaxUnpool")
def unpool(b: Builder, n: Node) -> Value:
    """Zeros with each value at the place that MaxPool's second output names."""
    x, index = n[0], n[1]
    kernel = n.attr("kernel_shape")
    rank = len(kernel)
    stride, pads = n.attr("strides") or [1] * rank, n.attr("pads") or [0] * (2 * rank)
    sizes = [
        (s - 1) * t + k - p - q
        for s, t, k, p, q in zip(x.shape[2:], stride, kernel, pads[:rank], pads[rank:], strict=True)
    ]
    shape = (*x.shape[:2], *sizes)
    flat = b.reshape(b.cast(index, "int64"), (1, x.size))
    found = b.reshape(b.op("_scatter_nd_add", b.reshape(x, (x.size,)), flat, shape=(math.prod(shape),)), shape)
    if n.get(2) is None:
        return found
    for axis, (size, wanted) in enumerate(zip(shape, n[2].ints(), strict=True)):
        if wanted > size:
            more = [wanted - size if i == axis else s for i, s in enumerate(found.shape)]
            found = b.concat([found, b.const(np.zeros(more, x.dtype))], axis)
    return found


@row("NonMaxSuppression")
def non_max_suppression(b: Builder, n: Node) -> Value:
    """The best boxes of each class that do not overlap a better one; how many follows from values."""
    most = 0 if n.get(2) is None else int(n[2].scalar())
    overlap = 0.0 if n.get(3) is None else float(n[3].scalar())
    least = None if n.get(4) is None else float(n[4].scalar())
    centers = bool(n.attr("center_point_box", 0))

    def chosen(boxes: Any, scores: Any) -> Any:
        found = [
            (image, label, box)
            for image in range(scores.shape[0])
            for label in range(scores.shape[1])
            for box in _best(_corners(boxes[image], centers), scores[image, label], most, overlap, least)
        ]
        return np.array(found, np.int64).reshape(-1, 3)

    return b.evaluate(chosen, n[0], n[1])


def _corners(boxes: Any, centers: bool) -> Any:
    """(y1, x1, y2, x2) with the smaller first."""
    if centers:
        x, y, width, height = boxes.T
        return np.stack([y - height / 2, x - width / 2, y + height / 2, x + width / 2], 1)
    first, second = boxes[:, :2], boxes[:, 2:]
    return np.concatenate([np.minimum(first, second), np.maximum(first, second)], 1)


def _best(boxes: Any, scores: Any, most: int, overlap: float, least: float | None) -> list[int]:
    order = [int(i) for i in np.argsort(-scores, kind="stable") if least is None or scores[i] > least]
    kept: list[int] = []
    for i in order:
        if len(kept) >= most:
            break
        if all(_shared(boxes[i], boxes[k]) <= overlap for k in kept):
            kept.append(i)
    return kept


def _shared(a: Any, c: Any) -> float:
    """The part that two boxes share of what they cover together."""
    sides = np.maximum(np.minimum(a[2:], c[2:]) - np.maximum(a[:2], c[:2]), 0)
    inner = float(sides.prod())
    outer = float((a[2:] - a[:2]).prod() + (c[2:] - c[:2]).prod()) - inner
    return inner / outer if outer > 0 else 0.0
