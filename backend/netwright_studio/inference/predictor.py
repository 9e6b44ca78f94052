"""What the studio wants of the framework's predictor, and the default way to get one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from netwright.model_store import SavedModel

Array = NDArray[Any]


class TensorSpec(Protocol):
    """Name, shape without the batch axis, and element type of an input or output."""

    @property
    def name(self) -> str: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> Any: ...


class Predictor(Protocol):
    """A network ready to answer: one array in per input, in their order; one array out per head.

    Not required to be re-entrant: the batcher calls it from one thread at a time.
    """

    @property
    def inputs(self) -> Sequence[TensorSpec]: ...
    @property
    def outputs(self) -> Sequence[TensorSpec]: ...

    def __call__(self, *inputs: Array) -> Sequence[Array]: ...


LoadPredictor = Callable[[SavedModel], Predictor]


def load_with_framework(saved: SavedModel) -> Predictor:
    """Load through the framework, imported on first use so that the start is quick."""
    from netwright.prediction import open_predictor

    predictor = open_predictor(saved, serving=True)
    predictor.prepare(1)
    return predictor


def bytes_of(predictor: Predictor, saved: SavedModel) -> int:
    """Bytes that a loaded model holds: what the predictor says, or as much again as its weights for plans."""
    told: int | None = getattr(predictor, "held_bytes", None)
    return told if told is not None else 2 * saved.weights_path.stat().st_size


def datatype_of(spec: TensorSpec) -> np.dtype[Any]:
    """The element type of an input or output as NumPy names it."""
    dtype: np.dtype[Any] = np.dtype(spec.dtype)
    return dtype
