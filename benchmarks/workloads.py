"""What is trained in the benchmarks: sizes, data, optimizer and goal of each workload.

Every contender builds the network in its own words: Netwright and MXNet by ``nets``, the others under ``peers``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Batch:
    """Arrays by the inputs' names, and the labels (None where there are none)."""

    inputs: dict[str, Array]
    label: Array | None

    @property
    def size(self) -> int:
        """Samples."""
        return len(next(iter(self.inputs.values())))


@dataclass(frozen=True)
class Workload:
    """A network (``net`` names its builder, ``sizes`` are the builder's), what feeds it and how it is trained.

    ``goal`` is the ratio to the best peer's speed to reach; None for one that only the tests and the memory table use.
    """

    name: str
    title: str
    net: str
    sizes: Mapping[str, Any]
    inputs: Mapping[str, Shape]
    optimizer: str = "sgd"
    rate: float = 0.1
    momentum: float = 0.0
    classes: int = 10
    goal: float | None = None
    tiny: Mapping[str, Any] = field(default_factory=dict)
    """What the test makes smaller: ``sizes`` and ``inputs``."""

    @property
    def images(self) -> bool:
        """Whether its data can lie channels-last."""
        return len(self.inputs["data"]) == 3

    @property
    def optimizer_arguments(self) -> dict[str, float]:
        """As MXNet names them."""
        return {"learning_rate": self.rate} | ({"momentum": self.momentum} if self.momentum else {})

    def made_tiny(self) -> Workload:
        """The same code on sizes that take milliseconds."""
        changed = dict(self.tiny)
        return replace(self, sizes={**self.sizes, **changed.pop("sizes", {})}, **changed)

    def batches(self, count: int, size: int, seed: int = 0) -> list[Batch]:
        """Random batches in which there is something to learn."""
        rng = np.random.default_rng(seed)
        return list(_MAKERS.get(self.net, _near_centres)(self, rng, count, size))


def _near_centres(workload: Workload, rng: np.random.Generator, count: int, size: int) -> list[Batch]:
    """Each class is a fixed sample under noise."""
    shape = workload.inputs["data"]
    centres = rng.standard_normal((workload.classes, *shape), dtype=np.float32)
    found = []
    for _ in range(count):
        label = rng.integers(0, workload.classes, size)
        noise = rng.standard_normal((size, *shape), dtype=np.float32)
        found.append(Batch({"data": centres[label] * np.float32(0.3) + noise}, label.astype(np.float32)))
    return found


def _characters(workload: Workload, rng: np.random.Generator, count: int, size: int) -> list[Batch]:
    """Windows of a text in which each character is mostly followed by one of two; the label is the next one."""
    vocabulary, (window,) = workload.sizes["vocabulary"], workload.inputs["data"]
    following = rng.integers(0, vocabulary, (vocabulary, 2))
    text = np.zeros((count * size, window + 1), np.int64)
    text[:, 0] = rng.integers(0, vocabulary, count * size)
    for i in range(window):
        likely = following[text[:, i], rng.integers(0, 2, count * size)]
        text[:, i + 1] = np.where(rng.random(count * size) < 0.9, likely, rng.integers(0, vocabulary, count * size))
    numbers = text.reshape(count, size, window + 1).astype(np.float32)
    return [Batch({"data": n[:, :-1].copy()}, n[:, 1:].copy()) for n in numbers]


def _pixels(workload: Workload, rng: np.random.Generator, count: int, size: int) -> list[Batch]:
    """Pixels in [0, 1] near one of ten pictures, and the noise the code is drawn with: the same for everybody."""
    (pixels,), (code,) = workload.inputs["data"], workload.inputs["noise"]
    pictures = rng.random((10, pixels), dtype=np.float32)
    found = []
    for _ in range(count):
        chosen = pictures[rng.integers(0, 10, size)]
        data = (chosen > rng.random((size, pixels), dtype=np.float32)).astype(np.float32)
        found.append(Batch({"data": data, "noise": rng.standard_normal((size, code), dtype=np.float32)}, None))
    return found


_MAKERS: dict[str, Any] = {"transformer": _characters, "vae": _pixels}

ALL = [
    Workload(
        "mlp-sgd",
        "MLP 784-128-64-10, SGD",
        "mlp",
        {"units": (128, 64)},
        {"data": (784,)},
        goal=1.5,
        tiny={"sizes": {"units": (5, 4)}, "inputs": {"data": (6,)}},
    ),
    Workload(
        "mlp-adam",
        "MLP 784-512-512-10, Adam",
        "mlp",
        {"units": (512, 512)},
        {"data": (784,)},
        "adam",
        0.001,
        goal=1.3,
        tiny={"sizes": {"units": (5, 4)}, "inputs": {"data": (6,)}},
    ),
    Workload(
        "lenet",
        "LeNet-5 on 1×28×28, SGD",
        "convolutional",
        {"layers": ((20, 5, True), (50, 5, True)), "units": 500},
        {"data": (1, 28, 28)},
        rate=0.01,
        goal=1.5,
        tiny={"sizes": {"layers": ((2, 3, True), (3, 3, True)), "units": 4}, "inputs": {"data": (1, 12, 12)}},
    ),
    Workload(
        "conv",
        "conv32-conv64-pool-fc128 on 1×28×28, SGD",
        "convolutional",
        {"layers": ((32, 3, False), (64, 3, True)), "units": 128},
        {"data": (1, 28, 28)},
        rate=0.01,
        goal=1.2,
        tiny={"sizes": {"layers": ((2, 3, False), (3, 3, True)), "units": 4}, "inputs": {"data": (1, 8, 8)}},
    ),
    Workload(
        "resnet20",
        "ResNet-20 on 3×32×32, SGD with momentum",
        "resnet",
        {"blocks": 3, "widths": (16, 32, 64)},
        {"data": (3, 32, 32)},
        rate=0.002,
        momentum=0.9,
        goal=1.2,
        tiny={"sizes": {"blocks": 1, "widths": (2, 4)}, "inputs": {"data": (3, 6, 6)}},
    ),
    Workload(
        "vgg",
        "VGG-like layer 64→128, 3×3 on 32×32, behind 3→64, SGD",
        "vgg",
        {"widths": (64, 128)},
        {"data": (3, 32, 32)},
        rate=0.01,
        goal=1.0,
        tiny={"sizes": {"widths": (2, 3)}, "inputs": {"data": (3, 6, 6)}},
    ),
    Workload(
        "lstm",
        "LSTM, hidden 128, 64 steps of 32, SGD",
        "lstm",
        {"hidden": 128},
        {"data": (64, 32)},
        rate=0.1,
        goal=1.3,
        tiny={"sizes": {"hidden": 4}, "inputs": {"data": (5, 3)}},
    ),
    Workload(
        "transformer",
        "Transformer, d 128, 4 heads, 2 layers, 64 steps, Adam",
        "transformer",
        {"vocabulary": 64, "window": 64, "width": 128, "heads": 4, "blocks": 2, "hidden": 512},
        {"data": (64,)},
        "adam",
        0.001,
        classes=64,
        goal=2.0,
        tiny={
            "sizes": {"vocabulary": 5, "window": 4, "width": 8, "heads": 2, "blocks": 1, "hidden": 6},
            "inputs": {"data": (4,)},
            "classes": 5,
        },
    ),
    Workload(
        "vae",
        "VAE 784-400-20-400-784, Adam",
        "vae",
        {"pixels": 784, "hidden": 400, "code": 20},
        {"data": (784,), "noise": (20,)},
        "adam",
        0.001,
        goal=1.5,
        tiny={"sizes": {"pixels": 9, "hidden": 6, "code": 2}, "inputs": {"data": (9,), "noise": (2,)}},
    ),
    Workload(
        "resnet56",
        "ResNet-56 on 3×32×32, SGD with momentum",
        "resnet",
        {"blocks": 9, "widths": (16, 32, 64)},
        {"data": (3, 32, 32)},
        rate=0.002,
        momentum=0.9,
        tiny={"sizes": {"blocks": 1, "widths": (2, 4)}, "inputs": {"data": (3, 6, 6)}},
    ),
    Workload(
        "transformer12",
        "Transformer, d 256, 8 heads, 12 layers, 128 steps, Adam",
        "transformer",
        {"vocabulary": 64, "window": 128, "width": 256, "heads": 8, "blocks": 12, "hidden": 1024},
        {"data": (128,)},
        "adam",
        0.0003,
        classes=64,
        tiny={
            "sizes": {"vocabulary": 5, "window": 4, "width": 8, "heads": 2, "blocks": 1, "hidden": 6},
            "inputs": {"data": (4,)},
            "classes": 5,
        },
    ),
]
EVERY = {workload.name: workload for workload in ALL}
WORKLOADS = {name: workload for name, workload in EVERY.items() if workload.goal is not None}
"""Those of the table of speeds."""
