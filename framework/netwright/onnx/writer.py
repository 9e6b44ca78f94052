"""An ONNX graph under construction: nodes, constants, and names that are given once."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper, shape_inference

from .tensor import Inexpressible, Tensor

OPSET = 18
"""The version of the standard that is written: each operator used has had its present form since then."""
IR_VERSION = 8
"""The file format that came with it; every runtime that knows the opset reads it."""


class Writer:
    """Appends nodes to a graph; shapes and element types of what they give are inferred at once.

    ``parent`` is the writer of the graph around this one (a loop's body); names are unique in all of them.
    """

    def __init__(self, parent: Writer | None = None, sizes_are_open: bool = False) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, Any] = {}
        """Arrays by name; those of inner graphs are the outermost one's."""
        self._root: Writer = self if parent is None else parent._root
        self.sizes_are_open: bool = sizes_are_open if parent is None else self._root.sizes_are_open
        if parent is None:
            self.taken: set[str] = set()
            self.weights: set[str] = set()
            self._counts: dict[str, int] = {}
        self.scope = ""
        """What the names of nodes and their outputs begin with: the node of the symbol that is written."""

    # ---------------------------------------------------------------- names
    def fresh(self, wish: str) -> str:
        """A name that nothing has yet: the wished one, or that with a number."""
        root = self._root
        name = wish
        while name in root.taken:
            root._counts[wish] = root._counts.get(wish, 0) + 1
            name = f"{wish}_{root._counts[wish]}"
        root.taken.add(name)
        return name

    # ---------------------------------------------------------------- values
    def tensor(self, name: str, shape: Iterable[int], dtype: Any, value: Any = None) -> Tensor:
        """A value under a name of this graph."""
        return Tensor(self, name, tuple(int(n) for n in shape), np.dtype(dtype), value)

    def const(self, value: Any, dtype: Any = None, name: str = "", of: Iterable[Tensor] = ()) -> Tensor:
        """A constant. One with a name is a weight, and so is what follows from weights (``of``)."""
        array, root = np.asarray(value, dtype), self._root
        is_weight = bool(name) or any(t.name in root.weights for t in of)
        label = self.fresh(name or ("weight" if is_weight else "constant"))
        root.constants[label] = array
        if is_weight:
            root.weights.add(label)
        return Tensor(self, label, array.shape, array.dtype, array)

    def ints(self, values: Iterable[int]) -> Tensor:
        """Whole numbers as a constant vector (a shape, axes)."""
        return self.const(np.array(list(values), np.int64))

    def as_tensor(self, value: Any, dtype: Any = None) -> Tensor:
        """A tensor as it is, anything else as a constant."""
        if isinstance(value, Tensor):
            return value if dtype is None else value.astype(dtype)
        return self.const(value, dtype)

    # ---------------------------------------------------------------- nodes
    def op(self, kind: str, *inputs: Any, **attributes: Any) -> Tensor:
        """Append a node; returns its output. None stands for an input that is left out."""
        return self.ops(kind, *inputs, outputs=1, **attributes)[0]

    def ops(self, kind: str, *inputs: Any, outputs: int, **attributes: Any) -> list[Tensor]:
        """Append a node of several outputs. Numbers and arrays among the inputs become constants."""
        values = [None if v is None else self.as_tensor(v) for v in inputs]
        made, node = self._node(kind, values, outputs, attributes)
        types = _infer(node, values)
        for tensor, name in zip(made, node.output, strict=True):
            tensor.shape, tensor.dtype = _spec(kind, types.get(name))
        return made

    def typed(
        self, kind: str, inputs: Sequence[Any], specs: Sequence[tuple[Sequence[int], Any]], **attrs: Any
    ) -> list[Tensor]:
        """Append a node whose outputs' shapes and element types are known (loops and branches)."""
        values = [None if v is None else self.as_tensor(v) for v in inputs]
        made, _ = self._node(kind, values, len(specs), attrs)
        for tensor, (shape, dtype) in zip(made, specs, strict=True):
            tensor.shape, tensor.dtype = tuple(shape), np.dtype(dtype)
        return made

    def _node(
        self, kind: str, values: Sequence[Tensor | None], outputs: int, attributes: Mapping[str, Any]
    ) -> tuple[list[Tensor], onnx.NodeProto]:
        name = self.fresh(f"{self.scope}/{kind}" if self.scope else kind)
        names = [name if i == 0 else self.fresh(f"{name}:{i}") for i in range(outputs)]
        given = {k: v for k, v in attributes.items() if v is not None}
        node = helper.make_node(kind, ["" if v is None else v.known_name for v in values], names, name=name, **given)
        self.nodes.append(node)
        return [Tensor(self, n, (), np.dtype(np.float32), None) for n in names], node

    def rename(self, tensor: Tensor, name: str) -> Tensor:
        """The tensor under another, free name: in the node that makes it, or by a copy where it is an input."""
        for node in reversed(self.nodes):
            if tensor.name in node.output:
                for each in self.nodes:
                    rename_in(each, {tensor.name: name})
                self._root.taken.add(name)
                return Tensor(self, name, tensor.shape, tensor.dtype, tensor.value)
        self.nodes.append(
            helper.make_node("Identity", [tensor.known_name], [name], name=self.fresh(f"{name}/Identity"))
        )
        self._root.taken.add(name)
        return Tensor(self, name, tensor.shape, tensor.dtype, tensor.value)

    # ---------------------------------------------------------------- the graph
    def prune(self, outputs: Sequence[Tensor]) -> None:
        """Leave out nodes whose results nobody uses, and constants that no node reads."""
        self.nodes = _needed(self.nodes, {t.name for t in outputs})
        used = set(itertools.chain.from_iterable(names_used(n) for n in self.nodes)) | {t.name for t in outputs}
        self.constants = {name: array for name, array in self.constants.items() if name in used}

    def graph(self, name: str, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> onnx.GraphProto:
        """What has been written, as a graph: weights as its initializers, other constants as nodes."""
        self.prune(outputs)
        tensors = {n: numpy_helper.from_array(np.asarray(a, order="C"), n) for n, a in self.constants.items()}
        weights = [t for n, t in tensors.items() if n in self._root.weights]
        others = [t for n, t in tensors.items() if n not in self._root.weights]
        given = [helper.make_node("Constant", [], [t.name], name=f"{t.name}/Constant", value=t) for t in others]
        infos = [i.info() for i in inputs], [o.info() for o in outputs]
        return helper.make_graph([*given, *self.nodes], name, *infos, weights)


def _infer(node: onnx.NodeProto, values: Sequence[Tensor | None]) -> dict[str, onnx.TypeProto]:
    schema = onnx.defs.get_schema(node.op_type, OPSET, "")
    present = [v for v in values if v is not None]
    types = {v.known_name: v.type() for v in present}
    data = {v.name: numpy_helper.from_array(v.value, v.name) for v in present if v.value is not None and v.size <= 64}
    try:
        return shape_inference.infer_node_outputs(
            schema, node, types, data, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
        )
    except Exception as error:  # onnx raises several kinds, of which only the text tells
        given = ", ".join(f"{v.dtype}{list(v.shape)}" for v in present)
        reason = " ".join(str(error).split())[:160]
        raise Inexpressible(f"{node.op_type} does not take {given}: {reason}") from None


def _spec(kind: str, found: onnx.TypeProto | None) -> tuple[tuple[int, ...], np.dtype[Any]]:
    tensor = None if found is None else found.tensor_type
    if tensor is None or not tensor.HasField("shape") or any(not d.HasField("dim_value") for d in tensor.shape.dim):
        raise Inexpressible(f"the shape of what {kind} gives depends on values")
    return tuple(d.dim_value for d in tensor.shape.dim), np.dtype(helper.tensor_dtype_to_np_dtype(tensor.elem_type))


def rename_in(node: onnx.NodeProto, names: Mapping[str, str]) -> None:
    """Other names for values, in what a node reads and gives and in the graphs inside it."""
    for listed in (node.input, node.output):
        for i, name in enumerate(listed):
            if name in names:
                listed[i] = names[name]
    for inner in graphs_in(node):
        for each in inner.node:
            rename_in(each, names)
        for info in inner.output:
            info.name = names.get(info.name, info.name)


def graphs_in(node: onnx.NodeProto) -> list[onnx.GraphProto]:
    """The graphs inside a node: a loop's body, the branches."""
    return [a.g for a in node.attribute if a.type == onnx.AttributeProto.GRAPH]


def names_used(node: onnx.NodeProto) -> set[str]:
    """What a node reads, the graphs inside it included."""
    found = set(node.input)
    for graph in graphs_in(node):
        found |= {o.name for o in graph.output}
        for inner in graph.node:
            found |= names_used(inner)
    return found


def _needed(nodes: Sequence[onnx.NodeProto], wanted: set[str]) -> list[onnx.NodeProto]:
    kept: list[onnx.NodeProto] = []
    wanted = set(wanted)
    for node in reversed(nodes):
        if wanted & set(node.output):
            kept.append(node)
            wanted |= names_used(node)
    return kept[::-1]
