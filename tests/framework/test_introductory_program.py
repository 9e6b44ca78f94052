"""Introductory MXNet programs run unchanged but for their import."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

import netwright as mx
from netwright import autograd, gluon, init, nd
from netwright.errors import NetwrightError, ShapeError
from netwright.gluon import nn


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    x, y = (x[order] / 16).astype(np.float32), y[order].astype(np.float32)
    return x[:1500], y[:1500], x[1500:], y[1500:]


def test_symbol_chain() -> None:
    net = mx.sym.Variable("data")
    net = mx.sym.FullyConnected(data=net, name="fc1", num_hidden=128)
    net = mx.sym.Activation(data=net, name="relu1", act_type="relu")
    net = mx.sym.FullyConnected(data=net, name="fc2", num_hidden=64)
    net = mx.sym.SoftmaxOutput(data=net, name="out")
    assert net.list_arguments() == ["data", "fc1_weight", "fc1_bias", "fc2_weight", "fc2_bias", "out_label"]
    assert net.list_outputs() == ["out_output"]
    arguments, outputs, states = net.infer_shape(data=(100, 784))
    assert arguments == [(100, 784), (128, 784), (128,), (64, 128), (64,), (100,)]
    assert outputs == [(100, 64)]
    assert states == []


def test_product_of_other_shapes_is_refused() -> None:
    a = mx.nd.ones((2, 3))
    b = mx.nd.array([[2.0, 1.0], [3.0, 4.0]])
    with pytest.raises(ShapeError, match=r"\(2, 3\) and \(2, 2\) do not fit.*reshape\(\)"):
        a * b
    assert issubclass(ShapeError, mx.MXNetError)


class Net(gluon.HybridBlock):
    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.dense0 = nn.Dense(64)
            self.dense1 = nn.Dense(10)

    def hybrid_forward(self, F, x):  # type: ignore[no-untyped-def]
        return self.dense1(F.relu(self.dense0(x)))


class PlainNet(gluon.HybridBlock):
    """A plain ``forward`` instead of ``hybrid_forward``."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.dense0 = nn.Dense(64, activation="relu")
        self.dense1 = nn.Dense(10)

    def forward(self, x):  # type: ignore[no-untyped-def]
        return self.dense1(self.dense0(x))


def _accuracy(net: gluon.Block, x: np.ndarray, y: np.ndarray, ctx: mx.Context) -> float:
    metric = mx.metric.Accuracy()
    metric.update([nd.array(y)], [net(nd.array(x, ctx=ctx))])
    return float(metric.get()[1])


@pytest.mark.parametrize("kind", [Net, PlainNet])
@pytest.mark.parametrize("hybridize", [False, True])
def test_training_with_ndarrayiter(digits, kind, hybridize) -> None:  # type: ignore[no-untyped-def]
    mx.random.seed(42)
    x, y, x_test, y_test = digits
    ctx = mx.gpu() if mx.test_utils.list_gpus() else mx.cpu()
    net = kind()
    net.initialize(mx.init.Normal(0.1), ctx=ctx)
    if hybridize:
        net.hybridize()
    train_iter = mx.io.NDArrayIter(x, y, batch_size=64, shuffle=True, last_batch_handle="roll_over")
    loss_function = gluon.loss.SoftmaxCrossEntropyLoss()
    trainer = gluon.Trainer(net.collect_params(), mx.optimizer.SGD(learning_rate=0.5))
    metric = mx.metric.Accuracy()
    losses = []
    for _ in range(12):
        train_iter.reset()
        metric.reset()
        total = 0.0
        for batch in train_iter:
            data = gluon.utils.split_and_load(batch.data[0], ctx_list=[ctx], batch_axis=0)[0]
            label = batch.label[0].as_in_context(ctx)
            with autograd.record():
                output = net(data)
                loss = loss_function(output, label)
            loss.backward()
            trainer.step(data.shape[0])
            metric.update([label], [output])
            total += nd.mean(loss).asscalar()
        losses.append(total)
    assert losses[-1] < losses[0] / 3
    name, accuracy = metric.get()
    assert name == "accuracy"
    assert accuracy > 0.95
    assert _accuracy(net, x_test, y_test, ctx) > 0.92


def test_training_with_dataloader_and_adam(digits) -> None:  # type: ignore[no-untyped-def]
    mx.random.seed(1)
    x, y, x_test, y_test = digits
    net = nn.HybridSequential()
    with net.name_scope():
        net.add(nn.Dense(64, activation="relu"), nn.Dropout(0.1), nn.Dense(10))
    net.initialize(init.Xavier())
    net.hybridize()
    loader = gluon.data.DataLoader(gluon.data.ArrayDataset(x, y), batch_size=100, shuffle=True)
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.005})
    softmax = gluon.loss.SoftmaxCrossEntropyLoss()
    for _ in range(8):
        for data, label in loader:
            with autograd.record():
                loss = softmax(net(data), label)
            loss.backward()
            trainer.step(len(data))
    assert _accuracy(net, x_test, y_test, mx.cpu()) > 0.93


def test_symbol_is_trained_by_hand(digits) -> None:  # type: ignore[no-untyped-def]
    mx.random.seed(3)
    x, y, x_test, y_test = digits
    net = mx.sym.Variable("data")
    net = mx.sym.FullyConnected(net, num_hidden=32, name="fc1")
    net = mx.sym.Activation(net, act_type="tanh")
    net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, num_hidden=10, name="fc2"), name="softmax")
    executor = net.simple_bind(mx.cpu(), data=(100, 64))
    for name, array in executor.arg_dict.items():
        if name.endswith(("weight", "bias")):
            mx.init.Xavier()(name, array)
    update = mx.optimizer.get_updater(mx.optimizer.create("sgd", learning_rate=0.3, momentum=0.9, rescale_grad=0.01))
    for _ in range(15):
        for start in range(0, len(x), 100):
            executor.forward(is_train=True, data=x[start : start + 100], softmax_label=y[start : start + 100])
            executor.backward()
            for name in ("fc1_weight", "fc1_bias", "fc2_weight", "fc2_bias"):
                update(name, executor.grad_dict[name], executor.arg_dict[name])
    big = executor.reshape(data=(len(x_test), 64))
    predicted = big.forward(data=x_test)[0].asnumpy().argmax(1)
    assert (predicted == y_test).mean() > 0.92


def test_uninitialised_network_says_what_to_do() -> None:
    with pytest.raises(NetwrightError, match=r"not initialised.*Call initialize\(\)"):
        nn.Dense(3, in_units=2)(nd.ones((1, 2)))
