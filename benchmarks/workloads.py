"""What is trained in the benchmarks: networks as lists of layers that every contender builds in its own words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Layer = tuple[Any, ...]
"""("dense", units), ("conv", filters, kernel, pad), ("relu",), ("pool", size) or ("flatten",)."""


@dataclass(frozen=True)
class Workload:
    """A classifier of ten classes, its optimizer and its rate."""

    title: str
    shape: tuple[int, ...]
    layers: tuple[Layer, ...]
    optimizer: str = "sgd"
    rate: float = 0.1

    def batches(self, count: int, size: int, seed: int = 0) -> Iterator[tuple[Array, Array]]:
        """Batches of random samples whose classes can be learnt: the nearest of ten fixed samples."""
        rng = np.random.default_rng(seed)
        centres = rng.standard_normal((10, *self.shape), dtype=np.float32)
        for _ in range(count):
            label = rng.integers(0, 10, size)
            noise = rng.standard_normal((size, *self.shape), dtype=np.float32)
            yield centres[label] * np.float32(0.3) + noise, label.astype(np.float32)

    def document(self) -> dict[str, Any]:
        """The network as a graph document of Netwright."""
        nodes: list[dict[str, Any]] = [node("data", "Input", {"shape": list(self.shape)}, None)]
        for i, (kind, *sizes) in enumerate(self.layers):
            op, params = GRAPH_FORMS[kind](*sizes)
            nodes.append(node(f"{kind}{i}", op, params, nodes[-1]["id"]))
        nodes.append(node("softmax", "SoftmaxOutput", {}, nodes[-1]["id"]))
        return {"format": "netwright-graph", "version": 1, "name": self.title, "nodes": nodes, "outputs": ["softmax"]}


def node(name: str, op: str, params: dict[str, Any], source: str | None) -> dict[str, Any]:
    return {"id": name, "op": op, "params": params, "inputs": {} if source is None else {"data": source}}


GRAPH_FORMS: dict[str, Any] = {
    "dense": lambda units: ("FullyConnected", {"num_hidden": units}),
    "conv": lambda filters, k, pad: ("Convolution", {"num_filter": filters, "kernel": [k, k], "pad": [pad, pad]}),
    "relu": lambda: ("Activation", {"act_type": "relu"}),
    "pool": lambda k: ("Pooling", {"kernel": [k, k], "stride": [k, k], "pool_type": "max"}),
    "flatten": lambda: ("Flatten", {}),
}

RELU: Layer = ("relu",)
WORKLOADS = {
    "mlp-sgd": Workload("MLP 784-128-64-10, SGD", (784,), (("dense", 128), RELU, ("dense", 64), RELU, ("dense", 10))),
    "mlp-adam": Workload(
        "MLP 784-512-512-10, Adam",
        (784,),
        (("dense", 512), RELU, ("dense", 512), RELU, ("dense", 10)),
        "adam",
        0.001,
    ),
    "lenet": Workload(
        "LeNet on 1×28×28, SGD",
        (1, 28, 28),
        (
            *(("conv", 20, 5, 0), RELU, ("pool", 2), ("conv", 50, 5, 0), RELU, ("pool", 2)),
            *(("flatten",), ("dense", 500), RELU, ("dense", 10)),
        ),
        rate=0.01,
    ),
    "conv": Workload(
        "conv32-conv64-pool-fc128 on 1×28×28, SGD",
        (1, 28, 28),
        (
            *(("conv", 32, 3, 0), RELU, ("conv", 64, 3, 0), RELU, ("pool", 2)),
            *(("flatten",), ("dense", 128), RELU, ("dense", 10)),
        ),
        rate=0.01,
    ),
}
