"""Convolutions by cuDNN, where its Python front end (``nvidia-cudnn-frontend``) and its library are installed.

A graph of one convolution is built for each set of shapes and kept; what cuDNN refuses stays with the array module.
Everything passes through ``module``, so that the tests can put a made-up one in its place.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ...ops import get
from ...ops.operator import Shape, TensorSpec
from ...ops.windows import per_axis

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
DTYPES = {"float16": "HALF", "float32": "FLOAT"}


@functools.cache
def module() -> tuple[Any, str]:
    """(cuDNN's front end, why not): the first is None where the second is a text."""
    try:
        found = importlib.import_module("cudnn")
    except ImportError:
        return None, "cuDNN's front end is not installed (pip install nvidia-cudnn-frontend)"
    try:
        found.backend_version()
    except (RuntimeError, OSError, ImportError) as error:  # the library is looked for only now
        return None, f"cuDNN's library cannot be loaded: {error}"
    return found, ""


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


class Convolution:
    """A built graph; call it with raw arrays."""

    def __init__(self, cudnn: Any, xp: Any, setting: Setting) -> None:
        kind = getattr(cudnn.data_type, DTYPES[setting.dtype])
        single = cudnn.data_type.FLOAT
        self._handle = cudnn.create_handle()
        self._cudnn, self._xp = cudnn, xp
        graph = cudnn.pygraph(
            io_data_type=kind, intermediate_data_type=single, compute_data_type=single, handle=self._handle
        )
        names = PORTS[setting.kind]
        shapes = (setting.first, setting.second)
        self._tensors = [
            graph.tensor(name=name, dim=list(shape), stride=dense(shape), data_type=kind)
            for name, shape in zip(names, shapes, strict=True)
        ]
        self._result = getattr(graph, setting.kind)(
            **dict(zip(names, self._tensors, strict=True)),
            pre_padding=list(setting.pad),
            post_padding=list(setting.pad),
            stride=list(setting.stride),
            dilation=list(setting.dilate),
            compute_data_type=single,
        )
        self._result.set_output(True).set_dim(list(setting.result)).set_stride(dense(setting.result))
        self._result.set_data_type(kind)
        graph.build([cudnn.heur_mode.A, cudnn.heur_mode.FALLBACK])
        self._graph = graph
        self._workspace = xp.empty(max(1, int(graph.get_workspace_size())), xp.uint8)

    def __call__(self, first: Any, second: Any, result: Any) -> None:
        self._cudnn.set_stream(handle=self._handle, stream=self._xp.cuda.get_current_stream().ptr)
        bound = {self._tensors[0]: first, self._tensors[1]: second, self._result: result}
        self._graph.execute(bound, self._workspace, handle=self._handle)


def dense(shape: Shape) -> list[int]:
    """Strides in elements of a dense array."""
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return strides[::-1]


def forward_of(
    name: str, p: Any, inputs: Sequence[TensorSpec], output: TensorSpec, tell: Callable[[str], None]
) -> Callable[..., Any] | None:
    """The convolution operator's forward by cuDNN; None where the array module does it.

    ``tell`` hears why cuDNN is not used where it might be. What it refuses when the graph is built is computed by the
    operator itself from then on.
    """
    setting = setting_of(name, p, inputs, output)
    if setting is None:
        return None
    cudnn, reason = module()
    if cudnn is None:
        tell(f"convolutions run on the array module: {reason}")
        return None
    built: list[Convolution | None] = []

    def forward(xp: Any, p: Any, *arrays: Any, out: Any = None) -> Any:
        if not built:
            try:
                built.append(Convolution(cudnn, xp, setting))
            except (RuntimeError, ValueError) as error:
                built.append(None)
                tell(f"cuDNN takes no {setting.kind} of {setting.first} and {setting.second}: {error}")
        if built[0] is None:
            return get(name).forward(xp, p, *arrays, out=out)
        result = xp.empty(setting.result, arrays[0].dtype) if out is None else out
        one, other = map(xp.ascontiguousarray, arrays[:2])
        built[0](*((other, one) if setting.kind == "conv_wgrad" else (one, other)), result)
        if len(arrays) > 2:  # the bias
            result += arrays[2].reshape(-1, *(1,) * (len(setting.result) - 2))
        return result

    return forward
