"""Other frameworks, where they are installed; what is missing is named."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

from .contenders import Make
from .workloads import Array, Workload


class Torch:
    """PyTorch eager on the CPU; ``channels_last`` lays images out so."""

    def __init__(self, torch: Any, workload: Workload, weights: Sequence[Array], channels_last: bool) -> None:
        self.torch, self.channels_last = torch, channels_last and len(workload.shape) == 3
        nn = torch.nn
        forms: dict[str, Callable[..., Any]] = {
            "dense": lambda units: nn.LazyLinear(units),
            "conv": lambda filters, k, pad: nn.LazyConv2d(filters, k, padding=pad),
            "relu": lambda: nn.ReLU(),
            "pool": lambda k: nn.MaxPool2d(k),
            "flatten": lambda: nn.Flatten(),
        }
        self.net = nn.Sequential(*(forms[kind](*sizes) for kind, *sizes in workload.layers))
        self.net(torch.zeros(2, *workload.shape))
        with torch.no_grad():
            for parameter, weight in zip(self.net.parameters(), weights, strict=True):
                parameter.copy_(torch.from_numpy(weight))
        if self.channels_last:
            self.net = self.net.to(memory_format=torch.channels_last)
        self.loss = nn.CrossEntropyLoss()
        kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[workload.optimizer]
        self.optimizer = kind(self.net.parameters(), lr=workload.rate)

    def step(self, x: Array, y: Array) -> float:
        data, label = self.torch.from_numpy(x), self.torch.from_numpy(y).long()
        if self.channels_last:
            data = data.to(memory_format=self.torch.channels_last)
        self.optimizer.zero_grad()
        loss = self.loss(self.net(data), label)
        loss.backward()
        self.optimizer.step()
        return float(loss.item())


def installed_peers(threads: int) -> tuple[dict[str, Make], list[str]]:
    """(peers by name, the names of those that are not installed)."""
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        return {}, ["PyTorch"]
    torch.set_num_threads(threads)
    version = torch.__version__
    return {
        f"PyTorch {version}": lambda w, weights: Torch(torch, w, weights, False),
        f"PyTorch {version} channels-last": lambda w, weights: Torch(torch, w, weights, True),
    }, []
