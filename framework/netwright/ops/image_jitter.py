"""Colours of images (H, W, C) changed at random: brightness, contrast, saturation, hue and lighting.

Formulas and constants are MXNet 1.9's, its roundings too: results are cut off to the range of the dtype, then towards
zero where it is an integer one. Images of one channel have no saturation, hue or lighting: they come out unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from ..errors import ParamError, ShapeError
from .arrays import deliver
from .image import ImageOperator, Numbers, check_image, pictures
from .operator import Port, Sample, Shapes
from .params import OpParams
from .registry import register

GREY = (0.299, 0.587, 0.114)
"""What red, green and blue count for brightness (ITU-R BT.601)."""

EIGENVECTORS = np.array(
    [
        [55.46 * -0.5675, 4.794 * 0.7192, 1.148 * 0.4009],
        [55.46 * -0.5808, 4.794 * -0.0045, 1.148 * -0.8140],
        [55.46 * -0.5836, 4.794 * -0.6948, 1.148 * 0.4203],
    ]
)
"""The principal components of ImageNet's colours, each times the root of its eigenvalue (Krizhevsky et al. 2012)."""


def work_dtype(data: Any) -> Any:
    """What is computed in: float64 for float64, else float32."""
    return np.dtype(np.float64) if data.dtype == np.float64 else np.dtype(np.float32)


def saturated(xp: Any, values: Any, dtype: Any) -> Any:
    """Values in an image's dtype: cut off to its range, and towards zero for integers."""
    if dtype.kind == "f":
        return values.astype(dtype, copy=False)
    limits = np.iinfo(dtype)
    return xp.clip(values.astype(np.float64), limits.min, limits.max).astype(dtype)


def brightness(xp: Any, data: Any, factor: float) -> Any:
    """data · factor."""
    work = work_dtype(data)
    return saturated(xp, data.astype(work) * work.type(factor), data.dtype)


def contrast(xp: Any, data: Any, factor: float) -> Any:
    """data · factor + (1 − factor) · mean grey of the image."""
    work = work_dtype(data)
    values = data.astype(work)
    grey = values if data.shape[2] == 1 else values @ xp.asarray(GREY, dtype=work)
    mean = grey.mean(dtype=np.float64).astype(work)
    return saturated(xp, values * work.type(factor) + work.type(1 - factor) * mean, data.dtype)


def saturation(xp: Any, data: Any, factor: float) -> Any:
    """data · factor + (1 − factor) · grey of the pixel.

    As in MXNet 1.9, this grey is the last channel's share alone (0.114 · blue), darker than the eye's;
    ``netwright.image.SaturationJitterAug`` takes all three channels.
    """
    if data.shape[2] == 1:
        return data.copy()
    work = work_dtype(data)
    values = data.astype(work)
    grey = values[..., 2:] * work.type(GREY[2])
    return saturated(xp, values * work.type(factor) + grey * work.type(1 - factor), data.dtype)


def hue(xp: Any, data: Any, turn: float, lighter: float = 0.0, stronger: float = 0.0) -> Any:
    """Hues turned by ``turn`` times 360°, in the space of hue, lightness and saturation.

    ``lighter`` and ``stronger`` are added to the other two, which are kept between 0 and 1.
    """
    if data.shape[2] == 1:
        return data.copy()
    work = work_dtype(data)
    r, g, b = (data[..., c].astype(work) / work.type(255) for c in range(3))
    high, low = xp.maximum(xp.maximum(r, g), b), xp.minimum(xp.minimum(r, g), b)
    spread, lightness = high - low, (high + low) / 2
    coloured = spread > np.finfo(np.float32).eps
    safe = xp.where(coloured, spread, 1)
    sixth = xp.where(high == r, (g - b) / safe, xp.where(high == g, (b - r) / safe + 2, (r - g) / safe + 4))
    sixth = xp.where(sixth < 0, sixth + 6, sixth)
    whole = xp.where(lightness < 0.5, high + low, 2 - high - low)
    strength = xp.where(coloured, spread / xp.where(coloured, whole, 1), 0)
    if lighter or stronger:
        lightness, strength = xp.clip(lightness + lighter, 0, 1), xp.clip(strength + stronger, 0, 1)
    place = xp.mod(sixth + work.type(6 * turn), 6)
    top = xp.where(lightness <= 0.5, lightness * (1 + strength), lightness + strength - lightness * strength)
    bottom = 2 * lightness - top
    made = []
    for shift in (2, 0, -2):  # red, green, blue: where on the circle of six each is brightest
        at = xp.mod(place + shift, 6)
        ramp = xp.where(at < 1, at, xp.where(at < 3, 1, xp.where(at < 4, 4 - at, 0)))
        made.append(xp.where(coloured, bottom + (top - bottom) * ramp, lightness) * work.type(255))
    return saturated(xp, xp.stack(made, axis=-1), data.dtype)


def lighting(xp: Any, data: Any, alpha: Iterable[float]) -> Any:
    """data + the principal components of colours, each times its alpha."""
    if data.shape[2] == 1:
        return data.copy()
    work = work_dtype(data)
    shift = EIGENVECTORS.astype(work) @ np.array(list(alpha), work)
    return saturated(xp, data.astype(work) + xp.asarray(shift, dtype=work), data.dtype)


class ColourOperator(ImageOperator):
    """Base of the operators on colours: an image (H, W, C) with 1 or 3 channels in, one out."""

    inputs = (Port("data", doc="an image (H, W, C)"),)
    channels: ClassVar[tuple[int, ...]] = (1, 3)
    """Numbers of channels it can change; empty: any."""

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is not None:
            check_image(data, batched=False)
            if self.channels and data[2] not in self.channels:
                raise ShapeError("an image has 1 or 3 channels", port="data", wanted="(H, W, 1 or 3)", got=data)
        return shapes, [data]


def uniform(rng: Any, low: float, high: float) -> float:
    """One number from [low, high)."""
    return low + (high - low) * float(rng.random(1, dtype=np.float32)[0])


class FactorParams(OpParams):
    """The range of a random factor."""

    min_factor: float = Field(ge=0, description="smallest factor")
    max_factor: float = Field(ge=0, description="largest factor")


class _RandomFactor(ColourOperator):
    """Base: one change by a factor drawn uniformly."""

    Params = FactorParams
    change: ClassVar[Any]

    def infer_shape(self, p: FactorParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        if p.min_factor > p.max_factor:
            raise ParamError(
                "the range is empty",
                parameter="max_factor",
                wanted=f"at least min_factor = {p.min_factor}",
                got=p.max_factor,
            )
        return super().infer_shape(p, shapes)

    def forward(self, xp: Any, p: FactorParams, data: Any, *, rng: Any) -> Any:
        return self.change(xp, data, uniform(rng, p.min_factor, p.max_factor))

    def samples(self) -> Iterable[Sample]:
        # without a range nothing is random: the reference can tell what comes out
        for factor, channels in ((0.625, 3), (1.25, 3), (1.25, 1)):
            for sample in pictures((4, 5, channels), min_factor=factor, max_factor=factor):
                yield Sample(sample.inputs, sample.params, differentiable=False, dtypes=sample.dtypes)


@register
class RandomBrightness(_RandomFactor):
    """An image times a factor drawn uniformly from [min_factor, max_factor)."""

    name = "_image_random_brightness"
    channels = ()
    change = staticmethod(brightness)


@register
class RandomContrast(_RandomFactor):
    """An image drawn away from its mean grey by a factor from [min_factor, max_factor): y = f·x + (1 − f)·mean grey."""

    name = "_image_random_contrast"
    change = staticmethod(contrast)


@register
class RandomSaturation(_RandomFactor):
    """Each pixel drawn away from its grey by a factor from [min_factor, max_factor): y = f·x + (1 − f)·grey.

    As in MXNet 1.9 the grey is 0.114 times the last channel; ``image.SaturationJitterAug`` takes all three.
    """

    name = "_image_random_saturation"
    change = staticmethod(saturation)


@register
class RandomHue(_RandomFactor):
    """Hues turned by 360° times a factor from [min_factor, max_factor); 0 and 1 change nothing."""

    name = "_image_random_hue"
    change = staticmethod(hue)

    def samples(self) -> Iterable[Sample]:
        # whole numbers come out whole but for a rounding error, and are cut off then: floats can be compared
        return (sample for sample in super().samples() if sample.inputs[0].dtype is None)  # type: ignore[union-attr]


class JitterParams(OpParams):
    """What image.random_color_jitter takes."""

    brightness: float = Field(ge=0, description="the factor is drawn from 1 ± this; 0: left alone")
    contrast: float = Field(ge=0, description="the factor is drawn from 1 ± this; 0: left alone")
    saturation: float = Field(ge=0, description="the factor is drawn from 1 ± this; 0: left alone")
    hue: float = Field(ge=0, description="the turn is drawn from ± this, in circles; 0: left alone")


_CHANGES: dict[str, Any] = {"brightness": brightness, "contrast": contrast, "saturation": saturation, "hue": hue}


@register
class RandomColorJitter(ColourOperator):
    """Brightness, contrast, saturation and hue changed at random, in a random order."""

    name = "_image_random_color_jitter"
    Params = JitterParams

    def forward(self, xp: Any, p: JitterParams, data: Any, *, rng: Any) -> Any:
        order = np.argsort([uniform(rng, 0, 1) for _ in _CHANGES])
        made = data.copy()
        for name in (tuple(_CHANGES)[i] for i in order):
            extent = getattr(p, name)
            if extent > 0:
                middle = 0.0 if name == "hue" else 1.0
                made = _CHANGES[name](xp, made, middle + uniform(rng, -extent, extent))
        return made

    def samples(self) -> Iterable[Sample]:
        little = {"brightness": 0.2, "contrast": 0.2, "saturation": 0.2, "hue": 0.1}
        for sample in pictures((4, 5, 3), **little):
            yield Sample(sample.inputs, sample.params, differentiable=False, dtypes=sample.dtypes)
        yield Sample(((2, 3, 1),), dict.fromkeys(little, 0.0), differentiable=False)


class AdjustLightingParams(OpParams):
    """What image.adjust_lighting takes."""

    alpha: Numbers = Field(description="how much of each of the three principal components is added")


@register
class AdjustLighting(ColourOperator):
    """Principal components of ImageNet's colours added to an image of values 0 … 255 (Krizhevsky et al. 2012)."""

    name = "_image_adjust_lighting"
    Params = AdjustLightingParams

    def infer_shape(self, p: AdjustLightingParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        if len(p.alpha) != 3:
            raise ParamError("one number for each component", parameter="alpha", wanted="3 numbers", got=p.alpha)
        return super().infer_shape(p, shapes)

    def forward(self, xp: Any, p: AdjustLightingParams, data: Any, *, out: Any = None) -> Any:
        return deliver(xp, lighting(xp, data, p.alpha), out)

    def gradient(self, F: Any, p: AdjustLightingParams, at: Any, dy: Any) -> Any:
        return dy if at.inputs[0].dtype.kind == "f" else None

    def samples(self) -> Iterable[Sample]:
        yield from pictures((4, 5, 3), alpha=(0.1, -0.2, 0.3))
        yield Sample(((2, 3, 1),), {"alpha": (0.1, 0.2, 0.3)})


class RandomLightingParams(OpParams):
    """What image.random_lighting takes."""

    alpha_std: float = Field(0.05, ge=0, description="standard deviation of the three alphas")


@register
class RandomLighting(ColourOperator):
    """Principal components of ImageNet's colours added to an image, each times a normally distributed number."""

    name = "_image_random_lighting"
    Params = RandomLightingParams

    def forward(self, xp: Any, p: RandomLightingParams, data: Any, *, rng: Any) -> Any:
        drawn = rng.standard_normal(3, dtype=np.float32) * np.float32(p.alpha_std)
        return lighting(xp, data, drawn.tolist())

    def samples(self) -> Iterable[Sample]:
        for sample in pictures((4, 5, 3)):
            yield Sample(sample.inputs, sample.params, differentiable=False, dtypes=sample.dtypes)
        yield Sample(((4, 5, 3),), {"alpha_std": 0.0}, differentiable=False)
