"""SoftmaxOutput: softmax whose gradient is that of the cross-entropy with the label."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from pydantic import Field

from ..errors import ShapeError
from .arrays import accumulator
from .loss import SCALE, SMALLEST, LossHead, Normalization, Task
from .operator import At, Draw, Operator, Port, Sample, Shape, Shapes, TensorSpec
from .params import OpParams
from .registry import register
from .sight import Looks, same
from .softmax import softmax


class SoftmaxOutputParams(OpParams):
    """Parameters of SoftmaxOutput."""

    grad_scale: float = SCALE
    ignore_label: float = Field(-1.0, description="the label that is not learnt from, with use_ignore")
    multi_output: bool = Field(False, description="classes lie on axis 1, one label per position behind")
    use_ignore: bool = Field(False, description="do not learn from samples labelled ignore_label")
    preserve_shape: bool = Field(False, description="classes lie on the last axis, one label per position before")
    normalization: Normalization = Field("null", description="divide by nothing, the batch size, or the valid labels")
    out_grad: bool = Field(False, description="multiply by the gradient of the output instead of ignoring it")
    smooth_alpha: float = Field(0.0, ge=0, le=1, description="share of the label's 1 given to the other classes")


class Rows(NamedTuple):
    """The output seen as (samples, classes, positions), and the shape of labels that number the classes."""

    samples: int
    classes: int
    positions: int
    label: Shape


def rows(p: SoftmaxOutputParams, data: Shape) -> Rows:
    """Where the classes lie; ShapeError where there is no axis for them."""
    if len(data) < 2:
        raise ShapeError("the data has one score per class", port="data", wanted="(N, classes) or more axes", got=data)
    if p.preserve_shape:
        return Rows(math.prod(data[:-1]), data[-1], 1, data[:-1])
    if p.multi_output:
        return Rows(data[0], data[1], math.prod(data[2:]), (data[0], *data[2:]))
    return Rows(data[0], math.prod(data[1:]), 1, data[:1])


def _is_distribution(data: Shape, label: Shape) -> bool:
    """A label of the output's shape gives the wanted probabilities themselves."""
    return data == label


@register
class SoftmaxOutput(LossHead):
    """Puts out class probabilities and learns them by cross-entropy.

    y = softmax(x), gradient (y − one_hot(label)) · grad_scale / n, where n is 1 for ``normalization`` null, the number
    of rows for batch, the number of labels that are not ``ignore_label`` for valid; with ``multi_output`` null and
    batch divide by the positions too.
    Shapes: data (N, …) taken as N rows of classes; (N, K, …) with ``multi_output``; (…, K) with ``preserve_shape``.
    label: data's shape without the classes (class numbers), or data's shape (probabilities). Output: data's shape.
    Errors: ShapeError where the label fits neither form.
    """

    name = "SoftmaxOutput"
    aliases = ("Softmax",)
    title = "Softmax classifier"
    Params = SoftmaxOutputParams
    predicts = "probabilities"

    def task(self, p: SoftmaxOutputParams) -> Task:
        return "classification"

    def class_axis(self, p: SoftmaxOutputParams) -> int:
        return -1 if p.preserve_shape else 1

    def infer_shape(self, p: SoftmaxOutputParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data, label = shapes
        if data is None:
            return shapes, [None]
        seen = rows(p, data)
        if label is None:
            label = seen.label
        fits = [seen.label, data]
        if p.multi_output:  # MXNet takes labels with the positions joined, or with one class, too
            fits += [(seen.samples, seen.positions), (data[0], 1, *data[2:])]
        if label not in fits:
            raise ShapeError(
                f"the label does not fit data {data}",
                port="label",
                wanted=f"{seen.label} with class numbers, or {data} with probabilities",
                got=label,
                remedy="Let the last layer have one unit per class; with a label per position, set preserve_shape "
                "(classes on the last axis) or multi_output (classes on axis 1)",
            )
        return [data, label], [data]

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        rank = len(inputs[0])
        among = (1,) if p.multi_output else (rank - 1,) if p.preserve_shape else range(1, rank)
        return [same(inputs[0], among), None]

    def forward(self, xp: Any, p: SoftmaxOutputParams, data: Any, label: Any, *, out: Any = None) -> Any:
        if p.preserve_shape:
            return softmax(xp, data, -1, out)
        return softmax(xp, data, 1 if p.multi_output else tuple(range(1, data.ndim)), out)

    def gradient(self, F: Any, p: SoftmaxOutputParams, at: At, dy: Any, y: Any, label: Any) -> Any:
        found = F._softmax_output_grad(y, label, **p.given())
        return found * dy if p.out_grad else found, None

    def loss(self, xp: Any, p: SoftmaxOutputParams, output: Any, label: Any) -> Any:
        seen = rows(p, output.shape)
        if _is_distribution(output.shape, label.shape):
            return -xp.sum(label * _log(xp, output)) / max(1, label.size // seen.classes)
        wanted = label.reshape(seen.samples, seen.positions)
        valid = wanted != p.ignore_label if p.use_ignore else None
        classes = (wanted if valid is None else xp.where(valid, wanted, 0)).astype(np.int64)
        # only the probabilities that count: a logarithm of each would cost more than the softmax did
        samples = xp.arange(len(classes))
        if seen.positions == 1:
            chosen = output.reshape(seen[:2])[samples, classes[:, 0]][:, None]
        else:
            chosen = output.reshape(seen[:3])[samples[:, None], classes, xp.arange(seen.positions)]
        logs = _log(xp, chosen)
        if valid is None:
            return -xp.sum(logs) / max(1, logs.size)
        return -xp.sum(logs * valid) / xp.maximum(xp.sum(valid), 1)

    def flops(self, p: SoftmaxOutputParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return 5 * inputs[0].size

    def samples(self) -> Iterable[Sample]:
        # second: a head's own gradient does not depend on the gradient of its output
        for inputs, params in _CASES:
            yield Sample(inputs, params, second=False)


def _log(xp: Any, probabilities: Any) -> Any:
    y = probabilities.astype(accumulator(probabilities.dtype), copy=False)
    return xp.log(xp.maximum(y, y.dtype.type(SMALLEST)))


def _classes(shape: Shape, count: int, low: int = 0) -> Draw:
    return Draw(shape, "integer", low, count)


_CASES: tuple[tuple[tuple[Draw | Shape, ...], dict[str, Any]], ...] = (
    (((4, 3), _classes((4,), 3)), {}),
    (((4, 3), _classes((4,), 3)), {"grad_scale": 0.5, "normalization": "batch", "smooth_alpha": 0.1}),
    (((5, 3), _classes((5,), 3, -1)), {"use_ignore": True, "normalization": "valid"}),
    (((2, 3, 2), _classes((2,), 6)), {}),
    (((2, 3, 4), _classes((2, 4), 3, -1)), {"multi_output": True, "use_ignore": True, "normalization": "valid"}),
    (((2, 3, 2, 2), _classes((2, 2, 2), 3)), {"multi_output": True}),
    (((2, 3, 2, 2), _classes((2, 2, 2), 3)), {"multi_output": True, "normalization": "batch"}),
    (((2, 3, 4), _classes((2, 3), 4)), {"preserve_shape": True}),
    (((2, 3, 4), _classes((2, 3), 4)), {"preserve_shape": True, "normalization": "batch"}),
    (((5, 3), _classes((5,), 3, -1)), {"normalization": "valid"}),
    (((4, 3), Draw((4, 3), "uniform", 0.0, 1.0)), {"grad_scale": 2.0}),
    (((4, 3), _classes((4,), 3)), {"out_grad": True}),
    (((0, 3), _classes((0,), 3)), {}),
)


@register
class SoftmaxOutputGrad(Operator):
    """Gradient of SoftmaxOutput in its data, from the probabilities and the label. Shapes: as there."""

    name = "_softmax_output_grad"
    category = "loss"
    Params = SoftmaxOutputParams
    inputs = (Port("probability", doc="the output"), Port("label", doc="class numbers or probabilities"))

    def infer_shape(self, p: SoftmaxOutputParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [shapes[0]]

    def forward(self, xp: Any, p: SoftmaxOutputParams, probability: Any, label: Any, *, out: Any = None) -> Any:
        kind = probability.dtype.type
        if _is_distribution(probability.shape, label.shape):
            dx = xp.subtract(probability, label, out=out)
            dx *= kind(p.grad_scale)
            return dx
        seen = rows(p, probability.shape)
        wanted = label.reshape(seen.samples, 1, seen.positions)
        own = wanted == xp.arange(seen.classes).reshape(1, -1, 1)
        rest = p.smooth_alpha / max(1, seen.classes - 1)
        target = own * kind(1.0 - p.smooth_alpha - rest)
        if rest:
            target += kind(rest)
        dx = xp.subtract(probability.reshape(seen[:3]), target)
        if p.use_ignore:
            dx *= wanted != p.ignore_label
        dx *= xp.asarray(self._scale(xp, p, seen, wanted)).astype(dx.dtype)
        dx = dx.reshape(probability.shape)
        if out is None:
            return dx
        out[...] = dx
        return out

    @staticmethod
    def _scale(xp: Any, p: SoftmaxOutputParams, seen: Rows, label: Any) -> Any:
        if p.normalization == "valid":
            # MXNet leaves ignore_label out of the count even where it is learnt from
            return p.grad_scale / xp.maximum(xp.sum(label != p.ignore_label), 1)
        # as in MXNet, positions of multi_output are averaged unless `valid` counts them
        scale = p.grad_scale / max(1, seen.positions)
        return scale / max(1, seen.samples) if p.normalization == "batch" else scale

    def samples(self) -> Iterable[Sample]:
        for inputs, params in _CASES:
            shape = inputs[0].shape if isinstance(inputs[0], Draw) else inputs[0]
            yield Sample((Draw(shape, "uniform", 0.05, 0.9), *inputs[1:]), params, differentiable=False)
