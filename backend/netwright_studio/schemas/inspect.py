"""Looking inside: activations, snapshots, evaluations, latent space."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from netwright.inspection import Histogram, NodeView, Picture, PlaneInfo
from netwright.inspection.quality import ClassesQuality, ValuesQuality
from netwright_studio.schemas.common import Ident, Model, Number, Request
from netwright_studio.schemas.datasets import Cell, Label, Split
from netwright_studio.schemas.graphs import Graph
from netwright_studio.schemas.models import Prediction

Part = Literal["validation", "test"]


class SampleOf(Request):
    """A sample of a data set, or a raw input as the predict route takes it."""

    split: Split = "test"
    index: int = Field(0, ge=0, le=2**31)
    input: Any = None


class SampleChoice(SampleOf):
    """A sample; ``node`` asks for one node in detail."""

    node: str | None = Field(None, max_length=200)


class GraphProbe(SampleChoice):
    """A sample to run through a drawn network, with the weights its training would begin with."""

    graph: Graph
    dataset: Ident | None = None
    initializer: Ident = "xavier"
    seed: int = Field(0, ge=0, le=2**32 - 1)


class ProbeReply(Model):
    """What one sample does inside a network, node by node in the order in which they run."""

    nodes: list[NodeView]
    weights: dict[str, Picture]
    detail: Picture | None = Field(None, description="The node that was asked for, larger and with more channels.")
    index: int | None
    label: Label
    png: str | None
    cells: list[Cell] | None
    prediction: Prediction | None


class SnapshotRef(Model):
    """A step that was looked at."""

    step: int
    epoch: float


class WeightCurve(Model):
    """Numbers of one weight at each snapshot: ‖w‖, ‖gradient‖, ‖Δw‖ ÷ ‖w‖; null where none was seen."""

    name: str
    weight: list[Number]
    gradient: list[Number | None]
    change: list[Number | None]


class InsideReply(Model):
    """What was seen inside a run while it trained."""

    share: float = Field(description="Part of the time it may take; 0: it was switched off.")
    snapshots: list[SnapshotRef]
    weights: list[WeightCurve]
    nodes: list[str]
    generates: bool = Field(description="Whether snapshots hold pictures the network made.")
    plane: PlaneInfo | None


class HistogramHistory(Model):
    """The histograms of one tensor at all snapshots that have it."""

    name: str
    kind: Literal["weight", "gradient", "activation"]
    steps: list[int]
    histograms: list[Histogram]


class EvaluationReply(Model):
    """How good a network is on a part of its data; ``count`` of the ``total`` samples were evaluated."""

    kind: Literal["classes", "values", "reconstruction", "loss"]
    part: Part
    count: int
    total: int
    same_data: bool = Field(description="Whether the data are those it was trained on.")
    loss: Number | None
    losses: Histogram
    classes: ClassesQuality | None
    values: ValuesQuality | None
    label: str | None


class TopClass(Model):
    """One of the likeliest classes."""

    label: str
    p: Number


class EvaluatedSample(Model):
    """One sample with what was said of it."""

    row: int
    loss: Number
    label: Label
    predicted: Label
    confidence: Number | None
    top: list[TopClass]
    png: str | None
    cells: list[Cell] | None
    output_png: str | None


class EvaluatedSamples(Model):
    """Some samples, the greatest loss first; ``row`` counts in ``split``."""

    items: list[EvaluatedSample]
    total: int
    split: Split


class LatentNode(Model):
    """A node whose output can be mapped, and how many numbers a sample is there."""

    node: str
    op: str
    size: int


class LatentCluster(Model):
    """A cluster: where its centre lies on the map, how many training samples it has, and the class of most."""

    x: float
    y: float
    size: int
    label: str | None
    share: float | None


class LatentReply(Model):
    """Where samples lie at a node: on its two axes, or on the two principal components."""

    node: str
    nodes: list[LatentNode]
    dimensions: int
    kind: Literal["inputs", "components"]
    explained: tuple[float, float]
    points: list[tuple[float, float, float]] = Field(description="[x, y, class number or value]")
    rows: list[int]
    split: Split
    classes: list[str] | None
    label: str | None
    generates: bool = Field(description="Whether pictures can be made from this node's numbers.")
    clusters: list[LatentCluster] | None = Field(description="Of a network that was taught to cluster by this node.")
    cluster_of: list[int] | None = Field(description="The cluster of each point.")


class GeneratedReply(Model):
    """Pictures made from a node's numbers: drawn at random, or walked through row by row."""

    node: str
    mode: Literal["draw", "walk"]
    side: int
    png: str
