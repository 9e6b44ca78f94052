"""Folders for work in progress, on the disk of the data folder, gone afterwards whatever happens."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = ".archive-"


@contextmanager
def staged(home: Path) -> Iterator[Path]:
    """Lend an empty folder below the data folder, so that what is made in it can be moved into its place."""
    home.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=home))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def hold_file(home: Path) -> Path:
    """Name a file that does not exist yet; whoever makes it takes it away again."""
    home.mkdir(parents=True, exist_ok=True)
    return home / f"{PREFIX}{secrets.token_hex(8)}"


def sweep(home: Path) -> None:
    """Remove what a crash left."""
    for left in home.glob(f"{PREFIX}*"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)
