"""Connections that cannot work: refused with the reason, and with mends that were tried."""

from __future__ import annotations

import time
from typing import Any

import pytest

from netwright.errors import GraphError
from netwright.graph import Connection, DataSpec, check, judge
from netwright.graph.edits import apply_edits

Rows = list[tuple[str, str, dict[str, Any], dict[str, str]]]
IMAGES = DataSpec((1, 8, 8), classes=10, label_shape=())
FLAT = DataSpec((64,), classes=10, label_shape=())
BARE = DataSpec((8, 8), classes=10, label_shape=())

CONV = ("conv", "Convolution", {"kernel": [3, 3], "num_filter": 8}, {})
DATA: tuple[str, str, dict[str, Any], dict[str, str]] = ("data", "Input", {}, {})


def document(rows: Rows) -> dict[str, Any]:
    return {
        "nodes": [{"id": i, "op": op, "params": p, "inputs": dict(inputs)} for i, op, p, inputs in rows],
        "outputs": [],
    }


# (what, nodes, connection, data, the message, mends in order)
CASES: list[tuple[str, Rows, tuple[str, str, str], DataSpec, str, list[str]]] = [
    ("rows into a convolution", [DATA, CONV], ("data", "conv", "data"), FLAT, "", ["Insert Reshape to 1×8×8"]),
    ("an image without channels", [DATA, CONV], ("data", "conv", "data"), BARE, "", ["Insert a channel axis"]),
    (
        "a kernel larger than the data",
        [DATA, ("conv", "Convolution", {"kernel": [11, 11], "num_filter": 8}, {})],
        ("data", "conv", "data"),
        IMAGES,
        "the kernel is larger than the data",
        ["Set pad of conv to 5×5", "Set kernel of conv to 8×8"],
    ),
    (
        "groups that do not divide the channels",
        [DATA, ("conv", "Convolution", {"kernel": [3, 3], "num_filter": 8, "num_group": 2}, {})],
        ("data", "conv", "data"),
        IMAGES,
        "channels do not divide",
        ["Set num_group of conv to 1"],
    ),
    (
        "a residual sum with other channels",
        [
            DATA,
            ("a", "Convolution", {"kernel": [3, 3], "num_filter": 8, "pad": [1, 1]}, {"data": "data"}),
            ("b", "Convolution", {"kernel": [3, 3], "num_filter": 4, "pad": [1, 1]}, {"data": "a"}),
            ("sum", "elemwise_add", {}, {"lhs": "b"}),
        ],
        ("a", "sum", "rhs"),
        IMAGES,
        "the two arrays must have one shape",
        ["Insert a 1×1 convolution with 4 filters", "Set num_filter of a to 4"],
    ),
    (
        "a residual sum over a stride",
        [
            DATA,
            ("a", "Convolution", {"kernel": [3, 3], "num_filter": 8, "pad": [1, 1]}, {"data": "data"}),
            ("b", "Convolution", {"kernel": [3, 3], "num_filter": 8, "pad": [1, 1], "stride": [2, 2]}, {"data": "a"}),
            ("sum", "elemwise_add", {}, {"lhs": "b"}),
        ],
        ("a", "sum", "rhs"),
        IMAGES,
        "the two arrays must have one shape",
        ["Insert pooling by 2×2", "Insert a 1×1 convolution with 8 filters, stride 2×2"],
    ),
    (
        "a skip connection upwards",
        [
            DATA,
            ("a", "Convolution", {"kernel": [3, 3], "num_filter": 8, "pad": [1, 1]}, {"data": "data"}),
            ("down", "Pooling", {"kernel": [2, 2], "stride": [2, 2]}, {"data": "a"}),
            ("join", "Concat", {}, {"arg0": "a"}),
        ],
        ("down", "join", "arg1"),
        IMAGES,
        "arrays joined along axis 1 must agree",
        ["Insert up-sampling by 2"],
    ),
    (
        "units that differ",
        [
            DATA,
            ("a", "FullyConnected", {"num_hidden": 16}, {"data": "data"}),
            ("b", "FullyConnected", {"num_hidden": 32}, {"data": "a"}),
            ("sum", "elemwise_add", {}, {"lhs": "a"}),
        ],
        ("b", "sum", "rhs"),
        FLAT,
        "the two arrays must have one shape",
        ["Insert a dense layer of 16 units", "Set num_hidden of b to 16"],
    ),
    (
        "classes that differ",
        [
            DATA,
            ("fc", "FullyConnected", {"num_hidden": 64}, {"data": "data"}),
            ("softmax", "SoftmaxOutput", {}, {}),
        ],
        ("fc", "softmax", "data"),
        FLAT,
        "the network's output does not fit the data set's labels",
        ["Set fc to 10 units", "Insert a dense layer of 10 units"],
    ),
    (
        "axes in another order",
        [
            ("x", "Input", {"shape": [4, 6]}, {}),
            ("y", "transpose", {"axes": [0, 2, 1]}, {"data": "x"}),
            ("sum", "elemwise_add", {}, {"lhs": "x"}),
        ],
        ("y", "sum", "rhs"),
        DataSpec(),
        "the two arrays must have one shape",
        ["Insert transpose to 4×6"],
    ),
    (
        "an image into a recurrent layer",
        [DATA, ("rnn", "RNN", {"state_size": 8, "num_layers": 1, "mode": "gru", "zero_state": True}, {})],
        ("data", "rnn", "data"),
        IMAGES,
        "",
        ["Read the rows of an image as steps"],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_the_reason_is_told_and_every_mend_works(case: Any) -> None:
    _, rows, wanted, data, message, labels = case
    drawn = document(rows)
    before = {(p.code, p.node, p.port) for p in check(drawn, data=data).errors()}
    found = judge(drawn, [Connection(*wanted)], data=data)
    assert not found.ok
    assert found.problem is not None
    assert found.problem.node == wanted[1]
    assert message in found.problem.message
    offered = [mend.label for mend in found.mends]
    assert [label for label in offered if label in labels] == labels
    for mend in found.mends:
        after = check(apply_edits(drawn, mend.edits), data=data)
        assert {(p.code, p.node, p.port) for p in after.errors()} <= before
        # The source still leads to the target: directly, or by what was put between.
        assert any(
            node["id"] == wanted[1] and node["inputs"].get(wanted[2])
            for node in apply_edits(drawn, mend.edits)["nodes"]
        )


def test_a_connection_that_fits_is_let_through() -> None:
    drawn = document([DATA, CONV])
    assert judge(drawn, [Connection("data", "conv", "data")], data=IMAGES).ok


def test_what_worked_before_must_go_on_working() -> None:
    rows: Rows = [
        DATA,
        ("a", "Convolution", {"kernel": [3, 3], "num_filter": 8, "pad": [1, 1]}, {"data": "data"}),
        ("same", "relu", {}, {"data": "a"}),
        ("small", "Pooling", {"kernel": [2, 2], "stride": [2, 2]}, {"data": "a"}),
        ("sum", "elemwise_add", {}, {"lhs": "a", "rhs": "same"}),
    ]
    found = judge(document(rows), [Connection("small", "same", "data")], data=IMAGES)
    assert found.problem is not None
    assert found.problem.node == "sum"
    assert "Insert up-sampling by 2" in [mend.label for mend in found.mends]


def test_a_cycle_has_no_mend_and_a_missing_node_is_said() -> None:
    rows: Rows = [DATA, ("a", "relu", {}, {}), ("b", "relu", {}, {"data": "a"})]
    found = judge(document(rows), [Connection("b", "a", "data")], data=IMAGES)
    assert found.problem is not None
    assert (found.problem.code, found.mends) == ("cycle", [])
    with pytest.raises(GraphError, match="there is no such node"):
        judge(document(rows), [Connection("a", "nobody", "data")], data=IMAGES)


def test_what_stands_already_is_judged_too() -> None:
    rows: Rows = [DATA, ("conv", "Convolution", {"kernel": [3, 3], "num_filter": 8}, {"data": "data"})]
    found = judge(document(rows), [Connection("data", "conv", "data")], data=FLAT)
    assert [mend.label for mend in found.mends] == ["Insert Reshape to 1×8×8"]


def test_new_nodes_never_take_a_name() -> None:
    rows: Rows = [DATA, CONV, ("reshape", "relu", {}, {"data": "data"})]
    (mend,) = judge(document(rows), [Connection("data", "conv", "data")], data=FLAT).mends
    assert [edit["node"]["id"] for edit in mend.edits if edit["type"] == "add-node"] == ["reshape2"]


def test_a_refusal_in_a_large_network_comes_while_one_waits() -> None:
    rows: Rows = [DATA, CONV]
    rows += [(f"r{i}", "relu", {}, {"data": f"r{i - 1}" if i else "data"}) for i in range(200)]
    begun = time.perf_counter()
    assert not judge(document(rows), [Connection("r199", "conv", "data")], data=FLAT).ok
    assert time.perf_counter() - begun < 3
