"""A network as a program, and programs' networks as graphs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from netwright_studio.schemas.common import Ident, Model, Request
from netwright_studio.schemas.graphs import Graph
from netwright_studio.schemas.settings import TrainSettings


class CodeRequest(Request):
    """A network with what it is trained on and how."""

    graph: Graph
    dataset: Ident
    settings: TrainSettings = Field(default_factory=TrainSettings)


class Code(Model):
    """The same training in three forms; each gives the numbers of the studio's run with the same seed."""

    stem: str = Field(description="What the files are called, without an ending")
    python: str
    notebook: str = Field(description="JSON of a Jupyter notebook")
    command: str = Field(description="What is typed beside the file of ``spec``")
    spec: str = Field(description="JSON that ``netwright train`` takes: graph, data set and settings")
    remarks: list[str] = Field(description="What the program writes differently from the drawing")


class OnnxRequest(Request):
    """A network as it is drawn, and what gives it its first weights."""

    graph: Graph
    dataset: Ident | None = None
    initializer: Ident = "xavier"
    seed: int = Field(0, ge=0, le=2**32 - 1)


class ImportNote(Model):
    """What became of one part of a file."""

    node: str
    op: str
    status: Literal["understood", "changed", "folded", "missing"] = Field(
        description="taken as it is, taken in another form, needed no node, not understood"
    )
    became: list[str] = Field(description="ids of the nodes that were made of it")
    message: str


class Imported(Model):
    """A network read from a file, with what the file says of its training."""

    kind: Literal["graph", "training", "symbol", "onnx"]
    name: str
    graph: Graph
    dataset: str | None
    settings: TrainSettings | None
    report: list[ImportNote]
