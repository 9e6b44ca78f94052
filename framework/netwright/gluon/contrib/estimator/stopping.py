"""Handlers that end a training, update metrics and weights, and validate."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ....errors import ParamError
from ....metric import CompositeEvalMetric, EvalMetric
from ....metric import Loss as LossMetric
from .events import BatchEnd, EpochBegin, EpochEnd, TrainBegin, TrainEnd, check_metrics

if TYPE_CHECKING:
    from .estimator import Estimator


class StoppingHandler(TrainBegin, BatchEnd, EpochEnd):
    """Ends the training after the estimator's number of passes or batches."""

    def __init__(self, max_epoch: int | None = None, max_batch: int | None = None) -> None:
        self.max_epoch, self.max_batch = max_epoch, max_batch
        self.current_batch = self.current_epoch = 0
        self.stop_training = False

    def train_begin(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:
        """Begin to count."""
        self.max_epoch, self.max_batch = estimator.max_epoch, estimator.max_batch
        self.current_batch = self.current_epoch = 0

    def batch_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> bool:
        """Count a batch."""
        self.current_batch += 1
        self.stop_training |= self.current_batch == self.max_batch
        return self.stop_training

    def epoch_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> bool:
        """Count a pass."""
        self.current_epoch += 1
        self.stop_training |= self.current_epoch == self.max_epoch
        return self.stop_training


class MetricHandler(EpochBegin, BatchEnd):
    """Resets metrics before each pass and updates them after each batch."""

    def __init__(self, metrics: Any, priority: float = -1000) -> None:
        self.metrics, self.priority = check_metrics(metrics), priority

    def epoch_begin(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:
        """Begin anew."""
        for metric in self.metrics:
            metric.reset()

    def batch_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:
        """Take the batch in."""
        for metric in self.metrics:
            if isinstance(metric, LossMetric):
                metric.update(0, kwargs["loss"])
            else:
                metric.update(kwargs["label"], kwargs["pred"])


class ValidationHandler(TrainBegin, BatchEnd, EpochEnd):
    """Calls ``eval_fn`` every ``epoch_period`` passes and every ``batch_period`` batches."""

    def __init__(
        self,
        val_data: Any,
        eval_fn: Callable[..., Any],
        epoch_period: int | None = 1,
        batch_period: int | None = None,
        priority: float = -1000,
        event_handlers: Any = None,
    ) -> None:
        self.val_data, self.eval_fn, self.event_handlers = val_data, eval_fn, event_handlers
        self.epoch_period, self.batch_period, self.priority = epoch_period, batch_period, priority
        self.current_batch = self.current_epoch = 0

    def train_begin(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:
        """Begin to count."""
        self.current_batch = self.current_epoch = 0

    def batch_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:
        """Count a batch, and validate where it is time."""
        self.current_batch += 1
        self._evaluate(estimator, self.current_batch, self.batch_period)

    def epoch_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:
        """Count a pass, and validate where it is time."""
        self.current_epoch += 1
        self._evaluate(estimator, self.current_epoch, self.epoch_period)

    def _evaluate(self, estimator: Estimator, count: int, period: int | None) -> None:
        if period and count % period == 0:
            self.eval_fn(val_data=self.val_data, batch_axis=estimator.batch_axis, event_handlers=self.event_handlers)


class GradientUpdateHandler(BatchEnd):
    """Lets the trainer update the weights after each batch."""

    def __init__(self, priority: float = -2000) -> None:
        self.priority = priority

    def batch_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:
        """One step, for as many samples as there are losses."""
        loss = kwargs["loss"]
        estimator.trainer.step(sum(one.shape[0] for one in (loss if isinstance(loss, list) else [loss])))


class Best:
    """The best value of a metric so far: the largest under ``max``, the smallest under ``min``; ``auto`` takes the
    largest of accuracies and F1 scores, else the smallest.
    """

    def __init__(self, monitor: EvalMetric, mode: str, where: str) -> None:
        if mode not in ("auto", "min", "max"):
            warnings.warn(f"{where}: unknown mode {mode!r}, auto is used", RuntimeWarning, stacklevel=4)
            mode = "auto"
        name = str(monitor.get()[0]).lower()
        self.rises = mode == "max" or (mode == "auto" and ("acc" in name or "f1" in name))
        self.reset()

    def reset(self, baseline: float | None = None) -> None:
        """Begin anew, from a baseline or from the worst."""
        self.value = baseline if baseline is not None else (-math.inf if self.rises else math.inf)

    def improved(self, value: float, by: float = 0) -> bool:
        """Whether the value is better by more than ``by``; it is the best then."""
        better = value - by > self.value if self.rises else value + by < self.value
        if better:
            self.value = value
        return better


class EarlyStoppingHandler(TrainBegin, EpochEnd, TrainEnd):
    """Ends the training once a metric has not improved by ``min_delta`` for ``patience`` passes."""

    def __init__(
        self,
        monitor: EvalMetric,
        min_delta: float = 0,
        patience: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
    ) -> None:
        if not isinstance(monitor, EvalMetric) or isinstance(monitor, CompositeEvalMetric):
            raise ParamError(
                "what is watched is one metric",
                where="EarlyStoppingHandler",
                parameter="monitor",
                got=type(monitor).__name__,
                remedy="Take it from estimator.train_metrics or estimator.val_metrics",
            )
        self.monitor, self.min_delta, self.patience, self.baseline = monitor, min_delta, patience, baseline
        self._best = Best(monitor, mode, "EarlyStoppingHandler")
        self.wait = self.stopped_epoch = self.current_epoch = 0
        self.stop_training = False

    @property
    def best(self) -> float:
        """The best value so far."""
        return self._best.value

    def train_begin(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:
        """Begin anew."""
        self.wait = self.stopped_epoch = self.current_epoch = 0
        self.stop_training = False
        self._best.reset(self.baseline)

    def epoch_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> bool:
        """Look at the metric."""
        name, value = self.monitor.get()
        if math.isnan(value):
            warnings.warn(f"{name} was not updated: take the metric from the estimator", RuntimeWarning, stacklevel=2)
        elif self._best.improved(value, self.min_delta):
            self.wait = 0
        else:
            self.wait += 1
            if self.wait >= self.patience:
                self.stopped_epoch, self.stop_training = self.current_epoch, True
        self.current_epoch += 1
        return self.stop_training

    def train_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:
        """Say why it ended."""
        if self.stopped_epoch > 0:
            estimator.logger.info(
                "[Epoch %d] EarlyStoppingHandler: %s does not improve", self.stopped_epoch, self.monitor.get()[0]
            )
