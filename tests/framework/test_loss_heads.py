"""Loss heads: gradients by MXNet 1.9.1's numbers and by rule, the losses they show, labels they take."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from netwright import autograd, nd
from netwright.errors import ShapeError
from netwright.ops import all_operators, get
from netwright.ops.loss import LossHead

DATA = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)
HEADS = [op for op in all_operators() if op.is_loss]


def gradient(name: str, *arrays: Any, head: Any = None, **params: Any) -> np.ndarray[Any, Any]:
    x, *others = (nd.array(a) for a in arrays)
    x.attach_grad()
    with autograd.record():
        y = getattr(nd, name)(x, *others, **params)
    y.backward(None if head is None else nd.array(head))
    assert x.grad is not None
    return x.grad.asnumpy()


def loss(name: str, output: Any, label: Any, **params: Any) -> float:
    op = get(name)
    assert isinstance(op, LossHead)
    value = op.loss(np, op.make_params(params), np.asarray(output, np.float32), np.asarray(label, np.float32))
    assert np.shape(value) == ()
    return float(value)


@pytest.mark.parametrize("op", HEADS, ids=lambda op: op.name)
def test_every_head_says_what_training_shows(op: Any) -> None:
    assert isinstance(op, LossHead)
    p = op.make_params({})
    assert op.task(p) in ("classification", "regression", "loss")
    assert op.predicts in ("probabilities", "value")
    for sample in op.samples():
        arrays = [np.full(d.shape, 0.5, np.float32) for d in sample.draws()]
        if all(a.size for a in arrays):
            value = op.loss(np, op.make_params(sample.params), *(arrays * 2)[:2])
            assert np.shape(value) == ()
            assert np.isfinite(value)


@pytest.mark.parametrize("op", HEADS, ids=lambda op: op.name)
def test_the_gradient_of_the_output_is_ignored(op: Any) -> None:
    sample = next(s for s in op.samples() if "out_grad" not in s.params)
    rng = np.random.default_rng(1)
    arrays = [
        rng.integers(0, 3, d.shape).astype(np.float32) if d.kind == "integer" else rng.random(d.shape, np.float32)
        for d in sample.draws()
    ]
    once = gradient(op.name, *arrays, **sample.params)
    np.testing.assert_array_equal(gradient(op.name, *arrays, head=np.full(arrays[0].shape, 7.0), **sample.params), once)
    assert np.abs(once).max() > 0


# Sums of |gradient| that MXNet 1.9.1 gave for DATA, labels (0, −1, 2, 1) and ignore_label −1.
@pytest.mark.parametrize(
    ("params", "total"),
    [
        ({}, 5.5270705),
        ({"use_ignore": True}, 4.52707),
        ({"normalization": "batch"}, 1.3817676),
        ({"normalization": "valid"}, 1.8423569),
        ({"normalization": "valid", "use_ignore": True}, 1.5090234),
    ],
)
def test_softmax_output_normalization(params: dict[str, Any], total: float) -> None:
    rng = np.random.default_rng(0)
    rng.standard_normal((2, 3, 2, 2))
    rng.integers(-1, 3, (2, 2, 2))
    data = rng.standard_normal((4, 3)).astype(np.float32)
    found = gradient("SoftmaxOutput", data, [0.0, -1.0, 2.0, 1.0], **params)
    assert np.abs(found).sum() == pytest.approx(total, rel=1e-5)


def test_softmax_output_smooths_the_label() -> None:
    y = nd.softmax(nd.array(DATA)).asnumpy()
    found = gradient("SoftmaxOutput", DATA, [0.0, 1.0, 2.0, 1.0], smooth_alpha=0.1)
    np.testing.assert_allclose((y - found)[0], [0.9, 0.05, 0.05], atol=1e-6)


def test_softmax_output_takes_the_gradient_of_its_output_when_asked() -> None:
    head = np.random.default_rng(2).standard_normal((4, 3)).astype(np.float32)
    plain = gradient("SoftmaxOutput", DATA, [0.0, 1.0, 2.0, 1.0])
    asked = gradient("SoftmaxOutput", DATA, [0.0, 1.0, 2.0, 1.0], head=head, out_grad=True)
    np.testing.assert_allclose(asked, plain * head, rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "slope"),
    [
        ("LinearRegressionOutput", lambda y, t: y - t),
        ("MAERegressionOutput", lambda y, t: np.sign(y - t)),
        ("LogisticRegressionOutput", lambda y, t: 1 / (1 + np.exp(-y)) - t),
    ],
)
def test_regression_gradients_are_divided_by_the_numbers_per_sample(name: str, slope: Any) -> None:
    label = np.random.default_rng(3).random((4, 3)).astype(np.float32)
    found = gradient(name, DATA, label, grad_scale=2.0)
    np.testing.assert_allclose(found, slope(DATA, label) * 2 / 3, rtol=1e-5)


def test_regression_takes_a_list_of_labels_for_one_number_each() -> None:
    data = DATA[:, :1]
    np.testing.assert_array_equal(
        gradient("LinearRegressionOutput", data, np.ones(4)), gradient("LinearRegressionOutput", data, np.ones((4, 1)))
    )
    assert tuple(get("LinearRegressionOutput").infer_shape(None, [(4, 1), None])[0]) == ((4, 1), (4,))
    assert tuple(get("LinearRegressionOutput").infer_shape(None, [(4, 3), None])[0]) == ((4, 3), (4, 3))


def test_make_loss_counts_valid_elements() -> None:
    found = gradient("MakeLoss", DATA, grad_scale=0.5, normalization="valid")
    np.testing.assert_allclose(found, 0.5 / (DATA > 0).sum())
    np.testing.assert_allclose(gradient("MakeLoss", DATA, normalization="batch"), 0.25)


def test_losses_by_hand() -> None:
    probabilities = [[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]]
    assert loss("SoftmaxOutput", probabilities, [0, 2]) == pytest.approx(-(math.log(0.7) + math.log(0.8)) / 2)
    assert loss("SoftmaxOutput", probabilities, [0, -1], use_ignore=True) == pytest.approx(-math.log(0.7))
    assert loss("SoftmaxOutput", probabilities, [[1, 0, 0], [0, 0.5, 0.5]]) == pytest.approx(
        -(math.log(0.7) + (math.log(0.1) + math.log(0.8)) / 2) / 2
    )
    assert loss("SoftmaxOutput", [[1.0, 0.0]], [1]) == pytest.approx(-math.log(1e-12), rel=1e-5)
    by_position = np.array([[[0.9, 0.2], [0.1, 0.8]]])
    assert loss("SoftmaxOutput", by_position, [[0, 1]], multi_output=True) == pytest.approx(
        -(math.log(0.9) + math.log(0.8)) / 2
    )
    assert loss("LinearRegressionOutput", [[1.0], [4.0]], [2.0, 2.0]) == pytest.approx(2.5)
    assert loss("MAERegressionOutput", [[1.0], [4.0]], [2.0, 2.0]) == pytest.approx(1.5)
    assert loss("LogisticRegressionOutput", [[0.9], [0.2]], [1.0, 0.0]) == pytest.approx(
        -(math.log(0.9) + math.log(0.8)) / 2
    )
    assert loss("SVMOutput", [[0.5, -2.0]], [0]) == pytest.approx(0.25)
    assert loss("SVMOutput", [[0.5, -2.0]], [0], use_linear=True) == pytest.approx(0.5)
    assert loss("MakeLoss", [1.0, 3.0], []) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("name", "data", "label", "words"),
    [
        (
            "SoftmaxOutput",
            (4, 3),
            (5,),
            r"label does not fit data \(4, 3\).*wanted \(4,\) with class numbers.*got \(5,\)",
        ),
        ("SoftmaxOutput", (2, 3, 4), (2, 3), r"set preserve_shape"),
        ("SoftmaxOutput", (3,), (3,), r"one score per class.*wanted \(N, classes\)"),
        ("LinearRegressionOutput", (4, 3), (4,), r"label does not fit the output \(4, 3\).*as many units"),
        ("SVMOutput", (4, 3), (3,), r"one class number per sample \(wanted \(4,\), got \(3,\)\)"),
    ],
)
def test_labels_that_do_not_fit_are_refused(name: str, data: Any, label: Any, words: str) -> None:
    with pytest.raises(ShapeError, match=words):
        getattr(nd, name)(nd.zeros(data), nd.zeros(label))


def test_the_penalty_on_busy_units_rides_on_the_gradient() -> None:
    raw = np.random.default_rng(4).random((5, 3)).astype(np.float32)
    x, moving = nd.array(raw), nd.full((3,), 0.5)
    x.attach_grad()
    with autograd.record():
        y = nd.IdentityAttachKLSparseReg(x, moving, sparseness_target=0.2, penalty=0.3, momentum=0.6)
    y.backward()
    mean = 0.6 * 0.5 + 0.4 * raw.mean(0)
    assert x.grad is not None
    np.testing.assert_allclose(moving.asnumpy(), mean, rtol=1e-6)
    np.testing.assert_allclose(x.grad.asnumpy(), np.tile(1 + 0.3 * (-0.2 / mean + 0.8 / (1 - mean)), (5, 1)), rtol=1e-5)
