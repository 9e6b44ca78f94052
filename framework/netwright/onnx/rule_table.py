"""The table of our operators that have an ONNX form of their own; all others are written by their ``forward``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from ..ops.operator import Operator, TensorSpec
from .array_module import ArrayModule
from .tensor import Tensor
from .writer import Writer


@dataclass
class Call:
    """One operator of the symbol with its inputs as tensors; what a rule is given."""

    w: Writer
    op: Operator
    p: Any
    name: str
    inputs: tuple[Tensor, ...]
    specs: tuple[TensorSpec, ...]
    """Of the inputs."""
    outputs: tuple[TensorSpec, ...]

    @property
    def xp(self) -> ArrayModule:
        """NumPy's functions, written as nodes."""
        return ArrayModule(self.w)


Rule = Callable[..., Any]
"""``rule(call, *inputs)`` appends nodes and returns the outputs; fewer than the operator has where nobody sees the
others."""
R = TypeVar("R", bound=Rule)

RULES: dict[str, Rule] = {}

REFUSED: dict[str, str] = {}
"""Operators that cannot be written, with the reason."""


def rule(*names: str) -> Callable[[R], R]:
    """Decorator: the function writes our operators of these names."""

    def add(function: R) -> R:
        for name in names:
            if name in RULES:
                raise ValueError(f"the operator {name} has two rules")
            RULES[name] = function
        return function

    return add


def refuse(reason: str, *names: str) -> None:
    """Say of operators that they cannot be written, and why."""
    for name in names:
        if name in RULES or name in REFUSED:
            raise ValueError(f"the operator {name} has a rule or a reason already")
        REFUSED[name] = reason
