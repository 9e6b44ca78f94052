"""Images (C, H, W) turned by an angle."""

from __future__ import annotations

from numbers import Number
from typing import Any

import numpy as np

from ..errors import DTypeError, ParamError, ShapeError
from ..ndarray.array import NDArray
from ..ndarray.creation import array
from ..ndarray.invoke import F
from . import chance


def imrotate(src: NDArray, rotation_degrees: Any, zoom_in: bool = False, zoom_out: bool = False) -> NDArray:
    """Turn a float32 image (C, H, W) by an angle in degrees, or images (N, C, H, W) by an angle each.

    Pixels between those of the image are interpolated, those outside are 0. ``zoom_in`` enlarges until no outside
    shows, ``zoom_out`` shrinks until nothing is cut off.
    """
    if zoom_in and zoom_out:
        raise ParamError("zoom_in and zoom_out exclude each other", where="imrotate")
    if src.dtype != np.float32:
        raise DTypeError(
            "only float32 images are rotated",
            where="imrotate",
            wanted="float32",
            got=np.dtype(src.dtype).name,
            remedy="Use astype()",
        )
    if src.ndim not in (3, 4):
        raise ShapeError("an image or several", where="imrotate", wanted="(C, H, W) or (N, C, H, W)", got=src.shape)
    single = src.ndim == 3
    images = F.expand_dims(src, axis=0) if single else src
    angles = _angles(rotation_degrees, len(images), single) * (np.pi / 180)
    grid = _grid(images.shape[2], images.shape[3], angles, zoom_in, zoom_out)
    turned = F.BilinearSampler(images, array(grid, ctx=src.context, dtype=np.float32))
    return turned[0] if single else turned  # type: ignore[no-any-return]


def _angles(degrees: Any, count: int, single: bool) -> Any:
    if isinstance(degrees, (Number, np.number)):
        return np.full(count, float(degrees))  # type: ignore[arg-type]
    if single:
        raise DTypeError(
            "one image is turned by one angle", where="imrotate", wanted="a number", got=type(degrees).__name__
        )
    values = np.asarray(degrees.asnumpy() if isinstance(degrees, NDArray) else degrees, np.float64)
    if values.shape != (count,):
        raise ShapeError("an angle for each image", where="imrotate", wanted=(count,), got=values.shape)
    return values


def _grid(height: int, width: int, angles: Any, zoom_in: bool, zoom_out: bool) -> Any:
    """Where each pixel comes from, (N, 2, H, W), x and y from −1 to 1."""
    y, x = np.meshgrid(np.arange(height) - (height - 1) / 2, np.arange(width) - (width - 1) / 2, indexing="ij")
    c, s = np.cos(angles)[:, None, None], np.sin(angles)[:, None, None]
    # a single row or column has no extent: its middle is the only place
    across, down = max((width - 1) / 2, 0.5), max((height - 1) / 2, 0.5)
    grid = np.stack([(x * c - y * s) / across, (x * s + y * c) / down], axis=1)
    if zoom_in or zoom_out:
        turn, corner, reach = np.abs(angles), np.arctan(height / width), np.hypot(height, width)
        far_x = reach * np.maximum(np.abs(np.cos(corner + turn)), np.abs(np.cos(corner - turn)))
        far_y = reach * np.maximum(np.abs(np.sin(corner + turn)), np.abs(np.sin(corner - turn)))
        if zoom_out:
            scale = np.maximum(far_x / width, far_y / height)
        else:
            scale = np.minimum(width / far_x, height / far_y)
        grid = grid * scale[:, None, None, None]
    return grid


def random_rotate(
    src: NDArray, angle_limits: tuple[float, float], zoom_in: bool = False, zoom_out: bool = False
) -> NDArray:
    """Turn images by random angles between two limits in degrees; see ``imrotate``."""
    low, high = angle_limits
    if src.ndim == 3:
        return imrotate(src, chance.uniform(low, high), zoom_in, zoom_out)
    return imrotate(src, chance.generator().uniform(low, high, len(src)), zoom_in, zoom_out)
