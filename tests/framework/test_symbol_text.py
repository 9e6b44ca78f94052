"""Symbols as text: listings, JSON of ours, of MXNet and of old MXNet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.framework.test_symbol import network

import netwright as mx
from netwright import sym
from netwright.errors import GraphError, ParamError


@pytest.fixture(autouse=True)
def _fresh_names() -> Any:
    with mx.name.NameManager():
        yield


# ---------------------------------------------------------------- text
def test_debug_str_lists_every_node() -> None:
    text = network().debug_str()
    assert text.startswith("Symbol Outputs:\n\toutput[0]=softmax(0)\nVariable:data\n")
    assert "Op:Convolution, Name=conv1\nInputs:\n\targ[0]=data(0) version=0\n\targ[1]=conv1_weight(0) version=0" in text
    assert "\targ[3]=bn1_moving_mean(0) version=0" in text
    assert sym.Variable("x").debug_str() == "Variable:x\n"
    assert "Attrs:\n\tkernel=(3, 3)\n\tnum_filter=4\n" in text


def test_json_round_trip(tmp_path: Path) -> None:
    net = sym.Group([network(), sym.split(sym.Variable("q", shape=(4, 2), lr_mult=2), num_outputs=2, name="s")[1]])
    again = sym.load_json(net.tojson())
    assert again.tojson() == net.tojson()
    assert again.list_outputs() == ["softmax_output", "s_output1"]
    assert again.attr_dict() == net.attr_dict()
    assert again.infer_shape(data=(2, 1, 8, 8)) == net.infer_shape(data=(2, 1, 8, 8))
    net.save(str(tmp_path / "net.json"))
    assert sym.load(str(tmp_path / "net.json")).tojson() == net.tojson()
    assert sym.fromjson(net.tojson()).tojson() == net.tojson()


def test_json_has_mxnet_s_outline() -> None:
    x = sym.Variable("x")
    graph = json.loads(sym.FullyConnected(x, num_hidden=2, name="f", no_bias=True, attr={"__mood__": "x"}).tojson())
    assert graph == {
        "nodes": [
            {"op": "null", "name": "x", "inputs": []},
            {"op": "null", "name": "f_weight", "attrs": {"__mood__": "x"}, "inputs": []},
            {
                "op": "FullyConnected",
                "name": "f",
                "attrs": {"num_hidden": "2", "no_bias": "True", "__mood__": "x"},
                "inputs": [[0, 0, 0], [1, 0, 0]],
            },
        ],
        "arg_nodes": [0, 1],
        "node_row_ptr": [0, 1, 2, 3],
        "heads": [[2, 0, 0]],
        "attrs": {"mxnet_version": ["int", 10901]},
    }


# Written by MXNet 1.9.1 for network() with a label smoothing and a bias-less layer before it, blanks removed.
MXNET_JSON = """
{"nodes": [{"op": "null", "name": "data", "inputs": []},
 {"op": "null", "name": "conv1_weight", "attrs": {"kernel": "(3, 3)", "num_filter": "4", "cudnn_tune": "off"},
  "inputs": []},
 {"op": "Convolution", "name": "conv1", "attrs": {"kernel": "(3, 3)", "no_bias": "True", "num_filter": "4",
  "workspace": "1024", "cudnn_tune": "off"}, "inputs": [[0, 0, 0], [1, 0, 0]]},
 {"op": "null", "name": "bn1_gamma", "attrs": {"__init__": "[\\"constant\\", {\\"value\\": 2}]", "fix_gamma": "False"},
  "inputs": []},
 {"op": "null", "name": "bn1_beta", "inputs": []},
 {"op": "null", "name": "bn1_moving_mean", "attrs": {"__init__": "[\\"zero\\", {}]"}, "inputs": []},
 {"op": "null", "name": "bn1_moving_var", "attrs": {"__init__": "[\\"one\\", {}]"}, "inputs": []},
 {"op": "BatchNorm", "name": "bn1", "attrs": {"fix_gamma": "False"},
  "inputs": [[2, 0, 0], [3, 0, 0], [4, 0, 0], [5, 0, 1], [6, 0, 1]]},
 {"op": "Activation", "name": "relu1", "attrs": {"act_type": "relu"}, "inputs": [[7, 0, 0]]},
 {"op": "null", "name": "fc1_weight", "attrs": {"__lr_mult__": "0.5", "num_hidden": "3"}, "inputs": []},
 {"op": "null", "name": "fc1_bias", "attrs": {"num_hidden": "3"}, "inputs": []},
 {"op": "FullyConnected", "name": "fc1", "attrs": {"num_hidden": "3"}, "inputs": [[8, 0, 0], [9, 0, 0], [10, 0, 0]]},
 {"op": "null", "name": "softmax_label", "inputs": []},
 {"op": "SoftmaxOutput", "name": "softmax", "attrs": {"use_ignore": "True", "ignore_label": "-1"},
  "inputs": [[11, 0, 0], [12, 0, 0]]}],
 "arg_nodes": [0, 1, 3, 4, 5, 6, 9, 10, 12], "node_row_ptr": [0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16],
 "heads": [[13, 0, 0]], "attrs": {"mxnet_version": ["int", 10901]}}
"""


def test_json_of_mxnet_is_read() -> None:
    net = sym.load_json(MXNET_JSON)
    assert net.list_auxiliary_states() == ["bn1_moving_mean", "bn1_moving_var"]
    arguments, outputs, _ = net.infer_shape(data=(2, 1, 8, 8))
    assert outputs == [(2, 3)]
    assert dict(zip(net.list_arguments(), arguments, strict=True))["fc1_weight"] == (3, 144)
    internals = net.get_internals()
    assert internals["conv1_output"].attr("no_bias") == "True"
    assert net.attr_dict()["fc1_weight"]["__lr_mult__"] == "0.5"
    executor = net.simple_bind(mx.cpu(), data=(2, 1, 8, 8))
    assert executor.forward()[0].shape == (2, 3)


# As MXNet before 1.0 wrote it: "param" and "attr", two numbers an input, no states among the inputs, long integers.
OLD_JSON = """
{"nodes": [{"op": "null", "param": {}, "name": "data", "inputs": [], "backward_source_id": -1,
  "attr": {"lr_mult": "3"}},
 {"op": "null", "param": {}, "name": "c_weight", "inputs": [], "backward_source_id": -1},
 {"op": "null", "param": {}, "name": "c_bias", "inputs": [], "backward_source_id": -1},
 {"op": "Convolution", "param": {"cudnn_off": "False", "dilate": "(1,1)", "kernel": "(2L, 2L)", "no_bias": "False",
  "num_filter": "4", "num_group": "1", "pad": "(0,0)", "stride": "(1,1)", "workspace": "1024"}, "name": "c",
  "inputs": [[0, 0], [1, 0], [2, 0]], "backward_source_id": -1,
  "attr": {"ctx_group": "stage1", "weight_lr_mult": "1.2"}},
 {"op": "null", "param": {}, "name": "bn_gamma", "inputs": [], "backward_source_id": -1},
 {"op": "null", "param": {}, "name": "bn_beta", "inputs": [], "backward_source_id": -1},
 {"op": "BatchNorm", "param": {"eps": "0.001", "fix_gamma": "True", "momentum": "0.9", "use_global_stats": "False"},
  "name": "bn", "inputs": [[3, 0], [4, 0], [5, 0]], "backward_source_id": -1}],
 "arg_nodes": [0, 1, 2, 4, 5], "heads": [[6, 0]]}
"""


def test_json_of_old_mxnet_is_read() -> None:
    net = sym.load_json(OLD_JSON)
    assert net.list_arguments() == ["data", "c_weight", "c_bias", "bn_gamma", "bn_beta"]
    assert net.list_auxiliary_states() == ["bn_moving_mean", "bn_moving_var"]
    assert net.infer_shape(data=(1, 3, 5, 5))[1] == [(1, 4, 4, 4)]
    attributes = net.attr_dict()
    assert attributes["data"] == {"__lr_mult__": "3", "lr_mult": "3"}
    assert attributes["c_weight"] == {"__lr_mult__": "1.2", "lr_mult": "1.2"}
    assert attributes["c"]["__ctx_group__"] == "stage1"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "this is not a symbol's JSON"),
        ("[]", "this is not a symbol's JSON"),
        ('{"nodes": []}', "this is not a symbol's JSON"),
        ('{"nodes": 3, "heads": []}', "too many nodes, or none"),
        ('{"nodes": [3], "heads": []}', "node 0: the node is not written as it should be"),
        ('{"nodes": [{"op": "null", "inputs": []}], "heads": []}', "node 0: the node is not written"),
        (
            '{"nodes": [{"op": "exp", "name": "e", "inputs": [[0, 0]]}], "heads": []}',
            "e: an input comes from a node or an output that is not before it",
        ),
        (
            '{"nodes": [{"op": "null", "name": "x", "inputs": []}, {"op": "exp", "name": "e", "inputs": [[-1, 0]]}],'
            ' "heads": []}',
            "e: an input comes from a node or an output",
        ),
        (
            '{"nodes": [{"op": "null", "name": "x", "inputs": []}, {"op": "exp", "name": "e", "inputs": [[0, 1]]}],'
            ' "heads": []}',
            "e: an input comes from a node or an output",
        ),
        (
            '{"nodes": [{"op": "null", "name": "x", "inputs": []},'
            ' {"op": "exp", "name": "e", "inputs": [[0, 0], [0, 0]]}], "heads": []}',
            r"e \(exp\): the node has too many inputs \(wanted 1, got 2\)",
        ),
        ('{"nodes": [{"op": "null", "name": "x", "inputs": []}], "heads": [[4, 0]]}', "a head names a node"),
        ('{"nodes": [{"op": "null", "name": "x", "inputs": []}], "heads": [[0, 2]]}', "a head names a node or an out"),
        ('{"nodes": [{"op": "Convolutoin", "name": "c", "inputs": []}], "heads": []}', "c: .*Did you mean Convolution"),
        (
            '{"nodes": [{"op": "FullyConnected", "name": "f", "attrs": {"num_hidden": "many"}, "inputs": []}],'
            ' "heads": []}',
            r"f: parameter 'num_hidden' cannot be taken .*got 'many'",
        ),
    ],
)
def test_json_that_is_none(text: str, words: str) -> None:
    with pytest.raises((GraphError, ParamError), match=words):
        sym.load_json(text)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match=r"nothing\.json: the file cannot be read \(got No such file"):
        sym.load(str(tmp_path / "nothing.json"))


def test_deep_graphs_are_walked_without_recursion() -> None:
    x = sym.Variable("x")
    for _ in range(3000):
        x = x + 1
    assert len(x.get_internals()) == 3001
    assert sym.load_json(x.tojson()).infer_shape(x=(2,))[1] == [(2,)]
