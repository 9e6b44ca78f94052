"""Images read at places in pixels, interpolated between them, with gradients to the images and to the places."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import Field

from ..errors import ShapeError
from .grid import ALL, pixels
from .operator import Draw, Operator, Port, Sample, Shapes
from .params import OpParams
from .registry import register

Rule = Literal["zero", "clamp", "half"]


class PlacesParams(OpParams):
    """What _sample_places takes."""

    rule: Rule = Field(
        "zero",
        description="zero: pixels outside are 0; clamp: places from 0 to below the size count, the last pixel reaches "
        "on; half: places up to half a pixel outside count, the border pixels reach on",
    )


def _counts(F: Any, rule: Rule, y: Any, x: Any, height: int, width: int) -> Any:
    """1 where a place counts, else 0; None where all do."""
    if rule == "zero":
        return None
    low, beyond = (0.0, 0.0) if rule == "clamp" else (-0.5, 0.5)
    rows = (y >= low) * (y <= height - beyond if rule == "half" else y < height)
    columns = (x >= low) * (x <= width - beyond if rule == "half" else x < width)
    return rows * columns


def read(xp: Any, data: Any, places: Any, rule: Rule) -> Any:
    """data (B, C, H, W) at places (B, 2, h, w) = (y, x): (B, C, h, w)."""
    height, width = data.shape[2:]
    y, x = places[:, 0], places[:, 1]
    counts = _counts(xp, rule, y, x, height, width)
    if counts is not None:
        y, x = xp.clip(y, 0, height - 1), xp.clip(x, 0, width - 1)
    top, left = xp.floor(y), xp.floor(x)
    down, across = (y - top)[:, None], (x - left)[:, None]
    upper = pixels(xp, data, top, left) * (1 - across) + pixels(xp, data, top, left + 1) * across
    lower = pixels(xp, data, top + 1, left) * (1 - across) + pixels(xp, data, top + 1, left + 1) * across
    made = upper * (1 - down) + lower * down
    return (made if counts is None else made * counts[:, None]).astype(data.dtype, copy=False)


def read_gradient(F: Any, dy: Any, data: Any, places: Any, size: tuple[int, int], rule: Rule) -> tuple[Any, Any]:
    """Gradients of ``read`` by data and places, in operators of ``F``."""
    height, width = size
    y0, x0 = (F._basic_index(places, key=(ALL, i)) for i in (0, 1))
    counts = _counts(F, rule, y0, x0, height, width)
    y, x = y0, x0
    if counts is not None:
        dy = F.broadcast_mul(dy, F.expand_dims(counts, axis=1))
        y, x = F.clip(y0, a_min=0, a_max=height - 1), F.clip(x0, a_min=0, a_max=width - 1)
    top, left = F.floor(y), F.floor(x)
    below, right = F.expand_dims(y - top, axis=1), F.expand_dims(x - left, axis=1)
    rows, columns = (top, top + 1), (left, left + 1)
    down, across = (1 - below, below), (1 - right, right)
    into: Any = None
    corner: dict[tuple[int, int], Any] = {}
    for i in (0, 1):
        for j in (0, 1):
            corner[i, j] = F._pixels(data, rows[i], columns[j])
            part = F._pixels_grad(F.broadcast_mul(dy, down[i] * across[j]), rows[i], columns[j], target_shape=size)
            into = part if into is None else into + part

    def slope(first: Any, second: Any, shares: tuple[Any, Any]) -> Any:
        rise = F.broadcast_mul(first, shares[0]) + F.broadcast_mul(second, shares[1])
        return F.sum(dy * rise, axis=1, keepdims=True)

    by_x = slope(corner[0, 1] - corner[0, 0], corner[1, 1] - corner[1, 0], down)
    by_y = slope(corner[1, 0] - corner[0, 0], corner[1, 1] - corner[0, 1], across)
    if counts is not None:  # where the border pixel reaches on, the place does not matter
        by_y = by_y * F.expand_dims((y0 >= 0) * (y0 <= height - 1), axis=1)
        by_x = by_x * F.expand_dims((x0 >= 0) * (x0 <= width - 1), axis=1)
    return into, F.Concat(by_y, by_x, dim=1, num_args=2)


@register
class SamplePlaces(Operator):
    """Images (B, C, H, W) at places (B, 2, h, w), y and x in pixels: (B, C, h, w), interpolated between pixels."""

    name = "_sample_places"
    category = "convolution"
    Params = PlacesParams
    inputs = (Port("data", doc="images (B, C, H, W)"), Port("places", doc="places (B, 2, h, w)"))

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data, places = shapes
        if places is not None and (len(places) != 4 or places[1] != 2):
            raise ShapeError("a place is y and x", port="places", wanted="(B, 2, h, w)", got=places)
        if data is None or places is None:
            return shapes, [None]
        return shapes, [(*data[:2], *places[2:])]

    def forward(self, xp: Any, p: PlacesParams, data: Any, places: Any) -> Any:
        return read(xp, data, places, p.rule)

    def gradient(self, F: Any, p: PlacesParams, at: Any, dy: Any, data: Any, places: Any) -> Any:
        height, width = at.inputs[0].shape[2:]
        return read_gradient(F, dy, data, places, (height, width), p.rule)

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return int(8 * outputs[0].size)

    def samples(self) -> Iterable[Sample]:
        rules: tuple[Rule, ...] = ("zero", "clamp", "half")
        for rule in rules:
            yield Sample(((2, 3, 4, 5), Draw((2, 2, 3, 6), "distinct", -1.3, 5.7)), {"rule": rule})
