"""The built-in data sets: shapes, splits, preprocessing, provenance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from netwright import datasets
from netwright.datasets import Column, Preprocessing, fashion_mnist
from netwright.datasets.splits import split_indices
from netwright.errors import DataError

SMALL = [name for name in datasets.names() if name != "fashion-mnist"]
needs_fashion = pytest.mark.skipif(fashion_mnist.find_folder() is None, reason=str(fashion_mnist.why_missing()))


@pytest.mark.parametrize("name", SMALL)
def test_a_data_set_is_what_its_description_says(name: str) -> None:
    data = datasets.get(name)
    info = data.info
    assert info.name == name
    assert (len(data.train[0]), len(data.test[0])) == (info.samples.train, info.samples.test)
    for split in ("train", "test"):
        x, y = data.split(split)
        assert x.shape[1:] == info.input.shape
        assert str(x.dtype) == info.input.dtype
        assert np.isfinite(x).all()
        assert x.min() >= info.input.low or info.input.kind == "table"
        if info.label.classes is not None:
            assert y.dtype == np.int64
            seen, all_of_them = set(np.unique(y)), set(range(len(info.label.classes)))
            # A rare character stands in one part of a text only.
            assert seen <= all_of_them if info.input.kind == "text" else seen == all_of_them
        else:
            assert y.dtype == np.float32
    assert info.summary
    assert info.source
    assert info.licence


@pytest.mark.parametrize("name", ["iris", "wine", "breast-cancer"])
def test_standardised_training_columns_have_mean_0_and_deviation_1(name: str) -> None:
    x, _ = datasets.get(name).arrays("train")
    assert x.dtype == np.float32
    np.testing.assert_allclose(x.mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(x.std(0), 1, atol=1e-4)
    held_out, _ = datasets.get(name).arrays("test")
    assert abs(held_out.mean(0)).max() > 1e-3, "fitted on the test part as well"


def test_values_are_standardised_and_come_back() -> None:
    data = datasets.get("diabetes")
    raw = data.train[1]
    _, y = data.arrays("train")
    assert y.dtype == np.float32
    assert abs(float(y.mean())) < 1e-5
    np.testing.assert_allclose(data.preprocessing.invert_target(y), raw, rtol=1e-5)
    x, _ = data.arrays("test")
    np.testing.assert_allclose(data.preprocessing.invert(x), data.test[0], rtol=1e-4, atol=1e-4)


def test_the_same_split_every_time_and_no_sample_in_both() -> None:
    labels = np.repeat([0, 1, 2], [50, 30, 20])
    train, test = split_indices(100, labels)
    again = split_indices(100, labels)
    assert (train == again[0]).all()
    assert (test == again[1]).all()
    assert sorted(np.concatenate([train, test])) == list(range(100))
    assert np.bincount(labels[test]).tolist() == [10, 6, 4]


@pytest.mark.parametrize("samples", [2, 3, 4])
def test_a_few_samples_still_give_both_parts(samples: int) -> None:
    train, test = split_indices(samples, np.arange(samples))
    assert len(train) >= 1
    assert len(test) >= 1
    assert len(train) + len(test) == samples


def test_the_hash_is_of_the_content() -> None:
    data = datasets.get("iris")
    changed = data.train[0].copy()
    changed[0, 0] += 1
    other = datasets.Dataset(data.info, (changed, data.train[1]), data.test)
    assert data.sha256 == datasets.Dataset(data.info, data.train, data.test).sha256
    assert data.sha256 != other.sha256


def test_an_unknown_name_says_what_was_meant() -> None:
    with pytest.raises(DataError, match=r"wanted one of iris.*Did you mean fashion-mnist"):
        datasets.get("fashion-minst")


def test_preprocessing_travels_as_json() -> None:
    fitted = datasets.get("diabetes").preprocessing
    again = Preprocessing.from_json(fitted.to_json())
    assert again == fitted
    x = datasets.get("diabetes").test[0]
    assert (again.apply(x) == fitted.apply(x)).all()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"mean": "x"}', '{"class": "os.system"}'])
def test_other_json_is_no_preprocessing(text: str) -> None:
    with pytest.raises(DataError, match="not the description"):
        Preprocessing.from_json(text)


def test_a_constant_column_is_left_alone() -> None:
    x = np.array([[3.0, 1.0], [3.0, 2.0]], np.float32)
    assert Preprocessing.fit(x).apply(x).tolist() == [[0.0, -1.0], [0.0, 1.0]]


def test_the_wrong_number_of_columns_is_refused() -> None:
    with pytest.raises(DataError, match="wanted 4 columns, got 3"):
        datasets.get("iris").preprocessing.apply(np.zeros((2, 3)))


def test_rows_become_numbers_and_one_hot_columns() -> None:
    fields = (
        Column(name="size"),
        Column(name="kind", kind="category", categories=("a", "b")),
        Column(name="w", fill=7),
    )
    encoded = Preprocessing(columns=fields).encode([["1.5", "b", ""], [2, "a", None]])
    assert encoded.tolist() == [[1.5, 0, 1, 7], [2, 1, 0, 7]]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (["1", "c"], "row 1, kind: unknown category .wanted one of a, b, got 'c'"),
        (["x", "a"], "row 1, size: not a number .wanted a number, got 'x'"),
        (["1e999", "a"], "row 1, size: not a finite number"),
        (["nan", "a"], "row 1, size: a value is missing"),
        ([["1"], "a"], "row 1, size: not a number"),
        (["1"], r"row 1: a row has another number of columns .wanted 2 \(size, kind\), got 1"),
    ],
)
def test_a_wrong_cell_is_named(row: list[object], message: str) -> None:
    fields = (Column(name="size"), Column(name="kind", kind="category", categories=("a", "b")))
    with pytest.raises(DataError, match=message):
        Preprocessing(columns=fields).encode([row])  # type: ignore[list-item]


@needs_fashion
def test_fashion_mnist_is_what_its_description_says() -> None:
    data = datasets.get("fashion-mnist")
    assert data.info == datasets.info("fashion-mnist").model_copy(update={"available": True, "why": None})
    assert data.train[0].shape == (60_000, 1, 28, 28)
    assert data.test[0].dtype == np.uint8
    assert sum(a.nbytes for a in (*data.train, *data.test)) == data.info.bytes
    assert np.bincount(data.train[1]).tolist() == [6000] * 10
    x = data.preprocessing.apply(data.test[0][:10])
    assert x.dtype == np.float32
    assert 0 <= x.min() < x.max() <= 1


def test_fashion_mnist_without_files_or_network_says_what_to_do(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fashion_mnist, "PACKAGE_FOLDER", home / "nothing")
    monkeypatch.setattr(fashion_mnist, "URL", "http://127.0.0.1:9/")
    info = datasets.info("fashion-mnist")
    assert not info.available
    assert "apt" in str(info.why) or "Debian" in str(info.why)
    with pytest.raises(DataError, match=r"could not be fetched.*Connect to the internet"):
        fashion_mnist.load_arrays()


@needs_fashion
def test_a_damaged_file_is_noticed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = fashion_mnist.find_folder()
    assert found is not None
    folder = home / "cache" / "datasets" / "fashion-mnist"
    folder.mkdir(parents=True)
    for file in fashion_mnist.FILES:
        (folder / file.name).symlink_to(found / file.name)
    swapped = folder / fashion_mnist.FILES[1].name
    swapped.unlink()
    swapped.symlink_to(found / fashion_mnist.FILES[3].name)
    monkeypatch.setattr(fashion_mnist, "PACKAGE_FOLDER", home / "nothing")
    with pytest.raises(DataError, match=r"train-labels-idx1-ubyte.gz is damaged"):
        fashion_mnist.load_arrays()


@pytest.mark.parametrize(
    ("name", "loader"),
    [(n, f"load_{n.replace('-', '_')}") for n in ("iris", "wine", "breast-cancer", "diabetes")],
)
def test_tables_hold_what_scikit_learn_says(name: str, loader: str) -> None:
    from sklearn import datasets as sklearn_datasets

    options = {"scaled": False} if name == "diabetes" else {}
    x, y = getattr(sklearn_datasets, loader)(return_X_y=True, **options)
    data = datasets.get(name)
    ours_x, ours_y = (np.concatenate(parts) for parts in zip(data.train, data.test, strict=True))
    # the split reorders the samples: compare them as sets of rows
    ours = np.column_stack([ours_x, ours_y]).astype(np.float32)
    theirs = np.column_stack([x, y]).astype(np.float32)
    np.testing.assert_array_equal(ours[np.lexsort(ours.T)], theirs[np.lexsort(theirs.T)])
