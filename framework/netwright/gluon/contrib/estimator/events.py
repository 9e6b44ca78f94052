"""The events of a training, as base classes of handlers; and which metrics handlers may speak of."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from ....errors import ParamError
from ....metric import CompositeEvalMetric, EvalMetric

if TYPE_CHECKING:
    from .estimator import Estimator


class EventHandler:
    """Base of all handlers; those with a lower ``priority`` (0 by default) are called first."""


class TrainBegin(EventHandler):
    """Called once before the first batch."""

    def train_begin(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:
        """Do nothing."""


class TrainEnd(EventHandler):
    """Called once after the last batch."""

    def train_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:
        """Do nothing."""


class EpochBegin(EventHandler):
    """Called before each pass over the data."""

    def epoch_begin(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:
        """Do nothing."""


class EpochEnd(EventHandler):
    """Called after each pass over the data; a true result ends the training."""

    def epoch_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> bool | None:
        """Go on."""
        return False


class BatchBegin(EventHandler):
    """Called before each batch, with ``batch``."""

    def batch_begin(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:
        """Do nothing."""


class BatchEnd(EventHandler):
    """Called after each batch, with ``batch``, ``pred``, ``label`` and ``loss``; a true result ends the pass."""

    def batch_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> bool | None:
        """Go on."""
        return False


def check_handlers(handlers: Any) -> list[EventHandler]:
    """A list of handlers from one, several or None."""
    found = [handlers] if isinstance(handlers, EventHandler) else list(handlers or [])
    for handler in found:
        if not isinstance(handler, EventHandler):
            raise ParamError("event_handlers holds something else", wanted="EventHandlers", got=type(handler).__name__)
    return found


def check_metrics(metrics: Any) -> list[EvalMetric]:
    """A list of metrics from one, several or None; composite ones are taken apart."""
    if isinstance(metrics, CompositeEvalMetric):
        return [one for metric in metrics.metrics for one in check_metrics(metric)]
    found = [metrics] if isinstance(metrics, EvalMetric) else metrics or []
    if not isinstance(found, (list, tuple)) or not all(isinstance(one, EvalMetric) for one in found):
        raise ParamError("these are no metrics", wanted="an EvalMetric or a list of them", got=repr(metrics)[:60])
    return list(found)


def check_known(handler: EventHandler, known: Collection[EvalMetric]) -> None:
    """Raise ParamError where a handler speaks of a metric that nobody updates."""
    for name, value in vars(handler).items():
        for metric in value if isinstance(value, list) else [value]:
            if "metric" in name and metric is not None and all(metric is not one for one in known):
                raise ParamError(
                    "the handler has a metric that is not the estimator's",
                    where=type(handler).__name__,
                    got=metric,
                    remedy="Take it from estimator.train_metrics or estimator.val_metrics",
                )
