"""An ONNX model as a graph to be drawn, with a word on each of its nodes: what became of it, or why nothing did.

The structure comes over, the weights do not: a drawing is where a training begins.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import onnx
from onnx import shape_inference

from ..errors import GraphError, NetwrightError
from ..graph.from_symbol import from_symbol
from ..graph.import_report import ImportNote, Status
from ..symbol.symbol import Group, Symbol, SymbolNode, Variable
from .lower import Scope, _lower, add_initializers
from .model import declared, fed_inputs, read_model
from .values import Builder, NeedsValue, Value

MAX_NODES = 10_000
BATCH = 1


def draw_onnx(model: bytes, name: str = "") -> tuple[dict[str, Any], list[ImportNote]]:
    """(graph JSON, a note for each node) of an ONNX model; raises DataError or GraphError where there is nothing to
    draw. What is not understood becomes an ``Input`` of the same shape, so that the rest can be drawn.
    """
    proto = read_model(model)
    if len(proto.graph.node) > MAX_NODES:
        raise GraphError("too many nodes", wanted=f"at most {MAX_NODES}", got=len(proto.graph.node))
    return _Drawer(proto).draw(name or proto.graph.name)


class _Drawer:
    def __init__(self, proto: onnx.ModelProto) -> None:
        self.proto = proto
        opsets = {"" if o.domain == "ai.onnx" else o.domain: o.version for o in proto.opset_import}
        functions = {(f.domain, f.name): f for f in proto.functions}
        taken = frozenset(one.name for one in (*proto.graph.initializer, *proto.graph.input))
        self.scope = Scope(Builder(taken=taken), opsets, functions)
        self.notes: list[ImportNote] = []
        self.seen: set[SymbolNode] = set()
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.lost: dict[str, str] = {}
        self.products: dict[str, tuple[Value, int]] = {}

    def draw(self, name: str) -> tuple[dict[str, Any], list[ImportNote]]:
        add_initializers(self.scope, self.proto.graph)
        for info in fed_inputs(self.proto):
            shape, dtype = declared(info, {})
            self._feed(info.name, shape, dtype)
        known = self._inferred()
        for node in self.proto.graph.node:
            self._take(node, known)
        outputs = [self.scope.values.get(out.name) for out in self.proto.graph.output]
        heads = [v.symbol for v in outputs if isinstance(v, Value) and v.array is None and v.symbol is not None]
        heads = [head for head in heads if head._entries[0][0].op is not None]
        if not heads:
            raise GraphError(
                "nothing of this model could be drawn",
                got="; ".join(note.message for note in self.notes if note.status == "missing")[:300] or None,
                remedy="Look at the operators that its exporter wrote",
            )
        symbol = Group(heads)
        self._make_trainable(symbol)
        graph = from_symbol(symbol, self.shapes, name)
        self._tell_constants(graph)
        return graph, self.notes

    # ---------------------------------------------------------------- one node
    def _take(self, node: onnx.NodeProto, known: Mapping[str, tuple[tuple[int, ...], Any]]) -> None:
        own = node.name or node.output[0]
        missing = [name for name in node.input if name and name not in self.scope.values]
        try:
            if missing:
                raise GraphError(f"its input {missing[0]} is not there")
            inputs = [self.scope.values[name] if name else None for name in node.input]
            made = self._layer(node, inputs) or _lower(self.scope, node, inputs)
        except (NetwrightError, NeedsValue, ValueError, TypeError, KeyError, IndexError) as error:
            self._lose(node, own, str(error), known)
            return
        outputs = list(made) if isinstance(made, tuple) else [made]
        for output, value in zip(node.output, outputs, strict=False):
            if output:
                self.scope.values[output] = value
        self._tell(node, own, [v for v in outputs if isinstance(v, Value)])

    def _layer(self, node: onnx.NodeProto, inputs: list[Any]) -> Value | None:
        """A product with a weight, and the sum with a bias behind it, as one dense layer."""
        builder = self.scope.builder
        if node.op_type == "MatMul" and _is_weight(inputs[1], 2) and inputs[0].array is None:
            units = inputs[1].shape[1]
            weight = self._weight(node, (units, inputs[1].shape[0]))
            sizes = {"num_hidden": units, "flatten": False}
            made: Value = builder.op("FullyConnected", inputs[0], weight, no_bias=True, **sizes)
            self.products[node.output[0]] = inputs[0], units
            return made
        if node.op_type == "Add":
            for at in (0, 1):
                data = self.products.get(node.input[at])
                bias = inputs[1 - at]
                if data is not None and _is_weight(bias, 1) and bias.shape == (data[1],) and self._once(node.input[at]):
                    weight = self._weight(node, (data[1], data[0].shape[-1]))
                    found: Value = builder.op(
                        "FullyConnected", data[0], weight, bias, num_hidden=data[1], flatten=False
                    )
                    return found
        return None

    def _weight(self, node: onnx.NodeProto, shape: tuple[int, ...]) -> Value:
        array = np.zeros(shape, np.float32)
        return Value(shape, array.dtype, array, Variable(f"{node.output[0]}_weight", shape=shape), learnt=True)

    def _once(self, name: str) -> bool:
        return sum(list(node.input).count(name) for node in self.proto.graph.node) == 1

    def _lose(self, node: onnx.NodeProto, own: str, why: str, known: Mapping[str, tuple[tuple[int, ...], Any]]) -> None:
        """Note that a node is not understood; what it gives is fed instead, where its shape is known."""
        became = []
        for output in node.output:
            if output in known:
                self._feed(output, *known[output])
                became.append(_ident(output))
        remedy = (
            "An Input stands in its place; draw what is meant" if became else "What follows from it is missing, too"
        )
        self.notes.append(ImportNote(own[:200], node.op_type, "missing", tuple(became), f"{why[:300]}. {remedy}."))

    def _feed(self, name: str, shape: tuple[int, ...], dtype: Any) -> None:
        variable = Variable(name, shape=shape, dtype=dtype)
        self.scope.values[name] = Value(shape, np.dtype(dtype), None, variable, frozenset([name]))
        self.shapes[name] = shape[1:]

    def _tell(self, node: onnx.NodeProto, own: str, outputs: list[Value]) -> None:
        fresh = self._fresh(outputs)
        if not fresh:
            constant = all(value.array is not None for value in outputs)
            what = "Worked out once, for it hangs on no input." if constant else "Needs nothing: it changes nothing."
            self.notes.append(ImportNote(own[:200], node.op_type, "folded", (), what))
            return
        base = _ident(own.removesuffix(f"/{node.op_type}"))
        status: Status = "understood"
        words = []
        for number, made in enumerate(fresh):
            made.name = base if number == len(fresh) - 1 else f"{base}_{number + 1}"
            words += self._adapt(made)
        names = tuple(made.name for made in fresh)
        if words:
            status = "changed"
        self.notes.append(ImportNote(own[:200], node.op_type, status, names, " ".join(words)))

    def _fresh(self, outputs: list[Value]) -> list[SymbolNode]:
        """The calls that this node added, in order."""
        found: list[SymbolNode] = []
        for value in outputs:
            if value.symbol is not None and value.array is None:
                found += [n for n in value.symbol.nodes() if n.op is not None and n not in self.seen and n not in found]
        self.seen.update(found)
        return found

    def _adapt(self, node: SymbolNode) -> list[str]:
        """Let the batch be of any size, and let a network learn that was written for use alone."""
        assert node.op is not None
        if node.op.name == "_reshape_to" and node.p is not None and node.p.shape[:1] == (BATCH,):  # type: ignore[attr-defined]
            _replace(node, "Reshape", {"shape": (0, *node.p.shape[1:])})  # type: ignore[attr-defined]
            return ["The batch may be of any size."]
        if node.op.name == "BatchNorm" and node.p is not None and node.p.use_global_stats:  # type: ignore[attr-defined]
            given = {k: v for k, v in node.p.given().items() if k != "use_global_stats"}
            _replace(node, "BatchNorm", given)
            return ["Learns its statistics anew."]
        return []

    # ---------------------------------------------------------------- the whole
    def _make_trainable(self, symbol: Symbol) -> None:
        """A softmax at the end becomes a loss head, which has the same output."""
        entries = [node for node, _ in symbol._entries]
        for node in entries:
            if node.op is not None and node.op.name == "softmax" and len(node.inputs) == 1:
                label = SymbolNode(None, None, f"{node.name}_label")
                _replace(node, "SoftmaxOutput", {})
                node.inputs = (*node.inputs, (label, 0))
                self._amend(node.name, "Learns from labels: it became a SoftmaxOutput.")

    def _amend(self, name: str, word: str) -> None:
        for at, note in enumerate(self.notes):
            if name in note.became:
                told = f"{note.message} {word}".strip()
                self.notes[at] = replace(note, status="changed", message=told)

    def _tell_constants(self, graph: Mapping[str, Any]) -> None:
        """Arrays of the model that a drawing cannot hold."""
        for row in graph["nodes"]:
            if row["op"] == "Input" and row["id"] not in {_ident(name) for name in self.shapes}:
                told = "An array of the model, which a drawing cannot hold: it is an Input now. Replace it."
                self.notes.append(ImportNote(row["id"], "constant", "missing", (row["id"],), told))

    def _inferred(self) -> dict[str, tuple[tuple[int, ...], Any]]:
        """Shapes and types of inner values, as far as ONNX itself knows them; open sizes are 1."""
        try:
            found = shape_inference.infer_shapes(self.proto)
        except Exception:
            return {}
        known = {}
        for info in (*found.graph.value_info, *found.graph.output):
            if info.type.tensor_type.HasField("shape") and info.type.tensor_type.elem_type:
                known[info.name] = declared(info, {})
        return known


def _is_weight(value: Any, rank: int) -> bool:
    return isinstance(value, Value) and value.array is not None and value.learnt and value.rank == rank


def _replace(node: SymbolNode, op: str, params: Mapping[str, Any]) -> None:
    from ..ops import get

    node.op = get(op)
    node.p = node.op.make_params(dict(params))


def _ident(name: str) -> str:
    """The nearest id of a node."""
    found = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")[:60]
    return found if found[:1].isalpha() else f"n{found}"
