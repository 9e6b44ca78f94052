"""Debian's packages that the tests need and pip cannot bring, installed by command where that is possible."""

from __future__ import annotations

import os
import shutil
import subprocess


def install(*packages: str) -> str | None:
    """Install packages with apt-get; why that is not possible here, or None."""
    names = ", ".join(packages)
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return f"{names} cannot be installed from here"
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
            return f"apt-get {command[0]} failed: {done.stdout.strip()[-500:]}"
    return None
