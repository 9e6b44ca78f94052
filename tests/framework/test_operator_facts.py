"""What the generic suite cannot see: gradients that are not slopes, ties, zeros, NaN, integers, refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netwright import autograd
from netwright.errors import DataError, ParamError
from netwright.ndarray.array import NDArray
from netwright.ndarray.invoke import F


def gradient_of(name: str, **params: float) -> np.ndarray:  # type: ignore[type-arg]
    x = NDArray(np.array([-1.5, -0.2, 0.7, 2.6]))
    x.attach_grad()
    with autograd.record():
        y = getattr(F, name)(x, **params)
    y.backward(NDArray(np.array([1.0, 2.0, 3.0, 4.0])))
    assert x.grad is not None
    return x.grad.asnumpy()


@pytest.mark.parametrize("name", ["_contrib_round_ste", "_contrib_sign_ste"])
def test_straight_through_estimators_pass_the_gradient(name: str) -> None:
    np.testing.assert_array_equal(gradient_of(name), [1.0, 2.0, 3.0, 4.0])


@pytest.mark.parametrize("name", ["round", "rint", "ceil", "floor", "trunc", "fix", "sign"])
def test_steps_have_no_slope(name: str) -> None:
    np.testing.assert_array_equal(gradient_of(name), np.zeros(4))


def test_gradient_multiplier() -> None:
    np.testing.assert_array_equal(gradient_of("_contrib_gradientmultiplier", scalar=-0.5), [-0.5, -1.0, -1.5, -2.0])


def test_blocked_gradient_does_not_flow() -> None:
    x = NDArray(np.array([2.0, 3.0]))
    x.attach_grad()
    with autograd.record():
        y = F.BlockGrad(x) * x
    y.backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.asnumpy(), [2.0, 3.0])


def test_ties_of_maxima_share_as_in_mxnet() -> None:
    """max gives every greatest element the whole gradient; broadcast_maximum gives it to the first array."""
    x = NDArray(np.array([[1.0, 3.0, 3.0]]))
    x.attach_grad()
    with autograd.record():
        y = F.max(x, axis=1)
    y.backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.asnumpy(), [[0.0, 1.0, 1.0]])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(
    ("how", "wanted", "slopes"),
    [
        ({"kernel": (2,), "pad": (2,)}, [None, 1, 2, 3, 4, 4, None], [1, 1, 1, 2]),
        ({"kernel": (1,), "stride": (2,), "pooling_convention": "full"}, [1, 3, None], [1, 0, 1, 0]),
        ({"global_pool": True}, [4], [0, 0, 0, 1]),
    ],
)
def test_windows_of_padding_have_the_lowest_maximum(
    dtype: str, how: dict[str, Any], wanted: list[float | None], slopes: list[float]
) -> None:
    """As in MXNet 1.9.1, where −∞ is too low for a maximum as well; the first −∞ has its gradient in float32 there."""
    lowest = np.finfo(dtype).min
    x = NDArray(np.arange(1, 5, dtype=dtype).reshape(1, 1, 4))
    x.attach_grad()
    with autograd.record():
        y = F.Pooling(x, pool_type="max", **how)
    y.backward()
    assert x.grad is not None
    np.testing.assert_array_equal(y.asnumpy()[0, 0], np.array([lowest if n is None else n for n in wanted], dtype))
    np.testing.assert_array_equal(x.grad.asnumpy()[0, 0], slopes)
    infinite = NDArray(np.full((1, 1, 2), -np.inf, dtype))
    infinite.attach_grad()
    with autograd.record():
        z = F.Pooling(infinite, kernel=(2,), pool_type="max")
    z.backward()
    assert infinite.grad is not None
    assert z.asnumpy()[0, 0, 0] == lowest
    np.testing.assert_array_equal(infinite.grad.asnumpy()[0, 0], [1, 0])


def test_product_with_zeros_has_the_right_gradient() -> None:
    x = NDArray(np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 5.0]]))
    x.attach_grad()
    with autograd.record():
        y = F.prod(x, axis=1)
    y.backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.asnumpy(), [[0.0, 6.0, 0.0], [0.0, 0.0, 0.0]])


def test_nan_is_left_out_of_sums_and_their_gradients() -> None:
    x = NDArray(np.array([1.0, np.nan, 3.0]))
    x.attach_grad()
    with autograd.record():
        y = F.nansum(x) + F.nanprod(x)
    y.backward()
    assert x.grad is not None
    np.testing.assert_array_equal(y.asnumpy(), [7.0])
    np.testing.assert_array_equal(x.grad.asnumpy(), [4.0, 0.0, 2.0])


def test_remainder_by_zero_is_zero() -> None:
    a, zero = NDArray(np.array([5.0, -5.0])), NDArray(np.zeros(2))
    np.testing.assert_array_equal(F.broadcast_mod(a, zero).asnumpy(), [0.0, 0.0])
    np.testing.assert_array_equal(F._mod_scalar(a, scalar=0.0).asnumpy(), [0.0, 0.0])
    np.testing.assert_array_equal(F._mod_scalar(a, scalar=3.0).asnumpy(), [2.0, 1.0])


def test_integers_are_cut_off_as_in_mxnet() -> None:
    """Values from MXNet 1.9.1 itself."""
    x = NDArray(np.array([7, -7], "int32"))
    np.testing.assert_array_equal((x / 2).asnumpy(), [3, -3])
    np.testing.assert_array_equal((x + 1.5).asnumpy(), [8, -6])
    np.testing.assert_array_equal((x % 3).asnumpy(), [1, 2])
    np.testing.assert_array_equal(F.mean(NDArray(np.array([1, 2], "int32"))).asnumpy(), [1])
    with pytest.raises(ParamError, match=r"does not fit into uint8 \(wanted 0 to 255, got 300"):
        NDArray(np.array([1], "uint8")) + 300


def test_matrices_that_cannot_be_factored_are_named() -> None:
    with pytest.raises(DataError, match=r"_linalg_potrf: a matrix is not positive definite"):
        F._linalg_potrf(NDArray(-np.eye(2)))
    with pytest.raises(DataError, match=r"_linalg_inverse: a matrix has no inverse"):
        F._linalg_inverse(NDArray(np.zeros((2, 2))))
