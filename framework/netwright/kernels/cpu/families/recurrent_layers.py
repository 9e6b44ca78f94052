"""Stacks of recurrent layers as calls of kernels: products with inputs, steps through time, sums for the weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ....ops.recurrence import GATES
from ....ops.recurrent_layout import directions, weights
from ..emit import Address, Cut, Emitter, FirstRow, Size, Slice, Word, lowers
from ..tiles import WIDE
from .dense import gemm, gemm_bias, sum_rows
from .rearranging import fill
from .recurrent import (
    add_vectors,
    copy_state,
    gru,
    gru_back,
    lstm,
    lstm_back,
    lstm_step,
    plain_rnn,
    plain_rnn_back,
    sum_states,
)

if TYPE_CHECKING:
    from ....scheduler.ir import Node, Value

FLOAT = 4
TURNED_ROWS = 64
"""Rows of all times from which on it pays to turn the weights that states are multiplied with."""


def _plain(node: Node) -> bool:
    """Whole sequences, no projection, no limits."""
    p: Any = node.p
    clipped = p.lstm_state_clip_min is not None and p.lstm_state_clip_max is not None
    return not (p.projection_size or clipped or p.use_sequence_length)


def _drops(node: Node) -> bool:
    p: Any = node.p
    return bool(p.p) and p.num_layers > 1


@dataclass
class Places:
    """Addresses of the weights of one layer and direction, or of their gradients."""

    inputs: Address
    hidden: Address
    input_bias: Address
    hidden_bias: Address


class Stack:
    """What both ways have in common: sizes, and where everything lies."""

    def __init__(self, e: Emitter, node: Node) -> None:
        self.e, self.node, self.p = e, node, node.p
        p: Any = node.p
        self.inputs = {port.name: v for port, v in zip(node.op.ports(p), node.inputs, strict=True)}
        self.outputs = dict(zip(node.op.output_names(p), node.outputs, strict=True))
        self.length, _, self.features = self.inputs["data"].shape
        self.rows: Size = e.shape(self.inputs["data"])[1]
        self.size, self.ways, self.layers = p.state_size, directions(p), p.num_layers
        self.width, self.across = GATES[p.mode] * self.size, self.size * self.ways
        self.steps: Size = self.rows * self.length  # rows of all times

    def weights(self, vector: Value) -> list[list[Places]]:
        """Places in the one vector of weights."""
        base = self.e.address(vector)
        numbered = weights(self.p, self.features, np.arange(vector.spec.size))[0]

        def place(part: Any) -> Address:
            return base + int(part.flat[0]) * FLOAT

        return [
            [Places(place(w.inputs), place(w.hidden), place(w.input_bias), place(w.hidden_bias)) for w in both]
            for both in numbered
        ]

    def part(self, value: Value, number: int) -> tuple[Word, ...]:
        """The shard's part of one layer's state: address, and two distances from there."""
        if self.e.by_rows and self.e.batch_axis(value) < 0:  # the same memory for all shards
            return self.e.address(value), number * value.shape[1] * self.size, FirstRow(self.size)
        return self.e.address(value), self.rows * (number * self.size), 0

    def turned(self) -> Word:
        """Scratch for the weights of states, turned, where so many rows are multiplied that this pays."""
        pays = self.e.most(self.rows) * self.length >= TURNED_ROWS and self.size % WIDE == 0
        return self.e.scratch((self.width + WIDE) * self.size) if pays and self.e.most(self.rows) > 1 else 0

    def state(self, name: str, number: int) -> Address:
        """Scratch with a state that is given, or zeros."""
        made = self.e.scratch(self.rows * self.size)
        source = self.part(self.inputs[name], number) if name in self.inputs else (0, 0, 0)
        self.e.call(copy_state, self.rows * self.size, *source, made, 0)
        return made

    def leave(self, made: Address, name: str, number: int) -> None:
        """Copy a state to where it is put out, if it is."""
        if name in self.outputs:
            target = self.e.address(self.outputs[name])
            self.e.call(copy_state, self.rows * self.size, made, 0, 0, target, self.rows * (number * self.size))


def _one_sequence(node: Node) -> bool:
    """An LSTM for one sample: lanes take some units each, and wait for each other at every time step."""
    p: Any = node.p
    return p.mode == "lstm" and node.inputs[0].shape[1] == 1


@lowers(
    "RNN",
    accepts=lambda node: _plain(node) and not (node.train and _drops(node)),
    in_place=False,
    lanes_uncut=_one_sequence,
    repeats=True,
)
def forward(e: Emitter, node: Node) -> None:
    """Layer after layer, direction after direction."""
    s = Stack(e, node)
    if e.cut is Cut.LANES:
        _forward_by_lanes(s)
        return
    mode: str = s.p.mode  # type: ignore[attr-defined]
    x, features = e.address(s.inputs["data"]), s.features
    bias = e.scratch(s.width)
    for layer, both in enumerate(s.weights(s.inputs["parameters"])):
        y = e.address(s.outputs["output" if layer == s.layers - 1 else f"between{layer}"])
        for way, w in enumerate(both):
            i = layer * s.ways + way
            gates, out = e.address(s.outputs[f"gates{i}"]), y + way * s.size * FLOAT
            summed = w.input_bias
            if mode != "gru":
                summed = bias
                e.call(add_vectors, s.width, w.input_bias, w.hidden_bias, bias)
            e.call(gemm_bias, e.blas, s.steps, s.width, features, x, features, w.inputs, features, summed, gates,
                   s.width)  # fmt: skip
            first, last = s.state("state", i), e.scratch(s.rows * s.size)
            common, turned = (e.blas, s.length, s.rows, s.size, way), s.turned()
            if mode == "lstm":
                cells, first_c, last_c = (
                    e.address(s.outputs[f"cells{i}"]),
                    s.state("state_cell", i),
                    e.scratch(s.rows * s.size),
                )
                e.call(lstm, *common, w.hidden, gates, cells, out, s.across, first, first_c, last, last_c,
                       turned)  # fmt: skip
                s.leave(last_c, "statecell_output", i)
            elif mode == "gru":
                cells, fed = e.address(s.outputs[f"cells{i}"]), e.scratch(s.rows * s.width)
                e.call(gru, *common, w.hidden, w.hidden_bias, gates, cells, out, s.across, first, last, fed,
                       turned)  # fmt: skip
            else:
                e.call(plain_rnn, *common, w.hidden, int(mode == "rnn_relu"), gates, out, s.across, first, last,
                       turned)  # fmt: skip
            s.leave(last, "state_output", i)
        if layer < s.layers - 1 and f"masks{layer}" in s.outputs:
            mask = s.outputs[f"masks{layer}"]
            e.call(fill, e.size(mask), 1.0, e.address(mask))
        x, features = y, s.across


def _forward_by_lanes(s: Stack) -> None:
    """The same for one sample, a call a time step for a lane's units."""
    e = s.e
    x, features = e.address(s.inputs["data"]), s.features
    bias, columns, units = e.scratch(s.width), Slice(s.width), Slice(s.size)
    for layer, both in enumerate(s.weights(s.inputs["parameters"])):
        y = e.address(s.outputs["output" if layer == s.layers - 1 else f"between{layer}"])
        for way, w in enumerate(both):
            i = layer * s.ways + way
            gates, cells = e.address(s.outputs[f"gates{i}"]), e.address(s.outputs[f"cells{i}"])
            e.call(add_vectors, s.width, w.input_bias, w.hidden_bias, bias)
            e.call(gemm_bias, e.blas, s.length, columns, features, x, features,
                   columns.of(w.inputs, features * FLOAT), features, columns.of(bias, FLOAT),
                   columns.of(gates, FLOAT), s.width)  # fmt: skip
            h, c = s.state("state", i), s.state("state_cell", i)
            for t in reversed(range(s.length)) if way else range(s.length):
                gate, cell, out = (a + t * n * FLOAT for a, n in (
                    (gates, s.width), (cells, s.size), (y + way * s.size * FLOAT, s.across)))  # fmt: skip
                e.wait()
                e.call(lstm_step, s.size, units, units.of(w.hidden, s.size * FLOAT), units.of(gate, FLOAT),
                       units.of(c, FLOAT), units.of(cell, FLOAT), h, units.of(out, FLOAT))  # fmt: skip
                h, c = out, cell
            e.wait()
            for name, last in (("state_output", h), ("statecell_output", c)):
                if name in s.outputs:
                    target = units.of(e.address(s.outputs[name]) + i * s.size * FLOAT, FLOAT)
                    e.call(copy_state, units, units.of(last, FLOAT), 0, 0, target, 0)
        if layer < s.layers - 1 and f"masks{layer}" in s.outputs:
            mask = s.outputs[f"masks{layer}"]
            e.call(fill, e.size(mask), 1.0, e.address(mask))
        x, features = y, s.across


@lowers("_rnn_grad", accepts=lambda node: _plain(node) and not _drops(node), in_place=False, repeats=True)
def backward(e: Emitter, node: Node) -> None:
    """The last layer first: through time, then the weights' gradients as one product over all times."""
    s = Stack(e, node)
    mode: str = s.p.mode  # type: ignore[attr-defined]
    add = e.accumulates(s.outputs["parameters"])
    dy, apart, since = _output_gradient(s)
    dgates, sums = e.scratch(s.steps * s.width), e.scratch(s.width)
    dfed = e.scratch(s.steps * s.width) if mode == "gru" else dgates
    layers, slopes = s.weights(s.inputs["parameters"]), s.weights(s.outputs["parameters"])
    for layer in reversed(range(s.layers)):
        y = e.address(s.inputs["output" if layer == s.layers - 1 else f"between{layer}"])
        x, features = (e.address(s.inputs["data"]), s.features) if layer == 0 else (
            e.address(s.inputs[f"between{layer - 1}"]), s.across)  # fmt: skip
        dx: Address | None = None
        if layer > 0:
            dx = e.scratch(s.steps * s.across)
        elif "data" in s.outputs:
            dx = e.address(s.outputs["data"])
        for way, (w, dw) in enumerate(zip(layers[layer], slopes[layer], strict=True)):
            i, aside = layer * s.ways + way, way * s.size * FLOAT
            first, dh = s.state("state", i), s.state("dstate", i)
            gates, common = e.address(s.inputs[f"gates{i}"]), (e.blas, s.length, s.rows, s.size, way, w.hidden)
            slope = (dy + aside, since, s.across, apart)
            if mode == "lstm":
                cells, first_c, dc = (
                    e.address(s.inputs[f"cells{i}"]),
                    s.state("state_cell", i),
                    s.state("dstate_cell", i),
                )
                e.call(lstm_back, *common, gates, cells, first_c, *slope, dgates, dh, dc)
                s.leave(dc, "state_cell", i)
            elif mode == "gru":
                cells = e.address(s.inputs[f"cells{i}"])
                e.call(gru_back, *common, gates, cells, first, y + aside, s.across, *slope, dgates, dfed, dh)
            else:
                e.call(plain_rnn_back, *common, int(mode == "rnn_relu"), gates, *slope, dgates, dh)
            s.leave(dh, "state", i)
            e.call(
                gemm, e.blas, 1, 0, s.width, features, s.steps, dgates, s.width, x, features, add, dw.inputs, features
            )
            e.call(sum_states, e.blas, s.length, s.rows, s.size, way, s.width, dfed, y + aside, s.across, first, add,
                   dw.hidden)  # fmt: skip
            e.call(sum_rows, s.steps, s.width, dgates, s.width, 0, sums)
            e.call(sum_rows, 1, s.width, sums, s.width, add, dw.input_bias)
            if mode == "gru":
                e.call(sum_rows, s.steps, s.width, dfed, s.width, 0, sums)
            e.call(sum_rows, 1, s.width, sums, s.width, add, dw.hidden_bias)
            if dx is not None:
                e.call(gemm, e.blas, 0, 0, s.steps, features, s.width, dgates, s.width, w.inputs, features, way, dx,
                       features)  # fmt: skip
        if dx is not None:
            dy, apart, since = dx, s.rows * s.across, 0


def _output_gradient(s: Stack) -> tuple[Address, Size, Word]:
    """Where the output's gradient lies, how far its steps are apart, and where the shard's part begins there."""
    value = s.inputs["doutput"]
    if s.e.by_rows and s.e.batch_axis(value) < 0:
        return s.e.address(value), value.shape[1] * s.across, FirstRow(s.across)
    return s.e.address(value), s.rows * s.across, 0
