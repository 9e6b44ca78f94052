"""The Scheduler's plan of a graph JSON, for people to look at."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..device import Device, cpu
from ..errors import GraphError
from ..ops.operator import TensorSpec
from ..scheduler import Compiled, Plan, Strategy, asked_device, choose_device
from ..scheduler.cost import Work
from .check import DataSpec
from .network import Network, to_network


def plan_graph(
    graph: Any,
    *,
    batch_size: int = 32,
    training: bool = True,
    data: Any = None,
    device: str = "auto",
    strategy: Strategy | None = None,
) -> Plan:
    """The plan for a batch of that size.

    ``data`` is a DatasetInfo or DataSpec, or None where the graph says its shapes.

    >>> from netwright import graph, templates
    >>> plan = graph.plan_graph(templates.get("mlp-digits").graph, batch_size=32)
    >>> len(plan.steps) > plan.boundary > 0
    True
    >>> plan.arena_bytes < plan.unshared_bytes
    True
    """
    return compile_graph(
        graph, batch_size=batch_size, training=training, data=data, device=device, strategy=strategy
    ).plan


def compile_graph(
    graph: Any,
    *,
    batch_size: int = 32,
    training: bool = True,
    data: Any = None,
    device: str = "auto",
    strategy: Strategy | None = None,
) -> Compiled:
    """The compiled form whose plan ``plan_graph`` shows, ready to be run.

    ``graph`` may also be a Network, which is then not made again.
    """
    spec = data if isinstance(data, DataSpec) else DataSpec.of(data)
    network = graph if isinstance(graph, Network) else network_of(graph, spec)
    known = {}
    for name, shape in network.inputs.items():
        shape = shape or spec.input_shape
        if shape is None:
            raise GraphError("the shape of a sample is not known", where=name)
        known[name] = TensorSpec((batch_size, *shape), np.dtype(np.float32))
    wrt = tuple(network.weights) if training else ()

    def make(where: Device, reason: str = "") -> Compiled:
        return Compiled(network.symbol, known, train=training, wrt=wrt, device=where, strategy=strategy, reason=reason)

    kept = (*network.weights, *network.symbol.list_auxiliary_states())
    return make(*choose_device(asked_device(device, strategy), lambda: Work.of(make(cpu()).plan, kept)))


def network_of(graph: Any, data: Any = None) -> Network:
    """The network of a graph that is fed by a DatasetInfo or DataSpec, or says its shapes itself."""
    spec = data if isinstance(data, DataSpec) else DataSpec.of(data)
    return to_network(graph, spec if spec.input_shape else None)
