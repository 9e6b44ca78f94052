"""Loops and branches in both worlds. Numbers named MXNET came from MXNet 1.9.1."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import netwright as mx


def bound(symbol: mx.sym.Symbol, **values: Any) -> mx.symbol.Executor:
    arrays = {n: mx.nd.array(v) for n, v in values.items()}
    return symbol.bind(mx.cpu(), arrays, {n: mx.nd.zeros(a.shape) for n, a in arrays.items()})


def test_foreach_eager_and_its_gradient_match_mxnet() -> None:
    x, s, w = mx.nd.array(np.arange(6).reshape(3, 2)), mx.nd.ones(2), mx.nd.full(2, 2.0)
    for array in (x, s, w):
        array.attach_grad()
    with mx.autograd.record():
        out, state = mx.nd.contrib.foreach(lambda a, b: (a * w + b, a + b), x, s)
        (out.sum() + state.sum()).backward()
    assert out.asnumpy().tolist() == [[1, 3], [5, 8], [11, 15]]  # MXNET
    assert state.asnumpy().tolist() == [7, 10]  # MXNET
    assert x.grad.asnumpy().tolist() == [[5, 5], [4, 4], [3, 3]]  # MXNET
    assert (s.grad.asnumpy().tolist(), w.grad.asnumpy().tolist()) == ([4, 4], [6, 9])  # MXNET


def test_foreach_symbolic_and_its_gradient_match_mxnet() -> None:
    w = mx.sym.Variable("w")
    x, s = mx.sym.Variable("x"), mx.sym.Variable("s")
    out, state = mx.sym.contrib.foreach(lambda a, b: (a * w + b, a + b), x, s)
    assert out.list_arguments() == ["x", "s", "w"]  # MXNET
    group = mx.sym.load_json(mx.sym.Group([out, state]).tojson())
    executor = bound(group, x=np.arange(6).reshape(3, 2), s=[1, 1], w=[2, 2])
    results = executor.forward(is_train=True)
    executor.backward([mx.nd.ones((3, 2)), mx.nd.ones(2)])
    assert results[0].asnumpy().tolist() == [[1, 3], [5, 8], [11, 15]]  # MXNET
    assert executor.grad_dict["x"].asnumpy().tolist() == [[5, 5], [4, 4], [3, 3]]  # MXNET
    assert executor.grad_dict["s"].asnumpy().tolist() == [4, 4]  # MXNET
    assert executor.grad_dict["w"].asnumpy().tolist() == [6, 9]  # MXNET
    assert group.infer_shape(x=(4, 2), s=(2,), w=(2,))[1] == [(4, 2), (2,)]


def step(i: Any, s: Any) -> tuple[list[Any], list[Any]]:
    return [i + s], [i + 1, s + i]


def test_while_loop_eager_matches_mxnet() -> None:
    i, s = mx.nd.array([1]), mx.nd.array([0])
    i.attach_grad()
    s.attach_grad()
    with mx.autograd.record():
        outs, states = mx.nd.contrib.while_loop(lambda i, s: i <= 5, step, [i, s], max_iterations=10)
        (outs[0].sum() + states[0] + states[1]).backward()
    assert outs[0].asnumpy().ravel().tolist() == [1, 3, 6, 10, 15, 0, 0, 0, 0, 0]  # MXNET, whose last rows are not set
    assert [v.asscalar() for v in states] == [6, 15]  # MXNET
    assert (i.grad.asscalar(), s.grad.asscalar()) == (21, 6)  # MXNET
    assert mx.nd.contrib.while_loop(lambda i: i < 0, lambda i: (i, i + 1), i, max_iterations=3)[0] == []  # MXNET


def test_while_loop_symbolic_matches_mxnet() -> None:
    variables = [mx.sym.Variable("i"), mx.sym.Variable("s")]
    outs, states = mx.sym.contrib.while_loop(lambda i, s: i <= 5, step, variables, max_iterations=10)
    executor = bound(mx.sym.Group(outs + states), i=[1], s=[0])
    results = executor.forward(is_train=True)
    executor.backward([mx.nd.ones((10, 1)), mx.nd.ones(1), mx.nd.ones(1)])
    assert results[0].asnumpy().ravel().tolist() == [1, 3, 6, 10, 15, 0, 0, 0, 0, 0]
    assert [r.asscalar() for r in results[1:]] == [6, 15]  # MXNET
    assert [executor.grad_dict[n].asscalar() for n in ("i", "s")] == [21, 6]  # MXNET


@pytest.mark.parametrize(("pred", "out", "slope"), [(1, [2.0, 6.0], [2, 2]), (0, [1.0, 9.0], [2, 6])])
def test_cond_takes_one_branch_in_both_worlds(pred: int, out: list[float], slope: list[float]) -> None:
    x = mx.nd.array([1, 3])
    x.attach_grad()
    with mx.autograd.record():
        eager = mx.nd.contrib.cond(mx.nd.array([pred]), lambda: x * 2, lambda: x * x)
    eager.backward()
    assert (eager.asnumpy().tolist(), x.grad.asnumpy().tolist()) == (out, slope)
    v = mx.sym.Variable("x")
    with mx.name.NameManager():
        symbol = mx.sym.contrib.cond(mx.sym.Variable("p"), lambda: v * 2, lambda: v * v)
    assert (symbol.list_arguments(), symbol.list_outputs()) == (["p", "x"], ["_cond0_output"])  # MXNET
    executor = bound(symbol, p=[pred], x=[1, 3])
    assert executor.forward(is_train=True)[0].asnumpy().tolist() == out
    executor.backward(mx.nd.ones(2))
    assert executor.grad_dict["x"].asnumpy().tolist() == slope


class Summed(mx.gluon.HybridBlock):
    """A layer with weights inside a loop."""

    def __init__(self) -> None:
        super().__init__()
        with self.name_scope():
            self.dense = mx.gluon.nn.Dense(3, activation="tanh")

    def hybrid_forward(self, F: Any, x: Any, state: Any) -> Any:
        def body(row: Any, before: Any) -> tuple[Any, Any]:
            after = self.dense(F.concat(row, before, dim=1))
            return after * 2, after

        return F.contrib.foreach(body, x, state)


def test_a_network_with_a_loop_compiles_to_the_same() -> None:
    net = Summed()
    net.initialize()
    x, state = mx.nd.random.normal(shape=(4, 2, 5)), mx.nd.zeros((2, 3))
    results = []
    for compiled in (False, True):
        net.hybridize(compiled)
        with mx.autograd.record():
            out, last = net(x, state)
            loss = (out * out).sum() + last.sum()
        loss.backward()
        results.append((out.asnumpy(), net.dense.weight.grad().asnumpy()))
    np.testing.assert_allclose(results[0][0], results[1][0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(results[0][1], results[1][1], rtol=1e-4, atol=1e-5)


def test_a_compiled_network_infers_weights_inside_its_loop() -> None:
    net = Summed()
    net.initialize()
    net.hybridize()
    assert net(mx.nd.ones((4, 2, 5)), mx.nd.zeros((2, 3)))[0].shape == (4, 2, 3)
    assert net.dense.weight.shape == (3, 8)


def test_loops_in_loops_use_what_lies_outside() -> None:
    x, w = mx.sym.Variable("x"), mx.sym.Variable("w")
    doubled = w * 2  # made outside: one node, not one for each step

    def row(r: Any, total: Any) -> tuple[Any, Any]:
        _, inner = mx.sym.contrib.foreach(lambda a, s: (a, s + a * doubled + r.sum()), r, total)
        return inner, inner

    out, last = mx.sym.contrib.foreach(row, x, mx.sym.Variable("s"))
    values = np.arange(6.0).reshape(2, 3)
    executor = bound(mx.sym.Group([out, last]), x=values, s=[0], w=[2])
    found = executor.forward(is_train=True)
    totals = np.cumsum(values.sum(1) * 4 + 3 * values.sum(1))
    np.testing.assert_allclose(found[0].asnumpy().ravel(), totals)
    executor.backward([mx.nd.zeros((2, 1)), mx.nd.ones(1)])
    assert executor.grad_dict["w"].asnumpy().tolist() == [2 * values.sum()]
    assert sum(n.op is not None and n.op.name == "_mul_scalar" for n in out.nodes()) == 1


def test_misuse_is_explained() -> None:
    x = mx.nd.ones((2, 2))
    with pytest.raises(mx.MXNetError, match="data of a loop have one length"):
        mx.nd.contrib.foreach(lambda a, s: (a, s), [x, mx.nd.ones((3, 2))], [])
    with pytest.raises(mx.MXNetError, match="the largest number of steps must be given"):
        mx.nd.contrib.while_loop(lambda a: a < 1, lambda a: (a, a), x)
    with pytest.raises(mx.MXNetError, match=r"another number of variables.*wanted 1, got 2"):
        mx.nd.contrib.while_loop(lambda a: True, lambda a: (a, [a, a]), [x], max_iterations=2)
    v = mx.sym.Variable("v")
    grows, _ = mx.sym.contrib.foreach(lambda a, s: (a, mx.sym.concat(s, s, dim=0)), v, mx.sym.Variable("s"))
    with pytest.raises(mx.MXNetError, match="state 0 changes its shape"):
        grows.infer_shape(v=(3, 2), s=(2,))
    unequal = mx.sym.contrib.cond(mx.sym.Variable("p"), lambda: v, lambda: v.sum())
    with pytest.raises(mx.MXNetError, match="output 0 differs between the two branches"):
        unequal.infer_shape(p=(1,), v=(3, 2))
