"""The latest figures, cell by cell, and the page made of them.

A command that is told to ``--write`` puts its cells into ``latest.json``; ``docs/benchmarks.md`` is made of that file,
so that a cell measured anew changes nothing else.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from . import pages
from .environment import ROOT

STORE = Path(__file__).parent / "latest.json"
PAGE = ROOT / "docs" / "benchmarks.md"

Cells = dict[str, dict[str, Any]]


def read() -> dict[str, Cells]:
    """Cells by section and name."""
    return json.loads(STORE.read_text(encoding="utf-8")) if STORE.exists() else {}


def write(section: str, cells: Cells) -> None:
    """Put cells into a section and make the page anew."""
    found = read()
    found[section] = {**found.get(section, {}), **cells}
    STORE.write_text(json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(pages.page(read()), encoding="utf-8")  # in the order in which it is kept
