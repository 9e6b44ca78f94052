"""Connectionist temporal classification: the likelihood of a label sequence under every way to stretch it over time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from pydantic import Field

from ..errors import ShapeError
from .arrays import accumulator, deliver
from .operator import FLOAT32, At, Draw, DTypes, Operator, Port, Sample, Shape, Shapes, TensorSpec, numbered
from .params import OpParams
from .registry import register
from .softmax import log_softmax

NEVER = -1e30
"""Logarithm of a probability of 0: finite, so that differences stay numbers."""


class CTCParams(OpParams):
    """Parameters of CTCLoss."""

    use_data_lengths: bool = Field(False, description="take the number of valid steps of each sequence")
    use_label_lengths: bool = Field(False, description="take the length of each label; otherwise padding ends it")
    blank_label: Literal["first", "last"] = Field(
        "first", description="which channel stands for the blank: 0 (labels padded with 0), or the last (with −1)"
    )


class Lattice(NamedTuple):
    """The states of all samples: a blank before, between and after the labels."""

    symbols: Any
    """(N, S) channel of each state, S = 2·labels + 1."""
    skips: Any
    """(N, S) whether a state can be entered from the one before last."""
    lengths: Any
    """(N,) valid steps."""
    states: Any
    """(N,) valid states."""


def _lattice(xp: Any, p: CTCParams, data: Any, label: Any, data_lengths: Any, label_lengths: Any) -> Lattice:
    steps, batch, channels = data.shape
    labels = label.astype(np.int64)
    blank = 0 if p.blank_label == "first" else channels - 1
    if label_lengths is None:
        over = labels <= 0 if p.blank_label == "first" else labels < 0
        counts = xp.sum(xp.cumsum(over, axis=1) == 0, axis=1)
    else:
        counts = label_lengths.astype(np.int64)
    symbols = xp.full((batch, 2 * labels.shape[1] + 1), blank, np.int64)
    symbols[:, 1::2] = xp.clip(labels, 0, channels - 1)
    skips = xp.zeros(symbols.shape, bool)
    skips[:, 2:] = (symbols[:, 2:] != blank) & (symbols[:, 2:] != symbols[:, :-2])
    lengths = xp.full((batch,), steps) if data_lengths is None else data_lengths.astype(np.int64)
    return Lattice(symbols, skips, lengths, 2 * counts + 1)


def _shifted(xp: Any, values: Any, by: int) -> Any:
    """Along the states: what lay ``by`` states before (behind, where negative), NEVER at the edge."""
    found = xp.full(values.shape, values.dtype.type(NEVER))
    if by > 0:
        found[:, by:] = values[:, :-by]
    else:
        found[:, :by] = values[:, -by:]
    return found


def _forward(xp: Any, lattice: Lattice, emitted: Any) -> Any:
    """(T, N, S): log probability of all ways that end in a state at a time, that time's emission included."""
    never = emitted.dtype.type(NEVER)
    alpha = xp.full(emitted.shape, never)
    place = xp.arange(emitted.shape[2])
    start = (place < 2) & (place[None, :] < lattice.states[:, None])
    alpha[0] = xp.where(start, emitted[0], never)
    for t in range(1, emitted.shape[0]):
        ways = xp.logaddexp(alpha[t - 1], _shifted(xp, alpha[t - 1], 1))
        skipping = xp.where(lattice.skips, _shifted(xp, alpha[t - 1], 2), never)
        alpha[t] = xp.maximum(xp.logaddexp(ways, skipping) + emitted[t], never)
    return alpha


def _backward(xp: Any, lattice: Lattice, emitted: Any) -> Any:
    """(T, N, S): log probability of all ways on from a state at a time to the end, that time's emission left out."""
    never = emitted.dtype.type(NEVER)
    beta = xp.full(emitted.shape, never)
    place = xp.arange(emitted.shape[2])[None, :]
    last = (place == lattice.states[:, None] - 1) | (place == lattice.states[:, None] - 2)
    ends = xp.where(last, emitted.dtype.type(0), never)
    into = xp.zeros(lattice.skips.shape, bool)
    into[:, :-2] = lattice.skips[:, 2:]
    for t in reversed(range(emitted.shape[0])):
        found = xp.full(ends.shape, never)
        if t + 1 < emitted.shape[0]:
            after = beta[t + 1] + emitted[t + 1]
            ways = xp.logaddexp(after, _shifted(xp, after, -1))
            found = xp.logaddexp(ways, xp.where(into, _shifted(xp, after, -2), never))
        beta[t] = xp.maximum(xp.where((lattice.lengths == t + 1)[:, None], ends, found), never)
    return beta


@register
class CTCLoss(Operator):
    """Negative log likelihood of a label sequence, summed over all ways to stretch it with repeats and blanks.

    Shapes: data (T, N, C) activations before softmax, label (N, L) channel numbers with padding behind, data_lengths
    and label_lengths (N,) where asked for; output (N,). A label that cannot be reached in the time there is counts 0
    and gives no gradient. Source: Graves et al. 2006.
    """

    name = "CTCLoss"
    aliases = ("ctc_loss", "_contrib_CTCLoss", "_contrib_ctc_loss")
    category = "loss"
    title = "CTC loss"
    Params = CTCParams
    inputs = (
        Port("data", doc="activations, (time, batch, channels)"),
        Port("label", "label", doc="channel numbers, (batch, labels)"),
        Port("data_lengths", doc="valid steps of each sequence, (batch,)", optional=True),
        Port("label_lengths", doc="length of each label, (batch,)", optional=True),
    )
    outputs = ("output", "grad")

    def ports(self, p: CTCParams) -> tuple[Port, ...]:
        data, label, steps, lengths = self.inputs
        return (data, label, *((steps,) * p.use_data_lengths), *((lengths,) * p.use_label_lengths))

    def visible_outputs(self, p: CTCParams) -> int:
        return 1

    def listed_outputs(self, p: Any) -> tuple[str, ...]:
        return numbered(2)[:1]  # MXNet has a second one

    def infer_shape(self, p: CTCParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data, label = shapes[:2]
        if data is None:
            return shapes, [None, None]
        if len(data) != 3:
            raise ShapeError("the data are sequences", port="data", wanted="(time, batch, channels)", got=data)
        batch: Shape = (data[1],)
        if label is not None and (len(label) != 2 or label[:1] != batch):
            raise ShapeError("there is one label per sequence", port="label", wanted=f"({data[1]}, labels)", got=label)
        for port, shape in zip(self.ports(p)[2:], shapes[2:], strict=True):
            if shape not in (None, batch):
                raise ShapeError(f"{port.name} has one number per sequence", port=port.name, wanted=batch, got=shape)
        return [data, label, *[batch] * (len(shapes) - 2)], [batch, data]

    def infer_dtype(self, p: CTCParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        data = dtypes[0] or FLOAT32
        return [data, *(d or data for d in dtypes[1:])], [data, data]

    def forward(self, xp: Any, p: CTCParams, data: Any, label: Any, *lengths: Any, out: Any = None) -> Any:
        loss_out, grad_out = (None, None) if out is None else out
        rest = list(lengths)
        data_lengths = rest.pop(0) if p.use_data_lengths else None
        lattice = _lattice(xp, p, data, label, data_lengths, rest[0] if rest else None)
        steps, batch, channels = data.shape
        if not data.size:
            empty = xp.zeros((batch,), data.dtype), xp.zeros(data.shape, data.dtype)
            return deliver(xp, empty[0], loss_out), deliver(xp, empty[1], grad_out)
        logs = log_softmax(xp, data.astype(accumulator(data.dtype), copy=False), -1)
        states = xp.broadcast_to(lattice.symbols, (steps, *lattice.symbols.shape))
        emitted = xp.take_along_axis(logs, states, axis=2)
        ways = _forward(xp, lattice, emitted) + _backward(xp, lattice, emitted)
        # every way passes the first step in one of its states
        total = _log_sum(xp, ways[0])
        reached = total > NEVER / 2
        share = xp.exp(xp.minimum(ways - xp.where(reached, total, 0)[:, None], 0))
        owner = lattice.symbols[:, :, None] == xp.arange(channels)
        per_channel = xp.matmul(share.swapaxes(0, 1), owner.astype(share.dtype)).swapaxes(0, 1)
        valid = (xp.arange(steps)[:, None] < lattice.lengths) & reached
        grad = xp.where(valid[:, :, None], xp.exp(logs) - per_channel, 0)
        loss = xp.where(reached, -total, 0)
        return (
            deliver(xp, loss.astype(data.dtype), loss_out),
            deliver(xp, grad.astype(data.dtype), grad_out),
        )

    def gradient(self, F: Any, p: CTCParams, at: At, dy: Any, ys: Any) -> Any:
        batch = at.outputs[0].shape[0]
        found = ys[1] * F._reshape_to(dy, shape=(1, batch, 1))
        return (found, *[None] * (len(at.inputs) - 1))

    def flops(self, p: CTCParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        states = 2 * inputs[1].shape[1] + 1
        return inputs[0].size * (5 + 2 * states) + 20 * inputs[0].shape[0] * inputs[0].shape[1] * states

    def samples(self) -> Iterable[Sample]:
        # second: the slopes of the likelihood are computed with it, and are not differentiated once more
        yield Sample(((5, 3, 4), Draw((3, 2), "integer", 1, 4)), second=False)
        yield Sample(((6, 4, 3), Draw((4, 3), "integer", 0, 3)), second=False)
        yield Sample(((5, 3, 4), Draw((3, 2), "integer", 0, 3)), {"blank_label": "last"}, second=False)
        yield Sample(
            (
                (7, 3, 4),
                Draw((3, 3), "integer", 1, 4, "int32"),
                Draw((3,), "integer", 5, 8, "int32"),
                Draw((3,), "integer", 0, 3, "int32"),
            ),
            {"use_data_lengths": True, "use_label_lengths": True},
            second=False,
        )
        yield Sample(
            ((4, 2, 3), Draw((2, 2), "integer", -1, 2), Draw((2,), "integer", 1, 5)),
            {"use_data_lengths": True, "blank_label": "last"},
            second=False,
        )


def _log_sum(xp: Any, values: Any) -> Any:
    """ln Σ eˣ over the last axis."""
    top = values.max(axis=-1, keepdims=True)
    return (top + xp.log(xp.sum(xp.exp(values - top), axis=-1, keepdims=True)))[..., 0]
