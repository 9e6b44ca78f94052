"""Predictors: a graph and its weights, called with batches of any size, from any thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netwright.errors import CheckpointError, DataError, DeviceError, GraphError
from netwright.graph import Predictor, load_predictor
from netwright.graph.predictor import MAX_PLANS
from netwright.serialization import save_arrays

RNG = np.random.default_rng(0)
WEIGHTS = {"fc_weight": RNG.normal(size=(3, 4)).astype(np.float32), "fc_bias": np.array([1, 2, 3], np.float32)}


def document(*, shape: list[int] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "nodes": [
            {"id": "x", "op": "Input", "params": {} if shape is None else {"shape": shape}, "inputs": {}},
            {"id": "fc", "op": "FullyConnected", "params": {"num_hidden": 3}, "inputs": {"data": "x"}},
            {"id": "softmax", "op": "SoftmaxOutput", "params": {}, "inputs": {"data": "fc"}},
        ],
        **more,
    }


def predictor(**kwargs: Any) -> Predictor:
    return load_predictor(document(shape=[4]), WEIGHTS, **kwargs)


def wanted(x: Any) -> Any:
    scores = np.asarray(x, np.float64) @ WEIGHTS["fc_weight"].T + WEIGHTS["fc_bias"]
    e = np.exp(scores - scores.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def test_description() -> None:
    p = predictor()
    assert [(s.name, s.shape, s.dtype) for s in p.inputs] == [("x", (4,), "float32")]
    assert [(s.name, s.shape, s.dtype) for s in p.outputs] == [("softmax", (3,), "float32")]
    assert (p.parameters, p.nbytes) == (15, 60)


@pytest.mark.parametrize("batch", [1, 2, 7])
def test_batches_of_any_size(batch: int) -> None:
    x = RNG.normal(size=(batch, 4))
    (found,) = predictor()(x)
    np.testing.assert_allclose(found, wanted(x), rtol=1e-5)
    assert found.dtype == np.float32


def test_many_sizes_one_after_the_other() -> None:
    p = predictor()
    for batch in [*range(1, MAX_PLANS + 4), 1, 2]:
        x = RNG.normal(size=(batch, 4))
        np.testing.assert_allclose(p(x)[0], wanted(x), rtol=1e-5)
    assert len(p._plans) == MAX_PLANS


def test_inputs_of_other_kinds() -> None:
    x = RNG.normal(size=(2, 4))
    p = predictor()
    for given in (x.tolist(), x.astype(np.float64), np.asfortranarray(x), x[::-1][::-1]):
        np.testing.assert_allclose(p(given)[0], wanted(x), rtol=1e-5)
    np.testing.assert_allclose(p(x=x)[0], wanted(x), rtol=1e-5)


def test_results_stay_when_it_is_called_again() -> None:
    p = predictor()
    first = p(np.zeros((2, 4)))[0]
    before = first.copy()
    p(np.ones((2, 4)))
    np.testing.assert_array_equal(first, before)


def test_several_threads() -> None:
    p = predictor()
    batches = [RNG.normal(size=(n, 4)) for n in (1, 2, 3, 1, 2, 3)] * 20
    with ThreadPoolExecutor(8) as pool:
        for x, (found,) in zip(batches, pool.map(p, batches), strict=True):
            np.testing.assert_allclose(found, wanted(x), rtol=1e-5)


def test_states_are_used_and_not_changed() -> None:
    graph = {
        "nodes": [
            {"id": "x", "op": "Input", "params": {"shape": [2]}, "inputs": {}},
            {"id": "bn", "op": "BatchNorm", "params": {"fix_gamma": False}, "inputs": {"data": "x"}},
            {"id": "drop", "op": "Dropout", "params": {"p": 0.5}, "inputs": {"data": "bn"}},
        ]
    }
    names = ("gamma", "beta", "moving_mean", "moving_var")
    weights = {f"bn_{n}": np.full(2, v, np.float32) for n, v in zip(names, (2, 1, 5, 4), strict=True)}
    p = load_predictor(graph, weights)
    for _ in range(2):
        np.testing.assert_allclose(p(np.full((3, 2), 7.0))[0], 2 * (7 - 5) / 2 + 1, rtol=1e-3)
    with pytest.raises(CheckpointError, match=r"bn_moving_mean: a weight is missing \(wanted shape \(2,\)\)"):
        load_predictor(graph, {n: a for n, a in weights.items() if n != "bn_moving_mean"})


def test_several_inputs_and_outputs() -> None:
    graph = {
        "nodes": [
            {"id": "a", "op": "Input", "params": {"shape": [2]}, "inputs": {}},
            {"id": "b", "op": "Input", "params": {"shape": [2], "dtype": "int32"}, "inputs": {}},
            {"id": "c", "op": "Cast", "params": {"dtype": "float32"}, "inputs": {"data": "b"}},
            {"id": "s", "op": "elemwise_add", "params": {}, "inputs": {"lhs": "a", "rhs": "c"}},
        ],
        "outputs": ["s", "c"],
    }
    p = load_predictor(graph, {})
    assert [(s.name, s.dtype) for s in p.inputs] == [("a", "float32"), ("b", "int32")]
    total, cast = p(np.ones((1, 2)), b=np.array([[3, 4]]))
    assert (total.tolist(), cast.tolist()) == ([[4, 5]], [[3, 4]])
    with pytest.raises(DataError, match="input 'b' is missing"):
        p(np.ones((1, 2)))
    with pytest.raises(DataError, match=r"all inputs must have one batch size \(got \[1, 2\]\)"):
        p(np.ones((1, 2)), np.ones((2, 2)))


def test_the_shape_may_come_from_outside(tmp_path: Path) -> None:
    save_arrays(tmp_path / "w.safetensors", WEIGHTS)
    p = load_predictor(document(), tmp_path / "w.safetensors", input_shape=(4,))
    assert p.inputs[0].shape == (4,)
    with pytest.raises(GraphError, match="the shape of a sample is not known"):
        load_predictor(document(), WEIGHTS)


@pytest.mark.parametrize(
    ("use", "kind", "words"),
    [
        (
            lambda p: p(np.ones((2, 5))),
            DataError,
            r"predict: input 'x' has the wrong shape \(wanted \(batch, 4\), got \(2, 5\)\)",
        ),
        (lambda p: p(np.ones(4)), DataError, r"wanted \(batch, 4\), got \(4,\)"),
        (lambda p: p(3.0), DataError, "wrong shape"),
        (lambda p: p(), DataError, "input 'x' is missing"),
        (lambda p: p([["a", "b", "c", "d"]]), DataError, "input 'x' is not an array: could not convert"),
        (lambda p: p([[1, 2], [3]]), DataError, "input 'x' is not an array"),
        (lambda p: p(np.ones((1, 4)), np.ones((1, 4))), DataError, r"too many inputs \(wanted x, got 2\)"),
        (lambda p: p(y=np.ones((1, 4))), DataError, r"there is no input 'y' \(wanted x, got y\)"),
    ],
)
def test_calls_that_are_wrong(use: Callable[[Predictor], Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        use(predictor())


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ({"fc_weight": WEIGHTS["fc_weight"]}, r"fc_bias: a weight is missing \(wanted shape \(3,\)\)"),
        (
            {**WEIGHTS, "fc_bias": np.zeros(4, np.float32)},
            r"fc \(FullyConnected\): the bias.*\(wanted \(3,\), got \(4,\)\)",
        ),
        ({**WEIGHTS, "fc_weight": np.zeros((3, 5), np.float32)}, r"wanted \(3, 4\), got \(3, 5\)"),
    ],
)
def test_weights_of_another_network(weights: Any, words: str) -> None:
    with pytest.raises((CheckpointError, GraphError, ValueError), match=words):
        load_predictor(document(shape=[4]), weights)


def test_a_device_that_is_not_there() -> None:
    with pytest.raises(DeviceError, match=r"gpu\(99\) is not there"):
        predictor(device="gpu:99")
