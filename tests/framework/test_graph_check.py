"""Checking graphs: every kind of problem by node, words and remedy; fixes that mend; nothing allocated."""

from __future__ import annotations

import copy
import json
import re
import time
import tracemalloc
from collections.abc import Mapping
from typing import Any

import pytest

from netwright.errors import GraphError
from netwright.graph import (
    CheckReport,
    DataSpec,
    Problem,
    check,
    to_network,
)
from netwright.graph.check import _Found
from netwright.graph.report import NodeReport

Graph = dict[str, Any]
CLASSES = DataSpec((1, 8, 8), classes=10, label_shape=())
VALUES = DataSpec((5,), classes=None, label_shape=())
IMAGE: tuple[str, str, dict[str, Any], dict[str, str]] = ("data", "Input", {}, {})


def graph(*nodes: tuple[str, str, Mapping[str, Any], Mapping[str, str]], outputs: tuple[str, ...] = ()) -> Graph:
    rows = [{"id": i, "op": op, "params": dict(p), "inputs": dict(inputs)} for i, op, p, inputs in nodes]
    return {"format": "netwright-graph", "version": 1, "nodes": rows, "outputs": list(outputs)}


def dense(units: Any = 10, **inputs: str) -> tuple[str, str, dict[str, Any], dict[str, str]]:
    return ("fc", "FullyConnected", {"num_hidden": units}, inputs or {"data": "data"})


SOFTMAX = ("softmax", "SoftmaxOutput", dict[str, Any](), {"data": "fc"})


def only(report: CheckReport, code: str) -> Problem:
    (found,) = [p for p in report.problems if p.code == code]
    return found


def apply(document: Graph, edits: list[dict[str, Any]]) -> Graph:
    """The edits of the contract, as the page applies them."""
    changed = copy.deepcopy(document)
    for edit in edits:
        nodes = {node["id"]: node for node in changed["nodes"]}
        if edit["type"] == "set-params":
            nodes[edit["id"]]["params"].update(edit["params"])
        elif edit["type"] == "add-node":
            changed["nodes"].append(copy.deepcopy(edit["node"]))
        elif edit["type"] == "remove-node":
            changed["nodes"].remove(nodes[edit["id"]])
        elif edit["type"] == "connect":
            nodes[edit["to"]]["inputs"][edit["port"]] = edit["from"]
        elif edit["type"] == "disconnect":
            del nodes[edit["to"]]["inputs"][edit["port"]]
        else:
            assert edit["type"] == "set-outputs"
            changed["outputs"] = edit["outputs"]
    return changed


# ---------------------------------------------------------------- what is derived
def test_shapes_counts_and_costs() -> None:
    document = graph(
        IMAGE,
        ("conv", "Convolution", {"kernel": [3, 3], "num_filter": 4}, {"data": "data"}),
        ("bn", "BatchNorm", {}, {"data": "conv"}),
        ("pool", "Pooling", {"kernel": [2, 2], "stride": [2, 2], "pool_type": "max"}, {"data": "bn"}),
        dense(10, data="pool"),
        SOFTMAX,
    )
    report = check(document, data=CLASSES, batch_size=16)
    assert report.ok
    assert report.problems == []
    conv, bn, fc = report.nodes["conv"], report.nodes["bn"], report.nodes["fc"]
    assert conv.inputs["data"].shape == [16, 1, 8, 8]
    assert (conv.outputs[0].name, conv.outputs[0].shape, conv.outputs[0].dtype) == ("output", [16, 4, 6, 6], "float32")
    assert [(w.name, w.shape) for w in conv.weights] == [("conv_weight", [4, 1, 3, 3]), ("conv_bias", [4])]
    assert (conv.parameters, conv.bytes) == (40, 16 * 4 * 6 * 6 * 4)
    assert conv.flops >= 2 * 16 * 4 * 6 * 6 * 9
    assert [s.name for s in bn.states] == ["bn_moving_mean", "bn_moving_var"]
    assert fc.parameters == 10 * 36 + 10
    totals = report.totals
    assert totals.parameters == sum(n.parameters for n in report.nodes.values()) == 40 + 8 + 370
    assert totals.weight_bytes == 4 * totals.parameters
    assert totals.flops == sum(n.flops for n in report.nodes.values())
    assert totals.activation_bytes == sum(n.bytes for n in report.nodes.values())


def test_outputs_can_be_chosen_by_name_or_number() -> None:
    split = ("s", "SliceChannel", {"num_outputs": 2, "axis": 2}, {"data": "data"})
    first, second = ("a", "Flatten", {}, {"data": "s:0"}), ("b", "Flatten", {}, {"data": "s:output1"})
    report = check(graph(IMAGE, split, first, second), data=CLASSES)
    assert report.ok
    assert [o.name for o in report.nodes["s"].outputs] == ["output0", "output1"]
    assert report.nodes["b"].outputs[0].shape == [32, 32]
    document = graph(("data", "Input", {"shape": [1, 8, 8]}, {}), split, outputs=("s:1",))
    assert to_network(document).symbol.list_outputs() == ["s_output1"]


def test_labels_inside_the_graph_and_values() -> None:
    document = graph(IMAGE, dense(1), ("head", "LinearRegressionOutput", {}, {"data": "fc"}))
    assert check(document, data=VALUES).ok
    auto = graph(IMAGE, dense(5), ("head", "LinearRegressionOutput", {}, {"data": "fc", "label": "data"}))
    assert check(auto, data=VALUES).ok


def test_a_dtype_of_an_input() -> None:
    document = graph(
        ("data", "Input", {"shape": [4], "dtype": "int32"}, {}),
        ("emb", "Embedding", {"input_dim": 9, "output_dim": 3}, {"data": "data"}),
    )
    assert check(document).nodes["emb"].outputs[0].shape == [32, 4, 3]


# ---------------------------------------------------------------- problems
# (what is wrong, document, data, code, node, where (port or parameter), words, whether a fix is offered)
RELU = {"act_type": "relu"}
PROBLEMS: list[tuple[str, Graph, DataSpec, str, str | None, str | None, str, bool]] = [
    (
        "cycle",
        graph(IMAGE, ("a", "Activation", RELU, {"data": "b"}), ("b", "Activation", RELU, {"data": "a"})),
        CLASSES,
        "cycle",
        "b",
        "data",
        "form a cycle: b → a → b.*Remove one",
        True,
    ),
    (
        "node fed by itself",
        graph(IMAGE, ("a", "elemwise_add", {}, {"lhs": "a", "rhs": "data"})),
        CLASSES,
        "cycle",
        "a",
        "lhs",
        "connected to itself.*Remove",
        True,
    ),
    (
        "dangling port",
        graph(IMAGE, dense(10, data="gone")),
        CLASSES,
        "dangling_input",
        "fc",
        "data",
        "comes from 'gone', which is not there.*Connect it",
        True,
    ),
    (
        "output that is not there",
        graph(IMAGE, dense(10, data="data:7")),
        CLASSES,
        "dangling_input",
        "fc",
        "data",
        "'data' has no output '7'.*wanted output",
        True,
    ),
    (
        "head that is not there",
        graph(IMAGE, dense(), SOFTMAX, outputs=("softmax", "zz")),
        CLASSES,
        "dangling_input",
        None,
        None,
        "the output 'zz' is not there.*Choose",
        False,
    ),
    (
        "head's output that is not there",
        graph(IMAGE, dense(), SOFTMAX, outputs=("softmax:3",)),
        CLASSES,
        "dangling_input",
        "softmax",
        None,
        "the output 'softmax:3' is not there.*wanted output",
        False,
    ),
    (
        "missing input",
        graph(IMAGE, ("fc", "FullyConnected", {"num_hidden": 3}, {})),
        CLASSES,
        "missing_input",
        "fc",
        "data",
        "'data' is not connected",
        False,
    ),
    (
        "unknown operator",
        graph(IMAGE, ("c", "Convolutoin", {}, {"data": "data"})),
        CLASSES,
        "unknown_operator",
        "c",
        None,
        "no operator 'Convolutoin'.*Did you mean Convolution",
        False,
    ),
    (
        "unknown port",
        graph(IMAGE, dense(10, data="data", dta="data"), SOFTMAX),
        CLASSES,
        "unknown_port",
        "fc",
        "dta",
        "FullyConnected has no input 'dta' here.*wanted bias, data, weight",
        True,
    ),
    (
        "bad id",
        graph(IMAGE, ("1x", "Flatten", {}, {"data": "data"})),
        CLASSES,
        "bad_id",
        "1x",
        None,
        "cannot be a node's id.*a letter, then.*got '1x'.*Rename",
        False,
    ),
    (
        "two nodes of one name",
        graph(IMAGE, ("a", "Flatten", {}, {"data": "data"}), ("a", "Flatten", {}, {"data": "data"})),
        CLASSES,
        "duplicate_id",
        "a",
        None,
        "two nodes are called 'a'.*Rename",
        False,
    ),
    *(
        (f"num_hidden {value!r}", graph(IMAGE, dense(value)), CLASSES, "bad_param", "fc", "num_hidden", words, False)
        for value, words in [
            ("abc", "cannot be taken.*a whole number.*got 'abc'"),
            (0, "at least 1.*got 0"),
            (-1, "at least 1.*got -1"),
            (1e9, "a whole number.*got 1000000000.0"),
            (True, "a whole number.*got True"),
            (None, "cannot be taken.*a whole number"),
            (float("nan"), "a finite number.*got nan"),
            ([3], "a whole number"),
            (2**40, "at most 2147483647.*got 1099511627776"),
        ]
    ),
    (
        "NaN in a parameter",
        graph(IMAGE, ("m", "_mul_scalar", {"scalar": float("nan")}, {"data": "data"})),
        CLASSES,
        "bad_param",
        "m",
        "scalar",
        "a finite number.*got nan.*Set scalar to a finite number",
        False,
    ),
    (
        "missing parameter",
        graph(IMAGE, ("fc", "FullyConnected", {}, {"data": "data"})),
        CLASSES,
        "bad_param",
        "fc",
        "num_hidden",
        "'num_hidden' is missing",
        False,
    ),
    (
        "unknown parameter",
        graph(IMAGE, ("fc", "FullyConnected", {"num_hidden": 3, "speed": 1}, {"data": "data"})),
        CLASSES,
        "bad_param",
        "fc",
        "speed",
        "there is no parameter 'speed'.*The parameters are: num_hidden",
        False,
    ),
    (
        "a weight that is too large",
        graph(IMAGE, dense(10**9)),
        CLASSES,
        "too_large",
        "fc",
        "weight",
        "'weight' would take 238.4 GiB.*at most.*the memory of this machine.*1000000000×64 float32.*smaller",
        False,
    ),
    (
        "a side that is too large",
        graph(("data", "Input", {"shape": [2**32, 2**32]}, {}), dense()),
        DataSpec(),
        "bad_param",
        "data",
        "shape",
        "at most 2147483647.*got 4294967296",
        False,
    ),
    (
        "an input that is too large",
        graph(("data", "Input", {"shape": [2**31 - 1, 2**31 - 1]}, {}), dense()),
        DataSpec(),
        "too_large",
        "data",
        "shape",
        "would take 512 EiB.*32×2147483647×2147483647",
        False,
    ),
    (
        "shapes that do not fit",
        graph(
            IMAGE,
            ("f", "Flatten", {}, {"data": "data"}),
            ("c", "Convolution", {"kernel": [3, 3], "num_filter": 2}, {"data": "f"}),
        ),
        CLASSES,
        "shape_mismatch",
        "c",
        "data",
        r"wanted \(N, C, H, W\).*got \(32, 64\)",
        False,
    ),
    (
        "a kernel that is too large",
        graph(IMAGE, ("c", "Convolution", {"kernel": [13, 13], "num_filter": 2}, {"data": "data"})),
        CLASSES,
        "shape_mismatch",
        "c",
        "data",
        "kernel is larger than the data",
        False,
    ),
    (
        "a weight of the wrong shape",
        graph(
            ("data", "Input", {"shape": [6]}, {}),
            ("w", "Input", {"shape": [5]}, {}),
            dense(3, data="data", weight="w"),
        ),
        DataSpec(),
        "shape_mismatch",
        "fc",
        "weight",
        "wanted",
        False,
    ),
    (
        "another shape than the data set's",
        graph(("data", "Input", {"shape": [3, 8, 8]}, {}), dense(), SOFTMAX),
        CLASSES,
        "shape_mismatch",
        "data",
        "shape",
        r"data set's samples have another shape.*wanted \(1, 8, 8\).*got \(3, 8, 8\)",
        True,
    ),
    (
        "a shape nobody knows",
        graph(IMAGE, dense()),
        DataSpec(),
        "shape_mismatch",
        "data",
        "shape",
        "the shape of a sample is not known.*Choose a data set",
        False,
    ),
    (
        "a shape that follows from values",
        graph(
            IMAGE,
            ("f", "Flatten", {}, {"data": "data"}),
            ("s", "sum", {"axis": [1]}, {"data": "f"}),
            ("m", "_contrib_boolean_mask", {}, {"data": "f", "index": "s"}),
        ),
        CLASSES,
        "shape_mismatch",
        "m",
        None,
        "follows from the values.*cannot be planned",
        False,
    ),
    (
        "too few units for the classes",
        graph(IMAGE, dense(3), SOFTMAX),
        CLASSES,
        "label_mismatch",
        "softmax",
        "data",
        "wanted 10 outputs, one for each class.*got 3",
        True,
    ),
    (
        "too many units for a value, behind layers that keep the shape",
        graph(
            IMAGE,
            dense(3),
            ("act", "Activation", RELU, {"data": "fc"}),
            ("head", "LinearRegressionOutput", {}, {"data": "act"}),
        ),
        VALUES,
        "label_mismatch",
        "head",
        "data",
        "wanted 1 value for each sample.*got 3",
        True,
    ),
    (
        "classes asked of values",
        graph(IMAGE, dense(1), SOFTMAX),
        VALUES,
        "label_mismatch",
        "softmax",
        None,
        "labels are values, not classes.*LinearRegressionOutput",
        False,
    ),
    ("no loss", graph(IMAGE, dense()), CLASSES, "no_loss", "fc", None, "has no loss.*SoftmaxOutput", True),
    (
        "a node nobody uses",
        graph(IMAGE, dense(), SOFTMAX, ("x", "Flatten", {}, {"data": "data"}), outputs=("softmax",)),
        CLASSES,
        "unused_node",
        "x",
        None,
        "leads to no output",
        True,
    ),
    ("nothing", graph(), CLASSES, "no_output", None, None, "the network is empty.*Add Input", False),
    ("no layers", graph(IMAGE), CLASSES, "no_output", None, None, "inputs, but no layers.*Add a layer", False),
]
CODES = {
    *("unknown_operator", "bad_id", "duplicate_id", "bad_param", "missing_input", "dangling_input", "unknown_port"),
    *("cycle", "shape_mismatch", "too_large", "no_output", "no_loss", "unused_node", "label_mismatch"),
}


def test_every_code_has_a_row() -> None:
    # too_many_nodes is raised: such a document is not read at all
    assert {row[3] for row in PROBLEMS} == CODES


@pytest.mark.parametrize("row", PROBLEMS, ids=lambda row: row[0])
def test_problems(row: Any) -> None:
    _, document, data, code, node, where, words, has_fix = row
    report = check(document, data=data, memory_bytes=64 * 2**30)
    problem = only(report, code)
    assert problem.node == node
    assert where in (problem.port, problem.parameter)
    text = f"{problem.message} (wanted {problem.wanted}, got {problem.got}). {problem.remedy}"
    assert _matches(words, text.replace("64.0 GiB", "the memory")), text
    assert problem.remedy
    assert (problem.fix is not None) is has_fix
    assert report.ok is not any(p.severity == "error" for p in report.problems)
    json.dumps(report.model_dump(mode="json"), allow_nan=False)


def _matches(words: str, text: str) -> bool:
    return re.search(words, text) is not None


@pytest.mark.parametrize("row", [row for row in PROBLEMS if row[7]], ids=lambda row: row[0])
def test_fixes_mend(row: Any) -> None:
    _, document, data, code, node, *_ = row
    fix = only(check(document, data=data), code).fix
    assert fix is not None
    assert fix.label
    mended = check(apply(document, fix.edits), data=data)
    assert not [p for p in mended.problems if (p.code, p.node) == (code, node)]
    # what it mended did not break anything else that was right
    known = {(p.code, p.node) for p in check(document, data=data).errors()}
    assert {(p.code, p.node) for p in mended.errors()} - known <= {("missing_input", node)}


@pytest.mark.parametrize("row", PROBLEMS, ids=lambda row: row[0])
def test_nothing_is_allocated(row: Any) -> None:
    tracemalloc.start()
    try:
        check(row[1], data=row[2])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000


@pytest.mark.parametrize(
    "document",
    [graph(IMAGE, dense("x" * 10**6)), graph(("data", "Input", {"shape": [1] * 10**5}, {}), dense())],
    ids=["long text", "many axes"],
)
def test_long_values_are_cut_short(document: Graph) -> None:
    report = check(document, data=CLASSES)
    assert not report.ok
    assert len(json.dumps(report.model_dump())) < 5000


def test_a_node_behind_a_faulty_one_is_not_blamed() -> None:
    report = check(graph(IMAGE, dense("abc"), SOFTMAX), data=CLASSES)
    assert [(p.code, p.node) for p in report.errors()] == [("bad_param", "fc")]


def test_the_sum_may_be_too_large_where_no_part_is() -> None:
    layers = [
        (f"fc{i}", "FullyConnected", {"num_hidden": 4000, "flatten": True}, {"data": f"fc{i - 1}" if i else "data"})
        for i in range(6)
    ]
    report = check(graph(IMAGE, *layers), data=CLASSES, memory_bytes=200 * 2**20)
    problem = only(report, "too_large")
    assert (problem.severity, problem.node) == ("warning", None)
    assert "training this network may take" in problem.message


# ---------------------------------------------------------------- documents that are none
@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], r"a graph is a JSON object \(got list\)"),
        (None, "a graph is a JSON object"),
        ({"nodes": 3}, "nodes: too many nodes"),
        ({"nodes": [3]}, r"nodes\[0\]: a node is a JSON object \(got int\)"),
        ({"nodes": [{"id": 1, "op": "x"}]}, r"nodes\[0\]: a node needs an id and an op"),
        ({"format": "x"}, "not a graph of a version known here .*wanted format 'netwright-graph', version 1"),
        ({"version": 2}, "not a graph of a version known here"),
        ({"nodes": [{"id": "a", "op": "Flatten", "params": 3}]}, "a: params and inputs are JSON objects"),
        ({"nodes": [{"id": "a", "op": "Flatten", "inputs": {"data": 3}}]}, 'a: an input is written "node" or'),
        ({"nodes": [], "outputs": "x"}, "outputs: outputs are a list of node ids"),
        ({"nodes": [{"id": "a", "op": "Flatten"}] * 10_001}, "nodes: too many nodes .*at most 10000"),
    ],
)
def test_documents_that_are_no_graphs(document: Any, words: str) -> None:
    with pytest.raises(GraphError, match=words):
        check(document)


def test_ten_thousand_nodes() -> None:
    layers = [("n0", "Activation", RELU, {"data": "data"})]
    layers += [(f"n{i}", "Activation", RELU, {"data": f"n{i - 1}"}) for i in range(1, 9_999)]
    document = graph(IMAGE, *layers[::-1])  # the worst order: every node before what feeds it
    began = time.perf_counter()
    report = check(document, data=CLASSES)
    assert report.ok
    assert len(report.nodes) == 10_000
    assert report.nodes["n9998"].outputs[0].shape == [32, 1, 8, 8]
    assert time.perf_counter() - began < 10
    # and a cycle through all of them
    document["nodes"][-1]["inputs"]["data"] = "n9998"
    problem = only(check(document, data=CLASSES), "cycle")
    assert problem.message.endswith("→ …")


def test_a_node_is_gathered_with_all_that_its_report_has() -> None:
    """One that is gathered without a field would report its default for ever."""
    assert tuple(_Found.__slots__) == tuple(NodeReport.model_fields)
