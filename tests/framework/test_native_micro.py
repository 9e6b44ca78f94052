"""Micro-batches: the same numbers from a few samples at a time, in less memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright import sym
from netwright.kernels.cpu import warm
from netwright.ops.operator import TensorSpec
from netwright.scheduler import Compiled, Strategy
from netwright.scheduler.native import NativeProgram


@pytest.fixture(scope="module", autouse=True)
def ready() -> None:
    assert warm() == []


def network(layers: int = 4) -> sym.Symbol:
    net = sym.Variable("data")
    for i in range(layers):
        net = sym.relu(sym.FullyConnected(net, num_hidden=32, name=f"fc{i}"))
    return sym.SoftmaxOutput(sym.FullyConnected(net, num_hidden=5, name="last"), name="softmax")


def compiled(net: sym.Symbol, batch: int, **knobs: Any) -> tuple[Compiled, dict[str, np.ndarray]]:
    shapes, _, _ = net.infer_shape(data=(batch, 20))
    names = net.list_arguments()
    rng = np.random.default_rng(1)
    values = {n: (rng.normal(size=s) * 0.3).astype("float32") for n, s in zip(names, shapes, strict=True)}
    values["softmax_label"] = rng.integers(0, 5, batch).astype("float32")
    known = {n: TensorSpec(a.shape, a.dtype) for n, a in values.items()}
    wrt = [n for n in names if n not in ("data", "softmax_label")]
    made = Compiled(
        net, known, train=True, wrt=wrt, device=mx.cpu(), strategy=Strategy(threads=2, **knobs), lend_gradients=True
    )
    return made, values


def results(made: Compiled, values: dict[str, np.ndarray]) -> list[np.ndarray]:
    program = made.acquire()
    inputs = made.plan.graph.inputs
    program.step(values, {n: np.ones(inputs[n].shape, "float32") for n in made.needed_heads})
    wanted = [*made.outputs, *(g for g in made.gradients.values() if g is not None)]
    found = [np.array(a) for a in program.borrow(wanted)]
    made.release(program)
    return found


@pytest.mark.parametrize("batch", [1, 2, 7, 24])
@pytest.mark.parametrize("size", [1, 3, 8])
def test_any_size_gives_the_same_numbers(batch: int, size: int) -> None:
    net = network()
    wanted = results(*compiled(net, batch, native=False))
    made, values = compiled(net, batch, micro_batch=size)
    found = results(made, values)
    for got, want in zip(found, wanted, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-6)
    for got, again in zip(found, results(made, values), strict=True):
        np.testing.assert_array_equal(got, again)


def test_fewer_samples_at_a_time_take_less_memory() -> None:
    made = {size: compiled(network(), 256, micro_batch=size)[0] for size in (4, 32, 10**6)}
    assert all(isinstance(one.acquire(), NativeProgram) for one in made.values())
    peaks = [one.native.peak_bytes(one.plan) for one in made.values() if one.native is not None]
    assert peaks == sorted(peaks)
    assert peaks[0] < peaks[-1] / 2
    assert "forward and backward for 4 samples at a time" in str(made[4].plan)
    assert "samples at a time" not in str(made[10**6].plan)


def test_what_needs_all_samples_is_not_cut() -> None:
    net = sym.BatchNorm(sym.FullyConnected(sym.Variable("data"), num_hidden=8, name="fc"), name="bn", fix_gamma=False)
    net = sym.SoftmaxOutput(net, name="softmax")
    shapes, _, states = net.infer_shape(data=(16, 20))
    known = {n: TensorSpec(s, np.dtype("float32")) for n, s in zip(net.list_arguments(), shapes, strict=True)}
    known |= {n: TensorSpec(s, np.dtype("float32")) for n, s in zip(net.list_auxiliary_states(), states, strict=True)}
    made = Compiled(
        net,
        known,
        train=True,
        wrt=["fc_weight", "bn_gamma"],
        device=mx.cpu(),
        strategy=Strategy(threads=2, micro_batch=2),
        lend_gradients=True,
    )
    assert made.native is not None
    assert not made.native.cutting.joint


def test_other_callers_run_forward_and_backward_apart() -> None:
    net, batch = network(), 24
    made, values = compiled(net, batch, micro_batch=4)
    again = Compiled(
        net,
        {n: TensorSpec(a.shape, a.dtype) for n, a in values.items()},
        train=True,
        wrt=["fc0_weight"],
        device=mx.cpu(),
        strategy=Strategy(threads=2, micro_batch=4),
    )
    assert again.native is not None
    assert not again.native.cutting.joint
    program = again.acquire()
    program.forward(values)
    program.backward({n: np.ones(again.plan.graph.inputs[n].shape, "float32") for n in again.needed_heads})
    gradient = program.take([again.gradients["fc0_weight"]])[0]  # type: ignore[list-item]
    position = list(made.gradients).index("fc0_weight")
    np.testing.assert_allclose(gradient, results(made, values)[1 + position], rtol=1e-4, atol=1e-6)
