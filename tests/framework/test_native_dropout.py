"""Dropout draws before the step: what is dropped is what the interpreted plan drops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright.kernels.cpu import warm
from netwright.ops.operator import TensorSpec
from netwright.random import state_of
from netwright.scheduler import Compiled, Strategy
from netwright.scheduler.lower import lower
from netwright.scheduler.passes.dropout import draw_first

FLOAT = np.dtype(np.float32)


@pytest.fixture(scope="module", autouse=True)
def ready() -> None:
    assert warm() == []


def network() -> Any:
    """Three dropouts, one of which decides for whole columns, one outside training too."""
    x = mx.sym.Dropout(mx.sym.Variable("data"), p=0.3)
    x = mx.sym.relu(mx.sym.FullyConnected(x, num_hidden=12, name="one"))
    x = mx.sym.Dropout(x, p=0.5, axes=(0,))
    x = mx.sym.FullyConnected(x, num_hidden=5, name="two")
    return mx.sym.Dropout(mx.sym.LeakyReLU(x), p=0.2, mode="always")


def steps(strategy: Strategy, train: bool = True) -> tuple[Any, dict[str, Any], list[Any]]:
    """The plan, the generator's state behind it, and outputs and gradients of two steps."""
    shapes = {"data": (9, 8), "one_weight": (12, 8), "one_bias": (12,), "two_weight": (5, 12), "two_bias": (5,)}
    known = {name: TensorSpec(shape, FLOAT) for name, shape in shapes.items()}
    net = network()
    wrt = net.list_arguments() if train else []
    compiled = Compiled(net, known, train=train, wrt=wrt, device=mx.cpu(), strategy=strategy)
    rng = np.random.default_rng(4)
    feeds = {n: rng.normal(size=v.shape).astype(np.float32) for n, v in compiled.plan.graph.inputs.items()}
    heads = {n: feeds.pop(n) for n in compiled.heads}
    mx.random.seed(11)
    program = compiled.acquire()
    found = []
    for _ in range(2):
        program.forward(feeds)
        if train:
            program.backward(heads)
        wanted = [*compiled.outputs, *(g for g in compiled.gradients.values() if g is not None)]
        found += [np.array(a) for a in program.take(wanted)]
    return compiled.plan, state_of(mx.cpu()).state_dict(), found


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("how", [{"threads": 1}, {"threads": 2}, {"threads": 2, "micro_batch": 2}])
def test_the_same_elements_are_dropped(how: dict[str, Any], train: bool) -> None:
    plan, after, found = steps(Strategy(**how), train)
    _, wanted_after, wanted = steps(Strategy.preset("debug"), train)
    names = [node.op.name for node in plan.steps]
    assert names[: 1 + 2 * train] == ["_dropout_mask"] * (1 + 2 * train)
    assert "Dropout" not in names
    assert after == wanted_after
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)
        np.testing.assert_array_equal(one == 0, other == 0)


def test_what_is_drawn_otherwise_keeps_its_place() -> None:
    """With other random calls among them dropouts stay where they are."""
    x = mx.sym.Dropout(mx.sym.Variable("data"))
    net = mx.sym.Dropout(mx.sym.LeakyReLU(x, act_type="rrelu"))
    graph = lower(net, {"data": TensorSpec((3, 4), FLOAT)}, True)
    before = list(graph.nodes)
    assert draw_first(graph).nodes == before
