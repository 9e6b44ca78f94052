"""Tables for those who come from MXNet, read from the tests that hold them true."""

from __future__ import annotations

import importlib
import sys
from collections import defaultdict
from typing import Any

from netwright.ops.registry import find

from . import docstrings, operators
from .excerpts import ROOT


def _tests(name: str) -> Any:
    """A module of the tests."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    return importlib.import_module(f"tests.framework.{name}")


def table(kind: str) -> str:
    """``missing``: operator names that are not here; ``differences``: answers that are others on purpose."""
    rows = {"missing": _missing, "differences": _differences}[kind]()
    return "\n" + "\n".join(["| | |", "| --- | --- |", *rows]) + "\n"


def _missing() -> list[str]:
    """Patterns by their reason."""
    patterns: dict[str, list[str]] = defaultdict(list)
    for pattern, reason in _tests("operator_names").ON_PURPOSE.items():
        patterns[reason].append(f"`{pattern}`")
    return [f"| {', '.join(found)} | {docstrings.escape_cell(reason)} |" for reason, found in patterns.items()]


def _differences() -> list[str]:
    """Operators by the reason of their difference."""
    names: dict[str, dict[str, None]] = defaultdict(dict)
    for difference in _tests("oracle.differences").DIFFERENCES:
        names[difference.reason].setdefault(_link(difference.op))
    return [f"| {', '.join(found)} | {docstrings.escape_cell(reason)} |" for reason, found in names.items()]


def _link(name: str) -> str:
    op = find(name)
    return f"[`{name}`]({operators.address(op)})" if op is not None else f"`{name}`"
