"""Files of other programs as graphs, with a word on each part."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import netwright as mx
from netwright import datasets, templates
from netwright.errors import NetwrightError
from netwright.graph import check, to_symbol
from netwright.graph.reading import read_graph
from netwright.train import GraphTask


def onnx_of(nodes: list[Any], weights: dict[str, Any], shape: list[Any], outputs: list[str]) -> bytes:
    graph = helper.make_graph(
        nodes,
        "drawn",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(np.asarray(value, np.float32), name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    return bytes(model.SerializeToString())


def test_onnx_of_a_template_comes_back_as_a_network_that_trains() -> None:
    template, info = templates.get("cnn-digits"), datasets.info("digits")
    task = GraphTask(template.graph, info)
    task.set_up(mx.cpu(), "", "xavier")
    proto = mx.onnx.export(
        task.network.symbol,
        shapes={"data": (1, *info.input.shape)},
        params={name: mx.nd.array(array) for name, array in task.arrays().items()},
    )
    found = read_graph(proto.SerializeToString(), "cnn.onnx")
    assert found.kind == "onnx"
    assert {note.status for note in found.report} <= {"understood", "changed", "folded"}
    by_node = {note.node: note for note in found.report}
    assert by_node["conv1/Conv"].became == ("conv1",)
    assert by_node["softmax/Softmax"].status == "changed"
    ops = {row["id"]: row["op"] for row in found.graph["nodes"]}
    assert ops["softmax"] == "SoftmaxOutput"
    assert ops["flatten"] == "Reshape"
    report = check(found.graph, data=info, batch_size=5)
    assert report.ok, report.problems
    assert report.totals.parameters == check(template.graph, data=info).totals.parameters


def test_products_and_sums_become_dense_layers() -> None:
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["xw"], name="dense/MatMul"),
        helper.make_node("Add", ["xw", "b"], ["y"], name="dense/Add"),
        helper.make_node("Relu", ["y"], ["z"], name="dense/Relu"),
    ]
    content = onnx_of(nodes, {"w": np.ones((4, 3)), "b": np.ones(3)}, ["batch", 4], ["z"])
    found = read_graph(content, "mlp.onnx")
    layers = [row for row in found.graph["nodes"] if row["op"] == "FullyConnected"]
    assert [row["params"]["num_hidden"] for row in layers] == [3]
    assert check(found.graph).totals.parameters == 15


def test_what_is_not_understood_is_told_and_the_rest_is_drawn() -> None:
    nodes = [
        helper.make_node("Relu", ["x"], ["a"], name="first"),
        helper.make_node("Mystery", ["a"], ["m"], name="odd", domain="com.example"),
        helper.make_node("Relu", ["m"], ["lost"], name="behind"),
        helper.make_node("Tanh", ["a"], ["t"], name="last"),
    ]
    found = read_graph(onnx_of(nodes, {}, [1, 4], ["lost", "t"]), "odd.onnx")
    status = {note.node: note.status for note in found.report}
    assert status == {"first": "understood", "odd": "missing", "behind": "missing", "last": "understood"}
    odd = next(note for note in found.report if note.node == "odd")
    assert "Mystery" in odd.message
    assert [row["id"] for row in found.graph["nodes"]] == ["x", "first", "last"]


def test_mxnet_symbol() -> None:
    graph = templates.get("lenet").graph
    found = read_graph(to_symbol(graph).tojson().encode(), "lenet-symbol.json")
    assert (found.kind, found.name) == ("symbol", "lenet")
    assert {row["id"] for row in found.graph["nodes"]} == {row["id"] for row in graph["nodes"]}
    assert all(note.status == "understood" for note in found.report)


def test_our_own_files() -> None:
    template = templates.get("logistic-iris")
    found = read_graph(template.model_dump_json().encode(), "iris.json")
    assert (found.kind, found.dataset, found.settings) == ("training", "iris", template.settings)
    assert read_graph(json.dumps(template.graph).encode(), "iris.json").graph == template.graph


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"not a model", b'{"heads": 3, "nodes": 4}', b"\x08\x07"])
def test_what_is_no_network_is_refused(content: bytes) -> None:
    with pytest.raises(NetwrightError):
        read_graph(content, "file")


def test_model_without_anything_to_draw() -> None:
    nodes = [helper.make_node("Mystery", ["x"], ["y"], domain="com.example")]
    with pytest.raises(NetwrightError, match="could be drawn"):
        read_graph(onnx_of(nodes, {}, [1, 2], ["y"]), "odd.onnx")
    assert onnx.__version__
