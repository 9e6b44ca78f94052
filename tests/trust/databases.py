"""SQLite and PostgreSQL under many writers: every run is kept once, numbered once and taken once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.trust.table import Form, Row, count_row

import postgres

WRITERS, TAKERS = 8, 4
WORK = """
import json, sys, threading, time
from pathlib import Path
from netwright_studio.settings import Settings
from netwright_studio.store import open_store

home, url, part, count, threads = sys.argv[1:]
store = open_store(Settings(home=Path(home), database_url=url or None))
print("ready", flush=True)
sys.stdin.readline()
found = []

def write():
    for _ in range(int(count)):
        run = store.runs.create(name=None, project=None, graph={}, dataset="iris", settings={}, epochs=1)
        found.append([run.id, run.number])

def take():
    while True:
        all_written = Path(home, "written").exists()
        claimed = store.runs.claim()
        if claimed is not None:
            found.append([claimed[0].id, claimed[0].number])
        elif all_written:
            return
        else:
            time.sleep(0.02)

working = [threading.Thread(target=write if part == "write" else take) for _ in range(int(threads))]
for thread in working:
    thread.start()
for thread in working:
    thread.join()
store.close()
print(json.dumps(found), flush=True)
"""


def check(form: Form) -> Iterator[Row]:
    each = form.times(1000, 15)
    for kind in ("sqlite", "postgresql"):
        with database(kind) as url:
            if url is None:
                yield missing(kind)
                continue
            home = form.folder / kind
            home.mkdir()
            # A process for each writer; quickly, threads of one.
            made, taken, took = work(home, url, each, threads=form.times(1, WRITERS))
        total = WRITERS * each
        what = f"{kind}: {WRITERS} writers × {each} runs beside {TAKERS} takers ({2 * total / took:.0f} changes/s)"
        numbers = {number for _, number in made}
        yield count_row(f"{what}: kept, each under a number of its own", len(numbers & set(range(1, total + 1))), total)
        yield Row(f"{kind}: runs taken twice", str(len(taken) - len(set(taken))), "0", len(taken) == len(set(taken)))
        yield count_row(f"{kind}: runs taken", len(set(taken) & {run for run, _ in made}), total)


def kinds(form: Form) -> tuple[str, ...]:
    """Both in the long form; in the short one PostgreSQL where it can be had, since tests/backend tries SQLite."""
    if form.long:
        return ("sqlite", "postgresql")
    wanted = postgres.find() is not None or postgres.REQUIRED in os.environ
    return ("postgresql",) if wanted else ("sqlite",)


@contextmanager
def database(kind: str) -> Iterator[str | None]:
    """The address of an empty database, "" for SQLite in its folder; None where there is no PostgreSQL."""
    if kind == "sqlite":
        yield ""
        return
    programs = postgres.find()
    if programs is None:
        yield None
        return
    with postgres.Server(programs) as server:
        yield server.url(server.create())


def missing(kind: str) -> Row:
    """The row of a check that needs a database which is not there: it passes where nobody insists."""
    what = f"{kind}: no PostgreSQL was found; `make postgres`"
    return Row(what, "skipped", "as required", postgres.REQUIRED not in os.environ)


def work(home: Path, url: str, each: int, threads: int) -> tuple[list[tuple[str, int]], list[str], float]:
    """(id and number of every run that was made, ids of those that were taken, seconds) by many that begin together."""
    writers = [start(home, url, "write", each, threads)]  # the first makes the tables
    ready(writers[0])
    writers += [start(home, url, "write", each, threads) for _ in range(WRITERS // threads - 1)]
    takers = [start(home, url, "take", 0, min(threads, TAKERS)) for _ in range(max(1, TAKERS // threads))]
    for process in (*writers[1:], *takers):
        ready(process)
    began = time.monotonic()
    for process in (*writers, *takers):
        begin(process)
    made = [(run, number) for process in writers for run, number in answer(process)]
    (home / "written").touch()
    taken = [run for process in takers for run, _ in answer(process)]
    return made, taken, time.monotonic() - began


def start(home: Path, url: str, part: str, count: int, threads: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WORK, str(home), url, part, str(count), str(threads)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"


def begin(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def answer(process: subprocess.Popen[str]) -> list[tuple[str, int]]:
    with process:
        assert process.stdout is not None
        found: list[tuple[str, int]] = json.loads(process.stdout.read())
        return found
