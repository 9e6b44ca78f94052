"""Recompute: the same gradients, moving averages and random numbers, with less memory kept."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright import autograd, nd
from netwright.errors import AutogradError, KindError
from netwright.gluon import nn
from netwright.gluon.utils import recompute


def part(width: int = 6) -> nn.HybridSequential:
    net = nn.HybridSequential()
    net.add(nn.Dense(width, activation="tanh"), nn.Dropout(0.5), nn.BatchNorm(), nn.Dense(width))
    net.initialize(mx.init.Normal(0.5))
    return net


def as_it_is(net: nn.HybridSequential) -> Callable[..., Any]:
    return net


def eager(net: nn.HybridSequential) -> Callable[..., Any]:
    return recompute(net)


def compiled(net: nn.HybridSequential) -> Callable[..., Any]:
    net.hybridize(recompute=True)
    return net


def inside(net: nn.HybridSequential) -> Callable[..., Any]:
    net.hybridize()
    return recompute(net)


def trained(way: Callable[..., Any], steps: int = 2) -> dict[str, Any]:
    """Losses, gradients, statistics and the next random number after some steps of a network used in one way."""
    with mx.name.NameManager():
        mx.random.seed(7)
        net, head = part(), nn.Dense(1)
        head.initialize(mx.init.Normal(0.5))
        x = nd.array(np.random.default_rng(0).normal(size=(8, 5)))
        net(x)  # shapes
    x.attach_grad()
    used, found = way(net), {}
    for step in range(steps):
        with autograd.record():
            y = head(used(x * 2))
            loss = (y * y).sum()
        loss.backward()
        found[f"loss {step}"] = loss.asnumpy()
    found["x"] = x.grad.asnumpy()  # type: ignore[union-attr]
    for name, parameter in {**net.collect_params(), **head.collect_params()}.items():
        found[name] = (parameter.data() if parameter.grad_req == "null" else parameter.grad()).asnumpy()
    found["random"] = nd.random.uniform(shape=(3,)).asnumpy()
    return found


@pytest.mark.parametrize("way", [eager, compiled, inside])
def test_everything_is_as_without(way: Callable[..., Any]) -> None:
    wanted, found = trained(as_it_is), trained(way)
    assert list(found) == list(wanted)
    for name, value in wanted.items():
        np.testing.assert_allclose(found[name], value, rtol=2e-5, atol=5e-6, err_msg=name)


@pytest.mark.parametrize("way", [eager, compiled])
def test_fewer_bytes_are_kept_between_the_passes(way: Callable[..., Any]) -> None:
    def kept(used: Callable[[nn.HybridSequential], Callable[..., Any]]) -> int:
        parts = [used(part(64)) for _ in range(6)]
        x = nd.ones((512, 64))
        for _ in range(2):  # the first pass makes weights and plans
            tracemalloc.start()
            before = tracemalloc.get_traced_memory()[0]
            with autograd.record():
                y = x
                for one in parts:
                    y = one(y)
            held = tracemalloc.get_traced_memory()[0] - before
            tracemalloc.stop()
            y.backward()
        return held

    activation = 512 * 64 * 4
    assert kept(way) < 8 * activation  # the input of each part
    assert kept(as_it_is) > 20 * activation


def test_arrays_from_outside_get_their_gradients() -> None:
    w, before = nd.array([2.0]), nd.array([3.0])
    for a in (w, before):
        a.attach_grad()
    with autograd.record():
        scaled = before * 5
        y = recompute(lambda x: [x * w * scaled, (x, None)])(scaled + 1)
        total = y[0] + y[1][0]
    total.backward()
    # y = s·w·(s + 1) + (s + 1) with s = 5·before
    assert (float(w.grad), float(before.grad)) == (15 * 16, 5 * (2 * (2 * 15 + 1) + 1))  # type: ignore[arg-type]
    assert y[1][1] is None


def test_second_order_and_a_retained_graph() -> None:
    x = nd.array([1.0, 2.0])
    x.attach_grad()
    cube = recompute(lambda v: v * v * v)
    with autograd.record():
        y = cube(x)
        first = autograd.grad(y, x, create_graph=True)[0]
    first.backward()
    np.testing.assert_allclose(x.grad.asnumpy(), [6, 12])  # type: ignore[union-attr]
    with autograd.record():
        y = cube(x)
    y.backward(retain_graph=True)
    y.backward()
    np.testing.assert_allclose(x.grad.asnumpy(), [3, 12])  # type: ignore[union-attr]
    with pytest.raises(AutogradError, match="recompute: the recorded graph was already used"):
        y.backward()


def test_nothing_is_done_where_nothing_is_recorded() -> None:
    calls: list[int] = []

    def function(x: Any) -> Any:
        calls.append(1)
        return x * 2

    x = nd.ones((1,))
    assert float(recompute(function)(x)) == 2
    with autograd.record():
        y = recompute(function)(x)
    assert (len(calls), float(y)) == (2, 2)  # x is no variable: there is nothing to go back to
    with autograd.record(), pytest.raises(KindError, match="what is recomputed gives arrays"):
        recompute(lambda x: 3)(x)
