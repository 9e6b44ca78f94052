"""Training: ``fit`` is the one loop; tasks say what is trained, callbacks listen, checkpoints make it safe."""

from __future__ import annotations

from ..task_choice import TaskChoice, Turn
from .advice import Advice, Advisor
from .block_task import BlockTask
from .branching import BeginWith, branch, list_checkpoints
from .changes import Change
from .loop import Callback, TrainResult, TrainState, evaluate, fit
from .measures import require_finite
from .settings import SchedulerChoice, TrainSettings
from .steering import PlannedChanges, Steering
from .task import GraphTask

__all__ = [
    "Advice",
    "Advisor",
    "BeginWith",
    "BlockTask",
    "Callback",
    "Change",
    "GraphTask",
    "PlannedChanges",
    "SchedulerChoice",
    "Steering",
    "TaskChoice",
    "TrainResult",
    "TrainSettings",
    "TrainState",
    "Turn",
    "branch",
    "evaluate",
    "fit",
    "list_checkpoints",
    "require_finite",
]
