"""Shape inference where some sizes are unknown (0 in MXNet's shapes): sizes meet from both sides of an operator.

Every unknown size is given a large number of its own, and the operators' own inference runs on those. Where a number
of an unknown meets another size at the same place, it is replaced by it. What was computed from unknowns is told apart
by doing all this twice, with different numbers: sizes that differ are not known.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from ..errors import NetwrightError, ShapeError
from ..ops.broadcast import Broadcast
from ..ops.operator import Operator, Shape
from ..ops.shape import Reshaping
from .symbol import SymbolEntry, SymbolNode

_BASES = ((1_000_003, 10_007), (2_000_029, 30_011))
"""(the first number, the distance between numbers) of each run."""
_LARGE = 1_000_000
_ROUNDS = 20

Shapes = dict[SymbolEntry, Shape]


def fill_unknowns(
    nodes: Sequence[SymbolNode],
    shapes: Mapping[SymbolEntry, Shape],
    hints: Mapping[SymbolEntry, Shape],
    all_alike: Callable[[Operator], bool],
    can_infer: Callable[[Operator, SymbolNode, Sequence[Shape | None]], bool],
) -> Shapes:
    """Shapes that follow, with 0 for sizes that do not; raises ShapeError where known sizes clash."""
    first, second = (_Run(nodes, shapes, hints, all_alike, can_infer, *base).found() for base in _BASES)
    return {
        entry: tuple(a if a == b else 0 for a, b in zip(shape, second[entry], strict=True))
        for entry, shape in first.items()
        if entry in second and len(shape) == len(second[entry])
    }


class _Run:
    """One run with its numbers for the unknown sizes."""

    def __init__(
        self,
        nodes: Sequence[SymbolNode],
        shapes: Mapping[SymbolEntry, Shape],
        hints: Mapping[SymbolEntry, Shape],
        all_alike: Callable[[Operator], bool],
        can_infer: Callable[[Operator, SymbolNode, Sequence[Shape | None]], bool],
        number: int,
        distance: int,
    ) -> None:
        self._nodes, self._all_alike, self._can_infer = nodes, all_alike, can_infer
        self._shapes: Shapes = dict(shapes)
        self._met: dict[int, int] = {}
        self._numbers: set[int] = set()
        for entry, hint in hints.items():
            sizes = []
            for size in hint:
                if size == 0:
                    size = number + distance * len(self._numbers)
                    self._numbers.add(size)
                sizes.append(size)
            self._meet(self._shapes.setdefault(entry, tuple(sizes)), tuple(sizes), entry[0])

    def found(self) -> Shapes:
        """All shapes, after as many rounds as something changes."""
        for _ in range(_ROUNDS):
            before = (len(self._shapes), len(self._met))
            for node in self._nodes:
                if node.op is not None:
                    self._infer(node)
            if (len(self._shapes), len(self._met)) == before:
                break
        return {entry: self._resolved(shape) for entry, shape in self._shapes.items()}

    def _resolved(self, shape: Shape) -> Shape:
        sizes = []
        for size in shape:
            while size in self._met:
                size = self._met[size]
            sizes.append(size)
        return tuple(sizes)

    def _shape(self, entry: SymbolEntry) -> Shape | None:
        found = self._shapes.get(entry)
        return None if found is None else self._resolved(found)

    def _meet(self, one: Shape, other: Shape, node: SymbolNode) -> None:
        """Two shapes of the same thing: unknown sizes of either become those of the other."""
        one, other = self._resolved(one), self._resolved(other)
        if len(one) != len(other):
            raise ShapeError("the shapes do not fit together", where=node.name, wanted=one, got=other)
        for a, b in zip(one, other, strict=True):
            if a == b:
                continue
            if a in self._numbers:
                self._met[a] = b
            elif b in self._numbers:
                self._met[b] = a
            elif a < _LARGE and b < _LARGE:
                raise ShapeError("the shapes do not fit together", where=node.name, wanted=one, got=other)
            elif b < _LARGE:  # what was computed from unknowns is known from elsewhere
                self._met[a] = b
            elif a < _LARGE:
                self._met[b] = a

    def _meet_inputs(self, node: SymbolNode, shapes: Sequence[Shape | None]) -> None:
        """Unknown sizes of the inputs become those that others have at the same place."""
        known = [s for s in shapes if s is not None]
        for i, one in enumerate(known):
            for other in known[i + 1 :]:
                if len(one) == len(other):
                    for a, b in zip(self._resolved(one), self._resolved(other), strict=True):
                        if a in self._numbers or b in self._numbers:
                            self._meet((a,), (b,), node)

    def _meet_count(self, node: SymbolNode) -> None:
        """The one unknown size of an array whose elements are seen under a known shape."""
        before, after = self._shape(node.inputs[0]), self._shape((node, 0))
        if before is None or after is None or any(size >= _LARGE for size in after):
            return
        open_ = [size for size in before if size >= _LARGE]
        rest = math.prod(size for size in before if size < _LARGE)
        if len(open_) == 1 and open_[0] in self._numbers and rest and math.prod(after) % rest == 0:
            self._met[open_[0]] = math.prod(after) // rest

    def _infer(self, node: SymbolNode) -> None:
        op = node.op
        assert op is not None
        if isinstance(op, Reshaping):
            self._meet_count(node)
        alike = self._all_alike(op)
        entries = [*node.inputs, (node, 0)] if alike else list(node.inputs)
        if alike or isinstance(op, Broadcast):
            self._meet_inputs(node, [self._shape(e) for e in entries])
        known = [self._shape(e) for e in entries]
        ins = known[: len(node.inputs)]
        if alike and not any(s is not None for s in ins):
            ins = [known[-1]] * len(ins)
        if not self._can_infer(op, node, ins):
            return
        try:
            new_ins, outs = op.shapes(node.p, ins)
        except NetwrightError:
            self._meet_inputs(node, ins)
            try:
                new_ins, outs = op.infer_shape(node.p, [None if s is None else self._resolved(s) for s in ins])
            except NetwrightError as error:
                if any(size >= _LARGE for s in ins if s is not None for size in self._resolved(s)):
                    return  # it cannot be said of unknown sizes
                raise error.at(f"{node.name} ({op.name})") from None
        for entry, shape in [*zip(node.inputs, new_ins, strict=True), *(((node, i), s) for i, s in enumerate(outs))]:
            if shape is not None:
                self._meet(self._shapes.setdefault(entry, tuple(shape)), tuple(shape), node)
