"""A directed graph as a picture: SVG for notebooks and files, DOT for those who have Graphviz."""

from __future__ import annotations

import webbrowser
from collections.abc import Hashable, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from ..errors import ParamError
from ..serialization import write_atomically
from .layout import place

_MARGIN = 12.0
_LETTER, _LINE = 7.2, 17.0
"""Width of a letter and height of a line of 12-pixel type."""


class Box(NamedTuple):
    """One node: a name, what is written in it, its colour, and whether it is round."""

    name: str
    lines: Sequence[str]
    colour: str
    round: bool = False
    hint: str = ""


class Line(NamedTuple):
    """One edge, with what is written on it."""

    source: str
    target: str
    label: str = ""


class Picture:
    """A drawn graph. In a notebook it shows itself; ``save`` and ``render`` write files, ``source`` is DOT."""

    def __init__(self, boxes: Sequence[Box], lines: Sequence[Line], name: str = "plot", format: str = "svg") -> None:
        self.boxes, self.lines, self.name, self.format = list(boxes), list(lines), name, format

    # ---------------------------------------------------------------- as SVG
    def to_svg(self) -> str:
        """The picture as SVG."""
        sizes: dict[Hashable, tuple[float, float]] = {b.name: _size(b) for b in self.boxes}
        layout = place([b.name for b in self.boxes], [(e.source, e.target) for e in self.lines], sizes)
        width, height = layout.width + 2 * _MARGIN, layout.height + 2 * _MARGIN
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
            f'viewBox="{-_MARGIN:.0f} {-_MARGIN:.0f} {width:.0f} {height:.0f}" role="img" '
            f'aria-label="{escape(self.name)}" font-family="sans-serif" font-size="12">',
            '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
            'orient="auto"><path d="M0 0 8 4 0 8z" fill="#667"/></marker></defs>',
        ]
        for edge in self.lines:
            (x0, y0), (x1, y1) = layout.centres[edge.source], layout.centres[edge.target]
            ends = (x0, y0 + sizes[edge.source][1] / 2), (x1, y1 - sizes[edge.target][1] / 2)
            parts += _edge([ends[0], *layout.bends[edge.source, edge.target], ends[1]], edge.label)
        parts += [_box(box, *layout.centres[box.name], *sizes[box.name]) for box in self.boxes]
        return "\n".join([*parts, "</svg>"])

    def _repr_svg_(self) -> str:
        return self.to_svg()

    # ---------------------------------------------------------------- as DOT
    @property
    def source(self) -> str:
        """The graph in Graphviz' language."""
        rows = [f'digraph "{_quoted(self.name)}" {{', "\tnode [style=filled]"]
        for box in self.boxes:
            label = "\\n".join(map(_quoted, box.lines))
            shape = "oval" if box.round else "box"
            rows.append(f'\t"{_quoted(box.name)}" [label="{label}" shape={shape} fillcolor="{box.colour}"]')
        for edge in self.lines:
            label = f' [label="{_quoted(edge.label)}"]' if edge.label else ""
            rows.append(f'\t"{_quoted(edge.source)}" -> "{_quoted(edge.target)}"{label}')
        return "\n".join([*rows, "}"]) + "\n"

    # ---------------------------------------------------------------- files
    def save(self, filename: str | None = None, directory: str | None = None) -> str:
        """Write the picture as SVG, or its source for a name that ends in ``.dot`` or ``.gv``; returns the path."""
        path = Path(directory or ".") / (filename or f"{self.name}.svg")
        text = self.source if path.suffix in (".dot", ".gv") else self.to_svg()
        write_atomically(path, text.encode())
        return str(path)

    def render(
        self,
        filename: str | None = None,
        directory: str | None = None,
        view: bool = False,
        cleanup: bool = False,
        format: str | None = None,
    ) -> str:
        """Write ``filename.svg``; returns the path. ``view`` opens it."""
        wanted = format or self.format
        if wanted != "svg":
            raise ParamError(
                "pictures are written as SVG",
                where="render",
                parameter="format",
                wanted="svg",
                got=wanted,
                remedy="Pass save_format='svg', or give save('name.dot') to Graphviz",
            )
        path = self.save(f"{filename or self.name}.svg", directory)
        if view:
            webbrowser.open(Path(path).resolve().as_uri())
        return path

    def view(self, filename: str | None = None, directory: str | None = None) -> str:
        """Write the picture and open it."""
        return self.render(filename, directory, view=True)

    def __repr__(self) -> str:
        return f"<Picture {self.name!r} of {len(self.boxes)} boxes and {len(self.lines)} lines>"


def _size(box: Box) -> tuple[float, float]:
    return max(64.0, 20 + _LETTER * max(map(len, box.lines))), 14 + _LINE * len(box.lines)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _edge(points: Sequence[tuple[float, float]], label: str) -> list[str]:
    """A smooth line from above to below through the points."""
    x, y = points[0]
    path = f"M{x:.1f} {y:.1f}"
    for a, b in points[1:]:
        middle = (y + b) / 2
        path += f"C{x:.1f} {middle:.1f} {a:.1f} {middle:.1f} {a:.1f} {b:.1f}"
        x, y = a, b
    parts = [f'<path d="{path}" fill="none" stroke="#667" marker-end="url(#arrow)"/>']
    if label:
        x, y = points[-1]
        parts.append(f'<text x="{x + 6:.1f}" y="{y - 12:.1f}" fill="#445" font-size="10">{escape(label)}</text>')
    return parts


def _box(box: Box, x: float, y: float, width: float, height: float) -> str:
    left, top = x - width / 2, y - height / 2
    radius = height / 2 if box.round else 4
    first = y - _LINE * (len(box.lines) - 1) / 2 + 4
    texts = "".join(
        f'<text x="{x:.1f}" y="{first + _LINE * i:.1f}" text-anchor="middle" fill="#111">{escape(line)}</text>'
        for i, line in enumerate(box.lines)
    )
    return (
        f'<g><title>{escape(box.hint or box.name)}</title><rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}" rx="{radius:.1f}" fill="{box.colour}" stroke="#556"/>{texts}</g>'
    )
