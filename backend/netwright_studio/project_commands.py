"""``netwright project``: the studio's projects on the command line: list them, save one to a file, open such a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netwright.errors import NetwrightError
from netwright_studio.errors import InvalidError, NotFoundError

if TYPE_CHECKING:
    from netwright_studio.store.tables import Project
    from netwright_studio.studio import Studio

Home = Annotated[Path | None, typer.Option(help="Data folder (NETWRIGHT_HOME, else ~/.netwright).")]
MOST = 10_000


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(no_args_is_help=True, help="The studio's projects: list them, save one to a file, open one.")
    group.command("list")(list_projects)
    group.command("save")(save_project)
    group.command("open")(open_project)
    app.add_typer(group, name="project")


def list_projects(home: Home = None) -> None:
    """List the projects in the studio's data folder."""
    from netwright.cli.console import out, table

    with _opened(home) as studio:
        projects, _ = studio.store.projects.page(MOST, 0)
        rows = [
            (
                one.id,
                one.name,
                len(one.graph["nodes"]),
                one.dataset or "",
                f"{one.updated_at.astimezone():%Y-%m-%d %H:%M}",
            )
            for one in projects
        ]
    if not rows:
        out.print("There is no project yet. Open the studio: netwright serve")
        return
    table(("id", "name", "nodes", "data set", "changed"), rows, right=(2,))


def save_project(
    project: Annotated[str, typer.Argument(help="Name or id of the project.")],
    target: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="File to write; named after the project by default.")
    ] = None,
    runs: Annotated[bool, typer.Option("--runs/--no-runs", help="With its runs that are over.")] = True,
    models: Annotated[bool, typer.Option("--models/--no-models", help="With its trained models.")] = True,
    data: Annotated[bool, typer.Option("--data/--no-data", help="With the files of uploaded data sets.")] = True,
    checkpoints: Annotated[
        bool, typer.Option("--checkpoints", help="With the runs' checkpoints, to go on from.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file when it exists.")] = False,
    home: Home = None,
) -> None:
    """Save a project with versions, data, runs and models to one file, which opens in any studio."""
    from netwright import model_store
    from netwright.cli.console import out, size
    from netwright_studio.archive import Choice, hold_file, pack_project
    from netwright_studio.archive.manifest import SUFFIX

    with _opened(home) as studio:
        found = _find(studio, project)
        path = (target or Path(model_store.make_name(found.name) + SUFFIX)).absolute()
        if path.exists() and not force:
            raise NetwrightError("the file exists already", where=path.name, remedy="Choose another, or add --force")
        staged = hold_file(path.parent)
        choice = Choice("all" if runs else (), "all" if models else (), data, checkpoints)
        try:
            pack_project(studio, found.id, choice, staged)
            written = staged.stat().st_size
            staged.replace(path)
        finally:
            staged.unlink(missing_ok=True)
    out.print(f"Wrote {path.name} ({size(written)})", soft_wrap=True)


def open_project(
    file: Annotated[Path, typer.Argument(help="A file that `netwright project save` or the studio has written.")],
    home: Home = None,
) -> None:
    """Open a saved project as a new one in the studio's data folder."""
    from netwright.cli.console import out
    from netwright_studio.archive import open_archive

    if not file.is_file():
        raise NetwrightError("there is no such file", where=file.name, wanted="a saved project")
    with _opened(home) as studio, file.open("rb") as stream:
        opened = open_archive(studio, stream)
    out.print(f"Opened “{opened.project.name}” ({opened.project.id})", soft_wrap=True)
    counts = f"{opened.versions} versions, {opened.runs} runs, {opened.sweeps} sweeps, {len(opened.models)} models"
    out.print(f"  {counts}", soft_wrap=True)
    for dataset in opened.datasets:
        how = {"built_in": "is built in", "here": "was here already", "added": "is new", "missing": "is missing"}
        out.print(f"  the data set {dataset.name} {how[dataset.how]}", soft_wrap=True, markup=False)
    for model in opened.models:
        renamed = f", here {model.became}" if model.became != model.name else ""
        out.print(f"  the model {model.name}, version {model.version}{renamed}", soft_wrap=True, markup=False)


@contextmanager
def _opened(home: Path | None) -> Iterator[Studio]:
    """The studio's parts without its server; a server may run on the same folder meanwhile."""
    from netwright_studio.app import open_studio
    from netwright_studio.settings import read_settings

    studio = open_studio(read_settings({"home": home}))
    try:
        yield studio
    finally:
        studio.store.close()


def _find(studio: Studio, wanted: str) -> Project:
    """A project by its id or its name; InvalidError where several have that name."""
    projects, _ = studio.store.projects.page(MOST, 0)
    named = [one for one in projects if one.id == wanted] or [one for one in projects if one.name == wanted]
    if not named:
        raise NotFoundError.of("project", wanted)
    if len(named) > 1:
        raise InvalidError(
            "Several projects have this name.",
            where=wanted[:80],
            wanted="an id",
            got=", ".join(one.id for one in named[:10]),
            remedy="netwright project list shows the ids.",
        )
    return named[0]
