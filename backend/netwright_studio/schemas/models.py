"""Trained models: their versions, and what they predict."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from netwright_studio.schemas.common import Model, Number, Request, Time
from netwright_studio.schemas.datasets import DatasetInput, DatasetLabel
from netwright_studio.schemas.graphs import Graph

ExportFormat = Literal["safetensors", "graph", "symbol"]


class ModelVersion(Model):
    """One trained version; ``sample`` is a raw input that the predict route takes."""

    version: int
    run: str | None
    created_at: Time
    metrics: dict[str, Number]
    graph: Graph
    input: DatasetInput
    label: DatasetLabel
    dataset: str | None
    parameters: int
    bytes: int
    sample: Any = None
    provenance: dict[str, Any]


class TrainedModel(Model):
    """A model by name, the newest version first."""

    name: str
    versions: list[ModelVersion]


class PredictRequest(Request):
    """Raw inputs: a nested list of the input's shape, a table row (list or object), or ``{"png": "base64…"}``."""

    inputs: list[Any] = Field(min_length=1, max_length=1024)


class Probability(Model):
    """How likely a class is."""

    label: str
    p: Number


class Prediction(Model):
    """What one input leads to: the likeliest class, a value, or the network's output as it is."""

    label: str | None = None
    index: int | None = None
    probabilities: list[Probability] | None = None
    value: Number | None = None
    output: Any = None
    png: str | None = Field(None, description="The output as an image, where it is one.")


class PredictReply(Model):
    """Predictions in the order of the inputs; ``ms`` is the time taken in the server."""

    predictions: list[Prediction]
    model: str
    version: int
    ms: float
