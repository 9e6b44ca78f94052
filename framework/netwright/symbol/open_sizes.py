"""Sizes that a graph from MXNet leaves open: a 0 in the shape of ``_zeros``, for states of an unknown batch size.

MXNet works them out from the users of the array. Here sizes of the inputs are tried in turn: the first with which all
shapes of the graph agree is taken. A 0 that fits as it is stays, but not where it fits by broadcasting a size of 1
alone: there the 1 is meant.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import NetwrightError
from ..ops.broadcast import Broadcast
from ..ops.operator import Shape
from .infer import Inference
from .symbol import Symbol, SymbolEntry, SymbolNode

_MAKERS = ("_zeros", "_ones", "_full")


def close_sizes(symbol: Symbol, shapes: Mapping[str, Shape]) -> Symbol:
    """The symbol with open sizes filled in for these shapes of its variables; itself where there are none."""
    nodes = symbol.nodes()
    if not any(_is_open(node) for node in nodes) or _agrees(symbol, shapes, may_empty=False):
        return symbol
    sizes = dict.fromkeys(size for shape in reversed(list(shapes.values())) for size in shape if size > 0)
    for size in sizes:
        candidate = _filled(symbol, nodes, size)
        if _agrees(candidate, shapes):
            return candidate
    return symbol


def _is_open(node: SymbolNode) -> bool:
    return node.op is not None and node.op.name in _MAKERS and 0 in node.p.shape  # type: ignore[union-attr]


def _filled(symbol: Symbol, nodes: list[SymbolNode], size: int) -> Symbol:
    new: dict[SymbolNode, SymbolNode] = {}
    for node in nodes:
        p = node.p
        if _is_open(node):
            assert p is not None
            p = p.model_copy(update={"shape": tuple(n or size for n in p.shape)})  # type: ignore[attr-defined]
        inputs: tuple[SymbolEntry, ...] = tuple((new[source], i) for source, i in node.inputs)
        new[node] = node if node.op is None else SymbolNode(node.op, p, node.name, inputs, node.attributes)
    return Symbol([(new[node], i) for node, i in symbol._entries])


def _agrees(symbol: Symbol, shapes: Mapping[str, Shape], *, may_empty: bool = True) -> bool:
    """Whether all shapes fit; without ``may_empty``, no operator makes 0 of a size of 1."""
    inference = Inference(symbol.nodes())
    for node in inference.nodes:
        if node.op is None and node.name in shapes:
            inference.set_shape((node, 0), tuple(shapes[node.name]))
    try:
        inference.run_shapes()
    except NetwrightError:
        return False
    return may_empty or not any(_empties(node, inference.shapes) for node in inference.nodes)


def _empties(node: SymbolNode, shapes: Mapping[SymbolEntry, Shape]) -> bool:
    if not isinstance(node.op, Broadcast):
        return False
    sides = [shapes.get(entry, ())[::-1] for entry in node.inputs]
    return any({0, 1} == set(sizes) for sizes in zip(*sides, strict=False))
