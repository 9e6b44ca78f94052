"""Warnings about data sets, found once and kept: a data set never changes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Protocol

from netwright.datasets import Dataset
from netwright.datasets.finding import Finding
from netwright.datasets.findings import find_problems

KEPT = 64


class Load(Protocol):
    """Loads a data set by id."""

    def __call__(self, ident: str, *, fetch: bool = True) -> Dataset:
        """Return it."""


class Reports:
    """Findings by data set."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._found: OrderedDict[str, list[Finding]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, ident: str) -> list[Finding]:
        """Return what is to be said of a data set."""
        with self._lock:
            if ident in self._found:
                return self._found[ident]
        found = find_problems(self._load(ident, fetch=False))
        with self._lock:
            self._found[ident] = found
            while len(self._found) > KEPT:
                self._found.popitem(last=False)
        return found

    def forget(self, ident: str) -> None:
        """Drop what was found of a data set that goes."""
        with self._lock:
            self._found.pop(ident, None)
