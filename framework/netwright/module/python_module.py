"""PythonModule and PythonLossModule: parts of a chain written in Python, without weights by default."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from ..errors import GraphError, NetwrightError, ParamError
from ..io import DataBatch, DataDesc
from ..metric import EvalMetric
from ..ndarray.array import NDArray
from ..ndarray.creation import array
from .base_module import BaseModule

Shapes = list[tuple[str, tuple[int, ...]]]


class PythonModule(BaseModule):
    """Base of modules in Python. A subclass gives ``_compute_output_shapes``, ``forward``, ``get_outputs`` and, to be
    trained, ``backward`` and ``get_input_grads``; with weights of its own also what concerns weights and updates.
    """

    def __init__(
        self,
        data_names: Sequence[str],
        label_names: Sequence[str] | None,
        output_names: Sequence[str],
        logger: Any = logging,
    ) -> None:
        super().__init__(logger)
        self._data_names = list(data_names)
        self._label_names = None if label_names is None else list(label_names)
        self._output_names = list(output_names)
        self._data_shapes: Any = None
        self._label_shapes: Any = None
        self._output_shapes: Any = None

    @property
    def data_names(self) -> list[str]:
        """Names of the data."""
        return self._data_names

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs."""
        return self._output_names

    @property
    def data_shapes(self) -> Any:
        """Descriptions of the data."""
        return self._data_shapes

    @property
    def label_shapes(self) -> Any:
        """Descriptions of the labels."""
        return self._label_shapes

    @property
    def output_shapes(self) -> Any:
        """(name, shape) of the outputs."""
        return self._output_shapes

    def bind(
        self,
        data_shapes: Any,
        label_shapes: Any = None,
        for_training: bool = True,
        inputs_need_grad: bool = False,
        force_rebind: bool = False,
        shared_module: Any = None,
        grad_req: Any = "write",
    ) -> None:
        """Note the shapes; the data must be named as the module says."""
        if self.binded and not force_rebind:
            self.logger.warning("Already bound, ignoring bind()")
            return
        if grad_req != "write":
            raise ParamError("a module in Python writes gradients", where="bind", wanted="write", got=grad_req)
        for shapes, names in ((data_shapes, self._data_names), (label_shapes, self._label_names)):
            given = names if shapes is None else [d[0] for d in shapes]
            if given != names:
                raise ParamError("data and labels are named otherwise", where="bind", wanted=names, got=given)
        self.for_training, self.inputs_need_grad = for_training, inputs_need_grad
        self._data_shapes, self._label_shapes = data_shapes, label_shapes
        self._output_shapes = self._compute_output_shapes()
        self.binded = True

    def _compute_output_shapes(self) -> Shapes:
        """(name, shape) of the outputs, from ``data_shapes`` and ``label_shapes``."""
        raise NetwrightError("_compute_output_shapes() is not defined", where=type(self).__name__)

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """No weights and no states."""
        return {}, {}

    def init_params(
        self,
        initializer: Any = None,
        arg_params: Any = None,
        aux_params: Any = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """There is nothing to set."""
        self.params_initialized = True

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = (("learning_rate", 0.01),),
        force_init: bool = False,
    ) -> None:
        """There is nothing to update."""
        self.optimizer_initialized = True

    def update(self) -> None:
        """There is nothing to update."""

    def update_metric(self, eval_metric: EvalMetric, labels: Any, pre_sliced: bool = False) -> None:
        """Add the outputs to a metric, where the module was bound with labels."""
        if self._label_shapes is not None:
            eval_metric.update(labels, self.get_outputs())


class PythonLossModule(PythonModule):
    """A loss at a chain's end: outputs the scores it is given; ``grad_func(scores, labels)`` is their gradient.

    >>> loss = PythonLossModule(grad_func=lambda scores, labels: scores - labels)
    """

    def __init__(
        self,
        name: str = "pyloss",
        data_names: Sequence[str] = ("data",),
        label_names: Sequence[str] = ("softmax_label",),
        logger: Any = logging,
        grad_func: Callable[[NDArray, NDArray], Any] | None = None,
    ) -> None:
        super().__init__(data_names, label_names, [f"{name}_output"], logger)
        if len(self._data_names) != 1 or len(label_names) != 1:
            raise ParamError("a loss takes one input and one label", where="PythonLossModule", got=list(data_names))
        if grad_func is not None and not callable(grad_func):
            raise ParamError("the gradient is a function", parameter="grad_func", got=type(grad_func).__name__)
        self._name, self._grad_func = name, grad_func
        self._scores: Any = None
        self._labels: Any = None
        self._scores_grad: Any = None

    def _compute_output_shapes(self) -> Shapes:
        first = self._data_shapes[0]
        return [(f"{self._name}_output", first.shape if isinstance(first, DataDesc) else tuple(first[1]))]

    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        """Keep the scores, and the labels when training."""
        self._scores = data_batch.data[0]
        if (self.for_training if is_train is None else is_train) and data_batch.label:
            self._labels = data_batch.label[0]

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """The scores."""
        return [self._scores]

    def backward(self, out_grads: Any = None) -> None:
        """Compute the scores' gradient."""
        if out_grads is not None:
            raise ParamError("a loss takes no gradients from above", where=self._name, parameter="out_grads")
        if not self.for_training:
            raise GraphError("it was bound for predicting", where=self._name, remedy="Bind with for_training=True")
        self._backward_impl()

    def _backward_impl(self) -> None:
        if self._grad_func is None:
            raise NetwrightError("the loss has no gradient", where=self._name, remedy="Pass grad_func")
        found = self._grad_func(self._scores, self._labels)
        self._scores_grad = found if isinstance(found, NDArray) else array(found)

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """The scores' gradient."""
        return [self._scores_grad]
