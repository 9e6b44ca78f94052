"""Graphs as pictures: places for boxes (``layout``), and SVG and DOT text (``picture``)."""

from __future__ import annotations

from .picture import Box, Line, Picture

__all__ = ["Box", "Line", "Picture"]
