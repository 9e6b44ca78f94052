"""One suite for every operator: each reads the registry, so a new operator is tested unasked."""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np
import pytest
from tests.framework.grouped import each
from tests.framework.operator_cases import (
    CASES,
    DIFFERENTIABLE,
    Array,
    Case,
    arrays_on_tape,
    one_of_each,
    strided,
)
from tests.framework.references import REFERENCES, UNREFERENCED

from netwright import autograd, random
from netwright import symbol as sym
from netwright.errors import GraphError, NetwrightError
from netwright.ndarray.array import NDArray
from netwright.ndarray.invoke import invoke
from netwright.ops import all_operators
from netwright.ops.operator import Operator

TOLERANCE = {"float16": 4e-3, "float32": 2e-5, "float64": 1e-10}
STEP = 1e-6

every_operator = pytest.mark.parametrize("op", all_operators(), ids=lambda o: o.name)


def close(got: Array, wanted: Any, dtype: Any, scale: float = 1.0) -> None:
    """Equal within the rounding of the dtype; exactly equal for integers."""
    tolerance = TOLERANCE.get(np.dtype(dtype).name, 0.0) * scale
    np.testing.assert_allclose(
        got.astype(np.float64), np.asarray(wanted, dtype=np.float64), rtol=tolerance, atol=tolerance
    )


# ------------------------------------------------------------------------------------------------------- definitions
@every_operator
def test_operator_is_documented_and_sampled(op: Operator) -> None:
    assert op.summary.endswith((".", ":", "…")), "the docstring's first line is the summary people read"
    assert list(op.samples()), "samples() gives the cases of these tests"
    for name, field in op.Params.model_fields.items():
        assert field.description, f"parameter {name} is not described"


@every_operator
def test_operator_has_a_reference_or_a_reason(op: Operator) -> None:
    if op.name in UNREFERENCED:
        assert UNREFERENCED[op.name].strip()
        assert op.name not in REFERENCES
    else:
        assert op.name in REFERENCES, "write REFERENCES[…] in tests/framework/references/"


def test_references_belong_to_operators() -> None:
    known = {op.name for op in all_operators()}
    assert sorted((REFERENCES.keys() | UNREFERENCED.keys()) - known) == []


# ------------------------------------------------------------------------------------------------------- forward
def expected(case: Case, arrays: list[Array]) -> tuple[Any, ...] | None:
    """The reference's answer on the same (rounded) values in float64."""
    reference = REFERENCES.get(case.op.name)
    if reference is None:
        return None
    exact = [a.astype(np.float64) if a.dtype.kind == "f" else a for a in arrays]
    more = {"train": case.sample.train} if "train" in inspect.signature(reference).parameters else {}
    with np.errstate(all="ignore"):
        answer = reference(case.filled, *exact, **more)
    return answer if isinstance(answer, tuple) else (answer,)


@each(CASES)
def test_forward(case: Case) -> None:
    """The result agrees with the reference and with inference, inputs stay as they were, no memory is shared."""
    arrays = case.arrays()
    before = [a.copy() for a in arrays]
    outputs = case.forward(*arrays)
    for a, b in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(a, b, err_msg="forward changed an input")
    inferred = case.op.infer(case.p, case.specs())
    if case.op.dynamic:
        assert inferred == (), "a dynamic operator's shapes cannot be inferred"
    else:
        assert [(o.shape, o.dtype) for o in outputs] == [(s.shape, s.dtype) for s in inferred]
    if not case.op.view:
        assert not any(np.shares_memory(o, a) for o in outputs for a in arrays), "an output is an input's memory"
    wanted = expected(case, before)
    if wanted is None:
        return
    for got, want in zip(outputs, wanted, strict=False):
        assert got.shape == np.shape(want)
        close(got, np.asarray(want).astype(got.dtype) if got.dtype.kind != "f" else want, got.dtype)


@each(CASES)
def test_forward_of_strided_inputs(case: Case) -> None:
    """Inputs that are not contiguous give the same."""
    arrays = case.arrays()
    for got, want in zip(case.forward(*map(strided, arrays)), case.forward(*arrays), strict=True):
        assert got.shape == want.shape
        assert got.dtype == want.dtype
        close(got, want, want.dtype)


@each(c for c in CASES if "out" in c.op.forward_takes)
def test_forward_writes_to_out(case: Case) -> None:
    """``out`` is written to and returned, also where it is the memory of an input that the operator declares."""
    arrays = case.arrays()
    every = case.forward(*arrays)
    wanted = every[0]
    targets = tuple(np.ones_like(w) for w in every)
    results = case.forward(*arrays, out=targets if len(targets) > 1 else targets[0])
    for result, target, want in zip(results, targets, every, strict=True):
        assert result is target
        np.testing.assert_array_equal(target, want)
    for i in case.op.inplace:
        inputs = case.arrays()
        if inputs[i].shape == wanted.shape and inputs[i].dtype == wanted.dtype:
            others = tuple(np.ones_like(w) for w in every[1:])
            case.forward(*inputs, out=(inputs[i], *others) if others else inputs[i])
            np.testing.assert_array_equal(inputs[i], wanted, err_msg=f"in the memory of input {i}")


@pytest.mark.parametrize("case", one_of_each(CASES), ids=lambda c: c.id)
def test_wrong_number_of_inputs_is_refused(case: Case) -> None:
    with pytest.raises(NetwrightError, match="number of inputs"):
        case.op.infer(case.p, (*case.specs(), *case.specs()[:1], *case.specs()[:1]) or case.specs() * 2 or (SPEC,))


SPEC = CASES[0].specs()[0]


# ------------------------------------------------------------------------------------------------------- gradients
def heads(case: Case, outputs: list[NDArray], rng: np.random.Generator) -> list[Array]:
    """Random weights of the outputs, in their dtype."""
    return [rng.standard_normal(o.shape).astype(o.dtype) for o in outputs]


def run(case: Case, inputs: list[NDArray]) -> list[NDArray]:
    """The operator on NDArrays, by the way of every user's call."""
    random.seed(case.seed)
    result = invoke(case.op, case.p, tuple(inputs))
    return result if isinstance(result, list) else [result]


def weighted(case: Case, arrays: list[Array], weights: list[Array]) -> float:
    """Σ weight · output, on plain arrays."""
    outputs = case.visible(*[a.copy() for a in arrays])
    return sum(float(np.sum(o * w)) for o, w in zip(outputs, weights, strict=True) if o.dtype.kind == "f")


def eager_gradients(
    case: Case, arrays: list[Array], wanted: list[int], request: str = "write", passes: int = 1
) -> tuple[list[NDArray], list[Array]]:
    """(the inputs with their gradients, the weights of the heads)."""
    inputs = arrays_on_tape(arrays, wanted, request)
    rng = np.random.default_rng(case.seed + 1)
    weights: list[Array] = []
    for _ in range(passes):
        with autograd.record(train_mode=case.sample.train):
            outputs = run(case, inputs)
        weights = weights or heads(case, outputs, rng)
        pairs = [(o, NDArray(w)) for o, w in zip(outputs, weights, strict=True) if o._entry is not None]
        autograd.backward([o for o, _ in pairs], [w for _, w in pairs], train_mode=case.sample.train)
    return inputs, weights


def moved(arrays: list[Array], i: int, direction: Array, step: float) -> list[Array]:
    return [a + step * direction if j == i else a for j, a in enumerate(arrays)]


@each(DIFFERENTIABLE)
def test_gradient(case: Case) -> None:
    """Each input's gradient has its shape and dtype, and is the slope along a random direction."""
    arrays = case.arrays()
    wanted = case.differentiable_inputs()
    assert wanted, "a differentiable sample needs an input to differentiate by"
    inputs, weights = eager_gradients(case, arrays, wanted)
    rng = np.random.default_rng(case.seed + 2)
    for i in wanted:
        gradient = inputs[i].grad
        assert gradient is not None
        raw = found_gradient(case, arrays, wanted, i)
        if raw is not None:
            assert raw.shape == arrays[i].shape
            assert raw.dtype == arrays[i].dtype
        direction = rng.standard_normal(arrays[i].shape)
        slope = (
            weighted(case, moved(arrays, i, direction, STEP), weights)
            - weighted(case, moved(arrays, i, direction, -STEP), weights)
        ) / (2 * STEP)
        got = float(np.sum(gradient.asnumpy() * direction))
        scale = max(1.0, abs(slope), float(np.abs(gradient.asnumpy()).sum()) * 1e-2)
        assert abs(got - slope) <= 2e-6 * scale, f"input {i}: gradient says {got}, the slope is {slope}"


def found_gradient(case: Case, arrays: list[Array], wanted: list[int], i: int) -> Array | None:
    """The gradient as the operator itself gives it: copied into a gradient array its shape and dtype would not show."""
    inputs = arrays_on_tape(arrays, wanted)
    with autograd.record(train_mode=case.sample.train):
        outputs = [o for o in run(case, inputs) if o._entry is not None]
    entry = outputs[0]._entry
    assert entry is not None
    from netwright.ndarray.invoke import F

    ones: list[NDArray | None] = [None] * len(entry[0].outputs)
    for o in outputs:
        assert o._entry is not None
        ones[o._entry[1]] = NDArray(np.ones(o.shape, o.dtype))
    found = entry[0].pull(ones, F)[i]
    return None if found is None else found.asnumpy()


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("case", one_of_each(DIFFERENTIABLE), ids=lambda c: c.op.name)
def test_gradient_keeps_the_dtype(case: Case, dtype: str) -> None:
    """Gradients of float16 and float32 inputs are float16 and float32, and agree with float64's."""
    lower = Case(case.op, case.number, case.sample, dtype)
    arrays = lower.arrays()
    if dtype == "float16" and "float16" not in {c.dtype for c in CASES if c.op is case.op}:
        pytest.skip("the operator does not name float16 in its samples")
    wanted = [i for i in lower.differentiable_inputs() if arrays[i].dtype == dtype]
    exact_inputs, _weights = eager_gradients(case, [a.astype("f8") if a.dtype == dtype else a for a in arrays], wanted)
    for i in wanted:
        raw = found_gradient(lower, arrays, wanted, i)
        assert raw is None or raw.dtype == arrays[i].dtype
    if "rng" in case.op.forward_takes:
        return  # each dtype draws its own numbers
    inputs, _ = eager_gradients(lower, arrays, wanted)
    for i in wanted:
        got, want = inputs[i].grad, exact_inputs[i].grad
        assert got is not None
        assert want is not None
        scale = 1.0 + float(np.abs(want.asnumpy()).max(initial=0.0))
        close(got.asnumpy(), want.asnumpy(), dtype, scale=20 * scale)


@each(c for c in DIFFERENTIABLE if c.sample.second)
def test_second_order(case: Case) -> None:
    """The gradient's own gradient is its slope: Σ gradient · v, differentiated once more along u."""
    arrays = case.arrays()
    wanted = case.differentiable_inputs()
    rng = np.random.default_rng(case.seed + 3)
    towards = {i: rng.standard_normal(arrays[i].shape) for i in wanted}
    weights: list[Array] = []

    def first(values: list[Array]) -> tuple[list[NDArray], NDArray]:
        inputs = arrays_on_tape(values, wanted)
        with autograd.record(train_mode=case.sample.train):
            outputs = run(case, inputs)
            if not weights:
                weights.extend(heads(case, outputs, rng))
            pairs = [(o, NDArray(w)) for o, w in zip(outputs, weights, strict=True) if o._entry is not None]
            found = autograd.grad(
                [o for o, _ in pairs],
                [inputs[i] for i in wanted],
                [w for _, w in pairs],
                create_graph=True,
                train_mode=case.sample.train,
            )
            total = None
            for g, i in zip(found, wanted, strict=True):
                part = (g * NDArray(towards[i])).sum()
                total = part if total is None else total + part
        assert total is not None
        return inputs, total

    inputs, total = first(arrays)
    if total._entry is not None:
        total.backward(train_mode=case.sample.train)
    for i in wanted:
        direction = rng.standard_normal(arrays[i].shape)
        slope = (
            first(moved(arrays, i, direction, STEP))[1].asscalar()
            - first(moved(arrays, i, direction, -STEP))[1].asscalar()
        ) / (2 * STEP)
        gradient = inputs[i].grad
        assert gradient is not None
        got = float(np.sum(gradient.asnumpy() * direction))
        scale = max(1.0, abs(slope), float(np.abs(gradient.asnumpy()).sum()) * 1e-2)
        assert abs(got - slope) <= 5e-6 * scale, f"input {i}: second order says {got}, the slope is {slope}"


@pytest.mark.parametrize("case", one_of_each(DIFFERENTIABLE), ids=lambda c: c.op.name)
def test_gradient_requests(case: Case) -> None:
    """``write`` replaces, ``add`` adds up, ``null`` gives none."""
    arrays, wanted = case.arrays(), case.differentiable_inputs()
    once, _ = eager_gradients(case, arrays, wanted, "write", passes=2)
    twice, _ = eager_gradients(case, arrays, wanted, "add", passes=2)
    for i in wanted:
        single, double = once[i].grad, twice[i].grad
        assert single is not None
        assert double is not None
        np.testing.assert_allclose(double.asnumpy(), 2 * single.asnumpy(), rtol=1e-12, atol=1e-12)
    if len(wanted) > 1:
        inputs = arrays_on_tape(arrays, wanted[1:])
        inputs[wanted[0]].attach_grad("null")
        assert inputs[wanted[0]].grad is None


# ------------------------------------------------------------------------------------------------------- symbols
def as_symbol(case: Case) -> tuple[Any, list[str]]:
    names = [f"in{i}" for i in range(len(case.arrays()))]
    variables = tuple(sym.Variable(n) for n in names)
    from netwright.symbol.compose import apply

    return apply(case.op.name, variables, dict(case.sample.params)), names


@pytest.mark.parametrize("case", one_of_each([c for c in CASES if c.op.dynamic]), ids=lambda c: c.id)
def test_symbol_refuses_shapes_that_depend_on_values(case: Case) -> None:
    composed, names = as_symbol(case)
    executor = composed.bind(args={n: NDArray(a) for n, a in zip(names, case.arrays(), strict=True)})
    with pytest.raises(GraphError, match="cannot be planned"):
        executor.forward()


@each(c for c in CASES if c.sample.draws() and c.dtype == c.sample.dtypes[-1] and not c.op.dynamic)
def test_symbol_equals_eager(case: Case) -> None:
    """A bound symbol gives the eager outputs and, where there are gradients, the eager gradients."""
    arrays = case.arrays()
    checked = case in DIFFERENTIABLE
    wanted = case.differentiable_inputs() if checked else []
    composed, names = as_symbol(case)
    states = set(case.op.state_ports(case.p))
    bound = {n: NDArray(a.copy()) for n, a in zip(names, arrays, strict=True)}
    given = {names[i]: NDArray(np.zeros_like(arrays[i])) for i in wanted}
    executor = composed.bind(
        args={n: a for i, (n, a) in enumerate(bound.items()) if i not in states},
        args_grad=given,
        grad_req={n: "write" if n in given else "null" for n in names},
        aux_states={n: a for i, (n, a) in enumerate(bound.items()) if i in states},
    )
    random.seed(case.seed)
    outputs = executor.forward(is_train=case.sample.train)
    with autograd.train_mode() if case.sample.train else autograd.predict_mode():
        eager = run(case, [NDArray(a.copy()) for a in arrays])
    for got, want in zip(outputs, eager, strict=True):
        assert got.shape == want.shape
        assert got.dtype == want.dtype
        close(got.asnumpy(), want.asnumpy(), want.dtype)
    if not wanted or not case.sample.train:
        return
    inputs, weights = eager_gradients(case, arrays, wanted)
    executor.backward([NDArray(w) for w in weights])
    for i in wanted:
        want_gradient = inputs[i].grad
        assert want_gradient is not None
        close(given[names[i]].asnumpy(), want_gradient.asnumpy(), "float64", scale=1.0 + math.sqrt(arrays[i].size))
