"""Mini-batches from arrays, in an order that can be saved and taken up again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import DataError

Arrays = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]


def check_arrays(data: Arrays, what: str) -> Arrays:
    """(x, y) with one label for each sample, and at least one sample."""
    x, y = np.asarray(data[0]), np.asarray(data[1])
    if len(x) == 0:
        raise DataError(f"the {what} data are empty")
    if len(x) != len(y):
        raise DataError(f"the {what} data need one label for each sample", wanted=f"{len(x)} labels", got=len(y))
    return x, y


def hold_out(data: Arrays, fraction: float, seed: int) -> tuple[Arrays, Arrays | None]:
    """(training part, validation part), drawn by a generator of the seed; None where the fraction leaves nothing."""
    x, y = data
    count = int(len(x) * fraction)
    if count == 0 or count == len(x):
        return data, None
    order = np.random.Generator(np.random.PCG64DXSM([seed, 1])).permutation(len(x))
    held, kept = np.sort(order[:count]), np.sort(order[count:])
    return (x[kept], y[kept]), (x[held], y[held])


class Shuffled:
    """Epochs of shuffled mini-batches; the last batch of an epoch may be smaller.

    ``state`` is what one needs to go on in the middle of an epoch: the generator as it was before the epoch's order
    was drawn, and how many batches are done.
    """

    def __init__(self, data: Arrays, batch_size: int, seed: int) -> None:
        self.x, self.y = data
        self.batch_size = min(batch_size, len(self.x))
        self._generator = np.random.Generator(np.random.PCG64DXSM([seed, 2]))
        self._before = self._generator.bit_generator.state
        self.epoch = 0
        self.done = 0

    @property
    def batches(self) -> int:
        """Batches in an epoch."""
        return -(-len(self.x) // self.batch_size)

    def rest_of_epoch(self) -> Iterator[Arrays]:
        """The batches of this epoch that are left; afterwards the next epoch begins."""
        self._before = self._generator.bit_generator.state
        order = self._generator.permutation(len(self.x))
        for i in range(self.done, self.batches):
            chosen = order[i * self.batch_size : (i + 1) * self.batch_size]
            self.done = i + 1
            yield self.x[chosen], self.y[chosen]
        self.epoch += 1
        self.done = 0
        self._before = self._generator.bit_generator.state

    def state_dict(self) -> dict[str, Any]:
        """The state as JSON-able values."""
        bits = self._before["state"]
        return {
            "epoch": self.epoch,
            "done": self.done,
            "state": str(bits["state"]),
            "inc": str(bits["inc"]),
            "has_uint32": self._before["has_uint32"],
            "uinteger": self._before["uinteger"],
            "samples": len(self.x),
            "batch_size": self.batch_size,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where ``state_dict`` was taken; raises DataError where the data are others."""
        if state["samples"] != len(self.x) or state["batch_size"] != self.batch_size:
            raise DataError(
                "the data are not those the training began with",
                wanted=f"{state['samples']} samples in batches of {state['batch_size']}",
                got=f"{len(self.x)} in batches of {self.batch_size}",
            )
        self._generator.bit_generator.state = {
            "bit_generator": "PCG64DXSM",
            "state": {"state": int(state["state"]), "inc": int(state["inc"])},
            "has_uint32": state["has_uint32"],
            "uinteger": state["uinteger"],
        }
        self.epoch, self.done = int(state["epoch"]), int(state["done"])
