"""Optimizer operators on NDArrays: weights and states are updated in place, by MXNet 1.9.1's numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netwright import nd
from netwright.errors import ParamError
from netwright.ops import get
from netwright.optimizer import updates

WEIGHT = [0.1257302165031433, -0.13210485875606537, 0.6404226422309875, 0.10490011423826218]
GRAD = [-1.6070080995559692, 1.0847852230072021, 3.9120001792907715, 2.841242790222168]

# What MXNet 1.9.1 printed for lr=0.1, wd=0.2, rescale_grad=0.5, clip=0.7 and states of 0.3, 0.6, 0.9.
PRINTED: dict[str, tuple[dict[str, Any], list[float], list[list[float]]]] = {
    "sgd_update": ({}, [0.19321561, -0.18370202, 0.55761421, 0.03280211], []),
    "sgd_mom_update": (
        {"momentum": 0.9},
        [0.46321562, 0.08629799, 0.82761419, 0.30280215],
        [[0.3374854, 0.21840285, 0.18719158, 0.19790202]],
    ),
    "nag_mom_update": (
        {"momentum": 0.9},
        [0.49695244, 0.01286054, 0.72608656, 0.21091393],
        [[0.3374854, 0.21840285, 0.18719155, 0.19790201]],
    ),
    "adam_update": (
        {},
        [0.09990796, -0.17363442, 0.59652478, 0.06100227],
        [[0.2, 0.32159719, 0.34, 0.34], [0.59989005, 0.59966624, 0.59989005, 0.59989005]],
    ),
    "rmsprop_update": (
        {"clip_weights": 0.5},
        [0.25155544, -0.22657421, 0.5, -0.02092511],
        [[0.30950001, 0.29831135, 0.30950001, 0.30950001]],
    ),
    "ftrl_update": (
        {},
        [0.03530761, -0.05384152, 0.03466597, -0.03427098],
        [[-0.73875993, 1.06831753, -0.72551626, 0.71736348], [1.09, 0.89418977, 1.09, 1.09]],
    ),
    "signsgd_update": ({}, [0.22321561, -0.22946277, 0.52761418, 0.00280211], []),
    "signum_update": (
        {"momentum": 0.9, "wd_lh": 0.01},
        [0.22560447, -0.03197276, 0.73978227, 0.20479521],
        [[0.33748543, 0.21840283, 0.18719155, 0.19790199]],
    ),
    "ftml_update": (
        {"t": 3},
        [0.12318215, -0.13862076, 0.63199067, 0.09733717],
        [
            [110.92000580, 110.89930725, 110.92000580, 110.92000580],
            [0.59989005, 0.59966624, 0.59989005, 0.59989005],
            [-13.66336441, 15.37294674, -70.10041046, -10.79663944],
        ],
    ),
}


@pytest.mark.parametrize("name", PRINTED)
def test_step_gives_the_printed_numbers_in_place(name: str) -> None:
    more, weight_after, states_after = PRINTED[name]
    weight, grad = nd.array(WEIGHT), nd.array(GRAD)
    states = [nd.full((4,), 0.3 * (i + 1)) for i in range(len(states_after))]
    clip = "clip_grad" if name == "ftml_update" else "clip_gradient"
    result = getattr(nd, name)(
        weight, grad, *states, lr=0.1, wd=0.2, rescale_grad=0.5, out=weight, **{clip: 0.7}, **more
    )
    assert result is weight
    np.testing.assert_allclose(weight.asnumpy(), weight_after, rtol=2e-6)
    np.testing.assert_allclose(grad.asnumpy(), np.float32(GRAD))
    for state, after in zip(states, states_after, strict=True):
        np.testing.assert_allclose(state.asnumpy(), after, rtol=5e-6)


def test_adamw_leaves_everything_where_the_loss_scale_overflowed() -> None:
    weight, mean, var = nd.array(WEIGHT), nd.ones((4,)), nd.ones((4,))
    for scale in (0.0, float("inf"), float("nan")):
        nd.contrib.adamw_update(
            weight, nd.array(GRAD), mean, var, nd.array([scale]), lr=0.1, eta=1.0, wd=0.1, out=weight
        )
    np.testing.assert_array_equal(weight.asnumpy(), np.float32(WEIGHT))
    np.testing.assert_array_equal(mean.asnumpy(), np.ones(4))
    np.testing.assert_array_equal(var.asnumpy(), np.ones(4))


def test_mixed_precision_keeps_small_steps_in_the_master_copy() -> None:
    weight, master = nd.ones((3,), dtype="float16"), nd.ones((3,))
    for _ in range(100):  # each step is too small for float16 to see
        nd.mp_sgd_update(weight, nd.ones((3,), dtype="float16"), master, lr=1e-4, out=weight)
    np.testing.assert_allclose(master.asnumpy(), 0.99, rtol=1e-5)
    np.testing.assert_allclose(weight.asnumpy(), 0.99, rtol=1e-3)
    assert weight.dtype == np.float16


def test_many_weights_step_as_each_alone() -> None:
    arrays = [nd.array(WEIGHT), nd.array(GRAD), nd.ones((4,)), nd.ones((2, 2)), nd.ones((2, 2)), nd.zeros((2, 2))]
    alone = [a.copy() for a in arrays]
    nd.multi_sgd_mom_update(
        *arrays, lrs=(0.1, 0.2), wds=(0.0, 0.1), momentum=0.9, num_weights=2, out=[arrays[0], arrays[3]]
    )
    nd.sgd_mom_update(*alone[:3], lr=0.1, momentum=0.9, out=alone[0])
    nd.sgd_mom_update(*alone[3:], lr=0.2, wd=0.1, momentum=0.9, out=alone[3])
    for got, want in zip(arrays, alone, strict=True):
        np.testing.assert_array_equal(got.asnumpy(), want.asnumpy())
    with pytest.raises(ParamError, match=r"wrong number of arrays.*wanted 4: 2 for each of 2 weights, got 3"):
        nd.multi_sgd_update(*arrays[:3], lrs=(0.1, 0.2), wds=(0.0, 0.1), num_weights=2)


def test_reset_arrays_writes_zeros() -> None:
    arrays = [nd.ones((2, 3)), nd.ones((4,))]
    nd.reset_arrays(*arrays, num_arrays=2)
    assert not any(a.asnumpy().any() for a in arrays)


UPDATES = [name for name in dir(updates) if name.endswith("_update")]


@pytest.mark.parametrize("name", UPDATES)
@pytest.mark.parametrize("turned", [False, True])
def test_large_weights_are_updated_in_pieces(name: str, turned: bool) -> None:
    """Bit for bit what the operator makes of the whole."""
    op, rng = get(name), np.random.default_rng(0)
    shape = (updates.PIECE // 100 + 3, 250)
    arrays = [nd.array(np.abs(rng.standard_normal(shape, dtype=np.float32)) + 0.5) for _ in op.inputs]
    if name == "rmspropalex_update":
        arrays[2] += 100  # a mean square is more than the mean's square
    if turned:  # not contiguous, so that it cannot be cut
        for array in arrays:
            array._data = array._data.copy(order="F")
    whole = [nd.array(a.asnumpy()) for a in arrays]
    fields = op.Params.model_fields.items()
    params = {field: 3 if info.annotation is int else 0.1 for field, info in fields if info.is_required()}
    params |= {"wd": 0.2, "rescale_grad": 0.5}
    getattr(nd, name)(*whole, out=whole[0], **params)
    getattr(updates, name)(*arrays, **params)
    assert arrays[0].size > 2 * updates.PIECE
    for found, wanted in zip(arrays, whole, strict=True):
        np.testing.assert_array_equal(found.asnumpy(), wanted.asnumpy())
