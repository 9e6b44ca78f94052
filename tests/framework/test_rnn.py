"""Recurrent cells and layers. Numbers named MXNET were computed by MXNet 1.9.1 on the same inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright import nd
from netwright.errors import NetwrightError
from netwright.gluon import rnn


def sequences(batch: int = 2, length: int = 4, features: int = 3) -> mx.nd.NDArray:
    return mx.nd.array(np.arange(batch * length * features).reshape(batch, length, features) / 24)


def test_lstm_cell_matches_mxnet() -> None:
    cell = rnn.LSTMCell(2, input_size=3)
    cell.initialize(mx.init.One())
    outputs, states = cell.unroll(4, sequences(), layout="NTC", merge_outputs=True, valid_length=mx.nd.array([2, 4]))
    MXNET = [[0.03503941, 0.22692472, 0, 0], [0.54200757, 0.8934408, 0.9748744, 0.9895543]]
    np.testing.assert_allclose(outputs.asnumpy()[:, :, 0], MXNET, rtol=1e-5)
    np.testing.assert_allclose(states[0].asnumpy()[:, 1], [0.22692472, 0.9895543], rtol=1e-5)
    np.testing.assert_allclose(states[1].asnumpy()[:, 1], [0.3714351, 3.616669], rtol=1e-5)


def test_bidirectional_cell_matches_mxnet() -> None:
    cell = rnn.BidirectionalCell(rnn.RNNCell(2, prefix="l_"), rnn.RNNCell(2, prefix="r_"))
    cell.initialize(mx.init.One())
    outputs, states = cell.unroll(4, sequences(), layout="NTC", valid_length=mx.nd.array([2, 4]), merge_outputs=True)
    MXNET = [
        [[0.12435301, 0.7815085], [0.6343763, 0.46211717], [0, 0], [0, 0]],
        [[0.92534626, 0.9985768], [0.99909604, 0.99932843], [0.999682, 0.99967265], [0.9998501, 0.99185973]],
    ]
    np.testing.assert_allclose(outputs.asnumpy()[:, :, [0, 2]], MXNET, rtol=1e-5)
    np.testing.assert_allclose(states[1].asnumpy()[:, 0], [0.7815085, 0.9985768], rtol=1e-5)


LAYERS: list[tuple[type[Any], dict[str, Any]]] = [
    (rnn.RNN, {"activation": "tanh"}),
    (rnn.RNN, {"num_layers": 2}),
    (rnn.LSTM, {}),
    (rnn.LSTM, {"num_layers": 2, "bidirectional": True}),
    (rnn.GRU, {"num_layers": 2}),
    (rnn.GRU, {"bidirectional": True}),
]


@pytest.mark.parametrize("layout", ["TNC", "NTC"])
@pytest.mark.parametrize(("kind", "options"), LAYERS)
def test_layers_equal_their_cells(kind: type[Any], options: dict[str, Any], layout: str) -> None:
    layer = kind(3, layout=layout, **options)
    layer.initialize(mx.init.Uniform(0.5))
    shape = (4, 2, 5) if layout == "TNC" else (2, 4, 5)
    x = mx.nd.random.normal(shape=shape)
    states = [mx.nd.random.normal(shape=s.shape) for s in layer.begin_state(2)]
    x.attach_grad()
    with mx.autograd.record():
        y, after = layer(x, states)
        (y * y).sum().backward()
    fused = x.grad.asnumpy(), {n: p.grad().asnumpy() for n, p in layer.collect_params().items()}
    cells = layer._unfuse()
    # a layer's state (layers·directions, N, H) is, cell by cell, that of the stack
    parts = [s[i] for i in range(states[0].shape[0]) for s in states]
    with mx.autograd.record():
        z, _ = cells.unroll(4, x, parts, layout=layout, merge_outputs=True)
        (z * z).sum().backward()
    np.testing.assert_allclose(y.asnumpy(), z.asnumpy(), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(fused[0], x.grad.asnumpy(), rtol=1e-4, atol=1e-5)
    for name, parameter in layer.collect_params().items():
        np.testing.assert_allclose(fused[1][name], parameter.grad().asnumpy(), rtol=1e-4, atol=1e-5)
    assert [s.shape for s in after] == [s.shape for s in states]


def test_names_and_deferred_shapes_are_mxnets() -> None:
    layer = rnn.LSTM(5, 2, bidirectional=True, prefix="lstm0_")
    kinds = ("i2h_weight", "h2h_weight", "i2h_bias", "h2h_bias")
    assert list(layer.collect_params()) == [f"lstm0_{w}{i}_{kind}" for i in (0, 1) for w in "lr" for kind in kinds]
    layer.initialize()
    layer(mx.nd.ones((3, 2, 4)))
    assert layer.l0_i2h_weight.shape == (20, 4)
    assert layer.r1_i2h_weight.shape == (20, 10)
    assert repr(layer) == "LSTM(4 -> 5, TNC, num_layers=2, bidirectional)"
    assert repr(rnn.RNNCell(5)) == "RNNCell(None -> 5, tanh)"
    assert repr(rnn.LSTMCell(5, input_size=3)) == "LSTMCell(3 -> 20)"


def test_a_layer_inside_a_compiled_network_finds_its_shapes() -> None:
    net = mx.gluon.nn.HybridSequential()
    net.add(rnn.GRU(4, layout="NTC"), mx.gluon.nn.Dense(2))
    net.initialize()
    net.hybridize()
    x = mx.nd.random.normal(shape=(3, 5, 2))
    compiled = net(x)
    net.hybridize(False)
    np.testing.assert_allclose(compiled.asnumpy(), net(x).asnumpy(), rtol=1e-5, atol=1e-6)


def test_a_compiled_layer_takes_states_now_and_not_then() -> None:
    layer = rnn.LSTM(4, input_size=2)
    layer.initialize()
    layer.hybridize()
    x = mx.nd.ones((3, 2, 2))
    alone = layer(x)
    y, states = layer(x, layer.begin_state(2))
    np.testing.assert_allclose(alone.asnumpy(), y.asnumpy(), rtol=1e-6)
    assert len(states) == 2
    assert layer(x).shape == (3, 2, 4)


def test_sequence_lengths_stop_the_state() -> None:
    layer = rnn.GRU(3, input_size=2)
    layer.initialize(mx.init.Uniform(0.5))
    x = mx.nd.random.normal(shape=(4, 2, 2))
    _, (whole,) = layer(x, layer.begin_state(2), mx.nd.array([2, 4], dtype="int32"))
    _, (short,) = layer(x[:2], layer.begin_state(2))
    np.testing.assert_allclose(whole[0, 0].asnumpy(), short[0, 0].asnumpy(), rtol=1e-5)


def test_symbolic_unrolling_runs_without_a_batch_size() -> None:
    cell = rnn.LSTMCell(2, prefix="c_")
    out, _ = cell.unroll(3, mx.sym.Variable("data"), layout="NTC", merge_outputs=True)
    assert out.list_arguments() == ["data", "c_i2h_weight", "c_i2h_bias", "c_h2h_weight", "c_h2h_bias"]
    _, shapes, _ = out.infer_shape(data=(5, 3, 4))
    assert shapes == [(5, 3, 2)]
    steps, _ = cell.unroll(3, [mx.sym.Variable(f"t{i}") for i in range(3)])
    assert mx.sym.Group(steps).list_outputs() == ["c_t0_out_output", "c_t1_out_output", "c_t2_out_output"]


def test_stack_of_modified_cells() -> None:
    stack = rnn.SequentialRNNCell()
    with stack.name_scope():
        stack.add(rnn.LSTMCell(3))
        stack.add(rnn.DropoutCell(0.5))
        stack.add(rnn.ResidualCell(rnn.GRUCell(3)))
        stack.add(rnn.ZoneoutCell(rnn.RNNCell(3), 0.5, 0.5))
    stack.initialize()
    assert len(stack) == 4
    assert len(stack.state_info(2)) == 4
    x = sequences()
    with mx.autograd.record():
        outputs, states = stack.unroll(4, x, layout="NTC")
        total = mx.nd.add_n(*outputs).sum()
    total.backward()
    assert len(states) == 4
    assert all(np.isfinite(p.grad().asnumpy()).all() for p in stack.collect_params().values())
    # outside training, dropout and zoneout do nothing: step by step is the same as unrolled
    plain, _ = stack.unroll(4, x, layout="NTC")
    stack.reset()
    now = stack.begin_state(batch_size=2)
    for t in range(4):
        y, now = stack(x[:, t], now)
        np.testing.assert_allclose(y.asnumpy(), plain[t].asnumpy(), rtol=1e-6)


def test_residual_adds_the_input_and_respects_lengths() -> None:
    inner = rnn.RNNCell(3, input_size=3)
    cell = rnn.ResidualCell(inner)
    cell.initialize(mx.init.Zero())  # the inner cell gives 0: what remains is the input
    out, _ = cell.unroll(4, sequences(), layout="NTC", merge_outputs=True, valid_length=mx.nd.array([2, 4]))
    wanted = sequences().asnumpy()
    wanted[0, 2:] = 0
    np.testing.assert_allclose(out.asnumpy(), wanted)


def test_zoneout_keeps_some_of_the_old_state() -> None:
    mx.random.seed(3)
    cell = rnn.ZoneoutCell(rnn.RNNCell(200, input_size=1), zoneout_states=0.5)
    cell.initialize(mx.init.One())
    with mx.autograd.train_mode():
        _, (state,) = cell(mx.nd.ones((1, 1)), cell.begin_state(batch_size=1))
    kept = float((state.asnumpy() == 0).mean())
    assert 0.35 < kept < 0.65


def test_misuse_is_explained() -> None:
    cell = rnn.LSTMCell(3)
    with pytest.raises(mx.MXNetError, match=r"wrong number of states.*wanted 2, got 1"):
        cell(mx.nd.ones((2, 3)), [mx.nd.ones((2, 3))])
    wrapped = rnn.ResidualCell(cell)
    with pytest.raises(mx.MXNetError, match="begin_state\\(\\) of the modifier cell"):
        cell.begin_state(2)
    assert len(wrapped.begin_state(2)) == 2
    with pytest.raises(mx.MXNetError, match=r"wanted TNC or NTC, got 'NCT'"):
        rnn.LSTM(3, layout="NCT")
    layer = rnn.LSTM(3, input_size=2)
    layer.initialize()
    with pytest.raises(mx.MXNetError, match="begin_state\\(batch_size=4\\)"):
        layer(mx.nd.ones((5, 4, 2)), layer.begin_state(3))
    with pytest.raises(mx.MXNetError, match=r"wrong number of steps.*wanted 3, got 2"):
        rnn.RNNCell(3).unroll(3, [mx.nd.ones((2, 3))] * 2)
    both = rnn.BidirectionalCell(rnn.RNNCell(2), rnn.RNNCell(2))
    with pytest.raises(mx.MXNetError, match="Use unroll"):
        both(mx.nd.ones((2, 2)), both.begin_state(2))


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: rnn.LSTM(0, prefix="mine_"), "mine: parameter 'state_size' cannot be taken"),
        (lambda: rnn.GRU(4, num_layers=0, prefix="mine_"), "mine: parameter 'num_layers' cannot be taken"),
        (lambda: rnn.RNN(4, layout="CNT", prefix="mine_"), "mine: unknown layout"),
        (
            lambda: rnn.LSTM(4, input_size=3, prefix="mine_")(nd.ones((2, 1, 5))),
            r"mine: the data do not fit the layer \(wanted three axes \(TNC\), the last of size 3, got \(2, 1, 5\)\)",
        ),
        (
            lambda: rnn.LSTM(4, layout="NTC", prefix="mine_")(nd.ones((2, 5))),
            r"mine: the data do not fit the layer \(wanted three axes \(NTC\), got \(2, 5\)\)",
        ),
        (
            lambda: rnn.GRU(4, prefix="mine_")(nd.ones((2, 1, 5)), nd.ones((1, 2, 4))),
            r"mine: the states do not fit the layer \(wanted \[\(1, 1, 4\)\], got \[\(1, 2, 4\)\]\)",
        ),
    ],
)
def test_a_layer_says_what_it_is_called(act: Any, words: str) -> None:
    with pytest.raises(NetwrightError, match=words):
        act()
