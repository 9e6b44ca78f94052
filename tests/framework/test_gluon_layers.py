"""One contract that every layer of gluon.nn keeps; a new layer without a row here fails a test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright import autograd, gluon, nd
from netwright.errors import NetwrightError
from netwright.gluon import nn

Make = Callable[[], gluon.Block]
BASES = {"Block", "HybridBlock", "SymbolBlock"}

# name: (makes the layer, shapes of its inputs, shape of its output)
LAYERS: dict[str, tuple[Make, tuple[int, ...], tuple[int, ...]]] = {
    "Dense": (lambda: nn.Dense(4, activation="tanh"), (3, 2, 5), (3, 4)),
    "Dense kept axes": (lambda: nn.Dense(4, flatten=False, use_bias=False), (3, 2, 5), (3, 2, 4)),
    "Dropout": (lambda: nn.Dropout(0.5), (3, 4), (3, 4)),
    "Dropout off": (lambda: nn.Dropout(0), (3, 4), (3, 4)),
    "Embedding": (lambda: nn.Embedding(7, 3), (2, 5), (2, 5, 3)),
    "Flatten": (nn.Flatten, (2, 3, 4), (2, 12)),
    "Lambda": (lambda: nn.Lambda("tanh"), (2, 3), (2, 3)),
    "HybridLambda": (lambda: nn.HybridLambda(lambda F, x: F.square(x) + 1), (2, 3), (2, 3)),
    "Identity": (nn.Identity, (2, 3), (2, 3)),
    "Sequential": (lambda: _add(nn.Sequential(), nn.Dense(4), nn.Dense(2)), (3, 5), (3, 2)),
    "HybridSequential": (lambda: _add(nn.HybridSequential(), nn.Dense(4), nn.Dense(2)), (3, 5), (3, 2)),
    "Concurrent": (lambda: _add(nn.Concurrent(), nn.Dense(4), nn.Dense(2)), (3, 5), (3, 6)),
    "HybridConcurrent": (lambda: _add(nn.HybridConcurrent(axis=1), nn.Dense(4), nn.Identity()), (3, 5), (3, 9)),
    "Activation": (lambda: nn.Activation("softrelu"), (2, 3), (2, 3)),
    "LeakyReLU": (lambda: nn.LeakyReLU(0.1), (2, 3), (2, 3)),
    "PReLU": (nn.PReLU, (2, 3), (2, 3)),
    "ELU": (lambda: nn.ELU(0.5), (2, 3), (2, 3)),
    "SELU": (nn.SELU, (2, 3), (2, 3)),
    "GELU": (nn.GELU, (2, 3), (2, 3)),
    "Swish": (lambda: nn.Swish(2.0), (2, 3), (2, 3)),
    "BatchNorm": (nn.BatchNorm, (4, 3, 2), (4, 3, 2)),
    "BatchNormReLU": (nn.BatchNormReLU, (4, 3, 2), (4, 3, 2)),
    "SyncBatchNorm": (nn.SyncBatchNorm, (4, 3, 2), (4, 3, 2)),
    "BatchNorm last": (lambda: nn.BatchNorm(axis=-1, scale=False, center=False), (4, 2, 3), (4, 2, 3)),
    "LayerNorm": (nn.LayerNorm, (4, 3), (4, 3)),
    "InstanceNorm": (lambda: nn.InstanceNorm(scale=True), (2, 3, 4), (2, 3, 4)),
    "InstanceNorm last": (lambda: nn.InstanceNorm(axis=2), (2, 4, 3), (2, 4, 3)),
    "GroupNorm": (lambda: nn.GroupNorm(num_groups=2), (2, 4, 5), (2, 4, 5)),
    "Conv1D": (lambda: nn.Conv1D(4, 3, strides=2, padding=1), (2, 3, 8), (2, 4, 4)),
    "Conv2D": (lambda: nn.Conv2D(4, (3, 1), activation="relu"), (2, 3, 5, 6), (2, 4, 3, 6)),
    "Conv2D groups": (lambda: nn.Conv2D(4, 3, groups=2, in_channels=6, use_bias=False), (2, 6, 5, 5), (2, 4, 3, 3)),
    "Conv2D last": (lambda: nn.Conv2D(4, 3, dilation=2, layout="NHWC"), (2, 7, 7, 3), (2, 3, 3, 4)),
    "Conv3D": (lambda: nn.Conv3D(2, 2), (1, 2, 3, 4, 3), (1, 2, 2, 3, 2)),
    "Conv1DTranspose": (lambda: nn.Conv1DTranspose(4, 3, strides=2, output_padding=1), (2, 3, 4), (2, 4, 10)),
    "Conv2DTranspose": (lambda: nn.Conv2DTranspose(4, 3, strides=2, padding=1), (2, 3, 4, 4), (2, 4, 7, 7)),
    "Conv3DTranspose": (lambda: nn.Conv3DTranspose(2, 2), (1, 2, 2, 2, 2), (1, 2, 3, 3, 3)),
    "MaxPool1D": (nn.MaxPool1D, (2, 3, 7), (2, 3, 3)),
    "MaxPool2D": (lambda: nn.MaxPool2D(3, 2, 1), (2, 3, 7, 7), (2, 3, 4, 4)),
    "MaxPool3D": (nn.MaxPool3D, (1, 2, 4, 4, 4), (1, 2, 2, 2, 2)),
    "AvgPool1D": (lambda: nn.AvgPool1D(ceil_mode=True), (2, 3, 7), (2, 3, 4)),
    "AvgPool2D": (lambda: nn.AvgPool2D(3, 1, 1, count_include_pad=False), (2, 3, 5, 5), (2, 3, 5, 5)),
    "AvgPool3D": (nn.AvgPool3D, (1, 2, 4, 4, 4), (1, 2, 2, 2, 2)),
    **{
        f"Global{kind}Pool{n}D": (getattr(nn, f"Global{kind}Pool{n}D"), (2, 3, *(4,) * n), (2, 3, *(1,) * n))
        for kind in ("Max", "Avg")
        for n in (1, 2, 3)
    },
    "ReflectionPad2D": (lambda: nn.ReflectionPad2D(2), (1, 2, 4, 4), (1, 2, 8, 8)),
}


def _add(net: Any, *layers: gluon.Block) -> gluon.Block:
    net.add(*layers)
    return net  # type: ignore[no-any-return]


def made(name: str) -> tuple[gluon.Block, nd.NDArray]:
    mx.random.seed(0)
    make, shape, _ = LAYERS[name]
    layer = make()
    layer.initialize(mx.init.Normal(0.5))
    rng = np.random.default_rng(1)
    return layer, nd.array(rng.integers(0, 7, shape) if name == "Embedding" else rng.normal(size=shape))


def run(layer: gluon.Block, x: nd.NDArray, *, train: bool) -> tuple[np.ndarray[Any, Any], dict[str, Any]]:
    """The output and all gradients; dropout always drops the same."""
    mx.random.seed(3)
    x.attach_grad()
    layer.zero_grad()
    with autograd.record(train_mode=train):
        y = layer(x)
        loss = (y * y * nd.arange(y.size).reshape(y.shape)).sum()
    loss.backward(train_mode=train)
    found = {n: p.grad().asnumpy().copy() for n, p in layer.collect_params().items() if p.grad_req != "null"}
    assert x.grad is not None
    return y.asnumpy(), {**found, "data": x.grad.asnumpy().copy()}


def test_every_layer_has_a_row() -> None:
    assert {name.split()[0] for name in LAYERS} | BASES == set(nn.__all__)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_runs_and_has_the_shape_it_says(name: str) -> None:
    layer, x = made(name)
    y = layer(x)
    assert y.shape == LAYERS[name][2]
    assert y.dtype is np.float32
    assert np.isfinite(y.asnumpy()).all()
    assert all(0 not in (p.shape or (0,)) for p in layer.collect_params().values())


@pytest.mark.filterwarnings("ignore:all children of")
@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_computes_the_same_compiled(name: str, train: bool) -> None:
    layer, x = made(name)
    layer(x)
    states = [p for p in layer.collect_params().values() if p.grad_req == "null"]
    before = [p.data().copy() for p in states]
    y, gradients = run(layer, x, train=train)
    after = [p.data().asnumpy().copy() for p in states]
    for p, value in zip(states, before, strict=True):
        p.set_data(value)
    layer.hybridize()
    compiled, found = run(layer, x, train=train)
    np.testing.assert_allclose(compiled, y, rtol=1e-5, atol=1e-6)
    for p, value in zip(states, after, strict=True):
        np.testing.assert_allclose(p.data().asnumpy(), value, rtol=1e-6)
    assert sorted(found) == sorted(gradients)
    for n, gradient in gradients.items():
        np.testing.assert_allclose(found[n], gradient, rtol=1e-4, atol=1e-4, err_msg=n)


@pytest.mark.parametrize("name", LAYERS)
def test_gradients_are_finite_and_have_the_shape_of_their_weight(name: str) -> None:
    layer, x = made(name)
    _, gradients = run(layer, x, train=True)
    assert gradients.pop("data").shape == x.shape
    for n, p in layer.collect_params().items():
        if p.grad_req != "null":
            assert gradients[n].shape == p.shape
            assert np.isfinite(gradients[n]).all()
            assert np.abs(gradients[n]).max() > 0


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_saved_and_loaded(name: str, tmp_path: Path) -> None:
    layer, x = made(name)
    expected = layer(x).asnumpy()
    layer.save_parameters(str(tmp_path / "layer"))
    other = LAYERS[name][0]()
    other.load_parameters(str(tmp_path / "layer"))
    np.testing.assert_array_equal(other(x).asnumpy(), expected)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_computes_in_float64(name: str) -> None:
    layer, x = made(name)
    expected = layer(x).asnumpy()
    layer.cast("float64")
    y = layer(x if name == "Embedding" else x.astype("float64"))
    assert y.dtype is np.float64
    np.testing.assert_allclose(y.asnumpy(), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", [n for n in LAYERS if n not in ("Lambda", "Sequential", "Concurrent")])
def test_a_hybrid_layer_is_exported(name: str, tmp_path: Path) -> None:
    layer, x = made(name)
    assert isinstance(layer, gluon.HybridBlock)
    layer.hybridize()
    expected = layer(x).asnumpy()
    files = layer.export(str(tmp_path / "layer"))
    block = gluon.SymbolBlock.imports(files[0], "data", files[1])
    np.testing.assert_allclose(block(x).asnumpy(), expected, rtol=1e-6)


# Read off MXNet 1.9.1, but for the empty lines it prints for layers without facts.
@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (lambda: nn.Dense(2, in_units=3), "Dense(3 -> 2, linear)"),
        (lambda: nn.Dense(2, activation="relu"), "Dense(None -> 2, Activation(relu))"),
        (
            lambda: nn.Conv2D(2, 3, in_channels=1, activation="relu"),
            "Conv2D(1 -> 2, kernel_size=(3, 3), stride=(1, 1), Activation(relu))",
        ),
        (
            lambda: nn.Conv2D(2, 3, strides=2, padding=1, dilation=2, use_bias=False),
            "Conv2D(None -> 2, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), dilation=(2, 2), bias=False)",
        ),
        (
            lambda: nn.Conv1D(4, 3, groups=2, in_channels=6, layout="NWC"),
            "Conv1D(6 -> 4, kernel_size=(3,), stride=(1,), groups=2)",
        ),
        (
            lambda: nn.Conv2DTranspose(2, 3, strides=2, output_padding=1, in_channels=5),
            "Conv2DTranspose(5 -> 2, kernel_size=(3, 3), stride=(2, 2), output_padding=(1, 1))",
        ),
        (
            nn.MaxPool2D,
            "MaxPool2D(size=(2, 2), stride=(2, 2), padding=(0, 0), ceil_mode=False, global_pool=False, "
            "pool_type=max, layout=NCHW)",
        ),
        (
            nn.GlobalAvgPool2D,
            "GlobalAvgPool2D(size=(1, 1), stride=(1, 1), padding=(0, 0), ceil_mode=True, global_pool=True, "
            "pool_type=avg, layout=NCHW)",
        ),
        (
            nn.BatchNorm,
            "BatchNorm(axis=1, eps=1e-05, momentum=0.9, fix_gamma=False, use_global_stats=False, in_channels=None)",
        ),
        (lambda: nn.LayerNorm(in_channels=3), "LayerNorm(eps=1e-05, axis=-1, center=True, scale=True, in_channels=3)"),
        (nn.GroupNorm, "GroupNorm(eps=1e-05, num_groups=1, center=True, scale=True)"),
        (lambda: nn.Embedding(3, 4), "Embedding(3 -> 4, float32)"),
        (lambda: nn.Dropout(0.3), "Dropout(p = 0.3, axes=())"),
        (lambda: nn.LeakyReLU(0.2), "LeakyReLU(0.2)"),
        (nn.Flatten, "Flatten"),
        (lambda: nn.HybridLambda("tanh"), "HybridLambda(tanh)"),
        (lambda: nn.Lambda(nd.tanh), "Lambda(tanh)"),
        (nn.Swish, "Swish(\n\n)"),
        (lambda: gluon.loss.L2Loss(), "L2Loss(batch_axis=0, w=1.0)"),
    ],
)
def test_representations(layer: Make, text: str) -> None:
    assert repr(layer()) == text


# ---------------------------------------------------------------- what single layers promise
def test_dense_is_a_product() -> None:
    layer, x = made("Dense kept axes")
    y = layer(x).asnumpy()
    np.testing.assert_allclose(y, x.asnumpy() @ layer.weight.data().asnumpy().T, rtol=1e-5, atol=1e-6)  # type: ignore[attr-defined]


def test_activations_by_formula() -> None:
    x = np.array([-2.0, -0.5, 0.0, 0.5, 2.0])
    sigmoid = 1 / (1 + np.exp(-x))
    for layer, wanted in [
        (nn.Activation("relu"), np.maximum(x, 0)),
        (nn.LeakyReLU(0.1), np.where(x > 0, x, 0.1 * x)),
        (nn.PReLU(), np.where(x > 0, x, 0.25 * x)),
        (nn.ELU(2.0), np.where(x > 0, x, 2 * np.expm1(x))),
        (nn.SELU(), 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x))),
        (nn.Swish(1.0), x * sigmoid),
    ]:
        layer.initialize()
        np.testing.assert_allclose(layer(nd.array(x[None])).asnumpy()[0], wanted, rtol=1e-5, atol=1e-6)


def test_batch_norm_uses_the_batch_while_training_and_averages_after() -> None:
    layer = nn.BatchNorm(momentum=0.8, epsilon=1e-5, in_channels=2)
    layer.initialize()
    x = np.random.default_rng(0).normal(3, 2, (50, 2)).astype(np.float32)
    with autograd.record():
        y = layer(nd.array(x)).asnumpy()
    np.testing.assert_allclose(y, (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5), rtol=1e-4, atol=1e-5)
    mean, var = layer.running_mean.data().asnumpy(), layer.running_var.data().asnumpy()
    np.testing.assert_allclose(mean, 0.2 * x.mean(0), rtol=1e-5)
    np.testing.assert_allclose(var, 0.8 + 0.2 * x.var(0), rtol=1e-4)
    np.testing.assert_allclose(layer(nd.array(x)).asnumpy(), (x - mean) / np.sqrt(var + 1e-5), rtol=1e-4)


def test_norm_layers_leave_mean_0_and_variance_1() -> None:
    x = nd.array(np.random.default_rng(0).normal(3, 2, (4, 6, 50)))
    for layer, axes in [
        (nn.LayerNorm(), (2,)),
        (nn.LayerNorm(axis=1), (1,)),
        (nn.InstanceNorm(), (2,)),
        (nn.GroupNorm(num_groups=1), (1, 2)),
    ]:
        layer.initialize()
        y = layer(x).asnumpy()
        np.testing.assert_allclose(y.mean(axes), 0, atol=1e-4)
        np.testing.assert_allclose(y.var(axes), 1, rtol=1e-2)


def test_layers_that_are_misused_say_so() -> None:
    with pytest.raises(NetwrightError, match="act_type"):
        nn.Activation("rleu")(nd.ones((1, 2)))
    conv = nn.Conv2D(2, 3)
    conv.initialize()
    with pytest.raises(NetwrightError, match=r"conv.*Convolution.*4 axes"):
        conv(nd.ones((1, 2, 3)))
    with pytest.raises(NetwrightError, match="Dropout: parameter 'p' cannot be taken"):
        nn.Dropout(1.5)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: nn.Conv2D(3, (3, 3, 3)), r"wrong number of sizes \(wanted one or 2, got \(3, 3, 3\)\)"),
        (lambda: nn.Conv1D(3, 3, layout="NHWC"), "unknown layout .*wanted NCW or NWC, got 'NHWC'"),
        (lambda: nn.Conv2DTranspose(3, 3, output_padding=(1, 1, 1)), "wrong number of sizes"),
        (lambda: nn.MaxPool1D((2, 2)), "wrong number of sizes"),
        (lambda: nn.GlobalAvgPool3D(layout="NCHW"), "unknown layout .*wanted NCDHW or NDHWC"),
        (lambda: nn.LeakyReLU(-0.1), "the slope cannot be negative"),
        (lambda: nn.Lambda("no_such_operator"), "there is no operator 'no_such_operator'"),
        (lambda: nn.HybridLambda("no_such_operator"), "there is no operator 'no_such_operator'"),
    ],
)
def test_what_layers_refuse_when_they_are_made(make: Make, words: str) -> None:
    """MXNet 1.9.1 asserts these."""
    with pytest.raises(AssertionError, match=words):
        make()


def test_a_lambda_is_a_function_or_a_name() -> None:
    with pytest.raises(ValueError, match=r"neither a function nor a name \(got int\)"):
        nn.Lambda(3)  # type: ignore[arg-type]


def test_names_inside_layers() -> None:
    """As MXNet 1.9.1 names them: weights and graphs of either are found by the other's names."""
    x = mx.sym.Variable("x")
    net = nn.HybridSequential(prefix="q_")
    with net.name_scope():
        net.add(nn.LayerNorm(), nn.Flatten(), nn.HybridLambda("tanh"), nn.Swish(), nn.MaxPool2D(), nn.Dropout(0.5))
    outputs = [name for name in net(x).get_internals().list_outputs() if name.endswith("output")]
    assert outputs == [
        *("q_layernorm0_layernorm0_output", "q_flatten0_flatten0_output", "q_hybridlambda0_tanh0_output"),
        *("q_swish0__mulscalar0_output", "q_swish0_fwd_output", "q_swish0__mul0_output", "q_pool0_fwd_output"),
        "q_dropout0_fwd_output",
    ]
    cell = gluon.rnn.LSTMCell(3, prefix="c_")
    out, states = cell(x, [mx.sym.Variable("h"), mx.sym.Variable("c")])
    found = [n for n in mx.sym.Group([out, *states]).get_internals().list_outputs() if n.startswith("c_t0")]
    assert found == [
        f"c_t0_{name}_output{number}"
        for name, number in (
            *(("i2h", ""), ("h2h", ""), ("plus0", ""), ("slice", 0), ("slice", 1), ("slice", 2), ("slice", 3)),
            *(("o", ""), ("f", ""), ("mul0", ""), ("i", ""), ("c", ""), ("mul1", ""), ("state", "")),
            *(("activation0", ""), ("out", "")),
        )
    ]
    assert gluon.rnn.LSTM(3, prefix="l_")(x).list_outputs() == ["l_rnn0_output"]
    assert gluon.rnn.ResidualCell(gluon.rnn.RNNCell(1, prefix="z_")).prefix == "z_residualcell"


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: nn.Conv2D(4, 3, groups=0), "num_group"),
        (lambda: nn.Conv2D(0, 3), "num_filter"),
        (lambda: nn.Conv2DTranspose(4, 0), "kernel"),
        (lambda: gluon.rnn.LSTM(0), "state_size"),
        (lambda: gluon.rnn.GRU(3, num_layers=0), "num_layers"),
        (lambda: nn.Dense(-1), "num_hidden"),
    ],
)
def test_sizes_are_checked_where_a_layer_is_made(make: Callable[[], Any], name: str) -> None:
    with pytest.raises(NetwrightError, match=f"parameter '{name}' cannot be taken .wanted at least 1"):
        make()


def test_a_layer_without_units_is_refused_where_it_runs() -> None:
    """MXNet's programs make ``Dense(i * 10) for i in range(6)``."""
    net = nn.Dense(0)
    net.initialize()
    with pytest.raises(NetwrightError):
        net(nd.ones((2, 3)))
