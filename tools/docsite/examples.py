"""A runnable example of an operator, made from the samples that its tests run; the output is what it printed."""

from __future__ import annotations

import ast
import contextlib
import functools
import io
import keyword
import math
import zlib
from typing import Any

import numpy as np

import netwright as mx
from netwright.ops.namespaces import places
from netwright.ops.operator import Draw, Operator, Sample

FEW = 16
"""Elements of an array that is written out."""


@functools.cache
def public_names() -> dict[str, list[str]]:
    """Where each operator is reached below ``mx.nd`` and ``mx.sym``, its own name first: ``linalg.gemm``."""
    found: dict[str, list[str]] = {}
    for space, name, op in places():
        if name.isidentifier() and not keyword.iskeyword(name):
            found.setdefault(op.name, []).append(f"{space}.{name}" if space else name)
    for op_name, names in found.items():
        names.sort(key=lambda n: (n.startswith("_internal"), n.rpartition(".")[2] != op_name))
    return found


def choose_sample(op: Operator) -> Sample | None:
    """The sample that shows most with least: small, not empty, two axes rather than one or four."""

    def cost(sample: Sample) -> tuple[float, ...]:
        shapes = [d.shape for d in sample.draws()]
        sizes = [math.prod(s) for s in shapes]
        empty = any(n == 0 for n in sizes)
        first = shapes[0] if shapes else ()
        alone = bool(op.variadic) and len(shapes) < 2
        return (
            empty,
            alone,
            sum(sizes) > 4 * FEW,
            abs(len(first) - 2),
            sum(max(0, n - FEW) for n in sizes),
            -len(first),
        )

    return min(op.samples(), key=cost, default=None)


def draw(d: Draw, rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """One input with values of at most two decimals."""
    count = math.prod(d.shape)
    values: np.ndarray[Any, Any]
    if d.kind == "normal":
        values = rng.standard_normal(count)
    elif d.kind == "uniform":
        values = rng.uniform(d.low, d.high, count)
    elif d.kind == "integer":
        values = rng.integers(int(d.low), int(d.high), count)
    elif d.kind == "distinct":
        values = rng.permutation(np.linspace(d.low, d.high, count))
    else:
        square = rng.standard_normal(d.shape)
        values = square @ np.swapaxes(square, -1, -2) + d.shape[-1] * np.eye(d.shape[-1])
    return np.round(np.asarray(values, dtype="float64"), 2).reshape(d.shape) + 0.0  # no −0


def write_input(name: str, d: Draw, rng: np.random.Generator, dtype: str) -> str:
    """The line that makes one input."""
    dtype = d.dtype or dtype
    more = "" if dtype == "float32" else f', dtype="{dtype}"'
    if math.prod(d.shape) > FEW and d.kind in ("normal", "uniform"):
        how = "normal" if d.kind == "normal" else f"uniform({d.low:g}, {d.high:g}"
        opened = f"mx.nd.random.{how}" + ("(" if d.kind == "normal" else ", ")
        return f"{name} = {opened}shape={d.shape}{more})"
    values = draw(d, rng)
    whole = not np.issubdtype(np.dtype(dtype), np.floating)
    return f"{name} = mx.nd.array({_plain((values.astype(dtype) if whole else values).tolist())}{more})"


def _plain(values: Any) -> str:
    return repr(values).replace(".0,", ".,").replace(".0]", ".]")


def source(op: Operator, place: str) -> str | None:
    """The example's lines, or None for an operator whose work is the user's."""
    sample = choose_sample(op)
    if sample is None:
        return None
    p = op.make_params(dict(sample.params))
    rng = np.random.default_rng(zlib.crc32(op.name.encode()))
    dtype = "float32" if "float32" in sample.dtypes else sample.dtypes[0]
    ports = op.ports(p)
    lines = [write_input(port.name, d, rng, dtype) for port, d in zip(ports, sample.draws(), strict=True)]
    if "rng" in op.forward_takes or any("random" in line for line in lines):
        lines.insert(0, "mx.random.seed(0)")
    in_order = op.variadic or [port.name for port in ports] == [port.name for port in op.inputs[: len(ports)]]
    arguments = [port.name if in_order else f"{port.name}={port.name}" for port in ports]
    arguments += [f"{k}={v!r}" for k, v in sample.params.items() if k != op.variadic]
    call = f"mx.nd.{place}({', '.join(arguments)})"
    if "train" in op.forward_takes and sample.train:
        lines += ["with mx.autograd.train_mode():", f"    y = {call}"]
    else:
        lines.append(f"y = {call}")
    return "\n".join(lines)


def show(y: Any) -> str:
    """How the result is looked at: whole where it is small, else its shape."""
    results = y if isinstance(y, (list, tuple)) else [y]
    small = sum(r.size for r in results) <= 3 * FEW
    if isinstance(y, (list, tuple)):
        return "for part in y:\n    print(part.asnumpy())" if small else "[part.shape for part in y]"
    return "y" if small else "y.shape"


def run(code: str) -> tuple[dict[str, Any], str]:
    """The names that a piece of code leaves, and what it printed."""
    names: dict[str, Any] = {"mx": mx}
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(code, "<example>", "exec"), names)
    return names, out.getvalue()


def transcript(op: Operator, place: str) -> str | None:
    """The example as a session: what is typed, and what Python answered."""
    code = source(op, place)
    if code is None:
        return None
    names, _ = run(code)
    look = show(names["y"])
    tree = ast.parse(look).body[0]
    if isinstance(tree, ast.Expr):
        answer = repr(eval(look, names))
    else:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(look, names)
        answer = out.getvalue().rstrip()
    return "\n".join([*_prompted(code), *_prompted(look), answer.strip("\n")])


def _prompted(code: str) -> list[str]:
    lines = []
    for line in code.splitlines():
        lines.append(("... " if line.startswith(" ") else ">>> ") + line)
    return [f"{line}\n..." if line.startswith("... ") and _last(lines, i) else line for i, line in enumerate(lines)]


def _last(lines: list[str], i: int) -> bool:
    """Whether an indented block ends here."""
    return i + 1 == len(lines) or not lines[i + 1].startswith("... ")
