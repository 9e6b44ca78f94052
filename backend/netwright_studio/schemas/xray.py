"""The X-ray of a network: its plan explained, compared and measured."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from netwright.graph.measuring import Measured
from netwright.graph.xray import StepView, StrategyView
from netwright_studio.schemas.common import Model
from netwright_studio.schemas.graphs import Plan, PlanRequest

StrategyName = Literal["fast", "balanced", "low_memory", "debug"]


class XrayRequest(PlanRequest):
    """A graph to look through, under one strategy."""

    strategy: StrategyName = "balanced"


class Xray(Model):
    """A plan, and what each of its steps stands for (as many, in the same order)."""

    plan: Plan
    views: list[StepView]
    seconds: float = Field(description="predicted for one run of all steps on this machine")


class StrategyComparison(Model):
    """The same network under every strategy."""

    strategies: list[StrategyView]


__all__ = ["Measured", "StrategyComparison", "Xray", "XrayRequest"]
