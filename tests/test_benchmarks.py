"""The benchmarks' own machinery: what they compare is the same training, and a table says what was found."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks import training
from benchmarks.contenders import Contender, initial_weights, netwright_forms
from benchmarks.workloads import RELU, WORKLOADS, Array, Workload

SMALL = {
    "mlp": Workload("small MLP", (6,), (("dense", 5), RELU, ("dense", 10)), "adam", 0.01),
    "cnn": Workload(
        "small CNN", (1, 8, 8), (("conv", 3, 3, 1), RELU, ("pool", 2), ("flatten",), ("dense", 10)), rate=0.05
    ),
}


@pytest.mark.parametrize("name", SMALL)
def test_every_form_of_netwright_trains_alike(name: str) -> None:
    workload = SMALL[name]
    weights = initial_weights(workload)
    contenders = {form: make(workload, weights) for form, make in netwright_forms().items()}
    assert len(contenders) >= 3
    data = list(workload.batches(training.CHECKED_STEPS, 4))
    assert training.check_losses(contenders, data) < training.TOLERANCE


def test_another_training_is_not_timed() -> None:
    class Fixed:
        def __init__(self, loss: float) -> None:
            self.loss = loss

        def step(self, x: Array, y: Array) -> float:
            return self.loss

    contenders: dict[str, Contender] = {"ours": Fixed(1.0), "theirs": Fixed(1.1)}
    with pytest.raises(SystemExit, match="theirs trains otherwise than ours"):
        training.check_losses(contenders, [(np.zeros(1), np.zeros(1))])
    contenders["theirs"] = Fixed(np.nan)
    with pytest.raises(SystemExit, match="theirs trains otherwise than ours"):
        training.check_losses(contenders, [(np.zeros(1), np.zeros(1))])


def test_the_table_holds_every_contender() -> None:
    forms = netwright_forms()
    text = training.section(SMALL["mlp"], 4, {"a peer": forms["netwright eager"]}, rounds=1, seconds=0.001)
    assert all(f"| {name} |" in text for name in (*forms, "a peer"))
    assert "Not installed, so not beside: PyTorch" in training.heading(["PyTorch"], 2)


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_workload_gives_weight_and_bias_to_each_layer(name: str) -> None:
    layers = sum(kind in ("dense", "conv") for kind, *_ in WORKLOADS[name].layers)
    assert len(initial_weights(WORKLOADS[name])) == 2 * layers
