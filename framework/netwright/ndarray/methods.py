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

    def _view(self, name: str, params: dict[str, Any]) -> Any:
        """The same elements in the shape the operator gives them; an NDArray shares memory with it."""
        return self._call(name, (), params)

    def squeeze(self, axis: Any = None, inplace: bool = False, **kwargs: Any) -> Any:
        """The operator ``squeeze`` of this array; ``inplace`` gives a view of an NDArray's memory."""
        params = {"axis": axis, **kwargs}
        return self._view("squeeze", params) if inplace else self._call("squeeze", (), params)

    def expand_dims(self, axis: int, inplace: bool = False, **kwargs: Any) -> Any:
        """The operator ``expand_dims`` of this array; ``inplace`` gives a view of an NDArray's memory."""
        params = {"axis": axis, **kwargs}
        return self._view("expand_dims", params) if inplace else self._call("expand_dims", (), params)

    def flatten(self, inplace: bool = False, **kwargs: Any) -> Any:
        """The operator ``flatten`` of this array; ``inplace`` gives a view of an NDArray's memory."""
        return self._view("flatten", kwargs) if inplace else self._call("flatten", (), kwargs)

    def broadcast_like(self, other: Any = None, *args: Any, **kwargs: Any) -> Any:
        """The operator ``broadcast_like`` with this array as its first input and the other as its second."""
        return self._call("broadcast_like", args if other is None else (other, *args), kwargs)


def _method(name: str) -> Any:
    def method(self: FluentMethods, *args: Any, **kwargs: Any) -> Any:
        return self._call(name, args, kwargs)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"The operator ``{name}`` with this array as its first input."
    return method


PLAIN = [_name for _name in FLUENT if _name not in vars(FluentMethods)]
"""The methods that are the operator's function and nothing else."""
for _name in PLAIN:
    setattr(FluentMethods, _name, _method(_name))
