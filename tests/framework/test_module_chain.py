"""Chains of modules, FeedForward, buckets in files. MXNET: values of MXNet 1.9.1 on the same inputs."""

from __future__ import annotations

import logging
import re
from collections import namedtuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright.errors import DataError, GraphError, NetwrightError, ParamError


def draw() -> tuple[Any, Any, dict[str, mx.nd.NDArray]]:
    drawn = np.random.RandomState(0)
    data = drawn.randn(100, 4).astype("f")
    weights = {
        "fc1_weight": mx.nd.array(drawn.randn(8, 4)),
        "fc1_bias": mx.nd.zeros(8),
        "fc2_weight": mx.nd.array(drawn.randn(2, 8)),
        "fc2_bias": mx.nd.zeros(2),
    }
    return data, (data[:, 0] > 0).astype("f"), weights


def lower() -> mx.sym.Symbol:
    x = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=8, name="fc1")
    return mx.sym.Activation(x, act_type="relu", name="relu1")


def upper(x: Any = None) -> mx.sym.Symbol:
    x = mx.sym.FullyConnected(mx.sym.Variable("data") if x is None else x, num_hidden=2, name="fc2")
    return mx.sym.SoftmaxOutput(x, name="softmax")


def chain() -> mx.mod.SequentialModule:
    made = mx.mod.SequentialModule()
    made.add(mx.mod.Module(lower(), label_names=[]))
    return made.add(mx.mod.Module(upper()), take_labels=True, auto_wiring=True)


SETTINGS = {"learning_rate": 0.1, "momentum": 0.9}


def test_a_chain_learns_like_one_module() -> None:
    data, labels, weights = draw()
    module = mx.mod.Module(upper(lower()))
    made = chain()
    for one in (module, made):
        rows = mx.io.NDArrayIter(data, labels, 10)
        one.fit(rows, num_epoch=2, arg_params=weights, aux_params={}, optimizer_params=SETTINGS)
    found, wanted = made.get_params()[0], module.get_params()[0]
    assert set(found) == set(wanted)
    for name, value in wanted.items():
        np.testing.assert_allclose(found[name].asnumpy(), value.asnumpy(), rtol=1e-5, atol=1e-6)
    assert (made.data_names, made.output_names) == (["data"], ["softmax_output"])
    assert [tuple(d) for d in made.data_shapes] == [("data", (10, 4))]
    assert [tuple(d) for d in made.label_shapes] == [("softmax_label", (10,))]
    assert made.output_shapes == [("softmax_output", (10, 2))]
    made.set_params({"fc2_bias": mx.nd.ones(2)}, {}, allow_missing=True)
    assert made.get_params()[0]["fc2_bias"].asnumpy().tolist() == [1, 1]
    np.testing.assert_allclose(made.get_params()[0]["fc1_weight"].asnumpy(), wanted["fc1_weight"].asnumpy(), rtol=1e-5)


def test_a_chain_hears_gradients_and_monitors() -> None:
    data, labels, weights = draw()
    made = chain()
    made.bind([("data", (5, 4))], [("softmax_label", (5,))], inputs_need_grad=True)
    made.bind([("data", (5, 4))])  # a second time it is only told
    made.init_params(arg_params=weights, aux_params={})
    made.init_optimizer()
    made.init_optimizer()
    monitor = mx.mon.Monitor(1, pattern=".*weight")
    made.install_monitor(monitor)
    monitor.tic()
    made.forward_backward(mx.io.DataBatch([mx.nd.array(data[:5])], [mx.nd.array(labels[:5])]))
    assert sorted(name for _, name, _ in monitor.toc()) == ["fc1_weight", "fc2_weight"]
    gradient = made.get_input_grads()[0]
    assert gradient.shape == (5, 4)
    assert float(abs(gradient).sum()) > 0


def test_a_loss_in_python() -> None:
    data, labels, _ = draw()
    rows = mx.io.NDArrayIter(data, labels, 10)
    score = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=1, name="fc3")
    loss = mx.mod.PythonLossModule(grad_func=lambda s, y: (s.reshape((-1,)) - y).reshape(s.shape).asnumpy())
    made = mx.mod.SequentialModule().add(mx.mod.Module(score, label_names=[]))
    made.add(loss, take_labels=True, auto_wiring=True)
    first = {"fc3_weight": mx.nd.ones((1, 4)), "fc3_bias": mx.nd.zeros(1)}
    made.fit(rows, num_epoch=3, eval_metric="mse", arg_params=first)
    found = made.get_params()[0]
    np.testing.assert_allclose(found["fc3_weight"].asnumpy(), [[0.7910, 0.7019, 0.6943, 0.7504]], atol=1e-4)  # MXNET
    np.testing.assert_allclose(found["fc3_bias"].asnumpy(), [0.1482], atol=1e-4)  # MXNET
    assert made.score(rows, "mse")[0][1] == pytest.approx(2.1161, abs=1e-3)  # MXNET
    assert (loss.output_names, loss.output_shapes) == (["pyloss_output"], [("pyloss_output", (10, 1))])


def test_modules_in_python_say_what_is_missing() -> None:
    loss = mx.mod.PythonLossModule()
    wrong = [
        (lambda: loss.bind([("x", (2, 1))]), r"wanted \['data'\], got \['x'\]"),
        (lambda: loss.bind([("data", (2, 1))], grad_req="add"), "wanted write, got add"),
        (lambda: mx.mod.PythonModule(["data"], None, ["out"]).bind([("data", (2,))]), "_compute_output_shapes"),
        (lambda: mx.mod.PythonLossModule(data_names=["a", "b"]), "a loss takes one input and one label"),
        (lambda: mx.mod.PythonLossModule(grad_func=3), "the gradient is a function"),  # type: ignore[arg-type]
        (lambda: mx.mod.SequentialModule().add(loss, take_lables=True), "'take_lables' is not known"),
        (lambda: mx.mod.SequentialModule().bind([("data", (2,))]), "the chain is empty"),
        (
            lambda: mx.mod.SequentialModule().add(loss).bind([("data", (2,))], shared_module=loss),
            "shares with no other",
        ),
    ]
    for act, words in wrong:
        with pytest.raises(NetwrightError, match=words):
            act()
    loss.bind([("data", (2, 1))], for_training=False)
    loss.forward(mx.io.DataBatch([mx.nd.ones((2, 1))]))
    with pytest.raises(GraphError, match="for_training=True"):
        loss.backward()
    with pytest.raises(ParamError, match="takes no gradients from above"):
        loss.backward(mx.nd.ones(1))
    loss.bind([("data", (2, 1))], force_rebind=True)
    with pytest.raises(NetwrightError, match=r"pyloss: the loss has no gradient\. Pass grad_func"):
        loss.backward()


def test_names_are_used_once_in_a_chain() -> None:
    made = mx.mod.SequentialModule().add(mx.mod.Module(lower(), label_names=None))
    made.add(mx.mod.Module(lower(), label_names=None), auto_wiring=True)
    made.bind([("data", (2, 4))])
    with pytest.raises(GraphError, match="modules 0 and 1 both have a weight 'fc1_weight'"):
        made.init_params()


# ---------------------------------------------------------------- FeedForward
@pytest.mark.parametrize(
    ("epochs", "momentum", "wanted"), [(1, 0.0, 0.3516), (2, 0.0, 0.2546), (1, 0.9, 0.2043), (2, 0.9, 0.1175)]
)
def test_feed_forward_learns_as_in_mxnet(epochs: int, momentum: float, wanted: float) -> None:
    data, labels, weights = draw()
    rows = mx.io.NDArrayIter(data, labels, 10)
    model = mx.model.FeedForward(
        upper(lower()), num_epoch=epochs, learning_rate=0.1, momentum=momentum, arg_params=weights
    )
    list(rows)  # an iterator that was read is begun anew
    model.fit(rows)
    assert model.score(rows, "ce") == pytest.approx(wanted, abs=1e-4)  # MXNET


def test_feed_forward_predicts_and_is_kept(tmp_path: Path) -> None:
    data, labels, weights = draw()
    model = mx.model.FeedForward.create(
        upper(lower()),
        data,
        labels,
        num_epoch=1,
        learning_rate=0.1,
        arg_params={**weights, "more": mx.nd.ones(1)},
        allow_extra_params=True,
        numpy_batch_size=30,
        eval_data=(data, labels.reshape(-1, 1)),
    )
    assert model.arg_params is not None
    assert sorted(model.arg_params) == sorted(weights)
    found = model.predict(data)
    assert (type(found), found.shape) == (np.ndarray, (100, 2))
    rows = mx.io.NDArrayIter(data, labels, 30)
    outputs, inputs, targets = model.predict(rows, return_data=True)
    np.testing.assert_allclose(outputs, found, rtol=1e-5)
    np.testing.assert_array_equal(inputs, data)
    np.testing.assert_array_equal(targets, labels)
    assert model.predict(rows, num_batch=2).shape == (60, 2)
    seen: list[int] = []
    model.score(rows, batch_end_callback=lambda p: seen.append(p.nbatch), num_batch=3)
    assert seen == [0, 1, 2]
    model.save(str(tmp_path / "net"))
    again = mx.model.FeedForward.load(str(tmp_path / "net"), 1)
    np.testing.assert_array_equal(again.predict(data), found)
    assert again.begin_epoch == 1


def test_an_epoch_may_have_a_size() -> None:
    data, labels, weights = draw()
    rows = mx.io.NDArrayIter(data, labels, 10)
    model = mx.model.FeedForward(upper(lower()), num_epoch=1, epoch_size=3, learning_rate=0.1, arg_params=weights)
    model.fit(rows)
    assert model.score(rows, "ce") == pytest.approx(0.4942, abs=1e-4)  # MXNET


def test_feed_forward_says_what_is_wrong() -> None:
    data, labels, _ = draw()
    model = mx.model.FeedForward(upper(lower()), num_epoch=1)
    for act, words in (
        (lambda: model.fit(data), "labels are needed to train"),
        (lambda: model.fit(data, labels[:3]), "wanted 100, got 3"),
        (lambda: model.fit(data, np.zeros((100, 2))), r"got \(100, 2\)"),
        (lambda: model.fit("rows"), "data is a DataIter or an array"),
        (lambda: model.fit(data, labels, eval_data=data), "evaluation data is a DataIter or"),
    ):
        with pytest.raises(DataError, match=words):
            act()
    with pytest.raises(GraphError, match="there are no weights yet"):
        model.predict(data)
    model.num_epoch = None
    with pytest.raises(ParamError, match="the number of the epoch is needed"):
        model.save("nowhere")


# ---------------------------------------------------------------- Module, further
def test_fit_tells_callbacks_its_variables(caplog: pytest.LogCaptureFixture) -> None:
    data, labels, weights = draw()
    seen: list[Any] = []
    rows = mx.io.NDArrayIter(data, labels, 25)
    module = mx.mod.Module(upper(lower()))
    caplog.set_level(logging.INFO)
    module.fit(
        rows,
        num_epoch=1,
        arg_params=weights,
        batch_end_callback=[mx.callback.Speedometer(25, 2), lambda p: seen.append(p)],
    )
    assert [p.nbatch for p in seen] == [0, 1, 2, 3]
    assert {"self", "epoch", "nbatch", "data_batch", "train_data", "eval_metric"} <= set(seen[0].locals)
    assert seen[0].locals["self"] is module
    lines = [r.getMessage() for r in caplog.records]
    assert lines[0].startswith("Epoch[0] Batch [0-2]\tSpeed: ")
    assert "samples/sec\taccuracy=" in lines[0]
    assert lines[1].startswith("Epoch[0] Train-accuracy=0.")
    assert lines[2].startswith("Epoch[0] Time cost=")
    list(rows)
    with pytest.raises(DataError, match=r"fit: the training data give no batch\. Call reset\(\) on them first"):
        module.fit(rows, num_epoch=1)


def test_set_params_leaves_what_is_not_given() -> None:
    module = mx.mod.Module(lower(), label_names=None)
    module.bind([("data", (2, 4))])
    module.init_params(mx.init.One())
    assert module.label_shapes is None
    module.set_params({"fc1_weight": mx.nd.ones((8, 4)) * 4, "other": mx.nd.ones(1)}, {}, True, allow_extra=True)
    found = module.get_params()[0]
    assert (found["fc1_weight"].asnumpy().max(), found["fc1_bias"].asnumpy().max()) == (4, 0)
    with pytest.raises(ValueError, match="the symbol has no weight 'other'"):  # MXNet's kind of error
        module.set_params({"other": mx.nd.ones(1)}, {}, allow_missing=True)
    with pytest.raises(RuntimeError, match="its value is not among those given"):  # MXNet's kind of error
        module.set_params({"fc1_weight": mx.nd.ones((8, 4))}, {})
    whole = {"fc1_weight": mx.nd.ones((8, 4)), "fc1_bias": mx.nd.ones(8), "other": mx.nd.ones(1)}
    module.set_params(whole, {})  # as in MXNet, extra weights do not matter where none is missing
    with pytest.warns(UserWarning, match="the values given are not used"):
        module.set_params(whole, {}, allow_missing=True, force_init=False)


def test_optimizers_made_outside_are_looked_at() -> None:
    module = mx.mod.Module(lower(), label_names=None)
    module.bind([("data", (2, 4))])
    module.init_params()
    with pytest.warns(UserWarning, match=r"rescale_grad is 1\.0, not 1/batch size = 0\.5"):
        module.init_optimizer(optimizer=mx.optimizer.SGD())
    with pytest.raises(TypeError, match="the store is a KVStore, its name or None"):
        module.init_optimizer(kvstore=3, force_init=True)
    with pytest.raises(ParamError, match="the data's gradients are for training"):
        module.bind([("data", (2, 4))], for_training=False, inputs_need_grad=True, force_rebind=True)


@pytest.mark.parametrize("store", ["local", "device", "teststore", None])
def test_every_store_trains_alike(store: str | None) -> None:
    data, labels, weights = draw()
    module = mx.mod.Module(upper(lower()), context=[mx.cpu(0), mx.cpu(1)])
    rows = mx.io.NDArrayIter(data, labels, 10)
    if store is None:
        own = mx.kv.TestStore()
        module.fit(rows, kvstore=own, num_epoch=1, arg_params=weights, optimizer_params=SETTINGS)
    else:
        module.fit(rows, kvstore=store, num_epoch=1, arg_params=weights, optimizer_params=SETTINGS)
    assert module.score(rows, "ce")[0][1] == pytest.approx(0.2043, abs=1e-3)  # as one device does (MXNET)
    assert (module._updater is None) is (store in ("local", "device"))


def test_batches_cut_for_the_devices() -> None:
    data, labels, weights = draw()
    module = mx.mod.Module(upper(lower()), context=[mx.cpu(0), mx.cpu(1)])
    module.bind([("data", (10, 4))], [("softmax_label", (10,))])
    module.init_params(arg_params=weights)
    x, y = mx.nd.array(data[:10]), mx.nd.array(labels[:10])
    module.forward(mx.io.DataBatch([x], [y]), is_train=False)
    wanted = module.get_outputs()[0].asnumpy()
    parts = [mx.io.DataBatch([x[:5]], [y[:5]]), mx.io.DataBatch([x[5:]], [y[5:]])]
    module.forward(parts, is_train=False)  # type: ignore[arg-type]
    np.testing.assert_allclose(module.get_outputs()[0].asnumpy(), wanted, rtol=1e-6)
    measure = mx.metric.Accuracy()
    module.update_metric(measure, [[y[:5]], [y[5:]]], pre_sliced=True)
    assert measure.num_inst == 10
    assert len(module._exec_group.execs) == 2  # type: ignore[union-attr]


# ---------------------------------------------------------------- buckets
def unrolled(length: int) -> tuple[mx.sym.Symbol, tuple[str], tuple[str]]:
    x = mx.sym.Embedding(mx.sym.Variable("data"), input_dim=7, output_dim=5, name="embed")
    x = mx.sym.FullyConnected(mx.sym.mean(x, axis=1), num_hidden=3, name="fc")
    return mx.sym.SoftmaxOutput(x, name="softmax"), ("data",), ("softmax_label",)


def bucket(length: int) -> mx.io.DataBatch:
    shapes = [mx.io.DataDesc("data", (4, length))], [mx.io.DataDesc("softmax_label", (4,))]
    data = mx.nd.array(np.arange(4 * length).reshape(4, length) % 7)
    return mx.io.DataBatch([data], [mx.nd.zeros(4)], 0, None, length, *shapes)


def test_buckets_are_kept_in_files(tmp_path: Path) -> None:
    prefix = str(tmp_path / "net")
    module = mx.mod.BucketingModule(unrolled, default_bucket_key=6)
    module.bind([("data", (4, 6))], [("softmax_label", (4,))])
    module.init_params(mx.init.Xavier())
    module.init_optimizer()
    for length in (6, 3):
        module.forward_backward(bucket(length))
        module.update()
    module.save_checkpoint(prefix, 2)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "net-0002.params",
        "net-3-symbol.json",
        "net-6-symbol.json",
        "net.buckets",
    ]
    wanted = []
    for length in (6, 3):
        module.forward(bucket(length), is_train=False)
        wanted.append(module.get_outputs()[0].asnumpy())
    again = mx.mod.BucketingModule.load(prefix, 2, unrolled, default_bucket_key=6)
    again.bind([("data", (4, 6))], [("softmax_label", (4,))], for_training=False)
    for length, want in zip((6, 3), wanted, strict=True):
        again.forward(bucket(length), is_train=False)
        np.testing.assert_array_equal(again.get_outputs()[0].asnumpy(), want)
    for missing in ("sym_gen", "sym_dict"):
        with pytest.raises(ParamError, match=f"{missing} is needed"):
            mx.mod.BucketingModule.load_dict(None if missing == "sym_dict" else {}, None, 6, {}, {})
    assert again.get_states() == []


# ---------------------------------------------------------------- as MXNet's own programs use modules
def test_a_batch_may_be_a_named_tuple_with_data_alone() -> None:
    """The way MXNet's tutorials predict."""
    Batch = namedtuple("Batch", ["data"])
    module = mx.mod.Module(mx.sym.Variable("data") * 2, label_names=None)
    module.bind(data_shapes=[("data", (1, 10))])
    module.init_params()
    for shape in ((1, 10), (3, 5)):
        module.forward(Batch([mx.nd.ones(shape)]))  # type: ignore[arg-type]
        assert module.get_outputs()[0].shape == shape


def test_layouts_cut_the_batch_where_they_say() -> None:
    symbol = mx.sym.Activation(mx.sym.Variable("data"), act_type="relu", __layout__="TNC")
    module = mx.mod.Module(symbol, ("data",), None, context=[mx.cpu(0), mx.cpu(1)])
    module.bind([mx.io.DataDesc("data", (3, 8, 7), "float16", layout="TNC")], inputs_need_grad=True)
    module.init_params()
    data = mx.nd.random.uniform(-1, 1, (3, 8, 7), dtype="float16")
    module.forward(mx.io.DataBatch([data], None))
    module.backward([mx.nd.ones((3, 8, 7), dtype="float16")])
    assert [part.shape for part in module.get_outputs(merge_multi_context=False)[0]] == [(3, 4, 7)] * 2
    (output,), (gradient,) = module.get_outputs(), module.get_input_grads()
    np.testing.assert_array_equal(output.asnumpy(), np.maximum(data.asnumpy(), 0))
    np.testing.assert_array_equal(gradient.asnumpy(), data.asnumpy() > 0)
    assert output.dtype is np.float16


def test_multipliers_of_an_operator_are_those_of_its_weights() -> None:
    """The dictionaries are MXNet 1.9.1's."""
    bias = mx.sym.Variable("fc1_bias", lr_mult=1.0)
    x = mx.sym.FullyConnected(mx.sym.Variable("data"), bias=bias, name="fc1", num_hidden=10, lr_mult=0)
    x = mx.sym.FullyConnected(x, name="fc2", num_hidden=10, wd_mult=0.5)
    module = mx.mod.Module(x, label_names=None)
    module.bind([("data", (5, 10))])
    module.init_params(mx.init.Uniform(1.0))
    module.init_optimizer(optimizer_params={"learning_rate": 1.0})
    optimizer = module._optimizer
    assert optimizer is not None
    assert optimizer.lr_mult == {"fc1_bias": 1.0, "fc1_weight": 0.0}
    assert optimizer.wd_mult == {"fc2_bias": 0.5, "fc2_weight": 0.5, "fc1_bias": 0.0}
    before = {n: a.asnumpy() for n, a in module.get_params()[0].items()}
    module.forward(mx.io.DataBatch([mx.nd.random.uniform(-1, 1, (5, 10))]), is_train=True)
    module.backward(module.get_outputs())
    module.update()
    after = {n: a.asnumpy() for n, a in module.get_params()[0].items()}
    np.testing.assert_array_equal(after["fc1_weight"], before["fc1_weight"])
    assert abs(after["fc2_weight"] - before["fc2_weight"]).max() > 0.1


def test_monitors_write_numbers_as_the_arrays_hold_them() -> None:
    module = mx.mod.Module(lower(), label_names=None)
    module.bind([("data", (2, 4))])
    module.init_params(mx.init.Constant(0.1))
    monitor = mx.mon.Monitor(1, stat_func=lambda a: mx.nd.sum(a) / a.size, pattern="fc1_weight", sort=True)
    module.install_monitor(monitor)
    monitor.tic()
    module.forward(mx.io.DataBatch([mx.nd.ones((2, 4))]), is_train=False)
    assert monitor.toc() == [(1, "fc1_weight", "0.1\t")]


class Fixed(mx.metric.EvalMetric):
    """Two values that never change; counts its local resets."""

    resets = 0

    def get(self) -> tuple[list[str], list[float]]:
        return ["a", "b"], [1.5, 2.0]

    def reset_local(self) -> None:
        super().reset_local()
        self.resets += 1


def test_callbacks_log_as_mxnet_does(caplog: pytest.LogCaptureFixture) -> None:
    """The lines are MXNet 1.9.1's."""
    caplog.set_level(logging.INFO)
    metric = Fixed("fixed")

    def lines(callback: Any, count: int, measure: Any = metric) -> list[str]:
        caplog.clear()
        for i in range(count):
            callback(mx.model.BatchEndParam(1, i, measure, None))
        return [re.sub(r"Speed: \S+", "Speed: S", r.getMessage()) for r in caplog.records]

    rate, values = "\tSpeed: S samples/sec", "\ta=1.500000\tb=2.000000"
    before = metric.resets
    assert lines(mx.callback.Speedometer(10, 3), 8) == [
        f"Epoch[1] Batch [0-3]{rate}{values}",
        f"Epoch[1] Batch [3-6]{rate}{values}",
    ]
    assert metric.resets == before + 2
    assert lines(mx.callback.Speedometer(10, 3, auto_reset=False), 8) == [
        f"Epoch[1] Batch [0-3]{rate}{values}",
        f"Epoch[1] Batch [0-6]{rate}{values}",
    ]
    assert lines(mx.callback.Speedometer(10, 2), 4, None) == [f"Iter[1] Batch [2]{rate}"]
    assert lines(mx.callback.ProgressBar(2, 8), 3) == ["[--------] 0%\r", "[====----] 50%\r", "[========] 100%\r"]
    assert lines(mx.callback.log_train_metric(2), 3) == [
        f"Iter[1] Batch[{i}] Train-{value}" for i in (0, 2) for value in ("a=1.500000", "b=2.000000")
    ]
    assert lines(mx.callback.LogValidationMetricsCallback(), 1) == [
        "Epoch[1] Validation-a=1.500000",
        "Epoch[1] Validation-b=2.000000",
    ]
    assert lines(mx.callback.LogValidationMetricsCallback(), 1, None) == []


def test_monitors_see_the_backward_pass() -> None:
    """The statistics are MXNet 1.9.1's, which gives whatever lies in memory for the data and the label."""
    x = mx.sym.Variable("data")
    for i in range(2):
        x = mx.sym.FullyConnected(x, num_hidden=2, name=f"fc_{i}")
        x = mx.sym.Activation(x, act_type="sigmoid", name=f"act_{i}")
    x = mx.sym.LinearRegressionOutput(x, name="softmax", grad_scale=2)
    rows = mx.io.NDArrayIter(mx.nd.array([[0.05, 0.10]]), mx.nd.array([[0.01, 0.99]]), 1)
    monitor = mx.mon.Monitor(1, stat_func=lambda a: mx.nd.sum(mx.nd.abs(a)) / a.size, sort=True)
    module = mx.mod.Module(x)
    module.bind(rows.provide_data, rows.provide_label)
    module.install_monitor(monitor)
    weights = {
        "fc_0_weight": mx.nd.array([[0.15, 0.20], [0.25, 0.30]]),
        "fc_0_bias": mx.nd.array([0.35, 0.35]),
        "fc_1_weight": mx.nd.array([[0.40, 0.45], [0.50, 0.55]]),
        "fc_1_bias": mx.nd.array([0.60, 0.60]),
    }
    module.init_params(arg_params=weights)
    monitor.tic()
    module.forward_backward(next(rows))
    found = {name: float(text) for _, name, text in monitor.toc()}
    kinds = ("act_0", "act_1", "data", "fc_0", "fc_1", "softmax")
    assert [sum(name.startswith(kind) for name in found) for kind in kinds] == [2, 2, 1, 6, 6, 4]
    wanted = {
        "act_0_output": 0.59507716,
        "act_0_backward_output": 0.009362806,
        "act_1_backward_output": 0.088298395,
        "fc_0_backward_output1": 0.00070221035,
        "fc_0_backward_output2": 0.009362806,
        "fc_1_backward_output0": 0.038860314,
        "fc_1_backward_output1": 0.05254436,
        "softmax_backward_output0": 0.4792183,
    }
    assert {name: found[name] for name in wanted} == pytest.approx(wanted, rel=1e-4)
    assert found["softmax_backward_output1"] == 0
    executor = module._exec_group.execs[0]  # type: ignore[union-attr]
    np.testing.assert_allclose(abs(executor.grad_dict["fc_0_bias"].asnumpy()).mean(), 0.009362806, rtol=1e-4)
