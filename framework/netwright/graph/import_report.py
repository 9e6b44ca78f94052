"""What came of each part of a file that was read into a graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Status = Literal["understood", "changed", "folded", "missing"]
"""Taken as it is; taken in another form; needed no node; not understood."""


@dataclass(frozen=True)
class ImportNote:
    """A word on one part of the file: the nodes it became, and what there is to say."""

    node: str
    op: str
    status: Status
    became: tuple[str, ...] = ()
    message: str = ""


@dataclass(frozen=True)
class Imported:
    """A graph that was read, with what came along: a data set and settings where the file names them."""

    kind: Literal["graph", "training", "symbol", "onnx"]
    name: str
    graph: dict[str, Any]
    report: tuple[ImportNote, ...] = ()
    dataset: str | None = None
    settings: dict[str, Any] | None = None
