"""Known networks, ready to be trained (MXNet's ``gluon.model_zoo``)."""

from __future__ import annotations

from . import model_store, vision
from .vision import get_model

__all__ = ["get_model", "model_store", "vision"]
