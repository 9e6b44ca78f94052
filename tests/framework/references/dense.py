"""References of dense layers and activations: one element at a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np


def fully_connected(p: Any, data: Any, weight: Any, bias: Any = None) -> Any:
    lead = data.shape[:1] if p.flatten else data.shape[:-1]
    found = np.zeros((*lead, p.num_hidden))
    for place in np.ndindex(*lead):
        row = data[place].ravel()
        for unit in range(p.num_hidden):
            found[(*place, unit)] = math.fsum(a * b for a, b in zip(row, weight[unit], strict=True))
            if bias is not None:
                found[(*place, unit)] += bias.ravel()[unit]
    return found


def each(function: Callable[[float], float], data: Any) -> Any:
    return np.array([function(float(v)) for v in data.ravel()]).reshape(data.shape)


FUNCTIONS: dict[str, Callable[[float], float]] = {
    "relu": lambda x: x if x > 0 else 0.0,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "tanh": lambda x: (math.exp(x) - math.exp(-x)) / (math.exp(x) + math.exp(-x)),
    "softrelu": lambda x: math.log(1 + math.exp(x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "gelu": lambda x: x * math.erfc(-x / math.sqrt(2)) / 2,
    "silu": lambda x: x / (1 + math.exp(-x)),
}


def leaky_relu(p: Any, data: Any, gamma: Any = None) -> Any:
    factor = 1.0507009873554805 if p.act_type == "selu" else 1.0
    below: dict[str, Callable[[float, float], float]] = {
        "leaky": lambda x, _: p.slope * x,
        "prelu": lambda x, slope: slope * x,
        "rrelu": lambda x, _: x * (p.lower_bound + p.upper_bound) / 2,
        "elu": lambda x, _: p.slope * (math.exp(x) - 1),
        "selu": lambda x, _: factor * 1.6732632423543772 * (math.exp(x) - 1),
    }
    if p.act_type == "gelu":
        return each(FUNCTIONS["gelu"], data)
    slopes = np.zeros(data.shape)
    if gamma is not None:
        slopes += gamma.reshape(gamma.shape + (1,) * max(0, data.ndim - 2))
    found = [factor * x if x > 0 else below[p.act_type](x, s) for x, s in zip(data.flat, slopes.flat, strict=True)]
    return np.array(found).reshape(data.shape)


REFERENCES = {
    "FullyConnected": fully_connected,
    "Activation": lambda p, data: each(FUNCTIONS[p.act_type], data),
    "LeakyReLU": leaky_relu,
}
