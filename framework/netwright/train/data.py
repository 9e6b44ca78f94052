"""Mini-batches from arrays, in an order that can be saved and taken up again."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Any

import numpy as np

from ..datasets.preprocessing import Preprocessing
from ..errors import DataError
from .feeding import Arrays, Feed, Samples


def check_arrays(data: Arrays, what: str) -> Arrays:
    """(x, y) with one label for each sample, and at least one sample."""
    x, y = np.asarray(data[0]), np.asarray(data[1])
    if len(x) == 0:
        raise DataError(f"the {what} data are empty")
    if len(x) != len(y):
        raise DataError(f"the {what} data need one label for each sample", wanted=f"{len(x)} labels", got=len(y))
    return x, y


def check_samples(data: Arrays | Samples, what: str, preprocessing: Preprocessing | None = None) -> Samples:
    """The same as samples, whose x passes through ``preprocessing``."""
    return data if isinstance(data, Samples) else Samples(*check_arrays(data, what), preprocessing=preprocessing)


def hold_out(data: Samples, fraction: float, seed: int) -> tuple[Samples, Samples | None]:
    """(training part, validation part), drawn by a generator of the seed; None where the fraction leaves nothing."""
    held, kept = held_rows(len(data), fraction, seed)
    return (data, None) if held is None else (replace(data, rows=kept), replace(data, rows=held))


def held_rows(samples: int, fraction: float, seed: int) -> tuple[Any, Any]:
    """(rows held out, rows kept) of so many samples, ascending; (None, None) where nothing would be held out."""
    count = int(samples * fraction)
    if count == 0 or count == samples:
        return None, None
    order = np.random.Generator(np.random.PCG64DXSM([seed, 1])).permutation(samples)
    return np.sort(order[:count]), np.sort(order[count:])


class Shuffled:
    """Epochs of shuffled mini-batches; the last batch of an epoch may be smaller.

    ``state`` is what one needs to go on in the middle of an epoch: the generator as it was before the epoch's order
    was drawn, and how many samples were taken (of those gathered ahead nothing is known to it).
    """

    def __init__(self, data: Arrays | Samples, batch_size: int, seed: int) -> None:
        self.samples = data if isinstance(data, Samples) else Samples(*data)
        self.feed = Feed(self.samples)
        self.seed = seed
        self.batch_size = min(batch_size, len(self.samples))
        self._generator = np.random.Generator(np.random.PCG64DXSM([seed, 2]))
        self._before = self._generator.bit_generator.state
        self.epoch = 0
        self.done = 0
        self.taken = 0

    @property
    def batches(self) -> int:
        """Batches in a whole epoch."""
        return -(-len(self.samples) // self.batch_size)

    @property
    def left(self) -> int:
        """Batches of this epoch that are still to come."""
        return -(-(len(self.samples) - self.taken) // self.batch_size)

    @property
    def progress(self) -> float:
        """How far the training is, in epochs."""
        return self.epoch + self.done / (self.done + self.left)

    def resize(self, batch_size: int) -> None:
        """Cut what is left into batches of another size; ask for ``rest_of_epoch`` anew afterwards."""
        self.batch_size = min(batch_size, len(self.samples))

    def rest_of_epoch(self) -> Generator[Arrays, None, None]:
        """The batches of this epoch that are left; afterwards the next epoch begins.

        They are views into memory that is used again: keep copies of what outlives the step.
        """
        self._generator.bit_generator.state = self._before  # the order is the same when an epoch is taken up again
        order = self._generator.permutation(len(self.samples))
        self.feed.draws = self.samples.draw(self.seed, self.epoch)
        for x, y in self.feed.batches(order[self.taken :], self.batch_size):
            self.done += 1
            self.taken += len(y)
            yield x, y
        self.epoch += 1
        self.done = self.taken = 0
        self._before = self._generator.bit_generator.state

    def state_dict(self) -> dict[str, Any]:
        """The state as JSON-able values."""
        bits = self._before["state"]
        return {
            "epoch": self.epoch,
            "done": self.done,
            "taken": self.taken,
            "state": str(bits["state"]),
            "inc": str(bits["inc"]),
            "has_uint32": self._before["has_uint32"],
            "uinteger": self._before["uinteger"],
            "samples": len(self.samples),
            "batch_size": self.batch_size,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where ``state_dict`` was taken, in batches of its size; raises DataError where the data are others."""
        if state["samples"] != len(self.samples):
            raise DataError(
                "the data are not those the training began with",
                wanted=f"{state['samples']} samples",
                got=len(self.samples),
            )
        self._before = {
            "bit_generator": "PCG64DXSM",
            "state": {"state": int(state["state"]), "inc": int(state["inc"])},
            "has_uint32": state["has_uint32"],
            "uinteger": state["uinteger"],
        }
        self.batch_size, self.epoch, self.done = (int(state[name]) for name in ("batch_size", "epoch", "done"))
        self.taken = int(state.get("taken", self.done * self.batch_size))
