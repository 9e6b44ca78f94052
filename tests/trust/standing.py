"""A studio to be mistreated: a real server whose processes can all be found again, and its database afterwards."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.e2e.studio import Studio
from tests.trust.soundness import faults

MARK = "NETWRIGHT_TRUST_MARK"
WORKER = (sys.executable, "-m", "tests.trust.worker")
OVER = ("completed", "stopped", "failed", "interrupted")


class Standing(Studio):
    """A studio whose processes carry a mark in their environment, however they were started."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.mark = uuid.uuid4().hex
        root = Path(__file__).resolve().parents[2]
        path = os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH", ""))))
        own = {MARK: self.mark, "PYTHONPATH": path, "NETWRIGHT_PREPARE_MACHINE": "0"}
        super().__init__(home, **own, **environment)

    def processes(self) -> list[int]:
        """Every process that comes from this studio, itself among them."""
        wanted, found = f"{MARK}={self.mark}".encode(), []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                if wanted in (place / "environ").read_bytes():
                    found.append(int(place.name))
            except OSError:
                continue
        return found

    def orphans(self, patience: float = 5.0) -> int:
        """How many processes are left of a studio that was killed, after a while."""
        deadline = time.monotonic() + patience
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.02)
        return len(self.processes())

    def start_run(self, project: str, **more: Any) -> str:
        """Queue a training; its id."""
        run: str = self.call("POST", "api/runs", {"project": project, **more})["id"]
        return run

    def run(self, run: str) -> dict[str, Any]:
        """A run as it is."""
        row: dict[str, Any] = self.call("GET", f"api/runs/{run}")
        return row

    def events(self, run: str) -> list[dict[str, Any]]:
        """All events of a run."""
        found: list[dict[str, Any]] = []
        while True:
            page = self.call("GET", f"api/runs/{run}/events?after={len(found)}&limit=10000")["events"]
            found += page
            if not page:
                return found

    def worker(self, run: str) -> int | None:
        """The process that trains a run: not its keeper, which has the same words on its command line."""
        for pid in self.processes():
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if any(word.endswith(f"/runs/{run}".encode()) for word in words) and not _keeps(words):
                return pid
        return None

    def faults(self) -> list[str]:
        """What is wrong with the database, looked for while no studio runs."""
        return faults(self.environment.get("NETWRIGHT_DATABASE_URL") or f"sqlite:///{self.home / 'studio.db'}")


def _keeps(words: list[bytes]) -> bool:
    return any(word.endswith(b"keeper.py") for word in words)


@functools.cache
def warm() -> None:
    """Have the kernels compiled: until they are there a training is interpreted, which differs in the last bits."""
    subprocess.run([sys.executable, "-m", "netwright.cli", "warm"], check=True, stdout=subprocess.DEVNULL)


@contextmanager
def standing(home: Path, **environment: str) -> Iterator[Standing]:
    """A studio that has started, and of which nothing is left afterwards."""
    studio = Standing(home, **environment)
    studio.start()
    try:
        yield studio
    finally:
        studio.kill()
        studio.orphans()


def wait_for(holds: Callable[[], Any], seconds: float, what: str) -> Any:
    """Wait until something holds, and return what it gave. To look takes time: it does so more seldom, the longer."""
    deadline, pause = time.monotonic() + seconds, 0.01
    while not (found := holds()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        time.sleep(pause)
        pause = min(pause * 1.2, 0.05)
    return found
