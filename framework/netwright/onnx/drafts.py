"""A whole model as it is written: from a symbol, the shapes of its inputs and its weights to an ONNX model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import onnx
from onnx import helper

from .._version import __version__
from ..ops.operator import TensorSpec
from ..symbol.symbol import Symbol
from .convert import convert
from .tensor import Tensor
from .writer import IR_VERSION, OPSET, Writer, rename_in

SHARED = 4096
"""Constants up to so many bytes are written once where they are equal."""


@dataclass
class Draft:
    """A written graph with its inputs and outputs; ``sizes`` names those sizes of them that are left open."""

    writer: Writer
    inputs: list[Tensor]
    outputs: list[Tensor]
    sizes: dict[str, list[int | str | None]] = field(default_factory=dict)

    def model(self, name: str) -> onnx.ModelProto:
        """The model as the standard keeps it."""
        self.writer.prune(self.outputs)
        _share(self)
        graph = self.writer.graph(name, self.inputs, self.outputs)
        for info in (*graph.input, *graph.output):
            for dim, size in zip(info.type.tensor_type.shape.dim, self.sizes.get(info.name, ()), strict=False):
                if not isinstance(size, int):
                    dim.Clear()
                    if size is not None:
                        dim.dim_param = size
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="netwright",
            producer_version=__version__,
        )
        onnx.checker.check_model(model, full_check=True)
        return model


def write_symbol(
    symbol: Symbol, inputs: Mapping[str, TensorSpec], weights: Mapping[str, Any], sizes_are_open: bool = False
) -> Draft:
    """The draft of a symbol: ``inputs`` are fed, ``weights`` (arrays by name) are part of the model."""
    writer = Writer(sizes_are_open=sizes_are_open)
    names = output_names(symbol)
    writer.taken.update(names, inputs, weights)
    fed = [writer.tensor(name, spec.shape, spec.dtype) for name, spec in inputs.items()]
    values = {tensor.name: tensor for tensor in fed}
    for name in symbol.list_inputs():
        if name in weights:
            writer.taken.discard(name)
            values[name] = writer.const(weights[name], name=name)
    found = convert(writer, symbol, values)
    for name in names:
        if name not in values:
            writer.taken.discard(name)
    outputs: list[Tensor] = []
    given: dict[str, Tensor] = {}
    for tensor, name in zip(found, names, strict=True):
        # what is put out twice is copied the second time
        made = writer.op("Identity", given[tensor.name]) if tensor.name in given else tensor
        outputs.append(writer.rename(made, writer.fresh(name)))
        given.setdefault(tensor.name, outputs[-1])
    return Draft(writer, fed, outputs)


def output_names(symbol: Symbol) -> list[str]:
    """The names of a model's outputs as MXNet writes them: the node's, with a number where it has several."""
    found: list[str] = []
    for name, (node, index) in zip(symbol.list_outputs(), symbol._entries, strict=True):
        if node.op is None:
            plain = name
        else:
            plain = (
                node.name
                if len(node.op.output_names(node.p)[: node.op.visible_outputs(node.p)]) == 1
                else f"{node.name}{index}"
            )
        while plain in found:
            plain += "_again"
        found.append(plain)
    return found


def _share(draft: Draft) -> None:
    """Write equal constants once; weights keep their names."""
    first: dict[Any, str] = {}
    names: dict[str, str] = {}
    kept = {t.name for t in draft.outputs}
    for name, array in draft.writer.constants.items():
        if name in draft.writer.weights or name in kept or array.nbytes > SHARED:
            continue
        key = (array.dtype.str, array.shape, array.tobytes())
        if first.setdefault(key, name) != name:
            names[name] = first[key]
    if names:
        for node in draft.writer.nodes:
            rename_in(node, names)
        draft.writer.prune(draft.outputs)


Build = Callable[[Sequence[tuple[int, ...]]], Draft]
"""A draft for given shapes of the inputs."""
