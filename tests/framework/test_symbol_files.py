"""Loops and branches in symbol files, as MXNet 1.9.1 writes and reads them (checked against it in both directions)."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from netwright import nd, sym
from netwright.errors import GraphError

FOREACH = """
{"nodes": [{"op": "null", "name": "x", "inputs": []}, {"op": "null", "name": "s", "inputs": []}, {"op": "null",
"name": "w", "attrs": {"__subgraph_name__": "foreach0"}, "inputs": []}, {"op": "_foreach", "name": "_foreach0",
"attrs": {"in_data_locs": "[0]", "in_state_locs": "[1]", "num_args": "4", "num_out_data": "1", "num_outputs": "2",
"remain_locs": "[2]"}, "inputs": [[0, 0, 0], [1, 0, 0], [2, 0, 0]], "subgraphs": [{"nodes": [{"op": "null", "name":
"x-0", "attrs": {"__subgraph_name__": "foreach0"}, "inputs": []}, {"op": "null", "name": "s-0", "attrs":
{"__subgraph_name__": "foreach0"}, "inputs": []}, {"op": "elemwise_mul", "name": "_mul0", "attrs":
{"__subgraph_name__": "foreach0"}, "inputs": [[0, 0, 0], [1, 0, 0]]}, {"op": "null", "name": "w", "attrs":
{"__subgraph_name__": "foreach0"}, "inputs": []}, {"op": "elemwise_add", "name": "_plus1", "attrs":
{"__subgraph_name__": "foreach0"}, "inputs": [[2, 0, 0], [3, 0, 0]]}, {"op": "elemwise_add", "name": "_plus2",
"attrs": {"__subgraph_name__": "foreach0"}, "inputs": [[1, 0, 0], [0, 0, 0]]}], "arg_nodes": [0, 1, 3], "heads":
[[4, 0, 0], [5, 0, 0]]}]}], "arg_nodes": [0, 1, 2], "heads": [[3, 0, 0], [3, 1, 0]], "attrs": {"mxnet_version":
["int", 10901]}}
"""
"""Written by MXNet 1.9.1."""

WHILE = """
{"nodes": [{"op": "null", "name": "i", "inputs": []}, {"op": "null", "name": "t", "inputs": []}, {"op":
"_while_loop", "name": "_while_loop0", "attrs": {"cond_input_locs": "[0]", "func_input_locs": "[1,0]",
"func_var_locs": "[1,0]", "max_iterations": "5", "num_args": "4", "num_out_data": "1", "num_outputs": "3"},
"inputs": [[0, 0, 0], [1, 0, 0]], "subgraphs": [{"nodes": [{"op": "null", "name": "i-0", "attrs":
{"__subgraph_name__": "while_loop_cond0"}, "inputs": []}, {"op": "_lesser_scalar", "name": "_lesser_scalar0",
"attrs": {"__subgraph_name__": "while_loop_cond0", "scalar": "3"}, "inputs": [[0, 0, 0]]}], "arg_nodes": [0],
"heads": [[1, 0, 0]]}, {"nodes": [{"op": "null", "name": "t-0", "attrs": {"__subgraph_name__": "while_loop_func0"},
"inputs": []}, {"op": "_mul_scalar", "name": "_mulscalar2", "attrs": {"__subgraph_name__": "while_loop_func0",
"scalar": "2"}, "inputs": [[0, 0, 0]]}, {"op": "null", "name": "i-0", "attrs": {"__subgraph_name__":
"while_loop_func0"}, "inputs": []}, {"op": "_plus_scalar", "name": "_plusscalar2", "attrs": {"__subgraph_name__":
"while_loop_func0", "scalar": "1"}, "inputs": [[2, 0, 0]]}, {"op": "elemwise_add", "name": "_plus3", "attrs":
{"__subgraph_name__": "while_loop_func0"}, "inputs": [[0, 0, 0], [2, 0, 0]]}], "arg_nodes": [0, 2], "heads": [[1, 0,
0], [3, 0, 0], [4, 0, 0]]}]}], "arg_nodes": [0, 1], "heads": [[2, 0, 0], [2, 1, 0], [2, 2, 0]], "attrs":
{"mxnet_version": ["int", 10901]}}
"""
"""Written by MXNet 1.9.1."""

COND = """
{"nodes": [{"op": "null", "name": "x", "inputs": []}, {"op": "sum", "name": "sum1", "inputs": [[0, 0, 0]]}, {"op":
"_greater_scalar", "name": "_greater_scalar0", "attrs": {"scalar": "0"}, "inputs": [[1, 0, 0]]}, {"op": "null",
"name": "w", "attrs": {"__subgraph_name__": "cond_then0"}, "inputs": []}, {"op": "_cond", "name": "_cond0", "attrs":
{"cond_input_locs": "[0]", "else_input_locs": "[1]", "num_args": "6", "num_outputs": "1", "then_input_locs": "[1,2]"},
"inputs": [[2, 0, 0], [0, 0, 0], [3, 0, 0]], "subgraphs": [{"nodes": [{"op": "null", "name":
"_greater_scalar0_output", "inputs": []}, {"op": "_copy", "name": "identity0", "attrs": {"__subgraph_name__":
"cond_pred0"}, "inputs": [[0, 0, 0]]}], "arg_nodes": [0], "heads": [[1, 0, 0]]}, {"nodes": [{"op": "null", "name":
"x", "inputs": []}, {"op": "_mul_scalar", "name": "_mulscalar3", "attrs": {"__subgraph_name__": "cond_then0",
"scalar": "2"}, "inputs": [[0, 0, 0]]}, {"op": "null", "name": "w", "attrs": {"__subgraph_name__": "cond_then0"},
"inputs": []}, {"op": "elemwise_add", "name": "_plus4", "attrs": {"__subgraph_name__": "cond_then0"}, "inputs": [[1,
0, 0], [2, 0, 0]]}], "arg_nodes": [0, 2], "heads": [[3, 0, 0]]}, {"nodes": [{"op": "null", "name": "x", "inputs":
[]}, {"op": "_minus_scalar", "name": "_minusscalar0", "attrs": {"__subgraph_name__": "cond_else0", "scalar": "1"},
"inputs": [[0, 0, 0]]}], "arg_nodes": [0], "heads": [[1, 0, 0]]}]}], "arg_nodes": [0, 3], "heads": [[4, 0, 0]],
"attrs": {"mxnet_version": ["int", 10901]}}
"""
"""Written by MXNet 1.9.1."""


def array(*numbers: Any) -> nd.NDArray:
    return nd.array(numbers)


CASES = [
    # out[t] = x[t]·s + w, s ← s + x[t]
    (
        FOREACH,
        {"x": array([1, 2], [3, 4]), "s": array(10, 20), "w": array(5, 6)},
        [[[15, 46], [38, 94]], [14, 26]],
    ),
    # while i < 3: out = 2t, i ← i + 1, t ← t + i
    (WHILE, {"i": array(1), "t": array(1)}, [[[2], [4], [0], [0], [0]], [3], [4]]),
    # 2x + w where sum(x) > 0, else x - 1
    (COND, {"x": array(1, 2), "w": array(5, 5)}, [[7, 9]]),
    (COND, {"x": array(-1, -2), "w": array(5, 5)}, [[-2, -3]]),
]


@pytest.mark.parametrize(("text", "feeds", "wanted"), CASES)
def test_control_flow_of_mxnet_is_read(text: str, feeds: dict[str, nd.NDArray], wanted: list[Any]) -> None:
    net = sym.load_json(text)
    assert set(net.list_arguments()) == set(feeds)
    for one in (net, sym.load_json(net.tojson())):
        found = [a.asnumpy().tolist() for a in one.eval(**feeds)]
        assert found == wanted


@pytest.mark.parametrize(("text", "op"), [(FOREACH, "_foreach"), (WHILE, "_while_loop"), (COND, "_cond")])
def test_control_flow_is_written_as_mxnet_does(text: str, op: str) -> None:
    wanted, found = (
        next(row for row in json.loads(graph)["nodes"] if row["op"] == op)
        for graph in (text, sym.load_json(text).tojson())
    )
    assert wanted["attrs"].keys() == found["attrs"].keys()
    assert len(found["subgraphs"]) == len(wanted["subgraphs"])
    assert found["attrs"]["num_outputs"] == wanted["attrs"]["num_outputs"]
    assert found["subgraphs"][0].keys() == {"nodes", "arg_nodes", "node_row_ptr", "heads"}


def test_a_loop_that_mxnet_cannot_hold_stays_readable_here() -> None:
    """MXNet's bodies use all states."""
    outs, states = sym.contrib.foreach(lambda d, s: (d * 2, [d, s[1]]), sym.Variable("x"), [sym.Variable("a")] * 2)
    net = sym.Group([outs, *states])
    feeds = {"x": array([1.0], [2.0]), "a": array(5)}
    again = sym.load_json(net.tojson())
    assert [a.asnumpy().tolist() for a in again.eval(**feeds)] == [[[2], [4]], [2], [5]]


@pytest.mark.parametrize("change", [lambda row: row["attrs"].pop("in_data_locs"), lambda row: row["inputs"].pop()])
def test_control_flow_that_is_damaged(change: Any) -> None:
    graph = json.loads(FOREACH)
    change(graph["nodes"][3])
    with pytest.raises(GraphError, match=r"_foreach0"):
        sym.load_json(json.dumps(graph)).eval(x=nd.ones((2, 2)), s=nd.ones((2,)), w=nd.ones((2,)))


def test_gradients_pass_through_a_loop_that_was_read() -> None:
    net = sym.load_json(FOREACH)[0]
    executor = net.simple_bind(x=(2, 2), s=(2,), w=(2,))
    executor.forward(is_train=True, x=np.ones((2, 2)))
    executor.backward(nd.ones((2, 2)))
    assert executor.grad_dict["w"].asnumpy().tolist() == [2, 2]
