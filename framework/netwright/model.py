"""Networks in files, and the old class that trains and predicts (MXNet's ``mx.model``)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from . import initializer as init
from . import metric as metrics
from .callback import LogValidationMetricsCallback
from .device import Device
from .errors import DataError, GraphError, ParamError
from .io import DataBatch, DataIter, NDArrayIter, ResizeIter
from .model_files import BatchEndParam, Params, load_checkpoint, load_params, save_checkpoint
from .module import BucketingModule, Module
from .ndarray.array import NDArray
from .symbol.symbol import Symbol

__all__ = ["BatchEndParam", "FeedForward", "load_checkpoint", "load_params", "save_checkpoint"]


class FeedForward:
    """A network with data and one label, trained by ``fit(X, y)`` on arrays or an iterator, as before ``Module``.

    ``symbol`` may be a function of a bucket's key. Further arguments go to the optimizer. Names of data and labels are
    the iterator's; with arrays ``data`` and ``softmax_label``.
    """

    def __init__(
        self,
        symbol: Symbol | Callable[[Any], Symbol],
        ctx: Device | Sequence[Device] | None = None,
        num_epoch: int | None = None,
        epoch_size: int | None = None,
        optimizer: Any = "sgd",
        initializer: Any = None,
        numpy_batch_size: int = 128,
        arg_params: Params | None = None,
        aux_params: Params | None = None,
        allow_extra_params: bool = False,
        begin_epoch: int = 0,
        **kwargs: Any,
    ) -> None:
        self.symbol = symbol if isinstance(symbol, Symbol) else None
        self.sym_gen = None if isinstance(symbol, Symbol) else symbol
        self.ctx, self.num_epoch, self.epoch_size, self.optimizer = ctx, num_epoch, epoch_size, optimizer
        self.initializer = initializer or init.Uniform(0.01)
        self.numpy_batch_size, self.begin_epoch = numpy_batch_size, begin_epoch
        self.arg_params, self.aux_params, self.allow_extra_params = arg_params, aux_params, allow_extra_params
        self.kwargs = dict(kwargs)

    # ---------------------------------------------------------------- training
    def fit(
        self,
        X: Any,
        y: Any = None,
        eval_data: Any = None,
        eval_metric: Any = "acc",
        epoch_end_callback: Any = None,
        batch_end_callback: Any = None,
        kvstore: Any = "local",
        logger: Any = None,
        work_load_list: Any = None,
        monitor: Any = None,
        eval_end_callback: Any = None,
        eval_batch_end_callback: Any = None,
    ) -> None:
        """Train from ``begin_epoch`` to ``num_epoch``; the weights are in ``arg_params`` and ``aux_params`` then."""
        data = self._iterator(X, y, training=True)
        data.reset()
        module = self._module(data, logger or logging)
        train = data if self.epoch_size is None else ResizeIter(data, self.epoch_size, reset_internal=False)
        module.fit(
            train,
            self._pair(eval_data),
            eval_metric,
            epoch_end_callback=epoch_end_callback,
            batch_end_callback=batch_end_callback,
            kvstore=kvstore,
            optimizer=self.optimizer,
            optimizer_params=self.kwargs,
            eval_end_callback=eval_end_callback or LogValidationMetricsCallback(),
            eval_batch_end_callback=eval_batch_end_callback,
            initializer=self.initializer,
            arg_params=self.arg_params,
            aux_params=self.aux_params,
            allow_missing=True,
            begin_epoch=self.begin_epoch,
            num_epoch=self.num_epoch,
            monitor=monitor,
        )
        self.arg_params, self.aux_params = module.get_params()
        self.symbol = module.symbol

    def _module(self, data: Any, logger: Any) -> Module | BucketingModule:
        names = [d.name for d in data.provide_data], [d.name for d in data.provide_label]
        if self.sym_gen is not None:
            generate = self.sym_gen
            return BucketingModule(lambda key: (generate(key), *names), data.default_bucket_key, logger, self.ctx)
        assert self.symbol is not None
        if self.allow_extra_params:
            self.arg_params = _known(self.arg_params, self.symbol.list_arguments())
            self.aux_params = _known(self.aux_params, self.symbol.list_auxiliary_states())
        return Module(self.symbol, *names, logger, self.ctx)

    def _iterator(self, X: Any, y: Any, *, training: bool) -> Any:
        if isinstance(X, DataIter):
            return X
        if not isinstance(X, (np.ndarray, NDArray)):
            raise DataError("data is a DataIter or an array", where="FeedForward", got=type(X).__name__)
        if y is None:
            if training:
                raise DataError("labels are needed to train", where="FeedForward.fit", remedy="Give y")
            y = np.zeros(X.shape[0])
        if len(y) != len(X):
            raise DataError("as many labels as samples", where="FeedForward", wanted=len(X), got=len(y))
        if y.ndim == 2 and y.shape[1] == 1:
            y = y.reshape(-1)
        if y.ndim != 1:
            raise DataError("labels have one axis, or a second one of size 1", where="FeedForward", got=y.shape)
        batch = min(len(X), self.numpy_batch_size)
        if training:
            return NDArrayIter(X, y, batch, shuffle=True, last_batch_handle="roll_over")
        return NDArrayIter(X, y, batch)

    def _pair(self, data: Any) -> Any:
        if data is None or isinstance(data, DataIter):
            return data
        if not isinstance(data, (tuple, list)) or len(data) != 2 or data[0] is None:
            raise DataError("evaluation data is a DataIter or (data, labels)", where="FeedForward.fit")
        X, y = (np.asarray(part) if isinstance(part, list) else part for part in data)
        return X if isinstance(X, DataIter) else self._iterator(X, y, training=True)

    # ---------------------------------------------------------------- use
    def _passes(self, X: Any, num_batch: int | None, reset: bool) -> Iterator[tuple[int, list[NDArray], DataBatch]]:
        """(number, outputs, batch) of each batch, on the first device."""
        if self.symbol is None or self.arg_params is None:
            raise GraphError("there are no weights yet", where="FeedForward", remedy="Call fit(), or load a model")
        first = self.ctx[0] if isinstance(self.ctx, (list, tuple)) else self.ctx
        names = [d.name for d in X.provide_data], [d.name for d in X.provide_label]
        module = Module(self.symbol, *names, context=first)
        module.bind(X.provide_data, X.provide_label, for_training=False)
        module.set_params(self.arg_params, self.aux_params or {}, allow_extra=self.allow_extra_params)
        if reset:
            X.reset()
        for i, batch in enumerate(X):
            if i == num_batch:
                return
            module.forward(batch, is_train=False)
            yield i, module.get_outputs(), batch

    def predict(self, X: Any, num_batch: int | None = None, return_data: bool = False, reset: bool = True) -> Any:
        """The outputs in NumPy: an array, or a list for several; with ``return_data`` (outputs, data, labels)."""
        X = self._iterator(X, None, training=False)
        found: list[tuple[list[NDArray], list[NDArray], list[NDArray]]] = []
        for _, outputs, batch in self._passes(X, num_batch, reset):
            real = X.batch_size - (batch.pad or 0)
            parts = outputs, batch.data, batch.label or []
            found.append(tuple([a[:real].copy() for a in part] for part in parts))  # type: ignore[arg-type]
        joined = [_joined([parts[k] for parts in found]) for k in range(3)]
        return tuple(joined) if return_data else joined[0]

    def score(
        self,
        X: Any,
        eval_metric: Any = "acc",
        num_batch: int | None = None,
        batch_end_callback: Any = None,
        reset: bool = True,
    ) -> Any:
        """The metric's value over the data."""
        measure = metrics.create(eval_metric)
        X = self._iterator(X, None, training=False)
        callbacks = batch_end_callback if isinstance(batch_end_callback, (list, tuple)) else [batch_end_callback]
        for i, outputs, batch in self._passes(X, num_batch, reset):
            measure.update(batch.label, outputs)
            for callback in callbacks:
                if callback is not None:
                    callback(BatchEndParam(0, i, measure, locals()))
        return measure.get()[1]

    # ---------------------------------------------------------------- files
    def save(self, prefix: str, epoch: int | None = None, remove_amp_cast: bool = True) -> None:
        """Write ``prefix-symbol.json`` and ``prefix-{epoch:04d}.params`` (``num_epoch`` by default)."""
        epoch = self.num_epoch if epoch is None else epoch
        if epoch is None:
            raise ParamError("the number of the epoch is needed", where="FeedForward.save", parameter="epoch")
        save_checkpoint(prefix, epoch, self.symbol, self.arg_params or {}, self.aux_params or {}, remove_amp_cast)

    @staticmethod
    def load(prefix: str, epoch: int, ctx: Any = None, **kwargs: Any) -> FeedForward:
        """A model from what ``save`` wrote."""
        symbol, weights, states = load_checkpoint(prefix, epoch)
        return FeedForward(symbol, ctx, arg_params=weights, aux_params=states, begin_epoch=epoch, **kwargs)

    @staticmethod
    def create(
        symbol: Any,
        X: Any,
        y: Any = None,
        ctx: Any = None,
        num_epoch: int | None = None,
        epoch_size: int | None = None,
        optimizer: Any = "sgd",
        initializer: Any = None,
        eval_data: Any = None,
        eval_metric: Any = "acc",
        epoch_end_callback: Any = None,
        batch_end_callback: Any = None,
        kvstore: Any = "local",
        logger: Any = None,
        work_load_list: Any = None,
        eval_end_callback: Any = None,
        eval_batch_end_callback: Any = None,
        **kwargs: Any,
    ) -> FeedForward:
        """Make a model and train it."""
        made = FeedForward(symbol, ctx, num_epoch, epoch_size, optimizer, initializer, **kwargs)
        made.fit(
            X,
            y,
            eval_data,
            eval_metric,
            epoch_end_callback,
            batch_end_callback,
            kvstore,
            logger,
            work_load_list,
            eval_end_callback=eval_end_callback,
            eval_batch_end_callback=eval_batch_end_callback,
        )
        return made


def _known(values: Params | None, names: Sequence[str]) -> Params | None:
    return None if values is None else {n: a for n, a in values.items() if n in names}


def _joined(batches: Sequence[Sequence[NDArray]]) -> Any:
    """The arrays of all batches in NumPy; one alone is no list."""
    arrays = [np.concatenate([a.asnumpy() for a in parts]) for parts in zip(*batches, strict=True)]
    return arrays[0] if len(arrays) == 1 else arrays
