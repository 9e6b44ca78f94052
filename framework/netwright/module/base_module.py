"""BaseModule: training, scoring and predicting by batches, whatever computes them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .. import initializer as init
from .. import metric as metrics
from .. import ndarray as nd
from ..errors import DataError, GraphError, ParamError
from ..io import DataBatch, DataIter, NDArrayIter
from ..model_files import BatchEndParam, read_params
from ..ndarray.array import NDArray
from ..ndarray.storage import save
from ..symbol.symbol import Symbol

Callbacks = Callable[..., Any] | Sequence[Callable[..., Any]] | None


def listed(callbacks: Callbacks) -> list[Callable[..., Any]]:
    """Callbacks as a list."""
    if callbacks is None:
        return []
    return list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks]  # type: ignore[list-item]


class BaseModule:
    """Base of modules: a subclass gives bind, init_params, init_optimizer, forward, backward, update, get_outputs …"""

    def __init__(self, logger: Any = logging) -> None:
        self.logger = logger
        self.binded = self.params_initialized = self.optimizer_initialized = False
        self.for_training = self.inputs_need_grad = False
        self._symbol: Symbol | None = None

    @property
    def symbol(self) -> Symbol | None:
        """The symbol that is trained."""
        return self._symbol

    @property
    def data_names(self) -> list[str]:
        """Names of the data."""
        raise NotImplementedError

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs."""
        raise NotImplementedError

    @property
    def data_shapes(self) -> Any:
        """Descriptions of the data."""
        raise NotImplementedError

    @property
    def label_shapes(self) -> Any:
        """Descriptions of the labels; None where there are none."""
        raise NotImplementedError

    @property
    def output_shapes(self) -> Any:
        """(name, shape) of the outputs."""
        raise NotImplementedError

    def _need(self, *, params: bool = True, optimizer: bool = False) -> None:
        """Raise GraphError unless what a call needs was done before."""
        missing = None
        if not self.binded:
            missing = "bind"
        elif params and not self.params_initialized:
            missing = "init_params"
        elif optimizer and not self.optimizer_initialized:
            missing = "init_optimizer"
        if missing:
            raise GraphError("the module is not ready", where=type(self).__name__, remedy=f"Call {missing}() first")

    # ---------------------------------------------------------------- steps
    def forward_backward(self, data_batch: DataBatch) -> None:
        """``forward`` in training mode, then ``backward``."""
        self.forward(data_batch, is_train=True)
        self.backward()

    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        """Run the network on a batch."""
        raise NotImplementedError

    def backward(self, out_grads: Any = None) -> None:
        """Compute gradients."""
        raise NotImplementedError

    def update(self) -> None:
        """Let the optimizer update the weights."""
        raise NotImplementedError

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """The outputs of the last ``forward``."""
        raise NotImplementedError

    def update_metric(self, eval_metric: metrics.EvalMetric, labels: Any, pre_sliced: bool = False) -> None:
        """Add the last outputs to a metric."""
        raise NotImplementedError

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """(weights, auxiliary states) by name, on the CPU."""
        raise NotImplementedError

    def init_params(
        self,
        initializer: Any = None,
        arg_params: Any = None,
        aux_params: Any = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Set first values."""
        raise NotImplementedError

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
        """Make the arrays for inputs of these shapes."""
        raise NotImplementedError

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = (("learning_rate", 0.01),),
        force_init: bool = False,
    ) -> None:
        """Set the optimizer up."""
        raise NotImplementedError

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """The gradients of the data."""
        raise NotImplementedError

    def get_states(self, merge_multi_context: bool = True) -> list[Any]:
        """The states that are kept from batch to batch; a module has none unless it says so."""
        self._need()
        return []

    def set_states(self, states: Any = None, value: Any = None) -> None:
        """Set the states: from arrays, or all to one number."""
        self._need()
        if states or value:
            raise ParamError("the module keeps no states", where=type(self).__name__)

    def install_monitor(self, mon: Any) -> None:
        """Let a Monitor watch."""
        raise NotImplementedError

    def prepare(self, data_batch: DataBatch, sparse_row_id_fn: Any = None) -> None:
        """Get ready for the next batch."""

    # ---------------------------------------------------------------- weights
    def set_params(
        self,
        arg_params: Any,
        aux_params: Any,
        allow_missing: bool = False,
        force_init: bool = True,
        allow_extra: bool = False,
    ) -> None:
        """Set weights and states by name."""
        self.init_params(None, arg_params, aux_params, allow_missing, force_init, allow_extra)

    def save_params(self, fname: str) -> None:
        """Write weights and states."""
        weights, states = self.get_params()
        save(fname, {**{f"arg:{n}": a for n, a in weights.items()}, **{f"aux:{n}": a for n, a in states.items()}})

    def load_params(self, fname: str) -> None:
        """Read what ``save_params`` wrote."""
        self.set_params(*read_params(fname))

    # ---------------------------------------------------------------- whole passes
    def score(
        self,
        eval_data: DataIter,
        eval_metric: Any,
        num_batch: int | None = None,
        batch_end_callback: Callbacks = None,
        score_end_callback: Callbacks = None,
        reset: bool = True,
        epoch: int = 0,
        sparse_row_id_fn: Any = None,
    ) -> list[tuple[str, float]]:
        """The metric over the data: a list of (name, value)."""
        self._need()
        eval_metric = metrics.create(eval_metric)
        eval_metric.reset()
        count = 0
        for eval_batch in self._batches(eval_data, num_batch, reset):
            self.prepare(eval_batch, sparse_row_id_fn)
            self.forward(eval_batch, is_train=False)
            self._measure(eval_metric, eval_batch)
            for callback in listed(batch_end_callback):
                callback(BatchEndParam(epoch, count, eval_metric, locals()))
            count += 1
        for callback in listed(score_end_callback):
            callback(BatchEndParam(epoch, count, eval_metric, locals()))
        found: list[tuple[str, float]] = eval_metric.get_name_value()
        return found

    def _measure(self, eval_metric: metrics.EvalMetric, batch: Any) -> None:
        """Add the last outputs to a metric; the batch may be a list of parts, one for each device."""
        if isinstance(batch, list):
            self.update_metric(eval_metric, [part.label for part in batch], pre_sliced=True)
        else:
            self.update_metric(eval_metric, batch.label)

    @staticmethod
    def _batches(data: DataIter, limit: int | None, reset: bool) -> Iterator[DataBatch]:
        if reset:
            data.reset()
        for i, batch in enumerate(data):
            if i == limit:
                return
            yield batch

    def iter_predict(
        self, eval_data: DataIter, num_batch: int | None = None, reset: bool = True, sparse_row_id_fn: Any = None
    ) -> Iterator[tuple[list[NDArray], int, DataBatch]]:
        """(outputs without what only fills the batch up, number, batch) of each batch."""
        self._need()
        for i, batch in enumerate(self._batches(eval_data, num_batch, reset)):
            self.prepare(batch, sparse_row_id_fn)
            self.forward(batch, is_train=False)
            pad = batch.pad or 0
            yield [out[: out.shape[0] - pad] for out in self.get_outputs()], i, batch

    def predict(
        self,
        eval_data: Any,
        num_batch: int | None = None,
        merge_batches: bool = True,
        reset: bool = True,
        always_output_list: bool = False,
        sparse_row_id_fn: Any = None,
    ) -> Any:
        """The outputs over the data: one array (a list for several outputs), or a list by batch."""
        if not isinstance(eval_data, DataIter):
            rows = eval_data if isinstance(eval_data, NDArray) else nd.array(eval_data)
            eval_data = NDArrayIter(rows, batch_size=min(128, len(rows)))
        found = [[out.copy() for out in outs] for outs, _, _ in self.iter_predict(eval_data, num_batch, reset)]
        if not found or not merge_batches:
            return found
        joined = [nd.concatenate([outs[i] for outs in found], axis=0) for i in range(len(found[0]))]
        return joined[0] if len(joined) == 1 and not always_output_list else joined

    def fit(
        self,
        train_data: DataIter,
        eval_data: DataIter | None = None,
        eval_metric: Any = "acc",
        epoch_end_callback: Callbacks = None,
        batch_end_callback: Callbacks = None,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = (("learning_rate", 0.01),),
        eval_end_callback: Callbacks = None,
        eval_batch_end_callback: Callbacks = None,
        initializer: Any = None,
        arg_params: Any = None,
        aux_params: Any = None,
        allow_missing: bool = False,
        force_rebind: bool = False,
        force_init: bool = False,
        begin_epoch: int = 0,
        num_epoch: int | None = None,
        validation_metric: Any = None,
        monitor: Any = None,
        sparse_row_id_fn: Any = None,
    ) -> None:
        """Train: bind, initialise (Uniform(0.01) by default), then ``num_epoch − begin_epoch`` passes."""
        if num_epoch is None:
            raise ParamError("the number of epochs must be given", where="Module.fit", parameter="num_epoch")
        self.bind(
            data_shapes=train_data.provide_data,  # type: ignore[attr-defined]
            label_shapes=train_data.provide_label,  # type: ignore[attr-defined]
            for_training=True,
            force_rebind=force_rebind,
        )
        if monitor is not None:
            self.install_monitor(monitor)
        self.init_params(initializer or init.Uniform(0.01), arg_params, aux_params, allow_missing, force_init)
        self.init_optimizer(kvstore, optimizer, optimizer_params)
        eval_metric, validation_metric = metrics.create(eval_metric), validation_metric or eval_metric
        for epoch in range(begin_epoch, num_epoch):
            self._fit_epoch(epoch, train_data, eval_metric, listed(batch_end_callback), monitor, sparse_row_id_fn)
            weights, states = self.get_params()
            self.set_params(weights, states)
            for callback in listed(epoch_end_callback):
                callback(epoch, self.symbol, weights, states)
            if eval_data is not None:
                scores = self.score(
                    eval_data,
                    validation_metric,
                    batch_end_callback=eval_batch_end_callback,
                    score_end_callback=eval_end_callback,
                    epoch=epoch,
                )
                for name, value in scores:
                    self.logger.info("Epoch[%d] Validation-%s=%f", epoch, name, value)
            train_data.reset()

    def _fit_epoch(
        self, epoch: int, train_data: DataIter, eval_metric: Any, callbacks: list[Any], monitor: Any, rows: Any
    ) -> None:
        """One pass; callbacks see its variables by MXNet's names."""
        started = time.perf_counter()
        eval_metric.reset()
        data_iter, nbatch = iter(train_data), 0
        data_batch = next(data_iter, None)
        if data_batch is None:
            raise DataError("the training data give no batch", where="fit", remedy="Call reset() on them first")
        while data_batch is not None:
            if monitor is not None:
                monitor.tic()
            self.forward_backward(data_batch)
            self.update()
            self._measure(eval_metric, data_batch)
            next_data_batch = next(data_iter, None)
            if next_data_batch is not None:
                self.prepare(next_data_batch, rows)
            if monitor is not None:
                monitor.toc_print()
            for callback in callbacks:
                callback(BatchEndParam(epoch, nbatch, eval_metric, locals()))
            data_batch, nbatch = next_data_batch, nbatch + 1
        for name, value in eval_metric.get_global_name_value():  # callbacks may have begun new local counts
            self.logger.info("Epoch[%d] Train-%s=%f", epoch, name, value)
        self.logger.info("Epoch[%d] Time cost=%.3f", epoch, time.perf_counter() - started)
