"""From a symbol and the shapes of its variables to the Scheduler's graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import GraphError
from ..ops.operator import Shape, TensorSpec
from ..symbol.infer import Inference
from ..symbol.open_sizes import close_sizes
from ..symbol.symbol import Symbol, SymbolEntry
from .ir import Graph, Value


def infer_all(
    symbol: Symbol,
    known: Mapping[str, TensorSpec] | None = None,
    *,
    shapes: Mapping[str, Shape] | None = None,
    dtypes: Mapping[str, np.dtype[Any]] | None = None,
) -> dict[SymbolEntry, TensorSpec]:
    """Specifications of every value from those (or from the shapes and dtypes) of some variables.

    Raises GraphError that names the first variable whose shape does not follow.
    """
    nodes = symbol.nodes()
    inference = Inference(nodes)
    for node in nodes:
        if node.op is not None:
            continue
        if known and node.name in known:
            inference.shapes[node, 0], inference.dtypes[node, 0] = known[node.name]
        if shapes and node.name in shapes:
            inference.set_shape((node, 0), shapes[node.name])
        if dtypes and node.name in dtypes:
            inference.dtypes[node, 0] = dtypes[node.name]
    inference.run_shapes()
    inference.run_dtypes()
    inference.settle_dtypes()
    for node in nodes:
        if node.op is None and (node, 0) not in inference.shapes:
            raise GraphError(
                "its shape does not follow from what was given",
                where=node.name,
                remedy=f"Give the shape of {node.name!r}, or of the data it is used with",
            )
    return {e: TensorSpec(shape, inference.dtypes[e]) for e, shape in inference.shapes.items()}


def check_names(symbol: Symbol) -> None:
    """Arrays are found by name: GraphError where two variables have one."""
    seen: set[str] = set()
    for name in symbol.list_inputs():
        if name in seen:
            raise GraphError(
                "two variables have this name",
                where=name,
                remedy="Make the variable once and use it at both places, or rename one of them",
            )
        seen.add(name)


def lower(symbol: Symbol, known: Mapping[str, TensorSpec], train: bool) -> Graph:
    """The forward graph; its inputs are the symbol's variables, its outputs the symbol's."""
    check_names(symbol)
    symbol = close_sizes(symbol, {name: spec.shape for name, spec in known.items()})
    specs = infer_all(symbol, known)
    graph = Graph(train)
    values: dict[SymbolEntry, Value] = {}
    for node in symbol.nodes():
        if node.op is None:
            values[node, 0] = graph.add_input(node.name, specs[node, 0])
        else:
            assert node.p is not None
            outputs = graph.call(node.op, node.p, [values[e] for e in node.inputs], node.name)
            values.update({(node, i): v for i, v in enumerate(outputs)})
    graph.outputs = [values[e] for e in symbol._entries]
    return graph
