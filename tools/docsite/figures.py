"""Figures of the chapters as inline SVG in the page's own colours."""

from __future__ import annotations

import re
import unicodedata
from html import escape
from typing import Any

from netwright import graph, templates

SIZE = 14
"""Of the letters, in pixels."""
PAD, GAP, ROW_GAP = 12, 34, 14


def flow(title: str, text: str) -> str:
    """Rows of boxes: ``data → FullyConnected / fc1 → relu``; behind `` / `` stands a second line.

    ``→`` and ``←`` are arrows, ``·`` sets boxes side by side. A row may begin with a name: ``forward: a → b``.
    """
    rows = [line for line in text.splitlines() if line.strip()]
    names = [row.partition(": ")[0] if ": " in row else "" for row in rows]
    left = max(_width(name) for name in names) + (PAD if any(names) else 0)
    y, right, shapes = 2.0, 0.0, []
    for row, name in zip(rows, names, strict=True):
        tokens = re.split(r" ([→←·]) ", row.removeprefix(f"{name}: "))
        height = 50 if any(" / " in token for token in tokens) else 34
        if name:
            shapes.append(_text(left - PAD, y + height / 2, name, "fig-name", "end"))
        x = left + 2
        for i, token in enumerate(tokens):
            if i % 2:
                x += _join(token, x, y + height / 2, shapes)
            else:
                x += _box(token.strip(), x, y, height, shapes)
        right = max(right, x)
        y += height + ROW_GAP
    return _svg(title, right + 2, y - ROW_GAP + 2, shapes)


def _join(arrow: str, x: float, y: float, shapes: list[str]) -> float:
    if arrow == "·":
        return GAP / 3
    start, end = (x + 4, x + GAP - 5) if arrow == "→" else (x + GAP - 4, x + 5)
    head = -6 if arrow == "→" else 6
    shapes.append(f'<path class="fig-line" d="M{start:g} {y:g}H{end:g}m{head} -4.5l{-head} 4.5l{head} 4.5"/>')
    return GAP


def _box(token: str, x: float, y: float, height: float, shapes: list[str]) -> float:
    first, _, second = token.partition(" / ")
    width = max(_width(first), _width(second, 12)) + 2 * PAD
    shapes.append(f'<rect class="fig-box" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="7"/>')
    middle = y + height / 2
    shapes.append(_text(x + width / 2, middle - (9 if second else 0), first, "fig-text"))
    if second:
        shapes.append(_text(x + width / 2, middle + 10, second, "fig-note"))
    return width


def _text(x: float, y: float, text: str, style: str, anchor: str = "middle") -> str:
    return f'<text class="{style}" x="{x:g}" y="{y + 5:g}" text-anchor="{anchor}">{escape(text)}</text>'


def _width(text: str, size: int = SIZE) -> float:
    """About how wide a text is in the figure's monospaced letters."""
    return sum(size if unicodedata.east_asian_width(c) in "WF" else 0.61 * size for c in text)


def _svg(title: str, width: float, height: float, shapes: list[str]) -> str:
    body = "".join(shapes)
    return (
        f'<figure class="figure"><svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" role="img" '
        f'aria-label="{escape(title)}">{body}</svg><figcaption>{escape(title)}</figcaption></figure>'
    )


def memory(template: str, batch: int) -> str:
    """The arena of a template's training plan: steps to the right, bytes upwards, a box for each tensor's life."""
    document = templates.get(template).graph
    plan = graph.plan_graph(document, batch_size=batch, training=True)
    facts = plan.to_json()
    return _memory(facts, f"{template}, batch {batch}")


def _memory(facts: dict[str, Any], what: str) -> str:
    steps, size = len(facts["steps"]), facts["totals"]["arena_bytes"]
    width, height = 680.0, 260.0
    placed = [t for t in facts["tensors"] if t["storage"] == "arena" and t["shares"] is None]
    ends = {t["id"]: t["last"] for t in facts["tensors"]}
    shapes = []
    for t in placed:
        x, w = width * t["first"] / steps, width * (ends[t["id"]] - t["first"] + 1) / steps
        h = max(height * t["bytes"] / size, 1)
        y = height - height * t["offset"] / size - h
        shape = "×".join(map(str, t["shape"]))
        label = escape(f"{t['name']} {shape}: {t['bytes']} bytes, steps {t['first']}–{t['last']}")
        box = f'x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}"'
        shapes.append(f'<rect class="fig-cell" {box}><title>{label}</title></rect>')
    boundary = width * facts["boundary"] / steps
    shapes.append(f'<path class="fig-line" stroke-dasharray="4 4" d="M{boundary:.1f} 0V{height:g}"/>')
    mib = 1024 * 1024
    unshared = facts["totals"]["unshared_bytes"] / mib
    title = f"{what}: {steps} steps, arena {size / mib:.2f} MiB instead of {unshared:.2f} MiB"
    return _svg(title, width, height, shapes)
