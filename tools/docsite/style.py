"""Colours of code, for light and dark, and the studio's icon."""

from __future__ import annotations

import re
from pathlib import Path

from pygments.formatters.html import HtmlFormatter

ICON = Path(__file__).resolve().parent.parent.parent / "frontend" / "public" / "favicon.svg"
STYLES = {"light": "xcode", "dark": "github-dark"}


def code_css() -> str:
    """Pygments' rules for both; the page itself gives the ground."""
    parts = []
    for scheme, style in STYLES.items():
        scope = f'[data-mantine-color-scheme="{scheme}"] .highlight'
        rules = HtmlFormatter(style=style).get_style_defs(scope).splitlines()
        coloured = [rule for rule in rules if rule.startswith(f"{scope} .")]
        parts += [re.sub(r"background(-color)?: [^;}]*;? ?", "", rule) for rule in coloured]
    return "\n".join(parts) + "\n"


def read_icon() -> str:
    """The icon of the page."""
    return ICON.read_text(encoding="utf-8")
