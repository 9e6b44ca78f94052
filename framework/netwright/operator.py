"""Operators of one's own in Python (MXNet's ``mx.operator``): ``CustomOp``, ``CustomOpProp``, ``register``.

A registered one is called as ``nd.Custom(x, op_type="name")`` or ``sym.Custom(x, op_type="name")``; it is recorded,
compiled and differentiated like any other.
"""

from __future__ import annotations

import contextlib
import difflib
import functools
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, NamedTuple, TypeVar

import numpy as np
from pydantic import BeforeValidator, Field

from . import ndarray, symbol
from .device import Device, current_device, device_of
from .errors import NetwrightError, ParamError, ShapeError
from .ndarray.array import NDArray
from .ndarray.creation import zeros
from .ndarray.invoke import invoke
from .ops import get
from .ops.operator import At, DTypes, Operator, Port, Shapes
from .ops.params import OpParams, dtype_name
from .ops.registry import all_operators, reserve
from .symbol.compose import make_node
from .symbol.symbol import Symbol
from .tape import mode


class CustomOp:
    """What a custom operator computes. A subclass gives ``forward`` and, to be differentiated, ``backward``.

    >>> class Double(mx.operator.CustomOp):
    ...     def forward(self, is_train, req, in_data, out_data, aux):
    ...         self.assign(out_data[0], req[0], in_data[0] * 2)
    ...     def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
    ...         self.assign(in_grad[0], req[0], out_grad[0] * 2)
    >>> @mx.operator.register("double_for_docs")
    ... class DoubleProp(mx.operator.CustomOpProp):
    ...     def create_operator(self, ctx, in_shapes, in_dtypes):
    ...         return Double()
    >>> mx.nd.Custom(mx.nd.array([1, 2]), op_type="double_for_docs").asnumpy()
    array([2., 4.], dtype=float32)
    """

    def forward(self, is_train: bool, req: list[str], in_data: Any, out_data: Any, aux: Any) -> None:
        """Compute from ``in_data`` and put results into ``out_data`` with ``self.assign``."""
        raise NetwrightError("forward() is not defined", where=type(self).__name__)

    def backward(self, req: list[str], out_grad: Any, in_data: Any, out_data: Any, in_grad: Any, aux: Any) -> None:
        """Put the gradients of the inputs into ``in_grad`` with ``self.assign``."""
        raise NetwrightError(
            "backward() is not defined", where=type(self).__name__, remedy="Define it to differentiate"
        )

    def assign(self, dst: NDArray, req: str, src: Any) -> None:
        """Write ``src`` into ``dst`` as ``req`` says: ``write``, ``inplace``, ``add`` or ``null``."""
        if req in ("write", "inplace"):
            dst[:] = src
        elif req == "add":
            dst[:] = dst + src
        elif req != "null":
            raise ParamError("unknown request", where="assign", wanted="write, inplace, add or null", got=repr(req))


class CustomOpProp:
    """What is known of a custom operator: names, shapes and types, and how it is made.

    With ``need_top_grad=False`` it is a loss: the gradient of its output is not asked for. Arguments of a subclass's
    ``__init__`` come as texts.
    """

    def __init__(self, need_top_grad: bool = True) -> None:
        self.need_top_grad_ = need_top_grad

    def list_arguments(self) -> list[str]:
        """Names of the inputs."""
        return ["data"]

    def list_outputs(self) -> list[str]:
        """Names of the outputs."""
        return ["output"]

    def list_auxiliary_states(self) -> list[str]:
        """Names of the states it keeps up itself."""
        return []

    def infer_shape(self, in_shape: list[Any]) -> tuple[Any, ...]:
        """(shapes of inputs, of outputs, of states); by default all like the first input."""
        return in_shape, [in_shape[0]] * len(self.list_outputs()), []

    def infer_type(self, in_type: list[Any]) -> tuple[Any, ...]:
        """The same for element types."""
        first = in_type[0]
        outputs, states = len(self.list_outputs()), len(self.list_auxiliary_states())
        return in_type, [first] * outputs, [first] * states

    def infer_storage_type(self, in_stype: list[str]) -> tuple[list[str], list[str], list[str]]:
        """(storage types of inputs, of outputs, of states): all dense unless a subclass says otherwise."""
        for stype in in_stype:
            if stype != "default":
                raise ParamError(
                    "the operator takes dense arrays", where=type(self).__name__, wanted="default", got=stype
                )
        dense = "default"
        return in_stype, [dense] * len(self.list_outputs()), [dense] * len(self.list_auxiliary_states())

    def infer_storage_type_backward(
        self,
        ograd_stype: list[str],
        in_stype: list[str],
        out_stype: list[str],
        igrad_stype: list[str],
        aux_stype: list[str],
    ) -> tuple[list[str], list[str], list[str], list[str], list[str]]:
        """The same for backward: head gradients, inputs, outputs, gradients of inputs, states; all dense."""
        parts = (ograd_stype, in_stype, out_stype, igrad_stype, aux_stype)
        return tuple(["default"] * len(part) for part in parts)  # type: ignore[return-value]

    def declare_backward_dependency(self, out_grad: Any, in_data: Any, out_data: Any) -> list[Any]:
        """What ``backward`` reads; everything is there whatever is said."""
        return [*(out_grad if self.need_top_grad_ else []), *in_data, *out_data]

    def create_operator(self, ctx: Any, in_shapes: Any, in_dtypes: Any) -> CustomOp:
        """The CustomOp for these inputs."""
        return CustomOp()


P = TypeVar("P", bound=type[CustomOpProp])
_props: dict[str, type[CustomOpProp]] = {}


def register(reg_name: str) -> Callable[[P], P]:
    """Class decorator for a CustomOpProp: callable by ``op_type=reg_name`` from then on."""

    def add(cls: P) -> P:
        if not (isinstance(cls, type) and issubclass(cls, CustomOpProp)):
            raise ParamError("only a CustomOpProp can be registered", where=reg_name, got=getattr(cls, "__name__", cls))
        _props[reg_name] = cls
        _prop.cache_clear()
        _instance.cache_clear()
        return cls

    return add


@functools.lru_cache(maxsize=256)
def _prop(op_type: str, options: str) -> CustomOpProp:
    cls = _props.get(op_type)
    if cls is None:
        near = difflib.get_close_matches(op_type, _props, n=2)
        raise ParamError(
            f"there is no custom operator {op_type!r}",
            where="Custom",
            parameter="op_type",
            remedy=f"Did you mean {' or '.join(near)}?" if near else "Register it with @mx.operator.register(name)",
        )
    try:
        return cls(**json.loads(options))
    except TypeError as error:
        raise ParamError(f"the custom operator cannot be made: {error}", where=op_type) from None


@functools.lru_cache(maxsize=256)
def _instance(op_type: str, options: str, device: Any, shapes: Any, dtypes: Any) -> CustomOp:
    """One object for each kind of inputs: ``backward`` finds what ``forward`` left on it."""
    made = _prop(op_type, options).create_operator(
        device, [list(s) for s in shapes], [np.dtype(d).type for d in dtypes]
    )
    if not isinstance(made, CustomOp):
        raise ParamError("create_operator() gives a CustomOp", where=op_type, got=type(made).__name__)
    return made


class CustomParams(OpParams):
    """Parameters of Custom."""

    num_args: int = Field(ge=0, description="number of inputs and states")
    op_type: str = Field(description="the name it was registered by")
    options: Annotated[str, BeforeValidator(lambda v: json.dumps(v) if isinstance(v, dict) else v)] = Field(
        "{}", description="arguments of its CustomOpProp as JSON"
    )


class _Quiet:
    """The user's own calls are neither recorded nor traced."""

    def __init__(self, training: bool) -> None:
        self._training = training

    def __enter__(self) -> None:
        self._outer = mode.recording, mode.training, mode.tracer
        mode.recording, mode.training, mode.tracer = False, self._training, None

    def __exit__(self, *error: object) -> None:
        mode.recording, mode.training, mode.tracer = self._outer


@contextlib.contextmanager
def _named(op_type: str, way: str) -> Iterator[None]:
    """What goes wrong in the user's code names the operator; the error itself stays the cause, with its lines."""
    try:
        yield
    except NetwrightError as error:
        raise error.at(f"{op_type}.{way}") from error.__cause__
    except Exception as error:
        told = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise NetwrightError(
            f"the operator's own code failed with {told}",
            where=f"{op_type}.{way}",
            remedy="The error it was caused by shows the line",
        ) from error


class _CustomBase(Operator):
    """Shared by the way there and the way back."""

    category = "custom"
    Params = CustomParams
    variadic = "num_args"

    def prop(self, p: CustomParams) -> CustomOpProp:
        return _prop(p.op_type, p.options)

    def operator(self, p: CustomParams, arrays: Sequence[Any]) -> CustomOp:
        count = len(self.prop(p).list_arguments())
        shapes = tuple(a.shape for a in arrays[:count])
        dtypes = tuple(a.dtype.name for a in arrays[:count])
        return _instance(p.op_type, p.options, _place(arrays), shapes, dtypes)


def _place(arrays: Sequence[Any]) -> Device:
    """Where a call computes: where its inputs lie, or here where it has none."""
    return device_of(arrays[0]) if arrays else current_device()


@reserve
class Custom(_CustomBase):
    """Calls a registered CustomOp."""

    name = "Custom"

    def ports(self, p: CustomParams) -> tuple[Port, ...]:
        # only the first input must be known: infer_shape may tell the others, such as a label's
        names = self.prop(p).list_arguments()
        states = self.prop(p).list_auxiliary_states()
        inputs = (Port(n, "weight" if i else "data") for i, n in enumerate(names))
        return (*inputs, *(Port(n, "state") for n in states))

    def output_names(self, p: CustomParams) -> tuple[str, ...]:
        return tuple(self.prop(p).list_outputs())

    def infer_shape(self, p: CustomParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        prop = self.prop(p)
        count = len(prop.list_arguments())
        known = [None if s is None else list(s) for s in shapes[:count]]
        try:
            found = prop.infer_shape(known)
        except (TypeError, IndexError):
            if None in known:  # it needs the rest too
                return shapes, [None] * len(prop.list_outputs())
            raise
        inputs, outputs, states = (*found, [])[:3]
        if len(outputs) != len(prop.list_outputs()):
            raise ShapeError("infer_shape() gives a shape for each output", where=p.op_type, got=outputs)
        filled = [None if s is None else tuple(s) for s in (*inputs, *states)]
        for port, want, got in zip(self.ports(p), filled, shapes, strict=True):
            if want is not None and got is not None and want != tuple(got):
                raise ShapeError("the input does not fit", port=port.name, wanted=want, got=got)
        return filled, [tuple(s) for s in outputs]

    def infer_dtype(self, p: CustomParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        prop = self.prop(p)
        count = len(prop.list_arguments())
        known = [None if d is None else np.dtype(d).type for d in dtypes[:count]]
        if known and known[0] is None:
            return dtypes, [None] * len(prop.list_outputs())
        inputs, outputs, states = (*prop.infer_type(known), [])[:3]
        kinds = [d if d is not None else known[0] for d in (*inputs, *states)]
        return [np.dtype(dtype_name(d)) for d in kinds], [np.dtype(dtype_name(d)) for d in outputs]

    def forward(self, xp: Any, p: CustomParams, *arrays: Any, train: bool) -> Any:
        prop = self.prop(p)
        count, device = len(prop.list_arguments()), _place(arrays)
        specs = zip(
            self.infer_shape(p, [a.shape for a in arrays])[1],
            self.infer_dtype(p, [a.dtype for a in arrays])[1],
            strict=True,
        )
        outputs = [zeros(shape, device, dtype) for shape, dtype in specs if shape is not None]
        states = [NDArray(a.copy()) for a in arrays[count:]]
        with _Quiet(train), _named(p.op_type, "forward"):
            inputs = [NDArray(a) for a in arrays[:count]]
            self.operator(p, arrays).forward(train, ["write"] * len(outputs), inputs, outputs, states)
        return tuple(a._data for a in (*outputs, *states))

    def gradient(self, F: Any, p: CustomParams, at: At, dys: Any, xs: Any, ys: Any) -> Any:
        params = {"op_type": p.op_type, "options": p.options}
        found = F._custom_backward(*dys, *xs, *ys, **params)
        count = len(self.prop(p).list_arguments())
        gradients = list(found) if isinstance(found, (list, tuple)) else [found]
        return [*gradients, *[None] * (len(at.inputs) - count)]


@reserve
class CustomBackward(_CustomBase):
    """Calls the ``backward`` of a registered CustomOp: gradients of its outputs, its inputs, states and outputs."""

    name = "_custom_backward"

    def ports(self, p: CustomParams) -> tuple[Port, ...]:
        return tuple(Port(f"arg{i}") for i in range(p.num_args))

    def output_names(self, p: CustomParams) -> tuple[str, ...]:
        return tuple(self.prop(p).list_arguments())

    def _inputs(self, p: CustomParams, values: Sequence[Any]) -> Sequence[Any]:
        begin = len(self.prop(p).list_outputs())
        return values[begin : begin + len(self.prop(p).list_arguments())]

    def infer_shape(self, p: CustomParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, list(self._inputs(p, shapes))

    def infer_dtype(self, p: CustomParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, list(self._inputs(p, dtypes))

    def forward(self, xp: Any, p: CustomParams, *arrays: Any, train: bool) -> Any:
        inputs, outputs = self._inputs(p, arrays), len(self.prop(p).list_outputs())
        gradients = [NDArray(xp.zeros_like(a)) for a in inputs]
        rest = [NDArray(a) for a in arrays]
        first_state = outputs + len(inputs)
        with _Quiet(train), _named(p.op_type, "backward"):
            self.operator(p, inputs).backward(
                ["write"] * len(inputs),
                rest[:outputs],
                rest[outputs:first_state],
                rest[-outputs:],
                gradients,
                rest[first_state:-outputs],
            )
        return tuple(g._data for g in gradients)


def _call(args: Sequence[Any], op_type: str, kwargs: dict[str, Any], kind: type) -> tuple[CustomParams, list[Any]]:
    """(parameters, inputs in order with None where not given) of a call."""
    named = {k: v for k, v in kwargs.items() if isinstance(v, kind)}
    options = json.dumps({k: str(v) for k, v in kwargs.items() if k not in named}, sort_keys=True)
    prop = _prop(op_type, options)
    names = [*prop.list_arguments(), *prop.list_auxiliary_states()]
    unknown = [k for k in named if k not in names]
    if unknown or len(args) > len(names):
        raise ParamError("the inputs do not fit", where=op_type, wanted=", ".join(names), got=unknown or f"{len(args)}")
    given = [*args, *(named.get(name) for name in names[len(args) :])]
    return CustomParams(num_args=len(names), op_type=op_type, options=options), given


def custom_array(*args: NDArray, op_type: str, name: str | None = None, **kwargs: Any) -> Any:
    """``nd.Custom``: run a registered CustomOp on arrays; other arguments go to its CustomOpProp as texts."""
    p, inputs = _call(args, op_type, kwargs, NDArray)
    return invoke(get("Custom"), p, tuple(inputs))


def custom_symbol(*args: Symbol, op_type: str, name: str | None = None, attr: Any = None, **kwargs: Any) -> Symbol:
    """``sym.Custom``: the same in a graph; inputs that are not given become variables."""
    p, inputs = _call(args, op_type, kwargs, Symbol)
    return make_node(get("Custom"), p, tuple(inputs), name or None, attr)


ndarray.Custom = custom_array
symbol.Custom = custom_symbol


class PythonOp:
    """The operators in Python of MXNet before ``CustomOp``: making one raises an error that names the successor."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NetwrightError(
            "this kind of operator was replaced",
            where=type(self).__name__,
            remedy="Write a CustomOp and a CustomOpProp, and register it with @mx.operator.register(name)",
        )


class NumpyOp(PythonOp):
    """An operator on NumPy arrays: replaced by ``CustomOp``."""


class NDArrayOp(PythonOp):
    """An operator on NDArrays: replaced by ``CustomOp``."""


def get_all_registered_operators() -> list[str]:
    """Names of all operators."""
    return sorted(name for op in all_operators() for name in (op.name, *op.aliases))


class OperatorArguments(NamedTuple):
    """What an operator takes: how many arguments, their names and kinds."""

    narg: int
    names: list[str]
    types: list[str]


def get_operator_arguments(op_name: str) -> OperatorArguments:
    """Inputs and parameters of the operator of that name."""
    op = get(op_name)
    rows = [(port.name, "NDArray-or-Symbol") for port in op.inputs]
    rows += [(name, str(field.annotation)) for name, field in op.Params.model_fields.items()]
    return OperatorArguments(len(rows), [name for name, _ in rows], [kind for _, kind in rows])
