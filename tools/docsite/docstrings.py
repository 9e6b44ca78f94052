"""Docstrings and signatures as Markdown."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

# Words that Markdown would read as markup, outside of code.
SPECIAL = re.compile(r"([*\[\]])")
CODE = re.compile(r"(``[^`]+``|`[^`]+`)")
ITEM = re.compile(r"\s*([-*]|\d+\.) ")


def escape(text: str) -> str:
    """Text of a docstring with what Markdown would read as markup made plain; code stays."""
    parts = CODE.split(text)
    return "".join(part if i % 2 else SPECIAL.sub(r"\\\1", part).replace("<", "&lt;") for i, part in enumerate(parts))


def escape_cell(text: str) -> str:
    """The same on one line, for the cell of a table, where a bar outside of code would begin the next cell."""
    parts = CODE.split(escape(" ".join(text.split())))
    return "".join(part if i % 2 else part.replace("|", "&#124;") for i, part in enumerate(parts))


def render(doc: str) -> str:
    """A docstring as Markdown: examples become fenced code, indented blocks stay code."""
    lines: list[str] = []
    in_example = False
    before = ""
    for line in inspect.cleandoc(doc).splitlines():
        if line.lstrip().startswith(">>>") and not in_example:
            lines += ["", "```pycon"]
            in_example = True
        elif in_example and not line.strip():
            lines += ["```", ""]
            in_example = False
            continue
        if in_example:
            lines.append(line)
        elif line.startswith("    "):
            lines += [""] if before and not before.startswith("    ") else []
            lines.append(line)
        else:
            if ITEM.match(line) and before and not ITEM.match(before) and not before.startswith(" "):
                lines.append("")  # Markdown wants an empty line before a list
            lines.append(escape(line))
        before = line
    return "\n".join([*lines, "```"] if in_example else lines).strip() + "\n"


def summary(doc: str | None) -> str:
    """The docstring's first sentence, for the cell of a table; it may go over several lines."""
    lines: list[str] = []
    for line in inspect.cleandoc(doc or "").splitlines():
        if not line or line.startswith((">>>", " ")):
            break
        lines.append(line)
        if line.endswith("."):
            break
    return escape_cell(" ".join(lines))


def signature(function: Callable[..., Any], name: str, *, method: bool = False) -> str:
    """``name(arguments)`` without annotations and without ``self``."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return f"{name}(…)"
    if method and parameters and parameters[0].name in ("self", "cls"):
        parameters = parameters[1:]
    plain = [p.replace(annotation=inspect.Parameter.empty, default=_named(p.default)) for p in parameters]
    return f"{name}{inspect.Signature(plain)}"


class _Shown:
    """A default value that has a name, not a text that reads as code."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _named(default: Any) -> Any:
    """Defaults that print an address, by their name."""
    if default is inspect.Parameter.empty or isinstance(default, (str, int, float, bool, tuple, type(None))):
        return default
    if callable(default):
        return _Shown(getattr(default, "__name__", type(default).__name__))
    text = repr(default)
    return _Shown("…" if " at 0x" in text or "object" in text else text)
