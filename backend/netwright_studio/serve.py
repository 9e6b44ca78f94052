"""``netwright serve``: the studio on an address, with a word about what it does."""

from __future__ import annotations

import contextlib
import logging
import socket
import webbrowser
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from netwright.errors import NetwrightError
from netwright_studio import __version__
from netwright_studio.security import is_loopback
from netwright_studio.settings import Settings

WS_MAX_BYTES = 64 * 1024
SHUTDOWN_SECONDS = 20


def register(app: typer.Typer) -> None:
    """Add the command to the ``netwright`` command line."""
    app.command("serve")(serve)


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; only this machine's own for now.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 0 takes any free one.")] = None,
    home: Annotated[Path | None, typer.Option(help="Data folder (NETWRIGHT_HOME, else ~/.netwright).")] = None,
    open_page: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in a browser.")] = False,
) -> None:
    """Serve the studio: draw networks, train them, look inside and use them, in a browser."""
    console = Console(stderr=True, highlight=False)
    given: dict[str, Any] = {"host": host, "port": port, "home": home}
    settings = Settings(**{name: value for name, value in given.items() if value is not None})
    try:
        require_private(settings.host)
        run_server(settings, console, open_page=open_page)
    except NetwrightError as error:
        console.print(f"[bold red]error:[/] {error}", soft_wrap=True)
        raise typer.Exit(1) from error


def require_private(host: str) -> None:
    """Raise NetwrightError unless only this machine can reach the address."""
    if not is_loopback(host):
        raise NetwrightError(
            "the studio has no passwords yet, so it only listens where nobody else can reach it",
            where="--host",
            wanted="127.0.0.1, ::1 or localhost",
            got=host,
            remedy="Leave --host out; from another machine, use an SSH tunnel: ssh -L 8000:127.0.0.1:8000 HOST",
        )


def run_server(settings: Settings, console: Console, *, open_page: bool = False) -> None:
    """Serve until interrupted; raises NetwrightError when the port or the data folder is taken."""
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
        address = f"http://{_bracket(settings.host)}:{listener.getsockname()[1]}"

        class Server(uvicorn.Server):
            """Tells when the studio is ready."""

            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                """Start, then say where."""
                await super().startup(sockets)
                if self.started:
                    console.print(f"Ready: [bold cyan]{address}[/]  (Ctrl+C ends it)", soft_wrap=True)
                    if open_page:
                        webbrowser.open(address)

        # Ctrl+C has been heeded by the time it arrives here: the server has ended in order.
        with contextlib.suppress(KeyboardInterrupt):
            Server(uvicorn.Config(create_app(settings), **_SERVER)).run(sockets=[listener])


_SERVER: dict[str, Any] = {
    "http": "httptools",
    "ws": "websockets-sansio",
    "ws_max_size": WS_MAX_BYTES,
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
