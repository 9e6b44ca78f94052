"""Rectifiers whose units have died."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...symbol.symbol import SymbolNode
from . import words
from .curves import rate_of
from .inside import Inside
from .words import Advice, Bar, Evidence

if TYPE_CHECKING:
    from ..loop import TrainState


def is_relu(node: SymbolNode) -> bool:
    """Whether it gives 0 for everything below 0."""
    if node.op is None:
        return False
    return node.op.name == "relu" or (node.op.name == "Activation" and getattr(node.p, "act_type", None) == "relu")


class DeadUnits:
    """A rectifier of which most units (70 %) are 0 for every sample, twice on end (or nearly all, once).

    A unit is a number of the output, of an image a channel.
    """

    SHARE, NEARLY = 0.7, 0.95
    UNITS = 4

    def __init__(self) -> None:
        self._times: dict[str, int] = {}

    def look(self, inside: Inside, x: Any, state: TrainState) -> list[Advice]:
        """Run the samples through the network and count."""
        shares: dict[str, tuple[int, int]] = {}
        for node, value in inside.outputs(x, is_relu):
            if value.ndim < 2:
                continue
            active = (value > 0).reshape(value.shape[0], value.shape[1], -1).any(axis=(0, 2))
            shares[node.name] = int(active.size - active.sum()), int(active.size)
        bars = [Bar(name=name, value=dead / units) for name, (dead, units) in shares.items()]
        found = []
        for name, (dead, units) in shares.items():
            bad = units >= self.UNITS and dead >= self.SHARE * units
            self._times[name] = self._times.get(name, 0) + 1 if bad else 0
            if not bad or (self._times[name] < 2 and dead < self.NEARLY * units):
                continue
            found.append(
                words.DEAD_RELU.say(
                    (state.step, state.epoch),
                    Evidence(measure="Share of units that are never active", bars=bars[:64], limit=self.SHARE),
                    {
                        "dead": dead,
                        "units": units,
                        "percent": round(100 * dead / units),
                        "samples": len(x),
                        "rate": rate_of(state),
                    },
                    layer=name,
                )
            )
        return found
