"""Module, BucketingModule, checkpoints, callbacks and monitors. MXNET: computed by MXNet 1.9.1 on the same inputs."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netwright as mx


def network(labels: str = "softmax_label") -> mx.sym.Symbol:
    x = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=8, name="fc1")
    x = mx.sym.FullyConnected(mx.sym.Activation(x, act_type="relu"), num_hidden=2, name="fc2")
    return mx.sym.SoftmaxOutput(x, mx.sym.Variable(labels), name="softmax")


def rows(batch_size: int = 8) -> mx.io.NDArrayIter:
    drawn = np.random.RandomState(0).randn(50, 4).astype("float32")
    return mx.io.NDArrayIter(drawn, (drawn[:, 0] > 0).astype("float32"), batch_size)


def weights() -> dict[str, mx.nd.NDArray]:
    drawn = np.random.RandomState(1)
    return {
        "fc1_weight": mx.nd.array(drawn.randn(8, 4)),
        "fc1_bias": mx.nd.zeros(8),
        "fc2_weight": mx.nd.array(drawn.randn(2, 8)),
        "fc2_bias": mx.nd.zeros(2),
    }


def trained(context: Any = None, epochs: int = 2, **options: Any) -> mx.mod.Module:
    module = mx.mod.Module(network(), context=context)
    params = {"learning_rate": 0.1, "momentum": 0.9}
    module.fit(rows(), num_epoch=epochs, optimizer_params=params, arg_params=weights(), aux_params={}, **options)
    return module


def test_fit_matches_mxnet(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        module = trained(eval_data=rows(), batch_end_callback=mx.callback.Speedometer(8, 3))
    np.testing.assert_allclose(
        module.get_params()[0]["fc2_bias"].asnumpy(), [0.36509037, -0.36509034], rtol=1e-5
    )  # MXNET
    assert module.score(rows(), "acc") == [("accuracy", pytest.approx(0.9464285714285714))]  # MXNET
    lines = [record.getMessage() for record in caplog.records]
    assert "Epoch[0] Train-accuracy=0.696429" in lines  # MXNET: over the epoch, though the Speedometer began anew
    assert "Epoch[1] Validation-accuracy=0.946429" in lines  # MXNET
    assert sum("samples/sec\taccuracy=0.875000" in line for line in lines) == 1
    assert module.predict(rows()).shape == (50, 2)
    assert module.output_shapes == [("softmax_output", (8, 2))]
    assert module._optimizer is not None
    assert module._optimizer.wd_mult == {"fc1_bias": 0.0, "fc2_bias": 0.0}  # MXNET
    assert module._optimizer.rescale_grad == 0.125


@pytest.mark.parametrize("kvstore", ["local", "device", mx.kv.create("local")])
def test_two_devices_train_as_one(kvstore: Any) -> None:
    alone = trained().get_params()[0]
    both = trained(context=[mx.cpu(0), mx.cpu(1)], kvstore=kvstore).get_params()[0]
    for name, value in alone.items():
        np.testing.assert_allclose(value.asnumpy(), both[name].asnumpy(), rtol=1e-4, atol=1e-6)


def test_checkpoints_carry_on_where_training_stopped(tmp_path: Path) -> None:
    prefix = str(tmp_path / "net")
    module = trained(epochs=1, epoch_end_callback=mx.callback.do_checkpoint(prefix))
    module.save_checkpoint(prefix, 1, save_optimizer_states=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["net-0001.params", "net-0001.states", "net-symbol.json"]
    symbol, arg, aux = mx.model.load_checkpoint(prefix, 1)
    assert (symbol.list_outputs(), aux) == (["softmax_output"], {})
    np.testing.assert_array_equal(arg["fc1_weight"].asnumpy(), module.get_params()[0]["fc1_weight"].asnumpy())
    again = mx.mod.Module.load(prefix, 1, load_optimizer_states=True)
    params = {"learning_rate": 0.1, "momentum": 0.9}
    again.fit(rows(), num_epoch=2, begin_epoch=1, optimizer_params=params)
    whole = trained(epochs=2).get_params()[0]
    for name, value in again.get_params()[0].items():
        np.testing.assert_array_equal(value.asnumpy(), whole[name].asnumpy())


def test_batches_of_another_size_are_followed() -> None:
    module = trained()
    first = module.predict(mx.nd.array(rows().data[0][1][:3]))
    assert first.shape == (3, 2)
    assert module.predict(rows(10)).shape == (50, 2)
    np.testing.assert_allclose(module.predict(rows())[:3].asnumpy(), first.asnumpy(), rtol=1e-6)


def test_step_by_step_and_input_gradients() -> None:
    module = mx.mod.Module(network(), fixed_param_names=["fc1_weight"])
    module.bind([("data", (8, 4))], [("softmax_label", (8,))], inputs_need_grad=True)
    module.init_params(mx.init.Xavier())
    module.init_optimizer(optimizer="adam", optimizer_params={"learning_rate": 0.1})
    before = module.get_params()[0]
    batch = rows().next()
    module.forward_backward(batch)
    module.update()
    after = module.get_params()[0]
    assert module.get_input_grads()[0].shape == (8, 4)
    assert np.abs(module.get_input_grads()[0].asnumpy()).max() > 0
    np.testing.assert_array_equal(before["fc1_weight"].asnumpy(), after["fc1_weight"].asnumpy())
    assert not np.array_equal(before["fc2_weight"].asnumpy(), after["fc2_weight"].asnumpy())


def test_a_network_without_labels_only_predicts() -> None:
    module = mx.mod.Module(network().get_internals()["fc2_output"], label_names=None)
    module.bind([("data", (5, 4))], for_training=False)
    module.set_params(weights(), {})
    module.forward(mx.io.DataBatch([mx.nd.ones((5, 4))]))
    assert module.get_outputs()[0].shape == (5, 2)
    with pytest.raises(mx.MXNetError, match="Bind with for_training=True"):
        module.backward()


def test_monitor_sees_outputs_and_weights() -> None:
    module = trained()
    monitor = mx.mon.Monitor(1, pattern="fc2.*", sort=True)
    module.install_monitor(monitor)
    monitor.tic()
    module.forward(rows().next(), is_train=True)
    seen = {name: float(text) for _, name, text in monitor.toc()}
    assert list(seen) == ["fc2_bias", "fc2_output", "fc2_weight"]
    assert seen["fc2_bias"] == pytest.approx(0.36509037, rel=1e-4)  # MXNET
    assert monitor.toc() == []


def unrolled(length: int) -> tuple[mx.sym.Symbol, list[str], list[str]]:
    cell = mx.gluon.rnn.RNNCell(4, prefix="rnn_")
    _, states = cell.unroll(length, mx.sym.Variable("data"), layout="NTC")
    out = mx.sym.FullyConnected(states[0], num_hidden=2, name="out")
    return mx.sym.SoftmaxOutput(out, name="softmax"), ["data"], ["softmax_label"]


def test_buckets_share_weights() -> None:
    module = mx.mod.BucketingModule(unrolled, default_bucket_key=6)
    module.bind([("data", (4, 6, 3))], [("softmax_label", (4,))])
    module.init_params(mx.init.Xavier())
    module.init_optimizer(optimizer_params={"learning_rate": 0.5})
    drawn = np.random.RandomState(0)
    losses = []
    for step in range(60):
        length = (6, 3)[step % 2]
        x = drawn.randn(4, length, 3).astype("float32")
        y = (x[:, -1, 0] > 0).astype("float32")
        shapes = {"provide_data": [("data", x.shape)], "provide_label": [("softmax_label", (4,))]}
        batch = mx.io.DataBatch([mx.nd.array(x)], [mx.nd.array(y)], bucket_key=length, **shapes)
        module.forward_backward(batch)
        chosen = module.get_outputs()[0].asnumpy()[np.arange(4), y.astype(int)]
        losses.append(-np.log(chosen).mean())
        module.update()
    assert np.mean(losses[-20:]) < 0.7 * np.mean(losses[:10])
    assert set(module.get_params()[0]) == {f"rnn_{a}_{b}" for a in ("i2h", "h2h") for b in ("weight", "bias")} | {
        "out_weight",
        "out_bias",
    }
    assert len(module._buckets) == 2


def test_misuse_is_explained() -> None:
    module = mx.mod.Module(network())
    with pytest.raises(mx.MXNetError, match=r"Call bind\(\) first"):
        module.init_params()
    module.bind([("data", (8, 4))], [("softmax_label", (8,))])
    with pytest.raises(mx.MXNetError, match=r"Call init_params\(\) first"):
        module.forward(rows().next())
    with pytest.raises(mx.MXNetError, match="fc1_bias: its value is not among those given"):
        module.init_params(arg_params={"fc1_weight": mx.nd.ones((8, 4))}, aux_params={})
    with pytest.raises(mx.MXNetError, match="the number of epochs must be given"):
        module.fit(rows())
    with pytest.raises(mx.MXNetError, match="the symbol has no argument 'image'"):
        mx.mod.Module(network(), data_names=["image"])
    with pytest.raises(mx.MXNetError, match="the data are named otherwise"):
        mx.mod.Module(network()).bind([("x", (8, 4))])


def test_arrays_of_the_group() -> None:
    """A list for each weight with one array for each device, as programs for two networks at odds read them."""
    module = mx.mod.Module(network(), context=[mx.cpu(0), mx.cpu(1)], fixed_param_names=["fc1_bias"])
    module.bind([("data", (4, 4))], [("softmax_label", (4,))])
    module.init_params(arg_params=weights())
    group = module._exec_group
    assert group is not None
    assert group.param_names == ["fc1_weight", "fc1_bias", "fc2_weight", "fc2_bias"]
    assert [[a.shape for a in arrays] for arrays in group.param_arrays] == [
        [(8, 4)] * 2,
        [(8,)] * 2,
        [(2, 8)] * 2,
        [(2,)] * 2,
    ]
    assert [[a is None for a in arrays] for arrays in group.grad_arrays] == [[False] * 2, [True] * 2] + [
        [False] * 2
    ] * 2
    assert group.aux_arrays == []


def test_gradients_of_data_are_none_where_none_are_kept() -> None:
    """As in MXNet 1.9.1."""
    module = mx.mod.Module(mx.sym.square(mx.sym.var("data")), label_names=None)
    module.bind([("data", (2, 3))], inputs_need_grad=True, grad_req="null")
    module.init_params()
    module.forward(mx.io.DataBatch([mx.nd.ones((2, 3))]), is_train=True)
    module.backward([mx.nd.ones((2, 3))])
    assert module.get_input_grads() == [None]
