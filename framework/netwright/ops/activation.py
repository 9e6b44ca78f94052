"""Activation functions chosen by a parameter: Activation and the LeakyReLU family."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import numpy as np
from pydantic import Field

from ..errors import ShapeError
from .elementwise import Elementwise
from .operator import At, Draw, Operator, Port, Sample, Shape, Shapes, TensorSpec
from .params import NoParams, OpParams
from .registry import get, register
from .sight import Looks, same
from .sums import broadcast_axes_between

ActivationType = Literal["relu", "sigmoid", "tanh", "softrelu", "softsign", "gelu", "silu"]

_PLAIN = NoParams()


class ActivationParams(OpParams):
    """Parameters of Activation."""

    act_type: ActivationType = Field(description="the function; gelu and silu are an addition to MXNet's")


@register
class Activation(Elementwise):
    """Applies a function to each element: relu, sigmoid, tanh, softrelu (softplus), softsign, gelu, silu.

    relu max(x, 0); sigmoid 1/(1 + e⁻ˣ); softrelu ln(1 + eˣ); softsign x/(1 + |x|); gelu x·Φ(x); silu x·sigmoid(x).
    Shape and dtype stay.
    """

    name = "Activation"
    category = "activation"
    title = "Activation"
    in_palette = True
    Params = ActivationParams
    inputs = (Port("data", doc="any shape"),)

    @staticmethod
    def _function(p: ActivationParams) -> Operator:
        return get("_softrelu" if p.act_type == "softrelu" else p.act_type)

    def forward(self, xp: Any, p: ActivationParams, data: Any, *, out: Any = None) -> Any:
        return self._function(p).forward(xp, _PLAIN, data, out=out)

    def ready(self, xp: Any, p: ActivationParams, specs: tuple[TensorSpec, ...]) -> Callable[..., Any]:
        return self._function(p).ready(xp, _PLAIN, specs)

    def gradient(self, F: Any, p: ActivationParams, at: At, dy: Any, y: Any, data: Any) -> Any:
        # the operator of that function says what it needs of y and data
        function = self._function(p)
        known = {"dy": dy, "y": y, "data": data}
        needed = [known[name] for name in function.gradient_takes or ()]
        return function.gradient(F, _PLAIN, at, *needed)  # type: ignore[attr-defined]

    def workspace(self, p: ActivationParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return self._function(p).workspace(_PLAIN, inputs, outputs)

    def samples(self) -> Iterable[Sample]:
        for act_type in ("relu", "sigmoid", "tanh", "softrelu", "softsign", "gelu", "silu"):
            for shape in ((3, 4), (2, 3, 2), (5,), (0, 3)):
                yield Sample((Draw(shape, "distinct", -2.05, 2.1),), {"act_type": act_type})
            half: dict[str, Any] = {"differentiable": False, "dtypes": ("float16",)}
            yield Sample((Draw((3, 4), "distinct", -2.05, 2.1),), {"act_type": act_type}, **half)


class LeakyReLUParams(OpParams):
    """Parameters of LeakyReLU."""

    act_type: Literal["leaky", "elu", "selu", "prelu", "gelu", "rrelu"] = Field(
        "leaky", description="leaky and elu use slope, prelu learns it, rrelu draws it in training"
    )
    slope: float = Field(0.25, description="slope below 0 (leaky, elu)")
    lower_bound: float = Field(0.125, description="smallest slope that is drawn (rrelu)")
    upper_bound: float = Field(0.334, description="largest slope that is drawn (rrelu)")


SELU_ALPHA = 1.6732632423543772848170429916717
SELU_LAMBDA = 1.0507009873554804934193349852946


@register
class LeakyReLU(Operator):
    """Rectifiers that let something through below 0.

    leaky, prelu, rrelu: x > 0 ? x : slope·x; elu: x > 0 ? x : slope·(eˣ − 1);
    selu: λ·(x > 0 ? x : α·(eˣ − 1)); gelu: x·Φ(x).
    Shapes: data (N, C, …); gamma (prelu only) (C,), (1,) or (N, C). The output has data's shape and dtype.
    The slope of selu is that of its formula; MXNet 1.9.1's is up to 5 % off below 0.
    Sources: Maas et al. 2013, Clevert et al. 2015, Klambauer et al. 2017, He et al. 2015, Xu et al. 2015.
    """

    name = "LeakyReLU"
    category = "activation"
    title = "Leaky ReLU, ELU, SELU, PReLU"
    in_palette = True
    Params = LeakyReLUParams
    inputs = (
        Port("data", doc="batch, channels, …"),
        Port("gamma", "weight", doc="the slopes of prelu", optional=True, init='["constant", {"value": 0.25}]'),
    )
    outputs = ("output", "slope")

    def ports(self, p: LeakyReLUParams) -> tuple[Port, ...]:
        return self.inputs if p.act_type == "prelu" else self.inputs[:1]

    def output_names(self, p: LeakyReLUParams) -> tuple[str, ...]:
        return self.outputs if p.act_type == "rrelu" else self.outputs[:1]

    def visible_outputs(self, p: LeakyReLUParams) -> int:
        return 1

    def infer_shape(self, p: LeakyReLUParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        filled: list[Shape | None] = list(shapes)
        if p.act_type == "prelu" and data is not None:
            channels = data[1] if len(data) > 1 else data[0] if data else 1
            if shapes[1] not in (None, (1,), (channels,), data[:2]):
                raise ShapeError(
                    "prelu has one slope per channel, one for all, or one per sample and channel",
                    port="gamma",
                    wanted=f"({channels},), (1,) or {data[:2]}",
                    got=shapes[1],
                )
            filled[1] = shapes[1] or (channels,)
        return filled, [data] * len(self.output_names(p))

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        return [same(inputs[0]), *(None for _ in inputs[1:])]

    def forward(
        self,
        xp: Any,
        p: LeakyReLUParams,
        data: Any,
        gamma: Any = None,
        *,
        train: bool,
        rng: Any,
        out: Any = None,
    ) -> Any:
        kind = data.dtype.type
        if p.act_type == "gelu":
            return get("gelu").forward(xp, _PLAIN, data, out=out)
        if p.act_type == "rrelu":
            y, slope = (None, None) if out is None else out
            drawn = _slopes(xp, p, data, train, rng, slope)
            return _where_positive(xp, data, data * drawn, y), drawn
        if p.act_type in ("leaky", "prelu"):
            slope = kind(p.slope) if gamma is None else gamma.reshape(_channel_shape(gamma.shape, data.ndim))
            return _where_positive(xp, data, data * slope, out)
        # expm1 sees no positive number: it would overflow where its value is not used
        below = xp.expm1(xp.minimum(data, kind(0)))
        if p.act_type == "elu":
            return _where_positive(xp, data, below * kind(p.slope), out)
        y = _where_positive(xp, data, below * kind(SELU_ALPHA), out)
        y *= kind(SELU_LAMBDA)
        return y

    def gradient(self, F: Any, p: LeakyReLUParams, at: At, dy: Any, ys: Any, data: Any, gamma: Any) -> Any:
        if p.act_type == "gelu":
            return get("gelu").gradient(F, _PLAIN, at, dy, data)  # type: ignore[attr-defined]
        above = data > 0.0
        below = 1.0 - above
        if p.act_type == "leaky":
            return dy * (above + below * p.slope)
        if p.act_type == "rrelu":
            return dy * (above + below * ys[1])
        if p.act_type == "prelu":
            return self._prelu_gradient(F, at, dy * above, dy * below, data, gamma)
        # for x < 0 the slope is e^x times the factor
        factor, outer = (p.slope, 1.0) if p.act_type == "elu" else (SELU_ALPHA, SELU_LAMBDA)
        grown = F.exp(F._minimum_scalar(data, scalar=0.0)) * factor
        return dy * (above + below * grown) * outer

    def workspace(self, p: LeakyReLUParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        if p.act_type == "gelu":
            return get("gelu").workspace(_PLAIN, inputs, outputs)
        exponential = p.act_type in ("elu", "selu")  # and its product; where data are above 0, and where not
        return int(inputs[0].nbytes * (2 if exponential else 1) + 2 * inputs[0].size)

    @staticmethod
    def _prelu_gradient(F: Any, at: At, up: Any, down: Any, data: Any, gamma: Any) -> Any:
        slopes = at.inputs[1].shape
        shape = _channel_shape(slopes, len(at.inputs[0].shape))
        slope = gamma if shape == slopes else F._reshape_to(gamma, shape=shape)
        dgamma = None
        if at.wanted[1]:
            axes = broadcast_axes_between(shape, at.inputs[0].shape)
            dgamma = F._sum_to(down * data, shape=slopes, axis=axes)
        return up + down * slope, dgamma

    def samples(self) -> Iterable[Sample]:
        shapes: tuple[Shape, ...] = ((3, 4), (2, 3, 2, 2), (5,), (0, 3))
        for act_type in ("leaky", "elu", "selu", "gelu"):
            for shape in shapes:
                yield Sample((Draw(shape, "distinct", -2.05, 2.1),), {"act_type": act_type})
        yield Sample((Draw((3, 4), "distinct", -2.05, 2.1),), {"slope": 0.1})
        yield Sample((Draw((3, 4), "distinct", -2.05, 2.1),), differentiable=False, dtypes=("float16",))
        yield Sample((Draw((3, 4), "distinct", -2.05, 2.1),), {"act_type": "elu", "slope": 0.7})
        slope = Draw((3,), "uniform", 0.1, 0.4)
        shapes = ((2, 3), (2, 3, 4), (2, 3, 2, 2), (3,))
        for shape in shapes:
            yield Sample((Draw(shape, "distinct", -2.05, 2.1), slope), {"act_type": "prelu"})
        yield Sample(
            (Draw((2, 3, 2), "distinct", -2.05, 2.1), Draw((2, 3), "uniform", 0.1, 0.4)), {"act_type": "prelu"}
        )
        fixed = {"lower_bound": 0.3, "upper_bound": 0.3}
        yield Sample((Draw((3, 4), "distinct", -2.05, 2.1),), {"act_type": "rrelu", **fixed})
        yield Sample((Draw((3, 4), "distinct", -2.05, 2.1),), {"act_type": "rrelu"}, train=False)


def _where_positive(xp: Any, data: Any, below: Any, out: Any) -> Any:
    """data where it is above 0, else ``below``."""
    if out is None:
        return xp.where(data > 0, data, below)
    positive = data > 0
    xp.copyto(out, data)
    xp.copyto(out, below, where=~positive)
    return out


def _slopes(xp: Any, p: LeakyReLUParams, data: Any, train: bool, rng: Any, out: Any) -> Any:
    """One slope per element in training, the middle of the bounds otherwise."""
    slope = xp.empty(data.shape, data.dtype) if out is None else out
    if train:
        slope[...] = rng.random(data.shape, dtype=np.float32)
        slope *= slope.dtype.type(p.upper_bound - p.lower_bound)
        slope += slope.dtype.type(p.lower_bound)
    else:
        slope[...] = (p.lower_bound + p.upper_bound) / 2
    return slope


def _channel_shape(slopes: Shape, ndim: int) -> Shape:
    """The shape in which slopes meet data: their last axis is data's second, or the only one."""
    return (*slopes, *(1,) * (ndim - 2)) if ndim > 1 else slopes
