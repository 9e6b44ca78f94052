"""Loops and branches: foreach is Scan, while_loop is Loop, cond is If."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...ops.control_flow import INPUT, parse
from ...symbol.symbol import Symbol
from ..rule_table import Call, rule
from ..tensor import Tensor
from ..writer import Writer


class Body:
    """A graph inside a node: what it is given, and what its part of the sub-graph makes of that."""

    def __init__(self, c: Call, name: str) -> None:
        self.w = Writer(c.w)
        self.w.scope = f"{c.w.scope}/{name}"
        self.inputs: list[Tensor] = []

    def input(self, name: str, shape: Sequence[int], dtype: Any) -> Tensor:
        """Another input of the graph."""
        made = self.w.tensor(self.w.fresh(f"{self.w.scope}/{name}"), shape, dtype)
        self.inputs.append(made)
        return made

    def graph(self, outputs: Sequence[Tensor]) -> Any:
        """The graph with these outputs, each made by a node of its own."""
        mine = {name for node in self.w.nodes for name in node.output}
        taken: set[str] = set()
        own = []
        for tensor in outputs:
            if tensor.name not in mine or tensor.name in taken:
                tensor = self.w.op("Identity", tensor)
            taken.add(tensor.name)
            own.append(tensor)
        return self.w.graph(self.w.scope, self.inputs, own)


def run(w: Writer, symbol: Symbol, values: Sequence[Tensor]) -> list[Tensor]:
    """What a sub-graph makes of the operator's inputs."""
    from ..convert import convert

    used = set(symbol.list_inputs())
    named = {INPUT.format(i): _here(w, v) for i, v in enumerate(values)}
    return convert(w, symbol, {name: v for name, v in named.items() if name in used})


def _here(w: Writer, tensor: Tensor) -> Tensor:
    """A value of a graph around this one."""
    return Tensor(w, tensor.name, tensor.shape, tensor.dtype, tensor.value)


def part(p: Any, begin: int, end: int | None) -> Symbol:
    """Some of the sub-graph's outputs."""
    return Symbol(parse(p.subgraph)._entries[begin:end])


@rule("_foreach")
def foreach(c: Call, *inputs: Tensor) -> list[Tensor]:
    """Scan over the first axis of the data; what the body uses besides data and states it sees from outside."""
    p = c.p
    data, states = inputs[: p.num_data], inputs[p.num_data : p.num_data + p.num_states]
    rest = inputs[p.num_data + p.num_states :]
    body = Body(c, "body")
    carried = [body.input(f"state{i}", s.shape, s.dtype) for i, s in enumerate(states)]
    slices = [body.input(f"data{i}", d.shape[1:], d.dtype) for i, d in enumerate(data)]
    made = run(body.w, part(p, 0, None), [*slices, *carried, *rest])
    outs, after = made[: p.num_out_data], made[p.num_out_data :]
    count = p.num_out_data
    specs = [(s.shape, s.dtype) for s in (*c.outputs[count:], *c.outputs[:count])]
    graph = body.graph([*after, *outs])
    found = c.w.typed("Scan", [*states, *data], specs, body=graph, num_scan_inputs=len(data))
    return [*found[len(states) :], *found[: len(states)]]


@rule("_while_loop")
def while_loop(c: Call, *inputs: Tensor) -> list[Tensor]:
    """Loop; each step ends with the condition for the next one. The stacks are filled up with zeros."""
    p, w = c.p, c.w
    states, rest = inputs[: p.num_states], inputs[p.num_states :]
    goes_on, func = part(p, 0, 1), part(p, 1, None)
    body = Body(c, "body")
    body.input("step", (), np.int64)
    body.input("condition", (), np.bool_)
    carried = [body.input(f"variable{i}", s.shape, s.dtype) for i, s in enumerate(states)]
    made = run(body.w, func, [*carried, *rest])
    outs, after = made[: p.num_out_data], made[p.num_out_data :]
    again = truth(run(body.w, goes_on, [*after, *rest])[0])
    begins = truth(run(w, goes_on, [*states, *rest])[0])
    graph = body.graph([again, *after, *outs])
    count = p.num_out_data
    # how many rows a stack has is known only at run time: it is padded to the rows of the most steps
    specs = [(s.shape, s.dtype) for s in (*c.outputs[count:], *c.outputs[:count])]
    found = w.typed("Loop", [w.const(np.int64(p.max_iterations)), begins, *states], specs, body=graph)
    last, stacks = found[: len(states)], found[len(states) :]
    return [*(_filled(w, s) for s in stacks), *last]


def _filled(w: Writer, stack: Tensor) -> Tensor:
    rank = stack.ndim
    height = w.typed("Shape", [stack], [((1,), np.int64)], start=0, end=1)[0]
    missing = w.ints([stack.shape[0]]) - height
    pads = w.op("Concat", w.ints([0] * rank), missing, w.ints([0] * (rank - 1)), axis=0)
    return w.typed("Pad", [stack, pads, w.const(stack.dtype.type(0))], [(stack.shape, stack.dtype)])[0]


def truth(x: Tensor) -> Tensor:
    """One number as a condition."""
    return x._xp("not_equal", x, x.dtype.type(0)).reshape(())


@rule("_cond")
def cond(c: Call, *inputs: Tensor) -> list[Tensor]:
    """If: each branch computes its own outputs from what it sees outside."""
    p = c.p
    branches = {}
    for name, symbol in (("then_branch", part(p, 0, p.num_out_data)), ("else_branch", part(p, p.num_out_data, None))):
        body = Body(c, name)
        branches[name] = body.graph(run(body.w, symbol, inputs))
    specs = [(s.shape, s.dtype) for s in c.outputs]
    found: list[Tensor] = c.w.typed("If", [truth(inputs[0])], specs, **branches)
    return found
