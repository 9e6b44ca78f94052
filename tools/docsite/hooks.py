"""MkDocs' hooks: they add the generated pages, expand directives, and write search index and code colours."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page

# MkDocs loads this file by its path.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from docsite import commands, directives, gallery, operators, reference, search, sidebar, style

SITE_FILES = {"search-index.js": search.script, "code.css": style.code_css, "favicon.svg": style.read_icon}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the reference and the examples."""
    for source in (reference.pages, operators.pages, commands.pages, gallery.pages):
        for name, markdown in source():
            files.append(File.generated(config, name, content=markdown))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Expand excerpts, programs and figures."""
    generated = page.file.abs_src_path is None
    return markdown if generated else directives.expand(markdown, Path(config.docs_dir, page.file.src_uri))


def on_page_context(context: dict[str, Any], page: Page, config: MkDocsConfig, nav: Navigation) -> dict[str, Any]:
    """What the template shows around the page."""
    search.add(page)
    return {**context, **sidebar.context(page, nav)}


def on_post_build(config: MkDocsConfig) -> None:
    """Write the files that are known only now."""
    for name, make in SITE_FILES.items():
        Path(config.site_dir, name).write_text(make(), encoding="utf-8")
    search.clear()
