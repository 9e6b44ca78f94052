"""Log likelihood of Hawkes processes: events that make further events of their kind likelier for a while."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ..errors import ShapeError
from .operator import At, Draw, DTypes, Operator, Port, Sample, Shapes
from .registry import register

_INPUTS = (
    Port("lda", doc="background intensities λ, (N, K)"),
    Port("alpha", doc="branching ratios α, (K,)"),
    Port("beta", doc="rates of decay β, (K,)"),
    Port("state", doc="memory at time 0, (N, K)"),
    Port("lags", "label", doc="times since the event before, (N, T)"),
    Port("marks", "label", doc="kinds of the events, (N, T), whole numbers below K"),
    Port("valid_length", "label", doc="how many events each sequence has, (N,)"),
    Port("max_time", "label", doc="the end of each observation, (N,)"),
)


class Event(NamedTuple):
    """One step through all sequences: which take part, each event's kind, the time since that kind's last event."""

    rows: Any
    kinds: Any
    since: Any


def events(xp: Any, lags: Any, marks: Any, valid_length: Any, last: Any) -> Iterator[Event]:
    """The sequences' events one after the other; ``last`` (N, K) is kept at the time of each kind's last event."""
    now = xp.zeros(len(lags), lags.dtype)
    for j in range(lags.shape[1]):
        rows = xp.nonzero(valid_length > j)[0]
        kinds = marks[rows, j].astype(np.int64)
        now[rows] += lags[rows, j]
        yield Event(rows, kinds, now[rows] - last[rows, kinds])
        last[rows, kinds] = now[rows]


def _check(shapes: Shapes) -> tuple[int, int] | None:
    lda, lags = shapes[0], shapes[4]
    if lda is None or lags is None:
        return None
    if len(lda) != 2 or len(lags) != 2 or lda[0] != lags[0]:
        raise ShapeError("lda and lags belong together", port="lags", wanted="(N, K) and (N, T)", got=(lda, lags))
    n, k = lda
    wanted = (lda, (k,), (k,), lda, lags, lags, (n,), (n,))
    for port, shape, want in zip(_INPUTS, shapes, wanted, strict=False):
        if shape not in (None, want):
            raise ShapeError(f"{port.name} does not fit", port=port.name, wanted=want, got=shape)
    return n, k


@register
class HawkesLogLikelihood(Operator):
    """Log likelihood of sequences of events of K kinds, each kind a Hawkes process of its own.

    The intensity of kind k is λ_k + α_k β_k s_k(t) with the memory s_k(t) = Σ exp(−β_k (t − t_i)) over its events
    before t; the likelihood is Σ ln intensity − ∫ intensity. Inputs: see the ports. Outputs: the likelihoods (N,), and
    the memory at ``max_time`` (N, K). Gradients flow to lda, alpha, beta and state, and from both outputs (MXNet's do
    not reach state, nor come from the memory). Source: Bacry et al. 2015.
    """

    name = "_contrib_hawkesll"
    category = "loss"
    inputs = _INPUTS
    outputs = ("output", "out_state")

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        sizes = _check(shapes)
        return shapes, [None, None] if sizes is None else [(sizes[0],), sizes]

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [dtypes[0]] * 2

    def forward(self, xp: Any, p: Any, *inputs: Any) -> Any:
        lda, alpha, beta, state, lags, marks, valid_length, max_time = inputs
        state, last = state.copy(), xp.zeros_like(state)
        likelihood = xp.zeros(len(lda), lda.dtype)
        for rows, k, since in events(xp, lags, marks, valid_length, last):
            fade = xp.exp(-beta[k] * since)
            memory = state[rows, k]
            intensity = lda[rows, k] + alpha[k] * beta[k] * memory * fade
            passed = lda[rows, k] * since + alpha[k] * memory * (1 - fade)
            likelihood[rows] += xp.log(intensity) - passed
            state[rows, k] = 1 + memory * fade
        rest = max_time[:, None] - last
        fade = xp.exp(-beta * rest)
        likelihood -= xp.sum(lda * rest + alpha * state * (1 - fade), axis=1)
        return likelihood, state * fade

    def gradient(self, F: Any, p: Any, at: At, dys: Any, xs: Any) -> Any:
        return (*F._hawkesll_grad(*dys, *xs), None, None, None, None)

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 12 * int(inputs[4].size) + 8 * int(inputs[0].size)

    def samples(self) -> Iterable[Sample]:
        for n, k, t in ((2, 3, 4), (3, 1, 5), (2, 2, 0)):
            yield Sample(_draws(n, k, t), second=False)


def _draws(n: int, k: int, t: int) -> tuple[Draw, ...]:
    return (
        Draw((n, k), "uniform", 0.5, 2.0),
        Draw((k,), "uniform", 0.2, 0.8),
        Draw((k,), "uniform", 0.5, 2.0),
        Draw((n, k), "uniform", 0.1, 1.0),
        Draw((n, t), "uniform", 0.1, 0.6),
        Draw((n, t), "integer", 0, k, dtype="int32"),
        Draw((n,), "integer", min(1, t), t + 1),
        Draw((n,), "uniform", 5.0, 6.0),
    )


@register
class HawkesGradient(Operator):
    """Gradient of hawkesll in lda, alpha, beta and state, by the derivatives of its recursion."""

    name = "_hawkesll_grad"
    category = "loss"
    inputs = (
        Port("dloglike", doc="gradient of the likelihoods"),
        Port("dstate", doc="gradient of the memory"),
        *_INPUTS,
    )
    outputs = ("lda", "alpha", "beta", "state")

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        _check(shapes[2:])
        return shapes, shapes[2:6]

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, dtypes[2:6]

    def forward(self, xp: Any, p: Any, *inputs: Any) -> Any:
        dloglike, dstate, lda, alpha, beta, state, lags, marks, valid_length, max_time = inputs
        memory, last = state.copy(), xp.zeros_like(state)
        # derivatives of the memory by β and by the memory at the start
        by_rate, by_start = xp.zeros_like(state), xp.ones_like(state)
        d_lda, d_alpha, d_beta, d_state = (xp.zeros_like(state) for _ in range(4))
        for rows, k, since in events(xp, lags, marks, valid_length, last):
            at = rows, k
            a, b, s, ds, q = alpha[k], beta[k], memory[at], by_rate[at], by_start[at]
            fade = xp.exp(-b * since)
            inverse = 1 / (lda[at] + a * b * s * fade)
            slope = ds * fade - s * since * fade  # of s · fade, by β
            d_lda[at] += inverse - since
            d_alpha[at] += b * s * fade * inverse - s * (1 - fade)
            d_beta[at] += a * (s * fade + b * slope) * inverse - a * (ds - slope)
            d_state[at] += a * b * q * fade * inverse - a * q * (1 - fade)
            memory[at], by_rate[at], by_start[at] = 1 + s * fade, slope, q * fade
        rest = max_time[:, None] - last
        fade = xp.exp(-beta * rest)
        slope = (by_rate - memory * rest) * fade
        weight = dloglike[:, None]
        return (
            weight * (d_lda - rest),
            xp.sum(weight * (d_alpha - memory * (1 - fade)), axis=0),
            xp.sum(weight * (d_beta - alpha * (by_rate - slope)) + dstate * slope, axis=0),
            weight * (d_state - alpha * by_start * (1 - fade)) + dstate * by_start * fade,
        )

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2,), (2, 3), *_draws(2, 3, 4)), differentiable=False)
