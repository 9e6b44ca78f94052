"""Which values of a graph would be sparse: the operators' storage rules, followed from its inputs."""

from __future__ import annotations

from collections.abc import Mapping

from ..ops import get
from ..ops.storage import DEFAULT
from ..symbol.symbol import Symbol
from .ir import Graph, Value

_STRICT = {"broadcast_add": "elemwise_add", "broadcast_sub": "elemwise_sub", "broadcast_mul": "elemwise_mul"}
"""What gradient rules mean by arithmetic on arrays of one shape."""


def infer_storages(graph: Graph, known: Mapping[str, str]) -> dict[Value, str]:
    """The storage of every value from those of the inputs that are not dense."""
    found = {value: known.get(name, DEFAULT) for name, value in graph.inputs.items()}
    for node in graph.nodes:
        stypes = tuple(found[v] for v in node.inputs)
        sparse = node.op.gives_sparse(node.p) or any(s != DEFAULT for s in stypes)
        op = node.op
        if op.name in _STRICT and len({v.shape for v in node.inputs}) == len(set(stypes)) == 1:
            op = get(_STRICT[op.name])
        outcome = op.infer_storage(node.p, stypes) if sparse else None
        found.update(zip(node.outputs, outcome or (DEFAULT,) * len(node.outputs), strict=True))
    return found


def gives_sparse(symbol: Symbol) -> bool:
    """Whether an operator of the symbol may give sparse results or gradients where all its variables are dense."""
    return any(node.op is not None and node.op.gives_sparse(node.p) for node in symbol.nodes())
