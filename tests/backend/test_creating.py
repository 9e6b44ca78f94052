"""Models that make things, over HTTP: samples, clusters, texts; and what their runs show while they train."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from netwright import datasets, model_store, templates
from netwright.prediction import describe_clusters
from netwright.train import GraphTask, TrainSettings, fit

from .conftest import studio


def train(root: Path, name: str, epochs: int, samples: int) -> None:
    template = templates.get(name)
    data = datasets.get(template.dataset)
    settings = TrainSettings.model_validate({**template.settings, "epochs": epochs})
    task = GraphTask(template.graph, data.info, choice=settings.task)
    x, y = data.feed("train")
    fit(task, (x[:samples], y[:samples]), settings=settings, preprocessing=data.preprocessing)
    info = model_store.describe_model(
        data,
        name=name,
        settings=settings.model_dump(mode="json"),
        task=settings.task,
        clusters=describe_clusters(task, data),
    )
    model_store.publish_model(root, name, template.graph, task.arrays(), info)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shelf")
    train(root, "vae-digits", 4, 600)
    train(root, "gan-digits", 1, 64)
    train(root, "clusters-digits", 6, 1400)
    train(root, "lstm-text", 1, 128)
    return root


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, shelf: Path) -> Iterator[Any]:
    home = tmp_path_factory.mktemp("studio")
    (home / "models").symlink_to(shelf)
    with studio(home) as client:
        yield client


def post(client: Any, path: str, body: Any) -> Any:
    return client.post(f"/api/models/{path}", json=body, headers={"origin": str(client.base_url)})


def size_of(png: str) -> tuple[int, int]:
    return Image.open(io.BytesIO(base64.b64decode(png.partition(",")[2]))).size


def test_models_say_what_they_do(client: Any) -> None:
    found = {item["name"]: item["versions"][0]["does"] for item in client.get("/api/models").json()["items"]}
    assert found == {
        "vae-digits": ["generate", "reconstruct"],
        "gan-digits": ["generate"],
        "clusters-digits": ["cluster", "reconstruct"],
        "lstm-text": ["continue", "predict"],
    }


@pytest.mark.parametrize("name", ["vae-digits", "gan-digits"])
def test_samples_are_made_by_seed(client: Any, name: str) -> None:
    first = post(client, f"{name}/generate", {"count": 3, "seed": 5}).json()
    again = post(client, f"{name}/versions/1/generate", {"count": 3, "seed": 5}).json()
    other = post(client, f"{name}/generate", {"count": 3, "seed": 6}).json()
    assert first["samples"] == again["samples"] != other["samples"]
    sample = first["samples"][0]
    assert np.array(sample["output"]).shape == (1, 8, 8)
    assert size_of(sample["png"]) == (8, 8)
    assert 0 <= np.min(sample["output"]) <= np.max(sample["output"]) <= 1


def test_samples_follow_from_their_latent_numbers(client: Any) -> None:
    made = post(client, "vae-digits/generate", {"count": 2}).json()["samples"]
    latents = [sample["latent"] for sample in made]
    again = post(client, "vae-digits/generate", {"latents": latents[::-1]}).json()["samples"]
    np.testing.assert_allclose(again[1]["output"], made[0]["output"], atol=1e-6)
    wrong = post(client, "vae-digits/generate", {"latents": [[1.0, 2.0]]})
    assert wrong.status_code == 422
    assert wrong.json()["error"]["wanted"] == "12 numbers"


def test_a_variational_network_gives_back_the_same_each_time(client: Any) -> None:
    raw = datasets.get("digits").test[0][0].tolist()
    first, second = (post(client, "vae-digits/predict", {"inputs": [raw]}).json()["predictions"] for _ in range(2))
    assert first == second
    assert size_of(first[0]["png"]) == (8, 8)


def test_inputs_are_put_into_clusters(client: Any) -> None:
    x, y = datasets.get("digits").test
    answer = post(client, "clusters-digits/predict", {"inputs": [image.tolist() for image in x[:80]]}).json()
    found = [prediction["cluster"] for prediction in answer["predictions"]]
    assert {cluster["index"] for cluster in found} <= set(range(10))
    right = np.mean([cluster["label"] == str(label) for cluster, label in zip(found, y[:80], strict=True)])
    assert right > 0.5
    assert all(cluster["distance"] > 0 and 0 < cluster["share"] <= 1 for cluster in found)
    assert size_of(answer["predictions"][0]["png"]) == (8, 8)


def test_texts_are_continued(client: Any) -> None:
    asked = {"prompt": "It is a truth ", "length": 20, "temperature": 1, "seed": 3}
    first, again = (post(client, "lstm-text/continue", asked).json() for _ in range(2))
    assert len(first["text"]) == 20
    assert first["text"] == again["text"]
    known = set(datasets.info("pride-and-prejudice").input.characters or "")
    assert set(first["text"]) <= known
    prediction = post(client, "lstm-text/predict", {"inputs": ["It is a trut"]}).json()["predictions"][0]
    assert len(prediction["probabilities"]) == len(known)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("gan-digits/generate", {"count": 65}, 422),
        ("gan-digits/generate", {"count": 0}, 422),
        ("lstm-text/continue", {"length": 1001}, 422),
        ("lstm-text/continue", {"temperature": 5}, 422),
        ("lstm-text/continue", {"prompt": "a" * 4001}, 422),
        ("lstm-text/generate", {}, 409),
        ("gan-digits/continue", {}, 409),
        ("gan-digits/predict", {"inputs": [[0.0] * 64]}, 409),
        ("lstm-text/predict", {"inputs": [3]}, 422),
        ("nothing/generate", {}, 404),
    ],
)
def test_what_cannot_be_made_is_refused(client: Any, path: str, body: Any, status: int) -> None:
    answer = post(client, path, body)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


def test_texts_can_be_looked_into(client: Any) -> None:
    seen = client.get("/api/datasets/pride-and-prejudice/preview?limit=2").json()
    assert seen["columns"] == ["text"]
    assert seen["rows"][0][0].startswith("It is a truth")
    assert seen["labels"][0].startswith("t is a truth")


def test_a_task_that_names_no_node_is_refused_before_training(client: Any) -> None:
    template = templates.get("clusters-digits")
    settings = {**template.settings, "task": {**template.settings["task"], "latent": "nowhere"}}
    body = {"graph": template.graph, "dataset": "digits", "settings": settings}
    answer = client.post("/api/runs", json=body, headers={"origin": str(client.base_url)})
    assert answer.status_code == 422
    assert answer.json()["error"]["where"] == "settings.task.latent"


def test_a_cluster_has_its_reasons_and_is_the_same_layer_by_layer(client: Any) -> None:
    raw = datasets.get("digits").test[0][3].tolist()
    said = post(client, "clusters-digits/predict", {"inputs": [raw]}).json()["predictions"][0]["cluster"]
    probed = post(client, "clusters-digits/versions/1/probe", {"input": raw}).json()
    assert probed["prediction"]["cluster"]["index"] == said["index"]
    found = post(
        client, "clusters-digits/versions/1/saliency", {"input": raw, "methods": ["gradient", "occlusion"]}
    ).json()
    assert (found["target"], found["name"]) == (said["index"], None)
    assert found["score"] == pytest.approx(-0.5 * said["distance"] ** 2, rel=1e-3)
    assert [one["picture"]["width"] for one in found["maps"]] == [8, 8]
    farther = post(
        client, "clusters-digits/versions/1/saliency", {"input": raw, "target": (said["index"] + 1) % 10}
    ).json()
    assert farther["score"] < found["score"]
    assert post(client, "clusters-digits/versions/1/saliency", {"input": raw, "target": 10}).status_code == 422


def test_characters_have_their_shares(client: Any) -> None:
    text = "It is a truth universally"
    methods = ["gradient", "smoothgrad", "gradient_x_input", "integrated", "occlusion"]
    found = post(client, "lstm-text/versions/1/saliency", {"input": text, "methods": methods}).json()
    for one in found["maps"]:
        assert "".join(share["name"] for share in one["shares"]).endswith(text)
        assert one["picture"] is None
        assert one["signed"] == (one["method"] in methods[2:])
    integrated = found["maps"][3]
    assert integrated["total"] == pytest.approx(found["score"] - found["nothing"], abs=0.05)


def test_what_makes_things_has_no_reasons(client: Any) -> None:
    raw = datasets.get("digits").test[0][3].tolist()
    assert post(client, "vae-digits/versions/1/saliency", {"input": raw}).status_code == 409
    assert post(client, "vae-digits/versions/1/probe", {"input": raw}).json()["prediction"] is not None
