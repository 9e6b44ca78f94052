"""Groups of elementwise calls as one step: each tensor is read once, and what lies between them is in no memory.

A call joins the group that made one of its inputs where their results have one shape and nothing outside has read the
group yet; the group then runs in the place of its last call. So nothing else moves. Constants are made again in each
group that reads them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ...kernels.cpu.codes import NoCode
from ...kernels.cpu.program import Program, make_program, program_of, reading
from ...kernels.cuda.fused import FusedKernel, fuse
from ...kernels.cuda.trace import Untraceable
from ...kernels.groups import Call
from ...ops.operator import Port, TensorSpec
from ...ops.params import NoParams
from ...ops.registry import is_ours
from ..fused import Fused
from ..ir import Graph, Node, Value
from .unused import prune

MOST_ARRAYS = 24
"""Arrays that one kernel reads and writes at most."""

Kernel = FusedKernel | Program
Make = Callable[[Sequence[Call], Sequence[TensorSpec], Sequence[int]], Kernel]
"""The kernel of a group: of calls, the specifications of inputs, and which results leave it."""


@dataclass(eq=False)
class Group:
    """Calls that will be one; ``open`` until something outside reads one of its results."""

    nodes: list[Node] = field(default_factory=list)
    open: bool = True


def fuse_elements(graph: Graph, gpu: bool) -> Graph:
    """Put a ``Fused`` node in the place of each group of two calls or more."""
    Fusion(graph, fuse if gpu else make_cpu_program).run()
    return prune(graph)


def make_cpu_program(calls: Sequence[Call], inputs: Sequence[TensorSpec], results: Sequence[int]) -> Program:
    """The program of a group for the CPU's elementwise kernel; NoCode where it cannot run it."""
    found = _program(tuple(map(_Known, calls)), tuple(inputs), tuple(results))
    if isinstance(found, NoCode):
        raise found
    return found


@functools.lru_cache(4096)
def _program(calls: tuple[_Known, ...], inputs: tuple[TensorSpec, ...], results: tuple[int, ...]) -> Program | NoCode:
    """Equal layers have equal groups: their program is made once."""
    try:
        program = make_program([known.call for known in calls], inputs, results)
        reading(program)
    except NoCode as reason:
        return reason.with_traceback(None)
    return program


class _Known:
    """A call whose parameters are compared by identity: the same values give the same object."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self._key = (call.op, id(call.p), call.operands, call.train)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known) and other._key == self._key


class Fusion:
    """The groups of a graph; ``make`` gives their kernels."""

    def __init__(self, graph: Graph, make: Make) -> None:
        self.graph, self.make = graph, make
        self.outputs = set(graph.outputs)
        self.users: dict[Value, set[Node]] = {}
        for node in graph.nodes:
            for value in node.inputs:
                self.users.setdefault(value, set()).add(node)
        self.constants: dict[Value, Node] = {}
        for node in graph.nodes if make is not fuse else ():
            if (
                all(v in self.constants for v in node.inputs)
                and len(node.outputs) == 1
                and program_of(node) is not None
            ):
                self.constants[node.outputs[0]] = node

    def run(self) -> None:
        """Find groups and replace their calls."""
        states = {node.inputs[i] for node in self.graph.nodes for i in node.op.state_ports(node.p)}
        of_node: dict[Node, Group] = {}
        for node in self.graph.nodes:
            # in the order of the inputs: a set's order differs from plan to plan, and so would their memory
            makers = dict.fromkeys(of_node[v.node] for v in node.inputs if v.node is not None and v.node in of_node)
            group = Group()
            constant = len(node.outputs) == 1 and node.outputs[0] in self.constants
            if self._is_elementwise(node) and not constant and not states.intersection(node.inputs):
                fitting = [g for g in makers if g.open and _fits(g, node)]
                for other in fitting:
                    joined = [*group.nodes, *other.nodes]
                    if self._is_possible([*joined, node]):
                        group.nodes = joined
                        del makers[other]
                group.nodes.append(node)
                of_node.update(dict.fromkeys(group.nodes, group))
            for other in makers:
                other.open = False
        self._replace(of_node)

    def _is_elementwise(self, node: Node) -> bool:
        """Whether a kernel can be made of the call, with the shape and dtypes that were inferred."""
        if node.op.view or node.op.state_ports(node.p) or not node.inputs or not node.outputs:
            return False
        if not is_ours(node.op):
            return False
        if self.make is not fuse:
            return program_of(node) is not None
        kernel = self._kernel([node], list(dict.fromkeys(node.inputs)), list(node.outputs))
        return kernel is not None and all(
            (v.shape, v.dtype) == (kernel.shape, dtype) for v, dtype in zip(node.outputs, kernel.dtypes, strict=True)
        )

    def _is_possible(self, nodes: list[Node]) -> bool:
        """Whether one kernel can do all of it."""
        read, written = self._read(nodes), self._written(nodes)
        if len(read) + len(written) > MOST_ARRAYS:
            return False
        return self.make is fuse or self._kernel(nodes, read, written or list(nodes[-1].outputs)) is not None

    def _read(self, nodes: list[Node]) -> list[Value]:
        made = {v for node in nodes for v in node.outputs} | self.constants.keys()
        return list(dict.fromkeys(v for node in nodes for v in node.inputs if v not in made))

    def _written(self, nodes: list[Node]) -> list[Value]:
        inside, users = set(nodes), self.users
        return [v for node in nodes for v in node.outputs if v in self.outputs or users.get(v, set()) - inside]

    def _kernel(self, nodes: list[Node], inputs: list[Value], results: list[Value]) -> Kernel | None:
        try:
            return self.make(*self._calls(nodes, inputs, results))
        except (Untraceable, NoCode):
            return None

    def _calls(
        self, nodes: list[Node], inputs: list[Value], results: list[Value]
    ) -> tuple[list[Call], list[TensorSpec], list[int]]:
        numbers = {value: i for i, value in enumerate(inputs)}
        calls = []
        for node in (*self._constants_of(nodes), *nodes):
            calls.append(Call(node.op, node.p, tuple(numbers[v] for v in node.inputs), node.train))
            for value in node.outputs:
                numbers[value] = len(numbers)
        return calls, [v.spec for v in inputs], [numbers[v] for v in results]

    def _constants_of(self, nodes: Sequence[Node]) -> list[Node]:
        """What makes the constants that these calls read, in an order in which it can run."""
        found: dict[Node, None] = {}
        for value in (v for node in nodes for v in node.inputs if v in self.constants):
            maker = self.constants[value]
            found.update(dict.fromkeys((*self._constants_of([maker]), maker)))
        return list(found)

    def _replace(self, of_node: dict[Node, Group]) -> None:
        nodes, fused = [], 0
        for node in self.graph.nodes:
            group = of_node.get(node)
            made = None
            if group is not None and (len(group.nodes) > 1 or any(v in self.constants for v in node.inputs)):
                if node is not group.nodes[-1]:
                    continue
                made = self._fuse(group.nodes)
            if made is None:
                nodes += [node] if group is None or len(group.nodes) == 1 else group.nodes
            else:
                nodes.append(made)
                fused += len(group.nodes) if group is not None else 0
        if fused:
            count = sum(isinstance(node.op, Fused) for node in nodes)
            self.graph.remark(f"{fused} elementwise calls became {count} kernels")
        self.graph.nodes = nodes

    def _fuse(self, nodes: list[Node]) -> Node | None:
        inputs, results = self._read(nodes), self._written(nodes)
        kernel = self._kernel(nodes, inputs, results) if results else None
        if kernel is None:
            return None
        calls, specs, numbers = self._calls(nodes, inputs, results)
        op = Fused(calls, _ports(nodes, inputs), specs, numbers, kernel)
        last = nodes[-1]
        names = "+".join(dict.fromkeys(n.name for n in nodes))
        made = Node(op, NoParams(), tuple(inputs), names, last.phase, last.train)
        made.outputs = tuple(results)
        for i, value in enumerate(results):
            value.node, value.index = made, i
        return made


def _fits(group: Group, node: Node) -> bool:
    last = group.nodes[-1]
    return last.phase == node.phase and last.outputs[0].shape == node.outputs[0].shape


def _ports(nodes: Sequence[Node], inputs: Sequence[Value]) -> list[Port]:
    """A port for each input: data, unless a call takes it for something else."""
    kinds = {v: p.kind for n in nodes for p, v in zip(n.op.ports(n.p), n.inputs, strict=True) if p.kind != "data"}
    return [Port(f"arg{i}", kinds.get(value, "data")) for i, value in enumerate(inputs)]
