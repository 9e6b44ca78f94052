"""Blocks of batches on their way to a GPU while it computes: page-locked memory, and a stream of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..device import Device


class Transfer:
    """Puts gathered blocks into one of two places on the device; runs in the thread that gathers ahead."""

    def __init__(self, device: Device, xp: Any = None) -> None:
        self.device = device
        self.xp = xp or device.xp
        self._stream = self.xp.cuda.Stream(non_blocking=True)
        self._there: dict[tuple[int, int], Any] = {}

    def room(self, room: tuple[Any, ...]) -> tuple[Any, ...]:
        """Page-locked memory like the given arrays: the card reads it by itself."""
        return tuple(self._locked(part) for part in room)

    def mark(self) -> Any:
        """The steps that were started so far, which read what will be written over."""
        return self.xp.cuda.get_current_stream().record()

    def __call__(self, block: tuple[Any, ...], place: int, started: Any) -> tuple[Any, ...]:
        """The block on the device, complete; before it is copied, ``started`` is waited for (by the device)."""
        self.xp.cuda.Device(self.device.device_id).use()  # each thread has a current device
        self._stream.wait_event(started)
        found = []
        with self._stream:
            for i, part in enumerate(block):
                there = self._there.get((place, i))
                if there is None or len(there) < len(part):
                    there = self._there[place, i] = self.xp.empty(part.shape, part.dtype)
                there = there[: len(part)]
                there.set(part, stream=self._stream)
                found.append(there)
        self._stream.synchronize()  # this thread waits, neither the training nor the device does
        return tuple(found)

    def _locked(self, part: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        memory = self.xp.cuda.alloc_pinned_memory(max(1, part.nbytes))
        return np.frombuffer(memory, part.dtype, part.size).reshape(part.shape)
