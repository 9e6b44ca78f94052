"""What MXNet is asked beyond the operators' own samples, a module a family, each with a tuple ``FAMILIES``."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

from tests.framework.oracle.asking import Question


def all_tables() -> Iterator[Question]:
    """The questions of every module."""
    for module in pkgutil.iter_modules(__path__):
        for family in importlib.import_module(f"{__name__}.{module.name}").FAMILIES:
            yield from family()
