"""Every operator as ONNX: checked by the standard's own checker, run in onnxruntime, and read back by our importer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.framework.onnx_runtime import NotImplementedThere, run
from tests.framework.operator_cases import CASES, Array, Case

from netwright import symbol as sym
from netwright.errors import NetwrightError
from netwright.onnx import ExportError, OnnxModel, export, get_operator_support
from netwright.onnx.coverage import difference, refusal
from netwright.onnx.rule_table import REFUSED, RULES
from netwright.ops import all_operators, find
from netwright.ops.operator import Operator
from netwright.symbol.compose import apply

MOST_SAMPLES = 3
"""Samples of each operator that are tried."""

RUNTIME_LACKS = {"random"}
"""Categories of which onnxruntime lacks some element types though the samples count as float32."""


def chosen(op: Operator) -> list[Case]:
    """Some samples of an operator in the first element type they name, spread over all."""
    cases = [c for c in CASES if c.op is op and c.dtype == c.sample.dtypes[0]]
    step = max(1, -(-len(cases) // MOST_SAMPLES))
    return cases[::step]


def written(case: Case, dynamic: bool = False) -> tuple[Any, dict[str, Array]]:
    """(the model of one call of the operator, its inputs)."""
    arrays = case.arrays()
    names = [f"in{i}" for i in range(len(arrays))]
    made = apply(case.op.name, tuple(sym.Variable(n) for n in names), dict(case.sample.params))
    shapes = {n: a.shape for n, a in zip(names, arrays, strict=True)}
    dtypes = {n: a.dtype for n, a in zip(names, arrays, strict=True)}
    return export(made, shapes=shapes, dtypes=dtypes, dynamic=dynamic), dict(zip(names, arrays, strict=True))


def predicted(case: Case) -> list[Array]:
    """The operator's own visible outputs when nothing is trained."""
    keywords = case.keywords()
    if "train" in keywords:
        keywords["train"] = False
    with np.errstate(all="ignore"):
        made = case.op.forward(np, case.p, *case.arrays(), **keywords)
    return list(made if isinstance(made, tuple) else (made,))[: case.op.visible_outputs(case.p)]


def draws(case: Case) -> bool:
    """Whether the result is random when a model is used."""
    return case.op.category == "random" or case.filled.get("mode") == "always" or case.op.name == "_shuffle"


EXPORTED = [op for op in all_operators() if op.name not in REFUSED and not op.dynamic and refusal(op) is None]


@pytest.mark.parametrize("op", EXPORTED, ids=lambda o: o.name)
def test_operator_gives_the_same_in_onnxruntime(op: Operator) -> None:
    for case in chosen(op):
        model, feeds = written(case)
        try:
            found = run(model, feeds)
        except NotImplementedThere:  # the checker has accepted the model; there is no kernel for this element type
            if case.dtype == "float32" and op.category not in RUNTIME_LACKS:
                raise
            continue
        wanted = predicted(case)
        tolerance = 5e-3 if case.dtype == "float16" else 3e-5
        for got, want in zip(found, wanted, strict=True):
            if draws(case):
                assert (got.shape, got.dtype) == (want.shape, want.dtype), case.id
            else:
                assert difference(got, want, tolerance, tolerance) is None, case.id
        if draws(case):
            continue
        for got, want in zip(OnnxModel(model).run(feeds), found, strict=True):
            assert difference(got, want, tolerance, tolerance) is None, f"{case.id}, read back"


def larger(case: Case, more: int) -> Case:
    """The sample with a longer first axis, on every input that has the first one's size there."""
    draws = case.sample.draws()
    size = draws[0].shape[0]
    wider = [replace(d, shape=(size + more, *d.shape[1:])) if d.shape[:1] == (size,) else d for d in draws]
    return Case(case.op, case.number, replace(case.sample, inputs=tuple(wider)), case.dtype)


OPENABLE = [op for op in EXPORTED if op.category not in ("random", "optimizer", "scalar")]


def test_an_open_batch_gives_the_same_for_another_size() -> None:
    """Where the first axis may be open at all, the model is right for a size it was not written for."""
    opened = 0
    for op in OPENABLE:
        case = chosen(op)[0]
        if not case.sample.draws() or not case.sample.draws()[0].shape or draws(case) or case.dtype == "float16":
            continue
        try:
            model, _ = written(case, dynamic=True)
        except NetwrightError:
            continue  # how it computes, or another input, depends on that size
        other = larger(case, 2)
        try:
            wanted = predicted(other)
        except (NetwrightError, ValueError):
            continue  # its parameters state the size
        opened += 1
        names = {f"in{i}": a for i, a in enumerate(other.arrays())}
        for got, want in zip(run(model, names), wanted, strict=True):
            assert difference(got, want, 1e-4, 1e-4) is None, case.id
    assert opened > len(OPENABLE) // 2


def test_what_cannot_be_exported_says_why() -> None:
    refused = [op for op in all_operators() if op not in EXPORTED]
    assert len(EXPORTED) > 6 * len(refused)
    for op in refused:
        reason = refusal(op)
        assert reason is not None
        assert reason.startswith("it cannot be written as ONNX: ")
        assert reason.endswith(REFUSED.get(op.name, "")), op.name


def test_table_names_operators_that_there_are() -> None:
    for name in (*RULES, *REFUSED):
        op = find(name)
        assert op is not None, name
        assert op.name == name, f"{name} is an alias of {op.name}"


def test_supported_names() -> None:
    names = get_operator_support()
    assert {"Convolution", "broadcast_add", "broadcast_plus", "RNN", "_foreach"} <= set(names)
    assert "_linalg_syevd" not in names


def test_error_names_node_operator_reason_and_remedy() -> None:
    values, _ = sym.linalg.syevd(sym.Variable("a"), name="spectrum")
    with pytest.raises(ExportError) as caught:
        export(values, shapes={"a": (3, 3)})
    text = str(caught.value)
    assert text.startswith("spectrum (_linalg_syevd): it cannot be written as ONNX: the standard has no eigenvalues")
    assert "Replace it by operators that can be exported" in text
