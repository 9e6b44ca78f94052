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

WS_MAX_BYTES = 64 * 1024
SHUTDOWN_SECONDS = 20
PING_SECONDS = 10.0
SWITCH_SECONDS = 0.001


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
    open_page: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in a browser.")] = False,
) -> None:
    """Serve the studio: draw networks, train them, look inside and use them, in a browser."""
    console = Console(stderr=True, highlight=False)
    given: dict[str, Any] = {"host": host, "port": port, "home": home}
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
    with open_socket(settings.host, settings.port) as listener:
        console.print(f"[bold]Netwright {__version__}[/] · data in {settings.home}", soft_wrap=True)
        # Imported only now: what is wrong with the address is told at once.
        import uvicorn

        from netwright_studio.app import create_app
        from netwright_studio.store.lock import FolderLock

        with FolderLock(settings.home):
            pass
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        for chatty in ("alembic", "uvicorn"):
            logging.getLogger(chatty).setLevel(logging.WARNING)
        found_at = addresses(settings, listener.getsockname()[1], token)

        class Server(uvicorn.Server):
            """Tells when the studio is ready."""

            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                """Start, then say where."""
                await super().startup(sockets)
                if self.started:
                    told = "  or  ".join(f"[bold cyan]{address}[/]" for address in found_at)
                    console.print(f"Ready: {told}  (Ctrl+C ends it)", soft_wrap=True)
                    if open_page:
                        webbrowser.open(found_at[-1])

        # Ctrl+C has been heeded by the time it arrives here: the server has ended in order.
        # The loop answers beside threads that use the database: each waits for the other for so long at most.
        sys.setswitchinterval(SWITCH_SECONDS)
        preparing = Calibration(settings.home) if settings.prepare_machine else contextlib.nullcontext()
        with preparing, contextlib.suppress(KeyboardInterrupt):
            Server(uvicorn.Config(create_app(settings), **_SERVER)).run(sockets=[listener])


_SERVER: dict[str, Any] = {
    "http": "httptools",
    "ws": "netwright_studio.sockets:StudioSocket",
    "ws_max_size": WS_MAX_BYTES,
    # Every client of a run is sent the same frames: packed, each would be packed for each of them.
    "ws_per_message_deflate": False,
    "ws_ping_interval": PING_SECONDS,
    "ws_ping_timeout": PING_SECONDS,
    "access_log": False,
    "log_config": None,
    "server_header": False,
    "timeout_graceful_shutdown": SHUTDOWN_SECONDS,
}


def open_socket(host: str, port: int) -> socket.socket:
    """Return a listening socket, or raise NetwrightError with what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
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
