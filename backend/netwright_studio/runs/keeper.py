"""Stands between the studio and a process it starts: when either of them is gone, nothing below is left.

A process group is not enough for that: a killed studio cannot kill it, and a program may leave it. The kernel hands the
keeper every orphan below it (it is a *subreaper*) and wakes it when the studio dies, however that comes. It is started
by its path and needs the standard library alone, so that it costs milliseconds and little memory.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_ENDING = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
CANNOT_START = 127


def wrap(command: Sequence[str]) -> tuple[str, ...]:
    """Return the command line that runs ``command`` under a keeper, whose parent has to be this process."""
    return (sys.executable, "-I", "-S", __file__, str(os.getpid()), *command)


def kill_session(leader: int) -> None:
    """Kill what is left of a session: for a keeper that was itself killed before it could see to that."""
    for place in Path("/proc").glob("[0-9]*"):
        try:
            session = int((place / "stat").read_text().rpartition(")")[2].split()[3])
            if session == leader:
                os.kill(int(place.name), signal.SIGKILL)
        except (OSError, ValueError):
            continue


def main(arguments: list[str]) -> int:
    """Run the command, and end as it does; SIGTERM, or the death of the process named first, kills it and all below."""
    server, command = int(arguments[0]), arguments[1:]
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD, *_ENDING})
    prctl = ctypes.CDLL(None).prctl
    prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != server:  # it died before the kernel was asked to tell
        return 1
    child = _start(command, prctl)
    _let_go_of_pipes()
    status = None
    while status is None and signal.sigwait({signal.SIGCHLD, *_ENDING}) == signal.SIGCHLD:
        status = _reap(child)
    ended = _kill_all(child)
    status = ended if status is None else status
    return _end_like(status if status is not None else 0)


def _start(command: list[str], prctl: ctypes._NamedFuncPointer) -> int:
    keeper = os.getpid()
    child = os.fork()
    if child:
        return child
    try:
        os.setpgid(0, 0)  # so that it can end what it started without ending us
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() == keeper:
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            os.execvp(command[0], command)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr, flush=True)
    os._exit(CANNOT_START)


def _let_go_of_pipes() -> None:
    """Whoever reads them must see their end when the command ends."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)


def _reap(child: int) -> int | None:
    """Collect who has ended; the child's status if it was among them."""
    found = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if pid == 0:
            return found
        if pid == child:
            found = status


def _kill_all(child: int) -> int | None:
    """Kill all below, again and again: those whose parent dies become ours; the child's status if it ended here."""
    found = None
    while True:
        for pid in _children():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        try:
            pid, status = os.waitpid(-1, 0)
        except ChildProcessError:
            return found
        if pid == child:
            found = status


def _children() -> list[int]:
    own = os.getpid()
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        if parent == own:
            found.append(int(place.name))
    return found


def _end_like(status: int) -> int:
    """Give the command's own end on: its exit status, or death by the same signal."""
    if os.WIFEXITED(status):
        return os.WEXITSTATUS(status)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    number = os.WTERMSIG(status)
    if number != signal.SIGKILL:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.kill(os.getpid(), number)
    return 128 + number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
