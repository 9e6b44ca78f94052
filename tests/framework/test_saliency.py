"""Saliencies against finite differences, their own formulas, and networks whose reasons are known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from netwright import datasets, templates
from netwright.errors import GraphError, ParamError
from netwright.graph import DataSpec, to_network
from netwright.graph.network import Network
from netwright.inspection import Explainer, Probe
from netwright.inspection.occlusion import windows
from netwright.inspection.saliency import METHODS, background, over_channels
from netwright.inspection.score import ClassScore, head_score, node_score


def drawn(name: str) -> tuple[Probe, Any]:
    template = templates.get(name)
    data = datasets.get(template.dataset)
    return Probe.untrained(template.graph, data.info, seed=3), data


def explainer_of(name: str, index: int | None = 4, **more: Any) -> tuple[Explainer, Any]:
    probe, data = drawn(name)
    info = data.info
    score = head_score(probe.network, info.label.classes, index)
    x = data.arrays("test")[0][:1]
    return Explainer(probe.network, probe.weights, score, info.input.shape, **more), x


@pytest.mark.parametrize("name", ["cnn-digits", "mlp-breast-cancer", "diabetes"])
def test_the_gradient_is_that_of_finite_differences_as_the_network_answers(name: str) -> None:
    index = {"cnn-digits": 4, "mlp-breast-cancer": 1}.get(name)
    explainer, x = explainer_of(name, index)
    rng = np.random.default_rng(0)
    x = x + rng.normal(0, 0.3, x.shape).astype(np.float32)  # black pixels lie on the bend of every ReLU
    found = explainer(x, "gradient")
    assert found.shape == x.shape[1:]
    assert found.dtype == np.float32
    for _ in range(3):  # along random directions; dropout and batch statistics would show
        direction = rng.normal(size=x.shape).astype(np.float32)
        direction /= np.linalg.norm(direction)
        step = 2e-2
        slope = (explainer.score(x + step * direction) - explainer.score(x - step * direction)) / (2 * step)
        assert slope == pytest.approx(float((found * direction[0]).sum()), rel=0.05, abs=5e-3)


@pytest.mark.parametrize("name", ["mlp-digits", "diabetes", "lstm-text", "transformer-text"])
def test_integrated_gradients_add_up_to_what_the_score_gains(name: str) -> None:
    explainer, x = explainer_of(name, None if name == "diabetes" else 4)
    found = explainer(x, "integrated")
    assert explainer.reads_characters == name.endswith("text")
    assert found.shape == x.shape[1:]
    assert found.sum() == pytest.approx(explainer.score(x) - explainer.nothing(x), abs=0.02)
    assert np.abs(found).max() > 0


def linear(weights: list[list[float]]) -> tuple[Network, Mapping[str, Any]]:
    graph = {
        "format": "netwright-graph",
        "version": 1,
        "nodes": [
            {"id": "data", "op": "Input", "params": {}, "inputs": {}},
            {"id": "fc", "op": "FullyConnected", "params": {"num_hidden": len(weights)}, "inputs": {"data": "data"}},
            {"id": "out", "op": "SoftmaxOutput", "params": {}, "inputs": {"data": "fc"}},
        ],
        "outputs": ["out"],
    }
    network = to_network(graph, DataSpec((len(weights[0]),)))
    return network, {"fc_weight": np.array(weights, np.float32), "fc_bias": np.ones(len(weights), np.float32)}


@pytest.mark.parametrize("method", METHODS)
def test_of_a_plane_every_method_finds_the_weights(method: Any) -> None:
    network, weights = linear([[1.0, 0.0, -2.0], [0.0, 4.0, 0.0]])
    x = np.array([[3.0, 5.0, 7.0]], np.float32)
    explainer = Explainer(network, weights, head_score(network, ("a", "b"), 0), (3,))
    slope = np.array([0.5, -2.0, -1.0])  # half of row a less row b: from the mean of both scores
    wanted = slope if method in ("gradient", "smoothgrad") else slope * (x[0] - 1.0)
    np.testing.assert_allclose(explainer(x, method, baseline=1.0), wanted, rtol=1e-5)


def test_the_same_seed_gives_the_same_noise() -> None:
    explainer, x = explainer_of("mlp-digits")
    first = explainer(x, "smoothgrad", seed=1)
    np.testing.assert_array_equal(first, explainer(x, "smoothgrad", seed=1))
    assert np.abs(first - explainer(x, "smoothgrad", seed=2)).max() > 0


def test_columns_of_one_category_are_hidden_together() -> None:
    network, weights = linear([[1.0, 2.0, 4.0], [0.0, 0.0, 0.0]])
    explainer = Explainer(network, weights, head_score(network, ("a", "b"), 0), (3,), groups=[slice(0, 1), slice(1, 3)])
    found = explainer(np.array([[1.0, 1.0, 1.0]], np.float32), "occlusion")
    np.testing.assert_allclose(found, [0.5, 3.0, 3.0])


def test_hiding_what_a_network_looks_at_costs_the_score() -> None:
    network, weights = linear([[1.0] + [0.0] * 48, [0.0] * 49])
    x = np.ones((1, 49), np.float32)
    found = Explainer(network, weights, head_score(network, ("a", "b"), 0), (49,))(x, "occlusion")
    assert found[0] == pytest.approx(0.5)
    assert not found[1:].any()


def test_windows_cover_every_pixel_and_are_not_too_many() -> None:
    for shape in ((1, 8, 8), (3, 32, 32), (1, 28, 28), (3, 224, 224), (1, 5, 300), (1, 1, 1)):
        found = windows(shape)
        assert len(found) <= 400
        seen = np.zeros(shape)
        for place in found:
            seen[place] += 1
        assert seen.min() >= 1


def test_a_character_before_the_last_can_matter_and_one_of_two_outputs_has_two_sides() -> None:
    score = ClassScore(entry=None, index=1, classes=3, axis=2)  # type: ignore[arg-type]
    out = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
    np.testing.assert_allclose(score.value(out), [0, 0])
    np.testing.assert_allclose(score.seed(out)[0], [[0, 0, 0], [-1 / 3, 2 / 3, -1 / 3]], rtol=1e-6)
    for index, sign in ((0, -1), (1, 1)):
        single = ClassScore(entry=None, index=index, classes=2)  # type: ignore[arg-type]
        assert single.value(np.array([[2.0]])) == [2.0 * sign]
        assert single.seed(np.array([[2.0]])) == [[sign]]


def test_the_nearness_of_a_cluster_pulls_to_its_centre() -> None:
    probe, data = drawn("clusters-digits")
    x = data.arrays("test")[0][:1]
    code = probe.outputs(x)["code"]
    explainer = Explainer(probe.network, probe.weights, node_score(probe.network, "code", code[0] + 1), (1, 8, 8))
    assert explainer.score(x) == pytest.approx(-0.5 * code[0].size, rel=1e-4)
    slope = explainer(x, "gradient")
    assert explainer.score(x + 1e-2 * slope[None]) > explainer.score(x)


def test_what_cannot_be_explained_is_refused() -> None:
    probe, _ = drawn("autoencoder-digits")
    with pytest.raises(GraphError, match="neither tells classes nor values"):
        head_score(probe.network, None, None)
    probe, data = drawn("mlp-digits")
    with pytest.raises(ParamError, match="no such class"):
        head_score(probe.network, data.info.label.classes, 10)
    explainer, x = explainer_of("mlp-digits")
    with pytest.raises(ParamError, match="no such method"):
        explainer(x, "guess")  # type: ignore[arg-type]


def test_a_picture_becomes_one_plane_and_its_border_stands_for_nothing() -> None:
    saliency = np.array([[[1.0, -3.0]], [[-2.0, 1.0]]])
    np.testing.assert_array_equal(over_channels(saliency, "gradient"), [[2, 3]])
    np.testing.assert_array_equal(over_channels(saliency, "occlusion"), [[-1, -2]])
    image = np.full((2, 5, 5), 0.25)
    image[1] = 0.75
    image[:, 1:4, 1:4] = 9
    np.testing.assert_allclose(background(image).ravel(), [0.25, 0.75])
