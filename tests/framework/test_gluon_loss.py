"""Losses against formulas in float64 NumPy, and against MXNet 1.9.1's numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import expit, log_softmax, xlogy

from netwright import autograd, gluon, nd
from netwright.errors import ParamError, ShapeError
from netwright.gluon import loss as losses

RNG = np.random.RandomState(0)
PRED = RNG.randn(3, 4).astype("float32")
TARGET = RNG.rand(3, 4).astype("float32")
CLASSES = np.array([0.0, 3.0, 1.0])
SIGNS = np.sign(RNG.randn(3, 4)).astype("float32")
WEIGHTS = np.array([[1.0], [2.0], [0.5]])
POSITIVE = np.array([[1.0, 2.0, 3.0, 4.0]])

Array = np.ndarray[Any, Any]


def mean(values: Array) -> Array:
    """Over all axes but the first."""
    return values.reshape(len(values), -1).mean(1)


def bce(x: Array, y: Array, positive: Any = 1.0) -> Array:
    return -(positive * y * np.log(expit(x)) + (1 - y) * np.log(expit(-x)))


def cosine(a: Array, b: Array) -> Array:
    return (a * b).sum(1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))


P, T, S = (a.astype(np.float64) for a in (PRED, TARGET, SIGNS))
LOGP = log_softmax(P, axis=1)
ROWS: dict[str, tuple[gluon.loss.Loss, tuple[Any, ...], Array]] = {
    "L2": (losses.L2Loss(), (PRED, TARGET), mean((P - T) ** 2) / 2),
    "L2 weighted": (losses.L2Loss(weight=3), (PRED, TARGET, WEIGHTS), 1.5 * mean(WEIGHTS * (P - T) ** 2)),
    "L2 unweighted": (losses.L2Loss(weight=None), (PRED, TARGET), mean((P - T) ** 2) / 2),
    "L2 other batch axis": (losses.L2Loss(batch_axis=1), (PRED, TARGET), mean(((P - T) ** 2).T) / 2),
    "L1": (losses.L1Loss(), (PRED, TARGET), mean(abs(P - T))),
    "L1 of flat labels": (losses.L1Loss(), (PRED, TARGET.reshape(-1)), mean(abs(P - T))),
    "sigmoid": (losses.SigmoidBCELoss(), (PRED, TARGET), mean(bce(P, T))),
    "sigmoid positive": (losses.SigmoidBCELoss(), (PRED, TARGET, None, POSITIVE), mean(bce(P, T, POSITIVE))),
    "sigmoid given": (losses.SigmoidBCELoss(from_sigmoid=True), (expit(PRED), TARGET), mean(bce(P, T))),
    "sigmoid given, positive": (
        losses.SigmoidBCELoss(from_sigmoid=True),
        (expit(PRED), TARGET, None, POSITIVE),
        mean(bce(P, T, POSITIVE)),
    ),
    "softmax": (losses.SoftmaxCELoss(), (PRED, CLASSES), -LOGP[range(3), [0, 3, 1]]),
    "softmax weighted": (
        losses.SoftmaxCELoss(weight=2),
        (PRED, CLASSES, WEIGHTS),
        -2 * WEIGHTS[:, 0] * LOGP[range(3), [0, 3, 1]],
    ),
    "softmax dense": (losses.SoftmaxCELoss(sparse_label=False), (PRED, TARGET), -(T * LOGP).sum(1)),
    "softmax from logits": (losses.SoftmaxCELoss(from_logits=True), (LOGP, CLASSES), -LOGP[range(3), [0, 3, 1]]),
    "softmax of pictures": (
        losses.SoftmaxCELoss(axis=1),
        (PRED.reshape(3, 2, 2), np.array([[0, 1], [1, 1], [0, 0]])),
        -mean(
            np.take_along_axis(log_softmax(P.reshape(3, 2, 2), axis=1), np.array([[0, 1], [1, 1], [0, 0]])[:, None], 1)
        ),
    ),
    "divergence": (losses.KLDivLoss(), (LOGP, TARGET), (xlogy(T, T) - T * LOGP).sum(1)),
    "divergence of scores": (losses.KLDivLoss(from_logits=False), (PRED, TARGET), (xlogy(T, T) - T * LOGP).sum(1)),
    "Huber": (
        losses.HuberLoss(rho=0.5),
        (PRED, TARGET),
        mean(np.where(abs(P - T) > 0.5, abs(P - T) - 0.25, (P - T) ** 2)),
    ),
    "hinge": (losses.HingeLoss(), (PRED, SIGNS), mean(np.maximum(0, 1 - P * S))),
    "squared hinge": (losses.SquaredHingeLoss(margin=0.5), (PRED, SIGNS), mean(np.maximum(0, 0.5 - P * S) ** 2)),
    "logistic": (losses.LogisticLoss(), (PRED, SIGNS), mean(np.log1p(np.exp(-P * S)))),
    "logistic binary": (
        losses.LogisticLoss(label_format="binary"),
        (PRED, (SIGNS + 1) / 2),
        mean(np.log1p(np.exp(-P * S))),
    ),
    "triplet": (
        losses.TripletLoss(margin=2.0),
        (PRED, TARGET, SIGNS),
        np.maximum(0, 2 + ((T - P) ** 2).sum(1) - ((S - P) ** 2).sum(1)),
    ),
    "cosine": (
        losses.CosineEmbeddingLoss(margin=0.1),
        (PRED, TARGET, np.array([1, -1, 1])),
        np.where([True, False, True], 1 - cosine(P, T), np.maximum(0, cosine(P, T) - 0.1))[:, None],
    ),
    "Poisson": (losses.PoissonNLLLoss(), (PRED, TARGET * 5), np.array([(np.exp(P) - 5 * T * P).mean()])),
    "Poisson of rates": (
        losses.PoissonNLLLoss(from_logits=False),
        (np.exp(PRED), TARGET * 5),
        np.array([(np.exp(P) - 5 * T * P).mean()]),
    ),
}


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("hybridize", [False, True])
def test_formula(name: str, hybridize: bool) -> None:
    loss, inputs, wanted = ROWS[name]
    loss.hybridize(hybridize)
    arrays = [None if a is None else nd.array(a) for a in inputs]
    found = loss(*arrays)
    loss.hybridize(False)
    np.testing.assert_allclose(found.asnumpy(), wanted, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("name", ROWS)
def test_gradient(name: str) -> None:
    """Along one random direction, in float64."""
    loss, inputs, _ = ROWS[name]
    first, *others = (None if a is None else nd.array(a, dtype="float64") for a in inputs)
    assert first is not None
    direction = np.random.default_rng(3).normal(size=first.shape)
    first.attach_grad()
    with autograd.record():
        y = loss(first, *others)
    y.backward()

    def at(step: float) -> float:
        return float(loss(first + nd.array(step * direction, dtype="float64"), *others).sum())

    numeric = (at(1e-6) - at(-1e-6)) / 2e-6
    assert first.grad is not None
    assert float((first.grad.asnumpy() * direction).sum()) == pytest.approx(numeric, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize(
    ("loss", "inputs", "wanted", "slope"),
    [
        (losses.L2Loss(), (TARGET,), [0.89614, 0.97014, 0.23451], -0.69227),
        (losses.SigmoidBCELoss(), (TARGET, None, POSITIVE), [1.34609, 1.99973, 1.00982], -1.16844),
        (losses.SoftmaxCELoss(weight=2), (CLASSES, WEIGHTS), [2.4015, 9.93177, 1.6494], -2.82195),
        (losses.KLDivLoss(from_logits=False), (TARGET,), [2.46675, 5.4519, 4.04146], -2.1075),
        (losses.HuberLoss(rho=0.5), (TARGET,), [0.94573, 0.98954, 0.37683], -0.68158),
        (losses.LogisticLoss(), (SIGNS,), [0.61753, 0.35259, 0.62477], 0.13211),
        (losses.TripletLoss(), (TARGET, SIGNS), [0.16971, 7.28529, 0.0], -8.98774),
        (
            losses.CosineEmbeddingLoss(margin=0.1),
            (TARGET, np.array([1, -1, 1])),
            [0.50699, 0.0, 0.39619],
            -0.92119,
        ),
        (losses.PoissonNLLLoss(), (TARGET * 5,), [1.92026], -1.12188),
        (losses.SDMLLoss(), (TARGET,), [2.41831, 1.57921, 0.54557], -0.88318),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, losses.Loss) else "",
)
def test_numbers_of_mxnet(loss: Callable[..., Any], inputs: tuple[Any, ...], wanted: Any, slope: float) -> None:
    """MXNet 1.9.1 gave these for RandomState(0); the slope is along TARGET."""
    x = nd.array(PRED)
    x.attach_grad()
    with autograd.record():
        y = loss(x, *(None if a is None else nd.array(a) for a in inputs))
    y.backward()
    assert x.grad is not None
    np.testing.assert_allclose(y.asnumpy().reshape(-1), wanted, atol=2e-5)
    assert float((x.grad.asnumpy() * TARGET).sum()) == pytest.approx(slope, abs=2e-5)


def test_ctc() -> None:
    """MXNet 1.9.1 gave these for RandomState(1)."""
    pred = nd.array(np.random.RandomState(1).randn(2, 20, 4))
    label = nd.array([[1, 0, -1, -1], [2, 1, 1, -1]])
    np.testing.assert_allclose(losses.CTCLoss()(pred, label).asnumpy(), [25.196661, 16.909397], rtol=1e-6)
    by_time = losses.CTCLoss(layout="TNC", label_layout="TN")(pred.swapaxes(0, 1), label.T)
    np.testing.assert_allclose(by_time.asnumpy(), [25.196661, 16.909397], rtol=1e-6)
    shorter = losses.CTCLoss(weight=2)(pred, label, nd.array([10, 20]), nd.array([2, 3]))
    np.testing.assert_allclose(shorter.asnumpy(), [27.070408, 33.818794], rtol=1e-6)


def test_sigmoid_and_softmax_do_not_overflow() -> None:
    extreme = nd.array([[1000.0, -1000.0]])
    assert losses.SigmoidBCELoss()(extreme, nd.array([[1.0, 0.0]])).asscalar() == 0
    assert losses.SoftmaxCELoss()(extreme, nd.array([1])).asscalar() == 2000
    assert losses.LogisticLoss()(extreme, nd.array([[-1.0, 1.0]])).asscalar() == 1000


def test_poisson_with_stirling_s_term() -> None:
    target = np.array([[0.5, 3.0]])
    found = losses.PoissonNLLLoss(compute_full=True)(nd.array([[0.0, 1.0]]), nd.array(target))
    stirling = 3 * np.log(3) - 3 + 0.5 * np.log(2 * np.pi * 3)
    assert float(found) == pytest.approx((1 + np.e - 3 + stirling) / 2, rel=1e-5)


def test_same_loss_under_two_names() -> None:
    assert losses.SoftmaxCELoss is losses.SoftmaxCrossEntropyLoss
    assert losses.SigmoidBCELoss is losses.SigmoidBinaryCrossEntropyLoss


@pytest.mark.parametrize(
    ("use", "kind", "words"),
    [
        (
            lambda: losses.LogisticLoss(label_format="odd"),
            ParamError,
            r"unknown label_format \(wanted signed or binary, got 'odd'\)",
        ),
        (lambda: losses.CTCLoss(layout="CTN"), ParamError, r"CTCLoss: unknown layout \(wanted NTC or TNC, got 'CTN'\)"),
        (lambda: losses.CTCLoss(label_layout="XX"), ParamError, "unknown label_layout"),
        (
            lambda: losses.L2Loss()(nd.ones((2, 3)), nd.ones((2, 2))),
            ShapeError,
            "label and prediction have as many elements",
        ),
        (
            lambda: losses.SoftmaxCELoss()(nd.ones((2, 3)), nd.ones((4,))),
            ShapeError,
            "the label names one class for each prediction",
        ),
    ],
)
def test_refusals(use: Callable[[], Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        use()
