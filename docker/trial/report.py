"""What a trial saw, a line at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Report:
    """Prints each finding as it comes and remembers whether all were as they should be."""

    def __init__(self) -> None:
        self.failed = 0

    def note(self, what: str, found: object, *, ok: bool = True) -> None:
        """A finding."""
        self.failed += not ok
        print(f"{'ok    ' if ok else 'FAILED'} {what}: {found}", flush=True)

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """A stage of the trial, and how long it took; one that ends with an exception is the caller's to tell."""
        before = time.monotonic()
        yield
        self.note(what, f"{time.monotonic() - before:.1f} s")

    def close(self) -> int:
        """The exit code."""
        print("all was well" if not self.failed else f"{self.failed} findings are not as they should be", flush=True)
        return 1 if self.failed else 0
