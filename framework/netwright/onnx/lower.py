"""From the nodes of an ONNX graph to values, by the table; operators without a row by the standard's own definition."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import onnx
from onnx import helper, numpy_helper

from ..errors import GraphError, NetwrightError
from ..ops.params import DTYPES
from . import rows
from .table import ROWS, Node
from .values import Builder, NeedsValue, Value

assert rows


@dataclass
class Scope:
    """Values by name; inner graphs see those of outer ones."""

    builder: Builder
    opsets: Mapping[str, int]
    functions: Mapping[tuple[str, str], onnx.FunctionProto] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def inner(self) -> Scope:
        return Scope(self.builder, self.opsets, self.functions, dict(self.values))

    def run_graph(self, graph: onnx.GraphProto, inputs: Sequence[Any]) -> list[Any]:
        """The outputs of a graph inside a node (a branch, a loop's body)."""
        scope = self.inner()
        add_initializers(scope, graph)
        scope.values.update({info.name: v for info, v in zip(graph.input, inputs, strict=False)})
        lower_nodes(scope, graph.node)
        return [scope.values[out.name] for out in graph.output]


def add_initializers(scope: Scope, graph: onnx.GraphProto) -> None:
    """The graph's weights as known values under their names."""
    from ..symbol.symbol import Variable

    for tensor in graph.initializer:
        array = numpy_helper.to_array(tensor)
        value = scope.builder.const(array)
        dtype = array.dtype if array.dtype.name in DTYPES else None
        value.learnt = array.dtype.kind == "f" and array.size > 1
        value.symbol = Variable(tensor.name, shape=array.shape or (1,), dtype=dtype)
        scope.values[tensor.name] = value


def lower_nodes(scope: Scope, nodes: Sequence[onnx.NodeProto]) -> None:
    """Give every output of the nodes its value."""
    for node in nodes:
        inputs = [scope.values[name] if name else None for name in node.input]
        where = f"{node.name or node.output[0]} ({node.op_type})"
        try:
            made = _lower(scope, node, inputs)
        except NeedsValue:
            raise
        except NetwrightError as error:
            raise error.at(where) from None
        outputs = list(made) if isinstance(made, tuple) else [made]
        for name, value in zip(node.output, outputs, strict=False):
            if name:
                scope.values[name] = value


def _lower(scope: Scope, node: onnx.NodeProto, inputs: list[Any]) -> Any:
    domain = "" if node.domain == "ai.onnx" else node.domain
    local = scope.functions.get((domain, node.op_type))
    if local is not None:
        return _expand(scope, local, node, inputs)
    opset = scope.opsets.get(domain, scope.opsets.get("", 1))
    row = ROWS.get(f"{domain}:{node.op_type}" if domain else node.op_type)
    if row is not None:
        attributes = read_attributes(node, opset)
        name = node.name or node.output[0]
        return row(scope.builder, Node(node.op_type, name, inputs, attributes, node.output, opset, scope))
    function = standard_function(node, opset, domain, inputs)
    if function is not None:
        return _expand(scope, function, node, inputs)
    near = difflib.get_close_matches(node.op_type, ROWS, n=3)
    raise GraphError(
        f"the ONNX operator {node.op_type!r}{f' of {domain}' if domain else ''} is not supported",
        where=f"{node.name or node.output[0]} ({node.op_type})",
        remedy=f"Near to it are {', '.join(near)}" if near else "netwright.onnx.table.ROWS lists those that are",
    )


def _schema_attributes(node: onnx.NodeProto, opset: int) -> dict[str, Any]:
    """The attributes the standard knows of the operator; none where it does not know it."""
    try:
        return dict(onnx.defs.get_schema(node.op_type, opset, node.domain).attributes)
    except onnx.defs.SchemaError:
        return {}


def read_attributes(node: onnx.NodeProto, opset: int) -> dict[str, Any]:
    """The node's attributes, with the standard's defaults for the others."""
    found: dict[str, Any] = {}
    for name, attribute in _schema_attributes(node, opset).items():
        if attribute.default_value.type:
            found[name] = _plain(helper.get_attribute_value(attribute.default_value))
    found.update({a.name: _plain(helper.get_attribute_value(a)) for a in node.attribute})
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return value


def standard_function(
    node: onnx.NodeProto, opset: int, domain: str, inputs: Sequence[Any]
) -> onnx.FunctionProto | None:
    """The standard's definition of an operator by simpler ones, where it has one."""
    try:
        schema: Any = onnx.defs.get_schema(node.op_type, opset, domain)
    except onnx.defs.SchemaError:
        return None
    if any(v is not None and not isinstance(v, Value) for v in inputs):
        return None  # the definitions of operators on sequences are rows of the table
    text = b""
    if schema.has_function:
        version = max((v for v in schema.function_opset_versions if v <= opset), default=None)
        text = schema.get_function_with_opset_version(version) if version is not None else b""
    elif schema.has_context_dependent_function:
        version = max((v for v in schema.context_dependent_function_opset_versions if v <= opset), default=None)
        types = [_type_of(v).SerializeToString() for v in inputs]
        if version is not None:
            text = schema.get_context_dependent_function_with_opset_version(version, node.SerializeToString(), types)
    return onnx.FunctionProto.FromString(text) if text else None


def _type_of(value: Any) -> onnx.TypeProto:
    if not isinstance(value, Value):
        return onnx.TypeProto()
    return helper.make_tensor_type_proto(helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)


def _expand(scope: Scope, function: onnx.FunctionProto, node: onnx.NodeProto, inputs: list[Any]) -> Any:
    given = {a.name: a for a in function.attribute_proto}
    # a function of the model's own has no schema: its defaults are in attribute_proto
    for name, attribute in _schema_attributes(node, scope.opsets.get(node.domain, 1)).items():
        if attribute.default_value.type:
            given[name] = attribute.default_value
    given.update({a.name: a for a in node.attribute})
    opsets = {**scope.opsets, **{o.domain: o.version for o in function.opset_import}}
    inner = Scope(scope.builder, opsets, scope.functions)
    inner.values.update(dict(zip(function.input, [*inputs, *[None] * len(function.input)], strict=False)))
    lower_nodes(inner, [_with_attributes(n, given) for n in function.node])
    return tuple(inner.values.get(name) for name in function.output[: len(node.output)])


def _with_attributes(node: onnx.NodeProto, given: Mapping[str, onnx.AttributeProto]) -> onnx.NodeProto:
    """A function's node with the caller's attributes in place of references to them, in its inner graphs too."""
    copy = onnx.NodeProto()
    copy.CopyFrom(node)
    del copy.attribute[:]
    for attribute in node.attribute:
        if attribute.ref_attr_name:
            if attribute.ref_attr_name in given:
                new = copy.attribute.add()
                new.CopyFrom(given[attribute.ref_attr_name])
                new.name = attribute.name
            continue
        new = copy.attribute.add()
        new.CopyFrom(attribute)
        if new.type == onnx.AttributeProto.GRAPH:
            inner = [_with_attributes(n, given) for n in attribute.g.node]
            del new.g.node[:]
            new.g.node.extend(inner)
    return copy
