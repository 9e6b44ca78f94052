"""The benchmarks' own machinery: what they compare is the same training, and the page says what was found."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks import __main__ as everything
from benchmarks import (
    bound,
    child,
    eager,
    eager_cases,
    inference,
    ours,
    pages,
    profile,
    results,
    tables,
    training,
    turns,
)
from benchmarks import input as pipeline
from benchmarks.workloads import ALL, EVERY, WORKLOADS, Batch

TINY = {workload.name: workload.made_tiny() for workload in ALL}


@pytest.mark.parametrize("name", TINY)
def test_every_form_of_netwright_trains_alike(name: str) -> None:
    workload = TINY[name]
    weights = ours.initial_weights(workload)
    makers = ours.forms(ours.default_strategies(), gluon=True)
    assert len(makers) >= 3
    data = workload.batches(3, 4)
    losses = {form: turns.take_losses(make(workload, weights), data) for form, make in makers.items()}
    assert turns.compare_losses(losses) < turns.TOLERANCE


@pytest.mark.parametrize("name", TINY)
def test_a_predictor_answers_with_probabilities(name: str) -> None:
    workload = TINY[name]
    (answer,) = ours.load(workload, ours.initial_weights(workload))(**workload.batches(1, 3)[0].inputs)
    assert answer.shape[0] == 3
    if workload.net == "vae":
        assert np.all((answer > 0) & (answer < 1))
    else:
        np.testing.assert_allclose(answer.sum(-1), 1, rtol=1e-5)


class Fixed:
    """A contender whose loss never changes."""

    def __init__(self, loss: float) -> None:
        self.loss = loss

    def step(self, batch: Batch) -> float:
        return self.loss


@pytest.mark.parametrize("theirs", [1.1, np.nan])
def test_another_training_is_not_timed(theirs: float) -> None:
    makers = {"Netwright": lambda w, weights: Fixed(1.0), "theirs": lambda w, weights: Fixed(theirs)}
    with pytest.raises(SystemExit, match="theirs trains otherwise than Netwright"):
        training.measure_cell(TINY["mlp-sgd"], 4, makers, rounds=1, seconds=0.001)


def test_a_cell_holds_every_contender_and_names_those_that_fail() -> None:
    def fail(workload: Any, weights: Any) -> Any:
        raise RuntimeError("no compiler")

    makers = ours.forms(["balanced"], gluon=True)
    makers |= {"a peer": makers["Netwright eager"], "another": fail}
    cell = training.measure_cell(TINY["mlp-sgd"], 4, makers, rounds=2, seconds=0.001)
    text = tables.training("mlp-sgd", 4, cell)
    assert all(f"| {name} |" in text for name in makers if name != "another")
    assert "another does not run it: RuntimeError: no compiler" in text
    assert tables.best_peer(cell["rows"]) == "a peer"
    assert all(row["least"] <= row["median"] for row in cell["rows"].values())


def test_answers_must_agree() -> None:
    workload = TINY["vae"]
    makers = inference.forms(None, 1)
    assert "Netwright" in makers
    cell = inference.measure_cell(workload, 3, makers, rounds=1, seconds=0.001)
    assert set(cell["rows"]) == set(makers)
    assert cell["difference"] < inference.TOLERANCE
    with pytest.raises(SystemExit, match=r"b answers otherwise than a: they differ by 0\.5"):
        inference.compare_answers({"a": np.zeros(3), "b": np.full(3, 0.5)})
    with pytest.raises(SystemExit, match="b answers otherwise than a: they differ by inf"):
        inference.compare_answers({"a": np.zeros(3), "b": np.zeros(4)})


@pytest.mark.parametrize("name", TINY)
def test_an_export_answers_alike(name: str) -> None:
    pytest.importorskip("onnxruntime")
    makers = inference.forms(None, 1)
    workload = TINY[name]
    weights = ours.initial_weights(workload)
    batch = workload.batches(1, 3)[0]
    answers = {form: make(workload, weights)(batch.inputs) for form, make in makers.items()}
    assert len(answers) == 2
    assert inference.compare_answers(answers) < inference.TOLERANCE


def test_a_profile_shows_every_step_of_the_plan() -> None:
    found = profile.take(TINY["lenet"], 4, "balanced", steps=3)
    named = {row.operator for row in found.rows}
    assert named <= {node.op.name for node in found.plan.steps}
    total = sum(row.seconds for row in found.rows)
    assert sum(row.seconds for row in profile.by_operator(found.rows)) == pytest.approx(total)
    text = profile.show(found, 3)
    assert text.count("\n| ") == 1 + 3 + 4
    assert "steps of the plan" in text
    assert all(seconds > 0 for seconds in found.around.values())


def test_memory_of_this_process_is_seen() -> None:
    before = child.resident()
    child.forget_peak()
    kept = np.ones(8 << 20, np.float32)
    del kept
    assert 30 << 20 < child.peak() - before < 60 << 20


def test_turns_go_round_and_take_about_their_time() -> None:
    order: list[str] = []

    class Recorded:
        def __init__(self, name: str) -> None:
            self.name = name

        def run(self, batches: Any, steps: int) -> tuple[float, float]:
            order.append(self.name)
            return 0.5, 0.7

    contenders = {name: Recorded(name) for name in "abc"}
    times = turns.take_turns(contenders, [], rounds=3, seconds=0.1)
    assert "".join(order[-9:]) == "abcbcacab"
    assert times["a"].figures == {"median": 0.5, "least": 0.5, "cores": 0.7}


def test_products_are_counted() -> None:
    workload = EVERY["mlp-sgd"]
    multiplied = 784 * 128 + 128 * 64 + 64 * 10
    # forward, weights' gradients, and the data's gradients behind the first layer; biases count a little
    wanted = 2 * 32 * (2 * multiplied + 128 * 64 + 64 * 10)
    assert bound.count_products(workload, 32) == pytest.approx(wanted, rel=0.01)


def test_measured_cells_are_kept_and_make_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "STORE", tmp_path / "latest.json")
    monkeypatch.setattr(results, "PAGE", tmp_path / "page.md")
    row = {"median": 0.002, "least": 0.001, "cores": 0.003, "first": 0.5}
    cell: dict[str, Any] = {
        "machine": "2026-01-01: a machine",
        "load": "load 0.0",
        "difference": 1e-7,
        "failed": {},
        "product_flops": 1e6,
        "product_rate": 1e9,
        "peers": ["JAX 1"],
        "notes": {"Netwright fast": ["strategy fast; 3 steps"]},
        "rows": {"Netwright fast": row, "JAX jit": {**row, "median": 0.003}},
    }
    results.write("training", {"lenet/32": cell})
    results.write("training", {"mlp-sgd/32": cell})
    answers = {**cell, "rows": {"Netwright": row, "ONNX Runtime": row, "PyTorch eager": {**row, "median": 0.003}}}
    results.write("inference", {"lstm/1": answers})
    first = {"machine": "one", "batch": 32, "form": "Netwright fast", "warm": 0.5, "cold": 4.0}
    results.write("first", {"vae": first, "lenet": {**first, "cold": 2.0}})
    mine, theirs = {"peak": 60e6, "plan": 50e6, "inputs": 1e6}, {"peak": 100e6}
    results.write("peak", {"resnet56": {**first, "rows": {"Netwright balanced": mine, "PyTorch eager": theirs}}})
    results.write("eager", {"all": {"text": "made elsewhere"}})
    text = (tmp_path / "page.md").read_text()
    lenet = "| LeNet-5 on 1×28×28, SGD | 32 | 16000 (fast) | 10667 (JAX jit) | 1.50 | ≥ 1.5 | ✓ |"
    assert text.index("| MLP 784-128-64-10, SGD | 32 |") < text.index(lenet)
    assert "| answers of LSTM, hidden 128, 64 steps of 32 | 1 | 500 | 500 (ONNX Runtime) | 1.00 | ≥ 1 | ✓ |" in text
    assert "| 333 (PyTorch eager) | 1.50 | ≥ 2 |  |" in text
    assert "the slowest: VAE 784-400-20-400-784, Adam | 4.00 | ≤ 3 |  |" in text
    assert "balanced, of PyTorch's | 0.60 | ≤ 0.8 | ✓ |" in text
    assert "## Eager operators\n\nmade elsewhere\n" in text


def test_the_page_is_made_of_the_kept_figures() -> None:
    assert results.PAGE.read_text(encoding="utf-8") == pages.page(results.read()), "run a benchmark with --write"


def test_every_command_is_there() -> None:
    for name in everything.COMMANDS:
        assert importlib.util.find_spec(f"benchmarks.{name}") is not None
        assert f".{name}`" in pages.PREFACE


def test_every_goal_of_the_table_has_its_workload() -> None:
    assert {name: workload.goal for name, workload in WORKLOADS.items()} == {
        "mlp-sgd": 1.5,
        "mlp-adam": 1.3,
        "lenet": 1.5,
        "conv": 1.2,
        "resnet20": 1.2,
        "vgg": 1.0,
        "lstm": 1.3,
        "transformer": 2.0,
        "vae": 1.5,
    }


def test_eager_operators_have_their_row() -> None:
    rows = list(eager.rows(None, rounds=1, seconds=1e-5, only=""))
    assert len({row.title for row in rows}) == len(rows) > 50
    assert all((row.ours or row.our_recorded or 0) > 0 for row in rows)
    assert eager_cases.our_calls(True).keys() < eager_cases.our_calls(False).keys()
    assert eager_cases.numpy_calls().keys() < eager_cases.our_calls(False).keys()
    text = eager.table([eager.Row("quick", 1.0, None, 2.0, 1.0, 2.0), eager.Row("slow", 1.5, 0.5, 2.0)], "PyTorch")
    assert "| quick | 1.00 |  | 2.00 | 0.50 | 1.00 | 2.00 | 0.50 | ✓ |" in text
    assert "| slow | 1.50 | 0.50 | 2.00 | 0.75 |  |  |  |  |" in text
    assert "2 of 3 reach the goal" in text


def test_eager_operators_compute_what_numpy_does() -> None:
    ours, bare = eager_cases.our_calls(False), eager_cases.numpy_calls()
    for title in ("x + y", "rows + vector", "relu", "sum of rows", "max of rows", "dot, 8×8", "transpose", "take"):
        np.testing.assert_allclose(ours[title]().asnumpy(), bare[title](), rtol=1e-6, err_msg=title)


def test_the_input_pipeline_is_measured_whole() -> None:
    row = pipeline.measure(TINY["mlp-sgd"], batch=8, count=160, steps=3)
    assert min(row[name] for name in ("floats", "bytes", "loader", "step")) > 0
    assert 0 <= row["share"] < 1
    assert f"| {row['title']} | " in pipeline.table([row], 8)
