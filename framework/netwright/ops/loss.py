"""Loss heads: operators that start the backward pass themselves and ignore the gradient of their output."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from ..errors import ShapeError
from .arrays import accumulator, deliver
from .nonlinear import logistic
from .operator import At, Draw, Operator, Port, Sample, Shape, Shapes, TensorSpec
from .params import OpParams
from .registry import register
from .sight import Looks, same
from .storage import CSR
from .stored import KeepsZeros, ReadsSparse

Task = Literal["classification", "regression", "loss"]
Prediction = Literal["probabilities", "value"]

SMALLEST = 1e-12
"""Probabilities are taken to be at least this, so that a loss stays finite."""

Normalization = Literal["null", "batch", "valid"]

SCALE = Field(1.0, description="factor of the gradient")


class LossHead(Operator):
    """Base of the loss heads. Beside the operator's own methods they say what training and the page show."""

    category = "loss"
    in_palette = True
    is_loss = True
    inplace = (0,)
    inputs: ClassVar[tuple[Port, ...]] = (
        Port("data", doc="what the network puts out"),
        Port("label", "label", doc="what it should"),
    )

    predicts: ClassVar[Prediction] = "value"
    """What the output is."""

    def task(self, p: Any) -> Task:
        """What kind of learning this head is for."""
        return "regression"

    def class_axis(self, p: Any) -> int:
        """Where the classes of a classifier's output lie."""
        return 1

    def loss(self, xp: Any, p: Any, output: Any, label: Any) -> Any:
        """Mean loss over the batch as an array without axes, in float."""
        raise NotImplementedError(f"{self.name} has no loss")

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        return [same(inputs[0]), *(None for _ in inputs[1:])]


class RegressionParams(OpParams):
    """Parameters of the regression heads."""

    grad_scale: float = SCALE


class _Regression(ReadsSparse, LossHead):
    """Base: one number wanted for each number put out."""

    Params = RegressionParams
    reads = ((), (CSR,))

    def infer_shape(self, p: RegressionParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data, label = shapes
        if data is None:
            return shapes, [None]
        if label is None:
            # one number per sample comes as a plain list of labels
            label = data[:1] if len(data) == 2 and data[1] == 1 else data
        elif label[:1] != data[:1] or math.prod(label) != math.prod(data):
            raise ShapeError(
                f"the label does not fit the output {data}",
                port="label",
                wanted=data,
                got=label,
                remedy=f"Let the last layer have as many units as a label has numbers ({math.prod(label[1:])})",
            )
        return [data, label], [data]

    def forward(self, xp: Any, p: RegressionParams, data: Any, label: Any, *, out: Any = None) -> Any:
        return deliver(xp, data.copy() if out is None else data, out)

    def slope(self, F: Any, difference: Any) -> Any:
        """Derivative of one element's loss by output − label."""
        return difference

    def gradient(self, F: Any, p: RegressionParams, at: At, y: Any, label: Any) -> Any:
        shape = at.outputs[0].shape
        wanted = label if at.inputs[1].shape == shape else F._reshape_to(label, shape=shape)
        per_sample = max(1, math.prod(shape[1:]))
        slope = self.slope(F, y - wanted)
        scale = p.grad_scale / per_sample
        return slope if scale == 1.0 else slope * scale, None

    def samples(self) -> Iterable[Sample]:
        # second: a head's own gradient does not depend on the gradient of its output
        for data, label in (((4, 3), (4, 3)), ((4, 1), (4,)), ((2, 3, 2), (2, 3, 2)), ((5,), (5,)), ((0, 2), (0, 2))):
            yield Sample((data, Draw(label, "uniform", 0.0, 1.0)), second=False)
        yield Sample(((4, 3), Draw((4, 3), "uniform", 0.0, 1.0)), {"grad_scale": 0.5}, second=False)


def _difference(xp: Any, output: Any, label: Any) -> Any:
    return output.astype(accumulator(output.dtype), copy=False) - label.reshape(output.shape)


@register
class LinearRegressionOutput(_Regression):
    """Puts out data as it is and learns it towards the label: gradient (y − label) · grad_scale / numbers per sample.

    Shapes: data (N, …); label the same, or (N,) for data (N, 1). Loss shown: mean squared error.
    """

    name = "LinearRegressionOutput"
    title = "Regression (squared error)"

    def loss(self, xp: Any, p: RegressionParams, output: Any, label: Any) -> Any:
        return xp.mean(xp.square(_difference(xp, output, label)))


@register
class MAERegressionOutput(_Regression):
    """As LinearRegressionOutput with the absolute error: gradient sign(y − label) · grad_scale / numbers per sample.

    Shapes: data (N, …); label the same, or (N,) for data (N, 1). Loss shown: mean absolute error.
    """

    name = "MAERegressionOutput"
    title = "Regression (absolute error)"

    def slope(self, F: Any, difference: Any) -> Any:
        return F.sign(difference)

    def loss(self, xp: Any, p: RegressionParams, output: Any, label: Any) -> Any:
        return xp.mean(xp.absolute(_difference(xp, output, label)))


@register
class LogisticRegressionOutput(_Regression):
    """Puts out y = 1/(1 + e⁻ˣ) and learns it towards labels in [0, 1].

    Gradient (y − label) · grad_scale / numbers per sample.
    Shapes: data (N, …); label the same, or (N,) for data (N, 1). Loss shown: mean binary cross-entropy.
    """

    name = "LogisticRegressionOutput"
    title = "Logistic regression"
    predicts = "probabilities"

    def task(self, p: RegressionParams) -> Task:
        return "classification"

    def forward(self, xp: Any, p: RegressionParams, data: Any, label: Any, *, out: Any = None) -> Any:
        return logistic(xp, data, out)

    def loss(self, xp: Any, p: RegressionParams, output: Any, label: Any) -> Any:
        y = output.astype(accumulator(output.dtype), copy=False)
        wanted = label.reshape(y.shape)
        kind = y.dtype.type
        chance = wanted * xp.log(xp.maximum(y, kind(SMALLEST)))
        chance = chance + (1 - wanted) * xp.log(xp.maximum(1 - y, kind(SMALLEST)))
        return -xp.mean(chance)


class SVMOutputParams(OpParams):
    """Parameters of SVMOutput."""

    margin: float = Field(1.0, description="by how much the right class should lead")
    regularization_coefficient: float = Field(1.0, description="factor of the gradient")
    use_linear: bool = Field(False, description="hinge loss instead of its square")


@register
class SVMOutput(LossHead):
    """Puts out scores as they are and learns them with a hinge loss: each class against the rest.

    Loss of a sample: Σ_k max(0, margin − t_k·y_k)ᵖ with t_k = 1 for the label's class, −1 for others; p = 2, or 1 with
    ``use_linear``. Shapes: data (N, K), label (N,) with class numbers.
    """

    name = "SVMOutput"
    title = "Support vector machine"
    Params = SVMOutputParams

    def task(self, p: SVMOutputParams) -> Task:
        return "classification"

    def infer_shape(self, p: SVMOutputParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data, label = shapes
        if data is None:
            return shapes, [None]
        if len(data) != 2:
            raise ShapeError("the data has one score per class", port="data", wanted="(N, classes)", got=data)
        if label not in (None, data[:1]):
            raise ShapeError("there is one class number per sample", port="label", wanted=data[:1], got=label)
        return [data, data[:1]], [data]

    def forward(self, xp: Any, p: SVMOutputParams, data: Any, label: Any, *, out: Any = None) -> Any:
        return deliver(xp, data.copy() if out is None else data, out)

    def gradient(self, F: Any, p: SVMOutputParams, at: At, y: Any, label: Any) -> Any:
        target = F.one_hot(label, depth=at.inputs[0].shape[1], dtype=at.inputs[0].dtype.name) * 2.0 - 1.0
        lack = p.margin - target * y
        inside = lack > 0.0
        slope = inside if p.use_linear else lack * inside * 2.0
        return slope * target * -p.regularization_coefficient, None

    def loss(self, xp: Any, p: SVMOutputParams, output: Any, label: Any) -> Any:
        own = label.reshape(-1, 1).astype(np.int64) == xp.arange(output.shape[1])
        signed = xp.where(own, output, -output).astype(accumulator(output.dtype), copy=False)
        lack = xp.maximum(p.margin - signed, 0)
        return xp.mean(xp.sum(lack if p.use_linear else xp.square(lack), axis=1))

    def samples(self) -> Iterable[Sample]:
        # second: a head's own gradient does not depend on the gradient of its output
        for linear in (False, True):
            yield Sample(
                (Draw((4, 3), "distinct", -2.05, 2.1), Draw((4,), "integer", 0, 3)),
                {"use_linear": linear, "margin": 0.73, "regularization_coefficient": 0.5},
                second=False,
            )


class MakeLossParams(OpParams):
    """Parameters of MakeLoss."""

    grad_scale: float = SCALE
    valid_thresh: float = Field(0.0, description="elements above this count as valid")
    normalization: Normalization = Field("null", description="divide by nothing, the batch size, or the valid elements")


@register
class MakeLoss(LossHead):
    """Makes any expression a loss: puts it out as it is, and starts the backward pass with grad_scale everywhere.

    With ``normalization`` batch the gradient is divided by the size of the first axis (MXNet 1.9.1 takes all axes but
    the last for it), with valid by the number of elements above ``valid_thresh`` (at least 1). Shapes: any.
    """

    name = "MakeLoss"
    title = "Make loss"
    Params = MakeLossParams
    inputs = (Port("data", doc="the loss, any shape"),)

    def task(self, p: MakeLossParams) -> Task:
        return "loss"

    def forward(self, xp: Any, p: MakeLossParams, data: Any, *, out: Any = None) -> Any:
        return deliver(xp, data.copy() if out is None else data, out)

    def gradient(self, F: Any, p: MakeLossParams, at: At, data: Any) -> Any:
        shape, dtype = at.inputs[0]
        scale = p.grad_scale
        if p.normalization == "batch":
            scale /= max(1, shape[0] if shape else 1)
        ones = F._full(shape=shape, value=scale, dtype=dtype.name)
        if p.normalization != "valid":
            return ones
        count = F._sum_to(data > p.valid_thresh, shape=(1,) * len(shape))
        return ones / F._maximum_scalar(count, scalar=1.0)

    def loss(self, xp: Any, p: MakeLossParams, output: Any, label: Any) -> Any:
        return xp.mean(output, dtype=accumulator(output.dtype))

    def samples(self) -> Iterable[Sample]:
        # second: the gradient is a constant
        shapes: tuple[Shape, ...] = ((3, 4), (5,), (2, 3, 2), (0, 2))
        for shape in shapes:
            for normalization in ("null", "batch", "valid"):
                yield Sample((shape,), {"grad_scale": 0.5, "normalization": normalization}, second=False)


@register
class MakeLossPlain(KeepsZeros, LossHead):
    """Makes any expression a loss: puts it out as it is, and starts the backward pass with 1 everywhere."""

    name = "make_loss"
    zero_stays = True
    in_palette = False
    inputs = (Port("data", doc="the loss, any shape"),)

    def listed_outputs(self, p: Any) -> tuple[str, ...]:
        return ("loss",)

    def task(self, p: Any) -> Task:
        return "loss"

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return deliver(xp, data.copy() if out is None else data, out)

    def gradient(self, F: Any, p: Any, at: At) -> Any:
        return F._full(shape=at.inputs[0].shape, value=1.0, dtype=at.inputs[0].dtype.name)

    def loss(self, xp: Any, p: Any, output: Any, label: Any) -> Any:
        return xp.mean(output, dtype=accumulator(output.dtype))

    def samples(self) -> Iterable[Sample]:
        # second: the gradient is a constant
        yield Sample(((3, 4),), second=False)
        yield Sample(((0, 3),), second=False)


@register
class SoftmaxCrossEntropy(Operator):
    """Sum over the batch of −ln softmax(data)[label].

    Shapes: data (N, K), label (N,) with class numbers; output (1,).
    """

    name = "softmax_cross_entropy"
    category = "loss"
    inputs = (Port("data", doc="scores, (N, K)"), Port("label", "label", doc="class numbers, (N,)"))

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data, label = shapes
        if data is None:
            return shapes, [(1,)]
        if len(data) != 2:
            raise ShapeError("the data has one score per class", port="data", wanted="(N, classes)", got=data)
        if label not in (None, data[:1]):
            raise ShapeError("there is one class number per sample", port="label", wanted=data[:1], got=label)
        return [data, data[:1]], [(1,)]

    def forward(self, xp: Any, p: Any, data: Any, label: Any, *, out: Any = None) -> Any:
        logs = xp.zeros((0,), data.dtype)
        if data.size:
            x = data - data.max(axis=1, keepdims=True)
            picked = xp.take_along_axis(x, label.astype(np.int64)[:, None], axis=1)
            logs = picked - xp.log(xp.sum(xp.exp(x), axis=1, keepdims=True))
        total = -xp.sum(logs, dtype=accumulator(data.dtype))
        return deliver(xp, xp.asarray(total).astype(data.dtype).reshape(1), out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any, label: Any) -> Any:
        wanted = F.one_hot(label, depth=at.inputs[0].shape[1], dtype=at.inputs[0].dtype.name)
        return (F.softmax(data, axis=1) - wanted) * F._reshape_to(dy, shape=(1, 1)), None

    def flops(self, p: Any, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return 5 * inputs[0].size

    def samples(self) -> Iterable[Sample]:
        yield Sample(((4, 3), Draw((4,), "integer", 0, 3)))
        yield Sample(((1, 5), Draw((1,), "integer", 0, 5)))
