"""The handler that logs a training's course."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ....errors import ParamError
from ....metric import EvalMetric
from .events import BatchBegin, BatchEnd, EpochBegin, EpochEnd, TrainBegin, TrainEnd, check_metrics

if TYPE_CHECKING:
    from .estimator import Estimator


def _values(metrics: Iterable[EvalMetric]) -> str:
    return ", ".join("{}: {:.4f}".format(*metric.get()) for metric in metrics)


class LoggingHandler(TrainBegin, TrainEnd, EpochBegin, EpochEnd, BatchBegin, BatchEnd):
    """Logs times and metrics after each pass, or (where ``log_interval`` is a number) every so many batches too.

    The lines are MXNet's: ``[Epoch 0][Batch 5][Samples 48] time/interval: 0.012s training accuracy: 0.5000``.
    """

    def __init__(self, log_interval: int | str = "epoch", metrics: Any = None, priority: float = math.inf) -> None:
        if not isinstance(log_interval, int) and log_interval != "epoch":
            raise ParamError("unknown log_interval", wanted="a number of batches, or 'epoch'", got=repr(log_interval))
        self.metrics, self.priority, self.log_interval = check_metrics(metrics), priority, log_interval
        self.batch_index = self.current_epoch = self.processed_samples = 0
        self.log_interval_time = 0.0

    def train_begin(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:
        """Say with what and for how long."""
        self.train_start = time.time()
        trainer = estimator.trainer
        name = type(trainer.optimizer).__name__
        estimator.logger.info(
            "Training begin: using optimizer %s with current learning rate %.4f ", name, trainer.learning_rate
        )
        if estimator.max_epoch:
            estimator.logger.info("Train for %d epochs.", estimator.max_epoch)
        else:
            estimator.logger.info("Train for %d batches.", estimator.max_batch)
        self.batch_index = self.current_epoch = self.processed_samples = 0
        self.log_interval_time = 0.0

    def train_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:
        """Say how it ended."""
        seconds = time.time() - self.train_start
        line = f"Train finished using total {int(seconds)}s with {self.current_epoch} epochs. {_values(self.metrics)}"
        estimator.logger.info(line.rstrip())

    def batch_begin(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:
        """Look at the clock."""
        self.batch_start = time.time()

    def batch_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:
        """Say how it goes, where it is time."""
        if isinstance(self.log_interval, int):
            self.log_interval_time += time.time() - self.batch_start
            data = kwargs["batch"][0]
            self.processed_samples += (data[0] if isinstance(data, (list, tuple)) else data).shape[0]
            if self.batch_index % self.log_interval == 0:
                place = f"[Epoch {self.current_epoch}][Batch {self.batch_index}][Samples {self.processed_samples}]"
                line = f"{place} time/interval: {self.log_interval_time:.3f}s {_values(self.metrics)}"
                estimator.logger.info(line.rstrip())
                self.log_interval_time = 0.0
        self.batch_index += 1

    def epoch_begin(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:
        """Say which pass begins."""
        self.epoch_start = time.time()
        if any("training" in metric.name for metric in self.metrics):
            rate = estimator.trainer.learning_rate
            estimator.logger.info("[Epoch %d] Begin, current learning rate: %.4f", self.current_epoch, rate)
        else:
            estimator.logger.info("Validation Begin")

    def epoch_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:
        """Say how the pass went."""
        seconds = time.time() - self.epoch_start
        line = f"[Epoch {self.current_epoch}] Finished in {seconds:.3f}s, {_values(self.metrics)}"
        estimator.logger.info(line.rstrip(", "))
        self.current_epoch += 1
        self.batch_index = 0
