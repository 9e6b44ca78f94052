"""Kernels over rows and channels against the operators that they stand for, without a device."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.framework.cuda_host import COMPILER, Host
from tests.framework.operator_cases import CASES, Case

from netwright.device import cpu, gpu
from netwright.kernels.cuda import nvrtc
from netwright.kernels.cuda.rows import ACCUMULATED, OWN, own_forward, row_source, threads_for
from netwright.kernels.cuda.sources import common
from netwright.scheduler import Graph
from netwright.scheduler.calls import _own_forward

NEAR = {"float16": 2e-3, "float32": 3e-6, "float64": 1e-12}
SERVED = [
    case
    for case in CASES
    if case.op.name in OWN and own_forward(case.op.name, case.p, case.specs(), case.sample.train) is not None
]


class Module:
    """NumPy as if it were CuPy: launches run as C++, by that many threads."""

    def __init__(self, hosts: dict[str, Host], threads: int) -> None:
        self._hosts, self._threads = hosts, threads
        self.launched: list[str] = []
        self.cuda = SimpleNamespace(runtime=SimpleNamespace(getDevice=lambda: 0))

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    def RawModule(self, code: str, options: Any, backend: str) -> Any:
        return SimpleNamespace(get_function=lambda name: self._function(self._hosts[code], name))

    def _function(self, host: Host, name: str) -> Any:
        def launch(grid: Any, block: Any, arguments: Any) -> None:
            assert block[0] <= 256
            assert block[0] & (block[0] - 1) == 0
            self.launched.append(name)
            given = [int(a) if isinstance(a, np.integer) else float(a) if np.isscalar(a) else a for a in arguments]
            host.run(name, given, blocks=min(grid[0], 3), threads=self._threads)

        return launch


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Host]:
    found = {}
    for dtype in ACCUMULATED:
        text = row_source(dtype)
        found[text] = Host(tmp_path_factory.mktemp(dtype), common(), [text.removeprefix(common())])
    return found


@pytest.mark.skipif(not COMPILER, reason="there is no C++ compiler")
@pytest.mark.parametrize("threads", [1, 4])
def test_they_compute_what_the_operators_do(hosts: dict[str, Host], threads: int) -> None:
    xp, names = Module(hosts, threads), set()
    for case in SERVED:
        forward = own_forward(case.op.name, case.p, case.specs(), case.sample.train)
        assert forward is not None
        arrays = case.arrays()
        fixed = {"train": True} if "train" in case.op.forward_takes else {}
        expected = case.op.forward(np, case.p, *arrays, **case.keywords())
        found = forward(xp, case.p, *arrays, **fixed)
        pairs = zip(expected, found, strict=True) if isinstance(expected, tuple) else [(expected, found)]
        for want, got in pairs:
            near = NEAR[case.dtype]
            assert (got.shape, got.dtype) == (want.shape, want.dtype), case.id
            np.testing.assert_allclose(got, want, rtol=near, atol=near, err_msg=case.id)
        names.add(case.op.name)
    assert names == set(OWN)
    assert {"softmax_rows", "layer_norm_rows", "batch_statistics", "batch_normalize", "taken_rows"} == set(xp.launched)


@pytest.mark.skipif(not COMPILER, reason="there is no C++ compiler")
def test_results_go_where_they_are_wanted(hosts: dict[str, Host]) -> None:
    """Into ``out``, which for softmax may be the input's own memory."""
    xp = Module(hosts, 4)
    for name in ("softmax", "LayerNorm", "_take_grad"):
        case = next(c for c in SERVED if c.op.name == name and c.dtype == "float32")
        forward = own_forward(name, case.p, case.specs(), True)
        assert forward is not None
        arrays = case.arrays()
        expected = case.forward(*arrays)
        out = tuple(np.empty_like(e) for e in expected) if name != "softmax" else (arrays[0],)
        forward(xp, case.p, *arrays, out=out if len(out) > 1 else out[0])
        for want, got in zip(expected, out, strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


@pytest.mark.skipif(bool(nvrtc.why_not()), reason="NVRTC is not installed")
@pytest.mark.parametrize("dtype", ACCUMULATED)
def test_they_compile_for_two_architectures(dtype: str) -> None:
    assert min(nvrtc.compile_for(row_source(dtype)).values()) > 0


def test_what_a_kernel_does_not_serve_stays_with_the_array_module() -> None:
    refused = [c for c in CASES if c.op.name in OWN and c not in SERVED and c.specs()[0].size]
    assert any(c.op.name == "softmax" and c.sample.params.get("axis", -1) not in (-1, len(c.specs()[0].shape) - 1)
               for c in refused)  # fmt: skip
    assert any(c.op.name == "BatchNorm" and not c.sample.train for c in refused)
    assert any(c.op.name == "SoftmaxOutput" and c.sample.params.get("multi_output") for c in refused)
    assert own_forward("tanh", None, [], True) is None


@pytest.mark.parametrize(("count", "threads"), [(1, 32), (10, 32), (33, 64), (200, 256), (10**6, 256)])
def test_blocks_have_a_power_of_two_of_threads(count: int, threads: int) -> None:
    assert threads_for(count) == threads


def test_plans_take_them_on_a_gpu_only() -> None:
    case = next(c for c in SERVED if c.op.name == "softmax")
    graph = Graph(True)
    value = graph.add_input("data", case.specs()[0])
    graph.call(case.op, case.p, [value])
    assert _own_forward(graph.nodes[0], []) is not case.op.forward  # type: ignore[attr-defined]
    assert (cpu().is_gpu, gpu(0).is_gpu) == (False, True)


@pytest.mark.gpu
def test_a_device_computes_what_the_host_does() -> None:
    xp = gpu(0).xp
    case: Case
    for case in SERVED:
        forward = own_forward(case.op.name, case.p, case.specs(), case.sample.train)
        assert forward is not None
        fixed = {"train": True} if "train" in case.op.forward_takes else {}
        expected = case.op.forward(np, case.p, *case.arrays(), **case.keywords())
        found = forward(xp, case.p, *map(xp.asarray, case.arrays()), **fixed)
        pairs = zip(expected, found, strict=True) if isinstance(expected, tuple) else [(expected, found)]
        for want, got in pairs:
            near = 10 * NEAR[case.dtype]
            np.testing.assert_allclose(got.get(), want, rtol=near, atol=near, err_msg=case.id)
