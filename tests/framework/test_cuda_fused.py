"""Kernels for fused groups: what they are made of, that they compile, and what they compute, without a device."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.framework.cuda_host import COMPILER, Host
from tests.framework.operator_cases import CASES, Case

from netwright.errors import NetwrightError
from netwright.kernels.cuda import nvrtc
from netwright.kernels.cuda.fused import FusedKernel, collapse, fuse
from netwright.kernels.cuda.sources import common
from netwright.kernels.cuda.trace import Untraceable
from netwright.kernels.groups import Call
from netwright.ops import all_operators, get
from netwright.ops.broadcast import Broadcast, SameShape
from netwright.ops.elementwise import Elementwise
from netwright.ops.operator import TensorSpec
from netwright.ops.scalar import WithScalar

needs_nvrtc = pytest.mark.skipif(bool(nvrtc.why_not()), reason=nvrtc.why_not() or "NVRTC is there")
needs_compiler = pytest.mark.skipif(not COMPILER, reason="there is no C++ compiler")

NOT_FUSED = {
    "_round_bfloat16": "it looks at bits",
    "_polygamma": "its series is no function of the kernels'",
}
"""Elementwise operators that no kernel is generated for, and why."""
WHOLE = {"broadcast_add", "gelu", "where", "Cast", "round", "adam_update", "broadcast_mod", "_softrelu"}
"""Operators whose kernels are tested in all dtypes and patterns of broadcasting."""
TOLERANCE = {"float16": 4e-3, "float32": 3e-6, "float64": 1e-13}


def call(name: str, *operands: int, **params: Any) -> Call:
    op = get(name)
    return Call(op, op.make_params(params), operands)


def spec(*shape: int, dtype: str = "float32") -> TensorSpec:
    return TensorSpec(shape, np.dtype(dtype))


def bodies(kernel: FusedKernel) -> str:
    """The kernel's own text, without what all begin with."""
    return kernel.source.removeprefix(common())


# ---------------------------------------------------------------- every elementwise operator
def kernel_of(case: Case) -> FusedKernel | None:
    """The kernel of one call; None where it is none of elements."""
    specs = case.specs()
    outputs = range(len(specs), len(specs) + len(case.op.output_names(case.p)))
    try:
        return fuse([Call(case.op, case.p, tuple(range(len(specs))), case.sample.train)], specs, outputs)
    except Untraceable:
        return None


def generated() -> tuple[list[tuple[Case, FusedKernel]], set[str]]:
    """(cases, names of all operators that have a kernel).

    Many operators make one kernel: elemwise_add is broadcast_add of one shape. For the tests' time one float32 kernel
    of each operator and choice of its parameters is kept, and of some operators those of other dtypes and of all
    patterns of broadcasting.
    """
    found: dict[str, tuple[Case, FusedKernel]] = {}
    names, seen = set(), set()
    for case in CASES:
        if case.op.view or case.op.dynamic or not case.sample.draws():
            continue
        whole = case.op.name in WHOLE
        kind = (case.op.name, case.sample.params.get("act_type"), case.dtype)
        if not whole and (kind in seen or case.dtype != "float32"):
            continue
        kernel = kernel_of(case)
        if kernel is not None and kernel.count:
            found.setdefault(kernel.name, (case, kernel))
            names.add(case.op.name)
            seen.add(kind)
    return list(found.values()), names


GENERATED, NAMES = generated()


def test_there_is_a_kernel_for_every_operator_of_elements() -> None:
    wanted = {o.name for o in all_operators() if isinstance(o, (Elementwise, Broadcast, SameShape, WithScalar))}
    assert wanted - NAMES == set(NOT_FUSED)
    assert {"where", "add_n", "LeakyReLU", "Cast"} <= NAMES


@needs_nvrtc
def test_they_compile() -> None:
    source = common() + "".join(bodies(kernel) for _, kernel in GENERATED)
    assert nvrtc.compile_for(source, ("compute_90",))["compute_90"] > 0


@needs_nvrtc
def test_machine_code_is_made_for_two_architectures() -> None:
    found = nvrtc.compile_for(common() + "".join(map(bodies, (CHAIN, DEEP, *FLAT.values()))))
    assert set(found) == {"sm_80", "sm_90"}
    assert min(found.values()) > 0


@needs_nvrtc
def test_what_does_not_compile_is_told() -> None:
    with pytest.raises(NetwrightError, match=r"sm_80.*nothing_of_that_name"):
        nvrtc.compile_for('extern "C" __global__ void f() { nothing_of_that_name(); }')


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Host:
    return Host(tmp_path_factory.mktemp("kernels"), common(), [bodies(k) for _, k in GENERATED])


def run(host: Host, kernel: FusedKernel, arrays: list[Any], outputs: list[Any], name: str, threads: int = 1) -> None:
    host.run(name, [*map(np.ascontiguousarray, arrays), *outputs, *kernel.arguments()], threads=threads)


@needs_compiler
def test_they_compute_what_the_operators_do(host: Host) -> None:
    wrong = []
    for case, kernel in GENERATED:
        with np.errstate(all="ignore"):
            expected = case.forward(*case.arrays())
        for name in filter(None, (kernel.name, kernel.wide)):
            outputs = [np.full_like(e, 7) for e in expected]
            run(host, kernel, case.arrays(), outputs, name)
            for want, got in zip(expected, outputs, strict=True):
                near = TOLERANCE.get(want.dtype.name, 0)
                if not np.allclose(got, want, rtol=near, atol=near, equal_nan=True):
                    wrong.append((case.id, name, want.ravel()[:4], got.ravel()[:4]))
    assert not wrong


# ---------------------------------------------------------------- groups
def chain() -> list[Call]:
    """gelu(x + b) · mask, and its sum with x: two outputs, one broadcast input."""
    return [
        call("broadcast_add", 0, 1),
        call("gelu", 3),
        call("elemwise_mul", 4, 2),
        call("elemwise_add", 5, 0),
    ]


CHAIN = fuse(chain(), [spec(6, 40), spec(40), spec(6, 40)], [5, 6])
FLAT = {
    kind: fuse([call("tanh", 0), call("elemwise_mul", 2, 1)], [spec(7, 9)] * 2, [3], [kind] * 3)
    for kind in ("float32", "bfloat16", "float16")
}
DEEP = fuse([call("broadcast_mul", 0, 1), call("broadcast_add", 3, 2)], [spec(2, 3, 4, 5), spec(3, 1, 1), spec(5)], [4])


@pytest.fixture(scope="module")
def groups(tmp_path_factory: pytest.TempPathFactory) -> Host:
    return Host(tmp_path_factory.mktemp("groups"), common(), [bodies(k) for k in (CHAIN, DEEP, *FLAT.values())])


def test_a_group_reads_each_input_once_and_keeps_the_rest_in_registers() -> None:
    text = bodies(CHAIN)
    assert [text.count(f"nw_load(a{i}[") for i in range(3)] == [1, 1, 1]
    assert text.count("] = ") == 2
    assert not CHAIN.wide, "an input is broadcast"
    assert CHAIN.sizes == (6, 40)


def test_what_no_output_needs_is_not_computed() -> None:
    kernel = fuse([call("exp", 0), call("tanh", 1)], [spec(3), spec(3)], [3])
    assert "nw_exp" not in bodies(kernel)
    assert "a0[" not in bodies(kernel)


@needs_compiler
@pytest.mark.parametrize("threads", [1, 8])
def test_a_group_computes_what_its_calls_do(groups: Host, threads: int) -> None:
    rng = np.random.default_rng(1)
    x, b, mask = (rng.standard_normal(s).astype("float32") for s in ((6, 40), (40,), (6, 40)))
    inner = get("gelu").forward(np, None, x + b) * mask  # type: ignore[attr-defined]
    outputs = [np.zeros_like(x), np.zeros_like(x)]
    run(groups, CHAIN, [x, b, mask], outputs, CHAIN.name, threads)
    np.testing.assert_allclose(outputs[0], inner, rtol=2e-6, atol=1e-6)
    np.testing.assert_allclose(outputs[1], inner + x, rtol=2e-6, atol=1e-6)


@needs_compiler
def test_axes_are_broadcast_wherever_they_lie(groups: Host) -> None:
    rng = np.random.default_rng(2)
    x, scale, shift = (rng.standard_normal(s).astype("float32") for s in ((2, 3, 4, 5), (3, 1, 1), (5,)))
    out = np.zeros_like(x)
    run(groups, DEEP, [x, scale, shift], [out], DEEP.name)
    np.testing.assert_allclose(out, x * scale + shift, rtol=1e-6)


@needs_compiler
@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("kind", FLAT)
def test_narrow_types_are_rounded_once(groups: Host, kind: str, wide: bool) -> None:
    """63 elements: the last do not fill a pack. What is stored is float32's result, rounded."""
    kernel = FLAT[kind]
    rng = np.random.default_rng(3)
    single = [rng.standard_normal((7, 9)).astype("float32") for _ in range(2)]
    stored = [narrow(a, kind) for a in single]
    out = np.zeros_like(stored[0])
    assert kernel.pack == (4 if kind == "float32" else 8)
    run(groups, kernel, stored, [out], kernel.wide if wide else kernel.name)
    x, y = (widen(a, kind) for a in stored)
    want = widen(narrow(np.tanh(x) * y, kind), kind)
    near = {"float32": 1e-6, "bfloat16": 2**-8, "float16": 2**-11}[kind]
    np.testing.assert_allclose(widen(out, kind), want, rtol=near, atol=1e-7)


def narrow(array: np.ndarray[Any, Any], kind: str) -> np.ndarray[Any, Any]:
    if kind != "bfloat16":
        return array.astype(kind)
    bits = array.view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def widen(array: np.ndarray[Any, Any], kind: str) -> np.ndarray[Any, Any]:
    return (array.astype(np.uint32) << 16).view(np.float32) if kind == "bfloat16" else array.astype(np.float32)


@pytest.mark.parametrize(
    ("shape", "shapes", "sizes", "strides"),
    [
        ((2, 3, 4), [(2, 3, 4)], (24,), [(1,)]),
        ((2, 3, 4), [(2, 3, 4), (3, 4)], (2, 12), [(12, 1), (0, 1)]),
        ((2, 3, 4), [(2, 3, 4), (2, 1, 1)], (2, 12), [(12, 1), (1, 0)]),
        ((2, 3, 4), [(2, 3, 4), (3, 1)], (2, 3, 4), [(12, 4, 1), (0, 1, 0)]),
        ((1, 5), [(1, 5), (5,)], (5,), [(1,), (1,)]),
        ((3, 4), [(3, 4), ()], (12,), [(1,), (0,)]),
        ((), [()], (), [()]),
    ],
)
def test_axes_that_are_walked_as_one_are_one(shape: Any, shapes: Any, sizes: Any, strides: Any) -> None:
    from netwright.kernels.cuda.fused import _aligned

    assert collapse(shape, [_aligned(s, shape) for s in shapes]) == (sizes, strides)


def test_one_source_serves_all_sizes() -> None:
    other = fuse(chain(), [spec(9, 17), spec(17), spec(9, 17)], [5, 6])
    assert other.source == CHAIN.source
    assert other.arguments() != CHAIN.arguments()


@pytest.mark.parametrize("name", ["softmax", "sum", "dot", "Dropout", "_polygamma", "sort"])
def test_what_is_no_function_of_elements_is_refused(name: str) -> None:
    op = get(name)
    case = next(c for c in CASES if c.op is op and c.sample.train)
    assert kernel_of(case) is None


@pytest.mark.gpu
def test_a_device_computes_what_the_host_does() -> None:
    from netwright.device import gpu
    from netwright.kernels.cuda.launch import launch

    xp = gpu(0).xp
    for case, kernel in GENERATED:
        expected = case.forward(*case.arrays())
        outputs = [xp.empty(e.shape, e.dtype) for e in expected]
        launch(xp, kernel, [xp.asarray(a) for a in case.arrays()], outputs)
        for want, got in zip(expected, outputs, strict=True):
            near = 10 * TOLERANCE.get(want.dtype.name, 0)
            np.testing.assert_allclose(got.get(), want, rtol=near, atol=near, err_msg=case.id)
