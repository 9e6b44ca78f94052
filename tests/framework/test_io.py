"""Data iterators: order, last batches, descriptions, files. What is marked so was read off MXNet 1.9.1."""

from __future__ import annotations

import gzip
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright import io, nd
from netwright.errors import DataError, ParamError

X = np.arange(7).reshape(7, 1)


def batches(iterator: io.DataIter) -> list[list[int]]:
    return [batch.data[0].asnumpy().reshape(-1).astype(int).tolist() for batch in iterator]


def epochs(iterator: io.DataIter, count: int = 3) -> list[list[list[int]]]:
    found = []
    for _ in range(count):
        found.append(batches(iterator))
        iterator.reset()
    return found


# ---------------------------------------------------------------- last batches
def test_pad_fills_up_from_the_beginning() -> None:
    """MXNet 1.9.1."""
    iterator = io.NDArrayIter(X, X[:, 0], 3)
    assert epochs(iterator, 2) == [[[0, 1, 2], [3, 4, 5], [6, 0, 1]]] * 2
    assert [batch.pad for batch in iterator] == [0, 0, 2]
    assert batches(io.NDArrayIter(X, None, 8)) == [[0, 1, 2, 3, 4, 5, 6, 0]]
    assert batches(io.NDArrayIter(X[:2], None, 5)) == [[0, 1, 0, 1, 0]]


def test_discard_drops() -> None:
    assert epochs(io.NDArrayIter(X, None, 3, last_batch_handle="discard"), 2) == [[[0, 1, 2], [3, 4, 5]]] * 2


def test_roll_over_keeps_for_the_next_epoch() -> None:
    """MXNet 1.9.1."""
    iterator = io.NDArrayIter(X, None, 3, last_batch_handle="roll_over")
    assert epochs(iterator) == [
        [[0, 1, 2], [3, 4, 5]],
        [[6, 0, 1], [2, 3, 4]],
        [[5, 6, 0], [1, 2, 3], [4, 5, 6]],
    ]
    assert batches(io.NDArrayIter(X[:6], None, 3, last_batch_handle="roll_over")) == [[0, 1, 2], [3, 4, 5]]


def test_roll_over_and_resets() -> None:
    iterator = io.NDArrayIter(X, None, 3, last_batch_handle="roll_over")
    list(iterator)
    iterator.reset()
    iterator.reset()  # nothing was read in between: what was left over stays
    assert batches(iterator)[0] == [6, 0, 1]
    iterator.hard_reset()
    assert batches(iterator) == [[0, 1, 2], [3, 4, 5]]
    iterator.reset()
    iterator.next()
    iterator.reset()  # in the middle of an epoch nothing is left over
    assert batches(iterator)[0] == [0, 1, 2]


def test_every_sample_comes_once_in_two_epochs_of_rolling_over() -> None:
    mx.random.seed(0)
    iterator = io.NDArrayIter(np.arange(10), None, 4, shuffle=True, last_batch_handle="roll_over")
    first, second = epochs(iterator, 2)
    seen = [i for epoch in (first, second) for batch in epoch for i in batch]
    assert len(seen) == 20
    assert sorted(seen) == sorted([*range(10), *range(10)])


def test_shuffling_keeps_labels_with_their_data() -> None:
    mx.random.seed(3)
    iterator = io.NDArrayIter(np.arange(20), np.arange(20) * 10, 6, shuffle=True)
    orders = []
    for _ in range(2):
        order = []
        for batch in iterator:
            data, label = batch.data[0].asnumpy(), batch.label[0].asnumpy()
            np.testing.assert_array_equal(label, data * 10)
            order += data[: len(data) - batch.pad].tolist()
        orders.append(order)
        iterator.reset()
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(20))
    assert orders[0] != orders[1]
    mx.random.seed(3)
    again = io.NDArrayIter(np.arange(20), None, 6, shuffle=True)
    assert [i for batch in batches(again) for i in batch][:20] == orders[0]


# ---------------------------------------------------------------- names and types
def test_names() -> None:
    """MXNet 1.9.1."""
    iterator = io.NDArrayIter({"b": X, "a": X * 2}, {"l": X[:, 0]}, 3)
    assert [d.name for d in iterator.provide_data] == ["a", "b"]
    assert iterator.provide_label == [("l", (3,))]
    assert [d.asnumpy().reshape(-1).tolist() for d in iterator.next().data] == [[0, 2, 4], [0, 1, 2]]
    assert dict(io.NDArrayIter([X, X], None, 3).provide_data) == {"_0_data": (3, 1), "_1_data": (3, 1)}
    assert io.NDArrayIter(X, X[:, 0], 3).provide_label[0].name == "softmax_label"
    assert io.NDArrayIter(X, X[:, 0], 3, data_name="d", label_name="l").provide_data[0].name == "d"
    assert io.NDArrayIter(X, None, 3).next().label == []


def test_types() -> None:
    batch = io.NDArrayIter(X.astype("int64"), nd.array([0, 1, 2, 3, 4, 5, 6], dtype="int32"), 3).next()
    assert (batch.data[0].dtype, batch.label[0].dtype) == (np.float32, np.int32)
    assert io.NDArrayIter([[1, 2], [3, 4]], None, 1).next().data[0].dtype is np.float32


def test_descriptions() -> None:
    description = io.DataDesc("d", (2, 3))
    name, shape = description
    assert (name, shape, description.dtype, description.layout) == ("d", (2, 3), np.float32, "NCHW")
    assert repr(description) == "DataDesc[d,(2, 3),<class 'numpy.float32'>,NCHW]"
    assert [io.DataDesc.get_batch_axis(layout) for layout in ("NCHW", None, "TNC")] == [0, 0, 1]
    again = pickle.loads(pickle.dumps(io.DataDesc("d", (2,), "int8", "TNC")))
    assert (again.dtype, again.layout) == ("int8", "TNC")
    assert str(io.DataBatch([nd.ones((2, 3))], [nd.ones((2,))])) == (
        "DataBatch: data shapes: [(2, 3)] label shapes: [(2,)]"
    )


def test_an_iterator_by_hand() -> None:
    iterator = io.NDArrayIter(X, X[:, 0], 3)
    assert (iterator.batch_size, iterator.num_data) == (3, 7)
    assert iterator.iter_next()
    assert iterator.getdata()[0].shape == (3, 1)
    assert iterator.getlabel()[0].asnumpy().tolist() == [0, 1, 2]
    assert iterator.getindex().tolist() == [0, 1, 2]
    assert iterator.getpad() == 0
    list(iterator)
    with pytest.raises(StopIteration):
        iterator.next()


def test_an_iterator_of_one_s_own() -> None:
    class Three(io.DataIter):
        def __init__(self) -> None:
            super().__init__(2)
            self.at = 0

        def iter_next(self) -> bool:
            self.at += 1
            return self.at <= 3

        def getdata(self) -> Any:
            return [nd.full((2,), self.at)]

        def reset(self) -> None:
            self.at = 0

    iterator = Three()
    assert epochs(iterator, 2) == [[[1, 1], [2, 2], [3, 3]]] * 2
    assert batches(io.DataIter()) == []


def test_resizing() -> None:
    iterator = io.ResizeIter(io.NDArrayIter(X, None, 3), 5)
    assert epochs(iterator, 2) == [[[0, 1, 2], [3, 4, 5], [6, 0, 1], [0, 1, 2], [3, 4, 5]]] * 2
    assert iterator.provide_data == [("data", (3, 1))]
    going_on = io.ResizeIter(io.NDArrayIter(X, None, 3), 2, reset_internal=False)
    assert epochs(going_on, 2) == [[[0, 1, 2], [3, 4, 5]], [[6, 0, 1], [0, 1, 2]]]


# ---------------------------------------------------------------- files
def test_csv(tmp_path: Path) -> None:
    data, labels = tmp_path / "data.csv", tmp_path / "labels.csv"
    data.write_text("".join(f"{i},{i + 0.5}\n" for i in range(5)))
    labels.write_text("".join(f"{i}\n" for i in range(5)))
    iterator = io.CSVIter(data, (2,), labels, batch_size=2)
    found = list(iterator)
    assert [b.pad for b in found] == [0, 0, 1]
    assert found[1].data[0].asnumpy().tolist() == [[2, 2.5], [3, 3.5]]
    assert found[2].label[0].asnumpy().tolist() == [4, 0]
    assert (iterator.provide_data, iterator.provide_label) == ([("data", (2, 2))], [("softmax_label", (2,))])
    assert [b.data[0].shape for b in io.CSVIter(data, (1, 2), batch_size=2, round_batch=False)] == [(2, 1, 2)] * 3
    assert io.CSVIter(data, (2,), batch_size=2).next().label[0].asnumpy().tolist() == [0, 0]
    assert io.CSVIter(data, (2,), data, (2,), batch_size=2).next().label[0].shape == (2, 2)


@pytest.mark.parametrize("packed", [False, True])
def test_mnist_files(tmp_path: Path, packed: bool) -> None:
    images = np.arange(6 * 28 * 28, dtype=np.uint8).reshape(6, 28, 28)
    names = {
        "image": struct.pack(">IIII", 2051, 6, 28, 28) + images.tobytes(),
        "label": struct.pack(">II", 2049, 6) + bytes(range(6)),
    }
    paths = {}
    for name, content in names.items():
        paths[name] = tmp_path / (f"{name}.gz" if packed else name)
        paths[name].write_bytes(gzip.compress(content) if packed else content)
    iterator = io.MNISTIter(**paths, batch_size=4, shuffle=False)
    (batch,) = iterator
    assert batch.data[0].shape == (4, 1, 28, 28)
    np.testing.assert_allclose(batch.data[0].asnumpy()[:, 0], images[:4] / 256, rtol=1e-6)  # MXNet 1.9.1 divides by 256
    assert batch.label[0].asnumpy().tolist() == [0, 1, 2, 3]
    assert io.MNISTIter(**paths, batch_size=2, flat=True).next().data[0].shape == (2, 784)
    one, two = (io.MNISTIter(**paths, batch_size=3, seed=s).next().label[0].asnumpy().tolist() for s in (1, 1))
    assert one == two
    parts = [
        io.MNISTIter(**paths, batch_size=3, shuffle=False, num_parts=2, part_index=i).next().label[0] for i in (0, 1)
    ]
    assert [p.asnumpy().tolist() for p in parts] == [[0, 1, 2], [3, 4, 5]]


# ---------------------------------------------------------------- what is refused
def _csv(tmp_path: Path, text: str, shape: tuple[int, ...]) -> Any:
    (tmp_path / "x.csv").write_text(text)
    return io.CSVIter(tmp_path / "x.csv", shape)


@pytest.mark.parametrize(
    ("use", "kind", "words"),
    [
        (
            lambda _: io.NDArrayIter(X, None, 8, last_batch_handle="discard"),
            ParamError,
            r"NDArrayIter: batch_size does not fit the data \(wanted 1 to 7, got 8\)",
        ),
        (lambda _: io.NDArrayIter(X, None, 0), ParamError, "batch_size does not fit"),
        (
            lambda _: io.NDArrayIter(X, X[:3], 3),
            DataError,
            r"softmax_label: all arrays must have one length \(wanted 7, got 3\)",
        ),
        (lambda _: io.NDArrayIter(X, None, 3, last_batch_handle="zz"), ParamError, "unknown last_batch_handle .*'zz'"),
        (lambda _: io.NDArrayIter(None, None, 3), DataError, "NDArrayIter: there are no data"),
        (lambda _: io.NDArrayIter(5, None, 3), DataError, r"a list of arrays or a dict of arrays, got int"),
        (
            lambda p: _csv(p, "1,2\n3,4\n", (3,)),
            DataError,
            r"x\.csv: a row has another number of values .*\(3,\), got 2",
        ),
        (lambda p: _csv(p, "1,2\n3,x\n", (2,)), DataError, r"x\.csv: the CSV file cannot be read"),
        (
            lambda p: io.CSVIter(p / "no.csv", (2,)),
            DataError,
            r"no\.csv: the CSV file cannot be read: there is no such file",
        ),
    ],
)
def test_refusals(use: Callable[[Path], Any], kind: type[Exception], words: str, tmp_path: Path) -> None:
    with pytest.raises(kind, match=words) as caught:
        use(tmp_path)
    assert str(tmp_path) not in str(caught.value)
