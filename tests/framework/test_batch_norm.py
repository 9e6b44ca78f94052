"""Batch normalization over training steps: moving statistics, modes, half precision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netwright import autograd, nd
from netwright.errors import DTypeError

RNG = np.random.default_rng(5)


def arrays(dtype: str = "float32") -> list[Any]:
    """Data of three channels, gamma, beta, moving mean and variance."""
    data = (RNG.standard_normal((16, 3, 5)) * 3 + 2).astype(dtype)
    return [nd.array(data, dtype=dtype), nd.full((3,), 2.0), nd.full((3,), 0.5), nd.zeros((3,)), nd.ones((3,))]


def test_moving_statistics_follow_the_batches() -> None:
    x, gamma, beta, mean, var = arrays()
    raw = x.asnumpy()
    wanted_mean, wanted_var = np.zeros(3), np.ones(3)
    for _ in range(3):
        with autograd.record():
            nd.BatchNorm(x, gamma, beta, mean, var, momentum=0.8)
        wanted_mean = 0.8 * wanted_mean + 0.2 * raw.mean((0, 2))
        wanted_var = 0.8 * wanted_var + 0.2 * raw.var((0, 2))
    np.testing.assert_allclose(mean.asnumpy(), wanted_mean, rtol=1e-5)
    np.testing.assert_allclose(var.asnumpy(), wanted_var, rtol=1e-5)


@pytest.mark.parametrize(("train", "frozen"), [(False, False), (True, True)])
def test_moving_statistics_are_used_and_kept_outside_training(train: bool, frozen: bool) -> None:
    x, gamma, beta, mean, var = arrays()
    mean[:], var[:] = 1.5, 4.0
    with autograd.record(train_mode=train):
        y = nd.BatchNorm(x, gamma, beta, mean, var, fix_gamma=False, use_global_stats=frozen)
    np.testing.assert_allclose(y.asnumpy(), (x.asnumpy() - 1.5) / np.sqrt(4.001) * 2 + 0.5, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(mean.asnumpy(), np.full(3, 1.5, np.float32))


def test_a_training_batch_comes_out_with_mean_beta_and_deviation_gamma() -> None:
    x, gamma, beta, mean, var = arrays()
    with autograd.record():
        y = nd.BatchNorm(x, gamma, beta, mean, var, fix_gamma=False).asnumpy()
        fixed = nd.BatchNorm(x, gamma, beta, mean, var).asnumpy()
    np.testing.assert_allclose(y.mean((0, 2)), 0.5, atol=1e-5)
    np.testing.assert_allclose(y.std((0, 2)), 2.0, rtol=1e-3)
    np.testing.assert_allclose(fixed.std((0, 2)), 1.0, rtol=1e-3)


def test_fixed_gamma_is_not_trained() -> None:
    x, gamma, beta, mean, var = arrays()
    for a in (gamma, beta):
        a.attach_grad()
    with autograd.record():
        y = nd.BatchNorm(x, gamma, beta, mean, var)
        (y * y).sum().backward()
    assert gamma.grad is not None
    assert beta.grad is not None
    assert not gamma.grad.asnumpy().any()
    assert beta.grad.asnumpy().all()


def test_half_precision_data_keep_statistics_in_single() -> None:
    x, gamma, beta, mean, var = arrays("float16")
    x.attach_grad()
    gamma.attach_grad()
    with autograd.record():
        y, m, inverse = nd.BatchNorm(x, gamma, beta, mean, var, fix_gamma=False, output_mean_var=True)
    y.backward()
    assert x.grad is not None
    assert gamma.grad is not None
    assert [a.dtype for a in (y, m, inverse, x.grad, gamma.grad)] == [
        np.float16,
        *[np.float32] * 2,
        np.float16,
        np.float32,
    ]
    raw = x.asnumpy().astype(np.float64)
    np.testing.assert_allclose(m.asnumpy(), raw.mean((0, 2)), rtol=1e-5)
    np.testing.assert_allclose(inverse.asnumpy(), 1 / np.sqrt(raw.var((0, 2)) + 1e-3), rtol=1e-5)
    with pytest.raises(DTypeError, match=r"gamma has the dtype that float16 data are summed in.*wanted float32"):
        nd.BatchNorm(x, gamma.astype("float16"), beta, mean, var)
