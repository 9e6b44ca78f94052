"""Blocks and parameters: names, collecting, deferred shapes, files, hooks, compiling. Names are MXNet 1.9.1's."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright import autograd, gluon, nd, sym
from netwright.errors import (
    AutogradError,
    CheckpointError,
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


# ---------------------------------------------------------------- files
def test_save_and_load_by_path(tmp_path: Path) -> None:
    file = str(tmp_path / "net.params")
    net, other = mlp(prefix="a_"), mlp(prefix="b_")
    net.initialize(mx.init.Normal())
    y = net(data(2, 5))
    net.save_parameters(file)
    assert sorted(nd.load(file)) == ["0.bias", "0.weight", "1.bias", "1.weight"]
    other.load_parameters(file)
    np.testing.assert_array_equal(other(data(2, 5)).asnumpy(), y.asnumpy())
    again = mlp()
    again.initialize()
    again.load_parameters(file, ctx=mx.cpu())
    np.testing.assert_array_equal(again(data(2, 5)).asnumpy(), y.asnumpy())


def test_missing_and_extra(tmp_path: Path) -> None:
    file = str(tmp_path / "net.params")
    net = mlp()
    net.initialize()
    net(data(2, 5))
    net.save_parameters(file)
    bigger, smaller = mlp(), nn.HybridSequential()
    bigger.add(nn.Dense(1))
    smaller.add(nn.Dense(4))
    with pytest.raises(ParamError, match=r"net\.params: parameter '2\.weight' is not in the file.*allow_missing=True"):
        bigger.load_parameters(file)
    bigger.initialize(mx.init.One())
    bigger.load_parameters(file, allow_missing=True)
    np.testing.assert_array_equal(bigger[0].weight.data().asnumpy(), net[0].weight.data().asnumpy())
    with pytest.raises(ParamError, match=r"the file holds '1\.\w+', which the network has not.*ignore_extra=True"):
        smaller.load_parameters(file)
    smaller.load_parameters(file, ignore_extra=True)
    np.testing.assert_array_equal(smaller[0].weight.data().asnumpy(), net[0].weight.data().asnumpy())


def test_files_of_other_shapes_dtypes_and_kinds(tmp_path: Path) -> None:
    file = str(tmp_path / "net.params")
    net = nn.Dense(2, in_units=3)
    net.initialize()
    net.save_parameters(file)
    with pytest.raises(ShapeError, match=r"dense1_weight: the parameter's shape does not fit .*got \(2, 3\)"):
        nn.Dense(2, in_units=4).load_parameters(file)
    double = nn.Dense(2, in_units=3, dtype="float64")
    with pytest.raises(ParamError, match=r"another dtype \(wanted float64, got float32\)\. Pass cast_dtype=True"):
        double.load_parameters(file)
    double.load_parameters(file, cast_dtype=True)
    assert double.weight.data().dtype is np.float64
    single = nn.Dense(2, in_units=3, dtype="float64")
    single.load_parameters(file, cast_dtype=True, dtype_source="saved")
    assert single.weight.data().dtype is np.float32
    with pytest.raises(ParamError, match="unknown dtype_source"):
        single.load_parameters(file, dtype_source="other")
    nd.save(file, [nd.ones((1,))])
    with pytest.raises(ParamError, match=r"net\.params: the file holds arrays without names"):
        net.load_parameters(file)
    with pytest.raises(CheckpointError, match="nothing: the file cannot be read"):
        net.load_parameters(str(tmp_path / "nothing"))


def test_names_of_parameters_are_understood_too(tmp_path: Path) -> None:
    file = str(tmp_path / "net.params")
    net = mlp(prefix="m_")
    net.initialize()
    net(data(2, 5))
    net.collect_params().save(file)
    other = mlp(prefix="m_")
    other.load_parameters(file)
    np.testing.assert_array_equal(other[1].weight.data().asnumpy(), net[1].weight.data().asnumpy())


def test_shared_parameters_are_saved_once_where_asked(tmp_path: Path) -> None:
    file = str(tmp_path / "net.params")

    def tied() -> nn.Sequential:
        net = nn.Sequential()
        first = nn.Dense(3, in_units=3)
        net.add(first, nn.Dense(3, in_units=3, params=first.params))
        return net

    net, other = tied(), tied()
    net.initialize()
    net.save_parameters(file, deduplicate=True)
    assert sorted(nd.load(file)) == ["0.bias", "0.weight"]
    other.load_parameters(file)
    np.testing.assert_array_equal(other(data(1, 3)).asnumpy(), net(data(1, 3)).asnumpy())


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


# ---------------------------------------------------------------- export
@pytest.mark.parametrize("name", NETS)
def test_export_and_import(name: str, tmp_path: Path) -> None:
    net = NETS[name]()
    net.initialize(mx.init.Normal(0.5))
    with pytest.raises(RuntimeError, match=r"there is nothing to export yet\. Call hybridize\(\)"):
        net.export(str(tmp_path / "m"))
    net.hybridize()
    x = data(4, 5)
    expected = net(x).asnumpy()
    names = net.export(str(tmp_path / "m"), epoch=3)
    assert [Path(n).name for n in names] == ["m-symbol.json", "m-0003.params"]
    assert all(n.startswith("arg:") for n in nd.load(names[1]))
    block = gluon.SymbolBlock.imports(names[0], "data", names[1])
    np.testing.assert_allclose(block(x).asnumpy(), expected, rtol=1e-6)
    if "plain" not in name:
        np.testing.assert_allclose(block(data(2, 5)).asnumpy(), net(data(2, 5)).asnumpy(), rtol=1e-6)
    assert json.loads(Path(names[0]).read_text())["attrs"]["mxnet_version"] == ["int", 10901]


def test_exported_states_are_auxiliary(tmp_path: Path) -> None:
    net = _add(nn.HybridSequential(), nn.BatchNorm(in_channels=2, prefix="bn_"))
    net.initialize()
    net.hybridize()
    with autograd.record():
        net(data(8, 2))
    y = net(data(8, 2))
    json_name, params_name = net.export(str(tmp_path / "m"))
    assert sorted(nd.load(params_name)) == ["arg:bn_beta", "arg:bn_gamma", "aux:bn_running_mean", "aux:bn_running_var"]
    block = gluon.SymbolBlock.imports(json_name, ["data"], params_name, ctx=mx.cpu())
    np.testing.assert_allclose(block(data(8, 2)).asnumpy(), y.asnumpy(), rtol=1e-6)
    assert block.collect_params()["bn_running_mean"].grad_req == "null"
    with autograd.record():
        loss = block(data(8, 2)).sum()
    loss.backward()
    assert (block.collect_params()["bn_beta"].grad().asnumpy() == 8).all()


def test_a_block_of_a_symbol() -> None:
    x, y = sym.Variable("x"), sym.Variable("y")
    inner = sym.FullyConnected(x, num_hidden=2, name="fc")
    block = gluon.SymbolBlock([inner, inner + y], [x, y])
    block.initialize(mx.init.One())
    first, second = block(nd.ones((1, 3)), nd.full((1, 2), 10))
    assert values(first) == [[4, 4]]  # in a symbol's block, biases are initialised like weights
    assert values(second) == [[14, 14]]
    assert sorted(block.collect_params()) == ["fc_bias", "fc_weight"]
    # inside another network, trained with it
    net = nn.HybridSequential()
    net.add(gluon.SymbolBlock(inner, x, params=block.collect_params()), nn.Dense(1, in_units=2))
    net.initialize(mx.init.One(), force_reinit=True)
    eager = gradients(net, nd.ones((1, 3)))
    net.hybridize()
    compiled = gradients(net, nd.ones((1, 3)))
    for name, gradient in eager.items():
        np.testing.assert_allclose(compiled[name], gradient)
    assert net[0].collect_params()["fc_weight"] is block.collect_params()["fc_weight"]


def test_imports_want_every_weight(tmp_path: Path) -> None:
    net = mlp()
    net.initialize()
    net.hybridize()
    net(data(1, 5))
    json_name, params_name = net.export(str(tmp_path / "m"))
    arrays = nd.load(params_name)
    assert isinstance(arrays, dict)
    name = next(iter(arrays))
    del arrays[name]
    nd.save(params_name, arrays)
    with pytest.raises(ParamError, match=f"parameter '{name[4:]}' is not in the file"):
        gluon.SymbolBlock.imports(json_name, "data", params_name)
    gluon.SymbolBlock.imports(json_name, "data", params_name, allow_missing=True)
