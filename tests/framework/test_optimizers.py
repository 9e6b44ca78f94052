"""Optimizers and what chooses among initializers. MXNET: three steps of MXNet 1.9.1 from the same weight."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright.optimizer import table

MXNET: list[tuple[str, dict[str, Any], list[float]]] = [
    ("signum", {}, [1.7340524, 0.3901572, 0.948738, 2.2308931]),
    ("signum", {"momentum": 0.0}, [1.7335261, 0.3900382, 0.9684474, 2.2502217]),
    ("signum", {"wd_lh": 0.1}, [1.7287956, 0.388968, 0.9458348, 2.2242072]),
    ("ftml", {}, [1.7410321, 0.3927137, 0.9729704, 2.2387576]),
    ("dcasgd", {}, [1.747721, 0.3994276, 0.9779334, 2.2409999]),
    ("lars", {"momentum": 0.9, "eta": 0.1}, [1.7580088, 0.4007497, 0.9775475, 2.2402425]),
    ("lars", {"learning_rate": 0.1}, [1.7637136, 0.4001364, 0.9787158, 2.24089]),
    ("lamb", {}, [1.7586232, 0.39989, 0.9762126, 2.239877]),
    (
        "lamb",
        {"lower_bound": 0.1, "upper_bound": 1.0, "bias_correction": False},
        [1.7627429, 0.4000964, 0.9781308, 2.2406673],
    ),
    ("adamax", {}, [1.7585722, 0.3989691, 0.9755354, 2.2384956]),
    ("nadam", {}, [1.7612927, 0.3993836, 0.9781116, 2.2407219]),
    ("adadelta", {}, [1.6775686, 0.3782751, 0.9479811, 2.181824]),
    ("ftrl", {}, [0.3914845, 0.0212578, 0.1717204, 0.3249839]),
    ("ftrl", {"lamda1": 0.5}, [0.3560163, -0.0, 0.1316528, 0.283026]),
]


@pytest.mark.parametrize(("name", "options", "wanted"), MXNET)
def test_three_steps_match_mxnet(name: str, options: dict[str, Any], wanted: list[float]) -> None:
    drawn = np.random.RandomState(0)
    weight = mx.nd.array(drawn.randn(4, 3).astype("f"))
    common = {"wd": 0.01, "rescale_grad": 0.5, "clip_gradient": 0.6, "param_idx2name": {0: "w_weight"}}
    updater = mx.optimizer.get_updater(mx.optimizer.create(name, **common, **options))
    for _ in range(3):
        updater(0, mx.nd.array(drawn.randn(4, 3).astype("f")), weight)
    np.testing.assert_allclose(weight.asnumpy().ravel()[:4], wanted, rtol=2e-5, atol=1e-6)


OPTIMIZERS = sorted({cls.__name__ for cls in table.names().values()})
RATES = {"AdaDelta": 1.0, "Ftrl": 0.5, "LARS": 1.0, "FTML": 0.05}


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name != "Test"])  # that one goes uphill
def test_every_optimizer_goes_downhill(name: str) -> None:
    mx.random.seed(1)
    optimizer = mx.optimizer.create(name, learning_rate=RATES.get(name, 0.05))
    updater = mx.optimizer.get_updater(optimizer)
    weight = mx.nd.array([3.0, -2.0])
    for _ in range(300):
        updater(0, 2 * weight, weight)
    assert float((weight * weight).sum().asscalar()) < 10


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_goes_on_from_its_saved_states(name: str, tmp_path: Path) -> None:
    def trainer() -> tuple[mx.gluon.Trainer, mx.gluon.nn.Dense]:
        net = mx.gluon.nn.Dense(2, in_units=3, weight_initializer=mx.init.One())
        net.initialize()
        return mx.gluon.Trainer(net.collect_params(), name, {"learning_rate": 0.01}), net

    def step(trained: mx.gluon.Trainer, net: mx.gluon.nn.Dense) -> np.ndarray[Any, Any]:
        with mx.autograd.record():
            loss = (net(mx.nd.array([[1.0, 2.0, 3.0]])) ** 2).sum()
        loss.backward()
        mx.random.seed(5)
        trained.step(1)
        return net.weight.data().asnumpy()

    first, net = trainer()
    step(first, net)
    first.save_states(str(tmp_path / "states"))
    net.save_parameters(str(tmp_path / "weights"))
    wanted = step(first, net)
    second, other = trainer()
    other.load_parameters(str(tmp_path / "weights"))
    second.load_states(str(tmp_path / "states"))
    np.testing.assert_array_equal(step(second, other), wanted)


def test_dcasgd_corrects_for_what_changed_since() -> None:
    optimizer = mx.optimizer.DCASGD(momentum=0.5, lamda=0.1, learning_rate=0.1)
    weight, before = mx.nd.array([1.0]), mx.nd.array([0.8])
    state = (mx.nd.array([0.2]), before)
    optimizer.update(0, weight, mx.nd.array([2.0]), state)
    # v = 0.5·0.2 − 0.1·(2 + 0.1·4·(1 − 0.8)) = −0.108
    np.testing.assert_allclose([weight.asscalar(), before.asscalar()], [0.892, 1.0], rtol=1e-6)


def test_sgld_adds_noise_of_the_rate() -> None:
    mx.random.seed(2)
    weight = mx.nd.zeros(20000)
    mx.optimizer.SGLD(learning_rate=0.04).update(0, weight, mx.nd.ones(20000), None)
    assert weight.asnumpy().mean() == pytest.approx(-0.02, abs=0.005)
    assert weight.asnumpy().std() == pytest.approx(0.2, rel=0.03)


def test_multipliers_come_from_names_and_attributes() -> None:
    w = mx.sym.Variable("w", wd_mult=3.0, lr_mult=2.0)
    symbol = mx.sym.FullyConnected(mx.sym.Variable("data"), weight=w, num_hidden=2, name="f")
    names = {0: "w", 1: "f_bias", 2: "a_gamma"}
    optimizer = mx.optimizer.SGD(param_idx2name=names, sym=symbol)
    assert optimizer.wd_mult == {"w": 3.0, "f_bias": 0.0}  # MXNET
    assert optimizer.lr_mult == {"w": 2.0}  # MXNET
    optimizer.set_wd_mult({"f_bias": 0.5})
    assert optimizer.wd_mult == {"w": 3.0, "f_bias": 0.5}


def test_mixed_load_and_fused_initializers(tmp_path: Path) -> None:
    mixed = mx.init.Mixed(["fc.*", ".*"], [mx.init.Constant(2), mx.init.One()])
    a, b = mx.nd.zeros((2, 2)), mx.nd.zeros((2, 2))
    mixed("fc_weight", a)
    mixed("other_weight", b)
    assert (a.asnumpy().tolist(), b.asnumpy().tolist()) == ([[2, 2], [2, 2]], [[1, 1], [1, 1]])
    with pytest.raises(mx.MXNetError, match="no pattern matches"):
        mx.init.Mixed(["x"], [mx.init.One()])("y", a)
    mx.nd.save(str(tmp_path / "w"), {"arg:w": b})
    load = mx.init.Load(str(tmp_path / "w"), default_init=mx.init.Zero())
    load("w", a)
    assert a.sum().asscalar() == 4
    load("v_weight", a)
    assert a.sum().asscalar() == 0
    with pytest.raises(mx.MXNetError, match=r"wanted \(3,\), got \(2, 2\)"):
        load("w", mx.nd.zeros(3))
    vector = mx.nd.zeros(4 * 2 * (3 + 2 + 2))
    mx.init.FusedRNN(mx.init.One(), 2, 1, "lstm", forget_bias=5)("rnn_parameters", vector)
    assert vector.asnumpy()[:40].tolist() == [1] * 40
    assert vector.asnumpy()[40:].tolist() == [0, 0, 5, 5, 0, 0, 0, 0] * 2
    with pytest.raises(mx.MXNetError, match="not that of these layers"):
        mx.init.FusedRNN("one", 2, 1, "gru")("v", mx.nd.zeros(5))
