"""Tensors as small grey pictures: 8 bits a value, never more than a bounded number of pixels.

Colours are the viewer's: a picture says between which values it runs (``low`` to ``high``), and how it is tiled.
"""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

THUMBNAIL = 2048
DETAIL = 65_536
"""Most pixels of a picture on a node, and of one that is looked at by itself."""


class Picture(BaseModel):
    """``data`` (base64) holds width × height bytes in rows, 0 standing for ``low`` and 255 for ``high``.

    The picture is a grid of equal tiles, ``columns`` in a row, ``tiles`` of the ``of`` there are (channels, filters).
    Where values of both signs occur, ``low`` is −``high``, so that 0 is the middle.
    """

    model_config = ConfigDict(frozen=True)

    width: int
    height: int
    columns: int
    tiles: int
    of: int
    low: float
    high: float
    data: str


def picture(array: Any, pixels: int = THUMBNAIL, tiles: int = 9) -> Picture:
    """What one sample's tensor looks like: channels of an image as tiles, sequences as a map, vectors as a block.

    >>> from netwright.inspection import picture
    >>> found = picture(np.array([[[0.0, 1.0], [2.0, 4.0]]]))
    >>> found.width, found.height, found.high
    (2, 2, 4.0)
    """
    values = np.asarray(array, np.float32)
    if values.ndim > 3:
        values = values.reshape(-1, *values.shape[-2:])
    if values.ndim <= 1:
        return tiled(_block(values.reshape(-1), pixels)[None], 1, pixels)
    if values.ndim == 2:
        return tiled(values[None], 1, pixels)
    return tiled(values, tiles, pixels)


def kernels(weight: Any, pixels: int = THUMBNAIL, filters: int = 16, channels: int = 8) -> Picture:
    """The kernels of a convolution (filters, channels, height, width) as tiles: a row for each filter or, where there
    is one input channel, as many in a row as make a square.
    """
    values = np.asarray(weight, np.float32)
    if values.ndim == 3:  # one axis: kernels are lines
        values = values[:, :, None, :]
    values = values.reshape(*values.shape[:2], -1, values.shape[-1])
    shown = values[: filters if values.shape[1] == 1 else min(filters, channels), :channels]
    columns = None if shown.shape[1] == 1 else shown.shape[1]
    flat = shown.reshape(-1, *shown.shape[2:])
    return tiled(flat, len(flat), pixels, columns, of=values.shape[0] * values.shape[1])


def tiled(
    planes: Any, tiles: int, pixels: int = THUMBNAIL, columns: int | None = None, of: int | None = None
) -> Picture:
    """Planes (count, height, width) side by side, the first ``tiles`` of them, made smaller until they fit."""
    count = len(planes) if of is None else of
    shown = planes[: max(1, tiles)]
    if not shown.size:
        return Picture(width=1, height=1, columns=1, tiles=0, of=count, low=0, high=0, data=_encode(np.zeros(1)))
    columns = columns or _columns(*shown.shape)
    shown = _shrink(shown, max(1, pixels // len(shown)))
    n, height, width = shown.shape
    rows = -(-n // columns)
    sheet = np.zeros((rows * columns, height, width), np.float32)
    sheet[:n] = shown
    image = sheet.reshape(rows, columns, height, width).swapaxes(1, 2).reshape(rows * height, columns * width)
    low, high = _range(shown)
    with np.errstate(all="ignore"):
        scaled = (image - low) * (255 / (high - low)) if high > low else np.zeros_like(image)
    scaled = np.nan_to_num(scaled, nan=0, posinf=255, neginf=0)
    return Picture(
        width=columns * width,
        height=rows * height,
        columns=columns,
        tiles=n,
        of=count,
        low=low,
        high=high,
        data=_encode(np.clip(np.rint(scaled), 0, 255)),
    )


def _encode(values: Any) -> str:
    return base64.b64encode(values.astype(np.uint8).tobytes()).decode()


def _range(values: Any) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 0.0
    low, high = float(finite.min()), float(finite.max())
    most = max(abs(low), abs(high))
    return (-most, most) if low < 0 < high else (min(low, 0.0), max(high, 0.0))


def _columns(n: int, height: int, width: int) -> int:
    """So many in a row that the sheet is about as wide as it is high."""
    return max(1, min(n, round(math.sqrt(n * height / max(1, width)))))


def _block(values: Any, pixels: int) -> Any:
    """A vector as rows of equal length: one row up to 16, then near a square; the rest of the last row is empty."""
    if len(values) > pixels:
        each = -(-len(values) // pixels)
        padded = np.resize(values, len(values) + (-len(values)) % each)
        values = padded.reshape(-1, each).mean(1)
    if len(values) <= 16:
        return values[None]
    width = math.ceil(math.sqrt(len(values)))
    return np.pad(values, (0, (-len(values)) % width), constant_values=0).reshape(-1, width)


def _shrink(planes: Any, pixels: int) -> Any:
    """Means over blocks until a plane has at most so many pixels."""
    _, height, width = planes.shape
    down = across = 1
    while (rows := -(-height // down)) * (columns := -(-width // across)) > pixels:
        if rows >= columns:
            down += 1
        else:
            across += 1
    return _means(_means(planes, down, 1), across, 2)


def _means(planes: Any, step: int, axis: int) -> Any:
    if step == 1:
        return planes
    length = planes.shape[axis]
    starts = np.arange(0, length, step)
    sums = np.add.reduceat(planes, starts, axis)
    counts = np.minimum(starts + step, length) - starts
    return sums / counts.reshape([-1 if i == axis else 1 for i in range(planes.ndim)])
