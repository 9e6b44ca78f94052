"""Trainer: updates by batch size, stale gradients, rates, states in files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright import autograd, gluon, nd
from netwright.errors import CheckpointError, DataError, NetwrightError, ParamError
from netwright.gluon import nn


def dense(value: float = 1.0, **kwargs: Any) -> nn.Dense:
    net = nn.Dense(1, in_units=2, use_bias=False, **kwargs)
    net.initialize(mx.init.Constant(value))
    return net


def backward(net: gluon.Block, rows: int = 4) -> None:
    with autograd.record():
        loss = net(nd.ones((rows, 2))).sum()
    loss.backward()


def weight(net: Any) -> list[float]:
    return net.weight.data().asnumpy().reshape(-1).tolist()  # type: ignore[no-any-return]


def test_step_divides_by_the_batch_size() -> None:
    net = dense()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.5})
    backward(net)
    trainer.step(4)
    assert weight(net) == [0.5, 0.5]
    backward(net)
    trainer.allreduce_grads()
    trainer.update(8)
    assert weight(net) == [0.25, 0.25]


def test_rescale_grad_of_the_optimizer_is_kept() -> None:
    net = dense()
    trainer = gluon.Trainer(net.collect_params(), mx.optimizer.SGD(learning_rate=1.0, rescale_grad=0.5))
    for _ in range(2):
        backward(net)
        trainer.step(4)
    assert weight(net) == [0, 0]


@pytest.mark.parametrize("hybridize", [False, True])
def test_momentum_and_decay(hybridize: bool) -> None:
    net = dense()
    net.hybridize(hybridize)
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1, "momentum": 0.9, "wd": 0.5})
    w, v = 1.0, 0.0
    for _ in range(3):
        backward(net, rows=2)
        trainer.step(2)
        v = 0.9 * v - 0.1 * (1 + 0.5 * w)
        w += v
        assert weight(net) == pytest.approx([w, w], rel=1e-5)


def test_multipliers_of_parameters() -> None:
    net = nn.Dense(1, in_units=1)
    net.initialize(mx.init.Zero())
    net.weight.lr_mult, net.bias.lr_mult = 2.0, 0.0
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1.0})
    with autograd.record():
        loss = net(nd.ones((1, 1))).sum()
    loss.backward()
    trainer.step(1)
    assert (weight(net), float(net.bias.data())) == ([-2], 0)


def test_frozen_parameters_stay() -> None:
    net = nn.Dense(1, in_units=2)
    net.initialize(mx.init.One())
    net.bias.grad_req = "null"
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1.0})
    backward(net)
    trainer.step(4)
    assert weight(net) == [0, 0]
    assert float(net.bias.data()) == 0


def test_adding_gradients_over_several_batches() -> None:
    net = dense()
    net.collect_params().setattr("grad_req", "add")
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1.0})
    for _ in range(2):
        backward(net, rows=1)
    trainer.step(4)
    assert weight(net) == [0.5, 0.5]
    net.zero_grad()
    backward(net, rows=1)
    trainer.step(4)
    assert weight(net) == [0.25, 0.25]


@pytest.mark.parametrize("hybridize", [False, True])
def test_a_stale_gradient_is_refused_unless_told(hybridize: bool) -> None:
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Dense(1, in_units=2), nn.Dense(1, in_units=2))
    net.initialize(mx.init.One())
    net.hybridize(hybridize)
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1.0})
    backward(net[0])
    with pytest.raises(NetwrightError, match=r"net_dense1_bias: its gradient was not computed since the last step\."):
        trainer.step(4)
    assert weight(net[0]) == [1, 1]  # nothing was updated
    trainer.step(4, ignore_stale_grad=True)
    assert weight(net[1]) == [1, 1]
    assert weight(net[0]) == [0, 0]
    backward(net[0])
    backward(net[1])
    trainer.step(4)
    with pytest.raises(NetwrightError, match="not computed since the last step"):
        trainer.step(4)


def test_shapes_may_still_be_unknown() -> None:
    net = nn.Dense(1, use_bias=False)
    net.initialize(mx.init.One())
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.1})
    backward(net)
    trainer.step(4)
    assert weight(net) == pytest.approx([0.9, 0.9], rel=1e-4)


def test_rates() -> None:
    net = dense()
    trainer = gluon.Trainer(net.collect_params(), "sgd")
    assert trainer.learning_rate == 0.01
    trainer.set_learning_rate(0.5)
    assert trainer.learning_rate == trainer.optimizer.lr == 0.5
    schedule = mx.lr_scheduler.FactorScheduler(step=1, factor=0.5, base_lr=1.0)
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1.0, "lr_scheduler": schedule})
    for wanted in (1.0, 1.0, 0.5, 0.25):
        assert trainer.learning_rate == wanted
        backward(net)
        trainer.step(4)


def test_one_update_counts_once() -> None:
    net = dense()
    trainer = gluon.Trainer(net.collect_params(), "adam")
    for _ in range(3):
        backward(net)
        trainer.step(4)
    assert trainer.optimizer.num_update == 3
    assert trainer.optimizer.count(0) == 3


# ---------------------------------------------------------------- files
@pytest.mark.parametrize("name", ["sgd", "adam", "nag"])
def test_states_are_saved_and_loaded(name: str, tmp_path: Path) -> None:
    file = str(tmp_path / "states")

    def fresh() -> tuple[Any, gluon.Trainer]:
        net = nn.Dense(2, in_units=2)
        net.initialize(mx.init.One())
        options = {"learning_rate": 0.1, **({} if name == "adam" else {"momentum": 0.9})}
        return net, gluon.Trainer(net.collect_params(), name, options)

    net, trainer = fresh()
    for _ in range(2):
        backward(net)
        trainer.step(4)
    trainer.save_states(file)
    other, again = fresh()
    other.weight.set_data(net.weight.data())
    other.bias.set_data(net.bias.data())
    again.load_states(file)
    for one, two in ((net, trainer), (other, again)):
        backward(one)
        two.step(4)
    np.testing.assert_array_equal(other.weight.data().asnumpy(), net.weight.data().asnumpy())
    assert again.optimizer.num_update == 3


def test_states_without_arrays(tmp_path: Path) -> None:
    file = str(tmp_path / "states")
    net = dense()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    backward(net)
    trainer.step(4)
    trainer.save_states(file)
    other = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.7})
    other.load_states(file)
    assert (other.optimizer.num_update, other.learning_rate) == (1, 0.1)


def test_files_that_hold_no_states(tmp_path: Path) -> None:
    trainer = gluon.Trainer(dense().collect_params(), "sgd")
    nd.save(str(tmp_path / "weights"), {"w": nd.ones((1,))})
    with pytest.raises(CheckpointError, match="weights: this file does not hold an optimizer's states"):
        trainer.load_states(str(tmp_path / "weights"))
    with pytest.raises(CheckpointError, match="nothing: the file cannot be read"):
        trainer.load_states(str(tmp_path / "nothing"))


# ---------------------------------------------------------------- what is refused
@pytest.mark.parametrize(
    ("use", "words"),
    [
        (lambda: gluon.Trainer([nd.ones((1,))], "sgd"), r"must hold Parameters \(got NDArray\)\. Pass net\.collect"),  # type: ignore[list-item]
        (
            lambda: gluon.Trainer(dense().collect_params(), mx.optimizer.SGD(), {"learning_rate": 1}),
            "optimizer_params go with an optimizer's name, not with an Optimizer",
        ),
        (lambda: gluon.Trainer(dense().collect_params(), "sdg"), "there is no optimizer 'sdg'"),
        (
            lambda: gluon.Trainer(dense().collect_params(), "sgd").step(0),
            r"gradients are divided by batch_size .*got 0",
        ),
    ],
)
def test_refusals(use: Callable[[], Any], words: str) -> None:
    with pytest.raises(ParamError, match=words):
        use()


# ---------------------------------------------------------------- gluon.utils
def test_split_and_load() -> None:
    x = nd.arange(10).reshape((5, 2))
    parts = gluon.utils.split_data(x, 2, even_split=False)
    assert [p.shape for p in parts] == [(3, 2), (2, 2)]  # MXNet 1.9.1 makes the first parts larger
    assert gluon.utils.split_data(x, 2, batch_axis=1)[1].shape == (5, 1)
    assert gluon.utils.split_and_load(np.ones((2, 2)), [mx.cpu()])[0].shape == (2, 2)
    with pytest.raises(NetwrightError, match=r"a batch of 5 cannot be split into 2 equal parts\. Use a batch size"):
        gluon.utils.split_data(x, 2)
    with pytest.raises(NetwrightError, match="a batch of 5 cannot be split into 6"):
        gluon.utils.split_data(x, 6, even_split=False)


def test_clip_global_norm() -> None:
    arrays = [nd.full((2,), 3), nd.full((2,), 4)]
    before = gluon.utils.clip_global_norm(arrays, 1.0)
    assert before == pytest.approx(np.sqrt(50))
    assert np.sqrt(sum(float((a * a).sum()) for a in arrays)) == pytest.approx(1.0, rel=1e-5)
    kept = [nd.ones((1,))]
    gluon.utils.clip_global_norm(kept, 5.0)
    assert float(kept[0]) == 1
    with pytest.warns(UserWarning, match="nan or inf is detected"):
        gluon.utils.clip_global_norm([nd.array([np.inf])], 1.0)
    with pytest.raises(NetwrightError, match="wanted at least one"):
        gluon.utils.clip_global_norm([], 1.0)


# ---------------------------------------------------------------- several devices; values as in MXNet 1.9.1
ONE, OTHER = mx.cpu(0), mx.cpu(1)


def on_two(optimizer_params: dict[str, Any], **kwargs: Any) -> tuple[gluon.Parameter, gluon.Trainer]:
    x = gluon.Parameter("x", shape=(3,))
    x.initialize(ctx=[ONE, OTHER], init="zeros")
    return x, gluon.Trainer([x], "sgd", optimizer_params, **kwargs)


def each(x: gluon.Parameter, loss: Any = lambda i, w: w + 1) -> None:
    with autograd.record():
        losses = [loss(i, w) for i, w in enumerate(x.list_data())]
    autograd.backward(losses)


def test_the_store_updates_all_devices_alike(tmp_path: Path) -> None:
    x, trainer = on_two({"learning_rate": 1.0, "momentum": 0.5})
    each(x)
    trainer.step(1)
    assert [w.asnumpy().tolist() for w in x.list_data()] == [[-2] * 3] * 2
    x.lr_mult = 0.5
    each(x)
    trainer.step(1)
    assert x.data(OTHER).asnumpy().tolist() == [-4] * 3
    trainer.save_states(str(tmp_path / "states"))
    trainer.load_states(str(tmp_path / "states"))
    each(x)
    trainer.step(1)
    assert x.data(OTHER).asnumpy().tolist() == [-6] * 3
    for refused in (trainer.allreduce_grads, lambda: trainer.update(1)):
        with pytest.raises(AssertionError, match=r"here the store updates\. Pass update_on_kvstore=False"):
            refused()


def test_gradients_are_summed_and_the_devices_update() -> None:
    x, trainer = on_two({"learning_rate": 1.0}, update_on_kvstore=False)
    each(x, lambda i, w: i * w)
    trainer.allreduce_grads()
    assert [g.asnumpy().tolist() for g in x.list_grad()] == [[1] * 3] * 2
    trainer.update(1)
    assert [w.asnumpy().tolist() for w in x.list_data()] == [[-1] * 3] * 2


def test_values_set_from_outside_reach_the_store() -> None:
    x, trainer = on_two({"learning_rate": 0.5})
    each(x)
    trainer.step(1)
    x.set_data(nd.zeros((3,)))
    each(x)
    trainer.step(1)
    assert x.data(ONE).asnumpy().tolist() == [-1] * 3


def test_what_a_trainer_refuses() -> None:
    x, y = gluon.Parameter("x", shape=(1,)), gluon.Parameter("y", shape=(1,))
    with pytest.raises(RuntimeError, match="x: it is not initialised"):
        gluon.Trainer([x], "sgd")
    x.initialize()
    y.initialize(ctx=OTHER)
    with pytest.raises(AssertionError, match=r"y: all parameters must lie on the same devices"):
        gluon.Trainer([x, y], "sgd")
    with pytest.raises(ValueError, match=r"the first argument must hold Parameters .*got str"):
        gluon.Trainer("x", "sgd")  # type: ignore[arg-type]
    with pytest.raises(UserWarning, match="x: its gradient was not computed since the last step"):
        gluon.Trainer([x], "sgd").step(1)

    class Plain(mx.kvstore.KVStore):
        @staticmethod
        def is_capable(capability: str) -> bool:
            return False

    _, trainer = on_two({}, kvstore=Plain(), update_on_kvstore=True)
    with pytest.raises(ValueError, match=r"the store cannot run an optimizer\. Pass update_on_kvstore=False"):
        trainer.allreduce_grads()


# ---------------------------------------------------------------- files
def test_files_are_fetched_once_and_checked(tmp_path: Path) -> None:
    source, folder = tmp_path / "a file.txt", tmp_path / "there"
    source.write_text("hello")
    sha1 = "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"
    assert gluon.utils.check_sha1(str(source), sha1)
    assert not gluon.utils.check_sha1(str(source), "0" * 40)
    folder.mkdir()
    name = gluon.utils.download(source.as_uri(), str(folder), sha1_hash=sha1)
    assert (Path(name).read_text(), Path(name).name) == ("hello", "a file.txt")
    source.write_text("changed")
    gluon.utils.download(source.as_uri(), str(folder))
    assert Path(name).read_text() == "hello"
    with pytest.raises(DataError, match=r"a file\.txt: what was fetched has another checksum"):
        gluon.utils.download(source.as_uri(), str(folder), overwrite=True, sha1_hash=sha1)
    assert [p.name for p in folder.iterdir()] == ["a file.txt"]
    gluon.utils.download(source.as_uri(), str(folder / "new" / "name"), overwrite=True)
    assert (folder / "new" / "name").read_text() == "changed"
    with pytest.raises(DataError, match=r"download: the file could not be fetched \(got file:///nothing"):
        gluon.utils.download("file:///nothing/here")
    with pytest.raises(DataError, match="unknown kind of address"):
        gluon.utils.download("ftp://example.org/x", str(tmp_path))
