from __future__ import annotations

import math
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.backend.conftest import add_run

from netwright_studio.runs import series
from netwright_studio.runs.series import Curve, SeriesCache, envelope
from netwright_studio.store import Store
from netwright_studio.store.events import Draft, Event


def curve_of(values: list[float]) -> Curve:
    curve = Curve()
    for step, value in enumerate(values):
        curve.steps.append(step)
        curve.values.append(value)
    return curve


@given(st.lists(st.floats(allow_nan=False), max_size=300), st.integers(1, 50))
def test_no_peak_is_lost_and_no_bucket_is_empty(values: list[float], points: int) -> None:
    found = envelope(curve_of(values), points)
    assert len(found["step"]) == min(points, len(values))
    assert found["count"] == len(values)
    if values:
        assert min(found["min"]) == min(values)
        assert max(found["max"]) == max(values)
        assert found["last"][-1] == values[-1]
        assert found["step"] == sorted(set(found["step"]))
    assert all(low <= last <= high for low, last, high in zip(found["min"], found["last"], found["max"], strict=True))


def test_nan_does_not_hide_its_neighbours() -> None:
    found = envelope(curve_of([1.0, math.nan, 3.0, math.nan, math.nan, math.nan]), 2)
    assert (found["min"][0], found["max"][0]) == (1.0, 3.0)
    assert math.isnan(found["min"][1])


def test_a_part_is_served_with_all_its_points() -> None:
    values = [random.Random(1).random() for _ in range(10_000)]
    found = envelope(curve_of(values), 1000, first=500, last=699)
    assert found["step"] == list(range(500, 700))
    assert found["min"] == found["max"] == found["last"] == values[500:700]


@pytest.fixture
def run(store: Store) -> str:
    return add_run(store).id


def record(store: Store, run: str, steps: range, **values: float) -> None:
    store.events.append(
        run, [Draft("metrics", {"step": s, "epoch": 0.0, "values": {"loss": s * 1.0, **values}}) for s in steps]
    )


def test_curves_grow_and_training_anew_supersedes_points(store: Store, run: str) -> None:
    cache = SeriesCache(store.events)
    record(store, run, range(1, 11))
    assert cache.read(run, None, 100, None, None)["loss"]["step"] == list(range(1, 11))
    store.events.append(run, [Draft("state", {"state": "running", "reason": None, "resumed_from_step": 6})])
    record(store, run, range(7, 14), extra=float("nan"))
    found = cache.read(run, ["loss", "extra", "nothing"], 100, None, None)
    assert set(found) == {"loss", "extra"}
    assert found["loss"]["step"] == list(range(1, 14))
    assert SeriesCache(store.events).read(run, ["loss"], 100, None, None)["loss"] == found["loss"]


def test_the_cache_forgets_the_run_looked_at_longest_ago(store: Store) -> None:
    cache = SeriesCache(store.events, capacity=2)
    runs = [add_run(store).id for _ in range(3)]
    for run in runs:
        record(store, run, range(3))
        cache.read(run, None, 10, None, None)
    assert list(cache._runs) == runs[1:]
    cache.forget(runs[1])
    assert list(cache._runs) == runs[2:]


def test_curves_of_long_runs_are_kept_and_read_from_where_they_end(
    store: Store, run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series, "_KEEP_AFTER", 10)
    folder = tmp_path / run
    folder.mkdir()
    record(store, run, range(1, 21))
    SeriesCache(store.events, runs_dir=tmp_path).settle(run)
    assert (folder / "curves.npz").exists()
    record(store, run, range(21, 24))
    asked: list[int] = []
    of_types = store.events.of_types

    def watch(run: str, types: tuple[str, ...], after: int = 0, limit: int | None = None) -> list[Event]:
        asked.append(after)
        return of_types(run, types, after, limit)

    monkeypatch.setattr(store.events, "of_types", watch)
    found = SeriesCache(store.events, runs_dir=tmp_path).read(run, None, 100, None, None)
    assert found["loss"]["step"] == list(range(1, 24))
    assert found["loss"]["last"] == [float(step) for step in range(1, 24)]
    assert asked[0] >= 20
    (folder / "curves.npz").write_bytes(b"broken")
    again = SeriesCache(store.events, runs_dir=tmp_path).read(run, None, 100, None, None)
    assert again == found
