"""The one number of a network's output that is explained: a class's score, a value, the nearness of a cluster."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import GraphError, ParamError
from ..graph.network import Head, Network
from ..symbol.symbol import Symbol, SymbolEntry, SymbolNode

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Score:
    """``entry`` is the output that holds the score; ``value`` reads it for each sample, ``seed`` is its derivative by
    that output, from which the way back begins. ``scale`` turns it into the unit that people know.
    """

    entry: SymbolEntry

    def value(self, out: Array) -> Array:
        """The score of each sample, (samples,)."""
        raise NotImplementedError

    def seed(self, out: Array) -> Array:
        """∂score/∂output, of the output's shape."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class ClassScore(Score):
    """What a class gets before the softmax, less what all get on average: zⱼ − mean(z). Of a text, of the character
    after the last. With one output for two classes ±z.

    The scores before the softmax are taken, not the probabilities, because these saturate: where a network is sure,
    every gradient of a probability is nearly 0 (Simonyan, Vedaldi and Zisserman, 2013, section 3).
    """

    index: int
    classes: int
    axis: int = 1

    def value(self, out: Array) -> Array:
        """zⱼ − mean(z), or ±z."""
        scores = self._scores(out)
        if scores.shape[1] == 1:
            return scores[:, 0] if self.index else -scores[:, 0]
        found: Array = scores[:, self.index] - scores.mean(1)
        return found

    def seed(self, out: Array) -> Array:
        """1 − 1/classes at the class and −1/classes at the others, at the last place."""
        seed = np.zeros(out.shape, np.float32)
        scores = self._scores(seed)  # a view
        if scores.shape[1] == 1:
            scores[:, 0] = 1 if self.index else -1
        else:
            scores[:] = -1 / scores.shape[1]
            scores[:, self.index] += 1
        return seed

    def _scores(self, out: Array) -> Array:
        """(samples, classes) as a view, the last place of several."""
        axis = self.axis if out.shape[self.axis] in (1, self.classes) else out.ndim - 1
        moved = np.moveaxis(out, axis, -1)
        while moved.ndim > 2:
            moved = moved[:, -1]
        return moved


@dataclass(frozen=True, eq=False)
class ValueScore(Score):
    """A predicted value times ``scale``, the unit of the data."""

    scale: float = 1.0

    def value(self, out: Array) -> Array:
        """The first value of each sample."""
        found: Array = out.reshape(len(out), -1)[:, 0] * self.scale
        return found

    def seed(self, out: Array) -> Array:
        """``scale`` at the first value."""
        seed = np.zeros((len(out), out[0].size), np.float32)
        seed[:, 0] = self.scale
        return seed.reshape(out.shape)


@dataclass(frozen=True, eq=False)
class ClusterScore(Score):
    """How near a sample's latent numbers lie to a centre: −½‖z − c‖²."""

    centre: Array

    def value(self, out: Array) -> Array:
        """−½‖z − c‖² of each sample."""
        found: Array = -0.5 * np.square(out.reshape(len(out), -1) - self.centre).sum(1)
        return found

    def seed(self, out: Array) -> Array:
        """c − z."""
        found: Array = (self.centre - out.reshape(len(out), -1)).astype(np.float32).reshape(out.shape)
        return found


def head_score(network: Network, classes: Sequence[str] | None, index: int | None, unit: float = 1.0) -> Score:
    """The score of a class (by ``index``), or without classes the value in ``unit``, of the head that learns labels.

    GraphError where there is none: a network that gives its input back decides nothing.
    """
    head = next((head for head in network.heads if head.label is not None), None)
    if head is None:
        head = next((head for head in network.heads if not head.is_loss), None)
    if head is None:
        raise GraphError(
            "this network neither tells classes nor values, so there is nothing to ask the reason of",
            where=network.heads[0].name,
            remedy="Look at its activations instead",
        )
    entry = before(network, head)
    if classes is None:
        return ValueScore(entry, unit)
    chosen = index or 0
    if not 0 <= chosen < len(classes):
        raise ParamError("there is no such class", parameter="target", wanted=f"0 … {len(classes) - 1}", got=index)
    axis = head.op.class_axis(head.p) if head.op is not None and hasattr(head.op, "class_axis") else 1
    return ClassScore(entry, chosen, len(classes), axis)


def node_score(network: Network, node: str, centre: Any) -> Score:
    """How near a node's numbers come to a centre."""
    for found in network.symbol.nodes():
        if found.name == node:
            return ClusterScore((found, 0), np.asarray(centre, np.float64).reshape(-1))
    raise GraphError("there is no such node", where=node)


def before(network: Network, head: Head) -> SymbolEntry:
    """What goes into a loss head (the scores before its softmax or logistic function); another head's own output."""
    entry = next(entry for entry in network.symbol._entries if entry[0].name == head.name)
    if head.op is None or not head.is_loss:
        return entry
    ports = [port.name for port in head.op.ports(head.p)]
    return entry[0].inputs[ports.index("data")]


def cut(entry: SymbolEntry, nodes: Collection[str]) -> SymbolEntry:
    """The same output with variables in the place of some nodes: what they put out is fed instead."""
    made: dict[SymbolNode, SymbolNode] = {}
    for old in Symbol([entry]).nodes():
        if old.name in nodes:
            made[old] = SymbolNode(None, None, old.name, (), {})
        elif old.op is None:
            made[old] = old
        else:
            inputs = tuple((made[source], 0 if source.name in nodes else place) for source, place in old.inputs)
            made[old] = SymbolNode(old.op, old.p, old.name, inputs, dict(old.attributes))
    node, place = entry
    return made[node], 0 if node.name in nodes else place
