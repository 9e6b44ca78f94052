"""From a checked graph to the symbol that is trained and served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import GraphError
from ..ops.operator import Operator, Shape
from ..symbol.compose import make_node
from ..symbol.symbol import Group, Symbol, SymbolNode, Variable
from .check import DataSpec, check, output_ids
from .document import output_index, split_reference
from .groups import expand
from .inputs import InputParams
from .resolve import resolve


@dataclass(frozen=True, slots=True)
class Head:
    """One output of the network; ``label`` is the variable fed with labels (None: connected inside the graph)."""

    name: str
    op: Operator | None
    p: Any
    label: str | None

    @property
    def is_loss(self) -> bool:
        return self.op is not None and self.op.is_loss

    @property
    def task(self) -> str:
        """``classification``, ``regression`` or ``loss``; ``none`` for an output that is no loss."""
        return self.op.task(self.p) if self.op is not None and self.op.is_loss else "none"  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Network:
    """A graph as a symbol, with the names of what is fed and what comes out."""

    symbol: Symbol
    inputs: dict[str, Shape | None]
    """Input nodes and the shape of one sample, where the graph states it."""
    heads: tuple[Head, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the inputs that are fed with labels."""
        return tuple(head.label for head in self.heads if head.label is not None)

    @property
    def weights(self) -> list[str]:
        """Names of all trained variables."""
        fed = {*self.inputs, *self.labels}
        return [name for name in self.symbol.list_arguments() if name not in fed]


def to_network(graph: Any, data: DataSpec | None = None) -> Network:
    """The network of a graph JSON (or a symbol); raises GraphError with the first problem where there is one."""
    if isinstance(graph, Symbol):
        return of_symbol(graph)
    report = check(graph, data=data or _any_shape(graph))
    errors = report.errors()
    if errors:
        first = errors[0]
        raise GraphError(
            first.message,
            where=first.node,
            wanted=first.wanted,
            got=first.got,
            remedy=first.remedy,
            port=first.port,
            parameter=first.parameter,
        )
    document = expand(graph).document
    order, _ = resolve(document)
    symbols: dict[str, Symbol] = {}
    inputs: dict[str, Shape | None] = {}
    labels: dict[str, str | None] = {}
    for name, resolved in order.items():
        if resolved.op is None:
            assert isinstance(resolved.p, InputParams)
            inputs[name] = resolved.p.shape
            symbols[name] = Variable(name, dtype=resolved.p.dtype)
            continue
        given = {port: symbols[source][index] for port, (source, index) in resolved.sources.items()}
        for port, begin in resolved.op.beginnings(resolved.p).items():
            given.setdefault(port, Variable(f"{name}_{port}", attr={"__init__": begin}))
        values = _in_port_order(resolved.op, resolved.p, given)
        symbols[name] = make_node(resolved.op, resolved.p, values, name, None)
        if resolved.op.is_loss and any(port.kind == "label" for port in resolved.ports):
            labels[name] = None if "label" in given else f"{name}_label"
    chosen = dict(map(split_reference, document.outputs))
    heads = [Head(n, order[n].op, order[n].p, labels.get(n)) for n in output_ids(document, order)]
    outputs = [symbols[h.name][output_index(chosen.get(h.name, ""), order[h.name].output_names) or 0] for h in heads]
    return Network(Group(outputs), inputs, tuple(heads))


def of_symbol(symbol: Symbol, fed: Mapping[str, Shape] | None = None) -> Network:
    """The network of a symbol: what feeds its data ports is fed, what its loss heads learn are labels, the rest is
    trained.

    ``fed`` names what is fed, with the shape of one sample, where the ports do not tell: of several inputs, or of a
    weight that is added or joined to something. GraphError where the symbol has no such variable.
    """
    kinds: dict[SymbolNode, str] = {}
    for node in symbol.nodes():
        if node.op is not None:
            for port, (source, _) in zip(node.op.ports(node.p), node.inputs, strict=True):
                if source.op is None:
                    kinds.setdefault(source, port.kind)
    heads = []
    for node, _ in symbol._entries:
        label = None
        if node.op is not None and node.op.is_loss:
            sources = dict(zip((port.kind for port in node.op.ports(node.p)), node.inputs, strict=True))
            taught = sources["label"][0] if "label" in sources else None
            label = taught.name if taught is not None and kinds.get(taught) == "label" else None
        heads.append(Head(node.name, node.op, node.p, label))
    inputs: dict[str, Shape | None] = {node.name: None for node, kind in kinds.items() if kind == "data"}
    if fed is not None:
        names = [node.name for node in kinds]
        for name in fed:
            if name not in names:
                raise GraphError("the symbol has no such variable", where=name, wanted=", ".join(names), got=name)
        inputs = dict(fed)
    return Network(symbol, inputs, tuple(heads))


def to_symbol(graph: Any) -> Symbol:
    """The symbol of a graph JSON."""
    return to_network(graph).symbol


def _in_port_order(op: Operator, p: Any, given: Mapping[str, Symbol]) -> tuple[Symbol | None, ...]:
    ports = op.ports(p) if op.variadic else op.inputs
    return tuple(given.get(port.name) for port in ports)


def _any_shape(graph: Any) -> DataSpec | None:
    """Where an Input leaves its shape open and no data set is named, only the structure can be checked."""
    open_inputs = any(
        resolved.op is None and not resolved.p.shape  # type: ignore[attr-defined]
        for resolved in resolve(expand(graph).document)[0].values()
    )
    if open_inputs:
        raise GraphError(
            "the shape of a sample is not known",
            remedy="Name the data set, or give the Input node its shape (without the batch axis)",
        )
    return None
