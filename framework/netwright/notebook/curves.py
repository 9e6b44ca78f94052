"""Curves as SVG text, without a plotting library: small enough to be sent anew several times a second."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

Series = Mapping[str, tuple[Sequence[float], Sequence[float]]]
"""Names, and for each the x and y of its points."""

COLOURS = ("#3b6fd4", "#d9622b", "#2f9e5f", "#a24bc4", "#c9a227", "#3aa6b9")
MOST_POINTS = 600
LEFT, TOP, BOTTOM, KEY = 56, 14, 28, 132


def draw_curves(series: Series, *, title: str = "", width: int = 640, height: int = 260) -> str:
    """The series over one pair of axes as SVG; points that are not finite are left out.

    A series longer than the picture is drawn by the least and the greatest of each stretch, so that no peak is lost.

    >>> from netwright.notebook import draw_curves
    >>> svg = draw_curves({"loss": ([1, 2, 3], [0.9, 0.4, 0.2])})
    >>> svg.startswith("<svg"), svg.count("<polyline")
    (True, 1)
    """
    finite = {
        name: [(x, y) for x, y in zip(xs, ys, strict=True) if math.isfinite(x) and math.isfinite(y)]
        for name, (xs, ys) in series.items()
    }
    points = [point for found in finite.values() for point in found]
    x_low, x_high = _range([x for x, _ in points])
    y_low, y_high = _range([y for _, y in points])
    across, down = width - LEFT - KEY, height - TOP - BOTTOM

    def place(x: float, y: float) -> tuple[float, float]:
        return LEFT + (x - x_low) / (x_high - x_low) * across, TOP + (y_high - y) / (y_high - y_low) * down

    # one colour for words and grid that can be read on a light and on a dark page
    rows = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="{escape(title or "curves")}" font-family="system-ui, sans-serif" font-size="11" '
        'fill="#808a99">'
    ]
    if title:
        rows.append(f"<title>{escape(title)}</title>")
    for value in _ticks(y_low, y_high):
        y = place(x_low, value)[1]
        rows.append(f'<path d="M{LEFT} {y:.1f}h{across}" stroke="#808a99" stroke-opacity="0.25"/>')
        rows.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    for value in _ticks(x_low, x_high):
        x = place(value, y_low)[0]
        rows.append(f'<text x="{x:.1f}" y="{height - 8}" text-anchor="middle">{value:g}</text>')
    for i, (name, found) in enumerate(finite.items()):
        colour = COLOURS[i % len(COLOURS)]
        drawn = " ".join("{:.1f},{:.1f}".format(*place(x, y)) for x, y in _thin(found))
        rows.append(f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
        y = TOP + 12 + 18 * i
        last = f" {found[-1][1]:.4g}" if found else ""
        rows.append(f'<path d="M{width - KEY + 10} {y - 4}h14" stroke="{colour}" stroke-width="3"/>')
        rows.append(f'<text x="{width - KEY + 30}" y="{y}">{escape(name)}{last}</text>')
    return "".join([*rows, "</svg>"])


def _range(values: list[float]) -> tuple[float, float]:
    """The least and the greatest, apart from each other."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _ticks(low: float, high: float) -> list[float]:
    """Three to six round numbers in the range: multiples of 1, 2 or 5 times a power of ten."""
    step = 10.0 ** math.floor(math.log10((high - low) / 2))
    step *= next(factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= 5)
    return [i * step for i in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _thin(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Of too many points the least and the greatest of each stretch, in their order."""
    if len(points) <= MOST_POINTS:
        return points
    size = math.ceil(2 * len(points) / MOST_POINTS)
    kept: list[tuple[float, float]] = []
    for start in range(0, len(points), size):
        stretch = points[start : start + size]
        ends = {min(stretch, key=lambda p: p[1]), max(stretch, key=lambda p: p[1])}
        kept.extend(sorted(ends))
    return kept
