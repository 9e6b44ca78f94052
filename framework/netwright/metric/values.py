"""Metrics of values: errors, correlation, losses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import ParamError, ShapeError
from .base import Arrays, EvalMetric, Names, check_label_shapes, host, listed, register


def _columns(label: np.ndarray[Any, Any], pred: np.ndarray[Any, Any]) -> tuple[Any, Any]:
    """Labels and predictions of one shape; (n,) stands for (n, 1)."""
    if label.ndim == 1:
        label = label.reshape(-1, 1)
    if pred.ndim == 1:
        pred = pred.reshape(-1, 1)
    if label.shape != pred.shape:
        raise ShapeError(
            "labels and predictions do not fit",
            where="metric",
            wanted=label.shape,
            got=pred.shape,
            remedy="Give as many labels as predictions, label first: update(labels, preds)",
        )
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

    def __init__(self, name: str = "mae", output_names: Names = None, label_names: Names = None) -> None:
        super().__init__(name, output_names=output_names, label_names=label_names)

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

    def __init__(self, name: str = "mse", output_names: Names = None, label_names: Names = None) -> None:
        super().__init__(name, output_names=output_names, label_names=label_names)

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

    def __init__(self, name: str = "rmse", output_names: Names = None, label_names: Names = None) -> None:
        super().__init__(name, output_names=output_names, label_names=label_names)

    def measure(self, label: np.ndarray[Any, Any], pred: np.ndarray[Any, Any]) -> tuple[float, float]:
        y, p = _columns(label, pred)
        return math.sqrt(float(((y - p) ** 2).mean())), 1


@register("pearsonr")
class PearsonCorrelation(EvalMetric):
    """Pearson's correlation of labels and predictions. ``macro``: the mean over batches; ``micro``: over all values.

    >>> metric = mx.metric.PearsonCorrelation()
    >>> metric.update(mx.nd.array([1, 2, 3]), mx.nd.array([1, 2, 2.5]))
    >>> name, value = metric.get()
    >>> name, round(float(value), 3)
    ('pearsonr', 0.982)
    """

    def __init__(
        self,
        name: str = "pearsonr",
        output_names: Names = None,
        label_names: Names = None,
        average: str = "macro",
    ) -> None:
        if average not in ("macro", "micro"):
            raise ParamError("unknown average", wanted="macro or micro", got=repr(average))
        self.average = average
        super().__init__(name, output_names=output_names, label_names=label_names, average=average)

    def reset(self) -> None:
        super().reset()
        self.reset_micro()

    def reset_micro(self) -> None:
        """Forget what the correlation over all values is made of."""
        self._pred_nums = self._label_nums = 0
        self._mean_p = self._mean_l = self._sse_p = self._sse_l = self._conv = 0.0

    def update_variance(
        self, new_values: np.ndarray[Any, Any], count: int, mean: float, m_2: float
    ) -> tuple[int, float, float]:
        """(count, mean, sum of squares about the mean) with new values in it (Welford, 1962)."""
        count += len(new_values)
        delta = new_values - mean
        mean += float(np.sum(delta / count))
        return count, mean, m_2 + float(np.sum(delta * (new_values - mean)))

    def update_cov(self, label: np.ndarray[Any, Any], pred: np.ndarray[Any, Any]) -> None:
        """Add to the sum of products; the labels' mean is the new one, the predictions' the old one."""
        self._conv += float(np.sum((label - self._mean_l) * (pred - self._mean_p)))

    def measure(self, label: np.ndarray[Any, Any], pred: np.ndarray[Any, Any]) -> tuple[float, float]:
        check_label_shapes(label, pred, shape=True)
        y, p = label.reshape(-1).astype(np.float64), pred.reshape(-1).astype(np.float64)
        if self.average == "macro":
            return float(np.corrcoef(p, y)[0, 1]), 1
        self._label_nums, self._mean_l, self._sse_l = self.update_variance(
            y, self._label_nums, self._mean_l, self._sse_l
        )
        self.update_cov(y, p)
        self._pred_nums, self._mean_p, self._sse_p = self.update_variance(p, self._pred_nums, self._mean_p, self._sse_p)
        return 0.0, 1

    def value(self, total: float, count: float) -> float:
        if self.average == "macro" or not count:
            return super().value(total, count)
        both = math.sqrt(self._sse_p * self._sse_l)
        return self._conv / both if both else math.nan


@register()
class Loss(EvalMetric):
    """Mean of the predictions themselves, which are losses; labels do not matter.

    >>> metric = mx.metric.Loss()
    >>> metric.update(None, mx.nd.array([1.0, 3.0]))
    >>> metric.get()[0], float(metric.get()[1])
    ('loss', 2.0)
    """

    def __init__(self, name: str = "loss", output_names: Names = None, label_names: Names = None) -> None:
        super().__init__(name, output_names=output_names, label_names=label_names)

    def update(self, labels: Arrays, preds: Arrays) -> None:
        for pred in listed(preds):
            values = host(pred)
            self.add_measure(float(values.sum()), values.size)


@register()
class Torch(Loss):
    """The same under the name it has for losses of Torch."""

    def __init__(self, name: str = "torch", output_names: Names = None, label_names: Names = None) -> None:
        super().__init__(name, output_names=output_names, label_names=label_names)


@register()
class Caffe(Loss):
    """The same under the name it has for losses of Caffe."""

    def __init__(self, name: str = "caffe", output_names: Names = None, label_names: Names = None) -> None:
        super().__init__(name, output_names=output_names, label_names=label_names)
