"""Graph JSON: the network as the page draws it and as files hold it."""

from __future__ import annotations

from ..optimizer.forms import optimizers
from .check import DataSpec, check
from .connecting import Connection, Judgement, judge
from .from_symbol import from_block, from_symbol
from .network import Network, to_network, to_symbol
from .palette import palette
from .part import part
from .planning import compile_graph, network_of, plan_graph
from .predictor import Predictor, load_predictor
from .report import CheckReport, Problem
from .suggest import operators_after

__all__ = [
    "CheckReport",
    "Connection",
    "DataSpec",
    "Judgement",
    "Network",
    "Predictor",
    "Problem",
    "check",
    "compile_graph",
    "from_block",
    "from_symbol",
    "judge",
    "load_predictor",
    "network_of",
    "operators_after",
    "optimizers",
    "palette",
    "part",
    "plan_graph",
    "to_network",
    "to_symbol",
]
