"""Which device is taken, and the predictions behind it, on machines that are made up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from netwright import datasets, templates
from netwright import symbol as sym
from netwright.device import cpu, gpu
from netwright.errors import DeviceError
from netwright.machine import GpuFacts, MachineFacts
from netwright.ops.operator import TensorSpec
from netwright.scheduler import Compiled, Strategy, asked_device, choose_device
from netwright.scheduler.cost import StepWork, Work, cpu_seconds, gpu_seconds
from netwright.train import GraphTask

CARD = GpuFacts("a card", matmul_flops=20e12, half_flops=200e12, memory_bandwidth=1e12)
HOST = MachineFacts(cores=2, measured=True)
BOTH = replace(HOST, gpus=(CARD,))


def dense(batch: int, width: int) -> Work:
    """A training step of three dense layers."""
    x = sym.Variable("data")
    for i in range(3):
        x = sym.Activation(sym.FullyConnected(x, num_hidden=width, name=f"fc{i}"), act_type="relu")
    loss = sym.MakeLoss(sym.sum(x * x))
    names = [n for n in loss.list_arguments() if n != "data"]
    known = {"data": TensorSpec((batch, width), np.dtype(np.float32))}
    return Work.of(Compiled(loss, known, train=True, wrt=names, device=cpu()).plan, names)


def test_small_nets_stay_and_large_ones_go() -> None:
    device, why = choose_device("auto", lambda: dense(16, 32), BOTH)
    assert device == cpu()
    assert "a step on cpu(0) with 2 cores" in why
    device, why = choose_device("auto", lambda: dense(512, 1024), BOTH)
    assert device == gpu(0)
    assert why.startswith("predicted ")
    assert "on gpu(0) (a card)" in why


def test_the_faster_of_two_cards_is_taken() -> None:
    facts = replace(BOTH, gpus=(CARD, replace(CARD, matmul_flops=60e12, memory_bandwidth=3e12)))
    assert choose_device("auto", lambda: dense(512, 1024), facts)[0] == gpu(1)


def test_without_a_choice_the_work_is_not_asked_for() -> None:
    def unasked() -> Work:
        raise AssertionError("there is nothing to choose")

    device, why = choose_device("auto", unasked, HOST)
    assert device == cpu()
    assert why.startswith("the only device here")
    assert "matrix products run" in why
    assert choose_device("cpu", unasked, BOTH)[0] == cpu()


def test_unknown_work_and_guessed_rates_are_told() -> None:
    assert "not known beforehand" in choose_device("auto", lambda: None, BOTH)[1]
    assert choose_device("auto", None, BOTH)[0] == gpu(0)
    assert "guessed rates" in choose_device("auto", lambda: dense(16, 32), replace(BOTH, measured=False))[1]


def test_a_device_that_is_asked_for_is_taken_or_refused() -> None:
    assert asked_device("auto", Strategy(device="gpu:1")) == "gpu:1"
    assert asked_device("cpu", Strategy(device="gpu:1")) == "cpu"
    assert asked_device("auto", None) == "auto"
    with pytest.raises(DeviceError, match="is not there"):
        choose_device("gpu:7")


def test_a_task_says_what_a_step_costs() -> None:
    task = GraphTask(templates.get("mlp-digits").graph, datasets.info("digits"))
    small, large = task.work(8), task.work(64)
    assert large.flops == pytest.approx(8 * small.flops, rel=0.05)
    # data, label and the head's gradient, no weights
    assert 8 * small.fed_bytes == large.fed_bytes
    assert small.fed_bytes < 8 * (64 + 2 * 10 + 2) * 4


def test_seconds_grow_with_the_work_and_fall_with_the_rates() -> None:
    work = dense(64, 256)
    assert cpu_seconds(dense(128, 256), HOST) > cpu_seconds(work, HOST)
    assert cpu_seconds(work, replace(HOST, matmul_flops=2e11)) < cpu_seconds(work, HOST)
    assert cpu_seconds(work, HOST, threads=1) > cpu_seconds(work, HOST)
    assert gpu_seconds(work, replace(CARD, launch_seconds=50e-6)) > gpu_seconds(work, CARD)
    assert gpu_seconds(work, replace(CARD, launch_seconds=50e-6), captured=True) < gpu_seconds(
        work, replace(CARD, launch_seconds=50e-6)
    )
    assert gpu_seconds(dense(2048, 2048), CARD, half=True) < gpu_seconds(dense(2048, 2048), CARD)


def test_a_product_takes_its_flops_and_a_copy_its_bytes() -> None:
    product = Work((StepWork(10**12, 10**6, True, 2, 10**6),))
    assert cpu_seconds(product, HOST) == pytest.approx(10**12 / HOST.matmul_flops / 2, rel=0.01)
    copy = Work((StepWork(10**9, 8 * 10**9, False, 1, 10**9),))
    assert cpu_seconds(copy, HOST) == pytest.approx(8e9 / HOST.memory_bandwidth / 2, rel=0.01)
    assert gpu_seconds(copy, CARD) == pytest.approx(8e9 / CARD.memory_bandwidth, rel=0.01)


def test_steps_in_time_cost_a_gpu_their_launches() -> None:
    data = sym.Variable("data")
    net = sym.RNN(data, sym.Variable("w"), sym.Variable("h"), state_size=16, num_layers=1, mode="rnn_tanh", name="r")

    def seconds(times: int) -> float:
        known = {"data": TensorSpec((times, 4, 8), np.dtype(np.float32))}
        return gpu_seconds(Work.of(Compiled(net, known, train=False, device=cpu()).plan), CARD)

    assert seconds(64) > 4 * (seconds(8) - CARD.wait_seconds)
