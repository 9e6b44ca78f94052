"""The plan: what will run, in which order, and where every tensor lies; a thing to read as well as to run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from typing import Any, Literal, Protocol

from ..device import Device
from .ir import Graph, Node, Value
from .memory import Lifetime, place
from .passes.report import PassReport, lines
from .strategy import Strategy

Storage = Literal["input", "arena", "own", "view", "output"]


@dataclass(slots=True)
class Tensor:
    """Where a value lies and when it lives."""

    value: Value
    storage: Storage
    first: int
    last: int
    offset: int = -1
    base: Value | None = None
    """The value whose memory it shares: of a view, or of the input it is written over."""


PYTHON = "call"
"""How a step runs that is a call of its operator's forward."""


class NativePlan(Protocol):
    """What a plan tells of its native form."""

    def runs(self, node: Node) -> str:
        """How a step is shared among threads: ``rows``, ``lanes`` or ``once``; ``view``, or ``call``."""

    def remarks(self) -> list[str]:
        """Threads, phases and memory in words."""


@dataclass(slots=True, repr=False)
class Plan:
    """Steps in order; ``boundary`` is where the backward part begins."""

    graph: Graph
    device: Device
    strategy: Strategy
    steps: list[Node]
    boundary: int
    tensors: dict[Value, Tensor]
    arena_bytes: int
    reason: str = ""
    notes: list[str] = field(default_factory=list)
    passes: list[PassReport] = field(default_factory=list)
    """What each pass changed, in their order."""
    native: NativePlan | None = None
    """How it runs as native code, where it does."""

    def root(self, value: Value) -> Value:
        """The value in whose memory it lies: its own, or another's that it is a view of or written over."""
        tensor = self.tensors[value]
        while tensor.base is not None:
            tensor = self.tensors[tensor.base]
        return tensor.value

    @property
    def flops(self) -> int:
        """Floating-point operations of all steps."""
        return sum(step_flops(n) for n in self.steps)

    @property
    def unshared_bytes(self) -> int:
        """What the arena's tensors would take without sharing memory."""
        return sum(v.spec.nbytes for v, t in self.tensors.items() if t.storage in ("arena", "own") and t.base is None)

    @property
    def peak_bytes(self) -> int:
        """The arena and, at the worst step, the tensors and the working memory that operators allocate themselves."""
        change = [0] * (len(self.steps) + 2)
        for i, node in enumerate(self.steps):
            nbytes = step_workspace(node)
            change[i] += nbytes
            change[i + 1] -= nbytes
        for value, tensor in self.tensors.items():
            if tensor.storage in ("own", "output") and tensor.base is None:
                change[tensor.first] += value.spec.nbytes
                change[tensor.last + 1] -= value.spec.nbytes
        peak = now = 0
        for delta in change:
            now += delta
            peak = max(peak, now)
        return self.arena_bytes + peak

    @property
    def input_bytes(self) -> int:
        """Bytes of what the caller feeds, weights included."""
        return sum(v.spec.nbytes for v in self.graph.inputs.values())

    def to_json(self) -> dict[str, Any]:
        """Everything the page draws: steps, tensors with lifetimes and places, totals, and the text."""
        return {
            "device": str(self.device),
            "reason": self.reason,
            "strategy": {"name": self.strategy.name, **self.strategy.model_dump()},
            "steps": [self._step_json(i, node) for i, node in enumerate(self.steps)],
            "boundary": self.boundary,
            "passes": [report.to_json() for report in self.passes],
            "tensors": [self._tensor_json(t) for t in self.tensors.values()],
            "totals": {
                "flops": self.flops,
                "arena_bytes": self.arena_bytes,
                "unshared_bytes": self.unshared_bytes,
                "peak_bytes": self.peak_bytes,
                "input_bytes": self.input_bytes,
            },
            "text": str(self),
        }

    def _step_json(self, i: int, node: Node) -> dict[str, Any]:
        return {
            "step": i,
            "op": node.op.label,
            "name": node.name,
            "phase": node.phase,
            "inputs": [v.number for v in node.inputs],
            "outputs": [v.number for v in node.outputs],
            "flops": step_flops(node),
            "bytes": sum(v.spec.nbytes for v in (*node.inputs, *node.outputs)),
            "memory": self._memory_note(node),
            "runs": PYTHON if self.native is None else self.native.runs(node),
        }

    def _tensor_json(self, tensor: Tensor) -> dict[str, Any]:
        value = tensor.value
        return {
            "id": value.number,
            "name": value.name,
            "shape": list(value.shape),
            "dtype": value.dtype.name,
            "bytes": value.spec.nbytes,
            "storage": tensor.storage,
            "first": tensor.first,
            "last": tensor.last,
            "offset": tensor.offset if tensor.offset >= 0 else None,
            "shares": tensor.base.number if tensor.base is not None else None,
        }

    def _memory_note(self, node: Node) -> str:
        notes = []
        for value in node.outputs:
            tensor = self.tensors.get(value)
            if tensor is None:
                notes.append("unused")
            elif tensor.storage == "view":
                notes.append(f"view of %{tensor.base.number}" if tensor.base else "view")
            elif tensor.storage == "arena" and tensor.base is not None:
                notes.append(f"over %{tensor.base.number} @{tensor.offset}")
            elif tensor.storage == "arena":
                notes.append(f"@{tensor.offset}")
            else:
                notes.append(tensor.storage)
        return ", ".join(notes)

    def _repr_html_(self) -> str:
        """The steps as a table, for notebooks."""
        head, *rows = self.rows()
        cells = ["<tr>" + "".join(f"<th>{escape(cell)}</th>" for cell in head) + "</tr>"]
        cells += ["<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows]
        notes = "<br>".join(map(escape, self.remarks()))
        return f"<table>{''.join(cells)}</table><p>{notes}</p>"

    def __repr__(self) -> str:
        return f"<Plan of {len(self.steps)} steps on {self.device}, arena {self.arena_bytes} bytes>"

    def rows(self) -> list[tuple[str, ...]]:
        """The table's head and a row for each step."""
        rows: list[tuple[str, ...]] = [("step", "operator", "name", "output", "runs", "memory", "lives", "MFLOP")]
        for i, node in enumerate(self.steps):
            if i == self.boundary and i:
                rows.append(("", "— backward —", *[""] * 6))
            first = node.outputs[0]
            tensor = self.tensors.get(first)
            rows.append(
                (
                    str(i),
                    node.op.label,
                    node.name,
                    f"%{first.number} {'×'.join(map(str, first.shape))} {first.dtype.name}",
                    PYTHON if self.native is None else self.native.runs(node),
                    self._memory_note(node),
                    f"{tensor.first}–{tensor.last}" if tensor else "",
                    f"{step_flops(node) / 1e6:.3f}",
                )
            )
        return rows

    def remarks(self) -> list[str]:
        """Device, strategy and memory in words."""
        megabyte = 1024 * 1024
        return [
            f"device {self.device}: {self.reason}" if self.reason else f"device {self.device}",
            f"strategy {self.strategy.name}; {len(self.steps)} steps; {self.flops / 1e6:.1f} MFLOP",
            f"memory: arena {self.arena_bytes / megabyte:.2f} MiB (unshared {self.unshared_bytes / megabyte:.2f}), "
            f"peak {self.peak_bytes / megabyte:.2f} MiB, inputs and weights {self.input_bytes / megabyte:.2f} MiB",
            *lines(self.passes),
            *([] if self.native is None else self.native.remarks()),
            *self.notes,
        ]

    def __str__(self) -> str:
        rows = self.rows()
        widths = [max(len(row[c]) for row in rows) for c in range(len(rows[0]))]
        lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
        lines.insert(1, "-" * len(lines[0]))
        return "\n".join([*lines, "", *self.remarks()])


def step_flops(node: Node) -> int:
    """Floating-point operations of one step."""
    return int(node.op.flops(node.p, [v.spec for v in node.inputs], [v.spec for v in node.outputs]))


def step_workspace(node: Node) -> int:
    """Bytes that one step's operator allocates beside its results."""
    return node.op.workspace(node.p, [v.spec for v in node.inputs], [v.spec for v in node.outputs])


def make_plan(
    graph: Graph,
    device: Device,
    strategy: Strategy,
    reason: str = "",
    may_write_over: Callable[[Node], bool] = lambda node: True,
) -> Plan:
    """Decide storage and place for every value of the (pruned) graph, in the order of its nodes.

    ``may_write_over`` says whether what runs a step allows its result to lie over an input.
    """
    steps = graph.nodes
    boundary = next((i for i, n in enumerate(steps) if n.phase == "backward"), len(steps))
    tensors = _lifetimes(graph, steps)
    roots = _choose_storage(graph, steps, tensors, strategy, may_write_over)
    placed = [t for t in tensors.values() if t.storage == "arena" and t.base is None]
    offsets, size = place([Lifetime(t.value.spec.nbytes, t.first, t.last) for t in placed], share=strategy.share_memory)
    for tensor, offset in zip(placed, offsets, strict=True):
        tensor.offset = offset
    for tensor in tensors.values():
        if tensor.storage == "arena" and tensor.base is not None:
            tensor.offset = tensors[roots[tensor.value]].offset
    return Plan(graph, device, strategy, steps, boundary, tensors, size, reason)


def _lifetimes(graph: Graph, steps: list[Node]) -> dict[Value, Tensor]:
    end = len(steps)
    tensors: dict[Value, Tensor] = {v: Tensor(v, "input", -1, end) for v in graph.inputs.values()}
    for i, node in enumerate(steps):
        for value in node.outputs:
            tensors[value] = Tensor(value, "own", i, i)
        for value in node.inputs:
            tensors[value].last = max(tensors[value].last, i)
    for value in graph.outputs:
        tensors[value].last = end
    return tensors


def _choose_storage(
    graph: Graph,
    steps: list[Node],
    tensors: dict[Value, Tensor],
    strategy: Strategy,
    may_write_over: Callable[[Node], bool],
) -> dict[Value, Value]:
    """Fill in storages and bases; the value in whose memory each value that shares lies in the end."""
    roots: dict[Value, Value] = {}
    outputs = set(graph.kept_outputs)
    for i, node in enumerate(steps):
        if node.op.view:
            _share(tensors, roots, node.outputs[0], node.inputs[0], "view")
            continue
        writes = "out" in node.op.forward_takes
        leaves = any(v in outputs for v in node.outputs)
        for value in node.outputs:
            if value in outputs:
                tensors[value].storage = "output"
            elif writes and not leaves:  # an operator writes all its outputs into the arena, or none
                tensors[value].storage = "arena"
        if writes and strategy.in_place and may_write_over(node):
            _write_over(node, i, tensors, roots)
    return roots


def _write_over(node: Node, i: int, tensors: dict[Value, Tensor], roots: dict[Value, Value]) -> None:
    """Let the first result take the place of an input that is used no more."""
    value = node.outputs[0]
    if tensors[value].storage != "arena":
        return
    for position in node.op.inplace:
        source = node.inputs[position]
        root = tensors[roots.get(source, source)]
        if (
            root.storage == "arena"
            and root.last == i
            and source.spec == value.spec
            and root.value.spec.nbytes == value.spec.nbytes
            and sum(v is source for v in node.inputs) == 1
            and not any(roots.get(v, v) is root.value for j, v in enumerate(node.inputs) if j != position)
        ):
            _share(tensors, roots, value, source, "arena")
            return


def _share(
    tensors: dict[Value, Tensor], roots: dict[Value, Value], value: Value, source: Value, storage: Storage
) -> None:
    tensor = tensors[value]
    tensor.storage, tensor.base = storage, source
    roots[value] = roots.get(source, source)
    root = tensors[roots[value]]
    root.last = max(root.last, tensor.last)
