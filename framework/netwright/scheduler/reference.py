"""The reference executor: a graph run call by call, with every tensor in memory of its own.

Slow and simple; the measure that every plan is compared with, and the way to higher orders through a compiled block.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..ops.operator import Operator
from ..ops.params import OpParams
from .fused import Fused
from .ir import Graph, Value


def interpret(
    graph: Graph,
    feeds: Mapping[str, Any],
    wanted: Sequence[Value],
    call: Callable[[Operator, OpParams, tuple[Any, ...]], Sequence[Any]],
) -> list[Any]:
    """The wanted values; ``call(op, p, inputs)`` runs one operator on what is fed and returns all outputs.

    What a plan has put into one is called one by one.
    """
    values: dict[Value, Any] = {v: feeds[name] for name, v in graph.inputs.items() if name in feeds}
    for node in graph.nodes:
        inputs = tuple(values[v] for v in node.inputs)
        found = node.op.each(inputs, call) if isinstance(node.op, Fused) else call(node.op, node.p, inputs)
        values.update(zip(node.outputs, found, strict=True))
    return [values[v] for v in wanted]
