"""The short form of every check; `make check-trust` runs the long one."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.trust.table import Form, find, subjects


@pytest.mark.parametrize("subject", subjects())
def test_figures_pass_their_bars(subject: str, tmp_path: Path) -> None:
    rows = list(find(subject)(Form(tmp_path)))
    assert rows
    for row in rows:
        print(row)
    assert [row for row in rows if not row.ok and not row.timed] == []
