"""Reading and writing single float32 numbers so that loops over them become vector code.

``get`` and ``put`` tell the compiler that what a loop writes is not what it reads elsewhere: it then needs no checks at
run time, and a result may lie exactly over an operand (each element is read before it is written). Between two loops
of which one reads what the other wrote there must be a ``fence``.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

SINGLE, DOUBLE = ir.FloatType(), ir.DoubleType()


def _sides(module: Any) -> tuple[Any, Any]:
    """(what is read, what is written) as two scopes that do not meet."""
    domain = module.add_metadata(["netwright elements"])
    read, written = (module.add_metadata([name, domain]) for name in ("read", "written"))
    return module.add_metadata([read]), module.add_metadata([written])


def _place(builder: Any, address: Any, index: Any) -> Any:
    return builder.gep(builder.inttoptr(address, SINGLE.as_pointer()), [index])


@intrinsic
def get(typing: Any, address: Any, index: Any) -> Any:
    """The float32 number ``index`` behind ``address``."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        read, written = _sides(builder.module)
        found = builder.load(_place(builder, *values), align=4)
        found.set_metadata("alias.scope", read)
        found.set_metadata("noalias", written)
        return found

    return types.float32(types.int64, types.int64), generate


@intrinsic
def put(typing: Any, address: Any, index: Any, value: Any) -> Any:
    """Write a float32 number."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        read, written = _sides(builder.module)
        done = builder.store(values[2], _place(builder, values[0], values[1]), align=4)
        done.set_metadata("alias.scope", written)
        done.set_metadata("noalias", read)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.float32), generate


@intrinsic
def fence(typing: Any) -> Any:
    """No reading or writing is moved across this point; costs nothing at run time."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [])
        builder.call(ir.InlineAsm(kind, "", "~{memory}", side_effect=True), [])
        return context.get_dummy_value()

    return types.void(), generate


def _function(name: str, count: int, kind: Any, number: Any) -> Any:
    """An LLVM function of ``count`` numbers of one type."""
    suffix = "f32" if kind is SINGLE else "f64"

    def call(builder: Any, values: Any) -> Any:
        function = builder.module.declare_intrinsic(f"llvm.{name}.{suffix}", (), ir.FunctionType(kind, [kind] * count))
        return builder.call(function, values)

    if count == 1:

        def one(typing: Any, x: Any) -> Any:
            return number(number), lambda context, builder, signature, values: call(builder, values)

        return intrinsic(one)
    if count == 2:

        def two(typing: Any, x: Any, y: Any) -> Any:
            return number(number, number), lambda context, builder, signature, values: call(builder, values)

        return intrinsic(two)

    def three(typing: Any, x: Any, y: Any, z: Any) -> Any:
        return number(number, number, number), lambda context, builder, signature, values: call(builder, values)

    return intrinsic(three)


fma = _function("fmuladd", 3, SINGLE, types.float32)
"""x·y + z, rounded once where the processor can."""
fma64 = _function("fmuladd", 3, DOUBLE, types.float64)
root = _function("sqrt", 1, SINGLE, types.float32)
root64 = _function("sqrt", 1, DOUBLE, types.float64)
size = _function("fabs", 1, SINGLE, types.float32)
signed = _function("copysign", 2, SINGLE, types.float32)
"""x with the sign of y."""
floor = _function("floor", 1, SINGLE, types.float32)
ceil = _function("ceil", 1, SINGLE, types.float32)
trunc = _function("trunc", 1, SINGLE, types.float32)
rint = _function("rint", 1, SINGLE, types.float32)
