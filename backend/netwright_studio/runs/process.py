"""One worker process: under a keeper in a session of its own, heard through a pipe, told things on standard input."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson

from netwright.machine.start import CONTROL
from netwright_studio.runs import keeper
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
    async def start(cls, settings: Settings, folder: Path, kernels: str | None = None) -> WorkerProcess:
        """Start a worker on the run's folder; its own output goes to ``worker.log`` there.

        ``kernels`` are the BLAS kernels that its training began with, where it goes on: others would round otherwise.
        """
        environment = {
            **os.environ,
            "NETWRIGHT_HOME": str(settings.home),
            "NETWRIGHT_DATABASE_URL": settings.effective_database_url,
        }
        if kernels is not None and environment.get(CONTROL, "auto") == "auto":
            environment[CONTROL] = kernels
        environment.update(dict.fromkeys(_THREAD_VARIABLES, str(threads_per_run(settings))))
        if shutil.which(settings.worker_command[0]) is None:
            raise FileNotFoundError(settings.worker_command[0])
        with (folder / "worker.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *keeper.wrap([*settings.worker_command, str(folder)]),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log,
                cwd=folder, env=environment, start_new_session=True, limit=MAX_LINE,
            )  # fmt: skip
        return cls(process)

    @property
    def pid(self) -> int:
        """The keeper's process id, which is also its session's."""
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
        """Kill the worker and everything it started; ``wait`` returns when that is done."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()

    async def wait(self) -> int:
        """Return the exit status, negative for a signal, when nothing of what the worker started is left."""
        status = await self._process.wait()
        if status == -signal.SIGKILL:  # maybe the keeper's own death
            await asyncio.to_thread(keeper.kill_session, self._process.pid)
        return status


def threads_per_run(settings: Settings) -> int:
    """Return the threads a run may use: as set, or the cores shared out over the runs that train at once."""
    cores = len(os.sched_getaffinity(0))
    return settings.run_threads or max(1, cores // settings.run_concurrency)
