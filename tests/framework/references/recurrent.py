"""References of recurrent layers: one sample and one step at a time; gradients are checked by slopes."""

from __future__ import annotations

from typing import Any

import numpy as np

GATES = {"rnn_tanh": 1, "rnn_relu": 1, "lstm": 4, "gru": 3}


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def unpack(p: Any, features: int, vector: Any) -> list[dict[str, Any]]:
    """A dictionary of weights for each layer and direction, cut off the vector in MXNet's order."""
    rest, blocks = vector, []
    ways, fed, width = 1 + p.bidirectional, p.projection_size or p.state_size, GATES[p.mode] * p.state_size

    def cut(*shape: int) -> Any:
        nonlocal rest
        count = int(np.prod(shape))
        piece, rest = rest[:count], rest[count:]
        return piece.reshape(shape)

    for layer in range(p.num_layers):
        for _ in range(ways):
            incoming = fed * ways if layer else features
            block = {"W": cut(width, incoming), "U": cut(width, fed)}
            if p.projection_size:
                block["P"] = cut(fed, p.state_size)
            blocks.append(block)
    for block in blocks:
        block["b"], block["d"] = cut(width), cut(width)
    assert rest.size == 0
    return blocks


def step(p: Any, w: dict[str, Any], x: Any, h: Any, c: Any) -> tuple[Any, Any]:
    a, e = np.split(w["W"] @ x + w["b"], GATES[p.mode]), np.split(w["U"] @ h + w["d"], GATES[p.mode])
    if p.mode == "rnn_tanh":
        return np.tanh(a[0] + e[0]), c
    if p.mode == "rnn_relu":
        return np.maximum(a[0] + e[0], 0), c
    if p.mode == "gru":
        r, z = sigmoid(a[0] + e[0]), sigmoid(a[1] + e[1])
        return (1 - z) * np.tanh(a[2] + r * e[2]) + z * h, c
    i, f, o = (sigmoid(a[k] + e[k]) for k in (0, 1, 3))
    c = f * c + i * np.tanh(a[2] + e[2])
    if p.lstm_state_clip_min is not None:
        c = np.minimum(np.maximum(c, p.lstm_state_clip_min), p.lstm_state_clip_max)
    h = o * np.tanh(c)
    return (w["P"] @ h if p.projection_size else h), c


def rnn(p: Any, data: Any, vector: Any, *more: Any) -> Any:
    length, batch, features = data.shape
    ways, fed = 1 + p.bidirectional, p.projection_size or p.state_size
    rest = list(more)
    lengths = rest.pop() if p.use_sequence_length else np.full(batch, length)
    hs = np.zeros((p.num_layers * ways, batch, fed)) if p.zero_state else rest[0].copy()
    cs = np.zeros((p.num_layers * ways, batch, p.state_size)) if len(rest) < 2 else rest[1].copy()
    blocks = unpack(p, features, vector)
    x = data
    for layer in range(p.num_layers):
        y = np.zeros((length, batch, fed * ways))
        for way in range(ways):
            k = layer * ways + way
            for n in range(batch):
                times = range(int(lengths[n]))
                for t in reversed(times) if way else times:
                    hs[k, n], cs[k, n] = step(p, blocks[k], x[t, n], hs[k, n], cs[k, n])
                    y[t, n, way * fed : (way + 1) * fed] = hs[k, n]
        x = y
    if not p.state_outputs:
        return x
    return (x, hs, cs) if p.mode == "lstm" else (x, hs)


def rnn_parameters(p: Any, data: Any, *weights: Any) -> Any:
    """All weights one behind the other, each row by row."""
    return np.array([value for w in weights for value in w.flat], data.dtype)


REFERENCES = {"RNN": rnn, "_rnn_parameters": rnn_parameters}
UNREFERENCED = {"_rnn_grad": "it reads what RNN kept; the slopes of RNN are compared with its results"}
