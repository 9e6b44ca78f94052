"""Pages of the examples: programs with their source, notebooks with the outputs they were saved with."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import docstrings
from .excerpts import ROOT

FOLDER = "examples"
EXAMPLES = ROOT / "examples"
ACRONYMS = {"gan", "vae", "lstm"}


def pages(folder: Path = EXAMPLES) -> Iterator[tuple[str, str]]:
    """(file, Markdown) of the list, of each program and of each notebook."""
    programs = [path for path in sorted((folder / "programs").glob("*.py")) if _is_program(path)]
    notebooks = sorted((folder / "notebooks").glob("*.ipynb"))
    yield f"{FOLDER}/index.md", render_list(programs, notebooks, sorted(folder.glob("*.json")))
    for path in programs:
        yield f"{FOLDER}/{path.stem}.md", render_program(path)
    for path in notebooks:
        yield f"{FOLDER}/{path.stem}.md", render_notebook(json.loads(path.read_text(encoding="utf-8")), path.name)


def _is_program(path: Path) -> bool:
    """Not a module that programs share."""
    return '__name__ == "__main__"' in path.read_text(encoding="utf-8")


def render_list(programs: list[Path], notebooks: list[Path], graphs: list[Path]) -> str:
    """What there is, each with its sentence."""
    parts = ["# Examples", "Everything here lies in the folder `examples/` of a checkout and is run by the tests."]
    if programs:
        parts.append("## Programs\n\nShort scripts that train on real or honestly made data and state their result.")
        rows = [f"| [{path.stem}]({path.stem}.md) | {docstrings.summary(_docstring(path))} |" for path in programs]
        parts.append("\n".join(["| | |", "| --- | --- |", *rows]))
    if notebooks:
        parts.append("## Notebooks")
        parts.append("\n".join(f"- [{_title(path)}]({path.stem}.md)" for path in notebooks))
    if graphs:
        parts.append("## Graphs\n\nNetworks as the studio draws them; open one there, or train it from a terminal:")
        parts.append("```sh\n" + "".join(f"netwright train examples/{path.name}\n" for path in graphs) + "```")
    return "\n\n".join(parts) + "\n"


def _docstring(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""


def _title(path: Path) -> str:
    """The notebook's first heading."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    found = (re.match(r"# (.+)", "".join(cell["source"])) for cell in cells)
    return next((m[1] for m in found if m), path.stem)


def render_program(path: Path) -> str:
    """A program: what it does, how it is started, its source behind the docstring."""
    source = path.read_text(encoding="utf-8")
    behind = ast.parse(source).body[0].end_lineno
    code = "\n".join(source.splitlines()[behind:]).strip()
    words = [word.upper() if word in ACRONYMS else word for word in path.stem.split("_")]
    name = " ".join([words[0][0].upper() + words[0][1:], *words[1:]])
    return (
        f"# {name}\n\n{docstrings.render(_docstring(path))}\n"
        f"```sh\npython examples/programs/{path.name}\n```\n\n"
        f'<p class="where">examples/programs/{path.name}</p>\n\n```python\n{code}\n```\n'
    )


def render_notebook(notebook: dict[str, Any], name: str) -> str:
    """A notebook's cells, one below the other."""
    parts = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
        elif cell["cell_type"] == "code" and source.strip():
            parts.append(f"```python\n{source}\n```")
            parts += [shown for output in cell.get("outputs", []) if (shown := _output(output))]
    parts.append(f'<p class="where">examples/notebooks/{name}</p>')
    return "\n\n".join(parts) + "\n"


def _output(output: dict[str, Any]) -> str:
    """One output: a picture, a table or text."""
    if output["output_type"] == "stream":
        return _text("".join(output["text"]))
    if output["output_type"] == "error":
        return _text(f"{output['ename']}: {output['evalue']}")
    data = output.get("data", {})
    for kind in ("image/svg+xml", "text/html"):
        html = "".join(data.get(kind, ""))
        if html and "<script" not in html:
            return f'<div class="output">{_one_block(html)}</div>'
    return _text("".join(data.get("text/plain", "")))


def _text(text: str) -> str:
    return f"```text\n{text.strip(chr(10))}\n```" if text.strip() else ""


def _one_block(html: str) -> str:
    """Without empty lines, at which Markdown would end the block, and without what belongs to a file of its own."""
    body = re.sub(r"<\?xml.*?\?>|<!DOCTYPE.*?>", "", html, flags=re.DOTALL)
    return re.sub(r"\n\s*\n", "\n", body).strip()
