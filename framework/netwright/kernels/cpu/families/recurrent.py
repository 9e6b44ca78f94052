"""Recurrent layers step after step: what remains when the products with all inputs are there, and the way back."""

from __future__ import annotations

import numpy as np
from numba.extending import register_jitable

from ..elements import fence, get, put
from ..functions import at_least, sigmoid, tanh
from ..intrinsics import copy_floats, i64, sgemm, zero_floats
from ..kernel import kernel
from ..tiles import WIDE, turn_square
from .dense import add_row_products

F = np.float32
ZERO, ONE = F(0), F(1)


@register_jitable
def _leave(target: int, last: int, rows: int, size: int, ld: int) -> None:
    """Copy a last state, whose rows may lie apart."""
    for r in range(rows):
        copy_floats(target + r * size * 4, last + r * ld * 4, size)


@kernel("add_vectors")
def add_vectors(at: int) -> None:
    """z ← x + y: n, x, y, z."""
    a = i64(at, 4)
    for j in range(a[0]):
        put(a[3], j, get(a[1], j) + get(a[2], j))


@register_jitable
def _turn_weights(u: int, size: int, width: int, turned: int) -> None:
    """turned (size, width + WIDE) ← the transpose of U (width, size); rows are no power of 2 apart, for the cache."""
    for j in range(0, width, WIDE):
        for k in range(0, size, WIDE):
            turn_square(u + (j * size + k) * 4, size * 4, turned + (k * (width + WIDE) + j) * 4, (width + WIDE) * 4)


@register_jitable
def _add_states(blas: int, h: int, ldh: int, rows: int, size: int, width: int, u: int, turned: int, to: int) -> None:
    """to (rows, width) += h (rows, size) · Uᵀ (width, size); ``turned``: U by ``_turn_weights``, or 0."""
    if rows == 1:
        add_row_products(h, u, size, width, size, to)
        return
    as_it_is, weights, pitch = (1, u, size) if turned == 0 else (0, turned, width + WIDE)
    sgemm(blas, 0, as_it_is, rows, width, size, 1.0, h, ldh, weights, pitch, 1.0, to, width)


@register_jitable
def _lstm_row(gates: int, size: int, before: int, cell: int, out: int, count: int) -> None:
    """Some units of one sample: ``gates`` (i, f, g, o; ``size`` numbers apart) become the gates."""
    one, two, three, four = gates, gates + size * 4, gates + size * 8, gates + size * 12
    for j in range(count):
        i, f, g, o = sigmoid(get(one, j)), sigmoid(get(two, j)), tanh(get(three, j)), sigmoid(get(four, j))
        new = i * g + f * get(before, j)
        put(one, j, i)
        put(two, j, f)
        put(three, j, g)
        put(four, j, o)
        put(cell, j, new)
        put(out, j, o * tanh(new))


@kernel("lstm_step")
def lstm_step(at: int) -> None:
    """One time step of some units of an LSTM for one sample: ``gates`` hold the products with the inputs.

    Words: size, units, their rows of U, gates, c before, c, h before (all of it), h.
    """
    a = i64(at, 8)
    size, units = a[0], a[1]
    for gate in range(4):
        add_row_products(a[6], a[2] + gate * size * size * 4, size, units, size, a[3] + gate * size * 4)
    fence()
    _lstm_row(a[3], size, a[4], a[5], a[7], units)
    fence()


@kernel("lstm")
def lstm(at: int) -> None:
    """One layer in one direction; ``gates`` hold the products with the inputs and become the gates.

    Words: blas, steps, rows, size, whether backwards, U, gates (steps, rows, 4·size), cells (steps, rows, size), y, the
    distance of its rows, first h and c, last h and c, scratch for U turned (or 0).
    """
    a = i64(at, 15)
    blas, steps, rows, size, ldy = a[0], a[1], a[2], a[3], a[9]
    h, ldh, c, turned = a[10], size, a[11], a[14]
    if turned != 0:
        _turn_weights(a[5], size, 4 * size, turned)
    for s in range(steps):
        t = steps - 1 - s if a[4] != 0 else s
        gates, cells, y = a[6] + t * rows * size * 16, a[7] + t * rows * size * 4, a[8] + t * rows * ldy * 4
        _add_states(blas, h, ldh, rows, size, 4 * size, a[5], turned, gates)
        fence()
        for r in range(rows):
            _lstm_row(gates + r * size * 16, size, c + r * size * 4, cells + r * size * 4, y + r * ldy * 4, size)
        fence()
        h, ldh, c = y, ldy, cells
    _leave(a[12], h, rows, size, ldh)
    _leave(a[13], c, rows, size, size)


@kernel("lstm_back")
def lstm_back(at: int) -> None:
    """The same layer's way back through time: dgates, the gates' gradients before their functions, and dh, dc.

    Words: blas, steps, rows, size, whether backwards, U, gates, cells, first c, dy, where it begins, the distances of
    its rows and steps, dgates (steps, rows, 4·size), dh and dc (rows, size; of the last states, then of the first).
    """
    a = i64(at, 16)
    blas, steps, rows, size, slopes = a[0], a[1], a[2], a[3], a[9] + a[10] * 4
    dh, dc = a[14], a[15]
    for s in range(steps - 1, -1, -1):
        t = steps - 1 - s if a[4] != 0 else s
        earlier = t + 1 if a[4] != 0 else t - 1
        gates, cells, back = a[6] + t * rows * size * 16, a[7] + t * rows * size * 4, a[13] + t * rows * size * 16
        c = a[7] + earlier * rows * size * 4 if s > 0 else a[8]
        for r in range(rows):
            one, to = gates + r * size * 16, back + r * size * 16
            two, three, four = one + size * 4, one + size * 8, one + size * 12
            to2, to3, to4 = to + size * 4, to + size * 8, to + size * 12
            cell, before, dy = cells + r * size * 4, c + r * size * 4, slopes + (t * a[12] + r * a[11]) * 4
            own, state = dh + r * size * 4, dc + r * size * 4
            for j in range(size):
                i, f, g, o = get(one, j), get(two, j), get(three, j), get(four, j)
                squashed = tanh(get(cell, j))
                through = get(own, j) + get(dy, j)
                dcell = get(state, j) + through * o * (ONE - squashed * squashed)
                put(to, j, dcell * g * i * (ONE - i))
                put(to2, j, dcell * get(before, j) * f * (ONE - f))
                put(to3, j, dcell * i * (ONE - g * g))
                put(to4, j, through * squashed * o * (ONE - o))
                put(state, j, dcell * f)
        fence()
        sgemm(blas, 0, 0, rows, size, 4 * size, 1.0, back, 4 * size, a[5], size, 0.0, dh, size)


@kernel("gru")
def gru(at: int) -> None:
    """One layer in one direction; ``gates`` hold the products with the inputs and become the gates.

    Words: blas, steps, rows, size, whether backwards, U, its bias, gates (steps, rows, 3·size), cells (what the reset
    gate multiplies), y, the distance of its rows, first h, last h, scratch (rows, 3·size), scratch for U turned (or 0).
    """
    a = i64(at, 15)
    blas, steps, rows, size, ldy, fed, turned = a[0], a[1], a[2], a[3], a[10], a[13], a[14]
    h, ldh = a[11], size
    if turned != 0:
        _turn_weights(a[5], size, 3 * size, turned)
    for s in range(steps):
        t = steps - 1 - s if a[4] != 0 else s
        gates, cells, y = a[7] + t * rows * size * 12, a[8] + t * rows * size * 4, a[9] + t * rows * ldy * 4
        for r in range(rows):
            copy_floats(fed + r * size * 12, a[6], 3 * size)
        _add_states(blas, h, ldh, rows, size, 3 * size, a[5], turned, fed)
        fence()
        for r in range(rows):
            one, two, three = gates + r * size * 12, gates + r * size * 12 + size * 4, gates + r * size * 12 + size * 8
            by1, by2, by3 = fed + r * size * 12, fed + r * size * 12 + size * 4, fed + r * size * 12 + size * 8
            cell, before, out = cells + r * size * 4, h + r * ldh * 4, y + r * ldy * 4
            for j in range(size):
                reset, update = sigmoid(get(one, j) + get(by1, j)), sigmoid(get(two, j) + get(by2, j))
                new = tanh(get(three, j) + reset * get(by3, j))
                put(one, j, reset)
                put(two, j, update)
                put(three, j, new)
                put(cell, j, get(by3, j))
                put(out, j, new + update * (get(before, j) - new))
        fence()
        h, ldh = y, ldy
    _leave(a[12], h, rows, size, ldh)


@kernel("gru_back")
def gru_back(at: int) -> None:
    """The same layer's way back: gradients of the gates by way of the inputs, of what was fed back, and of h.

    Words: blas, steps, rows, size, whether backwards, U, gates, cells, first h, y, the distance of its rows, dy,
    where it begins, the distances of its rows and steps, dgates and dfed (steps, rows, 3·size), dh (rows, size; of the
    last, then of the first).
    """
    a = i64(at, 18)
    blas, steps, rows, size, ldy, slopes, dh = a[0], a[1], a[2], a[3], a[10], a[11] + a[12] * 4, a[17]
    for s in range(steps - 1, -1, -1):
        t = steps - 1 - s if a[4] != 0 else s
        earlier = t + 1 if a[4] != 0 else t - 1
        h, ldh = (a[9] + earlier * rows * ldy * 4, ldy) if s > 0 else (a[8], size)
        wide = t * rows * size * 12
        for r in range(rows):
            place = wide + r * size * 12
            one, to, fed = a[6] + place, a[15] + place, a[16] + place
            two, three, to2, to3, fed2, fed3 = (
                one + size * 4,
                one + size * 8,
                to + size * 4,
                to + size * 8,
                fed + size * 4,
                fed + size * 8,
            )
            cell, before, own = a[7] + (t * rows + r) * size * 4, h + r * ldh * 4, dh + r * size * 4
            dy = slopes + (t * a[14] + r * a[13]) * 4
            for j in range(size):
                reset, update, new = get(one, j), get(two, j), get(three, j)
                through = get(own, j) + get(dy, j)
                dnew = through * (ONE - update) * (ONE - new * new)
                dreset = dnew * get(cell, j) * reset * (ONE - reset)
                dupdate = through * (get(before, j) - new) * update * (ONE - update)
                put(to, j, dreset)
                put(fed, j, dreset)
                put(to2, j, dupdate)
                put(fed2, j, dupdate)
                put(to3, j, dnew)
                put(fed3, j, dnew * reset)
                put(own, j, through * update)
        fence()
        sgemm(blas, 0, 0, rows, size, 3 * size, 1.0, a[16] + wide, 3 * size, a[5], size, 1.0, dh, size)


@kernel("plain_rnn")
def plain_rnn(at: int) -> None:
    """One plain layer in one direction; ``gates`` hold the products with the inputs and become the outputs.

    Words: blas, steps, rows, size, whether backwards, U, whether relu, gates (steps, rows, size), y, the distance
    of its rows, first h, last h, scratch for U turned (or 0).
    """
    a = i64(at, 13)
    blas, steps, rows, size, ldy, turned = a[0], a[1], a[2], a[3], a[9], a[12]
    h, ldh = a[10], size
    if turned != 0:
        _turn_weights(a[5], size, size, turned)
    for s in range(steps):
        t = steps - 1 - s if a[4] != 0 else s
        gates, y = a[7] + t * rows * size * 4, a[8] + t * rows * ldy * 4
        _add_states(blas, h, ldh, rows, size, size, a[5], turned, gates)
        fence()
        for r in range(rows):
            gate, out = gates + r * size * 4, y + r * ldy * 4
            if a[6] != 0:
                for j in range(size):
                    new = at_least(get(gate, j), ZERO)
                    put(gate, j, new)
                    put(out, j, new)
            else:
                for j in range(size):
                    new = tanh(get(gate, j))
                    put(gate, j, new)
                    put(out, j, new)
        fence()
        h, ldh = y, ldy
    _leave(a[11], h, rows, size, ldh)


@kernel("plain_rnn_back")
def plain_rnn_back(at: int) -> None:
    """The same layer's way back.

    Words: blas, steps, rows, size, whether backwards, U, whether relu, gates, dy, where it begins, the distances of
    its rows and steps, dgates (steps, rows, size), dh (rows, size; of the last, then of the first).
    """
    a = i64(at, 14)
    blas, steps, rows, size, slopes, dh = a[0], a[1], a[2], a[3], a[8] + a[9] * 4, a[13]
    for s in range(steps - 1, -1, -1):
        t = steps - 1 - s if a[4] != 0 else s
        for r in range(rows):
            gate, to, own = a[7] + (t * rows + r) * size * 4, a[12] + (t * rows + r) * size * 4, dh + r * size * 4
            dy = slopes + (t * a[11] + r * a[10]) * 4
            if a[6] != 0:
                for j in range(size):
                    put(to, j, (get(own, j) + get(dy, j)) * (ONE if get(gate, j) > ZERO else ZERO))
            else:
                for j in range(size):
                    put(to, j, (get(own, j) + get(dy, j)) * (ONE - get(gate, j) * get(gate, j)))
        fence()
        sgemm(blas, 0, 0, rows, size, size, 1.0, a[12] + t * rows * size * 4, size, a[5], size, 0.0, dh, size)


@kernel("copy_state")
def copy_state(at: int) -> None:
    """Copy n numbers: n, source (0: zeros), two distances from there, target, a distance from there."""
    a = i64(at, 6)
    target = a[4] + a[5] * 4
    if a[1] == 0:
        zero_floats(target, a[0])
    else:
        copy_floats(target, a[1] + (a[2] + a[3]) * 4, a[0])


@kernel("sum_states")
def sum_states(at: int) -> None:
    """dU (width, size) ← Σ over all times of dgatesᵀ·(h before) (+ dU).

    Words: blas, steps, rows, size, whether backwards, width, dgates, y, the distance of its rows, first h, whether to
    add, dU.
    """
    a = i64(at, 12)
    blas, steps, rows, size, width, ldy = a[0], a[1], a[2], a[3], a[5], a[8]
    later = rows * (steps - 1)
    beta = 1.0 if a[10] != 0 else 0.0
    start, others, found = a[6], a[6] + rows * width * 4, a[7]
    if a[4] != 0:
        start, others, found = a[6] + later * width * 4, a[6], a[7] + rows * ldy * 4
    sgemm(blas, 1, 0, width, size, rows, 1.0, start, width, a[9], size, beta, a[11], size)
    if later > 0:
        sgemm(blas, 1, 0, width, size, later, 1.0, others, width, found, ldy, 1.0, a[11], size)
