"""An ONNX model as a block: its weights are parameters, and it goes on learning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from ..device import Device, current_device
from ..errors import GraphError
from ..gluon.nested import leaves
from ..gluon.parameter import Parameter
from ..gluon.symbol_block import SymbolBlock
from ..ndarray import NDArray, array
from ..symbol.symbol import Group, Symbol, Variable
from .model import Lowered, declared, fed_inputs, read_model
from .values import NeedsValue, Value

MAX_FORMS = 16
"""Sizes of inputs for which a form of the network is kept."""


class OnnxBlock(SymbolBlock):
    """A block of the sizes a model declares (open ones are 1); others get a form of their own, on the same weights.

    The model's initializers are its parameters, by their names; constants inside it are not trained.
    """

    def __init__(self, proto: onnx.ModelProto, specs: Mapping[str, Any], ctx: Any) -> None:
        self._proto, self._specs, self._ctx = proto, dict(specs), ctx
        self._forms = _Forms()
        symbol, arrays = lowered_symbol(proto, specs, "")
        super().__init__(symbol, [Variable(n, dtype=d) for n, (_, d) in specs.items()])
        self._fill(self, arrays)

    def _fill(self, block: SymbolBlock, arrays: Mapping[str, Any]) -> None:
        weights = {t.name for t in self._proto.graph.initializer}
        for name, parameter in block.params.items():
            if parameter._data is None:
                _set(parameter, arrays[name], self._ctx, name in weights)

    def forward(self, x: Any, *args: Any) -> Any:
        """Run the form of the network for the inputs' sizes."""
        given = list(leaves((x, *args)))
        if isinstance(given[0], Symbol) or not given:
            return super().forward(x, *args)
        specs = {n: (a.shape, np.dtype(a.dtype)) for n, a in zip(self._inputs, given, strict=True)}
        if specs == self._specs:
            return super().forward(x, *args)
        key = tuple(specs.values())
        form = self._forms.find(key)
        if form is None:
            form = self._forms.keep(key, self._form_for(specs))
        return form(x, *args)

    def _form_for(self, specs: Mapping[str, Any]) -> SymbolBlock:
        tag = "_".join("x".join(map(str, shape)) for shape, _ in specs.values())
        symbol, arrays = lowered_symbol(self._proto, specs, f"_{tag}")
        block = SymbolBlock(symbol, [Variable(n, dtype=d) for n, (_, d) in specs.items()], self.params)
        self._fill(block, arrays)
        return block


class _Forms:
    """The forms for other sizes: not children, for their parameters are the block's own."""

    def __init__(self) -> None:
        self._kept: dict[Any, SymbolBlock] = {}

    def find(self, key: Any) -> SymbolBlock | None:
        return self._kept.get(key)

    def keep(self, key: Any, form: SymbolBlock) -> SymbolBlock:
        if len(self._kept) >= MAX_FORMS:
            self._kept.clear()
        self._kept[key] = form
        return form


def _set(parameter: Parameter, value: Any, ctx: Any, trained: bool) -> None:
    parameter.shape = value.shape
    if not trained:
        parameter.grad_req = "null"
    parameter.initialize(ctx=ctx)
    parameter.set_data(array(value, dtype=value.dtype))


def lowered_symbol(proto: onnx.ModelProto, specs: Mapping[str, Any], tag: str) -> tuple[Symbol, dict[str, Any]]:
    """(symbol, arrays of its variables by name) of a model for given shapes and types of its inputs.

    Errors: GraphError where shapes follow from values, or an output is a sequence.
    """
    try:
        lowered = Lowered(proto, specs, {}, tag)
    except NeedsValue as need:
        raise GraphError(
            str(need), remedy="Run it by OnnxModel(model).run(inputs), which builds it for the values it is fed"
        ) from None
    values = [v for v in lowered.outputs if isinstance(v, Value)]
    if len(values) != len(lowered.outputs):
        raise GraphError("an output is a sequence, which a symbol cannot give", remedy="Run it by OnnxModel")
    symbol = Group([lowered.builder.symbol(v) for v in values])
    return symbol, {n: np.asarray(v) for n, v in lowered.builder.params.items()}


def import_model(
    model_file: str | Path | bytes | onnx.ModelProto, shapes: Mapping[str, Sequence[int]] | None = None
) -> tuple[Symbol, dict[str, NDArray], dict[str, NDArray]]:
    """(symbol, arg_params, aux_params) of an ONNX model, as MXNet's ``mx.contrib.onnx.import_model``.

    ``shapes`` gives inputs the sizes that the file leaves open (the batch); these are 1 otherwise.
    """
    proto = read_model(model_file)
    symbol, found = lowered_symbol(proto, {i.name: declared(i, shapes or {}) for i in fed_inputs(proto)}, "")
    arrays = {n: array(v, dtype=v.dtype) for n, v in found.items()}
    used, states = set(symbol.list_arguments()), set(symbol.list_auxiliary_states())
    return (
        symbol,
        {n: a for n, a in arrays.items() if n in used},
        {n: a for n, a in arrays.items() if n in states},
    )


def import_to_gluon(
    model_file: str | Path | bytes | onnx.ModelProto,
    ctx: Device | Sequence[Device] | None = None,
    shapes: Mapping[str, Sequence[int]] | None = None,
) -> OnnxBlock:
    """An ONNX model as a SymbolBlock with its weights on ``ctx``, as MXNet's ``mx.contrib.onnx.import_to_gluon``.

    Inputs come in the model's order, in any sizes that the model allows.
    """
    proto = read_model(model_file)
    specs = {i.name: declared(i, shapes or {}) for i in fed_inputs(proto)}
    return OnnxBlock(proto, specs, current_device() if ctx is None else ctx)
