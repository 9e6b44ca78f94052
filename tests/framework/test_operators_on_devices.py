"""Every operator on another device gives what it gives on cpu(0): on a GPU where there is one, on cpu(1) always.

What CuPy cannot do is found without one too: operators may ask the array module only for names that CuPy has.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.framework.operator_cases import CASES, DIFFERENTIABLE, Case, one_of_each
from tests.framework.test_operators import close

import netwright
from netwright import autograd, random
from netwright.device import Device, cpu, gpu
from netwright.ndarray.array import NDArray
from netwright.ndarray.invoke import invoke
from netwright.ops import all_operators
from netwright.ops.operator import Operator

OPERATORS = Path(netwright.__file__).parent / "ops"
CUPY = json.loads((Path(__file__).parent / "data" / "cupy-names.json").read_text())


def compute(case: Case, device: Device) -> tuple[list[NDArray], list[NDArray]]:
    """(outputs, gradients of the floating-point inputs) on that device, with the same head gradients everywhere."""
    inputs = [NDArray(a).as_in_context(device) for a in case.arrays()]
    wanted = case.differentiable_inputs() if case in DIFFERENTIABLE else []
    for i in wanted:
        inputs[i].attach_grad()
    random.seed(case.seed, device)
    with device, autograd.record(train_mode=case.sample.train):
        found = invoke(case.op, case.p, tuple(inputs))
        outputs = found if isinstance(found, list) else [found]
    rng = np.random.default_rng(case.seed)
    heads = [NDArray(rng.standard_normal(o.shape).astype(o.dtype)).as_in_context(device) for o in outputs]
    pairs = [(o, h) for o, h in zip(outputs, heads, strict=True) if o._entry is not None]
    if pairs:
        autograd.backward([o for o, _ in pairs], [h for _, h in pairs], train_mode=case.sample.train)
    gradients = [inputs[i].grad for i in wanted]
    assert None not in gradients
    return outputs, gradients  # type: ignore[return-value]


def compare(case: Case, device: Device) -> None:
    """Values, shapes and dtypes as on cpu(0), and all of it lies where it was computed."""
    if not case.sample.draws():
        return  # made from nothing: the device is an argument, see test_ndarray.py
    for here, there in zip(compute(case, cpu()), compute(case, device), strict=True):
        for want, got in zip(here, there, strict=True):
            assert got.context == device
            assert (got.shape, got.dtype) == (want.shape, want.dtype)
            if "rng" not in case.op.forward_takes:  # each kind of device draws its own numbers
                host = want.asnumpy()
                size = max(1.0, float(np.abs(host).max(initial=0.0))) if host.dtype.kind == "f" else 1.0
                close(got.asnumpy(), host, host.dtype, scale=10 * size)


@pytest.mark.gpu
@pytest.mark.parametrize("op", all_operators(), ids=lambda o: o.name)
def test_gpu_gives_what_the_cpu_gives(op: Operator) -> None:
    for case in CASES:
        if case.op is op:
            compare(case, gpu(0))


@pytest.mark.parametrize("case", one_of_each([c for c in CASES if c.dtype == "float64"]), ids=lambda c: c.op.name)
def test_results_lie_where_the_inputs_lie(case: Case) -> None:
    compare(case, cpu(1))


def asked_of_the_module(source: str) -> Iterator[tuple[str, str]]:
    """(space, name) of what a module's functions ask of ``xp``: ``xp.sum``, ``xp.linalg.qr``, ``special(xp).erf``."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Attribute):
            continue
        at = node.value
        if isinstance(at, ast.Name) and at.id == "xp":
            yield "xp", node.attr
        elif isinstance(at, ast.Attribute) and isinstance(at.value, ast.Name) and at.value.id == "xp":
            yield at.attr, node.attr
        elif isinstance(at, ast.Call) and ast.unparse(at) == "special(xp)":
            yield "special", node.attr


@pytest.mark.parametrize("path", sorted(OPERATORS.glob("*.py")), ids=lambda p: p.stem)
def test_operators_ask_only_for_what_cupy_has(path: Path) -> None:
    spaces = {"linalg", "fft", "lib"}
    missing = [
        f"{space}.{name}"
        for space, name in asked_of_the_module(path.read_text())
        if (space in CUPY and name not in CUPY[space]) and not (space == "xp" and name in spaces)
    ]
    assert missing == []


def test_the_reader_of_sources_sees_what_is_asked() -> None:
    found = set(asked_of_the_module("def f(xp):\n    return xp.sum(xp.linalg.qr(special(xp).erf(1)))\n"))
    assert {("xp", "sum"), ("linalg", "qr"), ("special", "erf")} <= found
    assert "errstate" not in CUPY["xp"], "NumPy has it, CuPy does not"


ON_THE_HOST = {
    "boxes": "one box after the other, each against those kept before it",
    "deformable": "where the taps of a kernel lie, which only its size says",
    "deformable_psroi": "which part each bin belongs to, which only the parameters say",
    "multibox": "anchors, which only the parameters say, and matching one object after the other",
    "psroi": "which part and group each bin belongs to, which only the parameters say",
    "proposal": "anchors, and one box after the other against those kept before it",
    "regions": "places and shares of the samples of a bin",
    "storage_checks": "checks of a sparse array's structure",
    "image": "constants of a few numbers, handed to the array module",
    "image_jitter": "a colour matrix and an order drawn for the whole image",
    "exponential": "logarithms of constants",
    "norm": "the number of elements",
    "pools": "how many elements each window holds",
    "reduce": "where the rows of a small array begin, for the short way on the host",
    "resampling": "places and weights of a resizing, kept for the next",
    "resize": "the matrix of a resizing, kept for the next",
    "scattering": "float16, which GPUs cannot add to at indices, and rows on the host",
    "slicing": "whether a part has axes left, which only shapes say",
    "sort": "a stable order, which only NumPy must be asked for by name",
    "spectrum": "a logarithm for the cost",
    "storage": "lengths of rows where the arrays are NumPy's",
    "totals": "rows of ones, for the short way on the host",
    "zipfian": "draws until enough are distinct, one after the other",
}
"""Modules that ask NumPy itself for work, and what that is."""
TYPES = {"dtype", "generic", "ndarray", "inf", "iinfo", "finfo", "promote_types", "linalg", "intp", "bool_"}
TYPES |= {f"{kind}{bits}" for kind in ("float", "int", "uint") for bits in (8, 16, 32, 64)}
WARNINGS = {"errstate"}
"""Says how NumPy warns; CuPy never does."""


def numpy_work(source: str) -> set[str]:
    """What a module asks NumPy for besides types and silence."""
    return (
        {
            node.attr
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "np"
        }
        - TYPES
        - WARNINGS
    )


@pytest.mark.parametrize("path", sorted(OPERATORS.glob("*.py")), ids=lambda p: p.stem)
def test_numpy_itself_is_asked_only_with_a_reason(path: Path) -> None:
    """Arrays may be CuPy's: what works on them goes through ``xp``."""
    assert bool(numpy_work(path.read_text())) == (path.stem in ON_THE_HOST)
