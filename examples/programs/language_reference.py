"""The text that the language models of this folder learn: Python's own language reference, as every Python ships it."""

from __future__ import annotations

from pydoc_data.topics import topics

import numpy as np


class Text:
    """Characters as numbers: ``train`` and ``held_out`` (the last tenth), int32 of shape (length,)."""

    def __init__(self, length: int) -> None:
        text = "\n".join(topics[name] for name in sorted(topics))[:length]
        self.characters = sorted(set(text))
        number = {character: i for i, character in enumerate(self.characters)}
        numbers = np.array([number[character] for character in text], np.int32)
        cut = len(numbers) * 9 // 10
        self.train, self.held_out = numbers[:cut], numbers[cut:]

    def read(self, numbers: np.ndarray) -> str:
        """Numbers as text."""
        return "".join(self.characters[i] for i in numbers)

    def windows(self, numbers: np.ndarray, length: int, batch: int) -> tuple[np.ndarray, np.ndarray]:
        """Inputs and targets (the next characters) of shape (batches, batch, length).

        Row b of one batch goes on in row b of the next.
        """
        steps = (len(numbers) - 1) // (batch * length)
        used = batch * steps * length
        inputs, targets = numbers[:used], numbers[1 : used + 1]
        shape = (batch, steps, length)
        return tuple(a.reshape(shape).swapaxes(0, 1) for a in (inputs, targets))  # type: ignore[return-value]

    def measure_bigram(self) -> float:
        """Bits a held-out character costs a model that counted which character follows which."""
        counts = np.full((len(self.characters),) * 2, 0.1)
        np.add.at(counts, (self.train[:-1], self.train[1:]), 1)
        chances = counts / counts.sum(axis=1, keepdims=True)
        return float(-np.log2(chances[self.held_out[:-1], self.held_out[1:]]).mean())
