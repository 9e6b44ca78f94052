"""A graph in operators that MXNet knows too: what is written to its JSON."""

from __future__ import annotations

from ..ops import get
from ..ops.recurrent_layout import directions, fed_back
from .symbol import Symbol, SymbolEntry, SymbolNode


def portable(symbol: Symbol) -> Symbol:
    """The same graph where recurrent layers take their weights joined and their first states as inputs, as in MXNet."""
    nodes = symbol.nodes()
    if not any(node.op is not None and node.op.name in ("_rnn_parameters", "RNN") for node in nodes):
        return symbol
    new: dict[SymbolNode, SymbolNode] = {}
    for node in nodes:
        inputs: tuple[SymbolEntry, ...] = tuple((new[source], i) for source, i in node.inputs)
        if node.op is None:
            new[node] = node
        elif node.op.name == "_rnn_parameters":
            new[node] = _joined(node.name, inputs[1:])
        elif node.op.name == "RNN" and node.p.zero_state:  # type: ignore[union-attr]
            new[node] = _with_states(node, inputs)
        else:
            new[node] = SymbolNode(node.op, node.p, node.name, inputs, node.attributes)
    return Symbol([(new[node], i) for node, i in symbol._entries])


def _node(op_name: str, name: str, inputs: tuple[SymbolEntry, ...], **params: object) -> SymbolNode:
    op = get(op_name)
    return SymbolNode(op, op.make_params(params), name, inputs)


def _joined(name: str, weights: tuple[SymbolEntry, ...]) -> SymbolNode:
    flat = tuple((_node("Reshape", f"{name}_flat{i}", (w,), shape=(-1,)), 0) for i, w in enumerate(weights))
    return _node("Concat", name, flat, dim=0, num_args=len(flat))


def _with_states(node: SymbolNode, inputs: tuple[SymbolEntry, ...]) -> SymbolNode:
    p = node.p
    given = {k: v for k, v in p.given().items() if k != "zero_state"}  # type: ignore[union-attr]
    layers = p.num_layers * directions(p)  # type: ignore[union-attr]
    widths = [fed_back(p), *([p.state_size] if p.mode == "lstm" else [])]  # type: ignore[union-attr]
    states = tuple(
        (_node("_zeros", f"{node.name}_state{i}", (), shape=(layers, 0, width), dtype="float32"), 0)
        for i, width in enumerate(widths)
    )
    assert node.op is not None
    both = (*inputs[:2], *states, *inputs[2:])
    return SymbolNode(node.op, node.op.make_params(given), node.name, both, node.attributes)
