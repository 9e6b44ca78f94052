"""NDArray: indexing and assignment, as NumPy and MXNet 1.9.1 do them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.framework.test_ndarray import grid, values

import netwright as mx
from netwright import nd
from netwright.errors import (
    DTypeError,
    IndexRangeError,
    ShapeError,
)


# ---------------------------------------------------------------- indexing
def test_a_slice_of_whole_rows_is_a_view_and_others_are_copies() -> None:
    """MXNet 1.9.1."""
    a = grid()
    a[1:][:] = 0
    assert values(a) == [[0, 1, 2, 3], [0, 0, 0, 0], [0, 0, 0, 0]]
    a = grid()
    a[:, 1:][:] = 0
    assert values(a) == values(grid())
    a = grid()
    a[1, 2][:] = 99
    assert a[1, 2].asscalar() == 99
    a = grid()
    a.reshape((4, 3))[:] = 0
    assert a.sum().asscalar() == 0
    a = grid()
    a[[0, 1]][:] = 0
    assert a.sum().asscalar() == 66


def test_one_element_has_shape_1() -> None:
    a = grid()
    for found in (a[1, 2], a[-2, -2], a[1][2], a[..., 1, 2]):
        assert found.shape == (1,)
        assert found.asscalar() == 6
    assert nd.arange(3)[-1].shape == (1,)
    assert nd.arange(3)[-1].asscalar() == 2


def test_arrays_and_lists_as_indices() -> None:
    a = grid()
    assert values(a[nd.array([0, 2])]) == values(a[[0, 2]]) == [[0, 1, 2, 3], [8, 9, 10, 11]]
    assert values(a[[0, 1], [1, 2]]) == [1, 6]
    assert values(a[np.array([0, 1]), nd.array([3, 0])]) == [3, 4]
    assert values(a[:, nd.array([0], dtype="int32")]) == [[0], [4], [8]]
    assert values(a[np.array([True, False, True])]) == [[0, 1, 2, 3], [8, 9, 10, 11]]
    assert [row.shape for row in a] == [(4,)] * 3
    assert 1 in nd.array([1.0, 2.0])


@pytest.mark.parametrize(
    ("key", "kind", "words"),
    [
        (3, IndexRangeError, r"index 3 is out of bounds for axis 0 with size 3 \(got an index into shape \(3, 4\)\)"),
        (-4, IndexError, "index -4 is out of bounds"),
        ((0, 0, 0), IndexError, "too many indices"),
        (1.5, DTypeError, r"cannot index with this .*got float"),
        ("a", DTypeError, r"wanted integers, slices, None, ... or arrays, got str"),
    ],
)
def test_bad_indices(key: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        grid()[key]
    with pytest.raises(kind, match=words):
        grid()[key] = 1.0


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        (1, 5, [[0, 1, 2], [5, 5, 5]]),
        ((slice(None), 1), nd.array([7, 8]), [[0, 7, 2], [3, 8, 5]]),
        (0, [9, 8, 7], [[9, 8, 7], [3, 4, 5]]),
        (([0, 1], [1, 2]), 9, [[0, 9, 2], [3, 4, 9]]),
        (slice(None), np.ones(3), [[1, 1, 1], [1, 1, 1]]),
        (nd.array([1]), np.float64(2), [[0, 1, 2], [2, 2, 2]]),
        (Ellipsis, -1, [[-1, -1, -1], [-1, -1, -1]]),
        (np.array([[True, False, False], [False, False, True]]), 0, [[0, 1, 2], [3, 4, 0]]),
    ],
)
def test_assignment(key: Any, value: Any, wanted: Any) -> None:
    a = nd.arange(6).reshape((2, 3))
    a[key] = value
    assert values(a) == wanted


def test_assignment_must_fit() -> None:
    with pytest.raises(ShapeError, match=r"wanted something that broadcasts to \(4,\), got \(3,\)"):
        grid()[1] = nd.ones((3,))


@st.composite
def _basic_keys(draw: st.DrawFn) -> tuple[tuple[int, ...], Any]:
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=4)))

    def part(size: int) -> Any:
        return draw(
            st.one_of(
                st.integers(-size, size - 1),
                st.slices(size),
            )
        )

    count = draw(st.integers(0, len(shape)))
    parts: list[Any] = [part(size) for size in shape[:count]]
    if draw(st.booleans()):
        behind = draw(st.integers(0, min(1, len(shape) - count)))
        parts = [*parts, Ellipsis, *[part(size) for size in shape[len(shape) - behind :]]]
    if draw(st.booleans()):
        parts.insert(draw(st.integers(0, len(parts))), None)
    return shape, tuple(parts)


@given(_basic_keys())
@settings(max_examples=150, deadline=None)
def test_basic_indexing_is_numpy_s(case: tuple[tuple[int, ...], Any]) -> None:
    shape, key = case
    x = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    wanted = np.atleast_1d(x[key])
    a = nd.array(x)
    np.testing.assert_array_equal(a[key].asnumpy(), wanted)
    a[key] = -1
    x[key] = -1
    np.testing.assert_array_equal(a.asnumpy(), x)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_advanced_indexing_is_numpy_s_on_and_off_the_tape(data: st.DataObject) -> None:
    shape = (3, 4, 2)
    length = data.draw(st.integers(1, 3))
    key = []
    for size in shape[: data.draw(st.integers(1, 3))]:
        indices = st.lists(st.integers(-size, size - 1), min_size=length, max_size=length)
        key.append(data.draw(st.one_of(indices, st.slices(size), st.integers(-size, size - 1))))
    if not any(isinstance(part, list) for part in key):
        key[0] = [0] * length
    x = np.arange(24, dtype=np.float64).reshape(shape)
    wanted = np.atleast_1d(x[tuple(key)])
    a = nd.array(x, dtype="float64")
    np.testing.assert_array_equal(a[tuple(key)].asnumpy(), wanted)
    a.attach_grad()
    with mx.autograd.record():
        y = a[tuple(key)]
        z = (y * y).sum()
    z.backward()
    expected = np.zeros(shape)
    np.add.at(expected, tuple(key), 2 * x[tuple(key)])
    np.testing.assert_array_equal(y.asnumpy(), wanted)
    assert a.grad is not None
    np.testing.assert_allclose(a.grad.asnumpy(), expected)


# ---------------------------------------------------------------- assignment as MXNet 1.9.1 does it
@pytest.mark.parametrize("value", [nd.array([77]), nd.array([[77]]), np.array([77]), [77], 77, np.float32(77)])
def test_one_element_takes_one_value_of_any_shape(value: Any) -> None:
    a = grid()
    a[1, 2] = value
    assert a[1, 2].asscalar() == 77
    assert a.sum().asscalar() == 66 - 6 + 77
    row = nd.zeros((3,))
    row[1] = value
    assert values(row) == [0, 77, 0]


def test_numbers_are_cast_as_c_casts_them() -> None:
    a = nd.zeros((4,), dtype="uint8")
    for i, value in enumerate((-1, 300, 2.7, nd.array([256.0]))):
        a[i] = value
    assert a.asnumpy().tolist() == [255, 44, 2, 0]
    half = nd.zeros((1,), dtype="float16")
    half[:] = 1e6
    assert np.isinf(half.asscalar())


@pytest.mark.parametrize("value", [None, "a", [None], object(), [[1], [2, 3]]])
def test_what_cannot_be_assigned(value: Any) -> None:
    with pytest.raises(DTypeError, match="cannot be assigned to the elements of an array"):
        nd.zeros((2,))[:] = value


def test_a_read_only_array_says_so() -> None:
    source = np.ones(3, np.float32)
    source.flags.writeable = False
    a = nd.from_numpy(source)
    assert not a.writable
    with pytest.raises(DTypeError, match=r"memory that is read-only\. Use copy\(\)"):
        a[0] = 2
    assert nd.ones((1,)).writable


def test_a_boolean_is_a_place() -> None:
    assert values(grid()[True]) == [4, 5, 6, 7]


def test_slice_assign() -> None:
    a = grid()
    assert a.slice_assign(nd.ones((1, 2)), (0, 0), (1, 2)) is a
    assert values(a)[0] == [1, 1, 2, 3]
    assert a.slice_assign_scalar(9, (None, 3), (None, None), (2, None)) is a
    assert values(a[:, 3]) == [9, 7, 9]


def test_a_place_may_be_one_integer() -> None:
    assert values(nd.slice(nd.arange(5), 1, 3)) == [1, 2]
    assert values(nd.arange(5).slice(begin=1, end=None)) == [1, 2, 3, 4]
