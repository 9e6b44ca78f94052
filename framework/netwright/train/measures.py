"""What is measured while training: loss, accuracy, errors, summed over batches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..cluster import agreement
from ..errors import NetwrightError

LOSS, PAIR = "loss:", "pair:"
"""Beginnings of the names of sums: of the loss of one head, and of how often a class and a cluster meet."""
MAX_EXPONENT = 500.0
"""A loss above this would give a perplexity beyond all numbers."""


class Measures:
    """Sums over the batches of one epoch (or evaluation); ``values`` are the means so far.

    Classification: ``loss`` and ``accuracy``; of texts ``perplexity`` (e to the loss) too. Regression: ``loss``,
    ``mse``, ``mae`` and ``r2`` (1 − Σ(y−ŷ)²/Σ(y−ȳ)²). Several losses: each by its head's name. Clusters: ``nmi``,
    ``ari`` and ``purity`` against the classes.
    """

    def __init__(self) -> None:
        self.sums: dict[str, float] = {}
        self.count = 0

    def add(self, batch: dict[str, float], samples: int) -> None:
        """Add the sums of one batch."""
        for name, value in batch.items():
            self.sums[name] = self.sums.get(name, 0.0) + value
        self.count += samples

    def values(self) -> dict[str, float]:
        """The measures over everything added."""
        if not self.count:
            return {}
        s, n = self.sums, self.count
        found = {"loss": s["loss"] / n}
        found.update({_loss_name(k): v / n for k, v in s.items() if k.startswith(LOSS)})
        if "tokens" in s:
            found["perplexity"] = math.exp(min(found["loss"], MAX_EXPONENT))
        if any(k.startswith(PAIR) for k in s):
            found.update(agreement(_table(s)))
        if "correct" in s:
            found["accuracy"] = s["correct"] / max(1.0, s["labels"])
        if "square" in s:
            elements = s["elements"]
            found["mse"] = s["square"] / elements
            found["mae"] = s["absolute"] / elements
            spread = s["y_square"] - s["y"] ** 2 / elements
            found["r2"] = 1 - s["square"] / spread if spread > 0 else math.nan
        return found

    def state_dict(self) -> dict[str, Any]:
        """The sums as JSON-able values (exact: Python writes floats so that they read back the same)."""
        return {"sums": self.sums, "count": self.count}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what ``state_dict`` gave."""
        self.sums, self.count = dict(state["sums"]), int(state["count"])


def measure(
    task: str, loss: float, output: np.ndarray[Any, Any], label: np.ndarray[Any, Any], class_axis: int = 1
) -> dict[str, float]:
    """The sums of one batch: ``loss`` is its mean; a classifier's classes lie on ``class_axis``."""
    samples = len(output)
    sums = {"loss": loss * samples}
    if task in ("classification", "language"):
        several = output.ndim > 1 and output.shape[class_axis] > 1
        predicted = output.argmax(class_axis) if several else output.reshape(samples) > 0.5
        sums["correct"] = float((predicted.reshape(-1) == label.reshape(-1)).sum())
        sums["labels"] = float(label.size)
        if task == "language":
            sums["tokens"] = float(label.size)
    elif task == "regression":
        y = label.reshape(output.shape).astype(np.float64)
        error = output.astype(np.float64) - y
        sums |= {
            "square": float((error * error).sum()),
            "absolute": float(abs(error).sum()),
            "y": float(y.sum()),
            "y_square": float((y * y).sum()),
            "elements": float(y.size),
        }
    return sums


def measure_losses(losses: Sequence[tuple[str, float, float]], samples: int) -> dict[str, float]:
    """The sums of several losses, each (name, mean over the batch, factor of its gradient); ``loss`` is what the step
    descends: their sum, each by its factor.
    """
    sums = {f"{LOSS}{name}": value * samples for name, value, _ in losses}
    return {"loss": sum(value * factor for _, value, factor in losses) * samples, **sums}


def measure_pairs(classes: np.ndarray[Any, Any], clusters: np.ndarray[Any, Any]) -> dict[str, float]:
    """How often each class and cluster meet in one batch."""
    pairs, counts = np.unique(np.stack([classes.astype(np.int64), clusters]), axis=1, return_counts=True)
    return {f"{PAIR}{a}:{b}": float(count) for (a, b), count in zip(pairs.T.tolist(), counts, strict=True)}


def _loss_name(key: str) -> str:
    name = key.removeprefix(LOSS)
    return name if name.endswith("_loss") else f"{name}_loss"


def _table(sums: dict[str, float]) -> np.ndarray[Any, Any]:
    cells = {tuple(map(int, k.split(":")[1:])): v for k, v in sums.items() if k.startswith(PAIR)}
    table = np.zeros((1 + max(a for a, _ in cells), 1 + max(b for _, b in cells)))
    for place, count in cells.items():
        table[place] = count
    return table


def require_finite(tested: dict[str, float], learning_rate: Any = None) -> None:
    """Raise NetwrightError where a measure is NaN or infinite: the weights are worth nothing to anybody."""
    bad = [key for key, value in tested.items() if not math.isfinite(value)]
    if bad:
        raise NetwrightError(
            "the training has diverged, and no model was saved",
            where=bad[0],
            wanted="a finite number",
            got=str(tested[bad[0]]),
            remedy="Take a smaller learning rate" + (f" than {learning_rate}" if learning_rate is not None else ""),
        )
