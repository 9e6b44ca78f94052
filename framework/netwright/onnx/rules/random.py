"""Random numbers that the standard can draw; each run of a model draws others than ``mx.random`` would."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import helper

from ..rule_table import Call, refuse, rule
from ..tensor import Tensor


def uniform(c: Call, shape: Any, low: float = 0.0, high: float = 1.0, dtype: Any = np.float32) -> Tensor:
    """RandomUniform."""
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    return c.w.op("RandomUniform", shape=list(shape), low=low, high=high, dtype=kind)


def normal(c: Call, shape: Any, mean: float = 0.0, scale: float = 1.0, dtype: Any = np.float32) -> Tensor:
    """RandomNormal."""
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    return c.w.op("RandomNormal", shape=list(shape), mean=mean, scale=scale, dtype=kind)


@rule("_random_uniform", "_random_uniform_like")
def random_uniform(c: Call, *like: Tensor) -> Tensor:
    """RandomUniform of the same range."""
    return uniform(c, c.outputs[0].shape, c.p.low, c.p.high, c.outputs[0].dtype)


@rule("_random_normal", "_random_normal_like")
def random_normal(c: Call, *like: Tensor) -> Tensor:
    """RandomNormal of the same mean and deviation."""
    return normal(c, c.outputs[0].shape, c.p.loc, c.p.scale, c.outputs[0].dtype)


def _from_zero(c: Call, shape: Any) -> Tensor:
    """Uniform numbers above 0: their logarithms are finite."""
    return uniform(c, shape, float(np.finfo(np.float32).tiny), 1.0)


@rule("_random_exponential", "_random_exponential_like")
def random_exponential(c: Call, *like: Tensor) -> Tensor:
    """−ln u / λ for uniform u."""
    return c.xp.multiply(c.xp.log(_from_zero(c, c.outputs[0].shape)), -1.0 / c.p.lam)


@rule("_random_bernoulli")
def random_bernoulli(c: Call) -> Tensor:
    """Where uniform numbers are below the probability."""
    return uniform(c, c.outputs[0].shape) < np.float32(c.p.prob)


@rule("_random_randint")
def random_integers(c: Call) -> Tensor:
    """Uniform numbers cut off to whole ones."""
    p = c.p
    drawn = c.xp.floor(uniform(c, c.outputs[0].shape, 0.0, 1.0, np.float64) * float(p.high - p.low))
    return c.xp.minimum(drawn, float(p.high - p.low - 1)).astype(np.int64) + np.int64(p.low)


def _rows(c: Call, *parameters: Tensor) -> list[Tensor]:
    """The parameters, one for each of the samples behind them."""
    behind = len(c.outputs[0].shape) - parameters[0].ndim
    return [t.astype(np.float32).reshape((*t.shape, *(1,) * behind)) for t in parameters]


@rule("_sample_uniform")
def sample_uniform(c: Call, low: Tensor, high: Tensor) -> Tensor:
    """low + u · (high − low) for uniform u."""
    low, high = _rows(c, low, high)
    return low + uniform(c, c.outputs[0].shape) * (high - low)


@rule("_sample_normal")
def sample_normal(c: Call, mu: Tensor, sigma: Tensor) -> Tensor:
    """μ + σ · n for normal n."""
    mu, sigma = _rows(c, mu, sigma)
    return mu + normal(c, c.outputs[0].shape) * sigma


@rule("_sample_exponential")
def sample_exponential(c: Call, lam: Tensor) -> Tensor:
    """−ln u / λ for uniform u."""
    (lam,) = _rows(c, lam)
    return -c.xp.log(_from_zero(c, c.outputs[0].shape)) / lam


@rule("_sample_multinomial")
def sample_multinomial(c: Call, data: Tensor) -> Any:
    """Multinomial of the logarithms of the probabilities."""
    shape = c.outputs[0].shape
    lead = data.shape[:-1]
    count = int(np.prod(shape[len(lead) :])) if lead else int(np.prod(shape))
    rows = data.reshape((-1, data.shape[-1])).astype(np.float32)
    drawn = c.w.op(
        "Multinomial", c.xp.log(rows), sample_size=count, dtype=helper.np_dtype_to_tensor_dtype(np.dtype("i4"))
    )
    if not c.p.get_prob:
        return drawn.reshape(shape)
    chosen = c.xp.log(c.w.op("GatherElements", rows, drawn.astype(np.int64), axis=1))
    return drawn.reshape(shape), chosen.reshape(shape)


@rule("_shuffle")
def shuffle(c: Call, x: Tensor) -> Tensor:
    """The rows in the order of uniform numbers drawn for them."""
    order = c.xp.argsort(uniform(c, (x.shape[0],)))
    return c.w.op("Gather", x, order, axis=0)


refuse(
    "the standard has no operator that draws from this distribution",
    "_random_gamma", "_random_gamma_like", "_random_poisson", "_random_poisson_like", "_random_negative_binomial",
    "_random_negative_binomial_like", "_random_generalized_negative_binomial",
    "_random_generalized_negative_binomial_like", "_sample_gamma", "_sample_poisson", "_sample_negative_binomial",
    "_sample_generalized_negative_binomial",
)  # fmt: skip
