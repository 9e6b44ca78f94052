"""What stands beside a page: its part of the site, its neighbours, its own sections."""

from __future__ import annotations

from typing import Any

from mkdocs.structure.nav import Navigation, Section
from mkdocs.structure.pages import Page

from netwright.ops.operator import Operator

from . import examples, gallery, operators, reference


def context(page: Page, nav: Navigation) -> dict[str, Any]:
    """For the template: parts of the site, links beside the page, its language and translation, its neighbours."""
    return {
        "parts": [_part(item, page) for item in nav.items],
        "groups": _groups(page, nav),
        "language": "zh-CN" if "/zh/" in page.url else "en",
        "translation": _translation(page.url),
        "before": _neighbour(page, page.previous_page),
        "behind": _neighbour(page, page.next_page),
    }


def _neighbour(page: Page, other: Page | None) -> Page | None:
    """The page before or behind, where it belongs to the same part."""
    return other if other is not None and other.parent is page.parent is not None else None


def _translation(url: str) -> dict[str, str] | None:
    """The same chapter in the other language."""
    for here, there, title in (("/en/", "/zh/", "简体中文"), ("/zh/", "/en/", "English")):
        if url.startswith(f"tour{here}"):
            return {"url": url.replace(here, there, 1), "title": title}
    return None


def _part(item: Any, page: Page) -> dict[str, Any]:
    first = item if isinstance(item, Page) else _pages(item)[0]
    active = page is item or (isinstance(item, Section) and page in _pages(item))
    for folder in ("api/", "examples/"):
        if first.url == f"{folder}index.html":
            active = page.url.startswith(folder)
    return {"title": item.title, "url": first.url, "active": active}


def _pages(section: Section) -> list[Page]:
    found: list[Page] = []
    for child in section.children:
        found += _pages(child) if isinstance(child, Section) else [child] if isinstance(child, Page) else []
    return found


def _groups(page: Page, nav: Navigation) -> list[dict[str, Any]]:
    if page.url.startswith("api/"):
        return _reference(page.url)
    if page.url.startswith("examples/"):
        return [_examples(page.url)]
    for item in nav.items:
        if isinstance(item, Section) and page in _pages(item):
            inner = [child for child in item.children if isinstance(child, Section) and page in _pages(child)]
            return [_group(section, page) for section in inner or [item]]
    return []


def _group(section: Section, page: Page) -> dict[str, Any]:
    return {
        "title": section.title,
        "links": [{"title": p.title, "url": p.url, "active": p is page} for p in _pages(section)],
    }


def _examples(url: str) -> dict[str, Any]:
    """All examples, by the titles of their pages."""
    links = []
    for file, markdown in gallery.pages():
        title = next(line.removeprefix("# ") for line in markdown.splitlines() if line.startswith("# "))
        links.append(_link("Overview" if file.endswith("/index.md") else title, file, url))
    return {"title": "Examples", "links": links}


def _reference(url: str) -> list[dict[str, Any]]:
    """The modules; beside an operator those of its category."""
    first = [_link("Overview", "api/index.md", url), _link("Operators", "api/operators/index.md", url)]
    first += [_link("Command line", "api/cli.md", url), _link("REST", "api/rest.md", url)]
    groups = [{"title": "Reference", "links": first}]
    here = next((op for op in operators.documented() if _url(operators.address(op)) == url), None)
    if here is not None:
        alike = [op for op in operators.documented() if op.category == here.category]
        links = [_link(_short(op), operators.address(op), url) for op in alike]
        return [*groups, {"title": here.category.capitalize(), "links": links}]
    return [*groups, {"title": "Modules", "links": _modules(url)}]


def _modules(url: str) -> list[dict[str, Any]]:
    """The modules, inner ones below the one that holds them: ``mx.gluon``, ``.nn``, ``.rnn``."""
    addresses = {reference.title(m): reference.address(m) for m in reference.public_modules()}
    links = []
    for title, file in addresses.items():
        parents = [p for p in addresses if title.startswith(f"{p}.")]
        shown = title.removeprefix(max(parents, key=len, default=""))
        links.append({**_link(shown, file, url), "depth": len(parents)})
    return links


def _short(op: Operator) -> str:
    return examples.public_names()[op.name][0].removeprefix("_internal.")


def _link(title: str, file: str, here: str) -> dict[str, Any]:
    return {"title": title, "url": _url(file), "active": _url(file) == here}


def _url(file: str) -> str:
    return file.removesuffix(".md") + ".html"
