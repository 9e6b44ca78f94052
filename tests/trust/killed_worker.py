"""Kill −9 of a worker at random steps: what goes on afterwards is what would have been, to the bit."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.trust.standing import OVER, WORKER, Standing, standing, wait_for, warm
from tests.trust.table import Form, Row, count_row

SETTINGS = {"batch_size": 32, "checkpoint_every_seconds": 0.1, "look_inside": 0.0, "seed": 5}
COSINE = {"name": "cosine", "params": {}}
DIGITS = 1438 * 9 // 10
PARTS = ("weights", "optimizer", "random", "data", "measures", "history")


def check(form: Form) -> Iterator[Row]:
    warm()
    kills = form.times(20, 1)
    epochs = form.times(60, 8)
    with standing(form.folder / "home", NETWRIGHT_WORKER_COMMAND=json.dumps(WORKER)) as studio:
        project = make_project(studio, epochs=epochs)
        unbroken = studio.start_run(project)
        studio.wait_for_run(unbroken, "completed", 300)
        broken = studio.start_run(project)
        resumed = kill_and_resume(studio, broken, kills)
        studio.wait_for_run(broken, "completed", 300)
        wanted, got = last_state(studio.home, unbroken), last_state(studio.home, broken)
        losses, others = losses_of(studio, unbroken), losses_of(studio, broken)
    yield count_row("kill -9 of the worker at random steps: goes on from its checkpoint", resumed, kills)
    same = sum(others.get(step) == loss for step, loss in losses.items())
    yield count_row("losses of the steps bit-equal to an unbroken run", same, max(len(losses), len(others)))
    for part in PARTS:
        yield Row(f"{part} bit-equal to an unbroken run", "equal" if got[part] == wanted[part] else "differ", "equal",
                  got[part] == wanted[part])  # fmt: skip


def make_project(studio: Standing, **settings: Any) -> str:
    """A convolutional network with batch normalisation, dropout, Adam and a schedule: all that has a state."""
    project = studio.create_project("cnn-digits", **{**SETTINGS, "scheduler": COSINE, **settings})
    ident: str = project["id"]
    return ident


def kill_and_resume(studio: Standing, run: str, kills: int) -> int:
    """Kill at random steps spread over the training; how often it went on from a checkpoint."""
    chosen, resumed, step = random.Random(7), 0, 0
    for number in range(kills):
        row = wait_for(lambda: _trains(studio, run), 90, "the run does not train")
        left = row["steps_total"] - step
        target = step + chosen.randrange(1, max(2, 2 * left // (kills - number + 2)))
        wait_for(lambda: studio.run(run)["step"] >= target, 120, f"step {target} is not reached")  # noqa: B023
        pid = studio.worker(run)
        assert pid is not None, "the training ended before it could be killed"
        os.kill(pid, signal.SIGKILL)
        row = wait_for(lambda: over_now(studio, run), 30, "the killed worker is not noticed")
        assert row["state"] == "interrupted", row["state_reason"]
        resumed += bool(row["resumable"] and row["state_reason"])
        step = row["step"]
        studio.call("POST", f"api/runs/{run}/resume")
    return resumed


def last_state(home: Path, run: str) -> dict[str, str]:
    """Digests of all that the newest checkpoint of a run holds."""
    folder = max((home / "runs" / run / "checkpoints").glob("step-*"), key=lambda place: int(place.name[5:]))
    state = json.loads(json.loads((folder / "state.json").read_bytes())["body"])
    files = {name: hashlib.sha256((folder / f"{name}.safetensors").read_bytes()).hexdigest() for name in PARTS[:2]}
    files["optimizer"] += json.dumps(state["optimizer"], sort_keys=True)
    return {**files, **{name: json.dumps(state[name], sort_keys=True) for name in PARTS[2:]}}


def losses_of(studio: Standing, run: str) -> dict[int, tuple[float, ...]]:
    """The loss of each step, as the last life that made the step told it."""
    losses: dict[int, tuple[float, ...]] = {}
    for event in studio.events(run):
        if event["type"] == "state" and event["data"].get("resumed_from_step") is not None:
            losses = {step: loss for step, loss in losses.items() if step <= event["data"]["resumed_from_step"]}
        values = event["data"].get("values", {}) if event["type"] == "metrics" else {}
        if "train_loss" in values and "lr" in values:
            losses[event["data"]["step"]] = (values["train_loss"], values["lr"])
    return losses


def _trains(studio: Standing, run: str) -> dict[str, Any] | None:
    row = studio.run(run)
    return row if row["state"] == "running" and row["steps_total"] else None


def over_now(studio: Standing, run: str) -> dict[str, Any] | None:
    row = studio.run(run)
    return row if row["state"] in OVER else None
