"""The command line: ``netwright train``, ``predict``, ``export`` and looks at graphs, data and devices."""

from __future__ import annotations

from .app import main

__all__ = ["main"]
