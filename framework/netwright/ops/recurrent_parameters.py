"""The one weight vector of a recurrent operator, put together from each layer's weights."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import Field

from ..errors import ShapeError
from .operator import At, Draw, DTypes, Operator, Port, Sample, Shape, Shapes
from .params import OpParams, Size
from .recurrence import GATES, Mode
from .recurrent_layout import directions, fed_back
from .registry import register


class RNNParametersParams(OpParams):
    """Parameters of _rnn_parameters: those of RNN that tell its weights."""

    num_args: Size = Field(description="the data and all weights and biases")
    state_size: Size = Field(description="size of the state of each layer")
    num_layers: Size = Field(description="number of layers")
    bidirectional: bool = Field(False, description="whether each sequence is read from both ends")
    mode: Mode = Field(description="the kind of cell")
    projection_size: Size | None = Field(None, description="size of an LSTM's projected output")


def weight_names(p: Any) -> list[str]:
    """Names of all weights in the order of the vector: ``l0_i2h_weight``, …; ``r`` for the way back."""
    kinds = ["i2h_weight", "h2h_weight", *(["h2r_weight"] if p.projection_size else [])]
    places = [f"{way}{i}" for i in range(p.num_layers) for way in "lr"[: directions(p)]]
    return [f"{place}_{kind}" for part in (kinds, ["i2h_bias", "h2h_bias"]) for place in places for kind in part]


def weight_shapes(p: Any, features: int) -> dict[str, Shape]:
    """The shape of each weight for data of so many features."""
    fed, width = fed_back(p), GATES[p.mode] * p.state_size
    found: dict[str, Shape] = {}
    for name in weight_names(p):
        place, _, kind = name.partition("_")
        incoming = features if place[1:] == "0" else fed * directions(p)
        found[name] = {
            "i2h_weight": (width, incoming),
            "h2h_weight": (width, fed),
            "h2r_weight": (fed, p.state_size),
        }.get(kind, (width,))
    return found


@register
class RNNParameters(Operator):
    """All weights of RNN in the one vector that it takes; the data only tell how many features they have.

    Inputs: data (T, N, I), then for each layer and direction i2h (G·H, I), h2h (G·H, H) and the projection, then all
    biases (G·H,). Output: (number of weights,). Errors: ShapeError for a weight of another shape.
    """

    name = "_rnn_parameters"
    category = "sequence"
    Params = RNNParametersParams
    variadic = "num_args"

    def ports(self, p: RNNParametersParams) -> tuple[Port, ...]:
        return (Port("data"), *(Port(name, "weight") for name in weight_names(p)))

    def infer_shape(self, p: RNNParametersParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None]
        if len(data) != 3:
            raise ShapeError("the data are sequences", port="data", wanted="(time, batch, features)", got=data)
        wanted = weight_shapes(p, data[2])
        for (name, shape), got in zip(wanted.items(), shapes[1:], strict=True):
            if got not in (None, shape):
                raise ShapeError(f"{name} does not fit", port=name, wanted=shape, got=got)
        sizes = [rows * (columns[0] if columns else 1) for rows, *columns in wanted.values()]
        return [data, *wanted.values()], [(sum(sizes),)]

    def infer_dtype(self, p: RNNParametersParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        found, out = super().infer_dtype(p, dtypes)
        return found, out

    def forward(self, xp: Any, p: RNNParametersParams, data: Any, *weights: Any, out: Any = None) -> Any:
        return xp.concatenate([w.reshape(-1) for w in weights], out=out)

    def gradient(self, F: Any, p: RNNParametersParams, at: At, dy: Any) -> Any:
        found: list[Any] = [None]
        begin = 0
        for spec, wanted in zip(at.inputs[1:], at.wanted[1:], strict=True):
            end = begin + spec.size
            part = F._basic_index(dy, key=((begin, end, None),)) if wanted else None
            found.append(None if part is None else F._reshape_to(part, shape=spec.shape))
            begin = end
        return found

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0

    def samples(self) -> Iterable[Sample]:
        for more in (
            {"mode": "rnn_tanh", "num_layers": 1},
            {"mode": "gru", "num_layers": 2, "bidirectional": True},
            {"mode": "lstm", "num_layers": 1, "projection_size": 2},
        ):
            p = RNNParametersParams(num_args=1, state_size=3, **more)  # type: ignore[arg-type]
            shapes = weight_shapes(p, 2).values()
            yield Sample((Draw((4, 2, 2)), *shapes), {**more, "state_size": 3, "num_args": 1 + len(shapes)})
