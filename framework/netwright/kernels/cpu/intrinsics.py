"""What kernels need beyond Numba's own words: memory by address, calls by address, atomic counters, BLAS.

Addresses are plain int64 numbers; the caller answers for what lies there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import carray, njit, types
from numba.core import cgutils
from numba.extending import intrinsic, register_jitable

I64, I32, I8 = ir.IntType(64), ir.IntType(32), ir.IntType(8)
SINGLE, DOUBLE, VOID = ir.FloatType(), ir.DoubleType(), ir.VoidType()
ROW_MAJOR, PLAIN, TRANSPOSED = 101, 111, 112
SMALL = 1 << 28
"""Multiplications up to which the kernel ``product`` is taken."""


@intrinsic
def _pointer(typing: Any, address: Any, dtype: Any) -> Any:
    """``address`` as a pointer to elements of ``dtype``."""
    result = types.CPointer(dtype.dtype)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(result))

    return result(types.int64, dtype), generate


@register_jitable(inline="always")
def f32(address: int, count: int) -> Any:
    """The ``count`` float32 numbers at ``address``, as an array."""
    return carray(_pointer(address, types.float32), (count,))


@register_jitable(inline="always")
def i64(address: int, count: int) -> Any:
    """The ``count`` int64 numbers at ``address``, as an array."""
    return carray(_pointer(address, types.int64), (count,))


@register_jitable(inline="always")
def f64(address: int, count: int) -> Any:
    """The ``count`` float64 numbers at ``address``, as an array (a kernel's arguments that are no integers)."""
    return carray(_pointer(address, types.float64), (count,))


@intrinsic
def call_kernel(typing: Any, function: Any, arguments: Any) -> Any:
    """Call the kernel at the address ``function`` with the address of its arguments."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        kind = ir.FunctionType(VOID, [I64])
        builder.call(builder.inttoptr(values[0], kind.as_pointer()), [values[1]])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), generate


@intrinsic
def call_plain(typing: Any, function: Any) -> Any:
    """Call ``int function(void)`` at that address."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        kind = ir.FunctionType(I32, [])
        builder.call(builder.inttoptr(values[0], kind.as_pointer()), [])
        return context.get_dummy_value()

    return types.void(types.int64), generate


def _gemm(integer: Any) -> Any:
    """The call of ``cblas_sgemm`` where its sizes are ``integer``."""

    def call(typing: Any, fn: Any, ta: Any, tb: Any, m: Any, n: Any, k: Any, alpha: Any, a: Any, lda: Any,
             b: Any, ldb: Any, beta: Any, c: Any, ldc: Any) -> Any:  # fmt: skip
        word, single = types.int64, types.float32

        def generate(context: Any, builder: Any, signature: Any, v: Any) -> Any:
            pointer = SINGLE.as_pointer()
            order, sizes, matrix = [I32] * 3, [integer] * 3, [pointer, integer]
            kind = ir.FunctionType(VOID, [*order, *sizes, SINGLE, *matrix, *matrix, SINGLE, *matrix])
            function = builder.inttoptr(v[0], kind.as_pointer())

            def turned(flag: Any) -> Any:
                return builder.select(builder.icmp_signed("!=", flag, I64(0)), I32(TRANSPOSED), I32(PLAIN))

            def size(value: Any) -> Any:
                return value if integer is I64 else builder.trunc(value, integer)

            def place(value: Any) -> Any:
                return builder.inttoptr(value, pointer)

            order = [I32(ROW_MAJOR), turned(v[1]), turned(v[2])]
            left, right = [place(v[7]), size(v[8])], [place(v[9]), size(v[10])]
            sizes, result = [size(v[3]), size(v[4]), size(v[5])], [place(v[12]), size(v[13])]
            builder.call(function, [*order, *sizes, v[6], *left, *right, v[11], *result])
            return context.get_dummy_value()

        signature = types.void(word, word, word, word, word, word, single, word, word, word, word, single, word, word)
        return signature, generate

    return intrinsic(call)


_gemm64, _gemm32 = _gemm(I64), _gemm(I32)


@intrinsic
def _call_product(typing: Any, kernel: Any, ta: Any, tb: Any, m: Any, n: Any, k: Any, alpha: Any, a: Any, lda: Any,
                  b: Any, ldb: Any, add: Any, c: Any, ldc: Any) -> Any:  # fmt: skip
    """Call the kernel ``product`` with these words."""

    def generate(context: Any, builder: Any, signature: Any, v: Any) -> Any:
        words = cgutils.alloca_once(builder, I64, size=len(v) - 1)
        for i, value in enumerate(v[1:]):
            word = builder.bitcast(value, I64) if value.type is DOUBLE else value
            builder.store(word, builder.gep(words, [I64(i)]))
        kind = ir.FunctionType(VOID, [I64])
        builder.call(builder.inttoptr(v[0], kind.as_pointer()), [builder.ptrtoint(words, I64)])
        return context.get_dummy_value()

    word = types.int64
    return types.void(*[word] * 6, types.float64, *[word] * 7), generate


@intrinsic(prefer_literal=True)
def stack_floats(typing: Any, count: Any) -> Any:
    """The address of ``count`` float32 numbers (a literal) on the thread's stack, for as long as the function runs."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        room = cgutils.alloca_once(builder, SINGLE, size=count.literal_value + 16)
        start = builder.add(builder.ptrtoint(room, I64), I64(63))
        return builder.and_(start, I64(-64))

    return types.int64(count), generate


@register_jitable
def sgemm(blas: int, ta: int, tb: int, m: int, n: int, k: int, alpha: float, a: int, lda: int, b: int, ldb: int,
          beta: float, c: int, ldc: int) -> None:  # fmt: skip
    """C (m, n) ← alpha · op(A) (m, k) · op(B) (k, n) + beta · C, row by row, float32, matrices by address.

    ``blas`` is what ``blas.handle()`` gives: where the address of BLAS's function lies, its lowest bit set where it
    takes 32-bit sizes, and behind it that of the kernel ``product`` (or 0), which is faster up to SMALL products.
    ``ta`` and ``tb`` say whether the stored matrix is transposed first; ``ld`` is the distance of its rows in elements;
    ``beta`` is 0 or 1.
    """
    functions = i64(blas, 2)
    gemm, product = functions[0], functions[1]
    if product != 0 and not (ta != 0 and tb != 0) and m * n * k <= SMALL:
        _call_product(product, ta, tb, m, n, k, np.float64(alpha), a, lda, b, ldb, int(beta != 0), c, ldc)
    elif gemm & 1:
        _gemm32(gemm & ~1, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
    else:
        _gemm64(gemm, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)


@intrinsic
def atomic_add(typing: Any, address: Any, amount: Any) -> Any:
    """Add to the int64 at ``address``; gives what it was."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.atomic_rmw("add", builder.inttoptr(values[0], I64.as_pointer()), values[1], "seq_cst")

    return types.int64(types.int64, types.int64), generate


@intrinsic
def atomic_swap(typing: Any, address: Any, old: Any, new: Any) -> Any:
    """Make the int64 at ``address`` ``new`` if it is ``old``; gives what it was."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        place = builder.inttoptr(values[0], I64.as_pointer())
        return builder.extract_value(builder.cmpxchg(place, values[1], values[2], "seq_cst"), 0)

    return types.int64(types.int64, types.int64, types.int64), generate


@intrinsic
def atomic_load(typing: Any, address: Any) -> Any:
    """The int64 at ``address``, as other threads have left it."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.load_atomic(builder.inttoptr(values[0], I64.as_pointer()), "seq_cst", 8)

    return types.int64(types.int64), generate


@intrinsic
def atomic_store(typing: Any, address: Any, value: Any) -> Any:
    """Write the int64 at ``address`` so that other threads see it, and all that was written before."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        builder.store_atomic(values[1], builder.inttoptr(values[0], I64.as_pointer()), "seq_cst", 8)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), generate


def _same_bits(source: Any, kind: Any, target: Any) -> Any:
    """The function that gives a number's bits another type; ``kind`` is LLVM's name of it."""

    def call(typing: Any, value: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            return builder.bitcast(values[0], kind)

        return target(source), generate

    return intrinsic(call)


bits_of = _same_bits(types.float32, I32, types.int32)
"""The bits of a float32 as int32."""
float_of = _same_bits(types.int32, SINGLE, types.float32)
"""The float32 that has these bits."""
bits_of64 = _same_bits(types.float64, I64, types.int64)
float_of64 = _same_bits(types.int64, DOUBLE, types.float64)


@intrinsic
def _copy_bytes(typing: Any, target: Any, source: Any, count: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        pointer = I8.as_pointer()
        kind = ir.FunctionType(VOID, [pointer, pointer, I64, ir.IntType(1)])
        function = builder.module.declare_intrinsic("llvm.memcpy", [pointer, pointer, I64], kind)
        target, source = (builder.inttoptr(v, pointer) for v in values[:2])
        builder.call(function, [target, source, values[2], ir.IntType(1)(0)])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


@register_jitable(inline="always")
def copy_floats(target: int, source: int, count: int) -> None:
    """Copy ``count`` float32 numbers between addresses that do not overlap."""
    _copy_bytes(target, source, count * 4)


@register_jitable(inline="always")
def zero_floats(address: int, count: int) -> None:
    """Fill with zeros."""
    x = f32(address, count)
    for i in range(count):
        x[i] = 0.0


__all__ = [
    "atomic_add", "atomic_load", "atomic_store", "atomic_swap", "bits_of", "bits_of64", "call_kernel", "call_plain",
    "copy_floats", "f32", "f64", "float_of", "float_of64", "i64", "njit", "sgemm", "stack_floats", "zero_floats",
]  # fmt: skip
