"""Estimator and its event handlers; what they give and refuse is MXNet 1.9.1's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright import autograd, gluon, nd
from netwright.errors import CheckpointError
from netwright.gluon import nn
from netwright.gluon.contrib.estimator import (
    BatchBegin,
    BatchEnd,
    BatchProcessor,
    CheckpointHandler,
    EarlyStoppingHandler,
    EpochBegin,
    EpochEnd,
    Estimator,
    GradientUpdateHandler,
    LoggingHandler,
    MetricHandler,
    TrainBegin,
    TrainEnd,
    ValidationHandler,
)


def loader(samples: int = 12, batch_size: int = 4) -> gluon.data.DataLoader:
    data = np.random.default_rng(0).normal(size=(samples, 3)).astype(np.float32)
    return gluon.data.DataLoader(gluon.data.ArrayDataset(data, data[:, 0] > 0), batch_size)


def made(net: Any = None, loss: Any = None, **kwargs: Any) -> Estimator:
    net = net if net is not None else nn.Dense(2)
    if "initializer" not in kwargs:
        net.initialize(mx.init.Normal(0.1))
    if "trainer" not in kwargs:
        kwargs["trainer"] = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.5})
    return Estimator(net, loss or gluon.loss.SoftmaxCrossEntropyLoss(), **kwargs)


def test_fitting_learns_and_validates(capsys: pytest.CaptureFixture[str]) -> None:
    estimator = made()
    estimator.fit(loader(), loader(), epochs=20)
    assert [m.name for m in estimator.train_metrics] == ["training accuracy", "training softmaxcrossentropyloss"]
    assert [m.name for m in estimator.val_metrics] == ["validation accuracy", "validation softmaxcrossentropyloss"]
    assert [m.get()[1] for m in (estimator.train_metrics[0], estimator.val_metrics[0])] == [1, 1]
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Training begin: using optimizer SGD with current learning rate 0.5000 "
    assert lines[1] == "Train for 20 epochs."
    assert re.fullmatch(r"\[Epoch 19\] Finished in .*s, training accuracy: 1.0000, training softmax.*", lines[-2])
    assert re.fullmatch(r"Train finished using total 0s with 20 epochs\. training accuracy: 1.0000, .*", lines[-1])


def test_batches_instead_of_epochs() -> None:
    seen: list[int] = []

    class Count(BatchEnd):
        def batch_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> bool:
            seen.append(kwargs["loss"][0].shape[0])
            return False

    made().fit(loader(10), batches=5, event_handlers=[Count()])
    assert seen == [4, 4, 2, 4, 4]


def test_several_devices_and_a_processor() -> None:
    class Twice(BatchProcessor):
        def fit_batch(self, estimator: Estimator, train_batch: Any, batch_axis: int = 0) -> Any:
            data, label = self._get_data_and_label(train_batch, estimator.context, batch_axis)
            with autograd.record():
                pred = [estimator.net(x * 2) for x in data]
                loss = [estimator.loss(p, y) for p, y in zip(pred, label, strict=True)]
            autograd.backward(loss)
            return data, label, pred, loss

    net, devices = nn.Dense(2), [mx.cpu(0), mx.cpu(1)]
    net.initialize(ctx=devices)
    trainer = gluon.Trainer(net.collect_params(), "sgd")
    estimator = Estimator(net, gluon.loss.SoftmaxCELoss(), context=devices, trainer=trainer, batch_processor=Twice())
    estimator.fit(loader(), loader(), epochs=1)
    np.testing.assert_array_equal(*(w.asnumpy() for w in net.weight.list_data()))


def test_initialisation_and_trainer_by_default() -> None:
    net = nn.HybridSequential()
    net.add(nn.Dense(2, in_units=3), nn.Dense(2))
    net[0].initialize(mx.init.One())
    with pytest.warns(UserWarning, match="No trainer specified, default SGD"):
        estimator = made(net, initializer=mx.init.Zero(), trainer=None)
    estimator.evaluate(loader())
    assert float(net[0].weight.data().sum()) == 6  # what was made stays
    assert float(net[1].weight.data().sum()) == 0
    with pytest.warns(UserWarning, match="Network already fully initialized"):
        made(net, initializer=mx.init.Zero())


@pytest.mark.parametrize(
    ("kwargs", "words"),
    [
        ({"loss": "mse"}, "this is no loss"),
        ({"trainer": "sgd"}, "this is no trainer"),
        ({"train_metrics": "acc"}, "these are no metrics"),
        ({"context": "cpu"}, "unknown context"),
        ({"context": [mx.gpu(77)]}, r"the device is not there .*gpu\(77\)"),
        ({"batch_processor": "x"}, r"batch_processor has no fit_batch\(\)"),
    ],
)
def test_what_an_estimator_refuses(kwargs: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        made(**kwargs)


def test_what_fit_refuses() -> None:
    estimator = made()
    for given in ({}, {"epochs": 1, "batches": 1}):
        with pytest.raises(ValueError, match="the length is given in epochs or in batches"):
            estimator.fit(loader(), **given)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"an estimator reads a DataLoader \(got list\)"):
        estimator.fit([nd.ones((1, 3))], epochs=1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="event_handlers holds something else"):
        estimator.fit(loader(), epochs=1, event_handlers=[3])
    with pytest.raises(ValueError, match=r"LoggingHandler: the handler has a metric that is not the estimator's"):
        estimator.fit(loader(), epochs=1, event_handlers=[LoggingHandler(metrics=[mx.metric.RMSE()])])
    with pytest.raises(ValueError, match="unknown log_interval"):
        LoggingHandler(log_interval="batch")


def test_events_and_their_order() -> None:
    seen: list[str] = []

    class All(TrainBegin, EpochBegin, BatchBegin, BatchEnd, EpochEnd, TrainEnd):
        def __getattribute__(self, name: str) -> Any:
            if name.endswith(("_begin", "_end")):
                return lambda *args, **kwargs: seen.append(f"{name} {','.join(sorted(kwargs))}".strip())
            return super().__getattribute__(name)

    estimator = made()
    estimator.fit(loader(4), epochs=1, event_handlers=All())
    assert seen == [
        *("train_begin", "epoch_begin", "batch_begin batch", "batch_end batch,label,loss,pred", "epoch_end"),
        "train_end",
    ]
    handlers = estimator._prepare_default_handlers(None, [EarlyStoppingHandler(estimator.val_metrics[0])])
    names = [type(handler).__name__ for handler in handlers]
    assert (names[:2], names[-1]) == (["GradientUpdateHandler", "MetricHandler"], "LoggingHandler")
    own = [GradientUpdateHandler(), MetricHandler(estimator.train_metrics), ValidationHandler(loader(), print)]
    assert len(estimator._prepare_default_handlers(loader(), own)) == 5


def test_validation_every_so_many_batches() -> None:
    calls: list[int] = []
    handler = ValidationHandler(loader(), lambda **kwargs: calls.append(1), epoch_period=None, batch_period=2)
    made().fit(loader(20), epochs=2, event_handlers=[handler])
    assert (len(calls), handler.current_batch, handler.current_epoch) == (5, 10, 2)


def test_a_network_of_its_own_for_validation() -> None:
    net = nn.HybridSequential()
    with net.name_scope():
        net.add(nn.Dense(2))
    shared = nn.HybridSequential(params=net.collect_params())
    with shared.name_scope():
        shared.add(nn.Dense(2))
    estimator = made(net, val_net=shared, val_loss=gluon.loss.SoftmaxCrossEntropyLoss())
    estimator.fit(loader(), loader(), epochs=1)
    assert shared[0].weight is net[0].weight
    with pytest.raises(RuntimeError, match="it is not initialised"):
        made(val_net=nn.Dense(2)).evaluate(loader())


def test_early_stopping(capsys: pytest.CaptureFixture[str]) -> None:
    estimator = made()
    accuracy = estimator.train_metrics[0]
    stop = EarlyStoppingHandler(accuracy, patience=2, mode="min", baseline=0.0)
    estimator.fit(loader(), epochs=9, event_handlers=[stop])
    assert (stop.current_epoch, stop.stopped_epoch, stop.wait) == (2, 1, 2)
    assert "[Epoch 1] EarlyStoppingHandler: training accuracy does not improve" in capsys.readouterr().out
    estimator.fit(loader(), epochs=2, event_handlers=[EarlyStoppingHandler(accuracy, patience=5)])
    with pytest.raises(ValueError, match="what is watched is one metric"):
        EarlyStoppingHandler(mx.metric.CompositeEvalMetric())
    with pytest.warns(RuntimeWarning, match="unknown mode 'best', auto is used"):
        assert EarlyStoppingHandler(accuracy, mode="best")._best.rises
    assert not EarlyStoppingHandler(estimator.train_metrics[1])._best.rises


def test_the_log_of_batches(capsys: pytest.CaptureFixture[str]) -> None:
    estimator = made()
    estimator.fit(loader(20), epochs=1, event_handlers=LoggingHandler(2, estimator.train_metrics))
    pattern = r"\[Epoch 0\]\[Batch (\d)\]\[Samples (\d+)\] time/interval: \d+\.\d{3}s training accuracy: .*"
    found = [m.groups() for m in (re.match(pattern, line) for line in capsys.readouterr().out.splitlines()) if m]
    assert found == [("0", "4"), ("2", "12"), ("4", "20")]


# ---------------------------------------------------------------- checkpoints
def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.suffix != ".states")


def test_checkpoints_of_epochs_and_the_best(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    estimator = made()
    keep = CheckpointHandler(
        str(tmp_path), "net", estimator.train_metrics[1], verbose=1, save_best=True, max_checkpoints=2
    )
    estimator.fit(loader(), epochs=3, event_handlers=[keep])
    assert names(tmp_path) == ["net-best.params", "net-epoch1batch6.params", "net-epoch2batch9.params"]
    assert (tmp_path / "net-epoch2batch9.states").exists()
    assert "CheckpointHandler: trained total 10 batches, saved net-epoch2batch9" in capsys.readouterr().out
    with pytest.raises(ValueError, match="which model is best is told by a metric"):
        CheckpointHandler(str(tmp_path), save_best=True)


def test_checkpoints_of_batches_and_the_symbol(tmp_path: Path) -> None:
    net = nn.HybridSequential()
    net.add(nn.Dense(2))
    net.hybridize()
    keep = CheckpointHandler(str(tmp_path / "new"), epoch_period=None, batch_period=2, max_checkpoints=9)
    made(net).fit(loader(), batches=5, event_handlers=[keep])
    files = ["model-epoch0batch1.params", "model-epoch1batch3.params", "model-symbol.json"]
    assert names(tmp_path / "new") == files
    assert mx.sym.load(str(tmp_path / "new" / files[2])).list_arguments()[0] == "data"


def test_a_training_goes_on_from_its_last_checkpoint(tmp_path: Path) -> None:
    def run(epochs: int, estimator: Estimator, resume: bool = False) -> CheckpointHandler:
        keep = CheckpointHandler(str(tmp_path), resume_from_checkpoint=resume)
        estimator.fit(loader(), epochs=epochs, event_handlers=[keep])
        return keep

    whole, first, second = (made(nn.Dense(2, in_units=3)) for _ in range(3))
    for name, p in first.net._structured().items():
        p.set_data(whole.net._structured()[name].data())
    run(5, whole)
    for file in tmp_path.iterdir():
        file.unlink()
    run(2, first)
    keep = run(5, second, resume=True)
    assert (second.max_epoch, keep.trained_epoch, keep.trained_batch) == (3, 1, 6)
    assert names(tmp_path)[-1] == "model-epoch4batch15.params"
    for name, p in second.net._structured().items():
        np.testing.assert_allclose(p.data().asnumpy(), whole.net._structured()[name].data().asnumpy(), rtol=1e-5)
    with pytest.raises(CheckpointError, match="the checkpoint has reached max_epoch already"):
        run(5, made(), resume=True)
    with pytest.raises(AssertionError, match="Set one of epoch_period and batch_period"):
        made().fit(loader(), batches=9, event_handlers=CheckpointHandler(str(tmp_path), resume_from_checkpoint=True))
