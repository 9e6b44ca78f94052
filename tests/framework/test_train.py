"""The training loop: learning, callbacks, validation, schedules, tasks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright import gluon, sym
from netwright.errors import CheckpointError, DataError, GraphError, NetwrightError, ParamError
from netwright.gluon import nn
from netwright.graph import DataSpec
from netwright.train import BlockTask, Callback, GraphTask, TrainSettings, TrainState, evaluate, fit

Arrays = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]
RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 6)).astype(np.float32)
CLASSES = (X[:, 0] + X[:, 1] > 0).astype(np.float32) + (X[:, 2] > 0.5)
VALUES = (X @ np.array([1, -2, 0.5, 0, 0, 3]) + 1).astype(np.float32)
BLOBS: Arrays = (X, CLASSES)
LINE: Arrays = (X, VALUES)


def node(name: str, op: str, params: dict[str, Any] | None = None, **inputs: str) -> dict[str, Any]:
    return {"id": name, "op": op, "params": params or {}, "inputs": inputs}


def classifier(dropout: float = 0.2) -> GraphTask:
    graph = {
        "nodes": [
            node("data", "Input"),
            node("fc1", "FullyConnected", {"num_hidden": 8}, data="data"),
            node("bn", "BatchNorm", data="fc1"),
            node("act", "Activation", {"act_type": "relu"}, data="bn"),
            node("drop", "Dropout", {"p": dropout}, data="act"),
            node("fc2", "FullyConnected", {"num_hidden": 3}, data="drop"),
            node("softmax", "SoftmaxOutput", data="fc2"),
        ]
    }
    return GraphTask(graph, DataSpec((6,), classes=3, label_shape=()))


def regressor() -> GraphTask:
    graph = {
        "nodes": [
            node("data", "Input"),
            node("fc", "FullyConnected", {"num_hidden": 1}, data="data"),
            node("out", "LinearRegressionOutput", data="fc"),
        ]
    }
    return GraphTask(graph, DataSpec((6,), label_shape=()))


def autoencoder() -> GraphTask:
    graph = {
        "nodes": [
            node("data", "Input"),
            node("code", "FullyConnected", {"num_hidden": 5}, data="data"),
            node("back", "FullyConnected", {"num_hidden": 6}, data="code"),
            node("out", "LinearRegressionOutput", data="back", label="data"),
        ]
    }
    return GraphTask(graph, DataSpec((6,), classes=3, label_shape=()))


def block(dropout: float = 0.2, *, hybridize: bool = True) -> BlockTask:
    net = nn.HybridSequential()
    net.add(nn.Dense(8, activation="relu"), nn.BatchNorm(), nn.Dropout(dropout), nn.Dense(3))
    return BlockTask(net, gluon.loss.SoftmaxCrossEntropyLoss(), hybridize=hybridize)


def settings(**more: Any) -> TrainSettings:
    return TrainSettings(
        **{
            "optimizer": "adam",
            "optimizer_params": {"learning_rate": 0.05},
            "batch_size": 16,
            "epochs": 3,
            "validation_split": 0.2,
            "device": "cpu",
            **more,
        }
    )


TASKS: dict[str, tuple[Callable[[], Any], Arrays]] = {
    "graph": (classifier, BLOBS),
    "block": (block, BLOBS),
    "values": (regressor, LINE),
    "autoencoder": (autoencoder, BLOBS),
}


def bits(task: Any) -> dict[str, bytes]:
    states = {f"optimizer/{n}": a for n, a in task.updater.arrays().items()}
    return {n: a.tobytes() for n, a in {**task.arrays(), **states}.items()}


# ---------------------------------------------------------------- learning
@pytest.mark.parametrize("make", [lambda: classifier(0.0), lambda: block(0.0), lambda: block(0.0, hybridize=False)])
def test_classes_are_learnt(make: Callable[[], Any]) -> None:
    result = fit(make(), BLOBS, settings=settings(epochs=60))
    assert result.completed
    assert result.metrics["train_accuracy"] > 0.84
    assert result.metrics["val_accuracy"] > 0.65
    assert result.history[-1]["train_loss"] < result.history[0]["train_loss"] / 3


def test_values_are_learnt() -> None:
    task = regressor()
    result = fit(task, LINE, settings=settings(epochs=60, optimizer="sgd", optimizer_params={"learning_rate": 0.1}))
    assert result.metrics["val_r2"] > 0.999
    np.testing.assert_allclose(task.weights["fc_weight"].asnumpy()[0], [1, -2, 0.5, 0, 0, 3], atol=0.05)
    assert evaluate(task, LINE)["mse"] < 1e-3


def test_values_are_learnt_by_blocks() -> None:
    task = BlockTask(nn.Dense(1), gluon.loss.L2Loss())
    assert task.task == "regression"
    fit(task, LINE, settings=settings(epochs=60, optimizer="sgd", optimizer_params={"learning_rate": 0.1}))
    assert evaluate(task, LINE)["r2"] > 0.999


def test_inputs_are_learnt_again() -> None:
    result = fit(autoencoder(), BLOBS, settings=settings(epochs=40))
    assert result.metrics["val_r2"] > 0.6
    assert result.metrics["val_mse"] < 0.5


def test_a_symbol_is_trained_like_a_graph() -> None:
    net = sym.FullyConnected(sym.Variable("data"), num_hidden=3, name="fc")
    task = GraphTask(sym.SoftmaxOutput(net, name="softmax"), DataSpec((6,)))
    assert task.network.weights == ["fc_weight", "fc_bias"]
    assert task.network.labels == ("softmax_label",)
    result = fit(task, BLOBS, settings=settings(epochs=20))
    assert result.metrics["train_accuracy"] > 0.8


# ---------------------------------------------------------------- what is measured
def test_metrics_are_those_of_the_whole_epoch() -> None:
    class Batches(Callback):
        def __init__(self) -> None:
            self.losses: list[float] = []

        def on_step(self, state: TrainState) -> None:
            self.losses.append(state.metrics["train_loss"])

    heard = Batches()
    x, y = X[:40], VALUES[:40]
    result = fit(regressor(), (x, y), settings=settings(epochs=1, validation_split=0, batch_size=15), callbacks=[heard])
    sizes = [15, 15, 10]
    assert result.history[0]["train_loss"] == pytest.approx(np.dot(heard.losses, sizes) / 40)
    assert "val_loss" not in result.metrics


@pytest.mark.parametrize("name", TASKS)
def test_evaluation_does_not_depend_on_the_batch_size(name: str) -> None:
    make, data = TASKS[name]
    task = make()
    fit(task, data, settings=settings(epochs=1))
    whole = evaluate(task, data, batch_size=90)
    for size in (1, 7, 64):
        parts = evaluate(task, data, batch_size=size)
        assert parts == pytest.approx(whole, rel=1e-4)


def test_measures_by_hand() -> None:
    task = regressor()
    fit(task, LINE, settings=settings(epochs=1))
    w, b = (task.weights[n].asnumpy() for n in ("fc_weight", "fc_bias"))
    error = X @ w[0] + b - VALUES
    found = evaluate(task, LINE)
    assert found["mse"] == pytest.approx((error**2).mean(), rel=1e-4)
    assert found["mae"] == pytest.approx(abs(error).mean(), rel=1e-4)
    assert found["r2"] == pytest.approx(1 - (error**2).sum() / ((VALUES - VALUES.mean()) ** 2).sum(), rel=1e-3)


def test_accuracy_of_one_probability() -> None:
    labels = (X[:, 0] > 0).astype(np.float32)
    for from_sigmoid in (False, True):
        net = nn.HybridSequential()
        net.add(nn.Dense(1), *([nn.Activation("sigmoid")] if from_sigmoid else []))
        task = BlockTask(net, gluon.loss.SigmoidBCELoss(from_sigmoid=from_sigmoid))
        fit(task, (X, labels), settings=settings(epochs=25))
        assert evaluate(task, (X, labels))["accuracy"] > 0.93


def test_accuracy_of_dense_labels() -> None:
    one_hot = np.eye(3, dtype=np.float32)[CLASSES.astype(int)]
    net = nn.Dense(3)
    task = BlockTask(net, gluon.loss.SoftmaxCELoss(sparse_label=False))
    fit(task, (X, one_hot), settings=settings(epochs=1))
    sparse = BlockTask(net, gluon.loss.SoftmaxCELoss())
    sparse.device = task.device
    assert evaluate(task, (X, one_hot)) == pytest.approx(evaluate(sparse, BLOBS), rel=1e-5)


# ---------------------------------------------------------------- callbacks
class Recorder(Callback):
    def __init__(self) -> None:
        self.heard: list[str] = []
        self.states: list[dict[str, Any]] = []

    def on_start(self, state: TrainState) -> None:
        self.heard.append("start")

    def on_step(self, state: TrainState) -> None:
        self.heard.append("step")
        self.states.append({"step": state.step, "epoch": state.epoch, "left": state.seconds_left, **state.metrics})

    def on_epoch(self, state: TrainState) -> None:
        self.heard.append("epoch")

    def on_checkpoint(self, state: TrainState) -> None:
        self.heard.append("checkpoint")
        assert state.checkpoint_bytes > 0

    def on_end(self, state: TrainState) -> None:
        self.heard.append("end")


def test_callbacks_hear_everything_in_order(tmp_path: Path) -> None:
    recorder = Recorder()
    fit(classifier(), BLOBS, settings=settings(epochs=2, batch_size=36), callbacks=[recorder], checkpoint=tmp_path)
    epoch = ["step", "step", "epoch", "checkpoint"]
    assert recorder.heard == ["start", *epoch, *epoch, "end"]
    assert [s["step"] for s in recorder.states] == [1, 2, 3, 4]
    assert [s["epoch"] for s in recorder.states] == [0.5, 1, 1.5, 2]
    assert all(s["lr"] == 0.05 for s in recorder.states)
    assert all(s["left"] >= 0 for s in recorder.states)
    assert recorder.states[-1]["left"] == 0
    assert "val_accuracy" not in recorder.states[0]
    assert "val_accuracy" in recorder.states[-1]


def test_a_callback_need_not_hear_everything() -> None:
    class OnlyEnd:
        ended = 0

        def on_end(self, state: TrainState) -> None:
            self.ended += 1

    callback = OnlyEnd()
    fit(regressor(), LINE, settings=settings(epochs=1), callbacks=[callback])
    assert callback.ended == 1


class StopAt(Callback):
    def __init__(self, step: int) -> None:
        self.step = step

    def on_step(self, state: TrainState) -> None:
        if state.step == self.step:
            state.request_stop()


def test_stopping() -> None:
    result = fit(classifier(), BLOBS, settings=settings(), callbacks=[StopAt(3)])
    assert (result.completed, result.steps) == (False, 3)
    assert result.history == []


def test_schedules_reach_the_optimizer() -> None:
    recorder = Recorder()
    scheduler = {"name": "cosine", "params": {"final_lr": 0.01}}
    chosen = settings(epochs=2, batch_size=36, scheduler=scheduler)
    fit(classifier(), BLOBS, settings=chosen, callbacks=[recorder])
    rates = [s["lr"] for s in recorder.states]
    assert rates == pytest.approx([0.01 + 0.04 * (1 + np.cos(np.pi * n / 4)) / 2 for n in range(4)])


# ---------------------------------------------------------------- data
def test_validation_data_are_held_out_by_the_seed() -> None:
    class Seen(GraphTask):
        def step(self, x: Any, y: Any) -> dict[str, float]:
            self.trained = [*getattr(self, "trained", []), *y.tolist()]
            return super().step(x, y)

        def evaluate(self, x: Any, y: Any) -> dict[str, float]:
            self.tested = [*getattr(self, "tested", []), *y.tolist()]
            return super().evaluate(x, y)

    def run(seed: int) -> Seen:
        base = regressor()
        task = Seen(base.network.symbol, base.data)
        fit(task, (X, np.arange(90, dtype=np.float32)), settings=settings(epochs=1, seed=seed))
        return task

    first, again, other = run(1), run(1), run(2)
    assert sorted(first.trained + first.tested) == list(range(90))
    assert len(first.tested) == 18
    assert first.trained == again.trained
    assert first.tested == again.tested
    assert sorted(first.tested) != sorted(other.tested)


def test_each_epoch_has_an_order_of_its_own() -> None:
    orders: list[list[float]] = [[]]

    class Watch(Callback):
        def on_epoch(self, state: TrainState) -> None:
            orders.append([])

    task = regressor()
    step = task.step
    task.step = lambda x, y: (orders[-1].extend(y.tolist()), step(x, y))[1]  # type: ignore[method-assign]
    fit(
        task, (X, np.arange(90, dtype=np.float32)), settings=settings(epochs=2, validation_split=0), callbacks=[Watch()]
    )
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(90))
    assert orders[0] != orders[1]


# ---------------------------------------------------------------- tasks
def test_a_task_can_be_trained_again() -> None:
    task = classifier()
    fit(task, BLOBS, settings=settings())
    first = bits(task)
    fit(task, BLOBS, settings=settings())
    assert bits(task) == first


def test_graph_tasks_say_what_they_are() -> None:
    task = classifier()
    assert task.task == "classification"
    assert (regressor().task, autoencoder().task) == ("regression", "regression")
    fit(task, BLOBS, settings=settings(epochs=1))
    assert task.parameters == 6 * 8 + 8 + 8 + 8 + 8 * 3 + 3
    assert task.plan(16).graph.inputs["data"].shape == (16, 6)
    assert {n.phase for n in task.plan(16, training=False).steps} == {"forward"}
    assert sorted(task.states) == ["bn_moving_mean", "bn_moving_var"]


def test_block_tasks_keep_weights_that_are_there() -> None:
    net = nn.Dense(3, in_units=6)
    net.initialize(mx.init.Constant(0.25))
    task = BlockTask(net, gluon.loss.SoftmaxCELoss())
    task.set_up(mx.cpu(), "", "xavier")
    assert set(net.weight.data().asnumpy().ravel()) == {0.25}
    assert (task.parameters, sorted(task.weights)) == (21, ["bias", "weight"])


def test_block_tasks_follow_the_parameters_own_settings() -> None:
    net = nn.HybridSequential()
    net.add(nn.Dense(4, in_units=6), nn.Dense(3, in_units=4))
    net[0].collect_params().setattr("grad_req", "null")
    net[1].bias.lr_mult = 0.0
    task = BlockTask(net, gluon.loss.SoftmaxCELoss())
    fit(task, BLOBS, settings=settings(epochs=1))
    assert sorted(task.weights) == ["1.bias", "1.weight"]
    assert sorted(task.arrays()) == ["0.bias", "0.weight", "1.bias", "1.weight"]
    assert (net[1].bias.data().asnumpy() == 0).all()


def test_block_tasks_share_weights_and_know_their_plan() -> None:
    net = nn.HybridSequential()
    first = nn.Dense(6, in_units=6)
    net.add(first, nn.Dense(6, in_units=6, params=first.params), nn.Dense(3))
    task = BlockTask(net, gluon.loss.SoftmaxCELoss())
    with pytest.raises(GraphError, match=r"there is no plan for a batch of 16 yet\. Train or evaluate such a batch"):
        task.plan(16)
    fit(task, BLOBS, settings=settings(epochs=1))
    assert sorted(task.weights) == ["0.bias", "0.weight", "2.bias", "2.weight"]
    assert "— backward —" in str(task.plan(16))
    assert not task.plan(16, training=False).graph.train


def test_other_losses_are_only_shown_themselves() -> None:
    task = BlockTask(nn.Dense(6), gluon.loss.CosineEmbeddingLoss())
    assert task.task == "loss"
    task = BlockTask(nn.Dense(1), gluon.loss.HingeLoss(), task="loss")
    result = fit(task, (X, np.sign(X[:, 0])), settings=settings(epochs=2))
    assert "val_loss" in result.metrics
    assert "val_accuracy" not in result.metrics


def test_a_symbol_with_several_inputs_says_what_is_fed() -> None:
    x, z, w = sym.Variable("x"), sym.Variable("z"), sym.Variable("w", shape=(1, 3))
    loss = sym.MakeLoss(sym.sum(sym.square(x - z * sym.broadcast_like(w, z)), axis=1), name="loss")
    task = GraphTask(loss, inputs={"x": (3,), "z": (3,)})
    task.set_up(mx.cpu(), "", "zeros")
    task.use(mx.optimizer.create("sgd", learning_rate=0.1))
    assert list(task.weights) == ["w"]
    z_values = np.array([[1, 2, 3], [2, 0, 1]], np.float32)
    x_values = z_values * np.array([0.5, -1, 2], np.float32)
    nothing = np.zeros((2, 0), np.float32)
    losses = [task.step((x_values, z_values), nothing)["loss"] for _ in range(60)]
    assert losses[0] == pytest.approx(float((x_values**2).sum()))
    assert losses[-1] < 1e-6
    np.testing.assert_allclose(task.weights["w"].asnumpy(), [[0.5, -1, 2]], atol=1e-4)
    assert task.evaluate([x_values, z_values], nothing)["loss"] < 1e-6
    with pytest.raises(DataError, match=r"an array for each input \(wanted x, z, got 1 arrays\)"):
        task.step((x_values,), nothing)
    with pytest.raises(GraphError, match=r"data: the symbol has no such variable \(wanted w, z, x, got data\)"):
        GraphTask(loss, inputs={"data": (3,)})


def test_the_accuracy_of_a_label_per_position() -> None:
    head = sym.SoftmaxOutput(sym.Variable("data"), name="softmax", preserve_shape=True)
    task = GraphTask(head, inputs={"data": (4, 3)})
    task.set_up(mx.cpu(), "", "zeros")
    scores = np.eye(3, dtype=np.float32)[np.array([[0, 1, 2, 0], [2, 2, 1, 0]])]
    label = np.array([[0, 1, 2, 1], [2, 2, 1, 0]], np.float32)
    sums = task.evaluate(scores, label)
    assert (sums["correct"], sums["labels"]) == (7, 8)


# ---------------------------------------------------------------- what is refused
@pytest.mark.parametrize(
    ("use", "kind", "words"),
    [
        (lambda: fit(classifier(), (X[:0], CLASSES[:0])), DataError, "the training data are empty"),
        (
            lambda: fit(classifier(), (X, CLASSES[:5])),
            DataError,
            r"the training data need one label for each sample \(wanted 90 labels, got 5\)",
        ),
        (lambda: fit(classifier(), BLOBS, (X, CLASSES[:5])), DataError, "the validation data need one label"),
        (lambda: evaluate(classifier(), (X[:0], CLASSES[:0])), DataError, "the evaluation data are empty"),
        (
            lambda: GraphTask({"nodes": [node("x", "Input", {"shape": [2]}), node("f", "Flatten", data="x")]}),
            GraphError,
            r"the network has no loss, so it cannot be trained\. Add SoftmaxOutput",
        ),
        (
            lambda: GraphTask(sym.LinearRegressionOutput(sym.Variable("a") + sym.Variable("b"), name="out")),
            GraphError,
            r"a data set feeds one Input \(wanted 1 Input node, got 2 Input nodes\)",
        ),
        (
            lambda: fit(GraphTask(sym.MakeLoss(sym.Variable("x"), name="l")), BLOBS, settings=settings()),
            GraphError,
            "x: the shape of a sample is not known",
        ),
        (lambda: fit(classifier(), BLOBS, settings=settings(optimizer="adma")), ParamError, "no optimizer 'adma'"),
        (lambda: fit(classifier(), BLOBS, settings=settings(device="gpu:99")), NetwrightError, "is not there"),
        (
            lambda: BlockTask(nn.Dense(1), gluon.loss.L2Loss(), task="clustering"),
            ParamError,
            r"BlockTask: unknown task \(wanted classification or regression or loss, got 'clustering'\)",
        ),
        (
            lambda: block().load_arrays({"0.weight": np.ones((8, 6))}),
            CheckpointError,
            r"a weight is missing",
        ),
        (lambda: TrainSettings(batch_size=0), ValueError, "greater than or equal to 1"),
        (lambda: TrainSettings(speed=1), ValueError, "Extra inputs are not permitted"),  # type: ignore[call-arg]
    ],
)
def test_refusals(use: Callable[[], Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        use()
