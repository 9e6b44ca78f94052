"""Models loaded, asked and unloaded, and runs cancelled, over and over: memory and files stay where they were."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from tests.trust.full_disk import wide_project
from tests.trust.standing import OVER, Standing, standing, wait_for
from tests.trust.table import Form, Row

BAR = 1.0
FILES = 8
"""Descriptors may come and go with connections and threads; what leaks goes up with every cycle."""


def check(form: Form) -> Iterator[Row]:
    with standing(form.folder / "home") as studio:
        name = studio.train("mlp-digits", epochs=1)["model"]["name"]
        ask = question(studio, name)
        cycles = form.times(500, 20)
        yield from slope(studio, f"{cycles} cycles of load, infer, unload", lambda: ask_once(studio, name, ask), cycles,
                         form.times(150, 10), form.long)  # fmt: skip
        project = wide_project(studio, 32)
        runs = form.times(200, 4)
        yield from slope(studio, f"{runs} cancelled runs", lambda: cancel_two(studio, project), runs // 2,
                         form.times(10, 1), form.long, per_cycle=2)  # fmt: skip


def question(studio: Standing, name: str) -> dict[str, object]:
    """A request for inference that fits the model."""
    (wanted,) = studio.call("GET", f"v2/models/{name}")["inputs"]
    shape = [max(1, size) for size in wanted["shape"]]
    data = np.zeros(shape).ravel().tolist()
    return {"inputs": [{"name": wanted["name"], "shape": shape, "datatype": wanted["datatype"], "data": data}]}


def ask_once(studio: Standing, name: str, ask: dict[str, object]) -> None:
    studio.call("POST", f"v2/repository/models/{name}/load", {})
    studio.call("POST", f"v2/models/{name}/infer", ask)
    studio.call("POST", f"v2/repository/models/{name}/unload", {})


def cancel_two(studio: Standing, project: str) -> None:
    """One is cancelled while it waits, the other while it starts or trains."""
    first, second = studio.start_run(project), studio.start_run(project)
    studio.call("POST", f"api/runs/{second}/stop")
    wait_for(lambda: studio.run(first)["state"] in ("starting", "running"), 60, "the run does not start")
    studio.call("POST", f"api/runs/{first}/stop")
    wait_for(lambda: studio.run(first)["state"] in OVER, 90, "the run does not stop")
    for run in (first, second):
        studio.call("DELETE", f"api/runs/{run}?permanently=true")


def slope(
    studio: Standing, what: str, once: Callable[[], None], cycles: int, warm: int, long: bool, per_cycle: int = 1
) -> Iterator[Row]:
    """Do it again and again, and lay a line through what the server holds. Caches fill first."""
    for _ in range(warm):
        once()
    held, files = [], []
    for _ in range(cycles):
        once()
        held.append(resident(studio.pid) / 2**20)
        files.append(open_files(studio.pid))
    rise = 100 * float(np.polyfit(np.arange(cycles) * per_cycle, held, 1)[0])
    # A few cycles say nothing of a slope: the quick form holds them to what they took altogether.
    ok = rise < BAR if long else held[-1] - held[0] < 32
    yield Row(
        f"{what}: resident memory rises by", f"{rise:+.2f} MiB per 100", f"< {BAR:g} MiB per 100", ok, timed=not long
    )
    third = max(1, cycles // 3)
    drift = int(np.median(files[-third:]) - np.median(files[:third]))
    yield Row(
        f"{what}: open files drift by", f"{drift:+d}", f"<= {FILES if not long else 2}", drift <= (2 if long else FILES)
    )


def resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def open_files(pid: int) -> int:
    """Descriptors; a request that has just ended may still hold one."""
    time.sleep(0.002)
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))
