"""Images (H, W, C) brought to other sizes: resized, cropped, padded, normalized."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import DTypeError, ParamError, ShapeError
from ..ndarray.array import NDArray
from ..ndarray.invoke import F
from ..ops.resampling import AREA, CUBIC, LINEAR
from . import chance
from .files import deliver

Size = tuple[int, int]
Crop = tuple[int, int, int, int]


def interpolation(interp: int, sizes: Sequence[int] = ()) -> int:
    """The rule behind a number: 0 … 4 as in ``imresize``; 9 chooses by ``sizes`` (old and new height and width).

    9 is bicubic to enlarge, area to shrink and bilinear for others; 10 chooses one of the five at random.
    """
    if interp == 9:
        if not sizes:
            return CUBIC
        oh, ow, nh, nw = sizes
        return CUBIC if nh > oh and nw > ow else AREA if nh < oh and nw < ow else LINEAR
    if interp == 10:
        return chance.whole(0, 4)
    if interp not in (0, 1, 2, 3, 4):
        raise ParamError("unknown interpolation", parameter="interp", wanted="0 to 4, 9 or 10", got=interp)
    return interp


def check(src: NDArray, where: str) -> tuple[int, int, int]:
    """Height, width and channels; raises ShapeError for anything but an image."""
    if src.ndim != 3:
        raise ShapeError("an image has three axes", where=where, wanted="(H, W, C)", got=src.shape)
    return src.shape[0], src.shape[1], src.shape[2]


def imresize(src: NDArray, w: int, h: int, interp: int = 1, out: NDArray | None = None) -> NDArray:
    """An image (H, W, C) as (h, w, C).

    ``interp``: 0 nearest, 1 bilinear, 2 bicubic, 3 area, 4 Lanczos, as OpenCV computes them; 9 chooses by the sizes,
    10 at random.

    >>> image = mx.nd.array([[[0], [100]]], dtype="uint8")
    >>> mx.image.imresize(image, 4, 1).asnumpy()[0, :, 0].tolist()
    [0, 25, 75, 100]
    """
    height, width, _ = check(src, "imresize")
    rule = interpolation(interp, (height, width, h, w))
    made: NDArray = F._image_resize(src, size=(w, h), interp=rule)
    return deliver(made, out)


def scale_down(src_size: Size, size: Size) -> Size:
    """(width, height) made smaller, with its ratio kept, until it fits into ``src_size`` (width, height).

    >>> scale_down((640, 480), (720, 120))
    (640, 106)
    """
    w, h = float(size[0]), float(size[1])
    sw, sh = src_size
    if sh < h:
        w, h = w * sh / h, sh
    if sw < w:
        w, h = sw, h * sw / w
    return int(w), int(h)


def resize_short(src: NDArray, size: int, interp: int = 2) -> NDArray:
    """An image whose shorter side becomes ``size``, with the ratio kept."""
    h, w, _ = check(src, "resize_short")
    new_h, new_w = (size * h // w, size) if h > w else (size, size * w // h)
    return imresize(src, new_w, new_h, interp=interpolation(interp, (h, w, new_h, new_w)))


def fixed_crop(src: NDArray, x0: int, y0: int, w: int, h: int, size: Size | None = None, interp: int = 2) -> NDArray:
    """The part from column x0 and row y0 on, w columns and h rows large, resized to ``size`` (width, height)."""
    height, width, _ = check(src, "fixed_crop")
    if not (x0 >= 0 and y0 >= 0 and x0 + w <= width and y0 + h <= height):
        raise ParamError(
            "the part leaves the image",
            where="fixed_crop",
            wanted=f"within {width} × {height}",
            got=f"x0={x0}, y0={y0}, w={w}, h={h}",
        )
    out = src[y0 : y0 + h, x0 : x0 + w]
    if size is not None and (w, h) != tuple(size):
        out = imresize(out, size[0], size[1], interp=interpolation(interp, (h, w, size[1], size[0])))
    return out


def random_crop(src: NDArray, size: Size, interp: int = 2) -> tuple[NDArray, Crop]:
    """(A random part of ``size`` (width, height), scaled where the image is smaller; (x0, y0, width, height))."""
    h, w, _ = check(src, "random_crop")
    new_w, new_h = scale_down((w, h), size)
    x0, y0 = chance.whole(0, w - new_w), chance.whole(0, h - new_h)
    return fixed_crop(src, x0, y0, new_w, new_h, size, interp), (x0, y0, new_w, new_h)


def center_crop(src: NDArray, size: Size, interp: int = 2) -> tuple[NDArray, Crop]:
    """(The middle part of ``size`` (width, height), scaled where the image is smaller; (x0, y0, width, height))."""
    h, w, _ = check(src, "center_crop")
    new_w, new_h = scale_down((w, h), size)
    x0, y0 = (w - new_w) // 2, (h - new_h) // 2
    return fixed_crop(src, x0, y0, new_w, new_h, size, interp), (x0, y0, new_w, new_h)


def random_size_crop(
    src: NDArray,
    size: Size,
    area: float | tuple[float, float],
    ratio: tuple[float, float],
    interp: int = 2,
    min_area: float | None = None,
) -> tuple[NDArray, Crop]:
    """(A random part, resized to ``size``; (x0, y0, width, height)).

    ``area`` is the range of its share of the image (one number: at least that), ``ratio`` that of width over height.
    Where ten attempts fail it is the middle part. ``min_area`` is MXNet's older name of ``area``.
    """
    h, w, _ = check(src, "random_size_crop")
    area = area if min_area is None else min_area
    low, high = area if isinstance(area, (tuple, list)) else (area, 1.0)
    for _ in range(10):
        wanted = chance.uniform(low, high) * h * w
        shape = math.exp(chance.uniform(math.log(ratio[0]), math.log(ratio[1])))
        new_w, new_h = round(math.sqrt(wanted * shape)), round(math.sqrt(wanted / shape))
        if 0 < new_w <= w and 0 < new_h <= h:
            x0, y0 = chance.whole(0, w - new_w), chance.whole(0, h - new_h)
            return fixed_crop(src, x0, y0, new_w, new_h, size, interp), (x0, y0, new_w, new_h)
    return center_crop(src, size, interp)


def color_normalize(src: NDArray, mean: Any, std: Any = None) -> NDArray:
    """(src − mean) / std; either may be None. The result is a new array."""
    if np.dtype(src.dtype).kind != "f":
        raise DTypeError(
            "a normalized image has fractions",
            where="color_normalize",
            wanted="floating-point numbers",
            got=np.dtype(src.dtype).name,
            remedy='Use astype("float32") first',
        )
    if mean is not None:
        src = src - mean
    if std is not None:
        src = src / std
    return src


_BORDERS = {0: "constant", 1: "edge", 2: "symmetric", 3: "wrap", 4: "reflect", 16: "constant"}


def copyMakeBorder(
    src: NDArray,
    top: int,
    bot: int,
    left: int,
    right: int,
    type: int = 0,
    value: float = 0.0,
    values: Sequence[float] = (),
    out: NDArray | None = None,
) -> NDArray:
    """An image with a border around it.

    ``type`` counts as OpenCV's borders do: 0 constant (``values`` per channel, or ``value``), 1 the nearest pixel,
    2 mirrored with the border pixel twice, 3 from the other side, 4 mirrored with the border pixel once.
    """
    _, _, channels = check(src, "copyMakeBorder")
    if type not in _BORDERS:
        raise ParamError("unknown kind of border", parameter="type", wanted="0 to 4", got=type)
    xp, pixels = src.context.xp, src._data
    width = ((top, bot), (left, right), (0, 0))
    if _BORDERS[type] == "constant":
        h, w, _ = src.shape
        made = xp.empty((h + top + bot, w + left + right, channels), pixels.dtype)
        made[...] = xp.asarray(list(values)[:channels] if values else value)
        made[top : top + h, left : left + w] = pixels
    else:
        made = xp.pad(pixels, width, mode=_BORDERS[type])
    return deliver(NDArray(made), out)
