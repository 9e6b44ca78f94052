"""Recurrent layers: RNN, LSTM and GRU over whole sequences, stacked and in both directions."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from pydantic import Field

from ..errors import ParamError, ShapeError
from .operator import At, Draw, DTypes, Operator, Port, Sample, Shape, Shapes, TensorSpec
from .params import OpParams, Size
from .recurrence import GATES, Mode, Recurrence, run_layer, run_layer_back
from .recurrent_layout import Reserve, directions, fed_back, kept_shapes, weights
from .registry import get, register
from .sight import ALL, Looks, along


class RNNParams(OpParams):
    """Parameters of RNN."""

    state_size: Size = Field(description="size of the state of each layer")
    num_layers: Size = Field(description="number of layers, one on the other")
    bidirectional: bool = Field(False, description="read each sequence from both ends; outputs lie side by side")
    mode: Mode = Field(description="the kind of cell")
    p: float = Field(0.0, ge=0, lt=1, description="share of outputs that is dropped between layers in training")
    state_outputs: bool = Field(False, description="also output the last state (and cell state)")
    projection_size: Size | None = Field(None, description="project an LSTM's output to this size")
    lstm_state_clip_min: float | None = Field(None, description="smallest value of an LSTM's cell state")
    lstm_state_clip_max: float | None = Field(None, description="largest value of an LSTM's cell state")
    lstm_state_clip_nan: bool = Field(False, description="clip NaN in the cell state too")
    use_sequence_length: bool = Field(False, description="take the length of each sequence")
    zero_state: bool = Field(False, description="begin with zeros; state and state_cell are then not taken")


def _recurrence(p: RNNParams, direction: int) -> Recurrence:
    clip = None
    if p.lstm_state_clip_min is not None and p.lstm_state_clip_max is not None:
        clip = (p.lstm_state_clip_min, p.lstm_state_clip_max)
    return Recurrence(p.mode, direction == 1, clip, p.lstm_state_clip_nan)


def _cell_shape(p: RNNParams, batch: int) -> Shape:
    return (p.num_layers * directions(p), batch, p.state_size)


def _state_shape(p: RNNParams, batch: int) -> Shape:
    return (p.num_layers * directions(p), batch, fed_back(p))


def _valid_steps(xp: Any, length: int, sequence_length: Any) -> Any:
    """(time, batch, 1): True while a sequence lasts."""
    return None if sequence_length is None else (xp.arange(length)[:, None] < sequence_length[None, :])[..., None]


@register
class RNN(Operator):
    """Runs recurrent layers over sequences: plain (tanh or relu), LSTM or GRU.

    rnn: h' = f(W x + b + U h + d); lstm: c' = σ_f c + σ_i tanh_g, h' = σ_o tanh(c'); gru: h' = (1 − z) n + z h with
    n = tanh(W x + b + r · (U h + d)).
    Shapes: data (T, N, I), parameters (all weights in one vector: for each layer and direction i2h, h2h and projection,
    then all biases), state (layers · directions, N, H), state_cell (LSTM) the same, sequence_length (N,); output
    (T, N, directions · H), state and cell as given. Gates in order: LSTM i, f, g, o; GRU r, z, n.
    Errors: ShapeError for a vector of another length.
    Sources: Elman 1990; Hochreiter and Schmidhuber 1997; Cho et al. 2014.
    """

    name = "RNN"
    category = "sequence"
    title = "Recurrent (RNN, LSTM, GRU)"
    in_palette = True
    Params = RNNParams
    inputs = (
        Port("data", doc="sequences, (time, batch, features)"),
        Port("parameters", "weight", doc="all weights in one vector"),
        Port("state", doc="first state, (layers · directions, batch, state_size)"),
        Port("state_cell", doc="first cell state of an LSTM"),
        Port("sequence_length", doc="how long each sequence is, (batch,)"),
    )
    from_first = True
    outputs = ("output", "state_output", "statecell_output")

    def ports(self, p: RNNParams) -> tuple[Port, ...]:
        return _taken(p, self.inputs)

    def beginnings(self, p: RNNParams) -> dict[str, str]:
        """The vector is not one weight but several, and an LSTM should remember at first."""
        facts = {"num_hidden": p.state_size, "num_layers": p.num_layers, "mode": p.mode}
        return {"parameters": json.dumps(["fusedrnn", {"init": None, "bidirectional": p.bidirectional, **facts}])}

    def output_names(self, p: RNNParams) -> tuple[str, ...]:
        states = self.outputs[1:] if p.mode == "lstm" else self.outputs[1:2]
        return ("output", *(states if p.state_outputs else ()), *kept_shapes(p, 0, 0))

    def visible_outputs(self, p: RNNParams) -> int:
        return len(self.output_names(p)) - len(kept_shapes(p, 0, 0))

    def infer_shape(self, p: RNNParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        if p.projection_size and p.mode != "lstm":
            raise ParamError("only an LSTM has a projection", parameter="projection_size", got=p.mode)
        data, names = shapes[0], self.output_names(p)
        if data is None:
            return shapes, [None] * len(names)
        if len(data) != 3:
            raise ShapeError("the data are sequences", port="data", wanted="(time, batch, features)", got=data)
        length, batch, features = data
        wanted: dict[str, Shape] = {
            "data": data,
            "parameters": (weights(p, features)[1],),
            "state": _state_shape(p, batch),
            "state_cell": _cell_shape(p, batch),
            "sequence_length": (batch,),
        }
        filled = []
        for port, shape in zip(self.ports(p), shapes, strict=True):
            if shape not in (None, wanted[port.name]):
                raise ShapeError(f"{port.name} does not fit", port=port.name, wanted=wanted[port.name], got=shape)
            filled.append(wanted[port.name])
        outs = {
            "output": (length, batch, fed_back(p) * directions(p)),
            "state_output": wanted["state"],
            "statecell_output": wanted["state_cell"],
            **kept_shapes(p, length, batch),
        }
        return filled, [outs[name] for name in names]

    def infer_dtype(self, p: RNNParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        count = len(dtypes) - p.use_sequence_length
        plain = RNNParams(**{**p.given(), "use_sequence_length": False})
        known, out = super().infer_dtype(plain, dtypes[:count])
        return [*known, *(d or np.dtype(np.int32) for d in dtypes[count:])], out

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        if number > 0:
            return None
        time = ALL if p.bidirectional else along(0, 1, -math.inf, 0)
        return [(time, along(1), ALL), *(None for _ in inputs[1:])]

    def forward(
        self, xp: Any, p: RNNParams, data: Any, parameters: Any, *more: Any, train: bool, rng: Any, out: Any = None
    ) -> Any:
        length, _, features = data.shape
        h0, c0, lengths = _optional(xp, p, data, more)
        if out is None:
            shapes = self.infer_shape(p, [data.shape, parameters.shape, *(m.shape for m in more)])[1]
            out = tuple(xp.empty(shape, data.dtype) for shape in shapes if shape is not None)
        named = dict(zip(self.output_names(p), out, strict=True))
        output, reserve = out[0], Reserve(p, named)
        mask, ways = _valid_steps(xp, length, lengths), directions(p)
        last_h, last_c = xp.empty(h0.shape, data.dtype), xp.empty_like(c0)
        x = data
        for layer, both in enumerate(weights(p, features, parameters)[0]):
            y = output if layer == p.num_layers - 1 else reserve.outputs[layer]
            for way, w in enumerate(both):
                i = layer * ways + way
                c = c0[i] if p.mode == "lstm" else None
                half = y[:, :, way * fed_back(p) : (way + 1) * fed_back(p)]
                kept = reserve.kept[layer][way]
                h, c = run_layer(xp, _recurrence(p, way), x, w, h0[i], c, mask, kept, half)
                last_h[i] = h
                if c is not None:
                    last_c[i] = c
            x = y
            if layer < p.num_layers - 1 and p.p:
                x = _drop(y, reserve.masks[layer], p.p, train, rng)
        for name, last in (("state_output", last_h), ("statecell_output", last_c)):
            if name in named:
                named[name][...] = last
        return out

    def gradient(
        self,
        F: Any,
        p: RNNParams,
        at: At,
        dys: Any,
        ys: Any,
        data: Any,
        parameters: Any,
        state: Any,
        state_cell: Any,
        sequence_length: Any,
    ) -> Any:
        given = [v for v in (data, parameters, state, state_cell, sequence_length) if v is not None]
        seen = self.visible_outputs(p)
        wanted = at.wanted[0]
        found = F._rnn_grad(*given, ys[0], *ys[seen:], *dys[:seen], **p.given(), data_gradient=wanted)
        found = list(found) if isinstance(found, (list, tuple)) else [found]
        return [*(() if wanted else (None,)), *found, *((None,) if p.use_sequence_length else ())]

    def flops(self, p: RNNParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        length, batch, _ = inputs[0].shape
        return 2 * length * batch * inputs[1].size

    def samples(self) -> Iterable[Sample]:
        # second: the way back through time is an operator of its own that is not differentiated once more
        for shapes, params in _CASES:
            yield Sample(shapes, params, second=False)


def _taken(p: RNNParams, inputs: tuple[Port, ...]) -> tuple[Port, ...]:
    """The inputs that RNN takes under these parameters."""
    data, parameters, state, cell, lengths = inputs[:5]
    found = [data, parameters]
    if not p.zero_state:
        found += [state, cell] if p.mode == "lstm" else [state]
    return (*found, lengths) if p.use_sequence_length else tuple(found)


def _optional(xp: Any, p: RNNParams, data: Any, more: tuple[Any, ...]) -> tuple[Any, Any, Any]:
    """(first state, first cell state or an empty array, lengths or None)."""
    rest = list(more)
    batch = data.shape[1]
    lengths = rest.pop() if p.use_sequence_length else None
    if p.zero_state:
        h0 = xp.zeros(_state_shape(p, batch), data.dtype)
        return h0, xp.zeros(_cell_shape(p, batch) if p.mode == "lstm" else (0,), data.dtype), lengths
    return rest[0], rest[1] if p.mode == "lstm" else xp.zeros((0,), data.dtype), lengths


def _drop(y: Any, mask: Any, p: float, train: bool, rng: Any) -> Any:
    """The outputs between two layers with some of them dropped; the mask is kept."""
    if not train:
        mask[...] = 1
        return y
    mask[...] = rng.random(mask.shape, dtype=np.float32) >= p
    mask *= mask.dtype.type(1 / (1 - p))
    return y * mask


class RNNGradParams(RNNParams):
    """Parameters of _rnn_grad."""

    num_args: Size = Field(description="number of inputs: what RNN kept grows with its layers")
    data_gradient: bool = Field(True, description="give the gradient of the data too")


@register
class RNNGrad(Operator):
    """Gradient of RNN through time: gives those of data (where wanted), parameters, state and state_cell.

    Inputs: RNN's, its output and all that it kept, and the gradients of its visible outputs.
    """

    name = "_rnn_grad"
    category = "sequence"
    Params = RNNGradParams
    variadic = "num_args"
    inputs = (
        RNN.inputs[0],
        Port("parameters", doc="all weights in one vector"),
        *RNN.inputs[2:],
        Port("output", doc="RNN's output"),
        Port("doutput", doc="gradient of the output"),
        Port("dstate", doc="gradient of the last state", optional=True),
        Port("dstate_cell", doc="gradient of the last cell state", optional=True),
    )
    outputs = ("data", "parameters", "state", "state_cell")

    def ports(self, p: RNNGradParams) -> tuple[Port, ...]:
        output, doutput, dstate, dcell = self.inputs[5:]
        kept = (Port(name, doc="what RNN kept") for name in kept_shapes(p, 0, 0))
        last = (dstate, dcell) if p.mode == "lstm" else (dstate,)
        return (*_taken(p, self.inputs), output, *kept, doutput, *(last if p.state_outputs else ()))

    def output_names(self, p: RNNGradParams) -> tuple[str, ...]:
        names = [port.name for port in _taken(p, self.inputs) if port.name != "sequence_length"]
        return tuple(names if p.data_gradient else names[1:])

    def infer_shape(self, p: RNNGradParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        named = {port.name: shape for port, shape in zip(self.ports(p), shapes, strict=True)}
        return shapes, [named[name] for name in self.output_names(p)]

    def infer_dtype(self, p: RNNGradParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [dtypes[0]] * len(self.output_names(p))

    def forward(self, xp: Any, p: RNNGradParams, *arrays: Any) -> Any:
        named = dict(zip((port.name for port in self.ports(p)), arrays, strict=True))
        data, parameters = named["data"], named["parameters"]
        length, _, features = data.shape
        h0, c0, lengths = _optional(xp, p, data, arrays[2 : len(_taken(p, self.inputs))])
        reserve, mask = Reserve(p, named), _valid_steps(xp, length, lengths)
        found = xp.zeros(parameters.shape, parameters.dtype)
        layers, slopes = weights(p, features, parameters)[0], weights(p, features, found)[0]
        dh, dc = (named.get(k, xp.zeros_like(v)) for k, v in (("dstate", h0), ("dstate_cell", c0)))
        dfirst_h, dfirst_c = xp.empty_like(h0), xp.empty_like(c0)
        dy, ways = named["doutput"], directions(p)
        for layer in reversed(range(p.num_layers)):
            y = named["output"] if layer == p.num_layers - 1 else reserve.outputs[layer]
            x, dropped = _incoming(data, reserve, layer)
            dx = xp.zeros(x.shape, x.dtype)
            for way in range(ways):
                i, part = layer * ways + way, slice(way * fed_back(p), (way + 1) * fed_back(p))
                first = (h0[i], c0[i] if c0.size else None)
                last = (dh[i], dc[i] if c0.size else None)
                step = run_layer_back(
                    xp,
                    _recurrence(p, way),
                    x,
                    layers[layer][way],
                    first,
                    mask,
                    reserve.kept[layer][way],
                    y[:, :, part],
                    dy[:, :, part],
                    last,
                    slopes[layer][way],
                )
                dx += step[0]
                dfirst_h[i] = step[1]
                if step[2] is not None:
                    dfirst_c[i] = step[2]
            dy = dx if dropped is None else dx * dropped
        gradients = {"data": dy, "parameters": found, "state": dfirst_h, "state_cell": dfirst_c}
        given = tuple(gradients[name] for name in self.output_names(p))
        return given if len(given) > 1 else given[0]

    def flops(self, p: RNNParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        length, batch, _ = inputs[0].shape
        return 4 * length * batch * inputs[1].size

    def workspace(self, p: RNNParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        # of one layer in one direction: gates, twice for GRU, the states before each step, and what it gives back
        length, batch, features = inputs[0].shape
        gates = GATES[p.mode] * p.state_size * (2 if p.mode == "gru" else 1)
        states = fed_back(p) + (p.state_size if p.mode == "lstm" else 0)
        between = fed_back(p) * directions(p) if p.num_layers > 1 else 0
        return length * batch * (gates + states + max(features, 2 * between) + between) * inputs[0].dtype.itemsize

    def samples(self) -> Iterable[Sample]:
        op = get("RNN")
        for shapes, params in _CASES:
            p = RNNParams(**params)
            known = [s.shape if isinstance(s, Draw) else s for s in shapes]
            out = [s for s in op.infer_shape(p, known)[1] if s is not None]
            seen = op.visible_outputs(p)
            kept = [Draw(shape, "uniform", 0.1, 0.9) for shape in (out[0], *out[seen:])]
            given = (*shapes, *kept, *out[:seen])
            for more in ({}, {"data_gradient": False}) if p.state_outputs else ({},):
                yield Sample(given, {**params, **more, "num_args": len(given)}, differentiable=False)


def _incoming(data: Any, reserve: Reserve, layer: int) -> tuple[Any, Any]:
    """(what a layer was given, by what the layer before was multiplied on the way)."""
    if layer == 0:
        return data, None
    mask = reserve.masks[layer - 1]
    y = reserve.outputs[layer - 1]
    return (y, None) if mask is None else (y * mask, mask)


def _case(shape: Shape, extra: Iterable[Draw] = (), **params: Any) -> tuple[tuple[Draw | Shape, ...], dict[str, Any]]:
    p = RNNParams(**params)
    _, batch, features = shape
    vector = Draw((weights(p, features)[1],), "uniform", -0.6, 0.6)
    states: list[Shape] = []
    if not p.zero_state:
        states = [_state_shape(p, batch)] + ([_cell_shape(p, batch)] if p.mode == "lstm" else [])
    return (shape, vector, *states, *extra), params


_LENGTHS = Draw((3,), "integer", 1, 5, "int32")
_CASES = (
    _case((4, 2, 3), mode="rnn_tanh", state_size=3, num_layers=1),
    _case((3, 2, 3), mode="rnn_relu", state_size=2, num_layers=2, state_outputs=True),
    _case((4, 2, 3), mode="lstm", state_size=2, num_layers=1, state_outputs=True),
    _case((3, 2, 3), mode="lstm", state_size=2, num_layers=2, bidirectional=True, state_outputs=True),
    _case((4, 2, 3), mode="lstm", state_size=3, num_layers=2, projection_size=2, state_outputs=True),
    _case((4, 2, 3), mode="lstm", state_size=2, num_layers=1, lstm_state_clip_min=-0.4, lstm_state_clip_max=0.5),
    _case((4, 2, 3), mode="gru", state_size=3, num_layers=1, zero_state=True),
    _case((3, 2, 3), mode="gru", state_size=2, num_layers=2, bidirectional=True, state_outputs=True),
    _case(
        (4, 3, 2),
        [_LENGTHS],
        mode="lstm",
        state_size=2,
        num_layers=2,
        bidirectional=True,
        state_outputs=True,
        use_sequence_length=True,
    ),
    _case((4, 3, 2), [_LENGTHS], mode="gru", state_size=2, num_layers=1, use_sequence_length=True, state_outputs=True),
)
