"""Turning a run of a plain ``forward`` into a symbol, by watching its operator calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..device import Device
from ..naming import NameManager
from ..ndarray.array import NDArray
from ..ops.operator import Operator
from ..ops.params import OpParams
from ..symbol.symbol import Symbol, SymbolEntry, SymbolNode, Variable
from .parameter_dict import ParameterDict


class UntraceableError(Exception):
    """What a ``forward`` does cannot be kept as a symbol; the text says what. It never leaves the block."""


class Tracer:
    """Sees every operator call while it is active, and links arrays to symbol nodes by identity."""

    def __init__(self, inputs: Mapping[str, NDArray]) -> None:
        # arrays are kept, so that no other array gets the identity of one that is gone
        self._entries: dict[int, tuple[SymbolEntry, NDArray]] = {}
        self._names = NameManager()
        self._calls: list[tuple[Operator, OpParams, tuple[NDArray, ...], list[NDArray]]] = []
        self._seen = {id(array) for array in inputs.values()}
        self.constants: dict[str, NDArray] = {}
        self.spoiled = ""
        """Why the run may not be kept, although it may go on."""
        for name, array in inputs.items():
            self._entries[id(array)] = (Variable(name, dtype=array.dtype)._entries[0], array)

    def saw(self, op: Operator, p: OpParams, inputs: tuple[NDArray, ...], outputs: list[NDArray]) -> None:
        """Note one call."""
        self._calls.append((op, p, inputs, outputs))
        self._seen.update(id(array) for array in outputs)

    def spoil(self, reason: str) -> None:
        """What follows may depend on values: let the run end, but do not keep it."""
        self.spoiled = self.spoiled or reason

    def stop(self, reason: str) -> None:
        """What is about to happen would go wrong while watched: give the run up."""
        raise UntraceableError(reason)

    def knows(self, array: NDArray) -> bool:
        """Whether the array is an input or the result of a call."""
        return id(array) in self._seen

    def symbol(self, outputs: Sequence[NDArray], params: ParameterDict, ctx: Device) -> Symbol:
        """The symbol of the outputs; arrays that came from nowhere become constants."""
        for parameter in params.values():
            if parameter._data is not None:
                array = parameter.data(ctx)
                self._entries[id(array)] = (parameter.var()._entries[0], array)
        for op, p, inputs, results in self._calls:
            node = SymbolNode(op, p, self._names.get(None, op.name.lower()), tuple(self._entry(a) for a in inputs))
            for i, array in enumerate(results):
                self._entries[id(array)] = ((node, i), array)
        entries = []
        for array in outputs:
            if id(array) not in self._entries:
                raise UntraceableError("an output is not computed by operators")
            entries.append(self._entries[id(array)][0])
        return Symbol(entries)

    def _entry(self, array: NDArray) -> Any:
        found = self._entries.get(id(array))
        if found is None:
            name = f"constant{len(self.constants)}"
            self.constants[name] = array.detach()
            found = (Variable(name, dtype=array.dtype)._entries[0], array)
            self._entries[id(array)] = found
        return found[0]
