"""The search's index: every page and section, in a script that the page loads when somebody searches."""

from __future__ import annotations

import html
import json
import re

from mkdocs.structure.pages import Page

SECTION = re.compile(r'<h([23]) id="([^"]*)">(.*?)</h\1>', re.DOTALL)
TAG = re.compile(r"<[^>]*>")
NOT_TEXT = re.compile(r'<h1.*?</h1>|<a class="headerlink".*?</a>', re.DOTALL)
LONGEST = 1200
"""Characters kept of a section."""

_entries: list[list[str]] = []


def add(page: Page) -> None:
    """Take a page into the index: [address, title, page's title, text]."""
    title = plain(str(page.title))
    pieces = SECTION.split(page.content or "")
    _entries.append([page.url, title, "", plain(pieces[0])[:LONGEST]])
    if page.url.startswith("api/operators/"):
        _entries[-1][3] = plain(" ".join(pieces))[:LONGEST]  # one entry each: their sections have the same names
        return
    for anchor, heading, text in zip(pieces[2::4], pieces[3::4], pieces[4::4], strict=True):
        _entries.append([f"{page.url}#{anchor}", plain(heading), title, plain(text)[:LONGEST]])


def plain(text: str) -> str:
    """HTML as words."""
    return " ".join(html.unescape(TAG.sub(" ", NOT_TEXT.sub(" ", text))).split())


def script() -> str:
    """The index as a script, since a page opened from disk may not fetch files."""
    return f"window.netwrightSearch = {json.dumps(_entries, ensure_ascii=False, separators=(',', ':'))};\n"


def clear() -> None:
    """Forget the pages."""
    _entries.clear()
