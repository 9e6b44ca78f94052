"""Symbols: composition, names, attributes, inference. What is marked so was read off MXNet 1.9.1."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright import nd, sym
from netwright.errors import DTypeError, GraphError, KindError, ParamError, ShapeError


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
    for given in ([], [x, 3], x):
        with pytest.raises(KindError, match="a group is made of a list of symbols"):
            sym.Group(given)
    assert type(sym.Group([x], create_fn=Kept)) is Kept


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


class Kept(sym.Symbol):
    """A symbol of one's own class."""


# ---------------------------------------------------------------- what is refused
@pytest.mark.parametrize(
    ("use", "kind", "words"),
    [
        (lambda x: x["nope"], GraphError, "there is no output 'nope'. The outputs are: x"),
        (lambda x: sym.Group([x, x])["x"], GraphError, "more than one output 'x'"),
        (lambda x: x[1], IndexError, r"x: there is no such output \(wanted 0 to 0, got 1\)"),
        (lambda x: x[1.5], KindError, "an output is chosen by number or name"),
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
        (lambda x: mx.AttrScope(a=1), KindError, r"attributes are texts \(wanted a='…', got 1\)"),
        (lambda x: sym.Variable("v", attr={"a": 1}), KindError, "attributes are texts"),
        (lambda x: x._set_attr(a=1), KindError, "attributes are texts"),
        (lambda x: x.gradient(["x"]), GraphError, r"Use simple_bind\(…\) and backward\(\)"),
        (lambda x: sym.Group([x, x + 1]).attr("a"), GraphError, "a group has no attributes of its own"),
        (lambda x: x.list_attr(recursive=True), ParamError, r"Use attr_dict\(\) for all nodes"),
        (lambda x: x(x, x=x), ParamError, "either by position or by name"),
        (lambda x: x(x, x), GraphError, r"more symbols than arguments \(wanted 1, got 2\)"),
        (lambda x: sym.Variable("v", stype="dense"), ParamError, "unknown storage type"),
        (lambda x: sym.exq(x), AttributeError, "exq"),
    ],
)
def test_refusals(use: Callable[[Any], Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        use(sym.Variable("x"))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("shape", r"f: a symbol has no 'shape'\. Its shape follows when it is bound: use infer_shape\(\)"),
        ("asnumpy", r"f: a symbol has no 'asnumpy'\. A symbol is a computation that has not run: use eval\(…\)"),
        ("backward", r"Bind it: simple_bind\(…\)\.forward\(is_train=True\), then backward"),
        ("attach_grad", r"bind\(grad_req=…\)"),
        ("context", r"bind\(ctx=…\)"),
        ("nonsense", "a symbol has no 'nonsense'"),
    ],
)
def test_symbols_are_no_arrays(name: str, words: str) -> None:
    f = sym.exp(sym.Variable("x"), name="f")
    assert not hasattr(f, name)
    with pytest.raises(AttributeError, match=words):
        getattr(f, name)


@pytest.mark.parametrize(
    ("make", "wanted"),
    [
        (lambda x: x > 1, "_greater_scalar0"),
        (lambda x: x == 1, "_equal_scalar0"),
        (lambda x: 2**x, "_rpower_scalar0"),
        (lambda x: x**2, "_powerscalar0"),
        (lambda x: sym.stop_gradient(x), "stop_gradient0"),
        (lambda x: sym.ElementWiseSum(x, x), "elementwisesum0"),
        (lambda x: sym.linalg.gemm2(x, x), "gemm20"),
        (lambda x: sym.contrib.AdaptiveAvgPooling2D(x, output_size=2), "adaptiveavgpooling2d0"),
        (lambda x: sym.uniform(shape=(1,)), "uniform0"),
        (lambda x: sym.random.uniform(shape=(1,)), "_random_uniform0"),
        (lambda x: sym.zeros((2,)), "_zeros0"),
        (lambda x: sym.zeros((2,), name="z"), "z"),
    ],
)
def test_names_are_mxnet_s(make: Callable[[Any], Any], wanted: str) -> None:
    """MXNet 1.9.1 names a node after the function that was called."""
    with mx.name.NameManager():
        assert make(sym.Variable("x")).name == wanted


def test_a_name_is_not_used_up_by_a_call_that_fails() -> None:
    with mx.name.NameManager():
        with pytest.raises(DTypeError, match="exp: input 'data' is not a Symbol"):
            sym.exp(np.ones(2))
        assert sym.exp(sym.Variable("x")).name == "exp0"


def test_compose_names_the_head() -> None:
    """MXNet 1.9.1."""
    first = sym.FullyConnected(sym.Variable("data"), num_hidden=10, name="f1")
    second = sym.FullyConnected(
        sym.Activation(sym.FullyConnected(num_hidden=3, name="f2"), act_type="relu"), name="f3", num_hidden=2
    )
    both = second(f2_data=first, name="composed")
    assert (both.name, both.list_outputs(), second.list_outputs()) == ("composed", ["composed_output"], ["f3_output"])
    assert both.list_arguments() == ["data", *(f"f{i}_{p}" for i in (1, 2, 3) for p in ("weight", "bias"))]


def test_more_constants() -> None:
    assert sym.eye(2, 3, 1).eval()[0].asnumpy().tolist() == [[0, 1, 0], [0, 0, 1]]
    assert sym.linspace(0, 1, 3, dtype="float64").eval()[0].dtype is np.float64
    assert sym.arange(0, 6, 2, repeat=2).eval()[0].asnumpy().tolist() == [0, 0, 2, 2, 4, 4]
    x = sym.Variable("x")
    assert sym.pow(base=x, exp=2).eval(x=nd.array([3]))[0].asscalar() == 9
    assert sym.maximum(left=x, right=4).eval(x=nd.array([3]))[0].asscalar() == 4


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
    assert f.list_attr() == {"num_hidden": "2", "ctx_group": "dev1", "__ctx_group__": "dev1", "__a__": "1"}
    assert f.attr_dict()["f_weight"] == {"ctx_group": "dev1", "__ctx_group__": "dev1", "__a__": "1"}
    assert "x" not in f.attr_dict()
    assert mx.attribute.AttrScope is mx.AttrScope


def test_attributes_of_variables() -> None:
    """MXNet 1.9.1 writes element types by number, and lists multipliers under both names."""
    v = sym.Variable(
        "v", shape=(2, 0), lr_mult=2, wd_mult=0.5, dtype="float16", init=mx.init.Constant(2), __mine__="yes"
    )
    assert v.list_attr() == {
        "__shape__": "(2, 0)",
        "__lr_mult__": "2",
        "lr_mult": "2",
        "__wd_mult__": "0.5",
        "wd_mult": "0.5",
        "__dtype__": "2",
        "__init__": '["constant", {"value": 2}]',
        "__mine__": "yes",
    }
    assert sym.Variable("v", init="xavier").attr("__init__") == "xavier"
    assert sym.Variable("v", shape=3).attr("__shape__") == "(3,)"
    assert sym.Variable("v", stype="csr").list_attr() == {"__storage_type__": "2"}


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
    nothing = sym.exp(sym.Variable("x"))
    assert nothing.infer_type() == (None, None, None)
    assert nothing.infer_type_partial() == ([None], [None], [])
    assert nothing.infer_type_partial("float16") == ([np.float16], [np.float16], [])
    with pytest.raises(DTypeError, match=r"x: this element type is not known here.*got 'f128'"):
        sym.exp(sym.Variable("x")).infer_type(x="f128")
    with pytest.raises(DTypeError, match=r"_plus0 \(broadcast_add\): all inputs must have one dtype"):
        (sym.Variable("a") + sym.Variable("b")).infer_type(a="float32", b="float64")


def test_unknown_sizes_meet_from_both_sides() -> None:
    """MXNet 1.9.1; 0 (or None) stands for an unknown size."""
    a, b = sym.Variable("a", shape=(0, 10)), sym.Variable("b", shape=(12, 0))
    for joined in (a + b, sym.elemwise_add(a, b)):
        assert joined.infer_shape() == ([(12, 10), (12, 10)], [(12, 10)], [])
    f = sym.FullyConnected(sym.Variable("a"), num_hidden=21, name="f")
    assert (f + sym.Variable("c", shape=(5, 0))).infer_shape(a=(5, 10))[0] == [(5, 10), (21, 10), (21,), (5, 21)]
    cut = sym.SliceChannel(a, num_outputs=10, axis=1, squeeze_axis=True)
    assert (cut[1] + sym.Variable("c", shape=(5,))).infer_shape()[0] == [(5, 10), (5,)]
    cut = sym.SliceChannel(sym.Variable("a", shape=(0, 15, 0)), num_outputs=3)
    assert (cut[1] + sym.Variable("c", shape=(3, 5, 2))).infer_shape()[0] == [(3, 15, 2), (3, 5, 2)]
    image = sym.Variable("a", shape=(0, 10, 0, 0))
    conv = sym.Convolution(image, num_filter=21, kernel=(3, 3), dilate=(1, 1), pad=(1, 1))
    assert (conv + sym.Variable("c", shape=(5, 21, 32, 32))).infer_shape()[0][0] == (5, 10, 32, 32)
    both = sym.Concat(a, sym.Variable("b", shape=(0, 5)), dim=1)
    assert (sym.Variable("d", shape=(2, 0)) + both).infer_shape()[0] == [(2, 15), (2, 10), (2, 5)]


@pytest.mark.parametrize(
    ("make", "given", "wanted"),
    [
        (lambda a: sym.FullyConnected(a, num_hidden=4), (0, 3), ([(0, 3), (4, 3), (4,)], [(0, 4)], [])),
        (lambda a: sym.FullyConnected(a, num_hidden=4), (None, 3), ([(0, 3), (4, 3), (4,)], [(0, 4)], [])),
        (lambda a: sym.transpose(a), (0, 3), ([(0, 3)], [(3, 0)], [])),
        (
            lambda a: sym.Convolution(a, kernel=(3, 3), num_filter=4, stride=(2, 2)),
            (0, 0, 9, 0),
            ([(0, 0, 9, 0), (4, 0, 3, 3), (4,)], [(0, 4, 4, 0)], []),
        ),
        (lambda a: sym.sum(a, axis=1), (0, 3, 4), ([(0, 3, 4)], [(0, 4)], [])),
        (lambda a: sym.Embedding(a, input_dim=5, output_dim=6), (0, 7), ([(0, 7), (5, 6)], [(0, 7, 6)], [])),
        (lambda a: sym.BatchNorm(a), (0, 3, 0), ([(0, 3, 0), (3,), (3,)], [(0, 3, 0)], [(3,), (3,)])),
        (lambda a: sym.SoftmaxOutput(a), (0, 3), ([(0, 3), (0,)], [(0, 3)], [])),
        (lambda a: sym.Reshape(a, shape=(-1, 4)), (0, 8), ([(0, 8)], [(0, 4)], [])),
    ],
)
def test_what_follows_of_unknown_sizes(make: Callable[[Any], Any], given: Any, wanted: Any) -> None:
    """MXNet 1.9.1."""
    net = make(sym.Variable("a"))
    assert net.infer_shape_partial(a=given) == wanted
    assert net.infer_shape(a=given) == (None, None, None)


def test_a_variable_added_to_something_known_has_its_shape() -> None:
    a, b = sym.Variable("a"), sym.Variable("b")
    assert (a * b).infer_shape(a=(2, 3)) == ([(2, 3), (2, 3)], [(2, 3)], [])
    assert (a + b).infer_shape(a=(2, 3), b=(2, 1))[1] == [(2, 3)]
    with pytest.raises(ShapeError, match=r"_plus1 \(broadcast_add\): shapes \(2, 4\) and \(3, 4\) do not fit"):
        (a + b).infer_shape(a=(2, 0), b=(3, 4))
    with pytest.raises(KindError, match=r"a: a shape is a tuple of sizes \(wanted such as \(32, 0\), got 'x'\)"):
        (a + b).infer_shape(a="x")


@pytest.mark.parametrize(("batch", "other"), [(1, 1), (3, 1), (3, 3)])
def test_an_open_size_is_that_of_what_it_meets(batch: int, other: int) -> None:
    """MXNet 1.9.1 gives the same where both are alike; its ``+`` does not broadcast."""
    x, w = sym.Variable("x"), sym.Variable("w")
    net = sym.zeros((0, 4)) * w + x
    assert net.infer_shape(x=(batch, 4), w=(other, 4))[1] == [(batch, 4)]
    np.testing.assert_array_equal(
        net.eval(x=mx.nd.ones((batch, 4)), w=mx.nd.ones((other, 4)))[0].asnumpy(), np.ones((batch, 4))
    )


def test_a_size_of_0_that_fits_stays() -> None:
    x = sym.Variable("x")
    assert sym.Concat(sym.zeros((0, 4)), x, dim=0).infer_shape(x=(1, 4))[1] == [(1, 4)]
    assert sym.broadcast_add(sym.zeros((0, 4)), sym.Variable("x", shape=(4,))).infer_shape()[1] == [(0, 4)]
