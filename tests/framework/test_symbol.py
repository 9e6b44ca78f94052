"""Symbols: composition, names, attributes, inference, JSON. What is marked so was read off MXNet 1.9.1."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright import nd, sym
from netwright.errors import DTypeError, GraphError, ParamError, ShapeError


@pytest.fixture(autouse=True)
def _fresh_names() -> Any:
    with mx.name.NameManager():
        yield


def network() -> sym.Symbol:
    net = sym.Variable("data")
    net = sym.Convolution(net, kernel=(3, 3), num_filter=4, name="conv1")
    net = sym.BatchNorm(net, name="bn1")
    net = sym.Activation(net, act_type="relu")
    net = sym.FullyConnected(net, num_hidden=3, name="fc1")
    return sym.SoftmaxOutput(net, name="softmax")


# ---------------------------------------------------------------- composition
def test_weights_states_and_labels_are_implied() -> None:
    """MXNet 1.9.1."""
    net = network()
    assert net.list_arguments() == [
        *("data", "conv1_weight", "conv1_bias", "bn1_gamma", "bn1_beta"),
        *("fc1_weight", "fc1_bias", "softmax_label"),
    ]
    assert net.list_auxiliary_states() == ["bn1_moving_mean", "bn1_moving_var"]
    assert net.list_outputs() == ["softmax_output"]
    assert net.list_inputs() == [
        *("data", "conv1_weight", "conv1_bias", "bn1_gamma", "bn1_beta", "bn1_moving_mean", "bn1_moving_var"),
        *("fc1_weight", "fc1_bias", "softmax_label"),
    ]


def test_internals() -> None:
    """MXNet 1.9.1."""
    internals = network().get_internals()
    assert internals.list_outputs() == [
        *("data", "conv1_weight", "conv1_bias", "conv1_output", "bn1_gamma", "bn1_beta", "bn1_moving_mean"),
        *("bn1_moving_var", "bn1_output", "activation0_output", "fc1_weight", "fc1_bias", "fc1_output"),
        *("softmax_label", "softmax_output"),
    ]
    cut = internals["fc1_output"]
    assert cut.name == "fc1"
    assert cut.list_arguments()[-1] == "fc1_bias"


def test_children() -> None:
    children = network().get_children()
    assert children is not None
    assert children.list_outputs() == ["fc1_output", "softmax_label"]
    assert sym.Variable("x").get_children() is None


def test_a_given_weight_or_bias_is_used() -> None:
    w = sym.Variable("shared")
    net = sym.FullyConnected(sym.Variable("x"), weight=w, num_hidden=3, no_bias=True, name="a")
    net = sym.FullyConnected(net, w, num_hidden=3, name="b")
    assert net.list_arguments() == ["x", "shared", "b_bias"]


def test_names_count_up_by_kind() -> None:
    """MXNet 1.9.1."""
    x, y = sym.Variable("x"), sym.Variable("y")
    made = [x + y, x + 1, 1 - x, x * y, x / y, x - y, x**y, x > y, sym.exp(x), sym.exp(x), x % y, x == y]
    assert [s.name for s in made] == [
        *("_plus0", "_plusscalar0", "_rminusscalar0", "_mul0", "_div0", "_minus0", "_power0", "_greater0"),
        *("exp0", "exp1", "_mod0", "_equal0"),
    ]
    assert [s.name for s in (sym.Concat(x, y), x.sum(), x.reshape((1,)))] == ["concat0", "sum0", "reshape0"]
    assert sym.FullyConnected(x, num_hidden=2).list_arguments()[1:] == [
        *("fullyconnected0_weight", "fullyconnected0_bias"),
    ]


def test_prefix_goes_before_the_names_of_operators_only() -> None:
    """MXNet 1.9.1."""
    x = sym.Variable("x")
    with mx.name.Prefix("p_"):
        assert sym.FullyConnected(x, num_hidden=2, name="f").list_arguments() == ["x", "p_f_weight", "p_f_bias"]
        assert sym.Variable("v").name == "v"
        assert (x + x).name == "p__plus0"
    assert (x + x).name == "_plus0"


def test_groups() -> None:
    net, x = network(), sym.Variable("x")
    group = sym.Group([net, x * 2])
    assert group.list_outputs() == ["softmax_output", "_mulscalar0_output"]
    assert [s.name for s in group] == ["softmax", "_mulscalar0"]
    assert (len(group), group.num_outputs, group.name) == (2, 2, None)
    assert repr(group) == "<Symbol group [softmax, _mulscalar0]>"
    assert repr(net) == "<Symbol softmax>"
    assert group[1].list_arguments() == ["x"]
    with pytest.raises(GraphError, match="a group needs at least one symbol"):
        sym.Group([])


def test_outputs_by_number_slice_and_name() -> None:
    parts = sym.split(sym.Variable("x"), num_outputs=3, name="s")
    assert parts.list_outputs() == ["s_output0", "s_output1", "s_output2"]
    assert parts[1].list_outputs() == ["s_output1"]
    assert parts[-1].list_outputs() == ["s_output2"]
    assert parts[0:2].list_outputs() == ["s_output0", "s_output1"]
    assert parts["s_output2"].list_outputs() == ["s_output2"]
    assert [s.list_outputs()[0] for s in parts] == ["s_output0", "s_output1", "s_output2"]


def test_compose_replaces_variables_in_a_copy() -> None:
    outer = sym.FullyConnected(sym.Variable("d2"), name="fc2", num_hidden=2)
    whole = outer(d2=network(), name="whole")
    assert whole.list_arguments() == [*network().list_arguments(), "fc2_weight", "fc2_bias"]
    assert outer.list_arguments() == ["d2", "fc2_weight", "fc2_bias"]
    x, y = sym.Variable("x"), sym.Variable("y")
    assert sym.exp(x)(sym.tanh(y)).list_arguments() == ["y"]
    swapped = (x - y)(x=y, y=x)
    assert float(swapped.eval(x=nd.array([1.0]), y=nd.array([5.0]))[0]) == 4


def test_copies_share_nothing_that_changes() -> None:
    net = network()
    deep = copy.deepcopy(net)
    deep._set_attr(mood="changed")
    assert net.attr("mood") is None
    assert copy.copy(net).list_outputs() == net.list_outputs()
    assert pickle.loads(pickle.dumps(net)).tojson() == net.tojson()


def test_arithmetic_on_symbols_is_that_of_arrays() -> None:
    x, y = sym.Variable("x"), sym.Variable("y")
    a, b = np.array([1.0, 4.0]), np.array([2.0, 3.0])
    for build in (
        lambda p, q: p + q * 2 - 1 / q,
        lambda p, q: (p**2 > q) + (p == q) + (q <= p),
        lambda p, q: -abs(p - q) % 3,
        lambda p, q: 2**p + (5 - q) / p,
    ):
        (found,) = build(x, y).eval(x=nd.array(a), y=nd.array(b))
        np.testing.assert_allclose(found.asnumpy(), build(nd.array(a), nd.array(b)).asnumpy(), rtol=1e-6)


def test_functions_of_symbols_and_numbers() -> None:
    x = sym.Variable("x")
    (found,) = sym.Group([sym.maximum(x, 2)]).eval(x=nd.array([1.0, 3.0]))
    assert found.asnumpy().tolist() == [2, 3]
    assert sym.maximum(2, 3) == 3
    with pytest.raises(DTypeError, match=r"maximum: this function is for arrays and numbers .*wanted Symbol"):
        sym.maximum(x, nd.ones((1,)))


def test_methods_are_the_operators() -> None:
    x = sym.Variable("x")
    built = sym.Group(
        [
            x.sum(axis=1, keepdims=True),
            x.reshape((0, -1)),
            x.reshape(-1),
            x.T,
            x.astype("int32"),
            x.slice(begin=(0, 1), end=(2, 3)),
            x.reshape_like(x),
            x.detach(),
            x.flatten().expand_dims(axis=0),
        ]
    )
    outputs = built.infer_shape(x=(2, 3, 4))[1]
    assert outputs == [(2, 1, 4), (2, 12), (24,), (4, 3, 2), (2, 3, 4), (2, 2, 4), (2, 3, 4), (2, 3, 4), (1, 2, 12)]


def test_constants_without_inputs() -> None:
    found = sym.Group([sym.zeros((2,)), sym.ones((2,)), sym.full((2,), 3), sym.arange(3)]).eval()
    assert [a.asnumpy().tolist() for a in found] == [[0, 0], [1, 1], [3, 3], [0, 1, 2]]


# ---------------------------------------------------------------- what is refused
@pytest.mark.parametrize(
    ("use", "kind", "words"),
    [
        (lambda x: x["nope"], GraphError, "there is no output 'nope'. The outputs are: x"),
        (lambda x: sym.Group([x, x])["x"], GraphError, "more than one output 'x'"),
        (lambda x: x[1], IndexError, "output 1 of 1"),
        (bool, GraphError, "no truth value"),
        (lambda x: sym.exp(sym.split(x, num_outputs=2)), GraphError, r"input 'data' has 2 outputs\. Choose one"),
        (lambda x: sym.exp(nd.ones((1,))), DTypeError, r"'data' is not a Symbol \(got NDArray\)\. Make a variable"),
        (lambda x: sym.exp(x, y=1), ParamError, "there is no parameter 'y'"),
        (lambda x: sym.FullyConnected(x), ParamError, "FullyConnected: parameter 'num_hidden' is missing"),
        (
            lambda x: sym.FullyConnected(x, bias=x, num_hidden=2, no_bias=True, name="f"),
            ParamError,
            r"f \(FullyConnected\): input 'bias' is not used under these parameters",
        ),
        (lambda x: sym.Variable(3), ParamError, r"a variable's name is a text \(got int\)"),
        (lambda x: sym.Variable("v", foo="1"), ParamError, "attribute 'foo' is not known. Attributes of one's own"),
        (lambda x: sym.Variable("v", dtype="x8"), DTypeError, "not known here"),
        (lambda x: sym.exp(x)(q=x), GraphError, "there is no variable 'q' to replace. Known: x"),
        (lambda x: sym.exp(x)(x=sym.Group([x, x])), GraphError, "'x' must be replaced by a symbol of one output"),
        (lambda x: mx.AttrScope(a=1), ParamError, r"attributes are texts \(got int\)"),
        (lambda x: x.grad(["x"]), GraphError, r"Use simple_bind\(\.\.\.\)\.backward\(\)"),
        (lambda x: sym.exq(x), AttributeError, "exq"),
    ],
)
def test_refusals(use: Callable[[Any], Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        use(sym.Variable("x"))


# ---------------------------------------------------------------- attributes
def test_attributes_of_nodes_and_scopes() -> None:
    x = sym.Variable("x")
    with mx.AttrScope(ctx_group="dev1", __a__="1"):
        f = sym.FullyConnected(x, num_hidden=2, name="f")
        v = sym.Variable("v", attr={"mood": "angry"})
        with mx.AttrScope(ctx_group="dev2"):
            g = sym.Variable("g")
    assert (v.attr("mood"), v.attr("ctx_group"), g.attr("ctx_group"), g.attr("__a__")) == ("angry", "dev1", "dev2", "1")
    assert (f.attr("num_hidden"), f.attr("nothing")) == ("2", None)
    assert f.list_attr() == {"num_hidden": "2", "ctx_group": "dev1", "__a__": "1"}
    assert f.attr_dict()["f_weight"] == {"ctx_group": "dev1", "__a__": "1"}
    assert "x" not in f.attr_dict()
    assert mx.attribute.AttrScope is mx.AttrScope


def test_attributes_of_variables() -> None:
    """MXNet 1.9.1 writes element types by number."""
    v = sym.Variable(
        "v", shape=(2, 0), lr_mult=2, wd_mult=0.5, dtype="float16", init=mx.init.Constant(2), __mine__="yes"
    )
    assert v.list_attr() == {
        "__shape__": "(2, 0)",
        "__lr_mult__": "2",
        "__wd_mult__": "0.5",
        "__dtype__": "2",
        "__init__": '["constant", {"value": 2}]',
        "__mine__": "yes",
    }
    assert sym.Variable("v", init="xavier").attr("__init__") == "xavier"


# ---------------------------------------------------------------- inference
def test_shapes_of_weights_follow_from_data() -> None:
    """MXNet 1.9.1."""
    arguments, outputs, states = network().infer_shape(data=(2, 1, 8, 8))
    assert arguments == [(2, 1, 8, 8), (4, 1, 3, 3), (4,), (4,), (4,), (3, 144), (3,), (2,)]
    assert outputs == [(2, 3)]
    assert states == [(4,), (4,)]
    assert network().infer_shape((2, 1, 8, 8))[1] == [(2, 3)]


def test_shapes_that_do_not_follow() -> None:
    assert network().infer_shape() == (None, None, None)
    assert network().infer_shape_partial()[1] == [()]
    arguments, outputs, _ = sym.Group([network(), sym.exp(sym.Variable("z"))]).infer_shape_partial(z=(3,))
    assert outputs == [(), (3,)]
    assert arguments[-1] == (3,)


def test_equal_shapes_follow_backwards() -> None:
    a, b = sym.Variable("a"), sym.Variable("b")
    assert sym.elemwise_add(sym.tanh(a), b).infer_shape(b=(2, 3))[0] == [(2, 3), (2, 3)]


def test_declared_shapes() -> None:
    x = sym.Variable("x", shape=(2, 3))
    assert sym.FullyConnected(x, num_hidden=4, name="f").infer_shape()[0] == [(2, 3), (4, 3), (4,)]
    w = sym.Variable("w", shape=(4, 0))
    net = sym.FullyConnected(sym.Variable("x"), w, num_hidden=4, no_bias=True)
    assert net.infer_shape(x=(2, 7))[0] == [(2, 7), (4, 7)]
    bad = sym.FullyConnected(sym.Variable("x"), sym.Variable("w", shape=(5, 0)), num_hidden=4, no_bias=True)
    with pytest.raises(ShapeError, match=r"w: the declared shape does not fit \(wanted \(4, 7\), got \(5, 0\)\)"):
        bad.infer_shape(x=(2, 7))


def test_shapes_that_clash_name_node_and_remedy() -> None:
    f = sym.FullyConnected(sym.Variable("x"), num_hidden=2, name="f")
    with pytest.raises(ShapeError, match=r"f \(FullyConnected\): .*wanted \(2, 3\), got \(2, 4\)"):
        f.infer_shape(x=(2, 3), f_weight=(2, 4))
    with pytest.raises(GraphError, match=r"there is no argument 'dat'\. The arguments are: x, f_weight, f_bias"):
        f.infer_shape(dat=(2,))
    with pytest.raises(GraphError, match="either positions or names"):
        f.infer_shape((2, 3), x=(2, 3))
    with pytest.raises(GraphError, match=r"more positions than arguments \(wanted 3, got 4\)"):
        f.infer_shape(*[(1,)] * 4)


def test_types() -> None:
    """MXNet 1.9.1: batch norm keeps its statistics in float32."""
    arguments, outputs, states = network().infer_type(data="float16")
    assert [np.dtype(t).name for t in arguments] == [
        *("float16", "float16", "float16", "float32", "float32", "float16", "float16", "float16"),
    ]
    assert outputs == [np.float16]
    assert states == [np.float32, np.float32]
    x = sym.Variable("x", dtype="int32")
    assert x.astype("float64").infer_type() == ([np.int32], [np.float64], [])
    assert sym.exp(sym.Variable("x")).infer_type()[1] == [np.float32]
    with pytest.raises(DTypeError, match=r"x: this element type is not known here.*got 'f128'"):
        sym.exp(sym.Variable("x")).infer_type(x="f128")
    with pytest.raises(DTypeError, match=r"_plus0 \(broadcast_add\): all inputs must have one dtype"):
        (sym.Variable("a") + sym.Variable("b")).infer_type(a="float32", b="float64")


# ---------------------------------------------------------------- text
def test_debug_str_lists_every_node() -> None:
    text = network().debug_str()
    assert text.startswith("Symbol Outputs:\n\toutput[0]=softmax_output\nVariable:data\n")
    assert "Op:Convolution, Name=conv1\nInputs:\n\targ[0]=data(0)\n\targ[1]=conv1_weight(0)" in text
    assert "\targ[3]=bn1_moving_mean(0)" in text
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
    assert attributes["data"] == {"__lr_mult__": "3"}
    assert attributes["c_weight"] == {"__lr_mult__": "1.2"}
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
