"""Convolutions and their gradients by cuDNN."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ...ops.operator import Shape, TensorSpec
from ...ops.windows import per_axis
from .cudnn import DTYPES, Built, dense, or_operator, result, tensor

Kind = Literal["conv_fprop", "conv_dgrad", "conv_wgrad"]
KINDS: dict[str, Kind] = {
    "Convolution": "conv_fprop",
    "_conv_data_grad": "conv_dgrad",
    "_conv_weight_grad": "conv_wgrad",
}
PORTS: dict[Kind, tuple[str, str]] = {
    "conv_fprop": ("image", "weight"),
    "conv_dgrad": ("loss", "filter"),
    "conv_wgrad": ("image", "loss"),
}


@dataclass(frozen=True)
class Setting:
    """A convolution as cuDNN is told of it: shapes channels first, one size for each axis of space."""

    kind: Kind
    dtype: str
    first: Shape
    second: Shape
    result: Shape
    stride: Shape
    pad: Shape
    dilate: Shape


def setting_of(name: str, p: Any, inputs: Sequence[TensorSpec], output: TensorSpec) -> Setting | None:
    """What cuDNN would be asked; None where the operator's parameters are none of its (groups by our own route)."""
    if name not in KINDS or inputs[0].dtype.name not in DTYPES or output.size == 0:
        return None
    rank = len(p.kernel)
    # channels last is another layout; groups and one axis of space are left to the array module
    if rank not in (2, 3) or p.num_group != 1 or (p.layout or "").endswith("C") or getattr(p, "cudnn_off", False):
        return None
    kind = KINDS[name]
    first, second = (inputs[1], inputs[0]) if kind == "conv_wgrad" else (inputs[0], inputs[1])
    spaces = (
        per_axis(p.stride, rank, 1, "stride"),
        per_axis(p.pad, rank, 0, "pad"),
        per_axis(p.dilate, rank, 1, "dilate"),
    )
    return Setting(kind, first.dtype.name, first.shape, second.shape, output.shape, *spaces)


def describe(setting: Setting, cudnn: Any, graph: Any) -> dict[str, Any]:
    """The convolution in a graph of cuDNN."""
    names = PORTS[setting.kind]
    tensors = {
        name: tensor(cudnn, graph, name, shape, dense(shape), setting.dtype)
        for name, shape in zip(names, (setting.first, setting.second), strict=True)
    }
    found = getattr(graph, setting.kind)(
        **tensors,
        pre_padding=list(setting.pad),
        post_padding=list(setting.pad),
        stride=list(setting.stride),
        dilation=list(setting.dilate),
        compute_data_type=cudnn.data_type.FLOAT,
    )
    return {**tensors, "result": result(cudnn, found, setting.result, dense(setting.result), setting.dtype)}


def forward_of(
    name: str, p: Any, inputs: Sequence[TensorSpec], output: TensorSpec, tell: Callable[[str], None]
) -> Callable[..., Any] | None:
    """The convolution operator's forward by cuDNN; None where the array module does it (``tell`` hears why)."""
    setting = setting_of(name, p, inputs, output)
    if setting is None:
        return None
    names = PORTS[setting.kind]

    def run(built: Built, xp: Any, p: Any, arrays: Sequence[Any], out: Any) -> Any:
        y = xp.empty(setting.result, arrays[0].dtype) if out is None else out
        one, other = map(xp.ascontiguousarray, arrays[:2])
        pair = (other, one) if setting.kind == "conv_wgrad" else (one, other)
        built({**dict(zip(names, pair, strict=True)), "result": y})
        if len(arrays) > 2:  # the bias
            y += arrays[2].reshape(-1, *(1,) * (len(setting.result) - 2))
        return y

    what = f"{setting.kind} of {setting.first} and {setting.second}"
    write = functools.partial(describe, setting)
    return or_operator(name, setting.dtype, write, run, kind="convolutions", what=what, tell=tell)
