"""A disk that fills up while a run trains, and a worker that wants more memory than it may have."""

from __future__ import annotations

import contextlib
import json
import resource
import subprocess
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.trust.standing import OVER, WORKER, Standing, standing, wait_for
from tests.trust.table import Form, Row, count_row
from tests.trust.worker import HOG

from netwright.train import checkpoint

DISK_MIB = 48
RESERVE = 4 << 20
WIDE = {"epochs": 2000, "checkpoint_every_seconds": 0.05, "look_inside": 0.0}


def check(form: Form) -> Iterator[Row]:
    with small_disk(form.folder / "disk", DISK_MIB) as disk:
        yield from fill(form, disk)
    yield from hog(form)


@contextlib.contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path | None]:
    """A file system of so many MiB; None where this account may not make one."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}m,mode=700", "netwright-trust", str(folder)]
    try:
        made = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        made = False
    if not made:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(form: Form, disk: Path | None) -> Iterator[Row]:
    """Train a network whose checkpoints do not fit; then leave not one byte, and make room through the studio."""
    how = f"disk of {DISK_MIB} MiB" if disk is not None else "limit of file sizes (no small disk without root)"
    settings = {"NETWRIGHT_DISK_RESERVE_BYTES": str(RESERVE)}
    with standing((disk or form.folder) / "home", **settings) as studio:
        pid = studio.pid
        run = studio.start_run(wide_project(studio, 12_000))
        if disk is None:
            wait_for(lambda: list((studio.home / "runs" / run / "checkpoints").glob("step-*")), 60, "no checkpoint")
            for process in studio.processes():
                resource.prlimit(process, resource.RLIMIT_FSIZE, (2 << 20, resource.RLIM_INFINITY))
        row = wait_for(lambda: _over(studio, run), 90, "the run goes on with a full disk")
        told = row["state"] == "failed" and "room" in (row["state_reason"] or "")
        yield Row(f"{how}: the run fails with a message", row["state"], "failed", told)
        found, damaged = checkpoint.read_latest(studio.home / "runs" / run / "checkpoints")
        yield Row("its last checkpoint loads", f"step {found.step}" if found else "none", "loads",
                  found is not None and not damaged)  # fmt: skip
        if disk is not None:
            yield from live_without_room(studio, disk, run)
        answers = studio.call("GET", "healthz") == {"status": "ok"} and studio.pid == pid
        yield Row("the server answers, in the same process", "yes" if answers else "no", "yes", answers)


def live_without_room(studio: Standing, disk: Path, run: str) -> Iterator[Row]:
    filler = disk / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    tries = 40
    statuses = [status_of(studio, "POST", "api/projects", {"name": "x" * 100}) for _ in range(tries)]
    fine = sum(status in (201, 507) for status in statuses)
    yield count_row("not a byte left: writing answers 201 or 507", fine, tries)
    reads = [status_of(studio, "GET", path) for path in ("api/runs", f"api/runs/{run}", "api/projects", "api/system")]
    yield count_row("not a byte left: reading answers 200", reads.count(200), len(reads))
    deleted = any(status_of(studio, "DELETE", f"api/runs/{run}?permanently=true") == 204 for _ in range(3))
    filler.unlink()
    again = status_of(studio, "POST", "api/projects", {"name": "again"})
    yield Row("a run can be deleted to make room, and then writing works", str(again), "201", deleted and again == 201)


def hog(form: Form) -> Iterator[Row]:
    """Two runs train; one of them wants all the memory there is."""
    limit = 900 << 20
    environment = {
        "NETWRIGHT_RUN_MEMORY_BYTES": str(limit),
        "NETWRIGHT_RUN_CONCURRENCY": "2",
        "NETWRIGHT_WORKER_COMMAND": json.dumps(WORKER),
        HOG: "greedy",
    }
    with standing(form.folder / "memory", **environment) as studio:
        pid = studio.pid
        modest = studio.start_run(wide_project(studio, 32))
        wait_for(lambda: studio.run(modest)["step"] > 0, 60, "the run does not train")
        greedy = studio.start_run(wide_project(studio, 33), name="greedy")
        row = wait_for(lambda: _over(studio, greedy), 90, "the greedy run goes on")
        told = row["state"] == "failed" and "memory" in (row["state_reason"] or "").lower()
        yield Row("a worker over its memory limit fails with a reason", row["state"], "failed", told)
        step = studio.run(modest)["step"]
        with contextlib.suppress(TimeoutError):
            wait_for(lambda: studio.run(modest)["step"] > step, 30, "the other run does not go on")
        alive = studio.run(modest)["step"] > step and studio.pid == pid
        yield Row("only it dies: the server and another run go on", "yes" if alive else "no", "yes", alive)


def wide_project(studio: Standing, units: int) -> str:
    """A network for digits with so many units in its first layer."""
    project = studio.create_project("mlp-digits", **WIDE)
    graph = project["graph"]
    next(node for node in graph["nodes"] if node["op"] == "FullyConnected")["params"]["num_hidden"] = units
    change = {"revision": project["revision"], "graph": graph}
    ident: str = studio.call("PUT", f"api/projects/{project['id']}", change)["id"]
    return ident


def status_of(studio: Standing, method: str, path: str, body: Any = None) -> int:
    """The status of an answer, whatever it is."""
    try:
        studio.call(method, path, body)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    return {"POST": 201, "DELETE": 204}.get(method, 200)


def _over(studio: Standing, run: str) -> dict[str, Any] | None:
    row = studio.run(run)
    return row if row["state"] in OVER else None
