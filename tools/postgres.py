"""Find PostgreSQL for the tests; with `--install`, get it where there is none. `Server` starts one of its own.

It lives in a temporary folder, is reached by a socket in that folder alone, and ends with whoever started it.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import debian

DEBIAN = Path("/usr/lib/postgresql")
REMEDY = "install PostgreSQL (Debian, Ubuntu: apt-get install postgresql) or set POSTGRES to the folder of initdb"
REQUIRED = "NETWRIGHT_REQUIRE_POSTGRES"
"""Where this is set, as in CI, tests without PostgreSQL fail instead of being skipped."""
OPTIONS = {
    "listen_addresses": "",
    # Nothing of a test's database has to outlive the machine.
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "100",
}
PATIENCE_SECONDS = 30


def find() -> Path | None:
    """The folder of the server's programs: what POSTGRES names, the PATH's, or the newest of Debian's."""
    if named := os.environ.get("POSTGRES"):
        return _holds_server(Path(named))
    if found := shutil.which("initdb"):
        return _holds_server(Path(found).resolve().parent)
    versions = sorted(DEBIAN.glob("*/bin"), key=lambda place: float(place.parent.name), reverse=True)
    return next(filter(None, map(_holds_server, versions)), None)


def _holds_server(folder: Path) -> Path | None:
    return folder if all((folder / name).is_file() for name in ("initdb", "postgres")) else None


class Server:
    """A `with` block in which PostgreSQL runs. As root it runs as an account without rights, for it refuses root."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._numbers = itertools.count()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        # Not in a test's folder: a socket's path may have 107 characters, and an account without rights must get there.
        self._folder = Path(tempfile.mkdtemp(prefix="netwright-pg-"))
        try:
            self._start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def url(self, database: str) -> str:
        """SQLAlchemy's address of a database."""
        return f"postgresql+psycopg://netwright@/{database}?host={self._folder}"

    def create(self, template: str = "template1") -> str:
        """Make a database as a copy of another; its name."""
        name = f"test{next(self._numbers)}"
        self.run(f'CREATE DATABASE {name} TEMPLATE "{template}"')
        return name

    def run(self, statement: str) -> None:
        """Run one statement as the owner of the server."""
        import psycopg

        with psycopg.connect(
            host=str(self._folder), user="netwright", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement.encode())

    def _start(self) -> None:
        account = _account()
        if account is not None:
            os.chown(self._folder, account.pw_uid, account.pw_gid)
        data = self._folder / "data"
        made = subprocess.run(
            [self._programs / "initdb", "--pgdata", data, "--username", "netwright", "--auth", "trust",
             "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"],
            **_as(account), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, cwd=self._folder,
        )  # fmt: skip
        if made.returncode:
            raise RuntimeError(f"initdb failed: {made.stdout}")
        settings = {**OPTIONS, "unix_socket_directories": str(self._folder)}
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", data, *words],
                **_as(account), stdout=log, stderr=log, cwd=self._folder, preexec_fn=_end_with_parent(),
            )  # fmt: skip
        self._wait()

    def _wait(self) -> None:
        import psycopg

        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self.run("SELECT 1")
            except psycopg.OperationalError as error:
                assert self._process is not None
                if self._process.poll() is not None or time.monotonic() > deadline:
                    said = (self._folder / "log").read_text()
                    raise RuntimeError(f"PostgreSQL did not start: {said or error}") from error
            time.sleep(0.05)

    def _end(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)  # at once: nothing is kept
            self._process.wait(PATIENCE_SECONDS)
        shutil.rmtree(self._folder, ignore_errors=True)


def _account() -> pwd.struct_passwd | None:
    """Whom the server runs as where we are root: the package's own account, or nobody."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


def _as(account: pwd.struct_passwd | None) -> dict[str, Any]:
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _end_with_parent() -> Callable[[], None]:
    """What a child calls so that it is ended with its parent, however that ends."""
    prctl, death_signal = ctypes.CDLL(None).prctl, 1

    def tie() -> None:
        prctl(death_signal, signal.SIGQUIT, 0, 0, 0)

    return tie


def main() -> None:
    """Print the folder of the programs. With `--install` its absence is only said, loudly, unless it is required."""
    wanted = "--install" in sys.argv[1:]
    why = debian.install("postgresql") if find() is None and wanted else None
    folder = find()
    if folder is not None:
        print(folder)
        return
    text = f"no PostgreSQL was found{f', and {why}' if why else ''}; {REMEDY}"
    if REQUIRED in os.environ or not wanted:
        sys.exit(f"error: {text}")
    print(f"NOTICE: tests on PostgreSQL will be skipped: {text}")


if __name__ == "__main__":
    main()
