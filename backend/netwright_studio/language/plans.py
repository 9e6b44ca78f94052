"""The Scheduler's own words on a plan, piece by piece; the table above them stays as it is, for its columns' sake."""

from __future__ import annotations

import functools

from netwright_studio.language.catalogue import Catalogue, chinese, read

WORDS = "\n\ndevice "
"""What the words below a plan's table begin with."""


def is_plan(text: str) -> bool:
    """Tell whether a text is a printed plan."""
    return text.startswith("step ") and WORDS in text


def translate_plan(text: str) -> str:
    """Return a printed plan with the words below its table in Chinese."""
    table, _, words = text.partition("\n\n")
    return "\n".join([table, "", *map(_line, words.split("\n"))])


def translate_changes(text: str) -> str:
    """Return what a pass has changed in Chinese, clause by clause."""
    return "；".join(map(_clauses().translate, text.split("; ")))


def _line(line: str) -> str:
    if line.startswith("device "):
        name, colon, reason = line.removeprefix("device ").partition(": ")
        return f"设备 {name}" + (f"：{chinese().translate(reason)}" if colon else "")
    return translate_changes(line)


@functools.cache
def _clauses() -> Catalogue:
    """Short clauses of numbers and names, which may be taken apart wherever their few words stand."""
    return Catalogue(read("plans.json"), telling=0)
