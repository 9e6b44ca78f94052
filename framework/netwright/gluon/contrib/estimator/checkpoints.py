"""The handler that keeps checkpoints, and begins again from them."""

from __future__ import annotations

import math
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....errors import CheckpointError, MismatchError, ParamError
from ....metric import EvalMetric
from ...block import HybridBlock
from .events import BatchEnd, EpochEnd, TrainBegin
from .stopping import Best

if TYPE_CHECKING:
    from .estimator import Estimator


class CheckpointHandler(TrainBegin, BatchEnd, EpochEnd):
    """Saves ``model_prefix-epoch0batch8.params`` and ``.states`` every ``epoch_period`` passes or ``batch_period``
    batches, and keeps the last ``max_checkpoints``.

    ``save_best`` keeps ``model_prefix-best`` too, by the metric ``monitor`` (see ``Best`` for ``mode``). A hybridized
    network's symbol is saved once. With ``resume_from_checkpoint`` the training goes on from the last checkpoint.
    """

    def __init__(
        self,
        model_dir: str,
        model_prefix: str = "model",
        monitor: EvalMetric | None = None,
        verbose: int = 0,
        save_best: bool = False,
        mode: str = "auto",
        epoch_period: int | None = 1,
        batch_period: int | None = None,
        max_checkpoints: int = 5,
        resume_from_checkpoint: bool = False,
    ) -> None:
        if save_best and not isinstance(monitor, EvalMetric):
            raise ParamError(
                "which model is best is told by a metric",
                where="CheckpointHandler",
                parameter="monitor",
                remedy="Give one of estimator.train_metrics or estimator.val_metrics",
            )
        Path(model_dir).mkdir(parents=True, exist_ok=True)
        self.model_dir, self.model_prefix, self.monitor, self.verbose = model_dir, model_prefix, monitor, verbose
        self.save_best, self.epoch_period, self.batch_period = save_best, epoch_period, batch_period
        self.max_checkpoints, self.resume_from_checkpoint = max_checkpoints, resume_from_checkpoint
        self.current_batch = self.current_epoch = 0
        self.trained_epoch = self.trained_batch = -1
        self.saved_checkpoints: list[str] = []
        self._best = Best(monitor, mode, "CheckpointHandler") if save_best and monitor is not None else None

    def train_begin(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:
        """Begin to count, after the last checkpoint where it is to be resumed from."""
        self.current_batch = self.current_epoch = 0
        if self._best is not None:
            self._best.reset()
        if not self.resume_from_checkpoint:
            return
        fits = self.batch_period and not self.epoch_period
        if estimator.max_epoch:
            fits = self.epoch_period and not self.batch_period
        if not fits:
            raise MismatchError(
                "a training by passes resumes from checkpoints of passes, one by batches from those of batches",
                where="CheckpointHandler",
                remedy="Set one of epoch_period and batch_period, and the other to None",
            )
        self._resume(estimator)

    def batch_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:
        """Save where it is time; at the first batch the symbol."""
        if self.current_batch == 0:
            self._save_symbol(estimator)
        if self.batch_period and (self.current_batch + 1) % self.batch_period == 0:
            self._save(estimator)
        self.current_batch += 1

    def epoch_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:
        """Save where it is time."""
        if self.epoch_period and (self.current_epoch + 1) % self.epoch_period == 0:
            self._save(estimator)
        self.current_epoch += 1

    # ---------------------------------------------------------------- saving
    def _save(self, estimator: Estimator) -> None:
        epoch, batch = self.current_epoch, self.current_batch
        if self.resume_from_checkpoint:
            epoch += self.trained_epoch + 1
            batch += self.trained_batch if estimator.max_epoch else self.trained_batch + 1
        name = f"{self.model_prefix}-epoch{epoch}batch{batch}"
        self._write(estimator, name)
        self.saved_checkpoints.append(name)
        while len(self.saved_checkpoints) > self.max_checkpoints:
            old = self.saved_checkpoints.pop(0)
            for ending in (".params", ".states"):
                Path(self.model_dir, old + ending).unlink(missing_ok=True)
        self._tell(estimator, "trained total %d batches, saved %s", self.current_batch + 1, name)
        if self._best is not None and self.monitor is not None:
            metric, value = self.monitor.get()
            if math.isnan(value):
                warnings.warn(f"{metric} was not updated, so no model is the best", RuntimeWarning, stacklevel=2)
            elif self._best.improved(value):
                self._write(estimator, f"{self.model_prefix}-best")
                self._tell(estimator, "%s is best so far: %0.5f", metric, value)

    def _write(self, estimator: Estimator, name: str) -> None:
        path = Path(self.model_dir, name)
        estimator.net.save_parameters(f"{path}.params")
        estimator.trainer.save_states(f"{path}.states")

    def _save_symbol(self, estimator: Estimator) -> None:
        file = str(Path(self.model_dir, f"{self.model_prefix}-symbol.json"))
        if isinstance(estimator.net, HybridBlock) and estimator.net._compiled:
            estimator.net._exported().symbol.save(file)
        else:
            estimator.logger.info("The network's symbol is not saved: it is no HybridBlock, or not hybridized.")

    def _tell(self, estimator: Estimator, line: str, *values: Any) -> None:
        if self.verbose > 0:
            estimator.logger.info("[Epoch %d] CheckpointHandler: " + line, self.current_epoch, *values)

    # ---------------------------------------------------------------- resuming
    def _found(self) -> list[tuple[int, int, str]]:
        """(pass, batch, name) of the checkpoints in the folder, in order."""
        pattern = re.compile(re.escape(self.model_prefix) + r"-epoch(\d+)batch(\d+)\.params")
        matches = [m for m in (pattern.fullmatch(p.name) for p in Path(self.model_dir).iterdir()) if m]
        return sorted((int(m[1]), int(m[2]), m[0].removesuffix(".params")) for m in matches)

    def _resume(self, estimator: Estimator) -> None:
        found = self._found()
        wanted = f"{estimator.max_epoch} epochs" if estimator.max_epoch else f"{estimator.max_batch} batches"
        if not found:
            self.trained_epoch = self.trained_batch = -1
            estimator.logger.info("CheckpointHandler: No checkpoint found, training from scratch for %s", wanted)
            return
        self.saved_checkpoints = [name for _, _, name in found]
        self.trained_epoch, self.trained_batch, name = found[-1]
        for kind, trained in (("max_epoch", self.trained_epoch), ("max_batch", self.trained_batch)):
            limit = getattr(estimator, kind)
            if not limit:
                continue
            if trained >= limit - 1:
                raise CheckpointError(
                    f"the checkpoint has reached {kind} already",
                    where=name,
                    wanted=f"fewer than {limit}",
                    got=trained + 1,
                    remedy="Train for longer, or without resume_from_checkpoint",
                )
            setattr(estimator, kind, limit - trained - 1)
        path = Path(self.model_dir, name)
        if not path.with_name(path.name + ".states").exists():
            raise CheckpointError("the trainer's states are missing", where=f"{name}.states")
        estimator.net.load_parameters(f"{path}.params", ctx=estimator.context)
        estimator.trainer.load_states(f"{path}.states")
        estimator.logger.warning(
            "CheckpointHandler: Checkpoint resumed from epoch %d batch %d", self.trained_epoch, self.trained_batch
        )
