"""How operators are called: positions, texts for values, out=, names, what follows from what; as MXNet 1.9.1 has it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright import autograd
from netwright.errors import DTypeError, ParamError

X = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
IMAGE = np.arange(32, dtype=np.float32).reshape(1, 2, 4, 4)


def nd(values: Any) -> Any:
    return mx.nd.array(values)


@pytest.mark.parametrize(
    ("name", "args", "texts", "values"),
    [
        ("reshape", (X,), {"shape": "(6, -1)"}, {"shape": (6, -1)}),
        ("reshape", (X,), {"shape": "[4,6]"}, {"shape": (4, 6)}),
        ("sum", (X,), {"axis": "(0, 2)", "keepdims": "True"}, {"axis": (0, 2), "keepdims": True}),
        ("sum", (X,), {"axis": "1", "exclude": "1"}, {"axis": 1, "exclude": True}),
        ("sum", (X,), {"axis": "None"}, {"axis": None}),
        ("transpose", (X,), {"axes": "(2,0,1)"}, {"axes": (2, 0, 1)}),
        ("clip", (X,), {"a_min": "2", "a_max": "7.5"}, {"a_min": 2, "a_max": 7.5}),
        ("slice", (X,), {"begin": "(0, None)", "end": "(2, 2)"}, {"begin": (0, None), "end": (2, 2)}),
        (
            "Pooling",
            (IMAGE,),
            {"kernel": "(2, 2)", "stride": "(2,2)", "pool_type": "avg"},
            {"kernel": (2, 2), "stride": (2, 2), "pool_type": "avg"},
        ),
        ("Pooling", (IMAGE,), {"kernel": "(2L, 2L)"}, {"kernel": (2, 2)}),
    ],
)
def test_texts_stand_for_what_they_say(name: str, args: Any, texts: Any, values: Any) -> None:
    """MXNet hands all parameters on as texts, so programs write them so."""
    function = getattr(mx.nd, name)
    got, want = (function(*map(nd, args), **given).asnumpy() for given in (texts, values))
    np.testing.assert_array_equal(got, want)
    symbol = getattr(mx.sym, name)(mx.sym.Variable("x"), **texts)
    np.testing.assert_array_equal(symbol.eval(x=nd(args[0]))[0].asnumpy(), want)
    again = mx.sym.load_json(symbol.tojson())
    np.testing.assert_array_equal(again.eval(x=nd(args[0]))[0].asnumpy(), want)


def test_a_text_that_says_nothing_is_refused_as_it_was_written() -> None:
    with pytest.raises(ParamError, match=r"parameter 'axis' cannot be taken .*got 'first'"):
        mx.nd.sum(nd(X), axis="first")
    with pytest.raises(ParamError, match=r"parameter 'kernel' cannot be taken .*got '\(2, x\)'"):
        mx.nd.Pooling(nd(IMAGE), kernel="(2, x)")


@pytest.mark.parametrize(
    ("by_position", "by_name"),
    [
        (lambda x: mx.nd.sum(x, 1), lambda x: mx.nd.sum(data=x, axis=1)),
        (lambda x: mx.nd.Reshape(x, (4, 6)), lambda x: mx.nd.Reshape(data=x, shape=(4, 6))),
        (lambda x: mx.nd.norm(x, 1, 2), lambda x: mx.nd.norm(x, ord=1, axis=2)),
        (lambda x: mx.nd.clip(x, 1, 5), lambda x: mx.nd.clip(x, a_min=1, a_max=5)),
        (lambda x: mx.nd.slice_axis(x, 1, 0, 2), lambda x: mx.nd.slice_axis(x, axis=1, begin=0, end=2)),
        (
            lambda x: mx.nd.slice(x, (0, 1), (2, 3), None),
            lambda x: mx.nd.slice(x, begin=(0, 1), end=(2, 3), step=(1, 1)),
        ),
        (lambda x: mx.nd.topk(x, 1, 2), lambda x: mx.nd.topk(x, axis=1, k=2)),
        (lambda x: mx.nd.repeat(x, 2, 1), lambda x: mx.nd.repeat(x, repeats=2, axis=1)),
        (
            lambda x: mx.nd.one_hot(x, 4, 2, -1, "int32"),
            lambda x: mx.nd.one_hot(x, 4, on_value=2, off_value=-1, dtype="int32"),
        ),
        (lambda x: mx.nd.dot(x, x[0], False, True), lambda x: mx.nd.dot(lhs=x, rhs=x[0], transpose_b=True)),
        (lambda x: mx.nd.SwapAxis(x, 0, 2), lambda x: mx.nd.swapaxes(x, dim1=0, dim2=2)),
        (
            lambda x: mx.nd.argsort(x, 0, False, "int32"),
            lambda x: mx.nd.argsort(x, axis=0, is_ascend=False, dtype="int32"),
        ),
        (lambda x: mx.nd.softmax(x, None, 0), lambda x: mx.nd.softmax(x, axis=0)),
        (
            lambda x: mx.nd.FullyConnected(x, mx.nd.ones((4, 12)), None, 4, True),
            lambda x: mx.nd.FullyConnected(x, weight=mx.nd.ones((4, 12)), num_hidden=4, no_bias=True),
        ),
    ],
)
def test_positions_are_inputs_then_parameters(by_position: Any, by_name: Any) -> None:
    x = nd(X)
    got, want = by_position(x), by_name(x)
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(got.asnumpy(), want.asnumpy())


def test_out_is_written_and_returned() -> None:
    x, out = nd(X), mx.nd.zeros((2, 4))
    assert mx.nd.sum(x, axis=1, out=out) is out
    np.testing.assert_array_equal(out.asnumpy(), X.sum(1))
    parts = [mx.nd.zeros((2, 1, 4)) for _ in range(3)]
    assert mx.nd.split(x, num_outputs=3, axis=1, out=parts) is parts
    np.testing.assert_array_equal(parts[2].asnumpy(), X[:, 2:])
    arrays = [nd(X) for _ in range(3)]
    mx.nd.add_n(*arrays, out=arrays[0])
    np.testing.assert_array_equal(arrays[0].asnumpy(), 3 * X)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_out_says_what_is_drawn_into_it(dtype: str) -> None:
    out = mx.nd.zeros((3, 4), dtype=dtype)
    assert mx.nd.random.uniform(1, 2, out=out) is out
    assert ((out.asnumpy() >= 1) & (out.asnumpy() <= 2)).all()
    mx.nd.random_normal(loc=50, scale=1, out=out)
    assert (out.asnumpy() > 20).all()


def test_names_of_symbols_and_their_weights() -> None:
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, name="fc")
    assert net.list_arguments() == ["data", "fc_weight", "fc_bias"]
    assert net.list_outputs() == ["fc_output"]
    assert mx.sym.softmax(axis=0, name="s").list_arguments() == ["s_data"]


TWO = ["q_output0", "q_output1"]


@pytest.mark.parametrize(
    ("make", "wanted"),
    [
        (lambda x: mx.sym.topk(x, ret_typ="both", name="q"), TWO),
        (lambda x: mx.sym.topk(x, ret_typ="value", name="q"), ["q_output0"]),
        (lambda x: mx.sym.topk(x, name="q"), ["q_output"]),
        (lambda x: mx.sym.sort(x, name="q"), ["q_output0"]),
        (lambda x: mx.sym.moments(x, axes=(0,), name="q"), TWO),
        (lambda x: mx.sym.linalg.slogdet(x, name="q"), TWO),
        (lambda x: mx.sym.linalg.syevd(x, name="q"), TWO),
        (lambda x: mx.sym.linalg.gelqf(x, name="q"), TWO),
        (lambda x: mx.sym.linalg.det(x, name="q"), ["q_output0"]),
        (lambda x: mx.sym.CTCLoss(x, name="q"), ["q_output0"]),
        (lambda x: mx.sym.make_loss(x, name="q"), ["q_loss"]),
        (lambda x: mx.sym.MakeLoss(x, name="q"), ["q_output"]),
        (lambda x: mx.sym.sample_multinomial(x, get_prob=True, name="q"), TWO),
        (lambda x: mx.sym.sample_multinomial(x, name="q"), ["q_output"]),
        (lambda x: mx.sym.contrib.quantize_v2(x, name="q"), ["q_output0", "q_output1", "q_output2"]),
        (lambda x: mx.sym.sgd_update(x, x, lr=1, name="q"), ["q_output"]),
        (lambda x: mx.sym.multi_sgd_update(x, x, x, x, lrs=(1, 1), wds=(0, 0), num_weights=2, name="q"), TWO),
        (lambda x: mx.sym.LayerNorm(x, output_mean_var=True, name="q"), ["q_output", "q_mean", "q_std"]),
    ],
)
def test_outputs_have_mxnets_names(make: Any, wanted: list[str]) -> None:
    """From MXNet 1.9.1."""
    net = make(mx.sym.Variable("x"))
    assert net.list_outputs() == wanted
    assert net[wanted[-1]].list_outputs() == wanted[-1:]


def test_states_follow_from_data() -> None:
    net = mx.sym.RNN(mode="lstm", num_layers=3, bidirectional=True, state_size=8, state_outputs=True, name="rnn")
    shapes, outputs, _ = net.infer_shape(rnn_data=(5, 4, 16))
    assert dict(zip(net.list_arguments(), shapes, strict=True))["rnn_state_cell"] == (6, 4, 8)
    assert outputs == [(5, 4, 16), (6, 4, 8), (6, 4, 8)]
    assert net.list_outputs() == ["rnn_output", "rnn_state_output", "rnn_statecell_output"]  # as MXNet 1.9.1 says
    turned = mx.sym.SpatialTransformer(
        mx.sym.Variable("data"),
        mx.sym.Variable("loc"),
        target_shape=(3, 2),
        transform_type="affine",
        sampler_type="bilinear",
    )
    assert turned.infer_shape(data=(2, 3, 9, 9))[0] == [(2, 3, 9, 9), (2, 6)]
    masked = mx.sym.SequenceMask(mx.sym.Variable("x"), mx.sym.Variable("length"), use_sequence_length=True)
    assert masked.infer_shape(x=(7, 2, 3))[0] == [(7, 2, 3), (2,)]


@pytest.mark.parametrize(
    ("shape", "codes", "reverse", "wanted"),
    [
        ((2, 3, 5, 5), (0, -1), False, (2, 75)),
        ((5, 3, 4, 5), (0, -1, 0), True, (3, 20, 5)),
        ((2, 3, 5, 6), (-3, -3), False, (6, 30)),
        ((64, 1, 2, 3), (-4, 16, -1, -2), False, (16, 4, 1, 2, 3)),
        ((1, 2, 3, 64), (-2, -1, 16, -4), True, (1, 2, 3, 4, 16)),
    ],
)
def test_a_size_follows_from_the_reshaped_array(shape: Any, codes: Any, reverse: bool, wanted: Any) -> None:
    """0 is a size to be found, as in MXNet 1.9.1; the reshaped array's other user tells it."""
    reshaped = mx.sym.Variable("data").reshape(codes, reverse=reverse)
    net = mx.sym.elemwise_add(reshaped, mx.sym.ones(shape=wanted))
    for axis in range(len(shape)):
        open_ = tuple(0 if i == axis else n for i, n in enumerate(shape))
        inputs, outputs, _ = net.infer_shape(data=open_)
        assert (inputs, outputs) == ([shape], [wanted])


def test_contrib_operators_under_both_names() -> None:
    assert mx.nd.op.SequenceLast is mx.nd.SequenceLast
    assert mx.sym.op.softmax(axis=0).list_arguments()[0].endswith("_data")
    assert not hasattr(mx.nd.op, "array"), "operators only"
    assert mx.contrib.nd.quadratic is mx.nd.contrib.quadratic
    assert mx.contrib.ndarray.CTCLoss is mx.nd.contrib.CTCLoss
    assert mx.contrib.sym.foreach is mx.contrib.symbol.foreach is mx.sym.contrib.foreach


def test_symbols_are_checked_in_the_types_given() -> None:
    net = mx.sym.softmax(mx.sym.Variable("data"), length=mx.sym.Variable("length"), use_length=True, axis=1)
    data, length = np.zeros((2, 3), np.float16), np.array([3, 1], np.int32)
    heads, slopes = [np.ones((2, 3), np.float16)], [np.zeros((2, 3)), np.zeros(2, np.int32)]
    found = mx.test_utils.check_symbolic_backward(net, [data, length], heads, slopes, dtype="asnumpy", atol=1e-3)
    assert {n: np.dtype(g.dtype).name for n, g in found.items()} == {"data": "float16", "length": "int32"}


@pytest.mark.parametrize("source", ["int32", "float32", "float16"])
@pytest.mark.parametrize("target", ["int32", "float32", "float16"])
def test_gradients_pass_casts(source: str, target: str) -> None:
    """Through integers too, as in MXNet 1.9.1."""
    x = mx.nd.array([1, 2, 3], dtype=source)
    x.attach_grad()
    with autograd.record():
        y = mx.nd.cast(x, dtype=target)
    y.backward(mx.nd.array([5, 6, 7], dtype=target))
    assert x.grad is not None
    assert x.grad.dtype == np.dtype(source)
    np.testing.assert_array_equal(x.grad.asnumpy(), [5, 6, 7])


@pytest.mark.parametrize("remainder", [lambda x: x % 3, lambda x: 9 % x, lambda x: x % x])
def test_remainders_of_whole_numbers_pass_no_gradient(remainder: Any) -> None:
    """As in MXNet 1.9.1."""
    x = nd([5, 6, 7])
    x.attach_grad()
    with autograd.record():
        y = mx.nd.cast(remainder(mx.nd.cast(x, dtype="int32")), dtype="float32")
    y.backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.asnumpy(), [0, 0, 0])


def test_probabilities_of_whole_numbers_are_refused() -> None:
    with pytest.raises(DTypeError, match=r'softmax: probabilities are no whole numbers .*Give dtype="float32"'):
        mx.nd.softmax(mx.nd.array([1, 2], dtype="int32"))
    assert mx.nd.softmax(mx.nd.array([1, 2], dtype="int32"), dtype="float32").dtype == np.float32


def test_rounding_keeps_what_is_not_finite() -> None:
    values = mx.nd.round(nd([np.inf, -np.inf, 2.5, -0.4]))
    np.testing.assert_array_equal(values.asnumpy(), [np.inf, -np.inf, 3, 0])


def test_powers_of_whole_numbers_take_whole_exponents() -> None:
    """MXNet 1.9.1 answers 49, 49, 36 and 128, 64."""
    x = mx.nd.array([7, -7, 6], dtype="int32")
    np.testing.assert_array_equal((x**2.5).asnumpy(), [49, 49, 36])
    np.testing.assert_array_equal((2.5 ** mx.nd.array([7, 6], dtype="int32")).asnumpy(), [128, 64])


def lists() -> list[Any]:
    """MXNet was asked with these: RandomState(0), uniform from 0.5 to 1.5, in the order weight, grad, mean, var."""
    rng = np.random.RandomState(0)
    drawn = [[rng.uniform(0.5, 1.5, s).astype(np.float32) for _ in range(4)] for s in ((3, 4), (5,))]
    return [[nd(group[i]) for group in drawn] for i in range(4)]


def sums(*arrays: Any) -> list[float]:
    return [float(a.asnumpy().astype(np.float64).sum()) for group in arrays for a in group]


def test_adamw_for_lists_gives_mxnets_numbers() -> None:
    weights, grads, mean, var = lists()
    mx.nd.contrib.multi_adamw_update(
        weights, grads, mean, var, 0.5, lrs=[0.1, 0.2], wds=[0.0, 0.3], etas=[1.0, 0.5], clip_gradient=0.6, out=weights
    )
    wanted = [12.3464775, 3.9429812, 10.9396696, 3.9167013, 12.0768938, 4.1182632]
    np.testing.assert_allclose(sums(weights, mean, var), wanted, rtol=1e-6)
    np.testing.assert_allclose(
        weights[1].asnumpy(), [0.580433, 0.64959824, 0.84245956, 0.7449794, 1.1255112], rtol=1e-6
    )


def test_master_copies_step_like_the_weights_they_stand_for() -> None:
    """What multi_mp_… does to float32 weights is what multi_… does."""
    weights, grads, mean, var = lists()
    given = {"step_count": [1, 3], "lrs": [0.1, 0.2], "wds": [0.0, 0.3], "rescale_grad": 0.5, "upper_bound": 2.0}
    plain = mx.nd.contrib.multi_lamb_update(weights, grads, mean, var, **given)
    weights, grads, mean, var = lists()
    masters = [w.copy() for w in weights]
    mixed = mx.nd.contrib.multi_mp_lamb_update(weights, grads, mean, var, masters, **given)
    for a, b, master in zip(plain, mixed, masters, strict=True):
        np.testing.assert_allclose(a.asnumpy(), b.asnumpy(), rtol=1e-6)
        np.testing.assert_array_equal(master.asnumpy(), b.asnumpy())
    with pytest.raises(ParamError, match=r"wds has one number per weight \(wanted 2, got \(0.0,\)\)"):
        mx.nd.contrib.multi_lamb_update(*lists(), step_count=[1, 3], lrs=[0.1, 0.2], wds=[0.0])


def test_what_follows_the_parameters_by_position() -> None:
    """MXNet's order: out and name for arrays, name, attr and out for symbols."""
    x, out = mx.nd.full((2,), 4), mx.nd.zeros((2,))
    assert mx.nd.sqrt(x, out) is out
    assert out.asnumpy().tolist() == [2, 2]
    assert mx.nd.sqrt(x, None, "root").asnumpy().tolist() == [2, 2]
    assert mx.nd.broadcast_add(x, x, out) is out
    assert mx.nd.clip(x, 0, 3, out) is out
    assert out.asnumpy().tolist() == [3, 3]
    with pytest.raises(ParamError, match="too many inputs"):
        mx.nd.sum(x, out)  # the parameters come first
    with pytest.raises(ParamError, match="too many inputs"):
        mx.nd.sqrt(x, None, out)
    with pytest.raises(ParamError, match="too many arguments"):
        mx.nd.sqrt(x, 3)
    s = mx.sym.Variable("s")
    assert mx.sym.sqrt(s, "root").name == "root"
    assert mx.sym.sqrt(s, "root", {"__lr_mult__": "2"}).attr("__lr_mult__") == "2"
    assert mx.sym.clip(s, 0, 3, "cut").name == "cut"
    with pytest.raises(ParamError, match="too many inputs"):
        mx.sym.sqrt(s, s)


def test_ranges_of_integers_cut_start_and_step_off() -> None:
    """Values from MXNet 1.9.1, as those of NumPy's arange of an integer dtype."""
    assert mx.nd.arange(1.3, 9.6, 1.3, dtype="int32").asnumpy().tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert mx.nd.arange(5.7, 0, -1.5, dtype="int64").asnumpy().tolist() == [5, 4, 3, 2]
    assert mx.nd.arange(0, 3, 0.5, dtype="uint8").asnumpy().tolist() == [0] * 6
