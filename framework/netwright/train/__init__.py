"""Training: ``fit`` is the one loop; tasks say what is trained, callbacks listen, checkpoints make it safe."""

from __future__ import annotations

from .block_task import BlockTask
from .loop import Callback, TrainResult, TrainState, evaluate, fit
from .measures import require_finite
from .settings import SchedulerChoice, TrainSettings
from .task import GraphTask

__all__ = [
    "BlockTask",
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
