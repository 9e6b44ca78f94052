"""The kernel calls of a plan's native phases, and the operands they speak of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from ...kernels.cpu import blas
from ...kernels.cpu.emit import Address, Cut, Emitter, Rows, Size, Slice, Word, rule_for
from ...kernels.cpu.families.dense import sum_lanes
from ...kernels.cpu.families.moving import gather_rows, scatter_rows
from ...kernels.cpu.families.products import product as small_product
from ...kernels.cpu.kernel import Kernel
from ..ir import Node, Value
from ..memory import align
from ..plan import Plan
from .cutting import Cutting
from .phases import Part

FLOAT = 4


@dataclass(frozen=True)
class Operand:
    """An address that calls use.

    ``whole``: where the value begins; ``rows``: its first sample of the shard (``stride`` bytes a sample, where it is
    not in the lane's own memory); ``part``: the lane's part of a sum; ``sums``: the other lanes' parts; ``scratch``:
    the lane's memory for one step.
    """

    kind: Literal["whole", "rows", "part", "sums", "scratch"]
    value: Value | None = None
    node: Node | None = None
    stride: int = 0


class Emission:
    """Calls in the order of phases; ``scratch`` holds the bytes a lane that steps need while they run."""

    def __init__(self, plan: Plan, cutting: Cutting, local: set[Value]) -> None:
        self.plan, self.cutting, self.local = plan, cutting, local
        self.operands: list[Operand] = []
        self.scratch: dict[Node, int] = {}
        self.calls: list[tuple[Kernel, tuple[Word, ...]]] = []
        self.nodes: list[Node | None] = []
        """The step that each call is of."""
        self._numbers: dict[Operand, int] = {}
        self._waits: list[int] = []
        self._blas = blas.handle()
        self._rows = -(-cutting.batch // cutting.shards) if cutting.batch else 1

    def operand(self, operand: Operand) -> Address:
        """The operand's address, numbered when it is first asked for."""
        if operand not in self._numbers:
            self._numbers[operand] = len(self.operands)
            self.operands.append(operand)
        return Address(self._numbers[operand])

    def kernels(self) -> list[Kernel]:
        """Every kernel that is called, once; with any that is given BLAS, the one for products it is not taken for."""
        found = dict.fromkeys(kernel for kernel, _ in self.calls)
        if any(self._blas in words for _, words in self.calls):
            found[small_product] = None
        return list(found)

    def emit(self, part: Part) -> list[tuple[int, int]]:
        """(first call, end) of each phase of a part: more than one where a step waits in its midst."""
        first = len(self.calls)
        self._waits.clear()
        for value in part.finish:
            if self.cutting.lanes > 1:
                self._finish(value)
        for node in part.nodes:
            self._emit_node(node, part.cut)
            self.nodes += [node] * (len(self.calls) - len(self.nodes))
        bounds = [first, *self._waits, len(self.calls)]
        return [(a, b) for a, b in pairwise(bounds) if b > a]

    def _finish(self, value: Value) -> None:
        part = Slice(value.spec.size)
        own, others = self.operand(Operand("whole", value)), self.operand(Operand("sums", value))
        step = align(value.spec.nbytes)
        words: tuple[Word, ...] = (part, part.of(own, FLOAT), part.of(others, FLOAT), step, self.cutting.lanes - 1)
        self.calls.append((sum_lanes, words))
        self.nodes.append(None)

    def _emit_node(self, node: Node, cut: Cut | None) -> None:
        rule = rule_for(node)
        assert rule is not None
        assert cut is not None
        staged: dict[Value, Address] = {}
        written = set(node.outputs)

        def scratch(count: Size) -> Address:
            start = self.scratch.get(node, 0)
            elements = count.each * self._rows if isinstance(count, Rows) else count
            self.scratch[node] = start + align(elements * FLOAT)
            return self.operand(Operand("scratch", node=node)) + start

        def address(value: Value) -> Address:
            return staged.get(value) or self._address(value, cut is Cut.ROWS, value in written)

        emitter = Emitter(cut, self.cutting.axis, address, scratch, self._blas, self.cutting.lanes, self.cutting.batch)
        if cut is Cut.ROWS:
            for value in dict.fromkeys((*node.inputs, *node.outputs)):
                if self._lies_apart(value):
                    staged[value] = scratch(emitter.size(value))
        for value in dict.fromkeys(node.inputs):
            if value in staged:
                self._move(gather_rows, value, staged[value])
        rule.emit(emitter, node)
        self._waits += [len(self.calls) + i for i in emitter.waits]
        self.calls += emitter.calls
        for value in node.outputs:
            if value in staged:
                self._move(scatter_rows, value, staged[value])

    def _address(self, value: Value, by_rows: bool, written: bool) -> Address:
        root, axis = self.plan.root(value), self.cutting.axis(value)
        if by_rows and written and root in self.cutting.partial:  # what is read has been added up before
            return self.operand(Operand("part", value))
        if by_rows and axis >= 0:
            stride = 0 if root in self.local else value.spec.nbytes // self.cutting.batch
            return self.operand(Operand("rows", value, stride=stride))
        return self.operand(Operand("whole", value))

    def _lies_apart(self, value: Value) -> bool:
        """Whether a shard's samples are no one piece of memory: the batch axis has others before it."""
        axis = self.cutting.axis(value)
        return axis > 0 and self.plan.root(value) not in self.local and math.prod(value.shape[:axis]) > 1

    def _move(self, kernel: Kernel, value: Value, mine: Address) -> None:
        axis = self.cutting.axis(value)
        outer = math.prod(value.shape[:axis])
        inner = math.prod(value.shape[axis:]) // self.cutting.batch
        whole = self.operand(Operand("rows", value, stride=inner * FLOAT))
        self.calls.append((kernel, (outer, Rows(inner), self.cutting.batch * inner, whole, mine)))


def emit_all(emission: Emission, parts: Sequence[Part]) -> list[tuple[Part, int, int]]:
    """Every part with its calls."""
    return [(part, *calls) for part in parts for calls in (emission.emit(part) if part.cut is not None else [(0, 0)])]
