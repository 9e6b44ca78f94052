"""Training in float16 and bfloat16: casts, master weights, and the scale that keeps gradients in range."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright import datasets, templates
from netwright import symbol as sym
from netwright.contrib.amp.loss_scaler import LossScaler
from netwright.device import cpu
from netwright.errors import ParamError
from netwright.gluon import loss as losses
from netwright.gluon import nn
from netwright.ops import get
from netwright.ops.operator import TensorSpec
from netwright.scheduler import Compiled, Strategy
from netwright.symbol.precision import in_precision
from netwright.train import BlockTask, GraphTask, TrainSettings, fit
from netwright.train.loss_scale import SCALE

NARROW = ("float16", "bfloat16")


# ---------------------------------------------------------------- bfloat16
def test_bfloat16_is_the_nearest_and_halves_go_to_even() -> None:
    x = np.array([1, 1 + 2**-9, 1 + 2**-8, 1 + 2**-7, 1 + 3 * 2**-8, -1 - 2**-9, 0, 3e38, -2.5], np.float32)
    got = get("_round_bfloat16").forward(np, None, x)  # type: ignore[attr-defined]
    want = np.array([1, 1, 1, 1 + 2**-7, 1 + 2**-6, -1, 0, 3e38, -2.5], np.float32)
    np.testing.assert_allclose(got, want, rtol=2**-9)
    np.testing.assert_array_equal(got[:7], want[:7])
    np.testing.assert_array_equal(got.view(np.uint32) & 0xFFFF, 0)


def test_bfloat16_keeps_infinity_and_nan() -> None:
    x = np.array([np.inf, -np.inf, np.nan, np.finfo("f4").max], np.float32)
    x[2:3].view(np.uint32)[:] = 0x7F800001  # a NaN whose upper half would be infinity's
    got = get("_round_bfloat16").forward(np, None, x)  # type: ignore[attr-defined]
    assert got[0] == np.inf
    assert got[1] == -np.inf
    assert np.isnan(got[2])
    assert got[3] == np.inf


def test_its_gradient_is_rounded_and_the_scales_gradient_scaled() -> None:
    x = mx.nd.array([1.0, 2.0])
    x.attach_grad()
    with mx.autograd.record():
        y = mx.nd._internal._round_bfloat16(x)
    y.backward(mx.nd.array([1 + 2**-9, 3.0]))
    np.testing.assert_array_equal(x.grad.asnumpy(), [1, 3])
    with mx.autograd.record():
        y = mx.nd._internal._scale_gradient(x, mx.nd.array([8.0]))
    y.backward()
    np.testing.assert_array_equal(y.asnumpy(), x.asnumpy())
    np.testing.assert_array_equal(x.grad.asnumpy(), [8, 8])


# ---------------------------------------------------------------- graphs
def convolutional() -> Any:
    x = sym.Variable("data")
    x = sym.Activation(sym.Convolution(x, kernel=(3, 3), num_filter=4, name="conv"), act_type="relu")
    x = sym.BatchNorm(x, fix_gamma=False, name="norm")
    x = sym.FullyConnected(sym.Pooling(x, kernel=(2, 2), stride=(2, 2), pool_type="max"), num_hidden=5, name="fc")
    return sym.SoftmaxOutput(x, name="softmax")


def gradients(precision: Any) -> dict[str, np.ndarray[Any, Any]]:
    """Of all weights of a small convolutional network."""
    net = convolutional()
    rng = np.random.default_rng(0)
    known = {"data": TensorSpec((6, 2, 8, 8), np.dtype("f4"))}
    wrt = [n for n in net.list_arguments() if n not in ("data", "softmax_label")]
    strategy = Strategy(precision=precision, native=False)
    compiled = Compiled(net, known, train=True, wrt=wrt, device=cpu(), strategy=strategy)
    feeds: dict[str, Any] = {}
    for name, value in compiled.plan.graph.inputs.items():
        assert value.dtype == np.float32, f"{name} is a master weight"
        feeds[name] = (rng.standard_normal(value.shape) * 0.5).astype("f4")
    feeds["softmax_label"] = np.arange(6, dtype="f4") % 5
    feeds["norm_moving_var"] = np.ones(4, "f4")
    program = compiled.acquire()
    program.forward(feeds)
    program.backward({})
    found = {n: v for n, v in compiled.gradients.items() if v is not None}
    return dict(zip(found, program.take(list(found.values())), strict=True))


@pytest.mark.parametrize(("precision", "near"), [("float16", 2e-2), ("bfloat16", 6e-2)])
def test_gradients_are_float32s_but_for_rounding(precision: str, near: float) -> None:
    exact, found = gradients("float32"), gradients(precision)
    for name, got in found.items():
        assert got.dtype == np.float32
        size = float(np.abs(exact[name]).max())
        np.testing.assert_allclose(got, exact[name], atol=near * size, err_msg=name)
    assert not all(np.array_equal(v, exact[n]) for n, v in found.items()), "nothing was rounded"


@pytest.mark.parametrize("precision", NARROW)
def test_inputs_and_outputs_stay_float32(precision: Any) -> None:
    net = sym.FullyConnected(sym.Variable("data"), num_hidden=3, name="fc")
    found = in_precision(net, precision)
    assert found.list_inputs() == net.list_inputs()
    _, (output,), _ = found.infer_type(data=np.float32)
    assert output == np.float32
    assert in_precision(net, "float32") is net


def test_the_plan_shows_the_casts() -> None:
    net = sym.FullyConnected(sym.Variable("data"), num_hidden=3, name="fc")
    known = {"data": TensorSpec((2, 4), np.dtype("f4"))}
    plan = Compiled(net, known, train=False, device=cpu(), strategy=Strategy(precision="float16")).plan
    assert [node.op.name for node in plan.steps].count("amp_cast") == 4
    assert "float16" in str(plan)


# ---------------------------------------------------------------- training
@pytest.mark.parametrize("precision", NARROW)
@pytest.mark.parametrize("name", ["mlp-digits", "logistic-iris"])
def test_a_graph_learns_in_narrow_precision(precision: Any, name: str) -> None:
    template = templates.get(name)
    data = datasets.get(template.dataset)
    losses_found = {}
    for kind in ("float32", precision):
        task = GraphTask(template.graph, data.info, Strategy(precision=kind))
        settings = TrainSettings(epochs=3, batch_size=32, seed=1, optimizer_params={"learning_rate": 0.01})
        result = fit(task, data.arrays("train"), settings=settings)
        losses_found[kind] = result.metrics["train_loss"]
        assert all(w.dtype == np.float32 for w in task.weights.values())
    assert losses_found[precision] == pytest.approx(losses_found["float32"], rel=0.1, abs=0.02)


@pytest.mark.parametrize("hybridize", [True, False])
@pytest.mark.parametrize("precision", NARROW)
def test_a_block_learns_in_narrow_precision(precision: Any, hybridize: bool) -> None:
    x = np.random.default_rng(0).standard_normal((64, 6)).astype("f4")
    y = (x[:, 0] > 0).astype("f4")
    results = {}
    for kind in ("float32", precision):
        mx.random.seed(3)
        net = nn.HybridSequential()
        net.add(nn.Dense(16, activation="relu"), nn.Dense(2))
        strategy = Strategy(precision=kind, native=False)
        task = BlockTask(net, losses.SoftmaxCrossEntropyLoss(), strategy=strategy, hybridize=hybridize)
        settings = TrainSettings(epochs=6, batch_size=16, seed=1, optimizer_params={"learning_rate": 0.01})
        results[kind] = fit(task, (x, y), settings=settings).metrics["train_loss"]
        assert mx.tape.Mode.autocast is None
    assert results[precision] == pytest.approx(results["float32"], rel=0.05)
    assert results[precision] != results["float32"]


def scaled_task() -> tuple[GraphTask, Any]:
    template = templates.get("logistic-iris")
    data = datasets.get(template.dataset)
    task = GraphTask(template.graph, data.info, Strategy(precision="float16"))
    task.set_up(cpu(), "", "xavier")
    task.use(mx.optimizer.create("sgd", learning_rate=0.1))
    return task, data.arrays("train")


def test_a_step_that_overflows_is_left_out_and_the_scale_halved() -> None:
    task, (x, y) = scaled_task()
    assert task.scaler is not None
    task.scaler.load_state_dict({"scale": 2.0**20, "next": 2.0**20, "unskipped": 0})
    before = task.arrays()
    task.step(x[:8], y[:8])
    for name, array in task.arrays().items():
        np.testing.assert_array_equal(array, before[name])
    task.step(x[:8], y[:8])
    assert task.scaler.loss_scale == 2.0**19
    for _ in range(8):
        task.step(x[:8], y[:8])
    assert any(not np.array_equal(array, before[name]) for name, array in task.arrays().items())


def test_the_scale_does_not_show_in_the_step() -> None:
    stepped = []
    for scale in (1.0, 1024.0):
        mx.random.seed(5)
        task, (x, y) = scaled_task()
        assert task.scaler is not None
        task.scaler.load_state_dict({"scale": scale, "next": scale, "unskipped": 0})
        task.step(x[:8], y[:8])
        stepped.append(task.arrays())
    for name, array in stepped[0].items():
        np.testing.assert_allclose(stepped[1][name], array, rtol=2e-3, atol=1e-4)


def test_the_scale_keeps_small_gradients_from_vanishing() -> None:
    """A loss whose gradient is below float16's smallest number."""
    x = sym.FullyConnected(sym.Variable("data"), num_hidden=2, no_bias=True, name="fc")
    net = sym.MakeLoss(sym.sum(x) * 1e-9, name="loss")
    data = np.ones((4, 3), "f4")

    def moved(scale: float) -> float:
        task = GraphTask(net, datasets.info("iris"), Strategy(precision="float16"), inputs={"data": (3,)})
        task.set_up(cpu(), "", "zeros")
        task.use(mx.optimizer.create("sgd", learning_rate=1.0))
        assert task.scaler is not None
        task.scaler.load_state_dict({"scale": scale, "next": scale, "unskipped": 0})
        task.step(data, np.zeros(4, "f4"))
        return float(np.abs(task.arrays()["fc_weight"]).max())

    assert moved(1.0) == 0
    assert moved(2.0**16) == pytest.approx(1e-9, rel=0.01)


def test_a_resumed_training_goes_on_with_its_scale(tmp_path: Path) -> None:
    """Bit for bit, as in float32."""
    template = templates.get("logistic-iris")
    data = datasets.get(template.dataset)

    def run(folder: Path, epochs: int, resume: bool) -> GraphTask:
        task = GraphTask(template.graph, data.info, Strategy(precision="float16"))
        settings = TrainSettings(epochs=epochs, batch_size=16, seed=1)
        fit(task, data.arrays("train"), settings=settings, checkpoint=folder, resume=resume)
        return task

    whole = run(tmp_path / "a", 4, False)
    run(tmp_path / "b", 2, False)
    resumed = run(tmp_path / "b", 4, True)
    assert whole.scaler is not None
    assert resumed.scaler is not None
    assert resumed.scaler.state_dict() == whole.scaler.state_dict()
    for name, array in whole.arrays().items():
        np.testing.assert_array_equal(resumed.arrays()[name], array)


def test_the_scale_grows_again() -> None:
    scaler = LossScaler()
    scaler.load_state_dict({"scale": 4.0, "next": 4.0, "unskipped": 1999})
    assert not scaler.update(False)
    scaler.update(False)
    assert scaler.loss_scale == 8.0
    assert scaler.update(True)
    scaler.update(False)
    assert scaler.loss_scale == 4.0


def test_float32_has_no_scale() -> None:
    task = GraphTask(templates.get("logistic-iris").graph, datasets.info("iris"))
    assert task.scaler is None
    assert SCALE not in task._scaled(task._whole).list_inputs()
    with pytest.raises((ParamError, ValueError), match="precision"):
        Strategy(precision="int4")  # type: ignore[arg-type]
