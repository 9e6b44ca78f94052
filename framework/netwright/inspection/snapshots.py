"""Snapshots of a training: what was seen inside at a step, kept in a folder that never grows beyond a bound."""

from __future__ import annotations

import threading
import zlib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from ..errors import CheckpointError
from ..serialization import write_atomically
from .histograms import Histogram, Real
from .pictures import Picture
from .plane import Boundary, PlaneInfo
from .probe import NodeView

MOST = 120
MAX_FILE = 16 << 20


class WeightView(BaseModel):
    """One weight at a step: its values, the gradient of the step's batch, and ``change``, the step's ‖Δw‖ ÷ ‖w‖."""

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="strings")

    name: str
    shape: tuple[int, ...]
    values: Histogram
    gradient: Histogram | None
    change: Real | None
    picture: Picture | None


class Snapshot(BaseModel):
    """What was seen at a step. ``cost`` is the time it took, in seconds."""

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="strings")

    step: int
    epoch: float
    cost: float
    weights: tuple[WeightView, ...]
    nodes: tuple[NodeView, ...]
    boundary: Boundary | None = None
    generated: Picture | None = None


class SnapshotFolder:
    """Snapshots as compressed JSON, a file for each step. Beyond ``most`` those that lie closest to others go; the
    first and the last stay.
    """

    def __init__(self, folder: Path, most: int = MOST) -> None:
        self.folder, self.most = folder, most
        self._lock = threading.Lock()

    def steps(self) -> list[int]:
        """The steps that were kept, ascending."""
        names = (path.name.partition(".")[0] for path in self.folder.glob("*.snapshot"))
        return sorted(int(name) for name in names if name.isdigit())

    def write(self, snapshot: Snapshot) -> None:
        """Keep a snapshot, and let one go where there are too many."""
        packed = zlib.compress(snapshot.model_dump_json().encode(), 1)
        with self._lock:
            write_lightly(self._path(snapshot.step), packed)
            steps = self.steps()
            if len(steps) > self.most:
                inner = range(1, len(steps) - 1)
                self._path(steps[min(inner, key=lambda i: (steps[i + 1] - steps[i - 1], i))]).unlink(missing_ok=True)

    def read(self, step: int) -> Snapshot:
        """The snapshot of a step; CheckpointError where there is none or it is damaged."""
        return Snapshot.model_validate_json(self.read_json(step))

    def read_json(self, step: int) -> bytes:
        """The same as JSON text."""
        try:
            return _unpack(self._path(step).read_bytes())
        except FileNotFoundError:
            raise CheckpointError("there is no snapshot of this step", where=str(step)) from None
        except (zlib.error, ValidationError):
            raise CheckpointError("a snapshot is damaged", where=str(step)) from None

    def clear(self, newer_than: int = -1) -> None:
        """Remove the snapshots of later steps."""
        for step in self.steps():
            if step > newer_than:
                self._path(step).unlink(missing_ok=True)

    def write_plane(self, info: PlaneInfo) -> None:
        """Keep the map on which boundaries are drawn."""
        write_atomically(self.folder / "plane.json", info.model_dump_json().encode())

    def plane(self) -> PlaneInfo | None:
        """The map, where there is one."""
        try:
            return PlaneInfo.model_validate_json((self.folder / "plane.json").read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def _path(self, step: int) -> Path:
        return self.folder / f"{step:09d}.snapshot"


def write_lightly(path: Path, content: bytes) -> None:
    """Write a file so that readers see it whole; not forced to the disk: a crash may lose it, and nothing else."""
    path.parent.mkdir(parents=True, exist_ok=True)
    staging = path.with_suffix(".part")
    staging.write_bytes(content)
    staging.replace(path)


def _unpack(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    content = unpacker.decompress(packed, MAX_FILE)
    if unpacker.unconsumed_tail:
        raise zlib.error("larger than any snapshot")
    return content
