"""Quick ways to parts, shapes, sources and numbers in place: what they give, and what they leave to the general way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netwright import autograd, cpu, nd
from netwright import random as mx_random
from netwright.errors import AutogradError, DTypeError, NetwrightError, ShapeError
from netwright.ops.nonlinear import logistic
from netwright.ops.totals import SMALL, small_total
from netwright.tape import Alike, Call


def test_arrays_from_nothing_share_no_memory() -> None:
    for make in (nd.zeros, nd.ones, nd.arange):
        first: Any = make(4)  # type: ignore[operator]
        kept = first.asnumpy()
        first[:] = 7
        again: Any = make(4)  # type: ignore[operator]
        np.testing.assert_array_equal(again.asnumpy(), kept)
        assert again.dtype is np.float32
    assert nd.zeros((2, 0)).shape == (2, 0)
    assert nd.zeros((2,), dtype="int32").dtype is np.int32
    with cpu(1):
        assert nd.zeros((4,)).ctx == cpu(1)
    assert nd.zeros((4,)).ctx == cpu(0)


def test_draws_go_on_and_begin_anew_from_a_seed() -> None:
    def draws() -> list[Any]:
        mx_random.seed(3)
        made = [nd.random.uniform(shape=(3,)), nd.random.uniform(shape=(3,)), nd.random.normal(1.0, 2.0, shape=(3,))]
        return [one.asnumpy() for one in made]

    first, second = draws(), draws()
    np.testing.assert_array_equal(first, second)
    assert (first[0] != first[1]).all()
    assert np.signbit(nd.full((1,), -0.0).asnumpy()).all()
    assert not np.signbit(nd.full((1,), 0.0).asnumpy()).any()


def test_numbers_in_place() -> None:
    x = nd.array([1.0, 2.0])
    same = x
    x *= 3
    x += 0.5
    x -= 1
    x /= 2.0
    assert x is same
    assert x.asnumpy().tolist() == [1.25, 2.75]
    x.attach_grad()
    with autograd.record(), pytest.raises(AutogradError, match="in place"):
        x += 1.0
    whole = nd.array([5, 6], dtype="int32")
    whole /= 2
    assert whole.asnumpy().tolist() == [2, 3]


def test_assignments() -> None:
    x = nd.zeros((2, 3))
    x[:] = 1.0
    x[1] = nd.array([4.0, 5.0, 6.0])
    x[0:1] = 2
    assert x.asnumpy().tolist() == [[2, 2, 2], [4, 5, 6]]
    x[0] = 1e300  # cast as C does it, without a warning
    assert np.isinf(x.asnumpy()[0]).all()
    with pytest.raises(ShapeError, match="does not fit"):
        x[1] = nd.zeros((4,))
    with pytest.raises(NetwrightError, match="out of bounds"):
        x[7] = 1.0
    fixed = np.zeros(3, np.float32)
    fixed.flags.writeable = False
    with pytest.raises(DTypeError, match="read-only"):
        nd.from_numpy(fixed)[0:2] = 1.0


def test_recorded_parts_and_shapes_are_copies_and_have_their_gradient() -> None:
    x = nd.array(np.arange(6).reshape(2, 3))
    x.attach_grad()
    for _ in range(2):  # the second time by the short way
        with autograd.record():
            parts = [x[1], x[0:2:2], x.reshape((3, -1)), x.reshape(3, 2)]
            total = sum((i + 1) * part.sum() for i, part in enumerate(parts))
        assert not any(np.shares_memory(x._data, part._data) for part in parts)
        total.backward()  # type: ignore[union-attr]
        assert x.grad is not None
        assert x.grad.asnumpy().tolist() == [[9, 9, 9], [8, 8, 8]]
    assert np.shares_memory(x.reshape((6,))._data, x._data)
    for wrong in ((5,), (2.5, 2), ("a",)):
        with pytest.raises(NetwrightError):
            x.reshape(wrong)
    with pytest.raises(TypeError, match="slice indices"):
        x[0.5:1]  # type: ignore[misc]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("shape", "axes", "target"),
    [
        ((9,), (0,), (1,)),
        ((4, 5), (0,), (5,)),
        ((4, 6), (1,), (4, 1)),
        ((2, 3, 4), (1, 2), (2,)),
        ((2, 3), (0, 1), (1,)),
    ],
)
def test_small_sums(dtype: str, shape: Any, axes: Any, target: Any) -> None:
    data = np.random.default_rng(0).normal(size=shape).astype(dtype)
    total = small_total(shape, np.dtype(dtype), axes, target)
    assert total is not None
    found = total(data)
    assert (found.shape, found.dtype) == (target, data.dtype)
    np.testing.assert_allclose(found, data.sum(axes).reshape(target), rtol=1e-5, atol=1e-6)
    data.reshape(-1)[1] = np.nan
    assert np.isnan(total(data)).any()


def test_what_is_no_small_sum() -> None:
    kind = np.dtype(np.float32)
    for shape, axes in (((2, 3, 4), (1,)), ((2, 3, 4), (0, 2)), ((SMALL + 1,), (0,)), ((0, 3), (0,)), ((3,), ())):
        assert small_total(shape, kind, axes, (1,)) is None
    assert small_total((3,), np.dtype(np.float16), (0,), (1,)) is None
    assert small_total((3, 5), kind, (1,), (3, 1)) is None  # of which OpenBLAS may warn for nothing


def test_extremes_of_what_is_no_number() -> None:
    x = nd.array([[1.0, np.nan, 3.0], [-1.0, -5.0, -2.0]])
    for _ in range(2):
        np.testing.assert_array_equal(x.max(axis=1).asnumpy(), [np.nan, -1])
        np.testing.assert_array_equal(x.min(axis=0).asnumpy(), [-1, np.nan, -2])
        assert np.isnan(x.max().asscalar())
        assert x[1].min().asscalar() == -5


def test_the_logistic_function_hardly_hangs_on_the_size() -> None:
    x = np.linspace(-80, 80, SMALL + 1, dtype=np.float32)
    small, large = logistic(np, x[:-1]), logistic(np, x)[:-1]
    exact = 1 / (1 + np.exp(-x[:-1].astype(np.float64)))
    for found in (small, large):
        np.testing.assert_allclose(found, exact, rtol=4 * 2.0**-23)


def test_the_first_parameter_by_place_and_by_name() -> None:
    x = nd.array(np.arange(6).reshape(2, 3))
    for _ in range(2):
        assert nd.sum(x, 1).asnumpy().tolist() == nd.sum(x, axis=1).asnumpy().tolist() == [3, 12]
        assert nd.sum(x, axis=1, keepdims=True).shape == (2, 1)
        assert nd.sum(x, [0, 1]).asnumpy().tolist() == [15]
        assert nd.concat(x, x, dim=0).shape == (4, 3)
        assert nd.stack(x, x, axis=0).shape == (2, 2, 3)
    with pytest.raises(NetwrightError, match="axis"):
        nd.sum(x, 3)
    with pytest.raises(NetwrightError, match="no parameter"):
        nd.sum(x, nothing=3)


def test_a_gradient_that_is_no_plain_array_goes_by_the_general_way() -> None:
    """A head's gradient of another dtype, and a node used twice."""
    x = nd.array([1.0, 2.0])
    x.attach_grad()
    with autograd.record():
        y = x * x + x
    assert isinstance(y._entry[0], Alike)  # type: ignore[index]
    y.backward(nd.array([1.0, 10.0], dtype="float32"))
    assert x.grad is not None
    assert x.grad.asnumpy().tolist() == [3, 50]
    with autograd.record():
        z = nd.broadcast_add(x, nd.ones((3, 1)))
        again = nd.broadcast_add(x, nd.ones((3, 1)))
        total = z + again
    assert isinstance(again._entry[0], Call)  # type: ignore[index]
    total.backward()
    assert x.grad.asnumpy().tolist() == [6, 6]
