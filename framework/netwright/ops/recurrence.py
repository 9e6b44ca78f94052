"""What recurrent layers compute on arrays: one layer in one direction, forward in time and back.

Arrays are (time, batch, features). The products with the inputs are done for all times at once; the gates that the way
back needs are kept where they were computed. A mask (time, batch, 1) of valid steps lets the state stand still where a
sequence is over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from .nonlinear import logistic

Mode = Literal["rnn_relu", "rnn_tanh", "lstm", "gru"]

GATES: dict[str, int] = {"rnn_relu": 1, "rnn_tanh": 1, "lstm": 4, "gru": 3}
"""Number of gates, each as wide as the state: LSTM input, forget, cell, output; GRU reset, update, new."""


@dataclass(slots=True)
class Weights:
    """The weights of one layer in one direction, or their gradients, as views into one vector."""

    inputs: Any
    """(gates·H, I)"""
    hidden: Any
    """(gates·H, R) with R the size of what is fed back: H, or the projection's."""
    projection: Any
    """(R, H), or None."""
    input_bias: Any
    hidden_bias: Any


@dataclass(slots=True)
class Kept:
    """What one layer in one direction keeps for the way back."""

    gates: Any
    """(T, N, gates·H), after their functions."""
    cells: Any
    """LSTM: the cell states (T, N, H). GRU: what the reset gate multiplies, (T, N, H). Else None."""
    unprojected: Any
    """LSTM with a projection: h before it, (T, N, H). Else None."""


@dataclass(frozen=True, slots=True)
class Recurrence:
    """How one layer runs: its kind, its direction, and the limits of an LSTM's cell state."""

    mode: Mode
    backwards: bool = False
    clip: tuple[float, float] | None = None
    clip_nan: bool = False

    def steps(self, length: int) -> range:
        """Times in the order in which they are visited."""
        return range(length - 1, -1, -1) if self.backwards else range(length)


def run_layer(
    xp: Any, how: Recurrence, x: Any, w: Weights, h: Any, c: Any, mask: Any, kept: Kept, y: Any
) -> tuple[Any, Any]:
    """Write the layer's outputs into y (T, N, R) and what is kept into ``kept``; returns the last (h, c)."""
    length, batch, _ = x.shape
    width = w.inputs.shape[0]
    if x.size:
        xp.matmul(x.reshape(length * batch, -1), w.inputs.T, out=kept.gates.reshape(length * batch, width))
        kept.gates += w.input_bias
    else:
        kept.gates[...] = w.input_bias
    for t in how.steps(length):
        fed = xp.matmul(h, w.hidden.T)
        fed += w.hidden_bias
        new_h, new_c = _STEPS[how.mode](xp, how, kept, t, fed, h, c)
        if w.projection is not None:
            kept.unprojected[t] = new_h
            new_h = xp.matmul(new_h, w.projection.T)
        if mask is None:
            h, c = new_h, new_c
            y[t] = h
        else:
            h = xp.where(mask[t], new_h, h)
            c = None if c is None else xp.where(mask[t], new_c, c)
            y[t] = xp.where(mask[t], h, h.dtype.type(0))
    return h, c


def _plain_step(xp: Any, how: Recurrence, kept: Kept, t: int, fed: Any, h: Any, c: Any) -> tuple[Any, Any]:
    gate = kept.gates[t]
    gate += fed
    if how.mode == "rnn_tanh":
        xp.tanh(gate, out=gate)
    else:
        xp.maximum(gate, gate.dtype.type(0), out=gate)
    return gate, None


def _lstm_step(xp: Any, how: Recurrence, kept: Kept, t: int, fed: Any, h: Any, c: Any) -> tuple[Any, Any]:
    gates = kept.gates[t]
    gates += fed
    size = gates.shape[1] // 4
    logistic(xp, gates[:, : 2 * size], gates[:, : 2 * size])
    xp.tanh(gates[:, 2 * size : 3 * size], out=gates[:, 2 * size : 3 * size])
    logistic(xp, gates[:, 3 * size :], gates[:, 3 * size :])
    i, f, g, o = (gates[:, k * size : (k + 1) * size] for k in range(4))
    cell = kept.cells[t]
    xp.multiply(f, c, out=cell)
    cell += i * g
    if how.clip is not None:
        low, high = how.clip
        if how.clip_nan:
            xp.copyto(cell, cell.dtype.type(high), where=xp.isnan(cell))
        xp.clip(cell, low, high, out=cell)
    return o * xp.tanh(cell), cell


def _gru_step(xp: Any, how: Recurrence, kept: Kept, t: int, fed: Any, h: Any, c: Any) -> tuple[Any, Any]:
    gates = kept.gates[t]
    size = gates.shape[1] // 3
    both, new = gates[:, : 2 * size], gates[:, 2 * size :]
    both += fed[:, : 2 * size]
    logistic(xp, both, both)
    kept.cells[t] = fed[:, 2 * size :]
    new += both[:, :size] * kept.cells[t]
    xp.tanh(new, out=new)
    update = both[:, size:]
    return new + update * (h - new), None


_STEPS = {"rnn_relu": _plain_step, "rnn_tanh": _plain_step, "lstm": _lstm_step, "gru": _gru_step}


@dataclass(slots=True)
class Back:
    """What one step back leaves behind, for all times."""

    before: Any
    """Gradients of the gates before their functions, by way of the inputs: (T, N, gates·H)."""
    fed: Any
    """The same by way of what was fed back; another array for GRU only."""


def run_layer_back(
    xp: Any,
    how: Recurrence,
    x: Any,
    w: Weights,
    first: tuple[Any, Any],
    mask: Any,
    kept: Kept,
    y: Any,
    dy: Any,
    dlast: tuple[Any, Any],
    dw: Weights,
) -> tuple[Any, Any, Any]:
    """Write the weights' gradients into ``dw``; returns those of (x, first h, first c)."""
    length, batch, width = kept.gates.shape
    before = xp.zeros(kept.gates.shape, kept.gates.dtype)
    back = Back(before, xp.zeros_like(before) if how.mode == "gru" else before)
    earlier, earlier_c = _earlier(xp, how, y, kept.cells, first, mask)
    dh, dc = dlast
    dprojection = None if w.projection is None else xp.zeros_like(w.projection)
    for t in reversed(how.steps(length)):
        through = dh + dy[t]
        valid = None if mask is None else mask[t]
        if valid is not None:
            through = xp.where(valid, through, 0)
        outer = through
        if dprojection is not None:
            dprojection += xp.matmul(outer.T, kept.unprojected[t])
            outer = xp.matmul(outer, w.projection)
        inner = dc if valid is None or dc is None else xp.where(valid, dc, 0)
        direct, new_dc = _BACK[how.mode](xp, how, kept, t, outer, inner, earlier[t], earlier_c, back)
        new_dh = xp.matmul(back.fed[t], w.hidden)
        if direct is not None:
            new_dh += direct
        dh = new_dh if valid is None else xp.where(valid, new_dh, dh)
        dc = new_dc if valid is None or dc is None else xp.where(valid, new_dc, dc)
    rows = length * batch
    flat, fed = back.before.reshape(rows, width), back.fed.reshape(rows, width)
    dw.inputs[...] = xp.matmul(flat.T, x.reshape(rows, x.shape[2]))
    dw.hidden[...] = xp.matmul(fed.T, earlier.reshape(rows, earlier.shape[2]))
    dw.input_bias[...] = flat.sum(axis=0)
    dw.hidden_bias[...] = fed.sum(axis=0)
    if dprojection is not None:
        dw.projection[...] = dprojection
    return xp.matmul(flat, w.inputs).reshape(x.shape), dh, dc


def _earlier(xp: Any, how: Recurrence, y: Any, cells: Any, first: tuple[Any, Any], mask: Any) -> tuple[Any, Any]:
    """(h, c) as each step found them. Steps behind a sequence's end found nothing that counts."""
    found: list[Any] = []
    for values, start in ((y, first[0]), (cells if how.mode == "lstm" else None, first[1])):
        if values is None:
            found.append(None)
            continue
        before = xp.empty(values.shape, values.dtype)
        if how.backwards:
            before[:-1], before[-1:] = values[1:], start
            if mask is not None:
                before[:-1] = xp.where(mask[1:], before[:-1], start)
        else:
            before[1:], before[:1] = values[:-1], start
        found.append(before)
    return found[0], found[1]


def _plain_back(
    xp: Any, how: Recurrence, kept: Kept, t: int, dh: Any, dc: Any, h: Any, cells: Any, back: Back
) -> tuple[Any, Any]:
    gate = kept.gates[t]
    slope = 1 - gate * gate if how.mode == "rnn_tanh" else gate > 0
    xp.multiply(dh, slope, out=back.before[t])
    return None, None


def _lstm_back(
    xp: Any, how: Recurrence, kept: Kept, t: int, dh: Any, dc: Any, h: Any, cells: Any, back: Back
) -> tuple[Any, Any]:
    size = kept.gates.shape[2] // 4
    i, f, g, o = (kept.gates[t, :, k * size : (k + 1) * size] for k in range(4))
    di, df, dg, do = (back.before[t, :, k * size : (k + 1) * size] for k in range(4))
    squashed = xp.tanh(kept.cells[t])
    do[...] = dh * squashed * o * (1 - o)
    dcell = dc + dh * o * (1 - squashed * squashed)
    if how.clip is not None:
        dcell = dcell * ((kept.cells[t] > how.clip[0]) & (kept.cells[t] < how.clip[1]))
    di[...] = dcell * g * i * (1 - i)
    df[...] = dcell * cells[t] * f * (1 - f)
    dg[...] = dcell * i * (1 - g * g)
    return None, dcell * f


def _gru_back(
    xp: Any, how: Recurrence, kept: Kept, t: int, dh: Any, dc: Any, h: Any, cells: Any, back: Back
) -> tuple[Any, Any]:
    size = kept.gates.shape[2] // 3
    r, z, n = (kept.gates[t, :, k * size : (k + 1) * size] for k in range(3))
    dr, dz, dn = (back.before[t, :, k * size : (k + 1) * size] for k in range(3))
    dn[...] = dh * (1 - z) * (1 - n * n)
    dr[...] = dn * kept.cells[t] * r * (1 - r)
    dz[...] = dh * (h - n) * z * (1 - z)
    back.fed[t, :, : 2 * size] = back.before[t, :, : 2 * size]
    back.fed[t, :, 2 * size :] = dn * r
    return dh * z, None


_BACK = {"rnn_relu": _plain_back, "rnn_tanh": _plain_back, "lstm": _lstm_back, "gru": _gru_back}
