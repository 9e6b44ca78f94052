"""Estimator: fits and evaluates a network; what happens on the way is done by event handlers."""

from __future__ import annotations

import copy
import logging
import sys
import warnings
from typing import Any

from ....device import Device, cpu, gpu, num_gpus
from ....errors import MismatchError, NotReadyError, ParamError
from ....metric import Accuracy, EvalMetric
from ....metric import Loss as LossMetric
from ...data import DataLoader
from ...loss import Loss, SoftmaxCrossEntropyLoss
from ...plain_block import Block
from ...trainer import Trainer
from .batch_processor import BatchProcessor
from .events import (
    BatchBegin,
    BatchEnd,
    EpochBegin,
    EpochEnd,
    EventHandler,
    TrainBegin,
    TrainEnd,
    check_handlers,
    check_known,
    check_metrics,
)
from .logs import LoggingHandler
from .stopping import GradientUpdateHandler, MetricHandler, StoppingHandler, ValidationHandler

_EVENTS = (TrainBegin, EpochBegin, BatchBegin, BatchEnd, EpochEnd, TrainEnd)


class Estimator:
    """Trains ``net`` with ``loss``; ``fit`` and ``evaluate`` take DataLoaders of (data, label).

    Without metrics the loss (and accuracy for SoftmaxCrossEntropyLoss) is measured; validation metrics are copies of
    the training ones unless given. Without a trainer, SGD with rate 0.001 is used. ``val_net`` and ``val_loss``
    replace the network and the loss in validation; ``batch_processor`` says what is done with a batch.

    >>> import logging
    >>> from netwright.gluon.contrib.estimator import Estimator
    >>> net = mx.gluon.nn.Dense(2)
    >>> net.initialize()
    >>> x = mx.nd.array([[0, 1], [1, 0]] * 8)
    >>> loader = mx.gluon.data.DataLoader(mx.gluon.data.ArrayDataset(x, x.argmax(axis=1)), batch_size=4)
    >>> trainer = mx.gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.1})
    >>> estimator = Estimator(net, mx.gluon.loss.SoftmaxCrossEntropyLoss(), mx.metric.Accuracy(), trainer=trainer)
    >>> estimator.logger.setLevel(logging.WARNING)
    >>> estimator.fit(loader, epochs=10)
    >>> estimator.train_metrics[0].get()[1]
    1.0
    """

    logger: logging.Logger
    max_epoch: int | None = None
    max_batch: int | None = None
    batch_axis: int = 0

    def __init__(
        self,
        net: Block,
        loss: Loss,
        train_metrics: Any = None,
        val_metrics: Any = None,
        initializer: Any = None,
        trainer: Trainer | None = None,
        context: Device | list[Device] | None = None,
        val_net: Block | None = None,
        val_loss: Loss | None = None,
        batch_processor: BatchProcessor | None = None,
    ) -> None:
        self.net, self.loss = net, _checked_loss(loss)
        self._train_metrics = check_metrics(train_metrics) or self._default_metrics()
        for metric in self._train_metrics:
            metric.name = f"training {metric.name}"
        self._val_metrics = check_metrics(val_metrics) or [copy.deepcopy(metric) for metric in self._train_metrics]
        for metric in self._val_metrics:
            metric.name = f"validation {metric.name.removeprefix('training ')}"
        self.val_loss = self.loss if val_loss is None else _checked_loss(val_loss)
        self.val_net = net if val_net is None else val_net
        self.logger = logging.Logger("Estimator", logging.INFO)
        self.logger.addHandler(logging.StreamHandler(sys.stdout))
        self.context = _checked_context(context)
        self._initialize(initializer)
        self.trainer = self._checked_trainer(trainer)
        self.batch_processor = BatchProcessor() if batch_processor is None else batch_processor
        for method in ("fit_batch", "evaluate_batch"):
            if not callable(getattr(self.batch_processor, method, None)):
                raise ParamError(f"batch_processor has no {method}()", got=type(batch_processor).__name__)

    @property
    def train_metrics(self) -> list[EvalMetric]:
        """What is measured while training; handlers take metrics from here."""
        return self._train_metrics

    @property
    def val_metrics(self) -> list[EvalMetric]:
        """What is measured in validation; handlers take metrics from here."""
        return self._val_metrics

    # ---------------------------------------------------------------- setting up
    def _default_metrics(self) -> list[EvalMetric]:
        accuracy: list[EvalMetric] = [Accuracy()] if isinstance(self.loss, SoftmaxCrossEntropyLoss) else []
        return [*accuracy, LossMetric(self.loss.name.rstrip("0123456789"))]

    def _initialize(self, initializer: Any) -> None:
        if not self._is_initialized():
            # a part may be initialised already (fine tuning), and stays as it is
            missing = [p for p in self.net.collect_params().values() if p._data is None and p._deferred is None]
            for parameter in missing:
                parameter.initialize(None, self.context, initializer)
        elif initializer is not None:
            warnings.warn(
                "Network already fully initialized, skipping initialization. Use net.initialize(init=…, "
                "force_reinit=True) to initialise it anew.",
                stacklevel=3,
            )

    def _is_initialized(self) -> bool:
        try:
            for parameter in self.net.collect_params().values():
                parameter.list_ctx()
        except NotReadyError:
            return False
        return True

    def _checked_trainer(self, trainer: Any) -> Trainer:
        if trainer is None:
            warnings.warn("No trainer specified, default SGD optimizer with learning rate 0.001 is used.", stacklevel=3)
            return Trainer(self.net.collect_params(), "sgd", {"learning_rate": 0.001})
        if not isinstance(trainer, Trainer):
            raise ParamError("this is no trainer", wanted="a gluon.Trainer", got=type(trainer).__name__)
        return trainer

    # ---------------------------------------------------------------- running
    def evaluate(self, val_data: DataLoader, batch_axis: int = 0, event_handlers: Any = None) -> None:
        """Measure ``val_metrics`` over the data."""
        _check_loader(val_data)
        for metric in self.val_metrics:
            metric.reset()
        handlers = self._prepare_default_validation_handlers(event_handlers)
        _, epoch_begin, batch_begin, batch_end, epoch_end, _ = self._categorize_handlers(handlers)
        for handler in epoch_begin:
            handler.epoch_begin(self)
        for batch in val_data:
            for handler in batch_begin:
                handler.batch_begin(self, batch=batch)
            _, label, pred, loss = self.batch_processor.evaluate_batch(self, batch, batch_axis)
            for handler in batch_end:
                handler.batch_end(self, batch=batch, pred=pred, label=label, loss=loss)
        for handler in epoch_end:
            handler.epoch_end(self)

    def fit(
        self,
        train_data: DataLoader,
        val_data: DataLoader | None = None,
        epochs: int | None = None,
        event_handlers: Any = None,
        batches: int | None = None,
        batch_axis: int = 0,
    ) -> None:
        """Train for a number of passes (``epochs``) or of ``batches``; handlers may end it earlier."""
        _check_loader(train_data)
        if bool(epochs) == bool(batches):
            raise ParamError("the length is given in epochs or in batches", where="fit", got=(epochs, batches))
        self.max_epoch, self.max_batch, self.batch_axis = epochs, batches, batch_axis
        handlers = self._prepare_default_handlers(val_data, event_handlers)
        train_begin, epoch_begin, batch_begin, batch_end, epoch_end, train_end = self._categorize_handlers(handlers)
        for handler in train_begin:
            handler.train_begin(self)
        ended = False
        while not ended:
            for handler in epoch_begin:
                handler.epoch_begin(self)
            for batch in train_data:
                for handler in batch_begin:
                    handler.batch_begin(self, batch=batch)
                _, label, pred, loss = self.batch_processor.fit_batch(self, batch, batch_axis)
                results = [h.batch_end(self, batch=batch, pred=pred, label=label, loss=loss) for h in batch_end]
                if any(results):
                    break
            ends = [handler.epoch_end(self) for handler in epoch_end]  # all are called, whatever the first says
            ended = any(ends)
        for handler in train_end:
            handler.train_end(self)

    # ---------------------------------------------------------------- handlers
    def _prepare_default_handlers(self, val_data: DataLoader | None, event_handlers: Any) -> list[EventHandler]:
        """The given handlers and those that are needed besides, by priority."""
        defaults: list[EventHandler] = [
            StoppingHandler(self.max_epoch, self.max_batch),
            GradientUpdateHandler(),
            MetricHandler(self.train_metrics),
            *([ValidationHandler(val_data, self.evaluate)] if val_data else []),
            LoggingHandler(metrics=self.train_metrics),
        ]
        return self._with_defaults(event_handlers, defaults, [*self.train_metrics, *self.val_metrics])

    def _prepare_default_validation_handlers(self, event_handlers: Any) -> list[EventHandler]:
        defaults: list[EventHandler] = [MetricHandler(self.val_metrics), LoggingHandler(metrics=self.val_metrics)]
        return self._with_defaults(event_handlers, defaults, self.val_metrics)

    @staticmethod
    def _with_defaults(given: Any, defaults: list[EventHandler], known: list[EvalMetric]) -> list[EventHandler]:
        handlers = check_handlers(given)
        added = [
            handler
            for handler in defaults
            if isinstance(handler, StoppingHandler) or not any(isinstance(one, type(handler)) for one in handlers)
        ]
        if handlers and added:
            for handler in (*handlers, *added):
                check_known(handler, known)
        return sorted([*handlers, *added], key=lambda handler: getattr(handler, "priority", 0))

    def _categorize_handlers(self, event_handlers: list[EventHandler]) -> tuple[list[Any], ...]:
        """The handlers of each event, in the order (train begin, epoch begin, batch begin, batch end, …)."""
        return tuple([handler for handler in event_handlers if isinstance(handler, event)] for event in _EVENTS)


def _checked_loss(loss: Any) -> Loss:
    if not isinstance(loss, Loss):
        raise ParamError("this is no loss", where="Estimator", wanted="a gluon.loss.Loss", got=repr(loss))
    return loss


def _check_loader(data: Any) -> None:
    if not isinstance(data, DataLoader):
        raise ParamError(
            "an estimator reads a DataLoader",
            got=type(data).__name__,
            remedy="Wrap arrays in gluon.data.ArrayDataset and DataLoader",
        )


def _checked_context(context: Any) -> list[Device]:
    if not context:
        return [gpu(0) if num_gpus() else cpu()]
    devices = [context] if isinstance(context, Device) else context
    if not isinstance(devices, list) or not all(isinstance(device, Device) for device in devices):
        raise ParamError("unknown context", where="Estimator", wanted="a device or a list of them", got=repr(context))
    for device in devices:
        if device.is_gpu and device.device_id >= num_gpus():
            raise MismatchError("the device is not there", where="Estimator", wanted=f"{num_gpus()} GPUs", got=device)
    return devices
