"""Find a Chromium for the browser tests; with `--install`, get one where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
REMEDY = "install Chromium (Debian, Ubuntu: apt-get install chromium) or set CHROMIUM to a browser's path"


def find() -> str | None:
    """Path of the browser that CHROMIUM names, or of the first known one on the PATH."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def install() -> None:
    """Install Debian's package; SystemExit with the remedy when that is not possible here."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(f"error: no Chromium was found and it cannot be installed from here; {REMEDY}")
    print("installing chromium (apt-get)", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", "chromium"]):
        done = subprocess.run(
            ["apt-get", *command],
            env=quiet,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"{done.stdout}\nerror: apt-get {command[0]} failed; {REMEDY}")


def main() -> None:
    """Print the browser's path."""
    if find() is None and "--install" in sys.argv[1:]:
        install()
    path = find()
    if path is None:
        sys.exit(f"error: no Chromium was found; {REMEDY}")
    print(path)


if __name__ == "__main__":
    main()
