"""What a check says: shapes, counts and costs for each node, and problems with their remedies."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field


class TensorInfo(BaseModel):
    """Shape (batch axis included) and element type; None where it could not be derived."""

    shape: list[int] | None = None
    dtype: str | None = None


class OutputInfo(TensorInfo):
    """One output of a node."""

    name: str


class WeightInfo(BaseModel):
    """One weight or auxiliary state of a node."""

    name: str
    shape: list[int] | None = None


class ReceptiveField(BaseModel):
    """How much of an input one position of a node's first output is computed from, axis by axis of a sample.

    ``size`` of ``of`` positions are seen, which move by ``step`` from one output position to the next (None: along that
    axis they do not move evenly, or every output sees the same).
    """

    input: str
    size: list[int]
    of: list[int]
    step: list[float | None]


class NodeReport(BaseModel):
    """What was derived for one node; ``bytes`` are those of its outputs.

    ``receptive`` is empty where nothing leads to an input, or an operator on the way does not say what it reads.
    """

    op: str
    inputs: dict[str, TensorInfo] = Field(default_factory=dict)
    outputs: list[OutputInfo] = Field(default_factory=list)
    weights: list[WeightInfo] = Field(default_factory=list)
    states: list[WeightInfo] = Field(default_factory=list)
    parameters: int = 0
    flops: int = 0
    bytes: int = 0
    receptive: list[ReceptiveField] = Field(default_factory=list)


class GroupReport(BaseModel):
    """What a group holds, its repetitions included; ``outputs`` by reference as drawn, of the last repetition."""

    nodes: int = 0
    outputs: dict[str, TensorInfo] = Field(default_factory=dict)
    parameters: int = 0
    flops: int = 0
    bytes: int = 0


class Fix(BaseModel):
    """A remedy as edits of the graph, which the page offers as one click."""

    label: str
    edits: list[dict[str, Any]]


class Problem(BaseModel):
    """One thing that is wrong (``error``) or may surprise (``warning``), and where."""

    severity: Literal["error", "warning"] = "error"
    code: str
    node: str | None = None
    port: str | None = None
    parameter: str | None = None
    message: str
    wanted: str | None = None
    got: str | None = None
    remedy: str | None = None
    fix: Fix | None = None


class Totals(BaseModel):
    """Sums over the graph for one mini-batch, forward only."""

    parameters: int = 0
    flops: int = 0
    activation_bytes: int = 0
    weight_bytes: int = 0


class CheckReport(BaseModel):
    """Everything ``check`` found."""

    ok: bool
    nodes: dict[str, NodeReport] = Field(default_factory=dict)
    groups: dict[str, GroupReport] = Field(default_factory=dict)
    totals: Totals = Field(default_factory=Totals)
    problems: list[Problem] = Field(default_factory=list)

    def errors(self) -> list[Problem]:
        """The problems that keep the graph from running."""
        return [p for p in self.problems if p.severity == "error"]
