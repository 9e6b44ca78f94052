"""Blocks and parameters: names, collecting, deferred shapes, hooks. Names are MXNet 1.9.1's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright import autograd, gluon, nd, sym
from netwright.errors import (
    DeferredInitializationError,
    NetwrightError,
    ParamError,
    ShapeError,
)
from netwright.gluon import nn


@pytest.fixture(autouse=True)
def _fresh_names() -> Any:
    mx.random.seed(0)
    with mx.name.NameManager():
        yield


def values(a: Any) -> Any:
    return a.asnumpy().tolist()


def mlp(**kwargs: Any) -> nn.HybridSequential:
    net = nn.HybridSequential(**kwargs)
    with net.name_scope():
        net.add(nn.Dense(4, activation="tanh"), nn.Dense(3))
    return net


def data(*shape: int, seed: int = 0) -> nd.NDArray:
    return nd.array(np.random.default_rng(seed).normal(size=shape))


def gradients(net: gluon.Block, *inputs: nd.NDArray) -> dict[str, Any]:
    with autograd.record():
        out = net(*inputs)
        loss = (out * out).sum()
    loss.backward()
    return {n: p.grad().asnumpy().copy() for n, p in net.collect_params().items() if p.grad_req != "null"}


class Hybrid(gluon.HybridBlock):
    """With ``hybrid_forward`` and a weight of its own."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.scale = self.params.get("scale", shape=(3,), init="ones")
            self.dense = nn.Dense(3)

    def hybrid_forward(self, F: Any, x: Any, scale: Any) -> Any:
        return F.tanh(F.broadcast_mul(self.dense(x), scale.reshape((1, -1))))


class Plain(gluon.HybridBlock):
    """With a plain ``forward`` that depends on shape and mode, and uses a constant."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dense = nn.Dense(3)
        self.traced = 0

    def forward(self, x: nd.NDArray) -> nd.NDArray:
        self.traced += 1
        y = self.dense(x).reshape((x.shape[0], -1)) * nd.array([1.0, 2.0, 3.0]).reshape((1, 3))
        return y * 10 if autograd.is_training() else y


# ---------------------------------------------------------------- names
def test_prefixes_count_up_and_nest() -> None:
    net = mlp()
    assert net.prefix == "hybridsequential0_"
    assert net.name == "hybridsequential0"
    assert list(net.collect_params()) == [
        *("hybridsequential0_dense0_weight", "hybridsequential0_dense0_bias"),
        *("hybridsequential0_dense1_weight", "hybridsequential0_dense1_bias"),
    ]
    assert mlp().prefix == "hybridsequential1_"
    assert next(iter(mlp(prefix="model_").collect_params())) == "model_dense0_weight"
    assert nn.Dense(2).prefix == "dense0_"
    assert nn.Conv2D(2, 3).name == "conv0"
    assert nn.MaxPool2D().name == "pool0"
    assert nn.Activation("relu").name == "relu0"


def test_children_outside_a_scope_are_named_by_themselves() -> None:
    net = nn.Sequential()
    net.add(nn.Dense(2), nn.Dense(2))
    assert [block.name for block in net] == ["dense0", "dense1"]


def test_scopes_of_scopes_and_empty_prefixes() -> None:
    outer = nn.HybridSequential(prefix="outer_")
    with outer.name_scope():
        inner = nn.HybridSequential()
        with inner.name_scope():
            inner.add(nn.Dense(1))
        bare = nn.HybridSequential(prefix="")
        with bare.name_scope() as scope:
            bare.add(nn.Dense(1))
        outer.add(inner, bare)
    assert scope is bare.name_scope()
    assert [p for p in outer.collect_params() if p.endswith("weight")] == [
        "outer_hybridsequential0_dense0_weight",
        "outer_dense0_weight",
    ]


def test_names_in_the_symbol() -> None:
    net = mlp(prefix="m_")
    out = net(sym.Variable("data"))
    assert out.list_arguments() == ["data", "m_dense0_weight", "m_dense0_bias", "m_dense1_weight", "m_dense1_bias"]
    assert out.list_outputs() == ["m_dense1_fwd_output"]
    assert "m_dense0_tanh_fwd_output" in out.get_internals().list_outputs()


# ---------------------------------------------------------------- structure
def test_attributes_become_children_and_parameters() -> None:
    net = Hybrid(prefix="h_")
    assert list(net.collect_params()) == ["h_scale", "h_dense0_weight", "h_dense0_bias"]
    assert list(net.params) == ["h_scale"]
    net.dense = nn.Dense(5, prefix="other_")
    assert list(net.collect_params()) == ["h_scale", "other_weight", "other_bias"]
    with pytest.raises(TypeError, match="h: attribute 'dense' is a Dense and cannot become a int"):
        net.dense = 3
    with pytest.raises(AssertionError, match=r"h: the parameter 'scale' is there already\. Use set_data"):
        net.scale = gluon.Parameter("again", shape=(3,))


def test_a_hybrid_block_wants_hybrid_children() -> None:
    net = nn.HybridSequential(prefix="net_")
    with pytest.raises(ParamError, match=r"net: children of a HybridBlock must be HybridBlocks, not Lambda\. Use"):
        net.add(nn.Lambda("relu"))


def test_collect_params_by_regular_expression() -> None:
    net = mlp(prefix="m_")
    assert list(net.collect_params(".*weight")) == ["m_dense0_weight", "m_dense1_weight"]
    assert list(net.collect_params("m_dense0_weight|m_dense1_bias")) == ["m_dense0_weight", "m_dense1_bias"]
    assert net.collect_params(".*weight").prefix == "m_"
    assert list(net.collect_params("dense")) == []  # from the beginning of the name


def test_apply_goes_deepest_first() -> None:
    net = mlp()
    seen: list[str] = []
    assert net.apply(lambda block: seen.append(block.name)) is net
    prefix = "hybridsequential0_"
    assert seen == [f"{prefix}dense0_tanh", f"{prefix}dense0", f"{prefix}dense1", "hybridsequential0"]


def test_sequential_is_a_list() -> None:
    net = mlp(prefix="m_")
    assert len(net) == 2
    assert net[1].name == "m_dense1"
    assert [type(b).__name__ for b in net] == ["Dense", "Dense"]
    tail = net[1:]
    assert isinstance(tail, nn.HybridSequential)
    assert list(tail.collect_params()) == ["m_dense1_weight", "m_dense1_bias"]
    assert (
        repr(net) == "HybridSequential(\n  (0): Dense(None -> 4, Activation(tanh))\n  (1): Dense(None -> 3, linear)\n)"
    )


def test_shared_parameters() -> None:
    net = nn.HybridSequential(prefix="s_")
    with net.name_scope():
        first = nn.Dense(4, in_units=4)
        net.add(first, nn.Dense(4, in_units=4, params=first.params))
    assert list(net.collect_params()) == ["s_dense0_weight", "s_dense0_bias"]
    net.initialize()
    shared = gradients(net, data(2, 4))
    net.hybridize()
    for name, gradient in gradients(net, data(2, 4)).items():
        np.testing.assert_allclose(gradient, shared[name], rtol=1e-5)
    with pytest.raises(ShapeError, match=r"s_dense0_weight: the shared parameter has another shape"):
        nn.Dense(5, in_units=4, params=first.params)


def test_one_name_for_two_parameters_is_refused() -> None:
    net = nn.Sequential()
    net.add(nn.Dense(2, prefix="same_"), nn.Dense(2, prefix="same_"))
    with pytest.raises(
        ParamError, match=r"same_weight: two parameters have this name\. Give the blocks other prefixes"
    ):
        net.collect_params()


# ---------------------------------------------------------------- initialisation
def test_shapes_follow_from_the_first_batch() -> None:
    net = mlp(prefix="m_")
    net.initialize(mx.init.One())
    weight = net[0].weight
    assert weight.shape == (4, 0)
    with pytest.raises(DeferredInitializationError, match=r"m_dense0_weight: it is not initialised yet, because its"):
        weight.data()
    assert net(data(2, 5)).shape == (2, 3)
    assert weight.shape == (4, 5)
    assert values(weight.data()) == [[1] * 5] * 4
    assert values(net[0].bias.data()) == [0] * 4


def test_infer_shape_and_type_without_running() -> None:
    net = mlp(prefix="m_")
    net.infer_shape(data(2, 7))
    assert net[0].weight.shape == (4, 7)
    net.infer_type(nd.ones((2, 7), dtype="float64"))
    assert {p.dtype for p in net.collect_params().values()} == {np.float64}


@pytest.mark.parametrize("hybridize", [False, True])
def test_a_batch_of_another_width_is_refused(hybridize: bool) -> None:
    net = mlp(prefix="m_")
    net.initialize()
    if hybridize:
        net.hybridize()
    net(data(2, 5))
    with pytest.raises(ShapeError, match=r"FullyConnected.*(wanted|with) .*\(4, 6\).*\(4, 5\)|6 features"):
        net(data(2, 6))


def test_uninitialised_and_twice_initialised() -> None:
    net = mlp(prefix="m_")
    with pytest.raises(NetwrightError, match=r"m_dense0_weight: it is not initialised\. Call initialize\(\)"):
        net(data(2, 5))
    net.initialize(mx.init.One())
    net(data(2, 5))
    with pytest.warns(UserWarning, match="m_dense.* is already initialised"):
        net.initialize(mx.init.Zero())
    assert net[0].weight.data().sum().asscalar() == 20
    net.initialize(mx.init.Zero(), force_reinit=True)
    assert net[0].weight.data().sum().asscalar() == 0


def test_a_parameter_without_a_shape_must_be_deferred() -> None:
    with pytest.raises(ParamError, match=r"w: its shape is not known \(got \(0, 3\)\)\. Give in_units"):
        gluon.Parameter("w", shape=(0, 3)).initialize()


def test_own_initializers_go_before_the_network_s() -> None:
    net = nn.Dense(2, in_units=2, weight_initializer=mx.init.Constant(3), bias_initializer="ones")
    net.initialize(mx.init.Zero())
    assert values(net.weight.data()) == [[3, 3], [3, 3]]
    assert values(net.bias.data()) == [1, 1]


# ---------------------------------------------------------------- parameters
def test_parameter() -> None:
    p = gluon.Parameter("w", shape=(2, 2), lr_mult=2, wd_mult=0.5)
    p.initialize(mx.init.One())
    assert (p.list_ctx(), len(p.list_data()), len(p.list_grad())) == ([mx.cpu()], 1, 1)
    assert repr(p) == "Parameter w (shape=(2, 2), dtype=<class 'numpy.float32'>)"  # as MXNet 1.9.1 prints it
    p.set_data(nd.full((2, 2), 5))
    assert values(p.data()) == [[5, 5], [5, 5]]
    with autograd.record():
        y = p.data() * 2
    y.backward()
    assert values(p.grad()) == [[2, 2], [2, 2]]
    p.zero_grad()
    assert values(p.grad()) == [[0, 0], [0, 0]]
    p.cast("float16")
    assert p.data().dtype is p.grad().dtype is np.float16
    assert repr(p) == "Parameter w (shape=(2, 2), dtype=float16)"  # a name stays a name, as in MXNet
    assert nn.Dense(2, in_units=2).weight.dtype == "float32"
    p.reset_ctx(mx.cpu())
    assert values(p.data()) == [[5, 5], [5, 5]]
    assert (p.var().attr("__lr_mult__"), p.var().attr("__wd_mult__")) == ("2", "0.5")


@pytest.mark.parametrize(
    ("use", "kind", "words"),
    [
        (lambda p: p.set_data(nd.ones((3,))), ShapeError, r"w: the parameter's shape does not fit \(wanted \(2,\)"),
        (lambda p: p.data(mx.gpu(7)), NetwrightError, r"w: it was not initialised on that device .*got gpu\(7\)"),
        (lambda p: setattr(p, "grad_req", "wirte"), AssertionError, "w: unknown grad_req"),
        (lambda p: gluon.Parameter("z", shape=(1,)).list_ctx(), NetwrightError, "z: it is not initialised"),
        (lambda p: gluon.Parameter("z", shape=(1,)).set_data(nd.ones((1,))), NetwrightError, "z: it is not initial"),
    ],
)
def test_parameter_refusals(use: Callable[[Any], Any], kind: type[Exception], words: str) -> None:
    p = gluon.Parameter("w", shape=(2,))
    p.initialize()
    with pytest.raises(kind, match=words):
        use(p)


def test_requests_of_parameters() -> None:
    net = nn.HybridSequential()
    net.add(nn.Dense(2, in_units=2), nn.BatchNorm(in_channels=2))
    net.initialize()
    net.collect_params().setattr("grad_req", "add")
    requests = {n.split("_", 1)[1]: p.grad_req for n, p in net.collect_params().items()}
    # what is not trained stays so
    assert requests == {
        "weight": "add",
        "bias": "add",
        "gamma": "add",
        "beta": "add",
        "running_mean": "null",
        "running_var": "null",
    }
    for _ in range(2):
        with autograd.record():
            y = net[0](nd.ones((1, 2)))
        y.backward()
    assert values(net[0].bias.grad()) == [2, 2]
    net.zero_grad()
    assert values(net[0].bias.grad()) == [0, 0]
    net.collect_params().setattr("grad_req", "null")
    with pytest.raises(NetwrightError, match="it has no gradient, because grad_req is 'null'"):
        net[0].weight.grad()


def test_constants_are_never_trained() -> None:
    class Net(gluon.HybridBlock):
        def __init__(self) -> None:
            super().__init__(prefix="c_")
            with self.name_scope():
                self.const = self.params.get_constant("const", [[1.0, 2.0], [3.0, 4.0]])

        def hybrid_forward(self, F: Any, x: Any, const: Any) -> Any:
            return F.dot(x, const)

    net = Net()
    net.initialize()
    with pytest.warns(UserWarning, match=r"the constant 'c_const' is never trained; grad_req 'write' is ignored"):
        net.collect_params().setattr("grad_req", "write")
    assert net.const.grad_req == "null"
    assert repr(net.const) == "Constant c_const (shape=(2, 2), dtype=<class 'numpy.float32'>)"
    x = nd.ones((1, 2))
    assert values(net(x)) == [[4, 6]]
    net.hybridize()
    assert values(net(x)) == [[4, 6]]
    with pytest.raises(KeyError, match=r"there is no constant 'c_other'\. Give its value"):
        net.params.get_constant("other")
    assert net.params.get_constant("const", [[1.0, 2.0], [3.0, 4.0]]) is net.const
    with pytest.raises(AssertionError, match="c_const: the constant is there already with another value"):
        net.params.get_constant("const", [[1.0, 2.0], [3.0, 5.0]])


def test_parameter_dict(tmp_path: Path) -> None:
    file = str(tmp_path / "p")
    params = gluon.ParameterDict("net_")
    w = params.get("w", shape=(2, 0), allow_deferred_init=True)
    assert params.get("w", shape=(2, 3)) is w
    assert w.shape == (2, 3)
    params.initialize(mx.init.One())
    assert "net_w" in params
    assert [len(params), list(params.keys()), next(iter(params.values())) is w] == [1, ["net_w"], True]
    assert repr(params) == "net_ (\n  Parameter net_w (shape=(2, 3), dtype=<class 'numpy.float32'>)\n)"
    params.save(file, strip_prefix="net_")
    other = gluon.ParameterDict("other_")
    other.get("w", shape=(2, 3))
    other.load(file, restore_prefix="other_")
    assert values(other["other_w"].data()) == [[1] * 3] * 2
    with pytest.raises(ParamError, match=r"net_w: the name does not begin with the prefix to strip \(wanted xx"):
        params.save(file, strip_prefix="xx")


# ---------------------------------------------------------------- hooks, cast, summary
@pytest.mark.parametrize("kind", ["eager", "hybrid", "plain"])
def test_hooks(kind: str) -> None:
    net = Plain() if kind == "plain" else mlp()
    net.initialize()
    if kind != "eager":
        net.hybridize()
    seen: list[str] = []
    before = net.register_forward_pre_hook(lambda block, inputs: seen.append(f"before {inputs[0].shape}"))
    after = net.register_forward_hook(lambda block, inputs, out: seen.append(f"after {out.shape}"))
    for _ in range(2):
        net(data(2, 5))
    assert seen == ["before (2, 5)", "after (2, 3)"] * 2
    before.detach()
    before.detach()
    net(data(2, 5))
    assert seen[4:] == ["after (2, 3)"]
    with after:
        net(data(2, 5))
    net(data(2, 5))
    assert len(seen) == 6


@pytest.mark.parametrize("hybridize", [False, True])
def test_cast(hybridize: bool) -> None:
    net = nn.HybridSequential()
    net.add(nn.Dense(3, in_units=2), nn.BatchNorm(in_channels=3))
    net.initialize()
    if hybridize:
        net.hybridize()
        net(data(4, 2))
    net.cast("float64")
    assert net(data(4, 2).astype("float64")).dtype is np.float64
    net.cast("float16")
    assert net[0].weight.data().dtype is np.float16
    assert net[1].running_mean.data().dtype is np.float32
    assert net(data(4, 2).astype("float16")).dtype is np.float16


def test_cast_before_the_shape_is_known() -> None:
    net = mlp()
    net.initialize()
    net.cast("float64")
    assert net(data(2, 5).astype("float64")).dtype is np.float64


def test_summary(capsys: pytest.CaptureFixture[str]) -> None:
    # the layout is MXNet 1.9.1's
    net = mlp(prefix="m_")
    net.initialize()
    net.summary(data(2, 5))
    lines = capsys.readouterr().out.splitlines()
    rows = [line.split() for line in lines if line.strip().startswith(("Input", "Dense", "Activation", "HybridS"))]
    assert [row[0] for row in rows] == ["Input", "Activation-1", "Dense-2", "Dense-3"]
    assert [row[-1] for row in rows] == ["0", "0", "24", "15"]
    assert "(2, 5)" in lines[3]
    assert lines[-6:-1] == [
        *("   Total params: 39", "   Trainable params: 39", "   Non-trainable params: 0"),
        *("Shared params in forward computation graph: 0", "Unique parameters in model: 39"),
    ]
    net.hybridize()
    with pytest.raises(AssertionError, match=r"a hybridized network runs as one step.*or call hybridize\(False\)"):
        net.summary(data(2, 5))
