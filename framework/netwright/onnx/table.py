"""The table of ONNX operators: each row builds one of them from our operators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ..errors import GraphError
from .values import Builder, Value

Made = Any
"""What a row returns: a Value, or several for several outputs (a list of Values is a sequence when alone)."""
Row = Callable[[Builder, "Node"], Made]
R = TypeVar("R", bound=Row)

ROWS: dict[str, Row] = {}


@dataclass
class Node:
    """One node of the model with its values, its attributes (defaults filled in) and the opset it is of."""

    op: str
    name: str
    inputs: list[Any]
    attributes: dict[str, Any]
    outputs: Sequence[str]
    opset: int
    scope: Any
    """What the graphs inside this node may use of those around it."""

    def __getitem__(self, index: int) -> Any:
        found = self.get(index)
        if found is None:
            raise GraphError(f"input {index} is missing", where=f"{self.name} ({self.op})")
        return found

    def get(self, index: int) -> Any:
        """An input, or None where it is left out."""
        return self.inputs[index] if index < len(self.inputs) else None

    def attr(self, name: str, default: Any = None) -> Any:
        """An attribute, or what is given where it is left out."""
        found = self.attributes.get(name)
        return default if found is None else found

    def ints(self, name: str, index: int) -> tuple[int, ...] | None:
        """Integers given as an attribute in older opsets and as an input in newer ones; None where left out."""
        value = self.get(index)
        if isinstance(value, Value):
            return value.ints()
        found = self.attributes.get(name)
        return None if found is None else tuple(int(i) for i in found)

    def refuse(self, message: str, got: Any = None) -> GraphError:
        """The error of a form of this operator that is not supported."""
        return GraphError(message, where=f"{self.name} ({self.op})", got=got)


def row(*names: str) -> Callable[[R], R]:
    """Decorator: the function builds the ONNX operators of these names."""

    def add(function: R) -> R:
        for name in names:
            if name in ROWS:
                raise ValueError(f"ONNX operator {name} has two rows")
            ROWS[name] = function
        return function

    return add


def axis_of(axis: int, rank: int) -> int:
    """An axis counted from the front."""
    return axis + rank if axis < 0 else axis
