"""Choosing between arrays element by element, and adding many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pydantic import Field

from ..errors import DTypeError, ShapeError
from .arrays import deliver
from .operator import At, Draw, DTypes, Operator, Port, Sample, Shape, Shapes, TensorSpec
from .params import OpParams
from .registry import register
from .sight import Looks, pointwise
from .storage import CSR, ROW_SPARSE, ChosenRows, Stored, summed_rows
from .stored import ReadsSparse


@register
class Where(ReadsSparse, Operator):
    """Elements of x where the condition is not 0, else of y.

    ``condition`` has the shape of x and y, or is a vector that chooses along their first axis. x and y have one
    shape and dtype; the condition may have another dtype and gets no gradient.
    """

    name = "where"
    temporaries = 1.25
    reads = ((CSR,), (), ())
    category = "indexing"
    inputs = (Port("condition", doc="x is taken where it is not 0"), Port("x"), Port("y"))

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        condition, x, y = shapes
        if x is not None and y is not None and x != y:
            raise ShapeError("x and y must have one shape", port="y", wanted=x, got=y)
        known = x if x is not None else y
        if condition is not None and known is not None and condition not in (known, known[:1]):
            raise ShapeError(
                "the condition does not fit",
                port="condition",
                wanted=f"{known} or {known[:1]}",
                got=condition,
                remedy="Give one truth for each element, or one for each row",
            )
        return [condition, known, known], [known]

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        condition, x, y = dtypes
        if x is not None and y is not None and x != y:
            raise DTypeError("x and y must have one dtype", port="y", wanted=x, got=y, remedy="Use astype()")
        known = x or y
        return [condition, known, known], [known]

    def forward(self, xp: Any, p: Any, condition: Any, x: Any, y: Any, *, out: Any = None) -> Any:
        chosen = condition != 0
        if condition.ndim != x.ndim:
            chosen = chosen.reshape(chosen.shape + (1,) * (x.ndim - 1))
        return deliver(xp, xp.where(chosen, x, y), out)

    def ready(self, xp: Any, p: Any, specs: tuple[TensorSpec, ...]) -> Callable[..., Any]:
        if len(specs[0].shape) != len(specs[1].shape):
            return super().ready(xp, p, specs)
        where = xp.where
        return lambda condition, x, y: where(condition.astype(bool), x, y)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, condition: Any) -> Any:
        zeros = F.zeros_like(dy)
        return (
            None,
            F.where(condition, dy, zeros) if at.wanted[1] else None,
            F.where(condition, zeros, dy) if at.wanted[2] else None,
        )

    def samples(self) -> Iterable[Sample]:
        choice = Draw((3, 4), "integer", 0, 2)
        yield Sample((choice, (3, 4), (3, 4)))
        yield Sample((Draw((3, 4), "integer", 0, 2, dtype="int32"), (3, 4), (3, 4)))
        yield Sample((Draw((3,), "integer", 0, 2), (3, 4, 2), (3, 4, 2)))
        yield Sample((Draw((0, 2), "integer", 0, 2), (0, 2), (0, 2)))
        values = Draw((3, 4), "integer", -9, 9)
        yield Sample((choice, values, values), differentiable=False, dtypes=("float16", "int32"))


class AddNParams(OpParams):
    """What add_n takes."""

    num_args: int = Field(ge=1, description="how many arrays are added")


@register
class AddN(Operator):
    """Sum of any number of arrays of one shape and dtype: y = x₀ + x₁ + …"""

    name = "add_n"
    aliases = ("ElementWiseSum", "_sparse_ElementWiseSum")
    category = "elementwise"
    Params = AddNParams
    variadic = "num_args"
    inplace = (0,)
    in_palette = True
    title = "Add many"

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        return pointwise(inputs, output)

    def forward(self, xp: Any, p: AddNParams, *data: Any, out: Any = None) -> Any:
        if len(data) == 1:
            return data[0].copy() if out is None else deliver(xp, data[0], out)
        total = xp.add(data[0], data[1], out=out)
        for array in data[2:]:
            xp.add(total, array, out=total)
        return total

    def infer_storage(self, p: AddNParams, stypes: tuple[str, ...]) -> tuple[str, ...] | None:
        return (ROW_SPARSE,) if set(stypes) == {ROW_SPARSE} else None

    def sparse(self, xp: Any, p: AddNParams, *data: ChosenRows, out: Any = None) -> Stored:
        rows, values = (xp.concatenate(parts) for parts in zip(*((d.indices, d.data) for d in data), strict=True))
        return summed_rows(xp, data[0].shape, rows, values)

    def gradient(self, F: Any, p: AddNParams, at: At, dy: Any) -> Any:
        return (dy,) * p.num_args

    def flops(self, p: AddNParams, inputs: Any, outputs: Any) -> int:
        return int((p.num_args - 1) * outputs[0].size)

    def samples(self) -> Iterable[Sample]:
        for count in (1, 2, 4):
            yield Sample(((3, 4),) * count, {"num_args": count})
        yield Sample(((0, 4),) * 2, {"num_args": 2})
        whole = Draw((2, 3), "integer", -9, 9)
        yield Sample((whole,) * 3, {"num_args": 3}, differentiable=False, dtypes=("float16", "int32"))
