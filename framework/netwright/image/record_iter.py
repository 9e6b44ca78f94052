"""Iterators over record files of images: the ones behind ``io.ImageRecordIter`` and ``io.ImageDetRecordIter``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError, ShapeError
from ..io.data_iter import DataBatch, DataDesc
from ..ndarray.array import NDArray
from ..ndarray.creation import array
from ..ndarray.storage import load, save
from . import chance
from .augmenters import ForceResizeAug, ResizeAug
from .detection import (
    DetBorrowAug,
    DetHorizontalFlipAug,
    DetRandomCropAug,
    DetRandomPadAug,
    DetRandomSelectAug,
)
from .files import imdecode
from .iterator import ImageIter
from .record_augmenter import RecordAugmenter
from .record_params import DetRecordParams, ReadingParams, RecordParams


class _RecordIter(ImageIter):
    """Base: reads by its own seeded generator, decodes in threads, normalizes to (x − mean) · scale / deviation."""

    def __init__(self, p: ReadingParams, augmenters: list[Any], label_width: int, threads: int) -> None:
        self._p = p
        self._mean: Any = 0.0
        self._order_chance, self._chance = (chance.seeded(p.seed) for _ in range(2))
        if p.seed_aug is not None:
            self._chance = chance.seeded(p.seed_aug)
        super().__init__(
            p.batch_size,
            p.data_shape,  # type: ignore[arg-type]
            label_width=label_width,
            path_imgrec=p.path_imgrec,
            path_imgidx=p.path_imgidx or None,
            path_imglist=p.path_imglist or None,
            shuffle=p.shuffle,
            part_index=p.part_index,
            num_parts=p.num_parts,
            aug_list=augmenters,
            data_name=p.data_name,
            label_name=p.label_name,
            threads=threads,
        )
        self._dtype = np.dtype(p.dtype or np.float32)
        self.provide_data = [DataDesc(p.data_name, (p.batch_size, *p.data_shape), self._dtype.type)]
        self._deviation = np.array([s or 1.0 for s in (p.std_r, p.std_g, p.std_b)][: p.data_shape[0]], np.float32)
        self._mean = self._mean_values()

    def _mean_values(self) -> Any:
        """What is subtracted: the mean image's file, or a number a channel, (C, H, W) or (C, 1, 1)."""
        p = self._p
        if not p.mean_img:
            return np.array([p.mean_r, p.mean_g, p.mean_b][: p.data_shape[0]], np.float32)[:, None, None]
        if not Path(p.mean_img).is_file():
            total = np.zeros(p.data_shape)
            for key in self.seq:
                _, label, image = next(self._decoded([key]))
                total += self._sample(label, image)[0].asnumpy()
            save(p.mean_img, {"mean_img": array((total / max(len(self.seq), 1)).astype(np.float32))})
        found = load(p.mean_img)
        mean = found["mean_img"] if isinstance(found, dict) else found[0]
        if mean.shape != p.data_shape:
            raise ShapeError(
                "the mean image has another shape", where=Path(p.mean_img).name, wanted=p.data_shape, got=mean.shape
            )
        return mean.asnumpy()

    def check_data_shape(self, data_shape: Any) -> None:
        """Raise ShapeError unless it is (1 or 3, height, width)."""
        if len(data_shape) != 3 or data_shape[0] not in (1, 3):
            raise ShapeError(
                "images have one or three channels",
                parameter="data_shape",
                wanted="(1 or 3, height, width)",
                got=tuple(data_shape),
            )

    def imdecode(self, s: bytes) -> NDArray:
        """Bytes of a file as an image (H, W, C)."""
        return imdecode(s, flag=1 if self.data_shape[0] == 3 else 0)

    def _begin(self) -> None:
        with chance.drawn_from(self._order_chance):
            super()._begin()

    def next(self) -> DataBatch:
        with chance.drawn_from(self._chance):
            batch = super().next()
        batch.data = [array(self._typed(batch.data[0].asnumpy()), dtype=self._dtype)]
        return batch

    def _typed(self, values: Any) -> Any:
        """Normalized values in the dtype of the data; integers are cut off at its range."""
        if self._dtype.kind == "f":
            return values.astype(self._dtype)
        limits = np.iinfo(self._dtype)
        return np.clip(values, limits.min, limits.max).astype(self._dtype)

    def getdata(self) -> NDArray:
        """The data of this batch, one array."""
        return self._batch.data[0]

    def getlabel(self) -> NDArray:
        """The labels of this batch, one array."""
        assert self._batch.label is not None
        return self._batch.label[0]

    def postprocess_data(self, datum: NDArray) -> NDArray:
        """Channels first, normalized."""
        values = datum.asnumpy().astype(np.float32).transpose(2, 0, 1)
        return array((values - self._mean) * np.float32(self._p.scale) / self._deviation[:, None, None])

    def _pad(self, data: NDArray, labels: Any, used: list[Any]) -> None:
        if self._p.round_batch:
            super()._pad(data, labels, used)


class RecordIter(_RecordIter):
    """Batches of the labelled images of a record file; see ``io.ImageRecordIter``."""

    def __init__(self, p: RecordParams) -> None:
        self._record = p
        super().__init__(p, [RecordAugmenter(p)], p.label_width, p.preprocess_threads)

    def postprocess_data(self, datum: NDArray) -> NDArray:
        p = self._record
        mirrored = p.mirror or (p.rand_mirror and chance.happens(0.5))
        made = super().postprocess_data(datum)
        values = made.asnumpy()[..., ::-1] if mirrored else made.asnumpy()
        if p.max_random_contrast or p.max_random_illumination:
            factor = 1 + chance.uniform(-p.max_random_contrast, p.max_random_contrast)
            values = values * factor + chance.uniform(-p.max_random_illumination, p.max_random_illumination)
        return array(np.ascontiguousarray(values, np.float32))


def _augmenters(p: DetRecordParams) -> list[Any]:
    found: list[Any] = []
    if p.resize > 0:
        found.append(DetBorrowAug(ResizeAug(p.resize, p.inter_method)))
    if p.rand_crop_prob:
        ranges = zip(
            p.min_crop_scales,
            p.max_crop_scales,
            p.min_crop_aspect_ratios,
            p.max_crop_aspect_ratios,
            p.min_crop_object_coverages,
            strict=True,
        )
        crops = [
            DetRandomCropAug(covered, ratios, (low**2, high**2), p.emit_overlap_thresh, p.max_crop_trials[0])
            for low, high, *ratios, covered in ranges
        ]
        found.append(DetRandomSelectAug(crops, 1 - p.rand_crop_prob))
    if p.rand_pad_prob and p.max_pad_scale > 1:
        border = DetRandomPadAug((0.5, 2.0), (1.0, p.max_pad_scale**2), pad_val=p.fill_value)
        found.append(DetRandomSelectAug([border], 1 - p.rand_pad_prob))
    found.append(DetBorrowAug(ForceResizeAug((p.data_shape[2], p.data_shape[1]), p.inter_method)))
    if p.rand_mirror_prob:
        found.append(DetHorizontalFlipAug(p.rand_mirror_prob))
    return found


class DetRecordIter(_RecordIter):
    """Batches of images with boxes of a record file; see ``io.ImageDetRecordIter``."""

    def __init__(self, p: DetRecordParams) -> None:
        self._pad_value = p.label_pad_value
        super().__init__(p, _augmenters(p), 1, p.preprocess_threads)
        longest = max((len(np.asarray(self._source.read(key)[0]).ravel()) for key in self.seq), default=0)
        if p.label_pad_width and p.label_pad_width < longest:
            raise DataError(
                "a label is longer than its room",
                where="ImageDetRecordIter",
                wanted=f"label_pad_width >= {longest}",
                got=p.label_pad_width,
            )
        width = 4 + (p.label_pad_width or longest)
        self.provide_label = [DataDesc(p.label_name, (p.batch_size, width))]

    def _sample(self, label: Any, image: NDArray) -> tuple[NDArray, Any]:
        raw = np.asarray(label, np.float32).ravel()
        header, width = (int(raw[0]), int(raw[1])) if len(raw) > 1 else (0, 0)
        if header < 2 or width < 5 or (len(raw) - header) % width:
            raise DataError(
                "a label does not fit its own header",
                where="ImageDetRecordIter",
                wanted="[A, B, …, objects of B numbers]",
                got=raw[:8].tolist(),
            )
        boxes = raw[header:].reshape(-1, width)
        for augmenter in self.auglist:
            image, boxes = augmenter(image, boxes)
        made = np.concatenate([raw[:header], boxes.ravel()])
        row = np.full(self.provide_label[0].shape[1], self._pad_value, np.float32)
        row[:4] = (*self.data_shape, len(made))
        row[4 : 4 + len(made)] = made
        return self.postprocess_data(image), row
