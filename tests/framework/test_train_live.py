"""Steering a training while it runs: changes between two steps, pauses, single batches, branches of checkpoints."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.framework.test_train import BLOBS, LINE, Recorder, X, bits, block, classifier, regressor, settings
from tests.framework.test_train_resuming import Crash

import netwright as mx
from netwright.cli.keys import Keys
from netwright.errors import CheckpointError, MemoryLimitError, NetwrightError, ParamError
from netwright.gluon import nn
from netwright.train import (
    BeginWith,
    BlockTask,
    Callback,
    PlannedChanges,
    Steering,
    TrainState,
    branch,
    fit,
    list_checkpoints,
)
from netwright.train.branching import copy_weights, keep_checkpoint, load_weights

COSINE = {"name": "cosine", "params": {"final_lr": 0.001}}


class ChangeAt(Callback):
    """Changes settings after a step; writes a checkpoint or dies where it is told to."""

    def __init__(self, step: int, crash: int | None = None, **values: Any) -> None:
        self.step, self.crash, self.values = step, crash, values
        self.rates: list[float] = []
        self.sizes: list[int] = []
        self.totals: list[int] = []
        self.made: list[Any] = []

    def on_step(self, state: TrainState) -> None:
        self.rates.append(state.metrics["lr"])
        self.sizes.append(state.batch_size)
        if state.step == self.step:
            self.made = state.change(**self.values)
        self.totals.append(state.steps_total)
        if self.crash is not None and state.step == self.crash:
            state.request_checkpoint()
        if self.crash is not None and state.step > self.crash:
            raise Crash


# ---------------------------------------------------------------- changes
@pytest.mark.parametrize("make", [classifier, block])
def test_a_rate_and_a_decay_hold_from_the_next_step_on(make: Callable[[], Any]) -> None:
    changing = ChangeAt(4, learning_rate=0.0, weight_decay=0.0)
    plain, task = make(), make()
    stopped = settings(optimizer_params={"learning_rate": 0.05, "wd": 0.01})
    fit(task, BLOBS, settings=stopped, callbacks=[changing])
    assert changing.rates[:5] == [0.05, 0.05, 0.05, 0.05, 0.0]
    assert [(c.name, c.before, c.after, c.step) for c in changing.made] == [
        ("learning_rate", 0.05, 0.0, 4),
        ("weight_decay", 0.01, 0.0, 4),
    ]

    class Stop(Callback):
        def on_step(self, state: TrainState) -> None:
            if state.step == 4:
                state.request_stop()

    fit(plain, BLOBS, settings=stopped, callbacks=[Stop()])
    for name, weight in plain.weights.items():
        np.testing.assert_array_equal(weight.asnumpy(), task.weights[name].asnumpy(), err_msg=name)


def test_a_batch_size_changes_within_the_epoch_and_every_sample_is_seen_once() -> None:
    orders: list[list[float]] = [[]]

    class Watch(Callback):
        def on_epoch(self, state: TrainState) -> None:
            orders.append([])

    task = regressor()
    step = task.step
    task.step = lambda x, y: (orders[-1].extend(y.tolist()), step(x, y))[1]  # type: ignore[method-assign]
    changing = ChangeAt(2, batch_size=25)
    data = X, np.arange(90, dtype=np.float32)
    result = fit(task, data, settings=settings(epochs=2, validation_split=0), callbacks=[Watch(), changing])
    assert [sorted(order) for order in orders[:2]] == [list(range(90))] * 2
    assert changing.sizes[:3] == [16, 16, 25]
    assert result.steps == changing.totals[-1] == 2 + 3 + 4
    assert changing.totals[:2] == [12, 9]
    assert result.metrics["train_loss"] == result.history[-1]["train_loss"]


def test_a_schedule_keeps_its_form_after_a_change_of_the_rate() -> None:
    plain, changing = Recorder(), ChangeAt(4, learning_rate=0.005)
    chosen = settings(epochs=2, scheduler=COSINE)
    fit(classifier(), BLOBS, settings=chosen, callbacks=[plain])
    fit(classifier(), BLOBS, settings=chosen, callbacks=[changing])
    rates = [s["lr"] for s in plain.states]
    assert changing.rates[:4] == rates[:4]
    assert changing.rates[4] == pytest.approx(0.005)
    scale = 0.005 / rates[4]
    assert changing.rates[4:] == pytest.approx([scale * rate for rate in rates[4:]])


def test_a_schedule_that_ends_with_the_training_still_does_after_a_change_of_the_batch_size() -> None:
    changing = ChangeAt(5, batch_size=4)
    fit(regressor(), LINE, settings=settings(epochs=2, scheduler=COSINE), callbacks=[changing])
    assert len(changing.rates) == 5 + 18
    assert changing.rates == sorted(changing.rates, reverse=True)
    assert changing.rates[5] == pytest.approx(0.0255, rel=0.01)  # half way
    assert changing.rates[-1] == pytest.approx(0.001 + 0.049 * (1 + np.cos(np.pi * 9 / 10)) / 2)


CHANGES = [{"learning_rate": 0.01}, {"weight_decay": 0.1}, {"batch_size": 7}, {"learning_rate": 0.01, "batch_size": 50}]


@pytest.mark.parametrize("values", CHANGES)
@pytest.mark.parametrize("schedule", [None, COSINE])
def test_a_changed_training_resumes_to_the_same_bits(values: Any, schedule: Any, tmp_path: Path) -> None:
    """The change lies before the checkpoint: in the same epoch, or in the one before it."""
    chosen = settings(scheduler=schedule)
    whole = classifier()
    unbroken = fit(whole, BLOBS, settings=chosen, callbacks=[ChangeAt(2, **values)])
    for crash in (3, 5):
        folder = tmp_path / str(crash)
        with pytest.raises(Crash):
            fit(classifier(), BLOBS, settings=chosen, callbacks=[ChangeAt(2, crash, **values)], checkpoint=folder)
        task, seen = classifier(), ChangeAt(-1)
        result = fit(task, BLOBS, settings=chosen, callbacks=[seen], checkpoint=folder, resume=True)
        assert bits(task) == bits(whole)
        assert result.history == unbroken.history
        assert seen.totals[-1] == unbroken.steps


BAD = [
    ({"learning_rate": -1.0}, "learning_rate"),
    ({"learning_rate": float("nan")}, "learning_rate"),
    ({"weight_decay": float("inf")}, "weight_decay"),
    ({"batch_size": 0}, "batch_size"),
    ({"batch_size": 2.5}, "batch_size"),
    ({"batch_size": 70_000}, "at most"),
    ({}, "nothing is to be changed"),
]


@pytest.mark.parametrize(("values", "text"), BAD)
def test_what_cannot_be_is_refused_and_training_goes_on(values: Any, text: str) -> None:
    class Refused(ChangeAt):
        def on_step(self, state: TrainState) -> None:
            if state.step == 2:
                with pytest.raises(ParamError, match=text):
                    state.change(**values)

    plain, task = classifier(), classifier()
    fit(plain, BLOBS, settings=settings(epochs=1))
    fit(task, BLOBS, settings=settings(epochs=1), callbacks=[Refused(2)])
    assert bits(task) == bits(plain)


def test_a_batch_too_large_for_the_memory_is_refused_before_it_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    from netwright.scheduler import compiled

    def refuse(needed: int, plan: Any, *more: Any) -> None:
        if plan.graph.inputs["data"].shape[0] == 60:
            raise MemoryLimitError("it does not fit")

    monkeypatch.setattr(compiled, "require_room", refuse)

    class Refused(Callback):
        def on_step(self, state: TrainState) -> None:
            if state.step == 2:
                with pytest.raises(MemoryLimitError):
                    state.change(batch_size=60, learning_rate=7.0)
            assert state.metrics["lr"] == 0.05
            assert state.batch_size == 16

    result = fit(classifier(), BLOBS, settings=settings(epochs=2), callbacks=[Refused()])
    assert result.completed


def test_a_state_that_belongs_to_no_training_cannot_be_changed() -> None:
    with pytest.raises(ParamError, match="from a callback"):
        TrainState(None, settings(), 1, 1).change(learning_rate=0.1)


# ---------------------------------------------------------------- steering
def train(task: Any, steering: Steering, **more: Any) -> threading.Thread:
    thread = threading.Thread(
        target=lambda: fit(task, BLOBS, settings=settings(**more), callbacks=[steering]), daemon=True
    )
    thread.start()
    return thread


class Told(Steering):
    def __init__(self, paused: bool = False) -> None:
        super().__init__(paused)
        self.heard: list[tuple[str, int]] = []

    def on_held(self, state: TrainState) -> None:
        self.heard.append(("held", state.step))

    def on_released(self, state: TrainState) -> None:
        self.heard.append(("released", state.step))


def test_a_training_goes_batch_by_batch_to_the_same_bits() -> None:
    whole, task, steering = classifier(), classifier(), Told(paused=True)
    fit(whole, BLOBS, settings=settings())
    thread = train(task, steering)
    assert [steering.step().result(30) for _ in range(7)] == [1, 2, 3, 4, 5, 6, 7]
    assert steering.held
    steering.resume()
    thread.join(30)
    assert bits(task) == bits(whole)
    assert steering.heard == [("held", 0), ("released", 7)]


def test_changes_are_made_while_the_training_holds_still() -> None:
    steering = Told(paused=True)
    thread = train(classifier(), steering, epochs=200)
    steering.step().result(30)
    (change,) = steering.change(learning_rate=0.5).result(30)
    assert (change.step, change.after) == (1, 0.5)
    with pytest.raises(ParamError, match="at least 0"):
        steering.change(learning_rate=-1)
    assert steering.change(learning_rate=0.5).result(30) == []
    steering.stop()
    thread.join(30)
    assert not thread.is_alive()
    for late in (steering.step, lambda: steering.change(learning_rate=0.1)):
        with pytest.raises(NetwrightError, match="the training is over"):
            late().result(30)


# ---------------------------------------------------------------- checkpoints and branches
def steps_in(folder: Path) -> list[int]:
    return sorted(int(place.name.removeprefix("step-")) for place in folder.glob("step-*"))


def test_more_checkpoints_are_kept_spread_over_the_training(tmp_path: Path) -> None:
    fit(classifier(), BLOBS, settings=settings(epochs=20, batch_size=72), checkpoint=tmp_path, keep=5)
    kept = steps_in(tmp_path)
    assert len(kept) == 5
    assert kept[-2:] == [19, 20]
    assert max(b - a for a, b in zip([0, *kept], kept, strict=False)) <= 9
    facts = list_checkpoints(tmp_path)
    assert [f.step for f in facts] == kept[::-1]
    assert facts[0].epoch == 20
    assert facts[0].metrics["val_loss"] > 0
    assert all(f.bytes > 1000 and not f.kept for f in facts)


def test_a_kept_checkpoint_is_never_dropped(tmp_path: Path) -> None:
    fit(classifier(), BLOBS, settings=settings(epochs=2, batch_size=72), checkpoint=tmp_path)
    keep_checkpoint(tmp_path, 1)
    fit(classifier(), BLOBS, settings=settings(epochs=9, batch_size=72), checkpoint=tmp_path, resume=True)
    assert steps_in(tmp_path) == [1, 8, 9]
    assert [f.kept for f in list_checkpoints(tmp_path)] == [False, False, True]
    with pytest.raises(CheckpointError, match=r"wanted one of: 9, 8, 1"):
        keep_checkpoint(tmp_path, 5)


def test_weights_that_are_no_numbers_never_push_out_good_ones(tmp_path: Path) -> None:
    class Spoil(Callback):
        def on_step(self, state: TrainState) -> None:
            if state.step == 6:
                next(iter(state.task.weights.values()))[:] = np.nan

    with np.errstate(all="ignore"):
        fit(regressor(), LINE, settings=settings(epochs=5), callbacks=[Spoil()], checkpoint=tmp_path)
    assert steps_in(tmp_path) == [5]


def test_a_branch_without_changes_ends_at_the_same_bits(tmp_path: Path) -> None:
    whole = classifier()
    unbroken = fit(whole, BLOBS, settings=settings(), checkpoint=tmp_path / "a", keep=9)
    branch(tmp_path / "a", 5, tmp_path / "b", settings())
    task = classifier()
    result = fit(task, BLOBS, settings=settings(), checkpoint=tmp_path / "b", resume=True)
    assert bits(task) == bits(whole)
    assert result.history == unbroken.history
    assert 5 in steps_in(tmp_path / "a")


def test_a_branch_goes_on_with_other_settings(tmp_path: Path) -> None:
    chosen = settings(scheduler=COSINE, epochs=2)
    fit(classifier(), BLOBS, settings=chosen, checkpoint=tmp_path / "a", keep=9)
    other = settings(scheduler=COSINE, epochs=4, batch_size=36, optimizer_params={"learning_rate": 0.2, "wd": 0.01})
    branch(tmp_path / "a", 5, tmp_path / "b", other)
    seen, task = ChangeAt(-1), classifier()
    result = fit(task, BLOBS, settings=other, callbacks=[seen], checkpoint=tmp_path / "b", resume=True)
    assert (result.completed, seen.sizes) == (True, [36] * 6)
    assert result.steps == 5 + 6
    assert task.optimizer.wd == 0.01
    assert seen.rates[0] == pytest.approx(0.001 + 0.199 * (1 + np.cos(np.pi / 4)) / 2)
    plain = settings(optimizer_params={"learning_rate": 0.3})
    fit(classifier(), BLOBS, settings=settings(), checkpoint=tmp_path / "c", keep=9)
    branch(tmp_path / "c", 5, tmp_path / "d", plain)
    seen = ChangeAt(-1)
    fit(classifier(), BLOBS, settings=plain, callbacks=[seen], checkpoint=tmp_path / "d", resume=True)
    assert set(seen.rates) == {0.3}


def test_a_branch_of_another_optimizer_or_a_missing_step_is_refused(tmp_path: Path) -> None:
    fit(classifier(), BLOBS, settings=settings(epochs=1), checkpoint=tmp_path / "a")
    with pytest.raises(CheckpointError, match=r"another optimizer .*wanted adam, got sgd"):
        branch(tmp_path / "a", 5, tmp_path / "b", settings(optimizer="sgd"))
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        branch(tmp_path / "a", 4, tmp_path / "b", settings())
    state = json.loads((tmp_path / "a" / "step-5" / "state.json").read_text())
    (tmp_path / "a" / "step-5" / "state.json").write_text(json.dumps({**state, "sha256": "0"}))
    with pytest.raises(CheckpointError, match="damaged"):
        branch(tmp_path / "a", 5, tmp_path / "b", settings())
    assert list_checkpoints(tmp_path / "a") == []


@pytest.mark.parametrize("make", [classifier, block])
def test_a_training_begins_with_the_weights_that_fit(make: Callable[[], Any], tmp_path: Path) -> None:
    first = make()
    fit(first, BLOBS, settings=settings(epochs=1), checkpoint=tmp_path / "a")
    copy_weights(tmp_path / "a", 5, tmp_path / "start.safetensors")
    weights = load_weights(tmp_path / "start.safetensors")
    odd = next(iter(weights))
    weights[odd] = np.zeros((2, 2), np.float32)
    begin, task = BeginWith(weights), make()
    frozen = settings(epochs=1, optimizer="sgd", optimizer_params={"learning_rate": 0.0})
    fit(task, BLOBS, settings=frozen, callbacks=[begin])
    assert begin.fresh == [odd]
    assert sorted([*begin.taken, odd]) == sorted(first.arrays())
    for name in begin.taken:
        if "running" not in name and "moving" not in name:
            np.testing.assert_array_equal(task.arrays()[name], first.arrays()[name], err_msg=name)


def test_weights_of_a_layer_whose_shape_is_not_known_yet_are_taken() -> None:
    begin = BeginWith({"weight": np.full((1, 6), 2, np.float32)})
    task = BlockTask(nn.Dense(1, use_bias=False), mx.gluon.loss.L2Loss())
    fit(task, LINE, settings=settings(epochs=1, optimizer_params={"learning_rate": 0.0}), callbacks=[begin])
    assert (begin.taken, task.arrays()["weight"].tolist()) == (["weight"], [[2.0] * 6])


def test_planned_changes_come_after_their_steps() -> None:
    seen = ChangeAt(-1)
    plan = PlannedChanges({0: {"learning_rate": 0.2}, 3: {"batch_size": 8.0}})
    fit(regressor(), LINE, settings=settings(epochs=1), callbacks=[plan, seen])
    assert seen.rates[:2] == [0.2, 0.2]
    assert seen.sizes[:4] == [16, 16, 8, 8]
    for wrong in ({3: {"momentum": 1.0}}, {3: {"learning_rate": -1.0}}, {-1: {"learning_rate": 1.0}}):
        with pytest.raises(ParamError):
            PlannedChanges(wrong)


def test_keys_steer_a_training_in_a_terminal() -> None:
    keys = Keys()
    keys.press(" ")
    thread = train(classifier(), keys, epochs=2000)
    assert keys.step().result(30) == 1
    keys.press("+")
    (change,) = keys.change(learning_rate=0.5).result(30)
    assert (change.before, change.step, keys.held) == (0.1, 1, True)
    keys.press("n")
    assert keys.step().result(30) == 3
    keys.press("-")
    (change,) = keys.change(learning_rate=0.01).result(30)
    assert change.before == 0.25
    keys.press(" ")
    assert not keys.paused
    keys.press("q")
    thread.join(30)
    assert not thread.is_alive()
