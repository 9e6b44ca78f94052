"""Native elementwise functions beside float64: how many units in the last place they are off, over all of float32."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netwright as mx
from netwright import sym
from netwright.kernels.cpu import warm
from netwright.kernels.cpu.functions import ACCURACY
from netwright.ops.operator import TensorSpec
from netwright.scheduler import Compiled, Strategy
from netwright.scheduler.fused import Fused
from netwright.scheduler.program import Program

Array = np.ndarray

ROUNDED = 0.501
"""What the processor rounds correctly, but for the float64 it is compared with."""

FUNCTIONS: dict[str, tuple[Callable[..., Any], Callable[[Array], Array], float]] = {
    "exp": (sym.exp, np.exp, ACCURACY["exp"]),
    "expm1": (sym.expm1, np.expm1, ACCURACY["expm1"]),
    "log": (sym.log, np.log, ACCURACY["log"]),
    "log1p": (sym.log1p, np.log1p, ACCURACY["log1p"]),
    "tanh": (sym.tanh, np.tanh, ACCURACY["tanh"]),
    "sigmoid": (sym.sigmoid, lambda x: np.exp(-np.logaddexp(0, -x)), ACCURACY["sigmoid"]),
    "softplus": (lambda x: sym.Activation(x, act_type="softrelu"), lambda x: np.logaddexp(0, x), ACCURACY["softplus"]),
    "erf": (sym.erf, np.vectorize(math.erf), ACCURACY["erf"]),
    "sqrt": (sym.sqrt, np.sqrt, ROUNDED),
    "rsqrt": (sym.rsqrt, lambda x: 1 / np.sqrt(x), 1.5),
    "reciprocal": (sym.reciprocal, lambda x: 1 / x, ROUNDED),
    "square": (sym.square, np.square, ROUNDED),
}
PAIRS: dict[str, tuple[Callable[..., Any], Callable[[Array, Array], Array], float]] = {
    "power": (sym.broadcast_power, np.power, ACCURACY["power"]),
    "hypot": (sym.broadcast_hypot, np.hypot, ACCURACY["hypot"]),
    "divide": (sym.broadcast_div, np.divide, ROUNDED),
}
SPECIAL = np.array(
    [0.0, -0.0, np.inf, -np.inf, np.nan, 1, -1, 2, -2, 0.5, -0.5, 3, -3, 1e-45, -1e-45, 1.1754944e-38, 3e38, -3e38],
    np.float32,
)


@pytest.fixture(scope="module", autouse=True)
def ready() -> None:
    assert warm() == []


def numbers() -> Array:
    """Numbers of every sign and exponent, denormal ones too, infinities and NaNs; and where functions bend."""
    every = np.arange(0, 2**32, 65521, dtype=np.uint64).astype(np.uint32).view(np.float32)
    return np.concatenate([every, SPECIAL, np.linspace(-110, 110, 40001, dtype=np.float32)])


def native(make: Callable[..., Any], *arrays: Array) -> Array:
    """The operator's result from its kernel."""
    names = ["x", "y"][: len(arrays)]
    known = {name: TensorSpec(a.shape, a.dtype) for name, a in zip(names, arrays, strict=True)}
    symbol = make(*map(sym.Variable, names))
    compiled = Compiled(symbol, known, train=False, device=mx.cpu(), strategy=Strategy(threads=1))
    assert compiled.native is not None
    prepared = compiled.native.prepared(compiled.plan)
    assert all(prepared.runs(node) != "call" for node in compiled.plan.steps)
    program = compiled.acquire()
    program.forward(dict(zip(names, arrays, strict=True)))
    return np.array(program.take(compiled.outputs)[0])


def units_off(found: Array, wanted: Array) -> Array:
    """Errors in units in the last place of the wanted number; infinite where NaN, infinity or overflow differ."""
    with np.errstate(all="ignore"):
        rounded = wanted.astype(np.float32)
        finite = np.isfinite(rounded) & np.isfinite(found)
        off = np.abs(found.astype(np.float64) - wanted) / np.spacing(np.abs(rounded)).astype(np.float64)
        same = (found == rounded) | (np.isnan(found) & np.isnan(rounded))
    return np.where(finite, off, np.where(same, 0.0, np.inf))


def holds(name: str, found: Array, wanted: Array, bound: float, *arguments: Array) -> None:
    off = units_off(found, wanted)
    worst = int(np.argmax(off))
    at = ", ".join(repr(a[worst]) for a in arguments)
    assert off[worst] <= bound, f"{name}({at}) is {found[worst]!r}, not {wanted[worst]!r}: {off[worst]:.2f} units off"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_one_number(name: str) -> None:
    make, reference, bound = FUNCTIONS[name]
    x = numbers()
    with np.errstate(all="ignore"):
        found, wanted = native(make, x), reference(x.astype(np.float64))
    holds(name, found, wanted, bound, x)
    zeros = wanted == 0
    np.testing.assert_array_equal(np.signbit(found[zeros]), np.signbit(wanted[zeros]))


@pytest.mark.parametrize("name", PAIRS)
def test_functions_of_two_numbers(name: str) -> None:
    make, reference, bound = PAIRS[name]
    rng = np.random.default_rng(0)
    every = numbers()
    one, other = np.meshgrid(SPECIAL, SPECIAL)
    x = np.concatenate([np.exp(rng.uniform(-20, 20, 40000)).astype(np.float32), one.ravel(), rng.permutation(every)])
    y = np.concatenate([rng.uniform(-8, 8, 40000).astype(np.float32), other.ravel(), rng.permutation(every)])
    with np.errstate(all="ignore"):
        holds(name, native(make, x, y), reference(x.astype(np.float64), y.astype(np.float64)), bound, x, y)


BLOCKS = st.lists(st.floats(width=32), min_size=1, max_size=40)


@pytest.mark.parametrize("name", ["exp", "log", "tanh", "sigmoid", "erf"])
@settings(max_examples=15, deadline=None)
@given(drawn=BLOCKS)
def test_any_numbers_in_any_count(name: str, drawn: list[float]) -> None:
    make, reference, bound = FUNCTIONS[name]
    x = np.array(drawn, np.float32)
    with np.errstate(all="ignore"):
        holds(name, native(make, x), reference(x.astype(np.float64)), bound, x)


def test_units_are_counted() -> None:
    wanted = np.array([1.0, 1.0, 1e-45, np.inf, np.nan, 1.0, 1e39])
    found = np.array([1.0, 1 + 2**-22, 0.0, 3e38, 0.0, np.nan, np.inf], np.float32)
    np.testing.assert_allclose(units_off(found, wanted), [0, 2, 0.71, np.inf, np.inf, np.inf, 0], atol=0.01)


@pytest.mark.parametrize("threads", [1, 3])
def test_a_group_is_written_over_an_input_that_is_read_at_one_place(threads: int) -> None:
    """Its result lies over what the first call gave, in blocks of many and with what is repeated beside it."""
    x, row = sym.Variable("data"), sym.Variable("row_weight")
    y = sym.FullyConnected(x, num_hidden=300, no_bias=True, name="fc")
    net = sym.FullyConnected(sym.broadcast_mul(sym.tanh(y) + y * 0.5, row), num_hidden=3, no_bias=True, name="last")
    known = {"data": TensorSpec((16, 8), np.dtype("f4")), "row_weight": TensorSpec((1, 300), np.dtype("f4"))}
    compiled = Compiled(net, known, train=False, device=mx.cpu(), strategy=Strategy(threads=threads))
    (group,) = (node for node in compiled.plan.steps if isinstance(node.op, Fused))
    names = [group.inputs[i].name for i in group.op.inplace]
    assert names == ["fc_output"], "the row is read once for every sample"
    assert compiled.plan.tensors[group.outputs[0]].base is group.inputs[group.op.inplace[0]]
    rng = np.random.default_rng(1)
    feeds = {n: rng.normal(size=v.shape).astype(v.dtype) for n, v in compiled.plan.graph.inputs.items()}
    results = []
    for program in (compiled.acquire(), Program(compiled.plan)):
        program.forward(feeds)
        results.append(np.array(program.take(compiled.outputs)[0]))
    np.testing.assert_allclose(results[0], results[1], rtol=1e-5, atol=1e-5)
