"""Which losses a step learns from, and which weights they change: one turn, or several one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ..errors import GraphError
from ..graph.network import Head, Network
from ..symbol.symbol import Group, Symbol
from ..task_choice import Turn

WHERE = "settings.task"


@dataclass(frozen=True, eq=False)
class Part:
    """What one update runs: the symbol of its heads and, behind them, of labels that come from inside the graph.

    ``watched`` says at which output the label of a head lies; ``count`` is the number of heads before them.
    """

    name: str
    symbol: Symbol
    heads: tuple[Head, ...]
    weights: tuple[str, ...]
    watched: dict[str, int]
    rate: float = 1.0

    @property
    def count(self) -> int:
        return len(self.heads)

    @property
    def losses(self) -> list[tuple[int, Head]]:
        """The loss heads with their places among the outputs."""
        return [(i, head) for i, head in enumerate(self.heads) if head.is_loss]


def whole(network: Network) -> Part:
    """Every head at once, for every weight."""
    return _part(network, "all", range(len(network.heads)), tuple(network.weights), 1.0)


def parts(network: Network, turns: Sequence[Turn]) -> list[Part]:
    """The updates of a step; GraphError where a turn names a loss or weights that are not there."""
    return [_turn(network, turn) for turn in turns] or [whole(network)]


def _turn(network: Network, turn: Turn) -> Part:
    places = {head.name: i for i, head in enumerate(network.heads) if head.is_loss}
    for name in turn.losses:
        if name not in places:
            raise GraphError(
                f"the turn {turn.name!r} learns from a loss that is not among the outputs",
                where=WHERE,
                wanted=", ".join(places) or "a loss head",
                got=name[:64],
                remedy="Name loss heads of the graph, and list them as its outputs",
            )
    owners = _owners(network)
    weights = tuple(w for w in network.weights if any(fnmatchcase(o, p) for o in owners[w] for p in turn.weights))
    if not weights:
        raise GraphError(
            f"the turn {turn.name!r} trains no weights",
            where=WHERE,
            wanted=f"ids of nodes that have weights, such as {next(iter(owners.values()), ['a layer'])[0]}",
            got=", ".join(turn.weights)[:100],
            remedy="Name the nodes whose weights it trains; * stands for any characters",
        )
    return _part(network, turn.name, [places[name] for name in turn.losses], weights, turn.rate)


def _owners(network: Network) -> dict[str, list[str]]:
    """For each weight, the nodes that use it."""
    found: dict[str, list[str]] = {name: [] for name in network.weights}
    for node in network.symbol.nodes():
        for source, _ in node.inputs:
            if source.op is None and source.name in found:
                found[source.name].append(node.name)
    return found


def _part(network: Network, name: str, places: Sequence[int], weights: tuple[str, ...], rate: float) -> Part:
    entries = list(network.symbol._entries)
    heads = tuple(network.heads[i] for i in places)
    symbols = [Symbol([entries[i]]) for i in places]
    watched: dict[str, int] = {}
    for head, place in zip(heads, places, strict=True):
        node = entries[place][0]
        if head.is_loss and head.label is None and head.op is not None:
            ports = [port.name for port in head.op.ports(head.p)]
            if "label" in ports:
                watched[head.name] = len(heads) + len(watched)
                symbols.append(Symbol([node.inputs[ports.index("label")]]))
    return Part(name, Group(symbols), heads, weights, watched, rate)
