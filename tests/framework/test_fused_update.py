"""Weights updated together by a kernel, beside the same weights updated one by one by operators."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright import optimizer as optimizers
from netwright.kernels.cpu import warm
from netwright.optimizer import fused
from netwright.optimizer.optimizer import Updater

SHAPES = [(130, 197), (1001,), (3, 5, 7), (1,)]
KINDS: list[tuple[str, dict[str, Any]]] = [
    ("sgd", {}),
    ("sgd", {"momentum": 0.9}),
    ("nag", {"momentum": 0.9}),
    ("nag", {}),
    ("adam", {}),
]


@pytest.fixture(scope="module", autouse=True)
def ready() -> None:
    assert warm() == []


def weights_and_gradients(steps: int) -> tuple[list[np.ndarray], list[list[np.ndarray]]]:
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=s).astype("float32") for s in SHAPES]
    return weights, [[rng.normal(size=s).astype("float32") for s in SHAPES] for _ in range(steps)]


def trained(optimizer: Any, together: bool, steps: int = 5) -> tuple[list[np.ndarray], Updater]:
    first, gradients = weights_and_gradients(steps)
    weights = [mx.nd.array(w) for w in first]
    updater = Updater(optimizer)
    indices = list(range(len(weights)))
    for row in gradients:
        given = [mx.nd.array(g) for g in row]
        if together:
            updater(indices, given, weights)
        else:
            for i in indices:
                updater(i, given[i], weights[i])
    return [w.asnumpy() for w in weights], updater


@pytest.mark.parametrize("clip", [None, 0.5])
@pytest.mark.parametrize(("name", "more"), KINDS)
def test_one_call_updates_as_many_do(name: str, more: dict[str, Any], clip: float | None) -> None:
    def make() -> Any:
        made = optimizers.create(name, learning_rate=0.05, wd=0.01, rescale_grad=0.5, clip_gradient=clip, **more)
        made.set_lr_mult({1: 2.0})
        made.set_wd_mult({2: 0.0})
        return made

    found, updater = trained(make(), together=True)
    assert updater._fused
    wanted, plain = trained(make(), together=False)
    for got, want in zip(found, wanted, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)
    for key, state in plain.arrays().items():
        np.testing.assert_allclose(updater.arrays()[key], state, rtol=1e-5, atol=1e-6)
    assert updater.optimizer.state_dict() == plain.optimizer.state_dict()
    for got, again in zip(found, trained(make(), together=True)[0], strict=True):
        np.testing.assert_array_equal(got, again)


def test_not_a_number_stays_so() -> None:
    weights = [mx.nd.zeros((200, 100)), mx.nd.zeros((3,))]
    gradients = [mx.nd.zeros((200, 100)), mx.nd.array([float("nan"), float("inf"), 1.0])]
    Updater(optimizers.SGD(learning_rate=1.0, clip_gradient=0.5))([0, 1], gradients, weights)
    np.testing.assert_array_equal(weights[1].asnumpy(), np.array([np.nan, -0.5, -0.5], "float32"))


def test_a_step_of_ones_own_is_what_runs() -> None:
    class Own(optimizers.SGD):
        def step(self, weight: Any, grad: Any, state: Any, lr: float, wd: float, t: int) -> None:
            weight[:] = 7.0

    found, updater = trained(Own(learning_rate=0.1), together=True, steps=1)
    assert not updater._fused
    assert all((w == 7.0).all() for w in found)


@pytest.mark.parametrize("dtype", ["float64", "float16"])
def test_other_types_are_updated_one_by_one(dtype: str) -> None:
    weights = [mx.nd.ones((200, 100), dtype=dtype), mx.nd.ones((3,), dtype=dtype)]
    updater = Updater(optimizers.SGD(learning_rate=0.5))
    updater([0, 1], [mx.nd.ones(w.shape, dtype=dtype) for w in weights], weights)
    assert not updater._fused
    assert all((w.asnumpy() == 0.5).all() for w in weights)


def test_a_gradient_that_does_not_fit_changes_nothing_by_halves() -> None:
    weights = [mx.nd.ones((200, 100)), mx.nd.ones((3,))]
    updater = Updater(optimizers.SGD(learning_rate=0.5))
    good = [mx.nd.ones((200, 100)), mx.nd.ones((3,))]
    updater([0, 1], good, weights)
    turned = [mx.nd.NDArray(np.ones((100, 200), "float32").T), good[1]]
    updater([0, 1], turned, weights)
    assert updater.optimizer.num_update == 2
    assert all((w.asnumpy() == 0.0).all() for w in weights)


def test_few_numbers_are_not_worth_a_kernel() -> None:
    assert fused.SMALLEST > 4
    weights = [mx.nd.ones((2,)), mx.nd.ones((2,))]
    updater = Updater(optimizers.SGD(learning_rate=0.5))
    updater([0, 1], [mx.nd.ones((2,))] * 2, weights)
    assert not updater._fused


def test_states_read_from_a_file_are_used() -> None:
    _, before = trained(optimizers.Adam(), together=True)
    first, gradients = weights_and_gradients(1)
    results = []
    for together in (True, False):
        weights = [mx.nd.array(w) for w in first]
        updater = Updater(optimizers.Adam())
        updater.set_states(before.get_states(dump_optimizer=True))
        given = [mx.nd.array(g) for g in gradients[0]]
        indices = list(range(len(weights)))
        if together:
            updater(indices, given, weights)
        else:
            for i in indices:
                updater(i, given[i], weights[i])
        results.append([w.asnumpy() for w in weights])
    for got, want in zip(*results, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)
