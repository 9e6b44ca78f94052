"""How much of the network's input one output of a node is computed from, found along the way through the graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..ops.operator import Operator, Shape, TensorSpec
from ..ops.sight import Looks, along, both, extent, through
from .report import ReceptiveField

Seen = Mapping[str, Looks]
"""For each input node what is read along each axis of a sample; one that nothing is read of is not there."""


class ReceptiveFields:
    """What every output sees of the inputs; nodes are told in an order in which they can run."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, int], Seen] = {}
        self._samples: dict[str, Shape] = {}
        self._told: dict[tuple[str, int], ReceptiveField] = {}

    def start(self, name: str, shape: Shape) -> None:
        """An input node: each of its elements is one position of the sample; its first axis is the batch."""
        self._samples[name] = shape[1:]
        self._seen[name, 0] = {name: tuple(along(axis) for axis in range(1, len(shape)))}

    def follow(
        self,
        name: str,
        op: Operator,
        p: Any,
        sources: Sequence[tuple[str, int] | None],
        inputs: Sequence[TensorSpec],
        outputs: Sequence[TensorSpec],
    ) -> None:
        """A node that computes ``outputs``; where a source or the operator does not tell, nothing is known of it."""
        read = [self._seen.get(source) if source is not None else {} for source in sources]
        if any(seen is None for seen in read):
            return
        shapes = [spec.shape for spec in inputs]
        for number, output in enumerate(outputs):
            looks = op.sight(p, shapes, output.shape, number)
            if looks is None:
                continue
            found: dict[str, Looks] = {}
            for seen, look in zip(read, looks, strict=False):
                if look is None:
                    continue
                for start, spans in (seen or {}).items():
                    moved = tuple([through(span, look) for span in spans])
                    moved = spans if moved == spans else moved  # one object, so that its report is made once
                    known = found.get(start)
                    found[start] = moved if known is None else tuple(map(both, known, moved))
            self._seen[name, number] = found

    def of(self, name: str) -> list[ReceptiveField]:
        """What the first output of a node sees, input by input; empty where it is not known."""
        seen = self._seen.get((name, 0), {})
        return [self._field(start, spans) for start, spans in seen.items() if self._samples[start]]

    def _field(self, start: str, spans: Looks) -> ReceptiveField:
        field = self._told.get((start, id(spans)))
        if field is None:
            sizes = self._samples[start]
            size = [extent(span, n) for span, n in zip(spans, sizes, strict=True)]
            step = [span.step if len(span.axes) == 1 else None for span in spans]
            field = self._told[start, id(spans)] = ReceptiveField(input=start, size=size, of=list(sizes), step=step)
        return field
