"""What comes once an epoch for networks with latent numbers: clusters, and how good generated samples are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cluster import kmeans, nearest
from ..errors import GraphError
from ..generation import Encoder, Generator
from ..graph.check import DataSpec
from ..graph.part import shape_of
from ..task_choice import TaskChoice
from .likeness import Likeness
from .measures import measure_pairs

MAX_SAMPLES = 10_000
"""Training samples that are looked at between two epochs."""
GENERATED = 256

Array = NDArray[Any]


class ClusterSettler:
    """Splits the training samples by their latent numbers after each epoch, with k-means."""

    def __init__(self, graph: Any, choice: TaskChoice, data: DataSpec) -> None:
        assert choice.latent is not None
        assert choice.clusters is not None
        self._graph, self._latent, self._clusters, self._data = graph, choice.latent, choice.clusters, data
        self.centres: NDArray[np.float64] | None = None
        self._encoder: Encoder | None = None

    def settle(self, task: Any, train: Any, seed: int, epoch: int) -> dict[str, float]:
        """Find the clusters anew; ``inertia`` is the mean squared distance of a sample to its centre."""
        x, _ = some_of(train)
        latents = self._encode(task, x)
        if not np.isfinite(latents).all():
            return {}  # the training has diverged, which its loss tells
        found = kmeans(latents, min(self._clusters, len(latents)), seed=[seed, epoch])
        self.centres = found.centres
        return {"inertia": found.inertia / len(latents)}

    def measure(self, task: Any, x: Any, y: Array) -> dict[str, float]:
        """How classes and clusters meet in a batch, where the samples have classes."""
        if self.centres is None or self._data.classes is None or y.ndim != 1:
            return {}
        latents = self._encode(task, x)
        if not np.isfinite(latents).all():
            return {}
        return measure_pairs(y, nearest(latents, self.centres)[0])

    def assign(self, task: Any, train: Any) -> tuple[NDArray[np.int64], Array]:
        """(cluster, label) of the training samples that were looked at; before the first epoch there are none."""
        x, y = some_of(train)
        if self.centres is None:
            return np.empty(0, np.int64), y[:0]
        return nearest(self._encode(task, x), self.centres)[0], y

    def state_dict(self) -> dict[str, Any]:
        """The centres (JSON keeps every bit of a float)."""
        return {} if self.centres is None else {"centres": self.centres.tolist()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore what ``state_dict`` gave."""
        centres = state.get("centres")
        self.centres = None if centres is None else np.array(centres, np.float64)

    def _encode(self, task: Any, x: Array) -> NDArray[np.float32]:
        if self._encoder is None:
            self._encoder = Encoder(self._graph, self._latent, task.arrays(), self._data, task.device)
        else:
            self._encoder.use(task.arrays())
        return self._encoder(x)


class GenerationSettler:
    """Measures how like the training samples are to those that the network makes."""

    def __init__(self, graph: Any, choice: TaskChoice, data: DataSpec) -> None:
        self._graph, self._choice, self._data = graph, choice, data
        self._likeness: Likeness | None = None
        self._generator: Generator | None = None

    def settle(self, task: Any, train: Any, seed: int, epoch: int) -> dict[str, float]:
        """``frechet``: the distance of freshly made samples to the training ones (see Likeness)."""
        if self._likeness is None:
            self._likeness = Likeness(some_of(train)[0])
        made = self.generator(task)(GENERATED, [seed, epoch])
        return {"frechet": self._likeness(made)} if np.isfinite(made).all() else {}

    def generator(self, task: Any) -> Generator:
        """The generator with the weights as they are now."""
        if self._generator is None:
            self._generator = Generator(self._graph, self._choice, task.arrays(), self._data, task.device)
        else:
            self._generator.use(task.arrays())
        return self._generator

    def measure(self, task: Any, x: Any, y: Array) -> dict[str, float]:
        """Nothing is added batch by batch."""
        return {}

    def state_dict(self) -> dict[str, Any]:
        """Everything follows from weights and data."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Nothing was saved."""


def make_settler(graph: Any, choice: TaskChoice, data: DataSpec) -> ClusterSettler | GenerationSettler | None:
    """What a task does between epochs; GraphError where the nodes that its choice names do not fit the graph."""
    if choice.kind in ("supervised", "language"):
        return None
    if not isinstance(graph, Mapping):
        raise GraphError(
            f"a task of the kind {choice.kind} names nodes of a graph JSON",
            where="settings.task",
            got=type(graph).__name__,
            remedy="Turn the symbol into a graph with netwright.graph.from_symbol",
        )
    for field, node in choice.nodes().items():
        try:
            shape_of(graph, node, data)
        except GraphError as error:
            error.where = f"settings.task.{field}"
            raise
    if choice.kind == "clustering":
        return ClusterSettler(graph, choice, data)
    return GenerationSettler(graph, choice, data) if choice.kind == "generation" else None


def some_of(train: Any) -> tuple[Array, Array]:
    """At most 10,000 training samples (x, y), as the network takes them, spread over all."""
    places = np.arange(0, len(train), -(-len(train) // MAX_SAMPLES))
    found: tuple[Array, Array] = train.gather(places)
    return found
