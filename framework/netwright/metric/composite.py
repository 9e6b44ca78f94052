"""Metrics made of functions, and of other metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..errors import ParamError
from .base import Arrays, EvalMetric, Names, check_label_shapes, host, listed, register, table


@register()
class CustomMetric(EvalMetric):
    """``feval(label, pred)`` on NumPy arrays gives a value or (sum, count).

    >>> metric = mx.metric.CustomMetric(lambda label, pred: abs(label - pred).max(), name="worst")
    >>> metric.update(mx.nd.array([1, 2]), mx.nd.array([1.5, 4]))
    >>> metric.get()[0], float(metric.get()[1])
    ('worst', 2.0)
    """

    def __init__(
        self,
        feval: Callable[[Any, Any], Any],
        name: str | None = None,
        allow_extra_outputs: bool = False,
        output_names: Names = None,
        label_names: Names = None,
    ) -> None:
        shown = str(name or getattr(feval, "__name__", "custom"))
        super().__init__(
            f"custom({shown})" if "<" in shown else shown, output_names=output_names, label_names=label_names
        )
        self._feval, self._extra = feval, allow_extra_outputs

    def update(self, labels: Arrays, preds: Arrays) -> None:
        labels, preds = listed(labels), listed(preds)
        if not self._extra:
            check_label_shapes(labels, preds)
        for label, pred in zip(labels, preds, strict=False):
            value = self._feval(host(label), host(pred))
            total, count = value if isinstance(value, tuple) else (value, 1)
            self.add_measure(float(total), count)


@register("composite")
class CompositeEvalMetric(EvalMetric):
    """Several metrics updated together.

    >>> metric = mx.metric.create(["acc", "ce"])
    >>> metric.update(mx.nd.array([0, 1]), mx.nd.array([[0.5, 0.5], [0.2, 0.8]]))
    >>> metric.get()[0]
    ['accuracy', 'cross-entropy']
    """

    def __init__(
        self,
        metrics: Sequence[Any] | None = None,
        name: str = "composite",
        output_names: Names = None,
        label_names: Names = None,
    ) -> None:
        self.metrics = [create(m) for m in metrics or []]
        super().__init__(name, output_names=output_names, label_names=label_names)

    def add(self, metric: Any) -> None:
        """Add a metric (or its name)."""
        self.metrics.append(create(metric))

    def get_metric(self, index: int) -> EvalMetric:
        """The metric of that number."""
        if not 0 <= index < len(self.metrics):
            raise ParamError("there is no such metric", where=self.name, wanted=f"< {len(self.metrics)}", got=index)
        return self.metrics[index]

    def update(self, labels: Arrays, preds: Arrays) -> None:
        for metric in self.metrics:
            metric.update(labels, preds)

    def update_dict(self, label: Mapping[str, Any], pred: Mapping[str, Any]) -> None:
        """Each metric takes what it names of what this one names."""
        if self.label_names is not None:
            label = {name: array for name, array in label.items() if name in self.label_names}
        if self.output_names is not None:
            pred = {name: array for name, array in pred.items() if name in self.output_names}
        for metric in self.metrics:
            metric.update_dict(label, pred)

    def reset(self) -> None:
        for metric in self.metrics:
            metric.reset()

    def reset_local(self) -> None:
        for metric in self.metrics:
            metric.reset_local()

    def get(self) -> tuple[list[str], list[float]]:
        """(names, values)."""
        return _apart([pair for metric in self.metrics for pair in metric.get_name_value()])

    def get_global(self) -> tuple[list[str], list[float]]:
        """(names, values) since ``reset``."""
        return _apart([pair for metric in self.metrics for pair in metric.get_global_name_value()])

    def get_config(self) -> dict[str, Any]:
        """What makes another of its kind."""
        return {**super().get_config(), "metrics": [metric.get_config() for metric in self.metrics]}


def _apart(pairs: list[tuple[str, float]]) -> tuple[list[str], list[float]]:
    return [name for name, _ in pairs], [value for _, value in pairs]


def np(
    numpy_feval: Callable[[Any, Any], Any], name: str | None = None, allow_extra_outputs: bool = False
) -> CustomMetric:
    """A CustomMetric from a function on NumPy arrays.

    >>> metric = mx.metric.np(lambda label, pred: float(abs(label - pred).max()), name="worst")
    >>> metric.update(mx.nd.array([1, 2]), mx.nd.array([1.5, 4]))
    >>> metric.get()
    ('worst', 2.0)
    """
    return CustomMetric(numpy_feval, name or numpy_feval.__name__, allow_extra_outputs)


def create(metric: Any, *args: Any, **kwargs: Any) -> EvalMetric:
    """A metric from a name, a function, a list of them, or as it is.

    >>> mx.metric.create("acc").name
    'accuracy'
    """
    if isinstance(metric, (list, tuple)):
        return CompositeEvalMetric([create(m, *args, **kwargs) for m in metric])
    if callable(metric) and not isinstance(metric, (str, EvalMetric)):
        return CustomMetric(metric, *args, **kwargs)
    return table.create(metric, *args, **kwargs)
