"""What all metrics share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import ParamError, ShapeError
from ..ndarray.array import NDArray
from ..registry import Table

table: Table[EvalMetric] = Table("metric")
register = table.register
alias = table.alias

Arrays = Any
Names = Sequence[str] | None


def listed(values: Any) -> list[Any]:
    """A list of arrays, or of the one array."""
    return list(values) if isinstance(values, (list, tuple)) else [values]


def host(array: Any) -> np.ndarray[Any, Any]:
    """The array in NumPy."""
    return array.asnumpy() if isinstance(array, NDArray) else np.asarray(array)


def check_label_shapes(labels: Any, preds: Any, wrap: bool = False, shape: bool = False) -> tuple[Any, Any]:
    """As many labels as predictions (with ``shape``: of one shape); raises ShapeError."""
    wanted = labels.shape if shape else len(labels)
    got = preds.shape if shape else len(preds)
    if wanted != got:
        raise ShapeError(
            "labels and predictions do not fit",
            where="metric",
            wanted=wanted,
            got=got,
            remedy="Give as many labels as predictions, label first: update(labels, preds)",
        )
    return (listed(labels), listed(preds)) if wrap else (labels, preds)


class EvalMetric:
    """Base: ``update(labels, preds)`` adds, ``get()`` reads, ``reset()`` begins anew.

    A subclass gives ``measure(label, pred) -> (sum, count)`` on NumPy arrays.

    >>> class Count(mx.metric.EvalMetric):
    ...     def update(self, labels, preds):
    ...         self.sum_metric += len(preds)
    ...         self.num_inst = 1
    >>> metric = Count("count")
    >>> metric.update([mx.nd.ones((2,))], [mx.nd.ones((2,))])
    >>> metric.get()
    ('count', 1.0)
    """

    def __init__(
        self,
        name: str,
        output_names: Names = None,
        label_names: Names = None,
        **kwargs: Any,
    ) -> None:
        self.name = str(name)
        self.output_names, self.label_names = output_names, label_names
        self._has_global_stats = bool(kwargs.pop("has_global_stats", True))
        self._kwargs = kwargs
        self.reset()

    def measure(self, label: np.ndarray[Any, Any], pred: np.ndarray[Any, Any]) -> tuple[float, float]:
        """(what is added to the sum, what is added to the count) by one pair of arrays."""
        raise ParamError(f"{type(self).__name__} has no measure()")

    def update(self, labels: Arrays, preds: Arrays) -> None:
        """Add a batch: an array each, or lists of arrays."""
        labels, preds = listed(labels), listed(preds)
        check_label_shapes(labels, preds)
        for label, pred in zip(labels, preds, strict=True):
            self.add_measure(*self.measure(host(label), host(pred)))

    def add_measure(self, total: float, count: float) -> None:
        """Add to the sums since ``reset_local`` and since ``reset``."""
        self.sum_metric += total
        self.num_inst += count
        self.global_sum_metric += total
        self.global_num_inst += count

    def update_dict(self, label: Mapping[str, Any], pred: Mapping[str, Any]) -> None:
        """Add a batch by names."""
        preds = list(pred.values()) if self.output_names is None else [pred[n] for n in self.output_names]
        labels = list(label.values()) if self.label_names is None else [label[n] for n in self.label_names]
        self.update(labels, preds)

    def reset(self) -> None:
        """Forget everything."""
        self.reset_local()
        self.global_sum_metric = 0.0
        self.global_num_inst: float = 0

    def reset_local(self) -> None:
        """Begin a new stretch; what ``get_global`` gives goes on."""
        self.sum_metric = 0.0
        self.num_inst: float = 0

    def value(self, total: float, count: float) -> float:
        """What a sum and a count come to; NaN before the first update."""
        return total / count if count else math.nan

    def get(self) -> tuple[Any, Any]:
        """(name, value) since ``reset_local``."""
        return self.name, self.value(self.sum_metric, self.num_inst)

    def get_global(self) -> tuple[Any, Any]:
        """(name, value) since ``reset``; a subclass with an ``update`` of its own has one value only."""
        if not self._has_global_stats or not getattr(self, "global_num_inst", 0):  # a reset() of one's own makes none
            return self.get()
        return self.name, self.value(self.global_sum_metric, self.global_num_inst)

    def get_name_value(self) -> list[tuple[str, float]]:
        """A list of (name, value)."""
        return _pairs(self.get())

    def get_global_name_value(self) -> list[tuple[str, float]]:
        """The same since ``reset``."""
        return _pairs(self.get_global())

    def get_config(self) -> dict[str, Any]:
        """What makes another of its kind."""
        return {
            "metric": type(self).__name__,
            "name": self.name,
            "output_names": self.output_names,
            "label_names": self.label_names,
            **self._kwargs,
        }

    def __str__(self) -> str:
        return f"EvalMetric: {dict(self.get_name_value())}"


def _pairs(found: tuple[Any, Any]) -> list[tuple[str, float]]:
    names, values = found
    return list(zip(listed(names), listed(values), strict=True))
