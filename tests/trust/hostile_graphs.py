"""Graphs that would cost memory or time: refused at once, with the node at fault, before anything is made of them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.backend import hostile
from tests.trust.leaks import resident
from tests.trust.requests import Answer, ask
from tests.trust.standing import standing
from tests.trust.table import Form, Row, count_row, milliseconds

PATHS = ("api/graphs/plan", "api/runs")
AT_ONCE, SOON, GROWTH = 0.05, 1.0, 10.0
"""Seconds for a wrong size and for the rest; MiB that the server may have taken at the end."""


@dataclass
class Tried:
    """What came of a group of graphs."""

    refused: int = 0
    tried: int = 0
    slowest: float = 0.0
    largest: int = 0

    def take(self, answer: Answer, case: hostile.Hostile) -> None:
        """Count an answer; one is as it should be where it is a refusal that names the node."""
        where = answer.json().get("error", {}).get("where")
        self.tried += 1
        self.refused += 400 <= answer.status < 500 and where == case.node if case.node else answer.status in (413, 422)
        self.slowest = max(self.slowest, answer.seconds)
        self.largest = max(self.largest, len(answer.body))


def check(form: Form) -> Iterator[Row]:
    with standing(form.folder / "home") as studio:
        sound = {"graph": hostile.SOUND, "dataset": "iris"}
        ask(studio.url, "POST", "api/graphs/plan", sound)  # the data set is read, modules are loaded
        before = resident(studio.pid)
        sizes, rest = Tried(), Tried()
        for _ in range(form.times(5, 1)):
            _try_all(studio.url, hostile.sizes(), sizes)
            _try_all(studio.url, [*hostile.wirings(), *hostile.masses()], rest)
        time.sleep(0.5)
        growth = (resident(studio.pid) - before) / 2**20
        whole = ask(studio.url, "GET", "api/runs")
    yield count_row("sizes that are none, or beyond any memory, refused at their node", sizes.refused, sizes.tried)
    yield Row("the slowest of them", milliseconds(sizes.slowest), "<= 50 ms", sizes.slowest <= AT_ONCE, timed=True)
    yield count_row("loops, cycles, loose ends, masses refused", rest.refused, rest.tried)
    yield Row("the slowest of them", milliseconds(rest.slowest), "<= 1000 ms", rest.slowest <= SOON, timed=True)
    yield Row("resident memory afterwards", f"{growth:+.1f} MiB", "< 10 MiB", growth < GROWTH, timed=not form.long)
    largest = max(sizes.largest, rest.largest)
    yield Row("the largest refusal", f"{largest} bytes", "<= 4096 bytes", largest <= 4096)
    yield Row("runs that were queued", str(whole.json()["total"]), "0", whole.json()["total"] == 0)


def _try_all(url: str, cases: Iterable[hostile.Hostile], tried: Tried) -> None:
    for case in cases:
        body = json.dumps({"graph": case.graph, "dataset": "iris"}).encode()
        for path in PATHS:
            tried.take(ask(url, "POST", path, body), case)
