"""Which operators compute in which precision under AMP (the names are those of MXNet 1.9's lists)."""

from __future__ import annotations

from ...symbol.precision_lists import CONDITIONAL, HALF, SINGLE, WIDEST

__all__ = ["CONDITIONAL", "HALF", "SINGLE", "WIDEST"]
