"""The order of the calls in which the least memory is needed at one time."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from ..ir import Graph, Node
from .liveness import peak_bytes


def order_for_memory(graph: Graph) -> Graph:
    """Move calls so that the peak falls: the one that frees most goes first (list scheduling).

    The forward part stays before the backward part, and calls that draw random numbers, or keep states up or read them,
    stay in their order. Where the peak would not fall, all stays as it is.
    """
    boundary = next((i for i, node in enumerate(graph.nodes) if node.phase == "backward"), len(graph.nodes))
    ordered = _scheduled(graph, graph.nodes[:boundary], graph.nodes[boundary:])
    ordered += _scheduled(graph, graph.nodes[boundary:], [])
    if peak_bytes(graph, ordered) < peak_bytes(graph):
        graph.nodes = ordered
    return graph


def _scheduled(graph: Graph, nodes: Sequence[Node], later: Sequence[Node]) -> list[Node]:
    """The nodes in an order found greedily; what ``later`` reads stays alive."""
    root = list(range(graph._values))
    sizes = [0] * graph._values
    readers: list[set[int]] = [set() for _ in range(graph._values)]  # of memory: who has still to run
    waits = [0] * len(nodes)
    follows: list[list[int]] = [[] for _ in nodes]
    maker: dict[int, int] = {}
    tied: int | None = None
    states = graph.states

    for i, node in enumerate(nodes):
        before = {maker[v.number] for v in node.inputs if v.number in maker}
        if "rng" in node.op.forward_takes or any(v in states for v in node.inputs):
            before |= {tied} if tied is not None else set()
            tied = i
        waits[i] = len(before)
        for j in before:
            follows[j].append(i)
        for value in node.outputs:
            maker[value.number] = i
            if node.op.view:
                root[value.number] = root[node.inputs[0].number]
            else:
                sizes[value.number] = value.spec.nbytes
        for value in node.inputs:
            readers[root[value.number]].add(i)
    for value in graph.kept_outputs:  # lie outside the arena from when they are made, in whatever order
        sizes[value.number] = 0
    lasting = {root[v.number] for v in graph.outputs}
    lasting |= {root[v.number] for node in later for v in node.inputs}

    def change(i: int) -> int:
        """By how many bytes running the node alters what is held."""
        node = nodes[i]
        grown = 0 if node.op.view else sum(sizes[v.number] for v in node.outputs)
        read = {root[v.number] for v in node.inputs}
        return grown - sum(sizes[r] for r in read if r not in lasting and readers[r] == {i})

    ready = [(change(i), i) for i in range(len(nodes)) if not waits[i]]
    heapq.heapify(ready)
    done = [False] * len(nodes)
    found: list[Node] = []
    while ready:
        _, i = heapq.heappop(ready)
        if done[i]:
            continue
        done[i] = True
        found.append(nodes[i])
        touched = set()
        for r in {root[v.number] for v in nodes[i].inputs}:
            readers[r].discard(i)
            if len(readers[r]) == 1:
                touched |= readers[r]
        for j in follows[i]:
            waits[j] -= 1
            touched.add(j)
        for j in touched:
            if not waits[j] and not done[j]:
                heapq.heappush(ready, (change(j), j))
    return found
