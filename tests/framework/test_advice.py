"""Advice: trainings made to have each mishap are told of it, healthy ones are not; nothing is changed by looking."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.framework.test_train import BLOBS, StopAt, bits, block, classifier
from tests.framework.test_train import settings as tiny

import netwright as mx
from netwright import datasets, templates
from netwright.gluon import nn
from netwright.train import Advice, Advisor, BlockTask, Callback, GraphTask, TrainSettings, TrainState, fit
from netwright.train.advice import words
from netwright.train.advice.curves import LossCurve, Plateau

WHOLE, STEPS = {"logistic-iris", "diabetes", "mlp-breast-cancer", "mlp-digits", "cnn-digits"}, 200
"""Quick templates are trained to their end, of the others the first steps."""
SLOW = {"resnet-digits": 60, "lstm-text": 50, "transformer-text": 50}
"""Of the slowest fewer still: what their whole courses looked like is kept (``test_advice_courses.py``)."""
TEMPLATES = [t.id for t in templates.all() if datasets.info(t.dataset).available and t.id != "lenet"]


def layer(name: str, op: str, params: dict[str, Any] | None = None, **inputs: str) -> dict[str, Any]:
    return {"id": name, "op": op, "params": params or {}, "inputs": inputs}


def network(sizes: list[int], act: str, head: str = "SoftmaxOutput") -> dict[str, Any]:
    nodes, last = [layer("data", "Input")], "data"
    for i, size in enumerate(sizes, 1):
        nodes.append(layer(f"fc{i}", "FullyConnected", {"num_hidden": size}, data=last))
        last = f"fc{i}"
        if i < len(sizes):
            nodes.append(layer(f"act{i}", "Activation", {"act_type": act}, data=last))
            last = f"act{i}"
    return {"nodes": [*nodes, layer("out", head, data=last)]}


def advise(graph: dict[str, Any], dataset: str, rate: float, stop: bool = False, **more: Any) -> list[Advice]:
    data, advisor = datasets.get(dataset), Advisor(stop=stop)
    values = {"optimizer": "sgd", "optimizer_params": {"learning_rate": rate}, "epochs": 10, "device": "cpu", **more}
    with np.errstate(all="ignore"):
        fit(
            GraphTask(graph, data.info),
            data.feed("train"),
            settings=TrainSettings(**values),
            callbacks=[advisor],
            preprocessing=data.preprocessing,
        )
    for advice in advisor.given:
        assert "{{" not in str(advice)
        assert advice.remedies
        assert Advice.model_validate_json(advice.model_dump_json()) == advice
    return advisor.given


REGRESSION = network([32, 32, 1], "relu", "LinearRegressionOutput")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_loss_that_is_no_number_is_found_with_its_layer() -> None:
    given = {advice.kind: advice for advice in advise(REGRESSION, "diabetes", 10.0, epochs=3)}
    exploding, nan = given["exploding_gradients"], given["nan"]
    assert exploding.step < nan.step < 6
    assert nan.layer == "out"
    assert nan.severity == "problem"
    assert [bar.name for bar in nan.evidence.bars][:2] == ["fc1", "act1"]
    assert nan.evidence.bars[0].value > 1e6
    assert nan.change == {"learning_rate": 1.0}
    assert exploding.evidence.limit == 1e3
    assert {bar.name for bar in exploding.evidence.bars} == {"fc1", "fc2", "fc3"}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_training_that_is_lost_may_be_ended_by_it() -> None:
    class Ends(Callback):
        steps = 0

        def on_step(self, state: TrainState) -> None:
            self.steps = state.step

    ends, advisor, data = Ends(), Advisor(stop=True), datasets.get("diabetes")
    chosen = TrainSettings(optimizer="sgd", optimizer_params={"learning_rate": 10.0}, epochs=50)
    task = GraphTask(REGRESSION, data.info)
    with np.errstate(all="ignore"):
        result = fit(task, data.arrays("train"), settings=chosen, callbacks=[advisor, ends])
    assert not result.completed
    assert ends.steps == advisor.given[-1].step


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("spoilt", "layer_name", "said"), [("data", None, "the data"), ("fc2", "fc2", "weights of fc2")]
)
def test_it_says_whether_data_or_weights_are_to_blame(spoilt: str, layer_name: str | None, said: str) -> None:
    class Spoil(Callback):
        def on_step(self, state: TrainState) -> None:
            if state.step == 3 and spoilt == "fc2":
                state.task.weights["fc2_weight"][:] = np.nan

    x, y = BLOBS[0].copy(), BLOBS[1]
    if spoilt == "data":
        x[::40] = np.inf
    graph = network([8, 8, 1], "tanh", "LinearRegressionOutput")
    from netwright.graph import DataSpec

    advisor = Advisor()
    task = GraphTask(graph, DataSpec((6,), label_shape=()))
    with np.errstate(all="ignore"):
        fit(task, (x, y), settings=tiny(), callbacks=[Spoil(), advisor])
    (nan,) = [advice for advice in advisor.given if advice.kind == "nan"]
    assert nan.layer == layer_name
    assert said in str(nan).lower()


def test_divergence_is_told_with_the_curve() -> None:
    first = advise(network([32, 32, 1], "tanh", "LinearRegressionOutput"), "diabetes", 1.0, epochs=2)[0]
    assert (first.kind, first.layer) == ("divergence", None)
    assert first.values["now"] > 100
    curve = first.evidence.curves["train_loss"]
    assert curve[-1][1] > 10 * curve[0][1]
    assert first.change == {"learning_rate": 0.1}


def test_a_plateau_is_told() -> None:
    (plateau,) = advise(network([32, 10], "relu"), "digits", 1e-5)
    assert (plateau.kind, plateau.title) == ("plateau", "Nothing is being learned")
    assert plateau.change == {"learning_rate": 1e-4}


def test_a_later_plateau_is_told_by_its_level() -> None:
    """The curve comes down to half and stays."""
    curve, plateau = LossCurve(), Plateau()
    curve.begin(20)
    state = TrainState(GraphTask(network([3], "relu"), datasets.info("iris")), TrainSettings(), 90, 1800)
    state.metrics["lr"] = 0.1
    told = []
    for step in range(1, 1201):
        curve.add(step, 0.75 + 0.25 * 0.97**step + 0.002 * (step % 3))
        state.step, state.epoch = step, step / 20
        if step % 20 == 0:
            told.append(plateau.look(curve, state))
    first = next(i for i, advice in enumerate(told) if advice)
    assert 15 <= first <= 30
    assert told[first].text == words.PLATEAU_LATER.text  # type: ignore[union-attr]
    assert 74 <= told[first].values["percent"] <= 80  # type: ignore[union-attr, operator]


def test_vanishing_gradients_are_told_by_layer() -> None:
    given = advise(network([32] * 9 + [10], "sigmoid"), "digits", 0.1)
    first = given[0]
    assert (first.kind, first.layer, first.values["last"]) == ("vanishing_gradients", "fc1", "fc10")
    sizes = [bar.value for bar in first.evidence.bars]
    assert sizes == sorted(sizes)
    assert len(sizes) == 10


def test_overfitting_is_told_with_both_curves() -> None:
    given = advise(
        network([256, 256, 1], "relu", "LinearRegressionOutput"), "diabetes", 0.003, optimizer="adam", epochs=40,
        validation_split=0.3,
    )  # fmt: skip
    (overfitting,) = given
    assert overfitting.kind == "overfitting"
    assert overfitting.values["best_epoch"] < overfitting.epoch
    assert set(overfitting.evidence.curves) == {"train_loss", "val_loss"}
    assert "weight_decay" in overfitting.change


def test_dead_rectifiers_are_told_by_layer() -> None:
    given = advise(network([64, 64, 10], "relu"), "digits", 3.0, epochs=4)
    dead = {advice.layer: advice for advice in given if advice.kind == "dead_relu"}
    assert set(dead) == {"act1", "act2"}
    assert dead["act2"].values["dead"] / dead["act2"].values["units"] >= 0.5  # type: ignore[operator]
    assert dead["act2"].evidence.limit == 0.7
    assert "vanishing_gradients" not in {advice.kind for advice in given}


def test_the_channels_of_images_are_units_and_hybrid_networks_are_looked_into() -> None:
    net = nn.HybridSequential()
    net.add(nn.Conv2D(8, 3, activation="relu", bias_initializer=mx.init.Constant(-100)), nn.Flatten(), nn.Dense(3))
    x = np.random.default_rng(0).random((64, 1, 6, 6)).astype(np.float32)
    advisor = Advisor()
    task = BlockTask(net, mx.gluon.loss.SoftmaxCrossEntropyLoss())
    fit(task, (x, np.arange(64) % 3), settings=tiny(batch_size=8), callbacks=[advisor])
    (dead,) = advisor.given
    assert (dead.kind, dead.values["dead"], dead.values["units"]) == ("dead_relu", 8, 8)
    assert "relu" in (dead.layer or "")


@pytest.mark.parametrize("name", TEMPLATES)
def test_healthy_trainings_hear_nothing(name: str) -> None:
    template = templates.get(name)
    data, advisor = datasets.get(template.dataset), Advisor()
    settings = TrainSettings.model_validate(template.settings)
    fit(
        GraphTask(template.graph, data.info, choice=settings.task),
        data.feed("train"),
        settings=settings,
        callbacks=[advisor, StopAt(-1 if name in WHOLE else SLOW.get(name, STEPS))],
        preprocessing=data.preprocessing,
    )
    assert [str(advice) for advice in advisor.given] == []


@pytest.mark.parametrize("make", [classifier, block])
def test_looking_changes_no_bit(make: Any) -> None:
    plain, watched = make(), make()
    fit(plain, BLOBS, settings=tiny(epochs=6))
    fit(watched, BLOBS, settings=tiny(epochs=6), callbacks=[Advisor()])
    assert bits(watched) == bits(plain)
    assert watched.examiner is None


def test_a_change_arms_it_again() -> None:
    """The same mishap is told once, and once more when it is still there long after a change."""

    class Change(Callback):
        def on_step(self, state: TrainState) -> None:
            if state.step == 150:
                state.change(learning_rate=2e-5)

    data, advisor = datasets.get("digits"), Advisor()
    chosen = TrainSettings(optimizer="sgd", optimizer_params={"learning_rate": 1e-5}, epochs=16)
    task = GraphTask(network([32, 10], "relu"), data.info)
    fit(task, data.arrays("train"), settings=chosen, callbacks=[Change(), advisor])
    assert [advice.kind for advice in advisor.given] == ["plateau", "plateau"]
    assert advisor.given[1].step >= 250


def test_a_training_that_goes_on_after_changes_hears_nothing(tmp_path: Path) -> None:
    """Forked where all is well: what was changed before is no change now, and the loss is low from its first step."""

    class Change(Callback):
        def on_step(self, state: TrainState) -> None:
            if state.step == 100:
                state.change(learning_rate=0.0005)

    data, advisor = datasets.get("digits"), Advisor()
    chosen = TrainSettings(epochs=4, batch_size=32)
    for callbacks, epochs in (([Change()], 4), ([advisor], 7)):
        fit(
            GraphTask(network([32, 10], "relu"), data.info),
            data.arrays("train"),
            settings=chosen.model_copy(update={"epochs": epochs}),
            callbacks=callbacks,
            checkpoint=tmp_path,
            resume=epochs == 7,
        )
    assert [str(advice) for advice in advisor.given] == []


def test_every_text_names_only_what_it_has() -> None:
    for one in words.ALL:
        texts = [one.title, one.text, *one.remedies]
        assert all(text[0].isupper() or text[0] == "{" for text in texts)
        assert not any(re.search(r"{(?!{)|(?<!})}(?!})", text.replace("{{", "").replace("}}", "")) for text in texts)
