"""A stream that is cut off again and again: together what was heard is whole."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator

import orjson
from tests.trust.clients import address, emitting
from tests.trust.standing import Standing
from tests.trust.table import Form, Row, count_row
from websockets.sync.client import connect


def check(form: Form) -> Iterator[Row]:
    drops = form.times(100, 10)
    with emitting(form.folder / "home", rate=500, seconds=form.times(40, 6)) as (studio, run):
        heard, gaps, dropped = [], [], 0
        chance = random.Random(1)
        over = False
        while not over:
            frames = chance.randrange(1, 4) if dropped < drops else 0
            over = listen(studio, run, heard, gaps, frames)
            dropped += not over
        last = studio.run(run)["last_event"]
    missing = set(range(1, last + 1)) - set(heard) - {n for first, end in gaps for n in range(first, end + 1)}
    yield count_row("the stream was dropped in one run", dropped, drops)
    yield Row(f"of {last} events missing without a gap being told", str(len(missing)), "0", not missing)
    yield Row("events heard twice or out of order", str(len(heard) - len(set(heard)) + (heard != sorted(heard))), "0",
              heard == sorted(set(heard)))  # fmt: skip


def listen(studio: Standing, run: str, heard: list[int], gaps: list[tuple[int, int]], frames: int) -> bool:
    """Hear so many frames from where it was cut off (all, for 0) and drop the line; True at the run's end."""
    after = max([heard[-1] if heard else 0, *(end for _, end in gaps)])
    count = 0
    url = address(studio, run, after)
    with connect(url, origin=studio.url, compression=None, max_size=None) as stream:  # type: ignore[arg-type]
        for message in stream:
            frame = orjson.loads(message)
            if frame["type"] == "end":
                return True
            if frame["type"] == "gap":
                gaps.append((frame["from"], frame["to"]))
            if frame["type"] == "events":
                heard += [event["seq"] for event in frame["events"]]
                count += 1
            if count == frames:
                stream.socket.shutdown(socket.SHUT_RDWR)  # no word of farewell
                return False
    raise AssertionError("the stream ended without an end")
