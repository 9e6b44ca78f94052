"""Elementwise operators and groups of them: one kernel that runs a short program on a block of elements at a time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from numba.extending import register_jitable

from ....ops import all_operators
from ..elements import fence, put
from ..elementwise_loops import run_step
from ..emit import Cut, Emitter, Rows, Size, Slice, Word, lowers, product
from ..intrinsics import copy_floats, f32, f64, i64
from ..kernel import kernel
from ..program import BLOCK, MAX_NUMBERS, MAX_SLOTS, Program, program_of, reading

if TYPE_CHECKING:
    from ....scheduler.ir import Node, Value

FLOAT = 4
FIRST_NUMBER = 8 * MAX_SLOTS
FIRST_BUFFER = FIRST_NUMBER + FLOAT * MAX_NUMBERS
"""Scratch memory: the slots' addresses, the numbers, then buffers of a block each."""


@register_jitable
def expand(target: int, source: int, start: int, count: int, inner: int, middle: int, mode: int) -> None:
    """``count`` elements from number ``start`` on of an operand that is repeated: along outer, middle or inner axes."""
    by_inner, by_middle, by_outer = mode & 1, (mode >> 1) & 1, (mode >> 2) & 1
    step_middle = by_middle * (inner if by_inner else 1)
    step_outer = by_outer * (inner if by_inner else 1) * (middle if by_middle else 1)
    line = start // inner
    i = start - line * inner
    o = line // middle
    m = line - o * middle
    done = 0
    while done < count:
        run = min(inner - i, count - done)
        at = source + 4 * (o * step_outer + m * step_middle)
        if by_inner:
            copy_floats(target + 4 * done, at + 4 * i, run)
        else:
            value = f32(at, 1)[0]
            for j in range(run):
                put(target + 4 * done, j, value)
            fence()
        done += run
        i = 0
        m += 1
        if m == middle:
            m = 0
            o += 1


@kernel("elementwise", fast=False)
def elementwise(at: int) -> None:
    """Outputs ← a program on blocks of elements.

    Elements, inner, middle, where the first element lies in the first output, block, scratch, then how many leaves,
    numbers, outputs and steps there are; then each leaf's address and mode (``program.Reading``), the numbers, the
    outputs' addresses, and the steps: code, result and operands, 8 bits each.
    """
    a = i64(at, 64)
    n, inner, middle, block, scratch = a[0], a[1], a[2], a[4], a[5]
    leaves, numbers, outputs, steps = a[6], a[7], a[8], a[9]
    if n == 0:
        return
    slots = i64(scratch, 60)
    constants = f32(scratch + FIRST_NUMBER, 32)
    buffer = scratch + FIRST_BUFFER
    first_number = 10 + 2 * leaves
    first_output = first_number + numbers
    first_step = first_output + outputs
    for j in range(leaves):
        slots[j] = a[10 + 2 * j]
        if a[11 + 2 * j] >= 8:
            slots[j] = buffer
            buffer += 4 * block
    for j in range(numbers):
        constants[j] = f64(at + 8 * (first_number + j), 1)[0]
        slots[leaves + j] = scratch + FIRST_NUMBER + 4 * j
    named = leaves + numbers + outputs
    for j in range(named, 60):
        slots[j] = buffer + 4 * block * (j - named)
    begin = (a[3] - a[first_output]) // 4
    start, end = begin, begin + n
    while start < end:
        count = min(block, end - start)
        for j in range(leaves):
            source, mode = a[10 + 2 * j], a[11 + 2 * j]
            if mode == 0:
                slots[j] = source + 4 * start
            elif mode >= 8 and (start == begin or mode != 9 or block % inner != 0):
                expand(slots[j], source, start, count, inner, middle, mode)
        for j in range(outputs):
            slots[leaves + numbers + j] = a[first_output + j] + 4 * start
        for j in range(steps):
            word = a[first_step + j]
            run_step(
                word & 255,
                slots[(word >> 8) & 255],
                slots[(word >> 16) & 255],
                slots[(word >> 24) & 255],
                slots[(word >> 32) & 255],
                count,
            )
        start += count


def emit_program(e: Emitter, program: Program, inputs: tuple[Value, ...], outputs: tuple[Value, ...]) -> None:
    """The call for a program on these values; by lanes: a slice of the elements each."""
    how = reading(program)
    repeated = sum(mode >= 8 for mode in how.modes)
    sizes = e.shape(outputs[0])
    inner, middle = (product([sizes[axis] for axis in axes]) for axes in (how.inner, how.middle))
    block = _block(inner, repeated)
    scratch = e.scratch(FIRST_BUFFER // FLOAT + (repeated + program.temporaries) * block)
    first = e.address(outputs[0])
    part = Slice(math.prod(program.shape))
    by_lanes = e.cut is Cut.LANES
    count, start = (part, part.of(first, FLOAT)) if by_lanes else (product(sizes), first)
    words: list[Word] = [count, inner, middle, start, block, scratch]
    words += [len(program.leaves), len(program.numbers), program.outputs, len(program.steps)]
    for leaf, mode in zip(program.leaves, how.modes, strict=True):
        words += [e.address(inputs[leaf.input]), mode]
    words += program.numbers
    words += [e.address(value) for value in outputs]
    words += [code | z << 8 | x << 16 | y << 24 | w << 32 for code, z, x, y, w in program.steps]
    e.call(elementwise, *words)


def _block(inner: Size, repeated: int) -> int:
    """Elements at a time: whole lines of what is repeated, if they are short."""
    if not repeated or isinstance(inner, Rows) or inner > BLOCK:
        return BLOCK
    return BLOCK // inner * inner


def _accepts(node: Node) -> bool:
    return program_of(node) is not None


def _emit(e: Emitter, node: Node) -> None:
    program = program_of(node)
    assert program is not None
    emit_program(e, program, node.inputs, node.outputs)


def _candidates() -> list[str]:
    """Operators whose results can follow from elements at the same place; ``accepts`` looks closer."""
    return [op.name for op in all_operators() if _may_be(op)]


_MODULES = frozenset(
    [
        *("activation", "broadcast", "comparison", "elementwise", "estimates", "exponential", "facts", "loss"),
        *("nonlinear", "rounding", "scalar", "scalar_comparison", "special_functions", "trigonometry"),
    ]
)


_MORE = ("add_n", "where", "LeakyReLU", "broadcast_to", "broadcast_axis", "broadcast_like")


def _may_be(op: Any) -> bool:
    module = type(op).__module__.rpartition(".")[2]
    return (bool(op.inplace) and module in _MODULES) or op.name in _MORE


lowers("fused", *_candidates(), accepts=_accepts, cuts=(Cut.ROWS, Cut.LANES, Cut.ONCE))(_emit)
