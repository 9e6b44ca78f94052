"""Loops and branches in symbols: a body is called once on placeholders, and what it makes becomes a sub-graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..errors import GraphError, ParamError
from ..naming import AttrScope, NameManager
from ..ndarray.control_flow import check_iterations, check_variables
from ..ndarray.nested import flatten, rebuild
from ..ops import get
from ..ops.control_flow import INPUT, Tools, install_tools
from ..ops.operator import TensorSpec
from .compose import make_node
from .infer import Inference
from .json import load_json
from .symbol import Symbol, SymbolEntry, SymbolNode, Variable, walk

_MARK = "__subgraph_name__"


class _Body:
    """Notes what is made inside a ``with`` block, and cuts it out of the graph around it."""

    def __init__(self, name: str) -> None:
        self.name = NameManager.current().get(None, f"_{name}")
        self._scope = AttrScope(**{_MARK: self.name})
        self.placeholders: list[SymbolNode] = []

    def __enter__(self) -> _Body:
        self._scope.__enter__()
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self._scope.__exit__(kind, error, trace)

    def placeholder(self, like: Symbol) -> Symbol:
        """A variable that stands for one of the operator's inputs."""
        found = Variable(f"{like.name or self.name}-{len(self.placeholders)}")
        self.placeholders.append(found._entries[0][0])
        return found

    def cut(self, outputs: Sequence[Symbol]) -> tuple[str, list[Symbol]]:
        """(JSON of the sub-graph of the outputs, what it uses of the graph around it)."""
        inside: dict[SymbolNode, SymbolNode] = {node: _variable(i) for i, node in enumerate(self.placeholders)}
        outer: dict[SymbolEntry, SymbolNode] = {}

        def moved(entry: SymbolEntry) -> SymbolEntry:
            node, i = entry
            if node in inside:
                return inside[node], i
            if entry not in outer:
                outer[entry] = _variable(len(self.placeholders) + len(outer))
            return outer[entry], 0

        heads = [entry for symbol in outputs for entry in symbol._entries]
        for node in walk([n for n, _ in heads]):
            if node.op is not None and node.attributes.get(_MARK) == self.name:
                attributes = {k: v for k, v in node.attributes.items() if k != _MARK}
                inside[node] = SymbolNode(node.op, node.p, node.name, tuple(map(moved, node.inputs)), attributes)
        return Symbol([moved(entry) for entry in heads]).tojson(), [Symbol([entry]) for entry in outer]


def _variable(number: int) -> SymbolNode:
    return SymbolNode(None, None, INPUT.format(number))


def _node(op: str, name: str, inputs: Sequence[Symbol], **params: Any) -> list[Symbol]:
    made = get(op)
    return list(make_node(made, made.make_params({"num_args": len(inputs), **params}), tuple(inputs), name, None))


def foreach(
    body: Callable[[Any, Any], tuple[Any, Any]], data: Any, init_states: Any, name: str = "foreach"
) -> tuple[Any, Any]:
    """``out, states = body(data[t], states)`` for each t of the first axis; returns (outs stacked, last states).

    How many steps there are follows from the data's shape when the symbol is bound.
    """
    arrays, data_form = flatten(data, "data", Symbol)
    states, state_form = flatten(init_states, "init_states", Symbol)
    if not arrays:
        raise GraphError("a loop needs data", where="foreach")
    with _Body("foreach") as inner:
        slices = rebuild([inner.placeholder(a) for a in arrays], data_form)
        out, after = body(slices, rebuild([inner.placeholder(s) for s in states], state_form))
    outs, out_form = flatten(out, "what the body gives", Symbol)
    flat_after, after_form = flatten(after, "the states that the body gives", Symbol)
    check_variables(len(states), len(flat_after))
    text, rest = inner.cut([*outs, *flat_after])
    sizes = {"num_data": len(arrays), "num_states": len(states), "num_out_data": len(outs)}
    found = _node("_foreach", inner.name, [*arrays, *states, *rest], subgraph=text, **sizes)
    return rebuild(found[: len(outs)], out_form), rebuild(found[len(outs) :], after_form)


def while_loop(
    cond: Callable[..., Any],
    func: Callable[..., tuple[Any, Any]],
    loop_vars: Any,
    max_iterations: int | None = None,
    name: str = "while_loop",
) -> tuple[Any, Any]:
    """``out, loop_vars = func(*loop_vars)`` while ``cond(*loop_vars)`` holds; returns (outs stacked, last variables).

    The stacks have ``max_iterations`` rows, zeros behind the last step.
    """
    check_iterations(max_iterations)
    single = not isinstance(loop_vars, (list, tuple))
    variables = [loop_vars] if single else list(loop_vars)
    with _Body("while_loop") as inner:
        placeholders = [inner.placeholder(v) for v in variables]
        goes_on = cond(*placeholders)
        out, after = func(*placeholders)
    after = list(after) if isinstance(after, (list, tuple)) else [after]
    check_variables(len(variables), len(after))
    outs, form = flatten([] if out is None else out, "what func gives", Symbol)
    text, rest = inner.cut([goes_on, *outs, *after])
    sizes = {"num_states": len(variables), "num_out_data": len(outs), "max_iterations": max_iterations}
    found = _node("_while_loop", inner.name, [*variables, *rest], subgraph=text, **sizes)
    last = found[len(outs) :]
    return rebuild(found[: len(outs)], form), last[0] if single else last


def cond(pred: Symbol, then_func: Callable[[], Any], else_func: Callable[[], Any], name: str = "cond") -> Any:
    """What ``then_func()`` gives where the number ``pred`` is not 0, else what ``else_func()`` gives.

    Both are computed; outputs of the two have equal shapes.
    """
    if not isinstance(pred, Symbol) or len(pred) != 1:
        raise ParamError("the condition is a symbol of one output", where="cond", got=type(pred).__name__)
    with _Body("cond") as inner:
        inner.placeholder(pred)
        yes, form = flatten(then_func(), "what then_func gives", Symbol)
        no, _ = flatten(else_func(), "what else_func gives", Symbol)
    if len(yes) != len(no):
        raise GraphError("both branches give as many outputs", where="cond", wanted=len(yes), got=len(no))
    text, rest = inner.cut([*yes, *no])
    found = _node("_cond", inner.name, [pred, *rest], subgraph=text, num_out_data=len(yes))
    return rebuild(found, form)


CONTROL_FLOW = {"foreach": foreach, "while_loop": while_loop, "cond": cond}
"""What ``contrib`` has beside operators."""


def _run(expand: Callable[..., Any], feeds: dict[str, Any], train: bool, call: Callable[..., Any]) -> list[Any]:
    """What ``expand(graph, inputs)`` appends to an empty graph, computed from arrays by name."""
    from ..scheduler.ir import Graph
    from ..scheduler.reference import interpret

    graph = Graph(train)
    inputs = [graph.add_input(name, TensorSpec(a.shape, a.dtype)) for name, a in feeds.items()]
    return interpret(graph, feeds, expand(graph, inputs), call)


install_tools(Tools(load_json, Inference, _run))
