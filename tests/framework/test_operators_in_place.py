"""Operators that may write over an input give what they give elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
from tests.framework.grouped import each
from tests.framework.operator_cases import CASES, Case

from netwright.ops.operator import TensorSpec


def forward(case: Case, arrays: list[Any], out: tuple[Any, ...]) -> tuple[Any, ...]:
    keywords: dict[str, Any] = {"out": out if len(out) > 1 else out[0]}
    if "train" in case.op.forward_takes:
        keywords["train"] = case.sample.train
    if "rng" in case.op.forward_takes:
        keywords["rng"] = np.random.default_rng(3)
    with np.errstate(all="ignore"):
        found = case.op.forward(np, case.p, *arrays, **keywords)
    return found if isinstance(found, tuple) else (found,)


IN_PLACE = [case for case in CASES if case.op.inplace and case.dtype != "float64" and "out" in case.op.forward_takes]


@each(IN_PLACE)
def test_a_result_over_an_input_is_the_same(case: Case) -> None:
    arrays = case.arrays()
    specs = case.op.infer(case.p, tuple(TensorSpec(a.shape, a.dtype) for a in arrays))
    wanted = forward(case, arrays, tuple(np.empty(*spec) for spec in specs))
    for position in case.op.inplace:
        given = [a.copy() for a in arrays]
        if position >= len(given) or specs[0] != (given[position].shape, given[position].dtype):
            continue
        rest = tuple(np.empty(*spec) for spec in specs[1:])
        found = forward(case, given, (given[position], *rest))
        assert np.shares_memory(found[0], given[position]) or not found[0].size
        for got, want in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(got, want)
