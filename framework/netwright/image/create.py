"""The usual list of augmenters, made of a few numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ParamError
from ..ndarray.array import NDArray
from .augmenters import (
    PCA_VALUES,
    PCA_VECTORS,
    Augmenter,
    CastAug,
    CenterCropAug,
    ColorJitterAug,
    ColorNormalizeAug,
    HorizontalFlipAug,
    HueJitterAug,
    LightingAug,
    RandomCropAug,
    RandomGrayAug,
    RandomSizedCropAug,
    ResizeAug,
)

MEAN = np.array([123.68, 116.28, 103.53])
DEVIATION = np.array([58.395, 57.12, 57.375])
"""Mean and standard deviation of ImageNet's colours."""


def colours(
    brightness: float,
    contrast: float,
    saturation: float,
    hue: float,
    pca_noise: float,
    rand_gray: float,
    mean: Any,
    std: Any,
) -> list[Augmenter]:
    """Augmenters of colours, behind a cast to float32; what is 0 or None is left out."""
    found: list[Augmenter] = [CastAug()]
    if brightness or contrast or saturation:
        found.append(ColorJitterAug(brightness, contrast, saturation))
    if hue:
        found.append(HueJitterAug(hue))
    if pca_noise > 0:
        found.append(LightingAug(pca_noise, PCA_VALUES, PCA_VECTORS))
    if rand_gray > 0:
        found.append(RandomGrayAug(rand_gray))
    mean, std = _numbers(mean, MEAN, "mean"), _numbers(std, DEVIATION, "std")
    if mean is not None or std is not None:
        found.append(ColorNormalizeAug(mean, std))
    return found


def _numbers(value: Any, usual: Any, name: str) -> Any:
    """ImageNet's numbers for True, else an array of one or three."""
    if value is None or value is False:
        return None
    if value is True:
        return usual
    values = value.asnumpy() if isinstance(value, NDArray) else np.asarray(value, np.float64)
    if values.shape not in ((1,), (3,)):
        raise ParamError("one number for each channel", parameter=name, wanted="True, 1 or 3 numbers", got=value)
    return values


def CreateAugmenter(
    data_shape: tuple[int, int, int],
    resize: int = 0,
    rand_crop: bool = False,
    rand_resize: bool = False,
    rand_mirror: bool = False,
    mean: Any = None,
    std: Any = None,
    brightness: float = 0,
    contrast: float = 0,
    saturation: float = 0,
    hue: float = 0,
    pca_noise: float = 0,
    rand_gray: float = 0,
    inter_method: int = 2,
) -> list[Augmenter]:
    """Augmenters that bring images to ``data_shape`` (channels, height, width) and change them at random.

    In order: the shorter side to ``resize``; a middle part, a random one (``rand_crop``), or one of random size
    (``rand_resize`` too); mirrored half of the times; float32; colours; grey; normalized by ``mean`` and ``std``
    (True: ImageNet's). ``inter_method`` counts as in ``imresize``.

    >>> [type(a).__name__ for a in mx.image.CreateAugmenter((3, 24, 24), rand_crop=True, rand_mirror=True, mean=True)]
    ['RandomCropAug', 'HorizontalFlipAug', 'CastAug', 'ColorNormalizeAug']
    """
    found: list[Augmenter] = []
    if resize > 0:
        found.append(ResizeAug(resize, inter_method))
    size = (data_shape[2], data_shape[1])
    if rand_resize:
        if not rand_crop:
            raise ParamError("a crop of random size is a random crop", parameter="rand_resize", wanted="rand_crop=True")
        found.append(RandomSizedCropAug(size, 0.08, (3.0 / 4.0, 4.0 / 3.0), inter_method))
    elif rand_crop:
        found.append(RandomCropAug(size, inter_method))
    else:
        found.append(CenterCropAug(size, inter_method))
    if rand_mirror:
        found.append(HorizontalFlipAug(0.5))
    return found + colours(brightness, contrast, saturation, hue, pca_noise, rand_gray, mean, std)
