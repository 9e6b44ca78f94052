"""The conductor with runs that train in no time: pauses, restarts, crashes at any point, what people do by hand."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any, ClassVar

import pytest
from tests.backend.conftest import Bench
from tests.backend.test_api import MLP

from netwright.train import sweep as sweeps
from netwright_studio.datasets import DatasetCatalog
from netwright_studio.errors import ConflictError
from netwright_studio.runs import manager
from netwright_studio.runs.folder import RunFolder
from netwright_studio.runs.recorder import Recorder
from netwright_studio.runs.state import RunState
from netwright_studio.settings import Settings
from netwright_studio.store import Store
from netwright_studio.store.tables import Run, SweepTrial, now
from netwright_studio.sweeps import Conductor

RATE = "settings.optimizer_params.learning_rate"
EPOCHS = 4


class QuickSupervisor:
    """In the place of a worker process: an epoch is a line of events. ``gate`` holds all of them still."""

    gate: ClassVar[asyncio.Event]
    fails: ClassVar[set[int]] = set()
    holds_after: ClassVar[tuple[int, int] | None] = None
    """(trial, epoch) after which the gate is closed, in that very moment and only once."""
    trained: ClassVar[list[tuple[int, int]]] = []
    """(trial, epoch) of each epoch, in order."""

    def __init__(self, settings: Settings, store: Store, recorder: Recorder, run: Run, *more: Any) -> None:
        self.run, self.recorder = run, recorder
        self._folder = RunFolder(settings.runs_dir, run.id)
        self._end = asyncio.Event()
        self._suspended = False

    async def run_to_end(self) -> None:
        await self.recorder.move(RunState.RUNNING)
        trial, until = self.run.trial, self.run.until_epoch or self.run.epochs
        assert trial is not None
        for epoch in range(int(self.run.epoch if self.run.resume else 0) + 1, until + 1):
            waits = [asyncio.create_task(self.gate.wait()), asyncio.create_task(self._end.wait())]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for task in waits:
                task.cancel()
            if self._end.is_set():
                break
            if trial in self.fails:
                await self._finish(RunState.FAILED, "It failed.")
                return
            self.trained.append((trial, epoch))
            if (trial, epoch) == self.holds_after:
                QuickSupervisor.holds_after = None  # once
                self.gate.clear()
            values = {"train_loss": 1.0 + trial / 10 - epoch / 100}
            await self.recorder.add("metrics", {"step": epoch, "epoch": float(epoch), "values": values})
            (self._folder.checkpoints / f"step-{epoch}").mkdir(parents=True, exist_ok=True)
            (self._folder.checkpoints / f"step-{epoch}" / "state.json").write_text("{}")
        else:
            await self._finish(RunState.COMPLETED if until == self.run.epochs else RunState.STOPPED)
            return
        await self._finish(RunState.INTERRUPTED if self._suspended else RunState.STOPPED)

    async def _finish(self, target: RunState, reason: str | None = None) -> None:
        if target is RunState.STOPPED and self.recorder.state is RunState.RUNNING:
            await self.recorder.move(RunState.STOPPING)
        await self.recorder.move(target, reason, ended_at=now(), resume=False)

    async def stop(self) -> None:
        await self.recorder.move(RunState.STOPPING)
        self._end.set()

    async def suspend(self) -> None:
        self._suspended = True
        self._end.set()

    def kill(self) -> None:
        self._end.set()


class Desk:
    """A conductor on a manager of quick runs."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.kept: list[str] = []
        self.open()

    def open(self) -> None:
        self.bench = Bench(self.store)
        self.manager = self.bench.manager
        self.conductor = Conductor(
            self.store, self.manager, DatasetCatalog(self.store), lambda run: self.kept.append(run.id)
        )

    async def start(self) -> None:
        await self.manager.start()
        await self.conductor.start()

    async def close(self) -> None:
        await self.conductor.close()
        await self.manager.close()

    def add(self, method: Any = None, parameters: Any = None, trials: int = 3) -> str:
        rates = sweeps.Choice(path=RATE, values=[(at + 1) / 1000 for at in range(trials)])
        settings = {"optimizer_params": {"learning_rate": 0.1}, "epochs": EPOCHS, "validation_split": 0.0}
        spec = sweeps.SweepSpec(
            dataset="iris", graph=MLP, parameters=parameters or [rates], method=method or sweeps.Grid(),
            settings=sweeps.require_settings(settings).model_dump(mode="json"), metric="train_loss",
        )  # fmt: skip
        row = self.store.sweeps.create(
            name=None, trials=spec.trials(), project_id=None, dataset="iris", metric="train_loss", concurrency=None,
            spec=spec.model_dump(mode="json"),
        )  # fmt: skip
        self.conductor.wake()
        return row.id

    def trials(self, ident: str) -> list[SweepTrial]:
        return self.store.sweeps.trials(ident)

    def states(self, ident: str) -> Counter[str]:
        return self.store.sweeps.counts([ident])[ident]

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not holds():
                await asyncio.sleep(0.005)

    async def until_held(self) -> None:
        """Wait until a run trains that the gate holds still."""
        await self.until(lambda: any(run.state == "running" for run, _ in self.store.runs.page(50, 0)[0]))
        await asyncio.sleep(0.05)

    async def until_state(self, ident: str, state: str) -> None:
        await self.until(lambda: self.store.sweeps.get(ident).state == state)


@pytest.fixture
async def desk(store: Store, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr(manager, "Supervisor", QuickSupervisor)
    QuickSupervisor.gate, QuickSupervisor.trained, QuickSupervisor.fails = asyncio.Event(), [], set()
    QuickSupervisor.gate.set()
    QuickSupervisor.holds_after = None
    desk = Desk(store)
    await desk.start()
    yield desk
    await desk.close()


async def test_trials_are_trained_in_turn_and_the_best_makes_a_model(desk: Desk) -> None:
    ident = desk.add()
    await desk.until_state(ident, "completed")
    assert [trial for trial, epoch in QuickSupervisor.trained if epoch == 1] == [0, 1, 2]
    trials = desk.trials(ident)
    assert [trial.scores["0"] for trial in trials] == pytest.approx([0.96, 1.06, 1.16])
    await desk.until(lambda: bool(desk.kept))  # the model is made once the sweep has ended
    assert desk.kept == [trials[0].run_id], "the least loss is the best"


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_halving_trains_on_from_checkpoints(desk: Desk, asynchronous: bool) -> None:
    ident = desk.add(sweeps.Halving(trials=4, first=1, keep=2, asynchronous=asynchronous), trials=4)
    await desk.until_state(ident, "completed")
    assert desk.states(ident) == {"early": 3, "completed": 1}
    epochs = Counter(epoch for _, epoch in QuickSupervisor.trained)
    assert epochs == {1: 4, 2: 2, 3: 1, 4: 1}, "no epoch is trained twice"
    best = next(trial for trial in desk.trials(ident) if trial.state == "completed")
    assert set(best.scores) == {"0", "1", "2"}
    early = [desk.store.runs.get(str(t.run_id)) for t in desk.trials(ident) if t.state == "early"]
    assert all(run.state == "stopped" and "Stopped early at rung" in str(run.state_reason) for run in early)
    assert {run.trial_state for run in early} == {"early"}


async def test_a_paused_sweep_frees_the_machine_and_goes_on_where_it_was(desk: Desk) -> None:
    QuickSupervisor.holds_after = (0, 1)
    ident = desk.add(sweeps.Halving(trials=4, first=2, keep=2), trials=4)
    await desk.until(lambda: (0, 1) in QuickSupervisor.trained)
    await desk.until(lambda: desk.states(ident)["running"] == 1)
    await desk.conductor.pause(ident)
    await desk.until(lambda: desk.states(ident)["running"] == 0)
    assert desk.manager._live == {}
    with pytest.raises(ConflictError, match="cannot be deleted"):
        await desk.conductor.discard(ident)
    QuickSupervisor.gate.set()
    await asyncio.sleep(0.05)
    assert desk.states(ident)["running"] == 0
    await desk.conductor.resume(ident)
    await desk.until_state(ident, "completed")
    assert len(QuickSupervisor.trained) == len(set(QuickSupervisor.trained)), "what was learned is kept"
    assert desk.states(ident) == {"early": 2, "completed": 2}


async def test_a_stopped_sweep_is_deleted_and_restored_with_its_runs(desk: Desk) -> None:
    ident = desk.add(trials=5)
    await desk.until(lambda: desk.states(ident)["completed"] >= 1)
    await desk.conductor.stop(ident)
    await desk.until(lambda: desk.states(ident)["running"] == 0)
    before = desk.states(ident)
    await desk.conductor.discard(ident)
    assert desk.store.runs.page(10, 0)[1] == 0
    assert desk.store.sweeps.page(10, 0)[1] == 0
    await desk.conductor.restore(ident)
    assert desk.states(ident) == before
    assert desk.store.runs.page(10, 0)[1] > 0
    await desk.conductor.resume(ident)
    await desk.until_state(ident, "completed")
    assert desk.states(ident) == {"completed": 5}


@pytest.mark.parametrize("abrupt", [False, True])
async def test_a_sweep_goes_on_after_a_restart(desk: Desk, abrupt: bool) -> None:
    QuickSupervisor.holds_after = (1, 1)
    ident = desk.add()
    await desk.until(lambda: (1, 1) in QuickSupervisor.trained)
    await desk.until_held()
    await desk.conductor.close()
    if abrupt:  # nobody was told: the run still says that it trains
        for task in list(desk.manager._tasks):
            task.cancel()
        await asyncio.wait(desk.manager._tasks)
        assert desk.manager._queue is not None
        desk.manager._queue.cancel()
    else:
        await desk.manager.close()
    QuickSupervisor.gate.set()
    desk.open()
    await desk.start()
    await desk.until_state(ident, "completed")
    assert desk.states(ident) == {"completed": 3}
    assert desk.store.runs.page(10, 0)[1] == 3, "no trial has two runs"


async def test_a_run_that_a_crash_cut_off_from_its_trial_is_found_again(desk: Desk) -> None:
    QuickSupervisor.gate.clear()
    ident = desk.add(trials=1)
    await desk.until_held()
    await desk.close()
    desk.store.sweeps.set_trial(ident, 0, state="waiting", run_id=None)
    QuickSupervisor.gate.set()
    desk.open()
    await desk.start()
    await desk.until_state(ident, "completed")
    assert desk.store.runs.page(10, 0)[1] == 1


async def test_what_fails_is_refused_or_stopped_by_hand_does_not_end_the_sweep(desk: Desk) -> None:
    QuickSupervisor.fails = {1}
    QuickSupervisor.gate.clear()
    ident = desk.add(parameters=[sweeps.Integer(path="settings.seed", low=0, high=3)])
    await desk.until_held()
    await desk.manager.stop(str(desk.trials(ident)[0].run_id))
    QuickSupervisor.gate.set()
    await desk.until_state(ident, "completed")
    first, second, *rest = desk.trials(ident)
    assert (first.state, first.reason) == ("stopped", "Its run was stopped or deleted by hand.")
    assert (second.state, second.reason) == ("failed", "It failed.")
    assert [trial.state for trial in rest] == ["completed"] * 2


async def test_combinations_that_cannot_be_make_no_run(desk: Desk) -> None:
    ident = desk.add(parameters=[sweeps.Choice(path="nodes.relu1.act_type", values=["relu", "tanh"]),
                                 sweeps.Choice(path="nodes.fc2.num_hidden", values=[3, 2**31 - 1])])  # fmt: skip
    await desk.until_state(ident, "completed")
    trials = desk.trials(ident)
    assert [trial.state for trial in trials] == ["completed", "refused"] * 2
    assert trials[1].problem is not None
    assert trials[1].problem["message"]
    assert desk.store.runs.page(10, 0)[1] == 2


async def test_runs_of_people_wait_for_one_trial_only(desk: Desk) -> None:
    QuickSupervisor.gate.clear()
    ident = desk.add(trials=4)
    await desk.until(lambda: desk.states(ident)["running"] == 1)
    plan = desk.store.sweeps.get(ident).spec["settings"]
    mine = desk.store.runs.create(name=None, project=None, graph=MLP, dataset="iris", settings=plan, epochs=1, trial=9)
    QuickSupervisor.gate.set()
    await desk.until_state(ident, "completed")
    order = [trial for trial, epoch in QuickSupervisor.trained if epoch == 1]
    assert order.index(9) == 1
    assert desk.store.runs.get(mine.id).state == "completed"
