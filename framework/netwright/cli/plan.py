"""``netwright plan``: what the Scheduler would run, step by step."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from . import sources

EPILOG = "Examples: `netwright plan lenet` · `netwright plan my.json --data table.csv --batch-size 256 --inference`"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("plan", epilog=EPILOG)(plan)


def plan(
    graph: Annotated[str, typer.Argument(help="Graph JSON, or the name of a template.")],
    data: Annotated[str | None, typer.Option(help="Data set that will feed it; the template's by default.")] = None,
    target: Annotated[str | None, typer.Option(help="Label column of a CSV file.")] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Samples per step.")] = 64,
    inference: Annotated[bool, typer.Option("--inference", help="Plan a prediction, not a training step.")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, gpu or gpu:N.")] = "auto",
    strategy: Annotated[
        str, typer.Option(help="How the Scheduler plans: balanced, fast, low_memory or debug.")
    ] = "balanced",
    as_json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON.")] = False,
) -> None:
    """Show the Scheduler's plan: ordered steps, where each tensor lies, and when it lives."""
    from ..graph import plan_graph
    from ..scheduler import Strategy

    document, template = sources.read_graph(graph)
    info = sources.read_info(data or (template.dataset if template is not None else None), target)
    found = plan_graph(
        document,
        batch_size=batch_size,
        training=not inference,
        data=info,
        device=device,
        strategy=Strategy.preset(strategy),
    )
    typer.echo(json.dumps(found.to_json()) if as_json else str(found))
