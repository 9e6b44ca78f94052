"""``netwright check``: shapes, parameter counts and everything that is wrong with a graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from . import sources
from .console import out, show_facts, size, table

if TYPE_CHECKING:
    from ..graph import CheckReport, Problem

EPILOG = "Examples: `netwright check lenet` · `netwright check my.json --data table.csv --batch-size 32`"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check", epilog=EPILOG)(check)


def check(
    graph: Annotated[str, typer.Argument(help="Graph JSON, or the name of a template.")],
    data: Annotated[str | None, typer.Option(help="Data set that will feed it; the template's by default.")] = None,
    target: Annotated[str | None, typer.Option(help="Label column of a CSV file.")] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Samples per step.")] = 32,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Check a graph without running it: shapes, counts, costs and problems. Ends with status 1 when there are any."""
    from .. import graph as graphs

    document, template = sources.read_graph(graph)
    info = sources.read_info(data or (template.dataset if template is not None else None), target)
    report = graphs.check(document, data=info, batch_size=batch_size)
    if as_json:
        typer.echo(report.model_dump_json(indent=1))
    else:
        show_report(report)
        show_problems(report.problems)
    if not report.ok:
        raise typer.Exit(1)


def show_report(report: CheckReport) -> None:
    """A line for each node, and the sums."""
    rows = []
    for ident, node in report.nodes.items():
        shapes = ", ".join("?" if tensor.shape is None else "×".join(map(str, tensor.shape)) for tensor in node.outputs)
        rows.append((ident, node.op, shapes, f"{node.parameters:,}" if node.parameters else "", f"{node.flops:,}"))
    table(("node", "operator", "output", "parameters", "operations"), rows, right=(3, 4))
    totals = report.totals
    out.print(
        f"\n{totals.parameters:,} parameters ({size(totals.weight_bytes)}), {totals.flops:,} operations and "
        f"{size(totals.activation_bytes)} of results for one batch forward"
    )


def show_problems(problems: Sequence[Problem]) -> None:
    """Each problem with its node, what was wanted, what was got and what to do."""
    for problem in problems:
        colour = "red" if problem.severity == "error" else "yellow"
        place = ".".join(part for part in (problem.node, problem.parameter or problem.port) if part)
        text = f"{place}: {problem.message}" if place else problem.message
        out.print(f"[bold {colour}]{problem.severity}:[/] {escape(text)}", soft_wrap=True)
        show_facts(out, problem.wanted, problem.got, problem.remedy)
