"""What could come next: operators that take what a node gives, and the values they start with."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

from ..datasets.info import DatasetInfo
from ..errors import GraphError, NetwrightError
from ..ops import all_operators
from ..ops.operator import Operator, Shape
from .check import DataSpec, check
from .document import split_reference

STARTERS: dict[str, Any] = {
    "num_hidden": 64,
    "num_filter": 16,
    "kernel": [3, 3],
    "input_dim": 1000,
    "output_dim": 32,
    "state_size": 64,
    "num_layers": 1,
    "mode": "lstm",
    "num_outputs": 2,
    "dtype": "float32",
    "a_min": 0.0,
    "a_max": 1.0,
    "block_size": 2,
    "scale": 2,
    "repeats": 2,
    "nsize": 5,
    "depth": 10,
}
"""Good beginnings for parameters that every network sets and no operator can guess."""


STARTERS_OF: dict[str, dict[str, Any]] = {"Pooling": {"kernel": [2, 2], "stride": [2, 2]}}
"""The same for operators whose parameters have a default that is seldom meant."""


def start_params(op: Operator) -> dict[str, Any]:
    """What a fresh node is given: values for parameters that have no default.

    >>> from netwright.graph.suggest import start_params
    >>> from netwright.ops import get
    >>> start_params(get("Convolution"))
    {'kernel': [3, 3], 'num_filter': 16}
    """
    found: dict[str, Any] = dict(STARTERS_OF.get(op.name, {}))
    for name, field in op.Params.model_fields.items():
        if not field.is_required() or name == op.variadic:
            continue
        if name in STARTERS:
            found[name] = STARTERS[name]
        elif get_origin(field.annotation) is Literal:
            found[name] = get_args(field.annotation)[0]
    return found


def operators_after(
    graph: Any,
    source: str,
    *,
    data: DatasetInfo | DataSpec | None = None,
    batch_size: int = 32,
) -> list[str]:
    """Names of palette operators that take the output ``source`` ("node" or "node:output") as it is.

    Each is tried with the values it starts with on the shape that ``check`` derives; where that is unknown, all that
    have a data port are named. Raises GraphError where there is no such node.
    """
    node, output = split_reference(source)
    report = check(graph, data=data, batch_size=batch_size)
    if node not in report.nodes:
        raise GraphError("there is no such node", where=node[:64])
    outputs = report.nodes[node].outputs
    chosen = next((o for i, o in enumerate(outputs) if output in (o.name, str(i))), outputs[0] if outputs else None)
    shape = None if chosen is None or chosen.shape is None else tuple(chosen.shape)
    return [op.name for op in all_operators() if op.in_palette and _takes(op, shape)]


def _takes(op: Operator, shape: Shape | None) -> bool:
    if op.dynamic:
        return False
    params = {**start_params(op), **({op.variadic: 1} if op.variadic else {})}
    if any(field.is_required() and name not in params for name, field in op.Params.model_fields.items()):
        return any(port.kind == "data" for port in op.inputs)  # what it takes depends on what is still to be said
    try:
        p = op.Params.make(params, strict=True)
        ports = op.ports(p)
        if not any(port.kind == "data" for port in ports):
            return False
        if shape is None:
            return True
        given = [shape if port.kind == "data" and not port.optional else None for port in ports]
        ins, outs = op.shapes(p, given)
    except NetwrightError:
        return False
    same = all(g is None or i is None or tuple(i) == g for g, i in zip(given, ins, strict=True))
    return same and all(o is not None for o in outs)
