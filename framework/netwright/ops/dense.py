"""The fully connected layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pydantic import Field

from ..errors import ShapeError
from .arrays import accumulator
from .operator import At, Operator, Port, Sample, Shape, Shapes, TensorSpec
from .params import OpParams, Size
from .registry import register
from .shapes import flattened
from .sight import Looks, same
from .storage import CSR, DEFAULT, ROW_SPARSE, CompressedRows, dense_of
from .stored import csr_times_transposed


class FullyConnectedParams(OpParams):
    """Parameters of FullyConnected."""

    num_hidden: Size = Field(description="number of units: features of the output")
    no_bias: bool = Field(False, description="leave the bias out")
    flatten: bool = Field(True, description="join all axes behind the batch; otherwise only the last axis is mapped")


@register
class FullyConnected(Operator):
    """Maps features to units: y = x · weightᵀ + bias.

    Shapes: data (N, …) seen as (N, K), or (…, K) where ``flatten`` is False; weight (num_hidden, K); bias
    (num_hidden,) or (num_hidden, 1); output (N, num_hidden) or (…, num_hidden). All inputs have one dtype.
    Errors: ShapeError where the weight was made for another number of features.
    """

    name = "FullyConnected"
    category = "dense"
    title = "Dense (fully connected)"
    in_palette = True
    Params = FullyConnectedParams
    inputs = (
        Port("data", doc="batch first, features behind"),
        Port("weight", "weight", doc="one row per unit"),
        Port("bias", "weight", doc="one number per unit", optional=True),
    )

    def ports(self, p: FullyConnectedParams) -> tuple[Port, ...]:
        return self.inputs[:2] if p.no_bias else self.inputs

    def infer_shape(self, p: FullyConnectedParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data, weight = shapes[0], shapes[1]
        filled: list[Shape | None] = list(shapes)
        if not p.no_bias:
            if shapes[2] not in (None, (p.num_hidden,), (p.num_hidden, 1)):
                raise ShapeError("the bias has one number per unit", port="bias", wanted=(p.num_hidden,), got=shapes[2])
            filled[2] = shapes[2] or (p.num_hidden,)
        if data is None:
            return filled, [None]
        if not data:
            raise ShapeError("the data needs at least one axis", port="data", wanted="(N, features)", got=data)
        features = flattened(data) if p.flatten else data[-1]
        wanted = (p.num_hidden, features)
        if weight is not None and weight != wanted:
            raise _unfit(data, features, weight, wanted)
        filled[1] = wanted
        return filled, [((data[0],) if p.flatten else data[:-1]) + (p.num_hidden,)]

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        data = inputs[0]
        mixed = range(1, len(data)) if p.flatten else (len(data) - 1,)
        return [same(data, mixed), *(None for _ in inputs[1:])]

    def forward(
        self, xp: Any, p: FullyConnectedParams, data: Any, weight: Any, bias: Any = None, *, out: Any = None
    ) -> Any:
        bias = None if bias is None else bias.reshape(p.num_hidden)
        # the row count is spelt out: -1 cannot be found where a size is 0
        x = data if data.ndim == 2 else data.reshape(self._rows(p, data.shape), weight.shape[1])
        shape = (data.shape[:1] if p.flatten else data.shape[:-1]) + (p.num_hidden,)
        work = accumulator(data.dtype)
        if work != data.dtype:
            x, weight = x.astype(work), weight.astype(work)
            result = xp.matmul(x, weight.T)
            if bias is not None:
                result += bias
            y = xp.empty(shape, data.dtype) if out is None else out
            y[...] = result.reshape(shape)
            return y
        y = xp.empty(shape, data.dtype) if out is None else out
        rows = y if y.ndim == 2 else y.reshape(x.shape[0], p.num_hidden)
        xp.matmul(x, weight.T, out=rows)
        if bias is not None:
            rows += bias
        return y

    def ready(self, xp: Any, p: FullyConnectedParams, specs: tuple[TensorSpec, ...]) -> Callable[..., Any]:
        data, dtype = specs[0]
        if len(data) != 2 or dtype.name not in ("float32", "float64"):
            return super().ready(xp, p, specs)
        if p.no_bias:
            return lambda x, weight: x.dot(weight.T)

        def run(x: Any, weight: Any, bias: Any) -> Any:
            y = x.dot(weight.T)  # in less time than matmul, by the same product
            y += bias if bias.ndim == 1 else bias.reshape(p.num_hidden)
            return y

        return run

    def infer_storage(self, p: FullyConnectedParams, stypes: tuple[str, ...]) -> tuple[str, ...] | None:
        data, *weights = stypes
        return (DEFAULT,) if data != ROW_SPARSE and CSR not in weights else None

    def sparse(self, xp: Any, p: FullyConnectedParams, data: Any, weight: Any, *bias: Any, out: Any = None) -> Any:
        weight, bias = dense_of(weight), tuple(map(dense_of, bias))
        if not isinstance(data, CompressedRows):
            return self.forward(xp, p, data, weight, *bias)
        found = csr_times_transposed(xp, data, weight)
        return found + bias[0].reshape(p.num_hidden) if bias else found

    @staticmethod
    def _rows(p: FullyConnectedParams, shape: Shape) -> int:
        return shape[0] if p.flatten else math.prod(shape[:-1])

    def gradient(self, F: Any, p: FullyConnectedParams, at: At, dy: Any, data: Any, weight: Any) -> Any:
        shape, units = at.inputs[0].shape, p.num_hidden
        rows, features = self._rows(p, shape), at.inputs[1].shape[1]
        as_rows = at.outputs[0].shape == (rows, units)
        d = dy if as_rows else F._reshape_to(dy, shape=(rows, units))
        found: list[Any] = [None, None]
        if at.wanted[0]:
            dx = F.dot(d, weight)
            found[0] = dx if shape == (rows, features) else F._reshape_to(dx, shape=shape)
        if at.wanted[1]:
            x = data if shape == (rows, features) else F._reshape_to(data, shape=(rows, features))
            found[1] = F.dot(d, x, transpose_a=True)
        if not p.no_bias:
            db = F._sum_to(d, shape=(units,)) if at.wanted[2] else None
            column = db is not None and at.inputs[2].shape != (units,)
            found.append(F._reshape_to(db, shape=at.inputs[2].shape) if column else db)
        return found

    def flops(self, p: FullyConnectedParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return outputs[0].size * (2 * inputs[1].shape[1] + (not p.no_bias))

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 4), (5, 4), (5,)), {"num_hidden": 5})
        yield Sample(((3, 4), (5, 4)), {"num_hidden": 5, "no_bias": True})
        yield Sample(((3, 4), (5, 4), (5, 1)), {"num_hidden": 5})
        yield Sample(((2, 3, 4), (5, 12), (5,)), {"num_hidden": 5})
        yield Sample(((2, 1, 3, 2), (4, 6), (4,)), {"num_hidden": 4})
        yield Sample(((4,), (3, 1), (3,)), {"num_hidden": 3})
        yield Sample(((2, 3, 4), (5, 4), (5,)), {"num_hidden": 5, "flatten": False})
        yield Sample(((2, 2, 3, 4), (5, 4)), {"num_hidden": 5, "flatten": False, "no_bias": True})
        yield Sample(((0, 4), (5, 4), (5,)), {"num_hidden": 5})
        yield Sample(((3, 0), (5, 0), (5,)), {"num_hidden": 5})
        yield Sample(((3, 4), (5, 4), (5,)), {"num_hidden": 5}, differentiable=False, dtypes=("float16",))


def _unfit(data: Shape, features: int, weight: Shape, wanted: Shape) -> ShapeError:
    sizes = "·".join(map(str, data[1:]))
    flat = f"data {data} flattens to {sizes} = {features}" if len(data) > 2 else f"data {data} has {features}"
    return ShapeError(
        f"{flat} features, the weight does not fit",
        port="weight",
        wanted=wanted,
        got=weight,
        remedy="Give data with the features the weight was made for, or num_hidden its number of rows",
    )
