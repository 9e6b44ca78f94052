"""``netwright serve``: the studio on an address, with a word about what it does."""

from __future__ import annotations

import contextlib
import logging
import socket
import sys
import webbrowser
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import SecretStr
from rich.console import Console

from netwright.errors import NetwrightError
from netwright_studio import __version__, handbook, project_commands
from netwright_studio.access import new_token
from netwright_studio.backup import commands
from netwright_studio.calibration import Calibration
from netwright_studio.settings import Settings, read_settings

SWITCH_SECONDS = 0.001
logger = logging.getLogger(__name__)


def register(app: typer.Typer) -> None:
    """Add the studio's commands to the ``netwright`` command line."""
    app.command("serve")(serve)
    app.command("docs")(handbook.show)
    commands.register(app)
    project_commands.register(app)


def serve(
    host: Annotated[str | None, typer.Option(help="Address; a token is asked for where others can reach it.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 0 takes any free one.")] = None,
    home: Annotated[Path | None, typer.Option(help="Data folder (NETWRIGHT_HOME, else ~/.netwright).")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Processes that ask models; 1 is the studio itself.")
    ] = None,
    log_format: Annotated[str | None, typer.Option(help="Logs as text, or as one JSON object a line: json.")] = None,
    access_log: Annotated[str | None, typer.Option(help="Which requests are logged: off, errors or all.")] = None,
    open_page: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in a browser.")] = False,
) -> None:
    """Serve the studio: draw networks, train them, look inside and use them, in a browser."""
    console = Console(stderr=True, highlight=False)
    given: dict[str, Any] = {"host": host, "port": port, "home": home, "workers": workers}
    given |= {"log_format": log_format, "access_log": access_log}
    try:
        settings = read_settings(given)
        run_server(settings, console, open_page=open_page)
    except NetwrightError as error:
        console.print(f"[bold red]error:[/] {error}", soft_wrap=True)
        raise typer.Exit(1) from error


def expose(settings: Settings) -> tuple[Settings, str | None]:
    """Return the settings with what an exposed studio needs, and the token if one had to be made.

    It answers to the machine's own name and to the one it listens on; addresses are let in anyway.
    """
    if not settings.exposed:
        return settings, None
    made = new_token() if settings.token is None else None
    names = (*settings.allowed_hosts, socket.gethostname(), settings.host)
    changes: dict[str, Any] = {"allowed_hosts": names} | ({"token": SecretStr(made)} if made else {})
    return settings.model_copy(update=changes), made


def addresses(settings: Settings, port: int, token: str | None) -> list[str]:
    """Return where the studio is to be found; listening everywhere, under the machine's name and here."""
    everywhere = settings.host in ("0.0.0.0", "::")
    hosts = (socket.gethostname(), "127.0.0.1") if everywhere else (settings.host,)
    return [f"http://{_bracket(host)}:{port}" + (f"/?token={token}" if token else "") for host in hosts]


def run_server(settings: Settings, console: Console, *, open_page: bool = False) -> None:
    """Serve until interrupted; raises NetwrightError when the port or the data folder is taken."""
    settings, token = expose(settings)
    with contextlib.ExitStack() as opened:
        listeners = open_sockets(settings.host, settings.port, settings.workers)
        for listener in listeners:
            opened.enter_context(listener)
        # Imported only now: what is wrong with the address is told at once.
        from netwright_studio.serving.server import StudioServer
        from netwright_studio.store.lock import FolderLock

        with FolderLock(settings.home):
            pass
        found_at = addresses(settings, listeners[0].getsockname()[1], token)
        in_json = settings.log_format == "json"
        if not in_json:
            console.print(f"[bold]Netwright {__version__}[/] · data in {settings.home}", soft_wrap=True)

        def tell() -> None:
            if in_json:
                logger.info("ready", extra={"version": __version__, "addresses": found_at})
            else:
                told = "  or  ".join(f"[bold cyan]{address}[/]" for address in found_at)
                console.print(f"Ready: {told}  (Ctrl+C ends it)", soft_wrap=True)
            if open_page:
                webbrowser.open(found_at[-1])

        server = StudioServer(settings, listeners, tell)
        # Ctrl+C has been heeded by the time it arrives here: the server has ended in order.
        # The loop answers beside threads that use the database: each waits for the other for so long at most.
        sys.setswitchinterval(SWITCH_SECONDS)
        preparing = Calibration(settings.home) if settings.prepare_machine else contextlib.nullcontext()
        with preparing, contextlib.suppress(KeyboardInterrupt):
            server.run()


def open_sockets(host: str, port: int, count: int) -> list[socket.socket]:
    """Return as many listening sockets on one port as there are processes to accept connections."""
    if count == 1:
        return [open_socket(host, port)]
    if port:
        open_socket(host, port).close()  # a shared port would let us in beside a stranger
    found = [open_socket(host, port, shared=True)]
    try:
        for _ in range(count - 1):
            found.append(open_socket(host, found[0].getsockname()[1], shared=True))
    except NetwrightError:
        for listener in found:
            listener.close()
        raise
    return found


def open_socket(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """Return a socket bound to the address, or raise NetwrightError with what to do.

    Of ``shared`` ones several may be bound to one port; the system gives each its part of the connections.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise NetwrightError(
            "the studio cannot listen there",
            where=f"{_bracket(host)}:{port}",
            got=error.strerror,
            remedy="Choose another port with --port, or end what uses this one",
        ) from error
    listener.set_inheritable(False)
    return listener


def _bracket(host: str) -> str:
    return f"[{host}]" if ":" in host else host
