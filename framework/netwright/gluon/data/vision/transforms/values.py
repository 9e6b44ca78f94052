"""Transforms that change the values of pixels: their type, their range, their colours."""

from __future__ import annotations

from typing import Any

import numpy as np

from .....image import chance
from .....ndarray.array import NDArray
from .....ndarray.creation import array
from .....ndarray.invoke import F
from ....block import Block, HybridBlock


class Cast(HybridBlock):
    """The image in another dtype.

    >>> image = mx.nd.arange(48).reshape((4, 4, 3)).astype("uint8")
    >>> transform = mx.gluon.data.vision.transforms.Cast("float32")
    >>> transform(image).dtype.__name__
    'float32'
    """

    batchwise = True

    def __init__(self, dtype: Any = "float32") -> None:
        super().__init__()
        self._dtype = np.dtype(dtype).name

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return F.Cast(x, dtype=self._dtype)


class ToTensor(HybridBlock):
    """Numbers 0 … 255 as float32 from 0 to 1, channels first: (H, W, C) → (C, H, W).

    >>> image = mx.nd.arange(48).reshape((4, 4, 3)).astype("uint8")
    >>> transform = mx.gluon.data.vision.transforms.ToTensor()
    >>> transform(image).shape, float(transform(image).max().asscalar()) <= 1
    ((3, 4, 4), True)
    """

    batchwise = True

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return F.image.to_tensor(x)


class Normalize(HybridBlock):
    """A tensor (C, H, W) as (x − mean) / std, with a number for each channel or one for all.

    >>> mx.gluon.data.vision.transforms.Normalize(mean=0.5, std=0.25)(mx.nd.ones((1, 2, 2))).asnumpy()
    array([[[2., 2.],
            [2., 2.]]], dtype=float32)
    """

    batchwise = True

    def __init__(self, mean: Any = 0.0, std: Any = 1.0) -> None:
        super().__init__()
        self._mean, self._std = _numbers(mean), _numbers(std)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return F.image.normalize(x, mean=self._mean, std=self._std)


def _numbers(value: Any) -> tuple[float, ...]:
    values = value.asnumpy() if isinstance(value, NDArray) else value
    return tuple(float(v) for v in np.atleast_1d(np.asarray(values, np.float64)))


class _RandomFactor(HybridBlock):
    """Base: one property of the colours times a factor from 1 ± extent, not below 0."""

    operator: str

    def __init__(self, extent: float) -> None:
        super().__init__()
        self._range = {"min_factor": max(0.0, 1 - extent), "max_factor": 1 + extent}

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return getattr(F.image, self.operator)(x, **self._range)


class RandomBrightness(_RandomFactor):
    """Brightness times a factor from 1 ± ``brightness``.

    >>> image = mx.nd.arange(48).reshape((4, 4, 3)).astype("uint8")
    >>> transform = mx.gluon.data.vision.transforms.RandomBrightness(0.2)
    >>> transform(image).shape
    (4, 4, 3)
    """

    operator = "random_brightness"

    def __init__(self, brightness: float) -> None:
        super().__init__(brightness)


class RandomContrast(_RandomFactor):
    """Contrast times a factor from 1 ± ``contrast``.

    >>> image = mx.nd.arange(48).reshape((4, 4, 3)).astype("uint8")
    >>> transform = mx.gluon.data.vision.transforms.RandomContrast(0.2)
    >>> transform(image).shape
    (4, 4, 3)
    """

    operator = "random_contrast"

    def __init__(self, contrast: float) -> None:
        super().__init__(contrast)


class RandomSaturation(_RandomFactor):
    """Saturation times a factor from 1 ± ``saturation``.

    >>> image = mx.nd.arange(48).reshape((4, 4, 3)).astype("uint8")
    >>> transform = mx.gluon.data.vision.transforms.RandomSaturation(0.2)
    >>> transform(image).shape
    (4, 4, 3)
    """

    operator = "random_saturation"

    def __init__(self, saturation: float) -> None:
        super().__init__(saturation)


class RandomHue(_RandomFactor):
    """Hues turned by 1 ± ``hue`` circles, which is ± ``hue``.

    >>> image = mx.nd.arange(48).reshape((4, 4, 3)).astype("uint8")
    >>> transform = mx.gluon.data.vision.transforms.RandomHue(0.2)
    >>> transform(image).shape
    (4, 4, 3)
    """

    operator = "random_hue"

    def __init__(self, hue: float) -> None:
        super().__init__(hue)


class RandomColorJitter(HybridBlock):
    """Brightness, contrast, saturation and hue changed at random, each by its own extent, in a random order.

    >>> image = mx.nd.arange(48).reshape((4, 4, 3)).astype("uint8")
    >>> transform = mx.gluon.data.vision.transforms.RandomColorJitter(0.1, 0.1, 0.1)
    >>> transform(image).shape
    (4, 4, 3)
    """

    def __init__(self, brightness: float = 0, contrast: float = 0, saturation: float = 0, hue: float = 0) -> None:
        super().__init__()
        self._extents = {"brightness": brightness, "contrast": contrast, "saturation": saturation, "hue": hue}

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return F.image.random_color_jitter(x, **self._extents)


class RandomLighting(HybridBlock):
    """The principal components of ImageNet's colours added, each times a number of standard deviation ``alpha``.

    >>> image = mx.nd.arange(48).reshape((4, 4, 3)).astype("uint8")
    >>> transform = mx.gluon.data.vision.transforms.RandomLighting(0.1)
    >>> transform(image).shape
    (4, 4, 3)
    """

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self._alpha = alpha

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return F.image.random_lighting(x, alpha_std=self._alpha)


class RandomGray(Block):
    """An image in grey, 0.21 red + 0.72 green + 0.07 blue, with probability ``p``; it keeps its channels and dtype.

    >>> image = mx.nd.arange(48).reshape((4, 4, 3)).astype("uint8")
    >>> transform = mx.gluon.data.vision.transforms.RandomGray(0.5)
    >>> transform(image).shape
    (4, 4, 3)
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: NDArray) -> NDArray:
        if not chance.happens(self.p):
            return x
        shares = array([[0.21] * 3, [0.72] * 3, [0.07] * 3], ctx=x.context)
        return F.dot(x.astype("float32"), shares).astype(x.dtype)  # type: ignore[no-any-return]
