"""A value of an ONNX graph under construction, which calculates like an array: each operation appends nodes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import helper

if TYPE_CHECKING:
    from .writer import Writer


class Inexpressible(Exception):
    """ONNX has nothing for this; the text says for what."""


class Tensor:
    """Name, shape, element type, and the value where it is a constant.

    It has NumPy's operators and methods, in NumPy's rules for element types, so that an operator's own ``forward`` can
    be run on it. Operations in place change what this object stands for.
    """

    __array_ufunc__ = None
    """NumPy's scalars leave arithmetic with a tensor to the tensor."""
    __slots__ = ("_name", "_parent", "_value", "_version", "dtype", "made", "memory", "shape", "writer")

    def __init__(self, writer: Writer, name: str, shape: tuple[int, ...], dtype: np.dtype[Any], value: Any) -> None:
        self.writer, self._name, self.shape, self.dtype, self._value = writer, name, shape, dtype, value
        self._parent: tuple[Tensor, Callable[[Any], Any]] | None = None
        self.memory = Memory(self)
        self._version = 0
        self.made = False
        """A constant that ``forward`` made for the shapes at hand: a range, zeros. Another size makes another one."""

    # ---------------------------------------------------------------- views
    def view(self, how: Callable[[Any], Any], other: Tensor) -> Tensor:
        """The other one as a view of this one's memory; ``how`` gives it of an array, or of a tensor, like this."""
        other._parent, other.memory, other._version = (self, how), self.memory, self.memory.version
        return other

    def places(self) -> Any:
        """Where each element lies in the memory."""
        if self._parent is None:
            return np.arange(self.size).reshape(self.shape)
        parent, how = self._parent
        return how(parent.places())

    def _refresh(self) -> None:
        """Follow what was written through other views of the memory."""
        if self._version == self.memory.version:
            return
        self._version = self.memory.version
        if self._parent is not None:
            parent, how = self._parent
            now = how(parent.copy())
            self._name, self._value = now.name, now.value

    @property
    def name(self) -> str:
        """The name in the graph; empty for memory that nothing was written to."""
        self._refresh()
        return self._name

    @property
    def value(self) -> Any:
        """The array of a constant, else None."""
        self._refresh()
        return self._value

    def become(self, other: Tensor) -> Tensor:
        """Stand for another value from now on, in this one's element type and shape; its views do so too."""
        found = other.astype(self.dtype)
        if found.shape != self.shape:
            found = self._xp("broadcast_to", found, self.shape)
        memory = self.memory
        if self._parent is None:
            self._name, self._value = found.name, found.value
        else:
            memory.write(self.places(), found)
        memory.version += 1
        if self._parent is None:
            self._version = memory.version
        return self

    # ---------------------------------------------------------------- facts
    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        return self.size * self.dtype.itemsize

    @property
    def flags(self) -> Any:
        """Elements always lie in order here."""
        return SimpleNamespace(c_contiguous=True)

    @property
    def known_name(self) -> str:
        """The name in the graph; memory that nothing was written to has none."""
        name = self.name
        if not name:
            raise Inexpressible("an array is read before it is written")
        return name

    def type(self) -> onnx.TypeProto:
        """The standard's type."""
        return helper.make_tensor_type_proto(helper.np_dtype_to_tensor_dtype(self.dtype), self.shape)

    def info(self) -> onnx.ValueInfoProto:
        """Name and type, as an input or output of a graph."""
        return helper.make_value_info(self.name, self.type())

    def __repr__(self) -> str:
        return f"<{self.name} {self.dtype}{list(self.shape)}>"

    def __len__(self) -> int:
        return self.shape[0]

    def __hash__(self) -> int:
        return id(self)

    def __bool__(self) -> bool:
        raise Inexpressible("what is done depends on values that are known only when the model runs")

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise Inexpressible("it computes outside of the array module")

    __int__ = __float__ = __index__ = __iter__ = __bool__

    # ---------------------------------------------------------------- arithmetic
    def _xp(self, name: str, *args: Any, **kwargs: Any) -> Tensor:
        from .array_module import ArrayModule

        found: Tensor = getattr(ArrayModule(self.writer), name)(*args, **kwargs)
        return found

    def __add__(self, other: Any) -> Tensor:
        return self._xp("add", self, other)

    def __radd__(self, other: Any) -> Tensor:
        return self._xp("add", other, self)

    def __sub__(self, other: Any) -> Tensor:
        return self._xp("subtract", self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return self._xp("subtract", other, self)

    def __mul__(self, other: Any) -> Tensor:
        return self._xp("multiply", self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return self._xp("multiply", other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return self._xp("true_divide", self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return self._xp("true_divide", other, self)

    def __floordiv__(self, other: Any) -> Tensor:
        return self._xp("floor_divide", self, other)

    def __mod__(self, other: Any) -> Tensor:
        return self._xp("remainder", self, other)

    def __pow__(self, other: Any) -> Tensor:
        return self._xp("power", self, other)

    def __rpow__(self, other: Any) -> Tensor:
        return self._xp("power", other, self)

    def __matmul__(self, other: Any) -> Tensor:
        return self._xp("matmul", self, other)

    def __neg__(self) -> Tensor:
        return self._xp("negative", self)

    def __abs__(self) -> Tensor:
        return self._xp("absolute", self)

    def __eq__(self, other: Any) -> Tensor:  # type: ignore[override]
        return self._xp("equal", self, other)

    def __ne__(self, other: Any) -> Tensor:  # type: ignore[override]
        return self._xp("not_equal", self, other)

    def __lt__(self, other: Any) -> Tensor:
        return self._xp("less", self, other)

    def __le__(self, other: Any) -> Tensor:
        return self._xp("less_equal", self, other)

    def __gt__(self, other: Any) -> Tensor:
        return self._xp("greater", self, other)

    def __ge__(self, other: Any) -> Tensor:
        return self._xp("greater_equal", self, other)

    def __and__(self, other: Any) -> Tensor:
        return self._xp("logical_and", self, other)

    def __or__(self, other: Any) -> Tensor:
        return self._xp("logical_or", self, other)

    def __invert__(self) -> Tensor:
        return self._xp("logical_not", self)

    # ---------------------------------------------------------------- in place
    def __iadd__(self, other: Any) -> Tensor:
        return self.become(self + other)

    def __isub__(self, other: Any) -> Tensor:
        return self.become(self - other)

    def __imul__(self, other: Any) -> Tensor:
        return self.become(self * other)

    def __itruediv__(self, other: Any) -> Tensor:
        return self.become(self / other)

    def __setitem__(self, key: Any, value: Any) -> None:
        from .subscript import put

        put(self, key, value)

    def __getitem__(self, key: Any) -> Tensor:
        from .subscript import take

        return take(self, key)

    # ---------------------------------------------------------------- methods
    def astype(self, dtype: Any, copy: bool = True) -> Tensor:
        """The values in another element type."""
        wanted = np.dtype(dtype)
        if wanted == self.dtype:
            return self.copy() if copy else self
        if self.value is not None:
            return self._folded(self.value.astype(wanted))
        return self.writer.op("Cast", self, to=helper.np_dtype_to_tensor_dtype(wanted))

    def reshape(self, *shape: Any) -> Tensor:
        """The same elements in another shape; -1 is worked out."""
        given = shape[0] if len(shape) == 1 and not isinstance(shape[0], (int, np.integer)) else shape
        target = [int(n) for n in given]
        if -1 in target:
            rest = math.prod(n for n in target if n != -1)
            target[target.index(-1)] = self.size // rest if rest else 0
        return self.view(lambda a: a.reshape(target), self._reshaped(tuple(target)))

    def _reshaped(self, target: tuple[int, ...]) -> Tensor:
        if target == self.shape or not self.name:
            return self.copy() if target == self.shape else Tensor(self.writer, "", target, self.dtype, None)
        if self.value is not None:
            return self._folded(self.value.reshape(target))
        if 0 in target or not self.writer.sizes_are_open:
            return self.writer.op("Reshape", self, self.writer.ints(target), allowzero=int(0 in target) or None)
        # axes that stay at the front are copied, whatever their size
        pairs = zip(self.shape, target, strict=False)
        same = next((i for i, (n, m) in enumerate(pairs) if n != m), min(self.ndim, len(target)))
        return self.writer.op("Reshape", self, self.writer.ints([0] * same + list(target[same:])))

    def reshape_like(self, other: Tensor) -> Tensor:
        """In the shape of another one, whatever that is when the model runs."""
        if not self.writer.sizes_are_open:
            return self.reshape(other.shape)
        shape = self.writer.op("Shape", other)
        return self.writer.typed("Reshape", [self, shape], [(other.shape, self.dtype)])[0]

    def copy(self) -> Tensor:
        """Another object for the same value."""
        found = Tensor(self.writer, self.name, self.shape, self.dtype, self.value)
        found.made = self.made
        return found

    def _folded(self, array: Any) -> Tensor:
        """What follows from this constant, as a constant."""
        found = self.writer.const(array, of=[self])
        found.made = self.made
        return found

    def transpose(self, *axes: Any) -> Tensor:
        """Axes in another order; turned round where none is given."""
        given = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        order = tuple(range(self.ndim))[::-1] if not axes or given is None else tuple(a % self.ndim for a in given)
        return self.view(lambda a: a.transpose(order), self._transposed(order))

    def _transposed(self, order: tuple[int, ...]) -> Tensor:
        shape = tuple(self.shape[i] for i in order)
        if order == tuple(range(self.ndim)):
            return self.copy()
        if not self.name:
            return Tensor(self.writer, "", shape, self.dtype, None)
        if self.value is not None:
            return self._folded(self.value.transpose(order))
        return self.writer.op("Transpose", self, perm=order)

    @property
    def strides(self) -> tuple[int, ...]:
        """Bytes from element to element on each axis, as if the elements lay in order."""
        return tuple(self.dtype.itemsize * math.prod(self.shape[i + 1 :]) for i in range(self.ndim))

    @property
    def T(self) -> Tensor:
        return self.transpose()

    def swapaxes(self, first: int, second: int) -> Tensor:
        """Two axes exchanged."""
        order = list(range(self.ndim))
        order[first], order[second] = order[second], order[first]
        return self.transpose(order)

    def ravel(self) -> Tensor:
        """All elements in one axis."""
        return self.reshape(-1)

    def fill(self, value: Any) -> None:
        """One number everywhere."""
        self[...] = value

    def squeeze(self, axis: int | None = None) -> Tensor:
        """Without axes of size 1 (all of them, or one)."""
        gone = [i for i, n in enumerate(self.shape) if n == 1] if axis is None else [axis % self.ndim]
        return self.reshape([n for i, n in enumerate(self.shape) if i not in gone])

    def sum(self, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Tensor:
        """NumPy's sum."""
        return self._xp("sum", self, axis=axis, keepdims=keepdims, dtype=dtype)

    def argmax(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        """NumPy's argmax."""
        return self._xp("argmax", self, axis=axis, keepdims=keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        """NumPy's mean."""
        return self._xp("mean", self, axis=axis, keepdims=keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        """NumPy's max."""
        return self._xp("max", self, axis=axis, keepdims=keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        """NumPy's min."""
        return self._xp("min", self, axis=axis, keepdims=keepdims)

    def any(self, axis: Any = None) -> Tensor:
        """Whether any element holds."""
        return self._xp("any", self, axis=axis)

    def all(self, axis: Any = None) -> Tensor:
        """Whether every element holds."""
        return self._xp("all", self, axis=axis)


class Memory:
    """What several tensors are views of; ``version`` grows with each write."""

    def __init__(self, whole: Tensor) -> None:
        self.whole = whole
        self.version = 0

    def write(self, places: Any, value: Tensor) -> None:
        """Put values at places, all others staying."""
        whole = self.whole
        if not places.size:
            return
        if places.size == whole.size and (places.reshape(-1) == np.arange(whole.size)).all():
            flat = value.copy().reshape(-1)
        else:
            if not whole.name:  # memory that nothing was written to: what stays unwritten does not matter
                whole._name = whole.writer.const(np.zeros(whole.shape, whole.dtype)).name
            index = whole.writer.const(places.reshape(-1).astype(np.int64))
            before = whole.copy().reshape(-1)
            flat = whole.writer.op("ScatterElements", before, index, value.copy().reshape(-1), axis=0)
        now = flat.copy().reshape(whole.shape)
        whole._name, whole._value, whole._version = now.name, now.value, self.version + 1


def axes_of(axis: int | Sequence[int] | None, ndim: int) -> tuple[int, ...]:
    """Axes counted from the front; all of them for None."""
    if axis is None:
        return tuple(range(ndim))
    given = (axis,) if isinstance(axis, (int, np.integer)) else axis
    return tuple(int(a) % ndim if ndim else int(a) for a in given)
