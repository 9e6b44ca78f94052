"""Metrics of classes: shares of right ones, scores of two classes, cross-entropy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import ParamError, ShapeError
from .base import Arrays, EvalMetric, Names, check_label_shapes, host, listed, register


@register("acc")
class Accuracy(EvalMetric):
    """Share of right classes; predictions are scores along ``axis``, or classes.

    >>> metric = mx.metric.Accuracy()
    >>> metric.update(mx.nd.array([0, 1, 1]), mx.nd.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]]))
    >>> name, value = metric.get()
    >>> name, round(float(value), 3)
    ('accuracy', 0.667)
    """

    def __init__(
        self, axis: int = 1, name: str = "accuracy", output_names: Names = None, label_names: Names = None
    ) -> None:
        super().__init__(name, axis=axis, output_names=output_names, label_names=label_names)
        self.axis = axis

    def measure(self, label: np.ndarray[Any, Any], pred: np.ndarray[Any, Any]) -> tuple[float, float]:
        if pred.shape != label.shape:
            pred = pred.argmax(axis=self.axis)
        check_label_shapes(label.reshape(-1), pred.reshape(-1), shape=True)
        return float((pred.reshape(-1).astype(np.int64) == label.reshape(-1).astype(np.int64)).sum()), pred.size


@register("top_k_accuracy", "top_k_acc")
class TopKAccuracy(EvalMetric):
    """Share of samples whose class is among the ``top_k`` highest scores.

    >>> metric = mx.metric.TopKAccuracy(top_k=2)
    >>> metric.update(mx.nd.array([2, 0]), mx.nd.array([[0.5, 0.2, 0.3], [0.1, 0.6, 0.3]]))
    >>> name, value = metric.get()
    >>> name, round(float(value), 3)
    ('top_k_accuracy_2', 0.5)
    """

    def __init__(
        self, top_k: int = 1, name: str = "top_k_accuracy", output_names: Names = None, label_names: Names = None
    ) -> None:
        if top_k < 2:
            raise ParamError(
                "top_k must exceed 1", parameter="top_k", got=top_k, remedy="Use Accuracy for the first class"
            )
        super().__init__(f"{name}_{top_k}", top_k=top_k, output_names=output_names, label_names=label_names)
        self.top_k = top_k

    def measure(self, label: np.ndarray[Any, Any], pred: np.ndarray[Any, Any]) -> tuple[float, float]:
        if pred.ndim != 2:
            raise ShapeError("predictions are (samples, classes)", where=self.name, got=pred.shape)
        k = min(self.top_k, pred.shape[1])
        best = np.argsort(-pred.astype(np.float64), axis=1, kind="stable")[:, :k]
        return float((best == label.reshape(-1, 1).astype(np.int64)).any(axis=1).sum()), len(pred)


class _Binary:
    """Counts of a two-class problem."""

    def __init__(self) -> None:
        self.tp = self.fp = self.tn = self.fn = 0

    def merge(self, other: _Binary) -> None:
        """Add another's counts."""
        self.tp, self.fp, self.tn, self.fn = (
            self.tp + other.tp,
            self.fp + other.fp,
            self.tn + other.tn,
            self.fn + other.fn,
        )

    def add(self, label: np.ndarray[Any, Any], pred: np.ndarray[Any, Any]) -> None:
        label = label.reshape(-1).astype(np.int64)
        classes = pred.argmax(axis=1) if pred.ndim > 1 and pred.shape[-1] > 1 else (pred.reshape(-1) > 0.5)
        if np.unique(label).size > 2 or label.max(initial=0) > 1:
            raise ParamError(
                "this metric is for two classes", wanted="labels 0 and 1", got=np.unique(label)[:5].tolist()
            )
        positive, right = classes.astype(bool), label.astype(bool)
        self.tp += int((positive & right).sum())
        self.fp += int((positive & ~right).sum())
        self.tn += int((~positive & ~right).sum())
        self.fn += int((~positive & right).sum())

    @property
    def f1(self) -> float:
        whole = 2 * self.tp + self.fp + self.fn
        return 2 * self.tp / whole if whole else 0.0

    @property
    def mcc(self) -> float:
        terms = (self.tp + self.fp, self.tp + self.fn, self.tn + self.fp, self.tn + self.fn)
        scale = math.prod(t or 1 for t in terms)
        return (self.tp * self.tn - self.fp * self.fn) / math.sqrt(scale)

    @property
    def total(self) -> int:
        return self.tp + self.fp + self.tn + self.fn


class _BinaryMetric(EvalMetric):
    """``macro``: the mean over batches; ``micro``: over all samples together."""

    def __init__(self, name: str, average: str, output_names: Names = None, label_names: Names = None) -> None:
        if average not in ("macro", "micro"):
            raise ParamError("unknown average", wanted="macro or micro", got=repr(average))
        self.average = average
        super().__init__(name, average=average, output_names=output_names, label_names=label_names)

    def score(self, counts: _Binary) -> float:
        raise ParamError(f"{type(self).__name__} has no score()")

    def update(self, labels: Arrays, preds: Arrays) -> None:
        labels, preds = listed(labels), listed(preds)
        check_label_shapes(labels, preds)
        batch = _Binary()
        for label, pred in zip(labels, preds, strict=True):
            batch.add(host(label), host(pred))
        if self.average == "macro":
            self.add_measure(self.score(batch), 1)
            return
        for counts in (self._local, self._whole):
            counts.merge(batch)
        self.sum_metric, self.num_inst = self.score(self._local) * self._local.total, self._local.total
        self.global_sum_metric = self.score(self._whole) * self._whole.total
        self.global_num_inst = self._whole.total

    def reset(self) -> None:
        super().reset()
        self._whole = _Binary()

    def reset_local(self) -> None:
        super().reset_local()
        self._local = _Binary()


@register()
class F1(_BinaryMetric):
    """2·tp/(2·tp + fp + fn) of two classes.

    >>> metric = mx.metric.F1()
    >>> metric.update(mx.nd.array([0, 1, 1]), mx.nd.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]]))
    >>> name, value = metric.get()
    >>> name, round(float(value), 3)
    ('f1', 0.667)
    """

    def __init__(
        self, name: str = "f1", output_names: Names = None, label_names: Names = None, average: str = "macro"
    ) -> None:
        super().__init__(name, average, output_names=output_names, label_names=label_names)

    def score(self, counts: _Binary) -> float:
        """F1 of the counts so far."""
        return counts.f1


@register()
class MCC(_BinaryMetric):
    """Matthews' correlation of two classes (Matthews, 1975).

    >>> metric = mx.metric.MCC()
    >>> metric.update(mx.nd.array([0, 1, 1]), mx.nd.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]]))
    >>> name, value = metric.get()
    >>> name, round(float(value), 3)
    ('mcc', 0.5)
    """

    def __init__(
        self, name: str = "mcc", output_names: Names = None, label_names: Names = None, average: str = "macro"
    ) -> None:
        super().__init__(name, average, output_names=output_names, label_names=label_names)

    def score(self, counts: _Binary) -> float:
        """The coefficient of the counts so far."""
        return counts.mcc


@register("ce", "cross-entropy")
class CrossEntropy(EvalMetric):
    """Mean of −log of the probability given to the right class.

    >>> metric = mx.metric.CrossEntropy()
    >>> metric.update(mx.nd.array([0, 1]), mx.nd.array([[0.5, 0.5], [0.2, 0.8]]))
    >>> name, value = metric.get()
    >>> name, round(float(value), 3)
    ('cross-entropy', 0.458)
    """

    def __init__(
        self, eps: float = 1e-12, name: str = "cross-entropy", output_names: Names = None, label_names: Names = None
    ) -> None:
        super().__init__(name, eps=eps, output_names=output_names, label_names=label_names)
        self.eps = eps

    def measure(self, label: np.ndarray[Any, Any], pred: np.ndarray[Any, Any]) -> tuple[float, float]:
        classes = label.reshape(-1).astype(np.int64)
        if len(classes) != len(pred):
            raise ShapeError("one label for each prediction", where=self.name, wanted=len(pred), got=len(classes))
        chosen = pred[np.arange(len(classes)), classes].astype(np.float64)
        return float(-np.log(chosen + self.eps).sum()), len(classes)


@register("nll-loss", "nll_loss")
class NegativeLogLikelihood(CrossEntropy):
    """The same under its other name.

    >>> metric = mx.metric.NegativeLogLikelihood()
    >>> metric.update(mx.nd.array([0, 1]), mx.nd.array([[0.5, 0.5], [0.2, 0.8]]))
    >>> name, value = metric.get()
    >>> name, round(float(value), 3)
    ('nll-loss', 0.458)
    """

    def __init__(
        self, eps: float = 1e-12, name: str = "nll-loss", output_names: Names = None, label_names: Names = None
    ) -> None:
        super().__init__(eps, name, output_names=output_names, label_names=label_names)


@register()
class Perplexity(EvalMetric):
    """exp of the cross-entropy; labels equal to ``ignore_label`` do not count.

    >>> metric = mx.metric.Perplexity(ignore_label=None)
    >>> metric.update(mx.nd.array([0, 1]), mx.nd.array([[0.5, 0.5], [0.5, 0.5]]))
    >>> name, value = metric.get()
    >>> name, round(float(value), 3)
    ('perplexity', 2.0)
    """

    def __init__(
        self,
        ignore_label: int | None = None,
        axis: int = -1,
        name: str = "perplexity",
        output_names: Names = None,
        label_names: Names = None,
    ) -> None:
        super().__init__(name, ignore_label=ignore_label, axis=axis, output_names=output_names, label_names=label_names)
        self.ignore_label, self.axis = ignore_label, axis

    def measure(self, label: np.ndarray[Any, Any], pred: np.ndarray[Any, Any]) -> tuple[float, float]:
        scores = np.moveaxis(pred, self.axis, -1)
        scores = scores.reshape(-1, scores.shape[-1])
        classes = label.reshape(-1).astype(np.int64)
        if len(classes) != len(scores):
            raise ShapeError("one label for each prediction", where=self.name, wanted=len(scores), got=len(classes))
        chosen = scores[np.arange(len(classes)), classes].astype(np.float64)
        counted = np.ones(len(classes), bool) if self.ignore_label is None else classes != self.ignore_label
        return float(-np.log(np.maximum(1e-10, chosen[counted])).sum()), int(counted.sum())

    def value(self, total: float, count: float) -> float:
        return math.exp(total / count) if count else math.nan


@register()
class PCC(EvalMetric):
    """Correlation of true and predicted classes, any number of them: Matthews' for two (Gorodkin, 2004).

    >>> metric = mx.metric.PCC()
    >>> metric.update(mx.nd.array([0, 1, 1]), mx.nd.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]]))
    >>> round(float(metric.get()[1]), 3)
    0.5
    """

    def __init__(
        self, name: str = "pcc", output_names: Names = None, label_names: Names = None, has_global_stats: bool = True
    ) -> None:
        super().__init__(name, output_names=output_names, label_names=label_names, has_global_stats=has_global_stats)

    def reset(self) -> None:
        super().reset()
        self._whole = np.zeros((0, 0))

    def reset_local(self) -> None:
        super().reset_local()
        self._local = np.zeros((0, 0))

    def update(self, labels: Arrays, preds: Arrays) -> None:
        labels, preds = listed(labels), listed(preds)
        check_label_shapes(labels, preds)
        for label, pred in zip(labels, preds, strict=True):
            true = host(label).reshape(-1).astype(np.int64)
            found = host(pred)
            found = (found.argmax(axis=1) if found.shape != host(label).shape else found).reshape(-1).astype(np.int64)
            check_label_shapes(true, found, shape=True)
            size = 1 + int(max(true.max(initial=0), found.max(initial=0)))
            batch = np.zeros((size, size))
            np.add.at(batch, (found, true), 1)
            self._local, self._whole = _joined(self._local, batch), _joined(self._whole, batch)
        self.sum_metric, self.num_inst = _correlation(self._local), 1
        self.global_sum_metric, self.global_num_inst = _correlation(self._whole), 1


def _joined(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    size = max(len(a), len(b))
    return sum((np.pad(m, (0, size - len(m))) for m in (a, b)), start=np.zeros((size, size)))


def _correlation(counts: np.ndarray[Any, Any]) -> float:
    """Of a table of counts (predicted, true)."""
    n, predicted, true = counts.sum(), counts.sum(axis=1), counts.sum(axis=0)
    together = (predicted * (n - predicted)).sum() * (true * (n - true)).sum()
    return float((np.trace(counts) * n - predicted @ true) / math.sqrt(together)) if together else math.nan
