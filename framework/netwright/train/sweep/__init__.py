"""Sweeps: many trainings that differ in some parameters, compared by one figure.

A ``SweepSpec`` says what is varied and how (``Grid``, ``Random``, ``Halving``); ``run`` trains the trials on a data
set, ``search`` does so with a function of your own. ``knobs`` lists what can be varied in a training, each with its
type, limits and a range to begin with. The command is ``netwright sweep``; the studio's sweeps are the same.
"""

from __future__ import annotations

from .decide import Decision, Ended, Job, decide
from .importance import Importance, importance
from .knobs import Knob, check_spec, knobs, require_settings
from .measure import Goal, goal_of, metrics_for
from .methods import MAX_TRIALS, Grid, Halving, Method, Random, rung_sizes
from .places import place, read
from .ranges import Choice, Float, Integer, Parameter
from .running import SweepResult, Until, run, search, why_impossible
from .spec import FORMAT, SweepSpec, read_spec
from .trial import OVER, Trial, TrialState, best, ranked, sign_of

__all__ = [
    "FORMAT",
    "MAX_TRIALS",
    "OVER",
    "Choice",
    "Decision",
    "Ended",
    "Float",
    "Goal",
    "Grid",
    "Halving",
    "Importance",
    "Integer",
    "Job",
    "Knob",
    "Method",
    "Parameter",
    "Random",
    "SweepResult",
    "SweepSpec",
    "Trial",
    "TrialState",
    "Until",
    "best",
    "check_spec",
    "decide",
    "goal_of",
    "importance",
    "knobs",
    "metrics_for",
    "place",
    "ranked",
    "read",
    "read_spec",
    "require_settings",
    "run",
    "rung_sizes",
    "search",
    "sign_of",
    "why_impossible",
]
