"""Parquet files, read by a process of its own: native code on a stranger's bytes can harm nothing but that process.

It writes the rows as CSV to a pipe, holds a batch of them at a time, and may use so much memory and no more.
"""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import DataError
from .limits import DEFAULT, Limits

CHILD = Path(__file__).with_name("parquet_child.py")
MAX_ANSWER = 1 << 16


@contextmanager
def open_parquet(path: Path, limits: Limits = DEFAULT) -> Iterator[tuple[Iterator[str], Callable[[], float]]]:
    """(lines of CSV with a header, what part of the rows has come); DataError where the file cannot be read."""
    asked = {
        "cells": limits.cells,
        "columns": limits.columns,
        "characters": limits.cell_characters,
        "bytes": limits.array_bytes,
        "ratio": limits.packing_ratio,
        "memory": limits.parquet_memory,
    }
    # -I: neither the folder we are in nor the environment says what is imported
    command = [sys.executable, "-I", str(CHILD), str(path.absolute()), json.dumps(asked)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        lines = _Lines(child, io.TextIOWrapper(child.stdout, encoding="utf-8", newline=""))
        try:
            yield iter(lines), lines.part
        finally:
            child.kill()
            with contextlib.suppress(OSError):
                child.stdout.close()


class _Lines:
    """The child's lines; what it says went wrong is raised where its lines end."""

    def __init__(self, child: subprocess.Popen[bytes], stream: io.TextIOWrapper) -> None:
        self._child, self._stream = child, stream
        self._rows, self._came = 1, 0

    def part(self) -> float:
        return self._came / max(1, self._rows)

    def __iter__(self) -> Iterator[str]:
        try:
            first = self._stream.readline()
            if first:
                self._rows = int(first)
            for line in self._stream:
                self._came += 1
                yield line
        except (ValueError, OSError):  # killed in the middle of a letter, say
            self._child.kill()
        if self._child.wait(10) != 0:
            raise self._error()

    def _error(self) -> DataError:
        assert self._child.stderr is not None
        said = self._child.stderr.read(MAX_ANSWER).decode(errors="replace").strip().rpartition("\n")[2]
        try:
            facts: dict[str, Any] = json.loads(said)
            return DataError(facts.pop("message"), **facts)
        except (ValueError, KeyError, TypeError):
            return DataError(
                "the Parquet file cannot be read", wanted="a Parquet file", got="bytes that its reader gave up on"
            )
