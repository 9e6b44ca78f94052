"""BucketingModule: one network unrolled for several lengths, with one set of weights."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable
from typing import Any

from ..errors import ParamError
from ..io import DataBatch
from ..metric import EvalMetric
from ..ndarray.array import NDArray
from ..symbol.symbol import Symbol
from .base import BaseModule
from .module import Module

Generator = Callable[[Any], tuple[Symbol, Any, Any]]


class BucketingModule(BaseModule):
    """``sym_gen(bucket_key)`` gives (symbol, data names, label names); a batch's ``bucket_key`` chooses the network."""

    def __init__(
        self,
        sym_gen: Generator,
        default_bucket_key: Hashable = None,
        logger: Any = logging,
        context: Any = None,
        work_load_list: Any = None,
        fixed_param_names: Any = None,
        state_names: Any = None,
        group2ctxs: Any = None,
        compression_params: Any = None,
    ) -> None:
        super().__init__(logger)
        if default_bucket_key is None:
            raise ParamError(
                "the default bucket's key is needed", where="BucketingModule", parameter="default_bucket_key"
            )
        self._generate, self._default_key = sym_gen, default_bucket_key
        self._options = {"context": context, "fixed_param_names": fixed_param_names, "state_names": state_names}
        self._buckets: dict[Hashable, Module] = {}
        self._key: Hashable = default_bucket_key
        self._monitor: Any = None

    @property
    def _now(self) -> Module:
        return self._buckets[self._key]

    @property
    def symbol(self) -> Symbol | None:
        return self._now.symbol if self.binded else self._generate(self._default_key)[0]

    @property
    def data_names(self) -> list[str]:
        return self._now.data_names if self.binded else list(self._generate(self._default_key)[1])

    @property
    def output_names(self) -> list[str]:
        return self._now.output_names if self.binded else self._generate(self._default_key)[0].list_outputs()

    @property
    def data_shapes(self) -> Any:
        return self._now.data_shapes

    @property
    def label_shapes(self) -> Any:
        return self._now.label_shapes

    @property
    def output_shapes(self) -> Any:
        return self._now.output_shapes

    def _make(self, key: Hashable) -> Module:
        symbol, data_names, label_names = self._generate(key)
        return Module(symbol, data_names, label_names, self.logger, **self._options)

    def bind(
        self,
        data_shapes: Any,
        label_shapes: Any = None,
        for_training: bool = True,
        inputs_need_grad: bool = False,
        force_rebind: bool = False,
        shared_module: Any = None,
        grad_req: Any = "write",
        **options: Any,
    ) -> None:
        """Bind the default bucket; the others follow when they come."""
        if self.binded and not force_rebind:
            self.logger.warning("Already bound, ignoring bind()")
            return
        self.for_training, self.inputs_need_grad, self._grad_req = for_training, inputs_need_grad, grad_req
        module = self._make(self._default_key)
        module.bind(data_shapes, label_shapes, for_training, inputs_need_grad, grad_req=grad_req)
        self._buckets, self._key = {self._default_key: module}, self._default_key
        self.binded = True

    def switch_bucket(self, bucket_key: Hashable, data_shapes: Any, label_shapes: Any = None) -> None:
        """Go on with another bucket, which is bound to the same weights at first."""
        self._need(params=False)
        if bucket_key not in self._buckets:
            module = self._make(bucket_key)
            default = self._buckets[self._default_key]
            module.bind(
                data_shapes,
                label_shapes,
                self.for_training,
                self.inputs_need_grad,
                shared_module=default,
                grad_req=self._grad_req,
            )
            if self._monitor is not None:
                module.install_monitor(self._monitor)
            self._buckets[bucket_key] = module
        self._key = bucket_key
        default = self._buckets[self._default_key]
        if default.optimizer_initialized and not self._now.optimizer_initialized:
            self._now.borrow_optimizer(default)
        self._now.params_initialized = default.params_initialized

    def init_params(
        self,
        initializer: Any = None,
        arg_params: Any = None,
        aux_params: Any = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Set weights and states (see ``Module``)."""
        self._need(params=False)
        default = self._buckets[self._default_key]
        default.init_params(initializer, arg_params, aux_params, allow_missing, force_init, allow_extra)
        self.params_initialized = True

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Copies of weights and states."""
        self._need()
        return self._buckets[self._default_key].get_params()

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = (("learning_rate", 0.01),),
        force_init: bool = False,
    ) -> None:
        """Set the one optimizer of all buckets up."""
        self._need()
        default = self._buckets[self._default_key]
        default.init_optimizer(kvstore, optimizer, optimizer_params, force_init)
        for module in self._buckets.values():
            if module is not default:
                module.borrow_optimizer(default)
        self.optimizer_initialized = True

    def prepare(self, data_batch: DataBatch, sparse_row_id_fn: Any = None) -> None:
        """Bind the batch's bucket, and come back."""
        key = self._key
        self.switch_bucket(data_batch.bucket_key, data_batch.provide_data, data_batch.provide_label)
        self._key = key

    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        """Run the batch's bucket."""
        self._need()
        if data_batch.bucket_key is not None:
            self.switch_bucket(data_batch.bucket_key, data_batch.provide_data, data_batch.provide_label)
        self._now.forward(data_batch, is_train)

    def backward(self, out_grads: Any = None) -> None:
        """Compute gradients."""
        self._need()
        self._now.backward(out_grads)

    def update(self) -> None:
        """Let the optimizer update the shared weights."""
        self._need(optimizer=True)
        self._now.update()

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """The outputs of the last ``forward``."""
        self._need()
        return self._now.get_outputs(merge_multi_context)

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """The gradients of the data."""
        self._need()
        return self._now.get_input_grads(merge_multi_context)

    def update_metric(self, eval_metric: EvalMetric, labels: Any, pre_sliced: bool = False) -> None:
        """Add the last outputs to a metric."""
        self._need()
        self._now.update_metric(eval_metric, labels, pre_sliced)

    def install_monitor(self, mon: Any) -> None:
        """Let a Monitor watch all buckets."""
        self._need(params=False)
        self._monitor = mon
        for module in self._buckets.values():
            module.install_monitor(mon)
