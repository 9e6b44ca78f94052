"""Metrics against formulas and against MXNet 1.9.1's numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from netwright import metric as metrics
from netwright import nd
from netwright.errors import ParamError, ShapeError

TWO = [[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]]
THREE = [[0.1, 0.5, 0.4], [0.6, 0.3, 0.1], [0.2, 0.5, 0.3]]
Pairs = list[tuple[Any, Any]]


def updated(metric: Any, pairs: Pairs) -> Any:
    for label, pred in pairs:
        metric.update([nd.array(label)], [nd.array(pred)])
    return metric


# Values by MXNet 1.9.1, but for F1 of single probabilities, where it takes every sample as class 0.
ROWS: dict[str, tuple[Callable[[], Any], Pairs, str, float]] = {
    "accuracy": (metrics.Accuracy, [([1, 0, 0], TWO)], "accuracy", 2 / 3),
    "accuracy of classes": (metrics.Accuracy, [([1, 0, 0], [1, 1, 0])], "accuracy", 2 / 3),
    "accuracy along an axis": (metrics.Accuracy, [([[1, 0]], [[[0.1, 0.8], [0.9, 0.2]]])], "accuracy", 1.0),
    "top 2": (lambda: metrics.TopKAccuracy(2), [([2, 2, 1], THREE)], "top_k_accuracy_2", 2 / 3),
    "top 9": (lambda: metrics.TopKAccuracy(9), [([2, 2, 1], THREE)], "top_k_accuracy_9", 1.0),
    "f1": (metrics.F1, [([1, 0, 0], TWO), ([1, 1], [[0.9, 0.1], [0.2, 0.8]])], "f1", 2 / 3),
    "f1 over all": (
        lambda: metrics.F1(average="micro"),
        [([1, 0, 0], TWO), ([1, 1], [[0.9, 0.1], [0.2, 0.8]])],
        "f1",
        2 / 3,
    ),
    "f1 of probabilities": (metrics.F1, [([1, 0], [[0.9], [0.2]])], "f1", 1.0),
    "mcc": (metrics.MCC, [([1, 0, 0], TWO), ([1, 0], [[0.1, 0.9], [0.8, 0.2]])], "mcc", 0.75),
    "mcc over all": (
        lambda: metrics.MCC(average="micro"),
        [([1, 0, 0], TWO), ([1, 0], [[0.1, 0.9], [0.8, 0.2]])],
        "mcc",
        2 / 3,
    ),
    "pcc": (metrics.PCC, [([1, 0, 2], THREE)], "pcc", 0.6123724356957946),
    "pcc of two classes": (metrics.PCC, [([1, 0, 0], TWO), ([1, 0], [[0.1, 0.9], [0.8, 0.2]])], "pcc", 2 / 3),
    "mae": (metrics.MAE, [([1, 2], [1.5, 4]), ([1.0], [4.0])], "mae", 2.125),
    "mse": (metrics.MSE, [([1, 2], [1.5, 4]), ([1.0], [4.0])], "mse", 5.5625),
    "rmse": (metrics.RMSE, [([1, 2], [1.5, 4]), ([1.0], [4.0])], "rmse", 2.2288689613342285),
    "rmse of tables": (metrics.RMSE, [([[1, 2], [3, 4]], [[1, 2], [3, 5]])], "rmse", 0.5),
    "mae of a column": (metrics.MAE, [([1, 2], [[1.0], [3.0]])], "mae", 0.5),
    "cross-entropy": (
        metrics.CrossEntropy,
        [([1, 0, 0], TWO), ([1], [[0.5, 0.5]])],
        "cross-entropy",
        0.5564060211181641,
    ),
    "likelihood": (metrics.NegativeLogLikelihood, [([1, 0, 0], TWO)], "nll-loss", 0.5108256340026855),
    "perplexity": (metrics.Perplexity, [([1, 0, 0], TWO), ([1], [[0.5, 0.5]])], "perplexity", 1.7443919132100643),
    "perplexity ignoring": (lambda: metrics.Perplexity(0), [([1, 0, 0], TWO)], "perplexity", 1.1111111439557388),
    "correlation": (
        metrics.PearsonCorrelation,
        [([1, 2, 4], [1.0, 2.5, 3.0]), ([1, 2], [2.0, 1.0])],
        "pearsonr",
        -0.054478944393184625,
    ),
    "loss": (metrics.Loss, [([0], [1.0, 3.0]), ([0], [[2.0]])], "loss", 2.0),
    "torch": (metrics.Torch, [([0], [1.0, 3.0])], "torch", 2.0),
    "caffe": (metrics.Caffe, [([0], [1.0, 3.0])], "caffe", 2.0),
    "function": (
        lambda: metrics.CustomMetric(lambda y, p: abs(y - p).sum()),
        [([1, 2], [1.5, 4])],
        "custom(<lambda>)",
        2.5,
    ),
    "function with a count": (
        lambda: metrics.np(lambda y, p: (abs(y - p).sum(), 2)),
        [([1, 2], [1.5, 4])],
        "custom(<lambda>)",
        1.25,
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_values(name: str) -> None:
    make, pairs, shown, wanted = ROWS[name]
    metric = updated(make(), pairs)
    assert metric.get()[0] == shown
    assert metric.get()[1] == pytest.approx(wanted, rel=1e-6)
    assert type(metric.get()[1]) is float


@pytest.mark.parametrize("name", ROWS)
def test_local_and_global_stretches(name: str) -> None:
    make, pairs, shown, wanted = ROWS[name]
    metric = updated(make(), pairs[:1])
    alone = updated(make(), pairs[-1:]).get()[1]
    metric.reset_local()
    assert math.isnan(metric.get()[1])
    updated(metric, pairs[1:] or pairs)
    assert metric.get()[1] == pytest.approx(alone)
    assert metric.get_global()[1] == pytest.approx(wanted if pairs[1:] else alone)
    assert metric.get_global_name_value() == [(shown, metric.get_global()[1])]
    metric.reset()
    assert math.isnan(metric.get()[1])
    assert math.isnan(metric.get_global()[1])


def test_before_the_first_update() -> None:
    metric = metrics.Accuracy()
    assert str(metric) == "EvalMetric: {'accuracy': nan}"
    assert metric.get_config() == {
        "metric": "Accuracy",
        "name": "accuracy",
        "output_names": None,
        "label_names": None,
        "axis": 1,
    }


def test_arrays_and_lists_and_numpy() -> None:
    metric = metrics.MSE()
    metric.update(np.array([1.0]), np.array([3.0]))
    metric.update([nd.array([1.0]), nd.array([1.0])], [nd.array([2.0]), nd.array([1.0])])
    assert metric.get()[1] == pytest.approx(5 / 3)


def test_accuracy_of_a_large_batch_counts_exactly() -> None:
    rng = np.random.default_rng(0)
    scores, labels = rng.random((5000, 10)), rng.integers(0, 10, 5000)
    metric = metrics.Accuracy()
    for part in np.array_split(np.arange(5000), 7):
        metric.update([nd.array(labels[part])], [nd.array(scores[part])])
    assert metric.get()[1] == (scores.astype(np.float32).argmax(1) == labels).mean()


# ---------------------------------------------------------------- names, composites, functions
def test_update_by_names() -> None:
    metric = metrics.Accuracy(output_names=["o"], label_names=["l"])
    metric.update_dict({"l": nd.array([1, 0, 0]), "x": nd.array([1])}, {"o": nd.array(TWO), "y": nd.array([2])})
    assert metric.get()[1] == pytest.approx(2 / 3)
    both = metrics.CompositeEvalMetric(
        [metrics.Accuracy(output_names=["o"], label_names=["l"]), metrics.Loss(output_names=["loss"], label_names=[])]
    )
    both.update_dict({"l": nd.array([1, 0, 0])}, {"o": nd.array(TWO), "loss": nd.array([4.0])})
    assert both.get() == (["accuracy", "loss"], pytest.approx([2 / 3, 4]))


def test_composites() -> None:
    metric = metrics.create(["acc", metrics.CrossEntropy()])
    metric.add("mse")
    updated(metric, [([1, 0, 0], TWO)][:0])
    assert [name for name, _ in metric.get_name_value()] == ["accuracy", "cross-entropy", "mse"]
    pair = updated(metrics.create(["acc", "ce"]), [([1, 0, 0], TWO)])
    assert pair.get() == (["accuracy", "cross-entropy"], pytest.approx([2 / 3, 0.5108256]))
    assert isinstance(pair.get_metric(1), metrics.CrossEntropy)
    with pytest.raises(ParamError, match=r"composite: there is no such metric \(wanted < 2, got 5\)"):
        pair.get_metric(5)
    pair.reset_local()
    assert all(math.isnan(v) for v in pair.get()[1])
    assert pair.get_global()[1] == pytest.approx([2 / 3, 0.5108256])
    pair.reset()
    assert all(math.isnan(v) for v in pair.get_global()[1])
    assert [c["metric"] for c in pair.get_config()["metrics"]] == ["Accuracy", "CrossEntropy"]


def test_functions_get_their_name() -> None:
    def mine(label: Any, pred: Any) -> float:
        return 1.0

    assert metrics.CustomMetric(mine).get()[0] == "mine"
    assert metrics.CustomMetric(mine, name="zz").get()[0] == "zz"
    assert metrics.np(mine).get()[0] == "mine"
    assert isinstance(metrics.create(mine), metrics.CustomMetric)
    extra = metrics.CustomMetric(mine, allow_extra_outputs=True)
    extra.update([nd.ones((1,))], [nd.ones((1,)), nd.ones((1,))])
    assert extra.get()[1] == 1


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("acc", "Accuracy"),
        ("ce", "CrossEntropy"),
        ("nll_loss", "NegativeLogLikelihood"),
        ("pearsonr", "PearsonCorrelation"),
    ],
)
def test_short_names(name: str, cls: str) -> None:
    assert type(metrics.create(name)) is type(metrics.create(cls)) is getattr(metrics, cls)
    assert metrics.create("top_k_accuracy", top_k=3).get()[0] == "top_k_accuracy_3"


def test_a_metric_of_one_s_own() -> None:
    class Count(metrics.EvalMetric):
        def __init__(self) -> None:
            super().__init__("count")

        def update(self, labels: Any, preds: Any) -> None:
            self.sum_metric += len(labels)
            self.num_inst += 1

    metric = Count()
    metric.update([1, 2], [3, 4])
    assert metric.get() == metric.get_global() == ("count", 2.0)


# ---------------------------------------------------------------- what is refused
@pytest.mark.parametrize(
    ("use", "kind", "words"),
    [
        (lambda: metrics.TopKAccuracy(1), ParamError, r"top_k must exceed 1 \(got 1\)\. Use Accuracy"),
        (lambda: metrics.create("nope"), ParamError, "there is no metric 'nope'"),
        (lambda: metrics.F1(average="both"), ParamError, "unknown average .*wanted macro or micro, got 'both'"),
        (
            lambda: updated(metrics.F1(), [([0, 1, 2], THREE)]),
            ParamError,
            r"for two classes \(wanted labels 0 and 1, got \[0, 1, 2\]",
        ),
        (
            lambda: updated(metrics.Accuracy(), [([1, 0], TWO)]),
            ShapeError,
            r"labels and predictions do not fit \(wanted \(2,\), got \(3,\)\)",
        ),
        (lambda: metrics.Accuracy().update([nd.array([1])], []), ShapeError, r"do not fit \(wanted 1, got 0\)"),
        (lambda: updated(metrics.MSE(), [([1, 2], [1.0])]), ShapeError, "do not fit"),
        (lambda: updated(metrics.CrossEntropy(), [([1], TWO)]), ShapeError, r"one label for each prediction"),
        (lambda: updated(metrics.Perplexity(), [([1], TWO)]), ShapeError, r"one label for each prediction"),
        (lambda: updated(metrics.TopKAccuracy(2), [([1], [1.0])]), ShapeError, r"predictions are \(samples, classes\)"),
        (lambda: updated(metrics.EvalMetric("m"), [([1], [1.0])]), ParamError, r"EvalMetric has no measure\(\)"),
        (lambda: metrics.CustomMetric(len).update([1], []), ShapeError, "do not fit"),
    ],
)
def test_refusals(use: Callable[[], Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        use()
