"""One kernel for a group of elementwise operators: each element is read once, and only the group's outputs are written.

A group is a list of calls, each on the group's inputs and on what calls before it gave. Shapes are arguments: one
source serves all sizes of a pattern of broadcasting. Where nothing is broadcast there is a second kernel that moves 16
bytes at a time; it is taken where addresses allow.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...ops.operator import Shape, TensorSpec
from ..groups import Call
from .sources import common
from .trace import Lines, Term, Untraceable, trace

STORED = {
    "bool": "bool", "int8": "signed char", "uint8": "unsigned char", "int32": "int", "uint32": "unsigned int",
    "int64": "long long", "uint64": "unsigned long long", "float16": "half_t", "bfloat16": "bfloat_t",
    "float32": "float", "float64": "double",
}  # fmt: skip
"""C types of arrays in memory. bfloat16 is a word of ours: arrays of it are NumPy's uint16."""
_SIZES = {"bfloat16": 2}
PACK_BYTES = 16


@dataclass(frozen=True)
class Operand:
    """How an input is read: its number, and its stride for each axis of the loop (0: the axis is repeated)."""

    number: int
    strides: tuple[int, ...]


@dataclass(frozen=True)
class FusedKernel:
    """Source, the names of its kernels, and what the launch needs. ``wide`` is empty where elements are broadcast."""

    source: str
    name: str
    wide: str
    pack: int
    sizes: tuple[int, ...]
    operands: tuple[Operand, ...]
    count: int
    shape: Shape
    dtypes: tuple[np.dtype[Any], ...]
    """Of the outputs, which all have that shape."""

    def arguments(self) -> list[int]:
        """The numbers that follow the arrays: elements, sizes of the inner axes, strides of broadcast operands."""
        if not self.sizes:
            return [self.count]
        return [self.count, *self.sizes[1:], *(s for o in self.operands for s in o.strides)]


def fuse(
    calls: Sequence[Call],
    inputs: Sequence[TensorSpec],
    outputs: Sequence[int],
    stored: Sequence[str] | None = None,
) -> FusedKernel:
    """The kernel of a group; ``outputs`` count like operands. Raises Untraceable where it cannot be one kernel.

    ``stored`` names other storages than the dtypes for inputs and then outputs: ``bfloat16`` for float32.
    """
    lines = Lines()
    values = [Term(lines, "", spec.dtype, spec.shape, i) for i, spec in enumerate(inputs)]
    for i, term in enumerate(values):
        term.code = lines.leaf(i, term.shape)
    for call in calls:
        values += trace(call.op, call.p, [_own(values[i]) for i in call.operands], call.train)
    results = [values[i] for i in outputs]
    shape = results[0].shape
    if any(v.shape != shape for v in results):
        raise Untraceable("the outputs have several shapes")
    kinds = list(stored or [*(spec.dtype.name for spec in inputs), *(v.dtype.name for v in results)])
    if unknown := [kind for kind in kinds if kind not in STORED]:
        raise Untraceable(f"{unknown[0]} is no type of the kernels'")
    used = _used(lines, [v.code for v in results])
    leaves = [(key, name) for key, name in lines.leaves.items() if name in used]
    sizes, strides = collapse(shape, [_aligned(s, shape) for (_, s), _ in leaves])
    flat = all(s == _dense(sizes) for s in strides)
    operands = tuple(Operand(n, s) for ((n, _), _), s in zip(leaves, strides, strict=True))
    body = [line for line in lines.lines if line.split(" = ")[0].split()[-1] in used]
    text = _Text(
        kinds[: len(inputs)], kinds[len(inputs) :], operands, [n for _, n in leaves], body, results, sizes, flat
    )
    source, name = text.write()
    narrowest = min(_SIZES.get(k) or np.dtype(k).itemsize for k in kinds)
    widest = max(_SIZES.get(k) or np.dtype(k).itemsize for k in kinds)
    pack = PACK_BYTES // widest if flat and narrowest * 4 >= widest else 1
    if flat and pack > 1:
        source += text.write_wide(name, pack)
    return FusedKernel(
        f"{common()}\n{source}", name, f"{name}_wide" if pack > 1 else "", pack,
        () if flat else sizes, operands, math.prod(shape), shape, tuple(v.dtype for v in results),
    )  # fmt: skip


def _own(term: Term) -> Term:
    """A call may write over what it computes, not over its inputs."""
    return Term(term.lines, term.code, term.dtype, term.shape, term.source)


def _aligned(shape: Shape, whole: Shape) -> tuple[int, ...]:
    """Strides in elements of a dense array under the whole shape; 0 where an axis is repeated."""
    padded = (1,) * (len(whole) - len(shape)) + shape
    return tuple(0 if n == 1 else s for n, s in zip(padded, _dense(padded), strict=True))


def _dense(shape: Shape) -> tuple[int, ...]:
    return tuple(0 if n == 1 else math.prod(shape[i + 1 :]) for i, n in enumerate(shape))


def collapse(shape: Shape, strides: Sequence[tuple[int, ...]]) -> tuple[Shape, list[tuple[int, ...]]]:
    """Fewer axes for the same loop: axes of size 1 go, neighbours that every operand walks as one become one."""
    axes = [(n, [s[i] for s in strides]) for i, n in enumerate(shape) if n != 1]
    joined: list[tuple[int, list[int]]] = []
    for n, steps in axes:
        if joined and all(a == b * n for a, b in zip(joined[-1][1], steps, strict=True)):
            joined[-1] = (joined[-1][0] * n, steps)
        else:
            joined.append((n, steps))
    return tuple(n for n, _ in joined), [tuple(s[i] for _, s in joined) for i in range(len(strides))]


def _used(lines: Lines, wanted: Sequence[str]) -> set[str]:
    """Names that the results hang on."""
    used = {name for code in wanted for name in _names(code)}
    for line in reversed(lines.lines):
        head, _, code = line.partition(" = ")
        if head.split()[-1] in used:
            used |= _names(code)
    return used


def _names(code: str) -> set[str]:
    words = "".join(c if c.isalnum() or c in "_." else " " for c in code).split()
    return {w for w in words if w[0] in "tx" and w[1:].isdigit()}


class _Text:
    def __init__(
        self,
        inputs: Sequence[str],
        outputs: Sequence[str],
        operands: Sequence[Operand],
        names: Sequence[str],
        body: Sequence[str],
        results: Sequence[Term],
        sizes: Shape,
        flat: bool,
    ) -> None:
        self.inputs, self.outputs, self.operands, self.names = inputs, outputs, operands, names
        self.body, self.results, self.sizes, self.flat = body, results, sizes, flat
        self.arrays = [f"const {STORED[k]}* __restrict__ a{i}" for i, k in enumerate(inputs)]
        self.arrays += [f"{STORED[k]}* __restrict__ y{i}" for i, k in enumerate(outputs)]

    def write(self) -> tuple[str, str]:
        """(the kernel that takes one element at a time, its name, which holds a digest of what it does)."""
        extra = ["const long long n"]
        places = ["i"] * len(self.operands)
        lines: list[str] = []
        if not self.flat:
            extra += [f"const long long d{k}" for k in range(1, len(self.sizes))]
            lines, places = self._indices(extra)
        loads = [
            f"const auto {name} = nw_load(a{o.number}[{place}]);"
            for name, o, place in zip(self.names, self.operands, places, strict=True)
        ]
        stores = [self._store(j, f"y{j}[i]") for j in range(len(self.results))]
        inner = "\n        ".join([*lines, *loads, *self.body, *stores])
        head = ", ".join([*self.arrays, *extra])
        name = "fused_" + hashlib.sha256(f"{head}{inner}".encode()).hexdigest()[:16]
        return (
            f"""extern "C" __global__ void {name}({head}) {{
    const long long step = (long long)gridDim.x * blockDim.x;
    for (long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += step) {{
        {inner}
    }}
}}
""",
            name,
        )

    def _indices(self, extra: list[str]) -> tuple[list[str], list[str]]:
        """Coordinates from the last axis to the first, and each operand's place; an axis it repeats adds nothing."""
        last = len(self.sizes) - 1
        lines = ["long long r = i;"] if last else []
        for k in range(last, 0, -1):
            lines += [f"const long long c{k} = r % d{k};", f"r /= d{k};"]
        coordinates = ["r" if last else "i", *(f"c{k}" for k in range(1, last + 1))]
        places = []
        for j, operand in enumerate(self.operands):
            extra += [f"const long long s{j}_{k}" for k in range(last + 1)]
            terms = [f"{c} * s{j}_{k}" for k, c in enumerate(coordinates) if operand.strides[k]]
            places.append(" + ".join(terms) or "0")
        return lines, places

    def _store(self, j: int, place: str) -> str:
        return f"{place} = nw_stored<{STORED[self.outputs[j]]}>::make({self.results[j].code});"

    def write_wide(self, name: str, pack: int) -> str:
        """The kernel that takes ``pack`` elements at a time, and the last few one by one."""
        wide = [
            f"const auto w_{x} = ((const nw_pack<{STORED[self.inputs[o.number]]}, {pack}>*)a{o.number})[i];"
            for x, o in zip(self.names, self.operands, strict=True)
        ]
        made = [f"nw_pack<{STORED[k]}, {pack}> w_y{j};" for j, k in enumerate(self.outputs)]
        each = [f"const auto {x} = nw_load(w_{x}.v[k]);" for x in self.names]
        each += [*self.body, *(self._store(j, f"w_y{j}.v[k]") for j in range(len(self.results)))]
        kept = [f"((nw_pack<{STORED[k]}, {pack}>*)y{j})[i] = w_y{j};" for j, k in enumerate(self.outputs)]
        loads = [f"const auto {x} = nw_load(a{o.number}[i]);" for x, o in zip(self.names, self.operands, strict=True)]
        rest = [*loads, *self.body, *(self._store(j, f"y{j}[i]") for j in range(len(self.results)))]
        outer = "\n        "
        return f"""extern "C" __global__ void {name}_wide({", ".join([*self.arrays, "const long long n"])}) {{
    const long long step = (long long)gridDim.x * blockDim.x;
    const long long me = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    for (long long i = me; i < n / {pack}; i += step) {{
        {outer.join([*wide, *made])}
        #pragma unroll
        for (int k = 0; k < {pack}; k++) {{
            {(outer + "    ").join(each)}
        }}
        {outer.join(kept)}
    }}
    for (long long i = n / {pack} * {pack} + me; i < n; i += step) {{
        {outer.join(rest)}
    }}
}}
"""
