"""Layers of sequences as native code: recurrence, attention and normalization, at odd sizes, cut among threads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from benchmarks import nets
from benchmarks.workloads import EVERY

import netwright as mx
from netwright.kernels.cpu import warm
from netwright.kernels.cpu.emit import Cut
from netwright.ops.operator import TensorSpec
from netwright.scheduler import Compiled, Strategy
from netwright.scheduler.program import Program

TOLERANCE = 5e-5
Shape = tuple[int, ...]


@pytest.fixture(scope="module", autouse=True)
def ready() -> None:
    assert warm() == []


def run(program: Any, compiled: Compiled, feeds: dict[str, Any], heads: dict[str, Any]) -> list[Any]:
    program.forward(feeds)
    if heads:
        program.backward(heads)
    wanted = [*compiled.outputs, *(g for g in compiled.gradients.values() if g is not None)]
    return [np.array(a) for a in program.take(wanted)]


def check(
    net: Any, shapes: dict[str, Shape], threads: int, whole: bool = True, train: bool = True, **given: Any
) -> None:
    """The native plan gives what the interpreted one gives, twice to the bit; ``whole``: without a Python call."""
    known = {name: TensorSpec(shape, np.dtype(np.float32)) for name, shape in shapes.items()}
    wrt = [n for n in net.list_arguments() if n not in given and not n.startswith("fixed")] if train else []
    compiled = Compiled(net, known, train=train, wrt=wrt, device=mx.cpu(), strategy=Strategy(threads=threads))
    assert compiled.native is not None
    prepared = compiled.native.prepared(compiled.plan)
    alone = [node for part, *_ in (*prepared.forward, *prepared.backward) if part.cut is None for node in part.nodes]
    assert not whole or alone == []
    rng = np.random.default_rng(3)
    inputs = compiled.plan.graph.inputs
    feeds = {n: given.get(n, rng.normal(0, 0.5, v.shape).astype(np.float32)) for n, v in inputs.items()}
    heads = {n: feeds.pop(n) for n in compiled.heads} if wrt else {}
    want = run(Program(compiled.plan), compiled, feeds, heads)
    program = compiled.native.program(compiled.plan)
    got = run(program, compiled, feeds, heads)
    for found, expected in zip(got, want, strict=True):
        np.testing.assert_allclose(
            found, expected, rtol=TOLERANCE, atol=TOLERANCE * max(1.0, float(np.abs(expected).max()))
        )
    for found, before in zip(run(program, compiled, feeds, heads), got, strict=True):
        np.testing.assert_array_equal(found, before)


def cuts(compiled: Compiled, op: str) -> set[Cut | None]:
    """How the steps of an operator are cut."""
    assert compiled.native is not None
    cutting = compiled.native.cutting
    return {cutting.cuts[node] for node in compiled.plan.steps if node.op.name == op}


# ------------------------------------------------------------------------------------------------------ recurrence
def layer(mode: str, size: int, layers: int, both: bool, states: bool) -> Any:
    kinds = {"lstm": mx.gluon.rnn.LSTM, "gru": mx.gluon.rnn.GRU}
    if mode in kinds:
        block = kinds[mode](size, layers, layout="NTC", bidirectional=both)
    else:
        block = mx.gluon.rnn.RNN(size, layers, mode.removeprefix("rnn_"), layout="NTC", bidirectional=both)
    data = mx.sym.Variable("data")
    if not states:
        return block(data)
    names = ("state", "cell")[: 2 if mode == "lstm" else 1]
    turned = [mx.sym.SwapAxis(mx.sym.Variable(name), dim1=0, dim2=1) for name in names]  # samples first
    output, last = block(data, turned)
    return mx.sym.Group([output, *last])


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("mode", ["lstm", "gru", "rnn_tanh", "rnn_relu"])
@pytest.mark.parametrize(("layers", "both", "states"), [(1, False, False), (2, True, True), (3, False, True)])
def test_recurrent_layers(mode: str, layers: int, both: bool, states: bool, threads: int) -> None:
    ways, size = 1 + both, 7
    shapes: dict[str, Shape] = {"data": (5, 4, 3)}
    if states:
        shapes |= dict.fromkeys(("state", "cell")[: 2 if mode == "lstm" else 1], (5, layers * ways, size))
    check(layer(mode, size, layers, both, states), shapes, threads)


@pytest.mark.parametrize("mode", ["lstm", "gru", "rnn_tanh"])
def test_one_step_and_one_sample(mode: str) -> None:
    check(layer(mode, 3, 1, False, False), {"data": (1, 1, 2)}, 2)


@pytest.mark.parametrize("size", [128, 33])
def test_wide_layers_share_samples(size: int) -> None:
    net = layer("lstm", size, 1, False, False)
    check(net, {"data": (19, 6, 10)}, 2)
    known = {"data": TensorSpec((19, 6, 10), np.dtype(np.float32))}
    compiled = Compiled(
        net, known, train=True, wrt=net.list_arguments()[1:], device=mx.cpu(), strategy=Strategy(threads=2)
    )
    assert cuts(compiled, "RNN") == cuts(compiled, "_rnn_grad") == {Cut.ROWS}


def test_states_that_all_samples_share() -> None:
    """Zeros that begin a sequence are no samples: each shard reads its part of them."""
    block = mx.gluon.rnn.LSTM(4, 2, layout="NTC")
    data = mx.sym.Variable("data")
    begin = [mx.sym.ones((2, 5, 4)) * 0.3, mx.sym.ones((2, 5, 4)) * 0.2]
    check(block(data, begin)[0], {"data": (5, 3, 2)}, 2, whole=False)


def test_what_has_no_kernel_is_computed_in_python() -> None:
    """A projection, limits or lengths: the layers' own forward, on what lies natively around it."""
    block = mx.gluon.rnn.LSTM(4, 2, layout="NTC", projection_size=3)
    check(mx.sym.tanh(block(mx.sym.Variable("data"))), {"data": (5, 3, 2)}, 2, whole=False)


def test_dropout_between_layers_drops_in_training_alone() -> None:
    block = mx.gluon.rnn.LSTM(4, 2, layout="NTC", dropout=0.5)
    check(block(mx.sym.Variable("data")), {"data": (5, 3, 2)}, 2, train=False)


# ------------------------------------------------------------------------------------------------------- attention
@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize(
    ("length", "size", "width", "depth", "params"),
    [
        (70, 70, 12, 6, {"heads": 3, "causal": True}),
        (33, 65, 8, 4, {"heads": 2}),
        (40, 35, 4, 4, {"heads": 1, "causal": True, "scale": 0.3}),
        (5, 37, 6, 6, {"heads": 2, "causal": True}),
        (1, 1, 2, 2, {}),
    ],
)
def test_attention(length: int, size: int, width: int, depth: int, params: dict[str, Any], threads: int) -> None:
    query, key, value = (mx.sym.Variable(n) for n in ("query", "key", "value"))
    net = mx.sym.MultiHeadAttention(query, key, value, **params)
    check(net, {"query": (5, length, width), "key": (5, size, width), "value": (5, size, depth)}, threads)


@pytest.mark.parametrize("wide", [False, True], ids=["keys", "pairs"])
@pytest.mark.parametrize("causal", [False, True])
def test_masked_attention(wide: bool, causal: bool) -> None:
    query, key, value, mask = (mx.sym.Variable(n) for n in ("query", "key", "value", "fixed_mask"))
    net = mx.sym.MultiHeadAttention(query, key, value, mask, heads=2, use_mask=True, causal=causal)
    shape = (4, 36, 36) if wide else (4, 36)
    allowed = (np.random.default_rng(1).random(shape) < 0.4).astype(np.float32)
    allowed[1] = 0  # a sample that may look at nothing
    shapes = {"query": (4, 36, 6), "key": (4, 36, 6), "value": (4, 36, 4), "fixed_mask": shape}
    check(net, shapes, 2, fixed_mask=allowed)


def test_attention_lets_nan_through() -> None:
    query, key, value = (mx.sym.Variable(n) for n in ("query", "key", "value"))
    net = mx.sym.MultiHeadAttention(query, key, value)
    rng = np.random.default_rng(2)
    arrays = {n: rng.normal(size=(2, 20, 3)).astype(np.float32) for n in ("query", "key", "value")}
    arrays["query"][0, 4, 1] = np.nan
    check(net, {n: a.shape for n, a in arrays.items()}, 2, train=False, **arrays)


# ------------------------------------------------------------------------------------------------------------ rows
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("width", [1, 7, 130])
def test_layer_norm(width: int, threads: int) -> None:
    data, gamma, beta = (mx.sym.Variable(n) for n in ("data", "gamma", "beta"))
    check(mx.sym.LayerNorm(data, gamma, beta), {"data": (5, 3, width)}, threads)


def test_embedding_adds_up_repeated_numbers() -> None:
    net = mx.sym.Embedding(mx.sym.Variable("fixed_data"), input_dim=3, output_dim=5, name="words")
    numbers = np.array([[0, 2, 2], [2, 2, 0], [7, -1, 1.6], [0, 0, 0], [1, 1, 1]], np.float32)
    check(net, {"fixed_data": (5, 3)}, 2, fixed_data=numbers)


# -------------------------------------------------------------------------------------------------- whole networks
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", ["lstm", "transformer"])
def test_whole_networks(name: str, threads: int) -> None:
    workload = EVERY[name].made_tiny()
    block = nets.build(mx, workload)
    block.initialize()
    block(mx.nd.zeros((2, *workload.inputs["data"])))
    scores = block(mx.sym.Variable("data"))
    net = mx.sym.SoftmaxOutput(
        scores, mx.sym.Variable("fixed_label"), preserve_shape=name == "transformer", name="softmax"
    )
    batch = workload.batches(1, 5)[0]
    shapes = {"data": batch.inputs["data"].shape, "fixed_label": batch.label.shape}
    check(
        net,
        shapes,
        threads,
        whole=name == "lstm",
        fixed_label=batch.label,
        **({"data": batch.inputs["data"]} if name == "transformer" else {}),
    )
