"""Shape and type inference over a symbol's graph, from data to weights as well as forwards."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import DTypeError, GraphError, KindError, NetwrightError, ShapeError
from ..ops.broadcast import Broadcast
from ..ops.operator import FLOAT32, Operator, Shape
from ..ops.params import dtype_name
from .attributes import read_dtype
from .symbol import Symbol, SymbolEntry, SymbolNode
from .unknowns import fill_unknowns


class Inference:
    """What is known so far of a graph's values; ``run`` works it out to the end.

    ``shapes`` and ``dtypes`` map (node, output) to what is known. A shape hint with zeros (sizes to be inferred) is
    kept apart and checked at the end.
    """

    def __init__(self, nodes: list[SymbolNode]) -> None:
        self.nodes = nodes
        self.shapes: dict[SymbolEntry, Shape] = {}
        self.dtypes: dict[SymbolEntry, np.dtype[Any]] = {}
        self.partial: dict[SymbolEntry, Shape] = {}
        self._hints: dict[SymbolEntry, Shape] = {}
        self._checked: set[SymbolNode] = set()
        for node in nodes:
            if node.op is None:
                if "__shape__" in node.attributes:
                    self.set_shape((node, 0), tuple(ast.literal_eval(node.attributes["__shape__"])))
                if "__dtype__" in node.attributes:
                    self.dtypes[node, 0] = np.dtype(read_dtype(node.attributes["__dtype__"]))

    def set_shape(self, entry: SymbolEntry, shape: Shape) -> None:
        """State a shape; zeros in it are sizes to be inferred."""
        self._hints.pop(entry, None)
        if any(n == 0 for n in shape):
            self._hints[entry] = shape
        else:
            self.shapes[entry] = shape

    def run_shapes(self) -> None:
        """Infer until nothing new follows; raises ShapeError with ``where`` set to the node."""
        changed = True
        while changed:
            changed = False
            for node in self.nodes:
                if node.op is not None and node not in self._checked:
                    changed |= self._infer_node(node)
            changed = changed or self._assume_alike()
        if any(entry not in self.shapes for entry in self._hints):
            self._fill_unknowns()
        for entry, hint in self._hints.items():
            found = self.shapes.get(entry)
            if found is not None and (
                len(found) != len(hint) or any(h not in (0, n) for h, n in zip(hint, found, strict=True))
            ):
                raise ShapeError("the declared shape does not fit", where=entry[0].name, wanted=found, got=hint)

    def _assume_alike(self) -> bool:
        """A variable that is added to something known has its shape, as MXNet has it (its ``+`` does not broadcast)."""
        for node in self.nodes:
            if isinstance(node.op, Broadcast):
                known = [e for e in node.inputs if e in self.shapes]
                open_ = [e for e in node.inputs if e not in self.shapes and e[0].op is None and e not in self._hints]
                if known and open_:
                    self.shapes[open_[0]] = self.shapes[known[0]]
                    return True
        return False

    def _fill_unknowns(self) -> None:
        """Work out unknown sizes; shapes that stay open in part are kept in ``partial``."""
        found = fill_unknowns(self.nodes, self.shapes, self._hints, all_alike, can_infer)
        whole = {entry: shape for entry, shape in found.items() if 0 not in shape}
        self.partial = {entry: shape for entry, shape in found.items() if entry not in whole}
        self.shapes.update(whole)

    def run_dtypes(self) -> None:
        """Infer element types from those known."""
        for _ in range(2):
            for node in self.nodes:
                if node.op is None:
                    continue
                ins = [self.dtypes.get(e) for e in node.inputs]
                try:
                    new_ins, outs = node.op.infer_dtype(node.p, ins)
                except NetwrightError as error:
                    raise error.at(f"{node.name} ({node.op.name})") from None
                for entry, dtype in zip(node.inputs, new_ins, strict=True):
                    if dtype is not None:
                        self.dtypes.setdefault(entry, np.dtype(dtype))
                for i, dtype in enumerate(outs):
                    if dtype is not None:
                        self.dtypes[node, i] = np.dtype(dtype)

    def settle_dtypes(self) -> None:
        """What stays open is float32."""
        for node in self.nodes:
            for i in range(1 if node.op is None else len(node.op.output_names(node.p))):
                self.dtypes.setdefault((node, i), FLOAT32)

    def _infer_node(self, node: SymbolNode) -> bool:
        op = node.op
        assert op is not None
        ins = [self.shapes.get(e) for e in node.inputs]
        if all_alike(op) and not any(s is not None for s in ins):
            ins = [self.shapes.get((node, 0))] * len(ins)  # a user of the output may have said it
        if not can_infer(op, node, ins):
            return False
        try:
            new_ins, outs = op.shapes(node.p, ins)
        except NetwrightError as error:
            raise error.at(f"{node.name} ({op.name})") from None
        changed = False
        for port, entry, shape in zip(op.ports(node.p), node.inputs, new_ins, strict=True):
            if shape is None:
                continue
            known = self.shapes.get(entry)
            if known is None:
                self.shapes[entry] = tuple(shape)
                changed = True
            elif known != tuple(shape):
                raise ShapeError(
                    f"input {port.name!r} has the wrong shape",
                    where=f"{node.name} ({op.name})",
                    port=port.name,
                    wanted=tuple(shape),
                    got=known,
                )
        for i, shape in enumerate(outs):
            if shape is not None and (node, i) not in self.shapes:
                self.shapes[node, i] = tuple(shape)
                changed = True
        if all(e in self.shapes for e in node.inputs) and (node, 0) in self.shapes:
            self._checked.add(node)
        return changed


def all_alike(op: Operator) -> bool:
    """Whether all inputs and the output have one shape, so that any of them tells the others."""
    return op.any_side or type(op).infer_shape is Operator.infer_shape


def can_infer(op: Operator, node: SymbolNode, ins: Sequence[Shape | None]) -> bool:
    """Operators are asked once all their data are known; the rule "all the same" works from any side."""
    if all_alike(op):
        return not ins or any(s is not None for s in ins)
    if op.from_first:
        return ins[0] is not None
    return all(s is not None for port, s in zip(op.ports(node.p), ins, strict=True) if port.kind == "data")


def _given(symbol: Symbol, args: tuple[Any, ...], kwargs: Mapping[str, Any], what: str) -> dict[str, Any]:
    names = symbol.list_arguments()
    if args and kwargs:
        raise GraphError(f"{what}: give either positions or names, not both")
    if len(args) > len(names):
        raise GraphError(f"{what}: more positions than arguments", wanted=len(names), got=len(args))
    given = dict(zip(names, args, strict=False)) if args else dict(kwargs)
    known = set(symbol.list_inputs())
    for name in given:
        if name not in known:
            raise GraphError(
                f"{what}: there is no argument {name!r}", remedy=f"The arguments are: {', '.join(names[:20])}"
            )
    return {k: v for k, v in given.items() if v is not None}


def _sizes(name: str, shape: Any) -> Shape:
    """A shape that was given, with 0 for unknown sizes (also written -1 or None)."""
    sizes = (shape,) if isinstance(shape, (int, np.integer)) else shape
    if not isinstance(sizes, (tuple, list)) or not all(n is None or isinstance(n, (int, np.integer)) for n in sizes):
        raise KindError("a shape is a tuple of sizes", where=name, wanted="such as (32, 0)", got=repr(shape)[:60])
    return tuple(0 if n is None or n < 0 else int(n) for n in sizes)


def _variables(symbol: Symbol, nodes: list[SymbolNode]) -> tuple[list[SymbolEntry], list[SymbolEntry]]:
    states = symbol._state_nodes()
    variables = [n for n in nodes if n.op is None]
    return [(n, 0) for n in variables if n not in states], [(n, 0) for n in variables if n in states]


def infer_shape(
    symbol: Symbol, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, partial: bool
) -> tuple[Any, Any, Any]:
    """See ``Symbol.infer_shape``."""
    from .open_sizes import close_sizes

    given = {name: _sizes(name, shape) for name, shape in _given(symbol, args, kwargs, "infer_shape").items()}
    symbol = close_sizes(symbol, given)
    nodes = symbol.nodes()
    inference = Inference(nodes)
    for node in nodes:
        if node.op is None and node.name in given:
            inference.set_shape((node, 0), given[node.name])
    inference.run_shapes()
    arguments, states = _variables(symbol, nodes)
    groups = (arguments, symbol._entries, states)
    found = [[inference.shapes.get(e) for e in entries] for entries in groups]
    if partial:
        known = {**inference.partial, **inference.shapes}
        return tuple([known.get(e, ()) for e in entries] for entries in groups)  # type: ignore[return-value]
    if any(s is None for shapes in found for s in shapes):
        return None, None, None
    return found[0], found[1], found[2]


def infer_type(
    symbol: Symbol,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    undeclared: Collection[str] = (),
    *,
    partial: bool = False,
) -> tuple[Any, Any, Any]:
    """See ``Symbol.infer_type``. What is declared of the variables ``undeclared`` does not count."""
    nodes = symbol.nodes()
    inference = Inference(nodes)
    for node in nodes:
        if node.op is None and node.name in undeclared:
            inference.dtypes.pop((node, 0), None)
    given = _given(symbol, args, kwargs, "infer_type")
    for node in nodes:
        if node.op is None and node.name in given:
            try:
                inference.dtypes[node, 0] = np.dtype(dtype_name(given[node.name]))
            except DTypeError as error:
                raise error.at(node.name) from None
    if not partial and not inference.dtypes and not undeclared:
        return None, None, None  # nothing to follow from
    inference.run_dtypes()
    if not partial:
        inference.settle_dtypes()
    arguments, states = _variables(symbol, nodes)
    known = inference.dtypes
    return tuple(  # type: ignore[return-value]
        [known[e].type if e in known else None for e in entries] for entries in (arguments, symbol._entries, states)
    )
