"""Phases of native plans: no thread reads or writes what another may be writing."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.framework.random_graphs import graphs, values_for

import netwright as mx
from netwright import autograd, nd, sym
from netwright.gluon import nn
from netwright.kernels.cpu import warm
from netwright.kernels.cpu.emit import Cut
from netwright.ops.operator import TensorSpec
from netwright.scheduler import Compiled, Strategy
from netwright.scheduler.program import Program


def conflicts(compiled: Compiled) -> list[str]:
    """What steps of one phase by lanes would do to each other; slices of different steps may differ."""
    assert compiled.native is not None
    plan = compiled.plan
    prepared = compiled.native.prepared(plan)
    found = []
    for part, _, _ in [*prepared.forward, *prepared.backward]:
        if part.cut is not Cut.LANES:
            continue
        if part.finish and part.nodes:
            found.append("sums are added up beside steps")
        for i, node in enumerate(part.nodes):
            written = {plan.root(v) for v in node.outputs}
            for other in (*part.nodes[:i], *part.nodes[i + 1 :]):
                touched = {plan.root(v) for v in (*other.inputs, *other.outputs)}
                if written & touched:
                    found.append(f"{node} writes what {other} needs")
    return found


@given(graphs(), st.integers(0, 2**31))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_steps_of_a_phase_leave_each_other_alone(symbol: sym.Symbol, seed: int) -> None:
    values = values_for(symbol, seed, "float32")
    known = {n: TensorSpec(a.shape, a.dtype) for n, a in values.items()}
    wrt = [n for n in symbol.list_arguments() if values[n].dtype.kind == "f"]
    for knobs in ({}, {"order": False}, {"fuse": False}):
        compiled = Compiled(symbol, known, train=True, wrt=wrt, device=mx.cpu(), strategy=Strategy(threads=2, **knobs))
        if compiled.native is not None:
            assert conflicts(compiled) == []


def gradient(layer: Any, x: Any) -> np.ndarray:
    x.attach_grad()
    with autograd.record():
        y = layer(x)
        loss = (y * y * nd.arange(y.size).reshape(y.shape)).sum()
    loss.backward()
    return x.grad.asnumpy()  # type: ignore[no-any-return]


def test_a_result_over_what_a_slower_thread_still_reads() -> None:
    """Group normalization's way back once wrote its last product over an input of the step beside it."""
    assert warm() == []
    x = nd.array(np.random.default_rng(1).normal(size=(2, 4, 5)))
    layer = nn.GroupNorm(2)
    layer.initialize(mx.init.Normal(0.5))
    wanted = gradient(layer, x)
    for _ in range(20):
        layer.hybridize()
        np.testing.assert_allclose(gradient(layer, x), wanted, rtol=1e-4, atol=1e-4)


def test_dropout_leaves_the_batch_cut() -> None:
    """Its numbers are drawn whole; what comes behind it, backward too, is shared among threads by samples."""
    net = sym.Dropout(sym.relu(sym.FullyConnected(sym.Variable("data"), num_hidden=24, name="a")), p=0.3)
    net = sym.tanh(sym.FullyConnected(net, num_hidden=16, name="b"))
    known = {"data": TensorSpec((8, 12), np.dtype(np.float32))}
    wrt = ["a_weight", "b_weight"]
    compiled = Compiled(net, known, train=True, wrt=wrt, device=mx.cpu(), strategy=Strategy(threads=2))
    assert compiled.native is not None
    runs = {node.op.name: compiled.native.prepared(compiled.plan).runs(node) for node in compiled.plan.steps}
    assert runs.pop("_dropout_mask") == "call"
    assert {runs[name] for name in ("_dense_block", "broadcast_mul", "fused")} == {"rows"}
    assert "call" not in runs.values()
    rng = np.random.default_rng(0)
    feeds = {n: rng.normal(size=v.shape).astype(v.dtype) for n, v in compiled.plan.graph.inputs.items()}
    found = []
    for program in (compiled.acquire(), Program(compiled.plan)):
        mx.random.seed(2)
        program.forward({n: a.copy() for n, a in feeds.items()})
        program.backward({})
        found.append([np.array(a) for a in program.take(compiled.plan.graph.outputs)])
    for got, wanted in zip(*found, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-5)
