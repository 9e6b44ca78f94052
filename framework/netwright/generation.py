"""Samples out of a trained network, by the part of it that leads from its latent numbers to its output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .device import Device
from .errors import DataError, GraphError, ParamError
from .graph.check import DataSpec
from .graph.network import to_network
from .graph.part import part, shape_of
from .graph.predictor import Predictor
from .scheduler import choose_device
from .task_choice import TaskChoice

MAX_SAMPLES = 256
"""Samples made by one call."""

Weights = Mapping[str, NDArray[Any]]


class Generator:
    """The part of a network from ``choice.latent`` to ``choice.output``, with weights.

    Latent numbers are standard normal. ``latent_shape`` and ``output_shape`` leave out the batch axis.
    """

    def __init__(
        self, graph: Any, choice: TaskChoice, weights: Weights, data: DataSpec, device: str | Device = "cpu"
    ) -> None:
        if choice.latent is None or choice.output is None:
            raise GraphError(
                "this network has no latent numbers to begin from",
                where="settings.task",
                wanted="latent and output",
                remedy="Name the nodes in the task of the settings",
            )
        self.latent_shape = shape_of(graph, choice.latent, data)
        decoder = part(graph, [choice.output], {choice.latent: self.latent_shape})
        network = to_network(decoder)
        if list(network.inputs) != [choice.latent]:
            raise GraphError(
                f"{choice.output!r} needs more than {choice.latent!r}",
                where=choice.output,
                wanted=f"{choice.latent} as its only input",
                got=", ".join(network.inputs),
            )
        self._run = Predictor(network, weights, choose_device(device)[0])
        self.use = self._run.use
        self.output_shape = self._run.outputs[0].shape

    def draw(self, count: int, seed: int | list[int]) -> NDArray[np.float32]:
        """Latent numbers for that many samples; the same seed gives the same."""
        if not 1 <= count <= MAX_SAMPLES:
            raise ParamError(
                "this many samples cannot be made", parameter="count", wanted=f"1 … {MAX_SAMPLES}", got=count
            )
        rng = np.random.Generator(np.random.PCG64DXSM(seed))
        return rng.standard_normal((count, *self.latent_shape), dtype=np.float32)

    def decode(self, latents: ArrayLike) -> NDArray[np.float32]:
        """The outputs for latent numbers of shape (samples, *latent_shape)."""
        z = np.asarray(latents, np.float32)
        if z.shape[1:] != self.latent_shape:
            raise DataError("these are not latent numbers", wanted=("samples", *self.latent_shape), got=z.shape)
        return np.concatenate([self._run(z[i : i + 64])[0] for i in range(0, len(z), 64)])

    def __call__(self, count: int, seed: int | list[int] = 0) -> NDArray[np.float32]:
        """That many new samples."""
        return self.decode(self.draw(count, seed))


class Encoder:
    """The part of a network from its input to a node: latent numbers, flat, (samples, features)."""

    def __init__(self, graph: Any, node: str, weights: Weights, data: DataSpec, device: str | Device = "cpu") -> None:
        shape_of(graph, node, data)
        network = to_network(part(graph, [node]), data)
        if len(network.inputs) != 1:
            raise GraphError(
                "latent numbers follow from the one Input", where=node, got=", ".join(network.inputs) or "no Input"
            )
        self._run = Predictor(network, weights, choose_device(device)[0], data.input_shape)
        self.use = self._run.use

    def __call__(self, x: NDArray[Any]) -> NDArray[np.float32]:
        """Latent numbers of preprocessed samples."""
        rows = [self._run(x[i : i + 256])[0] for i in range(0, len(x), 256)]
        return np.concatenate([row.reshape(len(row), -1) for row in rows])
