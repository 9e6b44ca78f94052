"""Turning nodes into calls of kernels: what a rule may say, and the table of rules.

A rule is written once for all ways of sharing work among threads. It asks the emitter for sizes and addresses: where
the node is cut by rows, the size of the batch axis is ``Rows(n)``, n times the samples that the shard has (n is 1
unless other axes were joined to it); otherwise it is a number.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from .kernel import Kernel
from .machine import GRAIN_BITS, MAX_ARGUMENTS, Argument

if TYPE_CHECKING:
    from ...scheduler.ir import Node, Value


class Cut(Enum):
    """How a node's work is shared among threads."""

    ROWS = "rows"
    """Every shard computes its own samples."""
    LANES = "lanes"
    """Every lane computes a slice of the result, from all samples."""
    ONCE = "once"
    """One thread computes it whole."""


@dataclass(frozen=True)
class Rows:
    """``each`` times the number of the shard's samples."""

    each: int

    def __mul__(self, other: int) -> Rows:
        return Rows(self.each * other)

    __rmul__ = __mul__


Size = int | Rows


@dataclass(frozen=True)
class Address:
    """An operand of the region, ``offset`` bytes further."""

    operand: int
    offset: int = 0

    def __add__(self, offset: int) -> Address:
        return Address(self.operand, self.offset + offset)


@dataclass(frozen=True)
class Slice:
    """A lane's part of ``count`` elements, in steps of ``grain``; as an argument: how many it has."""

    count: int
    grain: int = 16

    def of(self, address: Address, stride: int) -> SliceAddress:
        """Where the part begins, if elements lie ``stride`` bytes apart."""
        return SliceAddress(address, self, stride)


@dataclass(frozen=True)
class SliceAddress:
    """Where a lane's part begins."""

    address: Address
    slice: Slice
    stride: int


@dataclass(frozen=True)
class FirstRow:
    """``each`` times the number of samples before the shard's."""

    each: int


class Accumulate:
    """As an argument: 1 where the result is added to what an earlier shard of the lane left, else 0."""


ACCUMULATE = Accumulate()
Word = Size | float | Address | Slice | SliceAddress | FirstRow | Accumulate


class Emitter:
    """What a rule works with while one node is emitted.

    ``cut`` says how the node is shared; addresses and sizes follow from it.
    """

    def __init__(
        self,
        cut: Cut,
        axes: Callable[[Value], int],
        address: Callable[[Value], Address],
        scratch: Callable[[Size], Address],
        blas: int,
        lanes: int,
        batch: int,
    ) -> None:
        self.cut, self.blas, self.lanes, self.batch = cut, blas, lanes, batch
        self._axes, self._address, self._scratch = axes, address, scratch
        self.calls: list[tuple[Kernel, tuple[Word, ...]]] = []
        self.waits: list[int] = []
        """Calls before which every lane waits for all others."""

    @property
    def by_rows(self) -> bool:
        """Whether each shard computes its own samples."""
        return self.cut is Cut.ROWS

    def batch_axis(self, value: Value) -> int:
        """The axis along which the shard has only its samples, or -1."""
        return self._axes(value) if self.by_rows else -1

    def shape(self, value: Value) -> tuple[Size, ...]:
        """Sizes of the axes as the shard sees them."""
        axis = self.batch_axis(value)
        return tuple(Rows(n // self.batch) if i == axis else n for i, n in enumerate(value.shape))

    def size(self, value: Value) -> Size:
        """Number of elements as the shard sees them."""
        return product(self.shape(value))

    def address(self, value: Value) -> Address:
        """Where the value's memory begins; it is always contiguous."""
        return self._address(value)

    def scratch(self, count: Size) -> Address:
        """Memory for so many float32 numbers, the shard's own while the node runs; not cleared."""
        return self._scratch(count)

    def most(self, size: Size) -> int:
        """The largest that a size is on any thread."""
        return size.each * -(-self.batch // self.lanes) if isinstance(size, Rows) else size

    def call(self, kernel: Kernel, *words: Word) -> None:
        """Append a call."""
        if len(words) > MAX_ARGUMENTS:
            raise ValueError(f"{kernel.name} is called with {len(words)} words; {MAX_ARGUMENTS} are allowed")
        self.calls.append((kernel, words))

    def wait(self) -> None:
        """By lanes: what follows begins when every lane has made what stands before."""
        if self.cut is Cut.LANES:
            self.waits.append(len(self.calls))

    def accumulates(self, value: Value) -> Word:
        """What says whether the call adds to ``value`` (a sum over the batch) or begins it."""
        return ACCUMULATE if self.by_rows else 0


def product(sizes: Sequence[Size]) -> Size:
    """The product of sizes, at most one of which counts rows."""
    result: Size = 1
    for size in sizes:
        if isinstance(result, Rows):
            if isinstance(size, Rows):
                raise ValueError("the batch is there twice")
            result = Rows(result.each * size)
        else:
            result = size * result
    return result


def encode(word: Word) -> tuple[int, int, int, int, int]:
    """A word as the machine's row of five numbers."""
    if isinstance(word, Rows):
        return (Argument.ROWS, word.each, 0, 0, 0)
    if isinstance(word, Address):
        return (Argument.ADDRESS, word.operand, word.offset, 0, 0)
    if isinstance(word, Slice):
        return (Argument.SLICE_COUNT, word.count, word.grain, 0, 0)
    if isinstance(word, SliceAddress):
        slices, where = word.slice.count << GRAIN_BITS | word.slice.grain, word.address
        return (Argument.SLICE_ADDRESS, where.operand, slices, where.offset, word.stride)
    if isinstance(word, FirstRow):
        return (Argument.ROW_START, word.each, 0, 0, 0)
    if isinstance(word, Accumulate):
        return (Argument.ACCUMULATE, 0, 0, 0, 0)
    if isinstance(word, float):
        return (Argument.CONSTANT, struct.unpack("<q", struct.pack("<d", word))[0], 0, 0, 0)
    return (Argument.CONSTANT, int(word), 0, 0, 0)


Emit = Callable[[Emitter, "Node"], None]
Accepts = Callable[["Node"], bool]


def never(node: Node) -> bool:
    """No node."""
    return False


@dataclass(frozen=True)
class Rule:
    """How nodes of an operator become calls.

    ``cuts`` are the ways of sharing that ``emit`` can write; ``accepts`` says for which nodes at all; ``in_place``
    whether the result may lie over the inputs that the operator allows; ``lanes_uncut`` which nodes it can write by
    lanes too where they are not cut by samples; ``repeats`` whether it takes all of a shard's samples through the same
    weights many times, so that it slows down where shards have few.
    """

    emit: Emit
    accepts: Accepts
    cuts: frozenset[Cut]
    in_place: bool
    lanes_uncut: Accepts = never
    repeats: bool = False

    def by_lanes(self, node: Node, cut_by_rows: bool) -> bool:
        """Whether it can write this node by lanes."""
        return Cut.LANES in self.cuts or (not cut_by_rows and self.lanes_uncut(node))


rules: dict[str, Rule] = {}


def lowers(
    *operators: str,
    accepts: Accepts | None = None,
    cuts: Sequence[Cut] = (Cut.ROWS, Cut.ONCE),
    in_place: bool = True,
    lanes_uncut: Accepts = never,
    repeats: bool = False,
) -> Callable[[Emit], Emit]:
    """Decorator: the function emits nodes of these operators.

    Inputs and outputs are float32 throughout; sizes are never 0. With ``Cut.LANES`` or ``lanes_uncut`` the function
    must look at ``emitter.cut`` and use slices.
    """

    def declare(emit: Emit) -> Emit:
        for name in operators:
            if name in rules:
                raise ValueError(f"two rules for {name}")
            rules[name] = Rule(emit, accepts or (lambda node: True), frozenset(cuts), in_place, lanes_uncut, repeats)
        return emit

    return declare


def rule_for(node: Any) -> Rule | None:
    """The rule that can emit this node, or None."""
    rule = rules.get(node.op.name)
    return rule if rule is not None and rule.accepts(node) else None
