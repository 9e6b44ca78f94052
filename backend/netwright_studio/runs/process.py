"""One worker process: in a group of its own, heard through a pipe, told what to do on its standard input."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson

from netwright_studio.settings import Settings

MAX_LINE = 16 * 1024 * 1024
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "NUMBA_NUM_THREADS",
)  # fmt: skip


class WorkerProcess:
    """A running worker."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, settings: Settings, folder: Path) -> WorkerProcess:
        """Start a worker on the run's folder; its own output goes to ``worker.log`` there."""
        environment = {
            **os.environ,
            "NETWRIGHT_HOME": str(settings.home),
            "NETWRIGHT_DATABASE_URL": settings.effective_database_url,
        }
        environment.update(dict.fromkeys(_THREAD_VARIABLES, str(threads_per_run(settings))))
        with (folder / "worker.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *settings.worker_command, str(folder),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log,
                cwd=folder, env=environment, start_new_session=True, limit=MAX_LINE,
            )  # fmt: skip
        return cls(process)

    @property
    def pid(self) -> int:
        """The process id, which is also its group's."""
        return self._process.pid

    async def messages(self) -> AsyncIterator[dict[str, Any]]:
        """Yield what the worker says, until it closes the pipe."""
        stdout = self._process.stdout
        assert stdout is not None
        while line := await stdout.readline():
            message = orjson.loads(line)
            yield message

    async def tell(self, word: str, **facts: Any) -> None:
        """Send a word with what belongs to it; a worker that has gone already hears nothing."""
        stdin = self._process.stdin
        assert stdin is not None
        with contextlib.suppress(ConnectionError):
            stdin.write(orjson.dumps({"type": word, **facts}) + b"\n")
            await stdin.drain()

    def kill(self) -> None:
        """Kill the worker and everything it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    async def wait(self) -> int:
        """Return the exit status, negative for a signal; what is left of its group is killed."""
        status = await self._process.wait()
        self.kill()
        return status


def threads_per_run(settings: Settings) -> int:
    """Return the threads a run may use: as set, or the cores shared out over the runs that train at once."""
    cores = len(os.sched_getaffinity(0))
    return settings.run_threads or max(1, cores // settings.run_concurrency)
