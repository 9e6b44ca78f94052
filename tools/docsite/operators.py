"""Pages of the operators: everything on them is read from the registry or computed."""

from __future__ import annotations

import functools
import inspect
import textwrap
import types
import typing
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Literal

import annotated_types
import numpy as np
from pydantic.fields import FieldInfo

from netwright.errors import NetwrightError
from netwright.ops import all_operators
from netwright.ops.control_flow import ControlFlow
from netwright.ops.operator import Operator, Sample, TensorSpec

from . import docstrings, examples

FOLDER = "api/operators"
ROWS = 6
"""Shapes shown of one operator."""
BOUNDS = {annotated_types.Ge: "≥ {0.ge:g}", annotated_types.Gt: "> {0.gt:g}", annotated_types.Le: "≤ {0.le:g}"}
BOUNDS |= {annotated_types.Lt: "< {0.lt:g}", annotated_types.MultipleOf: "a multiple of {0.multiple_of:g}"}
ANY_LARGE = 2**31 - 1
"""A bound that only says "fits 32 bits"."""
KINDS = {
    "data": "",
    "weight": "trained",
    "state": "kept between steps",
    "label": "what is learnt",
}


@functools.cache
def documented() -> list[Operator]:
    """Operators that have a page, by category and name; loops and branches are functions of ``contrib``."""
    found = [op for op in all_operators() if not isinstance(op, ControlFlow)]
    names = examples.public_names()
    return sorted(found, key=lambda op: (op.category, "_internal." in names[op.name][0], op.name.lower(), op.name))


def address(op: Operator) -> str:
    """The page's file."""
    return f"{FOLDER}/{op.name}.md"


def pages() -> Iterator[tuple[str, str]]:
    """(file, Markdown) of the list and of each operator."""
    names = examples.public_names()
    yield f"{FOLDER}/index.md", render_list(names)
    for op in documented():
        try:
            yield address(op), render(op, names[op.name])
        except Exception as error:
            error.add_note(f"while the page of the operator {op.name} was made")
            raise


def render_list(names: dict[str, list[str]]) -> str:
    """All operators by category, each with its sentence."""
    groups: dict[str, list[Operator]] = defaultdict(list)
    for op in documented():
        groups[op.category].append(op)
    lines = [
        "# Operators",
        "",
        f"{len(documented())} operators, each for arrays (`mx.nd`) and for symbols (`mx.sym`) under the same name, "
        "with the same parameters. One class defines each: its page shows what the class says and what it computes. "
        "Names below `_internal` are what arithmetic and gradients are made of.",
        "",
    ]
    for category, operators in groups.items():
        lines += [f"## {category.capitalize()}", "", "| Operator | |", "| --- | --- |"]
        for op in operators:
            lines.append(f"| [`{names[op.name][0]}`]({op.name}.md) | {docstrings.summary(op.doc)} |")
        lines.append("")
    return "\n".join(lines)


def render(op: Operator, names: list[str]) -> str:
    """The page of one operator."""
    place = names[0]
    called = ", ".join(f"`mx.nd.{name}`" for name in names)
    parts = [
        f"# {place.removeprefix('_internal.')}",
        f"```python\nmx.nd.{_call(op, place)}\n```",
        docstrings.render(op.doc),
        _inputs(op),
        _parameters(op),
        _shapes(op),
        _gradient(op),
    ]
    code = examples.transcript(op, place)
    if code is not None:
        parts.append(f"## Example\n\n```pycon\n{code}\n```")
    parts.append(f"## Where\n\nAs {called}, and below `mx.sym` alike; category *{op.category}*.")
    parts.append(_source(op))
    return "\n\n".join(part for part in parts if part) + "\n"


def _source(op: Operator) -> str:
    """The class as it is written, and the classes that it takes its parts from."""
    parts = ["## Source"]
    for cls in type(op).__mro__:
        if cls is Operator:
            break
        file = cls.__module__.replace(".", "/")
        parts.append(f"`framework/{file}.py`, class `{cls.__name__}`:")
        parts.append(f"```python\n{textwrap.dedent(inspect.getsource(cls)).rstrip()}\n```")
    return "\n\n".join(parts)


def _call(op: Operator, place: str) -> str:
    words = ["*data"] if op.variadic else [f"{p.name}=None" if p.optional else p.name for p in op.inputs]
    for name, field in op.Params.model_fields.items():
        if name == op.variadic or _hidden(field):
            continue
        words.append(name if field.is_required() else f"{name}={field.get_default(call_default_factory=True)!r}")
    line = f"{place}({', '.join(words)})"
    if len(line) <= 88:
        return line
    return f"{place}(\n" + "".join(f"    {word},\n" for word in words) + ")"


def _hidden(field: FieldInfo) -> bool:
    return isinstance(field.json_schema_extra, dict) and bool(field.json_schema_extra.get("hidden"))


def _inputs(op: Operator) -> str:
    if op.variadic or not op.inputs:
        return "## Inputs\n\nAny number of arrays, by position or as one list." if op.variadic else ""
    lines = ["## Inputs", "", "| Name | | |", "| --- | --- | --- |"]
    for port in op.inputs:
        facts = [KINDS[port.kind], "may be left out" if port.optional else ""]
        kind = ", ".join(fact for fact in facts if fact)
        lines.append(f"| `{port.name}` | {docstrings.escape_cell(port.doc)} | {kind} |")
    return "\n".join(lines)


def _parameters(op: Operator) -> str:
    shown = [(n, f) for n, f in op.Params.model_fields.items() if n != op.variadic and not _hidden(f)]
    if not shown:
        return ""
    lines = ["## Parameters", "", "| Name | Type | Default | |", "| --- | --- | --- | --- |"]
    for name, field in shown:
        default = "required" if field.is_required() else f"`{field.get_default(call_default_factory=True)!r}`"
        kind = docstrings.escape_cell(_type(field.annotation))
        limits = _bounds(field.metadata)
        kind += f", {limits}" if limits else ""
        lines.append(f"| `{name}` | {kind} | {default} | {docstrings.escape_cell(field.description or '')} |")
    return "\n".join(lines)


def _bounds(metadata: list[Any]) -> str:
    found = [form.format(m) for m in metadata for kind, form in BOUNDS.items() if isinstance(m, kind)]
    return ", ".join(text for text in found if text != BOUNDS[annotated_types.Le].format(annotated_types.Le(ANY_LARGE)))


def _type(hint: Any) -> str:
    """An annotation in words: ``int or None``, ``"max", "avg" or "sum"``, ``integers ≥ 1``."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        fields = [m for m in arguments[1:] if isinstance(m, FieldInfo)]
        if any(type(m).__name__ == "WithJsonSchema" for m in arguments[1:]):
            return "element type"
        limits = _bounds([m for field in fields for m in field.metadata])
        return f"{_type(arguments[0])} {limits}".strip()
    if origin in (typing.Union, types.UnionType):
        return _or([_type(part) for part in arguments])
    if origin is Literal:
        return _or([f"`{value!r}`" for value in arguments])
    if origin is tuple:
        return f"tuple of {_type(arguments[0])}"
    if hint is type(None):
        return "None"
    return str(getattr(hint, "__name__", "any"))


def _or(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _shapes(op: Operator) -> str:
    """What shapes go in and come out, for some of the samples that the tests run."""
    rows: dict[str, None] = {}
    for sample in op.samples():
        row = _shape_row(op, sample)
        if row:
            rows.setdefault(row)
    if not rows:
        return ""
    lines = ["## Shapes", "", "Some of the cases that the tests run:", ""]
    return "\n".join([*lines, "| Inputs | Parameters | Outputs |", "| --- | --- | --- |", *list(rows)[:ROWS]])


def _shape_row(op: Operator, sample: Sample) -> str:
    if op.dynamic:
        return ""
    draws = sample.draws()
    specs = tuple(TensorSpec(d.shape, np.dtype(d.dtype or "float32")) for d in draws)
    p = op.make_params(dict(sample.params))
    try:
        outputs = op.infer(p, specs)[: op.visible_outputs(p)]
    except NetwrightError:
        return ""  # a sample of another element type
    ins = ", ".join(f"{port.name} {d.shape}" for port, d in zip(op.ports(p), draws, strict=True))
    given = ", ".join(f"{k}={v!r}" for k, v in sample.params.items())
    cells = (f"`{ins}`" if ins else "", f"`{given}`" if given else "", f"`{', '.join(str(s.shape) for s in outputs)}`")
    return f"| {' | '.join(cells)} |"


def _gradient(op: Operator) -> str:
    if op.gradient_takes is None:
        return "## Gradient\n\nNone: what it is computed from gets no gradient through it."
    kept = [name for name in op.gradient_takes if name not in ("dy", "dys")]
    words = {"y": "its output", "ys": "its outputs", "xs": "its inputs"}
    tensors = [words.get(name, f"`{name}`") for name in kept]
    keeps = f"The gradient keeps {' and '.join(tensors)}" if tensors else "The gradient keeps no tensor"
    more = "; it starts the backward pass itself and ignores the gradient of its output" if op.is_loss else ""
    return f"## Gradient\n\n{keeps} from the forward pass{more}."
