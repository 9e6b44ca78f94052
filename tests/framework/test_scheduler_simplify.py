"""Simplify: what changes nothing is left out, and nothing changes for it, not even a NaN or a zero's sign."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.framework.random_graphs import graphs, values_for
from tests.framework.test_scheduler import RANDOM, specs
from tests.framework.test_scheduler_recompute import both_ways, feeds_for, run, same_bits

import netwright as mx
from netwright import autograd, gluon, nd, sym
from netwright.ops.operator import TensorSpec
from netwright.scheduler import Compiled, Strategy
from netwright.scheduler.lower import lower
from netwright.scheduler.passes import prune, simplify
from netwright.scheduler.run import Run

X = np.array([[0.0, -0.0, 1.5], [-2.0, np.nan, -np.inf]], np.float32)
Rewrite = Callable[[Any], Any]

LEFT_OUT: dict[str, Rewrite] = {
    "x * 1": lambda x: x * 1.0,
    "x / 1": lambda x: x / 1.0,
    "x - 0": lambda x: x - 0.0,
    "x ** 1": lambda x: x**1.0,
    "--x": lambda x: sym.negative(sym.negative(x)),
    "identity": sym.identity,
    "dropout outside training": lambda x: sym.Dropout(x, p=0.5),
    "times ones": lambda x: sym.broadcast_mul(x, sym.ones((2, 3))),
    "ones times": lambda x: sym.broadcast_mul(sym.ones((1, 3)), x),
    "less zeros": lambda x: sym.broadcast_sub(x, sym.zeros((2, 3))),
    "over ones": lambda x: sym.broadcast_div(x, sym.ones((1, 1))),
    "cast to itself": lambda x: sym.cast(x, dtype="float32"),
    "cast and back": lambda x: sym.cast(sym.cast(x, dtype="float64"), dtype="float32"),
    "transposed twice": lambda x: sym.transpose(sym.transpose(x)),
    "transposed to itself": lambda x: sym.transpose(x, axes=(0, 1)),
    "all at once": lambda x: sym.transpose(sym.transpose(sym.identity(x * 1.0) - 0.0)) / 1.0,
}
KEPT: dict[str, Rewrite] = {
    "x + 0": lambda x: x + 0.0,
    "0 - x": lambda x: 0.0 - x,
    "x * 0": lambda x: x * 0.0,
    "plus zeros": lambda x: sym.broadcast_add(x, sym.zeros((2, 3))),
    "times zeros": lambda x: sym.broadcast_mul(x, sym.zeros((2, 3))),
    "ones over": lambda x: sym.broadcast_div(sym.ones((2, 3)), x),
    "zeros less": lambda x: sym.broadcast_sub(sym.zeros((2, 3)), x),
    "cast to a narrower type and back": lambda x: sym.cast(sym.cast(x, dtype="float16"), dtype="float32"),
    "made larger": lambda x: sym.broadcast_mul(x, sym.ones((4, 2, 3))),
    "no gradient": sym.BlockGrad,
    "tanh": sym.tanh,
    "dropout at all times": lambda x: sym.Dropout(x, p=0.0, mode="always"),
}


def bits(symbol: sym.Symbol, strategy: Strategy) -> bytes:
    plan = Compiled(symbol, specs({"x": X}), train=False, device=mx.cpu(), strategy=strategy)
    return bytes(Run(plan, {"x": X}).outputs[0].tobytes())


def names(symbol: sym.Symbol, dtype: str = "float32") -> list[str]:
    """The operators that are left."""
    graph = lower(symbol, {"x": TensorSpec((2, 3), np.dtype(dtype))}, train=False)
    return [node.op.name for node in prune(simplify(graph)).nodes]


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_gives_its_input_again_is_left_out(name: str) -> None:
    made = LEFT_OUT[name](sym.Variable("x"))
    assert names(made) == []
    assert bits(made, Strategy()) == bits(made, Strategy.preset("debug").model_copy(update={"check_finite": False}))


@pytest.mark.parametrize("name", KEPT)
def test_what_might_change_a_number_stays(name: str) -> None:
    assert names(KEPT[name](sym.Variable("x")))


def test_whole_numbers_have_one_zero() -> None:
    x = sym.Variable("x")
    assert names(x + 0, "int32") == []
    assert names(x * 1, "int64") == []


def test_dropout_stays_in_training() -> None:
    plan = Compiled(sym.Dropout(sym.Variable("x")), specs({"x": X}), train=True, device=mx.cpu()).plan
    assert [node.op.name for node in plan.steps] == ["_dropout_mask", "broadcast_mul"]


def test_constants_are_made_at_once() -> None:
    x = sym.Variable("x")
    constant = sym.sqrt(sym.ones((2, 3)) * 4.0 + 5.0) - sym.zeros((1, 3))
    graph = prune(simplify(lower(sym.broadcast_add(x, constant), specs({"x": X}), train=False)))
    assert [n.op.name for n in graph.nodes] == ["_full", "broadcast_add"]
    assert graph.nodes[0].p.value == 3.0  # type: ignore[attr-defined]
    assert names(sym.broadcast_mul(x, sym.exp(sym.zeros((2, 3))))) == []
    assert names(sym.broadcast_div(x, sym.zeros((2, 3)) / 0.0)) == ["_zeros", "_div_scalar", "broadcast_div"]


def test_two_transposes_become_one() -> None:
    x = sym.Variable("x")
    moved = sym.transpose(sym.transpose(x, axes=(1, 2, 0)), axes=(0, 2, 1))
    value = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    graph = prune(simplify(lower(moved, specs({"x": value}), train=False)))
    assert [n.op.name for n in graph.nodes] == ["transpose"]
    plan = Compiled(moved, specs({"x": value}), train=False, device=mx.cpu())
    np.testing.assert_array_equal(Run(plan, {"x": value}).outputs[0], value.transpose(1, 2, 0).transpose(0, 2, 1))


def test_a_state_that_was_read_before_it_changes_stays_a_copy() -> None:
    norm = sym.BatchNorm(sym.Variable("data"), momentum=0.5, name="bn")
    before = norm.get_internals()["bn_moving_mean"] * 1.0
    values = {"data": np.random.default_rng(0).normal(3, 2, (8, 2)).astype(np.float32)}
    for name in ("gamma", "beta", "moving_mean", "moving_var"):
        values[f"bn_{name}"] = np.ones(2, np.float32)
    symbol = sym.Group([before, norm])
    found = Run(Compiled(symbol, specs(values), train=True, device=mx.cpu()), values).outputs[0]
    assert found.tolist() == [1, 1]
    assert values["bn_moving_mean"].tolist() != [1, 1]


def test_second_derivatives_stop_where_they_stopped() -> None:
    class Stopped(gluon.HybridBlock):
        def hybrid_forward(self, F: Any, x: Any) -> Any:
            return F.square(x) * F.BlockGrad(F.square(x) * 1.0)

    found = []
    for hybrid in (False, True):
        net = Stopped()
        if hybrid:
            net.hybridize()
        x = nd.array([1.0, 2.0, 3.0])
        x.attach_grad()
        with autograd.record():
            first = autograd.grad([net(x)], [x], create_graph=True, retain_graph=True)[0]
            total = (first * first).sum()
        total.backward()
        assert x.grad is not None
        found.append(x.grad.asnumpy())
    np.testing.assert_allclose(found[1], found[0], rtol=1e-6)


@given(graphs(), st.integers(0, 2**31))
@settings(RANDOM, max_examples=25)
def test_random_graphs_keep_their_bits(symbol: sym.Symbol, seed: int) -> None:
    wrapped = sym.Group([(symbol[i] * 1.0 - 0.0) for i in range(len(symbol.list_outputs()))])
    known = specs(values_for(wrapped, 0))
    plain, simple = both_ways(wrapped, known), prune(simplify(both_ways(wrapped, known)))
    assert len(simple.nodes) < len(plain.nodes)
    feeds = feeds_for(plain, seed)
    same_bits(run(simple, feeds), run(plain, feeds))
