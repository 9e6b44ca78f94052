"""Loops and branches in MXNet's JSON: sub-graphs as graphs inside a row, places of their inputs as lists of numbers.

Here an operator has one sub-graph whose variables are ``in0``, ``in1``, … in the order of its inputs. MXNet has one for
each function (condition, body, branches) and says where each of its variables comes from: ``*_locs``.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..errors import GraphError
from ..ops import get
from ..ops.control_flow import INPUT, parse
from .symbol import Symbol, SymbolEntry, SymbolNode, copy_entries

NAMES = frozenset({"_foreach", "_while_loop", "_cond"})
Row = dict[str, Any]


# ---------------------------------------------------------------- writing
def written(node: SymbolNode, graph_of: Callable[[Symbol], Row]) -> tuple[dict[str, str], list[Row]] | None:
    """(attributes, sub-graphs) as MXNet writes the node; None where MXNet has no way to write it.

    MXNet's bodies use every loop variable and all data.
    """
    assert node.op is not None
    p: Any = node.p
    symbol, count = parse(p.subgraph), len(node.inputs)
    if symbol.list_auxiliary_states():
        return None
    if node.op.name == "_foreach":
        used = _places(symbol)
        needed = range(p.num_data + p.num_states)
        if any(i not in used for i in range(count)):
            return None
        states = list(needed)[p.num_data :]
        locs = {
            "in_data_locs": [used.index(i) for i in range(p.num_data)],
            "in_state_locs": [used.index(i) for i in states],
            "remain_locs": [used.index(i) for i in range(len(needed), count)],
        }
        counts = {"num_args": count + 1, "num_outputs": len(symbol), "num_out_data": p.num_out_data}
        return _texts({**locs, **counts}), [graph_of(symbol)]
    if node.op.name == "_while_loop":
        goes_on, body = symbol[0], symbol[1:]
        used = _places(body)
        if any(i not in used for i in range(p.num_states)):
            return None
        locs = {
            "cond_input_locs": _places(goes_on),
            "func_input_locs": used,
            "func_var_locs": [used.index(i) for i in range(p.num_states)],
        }
        counts = {"num_args": count + 2, "num_outputs": len(body), "num_out_data": p.num_out_data}
        return _texts({**locs, **counts, "max_iterations": p.max_iterations}), [graph_of(goes_on), graph_of(body)]
    half = len(symbol) // 2
    copy = get("identity")
    pred = Symbol(
        [(SymbolNode(copy, copy.make_params({}), "pred", ((SymbolNode(None, None, INPUT.format(0)), 0),)), 0)]
    )
    parts = [pred, symbol[:half], symbol[half:]]
    names = ("cond_input_locs", "then_input_locs", "else_input_locs")
    locs = {name: _places(part) for name, part in zip(names, parts, strict=True)}
    return _texts({**locs, "num_args": count + 3, "num_outputs": half}), [graph_of(part) for part in parts]


def _places(symbol: Symbol) -> list[int]:
    """Which inputs of the operator the sub-graph's variables are, in its own order."""
    return [int(name.removeprefix(INPUT.format(""))) for name in symbol.list_inputs()]


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in sorted(values.items())}


# ---------------------------------------------------------------- reading
def read(op: str, name: str, row: Row, entries: Sequence[SymbolEntry], load: Callable[[str], Symbol]) -> SymbolNode:
    """The node of a row that holds sub-graphs; raises GraphError where they do not fit."""
    try:
        graphs = [load(json.dumps(graph)) for graph in row["subgraphs"]]
        locs = {key: ast.literal_eval(str(text)) for key, text in row["attrs"].items() if not key.startswith("__")}
        if op == "_foreach":
            return _read_foreach(name, locs, graphs, entries)
        return (_read_while if op == "_while_loop" else _read_cond)(name, locs, graphs, entries)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, SyntaxError) as error:
        if isinstance(error, GraphError):
            raise
        raise GraphError("the sub-graphs are not written as they should be", where=name, got=str(error)[:100]) from None


def _read_foreach(
    name: str, locs: Mapping[str, Any], graphs: Sequence[Symbol], entries: Sequence[SymbolEntry]
) -> SymbolNode:
    data, states = list(locs["in_data_locs"]), list(locs["in_state_locs"])
    variables = graphs[0].list_inputs()
    places = {variables[v]: i for i, v in enumerate([*data, *states, *locs["remain_locs"]])}
    sizes = {"num_data": len(data), "num_states": len(states), "num_out_data": locs["num_out_data"]}
    return _node("_foreach", name, _renamed(graphs[0]._entries, places), entries, sizes)


def _read_while(
    name: str, locs: Mapping[str, Any], graphs: Sequence[Symbol], entries: Sequence[SymbolEntry]
) -> SymbolNode:
    first = [locs["func_input_locs"][v] for v in locs["func_var_locs"]]
    order = [*first, *(i for i in range(len(entries)) if i not in first)]
    heads: list[SymbolEntry] = []
    for graph, key in zip(graphs, ("cond_input_locs", "func_input_locs"), strict=True):
        places = {v: order.index(i) for v, i in zip(graph.list_inputs(), locs[key], strict=True)}
        heads += _renamed(graph._entries, places)
    sizes = {
        "num_states": len(first),
        "num_out_data": locs["num_out_data"],
        "max_iterations": locs["max_iterations"],
    }
    return _node("_while_loop", name, heads, [entries[i] for i in order], sizes)


def _read_cond(
    name: str, locs: Mapping[str, Any], graphs: Sequence[Symbol], entries: Sequence[SymbolEntry]
) -> SymbolNode:
    question, yes, no = graphs
    given = dict(zip(question.list_inputs(), (entries[i] for i in locs["cond_input_locs"]), strict=True))
    predicate = copy_entries(question._entries, given)[0]
    heads: list[SymbolEntry] = []
    for graph, key in ((yes, "then_input_locs"), (no, "else_input_locs")):
        places = {v: 1 + i for v, i in zip(graph.list_inputs(), locs[key], strict=True)}
        heads += _renamed(graph._entries, places)
    return _node("_cond", name, heads, [predicate, *entries], {"num_out_data": len(yes)})


def _renamed(heads: Sequence[SymbolEntry], places: Mapping[str, int]) -> list[SymbolEntry]:
    """A sub-graph whose variables are called after the inputs they stand for."""
    made = {i: SymbolNode(None, None, INPUT.format(i)) for i in places.values()}
    return copy_entries(heads, {variable: (made[i], 0) for variable, i in places.items()})


def _node(
    op: str, name: str, heads: Sequence[SymbolEntry], entries: Sequence[SymbolEntry], sizes: Mapping[str, int]
) -> SymbolNode:
    made = get(op)
    p = made.make_params({"num_args": len(entries), "subgraph": Symbol(_joined(heads)).tojson(), **sizes})
    return SymbolNode(made, p, name, tuple(entries))


def _joined(heads: Sequence[SymbolEntry]) -> list[SymbolEntry]:
    """The same heads with one variable for each name: the parts come from sub-graphs of their own."""
    found: dict[str, SymbolEntry] = {}
    for node in Symbol(heads).nodes():
        if node.op is None:
            found.setdefault(node.name, (SymbolNode(None, None, node.name, (), dict(node.attributes)), 0))
    return copy_entries(heads, found)
