"""Iterators over batches beside NDArrayIter. MXNET: what MXNet 1.9.1 gave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright.errors import ParamError


def test_numpy_arrays_become_float32_and_ndarrays_keep_their_type() -> None:
    rows = mx.io.NDArrayIter(np.zeros((4, 2), "float16"), np.arange(4), 2)
    assert [d.dtype for d in (*rows.provide_data, *rows.provide_label)] == [np.float32, np.float32]  # MXNET
    kept = mx.io.NDArrayIter(mx.nd.zeros((4, 2), dtype="int32"), mx.nd.zeros(4, dtype="float64"), 2)
    assert [d.dtype for d in (*kept.provide_data, *kept.provide_label)] == [np.int32, np.float64]  # MXNET
    assert kept.next().data[0].dtype == np.int32


def test_libsvm_rows(tmp_path: Path) -> None:
    path = tmp_path / "d.svm"
    path.write_text("1 0:0.5 2:1.2\n0 1:3\n1 2:7 3:1\n")
    rows = mx.io.LibSVMIter(data_libsvm=str(path), data_shape=(4,), batch_size=2)
    first, second = list(rows)
    np.testing.assert_allclose(first.data[0].asnumpy(), [[0.5, 0, 1.2, 0], [0, 3, 0, 0]])  # MXNET
    np.testing.assert_allclose(second.data[0].asnumpy(), [[0, 0, 7, 1], [0.5, 0, 1.2, 0]])  # MXNET
    assert (first.label[0].asnumpy().tolist(), second.pad) == ([1, 0], 1)  # MXNET
    assert rows.provide_label[0].name == "softmax_label"  # MXNET
    with pytest.raises(mx.MXNetError, match=r"d\.svm, line 3: a feature's index does not fit \(wanted 0 to 2, got 3\)"):
        mx.io.LibSVMIter(str(path), (3,))
    path.write_text("1 a\n")
    with pytest.raises(mx.MXNetError, match="line 1: the line is not in LibSVM's format"):
        mx.io.LibSVMIter(str(path), (3,))


def test_prefetching_gives_the_same_batches_joined() -> None:
    values = np.arange(10.0).reshape(5, 2)
    plain = mx.io.NDArrayIter(values, np.arange(5), 2)
    other = mx.io.NDArrayIter(values * 2, None, 2)
    ahead = mx.io.PrefetchingIter([mx.io.NDArrayIter(values, np.arange(5), 2), other], rename_data=[{}, {"data": "b"}])
    assert [d.name for d in ahead.provide_data] == ["data", "b"]
    assert ahead.batch_size == 2
    for _ in range(2):
        batches = list(ahead)
        plain.reset()
        for mine, theirs in zip(batches, list(plain), strict=True):
            np.testing.assert_array_equal(mine.data[0].asnumpy(), theirs.data[0].asnumpy())
            np.testing.assert_array_equal(mine.data[1].asnumpy(), 2 * theirs.data[0].asnumpy())
            assert mine.pad == theirs.pad
        ahead.reset()
    ahead.close()


def test_prefetching_unequal_iterators_is_explained() -> None:
    long, short = mx.io.NDArrayIter(np.zeros((4, 1)), None, 2), mx.io.NDArrayIter(np.zeros((2, 1)), None, 2)
    ahead = mx.io.PrefetchingIter([long, short])
    ahead.next()
    with pytest.raises(mx.MXNetError, match="different numbers of batches"):
        ahead.next()
    ahead.close()


# ---------------------------------------------------------------- as in MXNet 1.9.1
def table() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    return np.arange(14).reshape(7, 2).astype("f"), np.arange(7)


def numbers(rows: mx.io.DataIter) -> list[tuple[list[int], int]]:
    return [(batch.label[0].asnumpy().ravel().astype(int).tolist(), batch.pad or 0) for batch in rows]


def test_layouts_tell_where_the_samples_lie() -> None:
    data = np.arange(24).reshape(2, 4, 3).astype("f")
    rows = mx.io.NDArrayIter(data, np.arange(4), 2, layout="TNC")
    assert [tuple(d) for d in rows.provide_data] == [("data", (2, 2, 3))]
    assert (rows.provide_data[0].layout, rows.provide_label[0].shape) == ("TNC", (2,))
    first, second = list(rows)
    np.testing.assert_array_equal(first.data[0].asnumpy(), data[:, :2])
    np.testing.assert_array_equal(second.data[0].asnumpy(), data[:, 2:])


def test_descriptions_and_batches() -> None:
    found = mx.io.DataDesc.get_list([("a", (1, 2)), ("b", (3,))], [("a", "float16"), ("b", "int32")])
    assert [(d.name, d.shape, d.dtype) for d in found] == [("a", (1, 2), "float16"), ("b", (3,), "int32")]
    assert mx.io.DataDesc.get_list([("a", (1, 2))])[0].dtype is np.float32
    for wrong in (lambda: mx.io.DataBatch(mx.nd.ones(2)), lambda: mx.io.DataBatch([mx.nd.ones(2)], mx.nd.ones(2))):  # type: ignore[arg-type]
        with pytest.raises(ParamError, match="is a list of arrays"):
            wrong()


def test_an_iterator_of_another_size_step_by_step() -> None:
    rows = mx.io.ResizeIter(mx.io.NDArrayIter(*table(), 3), 2, reset_internal=False)
    assert [n for n, _ in numbers(rows)] == [[0, 1, 2], [3, 4, 5]]
    rows.reset()
    assert [n for n, _ in numbers(rows)] == [[6, 0, 1], [0, 1, 2]]
    rows.reset()
    assert rows.iter_next()
    assert (rows.getpad(), rows.getdata()[0].shape, rows.getlabel()[0].shape) == (0, (3, 2), (3,))


@pytest.mark.parametrize(
    ("rounded", "wanted"),
    [
        (True, [[([0, 1, 2], 0), ([3, 4, 5], 0), ([6, 0, 1], 2)], [([2, 3, 4], 0), ([5, 6, 0], 1)]]),
        (False, [[([0, 1, 2], 0), ([3, 4, 5], 0), ([6, 0, 1], 2)]] * 2),
    ],
)
def test_the_last_batch_of_a_file(rounded: bool, wanted: Any, tmp_path: Path) -> None:
    data, labels = table()
    np.savetxt(tmp_path / "d.csv", data, delimiter=",")
    np.savetxt(tmp_path / "l.csv", labels, delimiter=",")
    rows = mx.io.CSVIter(tmp_path / "d.csv", (2,), tmp_path / "l.csv", batch_size=3, round_batch=rounded)
    for epoch in wanted:
        assert numbers(rows) == epoch
        rows.reset()
    whole = mx.io.CSVIter(tmp_path / "d.csv", (1, 2), batch_size=3, dtype="int32")
    batch = next(whole)
    assert (batch.data[0].shape, batch.data[0].dtype, batch.label[0].dtype) == ((3, 1, 2), np.int32, np.int32)


def test_rows_of_libsvm_go_round(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("1 0:1 3:2\n-2 1:3\n0\n4 2:1.5 3:1\n3 0:1\n")
    rows = mx.io.LibSVMIter(tmp_path / "s", (4,), batch_size=2)
    assert numbers(rows) == [([1, -2], 0), ([0, 4], 0), ([3, 1], 1)]
    rows.reset()
    assert numbers(rows) == [([-2, 0], 0), ([4, 3], 0)]


def test_a_loader_feeds_a_module() -> None:
    data = mx.gluon.data.ArrayDataset(np.ones((5, 3), "float64"), np.arange(5))
    batches = mx.contrib.io.DataLoaderIter(mx.gluon.data.DataLoader(data, batch_size=2), label_name="y_label")
    assert [(d.name, d.shape) for d in (*batches.provide_data, *batches.provide_label)] == [
        ("data", (2, 3)),
        ("y_label", (2,)),
    ]
    for _ in range(2):
        found = [(b.data[0].dtype, b.label[0].asnumpy().tolist(), b.pad) for b in batches]
        assert found == [(np.float32, [0, 1], 0), (np.float32, [2, 3], 0), (np.float32, [4, 0], 1)]
        batches.reset()
    symbol = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=5), name="y")
    module = mx.mod.Module(symbol, label_names=["y_label"])
    module.fit(batches, num_epoch=1)
    assert module.predict(batches).shape == (5, 5)
