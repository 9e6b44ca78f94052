"""An array module that writes ONNX: an operator's own ``forward``, run on it, becomes nodes.

It has those of NumPy's functions that ONNX can express, with NumPy's rules for shapes and element types. What it lacks
raises ``Inexpressible``, and with it the operator that asks for it.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from .array_shapes import ArrayShapes
from .linear_algebra import LinearAlgebra
from .special import SpecialFunctions
from .subscript import put
from .tensor import Tensor
from .writer import Writer


class ArrayModule(ArrayShapes):
    """See the module; ``writer`` is the graph that is written."""

    def __init__(self, writer: Writer) -> None:
        super().__init__(writer)
        self.special = SpecialFunctions(self)
        self.linalg = LinearAlgebra(self)
        self.add = _Add(self)
        self.lib = SimpleNamespace(stride_tricks=self)


class _Add:
    """``add``, and ``add.at``."""

    def __init__(self, xp: ArrayModule) -> None:
        self._xp = xp

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._xp._add(*args, **kwargs)

    def at(self, x: Tensor, key: Any, value: Any) -> None:
        """Add at places that may come more than once."""
        put(x, key, value, "add")
