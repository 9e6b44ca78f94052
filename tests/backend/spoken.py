"""What the sources say to people: error messages and the like, as templates with ``{0}`` where values stand."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FRAMEWORK = ROOT / "framework" / "netwright"
STUDIO = ROOT / "backend" / "netwright_studio"

# What an answer of the studio can carry from the framework. Its other parts speak to programmers only.
PARTS = (
    "graph", "train", "datasets", "inspection", "templates", "scheduler", "optimizer", "lr_scheduler.py", "memory.py",
    "initializer.py", "device.py", "prediction.py", "model_store.py", "ops",
)  # fmt: skip
# These speak to programs, to the terminal or to Python alone.
NOT_SHOWN = (
    "backup",
    "inference/open_inference",
    "serving",
    "notebook.py",
    "project_commands.py",
    "serve.py",
    "handbook.py",
    "language",
    "schemas",
    "openapi.py",
)
KEYWORDS = frozenset({"message", "wanted", "got", "remedy", "reason", "why", "label"})
# Functions whose texts reach people without passing through an error.
SAYERS = frozenset({"_say", "_fail", "_finish", "log", "Refusal", "set_params", "remark", "insert"})
# A lower-case word alone is a code or a level, except among what was wanted and got.
WORD = re.compile(r"[a-z]{4,}")


def sources(palette_modules: Iterable[str]) -> Iterator[Path]:
    """The files to read; of the operators' modules those that hold an operator of the palette, or none at all."""
    shown = set(palette_modules)
    for part in PARTS:
        place = FRAMEWORK / part
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            if part != "ops" or path.stem in shown:
                yield path
    for path in sorted(STUDIO.rglob("*.py")):
        if not path.relative_to(STUDIO).as_posix().startswith(NOT_SHOWN):
            yield path


def templates(path: Path) -> Iterator[tuple[int, str]]:
    """(line, template) of everything a file says."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        said = [keyword.value for keyword in node.keywords if keyword.arg in KEYWORDS]
        if name.endswith("Error") and name != "AssertionError":
            said += node.args[:1]
        elif name in SAYERS:
            said += [argument for argument in node.args if not _is_code(argument)]
        for expression in said:
            for text in _texts(expression):
                if WORD.search(text.replace("{}", "")):
                    yield node.lineno, number(text)


def everything() -> Iterator[str]:
    """Every text of every source, with numbered holes where values stand; of the catalogue's own folder none."""
    for root in (FRAMEWORK, STUDIO):
        for path in sorted(root.rglob("*.py")):
            if "language" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Constant | ast.JoinedStr):
                    yield from map(number, _texts(node))


def _is_code(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and " " not in str(node.value)


def number(text: str) -> str:
    """Holes numbered in order."""
    pieces = text.split("{}")
    return pieces[0] + "".join(f"{{{at}}}{piece}" for at, piece in enumerate(pieces[1:]))


def _texts(node: ast.expr) -> list[str]:
    """Every text an expression can be, "{}" standing for what only the run knows; none where it is all such."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.JoinedStr):
        texts = [""]
        for part in node.values:
            ends = [str(part.value)] if isinstance(part, ast.Constant) else ["{}"]
            texts = [text + end for text in texts for end in ends]
        return texts
    if isinstance(node, ast.IfExp):
        return _texts(node.body) + _texts(node.orelse)
    if isinstance(node, ast.BoolOp):
        return [text for value in node.values for text in _texts(value)]
    return []
