"""The forms of Netwright that are measured, and how a contender looks: made from a workload and weights, it steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from netwright import autograd, cpu, gluon, nd
from netwright import optimizer as optimizers
from netwright.graph.check import DataSpec
from netwright.scheduler import Strategy
from netwright.train.task import GraphTask

from .workloads import Array, Workload


class Contender(Protocol):
    """One way to train a workload; ``step`` returns the mean loss before its update."""

    def step(self, x: Array, y: Array) -> float: ...


Make = Callable[[Workload, Sequence[Array]], Contender]


def initial_weights(workload: Workload) -> list[Array]:
    """Weight and bias of each layer, from input to output."""
    task = GraphTask(workload.document(), DataSpec(workload.shape, 10, ()))
    rng = np.random.default_rng(1)
    task.set_up(cpu(), "", "zeros")
    found = []
    for weight in task.weights.values():
        fan_in = int(np.prod(weight.shape[1:])) if len(weight.shape) > 1 else 0
        scale = (1 / fan_in) ** 0.5 if fan_in else 0.0
        found.append((rng.standard_normal(weight.shape) * scale).astype(np.float32))
    return found


class Planned:
    """The training loop of the studio: a graph task under a strategy."""

    def __init__(self, workload: Workload, weights: Sequence[Array], strategy: str) -> None:
        self.task = GraphTask(workload.document(), DataSpec(workload.shape, 10, ()), Strategy.preset(strategy))
        self.task.set_up(cpu(), "", "zeros")
        self.task.load_arrays(dict(zip(self.task.weights, weights, strict=True)))
        self.task.use(optimizers.create(workload.optimizer, learning_rate=workload.rate))

    def step(self, x: Array, y: Array) -> float:
        return self.task.step(x, y)["loss"] / len(x)


class Imperative:
    """Gluon: the tape, a trainer, and with ``hybrid`` the compiled block."""

    def __init__(self, workload: Workload, weights: Sequence[Array], hybrid: bool) -> None:
        self.net = gluon.nn.HybridSequential()
        for kind, *sizes in workload.layers:
            self.net.add(GLUON_FORMS[kind](*sizes))
        self.net.initialize(ctx=cpu())
        self.net(nd.zeros((2, *workload.shape)))
        for parameter, weight in zip(self.net.collect_params().values(), weights, strict=True):
            parameter.set_data(nd.array(weight))
        if hybrid:
            self.net.hybridize()
        self.loss = gluon.loss.SoftmaxCrossEntropyLoss()
        parameters = self.net.collect_params()
        self.trainer = gluon.Trainer(parameters, workload.optimizer, {"learning_rate": workload.rate})

    def step(self, x: Array, y: Array) -> float:
        with autograd.record():
            loss = self.loss(self.net(nd.array(x)), nd.array(y))
        loss.backward()
        self.trainer.step(len(x))
        return float(loss.mean().asscalar())


GLUON_FORMS: dict[str, Callable[..., Any]] = {
    "dense": lambda units: gluon.nn.Dense(units, flatten=False),
    "conv": lambda filters, k, pad: gluon.nn.Conv2D(filters, k, padding=pad),
    "relu": lambda: gluon.nn.Activation("relu"),
    "pool": lambda k: gluon.nn.MaxPool2D(k),
    "flatten": lambda: gluon.nn.Flatten(),
}


def netwright_forms() -> dict[str, Make]:
    """Eager, hybridized, and the plan under every strategy but debug, which checks instead of hurrying."""
    forms: dict[str, Make] = {
        "netwright eager": lambda w, weights: Imperative(w, weights, False),
        "netwright hybridized": lambda w, weights: Imperative(w, weights, True),
    }
    for name in Strategy.presets:
        if name != "debug":
            forms[f"netwright {name}"] = lambda w, weights, name=name: Planned(w, weights, name)  # type: ignore[misc]
    return forms
