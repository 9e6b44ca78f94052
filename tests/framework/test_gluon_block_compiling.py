"""Compiled blocks: what is traced, what stays eager, second order, memory, strategies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.framework.test_gluon_block import Hybrid, Plain, data, gradients, mlp, values
from tests.framework.test_gluon_block import _fresh_names as _fresh_names

import netwright as mx
from netwright import autograd, gluon, nd
from netwright.errors import (
    AutogradError,
    NetwrightError,
    ParamError,
)
from netwright.gluon import nn

# ---------------------------------------------------------------- compiling
NETS: dict[str, Callable[[], gluon.HybridBlock]] = {
    "sequential": mlp,
    "hybrid": Hybrid,
    "plain": Plain,
    "nested": lambda: _add(nn.HybridSequential(), mlp(), _add(nn.HybridSequential(), nn.Dense(6), nn.Dense(2))),
    "plain inside": lambda: _add(nn.HybridSequential(), nn.Dense(4), Plain()),
    "lambda": lambda: _add(nn.HybridSequential(), nn.Dense(4), nn.HybridLambda("tanh")),
}


def _add(net: nn.HybridSequential, *layers: gluon.HybridBlock) -> nn.HybridSequential:
    net.add(*layers)
    return net


@pytest.mark.parametrize("name", NETS)
def test_compiled_equals_eager(name: str) -> None:
    net = NETS[name]()
    net.initialize(mx.init.Normal(0.5))
    x = data(4, 5)
    x.attach_grad()
    expected, wanted = net(x).asnumpy(), gradients(net, x)
    by_input = x.grad.asnumpy().copy()  # type: ignore[union-attr]
    net.hybridize()
    for _ in range(3):
        np.testing.assert_allclose(net(x).asnumpy(), expected, rtol=1e-6)
        found = gradients(net, x)
        assert sorted(found) == sorted(wanted)
        for n, gradient in found.items():
            np.testing.assert_allclose(gradient, wanted[n], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(x.grad.asnumpy(), by_input, rtol=1e-5, atol=1e-6)  # type: ignore[union-attr]
    assert net(data(7, 5)).shape[0] == 7
    net.hybridize(False)
    np.testing.assert_allclose(net(x).asnumpy(), expected, rtol=1e-6)
    assert net.plans() == []


def test_a_plain_forward_is_run_once_for_each_shape_and_mode() -> None:
    net = Plain()
    net.initialize(mx.init.One())
    net.hybridize()
    for rows in (2, 5, 2, 5):
        assert net(nd.ones((rows, 2))).shape == (rows, 3)
    assert net.traced == 2
    with autograd.train_mode():
        assert values(net(nd.ones((2, 2))))[0] == [20, 40, 60]
    assert values(net(nd.ones((2, 2))))[0] == [2, 4, 6]
    assert net.traced == 3


class _Forward(gluon.HybridBlock):
    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self.function = function
        self.runs = 0

    def forward(self, x: nd.NDArray) -> Any:
        self.runs += 1
        return self.function(x)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.detach() * x,
        lambda x: x.copyto(x.ctx) * x.as_in_context(x.ctx),
        lambda x: x[1:, ::2].T + x.reshape((-1, 1))[0],
        lambda x: nd.tanh(x, out=nd.zeros(x.shape)) * 2,
        lambda x: [x + 1, (x * 2).split(2, axis=1)],
        lambda x: x if x is None else x + nd.random.uniform(0, 0, shape=(1,)),
        lambda x: x.astype("float64").sum(axis=0) + nd.array([2.0], dtype="float64"),
    ],
)
def test_traced_forwards_follow_new_values(function: Callable[[Any], Any]) -> None:
    net = _Forward(function)
    net.hybridize()
    for seed in range(3):
        x = data(3, 4, seed=seed)
        x.attach_grad()
        expected = function(x)
        found = net(x)
        flat, wanted = (gluon.nested.flatten([v])[0] for v in (found, expected))
        for a, b in zip(flat, wanted, strict=True):
            np.testing.assert_allclose(a.asnumpy(), b.asnumpy(), rtol=1e-6)
    assert net.runs == 1


def test_detach_stops_the_gradient_of_a_traced_forward() -> None:
    net = _Forward(lambda x: x.detach() * x)
    net.hybridize()
    for value in (2.0, 5.0):
        x = nd.array([value])
        x.attach_grad()
        with autograd.record():
            y = net(x)
        y.backward()
        assert float(x.grad) == value  # type: ignore[arg-type]


def _add_in_place(x: nd.NDArray) -> nd.NDArray:
    y = x * 2
    y += 1
    return y


class _Double(autograd.Function):
    def forward(self, x: nd.NDArray) -> nd.NDArray:
        return x * 2

    def backward(self, dy: nd.NDArray) -> nd.NDArray:
        return dy * 100


def _into_zeros(x: nd.NDArray) -> nd.NDArray:
    y = nd.zeros(x.shape)
    y[:] = x
    return y * 2


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (_add_in_place, "changes arrays in place"),
        (_into_zeros, "changes arrays in place"),
        (lambda x: _Double()(x), "calls the Function _Double"),
        (lambda x: nd.array(x.asnumpy() * 2), "reads values"),
        (lambda x: x * 2 if float(x.sum()) > 0 else x * 3, "reads values"),
        (lambda x: nd.ones((2, 2)), "an output is not computed by operators"),
        (lambda x: {"a": x + 1}, "gives other things than arrays"),
    ],
)
def test_what_a_symbol_cannot_hold_runs_eagerly(function: Callable[[Any], Any], words: str) -> None:
    """As in MXNet 1.x, where every plain ``forward`` does; here it is said."""

    def numbers(out: Any) -> Any:
        return (out["a"] if isinstance(out, dict) else out).asnumpy()

    net, x = _Forward(function), data(2, 2)
    net.hybridize()
    with pytest.warns(UserWarning, match=f"is not compiled, but runs eagerly: .*{words}"):
        first = net(x)
    np.testing.assert_array_equal(numbers(first), numbers(function(x)))
    for other in (-x, data(2, 2, seed=5)):
        np.testing.assert_array_equal(numbers(net(other)), numbers(function(other)))
    assert net.plans() == []
    with pytest.raises(RuntimeError, match=rf"there is nothing to export yet \(got .*{words}"):
        net.export("nothing")


def test_a_run_that_is_given_up_leaves_no_traces() -> None:
    class Net(gluon.HybridBlock):
        def __init__(self) -> None:
            super().__init__()
            self.norm, self.dense = nn.BatchNorm(in_channels=3, momentum=0.5), nn.Dense(2)

        def forward(self, x: nd.NDArray, scale: float = 1.0) -> nd.NDArray:
            y = self.norm(x) + nd.random.uniform(shape=(3,))
            y[:] = y * scale
            return self.dense(y)

    def run(hybridize: bool) -> tuple[Any, Any]:
        mx.random.seed(3)
        net = Net()
        net.initialize(mx.init.One())
        net(nd.ones((4, 3)))
        if hybridize:
            net.hybridize()
        mx.random.seed(4)
        with autograd.train_mode():
            out = net(data(4, 3))
        return out.asnumpy(), net.norm.running_mean.data().asnumpy()

    with pytest.warns(UserWarning, match="runs eagerly: its forward"):
        found = run(True)
    for a, b in zip(found, run(False), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)
    net = Net()
    net.initialize()
    net.hybridize()
    with pytest.warns(UserWarning, match="runs eagerly: it is called with other things than arrays"):
        assert net(nd.ones((4, 3)), 2.0).shape == (4, 2)
    assert len(net.dense.plans()) == 1  # what is inside is compiled by itself


def test_several_inputs_and_outputs() -> None:
    class Net(gluon.HybridBlock):
        def hybrid_forward(self, F: Any, x: Any, pair: Any, nothing: Any = None) -> Any:
            a, b = pair
            return [x + a, (a * b, x)]

    net = Net()
    x, a, b = nd.array([1.0]), nd.array([2.0]), nd.array([3.0])
    for _ in range(2):
        total, (product, same) = net(x, [a, b])
        assert [float(v) for v in (total, product, same)] == [3, 6, 1]
        net.hybridize()
    with pytest.raises(ParamError, match=r"called with arrays .*not str\. Keep other arguments as attributes"):
        net(x, ["a", b])


def test_blocks_are_called_with_arrays() -> None:
    net = mlp(prefix="m_")
    net.initialize()
    with pytest.raises(ValueError, match=r"m_dense0: a block is called with an NDArray or a Symbol, not ndarray"):
        net[0](np.ones((2, 3)))
    with pytest.raises(NetwrightError, match=r"Block: forward\(\) is not defined"):
        gluon.Block()(data(1))
    with pytest.raises(NetwrightError, match=r"HybridBlock: neither hybrid_forward\(\) nor forward\(\) is defined"):
        gluon.HybridBlock()(data(1))


def test_dropout_and_batch_norm_know_the_mode() -> None:
    net = _add(nn.HybridSequential(), nn.Dropout(0.5), nn.BatchNorm(momentum=0.5, in_channels=3))
    net.initialize()
    x = nd.array(np.random.default_rng(0).normal(5, 1, (64, 3)))
    for _ in range(2):
        mean = net[1].running_mean
        mean.set_data(nd.zeros((3,)))
        assert (net(x).asnumpy() != 0).all()
        assert values(mean.data()) == [0, 0, 0]
        with autograd.record():
            y = net(x)
        moved = mean.data().asnumpy().copy()
        assert (abs(moved - 2.5) < 1).all()
        y.backward()
        np.testing.assert_array_equal(mean.data().asnumpy(), moved)
        net.hybridize()


def test_the_mode_counts_without_recording_too() -> None:
    net = _add(nn.HybridSequential(), nn.Dropout(0.5))
    net.hybridize()
    x = nd.ones((100,))
    for _ in range(2):
        assert (net(x).asnumpy() == 1).all()
        with autograd.train_mode():
            assert set(values(net(x))) == {0, 2}


def test_gradients_can_be_taken_twice_where_the_graph_is_retained() -> None:
    net = _add(nn.HybridSequential(), nn.Dense(4, in_units=3), nn.Dropout(0.5))
    net.initialize(mx.init.One())
    net.hybridize()
    x = nd.ones((1, 3))
    x.attach_grad()
    with autograd.record():
        y = net(x)
    kept = y.asnumpy()
    y.backward(retain_graph=True)
    first = values(x.grad)
    y.backward()
    assert values(x.grad) == first == [[(kept != 0).sum() * 2.0] * 3]
    with pytest.raises(AutogradError, match="the compiled block: the recorded graph was already used"):
        y.backward()


@pytest.mark.parametrize("kind", ["hybrid", "plain"])
def test_second_order_through_a_compiled_block(kind: str) -> None:
    net = Hybrid() if kind == "hybrid" else Plain()
    net.initialize(mx.init.Normal(0.5))
    x = data(2, 4)

    def penalty() -> tuple[Any, dict[str, Any]]:
        x.attach_grad()
        with autograd.record():
            y = nd.tanh(net(x))
            slope = autograd.grad(y, x, create_graph=True)[0]
            total = (slope * slope).sum()
        total.backward()
        return x.grad.asnumpy().copy(), {n: p.grad().asnumpy().copy() for n, p in net.collect_params().items()}  # type: ignore[union-attr]

    net(x)
    by_input, by_weight = penalty()
    net.hybridize()
    net(x)
    found_input, found_weight = penalty()
    np.testing.assert_allclose(found_input, by_input, rtol=1e-4, atol=1e-6)
    for n, gradient in found_weight.items():
        np.testing.assert_allclose(gradient, by_weight[n], rtol=1e-4, atol=1e-6)


def test_second_order_uses_the_same_random_numbers_and_states() -> None:
    net = _add(nn.HybridSequential(), nn.Dropout(0.5), nn.BatchNorm(in_channels=3), nn.HybridLambda("tanh"))
    net.initialize()
    net.hybridize()
    x = data(8, 3)
    x.attach_grad()
    with autograd.record():
        y = net(x)
        plain = autograd.grad(y, x, retain_graph=True)[0]
        mean = net[1].running_mean.data().asnumpy().copy()
        recorded = autograd.grad(y, x, create_graph=True, train_mode=False)[0]
    np.testing.assert_allclose(recorded.asnumpy(), plain.asnumpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(net[1].running_mean.data().asnumpy(), mean)


def test_memory_is_lent_and_given_back() -> None:
    net = mlp()
    net.initialize()
    net.hybridize()
    net(data(2, 5))
    for _ in range(5):
        gradients(net, data(2, 5))
    (form,) = net._compiled.values()
    compiled = list(form.graph._plans.values())
    assert [len(c._free) for c in compiled] == [1, 1]
    with autograd.record():
        several = [net(data(2, 5, seed=s)) for s in range(3)]  # all three wait for their backward
        loss = nd.add_n(*[(y * y).sum() for y in several])
    loss.backward()
    hybrid = net[1].weight.grad().asnumpy().copy()
    net.hybridize(False)
    with autograd.record():
        loss = nd.add_n(*[(net(data(2, 5, seed=s)) ** 2).sum() for s in range(3)])
    loss.backward()
    np.testing.assert_allclose(hybrid, net[1].weight.grad().asnumpy(), rtol=1e-5)
    assert len(compiled[1]._free) == 3


def test_what_was_recorded_and_dropped_gives_its_memory_back() -> None:
    net = mlp()
    net.initialize()
    net.hybridize()
    for _ in range(4):
        with autograd.record():
            net(data(2, 5))
    (form,) = net._compiled.values()
    assert [len(c._free) for c in form.graph._plans.values()] == [1]


def test_results_do_not_change_when_the_block_runs_again() -> None:
    net = mlp()
    net.initialize()
    net.hybridize()
    y = net(data(2, 5))
    before = y.asnumpy()
    net(data(2, 5, seed=1))
    np.testing.assert_array_equal(y.asnumpy(), before)


def test_parameters_that_are_set_are_used() -> None:
    net = nn.Dense(1, in_units=2, use_bias=False)
    net.initialize(mx.init.One())
    net.hybridize()
    assert float(net(nd.ones((1, 2)))) == 2
    net.weight.set_data(nd.full((1, 2), 5))
    assert float(net(nd.ones((1, 2)))) == 10
    net.initialize(mx.init.Zero(), force_reinit=True)
    assert float(net(nd.ones((1, 2)))) == 0


def test_strategies() -> None:
    net = mlp()
    net.initialize()
    x = data(2, 5)
    expected = net(x).asnumpy()
    net.hybridize(strategy="debug", static_alloc=True, static_shape=True)
    np.testing.assert_allclose(net(x).asnumpy(), expected, rtol=1e-6)
    assert net.plans()[0].strategy.name == "debug"
    net[0].weight.data()[:] = np.nan
    with pytest.raises(NetwrightError, match=r"dense0_fwd \(FullyConnected\): the result holds NaN"):
        net(x)
    with pytest.raises(ParamError, match="unknown strategy"):
        net.hybridize(strategy="quick")
