"""What convolution kernels do around their tiles: padded planes, packed weights, and the vectors that cover an image.

Images are planes of float32, one a channel. Around a convolution they are padded, and split by stride: of stride 2
every plane becomes four, of its even and odd lines and columns, so that every kernel position meets numbers that lie
side by side. A kernel position is then no more than an offset.
"""

from __future__ import annotations

from numba.extending import register_jitable

from .intrinsics import copy_floats, f32, i64
from .pairs import pair_maxima
from .tiles import (
    HALF,
    ROWS,
    SUM_ROWS,
    SUM_VECTORS,
    VECTORS,
    WIDE,
    add_short,
    multiply_short,
    row_tile,
    sum_tile,
    turn_short,
    turn_square,
)

CHUNK = 24 * 1024
"""Numbers of the turned output gradient that are worked on at one time: they stay in the cache beside the image."""


@register_jitable
def split_planes(x: int, count: int, height: int, width: int, target: int, phases_h: int, phases_w: int, top: int,
                 left: int, lines: int, columns: int, begin_line: int, end_line: int) -> None:  # fmt: skip
    """target (count, phases_h, phases_w, lines, columns) ← x (count, height, width), moved down by ``top``.

    Of x, lines from ``begin_line`` to ``end_line``.

    What is not met is left as it is (zeros, written once); what falls outside is dropped.
    """
    first, last = max(0, -left), min(width, columns * phases_w - left)
    for c in range(count):
        for r in range(begin_line, end_line):
            q = r + top
            if q < 0 or q // phases_h >= lines:
                continue
            line = ((c * phases_h + q % phases_h) * phases_w * lines + q // phases_h) * columns
            source = x + (c * height + r) * width * 4
            if phases_w == 1:
                copy_floats(target + (line + first + left) * 4, source + first * 4, last - first)
                continue
            row = f32(source, width)
            for phase in range(phases_w):
                begin = (phase - first - left) % phases_w + first
                into = f32(target + (line + phase * lines * columns + (begin + left) // phases_w) * 4, columns)
                for i in range((last - begin + phases_w - 1) // phases_w):
                    into[i] = row[begin + i * phases_w]


@register_jitable
def pack_weights(w: int, outer: int, step_out: int, inner: int, step_in: int, taps: int, count: int, scale: int,
                 packed: int) -> None:  # fmt: skip
    """Weights in the order in which tiles read them: for ROWS outer channels at a time, (inner, taps, rows).

    ``taps``: ``count`` int64 positions within a kernel; ``scale``: a factor for each outer channel, or 0. The last rows
    are padded to an even number by zeros.
    """
    chosen = i64(taps, count)
    length, times = count, inner  # numbers that lie together, and how often
    for t in range(count):
        if chosen[t] != t:
            length = 0
    if length == step_in:
        length, times = inner * count, 1
    for begin in range(0, outer, ROWS):
        valid = min(ROWS, outer - begin)
        rows = (valid + 1) // 2 * 2
        into = f32(packed, inner * count * rows)
        if ROWS == HALF and valid == ROWS and length >= HALF:
            for i in range(times):
                for q in range((length + HALF - 1) // HALF):
                    s = min(q * HALF, length - HALF)
                    turn_short(w + (begin * step_out + i * step_in + s) * 4, step_out * 4,
                               packed + (i * length + s) * ROWS * 4, ROWS * 4)  # fmt: skip
        else:
            for m in range(rows):
                source = f32(w + (begin + min(m, valid - 1)) * step_out * 4, inner * step_in + step_out)
                at = m
                for i in range(inner):
                    for t in range(count):
                        into[at] = source[i * step_in + chosen[t]] if m < valid else 0.0
                        at += rows
        if scale != 0 and ROWS == HALF and valid == ROWS:
            for k in range(inner * count):
                multiply_short(packed + k * ROWS * 4, scale + begin * 4)
        elif scale != 0:
            factors = f32(scale + begin * 4, ROWS)
            for k in range(inner * count):
                for m in range(valid):
                    into[k * rows + m] *= factors[m]
        packed += inner * count * rows * 4


@register_jitable
def list_vectors(table: int, room: int, first: int, lines: int, columns: int, pitch: int) -> tuple[int, int, int]:
    """Where the vectors that cover (lines, columns) of a plane begin and their sums go: (how many, lanes, pitch).

    Rows that are multiples of a vector are covered one by one, and their sums lie together; others are covered as one
    run with what lies between them, and their sums lie as far apart as the rows themselves. Table: ``room`` int64
    offsets in bytes from the plane, then as many from the sums.
    """
    starts, places = i64(table, room), i64(table + room * 8, room)
    lanes = WIDE if columns % WIDE == 0 else HALF
    if columns % lanes == 0:
        each = columns // lanes
        for r in range(lines):
            for q in range(each):
                starts[r * each + q] = (first + r * pitch + q * lanes) * 4
                places[r * each + q] = (r * columns + q * lanes) * 4
        return lines * each, lanes, columns
    run = (lines - 1) * pitch + columns
    lanes = WIDE if run >= WIDE else HALF
    count = (run + lanes - 1) // lanes
    for q in range(count):
        start = max(0, min(q * lanes, run - lanes))
        starts[q] = (first + start) * 4
        places[q] = start * 4
    return count, lanes, pitch


@register_jitable
def product_planes(x: int, depth: int, offsets: int, weight: int, filters: int, bias: int, relu: int, table: int,
                   room: int, first: int, lines: int, columns: int, pitch: int, y: int, plane: int, line_step: int,
                   column_step: int, sums: int, pooled: int) -> None:  # fmt: skip
    """y (filters, lines, columns) ← bias + Σ_k weight_k · x moved by offset k; then ReLU where asked.

    ``plane`` numbers lie between planes of y, ``line_step`` and ``column_step`` between its lines and columns;
    ``sums`` is memory for ROWS planes of x. ``pooled``: y has the maxima of 2 × 2 each, ``line_step`` apart.
    """
    count, lanes, width = list_vectors(table, room, first, lines, columns, pitch)
    run = (lines - 1) * width + columns
    direct = width == columns and column_step == 1 and line_step == columns and run >= lanes and pooled == 0
    between = plane if direct else max(run, lanes)
    for begin in range(0, filters, ROWS):
        valid = min(ROWS, filters - begin)
        rows = (valid + 1) // 2 * 2
        target = y + begin * plane * 4 if direct else sums
        packed = weight + begin * depth * 4
        for q in range(0, count, VECTORS):
            row_tile(rows, min(VECTORS, count - q), lanes, packed, offsets, depth, x, table + q * 8, bias + begin * 4,
                     relu, target, table + (room + q) * 8, between * 4, valid)  # fmt: skip
        if pooled != 0:
            for m in range(valid):
                for r in range(lines // 2):
                    upper = sums + (m * between + 2 * r * width) * 4
                    pair_maxima(upper, upper + width * 4, y + ((begin + m) * plane + r * line_step) * 4, columns // 2)
        elif not direct:
            for m in range(valid):
                for r in range(lines):
                    source = sums + (m * between + r * width) * 4
                    into = y + ((begin + m) * plane + r * line_step) * 4
                    if column_step == 1:
                        copy_floats(into, source, columns)
                    else:
                        one, other = f32(source, columns), f32(into, columns * column_step)
                        for i in range(columns):
                            other[i * column_step] = one[i]


@register_jitable
def turn_planes(x: int, count: int, plane: int, places: int, target: int, pitch: int) -> None:
    """target (places, pitch) ← the transpose of x (count, places), planes ``plane`` numbers apart; the rest is 0."""
    whole_rows, whole_places = count // WIDE * WIDE, places // WIDE * WIDE
    for i in range(0, whole_rows, WIDE):
        for j in range(0, whole_places, WIDE):
            turn_square(x + (i * plane + j) * 4, plane * 4, target + (j * pitch + i) * 4, pitch * 4)
    for i in range(pitch):
        begin = whole_places if i < whole_rows else 0
        into = f32(target, places * pitch)
        if i < count:
            source = f32(x + i * plane * 4, places)
            for j in range(begin, places):
                into[j * pitch + i] = source[j]
        else:
            for j in range(begin, places):
                into[j * pitch + i] = 0.0


@register_jitable
def sum_places(pointers: int, depth: int, lines: int, columns: int, pitch: int, turned: int, width: int,
               sums: int) -> None:  # fmt: skip
    """sums (depth, width) += Σ over the places of an image of x at ``pointers`` (depth int64) times ``turned``.

    ``turned`` (lines, columns, width); lines of x are ``pitch`` numbers apart. Tiles may read ROWS pointers and write
    as many rows of sums more than ``depth``.
    """
    lanes = WIDE if width % WIDE == 0 else HALF
    all_vectors = width // lanes
    v = 0
    while v < all_vectors:
        vectors = min(SUM_VECTORS, all_vectors - v)
        rows = SUM_ROWS if vectors == SUM_VECTORS else ROWS
        for k in range(0, depth, rows):
            sum_tile(rows, vectors, lanes, pointers + k * 8, lines, columns, pitch * 4, turned + v * lanes * 4,
                     width * 4, sums + (k * width + v * lanes) * 4, width * 4)  # fmt: skip
        v += vectors


@register_jitable
def add_run(target: int, source: int, count: int) -> None:
    """Add ``count`` numbers that lie together to others."""
    whole = count // HALF * HALF
    for i in range(0, whole, HALF):
        add_short(target + i * 4, source + i * 4)
    one, other = f32(target, count), f32(source, count)
    for i in range(whole, count):
        one[i] += other[i]
