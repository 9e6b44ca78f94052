"""Checkpoints: everything a training needs to go on as if it had never stopped.

A checkpoint is a folder ``step-N`` with ``weights.safetensors``, ``optimizer.safetensors`` and ``state.json``, which
holds the
checksums of the other two. It is written beside its place and renamed, so that it is there whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import CheckpointError
from ..serialization import fsync_folder, load_arrays, save_arrays, write_atomically

WEIGHTS, OPTIMIZER, STATE = "weights.safetensors", "optimizer.safetensors", "state.json"
KEEP = 2
FORMAT = 1

Arrays = Mapping[str, np.ndarray[Any, Any]]


@dataclass(frozen=True)
class Checkpoint:
    """What was read from a good checkpoint."""

    step: int
    weights: dict[str, np.ndarray[Any, Any]]
    optimizer: dict[str, np.ndarray[Any, Any]]
    state: dict[str, Any]


def write(folder: Path, step: int, weights: Arrays, optimizer: Arrays, state: Mapping[str, Any]) -> int:
    """Write ``step-N`` and drop all but the newest two; returns its size in bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    place, beside = folder / f"step-{step}", folder / f".step-{step}.new"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    try:
        save_arrays(beside / WEIGHTS, weights)
        save_arrays(beside / OPTIMIZER, optimizer)
        sums = {name: _sha256(beside / name) for name in (WEIGHTS, OPTIMIZER)}
        body = json.dumps({"format": FORMAT, "step": step, "files": sums, **state})
        seal = hashlib.sha256(body.encode()).hexdigest()
        write_atomically(beside / STATE, json.dumps({"sha256": seal, "body": body}).encode())
        if place.exists():
            shutil.rmtree(place)
        os.rename(beside, place)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    fsync_folder(folder)
    size = sum(f.stat().st_size for f in place.iterdir())
    for _, old in _steps(folder)[KEEP:]:
        shutil.rmtree(old, ignore_errors=True)
    return size


def read_latest(folder: Path) -> tuple[Checkpoint | None, list[str]]:
    """(the newest good checkpoint or None, what was wrong with newer ones)."""
    damaged: list[str] = []
    for step, place in _steps(folder):
        try:
            return _read(place, step), damaged
        except CheckpointError as error:
            damaged.append(str(error))
    return None, damaged


def clean(folder: Path, newer_than: int | None = None) -> None:
    """Remove what a crash in the middle of writing left, and checkpoints after a step (of a training before)."""
    for left in folder.glob(".step-*"):
        shutil.rmtree(left, ignore_errors=True)
    for step, place in _steps(folder):
        if newer_than is not None and step > newer_than:
            shutil.rmtree(place, ignore_errors=True)


def _steps(folder: Path) -> list[tuple[int, Path]]:
    found = []
    if folder.is_dir():
        for place in folder.glob("step-*"):
            number = place.name.removeprefix("step-")
            if number.isdigit():
                found.append((int(number), place))
    return sorted(found, reverse=True)


def _read(place: Path, step: int) -> Checkpoint:
    try:
        sealed = json.loads((place / STATE).read_bytes())
        body = sealed["body"]
        if hashlib.sha256(body.encode()).hexdigest() != sealed["sha256"]:
            raise ValueError("its checksum is wrong")
        state = json.loads(body)
        for name, wanted in state["files"].items():
            if name not in (WEIGHTS, OPTIMIZER) or _sha256(place / name) != wanted:
                raise ValueError(f"the checksum of {name} is wrong")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise CheckpointError("the checkpoint is damaged", where=place.name, got=reason) from error
    return Checkpoint(step, load_arrays(place / WEIGHTS), load_arrays(place / OPTIMIZER), state)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
