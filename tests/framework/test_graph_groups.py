"""Groups: the same network drawn as blocks, repeated, nested, and everything that can be wrong with them."""

from __future__ import annotations

import copy
import time
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright import graph
from netwright.errors import GraphError
from netwright.graph.groups import expand

Json = dict[str, Any]


def node(name: str, op: str, params: Json | None = None, **inputs: str) -> Json:
    return {"id": name, "op": op, "params": params or {}, "inputs": inputs}


def same_conv(name: str, source: str, filters: int = 4) -> Json:
    return node(name, "Convolution", {"kernel": [3, 3], "pad": [1, 1], "num_filter": filters}, data=source)


def residual(*groups: Json) -> Json:
    """A stem, a residual block and a head."""
    nodes = [
        node("data", "Input", {"shape": [3, 6, 6]}),
        same_conv("stem", "data"),
        same_conv("conv", "stem"),
        node("relu", "Activation", {"act_type": "relu"}, data="conv"),
        node("add", "broadcast_add", lhs="relu", rhs="stem"),
        node("fc", "FullyConnected", {"num_hidden": 2}, data="add"),
        node("softmax", "SoftmaxOutput", data="fc"),
    ]
    return {"format": "netwright-graph", "version": 1, "nodes": nodes, "outputs": ["softmax"], "groups": list(groups)}


BLOCK = {"id": "block", "members": ["conv", "relu", "add"]}


def problem_of(*groups: Json) -> Any:
    report = graph.check(residual(*groups))
    assert [p.code for p in report.problems] == ["bad_group"], report.problems
    return report.problems[0]


def test_a_group_without_repeats_changes_nothing() -> None:
    plain, grouped = graph.check(residual()), graph.check(residual(BLOCK))
    assert grouped.nodes == plain.nodes
    assert grouped.totals == plain.totals
    report = grouped.groups["block"]
    assert (report.nodes, report.parameters) == (3, plain.nodes["conv"].parameters)
    assert report.outputs["add"].shape == [32, 4, 6, 6]


def test_a_repeated_group_is_what_one_would_draw_by_hand() -> None:
    drawn = residual({**BLOCK, "repeat": 3})
    by_hand = residual()
    for turn, before in ((2, "add"), (3, "add_r2")):
        by_hand["nodes"] += [
            same_conv(f"conv_r{turn}", before),
            node(f"relu_r{turn}", "Activation", {"act_type": "relu"}, data=f"conv_r{turn}"),
            node(f"add_r{turn}", "broadcast_add", lhs=f"relu_r{turn}", rhs=before),
        ]
    by_hand["nodes"][5]["inputs"]["data"] = "add_r3"
    report = graph.check(drawn)
    assert report.ok, report.problems
    assert report.totals == graph.check(by_hand).totals
    assert set(report.nodes) == {n["id"] for n in residual()["nodes"]}
    assert report.groups["block"].nodes == 9
    ours, theirs = graph.to_symbol(drawn), graph.to_symbol(by_hand)
    assert sorted(ours.list_arguments()) == sorted(theirs.list_arguments())

    rng = np.random.default_rng(7)
    shapes = dict(zip(ours.list_arguments(), ours.infer_shape(data=(2, 3, 6, 6))[0], strict=True))
    values = {name: mx.nd.array(rng.normal(size=shape)) for name, shape in shapes.items()}
    first, second = (s.bind(mx.cpu(), values).forward()[0].asnumpy() for s in (ours, theirs))
    np.testing.assert_array_equal(first, second)


def test_nested_groups_repeat_inside_each_other() -> None:
    inner = {"id": "inner", "members": ["relu"], "repeat": 2}
    outer = {"id": "outer", "members": ["conv", "inner", "add"], "repeat": 3}
    for groups in ((inner, outer), (outer, inner)):
        report = graph.check(residual(*groups))
        assert report.ok, report.problems
        assert report.groups["outer"].nodes == 3 * (1 + 2 + 1)
        assert report.groups["inner"].nodes == 2
        assert report.groups["inner"].outputs["relu"].shape == [32, 4, 6, 6]
        assert list(report.groups["outer"].outputs) == ["add"]
    calls = [n.op.name for n in graph.to_symbol(residual(inner, outer)).nodes() if n.op is not None]
    assert calls.count("Convolution") == 1 + 3
    assert calls.count("Activation") == 6


def test_groups_in_a_row_read_the_last_repetition() -> None:
    first = {"id": "first", "members": ["conv"], "repeat": 2}
    second = {"id": "second", "members": ["relu"], "repeat": 2, "carry": "conv"}
    document = expand(residual(first, second)).document
    inputs = {n.id: dict(n.inputs) for n in document.nodes}
    assert inputs["conv_r2"] == {"data": "conv"}
    assert inputs["relu"] == {"data": "conv_r2"}
    assert inputs["relu_r2"] == {"data": "relu"}
    assert inputs["add"] == {"lhs": "relu_r2", "rhs": "stem"}


def test_an_output_and_a_chosen_carry() -> None:
    document = residual({"id": "tail", "members": ["add"], "repeat": 2, "carry": "relu"})
    document["nodes"], document["outputs"] = document["nodes"][:5], ["add"]
    expansion = expand(document)
    assert expansion.document.outputs == ("add_r2",)
    assert {n.id: dict(n.inputs) for n in expansion.document.nodes}["add_r2"] == {"lhs": "add", "rhs": "stem"}
    assert expansion.copies == {"add_r2": ("add", "tail", 2)}


def test_copies_get_names_that_are_free() -> None:
    document = residual({**BLOCK, "members": [*BLOCK["members"]], "repeat": 2})
    document["nodes"].append(node("conv_r2", "Activation", {"act_type": "relu"}, data="data"))
    long = "relu" + "x" * 60
    document["nodes"][3]["id"] = document["nodes"][4]["inputs"]["lhs"] = document["groups"][0]["members"][1] = long
    report = graph.check(document)
    assert {p.code for p in report.problems} == {"unused_node"}
    ids = {n.id for n in expand(document).document.nodes}
    assert "conv__r2" in ids
    assert long[:61] + "_r2" in ids


@pytest.mark.parametrize(
    ("group", "words", "named"),
    [
        ({**BLOCK, "id": "1st"}, "cannot be a group's id", "1st"),
        ({**BLOCK, "id": "conv"}, "name of two things", "conv"),
        ({**BLOCK, "members": ["conv", "nowhere"]}, "'nowhere' is not there", "block"),
        ({**BLOCK, "members": ["block", "conv"]}, "in a circle", "block"),
        ({**BLOCK, "members": ["conv", "relu", "stem"], "repeat": 2}, "one output", "block"),
        ({**BLOCK, "members": ["data", "stem"], "repeat": 2}, "nothing enters", "block"),
        ({**BLOCK, "members": ["add"], "repeat": 2}, "which connection", "block"),
        ({**BLOCK, "members": ["add"], "repeat": 2, "carry": "fc"}, "which connection", "block"),
        ({**BLOCK, "exposed": [{"node": "fc", "parameter": "num_hidden"}]}, "not in it", "block"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_is_said_at_the_group(group: Json, words: str, named: str) -> None:
    problem = problem_of(group)
    assert words in problem.message
    assert problem.node == named
    assert problem.remedy


def test_a_member_of_two_groups_and_an_input_that_would_be_repeated() -> None:
    assert "in 'block' already" in problem_of(BLOCK, {"id": "other", "members": ["conv"]}).message
    document = residual({"id": "block", "members": ["mask", "mul"], "repeat": 2})
    document["nodes"] += [node("mask", "Input", {"shape": [2]}), node("mul", "broadcast_mul", lhs="fc", rhs="mask")]
    document["nodes"][6]["inputs"]["data"] = "mul"
    messages = [p.message for p in graph.check(document).problems]
    assert messages == ["the input 'mask' cannot be repeated"]


def test_a_problem_of_a_repetition_is_told_once_at_the_drawn_node() -> None:
    document = residual({"id": "block", "members": ["conv", "relu"], "repeat": 5})
    document["nodes"][2]["params"] = {"kernel": [3, 3], "num_filter": 4}  # 6×6 shrinks to 4×4, 2×2, nothing
    document["nodes"][4]["inputs"]["rhs"] = "relu"
    problems = graph.check(document).problems
    assert [(p.code, p.node) for p in problems] == [("shape_mismatch", "conv")]
    assert problems[0].message.startswith("in repetition 3 of block: ")


@pytest.mark.parametrize(
    "groups",
    [
        {"a": 1},
        [3],
        [{"members": []}],
        [{"id": "b", "members": "conv"}],
        [{"id": "b", "members": [1]}],
        [{"id": "b", "members": [], "repeat": 0}],
        [{"id": "b", "members": [], "repeat": True}],
        [{"id": "b", "members": [], "repeat": 10**9}],
        [{"id": "b", "members": [], "carry": 3}],
        [{"id": "b", "members": [], "exposed": [{"node": "conv"}]}],
    ],
)
def test_groups_of_a_wrong_outline_are_not_read(groups: Any) -> None:
    document = residual()
    document["groups"] = groups
    with pytest.raises(GraphError):
        graph.check(document)


def test_repetitions_are_bounded_before_they_are_made() -> None:
    many = [{"id": f"g{k}", "members": ["relu"] if k == 0 else [f"g{k - 1}"], "repeat": 1000} for k in range(20)]
    start = time.process_time()
    problems = graph.check(residual(*many)).problems
    assert time.process_time() - start < 30  # generous: it must only not run away
    assert "too many nodes" in problems[0].message
    assert problems[0].node == "g1"


def test_training_a_repeated_block_learns() -> None:
    document = copy.deepcopy(residual({**BLOCK, "repeat": 2}))
    network = graph.to_network(document)
    assert {"conv_weight", "conv_r2_weight"} <= set(network.weights)
    module = mx.mod.Module(network.symbol, label_names=["softmax_label"])
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 64)
    x = rng.normal(size=(64, 3, 6, 6)) * 0.3 + (2 * y - 1)[:, None, None, None]
    feed = mx.io.NDArrayIter(x.astype("float32"), y.astype("float32"), batch_size=16)
    module.fit(feed, num_epoch=4, optimizer_params={"learning_rate": 0.05})
    assert module.score(feed, "acc")[0][1] > 0.95
