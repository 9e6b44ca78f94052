"""Shapes in the array module that writes ONNX: reshaping, joining, choosing elements, making arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .array_base import with_out
from .array_math import ArrayMath
from .tensor import Tensor, axes_of


class ArrayShapes(ArrayMath):
    """NumPy's functions on shapes."""

    # ---------------------------------------------------------------- shapes
    def reshape(self, x: Tensor, shape: Any) -> Tensor:
        """The same elements in another shape."""
        return x.reshape(shape)

    def transpose(self, x: Tensor, axes: Any = None) -> Tensor:
        """Axes in another order."""
        return x.transpose(axes)

    def swapaxes(self, x: Tensor, a: int, b: int) -> Tensor:
        """Two axes exchanged."""
        return x.swapaxes(a, b)

    def moveaxis(self, x: Tensor, source: Any, target: Any) -> Tensor:
        """Axes put elsewhere."""
        moved = np.moveaxis(np.empty((0,) * 0 + tuple(range(1, x.ndim + 1))), source, target).shape
        return x.transpose([n - 1 for n in moved])

    def expand_dims(self, x: Tensor, axis: int) -> Tensor:
        """A new axis of size 1."""
        axis %= x.ndim + 1
        return x.reshape((*x.shape[:axis], 1, *x.shape[axis:]))

    def squeeze(self, x: Tensor, axis: int | None = None) -> Tensor:
        """Without axes of size 1."""
        return x.squeeze(axis)

    def broadcast_to(self, x: Any, shape: Sequence[int]) -> Tensor:
        """Repeated to a shape."""
        given, target = self.writer.as_tensor(x), tuple(int(n) for n in shape)
        if given.shape == target:
            return given.copy()
        return self.writer.op("Expand", given, self.writer.ints(target))

    @with_out
    def concatenate(self, values: Sequence[Any], axis: int = 0) -> Tensor:
        """Joined along an axis."""
        kind = np.result_type(*(v.dtype for v in values))
        return self.writer.op("Concat", *(self.writer.as_tensor(v, kind) for v in values), axis=axis)

    @with_out
    def stack(self, values: Sequence[Any], axis: int = 0) -> Tensor:
        """Joined along a new axis."""
        return self.concatenate([self.expand_dims(v, axis) for v in values], axis)

    @with_out
    def tile(self, x: Tensor, reps: Any) -> Tensor:
        """Repeated as a whole."""
        counts = [reps] if isinstance(reps, int) else list(reps)
        rank = max(len(counts), x.ndim)
        x = x.reshape((1,) * (rank - x.ndim) + x.shape)
        return self.writer.op("Tile", x, self.writer.ints([1] * (rank - len(counts)) + counts))

    @with_out
    def repeat(self, x: Tensor, repeats: int, axis: int | None = None) -> Tensor:
        """Each element repeated."""
        if axis is None:
            x, axis = x.reshape(-1), 0
        axis %= x.ndim
        wide = [*x.shape[: axis + 1], repeats, *x.shape[axis + 1 :]]
        found = self.broadcast_to(self.expand_dims(x, axis + 1), wide)
        return found.reshape([*x.shape[:axis], x.shape[axis] * repeats, *x.shape[axis + 1 :]])

    def flip(self, x: Tensor, axis: Any = None) -> Tensor:
        """Turned round."""
        key = [slice(None)] * x.ndim
        for a in axes_of(axis, x.ndim):
            key[a] = slice(None, None, -1)
        return x[tuple(key)]

    def split(self, x: Tensor, sections: Any, axis: int = 0) -> list[Tensor]:
        """Cut into equal parts, or at positions."""
        size = x.shape[axis]
        edges = [size // sections * i for i in range(1, sections)] if isinstance(sections, int) else list(sections)
        sizes = np.diff([0, *edges, size])
        if len(sizes) == 1:
            return [x.copy()]
        found: list[Tensor] = self.writer.ops("Split", x, self.writer.ints(sizes), outputs=len(sizes), axis=axis)
        return found

    def pad(self, x: Tensor, widths: Any, mode: str = "constant", constant_values: Any = 0) -> Tensor:
        """Longer on all sides."""
        pads = [w[0] for w in widths] + [w[1] for w in widths]
        modes = {"constant": "constant", "edge": "edge", "reflect": "reflect"}
        fill = self.writer.const(constant_values, x.dtype) if mode == "constant" else None
        return self.writer.op("Pad", x, self.writer.ints(pads), fill, mode=modes[mode])

    # ---------------------------------------------------------------- choosing
    @with_out
    def take(self, x: Tensor, index: Any, axis: int | None = None, mode: str = "raise") -> Tensor:
        """Elements by position along an axis."""
        if axis is None:
            x, axis = x.reshape(-1), 0
        places, size = self.writer.as_tensor(index).astype(np.int64), x.shape[axis]
        if mode == "clip":
            places = self.clip(places, 0, size - 1)
        elif mode == "wrap":
            places = self.remainder(places, size)
        return self.writer.op("Gather", x, places, axis=axis)

    @with_out
    def take_along_axis(self, x: Tensor, index: Any, axis: int) -> Tensor:
        """An element for each of the index's."""
        places = self.writer.as_tensor(index).astype(np.int64)
        axis %= x.ndim
        wide = [places.shape[i] if i == axis else n for i, n in enumerate(x.shape)]
        return self.writer.op("GatherElements", x, self.broadcast_to(places, wide), axis=axis)

    def put_along_axis(self, x: Tensor, index: Any, value: Any, axis: int) -> None:
        """Write an element for each of the index's."""
        places = self.writer.as_tensor(index).astype(np.int64)
        new = self.broadcast_to(self.writer.as_tensor(value, x.dtype), places.shape)
        x.become(self.writer.op("ScatterElements", x, places, new, axis=axis))

    def sort(self, x: Tensor, axis: int = -1, kind: Any = None) -> Tensor:
        """In ascending order."""
        return self._sorted(x, axis)[0]

    def argsort(self, x: Tensor, axis: int = -1, kind: Any = None) -> Tensor:
        """The positions of the elements in ascending order, the first of equal ones first."""
        return self._sorted(x, axis)[1]

    def _sorted(self, x: Tensor, axis: int) -> list[Tensor]:
        count = self.writer.ints([x.shape[axis]])
        found: list[Tensor] = self.writer.ops("TopK", x, count, outputs=2, axis=axis, largest=0, sorted=1)
        return found

    def isin(self, x: Any, values: Any) -> Tensor:
        """Whether each element is among the values."""
        x, given = self.writer.as_tensor(x), self.writer.as_tensor(values)
        if not given.size:
            return self.zeros_like(x, bool)
        return self.any(self.equal(self.expand_dims(x, x.ndim), given.reshape(-1)), axis=x.ndim)

    def histogram(self, x: Tensor, bins: Any) -> tuple[Tensor, Tensor]:
        """How many numbers lie between each two edges; the last bin holds its upper edge."""
        edges = self.writer.as_tensor(bins)
        kind = np.result_type(x.dtype, edges.dtype)
        flat, low, high = x.astype(kind).reshape((-1, 1)), edges[:-1].astype(kind), edges[1:].astype(kind)
        last = np.arange(low.shape[0]) == low.shape[0] - 1
        inside = self.logical_and(flat >= low, self.logical_or(flat < high, self.logical_and(last, flat == high)))
        return self.sum(inside.astype(np.int64), axis=0), edges

    def diagonal(self, x: Tensor, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
        """Elements whose positions on two axes go together."""
        places = np.diagonal(np.arange(x.size).reshape(x.shape), offset, axis1, axis2)
        return self.writer.op("Gather", x.reshape(-1), self.writer.const(places.astype(np.int64)), axis=0)

    def tril(self, x: Tensor, k: int = 0) -> Tensor:
        """The lower triangle."""
        return self.writer.op("Trilu", x, self.writer.const(np.int64(k)), upper=0)

    def triu(self, x: Tensor, k: int = 0) -> Tensor:
        """The upper triangle."""
        return self.writer.op("Trilu", x, self.writer.const(np.int64(k)), upper=1)

    # ---------------------------------------------------------------- making
    def _made(self, array: Any) -> Tensor:
        found = self.writer.const(array)
        found.made = True
        return found

    def zeros(self, shape: Any, dtype: Any = np.float64) -> Tensor:
        """Zeros."""
        return self._made(np.zeros(shape, dtype))

    def ones(self, shape: Any, dtype: Any = np.float64) -> Tensor:
        """Ones."""
        return self._made(np.ones(shape, dtype))

    def full(self, shape: Any, value: Any, dtype: Any = None) -> Tensor:
        """One number everywhere."""
        return self._made(np.full(shape, value, dtype))

    def zeros_like(self, x: Tensor, dtype: Any = None) -> Tensor:
        """Zeros of a shape."""
        return self.zeros(x.shape, dtype or x.dtype)

    def ones_like(self, x: Tensor, dtype: Any = None) -> Tensor:
        """Ones of a shape."""
        return self.ones(x.shape, dtype or x.dtype)

    def empty(self, shape: Any, dtype: Any = np.float64) -> Tensor:
        """Memory that something will be written to."""
        sizes = (shape,) if isinstance(shape, int) else tuple(shape)
        if 0 in sizes:
            return self.zeros(sizes, dtype)
        return Tensor(self.writer, "", sizes, np.dtype(dtype), None)

    def empty_like(self, x: Tensor, dtype: Any = None) -> Tensor:
        """The same, like another."""
        return self.empty(x.shape, dtype or x.dtype)

    def arange(self, *args: Any, dtype: Any = None) -> Tensor:
        """Numbers in even steps."""
        return self._made(np.arange(*args, dtype=dtype))

    def linspace(self, *args: Any, **kwargs: Any) -> Tensor:
        """Numbers between two ends."""
        return self._made(np.linspace(*args, **kwargs))

    def eye(self, *args: Any, **kwargs: Any) -> Tensor:
        """Ones on a diagonal."""
        return self._made(np.eye(*args, **kwargs))

    def tril_indices(self, *args: Any) -> Any:
        """Positions of a lower triangle."""
        return np.tril_indices(*args)

    def asarray(self, value: Any, dtype: Any = None) -> Tensor:
        """A tensor as it is, anything else as a constant."""
        return self.writer.as_tensor(value, dtype)

    array = asarray
    ascontiguousarray = asarray

    def copyto(self, target: Tensor, value: Any, casting: str = "same_kind", where: Any = None) -> None:
        """Write a whole array, or where a condition holds."""
        new = self.writer.as_tensor(value)
        target.become(new if where is None else self.where(where, new.astype(target.dtype), target))

    def as_strided(self, x: Tensor, shape: Sequence[int], strides: Sequence[int]) -> Tensor:
        """Windows and the like: elements in steps of so many bytes on each axis."""
        steps = [s // x.dtype.itemsize for s in strides]
        grids = np.ogrid[tuple(slice(n) for n in shape)]
        places = np.zeros(tuple(shape), np.int64)
        for grid, step in zip(grids, steps, strict=True):
            places += grid * step
        return self.writer.op("Gather", x.copy().reshape(-1), self.writer.const(places), axis=0)
