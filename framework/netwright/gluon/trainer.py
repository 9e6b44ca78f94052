"""Trainer: an optimizer applied to the parameters of a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

from .. import kvstore as stores
from ..autograd import pause
from ..device import Device
from ..errors import KindError, MismatchError, ParamError, StaleGradientError
from ..ndarray.array import NDArray
from ..ops.storage import DEFAULT
from ..optimizer import Optimizer, Updater, create
from ..optimizer.states import load_updaters, save_updaters
from ..tape import Variable, mode
from .parameter import Parameter
from .parameter_dict import ParameterDict


class Trainer:
    """``step(batch_size)`` after ``backward()``: sums gradients over devices, divides by the batch size, updates.

    Where weights lie on several devices, a ``kvstore`` (a name, or a store) sums the gradients; with
    ``update_on_kvstore`` (the default then) it updates too, once for all devices. On one device there is no store.

    >>> net = mx.gluon.nn.Dense(1, in_units=1)
    >>> net.initialize(mx.init.Zero())
    >>> trainer = mx.gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.25})
    >>> x, y = mx.nd.array([[1], [2]]), mx.nd.array([[2], [4]])
    >>> for step in range(50):
    ...     with mx.autograd.record():
    ...         loss = mx.gluon.loss.L2Loss()(net(x), y)
    ...     loss.backward()
    ...     trainer.step(batch_size=2)
    >>> net(mx.nd.array([[3]])).asnumpy().round(1)
    array([[5.7]], dtype=float32)
    """

    def __init__(
        self,
        params: ParameterDict | Mapping[str, Parameter] | Sequence[Parameter],
        optimizer: str | Optimizer,
        optimizer_params: Mapping[str, Any] | None = None,
        kvstore: Any = "device",
        compression_params: Any = None,
        update_on_kvstore: bool | None = None,
    ) -> None:
        if isinstance(params, (ParameterDict, Mapping)):
            params = [params[name] for name in sorted(params)]
        self._params: list[Parameter] = []
        for parameter in params if isinstance(params, (list, tuple)) else [params]:
            if not isinstance(parameter, Parameter):
                raise ParamError(
                    "the first argument must hold Parameters",
                    where="Trainer",
                    got=type(parameter).__name__,
                    remedy="Pass net.collect_params()",
                )
            self._params.append(parameter)
        if not self._params:
            raise ParamError(
                "there are no parameters to train",
                where="Trainer",
                wanted="at least one Parameter",
                got="none",
                remedy="Pass net.collect_params(); a pattern given to it may match nothing",
            )
        self._contexts = self._check_contexts()
        by_index = dict(enumerate(self._params))
        if isinstance(optimizer, Optimizer):
            if optimizer_params:
                raise MismatchError(
                    "optimizer_params go with an optimizer's name, not with an Optimizer",
                    where="Trainer",
                    wanted="a name, or an Optimizer alone",
                    got=type(optimizer).__name__,
                    remedy="Set them on the Optimizer, or give its name",
                )
            self._optimizer = optimizer
            self._optimizer.param_dict = by_index
        elif not isinstance(optimizer, str) or not isinstance(optimizer_params or {}, Mapping):
            raise KindError(
                "an optimizer is given by its name and a dict of parameters, or made already",
                where="Trainer",
                wanted="such as 'sgd', {'learning_rate': 0.1}",
                got=f"{optimizer!r:.40}, {optimizer_params!r:.40}",
                remedy="Put the parameters into a dict",
            )
        else:
            self._optimizer = create(optimizer, param_dict=by_index, **dict(optimizer_params or {}))
        self._scale = self._optimizer.rescale_grad
        self._updaters: list[Updater] = [Updater(self._optimizer) for _ in range(max(1, len(self._contexts)))]
        self._amp_loss_scaler: Any = None
        self._amp_original_scale = self._scale
        self._store_options = (kvstore, update_on_kvstore, compression_params)
        self._contains_sparse_weight = any(p._stype != DEFAULT for p in self._params)
        self._contains_sparse_grad = any(p._grad_stype != DEFAULT for p in self._params)
        for parameter in self._params:
            parameter._set_trainer(self)
        self._params_to_init = list(self._params)
        self._reset_kvstore()

    def _check_contexts(self) -> list[Device]:
        contexts: list[Device] | None = None
        for parameter in self._params:
            own = parameter.list_ctx()
            if contexts is not None and own != contexts:
                raise MismatchError(
                    "all parameters must lie on the same devices", where=parameter.name, wanted=contexts, got=own
                )
            contexts = own
        return contexts or []

    # ---------------------------------------------------------------- the store
    def _reset_kvstore(self) -> None:
        """Begin anew with the store, for weights were set from outside."""
        for i, parameter in enumerate(self._params):
            if parameter._stype != DEFAULT and parameter._data is not None and parameter not in self._params_to_init:
                self._kvstore.pull(i, out=parameter._arrays(), ignore_sparse=False)
        self._kv_initialized = False
        self._kvstore: Any = None
        self._update_on_kvstore: bool | None = None
        self._params_to_init = list(self._params)

    def _init_kvstore(self) -> None:
        store, update, compression = self._store_options
        if isinstance(store, str):
            made = stores.create(store)  # refuses unknown names, on one device too
            store = made if len(self._contexts) > 1 or self._contains_sparse_weight else None
        if self._contains_sparse_weight:
            if not isinstance(store, stores.KVStore):
                raise KindError(
                    "rows of sparse parameters are kept in a store",
                    where="Trainer",
                    wanted="a KVStore, or its name",
                    got=repr(store),
                )
            if update is False:
                raise MismatchError("sparse parameters are updated in the store", where="update_on_kvstore")
        if store is not None:
            if compression:
                store.set_gradient_compression(compression)
            if update and not store.is_capable("optimizer"):
                raise ParamError(
                    "the store cannot run an optimizer", where="Trainer", remedy="Pass update_on_kvstore=False"
                )
            if update is None:
                # sparse gradients of dense weights are summed in the store, and applied on the devices
                update = store.is_capable("optimizer") and (
                    self._contains_sparse_weight or not self._contains_sparse_grad
                )
            self._update_on_kvstore = update
            if self._update_on_kvstore:
                store.set_optimizer(self._optimizer)
        self._kvstore = store
        self._kv_initialized = True

    def _prepare(self) -> None:
        """Make the store, and put the weights that are made into it."""
        if not self._kv_initialized:
            self._init_kvstore()
        waiting = []
        for i, parameter in enumerate(self._params) if self._params_to_init else ():
            if parameter in self._params_to_init and self._kvstore is not None:
                if parameter._data is None:
                    waiting.append(parameter)
                else:
                    arrays = parameter._arrays()
                    if parameter._stype == DEFAULT:
                        self._kvstore.broadcast(i, arrays[0], arrays)
                    else:  # its rows are pulled as they are needed
                        self._kvstore.init(i, arrays[0])
        self._params_to_init = waiting

    def _row_sparse_pull(self, parameter: Parameter, out: list[NDArray], row_id: NDArray) -> None:
        """Bring rows of a sparse parameter from the store; where the tape runs, it does not see it."""
        with pause(mode.training):
            self._prepare()
            self._kvstore.row_sparse_pull(self._params.index(parameter), out=out, row_ids=row_id)

    def _refuse_update_on_kvstore(self, what: str) -> None:
        if self._kvstore is not None and self._update_on_kvstore:
            raise MismatchError(
                f"{what}() is for updates on the devices, and here the store updates",
                where="Trainer",
                remedy="Pass update_on_kvstore=False when the Trainer is made, or call step()",
            )

    @property
    def learning_rate(self) -> float:
        """The rate of the next update."""
        return self._optimizer.learning_rate

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer."""
        return self._optimizer

    def set_learning_rate(self, lr: float) -> None:
        """Set the rate; not while a scheduler sets it."""
        self._optimizer.set_learning_rate(lr)

    def step(self, batch_size: int, ignore_stale_grad: bool = False) -> None:
        """Sum gradients over devices and update; gradients are divided by ``batch_size``."""
        self._rescale(batch_size)
        self._prepare()
        if not ignore_stale_grad:
            self._check_fresh()
        if not self._overflows():
            self._allreduce_grads(ignore_stale_grad)
            self._update(ignore_stale_grad)

    def allreduce_grads(self) -> None:
        """Sum each parameter's gradients over its devices."""
        self._prepare()
        self._refuse_update_on_kvstore("allreduce_grads")
        self._allreduce_grads(ignore_stale_grad=True)

    def update(self, batch_size: int, ignore_stale_grad: bool = False) -> None:
        """Update only (after ``allreduce_grads``)."""
        self._prepare()
        self._refuse_update_on_kvstore("update")
        self._rescale(batch_size)
        if not ignore_stale_grad:
            self._check_fresh()
        if not self._overflows():
            self._update(ignore_stale_grad)

    def _overflows(self) -> bool:
        """Whether mixed precision leaves this step out, for a gradient is not finite."""
        return self._amp_loss_scaler is not None and self._amp_loss_scaler.has_overflow(self._params)

    def _rescale(self, batch_size: int) -> None:
        known = batch_size.__class__ is int or (isinstance(batch_size, Real) and not isinstance(batch_size, bool))
        if not known or batch_size <= 0:
            raise ParamError(
                "gradients are divided by batch_size",
                where="Trainer.step",
                wanted="a positive number",
                got=repr(batch_size)[:60],
                remedy="Pass the number of samples of the batch, such as data.shape[0]",
            )
        self._optimizer.rescale_grad = self._scale / batch_size

    def _trained(self) -> list[tuple[int, Parameter]]:
        return [(i, parameter) for i, parameter in enumerate(self._params) if parameter.grad_req != "null"]

    def _allreduce_grads(self, ignore_stale_grad: bool) -> None:
        if self._kvstore is None:
            return
        for i, parameter in self._trained():
            if parameter._stype != DEFAULT:
                self._kvstore.push(i, parameter.list_grad(), priority=-i)
            elif not self._update_on_kvstore:
                self._kvstore.pushpull(i, parameter.list_grad(), priority=-i)
            elif not ignore_stale_grad or any(_is_fresh(a) for a in parameter._arrays()):
                self._kvstore.pushpull(i, parameter.list_grad(), out=parameter.list_data(), priority=-i)

    def _update(self, ignore_stale_grad: bool) -> None:
        in_store = self._kvstore is not None and self._update_on_kvstore
        indices, gradients, weights = [], [], []  # those on one device, which are updated together
        for i, parameter in self._trained():
            arrays = parameter._arrays()
            if len(arrays) == 1 and not in_store:
                entry = arrays[0]._entry
                if entry is not None and entry[0].__class__ is Variable:
                    node: Any = entry[0]
                    if node.fresh or not ignore_stale_grad:
                        indices.append(i)
                        gradients.append(node.gradient)
                        weights.append(arrays[0])
                        node.fresh = False
                    continue
            count = self._optimizer.count(i)
            while len(self._updaters) < len(arrays):  # reset_ctx() was called since
                self._updaters.append(Updater(self._optimizer))
            for updater, array in zip(self._updaters, arrays, strict=False):
                if not in_store:
                    if ignore_stale_grad and not _is_fresh(array):
                        continue
                    self._optimizer.set_count(i, count)  # one update, however many devices hold the weight
                    updater(i, array.grad, array)
                if array._entry is not None and isinstance(array._entry[0], Variable):
                    array._entry[0].fresh = False
        if indices:
            self._updaters[0](indices, gradients, weights)

    def _check_fresh(self) -> None:
        """Refuse before anything is updated."""
        for parameter in self._params:
            for array in parameter._arrays() if parameter.grad_req != "null" else ():
                if not _is_fresh(array):
                    raise StaleGradientError(
                        "its gradient was not computed since the last step",
                        where=parameter.name,
                        remedy="Call backward() on a loss that uses it inside autograd.record(), or pass "
                        "ignore_stale_grad=True",
                    )

    # ---------------------------------------------------------------- files
    def save_states(self, fname: str) -> None:
        """Write the optimizer's states."""
        self._prepare()
        if self._kvstore is not None and self._update_on_kvstore:
            self._kvstore.save_optimizer_states(fname, dump_optimizer=True)
        else:
            save_updaters(fname, self._updaters)

    def load_states(self, fname: str) -> None:
        """Read what ``save_states`` wrote."""
        self._prepare()
        if self._kvstore is not None and self._update_on_kvstore:
            self._kvstore.load_optimizer_states(fname)
        else:
            load_updaters(fname, self._updaters, lambda i, k: self._params[i]._arrays()[k])
        self._optimizer.param_dict = dict(enumerate(self._params))


def _is_fresh(array: NDArray) -> bool:
    """Whether a backward pass has reached the weight since its last update."""
    entry = array._entry
    return entry is not None and isinstance(entry[0], Variable) and entry[0].fresh
