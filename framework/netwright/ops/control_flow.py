"""Loops and branches in declared graphs. Each holds a sub-graph, which the Scheduler writes out where shapes are known.

A sub-graph is a symbol whose variables are ``in0``, ``in1``, …: the operator's inputs in order. Written out, a loop is
ordinary calls: differentiated, planned and placed in memory like any other.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, ClassVar, NamedTuple

from pydantic import BeforeValidator, Field

from ..errors import GraphError, NetwrightError, ShapeError
from .operator import Draw, DTypes, Operator, Port, Sample, Shape, Shapes, TensorSpec, numbered
from .params import OpParams, Size
from .registry import register

SubGraph = Annotated[str, BeforeValidator(lambda v: json.dumps(v) if isinstance(v, dict) else v)]
"""A symbol's JSON; files give it as a text, which reads as a dict."""

INPUT = "in{}"


class ControlFlowParams(OpParams):
    """What every operator with a sub-graph takes."""

    num_args: Size = Field(description="number of inputs")
    subgraph: SubGraph = Field(description="the sub-graph as JSON; its variables are in0, in1, …")
    num_out_data: int = Field(ge=0, description="how many of its outputs are results, before the states")


class Tools(NamedTuple):
    """What stands above the operators and is needed here."""

    load: Callable[[str], Any]
    """A symbol from JSON."""
    infer: Callable[[Any], Any]
    """Inference over a symbol's nodes."""
    run: Callable[..., Any]
    """``run(expand, feeds, train, call)``: what a graph computes from arrays by name."""


_tools: Tools


def install_tools(tools: Tools) -> None:
    """Called once by the symbol package, which needs the operators to be there first."""
    global _tools
    _tools = tools


@functools.lru_cache(maxsize=256)
def parse(subgraph: str) -> Any:
    """The sub-graph as a symbol."""
    return _tools.load(subgraph)


class ControlFlow(Operator):
    """Base: a subclass says which inputs it cuts (``slices``), and how it is written out (``expand``)."""

    category = "control flow"
    Params: ClassVar[type[OpParams]] = ControlFlowParams
    variadic = "num_args"

    def carried(self, p: Any) -> tuple[int, int]:
        """(first, last + 1) of the inputs that a step hands to the next."""
        return 0, 0

    def sliced(self, p: Any) -> int:
        """How many of the first inputs are cut along their first axis."""
        return 0

    def ports(self, p: Any) -> tuple[Port, ...]:
        states = set(parse(p.subgraph).list_auxiliary_states())
        known = max(self.sliced(p), self.carried(p)[1])
        names = [INPUT.format(i) for i in range(p.num_args)]
        kinds: list[Any] = ["state" if n in states else "data" if i < known else "weight" for i, n in enumerate(names)]
        return tuple(Port(name, kind) for name, kind in zip(names, kinds, strict=True))

    def output_names(self, p: Any) -> tuple[str, ...]:
        begin, end = self.carried(p)
        count = p.num_out_data + end - begin
        return numbered(count)

    def inner(self, p: Any, shapes: Shapes, dtypes: DTypes | None = None) -> Any:
        """What is known inside the sub-graph of one step's shapes (and dtypes)."""
        nodes = parse(p.subgraph).nodes()
        known = _tools.infer(nodes)
        places = {INPUT.format(i): i for i in range(p.num_args)}
        for node in nodes:
            if node.op is None and node.name in places:
                i = places[node.name]
                shape, dtype = shapes[i], None if dtypes is None else dtypes[i]
                if shape is not None:
                    known.set_shape((node, 0), tuple(shape[1:] if i < self.sliced(p) else shape))
                if dtype is not None:
                    known.dtypes[node, 0] = dtype
        return known

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        self._check(p, shapes)
        known = self.inner(p, shapes)
        known.run_shapes()
        named = {n.name: known.shapes.get((n, 0)) for n in known.nodes if n.op is None}
        filled = [s if s is not None else named.get(INPUT.format(i)) for i, s in enumerate(shapes)]
        found = [known.shapes.get(e) for e in parse(p.subgraph)._entries]
        begin, end = self.carried(p)
        results, states = self._results(p, found)
        for i, (before, after) in enumerate(zip(filled[begin:end], states, strict=True)):
            if before is not None and after is not None and tuple(before) != tuple(after):
                raise ShapeError(f"state {i} changes its shape from step to step", wanted=before, got=after)
        return filled, [self._whole(p, shapes, s) for s in results] + list(states)

    def _check(self, p: Any, shapes: Shapes) -> None:
        """Raise ShapeError where inputs that are cut have no steps, or other numbers of them."""

    def _results(self, p: Any, found: list[Any]) -> tuple[list[Any], list[Any]]:
        """(results, states) of the sub-graph's outputs."""
        return found[: p.num_out_data], found[p.num_out_data :]

    def _whole(self, p: Any, shapes: Shapes, one: Shape | None) -> Shape | None:
        """The shape of a result from that of one step's."""
        return one

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        known = self.inner(p, [None] * len(dtypes), dtypes)
        known.run_dtypes()
        known.settle_dtypes()
        named = {n.name: known.dtypes[n, 0] for n in known.nodes if n.op is None}
        filled = [d if d is not None else named.get(INPUT.format(i)) for i, d in enumerate(dtypes)]
        results, states = self._results(p, [known.dtypes[e] for e in parse(p.subgraph)._entries])
        return filled, [*results, *states]

    def forward(self, xp: Any, p: Any, *arrays: Any, train: bool, rng: Any) -> Any:
        def call(op: Operator, q: Any, values: tuple[Any, ...]) -> Sequence[Any]:
            keywords = {"train": train, "rng": rng}
            found = op.forward(xp, q, *values, **{k: v for k, v in keywords.items() if k in op.forward_takes})
            found = found if isinstance(found, tuple) else (found,)
            return found[: len(op.output_names(q))]

        feeds = {INPUT.format(i): a for i, a in enumerate(arrays)}
        return tuple(_tools.run(lambda graph, inputs: self.expand(graph, p, inputs, self.name), feeds, train, call))

    def expand(self, graph: Any, p: Any, inputs: Sequence[Any], name: str) -> tuple[Any, ...]:
        """Append the calls that this one stands for; returns its outputs."""
        raise NotImplementedError(f"{self.name} cannot be written out")

    def flops(self, p: Any, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return 0


def inline(graph: Any, p: Any, inputs: Sequence[Any], name: str) -> list[Any]:
    """One step: the sub-graph's calls appended to the graph; returns its outputs."""
    subgraph = parse(p.subgraph)
    values: dict[Any, Any] = {}
    named = {INPUT.format(i): value for i, value in enumerate(inputs)}
    for node in subgraph.nodes():
        if node.op is None:
            if node.name not in named:
                raise GraphError("the sub-graph has a variable that is no input", where=name, got=node.name)
            values[node, 0] = named[node.name]
            continue
        try:
            outputs = graph.call(node.op, node.p, [values[e] for e in node.inputs], f"{name}_{node.name}")
        except NetwrightError as error:
            raise error.at(name) from None
        values.update({(node, i): v for i, v in enumerate(outputs)})
    return [values[e] for e in subgraph._entries]


def chosen(F: Any, condition: Any, yes: Any, no: Any) -> Any:
    """``yes`` where the condition (one number) is not 0, else ``no``."""
    shape = yes.shape
    mask = F._reshape_to(condition, shape=(1,) * len(shape))
    return F.where(F.broadcast_to(mask, shape=shape) if shape else mask, yes, no)


class ForeachParams(ControlFlowParams):
    """Parameters of _foreach."""

    num_data: int = Field(ge=0, description="how many of the inputs are cut into steps")
    num_states: int = Field(ge=0, description="how many states a step hands to the next")


@register
class Foreach(ControlFlow):
    """Runs a sub-graph over the first axis of its data, handing states from step to step.

    Inputs: data (T, …), states, then whatever else it uses. Outputs: results stacked (T, …), last states.
    Errors: ShapeError for data of different lengths, GraphError for none at all.
    """

    name = "_foreach"
    Params = ForeachParams

    def sliced(self, p: ForeachParams) -> int:
        return p.num_data

    def carried(self, p: ForeachParams) -> tuple[int, int]:
        return p.num_data, p.num_data + p.num_states

    def _check(self, p: ForeachParams, shapes: Shapes) -> None:
        lengths = {s[0] if s else 0 for s in shapes[: p.num_data] if s is not None}
        if len(lengths) > 1 or 0 in lengths:
            raise ShapeError("data of a loop have one length, of at least 1", got=list(shapes[: p.num_data]))

    def _whole(self, p: ForeachParams, shapes: Shapes, one: Shape | None) -> Shape | None:
        first = shapes[0]
        return None if one is None or first is None else (first[0], *one)

    def expand(self, graph: Any, p: ForeachParams, inputs: Sequence[Any], name: str) -> tuple[Any, ...]:
        F, length = graph.F, inputs[0].shape[0]
        cut = [F.SliceChannel(x, num_outputs=length, axis=0, squeeze_axis=True) for x in inputs[: p.num_data]]
        begin, end = self.carried(p)
        states, rest = list(inputs[begin:end]), list(inputs[end:])
        steps = []
        for t in range(length):
            data = [c[t] if length > 1 else c for c in cut]
            results, states = self._results(p, inline(graph, p, [*data, *states, *rest], f"{name}_t{t}"))
            steps.append(results)
        return (*(F.stack(*column, axis=0) for column in zip(*steps, strict=True)), *states)

    def samples(self) -> Iterable[Sample]:
        text = _example("foreach")
        params = {"num_args": 3, "subgraph": text, "num_out_data": 1, "num_data": 1, "num_states": 1}
        yield Sample(((3, 2), (2,), (2,)), params, differentiable=False)
        yield Sample(((1, 4), (4,), (4,)), params, differentiable=False)


class WhileLoopParams(ControlFlowParams):
    """Parameters of _while_loop."""

    num_states: Size = Field(description="how many variables the loop has")
    max_iterations: Size = Field(description="how often it runs at most")


@register
class WhileLoop(ControlFlow):
    """Runs a sub-graph while its first output is not 0, at most ``max_iterations`` times.

    Inputs: the loop's variables, then whatever else it uses. Outputs: results stacked (max_iterations, …), with zeros
    behind the last step, and the variables' last values.
    """

    name = "_while_loop"
    Params = WhileLoopParams

    def carried(self, p: WhileLoopParams) -> tuple[int, int]:
        return 0, p.num_states

    def _results(self, p: WhileLoopParams, found: list[Any]) -> tuple[list[Any], list[Any]]:
        return super()._results(p, found[1:])

    def _whole(self, p: WhileLoopParams, shapes: Shapes, one: Shape | None) -> Shape | None:
        return None if one is None else (p.max_iterations, *one)

    def expand(self, graph: Any, p: WhileLoopParams, inputs: Sequence[Any], name: str) -> tuple[Any, ...]:
        F = graph.F
        states, rest = list(inputs[: p.num_states]), list(inputs[p.num_states :])
        steps = []
        active: Any = None
        for k in range(p.max_iterations):
            found = inline(graph, p, [*states, *rest], f"{name}_t{k}")
            goes_on = F.Cast(F._not_equal_scalar(F._reshape_to(found[0], shape=(1,)), scalar=0), dtype="float32")
            active = goes_on if active is None else F.broadcast_mul(active, goes_on)
            results, after = self._results(p, found)
            steps.append([chosen(F, active, r, F.zeros_like(r)) for r in results])
            states = [chosen(F, active, new, old) for new, old in zip(after, states, strict=True)]
        return (*(F.stack(*column, axis=0) for column in zip(*steps, strict=True)), *states)

    def samples(self) -> Iterable[Sample]:
        text = _example("while_loop")
        params = {"num_args": 2, "subgraph": text, "num_out_data": 1, "num_states": 2, "max_iterations": 3}
        yield Sample((Draw((1,), "uniform", 0.1, 1.0), (2,)), params, differentiable=False)


@register
class Cond(ControlFlow):
    """One of two parts of a sub-graph.

    Its first ``num_out_data`` outputs where the first input (one number) is not 0, else the others.

    Both parts are computed; the gradient of the part not taken is 0.
    """

    name = "_cond"

    def sliced(self, p: ControlFlowParams) -> int:
        return 0

    def carried(self, p: ControlFlowParams) -> tuple[int, int]:
        return 1, 1

    def _results(self, p: ControlFlowParams, found: list[Any]) -> tuple[list[Any], list[Any]]:
        pairs = zip(found[: p.num_out_data], found[p.num_out_data :], strict=True)
        for i, (yes, no) in enumerate(pairs):
            if yes is not None and no is not None and yes != no:
                raise ShapeError(f"output {i} differs between the two branches", wanted=yes, got=no)
        return found[: p.num_out_data], []

    def expand(self, graph: Any, p: ControlFlowParams, inputs: Sequence[Any], name: str) -> tuple[Any, ...]:
        found = inline(graph, p, inputs, name)
        count = p.num_out_data
        pairs = zip(found[:count], found[count:], strict=True)
        return tuple(chosen(graph.F, inputs[0], yes, no) for yes, no in pairs)

    def samples(self) -> Iterable[Sample]:
        params = {"num_args": 2, "subgraph": _example("cond"), "num_out_data": 1}
        yield Sample((Draw((1,), "integer", 1, 3), (2, 3)), params, differentiable=False)
        yield Sample((Draw((1,), "integer", 0, 1), (2, 3)), params, differentiable=False)


def _graph(nodes: Sequence[tuple[str, dict[str, str], list[int]]], inputs: int, heads: Sequence[int]) -> str:
    """JSON of a small graph: (operator, parameters, numbers of its inputs), numbered behind the variables."""
    rows: list[dict[str, Any]] = [{"op": "null", "name": INPUT.format(i), "inputs": []} for i in range(inputs)]
    for i, (op, attributes, sources) in enumerate(nodes):
        rows.append({"op": op, "name": f"step{i}", "attrs": attributes, "inputs": [[k, 0, 0] for k in sources]})
    return json.dumps({"nodes": rows, "heads": [[head, 0, 0] for head in heads]})


def _example(kind: str) -> str:
    """Sub-graphs of the samples: a running sum of products; a sum while the first variable is below 2; a square."""
    if kind == "foreach":  # data·weight + state, data + state
        products: list[Any] = [
            ("broadcast_mul", {}, [0, 2]),
            ("broadcast_add", {}, [3, 1]),
            ("broadcast_add", {}, [0, 1]),
        ]
        return _graph(products, 3, [4, 5])
    if kind == "while_loop":  # i < 2; i + total; i + 1, total·2
        steps = [
            ("_lesser_scalar", {"scalar": "2"}, [0]),
            ("broadcast_add", {}, [0, 1]),
            ("_plus_scalar", {"scalar": "1"}, [0]),
            ("_mul_scalar", {"scalar": "2"}, [1]),
        ]
        return _graph(steps, 2, [2, 3, 4, 5])
    return _graph([("_mul_scalar", {"scalar": "2"}, [1]), ("broadcast_mul", {}, [1, 1])], 2, [2, 3])
