"""What a network is trained for beyond labels: turns, generation, clusters, texts; resumed to the same bits."""

from __future__ import annotations

import copy
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from netwright import datasets, templates
from netwright.abilities import abilities, served_graph
from netwright.continuing import choose, continue_text
from netwright.errors import CheckpointError, DataError, GraphError, ParamError
from netwright.generation import Encoder, Generator
from netwright.graph import check, load_predictor, part
from netwright.graph.check import DataSpec
from netwright.kernels.cpu.loading import warm
from netwright.showing import Show, sheet
from netwright.train import Callback, GraphTask, TaskChoice, TrainSettings, Turn, evaluate, fit
from netwright.train.likeness import Likeness

DIGITS = datasets.get("digits")
SHORT = {"epochs": 2, "batch_size": 64}
NAMES = ("gan-digits", "vae-digits", "clusters-digits", "lstm-text")


@pytest.fixture(scope="module", autouse=True)
def ready() -> None:
    """Kernels that come while a training runs would change its last digits."""
    assert warm() == []


def make(name: str, **changes: Any) -> tuple[GraphTask, TrainSettings, Any]:
    template = templates.get(name)
    settings = TrainSettings.model_validate({**template.settings, **SHORT, **changes})
    data = datasets.get(template.dataset)
    x, y = data.arrays("train")
    count = 192 if name != "lstm-text" else 96
    return GraphTask(template.graph, data.info, choice=settings.task), settings, (x[:count], y[:count])


class Stop(Callback):
    def __init__(self, step: int) -> None:
        self.step = step

    def on_step(self, state: Any) -> None:
        if state.step == self.step:
            state.request_stop()


@pytest.mark.parametrize("name", NAMES)
def test_resumed_training_is_bit_equal(name: str, tmp_path: Path) -> None:
    task, settings, data = make(name, batch_size=32)
    whole = fit(task, data, settings=settings)
    broken, _, _ = make(name, batch_size=32)
    steps = whole.steps // 2 + 1
    assert not fit(broken, data, settings=settings, callbacks=[Stop(steps)], checkpoint=tmp_path).completed
    again, _, _ = make(name, batch_size=32)
    resumed = fit(again, data, settings=settings, checkpoint=tmp_path, resume=True)
    assert resumed.steps == whole.steps
    for key, array in task.arrays().items():
        np.testing.assert_array_equal(array, again.arrays()[key], err_msg=key)
    assert resumed.metrics == whole.metrics
    if task.clusters is not None:
        np.testing.assert_array_equal(task.clusters, again.clusters)


def test_looking_at_what_it_makes_changes_no_bit() -> None:
    task, settings, data = make("gan-digits")
    fit(task, data, settings=settings)
    other, _, _ = make("gan-digits")

    class Look(Callback):
        def on_step(self, state: Any) -> None:
            assert Show(other, DIGITS)() is not None

    fit(other, data, settings=settings, callbacks=[Look()])
    for key, array in task.arrays().items():
        np.testing.assert_array_equal(array, other.arrays()[key], err_msg=key)


def test_clusters_come_back_from_a_checkpoint_of_a_training_that_is_over(tmp_path: Path) -> None:
    task, settings, data = make("clusters-digits")
    fit(task, data, settings=settings, checkpoint=tmp_path)
    again, _, _ = make("clusters-digits")
    fit(again, data, settings=settings, checkpoint=tmp_path, resume=True)
    np.testing.assert_array_equal(task.clusters, again.clusters)
    assert evaluate(again, data) == evaluate(task, data)


def test_another_task_cannot_go_on_where_one_stopped(tmp_path: Path) -> None:
    task, settings, data = make("clusters-digits")
    fit(task, data, settings=settings, checkpoint=tmp_path)
    assert settings.task is not None
    fewer = settings.model_copy(update={"task": settings.task.model_copy(update={"clusters": 5})})
    with pytest.raises(CheckpointError, match="another task"):
        fit(task, data, settings=fewer, checkpoint=tmp_path, resume=True)


# ---------------------------------------------------------------- turns
def test_each_turn_changes_its_own_weights_alone() -> None:
    task, settings, (x, y) = make("gan-digits")
    fit(task, (x[:64], y[:64]), settings=settings.model_copy(update={"epochs": 1, "validation_split": 0.0}))
    assert settings.task is not None
    for i, turn in enumerate(settings.task.turns):
        before = task.arrays()
        task._update(task._turns[i], {"data": x[:64]}, x[:64], y[:64])
        changed = {key for key, array in task.arrays().items() if not np.array_equal(array, before[key])}
        assert changed == {key for key in before if key.startswith(turn.name)}


def test_a_turns_rate_is_a_factor_of_the_learning_rate() -> None:
    graph = copy.deepcopy(templates.get("gan-digits").graph)
    moved = []
    for rate in (1.0, 0.25):
        base = templates.get("gan-digits").settings
        turns = [{**turn, "rate": rate} for turn in base["task"]["turns"]]
        changes = {
            "optimizer": "sgd",
            "optimizer_params": {"learning_rate": 0.1},
            "task": {**base["task"], "turns": turns},
        }
        settings = TrainSettings.model_validate(
            {**base, **changes, "epochs": 1, "validation_split": 0.0, "batch_size": 64}
        )
        task = GraphTask(graph, DIGITS.info, choice=settings.task)
        seen: list[Any] = []

        class Begin(Callback):
            def on_start(self, state: Any, seen: list[Any] = seen) -> None:
                seen.append(state.task.arrays()["critic_score_bias"])

        x, y = DIGITS.arrays("train")
        fit(task, (x[:64], y[:64]), settings=settings, callbacks=[Begin()])
        moved.append(float((task.arrays()["critic_score_bias"] - seen[0])[0]))
    assert moved[1] == pytest.approx(moved[0] / 4, rel=1e-4)


def test_several_losses_add_up_by_their_factors() -> None:
    task, settings, data = make("vae-digits")
    result = fit(task, data, settings=settings)
    found = result.metrics
    total = found["val_reconstruction_loss"] + found["val_divergence_loss"] / 64
    assert found["val_loss"] == pytest.approx(total, rel=1e-5)
    assert found["val_mse"] < 0.2


def test_the_divergence_is_that_of_the_formula() -> None:
    task, settings, data = make("vae-digits")
    fit(task, data, settings=settings)
    graph, spec = templates.get("vae-digits").graph, DataSpec((1, 8, 8))
    x = data[0][:50]
    mean, log_variance = (Encoder(graph, node, task.arrays(), spec)(x) for node in ("mean", "log_variance"))
    wanted = 0.5 * (mean**2 + np.exp(log_variance) - log_variance - 1).sum(1).mean()
    found = task.evaluate(x, data[1][:50])["loss:divergence"] / 50
    assert found == pytest.approx(float(wanted), rel=1e-4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"losses": ["nothing"]}, "not among the outputs"),
        ({"weights": ["nothing_*"]}, "trains no weights"),
    ],
)
def test_a_turn_that_fits_nothing_is_refused(changes: dict[str, Any], message: str) -> None:
    template = templates.get("gan-digits")
    turns = [{**template.settings["task"]["turns"][0], **changes}]
    choice = TaskChoice.model_validate({**template.settings["task"], "turns": turns})
    with pytest.raises(GraphError, match=message):
        GraphTask(template.graph, DIGITS.info, choice=choice)


def test_a_task_that_is_not_whole_is_refused() -> None:
    for values in (
        {"kind": "generation", "latent": "z"},
        {"kind": "clustering", "latent": "z"},
        {"kind": "reconstruction"},
        {"kind": "clustering", "latent": "z", "clusters": 1},
        {"turns": [{"name": "a", "losses": ["x"], "weights": ["y"]}] * 2},
    ):
        with pytest.raises(ValidationError):
            TaskChoice.model_validate(values)
    template = templates.get("clusters-digits")
    choice = TaskChoice(kind="clustering", latent="nowhere", clusters=10)
    with pytest.raises(GraphError, match=r"settings.task.latent: there is no node 'nowhere'"):
        GraphTask(template.graph, DIGITS.info, choice=choice)


# ---------------------------------------------------------------- parts, generation, likeness
def test_a_part_computes_what_the_whole_does() -> None:
    task, settings, data = make("clusters-digits")
    fit(task, data, settings=settings)
    graph, weights = templates.get("clusters-digits").graph, task.arrays()
    x = data[0][:9]
    code = Encoder(graph, "code", weights, DataSpec((1, 8, 8)))(x)
    decoder = load_predictor(part(graph, ["image"], {"code": [10]}), weights)
    whole = load_predictor(graph, weights, input_shape=(1, 8, 8))
    np.testing.assert_allclose(decoder(code)[0], whole(x)[0], rtol=1e-5, atol=1e-6)


def test_what_is_no_part_is_refused() -> None:
    graph = templates.get("clusters-digits").graph
    with pytest.raises(GraphError, match="no node 'x'"):
        part(graph, ["x"])
    with pytest.raises(GraphError, match="does not follow from"):
        part(graph, ["code"], {"image": [64]})
    with pytest.raises(GraphError, match="needs more than"):
        Generator(
            templates.get("vae-digits").graph,
            TaskChoice(kind="generation", latent="mean", output="image"),
            {},
            DataSpec((1, 8, 8)),
        )


def test_samples_follow_from_the_seed() -> None:
    task, settings, data = make("vae-digits")
    fit(task, data, settings=settings)
    generator = Generator(task.graph, task.choice, task.arrays(), task.data)
    a, b, c = generator(70, 1), generator(70, 1), generator(70, 2)
    assert a.shape == (70, 64)
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a, c)
    with pytest.raises(ParamError, match="cannot be made"):
        generator(0)
    with pytest.raises(DataError, match="latent numbers"):
        generator.decode(np.zeros((2, 5)))


def test_likeness_is_the_distance_of_gaussians() -> None:
    rng = np.random.default_rng(0)
    real = rng.normal(0, 1, (4000, 3)) * [3.0, 2.0, 1.0]
    near = Likeness(real)
    assert near(real) == pytest.approx(0, abs=1e-9)
    assert near(real + np.array([1.0, 0, 0])) == pytest.approx(1 / real.var(0, ddof=1).sum(), rel=1e-6)
    assert near(real * 2) == pytest.approx(1 + (real.mean(0) ** 2).sum() / real.var(0).sum(), rel=1e-3)
    assert near(np.tile(real.mean(0), (10, 1))) == pytest.approx(1, rel=1e-3)


# ---------------------------------------------------------------- what it can do, and shows
def test_abilities_follow_from_the_task() -> None:
    found = {name: abilities(TrainSettings.model_validate(templates.get(name).settings).task) for name in NAMES}
    assert found == {
        "gan-digits": ("generate",),
        "vae-digits": ("generate", "reconstruct"),
        "clusters-digits": ("cluster", "reconstruct"),
        "lstm-text": ("continue", "predict"),
    }
    assert abilities(None) == ("predict",)


def test_a_variational_network_gives_back_without_chance() -> None:
    template = templates.get("vae-digits")
    choice = TaskChoice.model_validate(template.settings["task"])
    served = served_graph(template.graph, choice, (1, 8, 8))
    assert "sample_noise" not in {node["op"] for node in served["nodes"]}
    assert served["outputs"] == ["image"]
    assert check(served, data=DIGITS.info).ok
    generator = templates.get("gan-digits")
    served = served_graph(generator.graph, TaskChoice.model_validate(generator.settings["task"]), (1, 8, 8))
    assert [(n["id"], n["params"]) for n in served["nodes"] if n["op"] == "Input"] == [("noise", {"shape": [16]})]


@pytest.mark.parametrize(
    ("name", "kind", "size"),
    [("gan-digits", "generated", (8, 8)), ("vae-digits", "generated", (8, 8)), ("clusters-digits", "centres", (1, 10)),
     ("autoencoder-digits", "reconstructed", (2, 8))],
)  # fmt: skip
def test_images_are_shown_in_a_sheet(name: str, kind: str, size: tuple[int, int]) -> None:
    task, settings, data = make(name)
    fit(task, data, settings=settings.model_copy(update={"epochs": 1}))
    shown = Show(task, DIGITS)()
    assert shown is not None
    assert shown.png is not None
    assert (shown.kind, (shown.rows, shown.columns)) == (kind, size)
    assert shown.png.startswith("data:image/png;base64,")


def test_a_sheet_holds_each_image_at_its_place() -> None:
    images = np.arange(3, dtype=np.float32).reshape(3, 1, 1, 1) / 4 * np.ones((1, 1, 8, 8), np.float32)
    found = sheet(images, 2, DIGITS.info.input)
    assert found.shape == (1, 18, 18)
    assert (found[0, 3, 3], found[0, 3, 12], found[0, 12, 3]) == (0.0, 0.25, 0.5)


# ---------------------------------------------------------------- texts
def test_a_text_is_cut_into_windows_of_characters() -> None:
    data = datasets.get("pride-and-prejudice")
    x, y = data.split("train")
    assert x.shape[1:] == y.shape[1:] == data.info.label.shape == (64,)
    np.testing.assert_array_equal(x[0, 1:], y[0, :-1])
    np.testing.assert_array_equal(x[1, 0], y[0, -1])
    assert data.rows("train", 0, 1)[0][0].startswith("It is a truth universally acknowledged")
    assert data.label_of("train", 0) == data.rows("train", 0, 1)[0][0][1:] + data.rows("train", 1, 2)[0][0][0]


def test_perplexity_is_e_to_the_loss() -> None:
    task, settings, data = make("lstm-text", epochs=1)
    found = fit(task, data, settings=settings).metrics
    assert found["val_perplexity"] == pytest.approx(math.exp(found["val_loss"]))
    assert 1 < found["val_perplexity"] < 61


def test_a_head_for_one_label_does_not_fit_a_text() -> None:
    graph = copy.deepcopy(templates.get("lstm-text").graph)
    next(node for node in graph["nodes"] if node["id"] == "next_character")["params"] = {}
    report = check(graph, data=datasets.info("pride-and-prejudice"))
    assert [p.code for p in report.problems] == ["label_mismatch"]


def test_text_is_continued_by_the_networks_chances() -> None:
    asked: list[Any] = []

    def run(x: np.ndarray) -> np.ndarray:  # always the letter after the last
        asked.append(x.copy())
        chances = np.full((1, 4, 3), 1e-9)
        for i in range(4):
            chances[0, i, int(x[0, i] + 1) % 3] = 1
        return chances

    assert continue_text(run, "abc", 4, "ab", 5, temperature=0) == "cabca"
    assert asked[0].tolist() == [[0, 1, 0, 0]]
    assert asked[-1].tolist() == [[2, 0, 1, 2]]
    assert continue_text(run, "abc", 4, "", 2, temperature=1.0, seed=3) == "bc"


def test_temperature_sharpens_and_flattens() -> None:
    chances = np.array([0.7, 0.2, 0.1])
    rng = np.random.default_rng(0)
    shares = {}
    for temperature in (0.0, 0.5, 1.0, 4.0):
        drawn = np.bincount([choose(chances, temperature, rng) for _ in range(4000)], minlength=3) / 4000
        wanted = chances ** (1 / temperature) if temperature else np.array([1.0, 0, 0])
        np.testing.assert_allclose(drawn, wanted / wanted.sum(), atol=0.03)
        shares[temperature] = drawn[0]
    assert shares[0.0] > shares[0.5] > shares[1.0] > shares[4.0]


@pytest.mark.parametrize(
    ("changes", "error"),
    [({"length": 0}, ParamError), ({"length": 1001}, ParamError), ({"temperature": -1}, ParamError),
     ({"temperature": math.nan}, ParamError), ({"prompt": "a" * 4001}, DataError)],
)  # fmt: skip
def test_a_text_beyond_the_limits_is_refused(changes: dict[str, Any], error: type[Exception]) -> None:
    asked = {"prompt": "a", "length": 1, "temperature": 1.0, **changes}
    with pytest.raises(error):
        continue_text(lambda x: x, "abc", 4, **asked)


def test_turns_are_plain_data() -> None:
    turn = Turn(name="critic", losses=("a",), weights=("critic_*",))
    assert TaskChoice(turns=(turn,)).model_dump(mode="json")["turns"][0]["rate"] == 1.0
