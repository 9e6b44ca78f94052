"""NDArray: an array on a device, computed eagerly, that can remember how it came about."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import watching
from ..device import Device, device_of, place_of
from ..errors import AutogradError, DTypeError, ShapeError, suggestion
from ..ops import get
from ..ops.arithmetic import Arithmetic
from ..ops.operator import TensorSpec
from ..ops.params import dtype_name
from ..ops.storage import DEFAULT, Stored, dense_of, empty_storage
from ..tape import Entry, Node, Variable, mode
from .indexing import assign, is_whole, plain_key, take_view
from .methods import FluentMethods

Places = int | Sequence[int | None] | None
"""A place along the first axis, or along each of several."""

if TYPE_CHECKING:
    from typing import Self

_invoke: Callable[..., Any]


def install_invoke(function: Callable[..., Any]) -> None:
    """Called once by ``invoke.py``, which needs this class to be there first."""
    global _invoke
    _invoke = function


_ONE = (1,)


class NDArray(FluentMethods, Arithmetic):
    """An n-dimensional array on a device.

    Made by ``nd.array``, ``nd.zeros`` and operators, not by calling the class.

    >>> x = mx.nd.array([[1, 2], [3, 4]])
    >>> x.shape, x.dtype.__name__, x.ctx
    ((2, 2), 'float32', cpu(0))
    >>> (x * 2 + 1).asnumpy()
    array([[3., 5.],
           [7., 9.]], dtype=float32)
    >>> x[:, 1].asnumpy()
    array([2., 4.], dtype=float32)
    >>> x.sum(axis=0).asnumpy()
    array([4., 6.], dtype=float32)
    """

    __slots__ = ("__weakref__", "_data", "_entry", "_place")
    stype = "default"

    def __init__(self, data: Any, entry: Entry | None = None, place: Device | None = None) -> None:
        self._data = data
        self._entry = entry
        self._place = place

    # ---------------------------------------------------------------- facts
    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the axes."""
        return self._data.shape  # type: ignore[no-any-return]

    @property
    def dtype(self) -> Any:
        """The element type as a NumPy scalar type (``numpy.float32``), as in MXNet."""
        return self._data.dtype.type

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(self._data.size)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return int(self._data.ndim)

    @property
    def ctx(self) -> Device:
        """The device it lies on."""
        return self._place or device_of(self._data)

    context = ctx
    device = ctx

    @property
    def T(self) -> NDArray:
        """The transpose, with all axes in reverse order."""
        return self._apply("transpose", (self,), {})  # type: ignore[no-any-return]

    def __len__(self) -> int:
        if not self.shape:
            raise ShapeError("an array without axes has no length", where="len()", got=self.shape, remedy="Use size")
        return self.shape[0]

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.shape))
        return f"\n{self.asnumpy()}\n<{type(self).__name__} {shape} @{self.ctx}>"

    # ---------------------------------------------------------------- operators
    def _apply(self, name: str, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        op = get(name)
        return _invoke(op, op.make_params(params), inputs)

    def _counted(self) -> NDArray:
        return self.astype("int64") if self._data.dtype == np.bool_ else self

    def _operand(self, other: Any) -> NDArray | None:
        if isinstance(other, np.ndarray):
            return NDArray(self.ctx.xp.asarray(other, dtype=self._data.dtype))
        return None

    def _in_place(self, name: str, scalar_name: str, other: Any) -> Self:
        self._stop_tracing()
        self._refuse_recorded(name)
        result = self._binary(other, name, scalar_name)
        if result is NotImplemented:
            raise DTypeError(f"cannot use {type(other).__name__} here", wanted="an NDArray or a number")
        if result.shape != self.shape:
            raise ShapeError(
                "the result does not fit into the array",
                where=f"in-place {name}",
                wanted=self.shape,
                got=result.shape,
                remedy="Write y = x + …, which makes a new array",
            )
        if result._entry is not None and mode.recording:
            self._refuse_lost(f"in-place {name}")
        self._write(result._data)
        return self

    def __iadd__(self, other: Any) -> Self:
        return self._in_place("broadcast_add", "_plus_scalar", other)

    def __isub__(self, other: Any) -> Self:
        return self._in_place("broadcast_sub", "_minus_scalar", other)

    def __imul__(self, other: Any) -> Self:
        return self._in_place("broadcast_mul", "_mul_scalar", other)

    def __itruediv__(self, other: Any) -> Self:
        return self._in_place("broadcast_div", "_div_scalar", other)

    def __imod__(self, other: Any) -> Self:
        return self._in_place("broadcast_mod", "_mod_scalar", other)

    def __invert__(self) -> Any:
        return self._apply("logical_not", (self,), {})

    # ---------------------------------------------------------------- to Python and NumPy
    def asnumpy(self) -> np.ndarray[Any, Any]:
        """A NumPy copy."""
        if mode.tracer is not None:
            mode.tracer.spoil("its forward() reads values")
        data = self._data
        return np.array(data) if isinstance(data, np.ndarray) else np.asarray(data.get())

    def asscalar(self) -> Any:
        """The one element as a NumPy scalar; raises ShapeError where there are several."""
        data = self._data
        if data.shape == _ONE and data.__class__ is np.ndarray and watching.names["Taken"]:
            return data[0]
        if self.size != 1:
            raise ShapeError(
                "only an array of one element is a number",
                where="asscalar()",
                wanted="size 1",
                got=self.shape,
                remedy="Reduce it first, by mean() or sum(), or use asnumpy()",
            )
        return self.asnumpy().reshape(-1)[0]

    def item(self) -> Any:
        """The one element as a Python number."""
        return self.asscalar().item()

    def tolist(self) -> Any:
        """Nested lists of Python numbers."""
        return self.asnumpy().tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        array = self.asnumpy()
        return array if dtype is None else array.astype(dtype)

    def __float__(self) -> float:
        return float(self.asscalar())

    def __int__(self) -> int:
        return int(self.asscalar())

    def __index__(self) -> int:
        value = self.asscalar()
        if not isinstance(value, np.integer):
            raise DTypeError("only an integer array of one element can be an index", got=self._data.dtype)
        return int(value)

    def __bool__(self) -> bool:
        if self.size == 0:
            return False
        if self.size == 1:
            return bool(self.asscalar())
        raise ShapeError(
            "the truth of an array with several elements is ambiguous",
            where="bool()",
            wanted="one element",
            got=self.shape,
            remedy="Compare a sum() or use asnumpy().any()",
        )

    def __iter__(self) -> Iterator[NDArray]:
        return (self[i] for i in range(len(self)))

    # ---------------------------------------------------------------- copies
    def copy(self) -> NDArray:
        """The same values in new memory."""
        return self._apply("identity", (self,), {})  # type: ignore[no-any-return]

    def copyto(self, other: NDArray | Device) -> NDArray:
        """Copy into another array (of the same shape, any dtype or device), or onto a device."""
        if isinstance(other, Device):
            return self._moved_to(other, copy=True)
        if not isinstance(other, NDArray):
            raise DTypeError(
                "it copies into an array or onto a device",
                where="copyto()",
                wanted="an NDArray or a Context",
                got=type(other).__name__,
                remedy="Make the target with nd.empty(x.shape)",
            )
        if other is self:
            return other
        if other.shape != self.shape:
            raise ShapeError(
                "both arrays have one shape",
                where="copyto()",
                wanted=self.shape,
                got=other.shape,
                remedy="Use reshape(), or assign to a part: other[…] = x",
            )
        other._stop_tracing()
        other._refuse_recorded("copyto()")
        source = self.astype(other.dtype, copy=False).as_in_context(other.ctx)
        other._write(dense_of(source._data) if other.stype == DEFAULT else source._data)
        if mode.recording and source._entry is not None:
            other._entry = (Move(source), 0)
        return other

    def as_in_context(self, context: Device) -> NDArray:
        """This array if it is there already, else a copy on that device."""
        return self if context == self.ctx else self._moved_to(context, copy=True)

    def _moved_to(self, device: Device, copy: bool = False) -> NDArray:
        if mode.tracer is not None and device == self.ctx:
            return self.copy()
        found = type(self)(_moved(self._data, device, copy), None, place_of(device))
        if mode.recording and self._entry is not None:
            found._entry = (Move(self), 0)
        return found

    as_in_ctx = as_in_context
    to_device = as_in_context

    @property
    def writable(self) -> bool:
        """Whether elements may be assigned to: always, unless it looks at a NumPy array that is read-only."""
        flags = getattr(self._data, "flags", None)
        return bool(getattr(flags, "writeable", True))

    def as_nd_ndarray(self) -> NDArray:
        """Itself: for programs that mix ``nd`` and ``np`` arrays."""
        return self

    def astype(self, dtype: Any, copy: bool = True) -> NDArray:
        """The same values in another element type; without ``copy`` the array itself where it has it."""
        name = dtype_name("float32" if dtype is None else dtype)
        if not copy and self._data.dtype.name == name:
            return self
        return self._apply("Cast", (self,), {"dtype": name})  # type: ignore[no-any-return]

    def _followed(self) -> bool:
        """Whether what is made of it must be an operator call: for the tape, or for a block being traced."""
        return (mode.recording and self._entry is not None) or mode.tracer is not None

    def _snapshot(self) -> NDArray:
        return type(self)(self._data, self._entry, self._place)

    def _write(self, values: Any) -> None:
        """Overwrite the elements, keeping memory and dtype."""
        try:
            self._data[...] = values
        except ValueError as error:
            if self.writable:
                raise ShapeError(
                    "the values do not fit into the array",
                    wanted=self.shape,
                    got=getattr(values, "shape", type(values).__name__),
                ) from error
            raise DTypeError("this array looks at memory that is read-only", remedy="Use copy()") from None

    # ---------------------------------------------------------------- indexing
    def __getitem__(self, key: Any) -> NDArray:
        if self._followed():
            name, inputs, params = plain_key(self, key)
            return self._apply(name, inputs, params)  # type: ignore[no-any-return]
        return NDArray(take_view(self._data, key), None, self._place)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._stop_tracing()
        if mode.recording and isinstance(value, NDArray) and value._entry is not None:
            if is_whole(key) and value.shape == self.shape:
                value.copyto(self)
                return
            self._refuse_lost("x[…] = value")
        self._refuse_recorded("x[…] = value")
        assign(self._data, key, _moved(dense_of(value._data), self.ctx) if isinstance(value, NDArray) else value)

    def _stop_tracing(self) -> None:
        """Where a ``forward`` is being kept as a symbol, a write into an array cannot be kept."""
        if mode.tracer is not None:
            mode.tracer.stop("its forward() changes arrays in place")

    def _refuse_recorded(self, what: str) -> None:
        if mode.tracer is not None and mode.tracer.knows(self):
            mode.tracer.stop("its forward() changes arrays in place")
        if mode.recording and self._entry is not None:
            raise AutogradError(
                "an array that is being recorded cannot be changed in place",
                where=what,
                remedy="Write y = x + … instead of x += …, or change it outside autograd.record()",
            )

    def _refuse_lost(self, what: str) -> None:
        raise AutogradError(
            "a recorded value cannot be written into a part of an array: its gradient would be lost",
            where=what,
            remedy="Build the array by concat(), stack() or where(), or assign outside autograd.record()",
        )

    def slice_assign(
        self,
        rhs: NDArray,
        begin: Places,
        end: Places,
        step: Places = (),
    ) -> NDArray:
        """Write ``rhs`` into the part begin … end (see the operator ``slice``); returns this array."""
        bounds = {"begin": begin, "end": end, "step": step}
        op = get("_slice_assign")
        return _invoke(op, op.make_params(bounds), (self, rhs), self)  # type: ignore[no-any-return]

    def slice_assign_scalar(
        self,
        value: float,
        begin: Places,
        end: Places,
        step: Places = (),
    ) -> NDArray:
        """Set the part begin … end (see the operator ``slice``) to one value; returns this array."""
        bounds = {"scalar": float(value), "begin": begin, "end": end, "step": step}
        op = get("_slice_assign_scalar")
        return _invoke(op, op.make_params(bounds), (self,), self)  # type: ignore[no-any-return]

    def slice(self, begin: Places, end: Places, step: Places = ()) -> NDArray:
        """See the operator ``slice``."""
        return self._apply(  # type: ignore[no-any-return]
            "slice", (self,), {"begin": begin, "end": end, "step": step}
        )

    # ---------------------------------------------------------------- shape
    def reshape(self, *shape: Any, **kwargs: Any) -> NDArray:
        """The same elements in another shape, by MXNet's codes 0, -1, -2, -3, -4. Shares memory where not recorded.

        >>> x = mx.nd.arange(24)
        >>> x.reshape((2, 3, -1)).shape
        (2, 3, 4)
        >>> x.reshape((2, 3, 4)).reshape((-3, 0)).shape
        (6, 4)
        """
        if "shape" in kwargs:
            target = kwargs.pop("shape")
        else:
            target = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        op, target = get("Reshape"), (target,) if isinstance(target, int) else tuple(target)
        p = op.make_params({"shape": target, **kwargs})
        if self._followed():
            return _invoke(op, p, (self,))  # type: ignore[no-any-return]
        found = op.infer(p, (TensorSpec(self.shape, self._data.dtype),))[0]
        return NDArray(self._data.reshape(found.shape), None, self._place)

    def _view(self, name: str, params: dict[str, Any]) -> NDArray:
        if self._followed() or params.keys() & {"out", "name"}:
            return super()._view(name, params)  # type: ignore[no-any-return]
        op = get(name)
        return self.reshape(op.infer(op.make_params(params), (TensorSpec(self.shape, self._data.dtype),))[0].shape)

    def reshape_like(self, other: NDArray) -> NDArray:
        """The same elements in the other array's shape."""
        return self._apply("reshape_like", (self, other), {})  # type: ignore[no-any-return]

    def asnd(self) -> NDArray:
        """Itself."""
        return self

    # ---------------------------------------------------------------- autograd
    @property
    def grad(self) -> NDArray | None:
        """The gradient array that ``attach_grad`` made, or None."""
        return self._entry[0].gradient if self._entry and isinstance(self._entry[0], Variable) else None

    def attach_grad(self, grad_req: str = "write", stype: str | None = None) -> None:
        """Make this array a variable of the tape with a gradient array of zeros.

        ``grad_req``: ``write`` replaces the gradient at each backward, ``add`` adds to it, ``null`` wants none.
        ``stype``: the gradient's storage (by default this array's).

        >>> x = mx.nd.array([3.0])
        >>> x.attach_grad()
        >>> with mx.autograd.record():
        ...     y = x * x
        >>> y.backward()
        >>> x.grad.asscalar().item()
        6.0
        """
        check_request(grad_req)
        self._mark(None if grad_req == "null" else self._zeros(stype or self.stype), grad_req)

    def _zeros(self, stype: str) -> NDArray:
        """Zeros of this shape and dtype, beside it, in a storage."""
        if stype == DEFAULT and self.stype == DEFAULT:
            return NDArray(self.ctx.xp.zeros_like(self._data), None, self._place)
        from .stored import of_raw

        return of_raw(empty_storage(self.ctx.xp, stype, self.shape, self._data.dtype), None, self._place)

    def _mark(self, gradient: NDArray | None, request: str) -> None:
        self._entry = (
            None if request == "null" else (Variable(TensorSpec(self.shape, self._data.dtype), gradient, request), 0)
        )

    def detach(self) -> NDArray:
        """The same memory, cut off from the tape."""
        if mode.tracer is not None:
            return self._apply("BlockGrad", (self,), {})  # type: ignore[no-any-return]
        return type(self)(self._data, None, self._place)

    def backward(self, out_grad: NDArray | None = None, retain_graph: bool = False, train_mode: bool = True) -> None:
        """Gradients of this array (summed) with respect to all variables it was computed from."""
        from ..autograd import backward

        backward([self], [out_grad], retain_graph=retain_graph, train_mode=train_mode)

    # ---------------------------------------------------------------- waiting
    def wait_to_read(self) -> None:
        """Return when the value is there; errors of a device show here."""
        if self.ctx.is_gpu:
            self.ctx.xp.cuda.get_current_stream().synchronize()

    wait_to_write = wait_to_read

    # ---------------------------------------------------------------- storage and pickling between processes
    def tostype(self, stype: str) -> NDArray:
        """A copy in another storage: ``default``, ``csr`` or ``row_sparse``.

        >>> a = mx.nd.array([[0, 0], [3, 0]]).tostype("row_sparse")
        >>> a.indices.asnumpy(), a.data.asnumpy()
        (array([1]), array([[3., 0.]], dtype=float32))
        """
        return self._apply("cast_storage", (self,), {"stype": stype})  # type: ignore[no-any-return]

    def _store_gradient(self, gradient: NDArray | None, add: bool) -> None:
        """Set this gradient array to (or with ``add`` add to it) what a backward pass found; None is 0."""
        if self.stype == DEFAULT and (gradient is None or gradient.stype == DEFAULT):
            if gradient is None:
                if not add:
                    self._write(0)
            else:
                self._write(self._data + gradient._data if add else gradient._data)
        elif gradient is None:
            if not add:
                self._write(self._zeros(self.stype)._data)
        else:
            found = self._apply("elemwise_add", (type(self)(self._data), gradient), {}) if add else gradient
            self._write(dense_of(found._data) if self.stype == DEFAULT else found._data)

    def __getstate__(self) -> dict[str, Any]:
        return {"data": self.asnumpy(), "context": (self.ctx.device_type, self.ctx.device_id)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        device = Device(*state["context"])
        self.__init__(_moved(state["data"], device), None, place_of(device))  # type: ignore[misc]

    def to_dlpack_for_read(self) -> Any:
        """See ``nd.to_dlpack_for_read``."""
        from .exchange import to_dlpack_for_read

        return to_dlpack_for_read(self)

    def to_dlpack_for_write(self) -> Any:
        """See ``nd.to_dlpack_for_write``."""
        from .exchange import to_dlpack_for_write

        return to_dlpack_for_write(self)

    def __dlpack__(self, **kwargs: Any) -> Any:
        return self._data.__dlpack__(**kwargs)

    def __dlpack_device__(self) -> Any:
        return self._data.__dlpack_device__()


class Move(Node):
    """A recorded copy, perhaps onto another device: the gradient moves back."""

    __slots__ = ("device",)

    def __init__(self, source: NDArray) -> None:
        super().__init__((source._entry,), (TensorSpec(source.shape, source._data.dtype),))
        self.device = source.ctx

    def pull(self, gradients: list[NDArray | None], F: Any) -> Sequence[NDArray | None]:
        return [None if g is None else g.as_in_context(self.device) for g in gradients]


def check_request(request: str) -> None:
    """Raise AutogradError unless it is a ``grad_req``."""
    if request not in ("write", "add", "null"):
        raise AutogradError(
            "unknown grad_req",
            where="grad_req",
            wanted="write, add or null",
            got=repr(request),
            remedy=suggestion(request, ("write", "add", "null"), "Choose one of"),
        )


def _moved(data: Any, device: Device, copy: bool = False) -> Any:
    """Raw elements on another device."""
    if isinstance(data, Stored):
        return data.mapped(lambda part: _moved(part, device, copy))
    if not device.is_gpu:
        host = data if isinstance(data, np.ndarray) else data.get()
        return host.copy() if copy and host is data else host
    with_module = device.xp
    return with_module.array(data) if copy else with_module.asarray(data)
