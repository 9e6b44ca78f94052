"""NDArray: making, arithmetic and its dtype rules, conversion, files.

Values marked "MXNet 1.9.1" were read off that release.
"""

from __future__ import annotations

import operator
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright import nd
from netwright.errors import (
    CheckpointError,
    DataError,
    DeviceError,
    DTypeError,
    MemoryLimitError,
    ParamError,
    ShapeError,
)


def grid() -> nd.NDArray:
    return nd.arange(12).reshape((3, 4))


def values(a: Any) -> Any:
    return a.asnumpy().tolist()


# ---------------------------------------------------------------- making
def test_the_default_dtype_is_float32_whatever_the_source() -> None:
    for source in ([1, 2], (1.0, 2.0), np.arange(2), np.ones(2, np.float64), [True, False]):
        assert nd.array(source).dtype is np.float32
    assert nd.array(nd.array([1], dtype="int32")).dtype is np.int32
    assert nd.array([1, 0], dtype="bool").dtype is np.bool_
    assert nd.array(np.arange(2), dtype=np.int64).dtype is np.int64


def test_an_array_is_a_copy_of_its_source() -> None:
    source = np.ones((2, 2), np.float32)
    a = nd.array(source)
    source[:] = 5
    assert values(a) == [[1, 1], [1, 1]]
    b = nd.array(a)
    b[:] = 7
    assert values(a) == [[1, 1], [1, 1]]


def test_from_numpy_shares_memory_unless_told_not_to() -> None:
    source = np.zeros(3, np.float64)
    shared, own = nd.from_numpy(source), nd.from_numpy(source, zero_copy=False)
    source[0] = 4
    assert values(shared) == [4, 0, 0]
    assert values(own) == [0, 0, 0]
    assert shared.dtype is np.float64


def test_lists_may_hold_arrays_and_a_number_is_one_element() -> None:
    row = nd.array([1, 2])
    assert values(nd.array([row, row])) == [[1, 2], [1, 2]]
    assert nd.array(5.0).shape == (1,)


@pytest.mark.parametrize(
    ("make", "wanted"),
    [
        (lambda: nd.zeros(3), [0, 0, 0]),
        (lambda: nd.ones((1, 2)), [[1, 1]]),
        (lambda: nd.full((2,), 7), [7, 7]),
        (lambda: nd.arange(2, 8, 2, repeat=2), [2, 2, 4, 4, 6, 6]),
        (lambda: nd.arange(3), [0, 1, 2]),
        (lambda: nd.arange(0, 1, 0.25), [0, 0.25, 0.5, 0.75]),
        (lambda: nd.linspace(0, 1, 4, endpoint=False), [0, 0.25, 0.5, 0.75]),
        (lambda: nd.linspace(0, 1, 3), [0, 0.5, 1]),
        (lambda: nd.eye(2, 3, 1), [[0, 1, 0], [0, 0, 1]]),
        (lambda: nd.concatenate([nd.ones((1, 2)), nd.zeros((1, 2))]), [[1, 1], [0, 0]]),
    ],
)
def test_makers(make: Callable[[], nd.NDArray], wanted: Any) -> None:
    made = make()
    assert values(made) == wanted
    assert made.dtype is np.float32
    assert made.ctx == mx.cpu()


def test_makers_take_shapes_dtypes_and_devices() -> None:
    assert nd.empty((2, 3), dtype="int8").dtype is np.int8
    assert nd.zeros((2, 0)).shape == (2, 0)
    assert nd.ones((2,), mx.cpu(), "float64").dtype is np.float64
    assert nd.full((2,), 1.7, dtype="int32").asnumpy().tolist() == [1, 1]
    target = nd.zeros((2,))
    assert nd.full((2,), 3, out=target) is target
    assert values(target) == [3, 3]
    assert nd.moveaxis(nd.zeros((2, 3, 4)), 0, -1).shape == (3, 4, 2)
    assert nd.moveaxis(nd.zeros((2, 3, 4)), [0, 1], [1, 2]).shape == (4, 2, 3)
    alone = nd.ones((2,))
    assert nd.concatenate([alone], always_copy=False) is alone


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda: nd.array([[1], [2, 3]]), DataError, "nd.array: this cannot be made an array"),
        (lambda: nd.array(["a"]), DataError, "nd.array: this cannot be made an array: could not convert"),
        (lambda: nd.array([1], dtype="complex64"), DTypeError, "wanted float16, .*got complex64"),
        (lambda: nd.array([1], dtype="float31"), DTypeError, "not known here.*got 'float31'"),
        (lambda: nd.zeros((2,), dtype=True), DTypeError, "not known here.*got True"),
        (lambda: nd.concatenate([]), DataError, "at least one array"),
        (lambda: nd.ones((2,)).astype("text"), DTypeError, "got 'text'"),
        (lambda: nd.zeros((2,), ctx="tpu"), DeviceError, "unknown device.*got 'tpu'"),
    ],
)
def test_what_cannot_be_made(make: Callable[[], Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        make()


@pytest.mark.skipif(mx.num_gpus() > 0, reason="there is a GPU")
def test_a_device_that_is_not_there() -> None:
    with pytest.raises(DeviceError, match=r"gpu\(0\) is not there .*Use cpu\(\), or the device 'auto'"):
        nd.zeros((2,), ctx=mx.gpu())


# ---------------------------------------------------------------- facts
def test_facts() -> None:
    a = nd.zeros((2, 3, 4))
    assert (a.shape, a.size, a.ndim, len(a), a.T.shape, a.stype) == ((2, 3, 4), 24, 3, 2, (4, 3, 2), "default")
    assert a.context == a.ctx == a.device == mx.cpu(0)
    assert repr(nd.array([1.0, 2.0])) == "\n[1. 2.]\n<NDArray 2 @cpu(0)>"
    assert str(nd.ones((2, 2))) == "\n[[1. 1.]\n [1. 1.]]\n<NDArray 2x2 @cpu(0)>"
    assert a.asnd() is a
    assert a.as_nd_ndarray() is a
    assert a.tostype("default").shape == a.shape
    a.wait_to_read()
    nd.waitall()


def test_one_element_becomes_a_python_value() -> None:
    one = nd.array([3.7])
    assert one.asscalar() == np.float32(3.7)
    assert isinstance(one.asscalar(), np.float32)
    assert isinstance(one.item(), float)
    assert (float(one), int(one)) == (pytest.approx(3.7), 3)
    assert [10, 20, 30][nd.array([1], dtype="int32")] == 20
    assert bool(nd.array([0])) is False
    assert bool(nd.array([[2]])) is True
    assert bool(nd.zeros((0,))) is False
    assert grid().tolist()[1] == [4, 5, 6, 7]


@pytest.mark.parametrize(
    ("use", "kind", "words"),
    [
        (lambda a: a.asscalar(), ShapeError, r"asscalar\(\): only an array of one element is a number .*got \(3, 4\)"),
        (bool, ShapeError, r"ambiguous .*Compare a sum\(\) or use asnumpy\(\)\.any\(\)"),
        (lambda a: [1][nd.array([0.0])], DTypeError, "only an integer array.*got float32"),
        (lambda a: nd.ones((2, 3, 4)).tostype("csr"), ShapeError, "a csr array is a matrix"),
        (lambda a: a @ a, DTypeError, r"@ is not defined.*Use dot\(a, b\)"),
    ],
)
def test_what_has_no_python_value(use: Callable[[Any], Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        use(grid())


def test_numpy_reads_arrays() -> None:
    a = grid()
    assert np.asarray(a).tolist() == values(a)
    assert np.asarray(a, dtype=np.int64).dtype == np.int64
    assert float(np.sum(np.asarray(a))) == 66
    copy = a.asnumpy()
    copy[:] = 0
    assert a.sum().asscalar() == 66
    np.testing.assert_array_equal(np.from_dlpack(a), a.asnumpy())


# ---------------------------------------------------------------- arithmetic
BINARY = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.mod,
    operator.pow,
    operator.eq,
    operator.ne,
    operator.gt,
    operator.ge,
    operator.lt,
    operator.le,
]


@pytest.mark.parametrize("op", BINARY, ids=lambda op: op.__name__)
def test_operators_between_arrays_numbers_and_numpy(op: Callable[[Any, Any], Any]) -> None:
    x = np.array([[0.5, 1.5, 2.0], [3.0, 2.5, 1.0]], np.float32)
    y = np.array([2.0, 1.5, 2.0], np.float32)
    for left, right, wanted in [
        (nd.array(x), nd.array(y), op(x, y)),
        (nd.array(x), 2, op(x, np.float32(2))),
        (2, nd.array(x), op(np.float32(2), x)),
        (np.float64(1.5), nd.array(x), op(np.float32(1.5), x)),
        (nd.array(x), y, op(x, y)),
        (x, nd.array(y), op(x, y)),
    ]:
        found = op(left, right)
        assert isinstance(found, nd.NDArray)
        assert found.dtype is np.float32
        np.testing.assert_allclose(found.asnumpy(), wanted, rtol=1e-6)


def test_unary_operators() -> None:
    a = nd.array([-1.5, 0, 2])
    assert values(-a) == [1.5, 0, -2]
    assert values(abs(a)) == [1.5, 0, 2]
    assert values(~a) == [0, 1, 0]


def test_a_number_takes_the_dtype_of_the_array() -> None:
    """MXNet 1.9.1: the number is converted first, so integers stay integers."""
    i, u = nd.array([1, 2], dtype="int32"), nd.array([1, 2], dtype="uint8")
    for found, wanted in [
        (i + 1.5, [2, 3]),
        (1.5 + i, [2, 3]),
        (i / 2, [0, 1]),
        (2 / i, [2, 1]),
        (i * 2.7, [2, 4]),
        (i % 1.5, [0, 0]),
        (i > 1, [0, 1]),
        (i + True, [2, 3]),
    ]:
        assert found.dtype is np.int32
        assert values(found) == wanted
    assert values(u - 3) == [254, 255]
    assert values(-u) == [255, 254]
    assert np.isinf((nd.array([1], dtype="float16") * 1e5).asnumpy()).all()
    assert (nd.array([1], dtype="float64") + 1).dtype is np.float64


def test_modulo_follows_the_divisor_s_sign() -> None:
    """MXNet 1.9.1."""
    assert values(nd.array([-5.0]) % 3) == [1]
    assert values(7 % nd.array([-3.0])) == [-2]
    assert values(nd.modulo(-5, nd.array([3.0]))) == [1]
    assert values(nd.array([2.0]) % 0) == [0]


@pytest.mark.parametrize(
    ("use", "kind", "words"),
    [
        (lambda: nd.ones((2,)) + nd.ones((2,), dtype="int32"), DTypeError, r"one dtype .*float32.*int32.*astype"),
        (lambda: nd.ones((2, 3)) * nd.ones((2, 2)), ShapeError, r"\(2, 3\) and \(2, 2\) do not fit"),
        (lambda: nd.ones((2,)) - [1, 2], TypeError, "an operator between NDArray and list"),
        (lambda: nd.maximum("a", nd.ones((2,))), DTypeError, "maximum: this function is for arrays and numbers"),
    ],
)
def test_operands_that_do_not_fit(use: Callable[[], Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        use()


def test_functions_of_arrays_and_numbers() -> None:
    a = nd.array([1.0, 3.0])
    assert values(nd.maximum(a, 2)) == [2, 3]
    assert values(nd.maximum(2, a)) == [2, 3]
    assert values(nd.subtract(5, a)) == [4, 2]
    assert values(nd.power(2, a)) == [2, 8]
    assert values(nd.lesser(2, a)) == [0, 1]
    assert values(nd.greater_equal(a, nd.array([1.0, 4.0]))) == [1, 0]
    # of two numbers, MXNet 1.9.1 gives a number
    assert [nd.add(2, 3), nd.maximum(2, 3), nd.equal(2, 3), nd.greater(3, 2), nd.logical_and(2, 0)] == [5, 3, 0, 1, 0]
    assert nd.divide(1, 2) == 0.5


def test_equality_is_elementwise_and_arrays_can_be_keys() -> None:
    a, b = nd.ones((2,)), nd.ones((2,))
    assert values(a == b) == [1, 1]
    assert len({a: 1, b: 2}) == 2
    assert (a == None) is False  # noqa: E711 - what == gives is the point


# ---------------------------------------------------------------- in place
def test_in_place_operators_keep_memory_and_dtype() -> None:
    a = nd.array([1, 2, 3])
    view = a[0:2]
    before = a
    a += 1
    a *= nd.array([2, 2, 2])
    a -= nd.array([1.0])
    a /= 2
    a %= 2
    assert a is before
    np.testing.assert_allclose(a.asnumpy(), [1.5, 0.5, 1.5])
    np.testing.assert_allclose(view.asnumpy(), [1.5, 0.5])


def test_in_place_results_must_fit() -> None:
    a = nd.ones((4,))
    with pytest.raises(ShapeError, match=r"does not fit into the array \(wanted \(4,\), got \(3, 4\)\)"):
        a += grid()
    with pytest.raises(TypeError, match="an operator between NDArray and str"):
        a += "x"


# ---------------------------------------------------------------- copies and devices
def test_copies() -> None:
    a = nd.array([1.0, 2.0])
    b = a.copy()
    b[:] = 0
    assert values(a) == [1, 2]
    target = nd.zeros((2,), dtype="int32")
    assert a.copyto(target) is target
    assert values(target) == [1, 2]
    assert target.dtype is np.int32
    other = a.copyto(mx.cpu())
    other[:] = 9
    assert values(a) == [1, 2]
    assert a.copyto(a) is a
    with pytest.raises(ShapeError, match=r"copyto\(\): both arrays have one shape \(wanted \(2,\), got \(3,\)\)"):
        a.copyto(nd.zeros((3,)))


def test_as_in_context_gives_the_array_itself_where_it_is_there() -> None:
    a = nd.ones((2,))
    assert a.as_in_context(mx.cpu()) is a
    assert a.as_in_ctx(mx.cpu(0)) is a
    assert a.to_device(mx.cpu()) is a


def test_astype() -> None:
    a = nd.array([1.7, -1.7])
    assert values(a.astype("int32")) == [1, -1]
    assert a.astype(np.float16).dtype is np.float16
    assert a.astype("float32") is not a
    assert a.astype("float32", copy=False) is a
    same = a.astype("float32")
    same[:] = 0
    assert values(a)[0] != 0


# ---------------------------------------------------------------- shape
def test_reshape_codes() -> None:
    a = nd.zeros((2, 3, 4))
    for codes, wanted in [
        ((-1,), (24,)),
        ((0, -1), (2, 12)),
        ((-2,), (2, 3, 4)),
        ((-3, 0), (6, 4)),
        ((-4, 1, 2, -2), (1, 2, 3, 4)),
        ((6, 4), (6, 4)),
    ]:
        assert a.reshape(codes).shape == wanted
        assert a.reshape(*codes).shape == wanted
        assert a.reshape(shape=codes).shape == wanted
    assert a.reshape(-1).shape == (24,)
    assert nd.zeros((8, 3, 6)).reshape((-1, 0), reverse=True).shape == (24, 6)
    assert a.reshape_like(nd.zeros((6, 4))).shape == (6, 4)
    with pytest.raises(ShapeError, match=r"\(2, 3, 4\) holds 24 elements and cannot become \(5, 5\)"):
        a.reshape((5, 5))


def test_methods_are_the_operators() -> None:
    a = grid()
    assert a.sum(axis=1, keepdims=True).shape == (3, 1)
    assert a.expand_dims(0).shape == (1, 3, 4)
    assert values(a.slice(begin=(0, 1), end=(2, 3))) == [[1, 2], [5, 6]]
    assert values(a.max(axis=0)) == [8, 9, 10, 11]
    assert values(a.argmax(axis=1)) == [3, 3, 3]
    assert a.flatten().shape == (3, 4)
    assert values(a.clip(2, 4)[0]) == [2, 2, 2, 3]
    assert [part.shape for part in a.split(2, axis=1)] == [(3, 2), (3, 2)]
    with pytest.raises(ParamError, match=r"there is no parameter 'axes'"):
        a.sum(axes=1)


# ---------------------------------------------------------------- files and processes
def test_save_and_load(tmp_path: Path) -> None:
    file = str(tmp_path / "arrays")
    a, b = grid(), nd.array([1, 2], dtype="int64")
    nd.save(file, a)
    (found,) = nd.load(file)
    assert values(found) == values(a)
    nd.save(file, [a, b])
    first, second = nd.load(file)
    assert (first.dtype, second.dtype) == (np.float32, np.int64)
    assert values(second) == [1, 2]
    nd.save(file, {"w": a, "b": b})
    named = nd.load(file)
    assert isinstance(named, dict)
    assert sorted(named) == ["b", "w"]
    assert values(named["w"]) == values(a)


def test_a_list_of_many_arrays_keeps_its_order(tmp_path: Path) -> None:
    file = str(tmp_path / "arrays")
    nd.save(file, [nd.full((1,), i) for i in range(12)])
    assert [int(a) for a in nd.load(file)] == list(range(12))


def test_what_cannot_be_saved_or_loaded(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"w: only NDArrays can be saved .*got ndarray"):
        nd.save(str(tmp_path / "x"), {"w": np.ones(2)})
    with pytest.raises(CheckpointError, match="nothing: the file cannot be read"):
        nd.load(str(tmp_path / "nothing"))
    (tmp_path / "bad").write_bytes(b"\x93NUMPY")
    with pytest.raises(CheckpointError, match="bad: this is not a whole safetensors file"):
        nd.load(str(tmp_path / "bad"))


def test_pickling_keeps_values_dtype_and_device_and_drops_the_tape() -> None:
    a = nd.array([1, 2], dtype="int8")
    a.attach_grad()
    b = pickle.loads(pickle.dumps(a))
    assert (values(b), b.dtype, b.ctx, b.grad) == ([1, 2], np.int8, mx.cpu(), None)


def test_cpu_numbers_are_kept_apart() -> None:
    # as in MXNet 1.9.1, where programs written for several devices are tried on cpu(0), cpu(1), …
    one, other = mx.cpu(0), mx.cpu(1)
    a = nd.ones((2, 2), ctx=other)
    with other:
        assert nd.zeros((1,)).ctx == nd.random.uniform(shape=(1,)).ctx == other
    for made in (a + 1, nd.dot(a, a), a[0], a.reshape((4,)), a.detach(), a.copy(), a.T, pickle.loads(pickle.dumps(a))):
        assert made.ctx == other
    assert a.as_in_context(other) is a
    b = a.as_in_context(one)
    b += 1
    assert (values(a), values(b), b.ctx) == ([[1, 1], [1, 1]], [[2, 2], [2, 2]], one)
    a.attach_grad()
    with mx.autograd.record():
        y = a.as_in_context(one) * 3
    y.backward()
    assert (y.ctx, a.grad.ctx, values(a.grad)) == (one, other, [[3, 3], [3, 3]])  # type: ignore[union-attr]


# ---------------------------------------------------------------- more makers, and other libraries
def test_onehot_encode() -> None:
    out = nd.zeros((2, 3))
    assert nd.onehot_encode(nd.array([0, 2]), out) is out
    assert values(out) == [[1, 0, 0], [0, 0, 1]]
    with pytest.raises(ShapeError, match=r"onehot_encode: out has one row for each index \(wanted \(2, depth\)"):
        nd.onehot_encode(nd.array([0, 2]), nd.zeros((3, 3)))


def test_dlpack_shares_memory() -> None:
    a = nd.arange(3)
    for capsule in (a.to_dlpack_for_write(), nd.to_dlpack_for_write(a), a.to_dlpack_for_read(), a):
        seen = nd.from_dlpack(capsule)
        seen[0] += 5
        assert seen.dtype is np.float32
    assert values(a) == [20, 1, 2]
    assert values(nd.from_dlpack(np.arange(6.0).reshape(2, 3).T)) == [[0, 3], [1, 4], [2, 5]]
    with pytest.raises(DTypeError, match="from_dlpack: this is no DLPack capsule"):
        nd.from_dlpack([1])


def test_load_frombuffer(tmp_path: Path) -> None:
    for name in ("a.params", "a.safetensors"):
        nd.save(str(tmp_path / name), {"w": grid()})
        assert values(nd.load_frombuffer((tmp_path / name).read_bytes())["w"]) == values(grid())  # type: ignore[call-overload]
    with pytest.raises(DataError, match=r"load_frombuffer\(\) reads bytes .*got str"):
        nd.load_frombuffer("a")  # type: ignore[arg-type]


def test_operands_by_name() -> None:
    assert values(nd.power(base=nd.array([2, 3]), exp=2)) == [4, 9]
    assert values(nd.maximum(lhs=nd.array([1, 5]), rhs=3)) == [3, 5]
    with pytest.raises(ParamError, match="power: there is no parameter 'axis'"):
        nd.power(nd.ones((2,)), 2, axis=1)


@pytest.mark.parametrize(
    ("use", "words"),
    [
        (
            lambda: nd.zeros((10**6, 10**6, 4)),
            r"_zeros: the result would not fit into memory .*GiB for shape \(1000000",
        ),
        (lambda: nd.ones((1, 10**6)).broadcast_to((10**8, 10**6)), "broadcast_to: the result would not fit"),
        (lambda: nd.one_hot(nd.zeros((10**5,)), 10**9), "one_hot: the result would not fit.*Make it smaller"),
        (lambda: nd.arange(10**13), "_arange: the result would not fit"),
        (lambda: nd.ones((10**7, 1)) + nd.ones((1, 10**8)), "memory"),
    ],
)
def test_what_no_memory_holds_is_refused_before_it_is_made(use: Callable[[], Any], words: str) -> None:
    with pytest.raises(MemoryLimitError, match=words):
        use()


@pytest.mark.parametrize(
    ("use", "words"),
    [
        (lambda: nd.moveaxis(nd.zeros((2, 3)), 5, 0), "moveaxis: there is no such axis .*wanted -2 to 1, got 5"),
        (lambda: nd.moveaxis(nd.zeros((2, 3)), (0,), (0, 1)), "moveaxis: each axis has one place"),
        (lambda: nd.zeros(-1), r"_zeros: parameter 'shape' cannot be taken \(wanted at least 0, got -1\)"),
        (lambda: nd.arange(0, 1, 0), "_arange: the range has no end .*a step that is not 0"),
    ],
)
def test_bad_sizes_and_axes(use: Callable[[], Any], words: str) -> None:
    with pytest.raises(ParamError, match=words):
        use()


def test_truths_meet_numbers_as_whole_numbers() -> None:
    """MXNet 1.9.1."""
    truths = nd.array([1, 0], dtype="bool")
    for found, wanted in [
        (truths + 1, [2, 1]),
        (truths * 2, [2, 0]),
        (1 - truths, [0, 1]),
        (truths == 1, [1, 0]),
        (truths - 0.5, [1, 0]),
        (nd.maximum(truths, 3), [3, 3]),
    ]:
        assert found.dtype is np.int64
        assert values(found) == wanted


def test_shapes_change_in_place() -> None:
    a = nd.arange(6).reshape((2, 3))
    for seen in (a.expand_dims(0, inplace=True), a.expand_dims(axis=0).squeeze(inplace=True), a.flatten(inplace=True)):
        assert seen.size == 6
    a.flatten(inplace=True)[0, 1] = 9
    assert a[0, 1].asscalar() == 9
    assert a.expand_dims(axis=1, inplace=True).shape == (2, 1, 3)
    a.flatten()[0, 1] = 5
    assert a[0, 1].asscalar() == 9
    assert mx.sym.Variable("x").squeeze(inplace=True).list_arguments() == ["x"]


def test_views_by_methods() -> None:
    """As in MXNet 1.9.1: without ``inplace`` a copy, with it a view of the same memory."""
    for view in (
        lambda a, inplace: a.squeeze(0, inplace),
        lambda a, inplace: a.expand_dims(axis=0, inplace=inplace),
        lambda a, inplace: a.flatten(inplace=inplace),
    ):
        for inplace in (False, True):
            a = nd.ones((1, 3))
            found = view(a, inplace)
            found[:] = 5
            assert a.asnumpy().tolist() == [[5 if inplace else 1] * 3]
    with pytest.raises(ShapeError, match="axis 1 of"):
        nd.ones((1, 3)).squeeze(1, inplace=True)
    a = nd.ones((1, 3))
    a.attach_grad()
    with mx.autograd.record():
        y = a.squeeze(inplace=True) * 2
    y.backward()
    assert a.grad.asnumpy().tolist() == [[2, 2, 2]]
    s = mx.sym.Variable("s")
    for made in (s.squeeze(0, True), s.expand_dims(axis=0, inplace=True), s.flatten(inplace=True)):
        assert made.list_arguments() == ["s"]
    assert nd.ones((1, 3)).broadcast_like(other=nd.ones((2, 3))).shape == (2, 3)
    assert s.broadcast_like(rhs=mx.sym.Variable("t")).list_arguments() == ["s", "t"]
