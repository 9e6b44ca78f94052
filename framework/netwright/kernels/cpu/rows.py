"""What loops over a row cannot be left to the compiler for: it would walk them number by number."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .intrinsics import I64, SINGLE

LANES = 16
"""Numbers that are looked at together; the compiler splits them into what the processor has."""
WIDE = ir.VectorType(SINGLE, LANES)
LOWEST = float(np.finfo(np.float32).min)


@intrinsic
def greatest_of(typing: Any, address: Any, count: Any) -> Any:
    """The greatest of the float32 numbers at ``address``; NaN is passed over, and no less than the least number."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        start, count = builder.inttoptr(values[0], SINGLE.as_pointer()), values[1]
        lanes = cgutils.alloca_once_value(builder, ir.Constant(WIDE, [SINGLE(LOWEST)] * LANES))
        found = cgutils.alloca_once_value(builder, SINGLE(LOWEST))

        def larger(a: Any, b: Any) -> Any:
            return builder.select(builder.fcmp_ordered(">", a, b), a, b)

        def keep(place: Any, seen: Any) -> None:
            builder.store(larger(seen, builder.load(place)), place)

        whole = builder.lshr(count, I64(4))
        with cgutils.for_range(builder, whole) as loop:
            place = builder.gep(start, [builder.shl(loop.index, I64(4))])
            keep(lanes, builder.load(builder.bitcast(place, WIDE.as_pointer()), align=4))
        with cgutils.for_range_slice(builder, builder.shl(whole, I64(4)), count, I64(1)) as (index, _):
            keep(found, builder.load(builder.gep(start, [index])))
        last = builder.load(lanes)
        for half in (8, 4, 2, 1):
            order = [(i + half) % LANES for i in range(LANES)]
            last = larger(
                builder.shuffle_vector(last, last, ir.Constant(ir.VectorType(ir.IntType(32), LANES), order)), last
            )
        keep(found, builder.extract_element(last, ir.IntType(32)(0)))
        return builder.load(found)

    return types.float32(types.int64, types.int64), generate
