"""A graph as a program: run, it makes the same graph, begins with the same weights and takes the same steps."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import nbformat
import numpy as np
import pytest

from netwright import datasets, templates
from netwright.datasets import DatasetInfo
from netwright.errors import GraphError
from netwright.graph.python_text import camel, comment, free, literal
from netwright.graph.to_python import DataSource, to_command, to_notebook, to_program, to_python
from netwright.train import GraphTask, TrainSettings, TrainState, fit

STEPS = 2


class Recorder:
    """Keeps the weights before the first step and the losses of the first steps."""

    def __init__(self) -> None:
        self.begin: dict[str, np.ndarray[Any, Any]] = {}
        self.losses: list[float] = []

    def on_start(self, state: TrainState) -> None:
        self.begin = state.task.arrays()

    def on_step(self, state: TrainState) -> None:
        self.losses.append(state.metrics["train_loss"])
        if len(self.losses) == STEPS:
            state.request_stop()


def run(text: str) -> dict[str, Any]:
    """What a program defines."""
    space: dict[str, Any] = {"__name__": "program"}
    exec(compile(text, "program.py", "exec"), space)
    return space


def samples(info: DatasetInfo, count: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Numbers that look like a data set's: what is compared does not hang on what they are."""
    rng = np.random.default_rng(3)
    if info.input.kind == "text":
        length = info.input.shape[0]
        text = rng.integers(0, 20, (count, length + 1))
        return text[:, :-1].astype("float32"), text[:, 1:].astype("float32")
    labels = rng.integers(0, 2, count) if info.label.kind == "class" else rng.normal(size=count)
    return rng.normal(size=(count, *info.input.shape)).astype("float32"), labels.astype("float32")


def first_steps(graph: Any, info: DatasetInfo, settings: TrainSettings) -> tuple[Recorder, dict[str, Any]]:
    recorder = Recorder()
    task = GraphTask(graph, info, choice=settings.task)
    fit(task, samples(info, 64), settings=settings, callbacks=[recorder])
    return recorder, task.arrays()


@pytest.mark.parametrize("name", [template.id for template in templates.all()])
def test_program_of_a_template_takes_the_steps_of_the_studio(name: str) -> None:
    found, info = templates.get(name), datasets.info(templates.get(name).dataset)
    settings = TrainSettings.model_validate(found.settings).model_copy(update={"batch_size": 16, "device": "cpu"})
    program = run(to_python(found.graph, DataSource(found.dataset), settings.model_dump(mode="json"), info))
    assert program["SETTINGS"] == settings
    ours, ours_after = first_steps(found.graph, info, settings)
    theirs, theirs_after = first_steps(program["make_graph"](), info, program["SETTINGS"])
    assert len(ours.losses) == STEPS
    assert ours.losses == theirs.losses
    assert list(ours.begin) == list(theirs.begin)
    for before, after in ((ours.begin, theirs.begin), (ours_after, theirs_after)):
        for weight, array in before.items():
            np.testing.assert_array_equal(array, after[weight], err_msg=weight)


def node(name: str, op: str = "relu", params: dict[str, Any] | None = None, **inputs: str) -> dict[str, Any]:
    return {"id": name, "op": op, "params": params or {}, "inputs": inputs}


def graph_of(*nodes: dict[str, Any], groups: list[dict[str, Any]] | None = None, name: str = "") -> dict[str, Any]:
    data = {"id": "data", "op": "Input", "params": {"shape": [4]}, "inputs": {}}
    return {"name": name, "nodes": [data, *nodes], "outputs": [], "groups": groups or []}


def again(graph: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = run(to_python(graph, DataSource("iris"), {}))["make_graph"]()
    return made


def wires(graph: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {row["id"]: row["inputs"] for row in graph["nodes"]}


def test_groups_repeated_in_groups_are_loops_in_loops() -> None:
    dense = {"num_hidden": 4}
    inner = {"id": "inner", "title": "Layer", "members": ["fc", "act"], "repeat": 2}
    outer = {"id": "outer", "title": "Stage", "members": ["inner", "sum"], "repeat": 3, "carry": "stem"}
    graph = graph_of(
        node("stem", "FullyConnected", dense, data="data"),
        node("fc", "FullyConnected", dense, data="stem"),
        node("act", data="fc"),
        node("sum", "elemwise_add", lhs="act", rhs="stem"),
        node("out", "LinearRegressionOutput", data="sum"),
        groups=[inner, outer],
    )
    program = to_program(graph, DataSource("iris"), {})
    assert program.blocks.count("for block in self.") == 2
    assert len(program.notes) == 1
    found = wires(again(graph))
    assert len(found) == 3 + 3 * (2 * 2 + 1)
    assert found["fc_r2_outer_r3"] == {"data": "act_outer_r3"}
    assert found["sum_outer_r3"] == {"lhs": "act_r2_outer_r3", "rhs": "sum_outer_r2"}
    assert found["out"] == {"data": "sum_outer_r3"}


def test_group_with_others_between_its_members_is_no_block() -> None:
    crossing = [{"id": "a", "title": "A", "members": ["one", "four"]}, {"id": "b", "members": ["two", "three"]}]
    graph = graph_of(
        node("one", data="data"),
        node("two", data="one"),
        node("three", data="data"),
        node("four", data="three"),
        node("out", "elemwise_add", lhs="four", rhs="two"),
        groups=crossing,
    )
    program = to_program(graph, DataSource("iris"), {})
    assert len(program.notes) == 1
    assert program.blocks.count("class ") == 2
    assert wires(again(graph)) == wires(graph)


def test_names_that_mean_something_in_python() -> None:
    graph = graph_of(
        node("class", "FullyConnected", {"num_hidden": 3}, data="data"),
        node("F", data="class"),
        node("params", "FullyConnected", {"num_hidden": 3}, data="F"),
        node("self", "SliceChannel", {"num_outputs": 3}, data="params"),
        node("name", "elemwise_mul", lhs="self:output2", rhs="self"),
        name='"""\nimport os\\',
    )
    made = wires(again(graph))
    assert made["name"] == {"lhs": "self:2", "rhs": "self"}
    assert made["F"] == {"data": "class"}


def test_long_names_of_copies_are_written_out() -> None:
    name = "n" * 64
    graph = graph_of(node(name, data="data"), groups=[{"id": "g", "members": [name], "repeat": 2}])
    program = to_program(graph, DataSource("iris"), {})
    assert program.notes
    assert len(again(graph)["nodes"]) == 3


def test_graph_with_problems_has_no_program() -> None:
    with pytest.raises(GraphError, match="no program"):
        to_python(graph_of(node("fc", "FullyConnected", {"num_hidden": 3})), DataSource("iris"), {})


def test_notebook_holds_the_program() -> None:
    found = templates.get("logistic-iris")
    program = to_program(found.graph, DataSource("table.csv", "csv", "kind"), found.settings, datasets.info("iris"))
    notebook = to_notebook(program)
    nbformat.validate(notebook)
    code = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for part in (program.imports, program.blocks, program.graph, program.settings, program.training):
        assert any(part in cell for cell in code)
    assert 'datasets.load_csv("table.csv", "kind", missing="mean")' in program.training


def test_program_runs_as_a_file_to_the_numbers_of_fit(tmp_path: Any) -> None:
    found = templates.get("logistic-iris")
    settings = {**found.settings, "epochs": 2, "device": "cpu"}
    file = tmp_path / "iris.py"
    file.write_text(to_python(found.graph, DataSource("iris"), settings, datasets.info("iris")), encoding="utf-8")
    told = subprocess.run([sys.executable, file.name], cwd=tmp_path, capture_output=True, text=True, check=True)
    data = datasets.get("iris")
    task = GraphTask(found.graph, data.info)
    result = fit(
        task,
        data.feed("train"),
        settings=TrainSettings.model_validate(settings),
        preprocessing=data.preprocessing,
    )
    assert f"train_loss {result.metrics['train_loss']:.6g}" in told.stdout.splitlines()[1]
    assert json.loads((tmp_path / "model" / "graph.json").read_text())["nodes"]


@pytest.mark.parametrize(
    "value", ['say "no"', "back\\slash", "新\u2028line", "'", 1.5, float("-inf"), None, True, [1], {}]
)
def test_literals_are_read_back(value: Any) -> None:
    expected = tuple(value) if isinstance(value, list) else value
    assert eval(literal(value)) == expected


def test_words_for_classes_and_headings() -> None:
    assert camel("Residual block 2") == "ResidualBlock2"
    assert camel("残差") == ""
    assert camel("3 layers") == "Net3Layers"
    assert comment('a "b"\n c\\') == "a 'b' c/"
    assert free("class", ()) == "class_"
    assert free("x", {"x", "x_"}) == "x__"


def test_command_line_takes_the_file_of_a_training(tmp_path: Any) -> None:
    from netwright.cli.sources import read_graph

    found = templates.get("logistic-iris")
    source = DataSource("my table.csv", "csv", "kind of flower")
    program = to_program(found.graph, source, found.settings, datasets.info("iris"))
    command = to_command(program, source, found.graph, found.settings)
    assert command.line == (
        "netwright train logistic-regression-on-iris.json --data 'my table.csv' --target 'kind of flower'"
    )
    file = tmp_path / f"{command.stem}.json"
    file.write_text(command.spec.model_dump_json(), encoding="utf-8")
    graph, spec = read_graph(str(file))
    assert graph == found.graph
    assert spec is not None
    assert spec.settings == found.settings
    assert spec.dataset is None
    assert spec.id == program.title
    file.write_text('{"format": "netwright-training", "graph": 3}', encoding="utf-8")
    with pytest.raises(GraphError, match="cannot be read"):
        read_graph(str(file))
