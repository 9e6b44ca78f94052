"""The ``netwright`` command: its sub-commands, and errors without a stack trace.

Commands import what they need when they run, so that ``netwright --help`` answers at once.
"""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from typing import Annotated

import typer

from .._version import __version__
from ..errors import NetwrightError
from . import calibrate, check, datasets, devices, export, import_, models, plan, predict, sweep, templates, train, warm
from .console import errors, show_error

HELP = """Draw networks, train them on real data, look inside, use them.

- `netwright train lenet`: a template, on the data set it is made for
- `netwright train my.json --data table.csv`: your own graph and data
- `netwright sweep mlp-digits --vary settings.batch_size=16,64,256`: which parameters are best
- `netwright predict lenet --image shoe.png`: the model that has just been trained
- `netwright serve`: all of it in a browser
"""

app = typer.Typer(
    name="netwright",
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    train,
    sweep,
    predict,
    export,
    import_,
    check,
    plan,
    templates,
    datasets,
    models,
    devices,
    calibrate,
    warm,
):
    command.register(app)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"netwright {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


def _add_commands_from_outside() -> None:
    """Let other packages (the studio: ``serve``) add their commands; a broken one must not take ours along."""
    for point in entry_points(group="netwright.commands"):
        try:
            point.load()(app)
        except ImportError as error:
            errors.print(f"netwright {point.name} is not available: {error}", style="yellow", markup=False)


def main() -> None:
    """Run the command line; a mistake of the user ends with status 1 and says what to do."""
    _add_commands_from_outside()
    try:
        app()
    except NetwrightError as error:
        show_error(error)
        sys.exit(1)
