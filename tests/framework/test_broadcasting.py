"""Broadcasting, by shapes that hypothesis thinks up: values, shapes of gradients, and refusals."""

from __future__ import annotations

from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netwright import autograd
from netwright.errors import ShapeError
from netwright.ndarray.array import NDArray
from netwright.ndarray.invoke import F
from netwright.ops.shapes import broadcast_shape, normalize_axes, reduced_shape

PAIRS = hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=4)
SHAPES = hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=4)
ANY_SHAPE = st.lists(st.integers(0, 5), max_size=4).map(tuple)


@given(ANY_SHAPE, ANY_SHAPE)
def test_common_shape_is_numpys_or_an_error(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    try:
        wanted = np.broadcast_shapes(a, b)
    except ValueError:
        with pytest.raises(ShapeError, match="do not fit together"):
            broadcast_shape(a, b)
    else:
        assert broadcast_shape(a, b) == wanted


@settings(deadline=None)
@given(PAIRS, st.sampled_from(["broadcast_add", "broadcast_mul", "broadcast_sub", "broadcast_maximum"]))
def test_gradients_are_summed_back(pair: Any, name: str) -> None:
    """The gradient has the input's shape, and is the sum over the places that an element went to."""
    shapes = [s or (1,) for s in pair.input_shapes]
    rng = np.random.default_rng(0)
    arrays = [NDArray(rng.standard_normal(s)) for s in shapes]
    for a in arrays:
        a.attach_grad()
    with autograd.record():
        y = getattr(F, name)(*arrays)
    weights = rng.standard_normal(y.shape)
    y.backward(NDArray(weights))
    a, b = (x.asnumpy() for x in arrays)
    slopes = {
        "broadcast_add": (np.ones(y.shape), np.ones(y.shape)),
        "broadcast_sub": (np.ones(y.shape), -np.ones(y.shape)),
        "broadcast_mul": (np.broadcast_to(b, y.shape), np.broadcast_to(a, y.shape)),
        "broadcast_maximum": ((a >= b) * 1.0, (a < b) * 1.0),
    }[name]
    for x, slope in zip(arrays, slopes, strict=True):
        assert x.grad is not None
        assert x.grad.shape == x.shape
        np.testing.assert_allclose(x.grad.asnumpy(), folded(slope * weights, x.shape), atol=1e-12)


def folded(values: Any, shape: tuple[int, ...]) -> Any:
    found = np.zeros(shape)
    for place in np.ndindex(*values.shape):
        tail = place[len(place) - len(shape) :]
        found[tuple(0 if n == 1 else i for i, n in zip(tail, shape, strict=True))] += values[place]
    return found


@settings(deadline=None)
@given(PAIRS)
def test_sum_to_and_spread_are_adjoint(pair: Any) -> None:
    """⟨spread(x), y⟩ = ⟨x, sum_to(y)⟩ for every shape x that broadcasts to y's."""
    small, large = pair.input_shapes[0] or (1,), pair.result_shape or (1,)
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal(small), rng.standard_normal(large)
    spread = F._spread(NDArray(x), shape=large)
    summed = F._sum_to(NDArray(y), shape=small)
    assert spread.shape == large
    assert summed.shape == small
    np.testing.assert_allclose(np.sum(spread.asnumpy() * y), np.sum(x * summed.asnumpy()), atol=1e-10)


@settings(deadline=None)
@given(SHAPES, st.data())
def test_reductions_over_any_axes(shape: tuple[int, ...], data: st.DataObject) -> None:
    axes = data.draw(st.lists(st.integers(-len(shape), len(shape) - 1), max_size=3, unique_by=lambda a: a % len(shape)))
    keepdims, exclude = data.draw(st.booleans()), data.draw(st.booleans())
    x = np.random.default_rng(2).standard_normal(shape)
    found = F.sum(NDArray(x), axis=tuple(axes), keepdims=keepdims, exclude=exclude)
    chosen = {a % len(shape) for a in axes} or set(range(len(shape)))
    if exclude and axes:
        chosen = set(range(len(shape))) - chosen
    wanted = np.sum(x, axis=tuple(chosen), keepdims=keepdims)
    np.testing.assert_allclose(found.asnumpy(), wanted.reshape(wanted.shape or (1,)), atol=1e-12)
    assert found.shape == reduced_shape(shape, normalize_axes(tuple(axes), len(shape), exclude=exclude), keepdims)


def test_the_error_says_which_axis() -> None:
    with pytest.raises(ShapeError, match=r"axis -1 has 3 and 2.*wanted equal sizes.*reshape\(\)"):
        F.broadcast_mul(NDArray(np.ones((2, 3))), NDArray(np.ones((2, 2))))
    with pytest.raises(ShapeError, match=r"elemwise_add.*one shape.*broadcast_"):
        F.elemwise_add(NDArray(np.ones((2, 3))), NDArray(np.ones((1, 3))))
