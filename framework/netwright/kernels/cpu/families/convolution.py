"""Convolution and its gradients over planes, channels first: products of shifted planes, without columns.

One image after the other: a shard's padded image stays in the cache while all its filters are applied. Stride and
dilation, groups, and one or two spatial axes are offsets and loops of the same kernels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ....ops.convolution import convolved
from ....ops.windows import Windows
from ..emit import Address, Cut, Emitter, Slice, SliceAddress, Word, lowers
from ..intrinsics import copy_floats, f32, f64, i64, zero_floats
from ..kernel import kernel
from ..planes import (
    CHUNK,
    add_run,
    list_vectors,
    pack_weights,
    product_planes,
    split_planes,
    sum_places,
    turn_planes,
)
from ..tiles import HALF, ROWS, VECTORS, WIDE, row_tile

if TYPE_CHECKING:
    from ....scheduler.ir import Node


@kernel("convolve")
def convolve(at: int) -> None:
    """y ← conv(x, w · scale) + bias (+ beside), then ReLU where asked.

    Words: images, groups, channels and filters a group, height, width, lines and columns of y, kernel (2), stride (2),
    dilation (2), padding (2); x, w, bias (or 0), y, relu; whether x is copied; scratch: padded image, packed weights,
    bias, tables, sums; scale (or 0), beside (or 0). Then what is made of y: all filters of a group (of which this call
    has some), where its first line lies, and how many lines; and whether y has the maxima of 2 × 2 each.
    """
    a = i64(at, 33)
    scale, beside = a[27], a[28]
    every, made, pooled = a[29], a[31], a[32]
    groups, channels, filters, height, width, lines, columns = a[1], a[2], a[3], a[4], a[5], a[6], a[7]
    kh, kw, sh, sw, dh, dw, top, left = a[8], a[9], a[10], a[11], a[12], a[13], a[14], a[15]
    bias, y, relu, copied, space = a[18], a[19], a[20], a[21], a[22]
    packed, biases, table, sums = a[23], a[24], a[25], a[26]
    hs, ws = (height + 2 * top + sh - 1) // sh, (width + 2 * left + sw - 1) // sw
    plane, taps = sh * sw * hs * ws, kh * kw
    depth = channels * taps
    positions, offsets = i64(table, taps), i64(table + taps * 8, depth)
    for i in range(kh):
        for j in range(kw):
            p, q = i * dh, j * dw
            positions[i * kw + j] = i * kw + j
            offsets[i * kw + j] = (((p % sh) * sw + q % sw) * hs * ws + (p // sh) * ws + q // sw) * 4
    for c in range(1, channels):
        for t in range(taps):
            offsets[c * taps + t] = offsets[t] + c * plane * 4
    zero_floats(biases, filters * groups + ROWS)
    if bias != 0:
        copy_floats(biases, bias, filters * groups)
    size = (filters + 1) // 2 * 2 * depth
    for g in range(groups):
        factors = scale + g * filters * 4 if scale != 0 else 0
        weights = a[17] + g * filters * depth * 4
        pack_weights(weights, filters, depth, channels, taps, table, taps, factors, packed + g * size * 4)
    vectors, room = table + (taps + depth) * 8, lines * ws // HALF + 2
    side = 2 if pooled != 0 else 1
    lines_out, columns_out = lines // side, columns // side
    begin = (a[30] - y) // (columns_out * 4)
    first, met = begin * side, made * side
    above = max(0, first * sh - top)
    below = max(above, min(height, (first + met - 1) * sh + (kh - 1) * dh - top + 1))
    if copied != 0:
        zero_floats(space, groups * channels * plane)
    if made == 0:
        return
    for n in range(a[0]):
        image = a[16] + n * groups * channels * height * width * 4
        if copied != 0:
            split_planes(image, groups * channels, height, width, space, sh, sw, top, left, hs, ws, above, below)
            image = space
        for g in range(groups):
            into = y + ((n * groups + g) * every * lines_out + begin) * columns_out * 4
            product_planes(image + g * channels * plane * 4, depth, table + taps * 8, packed + g * size * 4, filters,
                           biases + g * filters * 4, relu if beside == 0 else 0, vectors, room, first * ws, met,
                           columns, ws, into, lines_out * columns_out, columns_out, 1, sums, pooled)  # fmt: skip
        if beside != 0:
            count = made * columns
            low = np.float32(0) if relu != 0 else np.float32(-np.inf)
            for f in range(groups * filters):
                where = ((n * groups * every + f) * lines + first) * columns * 4
                mine, other = f32(y + where, count), f32(beside + where, count)
                for i in range(count):
                    total = mine[i] + other[i]
                    mine[i] = low if total < low else total


@kernel("fold_norm")
def fold_norm(at: int) -> None:
    """A normalisation as factors and a bias: scale = gamma / √(var + eps), shift = beta + (bias − mean) · scale.

    Filters, bias (or 0), gamma (or 0), beta, mean, var, scale, shift, eps.
    """
    a, eps = i64(at, 8), np.float32(f64(at, 9)[8])
    n = a[0]
    beta, mean, var, scale, shift = f32(a[3], n), f32(a[4], n), f32(a[5], n), f32(a[6], n), f32(a[7], n)
    for f in range(n):
        scale[f] = np.float32(1) / np.sqrt(var[f] + eps)
        shift[f] = -mean[f]
    if a[2] != 0:
        gamma = f32(a[2], n)
        for f in range(n):
            scale[f] *= gamma[f]
    if a[1] != 0:
        bias = f32(a[1], n)
        for f in range(n):
            shift[f] += bias[f]
    for f in range(n):
        shift[f] = shift[f] * scale[f] + beta[f]


@kernel("convolve_data_grad")
def convolve_data_grad(at: int) -> None:
    """dx ← the transpose of ``convolve`` in x, on dy.

    The numbers of dx that lie at one remainder of the stride meet the same kernel positions: they are one convolution
    of dy. Words: as of ``convolve``, with dy for x, 0 for the bias and dx for y; the image that is padded is dy.
    """
    a = i64(at, 27)
    groups, channels, filters, height, width, lines, columns = a[1], a[2], a[3], a[4], a[5], a[6], a[7]
    kh, kw, sh, sw, dh, dw, top, left = a[8], a[9], a[10], a[11], a[12], a[13], a[14], a[15]
    dx, space, packed, biases, table, sums = a[19], a[22], a[23], a[24], a[25], a[26]
    before_h, before_w = ((kh - 1) * dh) // sh - top // sh, ((kw - 1) * dw) // sw - left // sw
    hs, ws = (top + height - 1) // sh + before_h + 1, (left + width - 1) // sw + before_w + 1
    plane, taps = hs * ws, kh * kw
    positions, size = i64(table, taps), (channels + 1) // 2 * 2 * filters * taps
    zero_floats(biases, channels + ROWS)
    # for each remainder its kernel positions, one after another, with offsets and weights
    met = 0
    for ra in range(sh):
        for rb in range(sw):
            begin = met
            for i in range(kh):
                for j in range(kw):
                    if i * dh % sh == ra and j * dw % sw == rb:
                        positions[met] = i * kw + j
                        met += 1
            count = met - begin
            offsets = i64(table + (taps + begin * filters) * 8, count * filters)
            for f in range(filters):
                for t in range(count):
                    i, j = positions[begin + t] // kw, positions[begin + t] % kw
                    offsets[f * count + t] = (f * plane - (i * dh // sh) * ws - j * dw // sw) * 4
            for g in range(groups):
                where = packed + (g * size + (channels + 1) // 2 * 2 * begin * filters) * 4
                pack_weights(a[17] + g * filters * channels * taps * 4, channels, taps, filters, channels * taps,
                             table + begin * 8, count, 0, where)  # fmt: skip
    zero_floats(space, groups * filters * plane)
    vectors, room = table + (taps + taps * filters) * 8, height * ws // HALF + 2
    for n in range(a[0]):
        split_planes(a[16] + n * groups * filters * lines * columns * 4, groups * filters, lines, columns, space, 1, 1,
                     before_h, before_w, hs, ws, 0, lines)  # fmt: skip
        met = 0
        for ra in range(sh):
            for rb in range(sw):
                count = 0
                for i in range(kh):
                    for j in range(kw):
                        if i * dh % sh == ra and j * dw % sw == rb:
                            count += 1
                row, column = (top - ra + sh - 1) // sh, (left - rb + sw - 1) // sw
                rows, width_here = (top + height - 1 - ra) // sh - row + 1, (left + width - 1 - rb) // sw - column + 1
                if rows > 0 and width_here > 0:
                    for g in range(groups):
                        into = dx + ((n * groups + g) * channels * height * width
                                     + (ra + sh * row - top) * width + rb + sw * column - left) * 4  # fmt: skip
                        where = packed + (g * size + (channels + 1) // 2 * 2 * met * filters) * 4
                        product_planes(space + g * filters * plane * 4, filters * count,
                                       table + (taps + met * filters) * 8, where, channels, biases, 0, vectors, room,
                                       (row + before_h) * ws + column + before_w, rows, width_here, ws, into,
                                       height * width, sh * width, sw, sums, 0)  # fmt: skip
                met += count


@kernel("spread_data_grad")
def spread_data_grad(at: int) -> None:
    """dx ← the transpose of ``convolve`` in x, on dy, by kernel positions: each product is added in place.

    Where the kernel is large beside the image this takes fewer products than ``convolve_data_grad``, which also meets
    the zeros around dy. Words: as there; stride 1; no padded image.
    """
    a = i64(at, 27)
    groups, channels, filters, height, width, lines, columns = a[1], a[2], a[3], a[4], a[5], a[6], a[7]
    kh, kw, dh, dw, top, left = a[8], a[9], a[12], a[13], a[14], a[15]
    packed, biases, table, sums = a[23], a[24], a[25], a[26]
    taps, places = kh * kw, lines * columns
    depth = channels * taps
    i64(table, 1)[0] = 0
    offsets = i64(table + 8, filters)
    for f in range(filters):
        offsets[f] = f * places * 4
    vectors, room = table + (1 + filters) * 8, places // HALF + 2
    count, lanes, _ = list_vectors(vectors, room, 0, 1, places, places)
    zero_floats(biases, ROWS)
    size = (depth + 1) // 2 * 2 * filters
    for g in range(groups):
        pack_weights(a[17] + g * filters * depth * 4, depth, 1, filters, depth, table, 1, 0, packed + g * size * 4)
    for n in range(a[0] * groups):
        x, dx = a[16] + n * filters * places * 4, a[19] + n * channels * height * width * 4
        zero_floats(dx, channels * height * width)
        for begin in range(0, depth, ROWS):
            valid = min(ROWS, depth - begin)
            weight = packed + (n % groups * size + begin * filters) * 4
            for q in range(0, count, VECTORS):
                row_tile((valid + 1) // 2 * 2, min(VECTORS, count - q), lanes, weight, table + 8, filters, x,
                         vectors + q * 8, biases, 0, sums, vectors + (room + q) * 8, places * 4, valid)  # fmt: skip
            for m in range(valid):
                c, i, j = (begin + m) // taps, (begin + m) % taps // kw * dh - top, (begin + m) % kw * dw - left
                first, last = max(0, -j), min(columns, width - j)
                for r in range(max(0, -i), min(lines, height - i)):
                    into = dx + ((c * height + r + i) * width + first + j) * 4
                    add_run(into, sums + (m * places + r * columns + first) * 4, last - first)


@kernel("convolve_weight_grad")
def convolve_weight_grad(at: int) -> None:
    """dw ← Σ over images and places of dy · x (+ dw).

    Words: as of ``convolve`` with dy for the bias, dw for w and whether it is added to for y; 0 for relu; scratch:
    padded image, sums, dy turned, pointers.
    """
    a = i64(at, 26)
    groups, channels, filters, height, width, lines, columns = a[1], a[2], a[3], a[4], a[5], a[6], a[7]
    kh, kw, sh, sw, dh, dw, top, left = a[8], a[9], a[10], a[11], a[12], a[13], a[14], a[15]
    dy, add, copied, space, sums, turned, pointers = a[18], a[19], a[21], a[22], a[23], a[24], a[25]
    hs, ws = (height + 2 * top + sh - 1) // sh, (width + 2 * left + sw - 1) // sw
    plane, taps = sh * sw * hs * ws, kh * kw
    depth, lanes = channels * taps, HALF if filters <= HALF else WIDE
    pitch = (filters + lanes - 1) // lanes * lanes
    size = (depth + ROWS) * pitch
    zero_floats(sums, groups * size)
    if copied != 0:
        zero_floats(space, groups * channels * plane)
    table, offsets = i64(pointers, depth + ROWS), i64(pointers + (depth + ROWS) * 8, depth + ROWS)
    for k in range(depth + ROWS):
        c, t = min(k, depth - 1) // taps, min(k, depth - 1) % taps
        p, q = t // kw * dh, t % kw * dw
        offsets[k] = (c * plane + ((p % sh) * sw + q % sw) * hs * ws + p // sh * ws + q // sw) * 4
    chunk = max(1, CHUNK // (columns * pitch))
    for n in range(a[0]):
        image = a[16] + n * groups * channels * height * width * 4
        if copied != 0:
            split_planes(image, groups * channels, height, width, space, sh, sw, top, left, hs, ws, 0, height)
            image = space
        for g in range(groups):
            for begin in range(0, lines, chunk):
                rows = min(chunk, lines - begin)
                gradient = dy + ((n * groups + g) * filters * lines + begin) * columns * 4
                turn_planes(gradient, filters, lines * columns, rows * columns, turned, pitch)
                here = image + (g * channels * plane + begin * ws) * 4
                for k in range(depth + ROWS):
                    table[k] = here + offsets[k]
                sum_places(pointers, depth, rows, columns, ws, turned, pitch, sums + g * size * 4)
    for g in range(groups):
        one = f32(sums + g * size * 4, size)
        for f in range(filters):
            into = f32(a[17] + (g * filters + f) * depth * 4, depth)
            if add != 0:
                for k in range(depth):
                    into[k] += one[k * pitch + f]
            else:
                for k in range(depth):
                    into[k] = one[k * pitch + f]


FLOAT = 4
Place = Address | SliceAddress | int
SPREAD_FROM = 1.2
"""How many times more vectors cover the data than the output until products are added in place, as measured."""


PACKED, PADDED = 8, 5
"""Places of the output whose products take as long as packing weights, and filters for whom they take as long as
padding a number of the image, as measured."""


class _Geometry(NamedTuple):
    """A convolution as the kernels see it: two spatial axes, sizes a group."""

    groups: int
    channels: int
    filters: int
    height: int
    width: int
    lines: int
    columns: int
    kernel: tuple[int, int]
    stride: tuple[int, int]
    dilate: tuple[int, int]
    pad: tuple[int, int]

    @classmethod
    def of(cls, p: Any, data: tuple[int, ...], filters: int) -> _Geometry:
        w: Windows = convolved(p, data[2:])

        def two(sizes: tuple[int, ...], default: int) -> tuple[int, int]:
            return (default, sizes[0]) if len(sizes) == 1 else (sizes[0], sizes[1])

        groups = p.num_group
        return cls(groups, data[1] // groups, filters // groups, *two(w.data, 1), *two(w.out, 1), two(w.kernel, 1),
                   two(w.stride, 1), two(w.dilate, 1), two(w.pad, 0))  # fmt: skip

    @property
    def words(self) -> tuple[int, ...]:
        return (*self[:7], *self.kernel, *self.stride, *self.dilate, *self.pad)

    @property
    def taps(self) -> int:
        return self.kernel[0] * self.kernel[1]

    def split(self) -> tuple[int, int]:
        """Lines and columns of the data when padded and split by stride."""
        return tuple(  # type: ignore[return-value]
            -(-(n + 2 * p) // s) for n, p, s in zip((self.height, self.width), self.pad, self.stride, strict=True)
        )

    def spread(self) -> tuple[int, int]:
        """Lines and columns of the output's gradient when padded for the data's gradient."""
        found = []
        for i, n in enumerate((self.height, self.width)):
            s, d, p = self.stride[i], self.dilate[i], self.pad[i]
            found.append((p + n - 1) // s + (self.kernel[i] - 1) * d // s - p // s + 1)
        return found[0], found[1]

    def by_filters(self, lanes: int) -> bool:
        """Whether lanes take some filters each, rather than some lines: by lines every lane packs all weights, by
        filters the tiles may not be dealt out evenly, and each pads the image.
        """
        if self.groups > 1:
            return False
        tiles, places = -(-self.filters // ROWS), self.lines * self.columns
        padded = PADDED * self.height * self.width / self.taps if self.copied else 0
        filters = -(-tiles // lanes) * ROWS * (places + PACKED) + padded
        return filters <= self.filters * (-(-self.lines // lanes) * self.columns + PACKED)

    @property
    def spreads(self) -> bool:
        """Whether the data's gradient is cheaper position by position: many zeros lie around the output's gradient."""
        run, places = self.spread()[1] * (self.height - 1) + self.width, self.lines * self.columns
        covered = self.height * self.width if self.width % HALF == 0 else run
        more = -(-covered // WIDE) > SPREAD_FROM * -(-places // WIDE)
        return more and self.stride == (1, 1) and places >= WIDE and self.filters >= WIDE

    @property
    def copied(self) -> bool:
        """Whether the data must be padded or split, or lies too tightly for whole vectors."""
        run = (self.lines - 1) * self.width + self.columns
        return any(self.pad) or self.stride != (1, 1) or run < WIDE


def _part(some: Slice, place: Place, stride: int) -> Place:
    """Where a lane's part begins of what may not be there (0)."""
    return some.of(place, stride) if isinstance(place, Address) else place


def _channels_first(node: Node) -> bool:
    p: Any = node.p
    return len(p.kernel) <= 2 and (p.layout is None or not p.layout.endswith("C"))


def _tables(geometry: _Geometry, depth: int, lines: int, columns: int) -> int:
    """Numbers that the tables of kernel positions, offsets and vectors take."""
    return 2 * (geometry.taps + depth + 2 * (lines * columns // HALF + 2))


@lowers("Convolution", accepts=_channels_first, in_place=False, lanes_uncut=lambda node: True)
def convolution(e: Emitter, node: Node) -> None:
    """Images one by one, ROWS filters at a time."""
    bias = e.address(node.inputs[2]) if len(node.inputs) > 2 else 0
    _convolution(e, node, bias, 0, 0, relu=False, pooled=False)


@lowers("_convolution_block", accepts=_channels_first, in_place=False, lanes_uncut=lambda node: True)
def convolution_block(e: Emitter, node: Node) -> None:
    """A convolution whose weights and bias take the normalisation in; the rest is done image by image."""
    p: Any = node.p
    places = [e.address(v) for v in node.inputs[2:]]
    bias: Address | int = 0 if p.no_bias else places.pop(0)
    scale: Address | int = 0
    if p.norm:
        gamma, beta, mean, var = places[:4]
        filters = node.outputs[0].shape[1]
        scale, shift = e.scratch(filters), e.scratch(filters)
        e.call(fold_norm, filters, bias, 0 if p.fix_gamma else gamma, beta, mean, var, scale, shift, float(p.eps))
        bias = shift
    _convolution(e, node, bias, scale, places[-1] if p.residual else 0, relu=p.relu, pooled=p.pool)


def _convolution(e: Emitter, node: Node, bias: Place, scale: Place, beside: Place, *, relu: bool, pooled: bool) -> None:
    """The call; by lanes: some filters each, or some lines of every filter's plane."""
    x, w, y = node.inputs[0], node.inputs[1], node.outputs[0]
    g = _Geometry.of(node.p, x.shape, w.shape[0])
    lines, columns = g.split()
    planes, depth = g.stride[0] * g.stride[1] * lines * columns, g.channels * g.taps
    own: tuple[Word, ...] = (e.address(w), bias, e.address(y))
    side = 2 if pooled else 1
    lines_out, columns_out = g.lines // side, g.columns // side
    copied, words, made, begin = g.copied, g.words, lines_out, e.address(y)  # type: bool, tuple[Word, ...], Word, Word
    if e.cut is Cut.LANES and g.by_filters(e.lanes):
        some = Slice(g.filters, ROWS)
        words = (*g.words[:2], some, *g.words[3:])
        plane = lines_out * columns_out * FLOAT
        own = (some.of(e.address(w), depth * FLOAT), _part(some, bias, FLOAT), some.of(e.address(y), plane))
        scale, beside, begin = _part(some, scale, FLOAT), _part(some, beside, plane), own[2]
    elif e.cut is Cut.LANES:
        made = Slice(lines_out, 1)
        begin = made.of(e.address(y), columns_out * FLOAT)
        copied |= g.columns < WIDE
    e.call(
        convolve, e.shape(x)[0], *words, e.address(x), *own, relu, copied,
        e.scratch(g.groups * g.channels * planes + 2 * WIDE if copied else 1),
        e.scratch(g.groups * (g.filters + 1) * depth), e.scratch(g.groups * g.filters + ROWS),
        e.scratch(_tables(g, depth, g.lines, columns)), e.scratch(ROWS * (g.lines * columns + WIDE)), scale, beside,
        g.filters, begin, made, pooled,
    )  # fmt: skip


@lowers("_conv_data_grad", accepts=_channels_first, in_place=False)
def convolution_data_grad(e: Emitter, node: Node) -> None:
    """Convolutions of the padded gradient, one a remainder of the stride, or products that are added in place."""
    dy, w, dx = node.inputs[0], node.inputs[1], node.outputs[0]
    g = _Geometry.of(node.p, dx.shape, w.shape[0])
    words = (e.shape(dy)[0], *g.words, e.address(dy), e.address(w), 0, e.address(dx), 0, 1)
    places = g.lines * g.columns
    if g.spreads:
        depth = g.channels * g.taps
        e.call(
            spread_data_grad, *words, 0, e.scratch(g.groups * (depth + 1) * g.filters), e.scratch(ROWS),
            e.scratch(2 * (1 + g.filters + 2 * (places // HALF + 2))), e.scratch(ROWS * (places + WIDE)),
        )  # fmt: skip
        return
    lines, columns = g.spread()
    depth = g.filters * g.taps
    e.call(
        convolve_data_grad, *words, e.scratch(g.groups * g.filters * lines * columns + 2 * WIDE),
        e.scratch(g.groups * (g.channels + 1) * depth), e.scratch(g.channels + ROWS),
        e.scratch(_tables(g, depth, g.height, columns)), e.scratch(ROWS * (g.height * columns + WIDE)),
    )  # fmt: skip


@lowers("_conv_weight_grad", accepts=_channels_first, in_place=False)
def convolution_weight_grad(e: Emitter, node: Node) -> None:
    """Sums over a shard's images."""
    dy, x, dw = node.inputs[0], node.inputs[1], node.outputs[0]
    g = _Geometry.of(node.p, x.shape, dw.shape[0])
    lines, columns = g.split()
    planes, depth = g.stride[0] * g.stride[1] * lines * columns, g.channels * g.taps
    copied = any(g.pad) or g.stride != (1, 1)
    pitch = -(-g.filters // WIDE) * WIDE
    e.call(
        convolve_weight_grad, e.shape(dy)[0], *g.words, e.address(x), e.address(dw), e.address(dy),
        e.accumulates(dw), 0, copied, e.scratch(g.groups * g.channels * planes if copied else 1),
        e.scratch(g.groups * (depth + ROWS) * pitch), e.scratch(max(CHUNK, g.columns * pitch)),
        e.scratch(4 * (depth + ROWS)),
    )  # fmt: skip
