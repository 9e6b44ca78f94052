"""Images changed a little each time they are trained on: flipped, cropped, shifted.

What happens to an image follows from the seed, the epoch and the image's place alone, never from how batches are cut
or gathered ahead: a training that was interrupted goes on to the same bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

Array = NDArray[Any]
DRAWS = 5
"""Numbers drawn for an image in an epoch."""


class Augment(BaseModel):
    """What may be done to a training image; each is drawn anew in every epoch. Test images stay as they are.

    >>> from netwright.datasets import Augment
    >>> images = np.arange(32.0, dtype=np.float32).reshape(2, 1, 4, 4)
    >>> changed = Augment(flip_horizontal=True, shift=1).apply(images, np.full((2, 5), 0.5))
    >>> changed.shape
    (2, 1, 4, 4)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    flip_horizontal: bool = Field(False, description="Half of the images are mirrored, left and right.")
    flip_vertical: bool = Field(False, description="Half of the images are turned upside down.")
    crop: float = Field(
        0.0, ge=0, le=0.5, description="Up to this part of height and width is cut off; the rest grows."
    )
    shift: int = Field(0, ge=0, le=64, description="Up to so many pixels to each side; what comes in is empty.")
    background: float = Field(0.0, ge=-1e6, le=1e6, description="Raw value of what a shift lets in.")

    @property
    def active(self) -> bool:
        """Whether anything is changed."""
        return self.flip_horizontal or self.flip_vertical or self.crop > 0 or self.shift > 0

    def draw(self, samples: int, seed: int, epoch: int) -> NDArray[np.float32]:
        """Numbers in [0, 1) for each sample of an epoch."""
        return np.random.Generator(np.random.PCG64DXSM([seed, 3, epoch])).random((samples, DRAWS), np.float32)

    def apply(self, images: Array, draws: Array) -> Array:
        """Raw images (n, channels, height, width) → changed copies."""
        n, channels, height, width = images.shape
        rows = self._lines(height, draws[:, 1], draws[:, 3], self.flip_vertical, draws[:, 4])
        columns = self._lines(width, draws[:, 2], draws[:, 3], self.flip_horizontal, draws[:, 0])
        inside = ((rows >= 0) & (rows < height))[:, :, None] & ((columns >= 0) & (columns < width))[:, None, :]
        places = np.clip(rows, 0, height - 1)[:, :, None] * width + np.clip(columns, 0, width - 1)[:, None, :]
        flat = images.reshape(n, channels, height * width)
        found = np.take_along_axis(flat, places.reshape(n, 1, -1), 2).reshape(images.shape)
        if self.shift:
            np.copyto(found, np.asarray(self.background, found.dtype), where=~inside[:, None])
        return found

    def _lines(self, size: int, where: Array, share: Array, flip: bool, turned: Array) -> Array:
        """Which line of the image each line of the result comes from, (n, size); −1 or ``size`` and beyond: none."""
        cut = size * (1.0 - self.crop * share[:, None].astype(np.float64))
        place = np.arange(size) + 0.5
        if flip:
            place = np.where(turned[:, None] < 0.5, size - place, place)
        # the same number says where the window lies and how far the image is moved
        spot = where[:, None].astype(np.float64)
        moved = np.floor(spot * (2 * self.shift + 1)) - self.shift
        found: Array = np.floor((size - cut) * spot + place * cut / size).astype(np.int64) - moved.astype(np.int64)
        return found
