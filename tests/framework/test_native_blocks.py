"""Attention, dense layers and cross-entropy as single steps: each beside the operators it stands for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright.kernels.cpu import warm
from netwright.ops.operator import TensorSpec
from netwright.scheduler import Compiled, Strategy
from netwright.scheduler.lower import lower
from netwright.scheduler.passes.attention import join_attention
from netwright.scheduler.passes.cross_entropy import join_cross_entropy
from netwright.scheduler.passes.dense import join_dense

Shape = tuple[int, ...]
var = mx.sym.Variable


@pytest.fixture(scope="module", autouse=True)
def ready() -> None:
    assert warm() == []


def specs(shapes: dict[str, Shape]) -> dict[str, TensorSpec]:
    return {name: TensorSpec(shape, np.dtype(np.float32)) for name, shape in shapes.items()}


def run(net: Any, shapes: dict[str, Shape], strategy: Strategy, wrt: list[str], **given: Any) -> tuple[Any, list[Any]]:
    """The plan; outputs and gradients, the same bits twice."""
    compiled = Compiled(net, specs(shapes), train=bool(wrt), wrt=wrt, device=mx.cpu(), strategy=strategy)
    rng = np.random.default_rng(5)
    inputs = compiled.plan.graph.inputs
    feeds = {n: rng.normal(0, 0.7, v.shape).astype(np.float32) for n, v in inputs.items()} | given
    heads = {n: feeds.pop(n) for n in compiled.heads}
    program = compiled.acquire()
    results = []
    for _ in range(2):
        program.forward(feeds)
        if wrt:
            program.backward(heads)
        wanted = [*compiled.outputs, *(g for g in compiled.gradients.values() if g is not None)]
        results.append([np.array(a) for a in program.take(wanted)])
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)
    return compiled.plan, results[0]


def check(net: Any, shapes: dict[str, Shape], operator: str, threads: int = 2, train: bool = True, **given: Any) -> Any:
    """One step of that operator, native, gives what the plan without passes gives."""
    wrt = [n for n in net.list_arguments() if not n.startswith(("fixed", "label"))] if train else []
    plan, found = run(net, shapes, Strategy(threads=threads), wrt, **given)
    names = [node.op.name for node in plan.steps]
    assert names.count(operator) == 1
    assert "0 Python calls" in str(plan)
    reference, wanted = run(net, shapes, Strategy.preset("debug"), wrt, **given)
    del reference
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=3e-5 * max(1.0, float(np.abs(other).max())))
    return plan


# ------------------------------------------------------------------------------------------------------- attention
def plain(scale: float = 1.0, bias: bool = False) -> Any:
    """softmax(q kᵀ · scale + bias) v."""
    scores = mx.sym.batch_dot(var("query"), var("key"), transpose_b=True)
    scores = scores * scale if scale != 1.0 else scores
    scores = mx.sym.broadcast_add(scores, var("fixed_bias")) if bias else scores
    return mx.sym.batch_dot(mx.sym.softmax(scores, axis=-1), var("value"))


def apart(x: Any, heads: int) -> Any:
    return mx.sym.reshape(mx.sym.transpose(mx.sym.reshape(x, (0, 0, -4, heads, -1)), (0, 2, 1, 3)), (-3, 0, 0))


def joined(y: Any, heads: int) -> Any:
    return mx.sym.reshape(mx.sym.transpose(mx.sym.reshape(y, (-4, -1, heads, 0, 0)), (0, 2, 1, 3)), (0, 0, -3))


def with_heads(heads: int, packed: bool) -> Any:
    """Heads split off three projections, or off the thirds of one."""
    if packed:
        query, key, value = mx.sym.split(var("data"), num_outputs=3, axis=2)
    else:
        query, key, value = (var(n) for n in ("query", "key", "value"))
    scores = mx.sym.batch_dot(apart(query, heads), apart(key, heads), transpose_b=True) / 1.7
    scores = mx.sym.broadcast_add(var("fixed_bias"), scores)
    return joined(mx.sym.batch_dot(mx.sym.softmax(scores), apart(value, heads)), heads)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("bias", [None, (1, 1, 37), (1, 33, 37), (6, 1, 37), (6, 33, 37)])
def test_composed_attention(bias: Shape | None, threads: int) -> None:
    shapes: dict[str, Shape] = {"query": (6, 33, 5), "key": (6, 37, 5), "value": (6, 37, 3)}
    if bias is not None:
        shapes["fixed_bias"] = bias
    check(plain(0.4, bias is not None), shapes, "_attention_step", threads)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("bias", [(1, 9, 9), (10, 1, 9)])
def test_heads_are_not_split_off(bias: Shape, threads: int) -> None:
    """Neither transposes nor pieces are left around the step."""
    three: dict[str, Shape] = {**dict.fromkeys(("query", "key", "value"), (5, 9, 8)), "fixed_bias": bias}
    plan = check(with_heads(2, False), three, "_attention_step", threads)
    assert not {"transpose", "batch_dot", "softmax"} & {node.op.name for node in plan.steps}
    plan = check(with_heads(2, True), {"data": (5, 9, 24), "fixed_bias": bias}, "_attention_step", threads)
    assert not {"transpose", "SliceChannel", "Concat"} & {node.op.name for node in plan.steps}


def test_heads_that_are_read_otherwise_stay_apart() -> None:
    """The output is not joined again: attention takes the heads as they are."""
    x = var("data")
    one = apart(x, 2)
    net = mx.sym.batch_dot(mx.sym.softmax(mx.sym.batch_dot(one, one, transpose_b=True)), one)
    plan = check(net, {"data": (4, 6, 8)}, "_attention_step")
    assert next(node for node in plan.steps if node.op.name == "_attention_step").p.layout == "heads"


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("behind", [False, True], ids=["bare", "turned"])
def test_interleaved_self_attention(behind: bool, threads: int) -> None:
    """Samples lie along the second axis; behind a transpose they are cut there."""
    data = mx.sym.transpose(var("data"), (1, 0, 2)) if behind else var("data")
    scores = mx.sym.contrib.interleaved_matmul_selfatt_qk(data, heads=2)
    scores = mx.sym.broadcast_add(scores, var("fixed_bias"))
    net = mx.sym.contrib.interleaved_matmul_selfatt_valatt(data, mx.sym.softmax(scores), heads=2)
    shape = (4, 7, 24) if behind else (7, 4, 24)
    check(net, {"data": shape, "fixed_bias": (8, 1, 7)}, "_attention_step", threads)


@pytest.mark.parametrize("threads", [1, 2])
def test_interleaved_attention_between_sequences(threads: int) -> None:
    query, memory = (mx.sym.transpose(var(n), (1, 0, 2)) for n in ("query", "memory"))
    weights = mx.sym.softmax(mx.sym.contrib.interleaved_matmul_encdec_qk(query, memory, heads=3) * 0.5)
    net = mx.sym.contrib.interleaved_matmul_encdec_valatt(memory, weights, heads=3)
    check(net, {"query": (4, 5, 12), "memory": (4, 6, 24)}, "_attention_step", threads)


@pytest.mark.parametrize("causal", [False, True])
def test_attention_on_one_array(causal: bool) -> None:
    query, key, value = mx.sym.split(var("data"), num_outputs=3, axis=2)
    net = mx.sym.MultiHeadAttention(query, key, value, heads=2, causal=causal)
    plan = check(net, {"data": (5, 40, 24)}, "_attention_step")
    assert "SliceChannel" not in {node.op.name for node in plan.steps}


def test_a_bias_that_is_learnt_has_its_gradient() -> None:
    net = plain(0.5, True)
    shapes: dict[str, Shape] = {"query": (3, 4, 5), "key": (3, 6, 5), "value": (3, 6, 2), "fixed_bias": (1, 4, 6)}
    wrt = ["fixed_bias", "query"]
    _, found = run(net, shapes, Strategy(threads=2), wrt)
    _, wanted = run(net, shapes, Strategy.preset("debug"), wrt)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_minus_infinity_hides_keys() -> None:
    """As softmax has it: a position that may look at nothing becomes NaN."""
    shapes: dict[str, Shape] = {"query": (2, 3, 4), "key": (2, 5, 4), "value": (2, 5, 2), "fixed_bias": (2, 3, 5)}
    bias = np.zeros((2, 3, 5), np.float32)
    bias[0, 1, 2:] = bias[1, 2] = -np.inf
    plan, found = run(plain(0.5, True), shapes, Strategy(threads=2), [], fixed_bias=bias)
    assert "_attention_step" in {node.op.name for node in plan.steps}
    _, wanted = run(plain(0.5, True), shapes, Strategy(native=False, fuse=False), [], fixed_bias=bias)
    np.testing.assert_allclose(found[0], wanted[0], rtol=1e-4, atol=1e-5)
    assert np.isnan(found[0][1, 2]).all()


def test_other_products_are_left_alone() -> None:
    """Weights that somebody else reads, another axis, a dropout that drops: no attention of one step."""
    query, key, value = (var(n) for n in ("query", "key", "value"))
    shapes: dict[str, Shape] = {"query": (2, 4, 4), "key": (2, 4, 4), "value": (2, 4, 4)}
    scores = mx.sym.batch_dot(query, key, transpose_b=True)
    weights = mx.sym.softmax(scores)
    nets = [
        mx.sym.Group([mx.sym.batch_dot(weights, value), weights]),
        mx.sym.batch_dot(mx.sym.softmax(scores, axis=1), value),
        mx.sym.batch_dot(mx.sym.Dropout(weights, p=0.3), value),
        mx.sym.batch_dot(weights, value, transpose_b=True),
        mx.sym.batch_dot(mx.sym.softmax(mx.sym.batch_dot(query, key)), value),
    ]
    for net in nets:
        graph = lower(net, specs(shapes), True)
        before = list(graph.nodes)
        assert join_attention(graph).nodes == before


# ---------------------------------------------------------------------------------------------------- dense layers
@pytest.mark.parametrize("act", ["relu", "sigmoid", "tanh"])
@pytest.mark.parametrize("rows", [1, 7, 300])
def test_dense_layers_with_their_activation(act: str, rows: int) -> None:
    net = mx.sym.Activation(mx.sym.FullyConnected(var("data"), num_hidden=37, name="dense"), act_type=act)
    check(net, {"data": (rows, 20), "dense_weight": (37, 20), "dense_bias": (37,)}, "_dense_block")


@pytest.mark.parametrize("act", ["softrelu", "gelu", "silu", "relu"])
@pytest.mark.parametrize("bias", [True, False])
def test_dense_layers_that_are_not_differentiated(act: str, bias: bool) -> None:
    dense = mx.sym.FullyConnected(var("data"), num_hidden=9, no_bias=not bias, flatten=False, name="dense")
    shapes: dict[str, Shape] = {"data": (5, 3, 20), "dense_weight": (9, 20)} | ({"dense_bias": (9,)} if bias else {})
    check(mx.sym.Activation(dense, act_type=act), shapes, "_dense_block", train=False)


def test_wide_dense_layers_are_cut_by_units() -> None:
    net = mx.sym.relu(mx.sym.FullyConnected(var("data"), num_hidden=400, name="dense"))
    shapes: dict[str, Shape] = {"data": (6, 500), "dense_weight": (400, 500), "dense_bias": (400,)}
    plan = check(net, shapes, "_dense_block")
    assert plan.native.runs(plan.steps[0]) == "lanes"


def test_a_layer_whose_own_result_is_read_stays() -> None:
    dense = mx.sym.FullyConnected(var("data"), num_hidden=4, name="dense")
    shapes: dict[str, Shape] = {"data": (3, 5), "dense_weight": (4, 5), "dense_bias": (4,)}
    for net in (mx.sym.relu(dense) + dense, mx.sym.Group([mx.sym.relu(dense), dense])):
        graph = lower(net, specs(shapes), True)
        before = list(graph.nodes)
        assert join_dense(graph, True).nodes == before


# --------------------------------------------------------------------------------------------------- cross-entropy
@pytest.mark.parametrize("shape", [(5, 7), (5, 3, 70), (1, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_cross_entropy(shape: Shape, keepdims: bool) -> None:
    logs = mx.sym.log_softmax(var("data"), axis=-1)
    net = -mx.sym.pick(logs, var("label"), axis=-1, keepdims=keepdims)
    rng = np.random.default_rng(1)
    label = rng.integers(-1, shape[-1] + 1, shape[:-1]).astype(np.float32)
    plan = check(net, {"data": shape, "label": label.shape}, "_log_softmax_pick", label=label)
    assert "log_softmax" not in {node.op.name for node in plan.steps}


def test_gluons_loss_is_one_step_and_its_gradient() -> None:
    net = mx.gluon.loss.SoftmaxCrossEntropyLoss()(var("data"), var("label"))
    label = np.array([0, 3, 2, 1, 1, 0], np.float32)
    check(net, {"data": (6, 4), "label": (6,)}, "_log_softmax_pick", label=label)


def test_logarithms_that_are_read_otherwise_stay() -> None:
    logs = mx.sym.log_softmax(var("data"), axis=-1)
    shapes: dict[str, Shape] = {"data": (3, 5), "label": (3,)}
    for net in (mx.sym.Group([mx.sym.pick(logs, var("label")), logs]), mx.sym.pick(logs, var("label"), axis=0)):
        shapes["label"] = (3,) if net.list_outputs()[1:] else (5,)
        graph = lower(net, specs(shapes), True)
        before = list(graph.nodes)
        assert join_cross_entropy(graph).nodes == before
