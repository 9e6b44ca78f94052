"""The Scheduler's graph: operator calls on tensors whose shape and dtype are known.

A ``Graph`` is built by calling operators on its values (``graph.F``), each call inferring its outputs at once; so a
gradient rule written for the tape builds the backward graph unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from ..errors import GraphError, NetwrightError
from ..ops import get
from ..ops.arithmetic import Arithmetic
from ..ops.control_flow import ControlFlow
from ..ops.operator import Operator, TensorSpec
from ..ops.params import OpParams

Phase = Literal["forward", "backward"]


class Value(Arithmetic):
    """A tensor of the graph: an input, or an output of a node."""

    __slots__ = ("graph", "index", "name", "node", "number", "spec")

    def __init__(self, graph: Graph, number: int, spec: TensorSpec, name: str, node: Node | None, index: int) -> None:
        self.graph, self.number, self.spec, self.name = graph, number, spec, name
        self.node, self.index = node, index

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the axes."""
        return self.spec.shape

    @property
    def dtype(self) -> Any:
        """The element type."""
        return self.spec.dtype

    def _apply(self, name: str, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        return getattr(self.graph.F, name)(*inputs, **params)

    # values are graph nodes, not numbers: == would otherwise build a comparison when they are looked up
    def __hash__(self) -> int:
        return self.number

    def __repr__(self) -> str:
        return f"%{self.number}:{self.name}{list(self.shape)}"


class Node:
    """One operator call."""

    __slots__ = ("inputs", "name", "op", "outputs", "p", "phase", "train")

    def __init__(
        self, op: Operator, p: OpParams, inputs: tuple[Value, ...], name: str, phase: Phase, train: bool
    ) -> None:
        self.op, self.p, self.inputs, self.name, self.phase, self.train = op, p, inputs, name, phase, train
        self.outputs: tuple[Value, ...] = ()

    def __repr__(self) -> str:
        return f"{', '.join(map(repr, self.outputs))} = {self.op.name}({', '.join(map(repr, self.inputs))})"


class Graph:
    """Nodes in an order in which they can run, named inputs, and outputs."""

    def __init__(self, train: bool) -> None:
        self.train = train
        self.nodes: list[Node] = []
        self.inputs: dict[str, Value] = {}
        self.outputs: list[Value] = []
        self.lent: int | None = None
        """From which output on the caller only borrows what it takes, until the next run; None: it keeps all."""
        self.phase: Phase = "forward"
        self.F = GraphF(self)
        self._values = 0
        self._scope = ""
        self._remarks: list[str] = []

    @property
    def states(self) -> set[Value]:
        """Inputs that some call gives new values to: what reads them must stay before or behind it."""
        return {node.inputs[i] for node in self.nodes for i in node.op.state_ports(node.p)}

    @property
    def kept_outputs(self) -> list[Value]:
        """Outputs that are the caller's: later runs do not touch them."""
        return self.outputs[: self.lent]

    def remark(self, words: str) -> None:
        """Have a pass say what it changed, for its report."""
        self._remarks.append(words)

    def take_remarks(self) -> list[str]:
        """What was remarked since the last call."""
        remarks, self._remarks = self._remarks, []
        return remarks

    def add_input(self, name: str, spec: TensorSpec) -> Value:
        """A new named input."""
        value = self._value(spec, name, None, 0)
        self.inputs[name] = value
        return value

    def call(self, op: Operator, p: OpParams, inputs: Sequence[Value], name: str = "") -> tuple[Value, ...]:
        """Append a call; returns all outputs, those for the gradient's use too.

        Loops and branches are written out.
        """
        if isinstance(op, ControlFlow):
            return op.expand(self, p, inputs, name or self._scope or op.name)
        node = Node(op, p, tuple(inputs), name or self._scope or op.name, self.phase, self.train)
        try:
            specs = op.infer(p, tuple(v.spec for v in inputs))
        except NetwrightError as error:
            error.where = f"{node.name} ({op.name})"
            raise
        if op.dynamic:
            raise GraphError(
                "the shape of its output follows from the values of its inputs and cannot be planned ahead",
                where=f"{node.name} ({op.name})",
                remedy="Use it on arrays (nd), or a mask that keeps the shape, such as where",
            )
        names = op.output_names(p)
        node.outputs = tuple(
            self._value(spec, f"{node.name}_{n}", node, i) for i, (spec, n) in enumerate(zip(specs, names, strict=True))
        )
        self.nodes.append(node)
        return node.outputs

    def _value(self, spec: TensorSpec, name: str, node: Node | None, index: int) -> Value:
        self._values += 1
        return Value(self, self._values - 1, spec, name, node, index)


class GraphF:
    """``F`` over a graph: every operator by its name; calling it appends to the graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def __getattr__(self, name: str) -> Callable[..., Any]:
        op = get(name)

        def call(*inputs: Value, **params: Any) -> Any:
            if op.variadic and op.variadic not in params:
                params[op.variadic] = len(inputs)
            p = op.make_params(params)
            outputs = self._graph.call(op, p, inputs)[: op.visible_outputs(p)]
            return outputs[0] if len(outputs) == 1 else list(outputs)

        return call
