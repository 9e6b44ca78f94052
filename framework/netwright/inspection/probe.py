"""What happens inside a network: every node's output for some samples, as histograms and small pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from .. import random
from ..device import Device, cpu
from ..errors import GraphError
from ..graph.check import DataSpec
from ..graph.network import Network, to_network
from ..graph.weights import initial_weights
from ..initializer import create as create_initializer
from ..ndarray.array import NDArray
from ..ops import get
from ..ops.operator import Shape, TensorSpec
from .histograms import Histogram, histogram, to_host
from .pictures import DETAIL, THUMBNAIL, Picture, kernels, picture, tiled
from .runner import Runner, Weights, entries_by_node, outputs_of

MAX_NODES = 500
"""Nodes that are looked into; of larger networks evenly spread ones and the last."""

Array = np.ndarray[Any, Any]


class NodeView(BaseModel):
    """What came out of one node for a batch: the ``shape`` of a sample, how its values are spread, and ``picture``, the
    first sample's output. ``dead`` is the part of its units (channels) that were 0 for the whole batch.
    """

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="strings")

    node: str
    op: str
    shape: tuple[int, ...]
    values: Histogram
    dead: float | None
    picture: Picture


class Probe:
    """Runs samples through a network and looks at each node.

    >>> from netwright import datasets, templates
    >>> from netwright.inspection import Probe
    >>> data = datasets.get("digits")
    >>> probe = Probe.untrained(templates.get("mlp-digits").graph, data.info, seed=1)
    >>> views = probe.look(data.arrays("test")[0][:4])
    >>> [view.node for view in views][:3], views[2].shape
    (['data', 'flatten', 'fc1'], (128,))
    """

    def __init__(
        self,
        network: Network,
        weights: Weights,
        input_shape: Shape | None = None,
        device: Device | None = None,
        most: int = MAX_NODES,
        native: bool = False,
    ) -> None:
        self.network, self.weights, self.device = network, weights, device or cpu()
        self.inputs = {name: tuple(shape or input_shape or ()) for name, shape in network.inputs.items()}
        if len(self.inputs) != 1:
            raise GraphError("a data set feeds one Input", wanted="1 Input node", got=f"{len(self.inputs)} Input nodes")
        entries = entries_by_node(network)
        names = _some(list(entries), most)
        found = {name: entries[name][0].op for name in names}
        self.operators = {name: op.name for name, op in found.items() if op is not None}
        self._runner = Runner(outputs_of(network, names), self.inputs, self.device, native)

    @classmethod
    def untrained(
        cls,
        graph: Any,
        info: Any = None,
        *,
        initializer: str = "xavier",
        seed: int = 0,
        device: Device | None = None,
    ) -> Probe:
        """A probe of a network as its training would begin with this seed, on one device bit for bit."""
        data = DataSpec.of(info)
        network = to_network(graph, data if data.input_shape else None)
        device = device or cpu()
        fed = {name: shape or data.input_shape for name, shape in network.inputs.items()}
        open_inputs = [name for name, shape in fed.items() if shape is None]
        if open_inputs:
            raise GraphError("the shape of a sample is not known", where=open_inputs[0])
        known = {n: TensorSpec((2, *(shape or ())), np.dtype(np.float32)) for n, shape in fed.items()}
        random.seed(seed)
        weights, states = initial_weights(
            network.symbol, network.weights, known, device, create_initializer(initializer)
        )
        return cls(network, raw({**weights, **states}), data.input_shape, device)

    @property
    def input_name(self) -> str:
        """The node the data come in by."""
        return next(iter(self.inputs))

    def outputs(self, x: Array) -> dict[str, Array]:
        """Every node's output for a batch of network inputs, by name."""
        fed = self._fed(x)
        found = dict(zip(self.operators, self._runner(self.weights, fed), strict=True))
        return {self.input_name: fed, **found}

    def look(self, x: Array, thumbnail: int = THUMBNAIL) -> list[NodeView]:
        """All nodes for a batch, in the order in which they run."""
        operators = {self.input_name: "Input", **self.operators}
        return [view(name, operators[name], out, thumbnail) for name, out in self.outputs(x).items()]

    def detail(self, x: Array, node: str, tiles: int = 64) -> Picture:
        """One node's output for the first sample, larger and with more of its channels."""
        if node == self.input_name:
            return picture(self._fed(x)[0], DETAIL, tiles)
        runner = Runner(outputs_of(self.network, [node]), self.inputs, self.device)
        out = runner(self.weights, self._fed(x)[:1])[0]
        return picture(out[0] if out.ndim else out, DETAIL, tiles)

    def kernels(self, pixels: int = THUMBNAIL, node: str | None = None) -> dict[str, Picture]:
        """Pictures of all weights (or those of one node) that are matrices or kernels, by name."""
        shape = self.inputs[self.input_name]
        found = {}
        for name in self.network.weights:
            if node is None or name.startswith(f"{node}_"):
                drawn = weight_picture(self.weights[name], shape, pixels)
                if drawn is not None:
                    found[name] = drawn
        return found

    def _fed(self, x: Array) -> Array:
        shape = self.inputs[self.input_name]
        array = np.asarray(x, np.float32)
        return array if array.shape[1:] == shape else array.reshape(len(array), *shape)


def raw(arrays: Mapping[str, NDArray]) -> dict[str, Any]:
    """The raw arrays behind NDArrays."""
    return {name: array._data for name, array in arrays.items()}


def view(name: str, op: str, out: Array, thumbnail: int = THUMBNAIL) -> NodeView:
    """What is told of one node's output for a batch."""
    batched = out if out.ndim else out.reshape(1)
    return NodeView(
        node=name,
        op=op,
        shape=tuple(batched.shape[1:]),
        values=histogram(batched),
        dead=dead_units(batched) if op != "Input" and get(op).category == "activation" else None,
        picture=picture(batched[0], thumbnail),
    )


def dead_units(out: Array) -> float | None:
    """The part of the units (channels, where there are places) that are 0 for all samples; None where none is ever 0 or
    values below 0 occur: such a unit is not cut off.
    """
    if out.ndim < 2 or not out.size or len(out) < 2 or float(out.min()) < 0:
        return None
    places = (0, *range(2, out.ndim))
    return float(1 - out.any(axis=places).mean())


def weight_picture(weight: Any, input_shape: Shape, pixels: int = THUMBNAIL) -> Picture | None:
    """Kernels of a convolution; of a dense layer that sees an image, what each unit looks for; else the matrix."""
    shape = tuple(weight.shape)
    if len(shape) in (3, 4, 5):
        return kernels(to_host(weight[:16]) if shape[0] > 64 else to_host(weight), pixels)
    if len(shape) != 2 or min(shape) < 1:
        return None
    if len(input_shape) == 3 and shape[1] == math.prod(input_shape) and min(input_shape[1:]) > 1:
        shown = to_host(weight[:16]).reshape(-1, *input_shape)
        planes = shown.mean(1) if input_shape[0] > 1 else shown[:, 0]
        return tiled(planes, 16, pixels, of=shape[0])
    return tiled(to_host(weight)[None], 1, pixels)


def _some(names: Sequence[str], most: int) -> list[str]:
    if len(names) <= most:
        return list(names)
    chosen = np.unique(np.linspace(0, len(names) - 1, most).astype(int))
    return [names[i] for i in chosen]
