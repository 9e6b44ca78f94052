"""Transforms that change where pixels are: turned, cropped, resized, mirrored."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..... import image
from .....errors import DTypeError, ParamError
from .....image import chance
from .....ndarray.array import NDArray
from ....block import Block, HybridBlock


def _pair(size: Any) -> tuple[int, int]:
    """(width, height); one number is a square."""
    return (int(size), int(size)) if isinstance(size, (int, np.integer)) else (int(size[0]), int(size[1]))


def _needs_float32(x: NDArray, where: str) -> None:
    if x.dtype != np.float32:
        raise DTypeError(
            "only float32 images are rotated",
            where=where,
            wanted="float32",
            got=np.dtype(x.dtype).name,
            remedy="Put ToTensor() or Cast() before it",
        )


class Rotate(Block):
    """A float32 tensor (C, H, W) or several turned by an angle in degrees; see ``image.imrotate``."""

    def __init__(self, rotation_degrees: float, zoom_in: bool = False, zoom_out: bool = False) -> None:
        super().__init__()
        self._args = (rotation_degrees, zoom_in, zoom_out)

    def forward(self, x: NDArray) -> NDArray:
        _needs_float32(x, "Rotate")
        return image.imrotate(x, *self._args)


class RandomRotation(Block):
    """A float32 tensor (C, H, W) turned, with a probability, by a random angle between two limits in degrees."""

    def __init__(
        self,
        angle_limits: tuple[float, float],
        zoom_in: bool = False,
        zoom_out: bool = False,
        rotate_with_proba: float = 1.0,
    ) -> None:
        super().__init__()
        lower, upper = angle_limits
        if lower >= upper:
            raise ParamError(
                "the range of angles is empty", parameter="angle_limits", wanted="lower < upper", got=angle_limits
            )
        if not 0 <= rotate_with_proba <= 1:
            raise ParamError("not a probability", parameter="rotate_with_proba", wanted="0 to 1", got=rotate_with_proba)
        self._args = (angle_limits, zoom_in, zoom_out)
        self._proba = rotate_with_proba

    def forward(self, x: NDArray) -> NDArray:
        if not chance.happens(self._proba):
            return x
        _needs_float32(x, "RandomRotation")
        return image.random_rotate(x, *self._args)


class RandomResizedCrop(Block):
    """A random part of an image, of random size and ratio, resized to ``size`` (width, height).

    >>> image = mx.nd.arange(48).reshape((4, 4, 3)).astype("uint8")
    >>> transform = mx.gluon.data.vision.transforms.RandomResizedCrop(2)
    >>> transform(image).shape
    (2, 2, 3)
    """

    def __init__(
        self,
        size: Any,
        scale: tuple[float, float] = (0.08, 1.0),
        ratio: tuple[float, float] = (3.0 / 4.0, 4.0 / 3.0),
        interpolation: int = 1,
    ) -> None:
        super().__init__()
        self._args = (_pair(size), scale, ratio, interpolation)

    def forward(self, x: NDArray) -> NDArray:
        return image.random_size_crop(x, *self._args)[0]


class RandomCrop(Block):
    """A random part of ``size`` (width, height) of an image with a border put around it before.

    ``pad``: pixels on all sides, or ((top, bottom), (left, right)), filled with ``pad_value``. What is smaller than
    ``size`` is scaled up.

    >>> image = mx.nd.arange(48).reshape((4, 4, 3)).astype("uint8")
    >>> transform = mx.gluon.data.vision.transforms.RandomCrop(2)
    >>> transform(image).shape
    (2, 2, 3)
    """

    def __init__(self, size: Any, pad: Any = None, pad_value: float = 0, interpolation: int = 1) -> None:
        super().__init__()
        self._args = (_pair(size), interpolation)
        (top, bottom), (left, right) = ((pad or 0,) * 2,) * 2 if isinstance(pad, int | None) else pad[:2]
        self._border, self._value = (top, bottom, left, right), pad_value

    def forward(self, x: NDArray) -> NDArray:
        if any(self._border):
            x = image.copyMakeBorder(x, *self._border, value=self._value)
        return image.random_crop(x, *self._args)[0]


class CropResize(HybridBlock):
    """The part of an image from column x and row y on, resized to ``size`` where that is given.

    >>> image = mx.nd.arange(48).reshape((4, 4, 3)).astype("uint8")
    >>> transform = mx.gluon.data.vision.transforms.CropResize(x=1, y=0, width=2, height=3)
    >>> transform(image).shape
    (3, 2, 3)
    """

    def __init__(
        self, x: int, y: int, width: int, height: int, size: Any = None, interpolation: int | None = None
    ) -> None:
        super().__init__()
        self._part = {"x": x, "y": y, "width": width, "height": height}
        self._size = None if not size else _pair(size)
        self._interp = 1 if interpolation is None else interpolation

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        part = F.image.crop(x, **self._part)
        return part if self._size is None else F.image.resize(part, size=self._size, interp=self._interp)


class CenterCrop(Block):
    """The middle part of ``size`` (width, height); an image that is smaller is scaled up.

    >>> image = mx.nd.arange(48).reshape((4, 4, 3)).astype("uint8")
    >>> transform = mx.gluon.data.vision.transforms.CenterCrop(2)
    >>> transform(image).shape
    (2, 2, 3)
    """

    def __init__(self, size: Any, interpolation: int = 1) -> None:
        super().__init__()
        self._args = (_pair(size), interpolation)

    def forward(self, x: NDArray) -> NDArray:
        return image.center_crop(x, *self._args)[0]


class Resize(HybridBlock):
    """An image resized to (width, height); one number: a square, or with ``keep_ratio`` the shorter side's length.

    >>> image = mx.nd.arange(48).reshape((4, 4, 3)).astype("uint8")
    >>> transform = mx.gluon.data.vision.transforms.Resize(8)
    >>> transform(image).shape
    (8, 8, 3)
    """

    def __init__(self, size: Any, keep_ratio: bool = False, interpolation: int = 1) -> None:
        super().__init__()
        self._size, self._keep, self._interp = size, keep_ratio, interpolation

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return F.image.resize(x, size=self._size, keep_ratio=self._keep, interp=self._interp)


class RandomFlipLeftRight(HybridBlock):
    """An image mirrored with probability ½.

    >>> image = mx.nd.arange(48).reshape((4, 4, 3)).astype("uint8")
    >>> transform = mx.gluon.data.vision.transforms.RandomFlipLeftRight()
    >>> transform(image).shape
    (4, 4, 3)
    """

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return F.image.random_flip_left_right(x)


class RandomFlipTopBottom(HybridBlock):
    """An image upside down with probability ½.

    >>> image = mx.nd.arange(48).reshape((4, 4, 3)).astype("uint8")
    >>> transform = mx.gluon.data.vision.transforms.RandomFlipTopBottom()
    >>> transform(image).shape
    (4, 4, 3)
    """

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return F.image.random_flip_top_bottom(x)
