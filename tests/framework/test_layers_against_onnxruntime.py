"""Layers at ordinary sizes against ONNX Runtime, which computes them on its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

from netwright import nd

Array = np.ndarray[Any, Any]
RNG = np.random.default_rng(7)


def normal(*shape: int) -> Array:
    return RNG.standard_normal(shape).astype(np.float32)


def onnx_run(op: str, inputs: list[Array | None], outputs: int = 1, opset: int = 18, **attributes: Any) -> list[Array]:
    """The results of a model of one node."""
    names = ["" if a is None else f"in{i}" for i, a in enumerate(inputs)]
    results = [f"out{i}" for i in range(outputs)]
    given = {n: a for n, a in zip(names, inputs, strict=True) if a is not None}
    graph = helper.make_graph(
        [helper.make_node(op, names, results, **attributes)],
        "one",
        [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape) for n, a in given.items()],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in results],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 10
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return [np.asarray(r) for r in session.run(None, given)]


def same(got: Any, wanted: Array) -> None:
    assert got.shape == wanted.shape
    np.testing.assert_allclose(got.asnumpy(), wanted, rtol=2e-4, atol=2e-4)


CONVOLUTIONS = [
    ((4, 6, 30), (8, 6), (5,), {}),
    ((2, 6, 17, 19), (8, 6), (3, 5), {"stride": (2, 1), "pad": (1, 2)}),
    ((2, 8, 16, 16), (12, 2), (3, 3), {"num_group": 4, "dilate": (2, 2), "pad": (2, 2)}),
    ((2, 12, 9, 9), (12, 1), (3, 3), {"num_group": 12, "stride": (2, 2)}),
    ((16, 3, 33, 33), (32, 3), (3, 3), {"pad": (1, 1)}),
    ((2, 3, 7, 8, 9), (4, 3), (3, 2, 3), {"stride": (1, 2, 2), "pad": (1, 0, 1)}),
]


@pytest.mark.parametrize(("data", "weight", "kernel", "params"), CONVOLUTIONS)
def test_convolution(data: Any, weight: Any, kernel: Any, params: dict[str, Any]) -> None:
    rank = len(kernel)
    x, w, b = normal(*data), normal(*weight, *kernel), normal(weight[0])
    pad = params.get("pad", (0,) * rank)
    wanted = onnx_run(
        "Conv",
        [x, w, b],
        kernel_shape=kernel,
        strides=params.get("stride", (1,) * rank),
        dilations=params.get("dilate", (1,) * rank),
        pads=[*pad, *pad],
        group=params.get("num_group", 1),
    )[0]
    arrays = [nd.array(a) for a in (x, w, b)]
    same(nd.Convolution(*arrays, kernel=kernel, num_filter=weight[0], **params), wanted)
    if "num_group" not in params:
        layout = {1: "NWC", 2: "NHWC", 3: "NDHWC"}[rank]
        last = [nd.array(np.ascontiguousarray(np.moveaxis(a, 1, -1))) for a in (x, w)]
        y = nd.Convolution(*last, arrays[2], kernel=kernel, num_filter=weight[0], layout=layout, **params)
        np.testing.assert_allclose(np.moveaxis(y.asnumpy(), -1, 1), wanted, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize(
    ("data", "weight", "kernel", "params"),
    [
        ((2, 6, 15), (6, 4), (4,), {"stride": (3,), "pad": (1,), "adj": (2,)}),
        ((2, 6, 9, 8), (6, 4), (3, 4), {"stride": (2, 1), "pad": (1, 2)}),
        ((2, 8, 9, 8), (8, 3), (3, 3), {"num_group": 4, "dilate": (2, 1), "stride": (2, 2), "adj": (1, 1)}),
        ((1, 3, 4, 5, 3), (3, 2), (2, 3, 2), {"stride": (2, 1, 2)}),
    ],
)
def test_deconvolution(data: Any, weight: Any, kernel: Any, params: dict[str, Any]) -> None:
    rank = len(kernel)
    groups = params.get("num_group", 1)
    filters = weight[1] * groups
    x, w, b = normal(*data), normal(*weight, *kernel), normal(filters)
    pad = params.get("pad", (0,) * rank)
    wanted = onnx_run(
        "ConvTranspose",
        [x, w, b],
        kernel_shape=kernel,
        strides=params.get("stride", (1,) * rank),
        dilations=params.get("dilate", (1,) * rank),
        pads=[*pad, *pad],
        output_padding=params.get("adj", (0,) * rank),
        group=groups,
    )[0]
    arrays = [nd.array(a) for a in (x, w, b)]
    same(nd.Deconvolution(*arrays, kernel=kernel, num_filter=filters, no_bias=False, **params), wanted)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(
    ("data", "kernel", "stride", "pad"),
    [
        ((3, 5, 29), (3,), (2,), (1,)),
        ((3, 5, 17, 18), (3, 2), (2, 2), (1, 0)),
        ((2, 3, 8, 9, 7), (2, 3, 2), (2, 2, 1), (0, 1, 0)),
    ],
)
def test_pooling(data: Any, kernel: Any, stride: Any, pad: Any, full: bool) -> None:
    x = normal(*data)
    how = {"kernel": kernel, "stride": stride, "pad": pad, "pooling_convention": "full" if full else "valid"}
    common = {"kernel_shape": kernel, "strides": stride, "pads": [*pad, *pad], "ceil_mode": int(full)}
    same(nd.Pooling(nd.array(x), **how), onnx_run("MaxPool", [x], **common)[0])
    for counted in (True, False):
        y = nd.Pooling(nd.array(x), pool_type="avg", count_include_pad=counted, **how)
        same(y, onnx_run("AveragePool", [x], opset=19, count_include_pad=int(counted), **common)[0])
    positive = np.abs(x) + 0.1
    same(
        nd.Pooling(nd.array(positive), pool_type="lp", p_value=2, **how),
        onnx_run("LpPool", [positive], p=2, **common)[0],
    )


def test_global_pooling() -> None:
    x = normal(3, 4, 11, 13)
    same(nd.Pooling(nd.array(x), global_pool=True), onnx_run("GlobalMaxPool", [x])[0])
    same(nd.Pooling(nd.array(x), global_pool=True, pool_type="avg"), onnx_run("GlobalAveragePool", [x])[0])


def test_normalizations() -> None:
    x, gamma, beta = normal(4, 6, 9, 7), normal(6), normal(6)
    mean, var = normal(6), np.abs(normal(6)) + 0.1
    state = [nd.array(a) for a in (gamma, beta, mean, var)]
    wanted = onnx_run("BatchNormalization", [x, gamma, beta, mean, var], epsilon=1e-3)[0]
    same(nd.BatchNorm(nd.array(x), *state, fix_gamma=False), wanted)
    scale, shift = nd.array(gamma), nd.array(beta)
    wanted = onnx_run("InstanceNormalization", [x, gamma, beta], epsilon=1e-3)[0]
    same(nd.InstanceNorm(nd.array(x), scale, shift), wanted)
    wanted = onnx_run("GroupNormalization", [x, gamma, beta], num_groups=3, epsilon=1e-5, opset=21)[0]
    same(nd.GroupNorm(nd.array(x), scale, shift, num_groups=3), wanted)
    wide, tail = normal(7), normal(7)
    wanted = onnx_run("LayerNormalization", [x, wide, tail], axis=-1)[0]
    same(nd.LayerNorm(nd.array(x), nd.array(wide), nd.array(tail)), wanted)
    wanted = onnx_run("LRN", [x], alpha=0.3, beta=0.6, bias=1.5, size=5)[0]
    same(nd.LRN(nd.array(x), alpha=0.3, beta=0.6, knorm=1.5, nsize=5), wanted)


@pytest.mark.parametrize(
    ("name", "params", "op", "attributes"),
    [
        ("softmax", {"axis": 1}, "Softmax", {"axis": 1}),
        ("log_softmax", {"axis": -1}, "LogSoftmax", {"axis": -1}),
        ("Activation", {"act_type": "softrelu"}, "Softplus", {}),
        ("Activation", {"act_type": "softsign"}, "Softsign", {}),
        ("Activation", {"act_type": "gelu"}, "Gelu", {}),
        ("LeakyReLU", {"slope": 0.3}, "LeakyRelu", {"alpha": 0.3}),
        ("LeakyReLU", {"act_type": "elu", "slope": 0.8}, "Elu", {"alpha": 0.8}),
        ("LeakyReLU", {"act_type": "selu"}, "Selu", {}),
    ],
)
def test_activations(name: str, params: dict[str, Any], op: str, attributes: dict[str, Any]) -> None:
    x = 30 * normal(5, 6, 7)
    same(getattr(nd, name)(nd.array(x), **params), onnx_run(op, [x], opset=20, **attributes)[0])


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize(("mode", "op", "gates"), [("lstm", "LSTM", 4), ("gru", "GRU", 3), ("rnn_tanh", "RNN", 1)])
def test_recurrent(mode: str, op: str, gates: int, both: bool) -> None:
    length, batch, features, size, ways = 12, 5, 7, 6, 1 + both
    x, lengths = normal(length, batch, features), np.array([12, 3, 7, 1, 9], np.int32)
    w, r = normal(ways, gates * size, features), normal(ways, gates * size, size) * 0.5
    b = normal(ways, 2, gates * size)
    h, c = normal(ways, batch, size), normal(ways, batch, size)
    # ONNX orders the gates i, o, f, c and z, r, n
    order = {"lstm": [0, 3, 1, 2], "gru": [1, 0, 2], "rnn_tanh": [0]}[mode]

    def turned(a: Array) -> Array:
        blocks = a.reshape(*a.shape[: a.ndim - 2], gates, size, a.shape[-1])
        return np.ascontiguousarray(blocks[..., order, :, :].reshape(a.shape))

    bias = np.concatenate([turned(b[:, i, :, None])[..., 0] for i in range(2)], axis=1)
    attributes: dict[str, Any] = {"hidden_size": size, "direction": "bidirectional" if both else "forward"}
    if mode == "gru":
        attributes["linear_before_reset"] = 1
    inputs = [x, turned(w), turned(r), bias, lengths, h, *([c] if mode == "lstm" else [])]
    wanted = onnx_run(op, inputs, outputs=3 if mode == "lstm" else 2, **attributes)
    vector = np.concatenate([*(part.ravel() for k in range(ways) for part in (w[k], r[k])), b.ravel()])
    states = [nd.array(h), *([nd.array(c)] if mode == "lstm" else [])]
    got = nd.RNN(
        nd.array(x),
        nd.array(vector),
        *states,
        sequence_length=nd.array(lengths, dtype="int32"),
        mode=mode,
        state_size=size,
        num_layers=1,
        bidirectional=both,
        state_outputs=True,
        use_sequence_length=True,
    )
    # ONNX has the directions on an axis of their own: (T, ways, N, H)
    same(got[0], np.concatenate([wanted[0][:, k] for k in range(ways)], axis=2))
    for ours, theirs in zip(got[1:], wanted[1:], strict=True):
        same(ours, theirs)


@pytest.mark.parametrize("causal", [False, True])
def test_attention(causal: bool) -> None:
    q, k, v = normal(3, 6, 8), normal(3, 6, 8), normal(3, 6, 12)
    wanted = onnx_run("Attention", [q, k, v], opset=23, q_num_heads=4, kv_num_heads=4, is_causal=int(causal))[0]
    got = nd.MultiHeadAttention(*(nd.array(a) for a in (q, k, v)), heads=4, causal=causal)
    same(got, wanted)
