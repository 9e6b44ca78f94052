"""Where the command line and the framework keep files: the studio's data folder."""

from __future__ import annotations

import os
from pathlib import Path


def home_folder() -> Path:
    """``NETWRIGHT_HOME``, or ``.netwright`` in the user's home folder."""
    return Path(os.environ.get("NETWRIGHT_HOME") or Path.home() / ".netwright").expanduser().absolute()


def cache_folder() -> Path:
    """Where fetched data sets lie."""
    return home_folder() / "cache" / "datasets"
