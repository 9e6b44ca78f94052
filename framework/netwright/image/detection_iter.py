"""ImageDetIter: batches of images with boxes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..errors import DataError, ParamError
from ..io.data_iter import DataDesc
from ..ndarray.array import NDArray
from .detection import Boxes, CreateDetAugmenter
from .iterator import ImageIter, LastBatch


class ImageDetIter(ImageIter):
    """Batches of images (N, 3, height, width) and their objects (N, most objects of an image, numbers of an object).

    An image's label is [A, B, …, objects]: A numbers stand before the objects (A and B among them), B numbers tell an
    object: class, left, top, right, bottom as shares of width and height, and whatever else. Rows of the batch without
    an object are −1. Other arguments are ``ImageIter``'s; without ``aug_list``, ``CreateDetAugmenter`` makes it.
    """

    def __init__(
        self,
        batch_size: int,
        data_shape: tuple[int, int, int],
        path_imgrec: Any = None,
        path_imglist: Any = None,
        path_root: Any = None,
        path_imgidx: Any = None,
        shuffle: bool = False,
        part_index: int = 0,
        num_parts: int = 1,
        aug_list: Sequence[Any] | None = None,
        imglist: Sequence[Any] | None = None,
        data_name: str = "data",
        label_name: str = "label",
        last_batch_handle: LastBatch = "pad",
        threads: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            batch_size,
            data_shape,
            path_imgrec=path_imgrec,
            path_imglist=path_imglist,
            path_root=path_root,
            path_imgidx=path_imgidx,
            shuffle=shuffle,
            part_index=part_index,
            num_parts=num_parts,
            aug_list=CreateDetAugmenter(data_shape, **kwargs) if aug_list is None else aug_list,
            imglist=imglist,
            data_name=data_name,
            label_name=label_name,
            last_batch_handle=last_batch_handle,
            threads=threads,
        )
        self.label_shape = self._estimate_label_shape()
        self._describe_label()

    def _describe_label(self) -> None:
        name = self.provide_label[0].name
        self.provide_label = [DataDesc(name, (self.batch_size, *self.label_shape))]

    def _estimate_label_shape(self) -> tuple[int, int]:
        """(most objects of an image, numbers of an object), by a look at all labels."""
        shapes = [self._parse_label(self._source.read(key)[0]).shape for key in self.seq]
        if not shapes:
            return 0, 5
        return max(count for count, _ in shapes), shapes[-1][1]

    def _parse_label(self, label: Any) -> Boxes:
        """The objects of a raw label; those without an area are left out."""
        raw = np.asarray(label, np.float64).ravel()
        where = type(self).__name__
        if raw.size < 7:
            raise DataError("a label has too few numbers", where=where, wanted="2, 5 and an object", got=raw.tolist())
        header, width = int(raw[0]), int(raw[1])
        if header < 2 or width < 5 or (raw.size - header) % width:
            raise DataError(
                "a label does not fit its own header",
                where=where,
                wanted=f"{header} numbers, then {width} for each object",
                got=f"{raw.size} numbers",
            )
        objects = raw[header:].reshape(-1, width)
        objects = objects[(objects[:, 3] > objects[:, 1]) & (objects[:, 4] > objects[:, 2])]
        if not len(objects):
            raise DataError("an image has no valid object", where=where, wanted="left < right, top < bottom")
        return objects

    def _sample(self, label: Any, image: NDArray) -> tuple[NDArray, Any]:
        image, boxes = self.augmentation_transform(image, self._parse_label(label))
        rows = np.full(self.label_shape, -1.0, np.float32)
        rows[: len(boxes)] = boxes
        return self.postprocess_data(image), rows

    def augmentation_transform(self, data: NDArray, label: Boxes) -> tuple[NDArray, Boxes]:  # type: ignore[override]
        """Image and objects after all augmenters."""
        for augmenter in self.auglist:
            data, label = augmenter(data, label)
        return data, label

    # ---------------------------------------------------------------- shapes
    def reshape(
        self, data_shape: tuple[int, int, int] | None = None, label_shape: tuple[int, int] | None = None
    ) -> None:
        """Make batches of other shapes from now on; the augmenters must give images of ``data_shape``."""
        if data_shape is not None:
            self.check_data_shape(data_shape)
            self.data_shape = tuple(data_shape)  # type: ignore[assignment]
            self.provide_data = [DataDesc(self.provide_data[0].name, (self.batch_size, *data_shape))]
        if label_shape is not None:
            self.check_label_shape(label_shape)
            self.label_shape = (int(label_shape[0]), int(label_shape[1]))
            self._describe_label()

    def check_label_shape(self, label_shape: Sequence[int]) -> None:
        """Raise ParamError for fewer objects than there are, or another number of values for each."""
        count, width = self.label_shape
        if len(label_shape) != 2 or label_shape[0] < count or label_shape[1] != width:
            raise ParamError(
                "the labels do not fit",
                parameter="label_shape",
                wanted=f"at least {count} objects of {width} numbers",
                got=tuple(label_shape),
            )

    def sync_label_shape(self, it: ImageDetIter, verbose: bool = False) -> ImageDetIter:
        """Let both iterators have room for the larger number of objects; returns the other one."""
        if not isinstance(it, ImageDetIter):
            raise ParamError("only an ImageDetIter can be matched", wanted="an ImageDetIter", got=type(it).__name__)
        most = max(self.label_shape[0], it.label_shape[0])
        it.reshape(None, (most, self.label_shape[1]))
        self.reshape(None, (most, self.label_shape[1]))
        if verbose:
            print(f"label_shape is {self.label_shape} now")
        return it

    def draw_next(
        self,
        color: tuple[int, int, int] | None = None,
        thickness: int = 2,
        mean: Any = None,
        std: Any = None,
        clip: bool = True,
        waitKey: None = None,
        window_name: str = "draw_next",
        id2labels: dict[int, str] | None = None,
    ) -> Iterator[np.ndarray[Any, Any]]:
        """The augmented images (H, W, 3) as uint8, red first, with their boxes drawn; ``mean`` and ``std`` are undone.

        Without ``color`` each class has its own; ``id2labels`` writes names beside the boxes. No window is opened:
        ``waitKey`` stays None.
        """
        if waitKey is not None:
            raise ParamError("no window is opened", parameter="waitKey", wanted="None", remedy="Show what it yields")
        from PIL import Image, ImageDraw

        from .create import DEVIATION, MEAN

        for key in self._order[self.cur :]:
            self.cur += 1
            _, label, image = next(self._decoded([key]))
            image, boxes = self.augmentation_transform(image, self._parse_label(label))
            pixels = image.asnumpy().astype(np.float64)
            pixels = pixels * (DEVIATION if std is True else 1 if std is None else std)
            pixels = pixels + (MEAN if mean is True else 0 if mean is None else mean)
            picture = Image.fromarray((np.clip(pixels, 0, 255) if clip else pixels).astype(np.uint8))
            pen = ImageDraw.Draw(picture)
            for number, *corners in boxes[:, :5].tolist():
                shown = color or ((37 * int(number)) % 256, (91 * int(number) + 80) % 256, (151 * int(number)) % 256)
                box = [round(c * n) for c, n in zip(corners, (picture.width, picture.height) * 2, strict=True)]
                pen.rectangle(box, outline=shown, width=thickness)
                if id2labels and int(number) in id2labels:
                    pen.text((box[0] + thickness + 2, box[1] + thickness), id2labels[int(number)], fill=shown)
            yield np.array(picture)
