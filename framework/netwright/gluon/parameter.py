"""Parameter: a weight of a layer, which may be made before its shape is known."""

from __future__ import annotations

import re
import warnings
from collections import OrderedDict
from collections.abc import ItemsView, Iterator, KeysView, Mapping, Sequence, ValuesView
from pathlib import Path
from typing import Any

import numpy as np

from .. import initializer
from ..device import Device, current_device
from ..errors import DeferredInitializationError, NetwrightError, ParamError, ShapeError
from ..ndarray.array import NDArray, check_request
from ..ndarray.creation import zeros
from ..ndarray.storage import load as load_file
from ..ndarray.storage import save as save_file
from ..ops.params import dtype_name
from ..symbol.symbol import Symbol, Variable
from ..tape import mode

Contexts = Device | Sequence[Device] | None


def _contexts(ctx: Contexts) -> list[Device]:
    if ctx is None:
        return [current_device()]
    return [ctx] if isinstance(ctx, Device) else list(dict.fromkeys(ctx))


class Parameter:
    """A named weight with its gradient, on one or several devices.

    A 0 in ``shape`` is a size not yet known: the arrays are then made at the first forward (deferred initialisation).
    ``grad_req``: ``write``, ``add`` or ``null``.
    """

    def __init__(
        self,
        name: str,
        grad_req: str = "write",
        shape: int | Sequence[int] | None = None,
        dtype: Any = "float32",
        lr_mult: float = 1.0,
        wd_mult: float = 1.0,
        init: Any = None,
        allow_deferred_init: bool = False,
        differentiable: bool = True,
        stype: str = "default",
        grad_stype: str = "default",
    ) -> None:
        check_request(grad_req)
        self.name = name
        self._shape = (shape,) if isinstance(shape, int) else None if shape is None else tuple(shape)
        self.dtype = np.dtype(dtype_name(dtype)).type
        self.lr_mult, self.wd_mult, self.init = lr_mult, wd_mult, init
        self.allow_deferred_init = allow_deferred_init
        self._differentiable = differentiable
        self._grad_req = grad_req if differentiable else "null"
        self._data: OrderedDict[Device, NDArray] | None = None
        self._deferred: tuple[Any, list[Device], Any] | None = None
        self._var: Symbol | None = None

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
            raise ShapeError("the parameter's shape does not fit", where=self.name, wanted=self._shape, got=tuple(new))
        self._shape = tuple(new)

    @property
    def grad_req(self) -> str:
        """What happens to the gradient at backward."""
        return self._grad_req

    @grad_req.setter
    def grad_req(self, request: str) -> None:
        check_request(request)
        if not self._differentiable:
            request = "null"
        if request == self._grad_req:
            return
        self._grad_req = request
        for array in (self._data or {}).values():
            array.attach_grad(request)

    def _known(self) -> bool:
        return self._shape is not None and all(n > 0 for n in self._shape)

    def __repr__(self) -> str:
        return f"Parameter {self.name} (shape={self._shape}, dtype={np.dtype(self.dtype).name})"

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
                raise DeferredInitializationError(
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
            data = zeros(self._shape, contexts[0], self.dtype)
            default = initializer.create(default_init if default_init is not None else "uniform")
            if init is None:
                default(initializer.InitDesc(self.name), data)
            else:
                initializer.create(init).init_weight(self.name, data)
        self._deferred = None
        self._data = OrderedDict((ctx, data.copyto(ctx)) for ctx in contexts)
        for array in self._data.values():
            array.attach_grad(self._grad_req)

    def _finish_deferred_init(self) -> None:
        if self._deferred is None:
            return
        if not self._known():
            raise DeferredInitializationError("its shape could not be inferred", where=self.name, got=self._shape)
        init, contexts, default = self._deferred
        self._make(init, contexts, default)

    # ---------------------------------------------------------------- use
    def data(self, ctx: Device | None = None) -> NDArray:
        """The array on a device (on the only one, or the current one, by default)."""
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
            host = [] if ctx.is_gpu else [a for d, a in self._data.items() if not d.is_gpu]
            if len(host) == 1:
                return host[0]  # all CPU numbers are one memory
            raise NetwrightError(
                "it was not initialised on that device",
                where=self.name,
                wanted=", ".join(map(str, self._data)),
                got=ctx,
                remedy="Use reset_ctx(), or initialize(ctx=[…]) with all devices",
            )
        return found

    def _not_made(self) -> NetwrightError:
        if self._deferred is not None:
            return DeferredInitializationError(
                "it is not initialised yet, because its shape follows only from data",
                where=self.name,
                remedy="Run one batch through the network first, or give in_units/in_channels",
            )
        return NetwrightError("it is not initialised", where=self.name, remedy="Call initialize() on the network first")

    def list_data(self) -> list[NDArray]:
        """The arrays on all devices."""
        if self._data is None:
            raise self._not_made()
        return list(self._data.values())

    def grad(self, ctx: Device | None = None) -> NDArray:
        """The gradient on a device."""
        found = self.data(ctx).grad
        if found is None:
            raise NetwrightError("it has no gradient, because grad_req is 'null'", where=self.name)
        return found

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

    def set_data(self, data: NDArray) -> None:
        """Set the value on all devices."""
        self.shape = data.shape
        if self._data is None:
            if self._deferred is None:
                raise self._not_made()
            init, contexts, default = self._deferred
            self._make(init, contexts, default, data.astype(self.dtype))
            return
        for array in self._data.values():
            array._write(data.as_in_context(array.ctx)._data)

    def zero_grad(self) -> None:
        """Set the gradients to 0."""
        for array in (self._data or {}).values():
            if array.grad is not None:
                array.grad._write(0)

    def reset_ctx(self, ctx: Contexts) -> None:
        """Move to other devices."""
        contexts = _contexts(ctx)
        if self._data is not None:
            self._make(None, contexts, None, next(iter(self._data.values())).detach())
        elif self._deferred is not None:
            init, _, default = self._deferred
            self._deferred = (init, contexts, default)
        else:
            raise self._not_made()

    def cast(self, dtype: Any) -> None:
        """Change the element type."""
        self.dtype = np.dtype(dtype_name(dtype)).type
        self._var = None
        if self._data is not None:
            first = next(iter(self._data.values())).detach()
            self._make(None, list(self._data), None, first.astype(self.dtype))

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
            )
        return self._var


class Constant(Parameter):
    """A value that is used like a weight and never trained."""

    def __init__(self, name: str, value: Any) -> None:
        self.value = value if isinstance(value, NDArray) else NDArray(np.asarray(value, dtype=np.float32))
        super().__init__(
            name,
            shape=self.value.shape,
            dtype=self.value.dtype,
            init=initializer.Constant(self.value),
            differentiable=False,
        )


class ParameterDict:
    """Parameters by name; names made here begin with ``prefix``; ``shared`` ones are looked up first."""

    def __init__(self, prefix: str = "", shared: ParameterDict | None = None) -> None:
        self._prefix, self._shared = prefix, shared
        self._params: OrderedDict[str, Parameter] = OrderedDict()

    @property
    def prefix(self) -> str:
        """What names made here begin with."""
        return self._prefix

    def __getitem__(self, key: str) -> Parameter:
        return self._params[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._params)

    def __len__(self) -> int:
        return len(self._params)

    def __contains__(self, key: object) -> bool:
        return key in self._params

    def items(self) -> ItemsView[str, Parameter]:
        """Names and parameters."""
        return self._params.items()

    def keys(self) -> KeysView[str]:
        """Names."""
        return self._params.keys()

    def values(self) -> ValuesView[Parameter]:
        """Parameters."""
        return self._params.values()

    def __repr__(self) -> str:
        rows = "\n".join(f"  {p!r}" for p in self.values())
        return f"{self._prefix or 'ParameterDict'} (\n{rows}\n)"

    def _find(self, name: str) -> Parameter | None:
        if name in self._params:
            return self._params[name]
        found = self._shared._find(name) if self._shared is not None else None
        if found is not None:
            self._params[name] = found
        return found

    def get(self, name: str, **kwargs: Any) -> Parameter:
        """The parameter ``prefix + name``, made where it is not there."""
        full = self._prefix + name
        found = self._find(full)
        if found is None:
            found = self._params[full] = Parameter(full, **kwargs)
        elif kwargs.get("shape") is not None:
            shape = kwargs["shape"]
            shape = (shape,) if isinstance(shape, int) else tuple(shape)
            if (
                found.shape is None
                or len(found.shape) != len(shape)
                or any(m and n and m != n for m, n in zip(found.shape, shape, strict=True))
            ):
                raise ShapeError("the shared parameter has another shape", where=full, wanted=shape, got=found.shape)
            found._shape = tuple(m or n for m, n in zip(found.shape, shape, strict=True))
        return found

    def get_constant(self, name: str, value: Any = None) -> Parameter:
        """The constant ``prefix + name``."""
        full = self._prefix + name
        found = self._find(full)
        if found is None:
            if value is None:
                raise ParamError(f"there is no constant {full!r}", remedy="Give its value")
            found = self._params[full] = Constant(full, value)
        return found

    def update(self, other: Mapping[str, Parameter] | ParameterDict) -> None:
        """Add all of another dict; one name for two parameters is refused."""
        for name, parameter in other.items():
            if self._params.setdefault(name, parameter) is not parameter:
                raise ParamError("two parameters have this name", where=name, remedy="Give the blocks other prefixes")

    def initialize(
        self, init: Any = None, ctx: Contexts = None, verbose: bool = False, force_reinit: bool = False
    ) -> None:
        """Initialise all, each by its own initializer where it has one, else by ``init`` (Uniform by default)."""
        default = initializer.create(init if init is not None else "uniform")
        for parameter in self.values():
            parameter.initialize(None, ctx, default, force_reinit)

    def zero_grad(self) -> None:
        """Set all gradients to 0."""
        for parameter in self.values():
            parameter.zero_grad()

    def reset_ctx(self, ctx: Contexts) -> None:
        """Move all to other devices."""
        for parameter in self.values():
            parameter.reset_ctx(ctx)

    def setattr(self, name: str, value: Any) -> None:
        """Set an attribute (``grad_req``, ``lr_mult``, …) of all."""
        for parameter in self.values():
            setattr(parameter, name, value)

    def save(self, filename: str, strip_prefix: str = "") -> None:
        """Write all to a file, names without ``strip_prefix``."""
        for name in self:
            if not name.startswith(strip_prefix):
                raise ParamError("the name does not begin with the prefix to strip", where=name, wanted=strip_prefix)
        save_file(filename, {n[len(strip_prefix) :]: p.data().detach() for n, p in self.items()})

    def load(
        self,
        filename: str,
        ctx: Contexts = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
        restore_prefix: str = "",
        cast_dtype: bool = False,
        dtype_source: str = "current",
    ) -> None:
        """Read all from a file."""
        arrays = load_file(filename)
        if isinstance(arrays, list):
            raise ParamError("the file holds arrays without names", where=Path(filename).name)
        load_into(
            self._params,
            {restore_prefix + n: a for n, a in arrays.items()},
            Path(filename).name,
            ctx,
            allow_missing=allow_missing,
            ignore_extra=ignore_extra,
            cast_dtype=cast_dtype,
            dtype_source=dtype_source,
        )

    def select(self, pattern: str) -> ParameterDict:
        """Those whose name matches a regular expression."""
        found = ParameterDict(self._prefix)
        matcher = re.compile(pattern)
        found.update({n: p for n, p in self.items() if matcher.match(n)})
        return found


def load_into(
    params: Mapping[str, Parameter],
    arrays: Mapping[str, NDArray],
    where: str,
    ctx: Contexts,
    *,
    allow_missing: bool,
    ignore_extra: bool,
    cast_dtype: bool,
    dtype_source: str = "current",
) -> None:
    """Set parameters from arrays by name; raises ParamError that names the first missing or extra one.

    Where element types differ, ``cast_dtype`` converts the values (``dtype_source`` ``current``), or the parameters
    (``saved``).
    """
    if dtype_source not in ("current", "saved"):
        raise ParamError("unknown dtype_source", wanted="current or saved", got=repr(dtype_source))
    saved = {id(parameter) for name, parameter in params.items() if name in arrays}  # a shared one is saved once
    missing = [n for n, parameter in params.items() if id(parameter) not in saved]
    extra = [n for n in arrays if n not in params]
    if missing and not allow_missing:
        raise ParamError(
            f"parameter {missing[0]!r} is not in the file",
            where=where,
            got=", ".join(list(arrays)[:8]),
            remedy="Load into the network it was saved from, or pass allow_missing=True",
        )
    if extra and not ignore_extra:
        raise ParamError(
            f"the file holds {extra[0]!r}, which the network has not",
            where=where,
            remedy="Load into the network it was saved from, or pass ignore_extra=True",
        )
    for name, parameter in params.items():
        if name not in arrays:
            continue
        array = arrays[name]
        parameter.shape = array.shape
        if np.dtype(array.dtype) != np.dtype(parameter.dtype):
            if not cast_dtype:
                raise ParamError(
                    "the file has another dtype",
                    where=name,
                    wanted=np.dtype(parameter.dtype).name,
                    got=np.dtype(array.dtype).name,
                    remedy="Pass cast_dtype=True, or cast() the network",
                )
            if dtype_source == "saved":
                parameter.cast(array.dtype)
            else:
                array = array.astype(parameter.dtype)
        if parameter._data is None and parameter._deferred is None:
            parameter._make(None, _contexts(ctx), None, array)
        else:
            if ctx is not None:
                parameter.reset_ctx(ctx)
            parameter.set_data(array)
