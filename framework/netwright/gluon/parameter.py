"""Parameter: a weight of a layer, which may be made before its shape is known."""

from __future__ import annotations

import warnings
import weakref
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import initializer
from ..device import Device, cpu, current_device
from ..errors import (
    DeferredInitializationError,
    DTypeError,
    MismatchError,
    NotReadyError,
    ParamError,
    ParameterShapeError,
    suggestion,
)
from ..ndarray.array import NDArray
from ..ndarray.creation import arange, zeros
from ..ndarray.creation import array as make_array
from ..ops.params import dtype_name
from ..ops.storage import DEFAULT, ROW_SPARSE, STYPES, dense_of
from ..symbol.symbol import Symbol, Variable
from ..tape import mode

if TYPE_CHECKING:
    from .trainer import Trainer

Contexts = Device | Sequence[Device] | None


_UNMADE, _MAKE = "it is not initialised", "Call initialize() on the network first"


def _too_early(name: str) -> MismatchError:
    """A change of what is not there; MXNet asserts it, or raises a ValueError."""
    return MismatchError(_UNMADE, where=name, remedy=_MAKE)


def _contexts(ctx: Contexts) -> list[Device]:
    if ctx is None:
        return [current_device()]
    return [Device.parse(ctx)] if isinstance(ctx, (Device, str)) else [Device.parse(c) for c in dict.fromkeys(ctx)]


class Parameter:
    """A named weight with its gradient, on one or several devices.

    A 0 in ``shape`` is a size not yet known: the arrays are then made at the first forward (deferred initialisation).
    ``grad_req``: ``write``, ``add`` or ``null``.

    >>> weight = mx.gluon.Parameter("weight", shape=(2, 3))
    >>> weight.initialize(init=mx.init.One())
    >>> weight.data().asnumpy()
    array([[1., 1., 1.],
           [1., 1., 1.]], dtype=float32)
    >>> weight.grad().shape
    (2, 3)
    """

    _kind = "Parameter"

    def __init__(
        self,
        name: str,
        grad_req: str = "write",
        shape: int | Sequence[int] | None = None,
        dtype: Any = np.float32,
        lr_mult: float = 1.0,
        wd_mult: float = 1.0,
        init: Any = None,
        allow_deferred_init: bool = False,
        differentiable: bool = True,
        stype: str = "default",
        grad_stype: str = "default",
    ) -> None:
        self.name = name
        _check_request(name, grad_req)
        self._shape = (shape,) if isinstance(shape, int) else None if shape is None else tuple(shape)
        dtype_name(dtype)  # refuses what is none
        self._dtype: Any = dtype
        self.lr_mult, self.wd_mult, self.init = lr_mult, wd_mult, init
        self.allow_deferred_init = allow_deferred_init
        self._differentiable = differentiable
        self._stype, self._grad_stype = _checked_stype(name, stype), _checked_stype(name, grad_stype)
        self._grad_req = grad_req if differentiable else "null"
        self._data: OrderedDict[Device, NDArray] | None = None
        self._deferred: tuple[Any, list[Device], Any] | None = None
        self._var: Symbol | None = None
        self._trainer: weakref.ref[Trainer] | None = None
        self._keeper: Trainer | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_trainer": None, "_keeper": None}  # a copy is trained by nobody yet

    def _set_trainer(self, trainer: Trainer | None) -> None:
        """Say whose store must hear of values set from outside; a sparse parameter lives in it."""
        if self._stype != DEFAULT:
            if self._keeper is not None and trainer not in (None, self._keeper):
                raise MismatchError(
                    "it lives in the store of another Trainer",
                    where=self.name,
                    remedy="Train a sparse parameter by one Trainer only",
                )
            self._keeper = trainer
        self._trainer = None if trainer is None else weakref.ref(trainer)

    # ---------------------------------------------------------------- facts
    @property
    def shape(self) -> tuple[int, ...] | None:
        """The shape; 0 where a size is not yet known."""
        return self._shape

    @shape.setter
    def shape(self, new: Sequence[int]) -> None:
        if self._shape is not None and (
            len(self._shape) != len(new) or any(m not in (0, -1, n) for m, n in zip(self._shape, new, strict=True))
        ):
            raise ParameterShapeError(
                "the parameter's shape does not fit",
                where=self.name,
                wanted=self._shape,
                got=tuple(new),
                remedy="Load the weights of this very network, or make the layers as they were when it was saved",
            )
        self._shape = tuple(new)

    @property
    def dtype(self) -> Any:
        """The element type as it was given (MXNet keeps a name a name); setting it is ``cast()``."""
        return self._dtype

    @dtype.setter
    def dtype(self, dtype: Any) -> None:
        self.cast(dtype)

    @property
    def grad_req(self) -> str:
        """What happens to the gradient at backward."""
        return self._grad_req

    @grad_req.setter
    def grad_req(self, request: str) -> None:
        _check_request(self.name, request)
        if not self._differentiable:
            request = "null"
        if request == self._grad_req:
            return
        self._grad_req = request
        for array in (self._data or {}).values():
            array.attach_grad(request, self._grad_stype)

    def _known(self) -> bool:
        return self._shape is not None and all(n > 0 for n in self._shape)

    def __repr__(self) -> str:
        return f"{self._kind} {self.name} (shape={self._shape}, dtype={self.dtype})"

    # ---------------------------------------------------------------- making
    def initialize(
        self, init: Any = None, ctx: Contexts = None, default_init: Any = None, force_reinit: bool = False
    ) -> None:
        """Make and fill the arrays, now or (where the shape is not known) at the first forward."""
        if self._data is not None and not force_reinit:
            warnings.warn(
                f"{self.name} is already initialised and stays as it is; force_reinit=True makes it anew", stacklevel=3
            )
            return
        chosen = init if init is not None else self.init
        contexts = _contexts(ctx)
        self._data = None
        if not self._known():
            if not self.allow_deferred_init:
                raise ParamError(
                    "its shape is not known",
                    where=self.name,
                    got=self._shape,
                    remedy="Give in_units, in_channels or the like, or allow_deferred_init=True",
                )
            self._deferred = (chosen, contexts, default_init)
            return
        self._make(chosen, contexts, default_init)

    def _make(self, init: Any, contexts: list[Device], default_init: Any, data: NDArray | None = None) -> None:
        assert self._shape is not None
        tracer, mode.tracer = mode.tracer, None  # what fills a weight is no part of a block's computation
        try:
            self._fill(init, contexts, default_init, data)
        finally:
            mode.tracer = tracer

    def _fill(self, init: Any, contexts: list[Device], default_init: Any, data: NDArray | None) -> None:
        assert self._shape is not None
        if data is None:
            data = zeros(self._shape, contexts[0] if contexts[0].is_gpu else cpu(), self.dtype)
            chosen = init if init is not None else default_init if default_init is not None else "uniform"
            chosen = initializer.create(chosen)
            if isinstance(chosen, initializer.Initializer):
                chosen.init_weight(self.name, data)  # whatever the name's end, as in MXNet
            else:
                chosen(initializer.InitDesc(self.name), data)
        self._deferred = None
        if data.stype != self._stype:
            data = data.tostype(self._stype)
        self._data = OrderedDict((ctx, data.copyto(ctx)) for ctx in contexts)
        for array in self._data.values():
            array.attach_grad(self._grad_req, self._grad_stype)

    def _finish_deferred_init(self) -> None:
        if self._deferred is None:
            return
        if not self._known():
            raise DeferredInitializationError("its shape could not be inferred", where=self.name, got=self._shape)
        init, contexts, default = self._deferred
        self._make(init, contexts, default)

    # ---------------------------------------------------------------- use
    def data(self, ctx: Device | None = None) -> NDArray:
        """The array on a device (on the only one, or the current one, by default); not of a sparse parameter."""
        if self._stype != DEFAULT:
            self._refuse_sparse("data()")
        if self._data is not None and ctx is not None:
            found = self._data.get(ctx)
            if found is not None:
                return found
        return self._array(ctx)

    def _array(self, ctx: Device | None = None) -> NDArray:
        """The array on a device, of any storage."""
        arrays = self._data
        if arrays is None:
            raise self._not_made()
        if ctx is None:
            return next(iter(arrays.values())) if len(arrays) == 1 else self._on(current_device())
        return self._on(ctx)

    def _on(self, ctx: Device) -> NDArray:
        assert self._data is not None
        found = self._data.get(ctx)
        if found is None:
            host = {} if ctx.is_gpu else {d.device_id: a for d, a in self._data.items() if not d.is_gpu}
            if len(host) == 1 or ctx.device_id in host:  # all CPU numbers, pinned and shared ones too, are one memory
                return host.get(ctx.device_id, next(iter(host.values())))
            raise NotReadyError(
                "it was not initialised on that device",
                where=self.name,
                wanted=", ".join(map(str, self._data)),
                got=ctx,
                remedy="Use reset_ctx(), or initialize(ctx=[…]) with all devices",
            )
        return found

    def _not_made(self) -> NotReadyError:
        if self._deferred is not None:
            return DeferredInitializationError(
                "it is not initialised yet, because its shape follows only from data",
                where=self.name,
                remedy="Run one batch through the network first, or give in_units/in_channels",
            )
        return NotReadyError(_UNMADE, where=self.name, remedy=_MAKE)

    def list_data(self) -> list[NDArray]:
        """The arrays on all devices; not of a sparse parameter."""
        self._refuse_sparse("list_data()")
        return self._arrays()

    def _arrays(self) -> list[NDArray]:
        """The arrays on all devices, of any storage."""
        if self._data is None:
            raise self._not_made()
        return list(self._data.values())

    def row_sparse_data(self, row_id: NDArray) -> NDArray:
        """The rows of these numbers of a row sparse parameter, on the device of ``row_id``, as the Trainer keeps them.

        Where the tape runs, it is the parameter's own array, which then stores (at least) these rows.
        """
        return self._pulled([self._array_for_rows(row_id, "row_sparse_data()")], row_id)[0]

    def list_row_sparse_data(self, row_id: NDArray) -> list[NDArray]:
        """The same on all devices."""
        self._array_for_rows(row_id, "list_row_sparse_data()")
        return self._pulled(self._arrays(), row_id)

    def _array_for_rows(self, row_id: NDArray, what: str) -> NDArray:
        if self._stype != ROW_SPARSE:
            raise NotReadyError(
                f"{what} is for row sparse parameters", where=self.name, got=self._stype, remedy="Use data() instead"
            )
        if not isinstance(row_id, NDArray):
            raise DTypeError("row_id is an NDArray", where=self.name, got=type(row_id).__name__)
        return self._array(row_id.ctx)

    def _pulled(self, arrays: list[NDArray], row_id: NDArray) -> list[NDArray]:
        trainer = self._trainer() if self._trainer is not None else None
        if trainer is None:
            raise NotReadyError(
                "rows of it are given by a Trainer, and none was made for it",
                where=self.name,
                remedy="Make a gluon.Trainer with it first",
            )
        trainer._row_sparse_pull(self, arrays, row_id)
        return arrays

    def _refuse_sparse(self, what: str) -> None:
        if self._stype != DEFAULT:
            raise NotReadyError(
                f"{what} is for dense parameters",
                where=self.name,
                got=self._stype,
                remedy="Use row_sparse_data(row_id) instead",
            )

    def grad(self, ctx: Device | None = None) -> NDArray:
        """The gradient on a device."""
        found = self._array(ctx).grad
        if found is None:
            raise NotReadyError(
                "it has no gradient, because grad_req is 'null'", where=self.name, remedy="Set grad_req = 'write'"
            )
        return found

    @property
    def _grad(self) -> list[NDArray] | None:
        """The gradients as MXNet's code looks at them: None where there are none."""
        return None if self._data is None or self._grad_req == "null" else self.list_grad()

    def list_grad(self) -> list[NDArray]:
        """The gradients on all devices."""
        return [self.grad(ctx) for ctx in self.list_ctx()]

    def list_ctx(self) -> list[Device]:
        """The devices it is on (or will be)."""
        if self._data is not None:
            return list(self._data)
        if self._deferred is not None:
            return self._deferred[1]
        raise self._not_made()

    def set_data(self, data: Any) -> None:
        """Set the value on all devices, from an NDArray or a NumPy array."""
        self.shape = data.shape
        if not isinstance(data, NDArray):
            data = make_array(data, dtype=self.dtype)
        trainer = self._trainer() if self._trainer is not None else None
        if trainer is not None and trainer._update_on_kvstore and self not in trainer._params_to_init:
            trainer._reset_kvstore()
        if self._data is None:
            if self._deferred is None:
                raise _too_early(self.name)
            init, contexts, default = self._deferred
            self._make(init, contexts, default, data.astype(self.dtype))
            return
        for array in self._data.values():
            values = data.as_in_context(array.ctx)._data
            array._write(dense_of(values) if array.stype == DEFAULT else values)

    def zero_grad(self) -> None:
        """Set the gradients to 0."""
        for array in (self._data or {}).values():
            if array.grad is not None:
                array.grad._write(0)

    def reset_ctx(self, ctx: Contexts) -> None:
        """Move to other devices."""
        contexts = _contexts(ctx)
        if self._data is not None:
            self._make(None, contexts, None, self._reduce())
        elif self._deferred is not None:
            init, _, default = self._deferred
            self._deferred = (init, contexts, default)
        else:
            raise _too_early(self.name)

    def cast(self, dtype: Any) -> None:
        """Change the element type."""
        dtype_name(dtype)  # refuses what is none
        self._dtype = dtype
        self._var = None
        gradients = [a.grad for a in (self._data or {}).values()]
        if self._data is not None:
            self._make(None, list(self._data), None, next(iter(self._data.values())).detach().astype(self.dtype))
        for made, before in zip((self._data or {}).values(), gradients, strict=True):
            if before is not None and made.grad is not None:
                made.grad._write(before._data)

    def _reduce(self) -> NDArray:
        """The value on the CPU: the mean of the devices' copies."""
        trainer = self._trainer() if self._trainer is not None else None
        if self._stype != DEFAULT and trainer is not None:  # the store has all rows
            trainer._row_sparse_pull(self, self._arrays(), arange(0, (self.shape or (0,))[0], dtype="int64"))
        copies = [a.detach().as_in_context(cpu()) for a in self._arrays()]
        return copies[0] if len(copies) == 1 else sum(copies[1:], copies[0]) / len(copies)

    def _load_init(
        self, data: NDArray, ctx: Contexts = None, cast_dtype: bool = False, dtype_source: str = "current"
    ) -> None:
        """Take a value from a file, before or after initialisation.

        Where element types differ, ``cast_dtype`` converts the value (``dtype_source`` ``current``) or the parameter
        (``saved``).
        """
        if dtype_source not in ("current", "saved"):
            raise MismatchError("unknown dtype_source", wanted="current or saved", got=repr(dtype_source))
        self.shape = data.shape
        if np.dtype(data.dtype) != np.dtype(self.dtype):
            if not cast_dtype:
                raise MismatchError(
                    "the file has another dtype",
                    where=self.name,
                    wanted=np.dtype(self.dtype).name,
                    got=np.dtype(data.dtype).name,
                    remedy="Pass cast_dtype=True, or cast() the network",
                )
            if dtype_source == "saved":
                self.cast(data.dtype)
            else:
                data = data.astype(self.dtype)
        if self._data is None and self._deferred is None:
            self._make(None, _contexts(ctx), None, data)
            return
        if ctx is not None:
            self.reset_ctx(ctx)
        self.set_data(data)

    def var(self) -> Symbol:
        """The variable that stands for it in a symbol."""
        if self._var is None:
            self._var = Variable(
                self.name,
                shape=self._shape,
                dtype=self.dtype,
                lr_mult=self.lr_mult,
                wd_mult=self.wd_mult,
                init=self.init if self.init is None or isinstance(self.init, str) else self.init.dumps(),
                stype=self._stype,
            )
        return self._var


class Constant(Parameter):
    """A value that is used like a weight and never trained.

    >>> constant = mx.gluon.Constant("scale", [1.0, 10.0])
    >>> constant.initialize()
    >>> constant.data().asnumpy(), constant.grad_req
    (array([ 1., 10.], dtype=float32), 'null')
    """

    _kind = "Constant"

    def __init__(self, name: str, value: Any) -> None:
        self.value = value if isinstance(value, NDArray) else make_array(value)
        super().__init__(
            name,
            shape=self.value.shape,
            dtype=self.value.dtype,
            init=initializer.Constant(self.value),
            differentiable=False,
        )

    @property
    def grad_req(self) -> str:
        """Always ``null``; another request is ignored with a warning."""
        return "null"

    @grad_req.setter
    def grad_req(self, request: str) -> None:
        if request != "null":
            warnings.warn(f"the constant {self.name!r} is never trained; grad_req {request!r} is ignored", stacklevel=2)


def _checked_stype(name: str, stype: str) -> str:
    if stype not in STYPES:
        raise MismatchError("unknown storage type", where=name, wanted=", ".join(STYPES), got=repr(stype))
    return stype


def _check_request(name: str, request: str) -> None:
    if request not in ("write", "add", "null"):
        raise MismatchError(
            "unknown grad_req",
            where=name,
            wanted="write, add or null",
            got=repr(request),
            remedy=suggestion(request, ("write", "add", "null"), "Choose one of"),
        )
