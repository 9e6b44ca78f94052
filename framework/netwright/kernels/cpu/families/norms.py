"""Layer normalization along the last axis, and its gradient."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ....ops.shapes import normalize_axis
from ..emit import Cut, Emitter, Slice, lowers, product
from ..intrinsics import f32, f64, i64, zero_floats
from ..kernel import kernel

if TYPE_CHECKING:
    from ....scheduler.ir import Node


@kernel("layer_norm")
def layer_norm(at: int) -> None:
    """y ← gamma · (x − mean)/std + beta for each of m rows: m, n, x, gamma, beta, eps, y, mean, std."""
    a = i64(at, 9)
    m, n, eps = a[0], a[1], f64(at, 6)[5]
    gamma, beta = f32(a[3], n), f32(a[4], n)
    means, deviations = f32(a[7], m), f32(a[8], m)
    for i in range(m):
        x, y = f32(a[2] + i * n * 4, n), f32(a[6] + i * n * 4, n)
        total = np.float32(0)
        for j in range(n):
            total += x[j]
        mean = np.float32(total / n)
        spread = np.float32(0)
        for j in range(n):
            spread += (x[j] - mean) * (x[j] - mean)
        deviation = np.float32(math.sqrt(spread / n + eps))
        means[i], deviations[i] = mean, deviation
        scale = np.float32(1.0 / deviation)
        for j in range(n):
            y[j] = (x[j] - mean) * scale * gamma[j] + beta[j]


@kernel("layer_norm_back")
def layer_norm_back(at: int) -> None:
    """Gradients of x (m, n), gamma and beta: m, n, dy, x, gamma, mean, std, dx, dgamma, dbeta, whether to add."""
    a = i64(at, 11)
    m, n = a[0], a[1]
    gamma, means, deviations = f32(a[4], n), f32(a[5], m), f32(a[6], m)
    dgamma, dbeta = f32(a[8], n), f32(a[9], n)
    if a[10] == 0:
        zero_floats(a[8], n)
        zero_floats(a[9], n)
    for i in range(m):
        dy, x, dx = f32(a[2] + i * n * 4, n), f32(a[3] + i * n * 4, n), f32(a[7] + i * n * 4, n)
        mean, scale = means[i], np.float32(1.0 / deviations[i])
        plain = np.float32(0)
        along = np.float32(0)
        for j in range(n):
            g = dy[j] * gamma[j]
            plain += g
            along += g * (x[j] - mean)
        for j in range(n):
            dgamma[j] += dy[j] * (x[j] - mean) * scale
            dbeta[j] += dy[j]
        plain = np.float32(plain / n) * scale
        along = np.float32(along / n) * scale * scale * scale
        for j in range(n):
            dx[j] = dy[j] * gamma[j] * scale - plain - (x[j] - mean) * along


def _last_axis(node: Node) -> bool:
    p: Any = node.p
    rank = len(node.inputs[1 if node.op.name == "_layer_norm_grad" else 0].shape)
    return normalize_axis(p.axis, rank) == rank - 1


@lowers("LayerNorm", accepts=_last_axis, lanes_uncut=lambda node: True)
def normalize(e: Emitter, node: Node) -> None:
    """Row by row."""
    x, gamma, beta = (e.address(v) for v in node.inputs)
    y, mean, std = (e.address(v) for v in node.outputs)
    sizes, eps = e.shape(node.inputs[0]), float(node.p.eps)  # type: ignore[attr-defined]
    width, rows = node.inputs[0].shape[-1], product(sizes[:-1])
    if e.cut is Cut.LANES:
        some = Slice(math.prod(node.inputs[0].shape[:-1]), 1)
        e.call(layer_norm, some, width, some.of(x, 4 * width), gamma, beta, eps, some.of(y, 4 * width),
               some.of(mean, 4), some.of(std, 4))  # fmt: skip
    else:
        e.call(layer_norm, rows, width, x, gamma, beta, eps, y, mean, std)


@lowers("_layer_norm_grad", accepts=_last_axis)
def normalize_back(e: Emitter, node: Node) -> None:
    """Row by row; the weights' gradients are sums over the batch."""
    dy, x, gamma, mean, std = (e.address(v) for v in node.inputs)
    dx, dgamma, dbeta = (e.address(v) for v in node.outputs)
    rows = e.shape(node.inputs[1])
    add = e.accumulates(node.outputs[1])
    e.call(layer_norm_back, product(rows[:-1]), rows[-1], dy, x, gamma, mean, std, dx, dgamma, dbeta, add)
