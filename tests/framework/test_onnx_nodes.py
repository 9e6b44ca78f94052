"""The ONNX standard's own node cases against the importer."""

from __future__ import annotations

import pytest

pytest.importorskip("onnx")

from netwright.onnx.coverage import node_cases, operators_of, run_case
from netwright.onnx.table import ROWS

UNSUPPORTED = {
    "the element types bfloat16 and float8 are rounded otherwise by NumPy's cast, or cannot be computed with": (
        "bf16", "bfloat16", "FLOAT8",
    ),
    "training mode drops at random; a result cannot be compared": ("test_training_dropout",),
    "the positions of maxima are no output of our Pooling": ("test_maxpool_with_argmax",),
    "opset 8 gives Scan a batch axis, which opset 9 took away": ("test_scan_sum",),
    "our mod gives other values at the edge cases (infinities, zeros)": ("test_mod_float_edge_cases",),
    "our rint takes the lower of two equally near integers, the standard the even one": ("test_round",),
}  # fmt: skip
"""Why a case of a supported operator is not expected to pass, by the part of its name that tells."""

CASES = [case for case in node_cases() if operators_of(case.model) <= set(ROWS)]


def _reason(name: str) -> str | None:
    return next((why for why, parts in UNSUPPORTED.items() if any(p in name for p in parts)), None)


@pytest.mark.parametrize("start", range(0, len(CASES), 100))
def test_cases_of_supported_operators_pass(start: int) -> None:
    cases = [c for c in CASES[start : start + 100] if _reason(c.name) is None]
    problems = {case.name: problem for case in cases if (problem := run_case(case)) is not None}
    print(f"{len(cases) - len(problems)} of {len(cases)} passed")
    assert not problems
