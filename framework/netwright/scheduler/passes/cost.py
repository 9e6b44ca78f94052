"""A rough time for each call, to weigh one against another.

The rates are fixed ones, not this machine's (``scheduler/cost.py`` has those): a graph has one plan everywhere.
"""

from __future__ import annotations

from ..ir import Node

FLOPS = 50e9
"""Operations a second of one core in a matrix product, float32."""

BYTES = 8e9
"""Bytes a second to and from memory."""

CALL = 1e-6
"""Seconds that any call takes."""


def seconds(node: Node) -> float:
    """How long the call takes: as long as its operations or its traffic, whichever is more."""
    if node.op.view:
        return 0.0
    inputs, outputs = [v.spec for v in node.inputs], [v.spec for v in node.outputs]
    traffic = sum(spec.nbytes for spec in (*inputs, *outputs))
    return float(CALL + max(node.op.flops(node.p, inputs, outputs) / FLOPS, traffic / BYTES))
