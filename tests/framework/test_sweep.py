"""Sweeps: what is drawn, what goes on, what is refused, and that a cut sweep ends as one that was not."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netwright import datasets, templates
from netwright.errors import CheckpointError, NetwrightError, ParamError
from netwright.train import sweep
from netwright.train.sweep import (
    Choice,
    Float,
    Grid,
    Halving,
    Integer,
    Random,
    SweepSpec,
    Trial,
    TrialState,
    decide,
)

RATE = "settings.optimizer_params.learning_rate"
BATCH = "settings.batch_size"


def iris(*parameters: Any, **more: Any) -> SweepSpec:
    template = templates.get("logistic-iris")
    settings = {**template.settings, "epochs": 4, "batch_size": 32, "look_inside": 0.0}
    return SweepSpec(graph=template.graph, settings=settings, parameters=parameters, **more)


# ---------------------------------------------------------------- what is drawn
def test_a_grid_holds_every_combination_in_order() -> None:
    spec = iris(Choice(path=BATCH, values=[8, 16]), Float(path=RATE, low=0.001, high=0.1, log=True, points=3))
    assert [tuple(values.values()) for values in spec.trials()] == [
        (8, 0.001), (8, 0.01), (8, 0.1), (16, 0.001), (16, 0.01), (16, 0.1),
    ]  # fmt: skip


def test_a_grid_of_too_many_is_refused() -> None:
    spec = iris(Float(path=RATE, low=1, high=2, points=100), Integer(path=BATCH, low=1, high=100, points=100))
    with pytest.raises(ParamError, match="too many") as caught:
        spec.trials()
    assert caught.value.got == "10000"


def test_draws_are_those_of_the_seed_and_no_two_are_alike() -> None:
    parameters = (Float(path=RATE, low=1e-4, high=1e-1, log=True), Integer(path=BATCH, low=8, high=512, log=True))
    few = iris(*parameters, method=Random(trials=10), seed=3).trials()
    assert iris(*parameters, method=Random(trials=30), seed=3).trials()[:10] == few
    assert iris(*parameters, method=Random(trials=10), seed=4).trials() != few
    assert len({json.dumps(values) for values in few}) == 10
    rates = [values[RATE] for values in iris(*parameters, method=Random(trials=300)).trials()]
    assert min(rates) >= 1e-4
    assert max(rates) <= 1e-1
    decades = np.histogram(np.log10(rates), bins=[-4, -3, -2, -1])[0]
    assert decades.min() > 60, "each power of ten is drawn as often"


def test_a_small_space_is_drawn_once_whole() -> None:
    spec = iris(
        Choice(path=BATCH, values=[8, 16]), Integer(path="settings.seed", low=0, high=1), method=Random(trials=9)
    )
    assert len(spec.trials()) == 4


def test_whole_numbers_reach_both_bounds() -> None:
    numbers = Integer(path=BATCH, low=1, high=4, log=True)
    drawn = {numbers.draw(np.random.default_rng(seed)) for seed in range(60)}
    assert drawn == {1, 2, 3, 4}
    assert Integer(path=BATCH, low=3, high=3).grid() == [3]


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Float(path=RATE, low=2, high=1), "low is above high"),
        (lambda: Float(path=RATE, low=0, high=1, log=True), "above 0"),
        (lambda: Choice(path=BATCH, values=[8, 8]), "the same"),
        (lambda: iris(Choice(path=BATCH, values=[8]), Integer(path=BATCH, low=1, high=2)), "named twice"),
        (lambda: iris(Choice(path="settings.device", values=["cpu"])), "no place"),
        (lambda: iris(Integer(path="settings.epochs", low=1, high=2), method=Halving()), "cannot be varied"),
    ],
)
def test_ranges_that_cannot_be_are_refused(make: Callable[[], Any], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        make()


# ---------------------------------------------------------------- places
def test_values_are_put_in_their_places() -> None:
    graph = {
        "nodes": [{"id": "fc", "op": "FullyConnected", "params": {"num_hidden": 8}, "inputs": {}}],
        "groups": [{"id": "block", "members": ["fc"], "repeat": 2}],
    }
    settings = {"optimizer": "adam", "optimizer_params": {"learning_rate": 0.1, "beta1": 0.8}, "epochs": 2}
    values = {
        "settings.optimizer_params.momentum": 0.9, "settings.optimizer": "sgd",
        "nodes.fc.num_hidden": 4, "groups.block.repeat": 5,
    }  # fmt: skip
    changed, now = sweep.place(graph, settings, values)
    assert now["optimizer_params"] == {"learning_rate": 0.1, "momentum": 0.9}, "of Adam's only the rate is SGD's too"
    assert changed["nodes"][0]["params"] == {"num_hidden": 4}
    assert changed["groups"][0]["repeat"] == 5
    assert graph["groups"][0]["repeat"] == 2, "what was given stays"
    assert sweep.read(changed, now, "groups.block.repeat") == 5


def test_one_value_can_stand_in_several_places() -> None:
    spec = iris(Choice(path="nodes.a.p", also=["nodes.b.p"], values=[0.1, 0.2]))
    assert spec.trials()[1] == {"nodes.a.p": 0.2, "nodes.b.p": 0.2}


@pytest.mark.parametrize(
    ("parameter", "match"),
    [
        (Choice(path="nodes.nothing.num_hidden", values=[1]), "no such node"),
        (Choice(path="nodes.fc1.num_hiden", values=[1]), "nothing to vary"),
        (Choice(path="groups.block.repeat", values=[1]), "no such group"),
        (Integer(path=BATCH, low=0, high=8), "greater than or equal to 1"),
        (Choice(path="settings.optimizer", values=["adam", "adamm"]), "no optimizer"),
        (Choice(path="settings.initializer", values=["xavieer"]), "no such initializer"),
        (Float(path=RATE, low=-1, high=1), "learning_rate"),
    ],
)
def test_places_and_bounds_that_are_not_there_are_refused_before_work(parameter: Any, match: str) -> None:
    with pytest.raises(ParamError) as caught:
        sweep.check_spec(iris(parameter))
    assert match in str(caught.value)
    assert caught.value.where == parameter.path


def test_knobs_are_what_operators_and_settings_say() -> None:
    template = templates.get("lenet")
    found = {knob.path: knob for knob in sweep.knobs(template.graph, template.settings)}
    rate = found[RATE]
    assert rate.section == "optimizer"
    assert rate.proposal.kind == "float"
    assert rate.proposal.log
    assert found[BATCH].proposal.kind == "choice"
    assert found["settings.optimizer"].proposal.values[0] == template.settings["optimizer"]
    kernels = [knob for path, knob in found.items() if path.endswith(".kernel") and knob.kind == "Convolution"]
    assert kernels
    assert all(len(value) == 2 for value in kernels[0].proposal.values)
    assert not any(path.endswith(".workspace") for path in found), "tuning hints are not offered"
    # every proposal is one that the parameter can take
    base = SweepSpec(graph=template.graph, settings=template.settings, parameters=[rate.proposal])
    for knob in found.values():
        sweep.check_spec(base.model_copy(update={"parameters": (knob.proposal,)}))


def test_the_deciding_figure_follows_from_the_data() -> None:
    classes, values = datasets.info("iris"), datasets.info("diabetes")
    assert sweep.metrics_for(classes, {"validation_split": 0.1})[0] == "val_accuracy"
    assert sweep.metrics_for(values, {"validation_split": 0.1})[0] == "val_r2"
    assert sweep.metrics_for(classes, {"validation_split": 0.0})[0] == "train_loss"


# ---------------------------------------------------------------- what goes on
def rounds(
    method: Any, rungs: tuple[int, ...], score: Callable[[int, int], float], count: int, room: int = 1
) -> tuple[list[Trial], list[tuple[int, int]]]:
    """Carry a sweep out with made-up scores; the jobs in the order in which they were begun."""
    trials = [Trial(number, {"x": number}) for number in range(count)]
    begun: list[tuple[int, int]] = []
    running: list[Trial] = []
    for _ in range(1000):
        decision = decide(trials, method, rungs, "max", "val_accuracy", room - len(running))
        for ended in decision.early:
            ended.trial.state, ended.trial.reason = TrialState.EARLY, ended.reason
        for job in decision.jobs:
            job.trial.state, job.trial.rung = TrialState.RUNNING, job.rung
            running.append(job.trial)
            begun.append((job.trial.number, job.rung))
        if decision.done:
            assert not running
            return trials, begun
        if running:
            trial = running.pop(0)
            value = score(trial.number, trial.rung)
            if math.isnan(value):
                trial.state = TrialState.FAILED
                continue
            trial.scores[trial.rung] = value
            trial.state = TrialState.COMPLETED if trial.rung + 1 == len(rungs) else TrialState.HELD
    raise AssertionError("the sweep did not end")


@pytest.mark.parametrize("room", [1, 4])
def test_halving_lets_the_best_go_on(room: int) -> None:
    trials, begun = rounds(Halving(trials=9, keep=3), (1, 3, 9), lambda number, rung: number + rung, 9, room)
    assert begun[:9] == [(number, 0) for number in range(9)]
    assert sorted(begun[9:12]) == [(6, 1), (7, 1), (8, 1)]
    assert begun[12:] == [(8, 2)]
    states = [trial.state.value for trial in trials]
    assert states == ["early"] * 8 + ["completed"]
    assert trials[0].reason == (
        "Stopped early at rung 1 of 3 (epoch 1): val_accuracy 0 is number 9 of 9, and 3 went on."
    )
    assert "rung 2 of 3 (epoch 3)" in str(trials[7].reason)


def test_halving_fills_a_rung_from_those_that_did_not_fail() -> None:
    trials, begun = rounds(
        Halving(trials=6, keep=2), (1, 2), lambda number, rung: math.nan if number > 2 else number, 6
    )
    assert [number for number, rung in begun if rung == 1] == [2, 1, 0]
    assert [trial.state.value for trial in trials] == ["completed"] * 3 + ["failed"] * 3


def test_a_sweep_whose_trials_all_fail_ends() -> None:
    for method in (Halving(trials=3), Halving(trials=3, asynchronous=True), Random(trials=3), Grid()):
        trials, _ = rounds(method, method.rungs(4), lambda number, rung: math.nan, 3)
        assert {trial.state for trial in trials} == {TrialState.FAILED}


def test_asha_goes_on_before_a_rung_is_whole() -> None:
    trials, begun = rounds(
        Halving(trials=9, keep=3, asynchronous=True), (1, 3, 9), lambda number, rung: number + rung, 9
    )
    assert begun.index((2, 1)) < begun.index((8, 0)), "the best of the first three does not wait for the others"
    assert {trial.state for trial in trials} == {TrialState.EARLY, TrialState.COMPLETED}
    assert trials[8].state is TrialState.COMPLETED


def test_what_comes_next_hangs_on_the_records_alone() -> None:
    """Taken up from JSON after every single step, a sweep goes the same way."""
    method, rungs = Halving(trials=8, keep=2), (1, 2, 4)
    _, whole = rounds(method, rungs, lambda number, rung: (number * 7) % 5, 8)
    trials, begun = [Trial(number, {}) for number in range(8)], []
    while True:
        trials = [Trial.of(json.loads(json.dumps(trial.to_json()))) for trial in trials]
        decision = decide(trials, method, rungs, "max")
        for ended in decision.early:
            ended.trial.state = TrialState.EARLY
        if decision.done:
            break
        for job in decision.jobs:
            begun.append((job.trial.number, job.rung))
            job.trial.rung = job.rung
            job.trial.scores[job.rung] = (job.trial.number * 7) % 5
            job.trial.state = TrialState.COMPLETED if job.rung == 2 else TrialState.HELD
    assert begun == whole


def test_the_best_is_one_of_those_that_came_farthest() -> None:
    trials = [
        Trial(0, {}, scores={0: 0.99}),
        Trial(1, {}, scores={0: 0.9, 1: 0.95}),
        Trial(2, {}, scores={0: 0.8, 1: 0.94}),
    ]
    assert sweep.best(trials, "max") is trials[1]
    assert sweep.best(trials, "min") is trials[2]
    assert sweep.best([Trial(0, {})], "max") is None


def test_importance_tells_what_matters_from_what_does_not() -> None:
    rng = np.random.default_rng(0)
    parameters = (
        Float(path="rate", low=0, high=1),
        Float(path="noise", low=0, high=1),
        Choice(path="kind", values=["a", "b"]),
    )
    trials = []
    for number in range(60):
        values = {"rate": rng.random(), "noise": rng.random(), "kind": "ab"[number % 2]}
        trials.append(Trial(number, values, scores={0: -values["rate"] + (values["kind"] == "b") * 0.1}))
    found = {one.path: one for one in sweep.importance(trials, parameters, "max")}
    assert found["rate"].share > 0.8
    assert found["rate"].trend is not None
    assert found["rate"].trend < -0.9
    assert found["noise"].share < 0.1
    assert found["kind"].trend is None
    assert sweep.importance(trials[:2], parameters, "max") == []


# ---------------------------------------------------------------- trained
def test_a_sweep_trains_compares_and_is_the_same_again(tmp_path: Path) -> None:
    spec = iris(
        Float(path=RATE, low=1e-4, high=1.0, log=True),
        Choice(path=BATCH, values=[16, 64]),
        method=Halving(trials=4, first=1, keep=2),
        seed=1,
    )
    data = datasets.get("iris")
    result = sweep.run(spec, data)
    assert result.metric == "val_accuracy"
    assert result.rungs == (1, 2, 4)
    assert sorted(trial.state.value for trial in result.trials) == ["completed", "early", "early", "early"]
    best = result.best
    assert best is not None
    assert best.state is TrialState.COMPLETED
    assert best is result.ranking()[0]
    assert result.curve() == [(best.number, best.score)]
    assert RATE in str(result)

    # cut in the middle and taken up again, it comes to the same bits
    class Cut(Exception):
        pass

    def cut(trial: Trial) -> None:
        if 1 in trial.scores:
            raise Cut

    with pytest.raises(Cut):
        sweep.run(spec, data, tmp_path, on_change=cut)
    again = sweep.run(spec, data, tmp_path)
    assert [trial.scores for trial in again.trials] == [trial.scores for trial in result.trials]
    with pytest.raises(CheckpointError, match="another sweep"):
        sweep.run(spec.model_copy(update={"seed": 2}), data, tmp_path)


def test_bad_combinations_are_trials_with_their_reason() -> None:
    spec = iris(
        Choice(path="settings.optimizer", values=["sgd", "adam"]),
        Choice(path="settings.optimizer_params.momentum", values=[0.5]),
    )
    spec = spec.model_copy(update={"settings": {**spec.settings, "epochs": 1}})
    result = sweep.run(spec, datasets.get("iris"))
    assert [trial.state.value for trial in result.trials] == ["completed", "refused"]
    assert "momentum" in str(result.trials[1].reason)


def test_a_function_of_ones_own_is_searched() -> None:
    calls: list[tuple[int, int]] = []

    def train(values: dict[str, Any], epochs: int, folder: Path) -> float:
        calls.append((epochs, len(list(folder.parent.glob("trial-*")))))
        if values["x"] > 1.5:
            raise NetwrightError("too much")
        return -((values["x"] - 1) ** 2)

    found = sweep.search([Float(path="x", low=0, high=2)], train, Halving(trials=9, keep=3), epochs=9)
    assert found.best is not None
    assert abs(found.best.values["x"] - 1) < 0.3
    assert [epochs for epochs, _ in calls].count(9) == 1
    failed = [trial for trial in found.trials if trial.state is TrialState.FAILED]
    assert {trial.reason for trial in failed} <= {"too much"}


def test_a_spec_is_read_back_from_json() -> None:
    spec = iris(Integer(path=BATCH, low=8, high=64), method=Halving(trials=5))
    assert sweep.read_spec(json.loads(spec.model_dump_json()), "file") == spec
    with pytest.raises(ParamError, match="cannot be read") as caught:
        sweep.read_spec({"parameters": []}, "file")
    assert caught.value.where == "file"
