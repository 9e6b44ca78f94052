"""What the importer and the exporter reach: ``python -m netwright.onnx.coverage``.

The standard's own node cases are run against the importer, and each of our operators is exported once. With
``--operators`` it prints two tables instead: how each of the standard's operators is read, and each of ours written.
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from ..ops import all_operators
from ..ops.operator import Operator, TensorSpec
from ..symbol.compose import apply
from ..symbol.symbol import Variable
from .convert import ExportError
from .drafts import write_symbol
from .model import OnnxModel
from .rule_table import RULES
from .table import ROWS


def node_cases() -> Iterator[Any]:
    """The standard's cases of single operators."""
    from onnx.backend.test.loader import load_model_tests

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield from load_model_tests(kind="node")


def operators_of(model: onnx.ModelProto) -> set[str]:
    """The operators a model uses, domains other than the standard's first named."""
    return {f"{n.domain}:{n.op_type}" if n.domain not in ("", "ai.onnx") else n.op_type for n in model.graph.node}


def run_case(case: Any) -> str | None:
    """None where every output agrees with the case, else what was found."""
    try:
        model = OnnxModel(case.model)
        for inputs, outputs in case.data_sets:
            found = model.run([_plain(v) for v in inputs])
            for name, got, wanted in zip(model.outputs, found, outputs, strict=False):
                if (problem := difference(got, _plain(wanted), case.rtol, case.atol)) is not None:
                    return f"output {name}: {problem}"
    except Exception as error:  # a case that fails in any way is counted, and its reason shown
        return f"{type(error).__name__}: {error}"
    return None


def _plain(value: Any) -> Any:
    if isinstance(value, onnx.TensorProto):
        return numpy_helper.to_array(value)
    if isinstance(value, onnx.SequenceProto):
        return numpy_helper.to_list(value)
    if isinstance(value, onnx.OptionalProto):
        return numpy_helper.to_optional(value)
    return value


def difference(got: Any, wanted: Any, rtol: float, atol: float) -> str | None:
    """What keeps two outputs from being equal, or None."""
    if isinstance(wanted, list) or wanted is None:
        if wanted is None or not isinstance(got, list) or len(got) != len(wanted):
            return None if got is wanted else "not the same sequence"
        return next((d for g, w in zip(got, wanted, strict=True) if (d := difference(g, w, rtol, atol))), None)
    wanted = np.asarray(wanted)
    if got is None or got.shape != wanted.shape or got.dtype != wanted.dtype:
        return f"wanted {wanted.dtype}{wanted.shape}, got {None if got is None else f'{got.dtype}{got.shape}'}"
    if wanted.dtype.kind in "OUS":
        return None if (got == wanted).all() else "texts differ"
    if np.issubdtype(wanted.dtype, np.number) or wanted.dtype == bool:
        close = np.allclose(got.astype("float64"), wanted.astype("float64"), rtol, atol, equal_nan=True)
    else:
        close = np.allclose(got.astype("float32"), wanted.astype("float32"), rtol, atol, equal_nan=True)
    return None if close else "values differ"


def refusals() -> dict[str, str]:
    """Our operators that cannot be exported, with the reason, found by writing each one's first sample."""
    return {op.name: reason for op in all_operators() if (reason := refusal(op)) is not None}


def refusal(op: Operator) -> str | None:
    """Why an operator cannot be exported, or None where it can."""
    samples = [s for s in op.samples() if all(0 not in d.shape for d in s.draws())]
    sample = samples[0]
    names = [f"in{i}" for i in range(len(sample.draws()))]
    made = apply(op.name, tuple(Variable(n) for n in names), dict(sample.params))
    specs = {
        n: TensorSpec(d.shape, np.dtype(d.dtype or sample.dtypes[0]))
        for n, d in zip(names, sample.draws(), strict=True)
    }
    try:
        write_symbol(made, specs, {})
    except ExportError as error:
        return error.message
    return None


def reading_table() -> Iterator[str]:
    """Markdown: the operators of the standard that have a row, with what the row makes of them."""
    yield from ("| ONNX | is read as |", "| --- | --- |")
    for name, function in sorted(ROWS.items()):
        yield f"| {name} | {_first_line(function)} |"


def writing_table() -> Iterator[str]:
    """Markdown: our operators, with how each is written or why it cannot be."""
    refused = refusals()
    yield from ("| Operator | is written as |", "| --- | --- |")
    for op in sorted(all_operators(), key=lambda o: o.name):
        how = _first_line(RULES[op.name]) if op.name in RULES else "nodes of its own forward"
        yield f"| {op.name} | {f'(not) {refused[op.name]}' if op.name in refused else how} |"


def _first_line(function: Any) -> str:
    return (function.__doc__ or "").strip().split("\n", 1)[0].replace("|", "\\|")


def main(arguments: Sequence[str]) -> None:
    """Print the cases that fail, the operators that cannot be exported, and the counts; or the two tables."""
    if "--operators" in arguments:
        print("\n".join([*reading_table(), "", *writing_table()]))
        return
    passed = total = 0
    failures: Counter[str] = Counter()
    for case in node_cases():
        total += 1
        problem = run_case(case)
        if problem is None:
            passed += 1
            continue
        failures[next(iter(sorted(operators_of(case.model))))] += 1
        print(f"{case.name}: {problem[:200]}")
    print("failed by operator:", ", ".join(f"{k} {v}" for k, v in failures.most_common()))
    print(f"{passed} passed of {total}")
    refused = refusals()
    for name, reason in refused.items():
        print(f"{name}: {reason}")
    every = len(all_operators())
    rules = len(RULES.keys() - refused.keys())
    print(
        f"{every - len(refused)} operators can be exported of {every} registered, {rules} of them by rules of their own"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
