"""Operators on sparse arrays: storage of the results as MXNet 1.9.1 has it, values as on dense arrays."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest

from netwright import nd, sym
from netwright.errors import DataError, StorageError
from netwright.ndarray import dispatch
from netwright.ops import find, get

RNG = np.random.RandomState(0)
A = np.array([[0.5, 0, 0.25], [0, 0, 0], [0, 0.75, 0], [-0.5, 0, 0]], np.float32)
B = np.array([[0.5, 0, 0.5], [0, 0.1, 0], [0, 0, 0], [0, 2, 0]], np.float32)
STYPES = ("default", "csr", "row_sparse")
_KEPT = """
abs arcsin arcsinh arctan arctanh cbrt ceil degrees expm1 fix floor log1p make_loss negative radians relu rint
round sign sin sinh sqrt square stop_gradient tan tanh trunc zeros_like _contrib_round_ste _contrib_sign_ste
"""
KEPT = _KEPT.split()
LOST = ["arccos", "cos", "cosh", "exp", "sigmoid"]


def of(values: Any, stype: str) -> Any:
    return nd.array(values).tostype(stype)


@pytest.fixture(autouse=True)
def silent(caplog: pytest.LogCaptureFixture) -> None:
    """Fallbacks are told once a process: here each test hears its own."""
    dispatch._said.clear()
    caplog.set_level(logging.WARNING, logger="netwright.storage")


@pytest.mark.parametrize("name", KEPT)
@pytest.mark.parametrize("stype", ["csr", "row_sparse"])
def test_functions_that_keep_zeros_keep_the_storage(name: str, stype: str, caplog: pytest.LogCaptureFixture) -> None:
    data = np.abs(A)
    got = getattr(nd.sparse, name)(of(data, stype))
    assert got.stype == stype
    np.testing.assert_array_equal(got.asnumpy(), getattr(nd.sparse, name)(nd.array(data)).asnumpy())
    assert not caplog.records


@pytest.mark.parametrize("name", LOST)
@pytest.mark.parametrize("stype", ["csr", "row_sparse"])
def test_other_functions_give_dense_arrays_and_say_so(
    name: str, stype: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MXNET_STORAGE_FALLBACK_LOG_VERBOSE", raising=False)
    got = getattr(nd, name)(of(A, stype))
    assert got.stype == "default"
    np.testing.assert_array_equal(got.asnumpy(), getattr(nd, name)(nd.array(A)).asnumpy())
    (record,) = caplog.records
    assert f"operator = {name}, input storage types = [{stype}]" in record.getMessage()
    getattr(nd, name)(of(A, stype))
    assert len(caplog.records) == 1, "said once"


def test_fallbacks_can_be_silenced(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MXNET_STORAGE_FALLBACK_LOG_VERBOSE", "0")
    nd.exp(of(A, "csr"))
    assert not caplog.records


# first array, second array, storage of the result; from MXNet 1.9.1
PAIRS = {
    "elemwise_add": {("csr", "csr"): "csr", ("row_sparse", "row_sparse"): "row_sparse"},
    "elemwise_sub": {("csr", "csr"): "csr", ("row_sparse", "row_sparse"): "row_sparse"},
    "elemwise_mul": {
        ("csr", "csr"): "csr",
        ("row_sparse", "row_sparse"): "row_sparse",
        ("default", "csr"): "csr",
        ("csr", "default"): "csr",
        ("default", "row_sparse"): "row_sparse",
        ("row_sparse", "default"): "row_sparse",
    },
    "elemwise_div": {},
    "broadcast_add": {},
    "broadcast_sub": {},
    "broadcast_mul": {("csr", "default"): "csr"},
    "broadcast_div": {("csr", "default"): "csr"},
    "add_n": {("row_sparse", "row_sparse"): "row_sparse"},
    "broadcast_maximum": {},
    "_maximum": {("csr", "csr"): "csr", ("row_sparse", "row_sparse"): "row_sparse"},
    "_hypot": {("csr", "csr"): "csr", ("row_sparse", "row_sparse"): "row_sparse"},
    "_identity_with_attr_like_rhs": {
        ("default", "csr"): "csr",
        ("csr", "csr"): "csr",
        ("default", "row_sparse"): "row_sparse",
        ("row_sparse", "row_sparse"): "row_sparse",
        ("csr", "row_sparse"): "row_sparse",
        ("row_sparse", "csr"): "csr",
    },
}


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("right", STYPES)
@pytest.mark.parametrize("left", STYPES)
def test_two_arrays(name: str, left: str, right: str) -> None:
    b = B + 3 if "div" in name else B
    function = getattr(nd, name, None) or getattr(nd._internal, name)
    got = function(of(A, left), of(b, right))
    assert got.stype == PAIRS[name].get((left, right), "default")
    np.testing.assert_allclose(got.asnumpy(), function(nd.array(A), nd.array(b)).asnumpy(), rtol=1e-6)
    if got.stype != "default":
        got.check_format()


SCALAR: list[tuple[Any, bool]] = [
    (lambda x: x * 2, True),
    (lambda x: 2 * x, True),
    (lambda x: x / 2, True),
    (lambda x: x + 0, True),
    (lambda x: x - 0, True),
    (lambda x: -x, True),
    (abs, True),
    (lambda x: x > 0, True),
    (lambda x: x != 0, True),
    (lambda x: x == 1, True),
    (lambda x: x.clip(-1, 0.3), True),
    (lambda x: x + 1, False),
    (lambda x: 1 - x, False),
    (lambda x: x**2, False),
    (lambda x: x == 0, False),
    (lambda x: x <= 1, False),
    (lambda x: x % 2, False),
    (lambda x: nd.maximum(x, 0), False),
    (lambda x: x.clip(0.1, 1), False),
]


@pytest.mark.parametrize(("use", "kept"), SCALAR)
@pytest.mark.parametrize("stype", ["csr", "row_sparse"])
def test_numbers(use: Any, kept: bool, stype: str) -> None:
    got = use(of(A, stype))
    assert got.stype == (stype if kept else "default")
    np.testing.assert_array_equal(got.asnumpy(), use(nd.array(A)).asnumpy())


@pytest.mark.parametrize("stype", ["csr", "row_sparse"])
def test_arithmetic_of_python(stype: str) -> None:
    a, b = of(A, stype), of(B, stype)
    for got, wanted in (
        (a + b, A + B),
        (a - b, A - B),
        (a * b, A * B),
        (nd.sparse.add(a, b), A + B),
        (nd.sparse.subtract(a, b), A - B),
        (nd.sparse.multiply(a, b), A * B),
        (nd.sparse.multiply(a, 3), A * 3),
    ):
        assert got.stype == stype
        np.testing.assert_array_equal(got.asnumpy(), wanted)
    assert (a / of(B + 3, stype)).stype == "default"
    assert nd.sparse.divide(a, 2).stype == stype
    assert (nd.array(B) + a).stype == "default"
    a += b
    a *= 2
    a -= b
    a /= 4
    assert a.stype == stype
    np.testing.assert_allclose(a.asnumpy(), ((A + B) * 2 - B) / 4)


def test_a_csr_matrix_scaled_by_rows_or_columns() -> None:
    column, row = nd.array([[1], [2], [3], [4]]), nd.array([1, 2, 4])
    for got, wanted in (
        (of(A, "csr") * column, A * column.asnumpy()),
        (of(A, "csr") * row, A * row.asnumpy()),
        (of(A, "csr") / column, A / column.asnumpy()),
        (of(A, "csr") * nd.array(B), A * B),
        (nd.sparse.multiply(of(A, "csr"), row.reshape((1, 3))), A * row.asnumpy()),
    ):
        assert got.stype == "csr"
        np.testing.assert_allclose(got.asnumpy(), wanted)
    wide = of(A[:1], "csr") * nd.array(B)
    np.testing.assert_allclose(wide.asnumpy(), A[:1] * B)


@pytest.mark.parametrize("stype", ["csr", "row_sparse"])
@pytest.mark.parametrize("name", ["sum", "mean", "norm"])
@pytest.mark.parametrize("params", [{}, {"axis": 0}, {"axis": 1}, {"axis": 1, "keepdims": True}, {"axis": (0, 1)}])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_reductions(name: str, params: dict[str, Any], stype: str, dtype: str) -> None:
    values = nd.array(A, dtype=dtype)
    got = getattr(nd, name)(values.tostype(stype), **params)
    assert got.stype == "default"
    assert got.dtype == np.dtype(dtype).type
    np.testing.assert_allclose(got.asnumpy(), getattr(nd, name)(values, **params).asnumpy(), rtol=1e-3)
    np.testing.assert_allclose(nd.norm(of(A, stype), ord=1).asnumpy(), [2.0])


def test_shapes_of_csr() -> None:
    a = of(A, "csr")
    below = nd.concat(a, a, dim=0)
    assert below.stype == "csr"
    below.check_format()
    np.testing.assert_array_equal(below.asnumpy(), np.concatenate([A, A]))
    rows = nd.take(a, nd.array([2, 0, 0, 9]))
    assert rows.stype == "csr"
    rows.check_format()
    np.testing.assert_array_equal(rows.asnumpy(), A[[2, 0, 0, 3]])
    assert nd.concat(a, a, dim=1).stype == "default"
    np.testing.assert_array_equal(a.T.asnumpy(), A.T)
    assert [nd.contrib.getnnz(a, axis=k).asnumpy().tolist() for k in (None, 0, 1)] == [[4], [2, 1, 1], [2, 0, 1, 1]]


def test_edges_of_a_graph() -> None:
    """The numbers MXNet 1.9.1 gives; an explicit 0 is an edge."""
    graph = nd.sparse.csr_matrix(([1.0, 2.0, 0.0], [0, 2, 1], [0, 2, 2, 3]), shape=(3, 3))
    u, v = nd.array([0, 0, 0, 1, 2]), nd.array([0, 1, 2, 1, 1])
    assert nd.contrib.edge_id(graph, u, v).asnumpy().tolist() == [1, -1, 2, -1, 0]
    assert nd.contrib.edge_id(nd.sparse.zeros("csr", (3, 3)), u, v).asnumpy().tolist() == [-1] * 5
    with pytest.raises(DataError, match=r"_contrib_edge_id: a node does not exist \(wanted 0 to 2"):
        nd.contrib.edge_id(graph, nd.array([3]), nd.array([0]))


def test_other_readers() -> None:
    where = nd.where(of(A, "csr"), nd.array(A), nd.array(B))
    np.testing.assert_array_equal(where.asnumpy(), np.where(A != 0, A, B))
    np.testing.assert_array_equal(nd.LinearRegressionOutput(nd.array(B), of(A, "csr")).asnumpy(), B)
    w = RNG.rand(5, 3).astype("f")
    for data, weight in (("csr", "default"), ("default", "row_sparse"), ("csr", "row_sparse")):
        y = nd.FullyConnected(of(A, data), of(w, weight), nd.ones(5), num_hidden=5)
        np.testing.assert_allclose(y.asnumpy(), A @ w.T + 1, rtol=1e-5)
    table = of(A, "row_sparse")
    for y in (
        nd.Embedding(nd.array([[3, 1]]), table, input_dim=4, output_dim=3),
        nd.contrib.SparseEmbedding(nd.array([[3, 1]]), table, input_dim=4, output_dim=3),
    ):
        np.testing.assert_array_equal(y.asnumpy(), A[[[3, 1]]])
    squares = nd._internal._square_sum(table, axis=1, keepdims=True)
    assert squares.stype == "row_sparse"
    np.testing.assert_allclose(squares.asnumpy(), (A * A).sum(1, keepdims=True))
    np.testing.assert_allclose(nd._internal._square_sum(table, axis=0).asnumpy(), (A * A).sum(0))


# lhs, rhs, transpose_a, transpose_b: storage; from MXNet 1.9.1, dense where not listed
DOTS = {
    ("csr", "default", True, False): "row_sparse",
    ("csr", "row_sparse", True, False): "row_sparse",
    ("default", "csr", False, False): "csr",
    ("default", "csr", False, True): "csr",
}


@pytest.mark.parametrize("tb", [False, True])
@pytest.mark.parametrize("ta", [False, True])
@pytest.mark.parametrize("right", STYPES)
@pytest.mark.parametrize("left", STYPES)
def test_dot(left: str, right: str, ta: bool, tb: bool) -> None:
    a, b = (A.T if ta else A), RNG.rand(3, 5).astype("f") * (RNG.rand(3, 5) < 0.5)
    b = b.T.copy() if tb else b
    wanted = (a.T if ta else a) @ (b.T if tb else b)
    got = nd.dot(of(a.copy(), left), of(b, right), transpose_a=ta, transpose_b=tb)
    assert got.stype == DOTS.get((left, right, ta, tb), "default")
    np.testing.assert_allclose(got.asnumpy(), wanted, rtol=1e-5, atol=1e-6)
    for stype in STYPES:
        forced = nd.sparse.dot(of(a.copy(), left), of(b, right), ta, tb, stype)
        assert forced.stype == stype
        np.testing.assert_allclose(forced.asnumpy(), wanted, rtol=1e-5, atol=1e-6)


def test_dot_with_vectors_and_types() -> None:
    x = np.array([1, 2, 3], np.float32)
    assert nd.dot(of(A, "csr"), nd.array(x)).asnumpy().tolist() == (A @ x).tolist()
    y = nd.dot(of(A, "csr"), nd.array([1, 2, 3, 4]), transpose_a=True)
    assert y.stype == "row_sparse"
    np.testing.assert_allclose(y.asnumpy(), A.T @ [1, 2, 3, 4])
    for dtype in ("float16", "float64", "int32"):
        a = nd.array(A * 4, dtype=dtype)
        got = nd.dot(a.tostype("csr"), a, transpose_b=True)
        assert got.dtype == np.dtype(dtype).type
        np.testing.assert_allclose(got.asnumpy(), (a.asnumpy() @ a.asnumpy().T), rtol=1e-2)
    assert nd.dot(nd.zeros((2, 3), stype="csr"), nd.ones((3, 4))).asnumpy().tolist() == [[0] * 4] * 2


def test_what_is_not_stored_stays() -> None:
    for stype in ("csr", "row_sparse"):
        got = nd._internal._scatter_plus_scalar(of(A, stype), scalar=2)
        assert got.stype == stype
        np.testing.assert_array_equal(got.data.asnumpy(), of(A, stype).data.asnumpy() + 2)
        assert nd._internal._scatter_minus_scalar(of(A, stype), scalar=2).asnumpy()[1].tolist() == [0, 0, 0]
    for stype in STYPES:
        got = nd._internal._scatter_elemwise_div(of(A, "row_sparse"), of(B + 1, stype))
        assert got.stype == "row_sparse"
        np.testing.assert_allclose(got.asnumpy(), A / (B + 1))
    assert nd.contrib.quadratic(of(A, "csr"), a=2.0, b=1.0).stype == "csr"
    assert nd.contrib.quadratic(of(A, "csr"), a=2.0, c=1.0).stype == "default"
    assert nd._internal._logical_and_scalar(of(A, "csr"), scalar=1).stype == "default"


def test_sparse_results_may_be_larger_than_memory() -> None:
    x = nd.sparse.csr_matrix(([1.0, 2.0], [5, 10**12], [0, 1, 2]), shape=(2, 10**12 + 1))
    y = nd.sparse.dot(x, nd.ones((2, 3)), transpose_a=True)
    assert y.shape == (10**12 + 1, 3)
    assert (y + y).indices.asnumpy().tolist() == [5, 10**12]
    assert (x * 2)[1].data.asnumpy().tolist() == [4]
    assert nd.sum(x, axis=1).asnumpy().tolist() == [1, 2]


def test_out_takes_any_storage() -> None:
    for stype in STYPES:
        out = nd.zeros((4, 3), stype=stype)
        nd.elemwise_add(of(A, "csr"), of(B, "csr"), out=out)
        np.testing.assert_array_equal(out.asnumpy(), A + B)
        assert out.stype == stype
    out = nd.zeros((10, 10), stype="row_sparse")
    nd.random_normal(shape=(10, 10), out=out)
    assert np.abs(out.asnumpy()).sum() > 0


def test_every_name_of_mxnet_is_there() -> None:
    assert find("_sparse_abs") is get("abs")
    for space in (nd.sparse, sym.sparse):
        for name in (*KEPT, *LOST, "dot", "retain", "cast_storage", "adagrad_update", "Embedding", "where", "concat"):
            assert callable(getattr(space, name))


def test_storages_do_not_mix() -> None:
    with pytest.raises(StorageError, match="csr to row_sparse"):
        nd.cast_storage(of(A, "csr"), "row_sparse")
    assert nd.cast_storage(nd.array(A), stype="csr").stype == "csr"
    assert nd.cast_storage(of(A, "csr"), "default").stype == "default"


@pytest.mark.parametrize("shape", [(0, 4), (3, 0), (3, 4)])
def test_arrays_that_store_nothing(shape: tuple[int, int]) -> None:
    rows, columns = shape
    a, r = nd.zeros(shape, stype="csr"), nd.zeros(shape, stype="row_sparse")
    dense = nd.zeros(shape)
    for x in (a, r):
        for y in (x + x, x * x, x * 2, nd.sparse.square(x), x.tostype("default")):
            assert y.asnumpy().tolist() == dense.asnumpy().tolist()
    assert nd.dot(a, nd.ones((columns, 2))).asnumpy().tolist() == [[0, 0]] * rows
    turned = nd.dot(a, nd.ones((rows, 2)), transpose_a=True)
    assert (turned.stype, turned.asnumpy().tolist()) == ("row_sparse", [[0, 0]] * columns)
    assert nd.dot(nd.ones((2, rows)), a).shape == (2, columns)
    assert [nd.sum(a, axis=k).shape for k in (0, 1)] == [(columns,), (rows,)]
    assert nd.concat(a, a, dim=0).shape == (2 * rows, columns)
    assert nd.take(a, nd.array([])).shape == (0, columns)
    assert nd.norm(r).asscalar() == 0


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64", "float16", "float64", "bool"])
def test_element_types(dtype: str) -> None:
    x = nd.array([[1, 0], [0, 1]], dtype=dtype)
    for stype in ("csr", "row_sparse"):
        both = x.tostype(stype) + x.tostype(stype)
        assert (both.stype, both.dtype) == (stype, np.dtype(dtype).type)
        np.testing.assert_array_equal(both.asnumpy(), (x + x).asnumpy())


def test_what_counts_as_zero() -> None:
    """−0 is not stored, NaN is; as in MXNet 1.9.1."""
    x = nd.array([[-0.0, np.nan], [0.0, 0.0]])
    assert x.tostype("csr").indices.asnumpy().tolist() == [1]
    assert x.tostype("row_sparse").indices.asnumpy().tolist() == [0]
    assert nd.array([0, 3, 0]).tostype("row_sparse").indices.asnumpy().tolist() == [1]
