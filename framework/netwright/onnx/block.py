"""An ONNX model as a block: its weights are parameters, and it goes on learning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from .open_batch import open_axes, read_open
from .values import NeedsValue, Value

MAX_FORMS = 16
"""Sizes of inputs for which a form of the network is kept."""


class OnnxBlock(SymbolBlock):
    """A block for the sizes that a model allows; where the network depends on them, each set gets a form of its own.

    The model's initializers are its parameters, by their names, and what follows from them alone is ``weight0``, …;
    constants inside it are not trained.
    """

    def __init__(self, proto: onnx.ModelProto, shapes: Mapping[str, Sequence[int]], ctx: Any) -> None:
        self._proto, self._ctx = proto, ctx
        self._specs = {i.name: declared(i, shapes) for i in fed_inputs(proto)}
        self._forms = _Forms()
        read = read_symbol(proto, shapes)
        self._open = read.open
        super().__init__(read.symbol, [Variable(n, dtype=d) for n, (_, d) in self._specs.items()])
        self._fill(self, read)

    def _fill(self, block: SymbolBlock, read: ReadSymbol) -> None:
        for name, parameter in block.params.items():
            if parameter._data is None:
                _set(parameter, read.arrays[name], self._ctx, name in read.learnt)

    def forward(self, x: Any, *args: Any) -> Any:
        """Run the form of the network for the inputs' sizes."""
        given = list(leaves((x, *args)))
        if isinstance(given[0], Symbol) or not given:
            return super().forward(x, *args)
        specs = {n: (a.shape, np.dtype(a.dtype)) for n, a in zip(self._inputs, given, strict=True)}
        if self._holds(specs):
            return super().forward(x, *args)
        key = tuple(specs.values())
        form = self._forms.find(key)
        if form is None:
            form = self._forms.keep(key, self._form_for(specs))
        return form(x, *args)

    def _holds(self, specs: Mapping[str, Any]) -> bool:
        """Whether the block's own form is for these shapes: equal to the declared ones, but for open sizes."""
        for name, (shape, dtype) in self._specs.items():
            given, kind = specs[name]
            fixed = [i for i in range(len(shape)) if i not in self._open.get(name, ())]
            if len(given) != len(shape) or kind != dtype or any(given[i] != shape[i] for i in fixed):
                return False
        return True

    def _form_for(self, specs: Mapping[str, Any]) -> SymbolBlock:
        tag = "_".join("x".join(map(str, shape)) for shape, _ in specs.values())
        read = lowered_symbol(self._proto, specs, f"_{tag}")
        block = SymbolBlock(read.symbol, [Variable(n, dtype=d) for n, (_, d) in specs.items()], self.params)
        self._fill(block, read)
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


@dataclass
class ReadSymbol:
    """A model as a symbol, with the arrays of its variables by name."""

    symbol: Symbol
    arrays: dict[str, Any]
    learnt: set[str]
    """Names of those that training goes on with."""
    open: dict[str, list[int]]
    """Axes of the inputs whose sizes may be any."""


def read_symbol(proto: onnx.ModelProto, shapes: Mapping[str, Sequence[int]]) -> ReadSymbol:
    """A model for the sizes it declares, or that ``shapes`` says; open ones stay open where that can be, or are 1."""
    axes = open_axes(proto, shapes)
    learnt: set[str] = set()

    def read(specs: Mapping[str, Any]) -> tuple[Symbol, dict[str, Any]]:
        found = lowered_symbol(proto, specs, "")
        learnt.update(found.learnt)
        return found.symbol, found.arrays

    found = read_open(proto, axes, read) if axes else None
    if found is not None:
        return ReadSymbol(*found, learnt, axes)
    return lowered_symbol(proto, {i.name: declared(i, shapes) for i in fed_inputs(proto)}, "")


def lowered_symbol(proto: onnx.ModelProto, specs: Mapping[str, Any], tag: str) -> ReadSymbol:
    """A model for given shapes and types of its inputs.

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
    arrays = {n: np.asarray(v) for n, v in lowered.builder.params.items()}
    return ReadSymbol(symbol, arrays, lowered.builder.learnt, {})


def import_model(
    model_file: str | Path | bytes | onnx.ModelProto, shapes: Mapping[str, Sequence[int]] | None = None
) -> tuple[Symbol, dict[str, NDArray], dict[str, NDArray]]:
    """(symbol, arg_params, aux_params) of an ONNX model, as MXNet's ``mx.contrib.onnx.import_model``.

    Sizes that the file leaves open (the batch) stay open where the network does not depend on them; else they are what
    ``shapes`` says, or 1.
    """
    read = read_symbol(read_model(model_file), shapes or {})
    symbol = read.symbol
    arrays = {n: array(v, dtype=v.dtype) for n, v in read.arrays.items()}
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
    return OnnxBlock(read_model(model_file), shapes or {}, current_device() if ctx is None else ctx)
