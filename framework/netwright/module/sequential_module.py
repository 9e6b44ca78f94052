"""SequentialModule: modules in a chain, each fed with the outputs of the one before."""

from __future__ import annotations

import copy
import logging
from typing import Any

from ..errors import GraphError, ParamError
from ..io import DataBatch, DataDesc
from ..metric import EvalMetric
from ..ndarray.array import NDArray
from .base_module import BaseModule

Params = dict[str, NDArray]


class SequentialModule(BaseModule):
    """A chain of modules. ``add(module, take_labels=True)`` gives a module the labels; ``auto_wiring=True`` feeds it by
    position, whatever its data are named.
    """

    META_TAKE_LABELS = "take_labels"
    META_AUTO_WIRING = "auto_wiring"

    def __init__(self, logger: Any = logging) -> None:
        super().__init__(logger)
        self._modules: list[Any] = []
        self._metas: list[dict[str, Any]] = []
        self._labels: Any = None

    def add(self, module: BaseModule, **kwargs: Any) -> SequentialModule:
        """Add a module at the end; returns the chain, so that calls can follow each other."""
        for key in kwargs:
            if key not in (self.META_TAKE_LABELS, self.META_AUTO_WIRING):
                raise ParamError(
                    f"{key!r} is not known", where="SequentialModule.add", wanted="take_labels or auto_wiring"
                )
        self._modules.append(module)
        self._metas.append(kwargs)
        self.binded = self.params_initialized = self.optimizer_initialized = False
        return self

    def _ends(self) -> tuple[Any, Any]:
        if not self._modules:
            raise GraphError("the chain is empty", where="SequentialModule", remedy="Call add(module) first")
        return self._modules[0], self._modules[-1]

    @property
    def data_names(self) -> list[str]:
        """Names of the first module's data."""
        return list(self._modules[0].data_names) if self._modules else []

    @property
    def output_names(self) -> list[str]:
        """Names of the last module's outputs."""
        return list(self._modules[-1].output_names) if self._modules else []

    @property
    def data_shapes(self) -> Any:
        """Descriptions of the first module's data."""
        self._need(params=False)
        return self._ends()[0].data_shapes

    @property
    def label_shapes(self) -> Any:
        """Descriptions of the labels; None where no module takes them."""
        self._need(params=False)
        return self._labels

    @property
    def output_shapes(self) -> Any:
        """(name, shape) of the last module's outputs."""
        self._need(params=False)
        return self._ends()[1].output_shapes

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
        """Bind the modules one after the other."""
        if self.binded and not force_rebind:
            self.logger.warning("Already bound, ignoring bind()")
            return
        if shared_module is not None:
            raise ParamError("a chain shares with no other module", where="bind", parameter="shared_module")
        self._ends()
        self.for_training, self.inputs_need_grad = for_training, inputs_need_grad
        taken = False
        for i, (module, meta) in enumerate(zip(self._modules, self._metas, strict=True)):
            takes = bool(meta.get(self.META_TAKE_LABELS))
            taken |= takes
            if meta.get(self.META_AUTO_WIRING):
                shapes = [d.shape if isinstance(d, DataDesc) else d[1] for d in data_shapes]
                data_shapes = list(zip(module.data_names, shapes, strict=True))
            module.bind(
                data_shapes=data_shapes,
                label_shapes=label_shapes if takes else None,
                for_training=for_training,
                inputs_need_grad=inputs_need_grad or (for_training and i > 0),
                force_rebind=force_rebind,
                grad_req=grad_req,
            )
            data_shapes = module.output_shapes
        self._labels = label_shapes if taken else None
        self.binded = True

    def init_params(
        self,
        initializer: Any = None,
        arg_params: Any = None,
        aux_params: Any = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Set weights and states of all modules; a name may be used once only."""
        if self.params_initialized and not force_init:
            return
        self._need(params=False)
        for module in self._modules:
            module.init_params(initializer, arg_params, aux_params, allow_missing, force_init, allow_extra)
        owners: dict[str, int] = {}
        for i, module in enumerate(self._modules):
            for name in (n for part in module.get_params() for n in part):
                if name in owners:
                    raise GraphError(
                        f"modules {owners[name]} and {i} both have a weight {name!r}",
                        where="SequentialModule",
                        remedy="Give their layers different names",
                    )
                owners[name] = i
        self.params_initialized = True

    def set_params(
        self,
        arg_params: Any,
        aux_params: Any,
        allow_missing: bool = False,
        force_init: bool = True,
        allow_extra: bool = False,
    ) -> None:
        """Set weights and states by name; each module takes its own."""
        self._need(params=False)
        for module in self._modules:
            module.set_params(arg_params, aux_params, allow_missing, force_init, allow_extra=True)
        self.params_initialized = True

    def get_params(self) -> tuple[Params, Params]:
        """Weights and states of all modules."""
        self._need()
        weights: Params = {}
        states: Params = {}
        for module in self._modules:
            own, aux = module.get_params()
            weights.update(own)
            states.update(aux)
        return weights, states

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = (("learning_rate", 0.01),),
        force_init: bool = False,
    ) -> None:
        """Set up an optimizer for each module."""
        self._need()
        if self.optimizer_initialized and not force_init:
            self.logger.warning("optimizer already initialized, ignoring.")
            return
        for module in self._modules:
            module.init_optimizer(kvstore, optimizer, optimizer_params, force_init)
        self.optimizer_initialized = True

    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        """Run the modules one after the other."""
        self._need()
        batch = copy.copy(data_batch)
        for i, module in enumerate(self._modules):
            module.forward(batch, is_train)
            if i + 1 < len(self._modules):
                batch.data = module.get_outputs()
                names = module.output_names
                batch.provide_data = [DataDesc(n, a.shape) for n, a in zip(names, batch.data, strict=True)]

    def backward(self, out_grads: Any = None) -> None:
        """Differentiate the modules from the last to the first."""
        self._need()
        for i, module in reversed(list(enumerate(self._modules))):
            module.backward(out_grads)
            if i:
                out_grads = module.get_input_grads()

    def update(self) -> None:
        """Let each module's optimizer update its weights."""
        self._need(optimizer=True)
        for module in self._modules:
            module.update()

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """The outputs of the last module."""
        self._need()
        found: list[Any] = self._modules[-1].get_outputs(merge_multi_context)
        return found

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """The gradients of the first module's data."""
        self._need()
        found: list[Any] = self._modules[0].get_input_grads(merge_multi_context)
        return found

    def update_metric(self, eval_metric: EvalMetric, labels: Any, pre_sliced: bool = False) -> None:
        """Let the modules that take labels add their outputs to a metric."""
        self._need()
        for module, meta in zip(self._modules, self._metas, strict=True):
            if meta.get(self.META_TAKE_LABELS):
                module.update_metric(eval_metric, labels, pre_sliced)

    def install_monitor(self, mon: Any) -> None:
        """Let a Monitor watch all modules."""
        self._need(params=False)
        for module in self._modules:
            module.install_monitor(mon)
