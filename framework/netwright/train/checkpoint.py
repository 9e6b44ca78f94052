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
KEPT = "kept"
"""A file of this name in a checkpoint's folder says that it is not to be dropped."""
KEEP = 2
KEEP_BYTES = 1 << 30
"""Beyond this no more than ``KEEP`` are kept."""
FORMAT = 1

Arrays = Mapping[str, np.ndarray[Any, Any]]


@dataclass(frozen=True)
class Checkpoint:
    """What was read from a good checkpoint."""

    step: int
    weights: dict[str, np.ndarray[Any, Any]]
    optimizer: dict[str, np.ndarray[Any, Any]]
    state: dict[str, Any]


def write(
    folder: Path, step: int, weights: Arrays, optimizer: Arrays, state: Mapping[str, Any], keep: int = KEEP
) -> int:
    """Write ``step-N`` and drop what is more than ``keep``; returns its size in bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    place, beside = folder / f"step-{step}", folder / f".step-{step}.new"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    try:
        save_arrays(beside / WEIGHTS, weights)
        save_arrays(beside / OPTIMIZER, optimizer)
        sums = {name: _sha256(beside / name) for name in (WEIGHTS, OPTIMIZER)}
        seal(beside, {"format": FORMAT, "step": step, "files": sums, **state})
        old = folder / f".step-{step}.old"
        if place.exists():
            os.rename(place, old)  # until the new one is in its place, this is what a crash leaves
        os.rename(beside, place)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        _restore(folder)
        raise
    fsync_folder(folder)
    shutil.rmtree(old, ignore_errors=True)
    _thin(folder, max(keep, KEEP))
    return size_of(place)


def seal(place: Path, state: Mapping[str, Any]) -> None:
    """Write ``state.json`` with its checksum."""
    write_atomically(place / STATE, _sealed(json.dumps(state)))


def _sealed(body: str) -> bytes:
    return json.dumps({"sha256": hashlib.sha256(body.encode()).hexdigest(), "body": body}).encode()


def size_of(place: Path) -> int:
    """Bytes of one checkpoint."""
    return sum(f.stat().st_size for f in place.iterdir())


def _thin(folder: Path, keep: int) -> None:
    """Drop checkpoints until ``keep`` are left beside those marked as kept: the newest ones stay, and of the others
    those that lie nearest to their neighbours go first, so that what stays is spread over the training.
    """
    loose = [(step, place) for step, place in steps_in(folder) if not (place / KEPT).exists()]
    taken = {step: size_of(place) for step, place in loose}
    while len(loose) > KEEP and (len(loose) > keep or sum(taken[step] for step, _ in loose) > KEEP_BYTES):
        steps = [step for step, _ in loose] + [0]
        nearest = min(range(KEEP, len(loose)), key=lambda i: (steps[i - 1] - steps[i + 1], -steps[i]))
        _drop(loose.pop(nearest)[1])


def _drop(place: Path) -> None:
    """Remove a checkpoint, renamed first: a crash in the middle must not leave half of one under its name."""
    gone = place.with_name(f".{place.name}.gone")
    shutil.rmtree(gone, ignore_errors=True)
    try:
        os.rename(place, gone)
    except OSError:
        return  # another has dropped it
    shutil.rmtree(gone, ignore_errors=True)


def read_latest(folder: Path) -> tuple[Checkpoint | None, list[str]]:
    """(the newest good checkpoint or None, what was wrong with newer ones)."""
    damaged: list[str] = []
    _restore(folder)
    for step, place in steps_in(folder):
        try:
            return read(place, step), damaged
        except CheckpointError as error:
            damaged.append(str(error))
    return None, damaged


def clean(folder: Path, newer_than: int | None = None) -> None:
    """Remove what a crash in the middle of writing left, and checkpoints after a step (of a training before)."""
    _restore(folder)
    for left in folder.glob(".step-*"):
        shutil.rmtree(left, ignore_errors=True)
    for step, place in steps_in(folder):
        if newer_than is not None and step > newer_than:
            _drop(place)


def _restore(folder: Path) -> None:
    """Put back what was to be replaced when the writing broke off."""
    for old in folder.glob(".step-*.old"):
        place = folder / old.name.removeprefix(".").removesuffix(".old")
        if not place.exists():
            os.rename(old, place)


def steps_in(folder: Path) -> list[tuple[int, Path]]:
    """(step, place) of each checkpoint, the newest first."""
    found = []
    if folder.is_dir():
        for place in folder.glob("step-*"):
            number = place.name.removeprefix("step-")
            if number.isdigit():
                found.append((int(number), place))
    return sorted(found, reverse=True)


def read(place: Path, step: int) -> Checkpoint:
    """The checkpoint in that folder; raises CheckpointError where it is damaged."""
    state = read_state(place)
    try:
        for name, wanted in state["files"].items():
            if name not in (WEIGHTS, OPTIMIZER) or _sha256(place / name) != wanted:
                raise ValueError(f"the checksum of {name} is wrong")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(place, error) from error
    return Checkpoint(step, load_arrays(place / WEIGHTS), load_arrays(place / OPTIMIZER), state)


def read_state(place: Path) -> dict[str, Any]:
    """What ``state.json`` says; raises CheckpointError where it is not what was written."""
    try:
        content = (place / STATE).read_bytes()
        sealed = json.loads(content)
        body = sealed["body"]
        # Compared as it was written: a changed space would pass for JSON.
        if _sealed(body) != content:
            raise ValueError("its checksum is wrong")
        state: dict[str, Any] = json.loads(body)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(place, error) from error
    return state


def _damaged(place: Path, error: Exception) -> CheckpointError:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return CheckpointError("the checkpoint is damaged", where=place.name, got=reason)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
