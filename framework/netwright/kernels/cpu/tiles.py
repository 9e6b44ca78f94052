"""Register tiles: the innermost loops of convolution, written in vectors so that their sums stay in registers.

A tile is a product of a few rows (filters, or kernel positions) with a few vectors; its size follows from the number
of vector registers that the processor has. All addresses are of float32 numbers unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import llvmlite.binding
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .intrinsics import I64, SINGLE

_features = llvmlite.binding.get_host_cpu_features()
MANY_REGISTERS = bool(_features.get("avx512f") or _features.get("neon"))
WIDE: int = 16 if _features.get("avx512f") else 4 if _features.get("neon") else 8
"""Numbers of a vector register."""
HALF: int = 8 if WIDE == 16 else WIDE
"""Numbers of the shorter vectors that are used where rows of the image are no multiple of the wide ones."""
ROWS: int = 8 if MANY_REGISTERS else 4
"""Rows of the largest tile."""
VECTORS = 3
"""Vectors of the largest tile of ``row_tile``."""
SUM_VECTORS = 4 if MANY_REGISTERS else 3
"""Vectors of the largest tile of ``sum_tile``."""
SUM_ROWS: int = 6 if MANY_REGISTERS else 4
"""Rows of that tile; the narrower ones have ROWS."""
SUM_SIZES = [
    *((ROWS, n, WIDE) for n in range(1, SUM_VECTORS)),
    (SUM_ROWS, SUM_VECTORS, WIDE),
    *(((ROWS, 1, HALF),) if HALF != WIDE else ()),
]
"""(rows, vectors, lanes) of the tiles of ``sum_tile``."""

Size = tuple[int, int, int]


def loop(builder: Any, count: Any, carried: list[Any], body: Callable[[Any, list[Any]], list[Any]]) -> list[Any]:
    """Code of ``for index in range(count): carried = body(index, carried)``; gives what is carried at the end."""
    before, function = builder.block, builder.function
    inside, after = function.append_basic_block("loop"), function.append_basic_block("after")
    builder.cbranch(builder.icmp_signed(">", count, I64(0)), inside, after)
    builder.position_at_end(inside)
    index = builder.phi(I64)
    phis = [builder.phi(value.type) for value in carried]
    results = body(index, list(phis))
    end = builder.block
    following = builder.add(index, I64(1))
    builder.cbranch(builder.icmp_signed("<", following, count), inside, after)
    index.add_incoming(I64(0), before)
    index.add_incoming(following, end)
    builder.position_at_end(after)
    found = [builder.phi(value.type) for value in carried]
    for phi, last, first, result in zip(phis, found, carried, results, strict=True):
        for one in (phi, last):
            one.add_incoming(first, before)
            one.add_incoming(result, end)
    return found


class Writer:
    """Short words for the instructions of a tile."""

    def __init__(self, builder: Any, lanes: int) -> None:
        self.builder, self.lanes = builder, lanes
        self.vector = ir.VectorType(SINGLE, lanes)

    def move(self, address: Any, nbytes: Any) -> Any:
        return self.builder.add(address, nbytes if hasattr(nbytes, "type") else I64(nbytes))

    def load(self, address: Any, kind: Any, align: int = 4) -> Any:
        return self.builder.load(self.builder.inttoptr(address, kind.as_pointer()), align=align)

    def store(self, value: Any, address: Any) -> None:
        self.builder.store(value, self.builder.inttoptr(address, value.type.as_pointer()), align=4)

    def splat(self, number: Any) -> Any:
        one = self.builder.insert_element(ir.Constant(self.vector, ir.Undefined), number, ir.IntType(32)(0))
        none = ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), [0] * self.lanes)
        return self.builder.shuffle_vector(one, ir.Constant(self.vector, ir.Undefined), none)

    def number(self, address: Any) -> Any:
        """The number at an address, in every lane."""
        return self.splat(self.load(address, SINGLE))

    def multiply_add(self, a: Any, b: Any, c: Any) -> Any:
        module, name = self.builder.module, f"llvm.fmuladd.v{self.lanes}f32"
        function = module.globals.get(name)
        if function is None:
            function = ir.Function(module, ir.FunctionType(self.vector, [self.vector] * 3), name)
        return self.builder.call(function, [a, b, c])


def switched(builder: Any, words: list[Any], write: Callable[[int, int, int], None], sizes: list[Size]) -> None:
    """The code of each size of a tile, one of which runs: that of (rows, vectors, lanes) in ``words``."""
    rows, vectors, lanes = words
    key = builder.add(builder.shl(rows, I64(16)), builder.add(builder.shl(vectors, I64(8)), lanes))
    end = builder.function.append_basic_block("end")
    switch = builder.switch(key, end)
    for size in sizes:
        block = builder.function.append_basic_block("tile")
        switch.add_case(I64((size[0] << 16) + (size[1] << 8) + size[2]), block)
        builder.position_at_end(block)
        write(*size)
        builder.branch(end)
    builder.position_at_end(end)


@intrinsic
def row_tile(typing: Any, rows: Any, vectors: Any, lanes: Any, weight: Any, offsets: Any, depth: Any, x: Any,
             starts: Any, bias: Any, relu: Any, y: Any, places: Any, pitch: Any, stored: Any) -> Any:  # fmt: skip
    """Sums y[m, v] ← bias[m] + Σ_k weight[k, m] · x[start_v + offset_k], with ReLU where asked.

    Words: rows (an even number up to ROWS), vectors (up to VECTORS), lanes (WIDE or HALF), weight (k, rows), offsets
    (k int64: bytes), k, x, starts (int64: bytes, one a vector), bias (rows), relu, y, places (int64: bytes from y, one
    a vector), bytes between rows of y, rows that are stored.
    """

    def generate(context: Any, builder: Any, signature: Any, v: Any) -> Any:
        sizes = [(r, n, k) for k in sorted({WIDE, HALF}) for n in range(1, VECTORS + 1) for r in range(2, ROWS + 1, 2)]
        switched(builder, v[:3], lambda *size: _row_tile(builder, *size, *v[3:]), sizes)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 14), generate


def _row_tile(builder: Any, rows: int, vectors: int, lanes: int, weight: Any, offsets: Any, depth: Any, x: Any,
              starts: Any, bias: Any, relu: Any, y: Any, places: Any, pitch: Any, stored: Any) -> None:  # fmt: skip
    w = Writer(builder, lanes)
    bases = [w.move(x, w.load(w.move(starts, 8 * j), I64, 8)) for j in range(vectors)]
    first = [w.number(w.move(bias, 4 * i)) for i in range(rows)]
    sums = [first[i] for i in range(rows) for _ in range(vectors)]

    def step(k: Any, sums: list[Any]) -> list[Any]:
        offset = w.load(w.move(offsets, builder.shl(k, I64(3))), I64, 8)
        xs = [w.load(w.move(base, offset), w.vector) for base in bases]
        here = w.move(weight, builder.mul(k, I64(4 * rows)))
        found = []
        for i in range(rows):
            factor = w.number(w.move(here, 4 * i))
            found += [w.multiply_add(factor, xs[j], sums[i * vectors + j]) for j in range(vectors)]
        return found

    sums = loop(builder, depth, sums, step)
    zero = ir.Constant(w.vector, [0.0] * lanes)
    asked = builder.icmp_signed("!=", relu, I64(0))
    bound = w.splat(builder.select(asked, SINGLE(0.0), SINGLE(float("-inf"))))
    targets = [w.move(y, w.load(w.move(places, 8 * j), I64, 8)) for j in range(vectors)]
    for i in range(rows):
        with builder.if_then(builder.icmp_signed("<", I64(i), stored)):
            for j in range(vectors):
                total = sums[i * vectors + j]
                kept = builder.select(builder.fcmp_ordered("<", total, bound), zero, total)
                w.store(kept, w.move(targets[j], builder.mul(pitch, I64(i))))


@intrinsic
def sum_tile(typing: Any, rows: Any, vectors: Any, lanes: Any, a: Any, lines: Any, columns: Any, pitch: Any, b: Any,
             step: Any, sums: Any, row: Any) -> Any:  # fmt: skip
    """Adds to sums[m, v] Σ_{r, c} a_m[r, c] · b[r, c, v]: products summed over the places of an image.

    Words: rows, vectors, lanes (one of SUM_SIZES), addresses a_m (int64 each), lines r, columns c, bytes between lines
    of a, b (lines and columns lie one after another), bytes between columns of b, sums, bytes between rows of sums.
    """

    def generate(context: Any, builder: Any, signature: Any, v: Any) -> Any:
        switched(builder, v[:3], lambda *size: _sum_tile(builder, *size, *v[3:]), SUM_SIZES)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 11), generate


def _sum_tile(builder: Any, rows: int, vectors: int, lanes: int, a: Any, lines: Any, columns: Any, pitch: Any, b: Any,
              step: Any, sums: Any, row: Any) -> None:  # fmt: skip
    w = Writer(builder, lanes)
    starts = [w.load(w.move(a, 8 * i), I64, 8) for i in range(rows)]
    places = [
        w.move(w.move(sums, builder.mul(row, I64(i))), 4 * lanes * j) for i in range(rows) for j in range(vectors)
    ]

    def line(r: Any, carried: list[Any]) -> list[Any]:
        moved = [w.move(start, builder.mul(r, pitch)) for start in starts]

        def column(c: Any, carried: list[Any]) -> list[Any]:
            here, sums = carried[0], carried[1:]
            bs = [w.load(w.move(here, 4 * lanes * j), w.vector) for j in range(vectors)]
            found = [w.move(here, step)]
            for i in range(rows):
                factor = w.number(w.move(moved[i], builder.shl(c, I64(2))))
                found += [w.multiply_add(factor, bs[j], sums[i * vectors + j]) for j in range(vectors)]
            return found

        return loop(builder, columns, carried, column)

    found = loop(builder, lines, [b, *(w.load(place, w.vector) for place in places)], line)[1:]
    for total, place in zip(found, places, strict=True):
        w.store(total, place)


def _turn(lanes: int) -> Any:
    """A transposition of ``lanes`` × ``lanes`` numbers, by exchanging halves of vectors, quarters and so on.

    Words: source, bytes between its rows, target, bytes between its rows.
    """

    def typing_and_code(typing: Any, source: Any, pitch: Any, target: Any, target_pitch: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, v: Any) -> Any:
            w = Writer(builder, lanes)
            source, pitch, target, target_pitch = v
            lines = [w.load(w.move(source, builder.mul(pitch, I64(i))), w.vector) for i in range(lanes)]
            width = lanes // 2
            index = ir.VectorType(ir.IntType(32), lanes)
            while width:
                upper = [i if not i & width else lanes + (i & ~width) for i in range(lanes)]
                lower = [i | width if not i & width else lanes + i for i in range(lanes)]
                for i in range(lanes):
                    if not i & width:
                        one, other = lines[i], lines[i | width]
                        lines[i] = builder.shuffle_vector(one, other, ir.Constant(index, upper))
                        lines[i | width] = builder.shuffle_vector(one, other, ir.Constant(index, lower))
                width //= 2
            for i in range(lanes):
                w.store(lines[i], w.move(target, builder.mul(target_pitch, I64(i))))
            return context.get_dummy_value()

        return types.void(types.int64, types.int64, types.int64, types.int64), generate

    return intrinsic(typing_and_code)


turn_square, turn_short = _turn(WIDE), _turn(HALF)


def _change(combine: str) -> Any:
    """Words: target, source. HALF numbers of the target are combined with as many of the source."""

    def typing_and_code(typing: Any, target: Any, source: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, v: Any) -> Any:
            w = Writer(builder, HALF)
            w.store(getattr(builder, combine)(w.load(v[0], w.vector), w.load(v[1], w.vector)), v[0])
            return context.get_dummy_value()

        return types.void(types.int64, types.int64), generate

    return intrinsic(typing_and_code)


add_short, multiply_short = _change("fadd"), _change("fmul")
