"""Metrics (MXNet's ``mx.metric``): updated batch by batch, read as (name, value)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .errors import ParamError, ShapeError
from .ndarray.array import NDArray
from .registry import Table

_table: Table[EvalMetric] = Table("metric")
register = _table.register

Arrays = Any


def _listed(values: Any) -> list[Any]:
    return list(values) if isinstance(values, (list, tuple)) else [values]


def _host(array: Any) -> np.ndarray[Any, Any]:
    return array.asnumpy() if isinstance(array, NDArray) else np.asarray(array)


def check_label_shapes(labels: Any, preds: Any, wrap: bool = False, shape: bool = False) -> tuple[Any, Any]:
    """As many labels as predictions (with ``shape``: of one shape); raises ShapeError."""
    wanted = labels.shape if shape else len(labels)
    got = preds.shape if shape else len(preds)
    if wanted != got:
        raise ShapeError("labels and predictions do not fit", where="metric", wanted=wanted, got=got)
    return (_listed(labels), _listed(preds)) if wrap else (labels, preds)


class EvalMetric:
    """Base: ``update(labels, preds)`` adds, ``get()`` reads, ``reset()`` begins anew.

    A subclass gives ``measure(label, pred) -> (sum, count)`` on NumPy arrays.
    """

    def __init__(
        self,
        name: str,
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        self.name = str(name)
        self.output_names, self.label_names = output_names, label_names
        self._kwargs = kwargs
        self.reset()

    def measure(self, label: np.ndarray[Any, Any], pred: np.ndarray[Any, Any]) -> tuple[float, float]:
        """(what is added to the sum, what is added to the count) by one pair of arrays."""
        raise ParamError(f"{type(self).__name__} has no measure()")

    def update(self, labels: Arrays, preds: Arrays) -> None:
        """Add a batch: an array each, or lists of arrays."""
        labels, preds = _listed(labels), _listed(preds)
        check_label_shapes(labels, preds)
        for label, pred in zip(labels, preds, strict=True):
            total, count = self.measure(_host(label), _host(pred))
            self.sum_metric += total
            self.num_inst += count

    def update_dict(self, label: Mapping[str, Any], pred: Mapping[str, Any]) -> None:
        """Add a batch by names."""
        preds = list(pred.values()) if self.output_names is None else [pred[n] for n in self.output_names]
        labels = list(label.values()) if self.label_names is None else [label[n] for n in self.label_names]
        self.update(labels, preds)

    def reset(self) -> None:
        """Forget everything."""
        self.sum_metric = 0.0
        self.num_inst: float = 0
        self._before: tuple[float, float] = (0.0, 0.0)

    def reset_local(self) -> None:
        """Begin a new count; ``get_global`` still knows what came before."""
        before = (self._before[0] + self.sum_metric, self._before[1] + self.num_inst)
        self.reset()
        self._before = before

    def get(self) -> tuple[Any, Any]:
        """(name, value); the value is NaN before the first update."""
        return self.name, self.sum_metric / self.num_inst if self.num_inst else math.nan

    def get_global(self) -> tuple[Any, Any]:
        """The same over everything since ``reset``."""
        local = self.sum_metric, self.num_inst
        self.sum_metric, self.num_inst = local[0] + self._before[0], local[1] + self._before[1]
        try:
            return self.get()
        finally:
            self.sum_metric, self.num_inst = local

    def get_global_name_value(self) -> list[tuple[str, float]]:
        """``get_global`` as a list of (name, value)."""
        names, values = self.get_global()
        return list(zip(_listed(names), _listed(values), strict=True))

    def get_name_value(self) -> list[tuple[str, float]]:
        """A list of (name, value)."""
        names, values = self.get()
        return list(zip(_listed(names), _listed(values), strict=True))

    def get_config(self) -> dict[str, Any]:
        """What makes another of its kind."""
        return {"metric": type(self).__name__, "name": self.name, **self._kwargs}

    def __str__(self) -> str:
        return f"EvalMetric: {dict(self.get_name_value())}"


@register("acc")
class Accuracy(EvalMetric):
    """Share of right classes; predictions are scores along ``axis``, or classes."""

    def __init__(self, axis: int = 1, name: str = "accuracy", **kwargs: Any) -> None:
        super().__init__(name, axis=axis, **kwargs)
        self.axis = axis

    def measure(self, label: np.ndarray[Any, Any], pred: np.ndarray[Any, Any]) -> tuple[float, float]:
        if pred.shape != label.shape:
            pred = pred.argmax(axis=self.axis)
        check_label_shapes(label.reshape(-1), pred.reshape(-1), shape=True)
        return float((pred.reshape(-1).astype(np.int64) == label.reshape(-1).astype(np.int64)).sum()), pred.size


@register("top_k_accuracy", "top_k_acc")
class TopKAccuracy(EvalMetric):
    """Share of samples whose class is among the ``top_k`` highest scores."""

    def __init__(self, top_k: int = 1, name: str = "top_k_accuracy", **kwargs: Any) -> None:
        if top_k < 2:
            raise ParamError(
                "top_k must exceed 1", parameter="top_k", got=top_k, remedy="Use Accuracy for the first class"
            )
        super().__init__(f"{name}_{top_k}", top_k=top_k, **kwargs)
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

    def __init__(self, name: str, average: str, **kwargs: Any) -> None:
        if average not in ("macro", "micro"):
            raise ParamError("unknown average", wanted="macro or micro", got=repr(average))
        self.average = average
        self._counts = _Binary()
        super().__init__(name, average=average, **kwargs)

    def score(self, counts: _Binary) -> float:
        raise ParamError(f"{type(self).__name__} has no score()")

    def update(self, labels: Arrays, preds: Arrays) -> None:
        labels, preds = _listed(labels), _listed(preds)
        check_label_shapes(labels, preds)
        for label, pred in zip(labels, preds, strict=True):
            self._counts.add(_host(label), _host(pred))
        if self.average == "macro":
            self.sum_metric += self.score(self._counts)
            self.num_inst += 1
            self._counts = _Binary()
        else:
            self.sum_metric = self.score(self._counts) * self._counts.total
            self.num_inst = self._counts.total

    def reset(self) -> None:
        super().reset()
        self._counts = _Binary()


@register()
class F1(_BinaryMetric):
    """2·tp/(2·tp + fp + fn) of two classes."""

    def __init__(self, name: str = "f1", average: str = "macro", **kwargs: Any) -> None:
        super().__init__(name, average, **kwargs)

    def score(self, counts: _Binary) -> float:
        return counts.f1


@register()
class MCC(_BinaryMetric):
    """Matthews' correlation of two classes (Matthews, 1975)."""

    def __init__(self, name: str = "mcc", average: str = "macro", **kwargs: Any) -> None:
        super().__init__(name, average, **kwargs)

    def score(self, counts: _Binary) -> float:
        return counts.mcc


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
    """Mean of |label − pred|, the mean over batches."""

    def __init__(self, name: str = "mae", **kwargs: Any) -> None:
        super().__init__(name, **kwargs)

    def measure(self, label: np.ndarray[Any, Any], pred: np.ndarray[Any, Any]) -> tuple[float, float]:
        y, p = _columns(label, pred)
        return float(abs(y - p).mean()), 1


@register()
class MSE(EvalMetric):
    """Mean of (label − pred)², the mean over batches."""

    def __init__(self, name: str = "mse", **kwargs: Any) -> None:
        super().__init__(name, **kwargs)

    def measure(self, label: np.ndarray[Any, Any], pred: np.ndarray[Any, Any]) -> tuple[float, float]:
        y, p = _columns(label, pred)
        return float(((y - p) ** 2).mean()), 1


@register()
class RMSE(EvalMetric):
    """Root of the mean of (label − pred)², the mean over batches."""

    def __init__(self, name: str = "rmse", **kwargs: Any) -> None:
        super().__init__(name, **kwargs)

    def measure(self, label: np.ndarray[Any, Any], pred: np.ndarray[Any, Any]) -> tuple[float, float]:
        y, p = _columns(label, pred)
        return math.sqrt(float(((y - p) ** 2).mean())), 1


@register("ce", "cross-entropy")
class CrossEntropy(EvalMetric):
    """Mean of −log of the probability given to the right class."""

    def __init__(self, eps: float = 1e-12, name: str = "cross-entropy", **kwargs: Any) -> None:
        super().__init__(name, eps=eps, **kwargs)
        self.eps = eps

    def measure(self, label: np.ndarray[Any, Any], pred: np.ndarray[Any, Any]) -> tuple[float, float]:
        classes = label.reshape(-1).astype(np.int64)
        if len(classes) != len(pred):
            raise ShapeError("one label for each prediction", where=self.name, wanted=len(pred), got=len(classes))
        chosen = pred[np.arange(len(classes)), classes].astype(np.float64)
        return float(-np.log(chosen + self.eps).sum()), len(classes)


@register("nll-loss", "nll_loss")
class NegativeLogLikelihood(CrossEntropy):
    """The same under its other name."""

    def __init__(self, eps: float = 1e-12, name: str = "nll-loss", **kwargs: Any) -> None:
        super().__init__(eps, name, **kwargs)


@register()
class Perplexity(EvalMetric):
    """exp of the cross-entropy; labels equal to ``ignore_label`` do not count."""

    def __init__(
        self, ignore_label: int | None = None, axis: int = -1, name: str = "perplexity", **kwargs: Any
    ) -> None:
        super().__init__(name, ignore_label=ignore_label, axis=axis, **kwargs)
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

    def get(self) -> tuple[str, float]:
        """(name, value)."""
        return self.name, math.exp(self.sum_metric / self.num_inst) if self.num_inst else math.nan


@register("pearsonr")
class PearsonCorrelation(EvalMetric):
    """Pearson's correlation of labels and predictions, the mean over batches."""

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
        for pred in _listed(preds):
            values = _host(pred)
            self.sum_metric += float(values.sum())
            self.num_inst += values.size


@register()
class CustomMetric(EvalMetric):
    """``feval(label, pred)`` on NumPy arrays gives a value or (sum, count)."""

    def __init__(
        self,
        feval: Callable[[Any, Any], Any],
        name: str | None = None,
        allow_extra_outputs: bool = False,
        **kwargs: Any,
    ) -> None:
        shown = str(name or getattr(feval, "__name__", "custom"))
        super().__init__(f"custom({shown})" if name is None and "<" in shown else shown, **kwargs)
        self._feval, self._extra = feval, allow_extra_outputs

    def update(self, labels: Arrays, preds: Arrays) -> None:
        labels, preds = _listed(labels), _listed(preds)
        if not self._extra:
            check_label_shapes(labels, preds)
        for label, pred in zip(labels, preds, strict=False):
            value = self._feval(_host(label), _host(pred))
            total, count = value if isinstance(value, tuple) else (value, 1)
            self.sum_metric += total
            self.num_inst += count


@register("composite")
class CompositeEvalMetric(EvalMetric):
    """Several metrics updated together."""

    def __init__(self, metrics: Sequence[Any] | None = None, name: str = "composite", **kwargs: Any) -> None:
        self.metrics = [create(m) for m in metrics or []]
        super().__init__(name, **kwargs)

    def add(self, metric: Any) -> None:
        """Add a metric (or its name)."""
        self.metrics.append(create(metric))

    def get_metric(self, index: int) -> EvalMetric:
        """The metric of that number."""
        return self.metrics[index]

    def update(self, labels: Arrays, preds: Arrays) -> None:
        for metric in self.metrics:
            metric.update(labels, preds)

    def reset(self) -> None:
        for metric in self.metrics:
            metric.reset()

    def reset_local(self) -> None:
        for metric in self.metrics:
            metric.reset_local()

    def get(self) -> tuple[list[str], list[float]]:
        """(names, values)."""
        pairs = [pair for metric in self.metrics for pair in metric.get_name_value()]
        return [name for name, _ in pairs], [value for _, value in pairs]

    def get_global(self) -> tuple[list[str], list[float]]:
        pairs = [pair for metric in self.metrics for pair in metric.get_global_name_value()]
        return [name for name, _ in pairs], [value for _, value in pairs]


def np_metric(
    numpy_feval: Callable[[Any, Any], Any], name: str | None = None, allow_extra_outputs: bool = False
) -> CustomMetric:
    """A CustomMetric from a function on NumPy arrays (MXNet's ``mx.metric.np``)."""
    return CustomMetric(numpy_feval, name or numpy_feval.__name__, allow_extra_outputs)


def create(metric: Any, *args: Any, **kwargs: Any) -> EvalMetric:
    """A metric from a name, a function, a list of them, or as it is."""
    if isinstance(metric, (list, tuple)):
        return CompositeEvalMetric([create(m, *args, **kwargs) for m in metric])
    if callable(metric) and not isinstance(metric, (str, EvalMetric)):
        return CustomMetric(metric, *args, **kwargs)
    return _table.create(metric, *args, **kwargs)
