"""Initializers: moments, orthogonality, names, attributes."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright import init, nd
from netwright.errors import ParamError, ShapeError


def filled(initializer: init.Initializer, shape: tuple[int, ...], name: str = "fc_weight", seed: int = 0) -> Any:
    mx.random.seed(seed)
    array = nd.full(shape, 9)
    initializer(init.InitDesc(name), array)
    return array.asnumpy()


def test_uniform_and_normal() -> None:
    u = filled(init.Uniform(0.3), (200, 200))
    assert np.abs(u).max() <= 0.3
    # five standard deviations of mean and variance of 40,000 draws
    assert abs(u.mean()) < 5 * 0.3 / math.sqrt(3 * u.size)
    assert u.var() == pytest.approx(0.03, rel=0.03)
    n = filled(init.Normal(0.2), (200, 200))
    assert abs(n.mean()) < 5 * 0.2 / math.sqrt(n.size)
    assert n.std() == pytest.approx(0.2, rel=0.02)
    assert (np.abs(n) > 0.6).mean() == pytest.approx(0.0027, abs=0.0015)


@pytest.mark.parametrize(("factor_type", "fan"), [("avg", (1500 + 150) / 2), ("in", 1500), ("out", 150)])
def test_xavier_s_variance(factor_type: str, fan: float) -> None:
    """A weight (50, 500, 3): 500·3 inputs, 50·3 outputs."""
    uniform = filled(init.Xavier("uniform", factor_type, 3), (50, 500, 3))
    assert np.abs(uniform).max() == pytest.approx(math.sqrt(3 / fan), rel=1e-2)
    assert uniform.var() == pytest.approx(1 / fan, rel=0.03)
    gaussian = filled(init.Xavier("gaussian", factor_type, 2), (50, 500, 3))
    assert gaussian.var() == pytest.approx(2 / fan, rel=0.03)


def test_msra_s_variance() -> None:
    w = filled(init.MSRAPrelu(factor_type="in", slope=0.5), (300, 200))
    assert w.var() == pytest.approx(2 / (1 + 0.25) / 200, rel=0.03)


@pytest.mark.parametrize("rand_type", ["uniform", "normal"])
@pytest.mark.parametrize("shape", [(20, 50), (50, 20), (8, 4, 3, 3)])
def test_orthogonal_rows_or_columns(rand_type: str, shape: tuple[int, ...]) -> None:
    w = filled(init.Orthogonal(scale=2.0, rand_type=rand_type), shape).astype(np.float64)
    w = w.reshape(shape[0], -1)
    product = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-5)


def test_constants() -> None:
    assert filled(init.Zero(), (2,)).tolist() == [0, 0]
    assert filled(init.One(), (2,)).tolist() == [1, 1]
    assert filled(init.Constant(3.5), (2,)).tolist() == [3.5, 3.5]
    assert filled(init.Constant(nd.array([1, 2])), (2,)).tolist() == [1, 2]


def test_bilinear_is_mxnet_s() -> None:
    w = filled(init.Bilinear(), (1, 1, 4, 4))[0, 0]
    assert w[0].tolist() == [0.0625, 0.1875, 0.1875, 0.0625]
    assert w[1].tolist() == [0.1875, 0.5625, 0.5625, 0.1875]
    assert filled(init.Bilinear(), (1, 1, 3, 3))[0, 0, 0].tolist() == [0.0625, 0.1875, 0.1875]


def test_lstm_bias() -> None:
    array = nd.ones((8,))
    init.LSTMBias(2.0).init_weight("lstm_bias", array)
    assert array.asnumpy().tolist() == [0, 0, 2, 2, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fc_weight", 7),
        ("fc_bias", 0),
        ("bn_beta", 0),
        ("bn_gamma", 1),
        ("bn_running_mean", 0),
        ("bn_moving_mean", 0),
        ("bn_running_var", 1),
        ("bn_moving_var", 1),
        ("quantized_min", 0),
        ("quantized_max", 1),
    ],
)
def test_names_say_what_is_no_weight(name: str, value: float) -> None:
    assert filled(init.Constant(7), (2,), name).tolist() == [value, value]


def test_attributes_go_before_names() -> None:
    array = nd.zeros((2,))
    described = init.InitDesc("x_bias", {"__init__": '["constant", {"value": 5}]'})
    init.Uniform()(described, array)
    assert array.asnumpy().tolist() == [5, 5]
    assert described + "s" == "x_biass"
    assert init.InitDesc("a").attrs == {}


def test_one_seed_gives_one_weight_in_every_dtype() -> None:
    for initializer in (init.Uniform(), init.Normal(), init.Xavier(), init.Orthogonal()):
        first = filled(initializer, (4, 3))
        np.testing.assert_array_equal(filled(initializer, (4, 3)), first)
        assert not np.array_equal(filled(initializer, (4, 3), seed=1), first)
        half = nd.zeros((4, 3), dtype="float16")
        mx.random.seed(0)
        initializer("fc_weight", half)
        np.testing.assert_array_equal(half.asnumpy(), first.astype(np.float16))


def test_json_and_names() -> None:
    """The texts are MXNet 1.9.1's."""
    assert init.Xavier().dumps() == '["xavier", {"rnd_type": "uniform", "factor_type": "avg", "magnitude": 3}]'
    assert init.MSRAPrelu().dumps() == '["msraprelu", {"factor_type": "avg", "slope": 0.25}]'
    assert init.Zero().dumps() == '["zero", {}]'
    for made in (init.Xavier("gaussian", "in", 2), init.Normal(0.1), init.Constant(3), init.MSRAPrelu(slope=0.1)):
        again = init.create(made.dumps())
        assert again == made
        assert hash(again) == hash(made)
        assert repr(again) == repr(made)
        json.loads(made.dumps())
    assert init.Normal(0.1) != init.Normal(0.2)
    for name, cls in init.initializers().items():
        assert isinstance(init.create(name), cls)
    assert type(init.create("zeros")) is type(init.create("zero")) is init.Zero
    assert init.create("uniform", scale=0.5).dumps() == '["uniform", {"scale": 0.5}]'
    made = init.Xavier()
    assert init.create(made) is made


@pytest.mark.parametrize(
    ("use", "kind", "words"),
    [
        (
            lambda: filled(init.Xavier(), (3,)),
            ShapeError,
            r"fc_weight: this initializer needs .*two axes \(got \(3,\)\)",
        ),
        (lambda: init.Xavier("normal"), ParamError, "unknown rnd_type .*wanted uniform or gaussian, got normal"),
        (lambda: init.Xavier(factor_type="both"), ParamError, "unknown factor_type .*wanted avg, in or out"),
        (lambda: init.Orthogonal(rand_type="x"), ParamError, "unknown rand_type"),
        (lambda: init.create("xavir"), ParamError, "there is no initializer 'xavir'. Did you mean xavier"),
        (lambda: init.create("normal", scale=2), ParamError, "initializer normal: there is no parameter 'scale'"),
        (lambda: filled(init.Initializer(), (2,)), ParamError, "Initializer does not initialise weights"),
    ],
)
def test_refusals(use: Callable[[], Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        use()


# ---------------------------------------------------------------- as in MXNet 1.9.1
DUMPS = [
    (mx.init.Zero(), '["zero", {}]'),
    (mx.init.Constant(2.5), '["constant", {"value": 2.5}]'),
    (mx.init.Uniform(), '["uniform", {"scale": 0.07}]'),
    (mx.init.Normal(0.3), '["normal", {"sigma": 0.3}]'),
    (mx.init.Orthogonal(1.0, "normal"), '["orthogonal", {"scale": 1.0, "rand_type": "normal"}]'),
    (mx.init.Xavier(), '["xavier", {"rnd_type": "uniform", "factor_type": "avg", "magnitude": 3}]'),
    (mx.init.MSRAPrelu("in", 0.1), '["msraprelu", {"factor_type": "in", "slope": 0.1}]'),
    (mx.init.LSTMBias(2.0), '["lstmbias", {"forget_bias": 2.0}]'),
    (
        mx.init.FusedRNN(None, 4, 2, "lstm"),
        '["fusedrnn", {"init": null, "num_hidden": 4, "num_layers": 2, "mode": "lstm", "bidirectional": false, '
        '"forget_bias": 1.0}]',
    ),
]


@pytest.mark.parametrize(("made", "text"), DUMPS, ids=lambda v: v if isinstance(v, str) else type(v).__name__)
def test_dumps_are_mxnets(made: mx.init.Initializer, text: str) -> None:
    assert made.dumps() == text
    again = mx.init.create(text)
    assert again == made
    assert again.dumps() == text


class Numbered(mx.init.Initializer):
    def _init_weight(self, name: str, arr: mx.nd.NDArray) -> None:
        arr[:] = 5

    def _init_bias(self, name: str, arr: mx.nd.NDArray) -> None:
        arr[:] = 6

    def _init_gamma(self, name: str, arr: mx.nd.NDArray) -> None:
        arr[:] = 7

    def _init_beta(self, name: str, arr: mx.nd.NDArray) -> None:
        arr[:] = 8

    def _init_default(self, name: str, arr: mx.nd.NDArray) -> None:
        arr[:] = 9


@pytest.mark.parametrize(
    ("name", "value"), [("a_weight", 5), ("a_bias", 6), ("a_gamma", 7), ("a_beta", 8), ("w", 9), ("bn_moving_mean", 0)]
)
def test_each_kind_of_name_has_its_rule(name: str, value: float) -> None:
    for given in (name, mx.init.InitDesc(name)):
        array = mx.nd.ones((2, 2))
        Numbered()(given, array)
        assert array.asnumpy().tolist() == [[value] * 2] * 2


def test_bare_names_follow_mxnets_old_rules() -> None:
    up, bias, weight = mx.nd.ones((1, 1, 4, 4)), mx.nd.zeros(6), mx.nd.ones((2, 2))
    fill = mx.init.Uniform()
    fill("upsampling_weight", up)
    fill("stn_loc_bias", bias)
    fill("stn_loc_weight", weight)
    assert up.asnumpy()[0, 0, 1].tolist() == [0.1875, 0.5625, 0.5625, 0.1875]
    assert bias.asnumpy().tolist() == [1, 0, 0, 0, 1, 0]
    assert weight.sum().asscalar() == 0


def test_verbosity(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    one = mx.init.One().set_verbosity(True)
    one(mx.init.InitDesc("q_weight"), mx.nd.zeros((2, 2)))
    one(mx.init.InitDesc("q_bias"), mx.nd.zeros((2, 2)))
    one(mx.init.InitDesc("q", {"__init__": '["zeros", {}]'}), mx.nd.zeros((2, 2)))
    mx.init.One().set_verbosity(True, lambda a: a.shape)(mx.init.InitDesc("v_gamma"), mx.nd.zeros((2, 2)))
    mx.init.One()(mx.init.InitDesc("silent_weight"), mx.nd.zeros((2, 2)))
    assert [r.getMessage() for r in caplog.records] == [
        "Initialized q_weight as weight: 1.0",
        "Initialized q_bias as bias: 0.0",
        'Initialized q as ["zeros", {}]: 0.0',
        "Initialized v_gamma as gamma: (2, 2)",
    ]


def test_implied_weights_that_begin_otherwise() -> None:
    symbol = mx.sym.LeakyReLU(mx.sym.Variable("data"), act_type="prelu", name="p")
    module = mx.mod.Module(symbol, label_names=None)
    module.bind([("data", (2, 3))])
    module.init_params()
    assert module.get_params()[0]["p_gamma"].asnumpy().tolist() == [0.25] * 3


def test_a_fused_vector_takes_the_global_initializer() -> None:
    desc = mx.init.InitDesc("rnn_parameters", {"__init__": mx.init.FusedRNN(None, 2, 1, "gru").dumps()})
    vector = mx.nd.zeros(3 * 2 * (3 + 2 + 2))
    mx.init.Constant(4)(desc, vector)
    assert vector.asnumpy()[:30].tolist() == [4] * 30
    assert vector.asnumpy()[30:].tolist() == [0] * 12


def test_an_initializer_under_other_names() -> None:
    @mx.init.register
    @mx.init.alias("firstalias", "secondalias")
    class Sevens(mx.init.Initializer):
        def __init__(self, count: int = 1) -> None:
            super().__init__(count=count)

    assert type(mx.init.create("SecondAlias")) is Sevens
    assert mx.init.create("sevens", count=3).dumps() == '["sevens", {"count": 3}]'
