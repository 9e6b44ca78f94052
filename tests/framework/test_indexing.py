"""What stands between brackets, and operators on indices: against NumPy's own rule, and their refusals."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from netwright import autograd, nd
from netwright.errors import DataError, ParamError, ShapeError
from netwright.ops import get
from netwright.ops.keys import basic_shape, mixed_shape, plain
from netwright.ops.operator import TensorSpec

SHAPE = (3, 4, 5)


def encoded(key: Any) -> tuple[Any, ...]:
    """A NumPy key as operators keep it."""
    parts = key if isinstance(key, tuple) else (key,)
    return tuple("..." if k is Ellipsis else (k.start, k.stop, k.step) if isinstance(k, slice) else k for k in parts)


@given(hnp.basic_indices(SHAPE, allow_newaxis=True))
def test_basic_keys_follow_numpy(key: Any) -> None:
    x = np.arange(60.0).reshape(SHAPE)
    kept = encoded(key)
    assert basic_shape(kept, SHAPE) == (x[key].shape or (1,))
    np.testing.assert_array_equal(x[plain(kept)], x[key])


@st.composite
def mixed_keys(draw: Any) -> tuple[list[Any], list[Any]]:
    """(the key with "array" in it, its index arrays): up to three parts, new axes and an ellipsis among them."""
    parts: list[Any] = []
    arrays: list[Any] = []
    for axis in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["array", "array", "slice", "int"]))
        if kind == "array":
            shape = draw(st.sampled_from([(2,), (1,), (3, 2), (3, 1)]))
            arrays.append(draw(hnp.arrays(np.int64, shape, elements=st.integers(-3, 2))))
            parts.append("array")
        elif kind == "slice":
            parts.append((draw(st.integers(0, 2)), None, draw(st.sampled_from([1, 2, None]))))
        else:
            parts.append(draw(st.integers(-3, 2)))
        if draw(st.integers(0, 5)) == 0:
            parts.append(None)
        if axis == 0 and draw(st.integers(0, 3)) == 0:
            parts.append("...")
    return parts, arrays


@settings(max_examples=300)
@given(mixed_keys())
def test_keys_with_arrays_follow_numpy(found: tuple[list[Any], list[Any]]) -> None:
    parts, arrays = found
    x = np.arange(60.0).reshape(SHAPE)
    key = tuple(parts)
    waiting = iter(arrays)
    by_numpy = tuple(
        next(waiting) if k == "array" else ... if k == "..." else slice(*k) if isinstance(k, tuple) else k
        for k in parts
    )
    wanted = x[by_numpy]
    assert mixed_shape(key, SHAPE, [a.shape for a in arrays]) == (wanted.shape or (1,))
    op = get("_advanced_index")
    p = op.make_params({"key": key, "num_args": 1 + len(arrays)})
    got = op.forward(np, p, x, *arrays)
    np.testing.assert_array_equal(got, wanted.reshape(wanted.shape or (1,)))
    assert not np.shares_memory(got, x)


def test_a_key_survives_json() -> None:
    op = get("_basic_index")
    key = (1, (None, None, -1), "...", None)
    stored = json.loads(json.dumps(op.make_params({"key": key}).given()))
    assert op.Params.make(stored).given() == op.Params.make(stored, strict=True).given() == {"key": key}


def test_gradients_of_repeated_indices_add_up() -> None:
    x = nd.array(np.arange(6.0).reshape(3, 2))
    x.attach_grad()
    with autograd.record():
        y = x[nd.array([0, 2, 0], dtype="int64")] * nd.array([[1.0], [10.0], [100.0]])
    y.backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.asnumpy(), [[101, 101], [0, 0], [10, 10]])


def test_a_mask_can_be_an_index_while_recording() -> None:
    x = nd.array([1.0, 2.0, 3.0])
    x.attach_grad()
    with autograd.record():
        y = x[np.array([True, False, True])] * 5
    y.backward()
    assert x.grad is not None
    np.testing.assert_array_equal(y.asnumpy(), [5, 15])
    np.testing.assert_array_equal(x.grad.asnumpy(), [5, 0, 5])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("size", [8, 400])
def test_embedding_gradient_is_the_same_for_few_and_many(size: int, dtype: str) -> None:
    """Below and above the size where the sum becomes a sparse product."""
    rng = np.random.default_rng(0)
    rows, values = rng.integers(0, 9, size), rng.integers(-4, 5, (size, 120)).astype(dtype)
    op = get("_take_grad")
    got = op.forward(np, op.make_params({"shape": (9, 120)}), values, rows)
    wanted = np.zeros((9, 120))
    for row, value in zip(rows, values, strict=True):
        wanted[row] += value
    assert got.dtype == dtype
    np.testing.assert_array_equal(got, wanted.astype(dtype))


@pytest.mark.parametrize("index", [[3], [-1]])
def test_take_refuses_what_is_not_there(index: list[int]) -> None:
    with pytest.raises(DataError, match=rf"take: an index is outside .* \(wanted 0 to 2, got {index[0]}\)"):
        nd.take(nd.ones((3, 2)), nd.array(index), mode="raise")


def test_gather_refuses_what_is_not_there() -> None:
    with pytest.raises(DataError, match=r"gather_nd: .*wanted -2 to 1, got 2"):
        nd.gather_nd(nd.ones((2, 3)), nd.array([[2], [0]]))
    with pytest.raises(ShapeError, match="one row for each of the first axes"):
        nd.gather_nd(nd.ones((2, 3)), nd.array([[0], [0], [0]]))


def test_scatter_sums_only_where_asked() -> None:
    values, places = nd.array([1.0, 2.0, 3.0]), nd.array([[0, 0, 1], [1, 1, 2]])
    summed = nd._internal._backward_gather_nd(values, places, shape=(2, 3)).asnumpy()
    np.testing.assert_array_equal(summed, [[0, 3, 0], [0, 0, 3]])
    assert nd.scatter_nd(values, places, shape=(2, 3)).asnumpy()[0, 1] in (1, 2)


def test_pick_takes_both_forms_of_index() -> None:
    x = nd.array(np.arange(6.0).reshape(2, 3))
    for index in ([1, 2], [[1], [2]]):
        np.testing.assert_array_equal(nd.pick(x, nd.array(index)).asnumpy(), [1, 5])
    with pytest.raises(ShapeError, match=r"index must name one element .* \(wanted \(2,\) or \(2, 1\), got \(3,\)\)"):
        nd.pick(x, nd.array([0, 0, 0]))


def test_embedding_fills_in_and_checks_its_weight() -> None:
    op = get("Embedding")
    p = op.make_params({"input_dim": 10, "output_dim": 4})
    assert op.infer_shape(p, [(2, 3), None]) == ([(2, 3), (10, 4)], [(2, 3, 4)])
    with pytest.raises(ShapeError, match=r"Embedding: the weight .* \(wanted \(10, 4\), got \(4, 10\)\)"):
        op.infer(p, (TensorSpec((2,), np.dtype("int64")), TensorSpec((4, 10), np.dtype("float32"))))


def test_index_outside_is_refused_while_recording() -> None:
    x = nd.ones((2, 3))
    x.attach_grad()
    with autograd.record(), pytest.raises(ShapeError, match="index 2 is outside of axis 0"):
        x[2]
    with autograd.record(), pytest.raises(ParamError, match="3 indices for an array of 2 axes"):
        x[0, 0, 0]
