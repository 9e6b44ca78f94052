"""Metrics of values: errors, correlation, losses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import ShapeError
from .base import Arrays, EvalMetric, host, listed, register


def _columns(label: np.ndarray[Any, Any], pred: np.ndarray[Any, Any]) -> tuple[Any, Any]:
    """Labels and predictions of one shape; (n,) stands for (n, 1)."""
    if label.ndim == 1:
        label = label.reshape(-1, 1)
    if pred.ndim == 1:
        pred = pred.reshape(-1, 1)
    if label.shape != pred.shape:
        raise ShapeError("labels and predictions do not fit", where="metric", wanted=label.shape, got=pred.shape)
    return label.astype(np.float64), pred.astype(np.float64)


@register()
class MAE(EvalMetric):
    """Mean of |label − pred|, the mean over batches.

    >>> metric = mx.metric.MAE()
    >>> metric.update(mx.nd.array([1, 2]), mx.nd.array([1.5, 4]))
    >>> name, value = metric.get()
    >>> name, round(float(value), 3)
    ('mae', 1.25)
    """

    def __init__(self, name: str = "mae", **kwargs: Any) -> None:
        super().__init__(name, **kwargs)

    def measure(self, label: np.ndarray[Any, Any], pred: np.ndarray[Any, Any]) -> tuple[float, float]:
        y, p = _columns(label, pred)
        return float(abs(y - p).mean()), 1


@register()
class MSE(EvalMetric):
    """Mean of (label − pred)², the mean over batches.

    >>> metric = mx.metric.MSE()
    >>> metric.update(mx.nd.array([1, 2]), mx.nd.array([1.5, 4]))
    >>> name, value = metric.get()
    >>> name, round(float(value), 3)
    ('mse', 2.125)
    """

    def __init__(self, name: str = "mse", **kwargs: Any) -> None:
        super().__init__(name, **kwargs)

    def measure(self, label: np.ndarray[Any, Any], pred: np.ndarray[Any, Any]) -> tuple[float, float]:
        y, p = _columns(label, pred)
        return float(((y - p) ** 2).mean()), 1


@register()
class RMSE(EvalMetric):
    """Root of the mean of (label − pred)², the mean over batches.

    >>> metric = mx.metric.RMSE()
    >>> metric.update(mx.nd.array([1, 2]), mx.nd.array([1.5, 4]))
    >>> name, value = metric.get()
    >>> name, round(float(value), 3)
    ('rmse', 1.458)
    """

    def __init__(self, name: str = "rmse", **kwargs: Any) -> None:
        super().__init__(name, **kwargs)

    def measure(self, label: np.ndarray[Any, Any], pred: np.ndarray[Any, Any]) -> tuple[float, float]:
        y, p = _columns(label, pred)
        return math.sqrt(float(((y - p) ** 2).mean())), 1


@register("pearsonr")
class PearsonCorrelation(EvalMetric):
    """Pearson's correlation of labels and predictions, the mean over batches.

    >>> metric = mx.metric.PearsonCorrelation()
    >>> metric.update(mx.nd.array([1, 2, 3]), mx.nd.array([1, 2, 2.5]))
    >>> name, value = metric.get()
    >>> name, round(float(value), 3)
    ('pearsonr', 0.982)
    """

    def __init__(self, name: str = "pearsonr", **kwargs: Any) -> None:
        super().__init__(name, **kwargs)

    def measure(self, label: np.ndarray[Any, Any], pred: np.ndarray[Any, Any]) -> tuple[float, float]:
        y, p = label.reshape(-1).astype(np.float64), pred.reshape(-1).astype(np.float64)
        return float(np.corrcoef(p, y)[0, 1]), 1


@register()
class Loss(EvalMetric):
    """Mean of the predictions themselves, which are losses; labels do not matter."""

    def __init__(self, name: str = "loss", **kwargs: Any) -> None:
        super().__init__(name, **kwargs)

    def update(self, labels: Arrays, preds: Arrays) -> None:
        for pred in listed(preds):
            values = host(pred)
            self.add_measure(float(values.sum()), values.size)


@register()
class Torch(Loss):
    """The same under the name it has for losses of Torch."""

    def __init__(self, name: str = "torch", **kwargs: Any) -> None:
        super().__init__(name, **kwargs)


@register()
class Caffe(Loss):
    """The same under the name it has for losses of Caffe."""

    def __init__(self, name: str = "caffe", **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
