"""How many bytes a graph needs at each step, were each value freed after its last use."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from ..ir import Graph, Node


def peak_bytes(graph: Graph, nodes: Sequence[Node] | None = None, values: int | None = None) -> int:
    """The most bytes that the plan of the graph will hold at one time beside its inputs: the arena, and the most that
    lies outside it while a step runs.

    ``nodes`` stand for the graph's own where they are given; their values' numbers lie below ``values``. A result that
    may take the place of an input that is used for the last time counts once; an arena may come out somewhat larger,
    where its pieces do not fit each other.
    """
    nodes = graph.nodes if nodes is None else nodes
    values = graph._values if values is None else values
    end = len(nodes)
    root = list(range(values))  # by number; of a view, what it views
    last = [-1] * values
    sizes = [0] * values
    leaving = {v.number for v in graph.kept_outputs}
    inside: list[tuple[int, int]] = []  # (number, step)
    outside: list[tuple[int, int]] = []
    for i, node in enumerate(nodes):
        for value in node.inputs:
            last[root[value.number]] = i
        if node.op.view:
            root[node.outputs[0].number] = root[node.inputs[0].number]
            continue
        placed = "out" in node.op.forward_takes and not any(v.number in leaving for v in node.outputs)
        for value in node.outputs:
            last[value.number] = i
            sizes[value.number] = value.spec.nbytes
            (inside if placed else outside).append((value.number, i))
    for value in graph.outputs:
        last[root[value.number]] = end
    arena = _alive(inside, last, sizes, end)
    in_arena = {number for number, _ in inside}
    rest = _alive(outside, last, sizes, end)
    for i, node in enumerate(nodes):
        rest[i] += node.op.workspace(node.p, [v.spec for v in node.inputs], [v.spec for v in node.outputs])
        arena[i] -= _written_over(node, i, root, last, sizes, in_arena)
    return max(arena, default=0) + max(rest, default=0)


def _alive(made: Sequence[tuple[int, int]], last: list[int], sizes: list[int], end: int) -> list[int]:
    change = [0] * (end + 2)
    for number, first in made:
        change[first] += sizes[number]
        change[last[number] + 1] -= sizes[number]
    return list(accumulate(change[: end + 1]))


def _written_over(node: Node, i: int, root: list[int], last: list[int], sizes: list[int], placed: set[int]) -> int:
    """Bytes of an input whose place the first result may take."""
    if not node.op.inplace or node.outputs[0].number not in placed:
        return 0
    nbytes = node.outputs[0].spec.nbytes
    sources = (root[node.inputs[position].number] for position in node.op.inplace)
    return nbytes if any(n in placed and last[n] == i and sizes[n] == nbytes for n in sources) else 0
