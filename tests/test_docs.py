"""The documentation's own tools: docstrings as Markdown, excerpts by reference, programs with what they print."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

import documentation
from docsite import directives, docstrings, examples, excerpts, figures, gallery, operators, programs, reference, search
from netwright.ops.registry import get

ROOT = Path(__file__).resolve().parent.parent
GUIDES = [ROOT / "docs" / name for name in ("index.md", "coming-from-mxnet.md")]
TEXTS = [*GUIDES, *sorted((ROOT / "docs" / "tour").rglob("*.md"))]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", TEXTS, ids=name_of)
def test_programs_print_what_the_text_says(path: Path) -> None:
    shown = programs.read(path.read_text(encoding="utf-8"))
    for program, printed in zip(shown, programs.run(shown), strict=True):
        assert printed == program.output, f"refresh it: python -m docsite.programs {name_of(path)}\n{program.code}"


ENGLISH = sorted((ROOT / "docs" / "tour" / "en").glob("*.md"))


@pytest.mark.parametrize("path", ENGLISH, ids=lambda path: path.stem)
def test_both_languages_show_the_same(path: Path) -> None:
    """Excerpts, programs, figures, sections and exercises of a chapter, in the same order."""

    def outline(text: str, language: str) -> list[str]:
        text = re.sub(r"```python\n.*?```\n(\n```text\n.*?```\n)?", "::: program\n", text, flags=re.DOTALL)
        lines = re.findall(r"^(::: (?:source .*|memory .*|program|flow)|## |\d+\. |- `)", text, re.MULTILINE)
        assert lines, f"{path.name} in {language} shows nothing"
        return lines

    translation = path.parent.parent / "zh" / path.name
    assert outline(path.read_text("utf-8"), "English") == outline(translation.read_text("utf-8"), "Chinese")
    numbers = [int(n) for n in re.findall(r"^::: program (\d+)$", translation.read_text("utf-8"), re.MULTILINE)]
    assert numbers == list(range(1, len(programs.read(path.read_text("utf-8"))) + 1))


@pytest.mark.parametrize("path", TEXTS, ids=name_of)
def test_what_a_chapter_refers_to_is_there(path: Path) -> None:
    text = path.read_text("utf-8")
    assert "\n::: " not in directives.expand(text, path)
    for name in re.findall(r"`((?:framework|backend|tests|benchmarks|tools)/[\w/]*(?:\.py)?)`", text):
        assert (ROOT / name).exists(), f"{name} is gone"


def test_files_that_the_architecture_names_are_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    places = [ROOT, ROOT / "framework" / "netwright", ROOT / "backend" / "netwright_studio", ROOT / "frontend"]
    places.append(ROOT / "framework" / "netwright" / "scheduler")  # whose modules are named in one line
    names = re.findall(r"`([\w/]+(?:\.py|/))`", text)
    assert len(names) > 30
    assert [name for name in names if not any((place / name).exists() for place in places)] == []


def test_what_a_program_prints_is_written_behind_it() -> None:
    text = "Before.\n\n```python\nx = 1\nprint(x)\n```\n\n```text\n2\n```\n\n```python\ny = x\n```\n\nAfter.\n"
    assert programs.refresh(text) == text.replace("2\n", "1\n")
    assert [p.output for p in programs.read(text)] == ["2\n", ""]


def test_an_excerpt_is_the_definition_itself() -> None:
    found = excerpts.find("netwright.tape:Call.release")
    assert found.path == "framework/netwright/tape.py"
    assert found.text.startswith("def release(self) -> None:\n    self.kept = ()")
    assert (ROOT / found.path).read_text().splitlines()[found.first - 1].strip() == "def release(self) -> None:"
    part = excerpts.find("netwright.tape:Call.release from self.kept to results")
    assert part.text == "self.kept = ()\nself.results = ()"
    assert excerpts.find("netwright.ops.activation:Activation").text.startswith("@register\nclass Activation(")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("netwright.nothing:f", "no module netwright.nothing"),
        ("os.path:join", "no module os.path"),
        ("netwright.tape:Call.gone", "there is no gone"),
        ("netwright.tape:Call.release from gone", "'gone' is on 0 lines"),
        ("netwright.tape:Call.release from self to gone", "'self' is on 4 lines"),
        ("netwright.tape:Call.release from released to gone", "no line holds 'gone'"),
    ],
)
def test_an_excerpt_of_what_is_gone_is_an_error(name: str, message: str) -> None:
    with pytest.raises(excerpts.ExcerptError, match=re.escape(message)):
        excerpts.find(name)


def test_directives_are_expanded_outside_of_fences() -> None:
    text = "::: source netwright.tape:Call.release\n\n```text\n::: gone\n```\n"
    found = directives.expand(text, Path("docs/tour/en/x.md"))
    assert "framework/netwright/tape.py, line" in found
    assert "def release(self)" in found
    assert "::: gone" in found
    assert directives.expand("| `a\\|b` | \\| |\n", Path("x.md")) == "| `a|b` | \\| |\n"
    with pytest.raises(directives.DirectiveError, match="no directive 'gone'"):
        directives.expand("::: gone\n", Path("x.md"))


def test_a_translation_shows_the_originals_programs(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "a.md").write_text("```python\nprint(1)\n```\n\n```text\n1\n```\n\n```python\nx = 2\n```\n")
    found = directives.expand("::: program 1\n::: program 2\n", tmp_path / "zh" / "a.md")
    assert "print(1)" in found
    assert "```text\n1\n```" in found
    assert "x = 2" in found


def test_tables_for_those_who_come_from_mxnet() -> None:
    missing = directives.expand("::: mxnet missing\n", Path("x.md"))
    assert "`_contrib_quantized_*`" in missing
    differences = directives.expand("::: mxnet differences\n", Path("x.md"))
    assert "[`BatchNorm`](api/operators/BatchNorm.md)" in differences
    assert all(line.count("|") >= 3 for line in (missing + differences).splitlines() if line)


def test_figures_are_svg_with_a_title() -> None:
    found = figures.flow("From <a> to b", "forward: data → FullyConnected / fc1\n反向: 甲 ← 乙\n")
    assert found.count("<rect") == 4
    assert 'aria-label="From &lt;a&gt; to b"' in found
    arena = figures.memory("mlp-digits", 32)
    assert arena.count("<rect") > 5
    assert "instead of" in arena


def test_the_search_sees_words_only() -> None:
    html = '<h1 id="t">Title<a class="headerlink" href="#t">#</a></h1><p>a &lt; <code>b</code></p>'
    assert search.plain(html) == "a < b"


def test_docstrings_become_markdown() -> None:
    text = "Sum of a*b in ``x[0]``.\n\n>>> f([1])\n[1]\n\nThen:\n- one\n- two\n\n    y = a[i]\n"
    assert docstrings.render(text) == (
        "Sum of a\\*b in ``x[0]``.\n\n\n```pycon\n>>> f([1])\n[1]\n```\n\nThen:\n\n- one\n- two\n\n    y = a[i]\n"
    )
    assert docstrings.escape("|x| < 1 in `a < b`") == "|x| &lt; 1 in `a < b`"
    assert docstrings.summary("One | ``a | b``.\n\nMore.") == "One &#124; ``a | b``."
    assert docstrings.summary("Begins here\nand ends here.\nMore.") == "Begins here and ends here."
    assert docstrings.signature(lambda a, b=3, *, key=len: None, "f") == "f(a, b=3, *, key=len)"


def test_an_operators_page_says_all_of_it() -> None:
    page = operators.render(get("Convolution"), examples.public_names()["Convolution"])
    for word in (
        "| `num_filter` | int, ≥ 1 | required |",
        "trained, may be left out",
        "## Shapes",
        ">>> y = mx.nd.Conv",
    ):
        assert word in page


def test_operators_with_the_same_letters_have_pages_of_their_own() -> None:
    files = [operators.address(op) for op in operators.documented()]
    assert len(files) == len(set(files)) > 300


def test_public_modules_have_pages() -> None:
    titles = {reference.title(module) for module in reference.public_modules()}
    wanted = {"mx.nd", "mx.sym", "mx.autograd", "mx.gluon.nn", "mx.gluon.rnn", "mx.optimizer", "mx.metric", "mx.io"}
    assert wanted | {"mx.kv", "mx.mod", "netwright.scheduler", "netwright.train"} <= titles


def test_the_documentation_is_stale_when_a_source_changes(tmp_path: Path) -> None:
    (tmp_path / "mkdocs.yml").write_text("site_name: x")
    source = tmp_path / "framework" / "netwright" / "a.py"
    source.parent.mkdir(parents=True)
    source.write_text("x = 1")
    before = documentation.compute_digest(tmp_path)
    (source.parent / "__pycache__").mkdir()
    (source.parent / "__pycache__" / "a.pyc").write_text("compiled")
    assert documentation.compute_digest(tmp_path) == before
    source.write_text("x = 2")
    assert documentation.compute_digest(tmp_path) != before


def test_examples_become_pages(tmp_path: Path) -> None:
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs" / "a_b.py").write_text('"""Trains a thing."""\n\nif __name__ == "__main__":\n    pass\n')
    (tmp_path / "programs" / "shared.py").write_text('"""For both."""\n')
    outputs = [
        {"output_type": "stream", "text": ["1\n"]},
        {"output_type": "execute_result", "data": {"image/svg+xml": "<svg>\n\n</svg>", "text/plain": "<Figure>"}},
        {"output_type": "execute_result", "data": {"text/html": "<script>x()</script>", "text/plain": "plain"}},
    ]
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "Words."]},
        {"cell_type": "code", "source": ["print(1)"], "outputs": outputs},
    ]
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "n.ipynb").write_text(json.dumps({"cells": cells}))
    found = dict(gallery.pages(tmp_path))
    assert list(found) == ["examples/index.md", "examples/a_b.md", "examples/n.md"]
    assert "[a_b](a_b.md) | Trains a thing." in found["examples/index.md"]
    assert "- [Title](n.md)" in found["examples/index.md"]
    assert "python examples/programs/a_b.py" in found["examples/a_b.md"]
    page = found["examples/n.md"]
    assert page.startswith("# Title\nWords.\n\n```python\nprint(1)\n```\n\n```text\n1\n```\n\n")
    assert '<div class="output"><svg>\n</svg></div>' in page
    assert "script" not in page
    assert "```text\nplain\n```" in page


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds little more than mkdocs.yml, taken for the checkout."""
    (tmp_path / "mkdocs.yml").write_text("site_name: x")
    monkeypatch.setattr(documentation, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return tmp_path


def test_without_its_sources_the_documentation_that_is_there_stays(checkout: Path) -> None:
    (checkout / "mkdocs.yml").unlink()
    (checkout / "site").mkdir()
    (checkout / "site" / "index.html").write_text("came along")
    said: list[str] = []
    assert not documentation.build(checkout / "site", said.append)
    assert (checkout / "site" / "index.html").read_text() == "came along"
    assert "not built" in said[0]


def test_documentation_is_built_where_something_changed(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def make(folder: Path) -> None:
        folder.mkdir()
        (folder / "index.html").write_text("new")

    monkeypatch.setattr(documentation, "_run_mkdocs", make)
    site = checkout / "site"
    assert documentation.build(site, lambda text: None)
    assert not documentation.build(site, lambda text: None)
    assert documentation.build(site, lambda text: None, force=True)
    (checkout / "mkdocs.yml").write_text("site_name: y")
    assert documentation.build(site, lambda text: None)


def test_a_failed_build_leaves_what_was_there(checkout: Path) -> None:
    site = checkout / "site"
    site.mkdir()
    (site / "index.html").write_text("old")
    (checkout / "docs").mkdir()
    (checkout / "docs" / "index.md").write_text("[gone](gone.md)")
    with pytest.raises(documentation.DocsError, match="mkdocs"):
        documentation.build(site, lambda text: None)
    assert (site / "index.html").read_text() == "old"
