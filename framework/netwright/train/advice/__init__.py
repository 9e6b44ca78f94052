"""Advice: mishaps of a training found while it runs, told in plain language with what was seen."""

from __future__ import annotations

from .advisor import Advisor
from .words import Advice, Bar, Evidence

__all__ = ["Advice", "Advisor", "Bar", "Evidence"]
