"""Choosing what to compute again in the backward pass, so that the peak of memory falls.

Three ways are weighed against each other by predicted peak and time. Cheap calls alone are repeated: elementwise
functions, normalisation, pooling; convolutions and matrix products are kept. Or the forward pass is cut into segments
of which only what crosses the cuts is kept (Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016): with
n equal layers and segments of √n some 2√n layers' results are held. Here a segment ends where what is kept so far and
the segment itself fill a limit, since earlier segments are repeated when later ones are gone already: they may be
longer, and about √(2n) suffices. Or only the first part of the network is cut so, and the rest kept, or repeated
where it is cheap.

Where time comes first, ``recompute_cheap`` repeats only what a kept result gives at once, up to a share of the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from ..ir import Graph, Node, Value
from .cost import seconds
from .liveness import peak_bytes
from .repeating import Repeater, dropped_by, repeatable, sources_of

CHEAP = 40.0
"""Operations for each number read and written, up to which a call is cheap: memory sets its pace."""

NEAR = 1.05
"""A peak this much above the lowest is as good, where it takes less time."""

SMALL = 32 << 20
"""A peak in bytes below which time comes before memory."""

SHARE = 0.05
"""The share of a step's predicted time that cheap repeated calls may take."""

WORTH = 0.9
"""The share of its height to which the peak must fall for that."""

LIMITS = 12
"""Limits that are tried for the segments; a graph of many thousand calls gets fewer."""


@dataclass(slots=True)
class Choice:
    """A way to recompute, with its predicted peak and the time it adds."""

    peak: int
    seconds: float
    repeater: Repeater


def recompute(graph: Graph, budget: int | None = None) -> Graph:
    """Compute again what lowers the peak: as much as the budget asks for, or all that helps where there is none.

    Random numbers and states are never drawn or written twice: such calls are kept (``Operator.again`` may say
    how their result follows from what is kept). Nothing changes where the budget is met already.
    """
    forward = [node for node in graph.nodes if node.phase == "forward"]
    if len(forward) == len(graph.nodes):
        return graph
    before = peak_bytes(graph)
    if budget is not None and before <= budget:
        return graph
    choices = [choice for choice in _choices(graph, forward, before) if choice.peak < before]
    if not choices:
        return graph
    return _accept(graph, _best(choices, budget))


def recompute_cheap(graph: Graph) -> Graph:
    """Compute again, in one cheap call each, what saves most for its time: at most ``SHARE`` of a step's.

    Of two such calls in a row one is kept, so that no chain of them is held for the sake of its end. A graph whose peak
    is small stays as it is.
    """
    before = peak_bytes(graph)
    if before <= SMALL or graph.nodes[-1].phase == "forward":
        return graph
    choice = _try(graph, _cheap_and_apart(graph))
    return _accept(graph, choice) if choice.peak <= WORTH * before else graph


def _cheap_and_apart(graph: Graph) -> set[Node]:
    """Cheap forward calls that read nothing of one another, the most bytes for a second first."""
    states, lasting = graph.states, set(graph.outputs)
    wanted = {v for node in graph.nodes if node.phase == "backward" for v in node.inputs if v not in lasting}
    found: dict[Node, float] = {}
    made: set[Value] = set()
    for node in graph.nodes:
        if node.phase != "forward":
            break
        if node.op.view:
            if node.inputs[0] in made:
                made.update(node.outputs)
            continue
        kept = {v for v in sources_of(node) if v.node is not None} - wanted  # else freed in the forward pass
        saved = sum(v.spec.nbytes for v in wanted.intersection(dropped_by(node))) - sum(v.spec.nbytes for v in kept)
        if saved > 0 and _is_cheap(node) and repeatable(node, states) and made.isdisjoint(node.inputs):
            found[node] = saved / seconds(node)
            made.update(node.outputs)
    left = SHARE * sum(map(seconds, graph.nodes))
    chosen = set()
    for node in sorted(found, key=found.__getitem__, reverse=True):
        if (left := left - seconds(node)) < 0:
            break
        chosen.add(node)
    return chosen


def _accept(graph: Graph, chosen: Choice) -> Graph:
    total = sum(map(seconds, graph.nodes))
    chosen.repeater.accept()
    again = len(chosen.repeater.repeated)
    graph.remark(f"{again} calls are repeated in the backward pass, for some {chosen.seconds / total:+.0%} of time")
    return graph


def _best(choices: Sequence[Choice], budget: int | None) -> Choice:
    lowest = min(choice.peak for choice in choices)
    limit = lowest * NEAR if budget is None else max(budget, lowest)
    return min((c for c in choices if c.peak <= limit), key=lambda c: (c.seconds, c.peak))


def _choices(graph: Graph, forward: Sequence[Node], before: int) -> Iterator[Choice]:
    """Ways to recompute, each tried out on a copy of the list of calls."""
    states = graph.states
    free = [repeatable(node, states) for node in forward]
    cheap = {node for node, ok in zip(forward, free, strict=True) if ok and _is_cheap(node)}
    segments = Segments(graph, forward, free)
    tried = set()
    for dropped in _ways(segments, cheap, len(forward), before):
        key = frozenset(map(id, dropped))
        if key and key not in tried:
            tried.add(key)
            yield _try(graph, dropped)


def _ways(segments: Segments, cheap: set[Node], count: int, before: int) -> Iterator[set[Node]]:
    few = count > 3000
    yield cheap
    limits = LIMITS // 2 if few else LIMITS
    for step in range(limits):
        limit = int(before * 0.8 * (0.02 / 0.8) ** (step / (limits - 1)))
        for part in (1.0,) if few else (1.0, 0.66, 0.33):
            cut = segments.dropped(limit, int(count * part))
            yield cut
            yield cut | cheap


def _try(graph: Graph, dropped: Iterable[Node]) -> Choice:
    repeater = Repeater(graph, dropped)
    peak = peak_bytes(graph, repeater.nodes, repeater.values)
    return Choice(peak, sum(map(seconds, repeater.repeated)), repeater)


def _is_cheap(node: Node) -> bool:
    inputs, outputs = [v.spec for v in node.inputs], [v.spec for v in node.outputs]
    numbers = sum(spec.size for spec in (*inputs, *outputs))
    return node.op.flops(node.p, inputs, outputs) <= CHEAP * max(numbers, 1)


class Segments:
    """The forward pass cut into segments that are repeated as a whole."""

    def __init__(self, graph: Graph, forward: Sequence[Node], free: Sequence[bool]) -> None:
        self._forward, self._free = forward, free
        count = len(forward)
        self._bytes = [0 if node.op.view else sum(v.spec.nbytes for v in node.outputs) for node in forward]
        self._last = list(range(count))
        """The last forward call that reads what a call made, by itself or through views."""
        maker: dict[int, int] = {}
        for i, node in enumerate(forward):
            for value in node.inputs:
                if value.number in maker:
                    self._last[maker[value.number]] = i
            for value in node.outputs:
                source = maker.get(node.inputs[0].number) if node.op.view else i
                if source is not None:
                    maker[value.number] = source
        read = {
            maker[value.number]
            for node in graph.nodes
            if node.phase == "backward"
            for value in node.inputs
            if value.number in maker
        }
        self._needed = [self._bytes[i] if i in read else 0 for i in range(count)]
        change = [0] * (count + 1)
        for i, nbytes in enumerate(self._bytes):
            change[i] += nbytes
            change[self._last[i]] -= nbytes
        self._crossing = list(accumulate(change[:-1]))
        """Bytes that later forward calls read, behind each call."""

    def dropped(self, limit: int, end: int) -> set[Node]:
        """Calls not to keep, such that what is kept and one segment stay below ``limit``, up to the call ``end``."""
        found: set[Node] = set()
        start = i = held = inside = 0
        while i < end:
            inside += self._needed[i]
            if held + inside <= limit or i == start:
                i += 1
                continue
            cut = self._narrowest(start, i)
            for j in range(start, cut + 1):
                if self._free[j] and self._last[j] <= cut:
                    found.add(self._forward[j])
                else:
                    held += self._bytes[j] if self._last[j] > cut else self._needed[j]
            start = i = cut + 1
            inside = 0
        return found

    def _narrowest(self, start: int, end: int) -> int:
        """Where the fewest bytes cross, in the later half of the calls from ``start`` up to ``end``; the last such."""
        middle = start + (end - start) // 2
        return min(range(end - 1, middle - 1, -1), key=self._crossing.__getitem__, default=start)
