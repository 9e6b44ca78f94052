"""Recurrent layers: the standard's RNN, LSTM and GRU, one node for each layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...ops.recurrent import _taken
from ...ops.recurrent_layout import directions, weights
from ..array_module import ArrayModule
from ..rule_table import Call, rule
from ..tensor import Tensor

ORDER = {"rnn_tanh": (0,), "rnn_relu": (0,), "lstm": (0, 3, 1, 2), "gru": (1, 0, 2)}
"""Our gates in the standard's order: LSTM i o f c of ours i f g o; GRU z r h of ours r z n."""
KINDS = {"rnn_tanh": "RNN", "rnn_relu": "RNN", "lstm": "LSTM", "gru": "GRU"}


@rule("RNN")
def recurrent(c: Call, x: Tensor, parameters: Tensor, *more: Tensor) -> list[Tensor]:
    """A node for each layer; the states of all layers are cut apart before and put together behind."""
    p, w, xp = c.p, c.w, c.xp
    if p.projection_size or p.lstm_state_clip_min is not None:
        from ..convert import traced

        return list(traced(c))  # the standard's LSTM has no projection, and clips gates instead of the cell state
    names = [port.name for port in _taken(p, c.op.inputs)][2:]
    given = dict(zip(names, more, strict=True))
    lengths = given.get("sequence_length")
    lengths = None if lengths is None else lengths.astype(np.int32)
    ways, size = directions(p), p.state_size
    layers = weights(p, x.shape[2], parameters)[0]
    last: dict[str, list[Tensor]] = {"state": [], "state_cell": []}
    for layer, both in enumerate(layers):
        rows = slice(layer * ways, (layer + 1) * ways)
        first = [given[n][rows] if n in given else None for n in ("state", "state_cell")]
        inputs = [
            x,
            stacked(xp, [gates(xp, o.inputs, p.mode, size) for o in both]),
            stacked(xp, [gates(xp, o.hidden, p.mode, size) for o in both]),
            stacked(
                xp, [xp.concatenate([gates(xp, b, p.mode, size) for b in (o.input_bias, o.hidden_bias)]) for o in both]
            ),
            lengths,
            *(first if p.mode == "lstm" else first[:1]),
        ]
        how: dict[str, Any] = {"hidden_size": size, "direction": "bidirectional" if ways == 2 else "forward"}
        if p.mode == "rnn_relu":
            how["activations"] = ["Relu"] * ways
        if p.mode == "gru":
            how["linear_before_reset"] = 1
        outputs = 3 if p.mode == "lstm" else 2
        y, *states = w.ops(KINDS[p.mode], *inputs, outputs=outputs, **how)
        for name, state in zip(last, states, strict=False):
            last[name].append(state)
        # (time, direction, batch, size): the directions lie side by side
        x = y.transpose((0, 2, 1, 3)).reshape((y.shape[0], y.shape[2], ways * size))
    found = {"output": x}
    for name, states in zip(c.op.outputs[1:3], last.values(), strict=True):
        if states:
            found[name] = states[0] if len(states) == 1 else xp.concatenate(states, axis=0)
    return [found[name] for name in c.op.output_names(p)[: c.op.visible_outputs(p)]]


def gates(xp: ArrayModule, weight: Tensor, mode: str, size: int) -> Tensor:
    """The rows of a weight with the gates in the standard's order."""
    order = ORDER[mode]
    if len(order) == 1:
        return weight
    return xp.concatenate([weight[i * size : (i + 1) * size] for i in order], axis=0)


def stacked(xp: ArrayModule, values: list[Tensor]) -> Tensor:
    """One for each direction, on an axis of their own."""
    return xp.stack(values, axis=0)
