"""Losses (MXNet's ``gluon.loss``): blocks that give one value for each sample, the mean over its other axes."""

from __future__ import annotations

import math
from typing import Any

from .. import ndarray
from ..errors import MismatchError, ParamError, ShapeError
from ..ndarray.array import NDArray
from .block import HybridBlock


def _weighted(F: Any, loss: Any, weight: float | None, sample_weight: Any) -> Any:
    if sample_weight is not None:
        loss = F.broadcast_mul(loss, sample_weight)
    return loss if weight is None else loss * weight


class Loss(HybridBlock):
    """Base: ``weight`` scales the loss, ``batch_axis`` is the axis of samples."""

    def __init__(self, weight: float | None, batch_axis: int | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._weight, self._batch_axis = weight, batch_axis

    def _mean(self, F: Any, loss: Any) -> Any:
        return F.mean(loss, axis=self._batch_axis, exclude=True)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(batch_axis={self._batch_axis}, w={self._weight})"


def _like(F: Any, label: Any, pred: Any, where: str) -> Any:
    """The label in the prediction's shape, element by element."""
    sizes = [getattr(one, "size", None) if F is ndarray else None for one in (label, pred)]
    if None not in sizes and sizes[0] != sizes[1]:
        raise ShapeError(
            "label and prediction have as many elements",
            where=where,
            wanted=pred.shape,
            got=label.shape,
            remedy="Let the last layer have one unit for each number of a label",
        )
    return F.reshape_like(label, pred)


def _check_classes(F: Any, label: Any, pred: Any, axis: int, where: str) -> None:
    """Class numbers name one class for each prediction."""
    if F is not ndarray or not isinstance(label, NDArray) or not isinstance(pred, NDArray):
        return
    lines = [n for i, n in enumerate(pred.shape) if i != axis % pred.ndim]
    if math.prod(lines) != label.size:
        raise ShapeError(
            "the label names one class for each prediction",
            where=where,
            wanted=f"{tuple(lines)} class numbers",
            got=label.shape,
            remedy="Give class numbers; for one-hot labels or probabilities set sparse_label=False",
        )


class L2Loss(Loss):
    """½·weight·(label − pred)².

    >>> loss = mx.gluon.loss.L2Loss()
    >>> loss(mx.nd.array([[1, 2], [3, 4]]), mx.nd.array([[1, 0], [3, 3]])).asnumpy().round(3)
    array([1.  , 0.25], dtype=float32)
    """

    def __init__(self, weight: float | None = 1.0, batch_axis: int = 0, **kwargs: Any) -> None:
        super().__init__(weight, batch_axis, **kwargs)

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """The loss of each sample."""
        loss = F.square(_like(F, label, pred, "L2Loss") - pred)
        return self._mean(F, _weighted(F, loss, (1.0 if self._weight is None else self._weight) / 2, sample_weight))


class L1Loss(Loss):
    """weight·|label − pred|.

    >>> loss = mx.gluon.loss.L1Loss()
    >>> loss(mx.nd.array([[1, 2], [3, 4]]), mx.nd.array([[1, 0], [3, 3]])).asnumpy().round(3)
    array([1. , 0.5], dtype=float32)
    """

    def __init__(self, weight: float | None = None, batch_axis: int = 0, **kwargs: Any) -> None:
        super().__init__(weight, batch_axis, **kwargs)

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """The loss of each sample."""
        loss = F.abs(_like(F, label, pred, "L1Loss") - pred)
        return self._mean(F, _weighted(F, loss, self._weight, sample_weight))


class SigmoidBinaryCrossEntropyLoss(Loss):
    """Cross-entropy of probabilities of one class: pred are logits, or probabilities with ``from_sigmoid``.

    >>> loss = mx.gluon.loss.SigmoidBinaryCrossEntropyLoss()
    >>> loss(mx.nd.array([[2], [-1]]), mx.nd.array([[1], [0]])).asnumpy().round(3)
    array([0.127, 0.313], dtype=float32)
    """

    def __init__(
        self, from_sigmoid: bool = False, weight: float | None = None, batch_axis: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._from_sigmoid = from_sigmoid

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None, pos_weight: Any = None) -> Any:
        """The loss of each sample."""
        label = _like(F, label, pred, "SigmoidBinaryCrossEntropyLoss")
        if self._from_sigmoid:
            eps = 1e-12
            positive = F.log(pred + eps) * label
            if pos_weight is not None:
                positive = F.broadcast_mul(positive, pos_weight)
            loss = -(positive + F.log(1.0 - pred + eps) * (1.0 - label))
        elif pos_weight is None:
            # max(x, 0) − x·z + log(1 + e^−|x|), which does not overflow
            loss = F.relu(pred) - pred * label + F.Activation(-F.abs(pred), act_type="softrelu")
        else:
            log_weight = 1 + F.broadcast_mul(pos_weight - 1, label)
            loss = pred - pred * label + log_weight * (F.Activation(-F.abs(pred), act_type="softrelu") + F.relu(-pred))
        return self._mean(F, _weighted(F, loss, self._weight, sample_weight))


SigmoidBCELoss = SigmoidBinaryCrossEntropyLoss


class SoftmaxCrossEntropyLoss(Loss):
    """−log softmax(pred) at the label (``sparse_label``), or −Σ label·log softmax(pred).

    >>> loss = mx.gluon.loss.SoftmaxCrossEntropyLoss()
    >>> loss(mx.nd.array([[2, 0, 0], [0, 3, 0]]), mx.nd.array([0, 2])).asnumpy().round(3)
    array([0.24 , 3.095], dtype=float32)
    """

    def __init__(
        self,
        axis: int = -1,
        sparse_label: bool = True,
        from_logits: bool = False,
        weight: float | None = None,
        batch_axis: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._axis, self._sparse_label, self._from_logits = axis, sparse_label, from_logits

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """The loss of each sample."""
        if not self._from_logits:
            pred = F.log_softmax(pred, axis=self._axis)
        if self._sparse_label:
            _check_classes(F, label, pred, self._axis, "SoftmaxCrossEntropyLoss")
            loss = -F.pick(pred, label, axis=self._axis, keepdims=True)
        else:
            loss = -F.sum(pred * _like(F, label, pred, "SoftmaxCrossEntropyLoss"), axis=self._axis, keepdims=True)
        return self._mean(F, _weighted(F, loss, self._weight, sample_weight))


SoftmaxCELoss = SoftmaxCrossEntropyLoss


class KLDivLoss(Loss):
    """Σ label·(log label − pred) of each sample, pred being log-probabilities (``from_logits``) or logits.

    >>> loss = mx.gluon.loss.KLDivLoss(from_logits=False)
    >>> loss(mx.nd.array([[1, 1]]), mx.nd.array([[0.9, 0.1]])).asnumpy().round(3)
    array([0.368], dtype=float32)
    """

    def __init__(
        self,
        from_logits: bool = True,
        axis: int = -1,
        weight: float | None = None,
        batch_axis: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._from_logits, self._axis = from_logits, axis

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """The loss of each sample."""
        if not self._from_logits:
            pred = F.log_softmax(pred, axis=self._axis)
        loss = label * (F.log(label + 1e-12) - pred)
        return F.sum(_weighted(F, loss, self._weight, sample_weight), axis=self._batch_axis, exclude=True)


class CTCLoss(Loss):
    """−log of the probability of a label sequence, in which blanks and repeats may stand (Graves et al., 2006).

    pred (N, T, C) are activations before softmax, of which the last channel is the blank; label (N, L) is padded with
    −1. The layouts ``TNC`` and ``TN`` have time first. Lengths (N,) say how many steps and labels count.

    >>> loss = mx.gluon.loss.CTCLoss()
    >>> loss(mx.nd.zeros((2, 10, 5)), mx.nd.array([[1, 2, -1], [1, 1, 3]])).asnumpy().round(3)
    array([9.89 , 9.266], dtype=float32)
    """

    def __init__(
        self, layout: str = "NTC", label_layout: str = "NT", weight: float | None = None, **kwargs: Any
    ) -> None:
        for name, given, known in (("layout", layout, ("NTC", "TNC")), ("label_layout", label_layout, ("NT", "TN"))):
            if given not in known:
                raise MismatchError(f"unknown {name}", where="CTCLoss", wanted=" or ".join(known), got=repr(given))
        super().__init__(weight, label_layout.find("N"), **kwargs)
        self._layout = layout

    def hybrid_forward(
        self,
        F: Any,
        pred: Any,
        label: Any,
        pred_lengths: Any = None,
        label_lengths: Any = None,
        sample_weight: Any = None,
    ) -> Any:
        """The loss of each sample."""
        if self._layout == "NTC":
            pred = F.swapaxes(pred, dim1=0, dim2=1)
        if self._batch_axis == 1:
            label = F.swapaxes(label, dim1=0, dim2=1)
        loss = F.CTCLoss(
            pred,
            label,
            data_lengths=pred_lengths,
            label_lengths=label_lengths,
            use_data_lengths=pred_lengths is not None,
            use_label_lengths=label_lengths is not None,
            blank_label="last",
        )
        return _weighted(F, loss, self._weight, sample_weight)


class HuberLoss(Loss):
    """Quadratic up to ``rho``, then linear: |e| − rho/2 for |e| > rho, else e²/(2·rho).

    >>> loss = mx.gluon.loss.HuberLoss(rho=1)
    >>> loss(mx.nd.array([[0.5], [3]]), mx.nd.array([[0], [0]])).asnumpy().round(3)
    array([0.125, 2.5  ], dtype=float32)
    """

    def __init__(self, rho: float = 1.0, weight: float | None = None, batch_axis: int = 0, **kwargs: Any) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._rho = rho

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """The loss of each sample."""
        error = F.abs(_like(F, label, pred, "HuberLoss") - pred)
        loss = F.where(error > self._rho, error - 0.5 * self._rho, (0.5 / self._rho) * F.square(error))
        return self._mean(F, _weighted(F, loss, self._weight, sample_weight))


class HingeLoss(Loss):
    """max(0, margin − pred·label), labels −1 and 1.

    >>> loss = mx.gluon.loss.HingeLoss()
    >>> loss(mx.nd.array([[0.3], [2]]), mx.nd.array([[1], [1]])).asnumpy().round(3)
    array([0.7, 0. ], dtype=float32)
    """

    def __init__(self, margin: float = 1.0, weight: float | None = None, batch_axis: int = 0, **kwargs: Any) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._margin = margin

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """The loss of each sample."""
        loss = F.relu(self._margin - pred * _like(F, label, pred, "HingeLoss"))
        return self._mean(F, _weighted(F, loss, self._weight, sample_weight))


class SquaredHingeLoss(Loss):
    """max(0, margin − pred·label)², labels −1 and 1.

    >>> loss = mx.gluon.loss.SquaredHingeLoss()
    >>> loss(mx.nd.array([[0.3], [2]]), mx.nd.array([[1], [1]])).asnumpy().round(3)
    array([0.49, 0.  ], dtype=float32)
    """

    def __init__(self, margin: float = 1.0, weight: float | None = None, batch_axis: int = 0, **kwargs: Any) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._margin = margin

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """The loss of each sample."""
        loss = F.square(F.relu(self._margin - pred * _like(F, label, pred, "SquaredHingeLoss")))
        return self._mean(F, _weighted(F, loss, self._weight, sample_weight))


class LogisticLoss(Loss):
    """log(1 + e^(−pred·label)); labels −1 and 1 (``signed``) or 0 and 1 (``binary``).

    >>> loss = mx.gluon.loss.LogisticLoss()
    >>> loss(mx.nd.array([[0.3], [-2]]), mx.nd.array([[1], [-1]])).asnumpy().round(3)
    array([0.554, 0.127], dtype=float32)
    """

    def __init__(
        self, weight: float | None = None, batch_axis: int = 0, label_format: str = "signed", **kwargs: Any
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        if label_format not in ("signed", "binary"):
            raise ParamError("unknown label_format", wanted="signed or binary", got=repr(label_format))
        self._label_format = label_format

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """The loss of each sample."""
        label = _like(F, label, pred, "LogisticLoss")
        if self._label_format == "signed":
            label = (label + 1.0) / 2.0
        loss = F.relu(pred) - pred * label + F.Activation(-F.abs(pred), act_type="softrelu")
        return self._mean(F, _weighted(F, loss, self._weight, sample_weight))


class TripletLoss(Loss):
    """max(0, margin + Σ(positive − pred)² − Σ(negative − pred)²) (Schroff et al., 2015).

    >>> loss = mx.gluon.loss.TripletLoss(margin=1)
    >>> loss(mx.nd.array([[0, 0]]), mx.nd.array([[0, 1]]), mx.nd.array([[1, 1]])).asnumpy().round(3)
    array([0.], dtype=float32)
    """

    def __init__(self, margin: float = 1.0, weight: float | None = None, batch_axis: int = 0, **kwargs: Any) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._margin = margin

    def hybrid_forward(self, F: Any, pred: Any, positive: Any, negative: Any, sample_weight: Any = None) -> Any:
        """The loss of each sample."""
        positive, negative = _like(F, positive, pred, "TripletLoss"), _like(F, negative, pred, "TripletLoss")
        loss = F.sum(F.square(positive - pred) - F.square(negative - pred), axis=self._batch_axis, exclude=True)
        return _weighted(F, F.relu(loss + self._margin), self._weight, sample_weight)


class CosineEmbeddingLoss(Loss):
    """1 − cos(a, b) for label 1, max(0, cos(a, b) − margin) for label −1: (N, 1), as MXNet gives it.

    >>> loss = mx.gluon.loss.CosineEmbeddingLoss()
    >>> loss(mx.nd.array([[1, 0], [1, 0]]), mx.nd.array([[1, 1], [0, 1]]), mx.nd.array([1, -1])).asnumpy().round(3)
    array([[0.293],
           [0.   ]], dtype=float32)
    """

    def __init__(self, weight: float | None = None, batch_axis: int = 0, margin: float = 0, **kwargs: Any) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._margin = margin

    def hybrid_forward(self, F: Any, input1: Any, input2: Any, label: Any, sample_weight: Any = None) -> Any:
        """The loss of each sample."""
        input1 = _like(F, input1, input2, "CosineEmbeddingLoss")
        dot = F.sum(input1 * input2, axis=-1).reshape((-1, 1))
        norms = F.norm(input1, axis=-1).reshape((-1, 1)) * F.norm(input2, axis=-1).reshape((-1, 1))
        cosine = dot / F.broadcast_maximum(norms, F.ones_like(norms) * 1e-12)
        label = label.reshape((-1, 1))
        loss = F.where(label == 1, 1 - cosine, F.relu(cosine - self._margin))
        return _weighted(F, loss, self._weight, sample_weight)


class PoissonNLLLoss(Loss):
    """Negative log-likelihood of counts: eᵖ − label·p (``from_logits``), or p − label·log p.

    >>> loss = mx.gluon.loss.PoissonNLLLoss()
    >>> loss(mx.nd.array([[0.5], [1]]), mx.nd.array([[2], [3]])).asnumpy().round(3)
    array([0.184], dtype=float32)
    """

    def __init__(
        self,
        weight: float | None = None,
        from_logits: bool = True,
        batch_axis: int = 0,
        compute_full: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._from_logits, self._compute_full = from_logits, compute_full

    def hybrid_forward(self, F: Any, pred: Any, target: Any, sample_weight: Any = None, epsilon: float = 1e-08) -> Any:
        """The mean over all elements, as MXNet gives it."""
        target = _like(F, target, pred, "PoissonNLLLoss")
        if self._from_logits:
            loss = F.exp(pred) - target * pred
        else:
            loss = pred - target * F.log(pred + epsilon)
        if self._compute_full:
            stirling = target * F.log(target + epsilon) - target + 0.5 * F.log(2 * 3.1415926535 * (target + epsilon))
            loss = loss + stirling * (target > 1)
        return F.mean(_weighted(F, loss, self._weight, sample_weight))


class SDMLLoss(Loss):
    """Each row of x1 should be nearest to its row of x2 among all rows of the batch (Bonadiman et al., 2019).

    Divergence of the softmax of −distances² from the identity, smoothed by ``smoothing_parameter``; (N, d) twice.

    >>> loss = mx.gluon.loss.SDMLLoss()
    >>> x = mx.nd.array([[0, 0], [5, 5], [9, 0]])
    >>> loss(x, x + 0.1).asnumpy().round(3)
    array([19.401, 12.501, 17.241], dtype=float32)
    """

    def __init__(
        self, smoothing_parameter: float = 0.3, weight: float | None = 1.0, batch_axis: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self.smoothing_parameter = smoothing_parameter
        self.kl_loss = KLDivLoss(from_logits=True)

    def hybrid_forward(self, F: Any, x1: Any, x2: Any) -> Any:
        """The loss of each sample."""
        apart = F.broadcast_sub(F.expand_dims(x1, axis=1), F.expand_dims(x2, axis=0))
        near = F.log_softmax(-F.sum(F.square(apart), axis=2), axis=1)
        number = F.contrib.arange_like(near, axis=0)
        same = F.broadcast_equal(F.expand_dims(number, axis=1), F.expand_dims(number, axis=0))
        other = 1 - same
        share = self.smoothing_parameter * F.broadcast_div(other, F.sum(other, axis=1, keepdims=True))
        return self.kl_loss(near, same * (1 - self.smoothing_parameter) + share)
