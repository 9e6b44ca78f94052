"""MXNet 1.9.1's own answers, replayed: every value here came out of MXNet itself (see ``tests/framework/oracle``)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from tests.framework.grouped import each
from tests.framework.oracle import frozen
from tests.framework.oracle.differences import DIFFERENCES, Difference
from tests.framework.oracle.frozen import Case

CASES = frozen.read()


def allowed(case: Case) -> Iterator[Difference]:
    for difference in DIFFERENCES:
        if difference.op == case.question["op"] and difference.holds(case.question):
            yield difference


@each(CASES, group=lambda case: case.question["op"])
def test_answers_are_mxnets(case: Case) -> None:
    kinds = {kind for difference in allowed(case) for kind in difference.parts.split()}
    found = frozen.differing(case.question, case.answer)
    assert [part for part in found if re.sub(r"\d+$", "", part) not in kinds] == []


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda d: f"{d.op}-{d.reason[:40]}")
def test_differences_are_real(difference: Difference) -> None:
    """A row that nothing needs any more must go."""
    assert difference.reason.strip()
    seen: set[str] = set()
    for case in CASES:
        if case.question["op"] == difference.op and difference.holds(case.question):
            seen |= {re.sub(r"\d+$", "", part) for part in frozen.differing(case.question, case.answer)}
    assert set(difference.parts.split()) <= seen
