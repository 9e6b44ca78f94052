"""The short form of every check; `make check-trust` runs the long one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.trust.table import Form, find, subjects

QUICK = frozenset({"checkpoints", "databases", "stream_dropped"})
"""These take a few seconds; the others start studios and trainings again and again."""
ELSEWHERE = frozenset({"hostile_graphs", "strangers"})
"""Tried in the tests' own process by tests/backend/test_hostile_graphs.py, test_security.py and test_access.py."""


def marked() -> Iterator[object]:
    for subject in sorted(set(subjects()) - ELSEWHERE):
        yield subject if subject in QUICK else pytest.param(subject, marks=pytest.mark.slow)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("subject", list(marked()))
def test_figures_pass_their_bars(subject: str, tmp_path: Path) -> None:
    rows = list(find(subject)(Form(tmp_path)))
    assert rows
    for row in rows:
        print(row)
    assert [row for row in rows if not row.ok and not row.timed] == []
