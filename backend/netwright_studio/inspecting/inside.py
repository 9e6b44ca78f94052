"""What was seen inside a run while it trained: curves of its weights, histograms over time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import orjson

from netwright.errors import CheckpointError
from netwright.inspection import SnapshotFolder
from netwright_studio.errors import NotFoundError
from netwright_studio.runs.folder import RunFolder
from netwright_studio.schemas.inspect import InsideReply, SnapshotRef

MAX_CURVES = 120
Kind = Literal["weight", "gradient", "activation"]


def folder_of(place: RunFolder) -> SnapshotFolder:
    """Return where a run's snapshots lie."""
    return SnapshotFolder(place.inside)


def describe(folder: SnapshotFolder, settings: Mapping[str, Any]) -> InsideReply:
    """Return which steps were looked at, with the curves of the weights."""
    refs: list[SnapshotRef] = []
    curves: dict[str, dict[str, Any]] = {}
    nodes: list[str] = []
    generates = False
    for snapshot in _read_all(folder):
        refs.append(SnapshotRef(step=snapshot["step"], epoch=snapshot["epoch"]))
        generates = generates or snapshot["generated"] is not None
        nodes = [node["node"] for node in snapshot["nodes"]] or nodes
        for weight in snapshot["weights"][:MAX_CURVES]:
            curve = curves.setdefault(
                weight["name"], {"name": weight["name"], "weight": [], "gradient": [], "change": []}
            )
            curve["weight"].append(weight["values"]["norm"])
            curve["gradient"].append(weight["gradient"] and weight["gradient"]["norm"])
            curve["change"].append(weight["change"])
    share = float(settings.get("look_inside", 0.02))
    facts = {"share": share, "snapshots": refs, "weights": list(curves.values()), "nodes": nodes}
    return InsideReply.model_validate({**facts, "generates": generates, "plane": folder.plane()})


def read_snapshot(folder: SnapshotFolder, step: int) -> bytes:
    """Return a snapshot as JSON text; NotFoundError where none is kept of that step."""
    try:
        return folder.read_json(step)
    except CheckpointError as error:
        raise NotFoundError(
            f"No snapshot is kept of step {step}.", where="step", remedy="Ask which there are."
        ) from error


def history(folder: SnapshotFolder, name: str, kind: Kind) -> dict[str, Any]:
    """Return the histograms of one tensor over time."""
    steps, histograms = [], []
    for snapshot in _read_all(folder):
        found = _histogram(snapshot, name, kind)
        if found is not None:
            steps.append(snapshot["step"])
            histograms.append(found)
    if not steps:
        raise NotFoundError(f"Nothing was seen of “{name[:80]}”.", where="name", remedy="Ask what there is to see.")
    return {"name": name, "kind": kind, "steps": steps, "histograms": histograms}


def _histogram(snapshot: dict[str, Any], name: str, kind: Kind) -> Any:
    if kind == "activation":
        return next((node["values"] for node in snapshot["nodes"] if node["node"] == name), None)
    weight = next((weight for weight in snapshot["weights"] if weight["name"] == name), None)
    return None if weight is None else weight["values" if kind == "weight" else "gradient"]


def _read_all(folder: SnapshotFolder) -> Iterator[dict[str, Any]]:
    for step in folder.steps():
        try:
            yield orjson.loads(folder.read_json(step))
        except (CheckpointError, orjson.JSONDecodeError):
            continue  # let go while we read
