"""Datasets, samplers and the loader."""

from __future__ import annotations

import operator
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright import nd
from netwright.errors import DataError, ParamError
from netwright.gluon import data as gdata

X = np.arange(10, dtype=np.float32).reshape(5, 2)
Y = np.arange(5)


def numbers(n: int = 10) -> gdata.SimpleDataset:
    return gdata.SimpleDataset(list(range(n)))


# ---------------------------------------------------------------- datasets
def test_array_dataset_gives_tuples() -> None:
    dataset = gdata.ArrayDataset(X, Y)
    assert len(dataset) == 5
    x, y = dataset[1]
    assert (x.tolist(), y) == ([2, 3], 1)
    assert dataset[-1][1] == 4
    assert gdata.ArrayDataset(X)[2].tolist() == [4, 5]
    x, y = gdata.ArrayDataset(nd.array(X), nd.array(Y))[1]
    assert isinstance(x, nd.NDArray)
    assert y == 1.0
    assert isinstance(y, np.float32)  # a label is a number, as in MXNet
    with pytest.raises(IndexError):
        dataset[9]
    with pytest.raises(AssertionError, match=r"all arrays must have one length \(wanted 5, got 3 in array 1\)"):
        gdata.ArrayDataset(X, Y[:3])
    with pytest.raises(AssertionError, match="wanted at least one"):
        gdata.ArrayDataset()


def test_transformations_are_lazy_unless_told() -> None:
    calls: list[int] = []

    def ten_times(a: int) -> int:
        calls.append(a)
        return a * 10

    lazy = numbers(3).transform(ten_times)
    assert calls == []
    assert list(lazy) == [0, 10, 20]
    calls.clear()
    now = numbers(3).transform(ten_times, lazy=False)
    assert calls == [0, 1, 2]
    assert list(now) == [0, 10, 20]
    assert calls == [0, 1, 2]


def test_tuples_become_arguments() -> None:
    pairs = gdata.SimpleDataset([(1, 2), (3, 4)])
    assert list(pairs.transform(operator.add)) == [3, 7]
    assert list(pairs.transform_first(operator.neg)) == [(-1, 2), (-3, 4)]
    assert list(numbers(2).transform_first(operator.neg)) == [0, -1]


def test_parts_of_datasets() -> None:
    """MXNet 1.9.1."""
    assert [list(numbers().shard(3, i)) for i in range(3)] == [[0, 1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert list(numbers().take(3)) == [0, 1, 2]
    assert len(numbers(2).take(5)) == len(numbers(2).take(None)) == 2
    assert list(numbers().filter(lambda v: v % 2 == 1)) == [1, 3, 5, 7, 9]
    assert list(numbers().sample(gdata.SequentialSampler(3, start=2))) == [2, 3, 4]
    with pytest.raises(AssertionError, match=r"there is no such shard \(wanted 0 to 2, got 3\)"):
        numbers().shard(3, 3)
    assert list(gdata.Dataset()) == []


# ---------------------------------------------------------------- samplers
def test_samplers() -> None:
    assert list(gdata.SequentialSampler(3, start=2)) == [2, 3, 4]
    assert list(gdata.FilterSampler(lambda v: v > 7, numbers())) == [8, 9]
    assert list(gdata.IntervalSampler(13, 3)) == [0, 3, 6, 9, 12, 1, 4, 7, 10, 2, 5, 8, 11]
    assert list(gdata.IntervalSampler(13, 3, rollover=False)) == [0, 3, 6, 9, 12]
    assert [len(gdata.IntervalSampler(13, 3, rollover=r)) for r in (True, False)] == [13, 5]
    with pytest.raises(ParamError, match=r"the interval cannot exceed the length \(wanted <= 3, got 5\)"):
        gdata.IntervalSampler(3, 5)


def test_random_sampler_is_a_permutation_by_the_seed() -> None:
    mx.random.seed(1)
    sampler = gdata.RandomSampler(20)
    first, second = list(sampler), list(sampler)
    assert sorted(first) == sorted(second) == list(range(20))
    assert first != second
    mx.random.seed(1)
    assert list(sampler) == first


@pytest.mark.parametrize(
    ("last", "wanted", "length"),
    [
        ("keep", [[0, 1, 2], [3, 4, 5], [6]], 3),
        ("discard", [[0, 1, 2], [3, 4, 5]], 2),
        ("rollover", [[0, 1, 2], [3, 4, 5]], 2),
    ],
)
def test_last_batches(last: str, wanted: list[list[int]], length: int) -> None:
    sampler = gdata.BatchSampler(gdata.SequentialSampler(7), 3, last)
    assert len(sampler) == length
    assert list(sampler) == wanted


def test_what_rolls_over_comes_first_in_the_next_pass() -> None:
    sampler = gdata.BatchSampler(gdata.SequentialSampler(7), 3, "rollover")
    list(sampler)
    assert list(sampler) == [[6, 0, 1], [2, 3, 4]]
    assert len(sampler) == 3
    assert list(sampler) == [[5, 6, 0], [1, 2, 3], [4, 5, 6]]


# ---------------------------------------------------------------- batches
def test_batches_of_tuples() -> None:
    batches = list(gdata.DataLoader(gdata.ArrayDataset(X, Y), 2))
    assert [[a.shape for a in batch] for batch in batches] == [[(2, 2), (2,)], [(2, 2), (2,)], [(1, 2), (1,)]]
    assert [a.dtype for a in batches[0]] == [np.float32, np.int64]
    assert batches[1][0].asnumpy().tolist() == [[4, 5], [6, 7]]
    assert len(gdata.DataLoader(gdata.ArrayDataset(X, Y), 2, last_batch="discard")) == 2


def test_batches_of_other_things() -> None:
    (batch,) = gdata.DataLoader(gdata.SimpleDataset([(1, (2, 3.5)), (4, (5, 6.5))]), 2)
    assert batch[0].asnumpy().tolist() == [1, 4]
    assert [a.asnumpy().tolist() for a in batch[1]] == [[2, 5], [3.5, 6.5]]
    assert batch[1][1].dtype is np.float64  # kept, as MXNet 1.9.1 keeps it
    (batch,) = gdata.DataLoader(gdata.SimpleDataset([nd.ones((2,)), nd.zeros((2,))]), 2)
    assert batch.asnumpy().tolist() == [[1, 1], [0, 0]]


def test_shuffling_gives_every_item_once() -> None:
    mx.random.seed(0)
    loader = gdata.DataLoader(numbers(20), 6, shuffle=True)
    passes = [[int(v) for batch in loader for v in batch] for _ in range(2)]
    assert sorted(passes[0]) == sorted(passes[1]) == list(range(20))
    assert passes[0] != passes[1]


def test_samplers_and_batchify_of_one_s_own() -> None:
    loader = gdata.DataLoader(numbers(), 2, sampler=gdata.SequentialSampler(4, start=6))
    assert [b.asnumpy().tolist() for b in loader] == [[6, 7], [8, 9]]
    batches = gdata.BatchSampler(gdata.SequentialSampler(4), 3)
    loader = gdata.DataLoader(numbers(), batch_sampler=batches, batchify_fn=sum)
    assert list(loader) == [3, 3]


@pytest.mark.parametrize(
    ("use", "words"),
    [
        (lambda: gdata.DataLoader(numbers()), "DataLoader: batch_size is needed unless batch_sampler is given"),
        (
            lambda: gdata.DataLoader(numbers(), 2, shuffle=True, sampler=gdata.SequentialSampler(5)),
            "shuffle and sampler exclude each other",
        ),
        (
            lambda: gdata.DataLoader(numbers(), 2, batch_sampler=gdata.BatchSampler(range(5), 2)),  # type: ignore[arg-type]
            "batch_sampler excludes batch_size",
        ),
        (lambda: gdata.DataLoader(numbers(), 2, last_batch="odd"), "unknown last_batch .*got 'odd'"),
        (lambda: gdata.DataLoader(numbers(), 0), r"wanted batch_size of at least 1, got 0"),
    ],
)
def test_refusals(use: Callable[[], Any], words: str) -> None:
    with pytest.raises(ParamError, match=words):
        use()


# ---------------------------------------------------------------- workers
class Squares(gdata.Dataset):
    """Items that tell which process made them; one may fail, wait or die."""

    def __init__(self, count: int, bad: int = -1, what: str = "") -> None:
        self.count, self.bad, self.what = count, bad, what

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, idx: int) -> tuple[Any, int]:
        if idx == self.bad:
            if self.what == "die":
                os._exit(3)
            if self.what == "wait":
                time.sleep(1)
            raise ZeroDivisionError(f"item {idx}")
        return np.full((2,), idx * idx, np.float32), os.getpid()


@pytest.mark.parametrize("threads", [False, True])
def test_workers_give_the_same_batches_in_order(threads: bool) -> None:
    loader = gdata.DataLoader(Squares(11), 2, num_workers=2, thread_pool=threads)
    alone = gdata.DataLoader(Squares(11), 2)
    processes = set()
    for _ in range(2):  # the workers are kept from one pass to the next
        for (x, who), (wanted, _) in zip(loader, alone, strict=True):
            assert isinstance(x, nd.NDArray)
            np.testing.assert_array_equal(x.asnumpy(), wanted.asnumpy())
            processes.update(who.asnumpy().tolist())
    assert (os.getpid() in processes) is threads
    assert len(processes) <= 2


@pytest.mark.parametrize("threads", [False, True])
def test_an_error_of_an_item_reaches_the_caller(threads: bool) -> None:
    loader = gdata.DataLoader(Squares(6, bad=3), 2, num_workers=1, thread_pool=threads)
    batches = iter(loader)
    assert next(batches)[0].shape == (2, 2)
    with pytest.raises(ZeroDivisionError, match="item 3"):
        next(batches)


def test_a_worker_that_dies_is_told_of() -> None:
    loader = gdata.DataLoader(Squares(4, bad=1, what="die"), 2, num_workers=1)
    with pytest.raises(DataError, match=r"DataLoader: a worker process ended .*if __name__ == \"__main__\""):
        next(iter(loader))


def test_a_batch_that_takes_too_long_is_told_of() -> None:
    loader = gdata.DataLoader(Squares(4, bad=1, what="wait"), 2, num_workers=1, thread_pool=True, timeout=0.1)
    with pytest.raises(DataError, match=r"a batch was not ready after 0\.1 s\. Raise timeout"):
        next(iter(loader))


def test_what_cannot_be_pickled_is_read_by_threads() -> None:
    loader = gdata.DataLoader(numbers(4).transform(lambda v: v * 2), 2, num_workers=2)
    with pytest.warns(UserWarning, match="the dataset cannot go to worker processes .*threads read it"):
        assert [b.asnumpy().tolist() for b in loader] == [[0, 2], [4, 6]]


def test_prefetching_stops_at_its_limit() -> None:
    read: list[int] = []

    def note(v: int) -> int:
        read.append(v)
        return v

    loader = gdata.DataLoader(numbers(20).transform(note), 1, num_workers=1, thread_pool=True, prefetch=3)
    first = next(iter(loader))
    time.sleep(0.2)
    assert int(first) == 0
    assert len(read) == 4


# ---------------------------------------------------------------- programs, pinned memory, passes prepared ahead
PROGRAM = """
import netwright as mx
{definition}
loader = mx.gluon.data.DataLoader({dataset}, 2, num_workers=1)
print("total", float(sum(batch.sum() for batch in loader)))
"""


@pytest.mark.parametrize(
    ("definition", "words"),
    [("", ""), ("class Own(mx.gluon.data.SimpleDataset): ...", "threads read it")],
)
def test_workers_of_a_program_without_a_guard(definition: str, words: str, tmp_path: Path) -> None:
    # it works, as in MXNet, whose workers are forked
    file = tmp_path / "program.py"
    dataset = f"{'Own' if definition else 'mx.gluon.data.SimpleDataset'}([1, 2, 3, 4])"
    file.write_text(PROGRAM.format(definition=definition, dataset=dataset))
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "total 10.0\n", done.stderr
    assert words in done.stderr
    assert bool(done.stderr) is bool(words)


def test_batches_in_pinned_memory() -> None:
    data = gdata.ArrayDataset(nd.ones((4, 2)), np.arange(4))
    net = mx.gluon.nn.Dense(1)
    net.initialize(mx.init.One())
    for x, y in gdata.DataLoader(data, 2, pin_memory=True, pin_device_id=0):
        assert (x.ctx, y.ctx) == (mx.cpu_pinned(), mx.cpu_pinned())
        assert net(x).shape == (2, 1)
        net.hybridize()


def test_a_pass_is_prepared_ahead_and_given_up() -> None:
    seen: list[int] = []

    def note(v: Any) -> Any:
        seen.append(v)
        return v

    data = gdata.SimpleDataset(list(range(4))).transform(note)
    loader = gdata.DataLoader(data, 2, num_workers=1, thread_pool=True, auto_reload=True)
    assert [b.asnumpy().tolist() for b in loader] == [[0, 1], [2, 3]]
    assert loader._iter is not None  # the next pass
    loader.clean()
    assert [b.asnumpy().tolist() for b in loader] == [[0, 1], [2, 3]]
    loader.refresh()
    assert len(list(loader)) == 2
    with pytest.raises(AssertionError, match=r"timeout must be positive \(got 0\)"):
        gdata.DataLoader(data, 2, timeout=0)
    with pytest.raises(TypeError, match="this is no sampler"):
        data.sample([1, 2])  # type: ignore[arg-type]


def test_what_batchify_gives_keeps_its_kind() -> None:
    loader = gdata.DataLoader(Squares(4), 2, batchify_fn=_pair, num_workers=1)
    (first, second), _ = list(loader)
    assert (first.dtype, second) == (np.float64, 2)


def _pair(items: Any) -> Any:
    return np.asarray([item[0] for item in items], np.float64), len(items)
