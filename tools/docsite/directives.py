"""What chapters may say beyond Markdown, each on a line of its own.

``::: source netwright.tape:walk_back`` shows a definition (see ``excerpts.find``); ``::: program 2`` the second program
of the English chapter of the same name, for translations; ``::: memory lenet 32`` a plan's arena; ``::: flow TITLE``,
rows of boxes joined by arrows (see ``figures.flow``), and ``:::``; ``::: mxnet missing`` a table (see ``mxnet.table``).
"""

from __future__ import annotations

import re
from pathlib import Path

from . import excerpts, figures, mxnet, programs

FENCES = re.compile(r"(^```.*?^```$)", re.DOTALL | re.MULTILINE)
DIRECTIVE = re.compile(
    r"^::: flow (?P<title>[^\n]*)\n(?P<rows>(?:(?!:::)[^\n]*\n)+):::$|^::: (?P<kind>\w+) ?(?P<rest>[^\n]*)$",
    re.MULTILINE,
)


class DirectiveError(ValueError):
    """A directive that is not known."""


def expand(markdown: str, chapter: Path) -> str:
    """The chapter as Markdown and HTML; what stands in fences is left alone."""

    def replace(m: re.Match[str]) -> str:
        kind, rest = m["kind"], m["rest"]
        if kind is None:
            return figures.flow(m["title"], m["rows"])
        if kind == "source":
            return _source(rest)
        if kind == "program":
            return _program(int(rest), chapter)
        if kind == "memory":
            name, _, batch = rest.partition(" ")
            return figures.memory(name, int(batch))
        if kind == "mxnet":
            return mxnet.table(rest)
        raise DirectiveError(f"{chapter}: there is no directive {kind!r}")

    parts = FENCES.split(markdown)
    return "".join(part if i % 2 else _free_bars(DIRECTIVE.sub(replace, part)) for i, part in enumerate(parts))


def _free_bars(markdown: str) -> str:
    """Bars in a table's code without the backslash that other readers of Markdown want there."""

    def free(row: re.Match[str]) -> str:
        return re.sub(r"`[^`]*`", lambda code: code[0].replace("\\|", "|"), row[0])

    return re.sub(r"^\|.*$", free, markdown, flags=re.MULTILINE)


def _source(reference: str) -> str:
    found = excerpts.find(reference)
    return f'\n<p class="where">{found.path}, line {found.first}</p>\n\n```python\n{found.text}\n```\n'


def _program(number: int, chapter: Path) -> str:
    original = chapter.parent.parent / "en" / chapter.name
    program = programs.read(original.read_text(encoding="utf-8"))[number - 1]
    output = f"\n```text\n{program.output}```\n" if program.output else ""
    return f"\n```python\n{program.code}```\n{output}"
