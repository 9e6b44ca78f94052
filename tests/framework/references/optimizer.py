"""References of optimizer steps: one weight at a time, in Python floats."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np


def sign(x: float) -> float:
    return float((x > 0) - (x < 0))


def within(x: float, limit: float) -> float:
    return x if limit < 0 else max(-limit, min(limit, x))


def each(function: Callable[..., float]) -> Callable[..., Any]:
    """Applies function(p, w, g, *states) to every element."""

    def apply(p: Any, *arrays: Any) -> Any:
        rows = zip(*(a.ravel().tolist() for a in arrays), strict=True)
        return np.array([function(p, *row) for row in rows], dtype=np.float64).reshape(arrays[0].shape)

    return apply


def like_sgd(p: Any, w: float, g: float) -> float:
    return within(g * p.rescale_grad, p.clip_gradient) + p.wd * w


def like_adam(p: Any, w: float, g: float, limit: float) -> float:
    return within(g * p.rescale_grad + p.wd * w, limit)


def sgd(p: Any, w: float, g: float) -> float:
    return w - p.lr * like_sgd(p, w, g)


def sgd_mom(p: Any, w: float, g: float, m: float) -> float:
    return w + p.momentum * m - p.lr * like_sgd(p, w, g)


def nag(p: Any, w: float, g: float, m: float) -> float:
    step = p.lr * like_sgd(p, w, g)
    return w + p.momentum * (p.momentum * m - step) - step


def signsgd(p: Any, w: float, g: float) -> float:
    return (1 - p.lr * p.wd) * w - p.lr * sign(g)


def signum(p: Any, w: float, g: float, m: float) -> float:
    return (1 - p.lr * p.wd_lh) * w + p.lr * sign(p.momentum * m - (1 - p.momentum) * like_sgd(p, w, g))


def ftrl(p: Any, w: float, g: float, z: float, n: float) -> float:
    g = within(g * p.rescale_grad, p.clip_gradient)
    z += g - (math.sqrt(n + g * g) - math.sqrt(n)) * w / p.lr
    if abs(z) <= p.lamda1:
        return 0.0
    return (sign(z) * p.lamda1 - z) / ((p.beta + math.sqrt(n + g * g)) / p.lr + p.wd)


def adam(p: Any, w: float, g: float, m: float, v: float) -> float:
    g = like_adam(p, w, g, p.clip_gradient)
    m, v = p.beta1 * m + (1 - p.beta1) * g, p.beta2 * v + (1 - p.beta2) * g * g
    return w - p.lr * m / (math.sqrt(v) + p.epsilon)


def adamw(p: Any, weight: Any, grad: Any, mean: Any, var: Any, scale: Any) -> Any:
    factor = float(scale.ravel()[0])
    if factor == 0:
        return weight

    def one(_: Any, w: float, g: float, m: float, v: float) -> float:
        g = within(g * factor, p.clip_gradient)
        m, v = p.beta1 * m + (1 - p.beta1) * g, p.beta2 * v + (1 - p.beta2) * g * g
        return w - p.eta * (p.lr * m / (math.sqrt(v) + p.epsilon) + p.wd * w)

    return each(one)(p, weight, grad, mean, var)


def rmsprop(p: Any, w: float, g: float, n: float) -> float:
    g = like_adam(p, w, g, p.clip_gradient)
    return within(w - p.lr * g / math.sqrt(p.gamma1 * n + (1 - p.gamma1) * g * g + p.epsilon), p.clip_weights)


def rmspropalex(p: Any, w: float, g: float, n: float, mean: float, delta: float) -> float:
    g = like_adam(p, w, g, p.clip_gradient)
    n, mean = p.gamma1 * n + (1 - p.gamma1) * g * g, p.gamma1 * mean + (1 - p.gamma1) * g
    delta = p.gamma2 * delta - p.lr * g / math.sqrt(n - mean * mean + p.epsilon)
    return within(w + delta, p.clip_weights)


def ftml(p: Any, w: float, g: float, d: float, v: float, z: float) -> float:
    g = like_adam(p, w, g, p.clip_grad)
    v = p.beta2 * v + (1 - p.beta2) * g * g
    new = (1 - p.beta1**p.t) / p.lr * (math.sqrt(v / (1 - p.beta2**p.t)) + p.epsilon)
    return -(p.beta1 * z + (1 - p.beta1) * g - (new - p.beta1 * d) * w) / new


def lamb_direction(p: Any, w: float, g: float, m: float, v: float) -> float:
    g = within(g * p.rescale_grad, p.clip_gradient)
    m, v = p.beta1 * m + (1 - p.beta1) * g, p.beta2 * v + (1 - p.beta2) * g * g
    if p.bias_correction:
        m, v = m / (1 - p.beta1**p.t), v / (1 - p.beta2**p.t)
    return m / (math.sqrt(v) + p.epsilon) + p.wd * w


def lamb_step(p: Any, weight: Any, direction: Any, r1: Any, r2: Any) -> Any:
    size, length = float(r1.ravel()[0]), float(r2.ravel()[0])
    size = max(size, p.lower_bound) if p.lower_bound >= 0 else size
    size = min(size, p.upper_bound) if p.upper_bound >= 0 else size
    return weight - p.lr * (size / length if size and length else 1.0) * direction


def adagrad(p: Any, w: float, g: float, h: float) -> float:
    g = like_sgd(p, w, g)
    return w - p.lr * g / math.sqrt(h + g * g + p.epsilon)


REFERENCES = {
    "sgd_update": each(sgd),
    "sgd_mom_update": each(sgd_mom),
    "nag_mom_update": each(nag),
    "signsgd_update": each(signsgd),
    "signum_update": each(signum),
    "ftrl_update": each(ftrl),
    "adam_update": each(adam),
    "_adamw_update": adamw,
    "rmsprop_update": each(rmsprop),
    "rmspropalex_update": each(rmspropalex),
    "ftml_update": each(ftml),
    "lamb_update_phase1": each(lamb_direction),
    "lamb_update_phase2": lamb_step,
    "_sparse_adagrad_update": each(adagrad),
}
