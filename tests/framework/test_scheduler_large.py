"""What keeps planning quick where graphs are large."""

from __future__ import annotations

import gc
import math

import numpy as np
import pytest

import netwright as mx
from netwright import sym
from netwright.ops import get
from netwright.ops.operator import TensorSpec
from netwright.scheduler import Compiled
from netwright.scheduler.fused import Fused
from netwright.scheduler.uncollected import uncollected


def test_the_collector_rests_while_a_plan_is_made() -> None:
    assert gc.isenabled()

    @uncollected()
    def plan() -> None:
        assert not gc.isenabled()
        with uncollected():
            pass
        assert not gc.isenabled()
        raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        plan()
    assert gc.isenabled()


def test_equal_layers_have_equal_programs() -> None:
    """Parameters that are equal are one object, so that the program of equal groups is made once; 0.0 is not -0.0."""
    op = get("_plus_scalar")
    zero, less = op.make_params({"scalar": 0.0}), op.make_params({"scalar": -0.0})
    assert zero is op.make_params({"scalar": 0.0})
    assert less is op.make_params({"scalar": -0.0})
    assert math.copysign(1, zero.scalar) == 1  # type: ignore[attr-defined]
    assert math.copysign(1, less.scalar) == -1  # type: ignore[attr-defined]
    x = sym.Variable("x")
    for i in range(3):
        x = sym.FullyConnected(x * 2 + 1, num_hidden=4, name=f"fc{i}")
    plan = Compiled(x, {"x": TensorSpec((2, 4), np.dtype("f4"))}, train=False, device=mx.cpu()).plan
    kernels = [node.op.kernel for node in plan.steps if isinstance(node.op, Fused)]
    assert len(kernels) == 3
    assert len(set(map(id, kernels))) == 1
