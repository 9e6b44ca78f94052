"""Batches gathered by one call are those made item by item."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from netwright import nd
from netwright.gluon.data import ArrayDataset, DataLoader, Dataset, SimpleDataset
from netwright.gluon.data.dataloader import default_batchify_fn
from netwright.gluon.data.gathering import gathered
from netwright.gluon.data.vision import transforms
from netwright.ndarray.array import NDArray

IMAGES = np.random.default_rng(4).integers(0, 256, (11, 5, 4, 3), dtype=np.uint8)
LABELS = np.arange(11, dtype=np.int32)


class Doubled(ArrayDataset):
    def __getitem__(self, idx: int) -> Any:
        return tuple(2 * part for part in super().__getitem__(idx))


def images() -> ArrayDataset:
    return ArrayDataset(nd.array(IMAGES, dtype="uint8"), LABELS)


def scaled() -> transforms.Compose:
    return transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1, 0.2, 0.3), 0.5)])


MADE: dict[str, Callable[[], Dataset]] = {
    "numpy": lambda: ArrayDataset(IMAGES.astype("float64"), LABELS),
    "ndarray": images,
    "one array": lambda: ArrayDataset(nd.array(IMAGES)),
    "one vector": lambda: ArrayDataset(nd.array(LABELS)),
    "a shard": lambda: images().shard(3, 1),
    "chosen": lambda: images().filter(lambda item: int(item[1]) % 2 == 0),
    "to tensors": lambda: images().transform_first(transforms.ToTensor()),
    "composed": lambda: images().take(9).transform_first(scaled()),
    "casts": lambda: images().transform_first(transforms.Cast("float16")),
}
ONE_BY_ONE: dict[str, Callable[[], Dataset]] = {
    "of one's own": lambda: Doubled(IMAGES, LABELS),
    "a list": lambda: ArrayDataset([[1, 2], [3, 4]] * 3, [0.5] * 6),
    "simple": lambda: SimpleDataset([(i, 2 * i) for i in range(6)]),
    "a function": lambda: images().transform_first(lambda image: image.astype("float32")),
    "random": lambda: images().transform_first(transforms.RandomFlipLeftRight()),
    "no images": lambda: ArrayDataset(nd.ones((6, 5, 4)), LABELS[:6]).transform_first(transforms.ToTensor()),
}


def parts(batch: Any) -> list[Any]:
    return batch if isinstance(batch, list) else [batch]


@pytest.mark.parametrize("name", MADE)
def test_a_gathered_batch_is_the_batch_of_its_items(name: str) -> None:
    data = MADE[name]()
    for places in ([0], [2, 0, 1, 1], [-1, 0]):
        found = gathered(data, places)
        wanted = default_batchify_fn([data[i] for i in places])
        assert isinstance(found, list) is isinstance(wanted, list)
        for got, want in zip(parts(found), parts(wanted), strict=True):
            assert type(got) is NDArray
            assert got.dtype == want.dtype
            np.testing.assert_array_equal(got.asnumpy(), want.asnumpy())


@pytest.mark.parametrize("name", ONE_BY_ONE)
def test_others_are_read_item_by_item(name: str) -> None:
    assert gathered(ONE_BY_ONE[name](), [0, 1]) is None


@pytest.mark.parametrize("places", [[11], [-12], ["a"], [0.5], [], [[0], [1]]])
def test_places_that_are_none_are_left_to_reading(places: list[Any]) -> None:
    assert gathered(images(), places) is None


@pytest.mark.parametrize("workers", [{}, {"num_workers": 2, "thread_pool": True}])
def test_a_loader_gives_the_same_as_reading(workers: dict[str, Any]) -> None:
    read: list[int] = []

    class Seen(ArrayDataset):
        def __getitem__(self, idx: int) -> Any:
            read.append(idx)
            return super().__getitem__(idx)

    batches = [
        [[part.asnumpy() for part in batch] for batch in DataLoader(d, 4, last_batch="keep", **workers)]
        for d in (ArrayDataset(IMAGES, LABELS), Seen(IMAGES, LABELS))
    ]
    assert len(read) == 11
    assert len(batches[0]) == 3
    for got, wanted in zip(*batches, strict=True):
        for a, b in zip(got, wanted, strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_batch_of_ones_own_is_made_of_items() -> None:
    seen = list(DataLoader(images(), 5, batchify_fn=lambda items: items))
    assert [len(items) for items in seen] == [5, 5, 1]
    assert isinstance(seen[0][0], tuple)
