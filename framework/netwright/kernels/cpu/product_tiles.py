"""Register tiles of matrix products that read their matrices where they lie: nothing is packed first.

All strides are in bytes. A vector has ``WIDE`` numbers; the tiles' sizes follow from the number of vector registers.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .intrinsics import I32, I64
from .tiles import MANY_REGISTERS, WIDE, Writer, loop, switched

ROWS: int = 6 if MANY_REGISTERS else 4
"""Rows of the largest tile of ``spread_tile``."""
VECTORS: int = 4 if MANY_REGISTERS else 3
"""Vectors of its rows."""
DOT_ROWS: int = 6 if MANY_REGISTERS else 3
"""Rows of the largest tile of ``dot_tile``."""
DOT_COLUMNS = 4
"""Its columns; there is one of one column, too."""


class _Masked(Writer):
    """Vectors of which the first ``count`` numbers alone are read and written."""

    def __init__(self, builder: Any, count: Any) -> None:
        super().__init__(builder, WIDE)
        numbers = ir.VectorType(I32, WIDE)
        one = builder.insert_element(ir.Constant(numbers, ir.Undefined), builder.trunc(count, I32), I32(0))
        bound = builder.shuffle_vector(one, ir.Constant(numbers, ir.Undefined), ir.Constant(numbers, [0] * WIDE))
        self.mask = builder.icmp_signed("<", ir.Constant(numbers, list(range(WIDE))), bound)

    def take(self, address: Any) -> Any:
        """A vector, 0 behind the count."""
        pointer = self.vector.as_pointer()
        kind = ir.FunctionType(self.vector, [pointer, I32, self.mask.type, self.vector])
        function = _declared(self.builder.module, "load", kind)
        place = self.builder.inttoptr(address, pointer)
        return self.builder.call(function, [place, I32(4), self.mask, ir.Constant(self.vector, [0.0] * WIDE)])

    def put(self, value: Any, address: Any) -> None:
        """Write a vector as far as the count goes."""
        pointer = self.vector.as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [self.vector, pointer, I32, self.mask.type])
        function = _declared(self.builder.module, "store", kind)
        self.builder.call(function, [value, self.builder.inttoptr(address, pointer), I32(4), self.mask])


def _declared(module: Any, what: str, kind: Any) -> Any:
    """LLVM's masked load or store of a vector."""
    name = f"llvm.masked.{what}.v{WIDE}f32.p0"
    found = module.globals.get(name)
    return ir.Function(module, kind, name) if found is None else found


class _Whole(Writer):
    """Whole vectors, by the same words."""

    def take(self, address: Any) -> Any:
        return self.load(address, self.vector)

    def put(self, value: Any, address: Any) -> None:
        self.store(value, address)


@intrinsic
def spread_tile(typing: Any, rows: Any, vectors: Any, count: Any, depth: Any, a: Any, a_row: Any, a_step: Any, b: Any,
                b_step: Any, alpha: Any, add: Any, c: Any, c_row: Any) -> Any:  # fmt: skip
    """c[m, v] ← α·Σ_k a[m, k] · b[k, v] (+ c where ``add``): each number of a is multiplied with whole vectors of b.

    Words: rows (up to ROWS), vectors (up to VECTORS), count (0, or how many numbers the one vector has), k, a and its
    strides between rows and between k, b and its stride between k, α (float32), add, c and its stride between rows.
    """

    def generate(context: Any, builder: Any, signature: Any, v: Any) -> Any:
        def write(rows: int, vectors: int, whole: int) -> None:
            w = _Whole(builder, WIDE) if whole else _Masked(builder, v[2])
            _spread_tile(w, rows, vectors, *v[3:])

        sizes = [(m, n, 1) for m in range(1, ROWS + 1) for n in range(1, VECTORS + 1)]
        sizes += [(m, 1, 0) for m in range(1, ROWS + 1)]
        whole = builder.zext(builder.icmp_signed("==", v[2], I64(0)), I64)
        switched(builder, [v[0], v[1], whole], write, sizes)
        return context.get_dummy_value()

    word = types.int64
    kinds = [word] * 9 + [types.float32] + [word] * 3
    return types.void(*kinds), generate


def _spread_tile(w: Any, rows: int, vectors: int, depth: Any, a: Any, a_row: Any, a_step: Any, b: Any, b_step: Any,
                 alpha: Any, add: Any, c: Any, c_row: Any) -> None:  # fmt: skip
    builder = w.builder
    starts = [w.move(a, builder.mul(a_row, I64(i))) for i in range(rows)]
    zero = ir.Constant(w.vector, [0.0] * WIDE)

    def step(k: Any, carried: list[Any]) -> list[Any]:
        offset, here, sums = carried[0], carried[1], carried[2:]
        bs = [w.take(w.move(here, 4 * WIDE * j)) for j in range(vectors)]
        found = [builder.add(offset, a_step), builder.add(here, b_step)]
        for i in range(rows):
            factor = w.number(w.move(starts[i], offset))
            found += [w.multiply_add(factor, bs[j], sums[i * vectors + j]) for j in range(vectors)]
        return found

    sums = loop(builder, depth, [I64(0), b] + [zero] * (rows * vectors), step)[2:]
    factor = w.splat(alpha)
    places = [w.move(w.move(c, builder.mul(c_row, I64(i))), 4 * WIDE * j) for i in range(rows) for j in range(vectors)]
    with builder.if_else(builder.icmp_signed("!=", add, I64(0))) as (adding, setting):
        with adding:
            for total, place in zip(sums, places, strict=True):
                w.put(w.multiply_add(factor, total, w.take(place)), place)
        with setting:
            for total, place in zip(sums, places, strict=True):
                w.put(builder.fmul(factor, total), place)


@intrinsic
def dot_tile(typing: Any, rows: Any, columns: Any, depth: Any, a: Any, a_row: Any, b: Any, b_row: Any, alpha: Any,
             add: Any, c: Any, c_row: Any) -> Any:  # fmt: skip
    """c[m, n] ← α·Σ_k a[m, k] · b[n, k] (+ c where ``add``): rows of both are multiplied vector by vector.

    Words: rows (up to DOT_ROWS), columns (DOT_COLUMNS or 1), k, a, b and their strides between rows, α (float32), add,
    c and its stride between rows.
    """

    def generate(context: Any, builder: Any, signature: Any, v: Any) -> Any:
        sizes = [(m, n, 0) for m in range(1, DOT_ROWS + 1) for n in (1, DOT_COLUMNS)]
        switched(builder, [v[0], v[1], I64(0)], lambda m, n, _: _dot_tile(builder, m, n, *v[2:]), sizes)
        return context.get_dummy_value()

    word = types.int64
    return types.void(*[word] * 7, types.float32, *[word] * 3), generate


def _dot_tile(builder: Any, rows: int, columns: int, depth: Any, a: Any, a_row: Any, b: Any, b_row: Any, alpha: Any,
              add: Any, c: Any, c_row: Any) -> None:  # fmt: skip
    w = _Whole(builder, WIDE)
    lefts = [w.move(a, builder.mul(a_row, I64(i))) for i in range(rows)]
    rights = [w.move(b, builder.mul(b_row, I64(j))) for j in range(columns)]

    def joined(w: Any, offset: Any, sums: list[Any]) -> list[Any]:
        bs = [w.take(w.move(right, offset)) for right in rights]
        found = []
        for i, left in enumerate(lefts):
            x = w.take(w.move(left, offset))
            found += [w.multiply_add(x, bs[j], sums[i * columns + j]) for j in range(columns)]
        return found

    shift = WIDE.bit_length() - 1
    whole = builder.lshr(depth, I64(shift))
    zeros = [ir.Constant(w.vector, [0.0] * WIDE)] * (rows * columns)
    sums = loop(builder, whole, zeros, lambda k, sums: joined(w, builder.mul(k, I64(4 * WIDE)), sums))
    done = builder.shl(whole, I64(shift))
    rest = builder.sub(depth, done)
    more = builder.zext(builder.icmp_signed(">", rest, I64(0)), I64)
    sums = loop(builder, more, sums, lambda _, sums: joined(_Masked(builder, rest), builder.shl(done, I64(2)), sums))
    for i in range(rows):
        row = sums[i * columns : (i + 1) * columns]
        place = w.move(c, builder.mul(c_row, I64(i)))
        _store_sums(w, row, place, alpha, add)


def _store_sums(w: Any, sums: list[Any], place: Any, alpha: Any, add: Any) -> None:
    """The sum of each vector, one number after another."""
    builder = w.builder
    total: Any = _four_sums(builder, sums) if len(sums) == 4 else _one_sum(builder, sums[0])
    few = Writer(builder, len(sums))
    total = builder.fmul(total, few.splat(alpha))
    with builder.if_else(builder.icmp_signed("!=", add, I64(0))) as (adding, setting):
        with adding:
            few.store(builder.fadd(total, few.load(place, few.vector)), place)
        with setting:
            few.store(total, place)


def _pick(builder: Any, x: Any, y: Any, order: list[int]) -> Any:
    return builder.shuffle_vector(x, y, ir.Constant(ir.VectorType(I32, len(order)), order))


def _folded(builder: Any, x: Any, lanes: int, until: int) -> Any:
    """Halves of a vector added up until so many lanes are left."""
    while lanes > until:
        lanes //= 2
        low, high = (_pick(builder, x, x, list(range(s, s + lanes))) for s in (0, lanes))
        x = builder.fadd(low, high)
    return x


def _four_sums(builder: Any, rows: list[Any]) -> Any:
    """Four vectors' sums as one vector of four, by exchanging inside every four lanes."""

    def fours(pattern: list[int]) -> list[int]:
        """The pattern (numbers from 4 on mean the second vector) in every four lanes."""
        return [i + s if i < 4 else i - 4 + WIDE + s for s in range(0, WIDE, 4) for i in pattern]

    def added(x: Any, y: Any, one: list[int], other: list[int]) -> Any:
        return builder.fadd(_pick(builder, x, y, fours(one)), _pick(builder, x, y, fours(other)))

    first, second = (added(x, y, [0, 4, 1, 5], [2, 6, 3, 7]) for x, y in (rows[:2], rows[2:]))
    return _folded(builder, added(first, second, [0, 1, 4, 5], [2, 3, 6, 7]), WIDE, 4)


def _one_sum(builder: Any, row: Any) -> Any:
    """A vector's sum, as a vector of one."""
    return _folded(builder, row, WIDE, 1)
