"""Batch normalization, plane by plane, channels second: its parts in training, and by known statistics."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numba.extending import register_jitable

from ....ops.batch_norm_parts import counted
from ....ops.shapes import normalize_axis
from ..emit import ACCUMULATE, Cut, Emitter, Rows, Size, Slice, lowers
from ..intrinsics import f32, f64, i64
from ..kernel import kernel

if TYPE_CHECKING:
    from ....scheduler.ir import Node, Value

FLOAT = 4


@kernel("batch_norm_moments")
def batch_norm_moments(at: int) -> None:
    """Each plane's mean, and the sum of squared distances from it: planes, numbers a plane, x, means, squares."""
    a = i64(at, 5)
    k = a[1]
    means, squares = f32(a[3], a[0]), f32(a[4], a[0])
    for n in range(a[0]):
        x = f32(a[2] + n * k * 4, k)
        total, spread = np.float32(0), np.float32(0)
        for i in range(k):
            total += x[i]
        mean = total / np.float32(k)
        for i in range(k):
            spread += (x[i] - mean) * (x[i] - mean)
        means[n], squares[n] = mean, spread


@kernel("batch_norm_statistics")
def batch_norm_statistics(at: int) -> None:
    """The batch's mean and 1/√(var + eps) from all samples' moments; moving statistics advance in place.

    Channels here, samples, channels in all, numbers a plane, means, squares, mean, inverse, moving mean, moving
    variance; eps and momentum by their bits.
    """
    a, known = i64(at, 10), f64(at, 12)
    eps, keep = known[10], known[11]
    here, samples, all_channels, k = a[0], a[1], a[2], a[3]
    mean_out, inverse_out, moving_mean, moving_var = f32(a[6], here), f32(a[7], here), f32(a[8], here), f32(a[9], here)
    means, squares = f32(a[4], samples * all_channels), f32(a[5], samples * all_channels)
    for c in range(here):
        total, spread, apart = 0.0, 0.0, 0.0
        for n in range(samples):
            total += means[n * all_channels + c]
            spread += squares[n * all_channels + c]
        mean = total / samples
        for n in range(samples):
            apart += (means[n * all_channels + c] - mean) ** 2
        var = (spread / k + apart) / samples
        mean_out[c] = mean
        inverse_out[c] = 1.0 / math.sqrt(var + eps)
        moving_mean[c] = moving_mean[c] * keep + mean * (1.0 - keep)
        moving_var[c] = moving_var[c] * keep + var * (1.0 - keep)


@register_jitable
def scale_of(inverse: int, gamma: int, c: int) -> float:
    """gamma · 1/√(var + eps) of a channel; gamma is 1 where its address is 0."""
    return f32(inverse + c * 4, 1)[0] * (f32(gamma + c * 4, 1)[0] if gamma != 0 else np.float32(1))


@kernel("batch_norm_apply")
def batch_norm_apply(at: int) -> None:
    """y ← gamma · (x − mean) · inverse + beta (+ beside), then ReLU where asked.

    Samples, channels, numbers a plane, x, mean, inverse, gamma (or 0), beta, beside (or 0), relu, y.
    """
    a = i64(at, 11)
    channels, k, beside, relu = a[1], a[2], a[8], a[9]
    for n in range(a[0]):
        for c in range(channels):
            here = (n * channels + c) * k * 4
            x, y = f32(a[3] + here, k), f32(a[10] + here, k)
            mean, shift, scale = f32(a[4], channels)[c], f32(a[7], channels)[c], scale_of(a[5], a[6], c)
            low = np.float32(0) if relu != 0 else np.float32(-np.inf)
            if beside != 0:
                z = f32(beside + here, k)
                for i in range(k):
                    v = (x[i] - mean) * scale + shift + z[i]
                    y[i] = low if v < low else v
            else:
                for i in range(k):
                    v = (x[i] - mean) * scale + shift
                    y[i] = low if v < low else v


@kernel("batch_norm_sums")
def batch_norm_sums(at: int) -> None:
    """Per channel Σ dy and Σ dy · (x − mean), where ReLU let y through (+ what is there).

    Samples, channels, numbers a plane, dy, x, mean, inverse, gamma (or 0), beta, relu, add, dbeta, slope.
    """
    a = i64(at, 13)
    channels, k, relu = a[1], a[2], a[9]
    dbeta, slope = f32(a[11], channels), f32(a[12], channels)
    if a[10] == 0:
        for c in range(channels):
            dbeta[c], slope[c] = 0.0, 0.0
    for n in range(a[0]):
        for c in range(channels):
            here = (n * channels + c) * k * 4
            g, x = f32(a[3] + here, k), f32(a[4] + here, k)
            mean, shift, scale = f32(a[5], channels)[c], f32(a[8], channels)[c], scale_of(a[6], a[7], c)
            one, other = np.float32(0), np.float32(0)
            if relu != 0:
                for i in range(k):
                    d = x[i] - mean
                    v = g[i] if d * scale + shift > 0 else np.float32(0)
                    one += v
                    other += v * d
            else:
                for i in range(k):
                    one += g[i]
                    other += g[i] * (x[i] - mean)
            dbeta[c] += one
            slope[c] += other


@kernel("batch_norm_data_grad")
def batch_norm_data_grad(at: int) -> None:
    """dx ← scale · (dy − dbeta / m − (x − mean) · inverse² · slope / m), dy where ReLU let y through.

    Samples, channels, numbers a plane, dy, x, mean, inverse, gamma (or 0), beta, relu, m, dbeta, slope, dx.
    """
    a = i64(at, 14)
    channels, k, relu = a[1], a[2], a[9]
    share = np.float32(1.0 / a[10])
    for n in range(a[0]):
        for c in range(channels):
            here = (n * channels + c) * k * 4
            g, x, dx = f32(a[3] + here, k), f32(a[4] + here, k), f32(a[13] + here, k)
            mean, shift, scale = f32(a[5], channels)[c], f32(a[8], channels)[c], scale_of(a[6], a[7], c)
            inverse = f32(a[6], channels)[c]
            lift = f32(a[11], channels)[c] * share * scale
            bend = inverse * inverse * f32(a[12], channels)[c] * share * scale
            if relu != 0:
                for i in range(k):
                    d = x[i] - mean
                    v = g[i] if d * scale + shift > 0 else np.float32(0)
                    dx[i] = v * scale - lift - d * bend
            else:
                for i in range(k):
                    dx[i] = g[i] * scale - lift - (x[i] - mean) * bend


@kernel("batch_norm_known")
def batch_norm_known(at: int) -> None:
    """Known statistics as normalising takes them: n, moving mean and variance, mean and 1/√(variance + eps), eps."""
    a = i64(at, 5)
    n, eps = a[0], f64(at, 6)[5]
    moving_mean, moving_var, mean, inverse = f32(a[1], n), f32(a[2], n), f32(a[3], n), f32(a[4], n)
    for c in range(n):
        mean[c] = moving_mean[c]
        inverse[c] = np.float32(1) / np.sqrt(moving_var[c] + np.float32(eps))


def _sizes(e: Emitter, data: Value) -> tuple[Size, int, int]:
    """Samples, channels, numbers a plane."""
    return e.shape(data)[0], data.shape[1], math.prod(data.shape[2:])


@lowers("_batch_norm_moments", in_place=False)
def moments(e: Emitter, node: Node) -> None:
    """Every sample's channels by themselves."""
    x, (means, squares) = node.inputs[0], node.outputs
    samples, channels, k = _sizes(e, x)
    e.call(batch_norm_moments, samples * channels, k, e.address(x), e.address(means), e.address(squares))


@lowers("_batch_norm_statistics", cuts=(Cut.LANES,), in_place=False)
def statistics(e: Emitter, node: Node) -> None:
    """Some channels a lane, of all samples."""
    p: Any = node.p
    samples, channels = node.inputs[0].shape
    part = Slice(channels, 4)
    places = [part.of(e.address(v), FLOAT) for v in (*node.inputs[:2], *node.outputs, *node.inputs[2:])]
    e.call(batch_norm_statistics, part, samples, channels, p.count, *places, float(p.eps), float(p.momentum))


@lowers("_batch_norm_apply")
def apply(e: Emitter, node: Node) -> None:
    """One pass over each plane."""
    p: Any = node.p
    x, mean, inverse, gamma, beta = node.inputs[:5]
    beside = e.address(node.inputs[5]) if p.residual else 0
    scale = 0 if p.fix_gamma else e.address(gamma)
    e.call(batch_norm_apply, *_sizes(e, x), e.address(x), e.address(mean), e.address(inverse), scale, e.address(beta),
           beside, p.relu, e.address(node.outputs[0]))  # fmt: skip


def _gradient_words(e: Emitter, node: Node) -> tuple[Any, ...]:
    p: Any = node.p
    dy, x, mean, inverse, gamma, beta = node.inputs[:6]
    return (*_sizes(e, x), e.address(dy), e.address(x), e.address(mean), e.address(inverse),
            0 if p.fix_gamma else e.address(gamma), e.address(beta), p.relu)  # fmt: skip


@lowers("_batch_norm_sums", in_place=False)
def gradient_sums(e: Emitter, node: Node) -> None:
    """Both sums in one pass."""
    add = ACCUMULATE if isinstance(e.shape(node.inputs[1])[0], Rows) else 0
    dbeta, slope = node.outputs
    e.call(batch_norm_sums, *_gradient_words(e, node), add, e.address(dbeta), e.address(slope))


@lowers("_batch_norm_data_grad", in_place=False)
def data_grad(e: Emitter, node: Node) -> None:
    """One pass over each plane, when the sums of the whole batch are there."""
    dbeta, slope = node.inputs[6:]
    e.call(batch_norm_data_grad, *_gradient_words(e, node), counted(node.inputs[1].shape), e.address(dbeta),
           e.address(slope), e.address(node.outputs[0]))  # fmt: skip


def _by_known_statistics(node: Node) -> bool:
    p: Any = node.p
    rank = len(node.inputs[0].shape)
    return (p.use_global_stats or not node.train) and rank > 1 and normalize_axis(p.axis, rank) == 1


@lowers("BatchNorm", accepts=_by_known_statistics, in_place=False)
def batch_norm(e: Emitter, node: Node) -> None:
    """By moving statistics, as in inference; every shard writes the same two numbers a channel."""
    p: Any = node.p
    x, gamma, beta, moving_mean, moving_var = node.inputs
    y, mean, inverse = node.outputs
    own_mean, own_inverse = e.scratch(x.shape[1]), e.scratch(x.shape[1])
    for places in ((own_mean, own_inverse), (e.address(mean), e.address(inverse))):
        e.call(batch_norm_known, x.shape[1], e.address(moving_mean), e.address(moving_var), *places, float(p.eps))
    e.call(batch_norm_apply, *_sizes(e, x), e.address(x), own_mean, own_inverse,
           0 if p.fix_gamma else e.address(gamma), e.address(beta), 0, 0, e.address(y))  # fmt: skip
