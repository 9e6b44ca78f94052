"""What follows for one node from what its inputs are: remembered, for an edit changes few nodes of a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..ops.operator import FLOAT32, MAX_REMEMBERED, Operator, Shape, TensorSpec
from ..ops.params import OpParams


class Derived(NamedTuple):
    """All inputs and outputs of a node, those left open too; ``wanted`` is the shape that each input should have."""

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    wanted: tuple[Shape | None, ...]
    flops: int


def derive(op: Operator, p: OpParams, specs: Sequence[TensorSpec | None]) -> Derived | None:
    """What an operator makes of inputs (None: to be worked out); None where not all of it can be known.

    Raises what the operator raises where they do not fit.
    """
    known: dict[tuple[TensorSpec | None, ...], Derived | None] = op.facts(p).derived
    key = tuple(specs)
    if key in known:
        return known[key]
    if len(known) >= MAX_REMEMBERED:
        known.clear()
    found = known[key] = _work_out(op, p, key)
    return found


def _work_out(op: Operator, p: OpParams, specs: tuple[TensorSpec | None, ...]) -> Derived | None:
    ins, outs = op.shapes(p, [s.shape if s else None for s in specs])
    in_types, out_types = op.infer_dtype(p, [s.dtype if s else None for s in specs])
    inputs = tuple(
        s or TensorSpec(tuple(shape), np.dtype(t or FLOAT32))
        for s, shape, t in zip(specs, ins, in_types, strict=True)
        if shape is not None
    )
    outputs = tuple(
        TensorSpec(tuple(s), np.dtype(t or FLOAT32)) for s, t in zip(outs, out_types, strict=True) if s is not None
    )
    if len(inputs) != len(specs) or len(outputs) != len(outs):
        return None
    wanted = tuple(None if shape is None else tuple(shape) for shape in ins)
    return Derived(inputs, outputs, wanted, int(op.flops(p, inputs, outputs)))
