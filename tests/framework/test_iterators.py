"""Iterators over batches beside NDArrayIter. MXNET: what MXNet 1.9.1 gave."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import netwright as mx


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
