"""What the tape recorded, as a symbol (``autograd.get_symbol``)."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import AutogradError
from ..naming import NameManager
from ..ndarray.array import Move
from ..ops import get
from ..tape import Call, Entry, Node, Variable
from .symbol import Symbol, SymbolEntry, SymbolNode, copy_entries


def recorded_symbol(head: Entry) -> Symbol:
    """The graph behind a recorded array. Raises AutogradError where a user's ``Function`` is part of it."""
    return Symbol([_Builder().build(head)])


class _Builder:
    """Turns nodes of the tape into nodes of a symbol, each after its sources."""

    def __init__(self) -> None:
        self._names = NameManager()
        self._made: dict[Node, tuple[SymbolEntry, ...]] = {}

    def build(self, head: Entry) -> SymbolEntry:
        """Without recursion, since tapes may be long."""
        waiting = [head[0]]
        while waiting:
            node = waiting[-1]
            missing = [s[0] for s in node.sources if s is not None and s[0] not in self._made]
            if node not in self._made and missing:
                waiting.extend(reversed(missing))
                continue
            waiting.pop()
            if node not in self._made:
                self._made[node] = self._node(node)
        return self._made[head[0]][head[1]]

    def _node(self, node: Node) -> tuple[SymbolEntry, ...]:
        if isinstance(node, Variable):
            return ((SymbolNode(None, None, self._names.get(None, "var")), 0),)
        sources = tuple(self._source(entry) for entry in node.sources)
        if isinstance(node, Move):
            return self._call("identity", sources)
        if isinstance(node, Call):
            made = SymbolNode(node.op, node.p, self._names.get(None, node.op.name.lower()), sources)
            return tuple((made, i) for i in range(len(node.outputs)))
        symbol, names = getattr(node, "symbol", None), getattr(node, "wrt", ())
        if isinstance(symbol, Symbol):  # a compiled block
            given: Mapping[str, SymbolEntry] = dict(zip(names, sources, strict=True))
            return tuple(copy_entries(symbol._entries, given))
        raise AutogradError(
            "part of what was recorded is no operator", where="get_symbol", got=type(node).__name__.strip("_")
        )

    def _call(self, name: str, sources: tuple[SymbolEntry, ...]) -> tuple[SymbolEntry, ...]:
        op = get(name)
        return ((SymbolNode(op, op.make_params({}), self._names.get(None, name), sources), 0),)

    def _source(self, entry: Entry | None) -> SymbolEntry:
        if entry is None:
            return SymbolNode(None, None, self._names.get(None, "null")), 0
        return self._made[entry[0]][entry[1]]
