"""Executors: binding, running forward and backward again and again, requests, reshaping, watching."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright import nd, sym
from netwright.errors import AutogradError, GraphError, KindError, ParamError, ShapeError


def product() -> sym.Symbol:
    return sym.Variable("a") * sym.Variable("b")


def values(a: Any) -> Any:
    return a.asnumpy().tolist()


def bound(grad_req: Any = "write", **more: Any) -> Any:
    args = {"a": nd.array([1.0, 2.0]), "b": nd.array([3.0, 4.0])}
    grads = {"a": nd.zeros((2,)), "b": nd.zeros((2,))}
    return product().bind(mx.cpu(), args, args_grad=grads, grad_req=grad_req, **more)


def test_bind_runs_on_the_caller_s_arrays() -> None:
    a, b, ga = nd.array([1.0, 2.0]), nd.array([3.0, 4.0]), nd.zeros((2,))
    executor = product().bind(mx.cpu(), {"a": a, "b": b}, args_grad={"a": ga})
    assert values(executor.forward(is_train=True)[0]) == [3, 8]
    executor.backward()
    assert values(ga) == [3, 4]
    a[:] = 10
    assert values(executor.forward()[0]) == [30, 40]
    assert executor.arg_dict["a"] is a
    assert executor.grad_arrays == [ga, None]


def test_bind_takes_lists_in_the_order_of_arguments() -> None:
    executor = product().bind(args=[nd.array([2.0]), nd.array([5.0])], args_grad=[None, nd.zeros((1,))])
    executor.forward(is_train=True)
    executor.backward(nd.array([10.0]))
    assert values(executor.grad_dict["b"]) == [20]
    assert [values(x) for x in executor.arg_arrays] == [[2], [5]]
    assert executor.aux_arrays == []


def test_simple_bind_makes_the_arrays() -> None:
    net = sym.FullyConnected(sym.Variable("data"), num_hidden=3, name="fc")
    executor = net.simple_bind(mx.cpu(), data=(2, 4))
    assert {n: x.shape for n, x in executor.arg_dict.items()} == {"data": (2, 4), "fc_weight": (3, 4), "fc_bias": (3,)}
    assert {n: x.shape for n, x in executor.grad_dict.items()} == {n: x.shape for n, x in executor.arg_dict.items()}
    assert (
        executor.forward(data=np.ones((2, 4)), fc_bias=nd.array([1.0, 2, 3]))[0].asnumpy().tolist() == [[1, 2, 3]] * 2
    )
    assert list(executor.output_dict) == ["fc_output"]
    assert executor.outputs[0] is executor.output_dict["fc_output"]


def test_simple_bind_infers_types_of_what_is_not_named() -> None:
    net = sym.FullyConnected(sym.Variable("data"), num_hidden=3, name="fc")
    executor = net.simple_bind(mx.cpu(), type_dict={"data": "float64"}, data=(2, 4))
    assert {x.dtype for x in executor.arg_dict.values()} == {np.float64}
    table = sym.Embedding(sym.Variable("index"), input_dim=5, output_dim=2, name="e") + sym.Variable("other")
    executor = table.simple_bind(mx.cpu(), grad_req="null", type_dict={"index": "int32"}, index=(3,), other=(3, 2))
    types = {n: x.dtype for n, x in executor.arg_dict.items()}
    assert types == {"index": np.int32, "e_weight": np.float32, "other": np.float32}


def test_eval() -> None:
    (found,) = product().eval(a=nd.array([2.0]), b=nd.array([4.0]))
    assert values(found) == [8]
    net = sym.BatchNorm(sym.Variable("x"), name="bn", fix_gamma=False)
    arrays = {"bn_gamma": nd.ones((1,)), "bn_beta": nd.zeros((1,)), "bn_moving_mean": nd.array([1.0])}
    (found,) = net.eval(x=nd.array([[3.0]]), bn_moving_var=nd.array([4.0]), **arrays)
    assert float(found) == pytest.approx(1, rel=1e-3)


# ---------------------------------------------------------------- requests
def test_write_add_and_null() -> None:
    executor = bound({"a": "add", "b": "write"})
    for _ in range(3):
        executor.forward(is_train=True)
        executor.backward()
    assert values(executor.grad_dict["a"]) == [9, 12]
    assert values(executor.grad_dict["b"]) == [1, 2]
    executor = bound(["null", "write"])
    executor.forward(is_train=True)
    executor.backward()
    assert values(executor.grad_dict["a"]) == [0, 0]
    executor = product().simple_bind(mx.cpu(), grad_req="null", a=(2,), b=(2,))
    assert executor.grad_dict == {"a": None, "b": None}
    assert executor.grad_arrays == [None, None]


def test_names_left_out_of_the_requests_want_none() -> None:
    executor = product().simple_bind(mx.cpu(), grad_req={"a": "write"}, a=(2,), b=(2,))
    assert (executor.grad_dict["a"] is None, executor.grad_dict["b"]) == (False, None)


def test_an_argument_without_influence_gets_zeros() -> None:
    net = sym.Group([sym.BlockGrad(sym.Variable("a")), sym.Variable("b") * 2])
    executor = net.bind(args=[nd.ones((2,)), nd.ones((2,))], args_grad=[nd.full((2,), 7), nd.full((2,), 7)])
    executor.forward(is_train=True)
    executor.backward()
    assert values(executor.grad_dict["a"]) == [0, 0]
    assert values(executor.grad_dict["b"]) == [2, 2]


# ---------------------------------------------------------------- running
def test_forward_and_backward_again_and_again() -> None:
    x = sym.Variable("x")
    net = sym.tanh(sym.exp(x) * sym.exp(x)) * sym.exp(x)
    executor = net.simple_bind(mx.cpu(), type_dict={"x": "float64"}, x=(5,))
    for start in (0.1, -0.7, 0.1):
        at = np.linspace(start, start + 0.5, 5)
        (y,) = executor.forward(is_train=True, x=at)
        np.testing.assert_allclose(y.asnumpy(), np.tanh(np.exp(2 * at)) * np.exp(at))
        wanted = 2 * np.exp(2 * at) * (1 - np.tanh(np.exp(2 * at)) ** 2) * np.exp(at) + y.asnumpy()
        for factor in (1.0, 3.0, 1.0):  # a second backward of one forward
            executor.backward(nd.full((5,), factor, dtype="float64"))
            np.testing.assert_allclose(executor.grad_dict["x"].asnumpy(), factor * wanted, rtol=1e-10)


def test_outputs_of_the_last_run_stay_when_it_runs_again() -> None:
    executor = bound()
    first = executor.forward()[0]
    executor.forward(a=nd.array([0.0, 0.0]))
    assert values(first) == [3, 8]


def test_head_gradients_by_list_name_or_default() -> None:
    net = sym.Group([sym.Variable("x") * 2, sym.Variable("y") * 3])
    executor = net.simple_bind(mx.cpu(), x=(1,), y=(1,))
    names = net.list_outputs()
    for given, wanted in [
        (None, [2, 3]),
        ([nd.array([10.0])], [20, 3]),
        ([None, nd.array([10.0])], [2, 30]),
        ({names[1]: nd.array([5.0])}, [2, 15]),
    ]:
        executor.forward(is_train=True)
        executor.backward(given)
        assert [float(executor.grad_dict[n]) for n in "xy"] == wanted


def test_loss_heads_need_no_head_gradient() -> None:
    net = sym.SoftmaxOutput(sym.Variable("x"), name="softmax")
    executor = net.simple_bind(mx.cpu(), x=(1, 2))
    executor.forward(is_train=True, x=[[0.0, 0.0]], softmax_label=[1.0])
    executor.backward()
    np.testing.assert_allclose(executor.grad_dict["x"].asnumpy(), [[0.5, -0.5]])


def test_dropout_and_batch_norm_know_the_mode() -> None:
    net = sym.Dropout(sym.BatchNorm(sym.Variable("x"), name="bn", momentum=0.5), p=0.5)
    executor = net.simple_bind(mx.cpu(), x=(64, 2))
    x = np.random.default_rng(0).normal(5, 1, (64, 2))
    for _ in range(2):
        assert (executor.forward(x=x)[0].asnumpy() != 0).all()
    assert values(executor.aux_dict["bn_moving_mean"]) == [0, 0]
    mx.random.seed(0)
    y = executor.forward(is_train=True)[0].asnumpy()
    assert 0.2 < (y == 0).mean() < 0.8
    np.testing.assert_allclose(executor.aux_dict["bn_moving_mean"].asnumpy(), x.mean(0) / 2, rtol=1e-5)
    executor.backward()
    assert ((executor.grad_dict["x"].asnumpy() != 0).mean()) > 0.5


# ---------------------------------------------------------------- changes
def test_copy_params_from() -> None:
    net = sym.BatchNorm(sym.FullyConnected(sym.Variable("data"), num_hidden=1, name="fc"), name="bn")
    executor = net.simple_bind(mx.cpu(), data=(2, 3))
    executor.copy_params_from({"fc_weight": nd.full((1, 3), 2, dtype="float64")}, {"bn_moving_var": nd.full((1,), 9)})
    assert values(executor.arg_dict["fc_weight"]) == [[2, 2, 2]]
    assert values(executor.aux_dict["bn_moving_var"]) == [9]
    with pytest.raises(ParamError, match="copy_params_from: there is no argument 'fc9_weight'"):
        executor.copy_params_from({"fc9_weight": nd.ones((1,))})
    executor.copy_params_from({"fc9_weight": nd.ones((1,))}, allow_extra_params=True)
    with pytest.raises(ShapeError, match=r"'fc_weight' has another shape here \(wanted \(1, 3\), got \(2, 3"):
        executor.copy_params_from({"fc_weight": nd.ones((2, 3))})
    with pytest.raises(KindError, match="copy_params_from, fc_weight: a weight is an NDArray"):
        executor.copy_params_from({"fc_weight": np.ones((1, 3))})


def test_reshape_shares_what_keeps_its_shape() -> None:
    net = sym.FullyConnected(sym.Variable("data"), num_hidden=2, name="fc")
    executor = net.simple_bind(mx.cpu(), data=(2, 3))
    executor.arg_dict["fc_weight"][:] = 1
    bigger = executor.reshape(data=(5, 3), allow_up_sizing=True)
    assert bigger.arg_dict["fc_weight"] is executor.arg_dict["fc_weight"]
    assert bigger.grad_dict["fc_weight"] is executor.grad_dict["fc_weight"]
    assert bigger.arg_dict["data"].shape == (5, 3)
    assert values(bigger.forward(data=np.ones((5, 3)))[0]) == [[3, 3]] * 5
    assert executor.forward()[0].shape == (2, 2)
    executor.arg_dict["data"][:] = 2
    assert values(executor.reshape(data=(1, 3)).forward()[0]) == [[6, 6]]  # MXNet 1.9.1: smaller ones are views


def test_reshape_changes_only_what_it_may() -> None:
    """As MXNet 1.9.1, but labels may follow the data, and arrays may grow."""
    net = sym.SoftmaxOutput(sym.FullyConnected(sym.Variable("data"), num_hidden=2, name="fc"), name="sm")
    executor = net.simple_bind(mx.cpu(), data=(4, 3))
    with pytest.raises(ShapeError, match=r"the shape of 'fc_weight', which was not given, changes .*partial_shaping"):
        executor.reshape(data=(4, 2))
    assert executor.reshape(partial_shaping=True, data=(4, 2)).forward()[0].shape == (4, 2)
    assert executor.reshape(data=(2, 3), sm_label=(2,)).forward()[0].shape == (2, 2)
    assert executor.reshape(data=(5, 3)).forward()[0].shape == (5, 2)


def test_outputs_have_their_shapes_before_the_first_run() -> None:
    assert values(product().simple_bind(mx.cpu(), a=(2,)).outputs[0]) == [0, 0]


def test_backward_after_a_run_that_did_not_train() -> None:
    """MXNet 1.9.1."""
    executor = bound()
    executor.forward()
    executor.backward(nd.array([1, 10]))
    assert values(executor.grad_dict["a"]) == [3, 40]


def test_what_places_and_shares_in_mxnet_is_taken() -> None:
    executor = product().simple_bind(
        mx.cpu(), a=(2,), group2ctx={"a": mx.cpu()}, shared_arg_names=[], shared_exec=None, shared_buffer=None
    )
    assert executor.forward()[0].shape == (2,)
    args = [nd.ones((2,)), nd.ones((2,))]
    assert product().bind(mx.cpu(), args, group2ctx={}, shared_exec=executor).forward()[0].shape == (2,)
    assert mx.executor.Executor is type(executor)


def test_a_monitor_sees_every_operator() -> None:
    net = sym.tanh(sym.exp(sym.Variable("x"), name="first"), name="second")
    executor = net.simple_bind(mx.cpu(), x=(2,))
    seen: dict[str, Any] = {}
    executor.set_monitor_callback(seen.__setitem__)
    executor.forward(is_train=True, x=[0.0, 1.0])
    assert list(seen) == ["first_output", "second_output"]
    np.testing.assert_allclose(seen["first_output"].asnumpy(), np.exp([0, 1]), rtol=1e-6)
    executor.backward()
    np.testing.assert_allclose(
        values(executor.grad_dict["x"]), (1 - np.tanh(np.exp([0, 1])) ** 2) * np.exp([0, 1]), rtol=1e-5
    )
    backward = ["second_backward_output", "first_backward_output"]
    assert list(seen) == ["first_output", "second_output", *backward]
    np.testing.assert_array_equal(values(seen["first_backward_output"]), values(executor.grad_dict["x"]))
    executor.set_monitor_callback(seen.__setitem__, monitor_all=True)
    assert len(executor.forward()) == 1
    assert list(seen) == ["first_output", "second_output", *backward, "x"]
    seen.clear()
    executor.set_monitor_callback(None)
    executor.forward()
    assert seen == {}


def test_the_plan_can_be_read() -> None:
    executor = bound()
    assert "broadcast_mul" in executor.debug_str()
    assert "— backward —" in str(executor.plan(is_train=True))


def test_executors_let_go_of_their_plans() -> None:
    import gc
    import weakref

    executor = bound()
    executor.forward(is_train=True)
    alive = weakref.ref(executor)
    del executor
    gc.collect()
    assert alive() is None


# ---------------------------------------------------------------- what is refused
NAMESAKES = "a: two variables have this name. Make the variable once and use it at both places, or rename one"


def namesakes() -> sym.Symbol:
    return sym.Variable("a") * sym.Variable("a")


@pytest.mark.parametrize(
    ("use", "kind", "words"),
    [
        (lambda: bound("wirte"), AutogradError, "unknown grad_req"),
        (lambda: bound(["write"]), GraphError, r"one request for each argument \(wanted 2 \(a, b\), got 1\)"),
        (
            lambda: product().bind(args={"a": nd.ones((1,))}),
            GraphError,
            r"bind: arguments missing: b\. Give an NDArray for 'b'",
        ),
        (
            lambda: product().bind(args=[nd.ones((1,))]),
            GraphError,
            r"bind: wrong number of arguments \(wanted 2 \(a, b\), got 1\)",
        ),
        (lambda: product().eval(a=nd.ones((1,))), GraphError, "arguments missing: b"),
        (
            lambda: sym.BatchNorm(sym.Variable("x"), name="bn").bind(
                args=[nd.ones((2, 2)), nd.ones((2,)), nd.ones((2,))]
            ),
            GraphError,
            "auxiliary states missing: bn_moving_mean, bn_moving_var",
        ),
        (lambda: product().simple_bind(c=(2,)), GraphError, "simple_bind: there is no argument 'c'. Known: a, b"),
        (lambda: product().simple_bind(), GraphError, "a: its shape does not follow"),
        (lambda: namesakes().bind(args=[nd.ones((1,))] * 2), GraphError, NAMESAKES),
        (lambda: namesakes().simple_bind(a=(1,)), GraphError, NAMESAKES),
        (lambda: product().bind(args=3), KindError, r"arguments come in a list or a dict \(wanted a, b, got int\)"),
        (
            lambda: product().bind(args=[nd.ones((2,)), np.ones(2)]),
            KindError,
            r"bind, b: arguments are NDArrays \(got ndarray\)\. Wrap it with nd\.array",
        ),
        (
            lambda: product().bind(args=[nd.ones((2,))] * 2, args_grad={"b": nd.ones((3,))}),
            ShapeError,
            r"the gradient of 'b' has its shape \(wanted \(2,\), got \(3,\)\)",
        ),
        (lambda: bound().forward(c=nd.ones((1,))), GraphError, "forward: there is no argument 'c'. Known: a, b"),
        (
            lambda: bound().forward(a=nd.ones((3,))),
            ShapeError,
            r"forward: argument 'a' was bound with another shape \(wanted \(2,\), got \(3,\)\)\. Use reshape\(\)",
        ),
        (
            lambda: product().bind(args=[nd.ones((2,)), nd.ones((3,))]).forward(),
            ShapeError,
            r"_mul\d+ \(broadcast_mul\): .*\(2,\) and \(3,\) do not fit",
        ),
    ],
)
def test_refusals(use: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        use()


def test_head_gradients_must_fit() -> None:
    executor = bound()
    executor.forward(is_train=True)
    with pytest.raises(ShapeError, match=r"_mul\d+_output: a head gradient has the head's shape \(wanted \(2,\), got"):
        executor.backward(nd.ones((3,)))


def test_backward_computes_forward_where_nothing_has() -> None:
    """As MXNet 1.9.1 allows: its own test of ``repeat`` calls backward alone."""
    gradient = nd.zeros((3, 4))
    executor = sym.repeat(sym.var("data"), repeats=2, axis=0).bind(mx.cpu(), [nd.ones((3, 4))], [gradient])
    executor.backward(nd.ones((6, 4)))
    assert (gradient.asnumpy() == 2).all()
