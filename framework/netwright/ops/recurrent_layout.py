"""Where a recurrent operator's weights lie in their one vector, and what it keeps for the way back in another."""

from __future__ import annotations

import math
from typing import Any

from .recurrence import GATES, Kept, Weights


class Carver:
    """Cuts arrays off the front of a vector, one after the other; without a vector it only counts."""

    def __init__(self, vector: Any = None) -> None:
        self.vector = vector
        self.taken = 0

    def take(self, *shape: int) -> Any:
        """The next elements as an array of this shape."""
        start, self.taken = self.taken, self.taken + math.prod(shape)
        return None if self.vector is None else self.vector[start : self.taken].reshape(shape)


def directions(p: Any) -> int:
    """1, or 2 for bidirectional layers."""
    return 2 if p.bidirectional else 1


def fed_back(p: Any) -> int:
    """Size of the state that is fed back and put out."""
    return int(p.projection_size or p.state_size)


def weights(p: Any, features: int, vector: Any = None) -> tuple[list[list[Weights]], int]:
    """(weights of each layer and direction, number of weights in all).

    Order as in MXNet: for each layer and direction i2h, h2h and the projection; behind them, in the same order, the two
    biases.
    """
    carver = Carver(vector)
    size, fed = p.state_size, fed_back(p)
    width = GATES[p.mode] * size
    found: list[list[Weights]] = []
    for layer in range(p.num_layers):
        incoming = features if layer == 0 else fed * directions(p)
        found.append(
            [
                Weights(
                    carver.take(width, incoming),
                    carver.take(width, fed),
                    carver.take(fed, size) if p.projection_size else None,
                    None,
                    None,
                )
                for _ in range(directions(p))
            ]
        )
    for one in (w for both in found for w in both):
        one.input_bias, one.hidden_bias = carver.take(width), carver.take(width)
    return found, carver.taken


class Reserve:
    """What a forward pass keeps: the gates of each layer and direction, and between layers outputs and masks."""

    def __init__(self, p: Any, length: int, batch: int, vector: Any = None) -> None:
        carver = Carver(vector)
        size, fed = p.state_size, fed_back(p)
        steps = (length, batch)
        cells = p.mode in ("lstm", "gru")
        self.kept = [
            [
                Kept(
                    carver.take(*steps, GATES[p.mode] * size),
                    carver.take(*steps, size) if cells else None,
                    carver.take(*steps, size) if p.projection_size else None,
                )
                for _ in range(directions(p))
            ]
            for _ in range(p.num_layers)
        ]
        inner = range(p.num_layers - 1)
        self.outputs = [carver.take(*steps, fed * directions(p)) for _ in inner]
        self.masks = [carver.take(*steps, fed * directions(p)) if p.p else None for _ in inner]
        self.size = carver.taken
