"""RNN, GRU and LSTM, unrolled over their steps by the standard's equations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..table import Node, row
from ..values import Builder, Value
from .nn import product

Activation = Callable[[Value], Value]


def _activation(b: Builder, n: Node, name: str, alpha: float | None, beta: float | None) -> Activation:
    simple = {"relu": "relu", "tanh": "tanh", "sigmoid": "sigmoid", "softsign": "softsign", "softplus": "_softrelu"}
    kind = name.lower()
    if kind in simple:
        return lambda x: b.op(simple[kind], x)
    if kind == "leakyrelu":
        return lambda x: b.op("LeakyReLU", x, act_type="leaky", slope=0.01 if alpha is None else alpha)
    if kind == "hardsigmoid":
        a, c = (0.2 if alpha is None else alpha), (0.5 if beta is None else beta)
        return lambda x: b.op("hard_sigmoid", x, alpha=a, beta=c)
    if kind == "affine":
        return lambda x: b.add(b.mul(x, 1.0 if alpha is None else alpha), beta or 0.0)
    raise n.refuse("this activation is not supported", got=name)


DEFAULT = {"RNN": ["Tanh"], "GRU": ["Sigmoid", "Tanh"], "LSTM": ["Sigmoid", "Tanh", "Tanh"]}


@row("RNN", "GRU", "LSTM")
def recurrent(b: Builder, n: Node) -> Any:
    """All directions of a layer; sequences may have lengths of their own. RNN where it computes just that."""
    x = n[0]
    if n.attr("layout", 0):
        x = b.transpose(x, (1, 0, 2))
    mode = _mode(n)
    if mode is not None and x.size:
        return _fused(b, n, x, mode)
    both = n.attr("direction", "forward") == "bidirectional"
    names = n.attr("activations") or DEFAULT[n.op] * (2 if both else 1)
    each = len(DEFAULT[n.op])
    found = []
    for direction in range(n[1].shape[0]):
        alphas, betas = n.attr("activation_alpha") or [], n.attr("activation_beta") or []
        functions = [
            _activation(b, n, name, _at(alphas, i), _at(betas, i))
            for i, name in enumerate(names)
            if i // each == direction
        ]
        reverse = direction == 1 or n.attr("direction", "forward") == "reverse"
        found.append(_direction(b, n, x, direction, reverse, functions))
    stacked = [b.concat([f[i] for f in found], 1 if i == 0 else 0) for i in range(len(found[0]))]
    if n.attr("layout", 0):
        stacked[0] = b.transpose(stacked[0], (2, 0, 1, 3))
        stacked[1:] = [b.transpose(s, (1, 0, 2)) for s in stacked[1:]]
    return tuple(stacked)


GATES = {"rnn_tanh": (0,), "rnn_relu": (0,), "lstm": (0, 2, 3, 1), "gru": (1, 0, 2)}
"""The standard's gates in our order: LSTM i f g o of its i o f c; GRU r z n of its z r h."""


def _mode(n: Node) -> str | None:
    """The mode of our RNN that computes the layer; None where it has lengths, peepholes, or other functions."""
    both = 2 if n.attr("direction", "forward") == "bidirectional" else 1
    names = [name.lower() for name in n.attr("activations") or DEFAULT[n.op] * both]
    special = n.get(4) is not None or n.attr("clip") or n.attr("input_forget", 0) or n.get(7) is not None
    half = n.op == "LSTM" and (n.get(5) is None) != (n.get(6) is None)
    if special or half or n.attr("direction", "forward") == "reverse":
        return None
    usual = {"LSTM": (["sigmoid", "tanh", "tanh"], "lstm"), "GRU": (["sigmoid", "tanh"], "gru")}
    if n.op == "RNN":
        return {"tanh": "rnn_tanh", "relu": "rnn_relu"}.get(names[0]) if len(set(names)) == 1 else None
    if n.op == "GRU" and not n.attr("linear_before_reset", 0):
        return None
    functions, mode = usual[n.op]
    return mode if names == functions * both else None


def _fused(b: Builder, n: Node, x: Value, mode: str) -> Any:
    """The layer by our RNN: its weights in one vector, gates in our order."""
    ways, hidden, order = n[1].shape[0], n[2].shape[-1], GATES[mode]

    def turned(v: Value, way: int) -> Value:
        """One direction's rows of all gates, in our order, as a vector."""
        rows = b.reshape(b.slice(v, 0, way, way + 1), (len(order), v.size // ways // len(order)))
        return b.reshape(b.concat([b.slice(rows, 0, g, g + 1) for g in order], 0), (rows.size,))

    zeros = b.const(np.zeros((ways, 2 * len(order) * hidden), x.dtype))
    biases = zeros if n.get(3) is None else n[3]
    half = len(order) * hidden
    weights = [turned(v, way) for way in range(ways) for v in (n[1], n[2])]
    weights += [turned(b.slice(biases, 1, i * half, (i + 1) * half), way) for way in range(ways) for i in range(2)]
    states = [] if n.get(5) is None else [n[5], n[6]] if n.op == "LSTM" else [n[5]]
    if n.attr("layout", 0):
        states = [b.transpose(s, (1, 0, 2)) for s in states]
    made = b.ops(
        "RNN", x, b.concat(weights, 0), *states, state_size=hidden, num_layers=1, bidirectional=ways == 2, mode=mode,
        state_outputs=True, zero_state=not states,
    )  # fmt: skip
    steps, batch = x.shape[:2]
    y = b.transpose(b.reshape(made[0], (steps, batch, ways, hidden)), (0, 2, 1, 3))
    if n.attr("layout", 0):
        return (b.transpose(y, (2, 0, 1, 3)), *(b.transpose(s, (1, 0, 2)) for s in made[1:]))
    return (y, *made[1:])


def _at(values: list[float], index: int) -> float | None:
    return values[index] if index < len(values) else None


def _direction(b: Builder, n: Node, x: Value, d: int, reverse: bool, functions: list[Activation]) -> list[Value]:
    """Outputs (time, 1, batch, hidden), the last state (1, batch, hidden), and an LSTM's last cell."""
    steps, batch = x.shape[:2]
    hidden = n[2].shape[-1]
    gates = n[1].shape[1]

    def own(index: int, shape: tuple[int, ...]) -> Value:
        value = n.get(index)
        if value is None:
            return b.const(np.zeros(shape, x.dtype))
        return b.reshape(b.slice(value, 0, d, d + 1), shape)

    def state(index: int) -> Value:
        value = n.get(index)
        if value is None or not n.attr("layout", 0):
            return own(index, (batch, hidden))
        return b.reshape(b.slice(value, 1, d, d + 1), (batch, hidden))

    weights = b.transpose(own(1, (gates, x.shape[2])), (1, 0)), b.transpose(own(2, (gates, hidden)), (1, 0))
    biases = own(3, (2 * gates,))
    cell = _Cell(b, n, weights, biases, own(7, (3 * hidden,)) if n.op == "LSTM" else None, functions)
    h, c = state(5), state(6) if n.op == "LSTM" else None
    lengths = n.get(4)
    outputs: list[Value] = []
    for t in range(steps)[:: -1 if reverse else 1]:
        now = b.reshape(b.slice(x, 0, t, t + 1), x.shape[1:])
        new_h, new_c = cell.step(now, h, c)
        out = new_h
        if lengths is not None:
            runs = b.reshape(b.compare("broadcast_greater", lengths, t), (batch, 1))
            out = b.where(runs, new_h, b.like(0, new_h))
            new_h = b.where(runs, new_h, h)
            new_c = b.where(runs, new_c, c) if new_c is not None and c is not None else None
        h, c = new_h, new_c
        outputs.append(b.reshape(out, (1, 1, batch, hidden)))
    y = b.concat(outputs[:: -1 if reverse else 1], 0)
    return [y, b.reshape(h, (1, batch, hidden)), *([b.reshape(c, (1, batch, hidden))] if c is not None else [])]


class _Cell:
    """One step of a layer."""

    def __init__(
        self, b: Builder, n: Node, weights: tuple[Value, Value], biases: Value, peepholes: Value | None,
        functions: list[Activation],
    ) -> None:  # fmt: skip
        self.b, self.n, self.functions = b, n, functions
        self.w, self.r = weights
        self.hidden = self.r.shape[0]
        gates = self.w.shape[1]
        self.wb, self.rb = b.slice(biases, 0, 0, gates), b.slice(biases, 0, gates, 2 * gates)
        self.peepholes = None if peepholes is None else [self._gate(peepholes, i, 0) for i in range(3)]

    def _gate(self, x: Value, index: int, axis: int = 1) -> Value:
        return self.b.slice(x, axis, index * self.hidden, (index + 1) * self.hidden)

    def _clip(self, x: Value) -> Value:
        edge = self.n.attr("clip")
        return x if not edge else self.b.op("clip", x, a_min=-edge, a_max=edge)

    def step(self, x: Value, h: Value, c: Value | None) -> tuple[Value, Value | None]:
        """The next state (and cell) from the input and the state before."""
        b = self.b
        from_x = b.add(product(b, x, self.w), self.wb)
        if self.n.op == "GRU":
            return self._gru(from_x, h), None
        total = b.add(from_x, b.add(product(b, h, self.r), self.rb))
        if self.n.op == "RNN" or c is None:
            return self.functions[0](self._clip(total)), None
        return self._lstm(total, c)

    def _gru(self, from_x: Value, h: Value) -> Value:
        b, (f, g) = self.b, self.functions[:2]
        from_h = product(b, h, self.r)
        z, r = (
            f(self._clip(b.add(self._gate(from_x, i), b.add(self._gate(from_h, i), self._gate(self.rb, i, 0)))))
            for i in range(2)
        )
        bias = self._gate(self.rb, 2, 0)
        if self.n.attr("linear_before_reset", 0):
            past = b.mul(r, b.add(self._gate(from_h, 2), bias))
        else:
            past = b.add(product(b, b.mul(r, h), self._gate(self.r, 2)), bias)
        new = g(self._clip(b.add(self._gate(from_x, 2), past)))
        return b.add(b.mul(b.sub(b.like(1, z), z), new), b.mul(z, h))

    def _lstm(self, total: Value, c: Value) -> tuple[Value, Value]:
        b, (f, g, last) = self.b, self.functions[:3]
        assert self.peepholes is not None
        i, o, forget, new = (self._gate(total, k) for k in range(4))
        i = f(self._clip(b.add(i, b.mul(self.peepholes[0], c))))
        if self.n.attr("input_forget", 0):
            keep = b.sub(b.like(1, i), i)
        else:
            keep = f(self._clip(b.add(forget, b.mul(self.peepholes[2], c))))
        cell = b.add(b.mul(keep, c), b.mul(i, g(self._clip(new))))
        out = f(self._clip(b.add(o, b.mul(self.peepholes[1], cell))))
        return b.mul(out, last(cell)), cell
