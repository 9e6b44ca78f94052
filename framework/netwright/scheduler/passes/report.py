"""What a pass changed: steps and bytes before and after, and in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..ir import Graph
from .liveness import peak_bytes

MAX_NAMED = 4
"""Operators named in the words; the rest is counted."""

NOTHING = "nothing to do"


@dataclass(frozen=True, slots=True)
class PassReport:
    """Steps before and after a pass, the predicted peak in bytes before and after it, and the change in words."""

    name: str
    steps_before: int
    steps_after: int
    bytes_before: int
    bytes_after: int
    changed: str

    @property
    def idle(self) -> bool:
        """Whether the pass found nothing to do."""
        return self.changed == NOTHING

    def to_json(self) -> dict[str, Any]:
        """The report as the page draws it."""
        return {**asdict(self), "idle": self.idle}

    def __str__(self) -> str:
        megabyte = 1024 * 1024
        return (
            f"pass {self.name}: {self.steps_before} → {self.steps_after} steps, "
            f"{self.bytes_before / megabyte:.2f} → {self.bytes_after / megabyte:.2f} MiB at the peak; {self.changed}"
        )


def lines(reports: Sequence[PassReport]) -> list[str]:
    """A line for each pass that changed something, and one for all others."""
    idle = [report.name for report in reports if report.idle]
    found = [str(report) for report in reports if not report.idle]
    return [*found, f"passes that found nothing to do: {', '.join(idle)}"] if idle else found


class Snapshot:
    """A graph as it stood between two passes."""

    def __init__(self, graph: Graph, before: Snapshot | None = None) -> None:
        self.order = [id(node) for node in graph.nodes]
        self.operators = {id(node): node.op.name for node in graph.nodes}
        self._calls = [(node, node.inputs) for node in graph.nodes]  # held, so that identities stay theirs
        unchanged = before is not None and before._calls == self._calls
        self.bytes: int = before.bytes if before is not None and unchanged else peak_bytes(graph)

    def report(self, name: str, before: Snapshot, remarks: Sequence[str]) -> PassReport:
        """The report of the pass that led from ``before`` to here."""
        words = [*remarks, *self._changes(before)] or [NOTHING]
        return PassReport(name, len(before.order), len(self.order), before.bytes, self.bytes, "; ".join(words))

    def _changes(self, before: Snapshot) -> list[str]:
        gone = Counter(op for node, op in before.operators.items() if node not in self.operators)
        new = Counter(op for node, op in self.operators.items() if node not in before.operators)
        stayed = [node for node in before.order if node in self.operators]
        now = [node for node in self.order if node in before.operators]
        moved = sum(a != b for a, b in zip(stayed, now, strict=True))
        changes = [f"{verb} {_listed(counts)}" for verb, counts in (("dropped", gone), ("added", new)) if counts]
        return [*changes, f"moved {moved} steps"] if moved else changes


def _listed(counts: Mapping[str, int]) -> str:
    """``3 _zeros, 1 tanh and 2 others``: the most frequent first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    named = [f"{count} {op}" for op, count in ordered[:MAX_NAMED]]
    rest = sum(count for _, count in ordered[MAX_NAMED:])
    return ", ".join(named) + (f" and {rest} others" if rest else "")
