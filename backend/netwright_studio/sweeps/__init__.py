"""Sweeps: made, estimated, and carried out trial by trial through the queue of runs."""

from __future__ import annotations

from netwright_studio.sweeps.conductor import Conductor

__all__ = ["Conductor"]
