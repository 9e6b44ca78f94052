"""The short way of eager calls gives what the general way gives, bit for bit, and keeps away where someone watches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netwright import autograd, nd, profiler, watching
from netwright import random as mx_random
from netwright.errors import DTypeError, NetwrightError, ShapeError
from netwright.ndarray.array import NDArray
from netwright.ndarray.invoke import invoke
from netwright.ndarray.quick import make_call
from netwright.ops import all_operators, get
from netwright.ops.operator import Operator, TensorSpec

from .grouped import each
from .operator_cases import Case


def never(*args: Any, **kwargs: Any) -> Any:
    raise AssertionError("the general way was taken")


def cases(keep: Any) -> list[Any]:
    found = [
        Case(op, number, sample, "float32")
        for op in all_operators()
        for number, sample in enumerate(op.samples())
        if "float32" in sample.dtypes and keep(op)
    ]
    return found


def same(got: Any, wanted: Any) -> None:
    assert type(got) is np.ndarray
    assert got.dtype == wanted.dtype
    np.testing.assert_array_equal(got, wanted)


@each(cases(lambda op: op.direct))
def test_the_expression_of_an_operator_is_its_forward(case: Case) -> None:
    op, arrays = case.op, case.arrays()
    names: dict[str, Any] = {port.name: a for port, a in zip(op.inputs, arrays, strict=True)}
    holds = len({a.shape for a in arrays}) == 1 if not op.direct_where else eval(op.direct_where, dict(names))
    if not holds or (op.direct_where and case.p.given()):
        return
    scalar = np.float32(getattr(case.p, "scalar", 0))
    with np.errstate(all="ignore"):
        found = eval(op.direct, {**vars(np), "zero": np.float32(0), "scalar": scalar, **names})
        same(found, op.forward(np, case.p, *arrays))


@each(cases(lambda op: type(op).ready is not Operator.ready))
def test_what_is_made_ready_is_the_forward(case: Case) -> None:
    arrays = case.arrays()
    specs = tuple(TensorSpec(a.shape, a.dtype) for a in arrays)
    with np.errstate(all="ignore"):
        found = case.op.ready(np, case.p, specs)(*arrays)
        same(found, case.op.forward(np, case.p, *arrays))
        assert case.op.view or not any(np.shares_memory(found, a) for a in arrays)


@each(cases(lambda op: op.differentiable))
def test_the_gradient_on_bare_arrays_is_that_on_ours(case: Case) -> None:
    """What ``backward`` computes, and what it would if it were recorded: bit for bit, whoever wants a gradient."""
    if not case.sample.differentiable or case.op.is_loss:
        return
    for wanted in range(len(case.arrays())):
        answers = []
        for recorded in (False, True):
            inputs = [nd.array(a, dtype=a.dtype) for a in case.arrays()]
            inputs[wanted].attach_grad()
            with np.errstate(all="ignore"), autograd.record():
                mx_random.seed(3)
                outputs = invoke(case.op, case.p, tuple(inputs))
                heads = [outputs] if isinstance(outputs, NDArray) else outputs
                heads = [head for head in heads if head.dtype.__name__.startswith("float")]
                weights = [nd.array(np.linspace(-1, 1, h.size).reshape(h.shape), dtype=h.dtype) for h in heads]
                seen = autograd.grad(heads, inputs[wanted], weights, create_graph=True) if recorded else None
            if not recorded:
                seen = autograd.grad(heads, inputs[wanted], weights)
            assert seen is not None
            answers.append(seen[0].asnumpy())
        same(*answers)


def test_usual_calls_take_the_short_way() -> None:
    x, y = nd.array([1.0, -2.0]), nd.array([3.0, 4.0])
    same(make_call(get("relu"), never)(x)._data, np.array([1, 0], np.float32))
    same(make_call(get("elemwise_mul"), never)(x, y)._data, np.array([3, -8], np.float32))
    nd.sum(x)  # the first time, its shape is looked at
    same(make_call(get("sum"), never)(x)._data, np.array([-1], np.float32))
    nd.concat(x, y, dim=0)
    same(make_call(get("Concat"), never)(x, y, dim=0)._data, np.array([1, -2, 3, 4], np.float32))


@pytest.mark.parametrize(
    "wrong", [nd.array([1, 2], dtype="int32"), nd.array([[1.0]]), nd.ones((2, 2)).tostype("csr"), None, 3]
)
def test_other_arguments_take_the_general_way(wrong: Any) -> None:
    with pytest.raises(AssertionError, match="general way"):
        make_call(get("elemwise_mul"), never)(nd.array([1.0, 2.0]), wrong)


def test_errors_are_those_of_the_general_way() -> None:
    with pytest.raises(ShapeError, match="elemwise_add: the two arrays must have one shape"):
        nd.elemwise_add(nd.ones((2,)), nd.ones((3,)))
    with pytest.raises(DTypeError, match="dtype"):
        nd.ones((2,)) + nd.ones((2,), dtype="float64")
    with pytest.raises(NetwrightError, match=r"wrong number of inputs|missing"):
        nd.relu()


def test_numbers_that_compare_equal_are_kept_apart() -> None:
    x = nd.array([1.0, -1.0])
    for zero in (0.0, -0.0, 0, 0.0):
        wanted = np.array([float(zero), -float(zero)], np.float32)
        assert np.signbit((x * zero).asnumpy()).tolist() == np.signbit(wanted).tolist()
    assert nd.sum(nd.ones((2, 3)), axis=0).shape == (3,)
    with pytest.raises(NetwrightError):
        nd.sum(nd.ones((2, 3)), keepdims="perhaps")


def test_a_profiler_sees_every_call_and_only_while_it_runs() -> None:
    x = nd.ones((2,))
    assert watching.names["Taken"] is NDArray
    profiler.set_config(aggregate_stats=True)
    profiler.start()
    assert watching.names["Taken"] is None
    x + x, x * 2, nd.relu(x)
    profiler.stop()
    assert watching.names["Taken"] is NDArray
    x - x
    table = profiler.dumps(reset=True)
    assert all(name in table for name in ("broadcast_add", "_mul_scalar", "relu"))
    assert "broadcast_sub" not in table


def test_what_is_kept_is_recorded_as_it_was() -> None:
    """A variable that is marked anew, or let go, after it was used."""
    x, y = nd.array([2.0]), nd.array([5.0])
    x.attach_grad()
    with autograd.record():
        z = x * y
    first = x.grad
    x.attach_grad()
    z.backward()
    assert first is not None
    assert x.grad is not None
    assert (first.asscalar(), x.grad.asscalar()) == (5.0, 0.0)


def test_the_general_way_agrees_on_recorded_calls() -> None:
    """Second order too, with the profiler on (the general way) and off (the short way)."""
    answers = []
    for watched in (False, True):
        x, y = nd.array([0.5, 2.0]), nd.array([1.5, -1.0])
        x.attach_grad()
        if watched:
            profiler.start()
        with autograd.record():
            z = nd.exp(x * y) / (x + 1.0) - nd.maximum(x, y) ** 2.0 + x[0:2].reshape((2,))
            (first,) = autograd.grad(z, [x], create_graph=True)
        first.backward()
        profiler.stop()
        assert x.grad is not None
        answers.append([a.asnumpy() for a in (z, first, x.grad)])
    profiler.dumps(reset=True)
    for got, wanted in zip(*answers, strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_an_override_of_forward_drops_the_expression() -> None:
    from netwright.ops.operator import prepare

    class Twice(type(get("negative"))):  # type: ignore[misc]
        name = "twice"

        def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
            return xp.multiply(data, 2, out=out)

    prepare(Twice)
    assert not Twice.direct
    assert get("negative").direct
    assert issubclass(Twice, Operator)
