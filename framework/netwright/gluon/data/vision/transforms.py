"""Transforms of images (H, W, C) on their way into a network, as blocks: each is called with an image.

Hybrid ones are made of operators and can be hybridized; the others choose sizes or places by the image at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .... import image
from ....errors import DTypeError, ParamError
from ....image import chance
from ....ndarray.array import NDArray
from ....ndarray.creation import array
from ....ndarray.invoke import F
from ...block import Block, HybridBlock
from ...nn import HybridSequential, Sequential


class Compose(Sequential):
    """Transforms one after the other; neighbours that are hybrid run as one compiled block.

    >>> image = mx.nd.arange(48).reshape((4, 4, 3)).astype("uint8")
    >>> steps = [mx.gluon.data.vision.transforms.ToTensor(), mx.gluon.data.vision.transforms.Normalize(0.5, 0.25)]
    >>> mx.gluon.data.vision.transforms.Compose(steps)(image).shape
    (3, 4, 4)
    """

    def __init__(self, transforms: Sequence[Block]) -> None:
        super().__init__()
        run: list[HybridBlock] = []
        for transform in [*transforms, None]:
            if isinstance(transform, HybridBlock):
                run.append(transform)
                continue
            if len(run) == 1:
                self.add(run[0])
            elif run:
                self.add(_compiled(run))
            run = []
            if transform is not None:
                self.add(transform)


def _compiled(blocks: Sequence[HybridBlock]) -> HybridSequential:
    joined = HybridSequential()
    joined.add(*blocks)
    joined.hybridize()
    return joined


class HybridCompose(HybridSequential):
    """Hybrid transforms one after the other, compiled as one."""

    def __init__(self, transforms: Sequence[HybridBlock]) -> None:
        super().__init__()
        for transform in transforms:
            if not isinstance(transform, HybridBlock):
                raise ParamError(
                    "only hybrid transforms can be compiled",
                    where="HybridCompose",
                    wanted="HybridBlocks",
                    got=type(transform).__name__,
                    remedy="Use Compose",
                )
            self.add(transform)
        self.hybridize()


class Cast(HybridBlock):
    """The image in another dtype.

    >>> image = mx.nd.arange(48).reshape((4, 4, 3)).astype("uint8")
    >>> transform = mx.gluon.data.vision.transforms.Cast("float32")
    >>> transform(image).dtype.__name__
    'float32'
    """

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

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return F.image.to_tensor(x)


class Normalize(HybridBlock):
    """A tensor (C, H, W) as (x − mean) / std, with a number for each channel or one for all.

    >>> mx.gluon.data.vision.transforms.Normalize(mean=0.5, std=0.25)(mx.nd.ones((1, 2, 2))).asnumpy()
    array([[[2., 2.],
            [2., 2.]]], dtype=float32)
    """

    def __init__(self, mean: Any = 0.0, std: Any = 1.0) -> None:
        super().__init__()
        self._mean, self._std = _numbers(mean), _numbers(std)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return F.image.normalize(x, mean=self._mean, std=self._std)


def _numbers(value: Any) -> tuple[float, ...]:
    values = value.asnumpy() if isinstance(value, NDArray) else value
    return tuple(float(v) for v in np.atleast_1d(np.asarray(values, np.float64)))


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


class RandomApply(Block):
    """Transforms applied, all or none, with probability ``p``."""

    def __init__(self, transforms: Any, p: float = 0.5) -> None:
        super().__init__()
        self.transforms, self.p = transforms, p
        self._steps = list(transforms) if isinstance(transforms, (list, tuple)) else [transforms]
        for step in self._steps:
            if isinstance(step, Block) and step is not transforms:  # an attribute is a child already
                self.register_child(step)

    def forward(self, x: Any) -> Any:
        if not chance.happens(self.p):
            return x
        for step in self._steps:
            x = step(x)
        return x


class HybridRandomApply(HybridSequential):
    """A hybrid transform applied with probability ``p``; it must keep shape and dtype."""

    def __init__(self, transforms: HybridBlock, p: float = 0.5) -> None:
        super().__init__()
        if not isinstance(transforms, HybridBlock):
            raise ParamError(
                "only a hybrid transform can be compiled",
                where="HybridRandomApply",
                wanted="a HybridBlock",
                got=type(transforms).__name__,
                remedy="Use RandomApply",
            )
        self.transforms, self.p = transforms, p

    def hybrid_forward(self, F: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        drawn = F.random_uniform(low=0.0, high=1.0, shape=(1,)) < self.p
        return F.contrib.cond(drawn, lambda: self.transforms(x), lambda: x)
