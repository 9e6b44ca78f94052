"""A worker whose training is a loop of its own, so that runs can be tested without a network.

``optimizer_params`` of the run: ``steps``, ``pause`` (seconds a step; ``wd`` too, which real optimizers know),
``checkpoint_every`` (steps), and at step ``at`` one of the ``mishap``s raise, data, allocate, kill, exit, print, deaf.
A run that is to end at a rung has epochs of ``EPOCH`` steps.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from netwright.errors import DataError
from netwright.train import Change, TrainSettings, TrainState
from netwright_studio.runs.control import Control, Reporter
from netwright_studio.runs.state import RunState
from netwright_studio.runs.worker import main

EPOCH = 4


def suffer(mishap: str) -> None:
    if mishap == "raise":
        raise RuntimeError(f"a secret path {__file__}")
    if mishap == "data":
        raise DataError("the data are odd", where="fake", wanted="even", got="odd")
    if mishap == "allocate":
        hog = bytearray(3 << 30)
        hog[::4096] = b"x" * len(hog[::4096])
    if mishap == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if mishap == "exit":
        os._exit(3)
    if mishap == "print":
        print("this is not JSON")
    if mishap == "deaf":
        time.sleep(600)


def refuse(rate: float) -> None:
    if rate == 7:
        raise DataError("seven is refused", where="fake", wanted="another", got=rate)


def train(order: dict[str, Any], folder: Path, reporter: Reporter, control: Control) -> dict[str, Any] | None:
    settings = {"steps": 20, **order["settings"]["optimizer_params"]}
    until = order.get("until_epoch")
    last = settings["steps"] if until is None else until * EPOCH
    pause = settings.get("pause", settings.get("wd", 0.0))
    every = settings.get("checkpoint_every", 10)
    start = max((int(p.name[5:]) for p in (folder / "checkpoints").glob("step-*")), default=0) if order["resume"] else 0
    reporter.state(RunState.RUNNING, **({"resumed_from_step": start} if order["resume"] else {}))
    step = start
    state = TrainState(None, TrainSettings(), 1, settings["steps"], step=step)
    state.apply = lambda rate, decay, size: refuse(rate) or [Change("learning_rate", 0.1, rate, state.step, 0.0)]
    control.on_start(state)
    while step < last and not control.end_requested:
        step += 1
        state.step = step
        time.sleep(pause)
        values = {"train_loss": 1.0 / step if step != 5 else float("nan")}
        reporter.say("metrics", {"step": step, "epoch": step / (EPOCH if until else 100), "values": values})
        if step % every == 0 or (until and step == last):
            place = folder / "checkpoints" / f"step-{step}"
            place.mkdir(parents=True)
            (place / "state.json").write_text("{}")
            reporter.say("checkpoint", {"step": step, "epoch": step / 100, "bytes": 2})
        if step == settings.get("at"):
            suffer(settings["mishap"])
        control.on_step(state)
    return {"steps": step} if step == settings["steps"] else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], train))
