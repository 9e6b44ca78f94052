"""Debian's packages that the tests need and pip cannot bring, installed by command where that is possible."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys


def install(*packages: str, remedy: str) -> None:
    """Install packages with apt-get; SystemExit with the remedy when that is not possible here."""
    names = ", ".join(packages)
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(f"error: {names} cannot be installed from here; {remedy}")
    print(f"installing {names} (apt-get)", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(
            ["apt-get", *command],
            env=quiet,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"{done.stdout}\nerror: apt-get {command[0]} failed; {remedy}")
