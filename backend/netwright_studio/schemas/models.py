"""Trained models: their versions, and what they predict."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from netwright.abilities import Ability
from netwright.datasets import Step
from netwright_studio.schemas.common import Model, Number, Request, Time
from netwright_studio.schemas.datasets import DatasetInput, DatasetLabel
from netwright_studio.schemas.graphs import Graph

ExportFormat = Literal["safetensors", "onnx", "graph", "symbol"]


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
    does: list[Ability] = Field(description="What it can do, the first thing first.")
    steps: list[Step] = Field(default_factory=list, description="What was done to its data, and is done to its inputs.")


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


class NearestCluster(Model):
    """The cluster an input belongs to: how far its centre is, and the class most of its training samples have."""

    index: int
    distance: Number
    size: int
    label: str | None = None
    share: Number | None = None


class Prediction(Model):
    """What one input leads to: the likeliest class, a value, a cluster, or the network's output as it is."""

    label: str | None = None
    index: int | None = None
    probabilities: list[Probability] | None = None
    value: Number | None = None
    output: Any = None
    png: str | None = Field(None, description="The output as an image, where it is one.")
    cluster: NearestCluster | None = None


class PredictReply(Model):
    """Predictions in the order of the inputs; ``ms`` is the time taken in the server."""

    predictions: list[Prediction]
    model: str
    version: int
    ms: float


class GenerateRequest(Request):
    """New samples: a number of them by a seed, or those of given latent numbers."""

    count: int = Field(16, ge=1, le=64)
    seed: int = Field(0, ge=0, le=2**32 - 1)
    latents: list[list[Annotated[float, Field(ge=-100, le=100)]]] | None = Field(
        None, min_length=1, max_length=64, description="Instead of drawn ones: a flat list for each sample."
    )


class GeneratedSample(Model):
    """One new sample, the latent numbers it was made of, and it as an image where it is one."""

    output: Any
    latent: list[Number]
    png: str | None = None


class GenerateReply(Model):
    """New samples; ``ms`` is the time taken in the server."""

    samples: list[GeneratedSample]
    model: str
    version: int
    ms: float


class ContinueRequest(Request):
    """A text to go on with: ``temperature`` 0 takes the likeliest character each time, 1 the network's own chances."""

    prompt: str = Field("", max_length=4000)
    length: int = Field(200, ge=1, le=1000)
    temperature: float = Field(0.8, ge=0, le=4)
    seed: int = Field(0, ge=0, le=2**32 - 1)


class ContinueReply(Model):
    """What follows the prompt; ``ms`` is the time taken in the server."""

    text: str
    model: str
    version: int
    ms: float
