"""Calling and compiling hybrid blocks: kinds and structures of arguments, options, operator hooks, several devices.

What is refused, and the names that hooks see, are MXNet 1.9.1's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright import autograd, gluon, nd, sym
from netwright.gluon import nn


class Choose(gluon.HybridBlock):
    """The sum of two arguments, either of which may be None."""

    def hybrid_forward(self, F: Any, a: Any, b: Any = None) -> Any:
        return a if b is None else b if a is None else a + b


class Nested(gluon.HybridBlock):
    """Blocks in a block, called with None."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = Choose(), Choose()

    def hybrid_forward(self, F: Any, a: Any, b: Any) -> Any:
        return self.second(a, self.first(a, b))


class Total(gluon.HybridBlock):
    """Sums over lists of arrays, and numbers."""

    def hybrid_forward(self, F: Any, a: Any, b: Any) -> Any:
        a, b = (sum(v[1:], v[0]) if isinstance(v, (list, tuple)) else v for v in (a, b))
        return a + b


ONE = nd.ones((3,))


@pytest.mark.parametrize("args", [(None, ONE), (ONE, ONE), (ONE, None)])
def test_none_may_stand_for_an_argument(args: Any) -> None:
    eager, compiled = Nested(), Nested()
    compiled.hybridize()
    for _ in range(2):
        np.testing.assert_array_equal(compiled(*args).asnumpy(), eager(*args).asnumpy())


def test_nones_at_the_end_may_be_left_out() -> None:
    block = Choose()
    block.hybridize()
    assert [float(block(*args).sum()) for args in ((ONE, None), (ONE,), (ONE, None))] == [3, 3, 3]


def test_the_structure_of_arguments_is_kept() -> None:
    block = Nested()
    block.hybridize()
    block(None, ONE)
    with pytest.raises(ValueError, match=r"of another structure .*wanted \[-1, 0\], got \[0, 0\]"):
        block(ONE, ONE)
    block.hybridize()
    assert float(block(ONE, ONE).sum()) == 9


@pytest.mark.parametrize("hybridize", [False, True])
def test_what_a_block_cannot_be_called_with(hybridize: bool) -> None:
    def fresh() -> Nested:
        block = Nested()
        if hybridize:
            block.hybridize()
        return block

    with pytest.raises(ValueError, match="called with an NDArray or a Symbol, not NoneType"):
        fresh()(None, None)
    with pytest.raises(ValueError, match="arrays and symbols cannot be mixed in one call"):
        fresh()(ONE, sym.Variable("a"))
    with pytest.raises(ValueError, match="arrays and symbols cannot be mixed in one call"):
        fresh()(sym.Variable("a"), ONE)


def test_numbers_and_lists_are_arguments_of_eager_blocks() -> None:
    block = Total()
    assert float(block([ONE, ONE], 3).sum()) == 15
    assert float(block([ONE, ONE], [ONE, ONE, ONE]).sum()) == 15
    block.hybridize()
    with pytest.raises(ValueError, match=r"a hybridized block is called with arrays \(in lists\), not int"):
        block(ONE, 1)
    assert float(block([ONE, ONE], [ONE]).sum()) == 9


def test_devices() -> None:
    one, other = mx.cpu(1), mx.cpu(2)
    net = nn.HybridSequential()
    net.add(nn.Dense(2, in_units=3), nn.BatchNorm(in_channels=2))
    net.initialize(ctx=[one, other])
    net[0].weight.data(other)[:] = 0
    for _ in range(2):
        assert (net(nd.ones((1, 3), ctx=one)).ctx, net(nd.ones((1, 3), ctx=other)).ctx) == (one, other)
        assert float(nd.abs(net(nd.ones((1, 3), ctx=other))).sum()) == 0
        assert float(nd.abs(net(nd.ones((1, 3), ctx=one))).sum()) > 0
        net.hybridize()
    with pytest.raises(RuntimeError, match=r"not initialised on that device .*cpu\(1\), cpu\(2\), got cpu\(0\)"):
        net(nd.ones((1, 3)))
    block = Total()
    block.hybridize()
    with pytest.raises(ValueError, match=r"on several devices \(got cpu\(1\), cpu\(2\)\)\. Move them"):
        block(nd.ones((3,), ctx=one), nd.ones((3,), ctx=other))


def test_options_of_mxnet_are_taken() -> None:
    net = nn.HybridSequential()
    net.add(nn.Dense(2, in_units=3))
    net.initialize()
    net.hybridize(True, None, True, True, True, 2, 10, 10, param_indices=(1,))
    wanted = net(nd.ones((1, 3))).asnumpy()
    plans = net.plans()
    net.hybridize(clear=False, static_alloc=True)
    assert net.plans() == plans
    np.testing.assert_array_equal(net(nd.ones((1, 3))).asnumpy(), wanted)
    net.hybridize(backend="debug")
    net(nd.ones((1, 3)))
    assert net.plans() != plans
    with pytest.raises(ValueError, match=r"unknown strategy \(wanted balanced or .* or debug, got 'MKLDNN'\)"):
        net.hybridize(backend="MKLDNN")


def test_optimize_for_compiles_without_running() -> None:
    net = nn.Dense(2)
    net.initialize()
    with pytest.raises(ValueError, match="a backend must be named"):
        net.optimize_for(nd.ones((1, 3)))
    net.optimize_for(nd.ones((1, 3)), backend="balanced")
    assert len(net.plans()) == 1
    assert net(nd.ones((1, 3))).shape == (1, 2)
    assert len(net.plans()) == 1


def test_a_sequential_of_hybrid_blocks_says_what_is_better() -> None:
    net = nn.Sequential()
    net.add(nn.Dense(2))
    with pytest.warns(UserWarning, match="a HybridSequential would be compiled as a whole"):
        net.hybridize()


def test_hooks_of_children_are_not_heard_any_more() -> None:
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Dense(2))
    net[0].register_forward_hook(lambda *args: None)
    with pytest.warns(UserWarning, match="net_dense0 becomes part of a plan: its forward hooks are not called"):
        net.hybridize()


def watched(net: gluon.HybridBlock, **kwargs: Any) -> list[str]:
    seen: list[str] = []

    def callback(name: str, operator: str, array: nd.NDArray) -> None:
        assert isinstance(array, nd.NDArray)
        seen.append(f"{operator} {name}")

    net.register_op_hook(callback, **kwargs)
    net(nd.ones((2, 3, 4)))
    return seen


def test_operator_hooks_see_what_runs_compiled() -> None:
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Dense(2), nn.Activation("relu"))
    net.initialize(mx.init.One())
    assert watched(net) == []
    net.hybridize()
    dense = ["FullyConnected net_dense0_fwd_output", "Activation net_relu0_fwd_output"]
    assert watched(net) == dense
    inputs = [f"FullyConnected net_dense0_fwd_{name}" for name in ("data", "weight", "bias")]
    assert watched(net, monitor_all=True) == [*inputs, dense[0], "Activation net_relu0_fwd_input0", dense[1]]
    x = nd.ones((2, 3, 4))
    x.attach_grad()
    with autograd.record():
        y = net(x)
    y.backward()
    assert float(nd.abs(x.grad).sum()) > 0  # what is watched is recorded too


def test_blocks_in_lists_are_missed_with_a_warning() -> None:
    class Lost(gluon.Block):
        def __init__(self, held: Any) -> None:
            super().__init__()
            self.held = held

    for held in ([nn.Dense(1)], {"a": (nn.Dense(1),)}):
        with pytest.warns(UserWarning, match=r"Lost\.held holds blocks that are no children of the block"):
            Lost(held).collect_params()
    Lost({"a": 3, "b": "text"}).collect_params()
