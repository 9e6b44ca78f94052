"""Which BLAS kernels can run here, which do, and which are the fastest."""

from __future__ import annotations

import functools
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .processor import Processor, processor
from .start import STARTED, VARIABLE, Start

PROBE = Path(__file__).with_name("probe.py")
ROUNDS = 2
MARGIN = 1.03
"""How much faster than the library's own choice others must be to be taken: less is noise."""
LARGEST_ERROR = 1e-5
PROBE_SECONDS = 120

_AVX2 = frozenset({"avx2", "fma"})
_AVX512 = _AVX2 | {"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"}
CANDIDATES: dict[str, tuple[tuple[str, frozenset[str]], ...]] = {
    "x86": (
        ("Nehalem", frozenset({"sse4_2"})),
        ("Sandybridge", frozenset({"avx"})),
        ("Haswell", _AVX2),
        ("Zen", _AVX2),
        ("SkylakeX", _AVX512),
        ("Cooperlake", _AVX512 | {"avx512_bf16"}),
        ("SapphireRapids", _AVX512 | {"avx512_bf16", "amx_bf16"}),
    ),
    "arm": (
        ("ARMV8", frozenset({"asimd"})),
        ("CORTEXA72", frozenset({"asimd"})),
        ("NEOVERSEN1", frozenset({"asimd", "asimddp"})),
        ("ARMV8SVE", frozenset({"sve"})),
        ("NEOVERSEV1", frozenset({"sve", "bf16"})),
        ("NEOVERSEN2", frozenset({"sve2"})),
    ),
}
"""Names that OpenBLAS knows and the processor's flags each needs, oldest first."""
_TOO_OLD = {"Nehalem": "avx", "Sandybridge": "avx2"}
"""Not worth a try where the processor has this."""


def candidates(cpu: Processor) -> list[str]:
    """Kernels that the processor's flags allow."""
    kind = "arm" if cpu.architecture.startswith(("aarch64", "arm")) else "x86"
    return [name for name, wanted in CANDIDATES[kind] if wanted <= cpu.flags and _TOO_OLD.get(name) not in cpu.flags]


@dataclass(frozen=True)
class Probe:
    """What a child process said of one choice (None: the library's own); ``fault`` says why it is out."""

    asked: str | None
    answered: str = ""
    seconds: tuple[float, ...] = ()
    fault: str = ""
    library: str = ""


def run_probe(asked: str | None, task: str = "blas") -> Any:
    """Run the probe with those kernels; returns what it printed, raises ValueError with what was wrong."""
    environment = {k: v for k, v in os.environ.items() if k != VARIABLE}
    environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    if asked is not None:
        environment[VARIABLE] = asked
    command = [sys.executable, "-P", str(PROBE), task]
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=PROBE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise ValueError(f"did not end within {PROBE_SECONDS} s") from None
    except OSError as error:
        raise ValueError(f"could not be started: {error.strerror}") from None
    if done.returncode:
        how = f"signal {-done.returncode}" if done.returncode < 0 else f"status {done.returncode}"
        raise ValueError(f"ended with {how}")
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise ValueError("said nothing that can be read") from None


def try_kernels(asked: str | None, probe: Callable[[str | None], Any] = run_probe) -> Probe:
    """Time one choice; a crash, a wrong product or another kernel than the one asked for is a fault."""
    try:
        found = probe(asked)
    except ValueError as error:
        return Probe(asked, fault=str(error))
    library = found["blas"].get("internal_api") or ""
    answered = str(found["blas"].get("architecture") or "")
    if library != "openblas":
        return Probe(asked, fault="NumPy's BLAS is not OpenBLAS", library=library)
    if not found["error"] <= LARGEST_ERROR:
        return Probe(asked, answered, fault=f"computes wrongly (error {found['error']:.1e})", library=library)
    if asked is not None and answered.lower() != asked.lower():
        return Probe(asked, answered, fault=f"the library answers with {answered}", library=library)
    return Probe(asked, answered, tuple(found["seconds"]), library=library)


def choose_kernels(
    names: Sequence[str],
    probe: Callable[[str | None], Any] = run_probe,
    tell: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Time the library's own choice and each candidate, in turns; returns ``best``, ``why`` and what was found.

    ``best`` is the library's own choice where nothing is faster by more than MARGIN, and None where it is no OpenBLAS.
    """
    own = try_kernels(None, probe)
    if own.fault:
        return {"best": None, "why": f"the library's own choice: {own.fault}", "found": {}, "faults": {}}
    tell(f"{own.answered}: the library's own choice")
    times, faults = {own.answered: list(own.seconds)}, {}
    for turn in range(ROUNDS):
        for name in names:
            if name in faults or (turn == 0 and name.lower() == own.answered.lower()):
                continue
            found = try_kernels(name, probe)
            if found.fault:
                faults[name] = found.fault
                times.pop(name, None)
                tell(f"{name}: {found.fault}")
            else:
                known = times.setdefault(found.answered, list(found.seconds))
                times[found.answered] = [min(a, b) for a, b in zip(known, found.seconds, strict=True)]
    ratios = {name: _ratio(times[own.answered], seconds) for name, seconds in times.items()}
    for name, ratio in ratios.items():
        tell(f"{name}: {ratio:.2f} × the library's own choice")
    best = max(ratios, key=lambda name: ratios[name])
    if ratios[best] < MARGIN:
        best = own.answered
    if best == own.answered:
        others = len(ratios) - 1
        why = f"the library's own choice, {'as fast as any' if others else 'the only one'} that was tried here"
    else:
        why = f"measured {ratios[best]:.2f} × as fast as {own.answered}, the library's own choice"
    return {"best": best, "why": why, "found": ratios, "faults": faults}


def _ratio(reference: Sequence[float], seconds: Sequence[float]) -> float:
    """How many times as fast, as the geometric mean over the products."""
    logs = [math.log(a / b) for a, b in zip(reference, seconds, strict=True)]
    return math.exp(sum(logs) / len(logs))


def calibrate_kernels(tell: Callable[[str], None] = lambda text: None) -> dict[str, Any]:
    """``choose_kernels`` on this machine."""
    return choose_kernels(candidates(processor()), tell=tell)


@functools.cache
def loaded_kernels() -> tuple[str, str]:
    """(library, kernels) of NumPy's BLAS in this process; empty texts where it does not say."""
    import numpy  # noqa: F401 - loads it
    from threadpoolctl import threadpool_info

    found = [library for library in threadpool_info() if library["user_api"] == "blas"]
    own = [library for library in found if "numpy" in str(library.get("filepath", ""))] or found
    if not own:
        return "", ""
    return str(own[0]["internal_api"]), str(own[0].get("architecture") or "")


def sentence(loaded: tuple[str, str] | None = None, started: Start = STARTED) -> str:
    """Which kernels run and why, as a clause for plans."""
    library, kernels = loaded if loaded is not None else loaded_kernels()
    if library != "openblas":
        return f"matrix products run on {library or 'the BLAS that NumPy was built with'}, which chooses by itself"
    if started.core is not None and started.core.lower() != kernels.lower():
        late = "NumPy was imported before Netwright" if started.late else "the library does not know that name"
        return f"matrix products run OpenBLAS's {kernels} kernels, not {started.core} ({started.why}): {late}"
    return f"matrix products run OpenBLAS's {kernels} kernels ({started.why})"
