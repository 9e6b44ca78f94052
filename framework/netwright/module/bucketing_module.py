"""BucketingModule: one network unrolled for several lengths, with one set of weights."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from ..errors import ParamError
from ..io import DataBatch
from ..metric import EvalMetric
from ..model_files import load_params
from ..ndarray.array import NDArray
from ..ndarray.creation import array
from ..ndarray.storage import load, save
from ..symbol.json import load as load_symbol
from ..symbol.symbol import Symbol
from .base_module import BaseModule
from .module import Module

Generator = Callable[[Any], tuple[Symbol, Any, Any]]


class BucketingModule(BaseModule):
    """``sym_gen(bucket_key)`` gives (symbol, data names, label names); a batch's ``bucket_key`` chooses the network.

    >>> def make(length):
    ...     data = mx.sym.sum(mx.sym.Variable("data"), axis=1, keepdims=True)
    ...     net = mx.sym.FullyConnected(data, num_hidden=2, name="fc")
    ...     return mx.sym.SoftmaxOutput(net, name="softmax"), ["data"], ["softmax_label"]
    >>> module = mx.mod.BucketingModule(make, default_bucket_key=10)
    >>> module.bind([("data", (4, 10))], [("softmax_label", (4,))])
    >>> module.init_params()
    >>> batch = mx.io.DataBatch([mx.nd.ones((4, 5))], [mx.nd.zeros((4,))], bucket_key=5)
    >>> batch.provide_data, batch.provide_label = [("data", (4, 5))], [("softmax_label", (4,))]
    >>> module.forward(batch)
    >>> module.get_outputs()[0].shape
    (4, 2)
    """

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
        self._options["compression_params"] = compression_params
        self._given: dict[Hashable, Symbol] = {}
        self._first: tuple[dict[str, NDArray], dict[str, NDArray]] | None = None
        self._buckets: dict[Hashable, Module] = {}
        self._key: Hashable = default_bucket_key
        self._monitor: Any = None

    @property
    def _curr_module(self) -> Module:
        return self._now

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
        return Module(self._given.get(key, symbol), data_names, label_names, self.logger, **self._options)

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
        if shared_module is not None:
            raise ParamError("its buckets share with one another only", where="bind", parameter="shared_module")
        kept = self.get_params() if self.binded and self.params_initialized else self._first
        module = self._make(self._default_key)
        module.bind(data_shapes, label_shapes, for_training, inputs_need_grad, grad_req=grad_req)
        self._buckets, self._key = {self._default_key: module}, self._default_key
        self.binded = True
        if kept is not None:
            module.set_params(*kept)
            self.params_initialized = True

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

    def set_params(
        self,
        arg_params: Any,
        aux_params: Any,
        allow_missing: bool = False,
        force_init: bool = True,
        allow_extra: bool = False,
    ) -> None:
        """Set weights and states by name (see ``Module``)."""
        self._need(params=False)
        default = self._buckets[self._default_key]
        default.set_params(arg_params, aux_params, allow_missing, force_init, allow_extra)
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

    def get_states(self, merge_multi_context: bool = True) -> list[Any]:
        """The arrays of ``state_names``."""
        self._need()
        return self._now.get_states(merge_multi_context)

    def set_states(self, states: Any = None, value: Any = None) -> None:
        """Set the arrays of ``state_names``: from arrays, or all to one number."""
        self._need()
        self._now.set_states(states, value)

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

    # ---------------------------------------------------------------- files
    def save_checkpoint(self, prefix: str, epoch: int, remove_amp_cast: bool = False) -> None:
        """Write the weights, each bucket's symbol as ``prefix-KEY-symbol.json``, and ``prefix.buckets`` with the keys.

        The keys must be whole numbers.
        """
        self._need()
        self.save_params(f"{prefix}-{epoch:04d}.params")
        for key, module in self._buckets.items():
            assert module.symbol is not None
            module.symbol.save(f"{prefix}-{key}-symbol.json", remove_amp_cast)
        keys = list(self._buckets)
        if not all(isinstance(key, int) for key in keys):
            raise ParamError(
                "only buckets with whole numbers as keys can be saved", where="save_checkpoint", got=keys[0]
            )
        save(f"{prefix}.buckets", array(keys, dtype="int32"))

    @staticmethod
    def load(
        prefix: str, epoch: int, sym_gen: Generator | None = None, default_bucket_key: Hashable = None, **kwargs: Any
    ) -> BucketingModule:
        """A module from what ``save_checkpoint`` wrote; its weights are there once it is bound."""
        found = load(f"{prefix}.buckets")
        keys = [int(key) for key in next(iter(found.values() if isinstance(found, dict) else found)).asnumpy()]
        symbols: dict[Hashable, Symbol] = {key: load_symbol(f"{prefix}-{key}-symbol.json") for key in keys}
        return BucketingModule.load_dict(symbols, sym_gen, default_bucket_key, *load_params(prefix, epoch), **kwargs)

    @staticmethod
    def load_dict(
        sym_dict: Mapping[Hashable, Symbol] | None = None,
        sym_gen: Generator | None = None,
        default_bucket_key: Hashable = None,
        arg_params: dict[str, NDArray] | None = None,
        aux_params: dict[str, NDArray] | None = None,
        **kwargs: Any,
    ) -> BucketingModule:
        """A module from symbols by key, and the weights that they share."""
        given = {"sym_dict": sym_dict, "sym_gen": sym_gen, "arg_params": arg_params, "aux_params": aux_params}
        for name, value in given.items():
            if value is None:
                raise ParamError(f"{name} is needed", where="BucketingModule.load", parameter=name)
        assert sym_gen is not None
        made = BucketingModule(sym_gen, default_bucket_key, **kwargs)
        made._given = dict(sym_dict or {})
        made._first = (arg_params or {}, aux_params or {})
        made.params_initialized = True
        return made
