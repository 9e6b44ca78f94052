"""``nd.X`` for every operator X."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..device import Device
from ..ops.operator import Operator
from ..ops.signature import COMMON, bind
from .array import NDArray
from .invoke import invoke
from .methods import FluentMethods
from .quick import make_call


def _is_array(value: Any) -> bool:
    return isinstance(value, NDArray)


def make_function(op: Operator) -> Callable[..., Any]:
    """The eager function of an operator."""
    named = frozenset((*(port.name for port in op.inputs), *COMMON, "data"))

    def function(*args: Any, **kwargs: Any) -> Any:
        # the usual call: arrays by position, parameters by name
        if args and not op.variadic and named.isdisjoint(kwargs) and all(type(a) is NDArray for a in args):
            p = op.make_params(kwargs)
            if len(args) == len(op.ports(p)):
                return invoke(op, p, args)
        p, inputs, common = bind(op, args, kwargs, _is_array)
        ctx, out = common.get("ctx"), common.get("out")
        if not op.inputs and not op.variadic and isinstance(out, NDArray):
            p = _filling(op, p, out)
        return invoke(
            op,
            p,
            inputs if op.variadic else drop_absent(op, p, inputs),
            out,
            None if ctx is None else Device.parse(ctx),
        )

    return make_call(op, function)


def _filling(op: Operator, p: Any, out: NDArray) -> Any:
    """The parameters of an operator that makes an array, with the shape and dtype of the array it is to fill."""
    wanted = {"shape": out.shape, "dtype": out.dtype}
    missing = {k: v for k, v in wanted.items() if k in type(p).model_fields and getattr(p, k) is None}
    return op.make_params({**p.given(), **missing}) if missing else p


def drop_absent(op: Operator, p: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """Only the inputs of ports that are there under these parameters (no bias under ``no_bias``)."""
    wanted = {port.name for port in op.ports(p)}
    return tuple(
        value
        for port, value in zip(op.inputs, inputs, strict=True)
        if port.name in wanted and not (value is None and port.optional)
    )


def call_method(self: FluentMethods, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``x.name(…)``."""
    return getattr(_namespace(), name)(self, *args, **kwargs)


def _namespace() -> Any:
    from .. import ndarray

    return ndarray


NDArray._call = call_method  # type: ignore[method-assign]
