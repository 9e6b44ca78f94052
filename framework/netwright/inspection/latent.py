"""The narrow place of a network, where it has put into few numbers what it knows of a sample."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import GraphError
from ..graph.network import Network
from ..ops.operator import TensorSpec
from ..scheduler.lower import infer_all
from .pictures import DETAIL, Picture, tiled
from .runner import Runner, Weights, from_node, outputs_of

Array = np.ndarray[Any, Any]
SPREAD = 2.0
"""How many standard deviations from the mean samples are drawn or walked through."""


def narrowest(network: Network, weights: Weights, input_shape: tuple[int, ...] | None) -> str | None:
    """Of an autoencoder the code: the node with the fewest numbers a sample, fewer than go in, that everything on the
    way to the first head passes through. Of other networks what the last layer decides by. None where there is none.
    """
    if network.heads[0].label is not None or not network.heads[0].is_loss:
        return _features(network)
    head = network.heads[0].name
    known = {n: TensorSpec((1, *(s or input_shape or ())), np.dtype(np.float32)) for n, s in network.inputs.items()}
    known.update({n: TensorSpec(tuple(a.shape), a.dtype) for n, a in weights.items()})
    specs = infer_all(network.symbol, {n: s for n, s in known.items() if n in set(network.symbol.list_inputs())})
    sizes = {node: math.prod(spec.shape[1:]) for (node, i), spec in specs.items() if i == 0 and node.op is not None}
    found, least = None, max(math.prod(known[name].shape) for name in network.inputs)
    for node in (n for n in network.symbol.nodes() if n in sizes and n.name != head):
        if 1 < sizes[node] < least and _is_gate(network, node.name, head):
            found, least = node.name, sizes[node]
    return found


def _features(network: Network) -> str | None:
    """What goes into the last layer that has weights."""
    node = network.symbol._entries[0][0]
    while node.op is not None and node.inputs:
        weighted = any(port.kind == "weight" for port in node.op.ports(node.p))
        node = node.inputs[0][0]
        if weighted:
            return node.name
    return None


def _is_gate(network: Network, node: str, head: str) -> bool:
    """Whether the head follows from this node alone."""
    try:
        from_node(network, node, head)
    except GraphError:
        return False
    return True


def latent(network: Network, weights: Weights, x: Array, node: str, input_shape: tuple[int, ...] | None) -> Array:
    """What comes out of a node for network inputs, (samples, numbers)."""
    fed = {n: tuple(s or input_shape or ()) for n, s in network.inputs.items()}
    shape = next(iter(fed.values()))
    out = Runner(outputs_of(network, [node]), fed)(weights, np.asarray(x, np.float32).reshape(len(x), *shape))[0]
    return out.reshape(len(out), -1)


class Decoder:
    """The part of a network behind a node: from numbers there to the first head, or to the node ``output``."""

    def __init__(
        self, network: Network, weights: Weights, node: str, shape: tuple[int, ...], output: str | None = None
    ) -> None:
        symbol, name = from_node(network, node, output or network.heads[0].name)
        self._runner, self._weights, self.shape = Runner(symbol, {name: shape}), weights, shape

    def __call__(self, codes: Array) -> Array:
        """Outputs for codes (samples, numbers)."""
        return self._runner(self._weights, np.asarray(codes, np.float32).reshape(len(codes), *self.shape))[0]


def draw_codes(codes: Array, count: int, seed: int) -> Array:
    """New codes from the normal distribution that fits the given ones."""
    mean, covariance = codes.mean(0), np.atleast_2d(np.cov(codes.T))
    values, vectors = np.linalg.eigh(covariance)
    normal = np.random.Generator(np.random.Philox(seed)).normal(size=(count, codes.shape[1]))
    drawn: Array = mean + (normal * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return drawn


def normal_codes(numbers: int, count: int, seed: int) -> Array:
    """Codes from the standard normal distribution."""
    return np.random.Generator(np.random.Philox(seed)).normal(size=(count, numbers))


def walk_codes(codes: Array, side: int) -> Array:
    """side × side codes on the plane of the two principal components through the mean of the given ones."""
    from .plane import Projection

    projection = Projection.fit(codes)
    reach = SPREAD * projection(codes).std(0)
    steps = np.linspace(-1, 1, side)
    places = np.stack([np.tile(steps * reach[0], side), np.repeat(steps[::-1] * reach[1], side)], 1)
    return projection.back(places)


def image_sheet(images: Array, shape: tuple[int, ...], columns: int) -> Picture | None:
    """Outputs as the images they are, side by side; None where they are none."""
    if len(shape) != 3 or math.prod(shape) != math.prod(images.shape[1:]):
        return None
    planes = images.reshape(-1, *shape).mean(1)
    return tiled(planes, len(planes), DETAIL, columns)
