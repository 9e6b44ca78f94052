"""Looking inside: histograms, pictures, probes, snapshots while training, maps, evaluations."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netwright import datasets, gluon, templates
from netwright.datasets import Dataset
from netwright.errors import CheckpointError, GraphError
from netwright.inspection import Plane, Probe, Snapshot, SnapshotFolder, Watch, histogram, kernels, picture
from netwright.inspection.evaluation import Evaluation, evaluate_samples
from netwright.inspection.latent import Decoder, draw_codes, latent, narrowest, walk_codes
from netwright.inspection.plane import Projection, boundary, can_be_drawn
from netwright.inspection.quality import judge_classes, judge_values, worst
from netwright.inspection.runner import from_node
from netwright.inspection.watch import ALLOWANCE
from netwright.train import BlockTask, Callback, GraphTask, TrainSettings, TrainState, evaluate, fit
from netwright.train.data import held_rows


def pixels(found: Any) -> np.ndarray[Any, Any]:
    data = np.frombuffer(base64.b64decode(found.data), np.uint8)
    return data.reshape(found.height, found.width)


def train(
    name: str, epochs: int, data: Dataset | None = None, **more: Any
) -> tuple[GraphTask, Dataset, list[Snapshot]]:
    template = templates.get(name)
    data = data or datasets.get(template.dataset)
    task = GraphTask(template.graph, data.info)
    seen: list[Snapshot] = []
    settings = TrainSettings(epochs=epochs, batch_size=64, seed=3)
    watch = Watch(seen.append, data, **more)
    fit(task, data.feed("train"), settings=settings, callbacks=[watch], preprocessing=data.preprocessing)
    return task, data, seen


# ---------------------------------------------------------------- histograms and pictures
def test_a_histogram_counts_as_numpy_does() -> None:
    values = np.random.default_rng(0).normal(size=(50, 40)).astype(np.float32)
    found = histogram(values, bins=20)
    assert np.abs(np.array(found.counts) - np.histogram(values, 20)[0]).sum() <= 2  # a value on an edge may round
    assert found.norm == pytest.approx(np.linalg.norm(values), rel=1e-5)
    assert (found.mean, found.std) == pytest.approx((values.mean(), values.std()), abs=1e-5)


def test_a_histogram_costs_no_more_for_a_large_tensor() -> None:
    values = np.tile(np.arange(1000, dtype=np.float32), 1000)  # a stride of 122 would fall in step with nothing
    found = histogram(values)
    assert found.size == 1_000_000
    assert found.sampled <= 8192
    assert sum(found.counts) == found.sampled
    assert found.mean == pytest.approx(values.mean(), rel=0.02)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_counted_apart(bad: float) -> None:
    found = histogram(np.array([1.0, bad, 3.0, 3.0]), bins=2)
    assert found.counts == (1, 2)
    assert found.invalid == 0.25
    assert (
        Snapshot.model_validate_json(  # and it can be written and read
            Snapshot(step=0, epoch=0, cost=0, weights=(), nodes=()).model_dump_json()
        ).step
        == 0
    )
    assert type(found).model_validate_json(found.model_dump_json()).low == 1.0


def test_empty_and_constant_tensors_have_histograms() -> None:
    assert histogram(np.zeros((0, 3))).counts == (0,) * 40
    assert sum(histogram(np.full(7, 2.5)).counts) == 7


def test_a_picture_shows_each_channel_as_a_tile() -> None:
    planes = np.stack([np.full((4, 4), i, np.float32) for i in range(4)])
    found = picture(planes)
    assert (found.width, found.height, found.columns, found.tiles, found.of) == (8, 8, 2, 4, 4)
    assert pixels(found)[:4, 4:].tolist() == [[85] * 4] * 4
    assert (found.low, found.high) == (0.0, 3.0)


def test_a_picture_of_both_signs_has_nought_in_its_middle() -> None:
    found = picture(np.array([[-1.0, 0.0, 4.0]]))
    assert (found.low, found.high) == (-4.0, 4.0)
    assert pixels(found).tolist() == [[96, 128, 255]]


@pytest.mark.parametrize("shape", [(), (3,), (5000,), (700, 900), (64, 56, 56), (2, 3, 40, 50), (1, 1), (0,)])
def test_a_picture_is_never_large(shape: tuple[int, ...]) -> None:
    found = picture(np.ones(shape, np.float32), pixels=2048)
    assert found.width * found.height <= 2048 + 2 * found.width  # a last row may be open
    assert len(base64.b64decode(found.data)) == found.width * found.height


def test_kernels_stand_in_a_row_for_each_filter() -> None:
    found = kernels(np.arange(2 * 3 * 2 * 2).reshape(2, 3, 2, 2))
    assert (found.columns, found.tiles, found.of, found.width, found.height) == (3, 6, 6, 6, 4)


# ---------------------------------------------------------------- probes
def test_a_probe_sees_what_the_training_begins_with() -> None:
    template, data = templates.get("cnn-digits"), datasets.get("digits")
    probe = Probe.untrained(template.graph, data.info, seed=3)
    task = GraphTask(template.graph, data.info)
    begun: dict[str, Any] = {}

    class Begin(Callback):
        def on_start(self, state: TrainState) -> None:
            begun.update(task.arrays())
            state.request_stop()

    fit(task, data.arrays("train"), settings=TrainSettings(epochs=1, seed=3), callbacks=[Begin()])
    assert begun.keys() == probe.weights.keys()
    for name, array in begun.items():
        np.testing.assert_array_equal(probe.weights[name], array, err_msg=name)


def test_a_probe_gives_every_node_its_output() -> None:
    data = datasets.get("digits")
    probe = Probe.untrained(templates.get("cnn-digits").graph, data.info, seed=1)
    x = data.arrays("test")[0][:3]
    out = probe.outputs(x)
    assert next(iter(out)) == "data"
    np.testing.assert_allclose(out["relu1"], np.maximum(out["bn1"], 0), rtol=1e-6)
    np.testing.assert_allclose(out["softmax"].sum(1), 1, rtol=1e-5)
    views = {view.node: view for view in probe.look(x)}
    assert views["conv2"].shape == (32, 8, 8)
    assert views["relu1"].dead is not None
    assert views["conv1"].dead is None
    assert probe.detail(x, "conv2").tiles == 32
    with pytest.raises(GraphError, match="no such node"):
        probe.detail(x, "nowhere")


def test_a_dead_unit_is_found() -> None:
    data = datasets.get("digits")
    probe = Probe.untrained(templates.get("mlp-digits").graph, data.info, seed=1)
    probe.weights = dict(probe.weights)
    probe.weights["fc1_bias"] = np.where(np.arange(128) < 32, -1e6, 1e6).astype(np.float32)
    views = {view.node: view for view in probe.look(data.arrays("test")[0][:8])}
    assert views["relu1"].dead == 0.25


def test_a_graph_without_a_loss_can_be_probed() -> None:
    graph = {
        "format": "netwright-graph",
        "version": 1,
        "nodes": [
            {"id": "data", "op": "Input", "params": {"shape": [3]}},
            {"id": "fc", "op": "FullyConnected", "params": {"num_hidden": 2}, "inputs": {"data": "data"}},
        ],
    }
    views = Probe.untrained(graph).look(np.ones((1, 3), np.float32))
    assert [view.node for view in views] == ["data", "fc"]


# ---------------------------------------------------------------- while training
def test_watching_changes_nothing_and_sees_gradients() -> None:
    watched, _, seen = train("mlp-digits", 4, share=0.5)
    plain, _, none = train("mlp-digits", 4, share=0.0)
    assert none == []
    for name, array in plain.arrays().items():
        np.testing.assert_array_equal(watched.arrays()[name], array, err_msg=name)
    assert [seen[0].step, seen[-1].step] == [0, watched.optimizer.num_update]
    assert seen[-1].weights[0].gradient is not None
    middle = next(snapshot for snapshot in seen if snapshot.weights[0].gradient is not None)
    first = middle.weights[0]
    assert first.name == "fc1_weight"
    assert first.gradient is not None
    assert first.change is not None
    assert 0 < first.gradient.norm < 10
    assert 0 < first.change < 0.1
    assert {view.node for view in middle.nodes} >= {"data", "fc1", "relu1", "softmax"}


def test_a_gradient_is_the_mean_over_the_batch() -> None:
    data = datasets.get("iris")
    task = GraphTask(templates.get("logistic-iris").graph, data.info)
    x, y = data.arrays("train")
    seen: list[Snapshot] = []

    class Always(Watch):
        def on_start(self, state: TrainState) -> None:
            super().on_start(state)
            self.first = {name: array.asnumpy() for name, array in task.weights.items()}
            self._due = 0.0

    watch = Always(seen.append, data, share=0.5)
    settings = TrainSettings(epochs=2, batch_size=len(x), seed=1, validation_split=0)
    fit(task, (x, y), settings=settings, callbacks=[watch])
    logits = x @ watch.first["fc1_weight"].T + watch.first["fc1_bias"]
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    p[np.arange(len(y)), y] -= 1
    # the first step is where looking is asked for, the second is looked at: at its own weights, near the first ones
    found = next(s for s in seen if s.weights[0].gradient is not None).weights[0].gradient
    assert found is not None
    assert found.norm == pytest.approx(np.linalg.norm(p.T @ x / len(x)), rel=0.1)


def test_looking_takes_no_more_than_its_share() -> None:
    """Time is the clock's: where another program takes the cores, a second or third training shows it."""
    data = datasets.get("digits")
    assert any(overspent(data) <= ALLOWANCE for _ in range(3))


def overspent(data: datasets.Dataset) -> float:
    """Seconds that looking took in a training beyond its share."""
    task, seen = GraphTask(templates.get("mlp-digits").graph, data.info), list[Snapshot]()
    watch = Watch(seen.append, data, share=0.02)
    settings = TrainSettings(epochs=60, batch_size=64)
    result = fit(task, data.feed("train"), settings=settings, callbacks=[watch], preprocessing=data.preprocessing)
    assert len(seen) >= 4
    # the last look may go over, and none is taken before the time for those before it has passed
    return watch.spent - max(s.cost for s in seen[1:]) - 0.02 * result.seconds


def test_a_gluon_network_shows_its_weights_and_gradients() -> None:
    net, seen = gluon.nn.Dense(3), list[Snapshot]()
    task = BlockTask(net, gluon.loss.SoftmaxCrossEntropyLoss())
    x, y = datasets.get("iris").arrays("train")
    fit(task, (x, y), settings=TrainSettings(epochs=60, batch_size=8), callbacks=[Watch(seen.append, share=0.5)])
    assert [weight.name for weight in seen[-1].weights] == ["weight", "bias"]
    assert any(weight.gradient is not None for snapshot in seen for weight in snapshot.weights)
    assert seen[-1].nodes == ()


def test_snapshots_thin_out_and_keep_both_ends(tmp_path: Path) -> None:
    folder = SnapshotFolder(tmp_path, most=10)
    for step in range(0, 1000, 7):
        folder.write(Snapshot(step=step, epoch=step / 100, cost=0.0, weights=(), nodes=()))
    steps = folder.steps()
    assert len(steps) == 10
    assert (steps[0], steps[-1]) == (0, 994)
    assert max(np.diff(steps)[:-1]) <= 3 * min(np.diff(steps)[:-1])  # the last has just come
    folder.clear(newer_than=500)
    assert max(folder.steps()) <= 500
    (tmp_path / "000000000.snapshot").write_bytes(b"nonsense")
    with pytest.raises(CheckpointError, match="damaged"):
        folder.read(0)
    with pytest.raises(CheckpointError, match="no snapshot"):
        folder.read(3)


# ---------------------------------------------------------------- maps
def test_two_inputs_are_drawn_as_they_are_and_the_boundary_follows_the_network() -> None:
    data = datasets.get("xor")
    plane = Plane(data)
    assert plane.info.kind == "inputs"
    x, y = data.split("train")
    assert plane.info.points[0] == pytest.approx((*x[plane.info.rows[0]], y[plane.info.rows[0]]), abs=1e-4)

    def right(inputs: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        blue = (inputs[:, 0] * inputs[:, 1] > 0).astype(np.float32)
        return np.stack([1 - blue, blue], 1)

    drawn = boundary(right, plane, size=20, classes=2)
    winner = np.frombuffer(base64.b64decode(drawn.winner), np.uint8).reshape(20, 20)
    assert winner[0, 0] == 1  # lowest x and y: both below 0
    assert winner[0, -1] == 0
    assert winner[-1, -1] == 1


def test_other_data_are_projected_on_their_principal_components() -> None:
    x = datasets.get("digits").arrays("train")[0].reshape(-1, 64)
    found = Projection.fit(x)
    values = np.linalg.eigvalsh(np.cov(x.T.astype(np.float64)))
    assert found.explained == pytest.approx(values[::-1][:2] / values.sum(), rel=1e-3)
    np.testing.assert_allclose(found.axes @ found.axes.T, np.eye(2), atol=1e-9)
    np.testing.assert_allclose(found(found.back(np.array([[1.0, -2.0]]))), [[1.0, -2.0]], atol=1e-9)
    assert Plane(datasets.get("digits")).info.kind == "components"


def test_a_training_on_points_has_a_boundary_at_every_snapshot() -> None:
    _, _, seen = train("logistic-iris", 1)
    assert all(s.boundary is not None and s.boundary.kind == "classes" for s in seen)
    _, _, seen = train("diabetes", 1)
    assert all(s.boundary is not None and s.boundary.kind == "values" for s in seen)


# ---------------------------------------------------------------- evaluation
def test_an_evaluation_agrees_with_the_training_s_own(tmp_path: Path) -> None:
    task, data, _ = train("mlp-digits", 3, share=0.0)
    found = evaluate_samples(task.network, task.arrays(), data, "test")
    tested = evaluate(task, data.feed("test"), preprocessing=data.preprocessing)
    classes = data.info.label.classes
    assert classes is not None
    judged = judge_classes(found, classes)
    assert judged.accuracy == pytest.approx(tested["accuracy"])
    assert judged.loss == pytest.approx(tested["loss"], rel=1e-4)
    assert sum(map(sum, judged.matrix)) == len(data.test[0])
    three = judged.classes[3]
    assert three.recall == pytest.approx((found.predicted[found.label == 3] == 3).mean())
    assert three.precision == pytest.approx((found.label[found.predicted == 3] == 3).mean())
    assert sum(bin.count for bin in judged.calibration) == len(found.rows)
    order = worst(found, wrong=True)
    assert (np.diff(found.loss[order]) <= 0).all()
    assert (found.label[order] != found.predicted[order]).all()
    found.save(tmp_path / "evaluation.safetensors")
    again = Evaluation.load(tmp_path / "evaluation.safetensors")
    assert (again.kind, again.split, again.total) == ("classes", "test", len(found.rows))
    np.testing.assert_array_equal(again.loss, found.loss)


def test_values_are_judged_in_their_own_unit() -> None:
    task, data, _ = train("diabetes", 3, share=0.0)
    found = evaluate_samples(task.network, task.arrays(), data, "test")
    judged = judge_values(found)
    actual = data.test[1]
    np.testing.assert_allclose(found.label, actual.reshape(-1), rtol=1e-6)
    assert judged.rmse == pytest.approx(np.sqrt(((found.predicted - found.label) ** 2).mean()))
    assert len(judged.points) == len(actual)


def test_few_samples_stand_for_many_and_held_out_rows_are_known() -> None:
    task, data, _ = train("mlp-digits", 1, share=0.0)
    held, kept = held_rows(len(data.train[0]), 0.1, 3)
    found = evaluate_samples(task.network, task.arrays(), data, "train", rows=held, most=50)
    assert (len(found.rows), found.total) == (50, len(held))
    assert set(found.rows) <= set(held)
    assert not set(held) & set(kept)


# ---------------------------------------------------------------- latent space
def test_an_autoencoder_draws_from_its_code() -> None:
    task, data, seen = train("autoencoder-digits", 2)
    weights, shape = task.arrays(), tuple(data.info.input.shape)
    assert narrowest(task.network, weights, shape) == "code"
    assert evaluate_samples(task.network, weights, data).kind == "reconstruction"
    x = data.arrays("test")[0][:20]
    codes = latent(task.network, weights, x, "code", shape)
    assert codes.shape == (20, 12)
    decode = Decoder(task.network, weights, "code", (12,))
    whole = Probe(task.network, weights, shape).outputs(x)["reconstruction"]
    np.testing.assert_allclose(decode(codes), whole, rtol=1e-4, atol=1e-6)
    assert draw_codes(codes, 5, 1).shape == (5, 12)
    assert walk_codes(codes, 4).shape == (16, 12)
    assert seen[-1].generated is not None
    assert seen[-1].generated.tiles == 36
    with pytest.raises(GraphError, match="does not follow"):
        from_node(task.network, "reconstruction", "code")


def test_a_classifier_decides_by_its_last_features() -> None:
    data = datasets.get("digits")
    probe = Probe.untrained(templates.get("mlp-digits").graph, data.info)
    assert narrowest(probe.network, probe.weights, data.info.input.shape) == "relu2"


def test_a_network_taught_to_generate_draws_from_its_noise() -> None:
    template, data = templates.get("gan-digits"), datasets.get("digits")
    settings = TrainSettings.model_validate({**template.settings, "epochs": 1})
    task, seen = GraphTask(template.graph, data.info, choice=settings.task), list[Snapshot]()

    class Two(Callback):
        def on_step(self, state: TrainState) -> None:
            if state.step >= 2:
                state.request_stop()

    watch = Watch(seen.append, data)
    fit(task, data.feed("train"), settings=settings, callbacks=[watch, Two()], preprocessing=data.preprocessing)
    assert watch.trouble is None
    assert all(snapshot.generated is not None and snapshot.generated.tiles == 36 for snapshot in seen)
    assert seen[0].generated != seen[-1].generated


def test_letters_have_no_map() -> None:
    assert not can_be_drawn(datasets.get(templates.get("lstm-text").dataset))
