"""Training: the same bits after every stop, and checkpoints that are damaged, half written or not there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.framework.test_train import BLOBS, TASKS, Recorder, StopAt, bits, classifier, settings

from netwright.errors import CheckpointError, DataError, NetwrightError
from netwright.train import Callback, TrainState, fit


# ---------------------------------------------------------------- the same bits
class Crash(Exception):
    pass


class CrashAt(Callback):
    """Writes a checkpoint after a step and dies before the next one; the trained numbers are told."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_step(self, state: TrainState) -> None:
        if state.step == self.step:
            state.request_checkpoint()
        elif state.step > self.step:
            raise Crash


@pytest.mark.parametrize("name", TASKS)
def test_one_seed_gives_one_training(name: str) -> None:
    make, data = TASKS[name]
    runs = []
    for seed in (5, 5, 6):
        task = make()
        result = fit(task, data, settings=settings(seed=seed))
        runs.append((bits(task), result.history))
    assert runs[0] == runs[1]
    assert runs[0][0] != runs[2][0]


OPTIMIZERS = {
    "adam": {"learning_rate": 0.05},
    "sgd": {"learning_rate": 0.05, "momentum": 0.9},
    "plain sgd": {"learning_rate": 0.05},
    "nadam": {"learning_rate": 0.01},
    "lars": {"learning_rate": 0.05, "momentum": 0.9, "eta": 0.1},
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", ["graph", "block"])
def test_resuming_after_every_step_gives_the_same_bits(name: str, optimizer: str, tmp_path: Path) -> None:
    """Dropout, batch norm, momentum and a schedule; steps in the middle and at the end of epochs."""
    make, data = TASKS[name]
    chosen = settings(
        epochs=2,
        batch_size=30,
        optimizer=optimizer.split()[-1],
        optimizer_params=OPTIMIZERS[optimizer],
        scheduler={"name": "factor", "params": {"step": 2, "factor": 0.5}},
    )
    whole = make()
    unbroken = fit(whole, data, settings=chosen)
    steps = range(1, unbroken.steps) if optimizer == "adam" else (2,)
    for step in steps:
        folder = tmp_path / str(step)
        with pytest.raises(Crash):
            fit(make(), data, settings=chosen, callbacks=[CrashAt(step)], checkpoint=folder)
        task = make()
        result = fit(task, data, settings=chosen, checkpoint=folder, resume=True)
        assert bits(task) == bits(whole), step
        assert result.completed
        assert result.history == unbroken.history
        assert result.metrics == unbroken.metrics


def test_stop_and_resume(tmp_path: Path) -> None:
    whole = classifier()
    unbroken = fit(whole, BLOBS, settings=settings())
    for stop in (1, 5, 10):
        stopped = fit(
            classifier(), BLOBS, settings=settings(), callbacks=[StopAt(stop)], checkpoint=tmp_path / str(stop)
        )
        assert (stopped.completed, stopped.steps) == (False, stop)
        task = classifier()
        recorder = Recorder()
        result = fit(
            task, BLOBS, settings=settings(), callbacks=[recorder], checkpoint=tmp_path / str(stop), resume=True
        )
        assert [s["step"] for s in recorder.states] == list(range(stop + 1, unbroken.steps + 1))
        assert bits(task) == bits(whole)
        assert result.history == unbroken.history


def test_stopping_before_the_first_step_can_be_resumed(tmp_path: Path) -> None:
    class Never(Callback):
        def on_start(self, state: TrainState) -> None:
            state.request_stop()

    result = fit(classifier(), BLOBS, settings=settings(), callbacks=[Never()], checkpoint=tmp_path)
    assert (result.completed, result.steps) == (False, 0)
    whole, task = classifier(), classifier()
    fit(whole, BLOBS, settings=settings())
    fit(task, BLOBS, settings=settings(), checkpoint=tmp_path, resume=True)
    assert bits(task) == bits(whole)


def test_resuming_what_is_complete_does_nothing(tmp_path: Path) -> None:
    first = classifier()
    done = fit(first, BLOBS, settings=settings(), checkpoint=tmp_path)
    task = classifier()
    recorder = Recorder()
    again = fit(task, BLOBS, settings=settings(), callbacks=[recorder], checkpoint=tmp_path, resume=True)
    assert recorder.heard == ["start", "end"]
    assert (again.completed, again.steps, again.history) == (True, done.steps, done.history)
    assert bits(task) == bits(first)


def test_more_epochs_can_be_asked_for_when_resuming(tmp_path: Path) -> None:
    fit(classifier(), BLOBS, settings=settings(epochs=1), checkpoint=tmp_path)
    task, whole = classifier(), classifier()
    fit(task, BLOBS, settings=settings(epochs=3), checkpoint=tmp_path, resume=True)
    fit(whole, BLOBS, settings=settings(epochs=3))
    assert bits(task) == bits(whole)


# ---------------------------------------------------------------- checkpoints
def steps_in(folder: Path) -> list[str]:
    return sorted(place.name for place in folder.iterdir())


def test_the_last_two_are_kept(tmp_path: Path) -> None:
    fit(classifier(), BLOBS, settings=settings(epochs=4, batch_size=36), checkpoint=tmp_path)
    assert steps_in(tmp_path) == ["step-6", "step-8"]
    files = sorted(file.name for file in (tmp_path / "step-8").iterdir())
    assert files == ["optimizer.safetensors", "state.json", "weights.safetensors"]
    state = json.loads(json.loads((tmp_path / "step-8" / "state.json").read_text())["body"])
    assert (state["step"], state["epoch"]) == (8, 4.0)


def test_checkpoints_as_time_passes(tmp_path: Path) -> None:
    recorder = Recorder()
    often = settings(epochs=1, checkpoint_every_seconds=1e-9)
    fit(classifier(), BLOBS, settings=often, callbacks=[recorder], checkpoint=tmp_path)
    steps = recorder.heard.count("step")
    assert recorder.heard.count("checkpoint") == steps == 5


def damage(place: Path, what: str) -> None:
    if what == "cut":
        file = place / "weights.safetensors"
        file.write_bytes(file.read_bytes()[:-5])
    elif what == "changed":
        file = place / "optimizer.safetensors"
        content = bytearray(file.read_bytes())
        content[-1] ^= 1
        file.write_bytes(bytes(content))
    elif what == "gone":
        (place / "state.json").unlink()
    elif what == "state":
        file = place / "state.json"
        file.write_text(file.read_text().replace('step\\": 10', 'step\\": 11'))
    else:
        (place / "state.json").write_text("{}")


@pytest.mark.parametrize("what", ["cut", "changed", "gone", "state", "empty"])
def test_a_damaged_checkpoint_falls_back_to_the_one_before_and_says_so(what: str, tmp_path: Path) -> None:
    whole = classifier()
    fit(whole, BLOBS, settings=settings())
    fit(classifier(), BLOBS, settings=settings(epochs=2), checkpoint=tmp_path)
    assert steps_in(tmp_path) == ["step-10", "step-5"]
    damage(tmp_path / "step-10", what)
    states: list[TrainState] = []

    class Start(Callback):
        def on_start(self, state: TrainState) -> None:
            states.append(state)

    task = classifier()
    fit(task, BLOBS, settings=settings(), callbacks=[Start()], checkpoint=tmp_path, resume=True)
    (note,) = states[0].notes
    assert note.startswith("step-10: the checkpoint is damaged")
    assert note.endswith("the one before it is used")
    assert str(tmp_path) not in note
    assert states[0].resumed_from == 5
    assert bits(task) == bits(whole)
    assert steps_in(tmp_path) == ["step-10", "step-15"]


def test_where_no_checkpoint_is_whole_it_says_so(tmp_path: Path) -> None:
    fit(classifier(), BLOBS, settings=settings(epochs=2), checkpoint=tmp_path)
    for place in list(tmp_path.iterdir()):
        damage(place, "cut")
    with pytest.raises(
        CheckpointError, match=r"no checkpoint is whole \(got step-10: .*; step-5: .*Start the training"
    ):
        fit(classifier(), BLOBS, settings=settings(), checkpoint=tmp_path, resume=True)


def test_half_written_checkpoints_are_cleared(tmp_path: Path) -> None:
    fit(classifier(), BLOBS, settings=settings(epochs=1), checkpoint=tmp_path)
    (tmp_path / ".step-7.new").mkdir()
    (tmp_path / ".step-7.new" / "weights.safetensors").write_bytes(b"half")
    fit(classifier(), BLOBS, settings=settings(epochs=1), checkpoint=tmp_path, resume=True)
    assert steps_in(tmp_path) == ["step-5"]


def test_a_new_training_does_not_mix_with_an_earlier_one(tmp_path: Path) -> None:
    fit(classifier(), BLOBS, settings=settings(epochs=3), checkpoint=tmp_path)
    fit(classifier(), BLOBS, settings=settings(epochs=1, seed=9), checkpoint=tmp_path)
    assert steps_in(tmp_path) == ["step-5"]
    result = fit(classifier(), BLOBS, settings=settings(epochs=1, seed=9), checkpoint=tmp_path, resume=True)
    assert result.steps == 5


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"optimizer": "sgd"}, CheckpointError, r"began with another optimizer \(wanted adam, got sgd\)\. Go on with"),
        ({"seed": 3}, CheckpointError, r"began with another seed \(wanted 0, got 3\)"),
        ({"batch_size": 15}, CheckpointError, r"began with another batch_size \(wanted 16, got 15\)"),
        ({"validation_split": 0.5}, DataError, r"the data are not those the training began with \(wanted 72 samples"),
    ],
)
def test_resuming_something_else_is_refused(
    change: dict[str, Any], kind: type[NetwrightError], words: str, tmp_path: Path
) -> None:
    fit(classifier(), BLOBS, settings=settings(epochs=1), checkpoint=tmp_path)
    with pytest.raises(kind, match=words):
        fit(classifier(), BLOBS, settings=settings(**change), checkpoint=tmp_path, resume=True)


def test_resuming_where_there_is_nothing_begins_anew(tmp_path: Path) -> None:
    result = fit(classifier(), BLOBS, settings=settings(epochs=1), checkpoint=tmp_path / "new", resume=True)
    assert result.completed
    assert steps_in(tmp_path / "new") == ["step-5"]
