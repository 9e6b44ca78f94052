"""Kill −9 of the server at random moments: runs go on, nothing is orphaned, nothing that was acknowledged is lost."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.trust.databases import database, kinds, missing
from tests.trust.killed_worker import last_state, make_project, over_now
from tests.trust.standing import OVER, WORKER, Standing, wait_for, warm
from tests.trust.table import Form, Row, count_row
from tests.trust.worker import GRANDCHILD

from netwright_studio.runs.manager import TOO_OFTEN

RECOVERY_SECONDS = 10.0
RUNS = 2
ENVIRONMENT = {
    "NETWRIGHT_WORKER_COMMAND": json.dumps(WORKER),
    "NETWRIGHT_RUN_CONCURRENCY": str(RUNS),
    "NETWRIGHT_RUN_THREADS": "1",
    GRANDCHILD: "1",
}


@dataclass
class Tally:
    """What came out of each kill."""

    recovered: int = 0
    stuck: int = 0
    orphans: int = 0
    lost: int = 0
    acknowledged: int = 0
    sound: int = 0
    slowest: float = 0.0
    trained: list[str] = field(default_factory=list)


def check(form: Form) -> Iterator[Row]:
    warm()
    wanted: dict[str, str] = {}
    for kind in kinds(form):
        with database(kind) as url:
            if url is None:
                yield missing(kind)
            else:
                address = {"NETWRIGHT_DATABASE_URL": url} if url else {}
                yield from check_on(kind, Standing(form.folder / kind, **ENVIRONMENT, **address), form, wanted)


def check_on(kind: str, studio: Standing, form: Form, wanted: dict[str, str]) -> Iterator[Row]:
    """The rows of one database. ``wanted`` is how an unbroken run ends; the first to come here finds that out."""
    kills, tally = form.times(20, 1), Tally()
    studio.start()
    try:
        project = make_project(studio, epochs=form.times(40, 20))
        if not wanted:
            reference = studio.start_run(project)
            studio.wait_for_run(reference, "completed", 300)
            wanted.update(last_state(studio.home, reference))
        for number in range(kills):
            kill_once(studio, project, tally, random.Random(number))
        same, lived = finish(studio, tally, wanted)
        yield count_row(f"{kind}: kill -9 of the server: files, keys and counts of the database whole",
                        tally.sound, kills)  # fmt: skip
        yield count_row(f"{kind}: every run trains again or failed with a reason", tally.recovered, kills * RUNS)
        yield Row(f"{kind}: the slowest of them, from when the new server answers", f"{tally.slowest:.1f} s",
                  f"<= {RECOVERY_SECONDS:g} s", tally.slowest <= RECOVERY_SECONDS, timed=True)  # fmt: skip
        yield Row(f'{kind}: runs stuck as "running" with nobody at work', str(tally.stuck), "0", tally.stuck == 0)
        yield Row(f"{kind}: orphan processes, grandchildren in sessions of their own too", str(tally.orphans), "0",
                  tally.orphans == 0)  # fmt: skip
        yield Row(f"{kind}: acknowledged rows lost", f"{tally.lost} of {tally.acknowledged}", "0",
                  tally.lost == 0 < tally.acknowledged)  # fmt: skip
        yield count_row(f"{kind}: runs that lived through kills end at an unbroken run's bits", same, lived)
    finally:
        studio.kill()
        studio.orphans()


def kill_once(studio: Standing, project: str, tally: Tally, chance: random.Random) -> None:
    """Write while two runs train, kill, look at what is left, start again and look at what was kept."""
    live = ensure_live(studio, project, tally)
    writer = Writer(studio)
    writer.start()
    time.sleep(0.3 + chance.random())
    seen = {run: studio.events(run) for run in live}
    studio.kill()
    writer.join()
    tally.orphans += studio.orphans()
    found = studio.faults()
    print(*found, sep="\n", end="\n" if found else "")  # the table only counts them
    tally.sound += not found
    before = {run: studio_steps(events) for run, events in seen.items()}
    studio.start()
    began = time.monotonic()
    for run in live:
        try:
            wait_for(lambda: _settled(studio, run), 3 * RECOVERY_SECONDS, "not settled")  # noqa: B023
            tally.recovered += 1
        except TimeoutError:
            tally.stuck += 1
        tally.slowest = max(tally.slowest, time.monotonic() - began)
    tally.acknowledged += len(writer.done) + sum(len(events) for events in seen.values())
    tally.lost += writer.count_lost()
    for run, events in seen.items():
        kept = studio.events(run)[: len(events)]
        tally.lost += sum(a != b for a, b in zip(kept, events, strict=False)) + len(events) - len(kept)
        assert before[run] or not events, "nothing was trained before the kill"


def studio_steps(events: list[dict[str, Any]]) -> int:
    """The last step that was told."""
    return max((event["data"]["step"] for event in events if event["type"] == "metrics"), default=0)


def ensure_live(studio: Standing, project: str, tally: Tally) -> list[str]:
    """Two runs that train: those that do already, and new ones."""
    rows = studio.call("GET", "api/runs?limit=100")["items"]
    live = [row["id"] for row in rows if row["state"] not in OVER]
    while len(live) < RUNS:
        live.append(studio.start_run(project))
        tally.trained.append(live[-1])
    for run in live:
        wait_for(lambda: studio.run(run)["step"] > 0, 60, "the run does not train")  # noqa: B023
    return live


def finish(studio: Standing, tally: Tally, wanted: dict[str, str]) -> tuple[int, int]:
    """Let all runs end: how many as the unbroken one did, and of how many.

    On a busy machine one may be killed so often before it comes to a checkpoint that it is given up, as it should be.
    """
    rows = [wait_for(lambda: over_now(studio, run), 300, "not over") for run in tally.trained]  # noqa: B023
    lived = [row["id"] for row in rows if row["state_reason"] != TOO_OFTEN]
    same = [row["state"] == "completed" and last_state(studio.home, row["id"]) == wanted for row in rows]
    return sum(same), len(lived)


class Writer(threading.Thread):
    """Makes and renames projects until the server is gone, and remembers what was acknowledged."""

    def __init__(self, studio: Standing) -> None:
        super().__init__(daemon=True)
        self._studio = studio
        self.done: dict[str, int] = {}
        """The newest acknowledged revision of each project."""

    def run(self) -> None:
        number = 0
        while True:
            number += 1
            try:
                made = self._studio.call("POST", "api/projects", {"name": f"p{number}"})
                self.done[made["id"]] = made["revision"]
                change = {"revision": made["revision"], "name": f"renamed {number}"}
                self.done[made["id"]] = self._studio.call("PUT", f"api/projects/{made['id']}", change)["revision"]
            except OSError:  # refused, reset or cut off: not acknowledged
                return
            except ValueError:  # half an answer
                return

    def count_lost(self) -> int:
        """How many acknowledged projects are gone or older than was acknowledged."""
        lost = 0
        for ident, revision in self.done.items():
            try:
                lost += self._studio.call("GET", f"api/projects/{ident}")["revision"] < revision
            except OSError:
                lost += 1
        return lost


def _settled(studio: Standing, run: str) -> bool:
    """It trains with a process at work, or is over and says why."""
    row = studio.run(run)
    if row["state"] == "running":
        return studio.worker(run) is not None
    return row["state"] in OVER and (row["state"] == "completed" or bool(row["state_reason"]))
