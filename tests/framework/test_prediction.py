"""What outputs mean: classes, values, pictures; and what inputs may look like."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netwright import datasets, model_store
from netwright.errors import DataError
from netwright.model_store import ModelInfo
from netwright.prediction import explain, fit_shape, has_dark_background, read_inputs


def info_of(name: str) -> ModelInfo:
    return model_store.describe_model(datasets.get(name), name=name)


def test_the_likeliest_class_wins() -> None:
    found = explain([np.array([0.2, 0.7, 0.1], np.float32)], info_of("iris"))
    assert found["label"] == "versicolor"
    assert found["index"] == 1
    assert [item["label"] for item in found["probabilities"]] == ["setosa", "versicolor", "virginica"]
    assert found["probabilities"][1]["p"] == pytest.approx(0.7)


@pytest.mark.parametrize(("output", "label"), [(0.9, "orange"), (0.2, "blue")])
def test_one_output_tells_two_classes_apart(output: float, label: str) -> None:
    found = explain([np.array([output], np.float32)], info_of("moons"))
    assert found["label"] == label
    assert [item["p"] for item in found["probabilities"]] == pytest.approx([1 - output, output])


def test_values_are_given_in_the_datas_own_unit() -> None:
    info = info_of("diabetes")
    assert explain([np.array([0.0], np.float32)], info) == {"value": info.preprocessing.target_mean}


def test_the_head_that_fits_the_labels_is_explained() -> None:
    heads = [np.zeros(7, np.float32), np.array([0.0, 0.0, 1.0], np.float32)]
    assert explain(heads, info_of("iris"))["label"] == "virginica"
    assert explain(heads[:1], info_of("iris")) == {"output": [0.0] * 7}


def test_an_output_like_the_input_is_given_as_raw_values() -> None:
    info = info_of("iris")
    x = datasets.get("iris").test[0][:1]
    drawn = explain([info.preprocessing.apply(x)[0]], info)
    np.testing.assert_allclose(drawn["output"], x[0], rtol=1e-5)
    image = explain([np.zeros(64, np.float32)], info_of("digits"))
    assert np.array(image["output"]).shape == (1, 8, 8)
    assert image["png"].startswith("data:image/png;base64,")


def test_what_goes_in_is_what_the_network_was_trained_on() -> None:
    data = datasets.get("wine")
    rows: list[Any] = [*data.rows("test", 0, 3)]
    rows.append(dict(zip(data.info.input.columns or (), rows[0], strict=True)))
    rows.append(",".join(map(str, rows[1])))
    x = read_inputs(rows, info_of("wine"))
    wanted = data.arrays("test")[0][[0, 1, 2, 0, 1]]
    np.testing.assert_allclose(x, wanted, rtol=1e-5)


def test_nothing_is_not_an_input() -> None:
    with pytest.raises(DataError, match="at least one input"):
        read_inputs([], info_of("wine"))


@pytest.mark.parametrize("pixel", [float("nan"), float("inf"), "Infinity", 10**400])
def test_pixels_are_finite(pixel: Any) -> None:
    with pytest.raises(DataError, match=r"finite|not an image"):
        read_inputs([[pixel] * 64], info_of("digits"))


def test_shapes_are_made_to_fit_where_they_can() -> None:
    x = np.zeros((2, 1, 8, 8), np.float32)
    assert fit_shape(x, (64,)).shape == (2, 64)
    assert fit_shape(x, (1, 8, 8)) is x
    with pytest.raises(DataError, match="another shape than its data"):
        fit_shape(x, (63,))


def test_the_ground_of_the_sample_decides() -> None:
    info = info_of("digits")
    assert has_dark_background(info)
    assert not has_dark_background(info.model_copy(update={"sample": np.ones((1, 8, 8)).tolist()}))
    assert has_dark_background(info.model_copy(update={"sample": None}))
