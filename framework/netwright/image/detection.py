"""Augmenters of images with boxes: each is called with (image, label) and returns both.

A label is an array (objects, 5 or more): class, left, top, right, bottom as shares of width and height, and whatever
else; a class below 0 is no object.
"""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from ..errors import ParamError
from ..ndarray.array import NDArray
from ..ndarray.invoke import F
from . import chance
from .augmenters import Augmenter, ForceResizeAug, ResizeAug, plain
from .create import colours
from .sizes import copyMakeBorder, fixed_crop

Boxes = Any
"""An array (objects, 5 or more) of NumPy."""

Range = tuple[float, float]


class DetAugmenter:
    """Base: ``augmenter(image, label)`` changes both; keyword arguments are what ``dumps()`` tells."""

    def __init__(self, **kwargs: Any) -> None:
        self._kwargs = plain(kwargs)

    def dumps(self) -> Any:
        """Class and arguments as JSON."""
        return json.dumps([type(self).__name__.lower(), self._kwargs])

    def __call__(self, src: NDArray, label: Boxes) -> tuple[NDArray, Boxes]:
        raise NotImplementedError("an augmenter says what it does")


class DetBorrowAug(DetAugmenter):
    """An augmenter of images alone, which leaves boxes where they are."""

    def __init__(self, augmenter: Augmenter) -> None:
        if not isinstance(augmenter, Augmenter):
            raise ParamError(
                "what is borrowed is an augmenter of images",
                where="DetBorrowAug",
                wanted="an Augmenter",
                got=type(augmenter).__name__,
            )
        super().__init__(augmenter=augmenter.dumps())
        self.augmenter = augmenter

    def dumps(self) -> Any:
        return [type(self).__name__.lower(), self.augmenter.dumps()]

    def __call__(self, src: NDArray, label: Boxes) -> tuple[NDArray, Boxes]:
        return self.augmenter(src), label


class DetRandomSelectAug(DetAugmenter):
    """One augmenter of several, chosen at random; none with probability ``skip_prob``."""

    def __init__(self, aug_list: DetAugmenter | Sequence[DetAugmenter], skip_prob: float = 0) -> None:
        found = list(aug_list) if isinstance(aug_list, (list, tuple)) else [aug_list]
        for augmenter in found:
            if not isinstance(augmenter, DetAugmenter):
                raise ParamError(
                    "only augmenters of boxes can be chosen",
                    where="DetRandomSelectAug",
                    wanted="DetAugmenters",
                    got=type(augmenter).__name__,
                )
        self.aug_list = cast("list[DetAugmenter]", found)
        self.skip_prob = skip_prob if found else 1
        super().__init__(skip_prob=self.skip_prob)

    def dumps(self) -> Any:
        return [type(self).__name__.lower(), [a.dumps() for a in self.aug_list]]

    def __call__(self, src: NDArray, label: Boxes) -> tuple[NDArray, Boxes]:
        if chance.happens(self.skip_prob):
            return src, label
        return self.aug_list[chance.whole(0, len(self.aug_list) - 1)](src, label)


class DetHorizontalFlipAug(DetAugmenter):
    """Mirrored with probability ``p``."""

    def __init__(self, p: float) -> None:
        super().__init__(p=p)
        self.p = p

    def __call__(self, src: NDArray, label: Boxes) -> tuple[NDArray, Boxes]:
        if not chance.happens(self.p):
            return src, label
        label = label.copy()
        label[:, 1], label[:, 3] = 1 - label[:, 3], 1 - label[:, 1]
        return F.reverse(src, axis=1), label


def areas(boxes: Any) -> Any:
    """Areas of boxes (…, 4) that are given by their corners."""
    return np.maximum(0, boxes[:, 3] - boxes[:, 1]) * np.maximum(0, boxes[:, 2] - boxes[:, 0])


def _pair(value: Any) -> Range:
    return (value[0], value[1]) if isinstance(value, (tuple, list)) else (value, value)


def _usable(name: str, ratio: Range, area: Range, least: float) -> bool:
    """Whether the ranges hold anything; warns where they do not, and the augmenter does nothing."""
    if area[1] <= least or area[0] > area[1]:
        warnings.warn(f"{name} does nothing: area_range = {area} is empty", stacklevel=3)
        return False
    if ratio[0] <= 0 or ratio[0] > ratio[1]:
        warnings.warn(f"{name} does nothing: aspect_ratio_range = {ratio} is empty", stacklevel=3)
        return False
    return True


class DetRandomCropAug(DetAugmenter):
    """A random part that keeps enough of the objects.

    Of every object that is touched, more than ``min_object_covered`` must be inside. ``aspect_ratio_range`` (width over
    height) and ``area_range`` (share of the image) bound the part. Objects of which ``min_eject_coverage`` or less
    is left are dropped. After ``max_attempts`` the image stays whole.
    """

    def __init__(
        self,
        min_object_covered: float = 0.1,
        aspect_ratio_range: Any = (0.75, 1.33),
        area_range: Any = (0.05, 1.0),
        min_eject_coverage: float = 0.3,
        max_attempts: int = 50,
    ) -> None:
        self.aspect_ratio_range, self.area_range = _pair(aspect_ratio_range), _pair(area_range)
        super().__init__(
            min_object_covered=min_object_covered,
            aspect_ratio_range=self.aspect_ratio_range,
            area_range=self.area_range,
            min_eject_coverage=min_eject_coverage,
            max_attempts=max_attempts,
        )
        self.min_object_covered, self.min_eject_coverage = min_object_covered, min_eject_coverage
        self.max_attempts = max_attempts
        self.enabled = _usable("DetRandomCropAug", self.aspect_ratio_range, self.area_range, 0)

    def __call__(self, src: NDArray, label: Boxes) -> tuple[NDArray, Boxes]:
        height, width = src.shape[:2]
        for _ in range(self.max_attempts if self.enabled else 0):
            size = self._size(height, width)
            if size is None:
                continue
            w, h = size
            y, x = chance.whole(0, height - h), chance.whole(0, width - w)
            if self._covers(label, (x, y, w, h), height, width):
                kept = self._cropped(label, (x, y, w, h), height, width)
                if kept is not None:
                    return fixed_crop(src, x, y, w, h), kept
        return src, label

    def _size(self, height: int, width: int) -> tuple[int, int] | None:
        """A random (width, height) within the ranges and the image, or None."""
        ratio = chance.uniform(*self.aspect_ratio_range)
        least, most = (share * height * width for share in self.area_range)
        highest = min(round(math.sqrt(most / ratio)), height, int((width + 0.4999999) / ratio))
        lowest = min(round(math.sqrt(least / ratio)), highest)
        h = chance.whole(lowest, highest)
        w = round(h * ratio)
        if w * h < least:
            h += 1
        elif w * h > most:
            h -= 1
        w = round(h * ratio)
        fits = 0 < w <= width and 0 < h <= height and least <= w * h <= most
        return (w, h) if fits else None

    def _covers(self, label: Boxes, part: tuple[int, int, int, int], height: int, width: int) -> bool:
        x, y, w, h = part
        if w * h < 2:
            return False
        boxes = label[areas(label[:, 1:]) * width * height > 2, 1:5]
        low = np.maximum(boxes[:, :2], (x / width, y / height))
        high = np.minimum(boxes[:, 2:], ((x + w) / width, (y + h) / height))
        shares = np.prod(np.maximum(high - low, 0), axis=1) / areas(boxes)
        touched = shares[shares > 0]
        return bool(touched.size and touched.min() > self.min_object_covered)

    def _cropped(self, label: Boxes, part: tuple[int, int, int, int], height: int, width: int) -> Boxes | None:
        """The label in the part's own shares, without objects that are left out; None where none is left."""
        x, y, w, h = part[0] / width, part[1] / height, part[2] / width, part[3] / height
        out = label.copy()
        out[:, 1:5] = np.clip((label[:, 1:5] - (x, y, x, y)) / (w, h, w, h), 0, 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            left = areas(out[:, 1:]) * w * h / areas(label[:, 1:])
        out = out[(out[:, 3] > out[:, 1]) & (out[:, 4] > out[:, 2]) & (left > self.min_eject_coverage)]
        return out if len(out) else None


class DetRandomPadAug(DetAugmenter):
    """The image at a random place of a larger one, filled with ``pad_val``.

    ``aspect_ratio_range`` (width over height) and ``area_range`` (times the image's) bound the larger one.
    """

    def __init__(
        self,
        aspect_ratio_range: Any = (0.75, 1.33),
        area_range: Any = (1.0, 3.0),
        max_attempts: int = 50,
        pad_val: Any = (128, 128, 128),
    ) -> None:
        self.aspect_ratio_range, self.area_range = _pair(aspect_ratio_range), _pair(area_range)
        self.pad_val = tuple(pad_val) if isinstance(pad_val, (tuple, list)) else (pad_val,) * 3
        super().__init__(
            aspect_ratio_range=self.aspect_ratio_range,
            area_range=self.area_range,
            max_attempts=max_attempts,
            pad_val=self.pad_val,
        )
        self.max_attempts = max_attempts
        self.enabled = _usable("DetRandomPadAug", self.aspect_ratio_range, self.area_range, 1.0)

    def __call__(self, src: NDArray, label: Boxes) -> tuple[NDArray, Boxes]:
        height, width = src.shape[:2]
        for _ in range(self.max_attempts if self.enabled else 0):
            ratio = chance.uniform(*self.aspect_ratio_range)
            least, most = (share * height * width for share in self.area_range)
            highest = round(math.sqrt(most / ratio))
            lowest = max(round(math.sqrt(least / ratio)), math.ceil(width / ratio), height)
            if lowest > highest:
                continue
            h = chance.whole(lowest, highest)
            w = round(h * ratio)
            if h - height < 2 or w - width < 2:  # too little to be of use
                continue
            y, x = chance.whole(0, h - height), chance.whole(0, w - width)
            padded = copyMakeBorder(src, y, h - y - height, x, w - x - width, 0, values=self.pad_val)
            out = label.copy()
            out[:, 1:5] = (label[:, 1:5] * (width, height, width, height) + (x, y, x, y)) / (w, h, w, h)
            return padded, out
        return src, label


def CreateMultiRandCropAugmenter(
    min_object_covered: Any = 0.1,
    aspect_ratio_range: Any = (0.75, 1.33),
    area_range: Any = (0.05, 1.0),
    min_eject_coverage: Any = 0.3,
    max_attempts: Any = 50,
    skip_prob: float = 0,
) -> DetRandomSelectAug:
    """One of several random crops: every argument is one value for all, or a list of one for each."""
    given = [min_object_covered, aspect_ratio_range, area_range, min_eject_coverage, max_attempts]
    lists = [value if isinstance(value, list) else [value] for value in given]
    count = max(map(len, lists))
    for values in lists:
        if len(values) not in (1, count):
            raise ParamError(
                "lists have different lengths",
                where="CreateMultiRandCropAugmenter",
                wanted=f"1 or {count} values",
                got=len(values),
            )
    rows = zip(*(values * count if len(values) == 1 else values for values in lists), strict=True)
    return DetRandomSelectAug([DetRandomCropAug(*row) for row in rows], skip_prob)


def CreateDetAugmenter(
    data_shape: tuple[int, int, int],
    resize: int = 0,
    rand_crop: float = 0,
    rand_pad: float = 0,
    rand_gray: float = 0,
    rand_mirror: bool = False,
    mean: Any = None,
    std: Any = None,
    brightness: float = 0,
    contrast: float = 0,
    saturation: float = 0,
    pca_noise: float = 0,
    hue: float = 0,
    inter_method: int = 2,
    min_object_covered: Any = 0.1,
    aspect_ratio_range: Any = (0.75, 1.33),
    area_range: Any = (0.05, 3.0),
    min_eject_coverage: Any = 0.3,
    max_attempts: Any = 50,
    pad_val: Any = (127, 127, 127),
) -> list[DetAugmenter]:
    """Augmenters that bring images with boxes to ``data_shape`` (channels, height, width).

    In order: the shorter side to ``resize``; a random part with probability ``rand_crop``; mirrored half of the
    times; a border with probability ``rand_pad``; resized; float32 and colours as in ``CreateAugmenter``.
    """
    found: list[DetAugmenter] = []
    if resize > 0:
        found.append(DetBorrowAug(ResizeAug(resize, inter_method)))
    if rand_crop > 0:
        found.append(
            CreateMultiRandCropAugmenter(
                min_object_covered,
                aspect_ratio_range,
                area_range,
                min_eject_coverage,
                max_attempts,
                skip_prob=1 - rand_crop,
            )
        )
    if rand_mirror:
        found.append(DetHorizontalFlipAug(0.5))
    if rand_pad > 0:
        most = max(_pair(r)[1] for r in (area_range if isinstance(area_range, list) else [area_range]))
        first = [value[0] if isinstance(value, list) else value for value in (aspect_ratio_range, max_attempts)]
        found.append(DetRandomSelectAug([DetRandomPadAug(first[0], (1.0, most), first[1], pad_val)], 1 - rand_pad))
    found.append(DetBorrowAug(ForceResizeAug((data_shape[2], data_shape[1]), inter_method)))
    found += map(DetBorrowAug, colours(brightness, contrast, saturation, hue, pca_noise, rand_gray, mean, std))
    return found
