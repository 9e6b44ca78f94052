"""Control flow: branches are chosen, and loops unrolled, by the values that decide them."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import helper

from ...errors import GraphError
from ..table import Node, axis_of, row
from ..values import Builder, Value

MAX_STEPS = 10_000
"""Steps that a loop may be unrolled to."""


@row("If")
def branch(b: Builder, n: Node) -> Any:
    """The branch that the condition chooses; its value must be known, for only one of the two is read."""
    graph = n.attr("then_branch" if n[0].scalar() else "else_branch")
    return tuple(n.scope.run_graph(graph, []))


@row("Loop")
def loop(b: Builder, n: Node) -> Any:
    """The body written out once a step; count and conditions must be known. What is collected is stacked."""
    body = n.attr("body")
    limit = int(n.get(0).scalar()) if n.get(0) is not None else MAX_STEPS
    going = n.get(1) is None or bool(n.get(1).scalar())
    states = list(n.inputs[2:])
    collected: list[list[Value]] = [[] for _ in range(len(body.output) - 1 - len(states))]
    step = 0
    while going and step < limit:
        if step >= MAX_STEPS:
            raise GraphError("the loop has too many steps to be unrolled", wanted=f"at most {MAX_STEPS}")
        found = n.scope.run_graph(body, [b.const(np.int64(step)), b.const(True), *states])
        going = bool(found[0].scalar())
        states = found[1 : 1 + len(states)]
        for rows, value in zip(collected, found[1 + len(states) :], strict=True):
            rows.append(value)
        step += 1
    infos = body.output[1 + len(states) :]
    return (
        *states,
        *(_stack(b, rows, 0) if rows else _no_rows(b, info) for rows, info in zip(collected, infos, strict=True)),
    )


def _no_rows(b: Builder, info: onnx.ValueInfoProto) -> Value:
    """What a loop without a step collects: no rows, of the shape that the body declares."""
    tensor = info.type.tensor_type
    shape = tuple(d.dim_value for d in tensor.shape.dim)
    return b.const(np.zeros((0, *shape), helper.tensor_dtype_to_np_dtype(tensor.elem_type or onnx.TensorProto.FLOAT)))


def _stack(b: Builder, rows: list[Value], axis: int) -> Value:
    shape = rows[0].shape
    return b.concat([b.reshape(r, (*shape[:axis], 1, *shape[axis:])) for r in rows], axis)


@row("Scan")
def scan(b: Builder, n: Node) -> Any:
    """The body written out for each slice of the inputs, cut along any axis, backwards too; states are handed on."""
    if n.opset < 9:
        return _scan_batches(b, n)
    body, scanned = n.attr("body"), n.attr("num_scan_inputs")
    states, sequences = list(n.inputs[:-scanned]), n.inputs[-scanned:]
    axes = [axis_of(a, s.rank) for a, s in zip(n.attr("scan_input_axes") or [0] * scanned, sequences, strict=True)]
    backwards = n.attr("scan_input_directions") or [0] * scanned
    steps = sequences[0].shape[axes[0]]
    outputs: list[list[Value]] = [[] for _ in range(len(body.output) - len(states))]
    for step in range(steps):
        now = []
        for sequence, axis, back in zip(sequences, axes, backwards, strict=True):
            i = steps - 1 - step if back else step
            rest = [s for k, s in enumerate(sequence.shape) if k != axis]
            now.append(b.reshape(b.slice(sequence, axis, i, i + 1), rest))
        found = n.scope.run_graph(body, [*states, *now])
        states = found[: len(states)]
        for rows, value in zip(outputs, found[len(states) :], strict=True):
            rows.append(value)
    directions = n.attr("scan_output_directions") or [0] * len(outputs)
    places = n.attr("scan_output_axes") or [0] * len(outputs)
    stacked = [
        _stack(b, rows[:: -1 if back else 1], axis_of(axis, rows[0].rank + 1))
        for rows, back, axis in zip(outputs, directions, places, strict=True)
    ]
    return (*states, *stacked)


def _scan_batches(b: Builder, n: Node) -> Any:
    """Opset 8: every input has a batch in front, and each of its entries is scanned by itself."""
    if n.get(0) is not None:
        raise n.refuse("lengths of sequences are not supported")
    inputs = n.inputs[1:]
    made = []
    for i in range(inputs[0].shape[0]):
        own = [b.reshape(b.slice(v, 0, i, i + 1), v.shape[1:]) for v in inputs]
        attributes = {"body": n.attr("body"), "num_scan_inputs": n.attr("num_scan_inputs")}
        attributes["scan_input_directions"] = n.attr("directions")
        made.append(scan(b, Node(n.op, n.name, own, attributes, n.outputs, 9, n.scope)))
    return tuple(_stack(b, [found[k] for found in made], 0) for k in range(len(made[0])))
