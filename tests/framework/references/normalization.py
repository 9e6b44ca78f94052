"""References of normalization: the elements that share a mean, gathered and treated as one list."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def standardized(values: Any, eps: float) -> tuple[Any, float, float]:
    """(the values with mean 0 and deviation 1, their mean, √(variance + eps))."""
    flat = [float(v) for v in np.asarray(values).ravel()]
    mean = math.fsum(flat) / len(flat)
    deviation = math.sqrt(math.fsum((v - mean) ** 2 for v in flat) / len(flat) + eps)
    return (np.asarray(values) - mean) / deviation, mean, deviation


def batch_norm(p: Any, data: Any, gamma: Any, beta: Any, moving_mean: Any, moving_var: Any, train: bool = False) -> Any:
    x = np.moveaxis(data, p.axis, 0)
    y, means, inverses = np.zeros(x.shape), moving_mean.copy(), 1 / np.sqrt(moving_var + p.eps)
    for c in range(x.shape[0]):
        if train and not p.use_global_stats and x[c].size:
            unit, means[c], deviation = standardized(x[c], p.eps)
            inverses[c] = 1 / deviation
        else:
            unit = (x[c] - moving_mean[c]) * inverses[c]
        y[c] = unit * (1 if p.fix_gamma else gamma[c]) + beta[c]
    return np.moveaxis(y, 0, p.axis), means, inverses


def batch_norm_again(p: Any, data: Any, gamma: Any, beta: Any, mean: Any, inverse: Any) -> Any:
    x = np.moveaxis(data, p.axis, 0)
    y = [(x[c] - mean[c]) * inverse[c] * (1 if p.fix_gamma else gamma[c]) + beta[c] for c in range(x.shape[0])]
    return np.moveaxis(np.array(y), 0, p.axis)


def layer_norm(p: Any, data: Any, gamma: Any, beta: Any) -> Any:
    x = np.moveaxis(data, p.axis, -1)
    y, mean, std = np.zeros(x.shape), np.zeros((*x.shape[:-1], 1)), np.zeros((*x.shape[:-1], 1))
    for place in np.ndindex(*x.shape[:-1]):
        unit, mean[place], std[place] = standardized(x[place], p.eps)
        y[place] = unit * gamma + beta
    return tuple(np.moveaxis(v, -1, p.axis) for v in (y, mean, std))


def instance_norm(p: Any, data: Any, gamma: Any, beta: Any) -> Any:
    y = np.zeros(data.shape)
    for n, c in np.ndindex(*data.shape[:2]):
        y[n, c] = standardized(data[n, c], p.eps)[0] * gamma[c] + beta[c]
    return y


def group_norm(p: Any, data: Any, gamma: Any, beta: Any) -> Any:
    y, size = np.zeros(data.shape), data.shape[1] // p.num_groups
    mean, std = np.zeros((data.shape[0], p.num_groups)), np.zeros((data.shape[0], p.num_groups))
    for n, g in np.ndindex(data.shape[0], p.num_groups):
        part = slice(g * size, (g + 1) * size)
        unit, mean[n, g], std[n, g] = standardized(data[n, part], p.eps)
        y[n, part] = unit * gamma[g] + beta[g]
    return y, mean, std


def l2_normalization(p: Any, data: Any) -> Any:
    y = np.zeros(data.shape)
    if p.mode == "instance":
        for n in range(data.shape[0]):
            y[n] = data[n] / math.sqrt(math.fsum(v * v for v in data[n].ravel()) + p.eps)
    elif p.mode == "channel":
        for n in range(data.shape[0]):
            for place in np.ndindex(*data.shape[2:]):
                column = data[(n, slice(None), *place)]
                y[(n, slice(None), *place)] = column / math.sqrt(math.fsum(v * v for v in column) + p.eps)
    else:
        for n, c in np.ndindex(*data.shape[:2]):
            y[n, c] = data[n, c] / math.sqrt(math.fsum(v * v for v in data[n, c].ravel()) + p.eps)
    return y


def window_sum(size: int, data: Any) -> Any:
    half, channels = (size - 1) // 2, data.shape[1]
    y = np.zeros(data.shape)
    for c in range(channels):
        for other in range(max(0, c - half), min(channels, c + half + 1)):
            y[:, c] += data[:, other]
    return y


def lrn(p: Any, data: Any) -> Any:
    norm = p.knorm + p.alpha / p.nsize * window_sum(p.nsize, data**2)
    return data / norm**p.beta, norm


def batch_norm_then_relu(p: Any, *arrays: Any, train: bool = False) -> Any:
    y, mean, inverse = batch_norm(p, *arrays, train=train)
    return np.where(y > 0, y, 0.0), mean, inverse


def same_axis(p: Any, *arrays: Any, train: bool = False) -> Any:
    return batch_norm(type(p)({**p, "axis": 1}), *arrays, train=train)


def kl_sparse(p: Any, data: Any, moving: Any, train: bool = False) -> Any:
    mean = moving.copy()
    if train:
        for unit in range(moving.size):
            active = [float(sample.ravel()[unit]) for sample in data]
            mean[unit] = p.momentum * moving[unit] + (1 - p.momentum) * math.fsum(active) / len(active)
    return data, mean


def layer_norm_grad(p: Any, dy: Any, data: Any, gamma: Any, mean: Any, std: Any) -> Any:
    axis = p.axis % data.ndim
    dx, dgamma, dbeta = np.zeros(data.shape), np.zeros(gamma.shape), np.zeros(gamma.shape)
    for place in np.ndindex(*(1 if i == axis else n for i, n in enumerate(data.shape))):
        row = (*place[:axis], slice(None), *place[axis + 1 :])
        unit = (data[row] - mean[place]) / std[place]
        slope = dy[row] * gamma
        for i in range(len(gamma)):
            own = [slope[j] * ((i == j) - (1 + unit[i] * unit[j]) / len(gamma)) for j in range(len(gamma))]
            dx[row][i] = math.fsum(own) / std[place]
        dgamma += dy[row] * unit
        dbeta += dy[row]
    return dx, dgamma, dbeta


REFERENCES = {
    "BatchNorm": batch_norm,
    "_batch_norm_again": batch_norm_again,
    "_contrib_SyncBatchNorm": same_axis,
    "_contrib_BatchNormWithReLU": batch_norm_then_relu,
    "IdentityAttachKLSparseReg": kl_sparse,
    "LayerNorm": layer_norm,
    "_layer_norm_grad": layer_norm_grad,
    "InstanceNorm": instance_norm,
    "GroupNorm": group_norm,
    "L2Normalization": l2_normalization,
    "LRN": lrn,
    "_window_sum": lambda p, data: window_sum(p.size, data),
}
UNREFERENCED = {"Dropout": "what is dropped is random; test_dropout.py looks at shares, scale and seeds"}
