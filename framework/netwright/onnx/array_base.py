"""What the parts of the array module that writes ONNX have in common: operands, ``out``, constants folded."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .pairs import MATH
from .tensor import Inexpressible, Tensor
from .writer import Writer

ANY_TYPE = {"absolute": "Abs", "abs": "Abs", "sign": "Sign", "negative": "Neg"}
"""Functions of all numbers that both have."""

FLOAT_ONLY = {ours: theirs for theirs, ours in MATH.items() if ours not in (*ANY_TYPE, "erf")} | {"rint": "Round"}
"""Functions of floating-point numbers that both have; our operators of them have NumPy's names."""


def with_out(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Let a function take NumPy's ``out``, and ``dtype`` for what is computed in another element type."""
    reduces = "dtype" in inspect.signature(function).parameters
    name = function.__name__.removeprefix("_")

    @functools.wraps(function)
    def call(self: WritingArrays, *args: Any, out: Any = None, dtype: Any = None, **kwargs: Any) -> Tensor:
        if out is None and (known := _known(args)) is not None:
            more = kwargs if dtype is None else {**kwargs, "dtype": dtype}
            found = self.writer.const(_numpy(name, *known, **more), of=_tensors(args))
            found.made = any(isinstance(a, Tensor) and a.made for a in args)
            return found
        if reduces:
            found = function(self, *args, dtype=dtype, **kwargs)
        else:
            wide = args if dtype is None else [self.writer.as_tensor(a, dtype) for a in args]
            found = function(self, *wide, **kwargs)
        return found if out is None else written(out, found)

    return call


def written(out: Tensor, found: Tensor) -> Tensor:
    """``out``, that the result was written to."""
    return out.become(found)


def _tensors(values: Sequence[Any]) -> list[Tensor]:
    """The tensors among arguments, and in lists among them."""
    flat = [v for value in values for v in (value if isinstance(value, (list, tuple)) else [value])]
    return [v for v in flat if isinstance(v, Tensor)]


def _known(values: Sequence[Any]) -> list[Any] | None:
    """The arrays of tensors that are constants; None where one is not, or where there is none."""
    tensors = _tensors(values)
    if not tensors or any(t.value is None for t in tensors):
        return None
    if any(t.made and t.writer.sizes_are_open for t in tensors):
        return None  # for another size there would be another constant: it is computed when the model runs

    def plain(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [plain(v) for v in value]
        return value.value if isinstance(value, Tensor) else value

    return [plain(v) for v in values]


def _numpy(name: str, *args: Any, **kwargs: Any) -> Any:
    """NumPy's function, on constants."""
    with np.errstate(all="ignore"):
        return getattr(np, name)(*args, **kwargs)


class WritingArrays:
    """What the parts of the module share; ``writer`` is the graph that is written."""

    newaxis, pi, e, inf, nan = None, math.pi, math.e, math.inf, math.nan
    float16, float32, float64 = np.float16, np.float32, np.float64
    uint8, int8, int32, int64, bool_ = np.uint8, np.int8, np.int32, np.int64, np.bool_
    finfo, iinfo, dtype, errstate = np.finfo, np.iinfo, np.dtype, np.errstate

    def __init__(self, writer: Writer) -> None:
        self.writer = writer

    def __getattr__(self, name: str) -> Callable[..., Tensor]:
        if name in FLOAT_ONLY or name in ANY_TYPE:
            return functools.partial(self._unary, name)
        raise Inexpressible(f"ONNX has nothing for {name}")

    # ---------------------------------------------------------------- helpers
    def _unary(self, name: str, x: Any, out: Any = None) -> Tensor:
        x = self.writer.as_tensor(x)
        if x.value is not None:
            found = self.writer.const(_numpy(name, x.value), of=[x])
        elif name in ANY_TYPE:
            found = self.writer.op(ANY_TYPE[name], x)
        else:
            found = self.writer.op(FLOAT_ONLY[name], x if x.dtype.kind == "f" else x.astype(np.float64))
        return found if out is None else written(out, found)

    def _pair(self, a: Any, b: Any) -> tuple[Tensor, Tensor, Any]:
        """Two operands in their common element type (Python's numbers take the other's)."""
        kind = np.result_type(*(v.dtype if isinstance(v, (Tensor, np.ndarray, np.generic)) else v for v in (a, b)))
        return self.writer.as_tensor(a, kind), self.writer.as_tensor(b, kind), kind

    def _two(self, kind: str, a: Any, b: Any) -> Tensor:
        a, b, _ = self._pair(a, b)
        return self.writer.op(kind, a, b)

    def _bools(self, x: Any) -> Tensor:
        given = self.writer.as_tensor(x)
        return given if given.dtype.kind == "b" else self.not_equal(given, given.dtype.type(0))
