"""From a symbol (or a block) to the graph JSON: the way from a program or a notebook into the studio."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import GraphError
from ..symbol.symbol import Group, Symbol, SymbolEntry, SymbolNode, Variable
from .document import FORMAT, INPUT, NODE_ID, VERSION

if TYPE_CHECKING:
    from ..gluon.block import HybridBlock

LONGEST_NAME = 64


def from_symbol(symbol: Symbol, shapes: Mapping[str, tuple[int, ...]] | None = None, name: str = "") -> dict[str, Any]:
    """The graph JSON of a symbol.

    Variables on data ports become ``Input`` nodes; ``shapes`` gives the shapes of one sample of them, without the
    batch axis (left out, the data set says it). Weights, states and labels are implied by the operators and are left
    out, unless two calls share one: that the graph JSON cannot say. Raises GraphError where it cannot, naming the node.

    >>> import netwright as mx
    >>> from netwright.graph import from_symbol
    >>> net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(mx.sym.var("x"), num_hidden=3, name="fc"), name="softmax")
    >>> [node["id"] for node in from_symbol(net, {"x": (4,)})["nodes"]]
    ['x', 'fc', 'softmax']
    """
    return _Writer(symbol, shapes or {}, None).write(name)


def from_block(block: HybridBlock, *inputs: str, shapes: Mapping[str, tuple[int, ...]] | None = None) -> dict[str, Any]:
    """The graph JSON of a hybrid block called on variables named ``inputs`` (one, ``data``, when none is named)."""
    names = inputs or ("data",)
    outputs = block(*map(Variable, names))
    symbol = outputs if isinstance(outputs, Symbol) else Group(list(outputs))
    return _Writer(symbol, shapes or {}, names).write(type(block).__name__)


class _Writer:
    def __init__(self, symbol: Symbol, shapes: Mapping[str, tuple[int, ...]], fed: Sequence[str] | None) -> None:
        self.symbol, self.shapes, self.fed = symbol, shapes, fed
        self.ids: dict[SymbolNode, str] = {}
        self.inputs: dict[SymbolNode, dict[str, Any]] = {}
        self.users: dict[SymbolNode, str] = {}

    def write(self, name: str) -> dict[str, Any]:
        rows = [self._call(node) for node in self.symbol.nodes() if node.op is not None]
        outputs = [self._reference(entry) for entry in self.symbol._entries if entry[0].op is not None]
        if not rows or len(outputs) != len(self.symbol._entries):
            raise GraphError("an output is a variable: there is nothing to compute", where=self.symbol.name)
        return {
            "format": FORMAT,
            "version": VERSION,
            "name": name or self.symbol.name or "",
            "nodes": [*self.inputs.values(), *rows],
            "outputs": outputs,
            "layout": {},
            "groups": [],
        }

    def _call(self, node: SymbolNode) -> dict[str, Any]:
        assert node.op is not None
        sources = {}
        for port, entry in zip(node.op.ports(node.p), node.inputs, strict=True):
            source = entry[0]
            if source.op is None and (port.kind != "data" or self._begins(source, port.name, node)):
                self._imply(source, node)
            else:
                if source.op is None:
                    self._feed(source)
                sources[port.name] = self._reference(entry)
        params = {k: v for k, v in (node.p.given() if node.p else {}).items() if k != node.op.variadic}
        return {"id": self._name(node), "op": node.op.name, "params": json.loads(json.dumps(params)), "inputs": sources}

    def _begins(self, variable: SymbolNode, port: str, node: SymbolNode) -> bool:
        """Whether a variable is what the operator itself begins with where nothing is connected (an LSTM's state)."""
        assert node.op is not None
        known = self.fed is not None and variable.name not in self.fed
        return known and port in node.op.beginnings(node.p)

    def _imply(self, variable: SymbolNode, user: SymbolNode) -> None:
        other = self.users.setdefault(variable, user.name)
        if other != user.name:
            raise GraphError(
                f"{variable.name} is shared by {other} and {user.name}",
                where=user.name,
                remedy="The graph JSON gives each node weights of its own; keep this network as a symbol",
            )

    def _feed(self, variable: SymbolNode) -> None:
        if variable in self.inputs:
            return
        if self.fed is not None and variable.name not in self.fed:
            raise GraphError(
                f"the parameter {variable.name} is used like data",
                where=variable.name,
                remedy="The graph JSON holds only weights that belong to a layer; keep this network as a symbol",
            )
        shape = self.shapes.get(variable.name)
        params = {} if shape is None else {"shape": list(shape)}
        self.inputs[variable] = {"id": self._name(variable), "op": INPUT, "params": params, "inputs": {}}

    def _reference(self, entry: SymbolEntry) -> str:
        node, output = entry
        return self._name(node) if output == 0 else f"{self._name(node)}:{output}"

    def _name(self, node: SymbolNode) -> str:
        """The node's name where it can be an id, else the nearest that can and is not taken.

        Gluon's ``dense0_fwd`` becomes ``dense0``, so that its weights have their parameters' names.
        """
        if node not in self.ids:
            stem = re.sub(r"\W", "_", _stem(node), flags=re.ASCII)[:LONGEST_NAME]
            stem = stem if NODE_ID.fullmatch(stem) else f"n{stem}"[:LONGEST_NAME]
            taken, found, number = set(self.ids.values()), stem, 2
            while found in taken:
                found = f"{stem[: LONGEST_NAME - 6]}_{number}"
                number += 1
            self.ids[node] = found
        return self.ids[node]


def _stem(node: SymbolNode) -> str:
    """What the node's weights begin with, else its own name."""
    if node.op is not None:
        for port, (source, _) in zip(node.op.ports(node.p), node.inputs, strict=True):
            if source.op is None and port.kind == "weight" and source.name.endswith(f"_{port.name}"):
                return source.name.removesuffix(f"_{port.name}")
    return node.name.removesuffix("_fwd")
