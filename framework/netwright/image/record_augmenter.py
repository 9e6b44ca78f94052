"""The augmentation of ImageRecordIter, in MXNet's order: resized, warped, padded, cropped, coloured."""

from __future__ import annotations

import math

import numpy as np

from ..ndarray.array import NDArray
from ..ndarray.creation import array
from ..ndarray.invoke import F
from ..ops.image_jitter import hue
from . import chance
from .augmenters import PCA_VALUES, PCA_VECTORS, Augmenter, ColorJitterAug, LightingAug, fractions
from .record_params import RecordParams
from .sizes import center_crop, copyMakeBorder, fixed_crop, imresize, random_crop, random_size_crop, resize_short


class RecordAugmenter(Augmenter):
    """What the parameters of an ImageRecordIter say, as one augmenter; the result has the size of ``data_shape``."""

    def __init__(self, p: RecordParams) -> None:
        super().__init__(**p.given())
        self.p = p
        self.size = (p.data_shape[2], p.data_shape[1])
        self.colours: list[Augmenter] = []
        if p.brightness or p.contrast or p.saturation:
            self.colours.append(ColorJitterAug(p.brightness, p.contrast, p.saturation))
        if p.pca_noise:
            self.colours.append(LightingAug(p.pca_noise, PCA_VALUES, PCA_VECTORS))

    def __call__(self, src: NDArray) -> NDArray:
        p = self.p
        if p.resize > 0:
            src = resize_short(src, p.resize, p.inter_method)
        if self._warps():
            src = self._warp(src)
        if p.pad:
            src = copyMakeBorder(src, *(p.pad,) * 4, value=p.fill_value)
        src = self._crop(src)
        if p.random_h or p.random_s or p.random_l:
            turn, lighter, stronger = (chance.whole(-n, n) for n in (p.random_h, p.random_l, p.random_s))
            src = array(hue(np, src.asnumpy(), turn / 180, lighter / 255, stronger / 255), dtype=src.dtype)
        if self.colours:
            src = fractions(src)
            for augmenter in self.colours:
                src = augmenter(src)
            src = F.clip(src, a_min=0, a_max=255)
        return src

    def _warps(self) -> bool:
        p = self.p
        scaled = p.min_random_scale != 1 or p.max_random_scale != 1 or p.min_img_size > 0 or p.max_img_size < 1e10
        stretched = p.max_aspect_ratio > 0 and not p.random_resized_crop
        return scaled or stretched or p.rotate > 0 or p.max_rotate_angle > 0 or p.max_shear_ratio > 0

    def _ratio(self) -> float:
        p = self.p
        if p.min_aspect_ratio is not None:
            return chance.uniform(p.min_aspect_ratio, max(p.max_aspect_ratio, p.min_aspect_ratio))
        return 1 + chance.uniform(-p.max_aspect_ratio, p.max_aspect_ratio)

    def _warp(self, src: NDArray) -> NDArray:
        """Turned, sheared, scaled and stretched about the middle, in one step."""
        from PIL import Image

        p = self.p
        height, width = src.shape[:2]
        shear = chance.uniform(-p.max_shear_ratio, p.max_shear_ratio)
        angle = p.rotate if p.rotate > 0 else chance.whole(-p.max_rotate_angle, p.max_rotate_angle)
        scale = chance.uniform(p.min_random_scale, p.max_random_scale)
        ratio = 1.0 if p.random_resized_crop else self._ratio()
        c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        high = 2 * scale / (1 + ratio)
        wide = ratio * high
        matrix = np.array([[high * c - shear * s * wide, high * s + shear * c * wide], [-s * wide, c * wide]])
        target = [int(min(max(scale * n, p.min_img_size), p.max_img_size)) for n in (width, height)]
        back = np.linalg.inv(matrix)
        # places count from the middle of the first pixel, in Pillow from its corner
        offset = np.array([width + 1, height + 1]) / 2 - back @ ((np.array(target) + 1) / 2)
        picture = Image.fromarray(src.asnumpy() if src.shape[2] == 3 else src.asnumpy()[..., 0])
        made = picture.transform(
            (target[0], target[1]),
            Image.Transform.AFFINE,
            data=(*back[0], offset[0], *back[1], offset[1]),
            resample=Image.Resampling.NEAREST if p.inter_method == 0 else Image.Resampling.BILINEAR,
            fillcolor=(p.fill_value,) * 3 if src.shape[2] == 3 else p.fill_value,
        )
        pixels = np.array(made)
        return array(pixels if pixels.ndim == 3 else pixels[..., None], dtype=np.uint8)

    def _crop(self, src: NDArray) -> NDArray:
        p = self.p
        if p.random_resized_crop:
            least, most = p.min_aspect_ratio, p.max_aspect_ratio
            shape = (1 - most, 1 + most) if least is None else (least, max(most, least))
            area = (p.min_random_area, max(p.max_random_area, p.min_random_area))
            return random_size_crop(src, self.size, area, shape, p.inter_method)[0]
        if p.max_crop_size > 0 and p.min_crop_size > 0:
            side = min(chance.whole(p.min_crop_size, p.max_crop_size), *src.shape[:2])
            rest = (src.shape[1] - side, src.shape[0] - side)
            x, y = (chance.whole(0, n) if p.rand_crop else n // 2 for n in rest)
            return imresize(fixed_crop(src, x, y, side, side), *self.size, interp=p.inter_method)
        crop = random_crop if p.rand_crop else center_crop
        return crop(src, self.size, p.inter_method)[0]
