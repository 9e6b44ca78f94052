"""For notebooks: curves that grow while a network trains.

How symbols, blocks and plans draw themselves there belongs to them and to ``netwright.visualization``.
"""

from __future__ import annotations

from .curves import draw_curves
from .live import LiveCurves

__all__ = ["LiveCurves", "draw_curves"]
