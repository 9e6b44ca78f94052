"""Operators as methods: ``x.sum(axis=1)``. One list serves NDArray and Symbol."""

from __future__ import annotations

from typing import Any

FLUENT = [
    "abs",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctanh",
    "argmax",
    "argmax_channel",
    "argmin",
    "argsort",
    "batch_dot",
    "broadcast_axes",
    "broadcast_like",
    "broadcast_to",
    "cbrt",
    "ceil",
    "clip",
    "cos",
    "cosh",
    "degrees",
    "depth_to_space",
    "diag",
    "dot",
    "exp",
    "expand_dims",
    "expm1",
    "fix",
    "flatten",
    "flip",
    "floor",
    "log",
    "log10",
    "log1p",
    "log2",
    "log_softmax",
    "max",
    "mean",
    "min",
    "nanprod",
    "nansum",
    "norm",
    "one_hot",
    "ones_like",
    "pad",
    "pick",
    "prod",
    "radians",
    "rcbrt",
    "reciprocal",
    "relu",
    "repeat",
    "rint",
    "round",
    "rsqrt",
    "shape_array",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "size_array",
    "slice_axis",
    "slice_like",
    "softmax",
    "softmin",
    "sort",
    "space_to_depth",
    "split",
    "split_v2",
    "sqrt",
    "square",
    "squeeze",
    "sum",
    "swapaxes",
    "take",
    "tan",
    "tanh",
    "tile",
    "topk",
    "transpose",
    "trunc",
    "zeros_like",
]
"""Method names; each is the operator of the same name with the array as its first input."""


class FluentMethods:
    """Mixin that gives a method for each name of FLUENT; the class gives ``_call(name, self, args, kwargs)``."""

    __slots__ = ()

    def _call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        raise NotImplementedError

    def _seen_as(self, other: Any) -> Any:
        """This memory in the shape of another, where there is memory."""
        return other


def _method(name: str) -> Any:
    def method(self: FluentMethods, *args: Any, **kwargs: Any) -> Any:
        return self._call(name, args, kwargs)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"The operator ``{name}`` with this array as its first input."
    return method


def _reshaping(name: str) -> Any:
    plain = _method(name)

    def method(self: FluentMethods, *args: Any, inplace: bool = False, **kwargs: Any) -> Any:
        found = plain(self, *args, **kwargs)
        return self._seen_as(found) if inplace else found

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"{plain.__doc__} With ``inplace`` it is the same memory in another shape (where not recorded)."
    return method


RESHAPING = ("expand_dims", "flatten", "squeeze")
"""Methods that only change the shape; they take MXNet's ``inplace``."""

for _name in FLUENT:
    setattr(FluentMethods, _name, _reshaping(_name) if _name in RESHAPING else _method(_name))
