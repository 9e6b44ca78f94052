"""What is measured of the machine, how it is kept, and which BLAS kernels follow from it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netwright.errors import NetwrightError, ParamError
from netwright.machine import GpuFacts, MachineFacts, blas, probe, record, start
from netwright.machine.processor import Processor, parse_cpuinfo
from netwright.scheduler import calibration

AVX2 = frozenset({"sse4_2", "avx", "avx2", "fma"})
AVX512 = AVX2 | {"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"}


@pytest.mark.parametrize(
    ("architecture", "flags", "names"),
    [
        ("x86_64", {"sse4_2"}, ["Nehalem"]),
        ("x86_64", {"sse4_2", "avx"}, ["Sandybridge"]),
        ("x86_64", AVX2, ["Haswell", "Zen"]),
        ("x86_64", AVX512, ["Haswell", "Zen", "SkylakeX"]),
        ("x86_64", AVX512 | {"avx512_bf16"}, ["Haswell", "Zen", "SkylakeX", "Cooperlake"]),
        ("aarch64", {"asimd", "asimddp"}, ["ARMV8", "CORTEXA72", "NEOVERSEN1"]),
        ("x86_64", set(), []),
        ("riscv64", set(), []),
    ],
)
def test_candidates_follow_from_the_flags(architecture: str, flags: set[str], names: list[str]) -> None:
    assert blas.candidates(Processor("a processor", architecture, frozenset(flags))) == names


def test_cpuinfo_of_both_kinds_is_read() -> None:
    x86 = parse_cpuinfo("processor : 0\nmodel name\t: Some CPU @ 2 GHz\nflags\t: fpu avx2 fma\n", "x86_64")
    assert (x86.model, x86.flags) == ("Some CPU @ 2 GHz", {"fpu", "avx2", "fma"})
    arm = parse_cpuinfo("CPU implementer\t: 0x41\nCPU part\t: 0xd0c\nFeatures\t: fp asimd asimddp\n", "aarch64")
    assert (arm.model, "asimddp" in arm.flags) == ("aarch64 implementer 0x41 part 0xd0c", True)
    assert parse_cpuinfo("", "arm64", "Apple M") == Processor("Apple M", "arm64", frozenset())


def answers(**speeds: Any) -> Callable[[str | None], Any]:
    """A probe: kernels by name with the seconds of their products; a text is an exception's, None the default's."""

    def probe(asked: str | None) -> Any:
        said = speeds["default" if asked is None else asked]
        if isinstance(said, str):
            raise ValueError(said)
        name, seconds, error = said
        return {"blas": {"internal_api": "openblas", "architecture": name}, "seconds": [seconds] * 2, "error": error}

    return probe


def test_the_fastest_kernels_are_taken() -> None:
    told: list[str] = []
    found = blas.choose_kernels(
        ["Haswell", "Zen", "SkylakeX", "Cooperlake", "SapphireRapids"],
        answers(
            default=("Haswell", 2.0, 1e-7),
            Haswell=("Haswell", 2.0, 1e-7),
            Zen=("Haswell", 1.0, 1e-7),  # the library does not know the name and takes its own
            SkylakeX=("SkylakeX", 1.5, 1e-7),
            Cooperlake=("Cooperlake", 0.1, 1e-2),  # fast, and wrong
            SapphireRapids="ended with signal 4",
        ),
        told.append,
    )
    assert found["best"] == "SkylakeX"
    assert "1.33 × as fast as Haswell" in found["why"]
    assert set(found["faults"]) == {"Zen", "Cooperlake", "SapphireRapids"}
    assert "computes wrongly" in found["faults"]["Cooperlake"]
    assert "SapphireRapids: ended with signal 4" in told


def test_what_is_hardly_faster_changes_nothing() -> None:
    probe = answers(default=("Haswell", 1.0, 0.0), SkylakeX=("SkylakeX", 0.99, 0.0))
    found = blas.choose_kernels(["SkylakeX"], probe)
    assert found["best"] == "Haswell"
    assert "the library's own choice" in found["why"]


def test_another_blas_is_left_alone() -> None:
    def mkl(asked: str | None) -> Any:
        return {"blas": {"internal_api": "mkl", "architecture": "avx2"}, "seconds": [1.0], "error": 0.0}

    found = blas.choose_kernels(["Haswell"], mkl)
    assert found["best"] is None
    assert "NumPy's BLAS is not OpenBLAS" in found["why"]
    assert "chooses by itself" in blas.sentence(("mkl", ""))
    assert "the BLAS that NumPy was built with" in blas.sentence(("", ""))


@pytest.mark.parametrize(
    ("program", "fault"),
    [
        ("import os; os.kill(os.getpid(), 9)", "ended with signal 9"),
        ("raise SystemExit(3)", "ended with status 3"),
        ("print('nothing')", "nothing that can be read"),
    ],
)
def test_a_crash_rules_kernels_out(program: str, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "probe.py"
    script.write_text(program)
    monkeypatch.setattr(blas, "PROBE", script)
    with pytest.raises(ValueError, match=fault):
        blas.run_probe("Haswell")
    assert blas.try_kernels("Haswell").fault


def test_the_probe_hangs_no_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "probe.py"
    script.write_text("import time; time.sleep(60)")
    monkeypatch.setattr(blas, "PROBE", script)
    monkeypatch.setattr(blas, "PROBE_SECONDS", 0.2)
    assert "did not end" in blas.try_kernels(None).fault


def test_the_products_are_right_and_their_check_sees_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "TURN_SECONDS", 0.0)
    found = probe.time_products()
    assert len(found["seconds"]) == len(probe.PRODUCTS)
    assert 0 <= found["error"] < blas.LARGEST_ERROR
    right = np.matmul
    monkeypatch.setattr(np, "matmul", lambda x, y, out: right(x, y, out=out).__iadd__(np.float32(0.1)))
    assert probe.time_products()["error"] > blas.LARGEST_ERROR


# ---------------------------------------------------------------- what is kept
FACTS = MachineFacts(cores=4, matmul_flops=1e11, measured=True, gpus=(GpuFacts("a card", 1e13),))


@pytest.fixture
def fresh(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of which nothing is known."""
    monkeypatch.setattr(calibration, "_known", [])
    return home


def test_an_entry_comes_back_and_others_stay(fresh: Path) -> None:
    assert record.read() == (None, "")
    record.record_file().parent.mkdir()
    record.record_file().write_text(json.dumps({"version": 1, "machines": {"another": {"facts": 1}}}))
    assert record.write({"facts": FACTS.to_json()}) == ""
    entry, notice = record.read()
    assert notice == ""
    assert entry is not None
    assert MachineFacts.from_json(entry["facts"]) == FACTS
    assert json.loads(record.record_file().read_text())["machines"]["another"] == {"facts": 1}
    assert [p.name for p in record.record_file().parent.iterdir()] == ["machine.json"]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"version": 99, "machines": {}}', '{"version": 1, "machines": []}', "\x00"],
)
def test_a_damaged_file_is_told_and_replaced(fresh: Path, text: str) -> None:
    record.record_file().parent.mkdir()
    record.record_file().write_text(text)
    entry, notice = record.read()
    assert entry is None
    assert "what was measured on this machine" in notice
    assert start.decide({}, entry, notice) == start.Start(None, f"the library's choice: {notice}")
    assert not calibration.facts().measured
    assert record.write({"blas": {}}) == ""
    assert record.read() == ({"blas": {}}, "")


def test_a_folder_that_cannot_be_written_is_told(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (fresh / "cache").write_text("a file where the folder should be")
    assert "could not be kept" in record.write({"blas": {}})
    assert record.read()[0] is None


@pytest.mark.parametrize(
    "broken",
    [
        None,
        {},
        {**FACTS.to_json(), "matmul_flops": 0},
        {**FACTS.to_json(), "matmul_flops": "fast"},
        {**FACTS.to_json(), "call_seconds": float("nan")},
        {**FACTS.to_json(), "measured": 1},
        {**FACTS.to_json(), "gpus": None},
        {**FACTS.to_json(), "gpus": [{"name": 3}]},
        {**FACTS.to_json(), "more": 1},
    ],
)
def test_facts_that_cannot_be_are_refused(fresh: Path, broken: Any) -> None:
    with pytest.raises(ParamError, match="netwright calibrate"):
        MachineFacts.from_json(broken)
    record.write({"blas": {}, "facts": broken})
    assert not calibration.facts().measured
    assert not calibration.is_calibrated()


def test_facts_read_as_a_table() -> None:
    rows = dict(FACTS.rows())
    assert rows["matrix products, one core"] == "100 GFLOP/s"
    assert rows["gpu(0)"] == "a card"
    assert rows["  matrix products"] == "10.0 TFLOP/s, float16 40.0"


def test_calibrating_measures_and_keeps(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rates = {k: v for k, v in FACTS.to_json().items() if k not in ("cores", "gpus", "measured")}
    asked: list[tuple[str | None, str]] = []

    def run_probe(kernels: str | None, task: str = "blas") -> Any:
        asked.append((kernels, task))
        return rates

    monkeypatch.setattr(calibration.blas, "run_probe", run_probe)
    monkeypatch.setattr(
        calibration.blas, "calibrate_kernels", lambda tell: {"best": "Haswell", "why": "because", "found": {}}
    )
    assert not calibration.is_calibrated()
    found, kernels, notice = calibration.calibrate()
    assert (found.matmul_flops, found.measured, kernels["best"], notice) == (1e11, True, "Haswell", "")
    assert asked == [("Haswell", "facts")]
    assert calibration.is_calibrated()
    monkeypatch.setattr(calibration, "_known", [])
    assert calibration.facts() == found
    assert start.decide({}, *record.read()) == start.Start("Haswell", "because")

    def nothing(kernels: str | None, task: str = "blas") -> Any:
        raise ValueError("ended with signal 9")

    monkeypatch.setattr(calibration.blas, "run_probe", nothing)
    with pytest.raises(NetwrightError, match="signal 9"):
        calibration.calibrate()


# ---------------------------------------------------------------- what a process starts with
ENTRY = {"blas": {"best": "Haswell", "why": "measured"}}


@pytest.mark.parametrize(
    ("environment", "entry", "core", "why"),
    [
        ({}, ENTRY, "Haswell", "measured"),
        ({"OPENBLAS_CORETYPE": "Nehalem"}, ENTRY, "Haswell", "measured"),
        ({"OPENBLAS_CORETYPE": "Nehalem", "NETWRIGHT_BLAS_CORE": "keep"}, ENTRY, None, "OPENBLAS_CORETYPE=Nehalem is"),
        ({"NETWRIGHT_BLAS_CORE": "keep"}, ENTRY, None, "the library's own choice is kept"),
        ({"NETWRIGHT_BLAS_CORE": "SkylakeX"}, ENTRY, "SkylakeX", "NETWRIGHT_BLAS_CORE names"),
        ({}, None, None, "netwright calibrate"),
        ({"OPENBLAS_CORETYPE": "Nehalem"}, None, None, "OPENBLAS_CORETYPE=Nehalem as preset"),
        ({}, {"blas": {"best": None, "why": "no OpenBLAS"}}, None, "no OpenBLAS"),
        ({}, {"blas": {"best": 3}}, None, "cannot be read"),
        ({}, {"blas": 3}, None, "measured on this machine"),
    ],
)
def test_whose_choice_counts(environment: dict[str, str], entry: Any, core: str | None, why: str) -> None:
    found = start.decide(environment, entry, "")
    assert found.core == core
    assert why in found.why


def test_the_plan_says_what_runs_and_why() -> None:
    haswell = start.Start("Haswell", "measured")
    assert blas.sentence(("openblas", "Haswell"), haswell).endswith("Haswell kernels (measured)")
    late = blas.sentence(("openblas", "SkylakeX"), replace(haswell, late=True))
    assert "SkylakeX kernels, not Haswell" in late
    assert late.endswith("NumPy was imported before Netwright")
    assert blas.sentence(("openblas", "SkylakeX"), haswell).endswith("does not know that name")


@pytest.mark.skipif(blas.loaded_kernels()[0] != "openblas", reason="NumPy's BLAS is not OpenBLAS here")
def test_a_new_process_runs_on_what_was_measured(fresh: Path) -> None:
    """Two kernels that every x86 or ARM processor of these years has; NumPy first makes it too late, and says so."""
    names = blas.candidates(calibration.blas.processor())
    wanted = names[0]
    record.write({"blas": {"best": wanted, "why": "a test says so"}, "facts": FACTS.to_json()})
    code = "import netwright; from netwright.machine import blas; print(blas.sentence())"
    environment = {k: v for k, v in os.environ.items() if k not in (start.VARIABLE, start.CONTROL)}

    def told(program: str, **more: str) -> str:
        command = [sys.executable, "-c", program]
        return subprocess.run(
            command, env=environment | more, capture_output=True, text=True, check=True
        ).stdout.strip()

    assert told(code).endswith(f"{wanted} kernels (a test says so)")
    assert "is kept" in told(code, NETWRIGHT_BLAS_CORE="keep")
    if names[-1] != wanted:
        late = told("import numpy; " + code, OPENBLAS_CORETYPE=names[-1])
        assert late.endswith("NumPy was imported before Netwright")
