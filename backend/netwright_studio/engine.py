"""The one door to the framework: what the service asks of it, imported on first use for a quick start."""

from __future__ import annotations

import functools
import gc
import json
import logging
import threading
from typing import TYPE_CHECKING, Any

from netwright_studio.errors import InvalidError

if TYPE_CHECKING:
    from netwright.datasets import DatasetInfo
    from netwright.graph import CheckReport, Judgement
    from netwright.graph.import_report import Imported
    from netwright.graph.to_python import DataSource

logger = logging.getLogger(__name__)

Document = dict[str, Any]
# What the editor only warns of, because a graph being drawn is never whole at once.
UNTRAINABLE = frozenset({"no_loss", "no_output"})


@functools.cache
def read_palette() -> dict[str, Any]:
    """The operators as the page shows them; worked out once a process."""
    from netwright import graph

    return graph.palette()


@functools.cache
def read_optimizers() -> dict[str, Any]:
    """Optimizers, schedulers and initializers with the schemas of their forms; worked out once a process."""
    from netwright import graph

    return graph.optimizers()


@functools.cache
def load_framework() -> None:
    """Load what every studio needs: the framework, the small data sets, the palette."""
    from netwright import datasets, train

    _ = read_palette(), read_optimizers(), datasets.infos(), train.fit
    # What was loaded stays: to look through all of it for garbage held an answer up for a tenth of a second.
    gc.collect()
    gc.freeze()


class Engine:
    """Palette, checks, plans and devices."""

    @property
    def palette(self) -> dict[str, Any]:
        """The operators as the page shows them."""
        return read_palette()

    @property
    def optimizers(self) -> dict[str, Any]:
        """Optimizers, schedulers and initializers with the schemas of their forms."""
        return read_optimizers()

    def check(self, document: Document, info: DatasetInfo | None, batch_size: int) -> CheckReport:
        """Return shapes, counts, costs and problems of a graph fed by a data set."""
        from netwright import graph

        return graph.check(document, data=info, batch_size=batch_size)

    def judge(
        self, document: Document, connections: list[Document], info: DatasetInfo | None, batch_size: int
    ) -> Judgement:
        """Return whether connections can work, and what would make them work."""
        from netwright import graph

        wanted = [graph.Connection(one["from"], one["to"], one["port"]) for one in connections]
        return graph.judge(document, wanted, data=info, batch_size=batch_size)

    def followers(self, document: Document, source: str, info: DatasetInfo | None, batch_size: int) -> list[str]:
        """Return the names of operators that take an output of a graph as it is."""
        from netwright import graph

        return graph.operators_after(document, source, data=info, batch_size=batch_size)

    def require_trainable(self, document: Document, info: DatasetInfo, batch_size: int) -> None:
        """Raise InvalidError with all problems unless the graph can be trained on the data set."""
        problems = self.check(document, info, batch_size).problems
        faults = [problem for problem in problems if problem.severity == "error" or problem.code in UNTRAINABLE]
        if not faults:
            return
        first = faults[0]
        more = len(faults) - 1
        raise InvalidError(
            f"The graph cannot be trained: {first.message} ({more} more)"
            if more
            else f"The graph cannot be trained: {first.message}",
            where=first.node,
            wanted=first.wanted,
            got=first.got,
            remedy=first.remedy,
            details=[problem.model_dump() for problem in problems],
        )

    def require_settings(self, settings: dict[str, Any]) -> None:
        """Raise NetwrightError when a name or parameter of the settings is wrong, or the device is not there."""
        from netwright import initializer
        from netwright.errors import NetwrightError
        from netwright.scheduler import choose_device
        from netwright.train import TrainSettings

        TrainSettings.model_validate(settings).make_optimizer(steps_total=1)
        for field, take in (("initializer", initializer.create), ("device", choose_device)):
            try:
                take(settings[field])
            except NetwrightError as error:
                error.where = f"settings.{field}"  # the form's field, where the framework says whose parameter it is
                raise

    def require_task(self, document: Document, info: DatasetInfo, settings: dict[str, Any]) -> None:
        """Raise NetwrightError when what the settings say of the network's task does not fit the graph."""
        from netwright.train import GraphTask, TrainSettings

        choice = TrainSettings.model_validate(settings).task
        if choice is not None:
            GraphTask(document, info, choice=choice)

    def plan(self, document: Document, info: DatasetInfo | None, batch_size: int, training: bool) -> dict[str, Any]:
        """Return the Scheduler's plan for a batch of that size."""
        from netwright import graph

        return graph.plan_graph(document, data=info, batch_size=batch_size, training=training).to_json()

    def xray(
        self, document: Document, info: DatasetInfo | None, batch_size: int, training: bool, strategy: str
    ) -> Document:
        """Return the plan under a strategy and what each of its steps stands for."""
        from netwright import graph
        from netwright.graph.xray import explain_steps, plan_seconds
        from netwright.scheduler import Strategy

        network = graph.network_of(document, info)
        plan = graph.plan_graph(
            network, data=info, batch_size=batch_size, training=training, strategy=Strategy.preset(strategy)
        )
        views = explain_steps(plan, network.symbol)
        return {"plan": plan.to_json(), "views": views, "seconds": plan_seconds(plan)}

    def compare(self, document: Document, info: DatasetInfo | None, batch_size: int, training: bool) -> Document:
        """Return what each strategy makes of the graph, in numbers."""
        from netwright import graph
        from netwright.graph.xray import compare_strategies, every_strategy

        network = graph.network_of(document, info)
        plans = (
            (name, graph.plan_graph(network, data=info, batch_size=batch_size, training=training, strategy=strategy))
            for name, strategy in every_strategy().items()
        )
        return {"strategies": compare_strategies(plans, network.symbol)}

    def write_code(
        self, document: Document, info: DatasetInfo, source: DataSource, settings: dict[str, Any]
    ) -> dict[str, Any]:
        """Return the training as a program, a notebook and a command; GraphError where the graph has problems."""
        from netwright.graph import to_python

        program = to_python.to_program(document, source, settings, info)
        command = to_python.to_command(program, source, document, settings)
        return {
            "stem": command.stem,
            "python": program.text(),
            "notebook": json.dumps(to_python.to_notebook(program), ensure_ascii=False, indent=1) + "\n",
            "command": command.line,
            "spec": command.spec.model_dump_json(indent=2) + "\n",
            "remarks": list(program.notes),
        }

    def read_graph(self, content: bytes, filename: str) -> Imported:
        """Return the network in a file with a note on each of its parts."""
        from netwright.graph.reading import read_graph

        return read_graph(content, filename)

    def warm(self) -> None:
        """Load the framework and the small data sets in the background, so that the first request need not wait."""
        threading.Thread(target=self._load, daemon=True, name="warm").start()

    def _load(self) -> None:
        try:
            load_framework()
        except Exception:
            logger.exception("the framework could not be loaded; requests that need it will fail")
