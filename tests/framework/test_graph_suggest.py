"""What could come next in a graph."""

from __future__ import annotations

from functools import cache

import pytest

from netwright import graph, templates
from netwright.datasets import info
from netwright.errors import GraphError
from netwright.ops import get


def after(template: str, source: str) -> list[str]:
    chosen = templates.get(template)
    return graph.operators_after(chosen.graph, source, data=info(chosen.dataset))


def test_images_and_rows_are_taken_by_different_operators() -> None:
    images, rows = after("lenet", "conv1"), after("lenet", "fc1")
    assert {"Convolution", "Pooling", "BatchNorm", "Activation", "Flatten", "FullyConnected"} <= set(images)
    assert {"FullyConnected", "Activation", "Dropout", "SoftmaxOutput"} <= set(rows)
    assert not {"Convolution", "Pooling"} & set(rows)
    assert "RNN" not in images
    assert "Embedding" in rows
    assert len(rows) == len(set(rows))


def test_every_operator_offered_checks_without_an_error() -> None:
    chosen = templates.get("lenet")
    for name in after("lenet", "pool1"):
        op = get(name)
        if any(
            f.is_required() and k not in start(name) and k != op.variadic for k, f in op.Params.model_fields.items()
        ):
            continue  # slice needs to be told where
        p = op.Params.make({**start(name), **({op.variadic: 1} if op.variadic else {})})
        ports = [port.name for port in op.ports(p) if port.kind == "data" and not port.optional]
        node = {"id": "new", "op": name, "params": start(name), "inputs": dict.fromkeys(ports, "pool1")}
        nodes = [*(n for n in chosen.graph["nodes"]), node]
        report = graph.check({**chosen.graph, "nodes": nodes}, data=info(chosen.dataset))
        errors = [problem for problem in report.errors() if problem.node == "new"]
        assert [problem for problem in errors if problem.code != "label_mismatch"] == [], name


@cache
def starts() -> dict[str, dict[str, object]]:
    return {one["name"]: one["start"] for one in graph.palette()["operators"]}


def start(name: str) -> dict[str, object]:
    return starts()[name]


def test_a_fresh_node_has_what_it_needs() -> None:
    assert start("Activation") == {"act_type": "relu"}
    assert start("Convolution") == {"kernel": [3, 3], "num_filter": 16}
    assert start("relu") == {}
    assert start("Input") == {}


def test_without_a_shape_all_with_a_data_port_are_named_and_no_node_is_refused() -> None:
    chosen = templates.get("lenet")
    unknown = graph.operators_after({**chosen.graph, "nodes": [{"id": "data", "op": "Input"}]}, "data")
    assert {"Convolution", "RNN", "Flatten"} <= set(unknown)
    with pytest.raises(GraphError):
        after("lenet", "nowhere")
