"""The Scheduler: from a graph and the shapes of its data to a plan, and to the program that runs it."""

from __future__ import annotations

from .compiled import Compiled
from .ir import Graph, Node, Value
from .placement import asked_device, choose_device
from .plan import Plan, make_plan
from .program import Program
from .run import Run
from .strategy import Strategy

__all__ = [
    "Compiled",
    "Graph",
    "Node",
    "Plan",
    "Program",
    "Run",
    "Strategy",
    "Value",
    "asked_device",
    "choose_device",
    "make_plan",
]
