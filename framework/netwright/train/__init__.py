"""Training: ``fit`` is the one loop; tasks say what is trained, callbacks listen, checkpoints make it safe."""

from __future__ import annotations

from .loop import Callback, TrainResult, TrainState, evaluate, fit
from .measures import require_finite
from .settings import SchedulerChoice, TrainSettings
from .task import GraphTask

__all__ = [
    "Callback",
    "GraphTask",
    "SchedulerChoice",
    "TrainResult",
    "TrainSettings",
    "TrainState",
    "evaluate",
    "fit",
    "require_finite",
]
