"""Pages of the Python modules, found by themselves: what each public module offers, from signatures and docstrings."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import netwright as mx
from netwright.ndarray.methods import FLUENT, FluentMethods
from netwright.ops.arithmetic import Arithmetic
from netwright.ops.operator import Operator
from netwright.ops.params import OpParams
from netwright.ops.registry import find

from . import docstrings

FOLDER = "api"
SHORT = {
    "netwright.ndarray": "nd",
    "netwright.symbol": "sym",
    "netwright.initializer": "init",
    "netwright.module": "mod",
    "netwright.kvstore": "kv",
    "netwright.device": "context",
    "netwright.naming": "name",
    "netwright.visualization": "viz",
    "netwright.onnx": "onnx",
    "netwright.contrib": "contrib",
}
BESIDE = (
    "netwright.scheduler",
    "netwright.train",
    "netwright.graph",
    "netwright.datasets",
    "netwright.onnx",
    "netwright.contrib.amp",
    "netwright.notebook",
    "netwright.errors",
    "netwright.model_store",
    "netwright.prediction",
)
"""Public though ``import netwright`` does not bring them."""
MIXED_IN = (FluentMethods, Arithmetic)
ABSTRACT = (mx.gluon.Block, mx.gluon.HybridBlock)
NOT_SHOWN = ("netwright.ops", "netwright.cli", "netwright.templates")
WITHOUT_PARTS = ("netwright.datasets", "netwright.onnx", "netwright.graph", "netwright.scheduler", "netwright.train")


def has_page(name: str) -> bool:
    """Whether a module has a page: no underscores, and none of the inner ones."""
    inner = any(part.startswith("_") for part in name.split("."))
    part = any(name.startswith(f"{package}.") for package in WITHOUT_PARTS)
    return not inner and not part and name not in NOT_SHOWN


@functools.cache
def public_modules() -> list[ModuleType]:
    """Modules that ``netwright.__all__`` names, those their own ``__all__`` name, and the ones beside."""
    found: dict[str, ModuleType] = {}

    def visit(module: ModuleType) -> None:
        if module.__name__ in found or not has_page(module.__name__) or not module.__doc__:
            return
        found[module.__name__] = module
        for name in exported(module):
            child = getattr(module, name, None)
            inner = isinstance(child, ModuleType) and child.__name__ == f"{module.__name__}.{name}"
            if isinstance(child, ModuleType) and inner and not _is_told(child, module):
                visit(child)

    for name in mx.__all__:
        value = getattr(mx, name)
        if isinstance(value, ModuleType):
            visit(value)
    for full in BESIDE:
        visit(importlib.import_module(full))
    return sorted(found.values(), key=lambda m: title(m).lower())


def _is_told(child: ModuleType, module: ModuleType) -> bool:
    """Whether the module itself offers all that its inner one does."""
    names = exported(child)
    return bool(names) and all(getattr(module, name, None) is getattr(child, name) for name in names)


def exported(module: ModuleType) -> list[str]:
    """The names a module offers: ``__all__``, or what it defines itself without an underscore."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    own = [
        n for n, v in vars(module).items() if not n.startswith("_") and getattr(v, "__module__", "") == module.__name__
    ]
    children = [info.name for info in pkgutil.iter_modules(getattr(module, "__path__", []))]
    return own + [name for name in children if hasattr(module, name)]


def title(module: ModuleType) -> str:
    """How people reach it: ``mx.nd``, ``mx.gluon.nn``, ``netwright.train``."""
    for full, short in SHORT.items():
        if module.__name__ == full or module.__name__.startswith(f"{full}."):
            return f"mx.{short}{module.__name__.removeprefix(full)}"
    if module.__name__ in BESIDE and module.__name__.removeprefix("netwright.") not in mx.__all__:
        return module.__name__
    return module.__name__.replace("netwright.", "mx.", 1)


def address(module: ModuleType) -> str:
    """The page's file."""
    return f"{FOLDER}/{title(module).removeprefix('mx.').removeprefix('netwright.')}.md"


def pages() -> Iterator[tuple[str, str]]:
    """(file, Markdown) of the overview and of each module."""
    modules = public_modules()
    yield f"{FOLDER}/index.md", render_overview(modules)
    for module in modules:
        yield address(module), render(module)


def render_overview(modules: list[ModuleType]) -> str:
    """What modules there are."""
    lines = [
        "# Reference",
        "",
        "Everything is reached from one import:",
        "",
        "```python\nimport netwright as mx\n```",
        "",
        "- [Operators](operators/index.md): what `mx.nd` and `mx.sym` compute",
        "- [Command line](cli.md): `netwright train`, `predict`, `serve`, …",
        "- [REST](rest.md): the studio's addresses",
        "",
        "## Modules",
        "",
        "| Module | |",
        "| --- | --- |",
    ]
    for module in modules:
        file = address(module).removeprefix(f"{FOLDER}/")
        lines.append(f"| [`{title(module)}`]({file}) | {docstrings.summary(module.__doc__)} |")
    return "\n".join([*lines, ""])


def render(module: ModuleType) -> str:
    """One module: its functions and classes."""
    here = title(module)
    also = f"\n\nAlso `{module.__name__}`." if here.startswith("mx.") else ""
    parts = [f"# {here}", docstrings.render(module.__doc__ or "") + also]
    if module.__name__ in ("netwright.ndarray", "netwright.symbol"):
        parts.append("Every [operator](operators/index.md) is a function here too.")
    members = [(name, getattr(module, name)) for name in exported(module) if not name.startswith("_")]
    functions = [(n, v) for n, v in members if inspect.isroutine(v)]
    classes: dict[type, list[str]] = {}
    for name, value in members:
        if inspect.isclass(value) and not issubclass(value, (Operator, OpParams)):
            classes.setdefault(value, []).append(name)
    inner = [v for _, v in members if isinstance(v, ModuleType) and v.__doc__ and has_page(v.__name__)]
    pages_here = {m.__name__ for m in public_modules()}
    listed = [m for m in dict.fromkeys(inner) if m.__name__ in pages_here and m is not module]
    if listed:
        parts.append("\n".join(f"- [`{title(m)}`]({address(m).removeprefix(f'{FOLDER}/')})" for m in listed))
    for value, names in classes.items():
        parts.append(render_class(value, names[0], names[1:]))
    if functions:
        parts += ["## Functions", *[_function(name, value) for name, value in functions]]
    return "\n\n".join(parts) + "\n"


def render_class(cls: type, name: str, aliases: list[str]) -> str:
    """A class with its methods and properties."""
    bases = [b.__name__ for b in cls.__bases__ if b not in (object, *MIXED_IN) and not b.__name__.startswith("_")]
    line = docstrings.signature(cls, name) if cls.__init__ is not object.__init__ else f"{name}()"  # type: ignore[misc]
    parts = [f"## {name}", f"```python\n{wrapped(line)}\n```"]
    if bases:
        parts.append(f"*A {', '.join(f'`{b}`' for b in bases)}.*")
    if aliases:
        parts.append(f"*Also {', '.join(f'`{a}`' for a in aliases)}.*")
    parts.append(docstrings.render(cls.__doc__ or "") if "__doc__" in cls.__dict__ else "")
    rows = [_row(cls, member) for member in _members(cls)]
    shown = [row for row in rows if row]
    if FluentMethods in cls.__bases__:
        parts.append(f"Arithmetic, comparisons, and these operators as methods: {', '.join(_fluent())}.")
    if shown:
        parts.append("\n".join(["| Member | |", "| --- | --- |", *shown]))
    parts += [f"**{name}.{m}**\n\n{docstrings.render(d)}" for m, d in _longer(cls)]
    return "\n\n".join(part for part in parts if part)


def _fluent() -> list[str]:
    """The operators that are methods, each with its page."""
    found = {name: find(name) for name in FLUENT}
    return [f"[`{name}`](operators/{op.name}.md)" if op else f"`{name}`" for name, op in sorted(found.items())]


def _members(cls: type) -> list[str]:
    """Public names of the class itself and of bases that are no public class themselves."""
    found: dict[str, None] = {}
    for base in cls.__mro__:
        own = base is cls or base.__name__.startswith("_")
        if own and base is not object and not issubclass(base, Operator):
            found.update({n: None for n in vars(base) if not n.startswith("_")})
    return list(found)


def _row(cls: type, name: str) -> str:
    if name in ("forward", "hybrid_forward") and issubclass(cls, mx.gluon.Block) and cls not in ABSTRACT:
        return ""  # what it computes, the class says
    value = inspect.getattr_static(cls, name)
    inner = getattr(value, "fget", None) or getattr(value, "func", None) or value
    doc = inspect.getdoc(inner) or inspect.getdoc(getattr(cls, name)) or ""
    if isinstance(value, (staticmethod, classmethod)):
        value = value.__func__
    if isinstance(value, property) or type(value).__name__ == "cached_property":
        return f"| `{name}` | {docstrings.summary(doc)} |"
    if inspect.isfunction(value):
        shown = docstrings.signature(value, name, method=True)
        return f"| `{shown}` | {docstrings.summary(doc)} |"
    return ""


def _longer(cls: type) -> Iterator[tuple[str, str]]:
    """Methods whose docstring says more than a line, or shows an example."""
    for name in _members(cls):
        value = inspect.getattr_static(cls, name)
        value = getattr(value, "__func__", None) or getattr(value, "fget", None) or value
        doc = inspect.getdoc(value) if inspect.isfunction(value) else None
        if doc and "\n\n" in doc:
            yield name, doc


def _function(name: str, function: Any) -> str:
    line = wrapped(docstrings.signature(function, name))
    return f"### {name}\n\n```python\n{line}\n```\n\n{docstrings.render(inspect.getdoc(function) or '')}"


def wrapped(line: str, width: int = 88) -> str:
    """A long signature with one argument a line."""
    if len(line) <= width or "(" not in line:
        return line
    head, _, rest = line.partition("(")
    depth, words, word = 0, [], ""
    for char in rest[:-1]:
        depth += char in "([{"
        depth -= char in ")]}"
        if char == "," and depth == 0:
            words.append(word.strip())
            word = ""
        else:
            word += char
    words.append(word.strip())
    return f"{head}(\n" + "".join(f"    {w},\n" for w in words if w) + ")"
