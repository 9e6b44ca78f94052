"""Images: read, resized, cropped, turned, augmented, and iterated over in batches (MXNet's ``mx.image``)."""

from __future__ import annotations

from .files import imdecode, imread
from .rotation import imrotate, random_rotate
from .sizes import (
    center_crop,
    color_normalize,
    copyMakeBorder,
    fixed_crop,
    imresize,
    random_crop,
    random_size_crop,
    resize_short,
    scale_down,
)

__all__ = [
    "center_crop",
    "color_normalize",
    "copyMakeBorder",
    "fixed_crop",
    "imdecode",
    "imread",
    "imresize",
    "imrotate",
    "random_crop",
    "random_rotate",
    "random_size_crop",
    "resize_short",
    "scale_down",
]
