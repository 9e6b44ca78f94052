"""The Open Inference Protocol's bodies, as the API's description shows them; ``inference/open_inference`` reads them.

They are read by hand, for speed, and by the same rules.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Datatype = Literal[
    "BOOL",
    "UINT8",
    "UINT16",
    "UINT32",
    "UINT64",
    "INT8",
    "INT16",
    "INT32",
    "INT64",
    "FP16",
    "FP32",
    "FP64",
    "BYTES",
]
Parameters = dict[str, Any]
ModelState = Literal["READY", "UNAVAILABLE"]


class _Open(BaseModel):
    """Other fields are let through, as the protocol has it."""

    model_config = ConfigDict(extra="allow")


class ProtocolFailure(BaseModel):
    """Every failure under /v2."""

    error: str


class ServerMetadata(BaseModel):
    """What the server is."""

    name: str
    version: str
    extensions: list[str]


class TensorMetadata(BaseModel):
    """An input or output; -1 in its shape is any size."""

    name: str
    datatype: Datatype
    shape: list[int]


class ModelMetadata(BaseModel):
    """What a model takes and gives."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]


class TensorInput(_Open):
    """Data for one input: flat or nested lists, or ``parameters.binary_data_size`` bytes behind the JSON part.

    A network of one input also takes raw things as BYTES of shape [rows]: a picture's file, a line of CSV, a JSON
    record, a text.
    """

    name: str = Field(max_length=200)
    shape: list[int] = Field(max_length=16)
    datatype: Datatype
    data: list[Any] | None = None
    parameters: Parameters | None = None


class RequestedOutput(_Open):
    """One output that is wanted: ``parameters.binary_data`` for raw bytes, ``classification`` for the best classes."""

    name: str
    parameters: Parameters | None = None


class InferenceRequest(_Open):
    """Rows for a model."""

    id: str | None = None
    inputs: list[TensorInput] = Field(min_length=1, max_length=1000)
    outputs: list[RequestedOutput] | None = Field(None, max_length=1000)
    parameters: Parameters | None = None


class TensorOutput(BaseModel):
    """An output: its data as a flat list, or how many bytes of it follow."""

    name: str
    datatype: Datatype
    shape: list[int]
    data: list[Any] | None = None
    parameters: Parameters | None = None


class InferenceResponse(BaseModel):
    """What the model says."""

    model_name: str
    model_version: str
    id: str | None = None
    outputs: list[TensorOutput]


class Liveness(BaseModel):
    """The server is there."""

    live: bool


class Readiness(BaseModel):
    """The server, or a model, answers."""

    ready: bool
    name: str | None = None


class IndexRequest(_Open):
    """``ready``: only models that answer."""

    ready: bool | None = None


class IndexEntry(BaseModel):
    """One version in the repository."""

    name: str
    version: str
    state: ModelState
    reason: str


class RepositoryRequest(_Open):
    """``parameters.config``: a model's configuration as JSON text, of which max_batch_size is heeded."""

    parameters: Parameters | None = None


class Statistics(BaseModel):
    """Counts and durations by model and version."""

    model_stats: list[dict[str, Any]]
