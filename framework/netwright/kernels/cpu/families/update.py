"""Optimizer steps over many weights at once, each lane a slice of every weight.

A weight's numbers stand in a row of float64: rate, decay, factor of the gradient, limit of its elements (negative:
none), then what the step takes besides. The formulas are those of the operators of the same names.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..intrinsics import f32, f64, i64, njit
from ..kernel import kernel

FACTS = 9
"""Numbers of a weight's row."""
single = np.float32


@njit(inline="always")
def _limited(g: Any, limit: Any) -> Any:
    """g within ± limit; what is not a number stays so."""
    g = limit if g > limit else g
    return -limit if g < -limit else g


@kernel("sgd_update")
def sgd_update(at: int) -> None:
    """w ← w − lr·(clip(factor·g) + wd·w): n, facts, w, g."""
    a = i64(at, 4)
    n, facts = a[0], f64(a[1], 4)
    w, grad = f32(a[2], n), f32(a[3], n)
    lr, wd, factor, limit = single(facts[0]), single(facts[1]), single(facts[2]), single(facts[3])
    if limit < 0:
        for i in range(n):
            w[i] -= lr * (grad[i] * factor + wd * w[i])
    else:
        for i in range(n):
            w[i] -= lr * (_limited(grad[i] * factor, limit) + wd * w[i])


@kernel("sgd_mom_update")
def sgd_mom_update(at: int) -> None:
    """m ← momentum·m − lr·(clip(factor·g) + wd·w); w ← w + m: n, facts (…, momentum), w, g, m."""
    a = i64(at, 5)
    n, facts = a[0], f64(a[1], 5)
    w, grad, mom = f32(a[2], n), f32(a[3], n), f32(a[4], n)
    lr, wd, factor, limit = single(facts[0]), single(facts[1]), single(facts[2]), single(facts[3])
    momentum = single(facts[4])
    if limit < 0:
        for i in range(n):
            mom[i] = momentum * mom[i] - lr * (grad[i] * factor + wd * w[i])
            w[i] += mom[i]
    else:
        for i in range(n):
            mom[i] = momentum * mom[i] - lr * (_limited(grad[i] * factor, limit) + wd * w[i])
            w[i] += mom[i]


@kernel("nag_mom_update")
def nag_mom_update(at: int) -> None:
    """g ← clip(factor·g) + wd·w; m ← momentum·m − lr·g; w ← w + momentum·m − lr·g: n, facts (…, momentum), w, g, m."""
    a = i64(at, 5)
    n, facts = a[0], f64(a[1], 5)
    w, grad, mom = f32(a[2], n), f32(a[3], n), f32(a[4], n)
    lr, wd, factor, limit = single(facts[0]), single(facts[1]), single(facts[2]), single(facts[3])
    momentum = single(facts[4])
    unlimited = limit < 0
    for i in range(n):
        g = grad[i] * factor
        step = lr * ((g if unlimited else _limited(g, limit)) + wd * w[i])
        mom[i] = momentum * mom[i] - step
        w[i] += momentum * mom[i] - step


@kernel("adam_update")
def adam_update(at: int) -> None:
    """g ← clip(factor·g + wd·w); m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; w ← w − lr·m/(√v + ε).

    n, facts (…, β₁, β₂, ε, 1 − β₁, 1 − β₂), w, g, m, v.
    """
    a = i64(at, 6)
    n, facts = a[0], f64(a[1], 9)
    w, grad, mean, var = f32(a[2], n), f32(a[3], n), f32(a[4], n), f32(a[5], n)
    lr, wd, factor, limit = single(facts[0]), single(facts[1]), single(facts[2]), single(facts[3])
    beta1, beta2, epsilon = single(facts[4]), single(facts[5]), single(facts[6])
    rest1, rest2 = single(facts[7]), single(facts[8])
    unlimited = limit < 0
    for i in range(n):
        g = grad[i] * factor + wd * w[i]
        g = g if unlimited else _limited(g, limit)
        m = beta1 * mean[i] + rest1 * g
        v = beta2 * var[i] + rest2 * (g * g)
        mean[i] = m
        var[i] = v
        w[i] -= lr * m / (np.sqrt(v) + epsilon)
