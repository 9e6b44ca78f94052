"""Sparse arrays themselves: how they are made, what they are made of, what they become. SciPy is the reference."""

from __future__ import annotations

import importlib
import pickle
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from netwright import cpu, nd
from netwright.errors import DTypeError, IndexRangeError, NetwrightError, ShapeError, StorageError

DENSE = np.array([[0, 1, 0], [2, 0, 0], [0, 0, 0], [0, 0, 3]], dtype=np.float32)


def csr() -> Any:
    return nd.array(DENSE).tostype("csr")


def rsp() -> Any:
    return nd.array(DENSE).tostype("row_sparse")


# ------------------------------------------------------------------------------------------------------- parts
def test_parts_of_a_csr_matrix() -> None:
    a = csr()
    assert isinstance(a, nd.sparse.CSRNDArray)
    assert isinstance(a, nd.sparse.BaseSparseNDArray)
    assert isinstance(a, nd.NDArray)
    assert (a.stype, a.shape, a.dtype, a.ndim, len(a)) == ("csr", (4, 3), np.float32, 2, 4)
    assert a.data.asnumpy().tolist() == [1, 2, 3]
    assert a.indices.asnumpy().tolist() == [1, 0, 2]
    assert a.indptr.asnumpy().tolist() == [0, 1, 2, 2, 3]
    assert a.indices.dtype is np.int64
    assert a.indptr.dtype is np.int64
    assert repr(a) == "\n<CSRNDArray 4x3 @cpu(0)>"  # MXNet 1.9.1 prints no elements
    a.data[:] = 9
    assert a.asnumpy().tolist() == DENSE.tolist(), "data is a copy"


def test_parts_of_a_row_sparse_array() -> None:
    a = rsp()
    assert isinstance(a, nd.sparse.RowSparseNDArray)
    assert (a.stype, a.shape, a.dtype) == ("row_sparse", (4, 3), np.float32)
    assert a.indices.asnumpy().tolist() == [0, 1, 3]
    assert a.data.asnumpy().tolist() == DENSE[[0, 1, 3]].tolist()
    assert str(a) == "\n<RowSparseNDArray 4x3 @cpu(0)>"
    cube = nd.array(np.stack([DENSE, 0 * DENSE])).tostype("row_sparse")
    assert cube.indices.asnumpy().tolist() == [0]
    assert cube.data.shape == (1, 4, 3)


@pytest.mark.parametrize("stype", ["csr", "row_sparse"])
def test_nothing_stored(stype: str) -> None:
    for a in (nd.zeros((2, 3), stype=stype), nd.empty((2, 3), stype=stype), nd.sparse.zeros(stype, (2, 3))):
        assert a.stype == stype
        assert a.asnumpy().tolist() == [[0, 0, 0]] * 2
        assert a.indices.shape == (0,)
        assert len(a.data) == 0
    assert nd.sparse.empty(stype, (2, 3), dtype="float64").dtype is np.float64
    assert nd.zeros((2,), stype="default").stype == "default"
    assert nd.array(np.zeros((0, 4), "f")).tostype(stype).shape == (0, 4)


# ------------------------------------------------------------------------------------------------------- making
def test_csr_matrix_from_everything_mxnet_takes() -> None:
    parts = ([1, 2, 3], [1, 0, 2], [0, 1, 2, 2, 3])
    made = [
        nd.sparse.csr_matrix(parts, shape=(4, 3)),
        nd.sparse.csr_matrix(parts),
        nd.sparse.csr_matrix(tuple(nd.array(p) for p in parts), shape=(4, 3)),
        nd.sparse.csr_matrix(([3, 1, 2], ([3, 0, 1], [2, 1, 0])), shape=(4, 3)),
        nd.sparse.csr_matrix(DENSE),
        nd.sparse.csr_matrix(DENSE.tolist()),
        nd.sparse.csr_matrix(nd.array(DENSE)),
        nd.sparse.csr_matrix(csr()),
        nd.sparse.csr_matrix(sp.csr_matrix(DENSE)),
        nd.sparse.array(sp.csr_matrix(DENSE)),
        nd.sparse.array(csr()),
        nd.array(sp.coo_matrix(DENSE)),
    ]
    for a in made:
        assert a.stype == "csr"
        assert a.dtype is np.float32
        assert a.asnumpy().tolist() == DENSE.tolist()
        a.check_format()
    assert nd.sparse.csr_matrix((2, 5)).shape == (2, 5)
    assert nd.sparse.csr_matrix(np.eye(2)).dtype is np.float64
    assert nd.sparse.csr_matrix(np.eye(2), dtype="float16").dtype is np.float16
    twice = sp.csr_matrix((np.ones(3, "f"), np.array([2, 0, 2]), np.array([0, 3])), shape=(1, 3))
    assert nd.sparse.array(twice).data.asnumpy().tolist() == [1, 2]


def test_row_sparse_array_from_everything_mxnet_takes() -> None:
    parts = (DENSE[[0, 1, 3]], [0, 1, 3])
    for a in (
        nd.sparse.row_sparse_array(parts, shape=(4, 3)),
        nd.sparse.row_sparse_array(parts),
        nd.sparse.row_sparse_array((nd.array(parts[0]), nd.array(parts[1], dtype="int64")), shape=(4, 3)),
        nd.sparse.row_sparse_array(DENSE),
        nd.sparse.row_sparse_array(nd.array(DENSE)),
        nd.sparse.row_sparse_array(rsp()),
        nd.sparse.array(rsp()),
    ):
        assert a.stype == "row_sparse"
        assert a.asnumpy().tolist() == DENSE.tolist()
        a.check_format()
    assert nd.sparse.row_sparse_array((2, 5)).shape == (2, 5)
    assert nd.sparse.row_sparse_array((2, 5, 3)).shape == (2, 5, 3)


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda: nd.sparse.csr_matrix(([1.0], [0], [0, 1]), shape=(1, 2, 3)), ShapeError, "vectors"),
        (lambda: nd.sparse.csr_matrix(([], [], [0])), ShapeError, "Give shape="),
        (lambda: nd.sparse.csr_matrix(([1.0], [0])), ShapeError, "three parts"),
        (lambda: nd.sparse.csr_matrix(DENSE, shape=(2, 2)), ShapeError, "mismatch"),
        (lambda: nd.sparse.csr_matrix(rsp()), StorageError, "RowSparseNDArray"),
        (lambda: nd.sparse.row_sparse_array(csr()), StorageError, "CSRNDArray"),
        (lambda: nd.sparse.row_sparse_array((DENSE,)), ShapeError, "two parts"),
        (lambda: nd.sparse.row_sparse_array(([1.0], [0]), shape=(3, 4)), ShapeError, "a row for each index"),
        (lambda: nd.sparse.array(nd.array(DENSE)), StorageError, "no sparse array"),
        (lambda: nd.sparse.empty("default", (2,)), StorageError, "csr or row_sparse"),
        (lambda: nd.zeros((2, 3), stype="other"), StorageError, "unknown storage"),
        (lambda: nd.zeros((2, 3, 4), stype="csr"), ShapeError, "2 dimensional"),
        (lambda: csr().tostype("row_sparse"), ValueError, "csr to row_sparse is not supported"),
        (lambda: rsp().tostype("csr"), ValueError, "row_sparse to csr is not supported"),
        (lambda: csr().reshape(12), StorageError, "not supported for sparse"),
        (lambda: csr()[::2], ValueError, "continuous slicing"),
        (lambda: csr()[0, 1], ValueError, "Multi-dimension"),
        (lambda: csr()[4], IndexError, "no such row"),
        (lambda: csr()["a"], StorageError, "a row or rows"),
        (lambda: rsp()[0], StorageError, r"only supports \[:\]"),
        (lambda: csr().copyto(rsp()), TypeError, "destination"),
        (lambda: rsp().copyto(csr()), TypeError, "destination"),
        (lambda: csr().copyto(nd.zeros((3, 3))), ShapeError, "both arrays have one shape"),
        (lambda: csr().__setitem__(slice(None), 2), ValueError, "Assign an array"),
        (lambda: csr().__setitem__(0, nd.ones((1, 3))), StorageError, r"only supports \[:\]"),
        (lambda: rsp().__setitem__(slice(None), "a"), DTypeError, "cannot be assigned"),
        (lambda: csr().__dlpack__(), StorageError, "DLPack"),
    ],
)
def test_misuse_is_told(make: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        make()
    assert isinstance(caught.value, NetwrightError)


@pytest.mark.parametrize(
    ("parts", "kind", "words"),
    [
        (([1.0], [0], [0, 1]), ShapeError, "indptr has another length"),
        (([1.0, 2.0], [0], [0, 1, 1]), ShapeError, "different lengths"),
        (([1.0], [0], [0, 0, 0]), IndexRangeError, "from the first element"),
        (([1.0], [0], [0, 2, 1]), IndexRangeError, "falls"),
        (([1.0], [3], [0, 1, 1]), IndexRangeError, "column is outside"),
        (([1.0, 2.0], [1, 0], [0, 2, 2]), IndexRangeError, "do not rise"),
    ],
)
def test_check_format_of_csr(parts: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        nd.sparse.csr_matrix(parts, shape=(2, 3)).check_format()


@pytest.mark.parametrize(("rows", "words"), [([1, 0], "do not rise"), ([0, 9], "row is outside"), ([0], "each index")])
def test_check_format_of_row_sparse(rows: Any, words: str) -> None:
    with pytest.raises(NetwrightError, match=words):
        nd.sparse.row_sparse_array((np.ones((2, 3)), rows), shape=(4, 3)).check_format()


# ------------------------------------------------------------------------------------------------------- becoming
def test_short_names_import_the_same_modules() -> None:
    import netwright as mx

    for name in ("sparse", "contrib", "random", "linalg"):
        assert importlib.import_module(f"netwright.nd.{name}") is getattr(mx.nd, name)
        assert importlib.import_module(f"netwright.sym.{name}") is getattr(mx.sym, name)
    assert importlib.import_module("netwright.nd.sparse").csr_matrix is nd.sparse.csr_matrix
    assert callable(mx.nd.array)


def test_to_scipy_and_back() -> None:
    found = csr().asscipy()
    assert isinstance(found, sp.csr_matrix)
    assert found.dtype == np.float32
    assert (found != sp.csr_matrix(DENSE)).nnz == 0


@pytest.mark.parametrize("make", [csr, rsp])
def test_copies(make: Any) -> None:
    a = make()
    for other in (a.copy(), a.copyto(cpu()), a.tostype(a.stype), nd.array(a)):
        assert other.stype == a.stype
        assert other is not a
        assert other.asnumpy().tolist() == DENSE.tolist()
    dense = nd.ones((4, 3))
    assert a.copyto(dense) is dense
    assert dense.asnumpy().tolist() == DENSE.tolist()
    wide = nd.zeros((4, 3), stype=a.stype, dtype="float64")
    a.copyto(wide)
    assert (wide.dtype, wide.asnumpy().tolist()) == (np.float64, DENSE.tolist())
    target = nd.zeros((4, 3), stype=a.stype)
    nd.array(DENSE * 2).copyto(target)
    assert target.asnumpy().tolist() == (2 * DENSE).tolist()
    assert a.astype("int32").dtype is np.int32
    assert a.astype("int32").stype == a.stype
    assert a.astype("float32", copy=False) is a
    assert np.asarray(a).tolist() == DENSE.tolist()
    assert a.detach().stype == a.stype
    assert a.as_in_context(a.ctx) is a
    with pytest.warns(RuntimeWarning, match="to itself"):
        a.copyto(a)


@pytest.mark.parametrize("make", [csr, rsp])
def test_assignment(make: Any) -> None:
    a = make()
    a[:] = nd.ones((4, 3))
    assert a.asnumpy().tolist() == np.ones((4, 3)).tolist()
    a[:] = make()
    assert a.asnumpy().tolist() == DENSE.tolist()
    a[:] = np.eye(4, 3)
    assert a.asnumpy().tolist() == np.eye(4, 3).tolist()
    assert a.dtype is np.float32


def test_a_number_fills_a_row_sparse_array() -> None:
    a = rsp()
    a[:] = 2
    assert a.asnumpy().tolist() == np.full((4, 3), 2).tolist()


@pytest.mark.parametrize("make", [csr, rsp])
def test_pickle_keeps_the_storage(make: Any) -> None:
    read = pickle.loads(pickle.dumps(make()))
    assert type(read) is type(make())
    assert read.asnumpy().tolist() == DENSE.tolist()


def test_rows_of_a_csr_matrix() -> None:
    a = csr()
    for key in (slice(1, 3), slice(None, 2), slice(2, None), slice(-2, None), slice(1, 50), slice(3, 1)):
        assert a[key].stype == "csr"
        np.testing.assert_array_equal(a[key].asnumpy(), DENSE[key])
    assert a[1].asnumpy().tolist() == DENSE[1:2].tolist()
    assert a[-1].asnumpy().tolist() == DENSE[3:].tolist()
    assert a[:] is a
    assert [row.asnumpy().tolist() for row in a] == [[row] for row in DENSE.tolist()]
    part = nd.slice(a, begin=(0, 1), end=(2, 3))
    assert part.stype == "csr"
    part.check_format()
    assert part.asnumpy().tolist() == DENSE[0:2, 1:3].tolist()
    assert nd.slice(a, begin=(0,), end=(4,), step=(2,)).stype == "default"


def test_retain() -> None:
    wanted = DENSE.copy()
    wanted[[1, 3]] = 0
    for kept in (
        nd.sparse.retain(rsp(), nd.array([0, 2])),
        rsp().retain(nd.array([0, 2])),
        rsp().retain([0, 2]),
        rsp().retain(rsp(), nd.array([0, 2])),
        rsp().retain(indices=nd.array([0, 2])),
    ):
        assert kept.stype == "row_sparse"
        assert kept.indices.asnumpy().tolist() == [0]
        assert kept.asnumpy().tolist() == wanted.tolist()
