"""The elementwise kernel's program for a group of calls: steps in words, and how each input is read."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...ops.operator import Shape, TensorSpec
from ...ops.registry import is_ours
from ..groups import Call
from .codes import Code, NoCode, Number, Operand, Steps, trace

if TYPE_CHECKING:
    from ...scheduler.ir import Node

MAX_WORDS = 64
HEAD_WORDS = 10
MAX_NUMBERS = 32
MAX_SLOTS = 60
BLOCK = 1024
"""Elements that are computed at a time: the steps' results stay in the fastest cache."""


@dataclass(frozen=True)
class Leaf:
    """An input under a shape that is broadcast to the outputs' (padded to their rank)."""

    input: int
    shape: Shape


@dataclass(frozen=True)
class Program:
    """What the kernel does to each block.

    ``steps`` are (code, result, x, y, w) on slots: leaves, numbers, outputs, then ``temporaries`` of a block each.
    """

    leaves: tuple[Leaf, ...]
    numbers: tuple[float, ...]
    outputs: int
    temporaries: int
    steps: tuple[tuple[int, int, int, int, int], ...]
    shape: Shape

    @property
    def dtypes(self) -> tuple[np.dtype[np.float32], ...]:
        """Dtypes of the outputs."""
        return (np.dtype(np.float32),) * self.outputs

    @property
    def words(self) -> int:
        """Words of the call."""
        return HEAD_WORDS + 2 * len(self.leaves) + len(self.numbers) + self.outputs + len(self.steps)


def make_program(calls: Sequence[Call], inputs: Sequence[TensorSpec], results: Sequence[int]) -> Program:
    """The program of float32 calls; operands and results count the inputs first, then what each call gives.

    Raises NoCode where there is none.
    """
    specs = list(inputs)
    steps = Steps()
    values: list[Operand] = [steps.leaf(i, spec.shape) for i, spec in enumerate(inputs)]
    for call in calls:
        if any(specs[i].dtype != np.float32 for i in call.operands):
            raise NoCode("not float32 throughout")
        found = trace(steps, call.op, call.p, [(values[i], specs[i].shape) for i in call.operands], call.train)
        values += found
        specs += call.op.infer(call.p, tuple(specs[i] for i in call.operands))
    shape = specs[results[0]].shape
    if any(specs[i] != TensorSpec(shape, np.dtype(np.float32)) for i in results):
        raise NoCode("the outputs have several shapes or dtypes")
    return assemble(steps, [values[i] for i in results], shape)


def assemble(steps: Steps, outputs: Sequence[Operand], shape: Shape) -> Program:
    """Drop what no output needs, and give every result a slot."""
    wanted = [o if not isinstance(o, Number) and o >= 0 else _copied(steps, o) for o in outputs]
    wanted = [steps.add(Code.COPY, o) if o in wanted[:i] else o for i, o in enumerate(wanted)]
    if len(set(wanted)) < len(wanted):
        raise NoCode("an output is there three times")
    rows = _join(steps.rows, wanted)
    needed = _needed(rows, wanted)
    leaves = sorted({-1 - o for i in needed for o in rows[i][1] if not isinstance(o, Number) and o < 0})
    numbers = list(dict.fromkeys(o for i in needed for o in rows[i][1] if isinstance(o, Number)))
    slots: dict[Operand, int] = {-1 - n: i for i, n in enumerate(leaves)}
    slots |= {number: len(slots) + i for i, number in enumerate(numbers)}
    first = len(slots)
    slots |= {step: first + i for i, step in enumerate(wanted)}
    first += len(wanted)
    last = {o: i for i in needed for o in rows[i][1] if not isinstance(o, Number)}
    free: list[int] = []
    count = 0
    made = []
    for i in needed:
        code, operands = rows[i]
        x, y, w = (*(slots[o] for o in operands), *(0,) * (3 - len(operands)))
        for o in set(operands):
            if not isinstance(o, Number) and o >= 0 and last[o] == i and o not in wanted:
                free.append(slots[o])
        if i not in slots:
            if not free:
                free.append(first + count)
                count += 1
            slots[i] = free.pop()
        made.append((int(code), slots[i], x, y, w))
    program = Program(
        tuple(Leaf(number, _padded(seen, shape)) for number, seen in (steps.leaves[n] for n in leaves)),
        tuple(float(number.value) for number in numbers), len(wanted), count, tuple(made), shape,
    )  # fmt: skip
    if program.words > MAX_WORDS or first + count > MAX_SLOTS or len(numbers) > MAX_NUMBERS:
        raise NoCode("the group is too large for one call")
    return program


def _copied(steps: Steps, operand: Operand) -> int:
    """A leaf or a number as a step."""
    return steps.add(Code.SPREAD_NUMBER if steps.is_number(operand) else Code.COPY, operand, operand)


def _needed(rows: Sequence[tuple[Code, tuple[Operand, ...]]], wanted: Sequence[int]) -> list[int]:
    found = set(wanted)
    for i in range(len(rows) - 1, -1, -1):
        if i in found:
            found |= {o for o in rows[i][1] if not isinstance(o, Number) and o >= 0}
    return sorted(found)


def _join(
    rows: Sequence[tuple[Code, tuple[Operand, ...]]], wanted: Sequence[int]
) -> list[tuple[Code, tuple[Operand, ...]]]:
    """Products with a comparison that nothing else reads become one step."""
    uses = list(wanted) + [o for i in _needed(rows, wanted) for o in set(rows[i][1]) if not isinstance(o, Number)]
    joined = list(rows)
    for i, (code, operands) in enumerate(rows):
        if code is not Code.MULTIPLY:
            continue
        for x, test in (operands, operands[::-1]):
            if not isinstance(test, Number) and test >= 0 and uses.count(test) == 1:
                kind, (w, number, *_) = rows[test][0], (*rows[test][1], 0)
                if kind is Code.GREATER_NUMBER:
                    joined[i] = (Code.MULTIPLY_GREATER_NUMBER, (x, number, w))
                    break
    return joined


def _padded(seen: Shape, shape: Shape) -> Shape:
    """A shape that is broadcast, with the rank of what it is broadcast to."""
    padded = (1,) * (len(shape) - len(seen)) + seen
    if len(padded) != len(shape) or any(n not in (1, m) for n, m in zip(padded, shape, strict=True)):
        raise NoCode(f"{seen} is not repeated to {shape}")
    return padded


@dataclass(frozen=True)
class Reading:
    """How the outputs' axes join to (outer, middle, inner), and which of those each leaf has.

    ``axes`` are the axes of middle and of inner; a leaf's mode is 0 where it has all elements, 1 where it has one, else
    8 and the sum of 4 (it has outer), 2 (middle) and 1 (inner).
    """

    middle: tuple[int, ...]
    inner: tuple[int, ...]
    modes: tuple[int, ...]


def reading(program: Program) -> Reading:
    """NoCode where the leaves are repeated along more than three groups of axes in turn."""
    groups: list[tuple[list[int], tuple[bool, ...]]] = []
    for axis, n in enumerate(program.shape):
        has = tuple(leaf.shape[axis] == n for leaf in program.leaves)
        if n == 1:
            continue
        if groups and groups[-1][1] == has:
            groups[-1][0].append(axis)
        else:
            groups.append(([axis], has))
    if len(groups) > 3:
        raise NoCode("the inputs are repeated along too many axes in turn")
    nothing: tuple[list[int], tuple[bool, ...] | None] = ([], None)
    inner, middle, outer = [*groups[::-1], nothing, nothing, nothing][:3]
    modes = []
    for i, leaf in enumerate(program.leaves):
        has_outer, has_middle, has_inner = (kind[1] is None or kind[1][i] for kind in (outer, middle, inner))
        if leaf.shape == program.shape:
            modes.append(0)
        elif math.prod(leaf.shape) == 1:
            modes.append(1)
        else:
            modes.append(8 + 4 * has_outer + 2 * has_middle + has_inner)
    return Reading(tuple(middle[0]), tuple(inner[0]), tuple(modes))


def program_of(node: Node) -> Program | None:
    """The program of a call, or of a group of calls; None where the kernel has none."""
    calls = getattr(node.op, "calls", None)
    if calls is not None:
        kernel = node.op.kernel  # type: ignore[attr-defined]
        return kernel if isinstance(kernel, Program) else None
    if node.op.view or node.op.state_ports(node.p) or not is_ours(node.op):
        return None
    specs = tuple(v.spec for v in node.inputs)
    return _program_of_one(node.op, _Held(node.p), specs, tuple(v.spec for v in node.outputs), node.train)


class _Held:
    """Parameters by identity."""

    def __init__(self, p: Any) -> None:
        self.p = p

    def __hash__(self) -> int:
        return id(self.p)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.p is self.p


@functools.lru_cache(4096)
def _program_of_one(
    op: Any, p: _Held, inputs: tuple[TensorSpec, ...], outputs: tuple[TensorSpec, ...], train: bool
) -> Program | None:
    n = len(inputs)
    call = Call(op, p.p, tuple(range(n)), train)
    try:
        program = make_program([call], inputs, range(n, n + len(outputs)))
        reading(program)
    except NoCode:
        return None
    return program if all(spec.shape == program.shape for spec in outputs) else None
