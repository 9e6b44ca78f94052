"""Augmenters: random and fixed changes of an image (H, W, C), one after the other.

Each is called with an image and returns one; ``dumps()`` tells its class and arguments. Those that change colours work
in float32: images of integers are cast first.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from ..ndarray.array import NDArray
from ..ndarray.creation import array
from ..ndarray.invoke import F
from . import chance
from .sizes import (
    Size,
    center_crop,
    color_normalize,
    imresize,
    interpolation,
    random_crop,
    random_size_crop,
    resize_short,
)

SHARES = (0.299, 0.587, 0.114)
"""What red, green and blue count for brightness."""

PCA_VALUES = np.array([55.46, 4.794, 1.148])
PCA_VECTORS = np.array([[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]])
"""The principal components of ImageNet's colours (Krizhevsky et al. 2012)."""


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """Arguments as JSON can hold them."""
    return {k: _listed(v) for k, v in values.items()}


def _listed(value: Any) -> Any:
    if isinstance(value, NDArray):
        value = value.asnumpy()
    return value.tolist() if isinstance(value, np.ndarray) else value


class Augmenter:
    """Base: ``augmenter(image)`` is the changed image; keyword arguments are what ``dumps()`` tells."""

    def __init__(self, **kwargs: Any) -> None:
        self._kwargs = plain(kwargs)

    def dumps(self) -> Any:
        """Class and arguments as JSON."""
        return json.dumps([type(self).__name__.lower(), self._kwargs])

    def __call__(self, src: NDArray) -> NDArray:
        raise NotImplementedError("an augmenter says what it does")


class SequentialAug(Augmenter):
    """Augmenters in order."""

    def __init__(self, ts: Sequence[Augmenter]) -> None:
        super().__init__()
        self.ts = list(ts)

    def dumps(self) -> Any:
        return [type(self).__name__.lower(), [t.dumps() for t in self.ts]]

    def __call__(self, src: NDArray) -> NDArray:
        for t in self.ts:
            src = t(src)
        return src


class RandomOrderAug(SequentialAug):
    """Augmenters in a random order."""

    def __call__(self, src: NDArray) -> NDArray:
        for i in chance.order(len(self.ts)):
            src = self.ts[i](src)
        return src


class ResizeAug(Augmenter):
    """The shorter side becomes ``size``."""

    def __init__(self, size: int, interp: int = 2) -> None:
        super().__init__(size=size, interp=interp)
        self.size, self.interp = size, interp

    def __call__(self, src: NDArray) -> NDArray:
        return resize_short(src, self.size, self.interp)


class ForceResizeAug(Augmenter):
    """Resized to ``size`` (width, height), whatever the ratio."""

    def __init__(self, size: Size, interp: int = 2) -> None:
        super().__init__(size=size, interp=interp)
        self.size, self.interp = size, interp

    def __call__(self, src: NDArray) -> NDArray:
        sizes = (src.shape[0], src.shape[1], self.size[1], self.size[0])
        return imresize(src, *self.size, interp=interpolation(self.interp, sizes))


class RandomCropAug(Augmenter):
    """A random part of ``size`` (width, height)."""

    def __init__(self, size: Size, interp: int = 2) -> None:
        super().__init__(size=size, interp=interp)
        self.size, self.interp = size, interp

    def __call__(self, src: NDArray) -> NDArray:
        return random_crop(src, self.size, self.interp)[0]


class RandomSizedCropAug(Augmenter):
    """A random part of random size and ratio, resized to ``size``; see ``random_size_crop``."""

    def __init__(self, size: Size, area: Any, ratio: tuple[float, float], interp: int = 2, **kwargs: Any) -> None:
        area = kwargs.pop("min_area", area)
        super().__init__(size=size, area=area, ratio=ratio, interp=interp, **kwargs)
        self.size, self.area, self.ratio, self.interp = size, area, ratio, interp

    def __call__(self, src: NDArray) -> NDArray:
        return random_size_crop(src, self.size, self.area, self.ratio, self.interp)[0]


class CenterCropAug(Augmenter):
    """The middle part of ``size`` (width, height)."""

    def __init__(self, size: Size, interp: int = 2) -> None:
        super().__init__(size=size, interp=interp)
        self.size, self.interp = size, interp

    def __call__(self, src: NDArray) -> NDArray:
        return center_crop(src, self.size, self.interp)[0]


class CastAug(Augmenter):
    """The image in another dtype."""

    def __init__(self, typ: str = "float32") -> None:
        super().__init__(type=typ)
        self.typ = typ

    def __call__(self, src: NDArray) -> NDArray:
        return src.astype(self.typ)


class HorizontalFlipAug(Augmenter):
    """Mirrored with probability ``p``."""

    def __init__(self, p: float) -> None:
        super().__init__(p=p)
        self.p = p

    def __call__(self, src: NDArray) -> NDArray:
        return cast(NDArray, F.reverse(src, axis=1)) if chance.happens(self.p) else src


def fractions(src: NDArray) -> NDArray:
    """The image in floating-point numbers."""
    return src if np.dtype(src.dtype).kind == "f" else src.astype("float32")


def _colours(src: NDArray, matrix: Any) -> NDArray:
    """Each pixel's colours times a 3 × 3 matrix."""
    return cast(NDArray, F.dot(src, array(matrix, ctx=src.context, dtype=src.dtype)))


class BrightnessJitterAug(Augmenter):
    """Brightness times a factor from 1 ± ``brightness``."""

    def __init__(self, brightness: float) -> None:
        super().__init__(brightness=brightness)
        self.brightness = brightness

    def __call__(self, src: NDArray) -> NDArray:
        return cast(NDArray, fractions(src) * (1.0 + chance.uniform(-self.brightness, self.brightness)))


class ContrastJitterAug(Augmenter):
    """Drawn away from the mean grey by a factor f from 1 ± ``contrast``: f · x + (1 − f) · mean."""

    def __init__(self, contrast: float) -> None:
        super().__init__(contrast=contrast)
        self.contrast = contrast

    def __call__(self, src: NDArray) -> NDArray:
        factor = 1.0 + chance.uniform(-self.contrast, self.contrast)
        src = fractions(src)
        mean = F.sum(_colours(src, [[share] for share in SHARES])) * ((1.0 - factor) / (src.shape[0] * src.shape[1]))
        return cast(NDArray, F.broadcast_add(src * factor, F.reshape(mean, shape=(1, 1, 1))))


class SaturationJitterAug(Augmenter):
    """Each pixel drawn away from its grey by a factor f from 1 ± ``saturation``: f · x + (1 − f) · grey."""

    def __init__(self, saturation: float) -> None:
        super().__init__(saturation=saturation)
        self.saturation = saturation

    def __call__(self, src: NDArray) -> NDArray:
        factor = 1.0 + chance.uniform(-self.saturation, self.saturation)
        src = fractions(src)
        grey = _colours(src, [[share] for share in SHARES]) * (1.0 - factor)
        return cast(NDArray, F.broadcast_add(src * factor, grey))


class HueJitterAug(Augmenter):
    """Colours turned in the plane of the colour television standard YIQ by up to ``hue`` · 180°."""

    TO_YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.321], [0.211, -0.523, 0.311]])
    FROM_YIQ = np.array([[1.0, 0.956, 0.621], [1.0, -0.272, -0.647], [1.0, -1.107, 1.705]])

    def __init__(self, hue: float) -> None:
        super().__init__(hue=hue)
        self.hue = hue

    def __call__(self, src: NDArray) -> NDArray:
        angle = chance.uniform(-self.hue, self.hue) * math.pi
        c, s = math.cos(angle), math.sin(angle)
        turn = np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])
        return _colours(fractions(src), (self.FROM_YIQ @ turn @ self.TO_YIQ).T)


class ColorJitterAug(RandomOrderAug):
    """Brightness, contrast and saturation changed at random, in a random order."""

    def __init__(self, brightness: float, contrast: float, saturation: float) -> None:
        kinds: list[tuple[Any, float]] = [
            (BrightnessJitterAug, brightness),
            (ContrastJitterAug, contrast),
            (SaturationJitterAug, saturation),
        ]
        super().__init__([kind(extent) for kind, extent in kinds if extent > 0])


class LightingAug(Augmenter):
    """Principal components of colours added, each times a number of standard deviation ``alphastd``."""

    def __init__(self, alphastd: float, eigval: Any, eigvec: Any) -> None:
        super().__init__(alphastd=alphastd, eigval=eigval, eigvec=eigvec)
        self.alphastd, self.eigval, self.eigvec = alphastd, np.asarray(eigval), np.asarray(eigvec)

    def __call__(self, src: NDArray) -> NDArray:
        alpha = chance.generator().normal(0, self.alphastd, 3)
        shift = (self.eigvec * alpha) @ self.eigval
        src = fractions(src)
        return cast(NDArray, F.broadcast_add(src, array(shift.reshape(1, 1, 3), ctx=src.context, dtype=src.dtype)))


class ColorNormalizeAug(Augmenter):
    """(x − mean) / std; either may be None."""

    def __init__(self, mean: Any, std: Any) -> None:
        super().__init__(mean=mean, std=std)
        self.mean, self.std = _parameter(mean), _parameter(std)

    def __call__(self, src: NDArray) -> NDArray:
        return color_normalize(src, self.mean, self.std)


def _parameter(values: Any) -> NDArray | None:
    return values if values is None or isinstance(values, NDArray) else array(values)


class RandomGrayAug(Augmenter):
    """In grey, 0.21 red + 0.72 green + 0.07 blue, with probability ``p``; three channels stay three."""

    def __init__(self, p: float) -> None:
        super().__init__(p=p)
        self.p = p

    def __call__(self, src: NDArray) -> NDArray:
        return _colours(fractions(src), [[0.21] * 3, [0.72] * 3, [0.07] * 3]) if chance.happens(self.p) else src
