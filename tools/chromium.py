"""Find a Chromium for the browser tests; with `--install`, get one where there is none."""

from __future__ import annotations

import os
import shutil
import sys

import debian

SHELL = "chromium-headless-shell"
"""Chromium without the windows that nobody sees in a test: a page costs half the time."""
NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
REMEDY = "install Chromium (Debian, Ubuntu: apt-get install chromium) or set CHROMIUM to a browser's path"


def find() -> str | None:
    """Path of the browser that CHROMIUM names, or of the first known one on the PATH."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def main() -> None:
    """Print the browser's path."""
    wanted = find() is None and "--install" in sys.argv[1:]
    # Not every system has a package of the shell.
    why = (debian.install(SHELL) and debian.install("chromium")) if wanted else None
    path = find()
    if path is None:
        sys.exit(f"error: no Chromium was found{f', and {why}' if why else ''}; {REMEDY}")
    print(path)


if __name__ == "__main__":
    main()
