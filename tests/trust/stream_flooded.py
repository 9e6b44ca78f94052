"""A thousand points a second to a hundred clients, from the worker that makes a point to the client that has it."""

from __future__ import annotations

from collections.abc import Iterator

from tests.trust.clients import emitting, listen
from tests.trust.table import Form, Row, count_row, milliseconds

BAR = 0.050


def check(form: Form) -> Iterator[Row]:
    count, seconds = form.times(100, 20), form.times(8, 3)
    with emitting(form.folder / "home", rate=1000, seconds=30) as (studio, run):
        heard = listen(studio, run, count, seconds)
    rate = heard.points / count / seconds
    yield Row(f"1000 points/s to {count} clients: p99 (p50 {milliseconds(heard.p50)}, {rate:.0f} points/s came)",
              milliseconds(heard.p99), f"<= {milliseconds(BAR)}", heard.p99 <= BAR, timed=True)  # fmt: skip
    yield count_row("clients that heard everything once and in order", heard.whole, count)
