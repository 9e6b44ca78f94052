"""The supervisor of one run: starts its worker, records what it says, and judges how it ended."""

from __future__ import annotations

import asyncio
import logging
import signal
import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from netwright.errors import NetwrightError
from netwright_studio.errors import ConflictError, InvalidError, disk_full
from netwright_studio.machine import memory
from netwright_studio.runs.folder import RunFolder
from netwright_studio.runs.process import WorkerProcess
from netwright_studio.runs.recorder import Recorder
from netwright_studio.runs.state import RunState
from netwright_studio.settings import Settings
from netwright_studio.store import Store
from netwright_studio.store.fullness import is_full
from netwright_studio.store.tables import Run, now

logger = logging.getLogger(__name__)

Publish = Callable[[Run, dict[str, Any]], tuple[str, int]]
EVENTS = frozenset({"metrics", "progress", "log", "checkpoint", "plan", "inspect", "samples", "change", "advice"})
KILLED = "The worker process was ended by SIGKILL, which the system does where memory runs out."
TRIED = ("waiting", "held", "running")
"""States of a trial whose sweep has it trained; of one that is over somebody resumes the run by hand."""
SHUT_DOWN = "The studio was shut down; resume the run to go on from its checkpoint."


class Supervisor:
    """One worker process and the run it trains."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        recorder: Recorder,
        run: Run,
        publish: Publish,
        prune: Callable[[str], int],
    ) -> None:
        self.run = run
        self.recorder = recorder
        self._settings = settings
        self._store = store
        self._publish = publish
        self._prune = prune
        self._folder = RunFolder(settings.runs_dir, run.id)
        self._worker: WorkerProcess | None = None
        self._said: str | None = None
        self._asked: dict[str, asyncio.Future[None]] = {}
        self._result: dict[str, Any] | None = None
        self._killed_because: str | None = None
        self._suspended = False

    async def run_to_end(self) -> None:
        """Train; when this returns the run is in a state that is over."""
        writer = asyncio.create_task(self.recorder.run_forever())
        try:
            status = await self._work()
            await self._end(status)
        except Exception as error:
            logger.exception("run %s could not be carried out", self.run.id)
            self.kill()
            await self._fail(_said(error) or f"The studio could not carry out the run ({type(error).__name__}).")
        finally:
            writer.cancel()
            await asyncio.wait({writer})
        await asyncio.to_thread(self._prune, self.run.id)

    async def tell(self, word: str) -> None:
        """Pass a word on to the worker; one that still starts hears it as soon as it listens."""
        self._said = word
        if self._worker is not None:
            await self._worker.tell(word)

    async def ask(self, word: str, patience: float, **facts: Any) -> bool:
        """Have the worker do something between two steps; False when it has not answered in time (a step can be long).

        Raises what the worker refused it for.
        """
        ident, future = uuid.uuid4().hex, asyncio.get_running_loop().create_future()
        self._asked[ident] = future
        try:
            if self._worker is None:
                raise _gone()
            await self._worker.tell(word, id=ident, **facts)
            await asyncio.wait_for(future, patience)
        except TimeoutError:
            return False
        finally:
            del self._asked[ident]
        return True

    async def stop(self) -> None:
        """Ask the worker to end after its step, and kill it when it does not."""
        await self.recorder.move(RunState.STOPPING)
        await self.tell("stop")
        asyncio.get_running_loop().call_later(
            self._settings.run_stop_grace, self.kill, "It did not stop in time and was killed."
        )

    async def suspend(self) -> None:
        """Ask the worker to write a checkpoint and end, because the studio does."""
        self._suspended = True
        await self.tell("suspend")

    def kill(self, because: str | None = None) -> None:
        """Kill the worker and everything it started."""
        if self._worker is not None:
            self._killed_because = self._killed_because or because
            self._worker.kill()

    async def _work(self) -> int:
        await asyncio.to_thread(self._folder.write_order, self._order())
        kernels = await asyncio.to_thread(self._folder.kernels) if self.run.resume else None
        worker = self._worker = await WorkerProcess.start(self._settings, self._folder.path, kernels)
        if self._said is not None:
            await worker.tell(self._said)
        alarm = asyncio.get_running_loop().call_later(
            self._settings.run_start_grace, self.kill, "It did not start in time and was killed."
        )
        try:
            async for message in worker.messages():
                alarm.cancel()
                await self._take(message["type"], message["data"])
        finally:
            alarm.cancel()
            status = await worker.wait()
            self._worker = None
            for future in self._asked.values():
                if not future.done():
                    future.set_exception(_gone())
        return status

    def _order(self) -> dict[str, Any]:
        total, _ = memory()
        return {
            "run": self.run.id,
            "graph": self.run.graph,
            "dataset": self.run.dataset,
            "settings": self.run.settings,
            "resume": self.run.resume,
            "origin": self.run.origin,
            "until_epoch": self.run.until_epoch,
            "trial": self.run.sweep_id is not None,
            "paused": self.run.start_paused,
            "memory_bytes": self._settings.run_memory_bytes or total * 8 // 10,
        }

    async def _take(self, kind: str, data: dict[str, Any]) -> None:
        if kind in EVENTS:
            await self.recorder.add(kind, data)
        elif kind == "state":
            await self._take_state(RunState(data["state"]), data.get("facts"))
        elif kind == "answer":
            await self._take_answer(data)
        elif kind == "result":
            self._result = data
        else:
            raise ValueError(f"a worker said {kind!r}, which means nothing")

    async def _take_answer(self, data: dict[str, Any]) -> None:
        """What was done is stored before it is answered, so that whoever asks next sees it."""
        await self.recorder.flush()
        future, error = self._asked.get(data["id"]), data["error"]
        if future is None or future.done():
            return
        if error is None:
            future.set_result(None)
        else:
            facts = {name: error[name] for name in ("where", "wanted", "got", "remedy")}
            future.set_exception(InvalidError(error["message"], **facts))

    async def _take_state(self, target: RunState, facts: dict[str, Any] | None) -> None:
        if facts and "resumed_from_step" in facts:
            self.recorder.forget_after(facts["resumed_from_step"])
        try:
            await self.recorder.move(target, facts=facts, start_paused=False)
        except ConflictError:
            # A stop crossed the worker's word on the way: the stop stands, but curves need the facts.
            if facts:
                await self.recorder.add("state", {"state": self.recorder.state.value, "reason": None, **facts})

    async def _end(self, status: int) -> None:
        """Judge: the worker's own word counts, then who killed it, then how it died."""
        result = self._result
        if result is not None and result["state"] == RunState.COMPLETED:
            await self._complete(result)
        elif result is not None and result["state"] == RunState.STOPPED and not self._suspended:
            if self.recorder.state is RunState.RUNNING:  # nobody stopped it: it has come to its rung
                await self.recorder.move(RunState.STOPPING)
            await self._finish(RunState.STOPPED, result.get("reason"))
        elif result is not None and result["state"] == RunState.FAILED:
            await self._fail(result["reason"])
        elif self._suspended:
            await self._finish(RunState.INTERRUPTED, SHUT_DOWN)
        elif self.recorder.state is RunState.STOPPING:
            await self._finish(RunState.STOPPED, self._killed_because)
        elif self._killed_because is not None:
            await self._fail(self._killed_because)
        elif status < 0:
            name = signal.Signals(-status).name
            reason = KILLED if name == "SIGKILL" else f"The worker process was ended by {name}."
            await self._finish(RunState.INTERRUPTED, reason)
        else:
            await self._fail(f"The worker process ended early with status {status}.")

    async def _complete(self, result: dict[str, Any]) -> None:
        if self.run.trial_state in TRIED:  # of a sweep only the best trial makes a model
            await self._finish(RunState.COMPLETED, result.get("reason"), seconds_left=0.0)
            return
        changes: dict[str, Any] = {}
        try:
            row = await asyncio.to_thread(self._store.runs.get, self.run.id)
            name, version = await asyncio.to_thread(self._publish, row, result)
        except Exception as error:
            logger.exception("the model of run %s could not be kept", self.run.id)
            message = f"Training is complete, but its model could not be kept ({_said(error) or type(error).__name__})."
            await self._fail(message)
            return
        await self.recorder.add("model", {"name": name, "version": version})
        changes = {"model_name": name, "model_version": version, "seconds_left": 0.0}
        await self._finish(RunState.COMPLETED, result.get("reason"), **changes)

    async def _fail(self, reason: str) -> None:
        await self._finish(RunState.FAILED, reason)

    async def _finish(self, target: RunState, reason: str | None, **changes: Any) -> None:
        resumable = target is not RunState.COMPLETED and self._folder.has_checkpoint()
        changes |= {"resumable": resumable, "resume": False, "ended_at": now()}
        while True:
            try:
                await self.recorder.move(target, reason, **changes)
                return
            except SQLAlchemyError as error:
                # A full disk must not leave the run "running"; it is told as soon as there is room.
                logger.warning("the end of run %s could not be stored, trying again: %s", self.run.id, error)
                await asyncio.sleep(0.5)


def _said(error: Exception) -> str | None:
    """What may be told of an error; None where it might hold what is nobody's business."""
    if is_full(error):
        return str(disk_full())
    return str(error) if isinstance(error, NetwrightError) else None


def _gone() -> ConflictError:
    return ConflictError("The run has just ended.", where="state", wanted="a live run", remedy="Look at it again.")
