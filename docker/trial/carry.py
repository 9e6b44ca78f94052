"""Wheels in docker/carried, from which an image is built where there is no registry."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CARRIED = ROOT / "docker" / "carried"
PYTHON = "3.11"
"""That of the base system, Debian bookworm."""
GLIBC = 36
"""Its C library's minor version: wheels for an older one run there too."""


def fill() -> None:
    """Download the lock's wheels for the base system and build Netwright's own; raises CalledProcessError."""
    empty()
    machine = platform.machine()
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in range(GLIBC, 16, -1)] + [f"manylinux2014_{machine}"]
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    target = ["--python-version", PYTHON, *(word for name in platforms for word in ("--platform", name))]
    _run([*pip, *target, "-r", "requirements.txt", "-d", str(CARRIED)])
    _run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(CARRIED), "."])


def empty() -> None:
    """Leave nothing there: an image that is built elsewhere takes what the registry has."""
    for wheel in CARRIED.glob("*.whl"):
        wheel.unlink()


def _run(command: list[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stdout[-2000:], done.stderr[-4000:], file=sys.stderr)
        done.check_returncode()
