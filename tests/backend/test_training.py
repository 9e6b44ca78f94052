"""Real networks in real worker processes."""

from __future__ import annotations

import copy
import math
import os
import signal
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import orjson
import pytest
from tests.backend.conftest import Bench
from tests.backend.test_api import MLP

from netwright import model_store
from netwright.train import TrainState
from netwright_studio.inference import ModelRepository
from netwright_studio.runs.control import Control, Reporter
from netwright_studio.runs.folder import RunFolder
from netwright_studio.runs.publish import publisher
from netwright_studio.runs.state import RunState
from netwright_studio.runs.training import Teller
from netwright_studio.schemas.settings import TrainSettings
from netwright_studio.settings import Settings
from netwright_studio.store import Store
from netwright_studio.store.tables import Run

OVER = tuple(state for state in RunState if state.is_over)
REAL = (sys.executable, "-m", "netwright_studio.runs.worker")


@pytest.fixture
async def studio(store: Store) -> Any:
    bench = Bench(store, worker_command=REAL)
    bench.manager._publish = publisher(store, ModelRepository(store))
    await bench.manager.start()
    yield bench
    await bench.manager.close()


def network(units: int, classes: int) -> dict[str, Any]:
    graph = copy.deepcopy(MLP)
    graph["nodes"][1]["params"]["num_hidden"] = units
    graph["nodes"][3]["params"]["num_hidden"] = classes
    return graph


def queue(bench: Bench, graph: dict[str, Any], dataset: str, **settings: Any) -> str:
    plan = TrainSettings(**settings)
    run = bench.store.runs.create(
        name=None, project=None, graph=graph, dataset=dataset, settings=plan.model_dump(), epochs=plan.epochs
    )
    bench.manager.wake()
    return run.id


def values_of(store: Store, run: str, key: str) -> dict[int, float]:
    points = [orjson.loads(event.data) for event in store.events.of_types(run, ["metrics"])]
    return {point["step"]: point["values"][key] for point in points if key in point["values"]}


def weights_of(settings: Settings, run: str) -> bytes:
    return (RunFolder(settings.runs_dir, run).model / "weights.safetensors").read_bytes()


async def test_iris_is_learned_and_becomes_a_model(studio: Bench) -> None:
    run = queue(studio, MLP, "iris", epochs=20, batch_size=8, optimizer_params={"learning_rate": 0.02})
    row = await studio.until(run, *OVER, seconds=90)
    assert row.state == "completed", row.state_reason
    assert row.metrics["test_accuracy"] >= 0.9
    assert (row.step, row.epoch, row.device) == (20 * 14, 20.0, "cpu(0)")
    assert row.best is not None
    assert row.best["metric"] == "val_accuracy"
    assert set(values_of(studio.store, run, "val_loss")) == {14 * epoch for epoch in range(1, 21)}
    progress = [orjson.loads(event.data) for event in studio.store.events.of_types(run, ["progress"])]
    assert progress[-1]["step"] == progress[-1]["steps_total"] == 280
    assert progress[-1]["memory_bytes"] > 1_000_000
    model = model_store.load_model(studio.settings.home / "models" / "mlp" / "1")
    assert (row.model_name, row.model_version) == ("mlp", 1)
    assert model.info.dataset == "iris"
    assert model.info.parameters == 16 * 5 + 3 * 17
    assert model.info.provenance.run == run
    assert model.info.metrics["test_accuracy"] == row.metrics["test_accuracy"]


async def test_kill_9_in_mid_training_and_resume_ends_at_the_same_bits(studio: Bench) -> None:
    settings = {"epochs": 20, "batch_size": 16, "seed": 7, "checkpoint_every_seconds": 0.1}
    graph = network(64, 10)
    graph["nodes"].insert(3, {"id": "drop", "op": "Dropout", "params": {"p": 0.2}, "inputs": {"data": "relu1"}})
    graph["nodes"][4]["inputs"] = {"data": "drop"}
    unbroken = queue(studio, graph, "digits", **settings)
    assert (await studio.until(unbroken, *OVER, seconds=100)).state == "completed"

    broken = queue(studio, graph, "digits", **settings)
    row: Run = await studio.until_step(broken, 300)
    worker = studio.manager._live[broken]._worker
    assert worker is not None
    os.kill(worker.pid, signal.SIGKILL)
    row = await studio.until(broken, *OVER)
    assert (row.state, row.resumable) == ("interrupted", True)
    await studio.manager.resume(broken)
    row = await studio.until(broken, *OVER, seconds=100)
    assert row.state == "completed", row.state_reason
    states = [orjson.loads(event.data) for event in studio.store.events.of_types(broken, ["state"])]
    assert any(state.get("resumed_from_step", 0) > 0 for state in states)
    for key in ("val_loss", "val_accuracy", "test_loss"):
        assert values_of(studio.store, broken, key) == values_of(studio.store, unbroken, key)
    assert weights_of(studio.settings, broken) == weights_of(studio.settings, unbroken)


def test_a_point_holds_the_means_of_its_steps() -> None:
    said: list[tuple[str, Any]] = []
    reporter = SimpleNamespace(say=lambda kind, data: said.append((kind, data)), log=None, state=None)
    teller = Teller(cast("Reporter", reporter), cast("Control", SimpleNamespace(paused=False)), 8)
    state = TrainState(None, TrainSettings(), 10, 400)
    for step in range(1, 400):
        state.step, state.epoch = step, step / 40
        state.metrics.update(train_loss=float(step), lr=0.1, train_big=math.inf)
        teller.on_step(state)
    teller.on_end(state)
    points = [data for kind, data in said if kind == "metrics"]
    begun = 0
    for point in points:
        assert point["values"]["train_loss"] == pytest.approx((begun + 1 + point["step"]) / 2)
        assert (point["values"]["lr"], point["values"]["train_big"]) == (0.1, math.inf)  # to the last bit
        begun = point["step"]
    assert begun == 399


async def test_an_uploaded_table_is_trained_on(studio: Bench, tmp_path: Path) -> None:
    from netwright_studio.datasets import DatasetCatalog

    table = tmp_path / "t.csv"
    rows = [f"{i % 7},{i % 5},{'yes' if i % 7 > i % 5 else 'no'}" for i in range(200)]
    table.write_text("a,b,answer\n" + "\n".join(rows))
    with table.open("rb") as stream:
        entry = DatasetCatalog(studio.store).add(stream, filename="t.csv", name="Mine", target="answer")
    run = queue(studio, network(16, 2), entry.id, epochs=3, batch_size=8)
    row = await studio.until(run, *OVER, seconds=90)
    assert row.state == "completed", row.state_reason
    assert model_store.load_model(studio.settings.home / "models" / "mlp" / "1").info.dataset == entry.id


async def test_a_network_too_large_for_its_memory_fails_alone(store: Store) -> None:
    bench = Bench(store, worker_command=REAL, run_memory_bytes=600 << 20)
    await bench.manager.start()
    run = queue(bench, network(4_000_000, 10), "digits", epochs=1)
    row = await bench.until(run, *OVER, seconds=90)
    assert row.state == "failed"
    assert "memory" in (row.state_reason or "")
    assert "/" not in (row.state_reason or "")
    await bench.manager.close()
