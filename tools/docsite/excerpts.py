"""Excerpts of the sources, named by what they define, so that a text cannot go on about code that is gone."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCES = {"netwright": ROOT / "framework", "netwright_studio": ROOT / "backend"}


class ExcerptError(ValueError):
    """What a chapter refers to is not there."""


@dataclass(frozen=True)
class Excerpt:
    """Lines of a file."""

    path: str
    first: int
    text: str


def find_file(module: str) -> Path:
    """The source of a module; ExcerptError where there is none."""
    folder = SOURCES.get(module.partition(".")[0])
    if folder is not None:
        stem = folder.joinpath(*module.split("."))
        for path in (stem.with_suffix(".py"), stem / "__init__.py"):
            if path.is_file():
                return path
    raise ExcerptError(f"there is no module {module}")


def find(reference: str) -> Excerpt:
    """``netwright.tape:Call.pull`` → that definition; ``… from TEXT to TEXT`` → lines of it that hold the texts.

    Texts are searched in the definition; both must be there, the first once.
    """
    target, _, part = reference.partition(" from ")
    module, _, name = target.strip().partition(":")
    path = find_file(module)
    lines = path.read_text(encoding="utf-8").splitlines()
    first, last = (1, len(lines)) if not name else _span(ast.parse("\n".join(lines)), name, reference)
    if part:
        first, last = _between(lines, first, last, part, reference)
    chosen = lines[first - 1 : last]
    margin = min((len(line) - len(line.lstrip()) for line in chosen if line.strip()), default=0)
    shown = str(path.relative_to(ROOT))
    return Excerpt(shown, first, "\n".join(line[margin:] for line in chosen))


def _span(tree: ast.Module, name: str, reference: str) -> tuple[int, int]:
    """First and last line of a definition, its decorators included."""
    body: list[ast.stmt] = tree.body
    node: ast.stmt | None = None
    for word in name.split("."):
        node = next((n for n in body if word in _defines(n)), None)
        if node is None:
            raise ExcerptError(f"{reference}: there is no {word}")
        body = getattr(node, "body", [])
    assert node is not None
    decorators = [d.lineno for d in getattr(node, "decorator_list", [])]
    return min([node.lineno, *decorators]), node.end_lineno or node.lineno


def _defines(node: ast.stmt) -> set[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {t.id for t in targets if isinstance(t, ast.Name)}


def _between(lines: list[str], first: int, last: int, part: str, reference: str) -> tuple[int, int]:
    start_text, _, end_text = part.partition(" to ")
    inside = range(first, last + 1)
    starts = [i for i in inside if start_text in lines[i - 1]]
    if len(starts) != 1:
        raise ExcerptError(f"{reference}: {start_text!r} is on {len(starts)} lines of it, not on one")
    ends = [i for i in inside if i >= starts[0] and end_text in lines[i - 1]] if end_text else starts
    if not ends:
        raise ExcerptError(f"{reference}: no line holds {end_text!r} after {start_text!r}")
    return starts[0], ends[0]
