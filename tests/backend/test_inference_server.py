"""Repository, cache and batcher, with a predictor that needs no framework."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from tests.backend.inference_fakes import Fixture

from netwright import model_store
from netwright_studio.errors import NotFoundError, UnavailableError
from netwright_studio.inference.batcher import bucket

X = np.random.default_rng(1).normal(0, 1, (64, 4)).astype(np.float32)


@pytest.fixture
async def models(tmp_path: Path) -> AsyncIterator[Fixture]:
    fixture = Fixture(tmp_path)
    fixture.publish()
    yield fixture
    await fixture.server.close()
    fixture.store.close()


async def test_batched_answers_are_the_single_ones(models: Fixture) -> None:
    model = await models.server.get("iris")
    alone = [await model.infer({"data": X[i : i + 1]}) for i in range(len(X))]
    together = await asyncio.gather(*(model.infer({"data": X[i : i + 1]}) for i in range(len(X))))
    for one, other in zip(alone, together, strict=True):
        assert one[0].shape == (1, 3)
        np.testing.assert_allclose(one[0], other[0], atol=1e-6)
        np.testing.assert_allclose(one[1], other[1], atol=1e-5)
    sizes = models.predictors[0].batches
    assert sizes[:64] == [1] * 64
    assert len(sizes) < 64 + 64, "nothing was batched"
    assert all(size & (size - 1) == 0 for size in sizes), "a batch was not padded to a power of two"


async def test_a_request_larger_than_the_cap_runs_in_pieces(models: Fixture) -> None:
    model = await models.server.get("iris")
    big = np.concatenate([X, X, X[:7]])
    softmax, total = await model.infer({"data": big})
    assert softmax.shape == (135, 3)
    np.testing.assert_allclose(total, big.sum(1), atol=1e-5)
    assert models.predictors[0].batches == [64, 64, 8]


async def test_different_shapes_do_not_share_a_batch(models: Fixture) -> None:
    model = await models.server.get("iris")
    results = await asyncio.gather(
        model.infer({"data": X[:2]}),
        model.infer({"data": X[:1, :3]}),
        model.infer({"data": X[2:3]}),
        return_exceptions=True,
    )
    assert isinstance(results[1], ValueError), "the wrong shape did not fail"
    assert not isinstance(results[0], BaseException), "the request before it failed with it"
    assert not isinstance(results[2], BaseException), "the request after it failed with it"
    stats = model.stats.as_dict("iris", 1)
    assert stats["inference_count"] == 3
    assert stats["inference_stats"]["fail"]["count"] == 1
    assert stats["inference_stats"]["success"]["count"] == 2


async def test_a_request_given_up_does_not_stop_the_others(models: Fixture) -> None:
    model = await models.server.get("iris")
    models.predictors[0].delay = 0.05
    tasks = [asyncio.ensure_future(model.infer({"data": X[i : i + 1]})) for i in range(8)]
    await asyncio.sleep(0.01)
    tasks[3].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(result, asyncio.CancelledError) for result in results] == [i == 3 for i in range(8)]


async def test_many_first_requests_load_once(models: Fixture) -> None:
    loaded = await asyncio.gather(*(models.server.get("iris") for _ in range(10)))
    assert models.loads == ["iris"]
    assert all(model is loaded[0] for model in loaded)


async def test_models_are_evicted_by_memory_and_loaded_again(tmp_path: Path) -> None:
    models = Fixture(tmp_path, budget=1)
    for name in ("a", "b"):
        models.publish(name)
    first = await models.server.get("a")
    await models.server.get("b")
    assert not models.server.is_loaded("a", 1)
    assert models.server.is_loaded("b", 1)
    assert (await first.infer({"data": X[:1]}))[0].shape == (1, 3), "an evicted model must finish what it holds"
    await models.server.get("a")
    assert models.loads == ["a", "b", "a"]
    await models.server.close()
    models.store.close()


async def test_a_new_version_is_taken_at_once(models: Fixture) -> None:
    assert (await models.server.get("iris")).version == 1
    assert models.publish() == 2
    assert (await models.server.get("iris")).version == 2
    assert (await models.server.get("iris", 1)).version == 1
    await models.server.delete("iris", 2)
    assert (await models.server.get("iris")).version == 1
    await models.server.delete("iris")
    with pytest.raises(NotFoundError, match="There is no model"):
        await models.server.get("iris")
    assert models.repository.page(10, 0) == ([], 0)
    assert not (models.repository.root / "iris").exists()


async def test_unloading_stops_and_loading_offers_again(models: Fixture) -> None:
    await models.server.get("iris")
    await models.server.unload("iris")
    with pytest.raises(UnavailableError, match="has been unloaded"):
        await models.server.get("iris")
    assert (await models.server.load("iris")).version == 1


async def test_damage_is_told_and_nothing_is_served(models: Fixture) -> None:
    path = models.repository.folder("iris", 1) / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(UnavailableError, match="Version 1 of the model iris cannot be loaded") as caught:
        await models.server.get("iris")
    assert str(models.repository.root) not in str(caught.value)


@pytest.mark.parametrize("name", ["nothing", "../iris", "iris/1", "", ".", "..", "a\0b"])
async def test_other_names_are_not_found(models: Fixture, name: str) -> None:
    with pytest.raises(NotFoundError):
        await models.server.get(name)
    with pytest.raises(NotFoundError):
        models.repository.open(name, 1)


def test_rows_follow_the_folders(tmp_path: Path) -> None:
    models = Fixture(tmp_path)
    models.publish()
    models.publish()
    folder = models.repository.folder("iris", 1)
    shutil.copytree(folder, models.repository.root / "copied" / "1")
    shutil.rmtree(folder)
    (models.repository.root / "broken" / "1").mkdir(parents=True)
    (models.repository.root / "broken" / "1" / "model.json").write_text("{}")
    page, total = models.repository.page(10, 0)
    assert total == 2
    assert sorted((row.name, row.version) for rows in page for row in rows) == [("copied", 1), ("iris", 2)]
    row = models.repository.get("iris")
    saved = models.repository.open("iris", 2)
    assert row.weights_blob == saved.info.files[model_store.WEIGHTS]
    assert row.parameters == 12
    assert row.metrics == {"accuracy": 0.9}
    models.store.close()


def test_buckets_are_powers_of_two() -> None:
    assert [bucket(rows) for rows in (1, 2, 3, 4, 5, 33, 64)] == [1, 2, 4, 4, 8, 64, 64]
