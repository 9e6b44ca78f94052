"""Automatic mixed precision: casts in graphs and before eager calls, the loss scale, conversion of models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright import autograd, gluon, nd, sym
from netwright.contrib import amp
from netwright.gluon import nn
from netwright.ops import get
from netwright.tape import set_autocast

X = nd.array(np.random.default_rng(0).normal(size=(8, 5)))
Y = nd.array([0, 1, 2, 0, 1, 2, 0, 1])


@pytest.fixture
def mixed() -> Iterator[None]:
    amp.init()
    yield
    set_autocast(None)


def network() -> nn.HybridSequential:
    mx.random.seed(1)
    net = nn.HybridSequential()
    net.add(nn.Dense(16, activation="relu"), nn.BatchNorm(), nn.Dense(3))
    net.initialize(mx.init.Xavier())
    net(X)
    return net


def test_lists_name_operators() -> None:
    for name in (*amp.list_lp16_ops(), *amp.list_fp32_ops(), *amp.list_widest_type_cast()):
        assert get(name).name == name
    for name, parameter, _ in amp.list_conditional_fp32_ops():
        assert parameter in get(name).Params.model_fields


@pytest.mark.usefixtures("mixed")
def test_operators_are_computed_in_their_precision() -> None:
    w = nd.ones((3, 5))
    dense = nd.FullyConnected(X, w, num_hidden=3, no_bias=True)
    assert dense.dtype is np.float16
    assert nd.softmax(dense).dtype is np.float32
    assert nd.relu(dense).dtype is np.float16
    assert nd.Activation(dense, act_type="softrelu").dtype is np.float32
    assert (dense + nd.ones((8, 3))).dtype is np.float32
    assert nd.elemwise_mul(dense, dense).dtype is np.float16
    assert nd.FullyConnected(X.astype("float64"), w.astype("float64"), num_hidden=3, no_bias=True).dtype is np.float64
    w.attach_grad()
    with autograd.record():
        y = nd.FullyConnected(X, w, num_hidden=3, no_bias=True)
    y.backward()
    assert w.grad.dtype is np.float32  # type: ignore[union-attr]
    np.testing.assert_allclose(w.grad.asnumpy()[0], X.asnumpy().sum(0), rtol=2e-2, atol=2e-2)  # type: ignore[union-attr]


@pytest.mark.usefixtures("mixed")
@pytest.mark.parametrize("hybridize", [False, True])
def test_training_with_a_scaled_loss(hybridize: bool) -> None:
    net, loss = network(), gluon.loss.SoftmaxCrossEntropyLoss()
    if hybridize:
        net.hybridize()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.2})
    amp.init_trainer(trainer)
    losses = []
    for _ in range(30):
        with autograd.record():
            value = loss(net(X), Y)
            with amp.scale_loss(value, trainer) as scaled:
                scaled.backward()
        trainer.step(8)
        losses.append(float(value.mean()))
    assert losses[-1] < 0.2 < losses[0]
    assert net(X).dtype is np.float16
    assert {np.dtype(p.dtype) for p in net.collect_params().values()} == {np.dtype("float32")}
    if hybridize:
        names = [node.op.name for node in net._exported().symbol.nodes() if node.op]
        assert names.count("amp_cast") == 6


@pytest.mark.usefixtures("mixed")
def test_a_step_that_overflows_is_left_out_and_the_scale_halved() -> None:
    p = gluon.Parameter("p", shape=(1,))
    p.initialize(mx.init.One())
    trainer = gluon.Trainer([p], "sgd", {"learning_rate": 1.0})
    with pytest.raises(AssertionError, match=r"the trainer has no scale\. Call amp\.init_trainer"):
        amp.scale_loss(p.data(), trainer).__enter__()
    amp.init_trainer(trainer)

    def step(factor: float) -> tuple[float, float]:
        with autograd.record(), amp.scale_loss([p.data() * factor], trainer) as (scaled,):
            scaled.backward()
        trainer.step(1)
        return float(p.data()), trainer._amp_loss_scaler.loss_scale

    assert step(0.5) == (0.5, 2**16)
    assert step(float("inf")) == (0.5, 2**16)
    assert step(0.5) == (0.0, 2**15)
    with autograd.record(), amp.scale_loss(p.data() * 3, trainer) as scaled:
        scaled.backward()
    amp.unscale(trainer)
    assert float(p.grad()) == 3
    trainer.step(1)
    assert float(p.data()) == -3


def test_what_amp_refuses() -> None:
    with pytest.raises(AssertionError, match=r"this precision is not there \(wanted float16, got bfloat16\)"):
        amp.init("bfloat16")
    with pytest.raises(AssertionError, match=r"AMP is not initialised\. Call amp\.init"):
        amp.init_trainer(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"AMP works with gluon\.Trainer \(got str\)"):
        amp.unscale("trainer")  # type: ignore[arg-type]
    with pytest.raises(AssertionError, match=r"an operator is in two lists \(got relu\)"):
        amp.convert_symbol(sym.relu(sym.Variable("x")), target_dtype_ops=["relu"], fp32_ops=["relu"])
    with pytest.raises(AssertionError, match="what is converted is a symbol"):
        amp.convert_symbol("x")  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match=r"the block has no graph yet\. Call hybridize"):
        amp.convert_hybrid_block(nn.Dense(1))


def graph() -> Any:
    x, w = sym.Variable("x"), sym.Variable("w")
    dense = sym.FullyConnected(x, w, num_hidden=3, no_bias=True, name="fc")
    return sym.softmax(sym.elemwise_add(dense, sym.Variable("b"), name="add"), name="soft")


def test_casts_in_a_graph() -> None:
    found = amp.convert_symbol(graph())
    assert found.list_outputs() == ["soft_output"]
    assert [n.name for n in found.nodes() if n.op and n.op.name.startswith("amp")] == [
        *("x_amp_cast_float16", "w_amp_cast_float16", "add_amp_multicast", "add_amp_cast_float32"),
    ]
    kept = amp.convert_symbol(graph(), excluded_sym_names=["fc"], fp32_ops=[], conditional_fp32_ops=[])
    assert [n.name for n in kept.nodes() if n.op and n.op.name.startswith("amp")] == ["add_amp_multicast"]
    declared = amp.convert_symbol(graph(), data_names=["x", "b"], cast_optional_params=True)
    assert [n.name for n in declared.nodes() if n.op and n.op.name == "amp_cast"] == [
        "x_amp_cast_float16",
        "add_amp_cast_float32",
    ]
    assert declared.infer_type(x="float32", b="float32")[0] == [np.float32, np.float16, np.float32]


@pytest.mark.parametrize("optional", [False, True])
def test_models_are_converted(optional: bool) -> None:
    values = {"w": nd.array(np.random.default_rng(1).normal(size=(3, 5)))}
    found, args, states = amp.convert_model(graph(), values, {}, cast_optional_params=optional)
    assert (args["w"].dtype, states) == (np.float16 if optional else np.float32, {})
    b = nd.ones((8, 3))
    wanted = graph().bind(mx.cpu(), {"x": X, "b": b, **values}).forward()[0]
    out = found.bind(mx.cpu(), {"x": X, "b": b, **args}).forward()[0]
    np.testing.assert_allclose(out.asnumpy(), wanted.asnumpy(), rtol=2e-2, atol=2e-3)
    net = network()
    net.hybridize()
    wanted = net(X)
    half = amp.convert_hybrid_block(net, cast_optional_params=optional)
    assert half(X).dtype is np.float16
    np.testing.assert_allclose(half(X).asnumpy(), wanted.asnumpy(), rtol=2e-2, atol=2e-2)
    kinds = {np.dtype(p.dtype) for n, p in half.collect_params().items() if "dense" in n}
    assert kinds == {np.dtype("float16" if optional else "float32")}
