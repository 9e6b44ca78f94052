"""From a graph JSON to a program: a Gluon block for the network and for each of its groups, and the training.

The program makes the same graph again (``from_block``), so its weights begin with the same numbers and its training
takes the same steps as the studio's.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..errors import GraphError
from ..training_spec import TrainingSpec
from .check import DataSpec, check
from .document import INPUT
from .python_blocks import Layout, write_blocks
from .python_text import call, comment, literal

UNSAID = {"checkpoint_every_seconds": 30.0, "look_inside": 0.02, "scheduler": None, "task": None}
"""Settings that a program need not repeat where they have these values."""


SHOWING = """class Show:
    def on_epoch(self, state):
        shown = ", ".join(f"{name} {value:.6g}" for name, value in state.metrics.items())
        print(f"epoch {state.epoch:.0f}: {shown}")"""


@dataclass(frozen=True)
class DataSource:
    """Where a program finds its data: a built-in set by name, or a file with the column that is learnt.

    ``recipe`` says what is made of a file (or a built-in set), ``test`` names the file of its test part.
    """

    name: str
    kind: Literal["built_in", "csv", "npz", "file"] = "built_in"
    target: str | None = None
    recipe: Mapping[str, Any] | None = None
    test: str | None = None

    def expression(self) -> str:
        """The call that loads the data."""
        if self.recipe is not None:
            test = [] if self.test is None else [f"test={literal(self.test)}"]
            name = "datasets.derive" if self.kind == "built_in" else "datasets.load_file"
            return call(name, [literal(self.name), "recipe=RECIPE", *test])
        if self.kind == "built_in":
            return call("datasets.get", [literal(self.name)])
        if self.kind == "npz":
            return call("datasets.load_npz", [literal(self.name)])
        target = [] if self.target is None else [literal(self.target)]
        return call("datasets.load_csv", [literal(self.name), *target, 'missing="mean"'])

    def option(self) -> list[str]:
        """What the command line is told."""
        target = [] if self.target is None or self.recipe is not None else ["--target", self.target]
        test = [] if self.test is None else ["--test-data", self.test]
        return ["--data", self.name, *target, *test]


@dataclass(frozen=True)
class Program:
    """A program in parts, as a notebook shows them; ``notes`` say what it writes differently from the drawing."""

    title: str
    imports: str
    blocks: str
    graph: str
    settings: str
    showing: str
    training: str
    notes: tuple[str, ...]

    def text(self) -> str:
        """The parts as one file."""
        top = f'"""{comment(self.title)}: drawn in the Netwright studio."""'
        body = "\n".join("    " + line if line else "" for line in self.training.splitlines())
        main = f'def main():\n{body}\n\n\nif __name__ == "__main__":\n    main()'
        parts = (f"{top}\n\n{self.imports}", self.blocks, self.graph, self.settings, self.showing, main)
        return "\n\n\n".join(parts) + "\n"


@dataclass(frozen=True)
class Command:
    """A training of the command line: the stem of its files, the line to type, and what its file holds."""

    stem: str
    line: str
    spec: TrainingSpec


def to_program(graph: Any, source: DataSource, settings: Mapping[str, Any], data: Any = None) -> Program:
    """The program of a graph, trained on ``source`` with these settings; GraphError where the graph is not whole.

    ``data`` (a DatasetInfo or DataSpec) says what feeds the graph.

    >>> from netwright import datasets, templates
    >>> from netwright.graph.to_python import DataSource, to_program
    >>> found = templates.get("logistic-iris")
    >>> program = to_program(found.graph, DataSource("iris"), found.settings, datasets.info("iris"))
    >>> print(program.graph)
    def make_graph():
        net = LogisticRegressionOnIris()
        return from_block(net, "data", shapes={"data": (4,)})
    """
    require_whole(graph, data)
    layout = Layout.of(graph)
    blocks = write_blocks(layout)
    title = layout.title or "Network"
    return Program(
        title=title,
        imports=_imports(blocks),
        blocks=blocks,
        graph=_graph(layout),
        settings="\n\n".join((write_settings(settings), *write_recipe(source))),
        showing=SHOWING,
        training=_training(title, source),
        notes=layout.notes,
    )


def to_python(graph: Any, source: DataSource, settings: Mapping[str, Any], data: Any = None) -> str:
    """The text of ``to_program``: a file to be run."""
    return to_program(graph, source, settings, data).text()


def require_whole(graph: Any, data: Any) -> None:
    """Raise GraphError with the first thing that is wrong with a graph."""
    spec = data if isinstance(data, DataSpec) or data is None else DataSpec.of(data)
    errors = check(graph, data=spec).errors()
    if errors:
        first = errors[0]
        more = f" ({len(errors) - 1} more)" if len(errors) > 1 else ""
        raise GraphError(
            f"there is no program of a graph with problems: {first.message}{more}",
            where=first.node,
            wanted=first.wanted,
            got=first.got,
            remedy=first.remedy,
        )


def write_settings(settings: Mapping[str, Any]) -> str:
    """The settings as a call, one to a line, without those that say nothing."""
    said = {name: value for name, value in settings.items() if name not in UNSAID or value != UNSAID[name]}
    if isinstance(said.get("task"), Mapping):
        said["task"] = {k: v for k, v in said["task"].items() if v not in (None, [], ())}
    lines = "".join(f"    {name}={literal(value)},\n" for name, value in said.items())
    return f"SETTINGS = TrainSettings(\n{lines})"


def write_recipe(source: DataSource) -> list[str]:
    """What is made of the file, as the studio has recorded it; nothing where there is no recipe."""
    if source.recipe is None:
        return []
    lines = "".join(f"    {literal(name)}: {_spread(value)},\n" for name, value in source.recipe.items())
    return [f"# How the file becomes a data set, step by step as the studio does it.\nRECIPE = {{\n{lines}}}"]


def _spread(value: Any) -> str:
    """A literal; a long list with an entry to a line."""
    text = literal(value)
    if len(text) < 90 or not isinstance(value, list):
        return text
    return "[\n" + "".join(f"        {literal(item)},\n" for item in value) + "    ]"


def _imports(blocks: str) -> str:
    gluon = "HybridBlock, nn" if "nn." in blocks else "HybridBlock"
    return "\n".join(
        (
            "from netwright import datasets, model_store",
            f"from netwright.gluon import {gluon}",
            "from netwright.graph import from_block",
            "from netwright.prediction import describe_clusters",
            "from netwright.train import GraphTask, TrainSettings, evaluate, fit",
        )
    )


def _graph(layout: Layout) -> str:
    inputs = [node for node in layout.nodes.values() if node.op == INPUT]
    stated = {n.id: tuple(n.params["shape"]) for n in inputs if n.params.get("shape") is not None}
    values = [*(literal(n.id) for n in inputs), *([f"shapes={literal(stated)}"] if stated else [])]
    return f"def make_graph():\n    net = {layout.name}()\n    return {call('from_block', ['net', *values])}"


def _training(title: str, source: DataSource) -> str:
    return f"""data = {source.expression()}
graph = make_graph()
task = GraphTask(graph, data.info, choice=SETTINGS.task)

result = fit(
    task, data.feed("train"), settings=SETTINGS, callbacks=[Show()], preprocessing=data.preprocessing
)
tested = evaluate(task, data.feed("test"), preprocessing=data.preprocessing)
print("test:", ", ".join(f"{{name}} {{value:.6g}}" for name, value in tested.items()))

# Kept as the studio keeps models: netwright predict ./model
info = model_store.describe_model(
    data,
    name={literal(title)},
    metrics={{**result.metrics, **{{f"test_{{name}}": value for name, value in tested.items()}}}},
    settings=SETTINGS.model_dump(mode="json"),
    seed=SETTINGS.seed,
    task=SETTINGS.task,
    clusters=describe_clusters(task, data),
)
model_store.save_model("model", graph, task.arrays(), info)"""


def to_notebook(program: Program) -> dict[str, Any]:
    """The program as a Jupyter notebook (version 4.5), a cell for each part.

    Run again, the last cell needs another folder for its model, as ``save_model`` replaces nothing.
    """
    cells: list[tuple[str, str]] = [
        ("markdown", f"# {comment(program.title)}\n\nDrawn in the Netwright studio."),
        ("code", program.imports),
        ("markdown", "## The network\n\nEach group of the drawing is a block of its own."),
        ("code", program.blocks),
        ("code", f"{program.graph}\n\n\nmake_graph()"),
        ("markdown", "## Training\n\nWith the settings of the project; the same seed gives the same numbers."),
        ("code", program.settings),
        ("code", f"{program.showing}\n\n\n{program.training}"),
    ]
    return {"cells": _cells(cells), "metadata": _KERNEL, "nbformat": 4, "nbformat_minor": 5}


def to_command(program: Program, source: DataSource, graph: Any, settings: Mapping[str, Any]) -> Command:
    """The training for the command line: a file with everything, and what is typed beside it."""
    name = re.sub(r"\W+", "-", program.title.lower(), flags=re.ASCII).strip("-") or "network"
    built_in = source.kind == "built_in"
    spec = TrainingSpec(
        name=program.title,
        dataset=source.name if built_in else None,
        recipe=None if source.recipe is None else dict(source.recipe),
        settings=dict(settings),
        graph=the_graph(graph),
    )
    words = ["netwright", "train", f"{name}.json", *([] if built_in else source.option())]
    return Command(name, shlex.join(words), spec)


def the_graph(graph: Any) -> dict[str, Any]:
    """The graph alone, where a template was given."""
    found: dict[str, Any] = graph["graph"] if "nodes" not in graph and "graph" in graph else dict(graph)
    return found


_KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def _cells(cells: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for number, (kind, text) in enumerate(cells):
        code: dict[str, Any] = {"execution_count": None, "outputs": []} if kind == "code" else {}
        lines = text.splitlines(keepends=True)
        found.append({"cell_type": kind, "id": f"cell{number}", "metadata": {}, "source": lines, **code})
    return found
