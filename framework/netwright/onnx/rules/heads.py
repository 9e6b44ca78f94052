"""Output operators and what is there for training only, in the form they have when a model is used."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..rule_table import Call, rule
from ..tensor import Tensor
from .activations import softmax_over
from .random import uniform


@rule("SoftmaxOutput")
def softmax_output(c: Call, x: Tensor, label: Tensor) -> Tensor:
    """The probabilities; the label is part of the training."""
    if c.p.preserve_shape:
        return softmax_over(c, x, -1)
    return softmax_over(c, x, 1 if c.p.multi_output else tuple(range(1, x.ndim)))


@rule("LogisticRegressionOutput")
def logistic(c: Call, x: Tensor, label: Tensor) -> Tensor:
    """The sigmoid of the data."""
    return c.w.op("Sigmoid", x)


@rule("LinearRegressionOutput", "MAERegressionOutput", "SVMOutput")
def regression(c: Call, x: Tensor, label: Tensor) -> Tensor:
    """The data as they are."""
    return x.copy()


@rule("Dropout")
def dropout(c: Call, x: Tensor) -> Any:
    """The data as they are; in mode ``always`` some are dropped when the model is used, too."""
    p = c.p
    if p.mode != "always" or not p.p:
        return x.copy()
    if p.axes:
        shape = [1 if i in p.axes else n for i, n in enumerate(x.shape)]
        kept = uniform(c, shape) >= np.float32(p.p)
        return x * (kept.astype(x.dtype) * x.dtype.type(1 / (1 - p.p)))
    return c.w.op("Dropout", x, c.w.const(np.float32(p.p)), c.w.const(np.True_))


@rule("MakeLoss", "make_loss", "BlockGrad", "identity", "_contrib_gradientmultiplier")
def unchanged(c: Call, x: Tensor, *more: Tensor) -> Tensor:
    """The data as they are: what these do, they do in training."""
    return x.copy()
