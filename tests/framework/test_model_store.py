"""Model folders: written whole, read back the same, damage noticed."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from netwright import datasets, model_store
from netwright.errors import CheckpointError
from netwright.model_store import ModelInfo, load_model, save_model

GRAPH = {"format": "netwright-graph", "version": 1, "nodes": [], "outputs": []}
WEIGHTS = {"fc1_weight": np.arange(6, dtype=np.float32).reshape(2, 3), "fc1_bias": np.zeros(2, np.float32)}


@pytest.fixture
def info() -> ModelInfo:
    metrics = {"accuracy": 0.9, "loss": float("nan")}
    return model_store.describe_model(datasets.get("iris"), name="iris", metrics=metrics, seed=3)


def test_what_is_saved_is_loaded(tmp_path: Path, info: ModelInfo) -> None:
    save_model(tmp_path / "m", GRAPH, WEIGHTS, info)
    model = load_model(tmp_path / "m")
    assert model.graph == GRAPH
    assert all((model.weights()[name] == array).all() for name, array in WEIGHTS.items())
    assert model.info.parameters == 8
    assert model.info.preprocessing == info.preprocessing
    assert model.info.label.classes == ("setosa", "versicolor", "virginica")
    assert np.isnan(model.info.metrics["loss"])
    assert model.info.provenance.data_sha256 == datasets.get("iris").sha256
    assert len(model.info.sample) == 4
    assert model.bytes == sum(path.stat().st_size for path in model.folder.iterdir())


def test_a_folder_that_exists_is_left_alone(tmp_path: Path, info: ModelInfo) -> None:
    save_model(tmp_path / "m", GRAPH, WEIGHTS, info)
    before = load_model(tmp_path / "m").info
    with pytest.raises(CheckpointError, match="the folder is taken"):
        save_model(tmp_path / "m", GRAPH, {}, info)
    assert load_model(tmp_path / "m").info.files == before.files
    assert [path.name for path in tmp_path.iterdir()] == ["m"], "nothing half written stays"


@pytest.mark.parametrize("name", ["graph.json", "weights.safetensors"])
def test_every_flipped_byte_is_noticed(tmp_path: Path, info: ModelInfo, name: str) -> None:
    save_model(tmp_path / "m", GRAPH, WEIGHTS, info)
    path = tmp_path / "m" / name
    content = path.read_bytes()
    for position in np.linspace(0, len(content) - 1, 12).astype(int):
        changed = bytearray(content)
        changed[position] ^= 4
        path.write_bytes(changed)
        with pytest.raises(CheckpointError, match="damaged"):
            load_model(tmp_path / "m")
    path.write_bytes(content[:-1])
    with pytest.raises(CheckpointError, match="damaged"):
        load_model(tmp_path / "m")
    path.unlink()
    with pytest.raises(CheckpointError, match="missing"):
        load_model(tmp_path / "m")


@pytest.mark.parametrize("content", ["", "[]", "{", "{}", '{"format": "pickle"}', "[" * 100_000])
def test_a_wrong_description_is_refused(tmp_path: Path, info: ModelInfo, content: str) -> None:
    save_model(tmp_path / "m", GRAPH, WEIGHTS, info)
    (tmp_path / "m" / "model.json").write_text(content)
    with pytest.raises(CheckpointError, match=r"damaged|cannot be read"):
        load_model(tmp_path / "m")


def test_a_missing_folder_says_what_is_wanted(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"nothing: there is no saved model .wanted a folder with model.json"):
        load_model(tmp_path / "nothing")


def test_versions_are_counted(tmp_path: Path, info: ModelInfo) -> None:
    assert [model_store.publish_model(tmp_path, "lenet", GRAPH, WEIGHTS, info)[0] for _ in range(3)] == [
        1,
        2,
        3,
    ]
    assert model_store.versions(tmp_path, "lenet") == [1, 2, 3]
    assert model_store.names(tmp_path) == ["lenet"]
    version, model = model_store.publish_folder(tmp_path / "lenet" / "1", tmp_path, "copy")
    assert version == 1
    assert model.info.name == "copy"
    assert json.loads((model.folder / "graph.json").read_text()) == GRAPH


def test_two_writers_never_share_a_version(tmp_path: Path, info: ModelInfo) -> None:
    numbers: list[int] = []

    def publish() -> None:
        numbers.extend(model_store.publish_model(tmp_path, "m", GRAPH, WEIGHTS, info)[0] for _ in range(5))

    threads = [threading.Thread(target=publish) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(1, 21))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("LeNet on Fashion!", "lenet-on-fashion"),
        ("../../etc", "etc"),
        ("数字识别 1", "数字识别-1"),
        ("  ", "model"),
    ],
)
def test_names_are_made_of_any_text(text: str, name: str) -> None:
    assert model_store.make_name(text) == name
    assert model_store.is_name(name)
    assert len(model_store.make_name(text * 100).encode()) <= 60


@pytest.mark.parametrize("name", ["", "..", "a/b", "../a", ".hidden", "a..b", "a\0", "a" * 121, "-x", "a b"])
def test_other_names_are_refused(tmp_path: Path, info: ModelInfo, name: str) -> None:
    assert not model_store.is_name(name)
    assert model_store.versions(tmp_path, name) == []
    with pytest.raises(CheckpointError, match="not a name"):
        model_store.publish_model(tmp_path, name, GRAPH, WEIGHTS, info)
    assert list(tmp_path.iterdir()) == []
