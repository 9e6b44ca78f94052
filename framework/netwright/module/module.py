"""Module: a symbol trained by batches on one or several devices (MXNet's ``mx.mod.Module``)."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from .. import initializer as init
from .. import kvstore as kv
from .. import optimizer as opt
from ..device import Device, cpu
from ..errors import DTypeError, GraphError, KindError, ParamError, ShapeError
from ..initializer import InitDesc
from ..io import DataBatch, DataDesc
from ..metric import EvalMetric
from ..model_files import load_checkpoint, save_checkpoint
from ..ndarray.array import NDArray
from ..ndarray.creation import array
from ..optimizer.states import load_updaters, save_updaters
from ..symbol.symbol import Symbol
from .base_module import BaseModule
from .executor_group import ExecutorGroup, merged

Params = dict[str, NDArray]


class Module(BaseModule):
    """Binds a symbol, and trains it. Arguments that are neither data nor labels are weights.

    ``context``: one device, or several that share each batch. ``fixed_param_names`` are not trained.

    >>> net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2), name="softmax")
    >>> x = np.array([[0, 1], [1, 0]] * 8, dtype="float32")
    >>> data = mx.io.NDArrayIter(x, x.argmax(axis=1), batch_size=4, label_name="softmax_label")
    >>> module = mx.mod.Module(net)
    >>> module.fit(data, num_epoch=5, optimizer="sgd", optimizer_params={"learning_rate": 0.5})
    >>> module.score(data, "acc")
    [('accuracy', 1.0)]
    """

    def __init__(
        self,
        symbol: Symbol,
        data_names: Sequence[str] | None = ("data",),
        label_names: Sequence[str] | None = ("softmax_label",),
        logger: Any = logging,
        context: Device | Sequence[Device] | None = None,
        work_load_list: Any = None,
        fixed_param_names: Sequence[str] | None = None,
        state_names: Sequence[str] | None = None,
        group2ctxs: Any = None,
        compression_params: Any = None,
    ) -> None:
        super().__init__(logger)
        if not isinstance(symbol, Symbol):
            raise KindError(
                "a Module runs a symbol",
                where="Module",
                wanted="Symbol",
                got=type(symbol).__name__,
                remedy="Pass the network's last output, such as sym.SoftmaxOutput(…)",
            )
        self._symbol: Symbol = symbol
        self._contexts = [context or cpu()] if context is None or isinstance(context, Device) else list(context)
        arguments = symbol.list_arguments()
        self._data_names, self._state_names = list(data_names or ()), list(state_names or ())
        self._fixed = set(fixed_param_names or ())
        for kind, names in (("data_names", self._data_names), ("fixed_param_names", self._fixed)):
            for name in names:
                if name not in arguments:
                    raise ParamError(
                        f"the symbol has no argument {name!r}",
                        where="Module",
                        parameter=kind,
                        remedy=f"Its arguments are: {', '.join(arguments[:20])}",
                    )
        # a network without loss has no label: those that are not there are left out
        self._label_names = [name for name in label_names or () if name in arguments]
        given = {*self._data_names, *self._label_names, *self._state_names}
        self._param_names = [name for name in arguments if name not in given]
        self._aux_names = symbol.list_auxiliary_states()
        self._groups: dict[Any, ExecutorGroup] = {}
        self._group: ExecutorGroup | None = None
        self._optimizer: opt.Optimizer | None = None
        self._kvstore: Any = None
        self._compression_params = compression_params
        self._update_on_kvstore = False
        self._updaters: list[opt.Updater] = []
        self._states_file: str | None = None
        self._first: tuple[Params, Params] | None = None

    # ---------------------------------------------------------------- facts
    @property
    def data_names(self) -> list[str]:
        return self._data_names

    @property
    def label_names(self) -> list[str]:
        """Names of the labels."""
        return self._label_names

    @property
    def output_names(self) -> list[str]:
        return self._symbol.list_outputs()

    @property
    def data_shapes(self) -> list[DataDesc]:
        return self._data_shapes

    @property
    def label_shapes(self) -> list[DataDesc] | None:
        return self._label_shapes or None

    @property
    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """(name, shape) of each output for a whole batch."""
        self._need(params=False)
        known = {d.name: d.shape for d in (*self._data_shapes, *self._label_shapes)}
        _, outputs, _ = self._symbol.infer_shape(**known)
        return list(zip(self.output_names, outputs, strict=True))

    @property
    def _exec_group(self) -> ExecutorGroup | None:
        return self._group

    @property
    def _arg_params(self) -> Params:
        return self.get_params()[0]

    @property
    def _aux_params(self) -> Params:
        return self.get_params()[1]

    @property
    def _updater(self) -> opt.Updater | None:
        return None if self._update_on_kvstore or not self._updaters else self._updaters[0]

    @property
    def _bound(self) -> ExecutorGroup:
        assert self._group is not None
        return self._group

    # ---------------------------------------------------------------- binding
    def bind(
        self,
        data_shapes: Any,
        label_shapes: Any = None,
        for_training: bool = True,
        inputs_need_grad: bool = False,
        force_rebind: bool = False,
        shared_module: Module | None = None,
        grad_req: Any = "write",
        **options: Any,
    ) -> None:
        """Make arrays for inputs of these shapes: DataDescs or (name, shape)."""
        if self.binded and not force_rebind:
            self.logger.warning("Already bound, ignoring bind()")
            return
        if inputs_need_grad and not for_training:
            raise ParamError(
                "the data's gradients are for training",
                where="bind",
                parameter="inputs_need_grad",
            )
        kept = self.get_params() if self.binded and self.params_initialized else self._first
        self._groups.clear()
        self.for_training, self.inputs_need_grad = for_training, inputs_need_grad
        self._requests = self._grad_requests(grad_req)
        self._shared = shared_module._bound if shared_module is not None else None
        self._describe(data_shapes, label_shapes)
        self._group = self._group_for(self._data_shapes, self._label_shapes)
        self.binded = True
        if shared_module is not None:
            self.params_initialized = shared_module.params_initialized
        elif kept is not None:
            self._copy_in(*kept)

    def _grad_requests(self, grad_req: Any) -> dict[str, str]:
        names = self._symbol.list_arguments()
        if isinstance(grad_req, str):
            found = dict.fromkeys(names, grad_req)
        elif isinstance(grad_req, Mapping):
            found = {n: grad_req.get(n, "write") for n in names}
        else:
            found = dict(zip(names, grad_req, strict=True))
        quiet = {*self._label_names, *self._state_names, *self._fixed}
        if not self.inputs_need_grad:
            quiet |= set(self._data_names)
        return {n: "null" if n in quiet or not self.for_training else r for n, r in found.items()}

    def _describe(self, data_shapes: Any, label_shapes: Any) -> None:
        self._data_shapes = _descriptions(data_shapes)
        self._label_shapes = [d for d in _descriptions(label_shapes or []) if d.name in self._label_names]
        named = [d.name for d in self._data_shapes]
        if sorted(named) != sorted(self._data_names):
            raise ParamError(
                "the data are named otherwise",
                where="Module.bind",
                wanted=self._data_names,
                got=named,
                remedy="Give data_names to Module, or name the data alike",
            )

    def _group_for(self, data: Sequence[DataDesc], labels: Sequence[DataDesc]) -> ExecutorGroup:
        key = tuple((d.name, tuple(d.shape)) for d in (*data, *labels))
        found = self._groups.get(key)
        if found is None:
            shared = self._group if self._groups else self._shared
            found = ExecutorGroup(
                self._symbol, self._contexts, [*data, *labels], self._requests, shared, self._state_names
            )
            self._groups[key] = found
        return found

    def reshape(self, data_shapes: Any, label_shapes: Any = None) -> None:
        """Go on with inputs of other shapes; weights stay."""
        self._need(params=False)
        self._describe(data_shapes, label_shapes)
        self._group = self._group_for(self._data_shapes, self._label_shapes)

    # ---------------------------------------------------------------- weights
    def init_params(
        self,
        initializer: Any = None,
        arg_params: Any = None,
        aux_params: Any = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Set weights and states: from those given, else by the initializer (Uniform(0.01) by default).

        Where ``arg_params`` are given, each must be among them unless ``allow_missing``; what they hold beyond that
        does not matter.
        """
        if self.params_initialized and not force_init:
            if arg_params:
                self._warn_of_values_left()
            return
        self._need(params=False)
        given = {**(arg_params or {}), **(aux_params or {})}
        names = [*self._param_names, *self._aux_names]
        attributes = self._symbol.attr_dict()
        fill = initializer or init.Uniform(0.01)
        for name in names:
            arrays = self._bound.arrays(name)
            if name in given:
                _copy(name, given[name], arrays)
            elif (arg_params is not None or aux_params is not None) and not allow_missing:
                raise ParamError(
                    "its value is not among those given", where=name, remedy="Pass allow_missing=True to initialise it"
                )
            else:
                fill(InitDesc(name, attributes.get(name)), arrays[0])
                _copy(name, arrays[0], arrays[1:])
        self.params_initialized = True

    def set_params(
        self,
        arg_params: Any,
        aux_params: Any,
        allow_missing: bool = False,
        force_init: bool = True,
        allow_extra: bool = False,
    ) -> None:
        """Set weights and states by name; with ``allow_missing`` those not given stay as they are.

        Names that the symbol has not are refused then, unless ``allow_extra``.
        """
        if not allow_missing:
            self.init_params(None, arg_params, aux_params, allow_missing, force_init, allow_extra)
            return
        if self.params_initialized and not force_init:
            self._warn_of_values_left()
            return
        self._need(params=False)
        given = {**(arg_params or {}), **(aux_params or {})}
        known = {*self._param_names, *self._aux_names}
        extra = [name for name in given if name not in known]
        if extra and not allow_extra:
            raise ParamError(
                f"the symbol has no weight {extra[0]!r}", where="set_params", remedy="Pass allow_extra=True"
            )
        for name in known & set(given):
            _copy(name, given[name], self._bound.arrays(name))
        self.params_initialized = True

    def _warn_of_values_left(self) -> None:
        warnings.warn(
            "Parameters already initialized and force_init=False: the values given are not used", stacklevel=3
        )

    def _copy_in(self, weights: Params, states: Params) -> None:
        for name, value in {**weights, **states}.items():
            _copy(name, value, self._bound.arrays(name))
        self.params_initialized = True

    def get_params(self) -> tuple[Params, Params]:
        """Copies of weights and states on the CPU, averaged over the devices."""
        self._need()
        return ({n: self._mean(n) for n in self._param_names}, {n: self._mean(n) for n in self._aux_names})

    def _mean(self, name: str) -> NDArray:
        copies = [a.detach().copyto(cpu()) for a in self._bound.arrays(name)]
        if len(copies) == 1:
            return copies[0]
        total = copies[0].astype("float32")
        for other in copies[1:]:
            total += other.astype("float32")
        return (total / len(copies)).astype(copies[0].dtype)  # type: ignore[no-any-return]

    # ---------------------------------------------------------------- optimizer
    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = (("learning_rate", 0.01),),
        force_init: bool = False,
    ) -> None:
        """Set the optimizer up; ``rescale_grad`` is 1 / batch size unless given."""
        self._need()
        if self.optimizer_initialized and not force_init:
            self.logger.warning("optimizer already initialized, ignoring...")
            return
        store = self._store(kvstore)
        self._kvstore, self._update_on_kvstore = store, store is not None and store.is_capable("optimizer")
        count = len(self._contexts)
        trained = list(enumerate(self._param_names))
        if self._update_on_kvstore:
            names: dict[Any, str] = dict(trained)
        else:
            names = {i * count + k: n for i, n in trained for k in range(count)}
        if isinstance(optimizer, str):
            options = {"rescale_grad": 1.0 / self._bound.batch_size, **dict(optimizer_params)}
            optimizer = opt.create(optimizer, sym=self._symbol, param_idx2name=names, **options)
        else:
            usual = 1.0 / self._bound.batch_size
            if optimizer.rescale_grad != usual:
                warnings.warn(
                    f"the optimizer was made outside the module, and its rescale_grad is {optimizer.rescale_grad}, not "
                    f"1/batch size = {usual}: is this intended?",
                    stacklevel=2,
                )
            if not optimizer.idx2name:
                optimizer.idx2name = dict(names)
        self._optimizer = optimizer
        self._updaters = [opt.Updater(optimizer)]
        if store is not None:
            if self._compression_params:
                store.set_gradient_compression(self._compression_params)
            if self._update_on_kvstore:
                store.set_optimizer(optimizer)
            for name in self._param_names:
                arrays = self._bound.arrays(name)
                store.broadcast(name, arrays[0], out=arrays)
        self.optimizer_initialized = True
        if self._states_file is not None:
            self.load_optimizer_states(self._states_file)
            self._states_file = None

    def _store(self, kvstore: Any) -> Any:
        """The store that adds gradients up: none for one device, unless it is given."""
        if isinstance(kvstore, str):
            return None if len(self._contexts) == 1 else kv.create(kvstore)
        if kvstore is not None and not isinstance(kvstore, kv.KVStoreBase):
            raise DTypeError(
                "the store is a KVStore, its name or None", where="init_optimizer", got=type(kvstore).__name__
            )
        return kvstore

    def borrow_optimizer(self, shared_module: Module) -> None:
        """Use another module's optimizer and its states."""
        self._optimizer, self._updaters = shared_module._optimizer, shared_module._updaters
        self._kvstore, self._update_on_kvstore = shared_module._kvstore, shared_module._update_on_kvstore
        self.optimizer_initialized = True

    def update(self) -> None:
        """Let the optimizer update the weights with the gradients of the last ``backward``."""
        self._need(optimizer=True)
        count = len(self._contexts)
        for i, name in enumerate(self._param_names):
            gradients = self._bound.gradients(name)
            if not gradients:
                continue
            weights = self._bound.arrays(name)
            if self._kvstore is not None:
                self._kvstore.pushpull(name, gradients, out=weights if self._update_on_kvstore else None)
                if self._update_on_kvstore:
                    continue
            for k, (weight, gradient) in enumerate(zip(weights, gradients, strict=True)):
                self._updaters[0](i * count + k, gradient, weight)

    def prepare(self, data_batch: DataBatch, sparse_row_id_fn: Any = None) -> None:
        """Get ready for the next batch: pull the rows of row sparse weights that it needs from the store.

        ``sparse_row_id_fn(data_batch)`` gives the row numbers by the weights' names.
        """
        self._need(params=False)
        if sparse_row_id_fn is None:
            return
        if self._kvstore is None or not self._update_on_kvstore:
            warnings.warn("weights are not updated in a store: no rows need to be pulled", stacklevel=2)
            return
        for name, row_ids in sparse_row_id_fn(data_batch).items():
            weights = self._bound.arrays(name)
            if weights[0].stype == "row_sparse":
                self._kvstore.row_sparse_pull(name, out=weights, row_ids=row_ids)
            else:
                warnings.warn(f"{name} is not row sparse: no rows need to be pulled", stacklevel=2)

    # ---------------------------------------------------------------- running
    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        """Run on a batch; arrays for batches of another shape are made by themselves."""
        self._need()
        if isinstance(data_batch, list):  # a tuple may be a batch itself, by its names
            data_batch = self._whole(data_batch)
        values = dict(zip((d.name for d in self._data_shapes), data_batch.data, strict=True))
        labels = getattr(data_batch, "label", None)  # a batch may be any object with ``data``
        if labels:
            values.update(zip((d.name for d in self._label_shapes), labels, strict=False))
        descs = [*self._data_shapes, *self._label_shapes]
        if any(d.name in values and tuple(values[d.name].shape) != tuple(d.shape) for d in descs):
            self._follow_shapes(values)
        self._bound.forward(values, self.for_training if is_train is None else is_train)

    def _whole(self, batches: Sequence[DataBatch]) -> DataBatch:
        """Batches that were cut for the devices as one."""

        def joined(parts: Sequence[Sequence[NDArray]], descs: Sequence[DataDesc]) -> list[NDArray]:
            axes = [max(DataDesc.get_batch_axis(d.layout), 0) for d in descs]
            return [merged(p, axis) for p, axis in zip(zip(*parts, strict=True), axes, strict=False)]

        labels = [b.label for b in batches if b.label]
        return DataBatch(
            joined([b.data for b in batches], self._data_shapes), joined(labels, self._label_shapes) if labels else None
        )

    def _follow_shapes(self, values: Mapping[str, NDArray]) -> None:
        def fitted(descs: Sequence[DataDesc]) -> list[DataDesc]:
            found = []
            for d in descs:
                if d.name in values:
                    d = DataDesc(d.name, tuple(values[d.name].shape), d.dtype, d.layout)
                else:  # a label that is not given: only its batch changes
                    d = DataDesc(d.name, (batch, *d.shape[1:]), d.dtype, d.layout)
                found.append(d)
            return found

        first = self._data_shapes[0]
        batch = values[first.name].shape[max(DataDesc.get_batch_axis(first.layout), 0)]
        self.reshape(fitted(self._data_shapes), fitted(self._label_shapes))

    def backward(self, out_grads: Any = None) -> None:
        """Compute gradients; ``out_grads`` weigh outputs that are no losses."""
        self._need()
        if not self.for_training:
            raise GraphError(
                "the module was bound for predicting", where="backward", remedy="Bind with for_training=True"
            )
        self._bound.backward([out_grads] if isinstance(out_grads, NDArray) else out_grads)

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """The outputs of the last ``forward``; a list by device for each without ``merge_multi_context``."""
        self._need()
        parts = self._bound.outputs()
        if not merge_multi_context:
            return parts
        return [merged(p, axis) for p, axis in zip(parts, self._bound.output_axes, strict=True)]

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """The gradients of the data; bind with ``inputs_need_grad``."""
        self._need()
        if not self.inputs_need_grad:
            raise GraphError(
                "the data have no gradients", where="get_input_grads", remedy="bind(inputs_need_grad=True)"
            )
        parts = [self._bound.gradients(name) for name in self._data_names]
        if not merge_multi_context:
            return parts
        axes = (DataDesc.get_batch_axis(d.layout) for d in self._data_shapes)
        # none where grad_req is null
        return [merged(p, axis) if p else None for p, axis in zip(parts, axes, strict=True)]

    def update_metric(self, eval_metric: EvalMetric, labels: Any, pre_sliced: bool = False) -> None:
        """Add the last outputs, compared with ``labels``, to a metric."""
        self._need()
        if pre_sliced:
            labels = self._whole([DataBatch([], label) for label in labels]).label
        named = dict(zip((d.name for d in self._label_shapes), labels or (), strict=False))
        eval_metric.update_dict(named, dict(zip(self.output_names, self.get_outputs(), strict=True)))

    def get_states(self, merge_multi_context: bool = True) -> list[Any]:
        """The arrays of ``state_names``."""
        self._need()
        parts = [self._bound.arrays(name) for name in self._state_names]
        return [merged(p) for p in parts] if merge_multi_context else parts

    def set_states(self, states: Any = None, value: Any = None) -> None:
        """Set the arrays of ``state_names``: from arrays, or all to one number."""
        self._need()
        if (states is None) == (value is None):
            raise ParamError("either states or a value", where="set_states")
        for i, name in enumerate(self._state_names):
            for k, target in enumerate(self._bound.arrays(name)):
                if states is None:
                    target[:] = value
                else:
                    given = states[i][k] if isinstance(states[i], (list, tuple)) else states[i]
                    given.copyto(target)

    def install_monitor(self, mon: Any) -> None:
        """Let a Monitor watch the executors."""
        self._need(params=False)
        for executor in self._bound.executors:
            mon.install(executor)

    # ---------------------------------------------------------------- files
    def save_checkpoint(
        self, prefix: str, epoch: int, save_optimizer_states: bool = False, remove_amp_cast: bool = True
    ) -> None:
        """Write symbol and weights, and with ``save_optimizer_states`` ``prefix-0001.states``."""
        save_checkpoint(prefix, epoch, self._symbol, *self.get_params())
        if save_optimizer_states:
            fname = f"{prefix}-{epoch:04d}.states"
            self.save_optimizer_states(fname)
            logging.info('Saved optimizer state to "%s"', fname)

    @staticmethod
    def load(prefix: str, epoch: int, load_optimizer_states: bool = False, **kwargs: Any) -> Module:
        """A module from what ``save_checkpoint`` wrote; its weights are there once it is bound."""
        symbol, weights, states = load_checkpoint(prefix, epoch)
        found = Module(symbol, **kwargs)
        found._first = (weights, states)
        found.params_initialized = True
        if load_optimizer_states:
            found._states_file = f"{prefix}-{epoch:04d}.states"
        return found

    def save_optimizer_states(self, fname: str) -> None:
        """Write the optimizer's states."""
        self._need(optimizer=True)
        if self._kvstore is not None and self._update_on_kvstore:
            self._kvstore.save_optimizer_states(fname)
        else:
            save_updaters(fname, self._updaters)

    def load_optimizer_states(self, fname: str) -> None:
        """Read what ``save_optimizer_states`` wrote."""
        self._need(optimizer=True)
        if self._kvstore is not None and self._update_on_kvstore:
            self._kvstore.load_optimizer_states(fname)
            return
        count = len(self._contexts)

        def weight(index: int, _: int) -> NDArray:
            return self._bound.arrays(self._param_names[index // count])[index % count]

        load_updaters(fname, self._updaters, weight)


def _descriptions(shapes: Any) -> list[DataDesc]:
    return [d if isinstance(d, DataDesc) else DataDesc(*d) for d in shapes]


def _copy(name: str, value: NDArray, targets: Sequence[NDArray]) -> None:
    for target in targets:
        if value.shape != target.shape:
            raise ShapeError("the value has another shape", where=name, wanted=target.shape, got=value.shape)
        (value if isinstance(value, NDArray) else array(value)).copyto(target)
