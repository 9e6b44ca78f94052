"""Graphs that somebody might send to hurt the studio, and the node at which each has to be refused."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, NamedTuple

Graph = dict[str, Any]

SOUND: Graph = {
    "nodes": [
        {"id": "data", "op": "Input"},
        {"id": "fc1", "op": "FullyConnected", "params": {"num_hidden": 16}, "inputs": {"data": "data"}},
        {"id": "relu1", "op": "Activation", "params": {"act_type": "relu"}, "inputs": {"data": "fc1"}},
        {"id": "fc2", "op": "FullyConnected", "params": {"num_hidden": 3}, "inputs": {"data": "relu1"}},
        {"id": "softmax", "op": "SoftmaxOutput", "inputs": {"data": "fc2"}},
    ],
    "outputs": ["softmax"],
}
"""A network for the data set iris; the others are changed from it."""


class Hostile(NamedTuple):
    """A graph for the data set iris; ``node`` is None where the graph is too large to be looked at."""

    name: str
    graph: Graph
    node: str | None


def sizes() -> Iterator[Hostile]:
    """Sizes that are none, or beyond any memory."""
    for value in (2**40, 10**18, -1, 0, True, "12", 1.5, None, [], float(2**70)):
        yield Hostile(f"{value!r} units", changed(fc1={"params": {"num_hidden": value}}), "fc1")
    both = changed(fc1={"params": {"num_hidden": 2**32}}, fc2={"params": {"num_hidden": 2**32}})
    yield Hostile("2³² × 2³²", both, "fc1")
    kernel = {"op": "Convolution", "params": {"num_filter": 1, "kernel": [2**31, 2**31]}}
    yield Hostile("a kernel of 2³¹ × 2³¹", changed(fc1=kernel), "fc1")
    yield Hostile("5000 axes", changed(relu1={"op": "Reshape", "params": {"shape": [1] * 4998 + [64, 16]}}), "relu1")
    yield Hostile("65 axes", changed(relu1={"op": "Reshape", "params": {"shape": [-1, *[1] * 64]}}), "relu1")


def wirings() -> Iterator[Hostile]:
    """Connections that lead nowhere, or round."""
    yield Hostile("a loop", changed(fc1={"inputs": {"data": "fc1"}}), "fc1")
    yield Hostile("a cycle", changed(fc1={"inputs": {"data": "fc2"}}), "relu1")
    yield Hostile("a loose end", changed(fc1={"inputs": {"data": "nobody"}}), "fc1")
    twice = copy.deepcopy(SOUND)
    twice["nodes"].append(copy.deepcopy(twice["nodes"][1]))
    yield Hostile("a name given twice", twice, "fc1")
    yield Hostile("another output", changed(relu1={"inputs": {"data": "fc1:7"}}), "relu1")


def masses() -> Iterator[Hostile]:
    """Too many of something."""
    yield Hostile("a chain of 100,000", chain(100_000), None)
    many = copy.deepcopy(SOUND)
    many["outputs"] = ["softmax"] * 100_000
    yield Hostile("100,000 outputs", many, None)
    nested = copy.deepcopy(SOUND)
    nested["groups"] = [{"id": "G0", "members": ["relu1"], "repeat": 1000, "carry": "data"}]
    nested["groups"] += [
        {"id": f"G{i}", "members": [f"G{i - 1}"], "repeat": 1000, "carry": "data"} for i in range(1, 6)
    ]
    yield Hostile("1000⁶ repetitions", nested, None)


def changed(**nodes: Graph) -> Graph:
    """The sound graph with nodes whose fields are replaced."""
    graph = copy.deepcopy(SOUND)
    for node in graph["nodes"]:
        node.update(nodes.get(node["id"], {}))
    return graph


def chain(length: int) -> Graph:
    """So many activations one after another."""
    nodes: list[Graph] = [{"id": "data", "op": "Input"}]
    for i in range(length):
        before = nodes[-1]["id"]
        nodes.append({"id": f"a{i}", "op": "Activation", "params": {"act_type": "relu"}, "inputs": {"data": before}})
    return {"nodes": nodes, "outputs": [nodes[-1]["id"]]}
