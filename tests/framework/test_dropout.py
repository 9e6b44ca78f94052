"""What Dropout and rrelu draw at random: shares, scale, seeds."""

from __future__ import annotations

import numpy as np
import pytest

from netwright import autograd, nd, random


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_dropped_share_and_scale(p: float) -> None:
    random.seed(0)
    with autograd.train_mode():
        y = nd.Dropout(nd.ones((200, 500)), p=p).asnumpy()
    dropped = float((y == 0).mean())
    # five standard deviations of the share of 100,000 draws
    assert abs(dropped - p) < 5 * np.sqrt(p * (1 - p) / y.size)
    np.testing.assert_allclose(y[y != 0], 1 / (1 - p), rtol=1e-6)


def test_nothing_is_dropped_outside_training_unless_always() -> None:
    x = nd.array(np.arange(12.0).reshape(3, 4))
    with autograd.predict_mode():
        np.testing.assert_array_equal(nd.Dropout(x, p=0.9).asnumpy(), x.asnumpy())
        random.seed(1)
        assert (nd.Dropout(nd.ones((100,)), p=0.5, mode="always").asnumpy() == 0).any()
    with autograd.train_mode():
        np.testing.assert_array_equal(nd.Dropout(x, p=0.0).asnumpy(), x.asnumpy())
        np.testing.assert_array_equal(nd.Dropout(x, p=1.0).asnumpy(), np.zeros((3, 4)))


def test_axes_are_dropped_together() -> None:
    random.seed(2)
    with autograd.train_mode():
        y = nd.Dropout(nd.ones((50, 6, 7)), p=0.5, axes=(1, 2)).asnumpy()
    assert {len(np.unique(sample)) for sample in y} == {1}
    assert 0 < (y[:, 0, 0] == 0).sum() < 50


def test_a_seed_drops_the_same_elements_in_every_dtype() -> None:
    kept = []
    for dtype in ("float16", "float32", "float64"):
        random.seed(3)
        with autograd.train_mode():
            kept.append(nd.Dropout(nd.ones((40, 5), dtype=dtype), p=0.5).asnumpy() != 0)
    np.testing.assert_array_equal(kept[0], kept[1])
    np.testing.assert_array_equal(kept[1], kept[2])


def test_the_gradient_flows_through_what_was_kept() -> None:
    x = nd.ones((30, 10))
    x.attach_grad()
    with autograd.record():
        y = nd.Dropout(x, p=0.4)
    y.backward()
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.asnumpy(), y.asnumpy())


def test_rrelu_draws_slopes_within_its_bounds() -> None:
    random.seed(4)
    x = nd.full((1000,), -1.0)
    with autograd.train_mode():
        slopes = -nd.LeakyReLU(x, act_type="rrelu", lower_bound=0.2, upper_bound=0.6).asnumpy()
    assert slopes.min() >= 0.2
    assert slopes.max() < 0.6
    assert abs(slopes.mean() - 0.4) < 5 * 0.4 / np.sqrt(12 * 1000)
    with autograd.predict_mode():
        fixed = nd.LeakyReLU(x, act_type="rrelu", lower_bound=0.2, upper_bound=0.6).asnumpy()
    np.testing.assert_allclose(fixed, -0.4, rtol=1e-6)
