"""Nobody below a keeper outlives it, the command, or whoever started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from netwright_studio.runs import keeper

# A child in the command's group, and one that has left it for a session of its own, with a child below.
FAMILY = """
import os, subprocess, sys, time
sleep = [sys.executable, "-c", "import time; time.sleep(60)", sys.argv[1]]
subprocess.Popen(sleep)
below = "import subprocess, sys, time; subprocess.Popen(sys.argv[1:]); time.sleep(60)"
subprocess.Popen([sys.executable, "-c", below, *sleep], start_new_session=True)
print("ready", flush=True)
"""
LASTING, ENDING = FAMILY + "time.sleep(60)\n", FAMILY + "time.sleep(0.3); os._exit(5)\n"


def named(mark: str) -> list[int]:
    """Processes that have the mark on their command line."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (place / "cmdline").read_bytes():
                found.append(int(place.name))
        except OSError:
            continue
    return found


def wait(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def start(program: str, mark: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(keeper.wrap([sys.executable, "-c", program, mark]), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    wait(lambda: len(named(mark)) >= 5)  # the keeper, the command and three below
    return process


def end(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    process.stdout.close()
    return process.wait(10)


def test_when_the_command_ends_all_below_is_ended(tmp_path: Path) -> None:
    process = start(ENDING, str(tmp_path))
    assert end(process) == 5
    assert named(str(tmp_path)) == []


def test_when_the_command_is_killed_all_below_is_ended(tmp_path: Path) -> None:
    process = start(LASTING, str(tmp_path))
    (command,) = (
        pid
        for pid in named(str(tmp_path))
        if os.getpgid(pid) == pid and pid != process.pid and parent(pid) == process.pid
    )
    os.kill(command, signal.SIGKILL)
    assert end(process) == -signal.SIGKILL
    assert named(str(tmp_path)) == []


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_asked_to_end_it_ends_all(tmp_path: Path) -> None:
    process = start(LASTING, str(tmp_path))
    process.terminate()
    assert end(process) == -signal.SIGKILL
    assert named(str(tmp_path)) == []


def test_when_whoever_started_it_is_killed_all_is_ended(tmp_path: Path) -> None:
    above = "import subprocess, sys\nfrom netwright_studio.runs import keeper\n"
    above += "subprocess.run(keeper.wrap([sys.executable, '-c', sys.argv[1], sys.argv[2]]), start_new_session=True)"
    mark = str(tmp_path)
    studio = subprocess.Popen([sys.executable, "-c", above, LASTING, mark], stdout=subprocess.PIPE, text=True)
    assert studio.stdout is not None
    assert studio.stdout.readline() == "ready\n"
    wait(lambda: len(named(mark)) >= 6)
    studio.kill()
    assert end(studio) == -signal.SIGKILL
    wait(lambda: named(mark) == [])


@pytest.mark.parametrize(
    ("program", "status"),
    [("raise SystemExit(3)", 3), ("pass", 0), ("import os; os.kill(os.getpid(), 11)", -11)],
)
def test_it_ends_as_the_command_did(program: str, status: int) -> None:
    assert subprocess.run(keeper.wrap([sys.executable, "-c", program]), check=False).returncode == status


def test_pipes_belong_to_the_command() -> None:
    program = "import sys; sys.stdout.write(sys.stdin.read().upper())"
    done = subprocess.run(
        keeper.wrap([sys.executable, "-c", program]), input="words", capture_output=True, text=True, check=True
    )
    assert done.stdout == "WORDS"


def test_a_command_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = subprocess.run(keeper.wrap([str(tmp_path / "nothing")]), capture_output=True, text=True, check=False)
    assert done.returncode == keeper.CANNOT_START
    assert "No such file" in done.stderr
