"""The forms of Netwright that are measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import netwright as mx
from netwright import optimizer as optimizers
from netwright.graph.network import of_symbol
from netwright.graph.predictor import Predictor
from netwright.kernels.cpu import warm
from netwright.scheduler import Strategy
from netwright.train.task import GraphTask

from . import nets
from .workloads import Array, Batch, Workload


@dataclass(frozen=True)
class Drawn:
    """A workload's network as symbols, and a first value for each weight."""

    training: mx.sym.Symbol
    inference: mx.sym.Symbol
    weights: dict[str, Array]
    states: dict[str, Array]


def get_ready() -> None:
    """Compile every kernel that is not in the cache, so that it is not part of the figures; prints what goes wrong."""
    for problem in warm():
        print(f"kernels: {problem}")


def draw(workload: Workload) -> Drawn:
    """Build the Gluon network once, for its symbol and its initial weights."""
    net = nets.build(mx, workload)
    net.initialize(ctx=mx.cpu())
    net(*(mx.nd.zeros((2, *shape)) for shape in workload.inputs.values()))
    variables = {name: mx.sym.Variable(name) for name in workload.inputs}
    found = net(*variables.values())
    parameters = net.collect_params().values()
    weights = dict(zip((p.name for p in nets.trained(net)), nets.initial_weights(net), strict=True))
    states = {p.name: p.data().asnumpy() for p in parameters if p.name not in weights}
    if workload.net == "vae":
        loss = mx.sym.MakeLoss(nets.bound(mx.sym, *found, variables["data"]), name="loss")
        return Drawn(loss, mx.sym.sigmoid(found[0]), weights, states)
    per_position = workload.net == "transformer"
    # a step's gradients are divided by its samples: the positions of each are left to divide by
    scale = 1 / workload.inputs["data"][0] if per_position else 1.0
    loss = mx.sym.SoftmaxOutput(found, name="softmax", preserve_shape=per_position, grad_scale=scale)
    return Drawn(loss, mx.sym.softmax(found, axis=-1), weights, states)


def initial_weights(workload: Workload) -> list[Array]:
    """Trained weights from input to output: those that every contender starts from."""
    return list(draw(workload).weights.values())


class Planned:
    """The training loop of the studio: a graph task under a strategy."""

    def __init__(self, workload: Workload, weights: Sequence[Array], strategy: Strategy | str) -> None:
        chosen = Strategy.preset(strategy) if isinstance(strategy, str) else strategy
        drawn = draw(workload)
        self.task = GraphTask(drawn.training, strategy=chosen, inputs=workload.inputs)
        self.task.set_up(mx.cpu(), "", "zeros")
        named = dict(zip(drawn.weights, weights, strict=True))
        self.task.load_arrays(named | drawn.states)
        self.task.use(optimizers.create(workload.optimizer, **workload.optimizer_arguments))

    def step(self, batch: Batch) -> float:
        arrays = list(batch.inputs.values())
        label = batch.label if batch.label is not None else np.empty((batch.size, 0), np.float32)
        return self.task.step(arrays if len(arrays) > 1 else arrays[0], label)["loss"] / batch.size


def load(workload: Workload, weights: Sequence[Array]) -> Predictor:
    """The network with its weights, ready to answer."""
    drawn = draw(workload)
    named = dict(zip(drawn.weights, weights, strict=True))
    return Predictor(of_symbol(drawn.inference, workload.inputs), named | drawn.states, mx.cpu())


def export(workload: Workload, weights: Sequence[Array]) -> Any:
    """The network with its weights as ONNX, open to any batch size."""
    from netwright.onnx import export as write

    drawn = draw(workload)
    named = dict(zip(drawn.weights, weights, strict=True))
    shapes = {name: (1, *shape) for name, shape in workload.inputs.items()}
    return write(drawn.inference, shapes=shapes, params=named | drawn.states, dynamic=True)


def default_strategies() -> list[str]:
    """Those whose speed is compared, as far as this version has them."""
    return [name for name in ("fast", "balanced") if name in Strategy.presets]


def forms(strategies: Sequence[str], gluon: bool) -> dict[str, Any]:
    """Makers by name: the plan under each strategy and, where asked, hybridized and eager Gluon."""
    found: dict[str, Any] = {f"Netwright {name}": _planned(name) for name in strategies}
    if gluon:
        found["Netwright hybridized"] = lambda workload, weights: nets.GluonTrainer(mx, workload, list(weights), True)
        found["Netwright eager"] = lambda workload, weights: nets.GluonTrainer(mx, workload, list(weights), False)
    return found


def _planned(strategy: str) -> Any:
    return lambda workload, weights: Planned(workload, weights, strategy)
