"""Places for the boxes of a directed graph, in layers from top to bottom (Sugiyama, Tagawa and Toda, 1981).

A node stands one layer below the lowest of its sources. Edges over several layers pass through points of their own, so
that they run round boxes. Within a layer nodes are ordered by the mean place of their neighbours, above and below in
turn, and moved there as far as the others leave room.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

SWEEPS = 8
Node = Hashable
Edge = tuple[Node, Node]


class Layout(NamedTuple):
    """Centres of nodes, and the points each edge passes through between its ends."""

    centres: dict[Node, tuple[float, float]]
    bends: dict[Edge, list[tuple[float, float]]]
    width: float
    height: float


def ranks(nodes: Sequence[Node], edges: Sequence[Edge]) -> dict[Node, int]:
    """The layer of each node, from 0; ``nodes`` come in an order in which sources go before."""
    sources: dict[Node, list[Node]] = {}
    for source, target in edges:
        sources.setdefault(target, []).append(source)
    found: dict[Node, int] = {}
    for node in nodes:
        found[node] = 1 + max((found[s] for s in sources.get(node, ())), default=-1)
    # what only feeds deeper layers stands right above them, not at the top
    targets: dict[Node, list[Node]] = {}
    for source, target in edges:
        targets.setdefault(source, []).append(target)
    for node in reversed(nodes):
        if node not in sources and node in targets:
            found[node] = min(found[t] for t in targets[node]) - 1
    return found


def place(
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    sizes: Mapping[Node, tuple[float, float]],
    gap: tuple[float, float] = (24.0, 44.0),
) -> Layout:
    """Centres for boxes of these (width, height); ``gap`` is the room between boxes and between layers."""
    level = ranks(nodes, edges)
    layers: list[list[Node]] = [[] for _ in range(1 + max(level.values(), default=0))]
    for node in nodes:
        layers[level[node]].append(node)
    chains: dict[Edge, list[Node]] = {}
    above: dict[Node, list[Node]] = {}
    below: dict[Node, list[Node]] = {}
    for edge in dict.fromkeys(edges):
        source, target = edge
        points: list[Node] = [("bend", edge, i) for i in range(level[source] + 1, level[target])]
        for i, point in enumerate(points, level[source] + 1):
            layers[i].append(point)
        chains[edge] = points
        path = [source, *points, target]
        for upper, lower in itertools.pairwise(path):
            below.setdefault(upper, []).append(lower)
            above.setdefault(lower, []).append(upper)
    widths = {node: sizes[node][0] if node in sizes else 2.0 for layer in layers for node in layer}
    x = _columns(layers, above, below, widths, gap[0])
    heights = [max((sizes[n][1] for n in layer if n in sizes), default=0.0) for layer in layers]
    tops = [sum(heights[:i]) + gap[1] * i for i in range(len(layers))]
    middle = {n: tops[i] + heights[i] / 2 for i, layer in enumerate(layers) for n in layer}
    left = min((x[n] - widths[n] / 2 for n in x), default=0.0)
    right = max((x[n] + widths[n] / 2 for n in x), default=0.0)
    centres = {n: (x[n] - left, middle[n]) for n in nodes}
    bends = {edge: [(x[p] - left, middle[p]) for p in points] for edge, points in chains.items()}
    return Layout(centres, bends, right - left, (tops[-1] + heights[-1]) if tops else 0.0)


def _columns(
    layers: list[list[Node]],
    above: Mapping[Node, list[Node]],
    below: Mapping[Node, list[Node]],
    widths: Mapping[Node, float],
    gap: float,
) -> dict[Node, float]:
    """The horizontal centre of every node; the layers are put in order on the way."""
    x: dict[Node, float] = {}
    for layer in layers:
        _set_apart(layer, dict.fromkeys(layer, 0.0), x, widths, gap)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for layer in layers if down else layers[::-1]:
            neighbours = above if down else below
            wanted = {n: _mean([x[m] for m in neighbours[n]]) if n in neighbours else x[n] for n in layer}
            layer.sort(key=lambda n, w=wanted: w[n])  # type: ignore[misc]
            _set_apart(layer, wanted, x, widths, gap)
    return x


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _set_apart(
    layer: Sequence[Node], wanted: Mapping[Node, float], x: dict[Node, float], widths: Mapping[Node, float], gap: float
) -> None:
    """Put a layer's nodes as near to where they want as their order and widths allow (least squares, by blocks)."""
    blocks: list[tuple[list[Node], list[float]]] = []  # nodes, and where each wants the block's first centre
    for node in layer:
        blocks.append(([node], [wanted[node]]))
        while len(blocks) > 1:
            (first, firsts), (second, seconds) = blocks[-2:]
            offset = _span(first, widths, gap) + _distance(first[-1], second[0], widths, gap)
            if _mean(firsts) + offset <= _mean(seconds):
                break
            blocks[-2:] = [(first + second, firsts + [w - offset for w in seconds])]
    for members, wishes in blocks:
        centre = _mean(wishes)
        for i, node in enumerate(members):
            if i:
                centre += _distance(members[i - 1], node, widths, gap)
            x[node] = centre


def _distance(left: Node, right: Node, widths: Mapping[Node, float], gap: float) -> float:
    return (widths[left] + widths[right]) / 2 + gap


def _span(nodes: Sequence[Node], widths: Mapping[Node, float], gap: float) -> float:
    """From the first node's centre to the last one's."""
    return sum(_distance(a, b, widths, gap) for a, b in itertools.pairwise(nodes))
