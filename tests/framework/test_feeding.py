"""Batches gathered ahead: the same as gathered one by one, in order, whole, and with errors where they belong."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from netwright import datasets, templates
from netwright.datasets.preprocessing import Preprocessing
from netwright.errors import DataError
from netwright.train import GraphTask, TrainSettings, evaluate, fit
from netwright.train import feeding as module
from netwright.train.data import Shuffled, hold_out
from netwright.train.feeding import Feed, Samples

X = np.random.default_rng(3).integers(0, 256, (257, 6), dtype=np.uint8)
Y = np.arange(257)


def seen(batches: Any) -> list[tuple[Any, Any]]:
    return [(x.copy(), y.copy()) for x, y in batches]


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many blocks for few samples."""
    monkeypatch.setattr(module, "BLOCK_BYTES", 300)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("batch_size", [1, 7, 32, 257])
@pytest.mark.parametrize("preprocessing", [None, Preprocessing.scaling(255.0, 3.0)])
@pytest.mark.parametrize("rows", [None, np.arange(5, 250)])
def test_batches_are_those_gathered_one_by_one(batch_size: int, preprocessing: Any, rows: Any) -> None:
    samples = Samples(X, Y, rows, preprocessing)
    places = np.random.default_rng(1).permutation(len(samples))
    whole = X if preprocessing is None else preprocessing.apply(X)
    if rows is not None:
        whole = whole[rows]
    found = seen(Feed(samples).batches(places, batch_size))
    assert len(found) == -(-len(samples) // batch_size)
    for i, (x, y) in enumerate(found):
        chosen = places[i * batch_size : (i + 1) * batch_size]
        assert x.dtype == whole.dtype
        np.testing.assert_array_equal(x, whole[chosen])
        np.testing.assert_array_equal(y, (Y if rows is None else Y[rows])[chosen])


@pytest.mark.usefixtures("small_blocks")
def test_a_batch_stays_until_the_next_is_asked_for_and_memory_is_used_again() -> None:
    passing = Feed(Samples(X, Y)).batches(np.arange(257), 8)
    addresses = set()
    for number, (x, _) in enumerate(passing):
        np.testing.assert_array_equal(x, X[number * 8 : number * 8 + 8])
        addresses.add(x.__array_interface__["data"][0])
    assert number == 32
    assert len(addresses) < 20


@pytest.mark.usefixtures("small_blocks")
def test_an_error_in_the_thread_surfaces_where_the_batch_would_have_been(monkeypatch: pytest.MonkeyPatch) -> None:
    gather = Samples.gather

    def failing(self: Samples, places: Any, room: Any = None) -> Any:
        if 100 in places:
            raise DataError("sample 100 cannot be read")
        return gather(self, places, room)

    monkeypatch.setattr(Samples, "gather", failing)
    given: list[Any] = []
    with pytest.raises(DataError, match="sample 100"):
        given.extend(y.copy() for _, y in Feed(Samples(X, Y)).batches(np.arange(257), 4))
    assert given
    assert all(100 not in y for y in given)
    assert not [t for t in threading.enumerate() if t.name.startswith("feed")]


@pytest.mark.usefixtures("small_blocks")
def test_leaving_in_the_middle_ends_the_thread() -> None:
    passing = Shuffled((X, Y), 4, seed=1).rest_of_epoch()
    next(passing)
    next(passing)
    assert [t for t in threading.enumerate() if t.name.startswith("feed")]
    passing.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("feed")]


@pytest.mark.usefixtures("small_blocks")
def test_a_state_counts_what_was_taken_not_what_was_gathered() -> None:
    whole = Shuffled((X, Y), 16, seed=5)
    order = [y for _ in range(2) for _, y in seen(whole.rest_of_epoch())]
    for taken in (1, 3, 16, 17):
        first = Shuffled((X, Y), 16, seed=5)
        passing = first.rest_of_epoch()
        given = [next(passing)[1].copy() for _ in range(taken)]
        state = first.state_dict()
        passing.close()
        again = Shuffled((X, Y), 16, seed=99)
        again.load_state_dict(state)
        given += [y for _ in range(2) for _, y in seen(again.rest_of_epoch())]
        for got, wanted in zip(given, order, strict=False):
            np.testing.assert_array_equal(got, wanted)


def test_what_is_held_out_is_not_copied() -> None:
    kept, held = hold_out(Samples(X, Y), 0.2, seed=1)
    assert held is not None
    assert kept.x is held.x is X
    assert sorted([*kept.rows, *held.rows]) == list(range(257))  # type: ignore[misc]
    np.testing.assert_array_equal(np.concatenate([y for _, y in held.in_turn(10)]), held.rows)


def test_training_on_raw_samples_equals_training_on_prepared_ones() -> None:
    data = datasets.get("digits")
    results = []
    for raw in (False, True):
        task = GraphTask(templates.get("mlp-digits").graph, data.info)
        part = data.preprocessing if raw else None
        given, tested = ((data.feed if raw else data.arrays)(name) for name in ("train", "test"))
        result = fit(task, given, settings=TrainSettings(epochs=1, batch_size=64, seed=2), preprocessing=part)
        assert 0 <= result.waited <= result.seconds
        results.append((result.metrics, evaluate(task, tested, preprocessing=part), task.arrays()))
    for got, wanted in zip(results[0][2].values(), results[1][2].values(), strict=True):
        np.testing.assert_array_equal(got, wanted)
    assert results[0][:2] == results[1][:2]
