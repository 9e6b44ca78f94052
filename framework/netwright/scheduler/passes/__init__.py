"""Rewrites of a graph that keep its results: each a small function from graph to graph, in a module of its own.

``pipeline.optimize`` runs those that a strategy allows, in order, and reports what each changed. A pass works in place
and returns the graph; the order of ``graph.outputs`` stays, whatever values come to stand there.
"""

from __future__ import annotations

from .algebra import simplify
from .common import share_common
from .ordering import order_for_memory
from .pipeline import CPU, PIPELINE, Pass, optimize, optimize_forward
from .recomputing import recompute, recompute_cheap
from .report import PassReport
from .unused import prune

__all__ = [
    "CPU",
    "PIPELINE",
    "Pass",
    "PassReport",
    "optimize",
    "optimize_forward",
    "order_for_memory",
    "prune",
    "recompute",
    "recompute_cheap",
    "share_common",
    "simplify",
]
