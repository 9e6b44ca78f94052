"""Kernels and their cache: what is damaged is written anew, what cannot be had is done without, and both are told."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import netwright as mx
from netwright import sym
from netwright.kernels.cpu import blas, compiling, loading
from netwright.kernels.cpu.families.moving import scatter_rows
from netwright.kernels.cpu.kernel import Kernel, KernelError
from netwright.ops.operator import TensorSpec
from netwright.scheduler import Compiled
from netwright.scheduler.native import NativeProgram
from netwright.scheduler.program import Program


def load_anew() -> tuple[bool, str]:
    """Whether a kernel that nothing is known of is in the cache, and what is to be said once it is loaded."""
    mine = Kernel("mine", scatter_rows.function, fast=True)
    cached = mine.load_cached()
    mine.load()
    assert mine.ready
    return cached, mine.notice


def test_a_damaged_cache_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("numba.core.config.CACHE_DIR", str(tmp_path))
    assert load_anew() == (False, "")
    assert load_anew() == (True, "")
    for kind in ("*.nbc", "*.nbi"):  # the machine code, cut off as by a crash; then the list of what there is
        files = list(tmp_path.rglob(kind))
        assert files
        for file in files:
            file.write_bytes(file.read_bytes()[:100])
        cached, notice = load_anew()
        assert not cached
        assert notice.startswith("its cache was damaged")
        assert load_anew() == (True, "")


def test_without_a_folder_for_the_cache_kernels_serve_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(function: object) -> None:
        raise RuntimeError("cannot cache function: no locator available")

    monkeypatch.setattr("netwright.kernels.cpu.caching.cache_of", nowhere)
    mine = Kernel("mine", scatter_rows.function, fast=True)
    assert not mine.load_cached()
    mine.load()
    assert mine.ready
    assert "for this process alone" in mine.notice
    assert "no locator" in mine.notice


def broken(at: int) -> None:
    """No machine code can be made of this."""
    print({at: object()}.copy(), __import__("os"))


def network() -> tuple[sym.Symbol, dict[str, TensorSpec], dict[str, np.ndarray]]:
    net = sym.FullyConnected(sym.Variable("data"), num_hidden=4, name="fc")
    shapes = {"data": (6, 3), "fc_weight": (4, 3), "fc_bias": (4,)}
    rng = np.random.default_rng(0)
    values = {name: rng.normal(size=shape).astype("float32") for name, shape in shapes.items()}
    return net, {name: TensorSpec(a.shape, a.dtype) for name, a in values.items()}, values


def run(compiled: Compiled, values: dict[str, np.ndarray]) -> np.ndarray:
    program = compiled.acquire()
    program.forward(values)
    found = program.take(compiled.outputs)[0]
    compiled.release(program)
    return np.array(found)


def test_a_kernel_that_cannot_be_compiled_leaves_the_plan_interpreted(monkeypatch: pytest.MonkeyPatch) -> None:
    net, known, values = network()
    wanted = run(Compiled(net, known, train=False, device=mx.cpu()), values)
    bad = Kernel("bad", broken, fast=True)
    with pytest.raises(KernelError, match="bad"):
        bad.load()
    compiled = Compiled(net, known, train=False, device=mx.cpu())
    assert compiled.native is not None
    prepared = compiled.native.prepared(compiled.plan)
    monkeypatch.setattr(prepared.emission, "calls", [(bad, words) for _, words in prepared.emission.calls])
    assert isinstance(compiled.acquire(), Program)
    assert "kernel bad" in str(compiled.plan)
    np.testing.assert_allclose(run(compiled, values), wanted, rtol=1e-5)


def test_plans_move_to_native_code_when_their_kernels_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    net, known, values = network()
    compiled = Compiled(net, known, train=False, device=mx.cpu())
    later = loading.Readiness(False, "3 kernels are being compiled")
    with monkeypatch.context() as patch:
        patch.setattr(loading, "readiness", lambda wanted: later)
        first = run(compiled, values)
        assert isinstance(compiled.acquire(), Program)
        assert "3 kernels are being compiled" in str(compiled.plan)
    assert loading.warm() == []
    assert isinstance(compiled.acquire(), NativeProgram)
    assert "being compiled" not in str(compiled.plan)
    np.testing.assert_allclose(run(compiled, values), first, rtol=1e-5)


@pytest.mark.parametrize("missing", ["compiler", "blas"])
def test_without_compiler_or_blas_plans_are_interpreted_and_say_why(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    net, known, values = network()
    wanted = run(Compiled(net, known, train=False, device=mx.cpu()), values)
    if missing == "blas":

        def find() -> None:
            raise blas.NoBlasError("NumPy's BLAS is none whose functions compiled kernels can call")

        monkeypatch.setattr(blas, "find", find)
    else:
        monkeypatch.setitem(sys.modules, "netwright.kernels.cpu.loading", None)
    compiled = Compiled(net, known, train=False, device=mx.cpu())
    assert compiled.native is None
    assert "interpreted, for native code cannot be made here" in str(compiled.plan)
    np.testing.assert_allclose(run(compiled, values), wanted, rtol=1e-5)


ASK = """
import os
from netwright.kernels.cpu.compiling import Compiler
from netwright.kernels.cpu.families.moving import scatter_rows
compiler = Compiler()
print(compiler.ask(["scatter_rows"]), scatter_rows.ready)
compiler._process.wait()
print(compiler.ask(["scatter_rows"]), scatter_rows.load_cached(), scatter_rows.ready)
"""
ASK_AND_DIE = """
import os
from netwright.kernels.cpu import compiling, loading
compiler = compiling.Compiler()
compiler.ask(one.name for one in loading.everything())
print(compiler._process.pid, flush=True)
os.kill(os.getpid(), 9)
"""


def test_another_process_compiles_what_is_missing(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["{'scatter_rows'} False", "set() True True"]


TOGETHER = """
from netwright.kernels.cpu import compiling, loading
told = []
compiling.compile_beside_each_other(["scatter_rows", "gather_rows"], 2, lambda *words: told.append(words))
print(sorted(told))
print([loading.kernels()[name].load_cached() for name, _ in told])
"""


def test_processes_share_what_is_missing(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", TOGETHER], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[('gather_rows', ''), ('scatter_rows', '')]", "[True, True]"]


ANSWER = "import json, sys\ndef answer(**facts): input(); print(json.dumps(facts), flush=True)\n"


@pytest.mark.parametrize(
    ("program", "asked"),
    [
        (f"{ANSWER}answer(kept=False, notice='')\ninput()", []),
        ("import sys; sys.exit()", []),
        (f"{ANSWER}answer(kept=True, notice='new')\nanswer(kept=True, notice='new')", ["a", "b"]),
    ],
    ids=["no cache", "ends at once", "ends early"],
)
def test_processes_leave_to_the_caller_what_they_cannot_do(
    program: str, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiling, "ONE_BY_ONE", program)
    told: list[tuple[str, str]] = []
    compiling.compile_beside_each_other("abc", 1, lambda *words: told.append(words))
    assert told == [(name, "new") for name in asked]


def test_it_ends_with_the_process_that_wanted_it(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    died = subprocess.run([sys.executable, "-c", ASK_AND_DIE], env=environment, capture_output=True, text=True)
    state = Path("/proc") / died.stdout.strip() / "stat"
    assert died.returncode == -9
    end = time.monotonic() + 60
    while state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() < end, "it goes on compiling for nobody"
        time.sleep(0.1)


def test_without_another_process_a_thread_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(compiling.subprocess, "Popen", refuse)
    monkeypatch.setattr(loading, "compiler", compiling.Compiler())
    mine = Kernel("compiled by a thread", scatter_rows.function, fast=True)
    monkeypatch.setattr(mine, "load_cached", lambda: mine.ready)
    end = time.monotonic() + 60
    while not loading.readiness([mine]).ready:
        assert time.monotonic() < end
        time.sleep(0.02)
    assert mine.ready


def test_a_change_of_any_source_makes_the_cache_stale() -> None:
    from netwright.kernels.cpu.caching import cache_of, package_stamp

    assert package_stamp() in cache_of(scatter_rows.function)._cache_file._source_stamp
