"""References of softmax and of the loss heads: one row at a time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def probabilities(row: Any) -> list[float]:
    powers = [math.exp(float(v)) for v in row]
    total = math.fsum(powers)
    return [v / total for v in powers]


def along(axis: int, data: Any, function: Any) -> Any:
    x = np.moveaxis(data, axis, -1)
    y = np.zeros(x.shape)
    for place in np.ndindex(*x.shape[:-1]):
        y[place] = function(x[place], place)
    return np.moveaxis(y, -1, axis)


def softmax(p: Any, data: Any, length: Any = None) -> Any:
    def one(row: Any, place: tuple[int, ...]) -> Any:
        count = len(row) if length is None else int(length[place])
        return probabilities(row[:count] / (p.temperature or 1.0)) + [0.0] * (len(row) - count)

    return along(p.axis, data, one)


def softmin(p: Any, data: Any) -> Any:
    return along(p.axis, data, lambda row, _: probabilities(-row / (p.temperature or 1.0)))


def log_softmax(p: Any, data: Any) -> Any:
    return along(p.axis, data, lambda row, _: np.log(probabilities(row / (p.temperature or 1.0))))


def softmax_activation(p: Any, data: Any) -> Any:
    return along(1 if p.mode == "channel" else -1, data, lambda row, _: probabilities(row))


def softmax_output(p: Any, data: Any, label: Any) -> Any:
    if p.preserve_shape:
        return along(-1, data, lambda row, _: probabilities(row))
    if p.multi_output:
        return along(1, data, lambda row, _: probabilities(row))
    return np.array([np.reshape(probabilities(row.ravel()), row.shape) for row in data]).reshape(data.shape)


def softmax_output_gradient(p: Any, probability: Any, label: Any) -> Any:
    """By MXNet 1.9.1's results: see also test_loss_heads.py, which holds numbers it printed."""
    if probability.shape == label.shape:
        return (probability - label) * p.grad_scale
    rows, classes, positions = len(probability), math.prod(probability.shape[1:]), 1
    if p.preserve_shape:
        rows, classes = math.prod(probability.shape[:-1]), probability.shape[-1]
    elif p.multi_output:
        classes, positions = probability.shape[1], math.prod(probability.shape[2:])
    seen = probability.reshape(rows, classes, positions)
    labels = label.reshape(rows, positions)
    found = np.zeros(seen.shape)
    for n, k, q in np.ndindex(*seen.shape):
        if p.use_ignore and labels[n, q] == p.ignore_label:
            continue
        wanted = 1 - p.smooth_alpha if labels[n, q] == k else p.smooth_alpha / (classes - 1)
        found[n, k, q] = seen[n, k, q] - wanted
    if p.normalization == "valid":
        count = max(1, int((labels != p.ignore_label).sum()))
    else:
        count = positions * (rows if p.normalization == "batch" else 1)
    return (found * p.grad_scale / max(1, count)).reshape(probability.shape)


def cross_entropy(p: Any, data: Any, label: Any) -> Any:
    return np.array([-math.fsum(math.log(probabilities(r)[int(c)]) for r, c in zip(data, label, strict=True))])


def same(p: Any, data: Any, label: Any = None) -> Any:
    return data


REFERENCES = {
    "softmax": softmax,
    "softmin": softmin,
    "log_softmax": log_softmax,
    "SoftmaxActivation": softmax_activation,
    "SoftmaxOutput": softmax_output,
    "_softmax_output_grad": softmax_output_gradient,
    "softmax_cross_entropy": cross_entropy,
    "LinearRegressionOutput": same,
    "MAERegressionOutput": same,
    "LogisticRegressionOutput": lambda p, data, label: 1 / (1 + np.exp(-data)),
    "SVMOutput": same,
    "MakeLoss": same,
    "make_loss": same,
}
