"""One client that reads nothing beside ten that do: they do not feel it, and it is dropped."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from tests.trust.clients import Heard, emitting, is_open, listen, stall
from tests.trust.table import Form, Row, count_row, milliseconds

LIVE = 10
BAR = 0.050
DROPPED_WITHIN = 30.0


def check(form: Form) -> Iterator[Row]:
    seconds = form.times(10, 3)
    with emitting(form.folder / "home", rate=1000, seconds=40) as (studio, run):
        stalled, began = stall(studio, run), time.monotonic()
        heard: list[Heard] = []
        live = threading.Thread(target=lambda: heard.append(listen(studio, run, LIVE, seconds)))
        live.start()
        while is_open(studio, stalled) and time.monotonic() - began < DROPPED_WITHIN + 5:
            time.sleep(0.05)
        took = time.monotonic() - began
        live.join()
        stalled.close()
    p99 = heard[0].p99
    yield Row(f"a stalled client beside {LIVE} live ones: p99 from the worker to a live one", milliseconds(p99),
              f"<= {milliseconds(BAR)}", p99 <= BAR, timed=True)  # fmt: skip
    yield count_row("live ones that heard everything once and in order", heard[0].whole, LIVE)
    yield Row("the stalled one is dropped after", f"{took:.1f} s", f"<= {DROPPED_WITHIN:g} s", took <= DROPPED_WITHIN)
