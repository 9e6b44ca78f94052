"""Networks in files: what MXNet 1.9.1 wrote is read, what is written holds only what MXNet knows; saved models."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright import gluon, nd, sym
from netwright.gluon import nn, rnn

X = nd.array(np.random.default_rng(0).normal(size=(4, 2, 5)))


class Recurrent(gluon.HybridBlock):
    """A recurrent layer or cell, and a dense one."""

    def __init__(self, make: Callable[[], Any]) -> None:
        super().__init__(prefix="r_")
        with self.name_scope():
            self.inner, self.dense = make(), nn.Dense(3, flatten=False)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        if isinstance(self.inner, rnn.RecurrentCell):
            return self.dense(self.inner.unroll(4, x, layout="TNC", merge_outputs=True)[0])
        return self.dense(self.inner(x))


@pytest.mark.parametrize(
    "make",
    [
        lambda: rnn.LSTM(6, 2, bidirectional=True),
        lambda: rnn.GRU(6, layout="NTC"),
        lambda: rnn.RNN(6, activation="tanh"),
        lambda: rnn.LSTM(6, projection_size=2),
        lambda: rnn.LSTMCell(6),
    ],
    ids=["LSTM", "GRU", "RNN", "LSTMP", "LSTMCell"],
)
def test_recurrent_networks_are_exported_in_mxnet_s_operators(make: Callable[[], Any], tmp_path: Path) -> None:
    # MXNet 1.9.1 gives the same outputs from these files (tried by hand, and the other way round)
    net = Recurrent(make)
    net.initialize(mx.init.Normal(0.3))
    net.hybridize()
    wanted = net(X).asnumpy()
    files = net.export(str(tmp_path / "net"))
    nodes = json.loads(Path(files[0]).read_text())["nodes"]
    assert not [n["op"] for n in nodes if n["op"].startswith("_rnn")]
    assert all("zero_state" not in n.get("attrs", {}) for n in nodes)
    block = gluon.SymbolBlock.imports(files[0], ["data"], files[1])
    np.testing.assert_allclose(block(X).asnumpy(), wanted, rtol=1e-5)


def test_states_whose_batch_size_mxnet_left_open() -> None:
    # the form of a file that MXNet 1.9.1 wrote for gluon.rnn.GRU(3)
    nodes: list[dict[str, Any]] = [
        {"op": "null", "name": "data", "inputs": []},
        {"op": "null", "name": "w", "attrs": {"__shape__": "(63,)"}, "inputs": []},
        {"op": "_zeros", "name": "h0", "attrs": {"dtype": "float32", "shape": "(1, 0, 3)"}, "inputs": []},
        {
            "op": "RNN",
            "name": "gru",
            "attrs": {"mode": "gru", "num_layers": "1", "state_size": "3", "p": "0", "state_outputs": "True"},
            "inputs": [[0, 0, 0], [1, 0, 0], [2, 0, 0]],
        },
    ]
    loaded = sym.load_json(json.dumps({"nodes": nodes, "arg_nodes": [0, 1], "heads": [[3, 0, 0]]}))
    for batch in (2, 7):
        assert loaded.infer_shape(data=(4, batch, 2))[1] == [(4, batch, 3)]
    block = gluon.SymbolBlock(loaded, sym.Variable("data"))
    block.initialize(mx.init.Constant(0.1))
    assert block(nd.ones((4, 2, 2))).shape == (4, 2, 3)
    executor = loaded.simple_bind(mx.cpu(), data=(4, 2, 2), w=(63,))
    assert executor.forward()[0].shape == (4, 2, 3)


def test_files_written_by_name(tmp_path: Path) -> None:
    file = str(tmp_path / "net.params")
    net, other = nn.HybridSequential(prefix="a_"), nn.HybridSequential(prefix="b_")
    for one in (net, other):
        with one.name_scope():
            one.add(nn.Dense(2, in_units=3), nn.BatchNorm(in_channels=2))
    net.initialize(mx.init.Normal())
    with pytest.warns(DeprecationWarning, match="use save_parameters"):
        net.save_params(file)
    assert sorted(nd.load(file))[:2] == ["batchnorm0_beta", "batchnorm0_gamma"]
    with pytest.warns(DeprecationWarning, match="use load_parameters"):
        other.load_params(file, mx.cpu())
    x = nd.ones((1, 3))
    np.testing.assert_array_equal(other(x).asnumpy(), net(x).asnumpy())
    values = {f"arg:{n}": p.data() for n, p in net.collect_params().items()}
    again = gluon.ParameterDict()
    again.update(net.collect_params())
    again.load_dict(values)
    with pytest.raises(AssertionError, match=r"param_dict: parameter 'a_dense0_weight' is not in the file.*none"):
        again.load_dict({})
    with pytest.raises(AssertionError, match=r"a_dense0_weight: the name does not begin with the prefix to restore"):
        again.load(file, restore_prefix="b_")


def _made(first: str) -> gluon.Block:
    class Net(gluon.Block):
        def __init__(self) -> None:
            super().__init__(prefix=first)
            with self.name_scope():
                self.one = nn.Dense(4)
                self.two = nn.HybridSequential()
                self.two.add(nn.Dense(2))

        def forward(self, x: Any) -> Any:
            return self.two(self.one(x))

    return Net()


def test_a_model_is_saved_and_loaded(tmp_path: Path) -> None:
    path = str(tmp_path / "model")
    net = _made("first_")
    net.initialize(mx.init.Normal())
    net.hybridize()
    wanted = net(nd.ones((1, 3))).asnumpy()
    net.save(path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model-model.json", "model-model.params"]
    other = _made("second_")
    other.load(path)
    np.testing.assert_array_equal(other(nd.ones((1, 3))).asnumpy(), wanted)
    assert other.name == "first"
    assert list(other.collect_params()) == list(net.collect_params())
    assert len(other.two.plans()) == 1  # type: ignore[operator]
    with pytest.raises(mx.errors.CheckpointError, match=r"model-model\.json: the file tells of no Dense here"):
        nn.Dense(3).load(path)
    with pytest.raises(mx.errors.CheckpointError, match=r"nothing-model\.json: the file cannot be read"):
        net.load(str(tmp_path / "nothing"))


def test_copies_of_several_devices_are_saved_as_their_mean(tmp_path: Path) -> None:
    net = nn.Dense(1, in_units=1)
    net.initialize(mx.init.One(), ctx=[mx.cpu(0), mx.cpu(1)])
    net.weight.data(mx.cpu(1))[:] = 3
    net.save_parameters(str(tmp_path / "w.params"))
    saved = nd.load(str(tmp_path / "w.params"))
    assert isinstance(saved, dict)
    assert saved["weight"].asscalar() == 2
