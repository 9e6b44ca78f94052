"""The folder of one run: what the worker is to do, its checkpoints, its weights and its log."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from netwright.serialization import write_atomically

if TYPE_CHECKING:
    from netwright.train.branching import CheckpointFacts


class RunFolder:
    """``run.json``, ``checkpoints/``, ``model/`` and ``worker.log`` under the data folder."""

    def __init__(self, runs_dir: Path, run: str) -> None:
        self.path = runs_dir / run

    @property
    def checkpoints(self) -> Path:
        """Where training keeps its checkpoints."""
        return self.path / "checkpoints"

    @property
    def model(self) -> Path:
        """Where a finished training leaves its model."""
        return self.path / "model"

    @property
    def start_weights(self) -> Path:
        """Weights of another run that this one begins with, where it does."""
        return self.path / "start" / "weights.safetensors"

    @property
    def inside(self) -> Path:
        """Where what was seen inside is kept."""
        return self.path / "inside"

    def evaluation(self, part: str) -> Path:
        """Where a finished training keeps what its network says of each sample of a part of the data."""
        return self.inside / f"evaluation-final-{part}.safetensors"

    def has_checkpoint(self) -> bool:
        """Tell whether training could go on; whether the checkpoint is sound shows when it is read."""
        return any(self.checkpoints.glob("step-*/state.json"))

    def list_checkpoints(self) -> list[CheckpointFacts]:
        """The checkpoints that are there, the newest first."""
        from netwright.train import list_checkpoints

        return list_checkpoints(self.checkpoints)

    def kernels(self) -> str | None:
        """The BLAS kernels that the newest checkpoint was made with, where this machine can run them."""
        from netwright.errors import CheckpointError
        from netwright.machine.blas import candidates
        from netwright.machine.processor import processor
        from netwright.train import checkpoint

        for _, place in checkpoint.steps_in(self.checkpoints):
            try:
                named = checkpoint.read_state(place).get("kernels")
            except CheckpointError:
                continue
            return named if named in candidates(processor()) else None
        return None

    def write_order(self, order: dict[str, Any]) -> None:
        """Write what the worker is to do, whole or not at all."""
        write_atomically(self.path / "run.json", orjson.dumps(order))

    def tidy(self) -> None:
        """Remove what a crash left half written."""
        from netwright.train import checkpoint

        checkpoint.clean(self.checkpoints)
        for left in self.path.glob(".*.json.*"):
            left.unlink(missing_ok=True)

    def remove(self) -> None:
        """Delete everything."""
        shutil.rmtree(self.path, ignore_errors=True)


def read_order(folder: Path) -> dict[str, Any]:
    """Read what ``write_order`` wrote."""
    order: dict[str, Any] = orjson.loads((folder / "run.json").read_bytes())
    return order
