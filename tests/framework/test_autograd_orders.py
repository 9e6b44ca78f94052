"""Automatic differentiation: higher orders, functions of one's own, random expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.framework.test_autograd import gradient, variable

from netwright import autograd, nd
from netwright.errors import AutogradError


# ---------------------------------------------------------------- higher orders
def test_third_order_of_a_power() -> None:
    x = variable(2.0, dtype="float64")
    with autograd.record():
        y = x**5
        first = autograd.grad(y, x, create_graph=True)[0]
        second = autograd.grad(first, x, create_graph=True)[0]
        third = autograd.grad(second, x, create_graph=True)[0]
    assert [float(d) for d in (first, second, third)] == pytest.approx([80, 160, 240])


@pytest.mark.parametrize(
    ("function", "derivatives"),
    [
        (nd.sin, [np.cos, lambda v: -np.sin(v), lambda v: -np.cos(v)]),
        (nd.exp, [np.exp] * 3),
        (
            nd.tanh,
            [
                lambda v: 1 - np.tanh(v) ** 2,
                lambda v: -2 * np.tanh(v) * (1 - np.tanh(v) ** 2),
                lambda v: (1 - np.tanh(v) ** 2) * (6 * np.tanh(v) ** 2 - 2),
            ],
        ),
    ],
)
def test_orders_of_functions(function: Callable[[Any], Any], derivatives: list[Callable[[Any], Any]]) -> None:
    x = variable(0.3, -0.8, dtype="float64")
    with autograd.record():
        current = function(x)
        for derivative in derivatives:
            current = autograd.grad(current, x, create_graph=True)[0]
            np.testing.assert_allclose(current.asnumpy(), derivative(x.asnumpy()), rtol=1e-10)


def test_backward_through_a_gradient() -> None:
    """A gradient penalty: d/dx of (d/dx x³)²."""
    x = variable(2.0)
    with autograd.record():
        slope = autograd.grad(x**3, x, create_graph=True)[0]
        penalty = slope * slope
    penalty.backward()
    assert gradient(x) == pytest.approx([36 * 8])


def test_without_create_graph_the_gradient_is_a_constant() -> None:
    x = variable(2.0)
    with autograd.record():
        slope = autograd.grad(x * x, x)[0]
        y = slope * x
    y.backward()
    assert gradient(x) == [4]


def test_mixed_second_derivatives() -> None:
    x, y = variable(1.5, dtype="float64"), variable(-0.5, dtype="float64")
    with autograd.record():
        z = nd.exp(x * y)
        by_x = autograd.grad(z, x, create_graph=True)[0]
    by_x.backward()
    assert gradient(y) == pytest.approx([(1 - 0.75) * np.exp(-0.75)])


# ---------------------------------------------------------------- functions of one's own
class Sigmoid(autograd.Function):
    def forward(self, x: nd.NDArray) -> nd.NDArray:
        y = 1 / (1 + nd.exp(-x))
        self.save_for_backward(y)
        return y

    def backward(self, dy: nd.NDArray) -> nd.NDArray:
        (y,) = self.saved_tensors
        return dy * y * (1 - y)


class Swap(autograd.Function):
    """Two in, two out; no call of the base's __init__."""

    def __init__(self) -> None:
        self.calls = 0

    def forward(self, a: nd.NDArray, b: nd.NDArray) -> tuple[nd.NDArray, nd.NDArray]:
        return b, a * 10

    def backward(self, db: nd.NDArray, da: nd.NDArray) -> tuple[nd.NDArray, nd.NDArray]:
        self.calls += 1
        return da * 10, db


def test_function() -> None:
    x = variable(0.0, 2.0)
    with autograd.record():
        y = Sigmoid()(x) * 3
    y.backward()
    s = 1 / (1 + np.exp(-2.0))
    assert gradient(x) == pytest.approx([0.75, 3 * s * (1 - s)])


def test_function_of_several_inputs_and_outputs() -> None:
    a, b = variable(1, 2), variable(3, 4)
    function = Swap()
    with autograd.record():
        first, second = function(a, b)
        y = second * 2
    y.backward()
    assert first.asnumpy().tolist() == [3, 4]
    assert gradient(a) == [20, 20]
    assert gradient(b) == [0, 0]
    assert function.calls == 1


def test_function_whose_backward_is_differentiated() -> None:
    x = variable(0.7, dtype="float64")

    class Square(autograd.Function):
        def forward(self, x: nd.NDArray) -> nd.NDArray:
            return x * x

        def backward(self, dy: nd.NDArray) -> nd.NDArray:
            return dy * 2 * x

    with autograd.record():
        slope = autograd.grad(Square()(x), x, create_graph=True)[0]
    slope.backward()
    assert gradient(x) == [2]


def test_functions_that_are_wrong_say_so() -> None:
    class Nothing(autograd.Function):
        pass

    class TooFew(Swap):
        def backward(self, *output_grads: nd.NDArray) -> Any:
            return output_grads[0]

    with pytest.raises(AutogradError, match=r"Nothing: a Function needs a forward\(\)"):
        Nothing()(nd.ones((1,)))
    a, b = variable(1), variable(2)
    with autograd.record():
        y, _ = TooFew()(a, b)
    with pytest.raises(AutogradError, match=r"TooFew: backward\(\) must return one gradient for each.*wanted 2, got 1"):
        y.backward()
    with autograd.record():
        y = Sigmoid()(a)
    y.backward()
    with pytest.raises(AutogradError, match="Sigmoid: the recorded graph was already used"):
        y.backward()


# ---------------------------------------------------------------- random expressions against finite differences
UNARY = [
    nd.sin,
    nd.tanh,
    nd.sigmoid,
    nd.exp,
    nd.square,
    lambda a: nd.log(a * a + 1),
    lambda a: -a,
    lambda a: 1 / (a * a + 1),
]
BINARY = [
    nd.broadcast_add,
    nd.broadcast_sub,
    nd.broadcast_mul,
    lambda a, b: nd.broadcast_div(a, b * b + 1),
    lambda a, b: nd.tanh(a) * 2 + b,
]
SHAPES = [lambda a: a.sum(axis=0, keepdims=True), lambda a: a.mean(axis=1, keepdims=True), lambda a: a[:, ::-1]]


@st.composite
def expressions(draw: st.DrawFn) -> list[tuple[str, int, int, int]]:
    """Steps (kind, which function, which values): each takes values that are there already."""
    steps = []
    for count in range(2, 2 + draw(st.integers(2, 7))):
        kind = draw(st.sampled_from(["unary", "binary", "shape"]))
        size = {"unary": len(UNARY), "binary": len(BINARY), "shape": len(SHAPES)}[kind]
        first, second = draw(st.integers(0, count - 1)), draw(st.integers(0, count - 1))
        steps.append((kind, draw(st.integers(0, size - 1)), first, second))
    return steps


def run(steps: list[tuple[str, int, int, int]], x: nd.NDArray, y: nd.NDArray) -> nd.NDArray:
    found = [x, y]
    for kind, which, i, j in steps:
        if kind == "unary":
            found.append(nd.tanh(UNARY[which](found[i])))
        elif kind == "binary":
            found.append(BINARY[which](found[i], found[j]))
        else:
            found.append(SHAPES[which](found[i]))
    return nd.add_n(*[v.mean() for v in found])


@given(expressions(), st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_gradients_of_random_expressions(steps: list[tuple[str, int, int, int]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = (nd.array(rng.normal(size=s), dtype="float64") for s in ((3, 4), (1, 4)))
    dx, dy = (rng.normal(size=a.shape) for a in (x, y))
    for a in (x, y):
        a.attach_grad()
    with autograd.record():
        z = run(steps, x, y)
    z.backward()
    assert x.grad is not None
    assert y.grad is not None
    eps = 1e-6

    def at(step: float) -> float:
        return float(run(steps, x + nd.array(step * dx, dtype="float64"), y + nd.array(step * dy, dtype="float64")))

    numeric = (at(eps) - at(-eps)) / (2 * eps)
    assert x.grad.shape == x.shape
    assert y.grad.shape == y.shape
    exact = float((x.grad.asnumpy() * dx).sum() + (y.grad.asnumpy() * dy).sum())
    assert exact == pytest.approx(numeric, rel=1e-5, abs=1e-7)
