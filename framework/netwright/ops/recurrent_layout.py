"""Where a recurrent operator's weights lie in their one vector, and what it keeps for the way back."""

from __future__ import annotations

import math
from collections.abc import Mapping
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


def kept_shapes(p: Any, length: int, batch: int) -> dict[str, tuple[int, ...]]:
    """What a forward pass keeps for the way back, by name, with shapes: (time, batch, features).

    Of each layer and direction, numbered through, ``gates`` after their functions, ``cells`` (see ``Kept``) and, of a
    projecting LSTM, ``unprojected`` outputs; behind each layer but the last ``between``, its outputs, and ``masks``, by
    which they were multiplied.
    """
    widths = {"gates": GATES[p.mode] * p.state_size}
    if p.mode in ("lstm", "gru"):
        widths["cells"] = p.state_size
    if p.projection_size:
        widths["unprojected"] = p.state_size
    found: dict[str, tuple[int, ...]] = {
        f"{k}{i}": (length, batch, n) for k, n in widths.items() for i in range(p.num_layers * directions(p))
    }
    for kind in ("between", "masks") if p.p else ("between",):
        for layer in range(p.num_layers - 1):
            found[f"{kind}{layer}"] = (length, batch, fed_back(p) * directions(p))
    return found


class Reserve:
    """The arrays of ``kept_shapes``, layer by layer."""

    def __init__(self, p: Any, arrays: Mapping[str, Any]) -> None:
        ways, layers = directions(p), range(p.num_layers)
        self.kept = [
            [
                Kept(arrays[f"gates{i}"], arrays.get(f"cells{i}"), arrays.get(f"unprojected{i}"))
                for i in range(layer * ways, (layer + 1) * ways)
            ]
            for layer in layers
        ]
        self.outputs = [arrays[f"between{i}"] for i in layers[:-1]]
        self.masks = [arrays.get(f"masks{i}") for i in layers[:-1]]
