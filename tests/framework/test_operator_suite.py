"""The generic operator suite is broken on purpose here: every kind of mistake must be seen by one of its tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from tests.framework import test_operators as suite
from tests.framework.operator_cases import CASES, DIFFERENTIABLE, Case

from netwright.errors import NetwrightError
from netwright.ops import get
from netwright.ops.operator import Operator

Gradient = Callable[..., Any]


def keeps_dtype(case: Case) -> None:
    suite.test_gradient_keeps_the_dtype(case, "float32")


MISTAKES: dict[str, tuple[str, str, Gradient, Callable[[Case], None]]] = {
    "wrong sign": (
        "tanh",
        "gradient",
        lambda op, F, p, at, dy, y: -dy * (1.0 - F.square(y)),
        suite.test_gradient.check,
    ),
    "wrong slope": ("sigmoid", "gradient", lambda op, F, p, at, dy, y: dy * y * (1.001 - y), suite.test_gradient.check),
    "missing sum over broadcast axes": (
        "broadcast_mul",
        "gradient",
        lambda op, F, p, at, dy, lhs, rhs: (dy * rhs, dy * lhs),
        suite.test_gradient.check,
    ),
    "missing sum where it is linear": (
        "broadcast_add",
        "gradient",
        lambda op, F, p, at, dy: (dy, dy),
        suite.test_gradient.check,
    ),
    "gradients in the wrong order": (
        "elemwise_sub",
        "gradient",
        lambda op, F, p, at, dy: (-dy, dy),
        suite.test_gradient.check,
    ),
    "transposition forgotten": (
        "dot",
        "gradient",
        lambda op, F, p, at, dy, lhs, rhs: (F.dot(dy, rhs, transpose_b=True), F.dot(lhs, dy, transpose_a=True)),
        suite.test_gradient.check,
    ),
    "gradient in another dtype": (
        "exp",
        "gradient",
        lambda op, F, p, at, dy, y: F.Cast(dy * y, dtype="float64"),
        keeps_dtype,
    ),
    "gradient that stops the second order": (
        "sin",
        "gradient",
        lambda op, F, p, at, dy, data: dy * F.BlockGrad(F.cos(data)),
        suite.test_second_order.check,
    ),
    "output in another dtype": (
        "sqrt",
        "forward",
        lambda op, xp, p, data, *, out=None: np.sqrt(data.astype("f8")),
        suite.test_forward.check,
    ),
    "wrong value": (
        "log",
        "forward",
        lambda op, xp, p, data, *, out=None: np.log(data) + 1e-4,
        suite.test_forward.check,
    ),
    "wrong shape": ("sum", "forward", lambda op, xp, p, data, *, out=None: np.sum(data), suite.test_forward.check),
    "output that is the input": (
        "identity",
        "forward",
        lambda op, xp, p, data, *, out=None: data,
        suite.test_forward.check,
    ),
    "input overwritten": (
        "square",
        "forward",
        lambda op, xp, p, data, *, out=None: np.multiply(data, data, out=data).copy(),
        suite.test_forward.check,
    ),
    "memory order taken for granted": (
        "abs",
        "forward",
        lambda op, xp, p, data, *, out=None: np.abs(np.ravel(data, order="K")).reshape(data.shape),
        suite.test_forward_of_strided_inputs.check,
    ),
    "out not written": (
        "negative",
        "forward",
        lambda op, xp, p, data, *, out=None: np.negative(data),
        suite.test_forward_writes_to_out.check,
    ),
}


def forget(op: Operator) -> None:
    """What eager calls have remembered of an operator: gradients too, as functions made from its rule."""
    for facts in op._facts.values():
        for remembered in (facts.ready, facts.alike, facts.backs):
            remembered.clear()


@pytest.fixture(params=MISTAKES)
def mistake(request: pytest.FixtureRequest) -> Iterator[str]:
    yield request.param
    forget(get(MISTAKES[request.param][0]))


def test_mistake_is_seen(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, method, broken, check = MISTAKES[mistake]
    op = get(name)
    cases = [c for c in (DIFFERENTIABLE if method == "gradient" else CASES) if c.op is op]
    for case in cases:
        check(case)  # sound before
    monkeypatch.setattr(type(op), method, broken)
    forget(op)

    def seen(case: Case) -> bool:
        try:
            check(case)
        except (AssertionError, NetwrightError, ValueError):
            return True
        return False

    assert any(seen(case) for case in cases)
