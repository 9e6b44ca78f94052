"""An operator's gradient as a Python function on bare NumPy arrays, made once for each case of shapes and dtypes.

The gradient's rule is called on the Scheduler's values, as when a plan is made: what it calls then stands in a graph.
Its calls, in their order, are the lines of the function; each runs what its operator has ready for these shapes
(``Operator.direct`` written out, or ``Operator.ready``).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import NetwrightError
from .ops.arrays import scalar_like
from .ops.operator import Operator, TensorSpec
from .ops.params import OpParams

if TYPE_CHECKING:
    from .scheduler.ir import Graph, Node, Value

WayBack = Callable[[Any, Sequence[Any], Sequence[Any]], Sequence[Any]]
"""``back(dys, kept, results)``: gradients of the inputs, bare, from what a node of the tape keeps. ``dys`` is the one
output's gradient, or those of several."""


def way_back(
    op: Operator,
    p: OpParams,
    inputs: tuple[TensorSpec, ...],
    outputs: tuple[TensorSpec, ...],
    train: bool,
    wanted: tuple[bool, ...],
    arrived: tuple[bool, ...],
) -> WayBack | None:
    """The gradient for these specifications; None where it cannot be told before it is computed."""
    if op.gradient_takes is None:
        nothing = (None,) * len(inputs)
        return lambda dys, kept, results: nothing
    from .scheduler.differentiate import pull
    from .scheduler.ir import Graph, Node

    graph = Graph(train)
    xs = [graph.add_input(f"x{i}", spec) for i, spec in enumerate(inputs)]
    node = Node(op, p, tuple(xs), op.name, "forward", train)
    node.outputs = tuple([graph.add_input(f"y{i}", spec) for i, spec in enumerate(outputs)])
    dys = [
        graph.add_input(f"dy{i}", s) if there else None
        for i, (s, there) in enumerate(zip(outputs, arrived, strict=True))
    ]
    try:
        found = pull(graph, node, dys, wanted)
    except NetwrightError:  # what cannot be planned; the general way says what is wrong, where something is
        return None
    ends = [value if want else None for value, want in zip(found, wanted, strict=True)]
    if not all(_tells_beforehand(one) for one in graph.nodes):
        return None
    return _Lines(graph, ends).function(len(outputs), tuple(v for v in dys if v is not None))


def _tells_beforehand(node: Node) -> bool:
    op, p = node.op, node.p
    return op.forward_takes <= {"out", "train"} and not op.state_ports(p) and not op.gives_sparse(p) and not op.dynamic


class _Lines:
    """The lines of a function that computes some values of a graph."""

    def __init__(self, graph: Graph, ends: Sequence[Value | None]) -> None:
        self._ends = ends
        self._names: dict[str, Any] = {"ndarray": np.ndarray, "asarray": np.asarray}
        self._words = {value: name for name, value in graph.inputs.items()}
        self._kept = {value for value in ends if value is not None}
        needed = set(self._kept)
        self._nodes: list[Node] = []
        for node in reversed(graph.nodes):
            if needed.intersection(node.outputs):
                self._nodes.append(node)
                needed.update(node.inputs)
        self._nodes.reverse()
        self._used = needed
        self._last = {value: i for i, node in enumerate(self._nodes) for value in node.inputs}
        self._own: set[Value] = set()
        """What the function has computed into memory of its own."""

    def function(self, outputs: int, dys: tuple[Value, ...]) -> WayBack:
        """``back(dys, kept, results)``."""
        lines = ["def back(dys, kept, results):"]
        for value, word in self._words.items():
            if value in self._used:
                kind, place = (word[:2], word[2:]) if word.startswith("dy") else (word[0], word[1:])
                source = {
                    "dy": "dys" if outputs == 1 else f"dys[{place}]",
                    "x": f"kept[{place}]",
                    "y": f"results[{place}]",
                }
                lines.append(f"    {word} = {source[kind]}")
        for i, node in enumerate(self._nodes):
            lines += [f"    {line}" for line in self._call(i, node)]
        ends = ["None" if value is None else self._words[value] for value in self._ends]
        lines.append(f"    return ({', '.join(ends)},)")
        exec(compile("\n".join(lines), "<netwright gradients>", "exec"), self._names)
        return self._names["back"]  # type: ignore[no-any-return]

    def _call(self, i: int, node: Node) -> list[str]:
        """One call's lines."""
        for k, value in enumerate(node.outputs):
            self._words[value] = f"t{i}" if len(node.outputs) == 1 else f"t{i}_{k}"
        target = ", ".join(self._words[value] for value in node.outputs)
        expression = self._expression(i, node)
        if not node.op.view:
            self._own.update(node.outputs)
        if expression:
            return [f"{target} = {expression}"]
        op, specs = node.op, tuple([v.spec for v in node.inputs])
        run = op.ready(np, node.p, specs)
        if "train" in op.forward_takes:
            run = functools.partial(run, train=node.train)
        self._names[f"f{i}"] = run
        line = f"{target} = f{i}({', '.join(self._words[v] for v in node.inputs)})"
        if len(node.outputs) > 1:
            return [line]
        return [
            line,
            f"if {target}.__class__ is not ndarray:",
            f"    {target} = asarray({target}[0] if {target}.__class__ is tuple else {target})",
        ]

    def _expression(self, i: int, node: Node) -> str:
        """``direct`` of the operator in the function's names; nothing where it does not say it all here."""
        op, specs = node.op, {v.spec for v in node.inputs}
        if (
            not op.direct
            or op.direct_where not in ("", "True")
            or len(specs) != 1
            or {v.spec for v in node.outputs} != specs
        ):
            return ""
        shape, dtype = specs.pop()
        if not shape or dtype.kind != "f":
            return ""
        zero = np.zeros((), dtype)
        known = {port.name: self._words[v] for port, v in zip(op.inputs, node.inputs, strict=True)}
        known |= {"zero": f"zero{i}", "scalar": f"scalar{i}"}
        self._names[f"zero{i}"] = zero
        if re.search(r"\bscalar\b", op.direct):
            self._names[f"scalar{i}"] = np.asarray(scalar_like(zero, node.p.scalar))  # type: ignore[attr-defined]
        functions = re.findall(r"(?<!\.)\b(\w+)\(", op.direct)
        self._names.update((name, getattr(np, name)) for name in functions)
        text = re.sub(r"(?<!\.)\b(\w+)\b(?!\()", lambda word: known.get(word[1], word[1]), op.direct)
        plain = re.fullmatch(r"(\w+)\(([\w, ]+)\)", text)
        if plain and isinstance(getattr(np, plain[1]), np.ufunc):
            spent = [v for v in node.inputs if v in self._own and self._last[v] == i and v not in self._kept]
            if spent:  # a value that nobody reads any more gives its memory
                return f"{text[:-1]}, out={self._words[spent[0]]})"
        return text
