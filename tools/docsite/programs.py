"""Programs in chapters: a ``python`` block, and in the ``text`` block behind it what it prints.

``python -m docsite.programs FILE…`` (in ``tools``) runs the programs of chapters and writes what they print.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from netwright.naming import NameManager

PROGRAM = re.compile(r"^```python\n(?P<code>.*?)^```\n(?:\n?```text\n(?P<output>.*?)^```\n)?", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Program:
    """One block of a chapter."""

    code: str
    output: str
    """What the chapter says that it prints."""


def read(markdown: str) -> list[Program]:
    """The programs of a chapter, in order."""
    return [Program(m["code"], m["output"] or "") for m in PROGRAM.finditer(markdown)]


def run(programs: list[Program]) -> Iterator[str]:
    """What each prints. Those of one chapter share their names, as typed into one session."""
    names: dict[str, object] = {"__name__": "__main__"}
    layers = NameManager()
    for number, program in enumerate(programs, 1):
        with layers, contextlib.redirect_stdout(io.StringIO()) as out:
            exec(compile(program.code, f"<program {number}>", "exec"), names)
        yield "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def refresh(markdown: str) -> str:
    """The chapter with what its programs print now."""
    outputs = run(read(markdown))

    def write(m: re.Match[str]) -> str:
        output = next(outputs)
        return f"```python\n{m['code']}```\n" + (f"\n```text\n{output}```\n" if output else "")

    return PROGRAM.sub(write, markdown)


def main(files: list[str]) -> None:
    """Refresh chapters in place; plans are shown for two threads."""
    os.environ.setdefault("NETWRIGHT_THREADS", "2")
    for name in files:
        path = Path(name)
        path.write_text(refresh(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
