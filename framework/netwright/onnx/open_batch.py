"""A model read for any size of what its file leaves open: the batch, most of all.

It is read for several sizes. Where the symbols differ in the shapes of ``_reshape_to`` alone, these become ``Reshape``
with 0 for sizes that are copied and -1 for the one that follows; any other difference, and the model is read for one
size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import onnx

from ..errors import NetwrightError
from ..ops import get
from ..scheduler.lower import infer_all
from ..symbol.symbol import Symbol, SymbolEntry, SymbolNode
from .model import declared, fed_inputs

SIZES = (2, 3, 5)
Read = Callable[[Mapping[str, Any]], tuple[Symbol, dict[str, Any]]]


def open_axes(proto: onnx.ModelProto, shapes: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
    """The axes of each input whose size neither the file nor ``shapes`` says."""
    found = {}
    for info in fed_inputs(proto):
        dims = info.type.tensor_type.shape.dim
        axes = [i for i, d in enumerate(dims) if not d.dim_value]
        if axes and info.name not in shapes:
            found[info.name] = axes
    return found


def read_open(
    proto: onnx.ModelProto, axes: Mapping[str, Sequence[int]], read: Read
) -> tuple[Symbol, dict[str, Any]] | None:
    """(symbol, arrays) that hold for all sizes of the open axes, or None where the network depends on them."""
    names: dict[str, int] = {}

    def specs(base: int) -> dict[str, Any]:
        made = {}
        for info in fed_inputs(proto):
            shape, dtype = declared(info, {})
            sizes = list(shape)
            for axis in axes.get(info.name, ()):
                label = info.type.tensor_type.shape.dim[axis].dim_param or f"{info.name}:{axis}"
                sizes[axis] = base + 7 * names.setdefault(label, len(names))
            made[info.name] = (tuple(sizes), dtype)
        return made

    try:
        forms = [read(specs(size)) for size in SIZES]
    except NetwrightError:
        return None
    (first, arrays), others = forms[0], forms[1:]
    if any(_differ(arrays, theirs) for _, theirs in others):
        return None
    nodes = [symbol.nodes() for symbol, _ in forms]
    if any(len(n) != len(nodes[0]) for n in nodes):
        return None
    shapes = [_shapes(symbol, values) for symbol, values in forms]
    moved: dict[SymbolNode, SymbolNode] = {}
    for column in zip(*nodes, strict=True):
        made = _same(column, moved, shapes)
        if made is None:
            return None
        moved[column[0]] = made
    entries: list[SymbolEntry] = [(moved[node], i) for node, i in first._entries]
    return Symbol(entries), arrays


def _differ(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    if ours.keys() != theirs.keys():
        return True
    return any(
        ours[n].shape != theirs[n].shape or not np.array_equal(ours[n], theirs[n], equal_nan=ours[n].dtype.kind == "f")
        for n in ours
    )


def _shapes(symbol: Symbol, arrays: Mapping[str, Any]) -> dict[SymbolEntry, tuple[int, ...]]:
    found = infer_all(symbol, shapes={name: value.shape for name, value in arrays.items()})
    return {entry: spec.shape for entry, spec in found.items()}


def _same(
    column: Sequence[SymbolNode],
    moved: Mapping[SymbolNode, SymbolNode],
    shapes: Sequence[Mapping[SymbolEntry, tuple[int, ...]]],
) -> SymbolNode | None:
    """The node for all sizes; None where there is none."""
    first = column[0]
    if any(node.op is not first.op or len(node.inputs) != len(first.inputs) for node in column):
        return None
    inputs = tuple((moved[source], i) for source, i in first.inputs)
    if first.op is None:
        attributes = {k: v for k, v in first.attributes.items() if k != "__shape__"}
        same = all(node.attributes == first.attributes for node in column)
        return SymbolNode(None, None, first.name, (), first.attributes if same else attributes)
    if all(node.p == first.p for node in column):
        return SymbolNode(first.op, first.p, first.name, inputs, first.attributes)
    if first.op.name != "_reshape_to":
        return None
    targets = [node.p.shape for node in column]  # type: ignore[union-attr]
    open_ = [i for i, sizes in enumerate(zip(*targets, strict=False)) if len(set(sizes)) > 1]
    sources = [known[node.inputs[0]] for known, node in zip(shapes, column, strict=True)]
    copied = [i for i in open_ if all(i < len(s) and s[i] == t[i] for s, t in zip(sources, targets, strict=True))]
    if len({len(t) for t in targets}) > 1 or len(open_) - len(copied) > 1 or 0 in targets[0]:
        return None
    shape = tuple(0 if i in copied else -1 if i in open_ else n for i, n in enumerate(targets[0]))
    reshape = get("Reshape")
    return SymbolNode(reshape, reshape.make_params({"shape": shape}), first.name, inputs, first.attributes)
