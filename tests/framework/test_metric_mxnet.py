"""Metrics against MXNet 1.9.1: the numbers below are what it gave for the same arrays and calls."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright.errors import ParamError

NAN = math.nan
# name, data, options, values: two batches, a local reset, a third batch, then all three together
# (local and global after two, local after the reset, local and global after three, all three at once)
CASES: list[tuple[str, str, dict[str, Any], list[float]]] = [
    ("acc", "classes", {}, [0.15, 0.15, NAN, 0.3, 0.2, 0.2]),
    ("top_k_accuracy", "classes", {"top_k": 3}, [0.5, 0.5, NAN, 0.4, 0.4667, 0.4667]),
    ("top_k_acc", "classes", {"top_k": 2}, [0.3, 0.3, NAN, 0.4, 0.3333, 0.3333]),
    ("f1", "two", {}, [0.6845, 0.6845, NAN, 0.6, 0.6563, 0.6842]),
    ("f1", "two", {"average": "micro"}, [0.7143, 0.7143, NAN, 0.6, 0.6842, 0.6842]),
    ("mcc", "two", {}, [-0.0833, -0.0833, NAN, 0.2, 0.0111, 0.1388]),
    ("mcc", "two", {"average": "micro"}, [0.0476, 0.0476, NAN, 0.2, 0.1388, 0.1388]),
    ("perplexity", "classes", {"ignore_label": None}, [9.4889, 9.4889, NAN, 7.2177, 8.6619, 8.6619]),
    ("perplexity", "classes", {"ignore_label": 2}, [8.6236, 8.6236, NAN, 10.5793, 9.0959, 9.0959]),
    ("mae", "column", {}, [0.9276, 0.9276, NAN, 0.7198, 0.8584, 0.8584]),
    ("mse", "column", {}, [1.227, 1.227, NAN, 0.8305, 1.0948, 1.0948]),
    ("rmse", "columns", {}, [1.358, 1.358, NAN, 1.139, 1.285, 1.285]),
    ("ce", "classes", {}, [2.2501, 2.2501, NAN, 1.9765, 2.1589, 2.1589]),
    ("crossentropy", "classes", {"eps": 0.1}, [1.4144, 1.4144, NAN, 1.3688, 1.3992, 1.3992]),
    ("nll_loss", "classes", {}, [2.2501, 2.2501, NAN, 1.9765, 2.1589, 2.1589]),
    ("pearsonr", "columns", {}, [-0.192, -0.192, NAN, 0.3287, -0.0185, -0.0185]),
    # MXNet's global value is 0 here; ours is the correlation
    ("pearsonr", "columns", {"average": "micro"}, [-0.1972, -0.1972, NAN, 0.0062, 0.0062, 0.0062]),
    ("pcc", "classes", {}, [-0.0538, -0.0538, NAN, -0.0455, -0.0172, -0.0172]),
    ("pcc", "two", {}, [0.0476, 0.0476, NAN, 0.2, 0.1388, 0.1388]),
    ("loss", "columns", {}, [0.0198, 0.0198, NAN, 0.1157, 0.0518, 0.0518]),
    ("torch", "column", {}, [-0.1741, -0.1741, NAN, 0.1775, -0.0569, -0.0569]),
]


def batches(kind: str, drawn: np.random.RandomState) -> Iterator[tuple[mx.nd.NDArray, mx.nd.NDArray]]:
    for _ in range(3):
        if kind in ("classes", "two"):
            count = 5 if kind == "classes" else 2
            scores = drawn.rand(10, count).astype("f")
            scores /= scores.sum(1, keepdims=True)
            yield mx.nd.array(drawn.randint(0, count, 10)), mx.nd.array(scores)
        elif kind == "column":
            yield mx.nd.array(drawn.randn(10)), mx.nd.array(drawn.randn(10, 1))
        else:
            yield mx.nd.array(drawn.randn(10, 3)), mx.nd.array(drawn.randn(10, 3))


@pytest.mark.parametrize(("name", "kind", "options", "wanted"), CASES)
def test_values(name: str, kind: str, options: dict[str, Any], wanted: list[float]) -> None:
    metric = mx.metric.create(name, **options)
    assert math.isnan(metric.get()[1])
    parts = list(batches(kind, np.random.RandomState(1)))
    for label, pred in parts[:2]:
        metric.update([label], [pred])
    found = [metric.get()[1], metric.get_global()[1]]
    metric.reset_local()
    found.append(metric.get()[1])
    metric.update([parts[2][0]], [parts[2][1]])
    found += [metric.get()[1], metric.get_global()[1]]
    metric.reset()
    assert math.isnan(metric.get_global()[1])
    metric.update([p[0] for p in parts], [p[1] for p in parts])
    found.append(metric.get()[1])
    np.testing.assert_allclose(found, wanted, atol=2e-4)


@pytest.mark.parametrize("name", ["acc", "f1", "mcc", "perplexity", "pearsonr", "pcc", "nll_loss", "loss", "mae"])
def test_configurations_make_the_same_metric(name: str) -> None:
    metric = mx.metric.create(name)
    again = mx.metric.create(json.dumps(metric.get_config()))
    assert (type(again), again.get_config()) == (type(metric), metric.get_config())
    both = mx.metric.create([name, "ce"])
    again = mx.metric.create(json.dumps(both.get_config()))
    assert again.get_config() == both.get_config()
    assert isinstance(again, mx.metric.CompositeEvalMetric)
    assert [m.name for m in again.metrics] == [metric.name, "cross-entropy"]


def test_arguments_stand_where_mxnet_has_them() -> None:
    metric = mx.metric.Accuracy(0, "n", ["o"], ["l"])
    assert (metric.axis, metric.name, metric.output_names, metric.label_names) == (0, "n", ["o"], ["l"])
    for cls in (mx.metric.F1, mx.metric.MCC, mx.metric.PearsonCorrelation):
        made = cls("n", ["o"], ["l"], "micro")
        assert (made.name, made.output_names, made.label_names, made.average) == ("n", ["o"], ["l"], "micro")
        with pytest.raises(ParamError, match="wanted macro or micro"):
            cls(average="median")


def test_metrics_of_ones_own() -> None:
    @mx.metric.register
    @mx.metric.alias("mine")
    class Mine(mx.metric.EvalMetric):
        def __init__(self) -> None:
            super().__init__("mine", has_global_stats=False)

        def update(self, labels: Any, preds: Any) -> None:
            self.sum_metric += float(preds[0].sum().asscalar())
            self.num_inst += 1

    metric = mx.metric.create("mine")
    metric.update([mx.nd.ones(2)], [mx.nd.ones(2)])
    assert metric.get() == metric.get_global() == ("mine", 2.0)
    assert str(metric) == "EvalMetric: {'mine': 2.0}"
    assert "has_global_stats" not in metric.get_config()


def test_a_metric_that_resets_itself() -> None:
    """As in MXNet's multi-task example: its ``reset`` keeps a list and nothing global."""

    class Tasks(mx.metric.EvalMetric):
        def reset(self) -> None:
            self.sums = [0.0, 0.0]

        def update(self, labels: Any, preds: Any) -> None:
            self.sums = [s + float(p.sum().asscalar()) for s, p in zip(self.sums, preds, strict=True)]

        def get(self) -> Any:
            return ["first", "second"], self.sums

    metric = Tasks("tasks")
    metric.update([], [mx.nd.ones(2), mx.nd.ones(3)])
    assert metric.get_global_name_value() == [("first", 2.0), ("second", 3.0)]
