"""ImageIter: batches of labelled images from record files, list files or lists, augmented on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import numpy as np

from ..errors import DataError, DTypeError, ParamError, ShapeError
from ..io.data_iter import DataBatch, DataDesc, DataIter
from ..ndarray.array import NDArray
from ..ndarray.creation import array, zeros
from ..ndarray.invoke import F
from . import chance
from .create import CreateAugmenter
from .files import imdecode
from .sources import ImageSource

LastBatch = Literal["pad", "discard", "roll_over"]


class ImageIter(DataIter):
    """Batches of images (N, 3, height, width) and their labels.

    Images come from a record file (``path_imgrec``, with or without ``path_imgidx``), a list file (``path_imglist``) or
    a list of rows [label, …, path] (``imglist``); paths are below ``path_root``. ``part_index`` of ``num_parts`` reads
    a share. The last batch is filled from the beginning (``pad``), left out (``discard``) or begins the next epoch
    (``roll_over``; as in MXNet, that batch's ``pad`` counts the samples behind those carried over). ``aug_list`` are
    augmenters; without it ``CreateAugmenter`` makes them of the further arguments. ``threads`` decode at the same
    time; augmenters run in order, so that ``random.seed`` repeats them.
    """

    def __init__(
        self,
        batch_size: int,
        data_shape: tuple[int, int, int],
        label_width: int = 1,
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
        label_name: str = "softmax_label",
        dtype: str = "float32",
        last_batch_handle: LastBatch = "pad",
        threads: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(batch_size)
        if np.dtype(dtype).name not in ("int32", "float32", "int64", "float64"):
            raise DTypeError("labels of this dtype are not made", parameter="dtype", wanted="int or float", got=dtype)
        if last_batch_handle not in ("pad", "discard", "roll_over"):
            raise ParamError(
                "unknown last_batch_handle", wanted="pad, discard or roll_over", got=repr(last_batch_handle)
            )
        data_shape = tuple(data_shape)  # type: ignore[assignment]
        self.check_data_shape(data_shape)
        rows = imglist if path_imglist is None else path_imglist
        self._source = ImageSource(path_imgrec, path_imgidx, rows, path_root)
        self.seq: list[Any] = self._share(self._source.keys, part_index, num_parts)
        self.data_shape, self.label_width, self.shuffle, self.dtype = data_shape, label_width, shuffle, dtype
        self.last_batch_handle = last_batch_handle
        self.auglist: list[Any] = list(CreateAugmenter(data_shape, **kwargs) if aug_list is None else aug_list)
        self.provide_data = [DataDesc(data_name, (batch_size, *data_shape))]
        label_shape = (batch_size, label_width) if label_width > 1 else (batch_size,)
        self.provide_label = [DataDesc(label_name, label_shape, np.dtype(dtype).type)]
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="decode") if threads > 1 else None
        self._left: list[Any] = []
        self._order: list[Any] = []
        self._carried = 0
        self.cur = 0
        self._begin()

    @property
    def num_image(self) -> int:
        """How many images an epoch has."""
        return len(self.seq)

    @staticmethod
    def _share(keys: list[Any], part: int, parts: int) -> list[Any]:
        if not 0 <= part < parts:
            raise ParamError("there is no such part", parameter="part_index", wanted=f"0 to {parts - 1}", got=part)
        size = len(keys) // parts
        return keys[part * size : (part + 1) * size] if parts > 1 else list(keys)

    # ---------------------------------------------------------------- order
    def _begin(self) -> None:
        if self.shuffle:
            self.seq = [self.seq[i] for i in chance.order(len(self.seq))]
        self._order, self._carried = self._left + self.seq, len(self._left)
        self.cur, self._left = 0, []

    def reset(self) -> None:
        """Begin a new epoch; with ``roll_over`` the images left over come first."""
        self._begin()

    def hard_reset(self) -> None:
        """Begin a new epoch and forget what was left over."""
        self._left = []
        self._begin()

    # ---------------------------------------------------------------- samples
    def next_sample(self) -> tuple[Any, bytes]:
        """The next label and the bytes of its image; raises StopIteration at the end."""
        if self.cur >= len(self._order):
            raise StopIteration
        self.cur += 1
        return self._source.read(self._order[self.cur - 1])

    def _decoded(self, keys: list[Any]) -> Iterator[tuple[Any, Any, NDArray]]:
        """(key, label, image) of each key, in order."""
        read = [self._source.read(key) for key in keys]  # one file, one place in it: not for threads
        contents = [content for _, content in read]
        decode = map if self._pool is None else self._pool.map
        images = decode(self._decode, keys, contents)
        for key, (label, _), image in zip(keys, read, images, strict=True):
            yield key, label, image

    def _decode(self, key: Any, content: bytes) -> NDArray:
        try:
            return self.imdecode(content)
        except DataError as error:
            raise DataError("broken image", where=self._source.name(key), got=error.got or error.message) from None

    def _sample(self, label: Any, image: NDArray) -> tuple[NDArray, Any]:
        """What goes into the batch."""
        made = self.postprocess_data(self.augmentation_transform(image))
        if made.shape != self.data_shape:
            raise ShapeError(
                "an augmented image has another shape",
                where=type(self).__name__,
                wanted=self.data_shape,
                got=made.shape,
                remedy="End the augmenters with a crop or resize to data_shape",
            )
        return made, self._label(label)

    def _label(self, label: Any) -> Any:
        values = np.asarray(label).reshape(-1)
        if len(values) != self.label_width:
            raise DataError(
                "an image has another number of labels",
                where=type(self).__name__,
                wanted=f"label_width = {self.label_width}",
                got=len(values),
            )
        return values if self.label_width > 1 else values[0]

    # ---------------------------------------------------------------- batches
    def next(self) -> DataBatch:
        data = zeros(self.provide_data[0].shape)
        labels = np.zeros(self.provide_label[0].shape, self.dtype)
        used: list[Any] = []
        carried = self._carried if self.cur == 0 else 0
        self._fill(data, labels, used)
        found = len(used)
        if not found:
            raise StopIteration
        pad = self.batch_size - found
        if pad and self.last_batch_handle == "discard":
            raise StopIteration
        if pad and self.last_batch_handle == "roll_over":
            self._left = used
            raise StopIteration
        if pad:
            self._pad(data, labels, used)
        elif carried:
            pad = self.batch_size - carried
        return DataBatch(
            [data],
            [array(labels, dtype=labels.dtype)],
            pad,
            provide_data=self.provide_data,
            provide_label=self.provide_label,
        )

    def _fill(self, data: NDArray, labels: Any, used: list[Any]) -> None:
        """Put samples into the batch until it is full or the epoch over; invalid ones are passed over."""
        while len(used) < self.batch_size and self.cur < len(self._order):
            keys = self._order[self.cur : self.cur + self.batch_size - len(used)]
            self.cur += len(keys)
            for key, label, image in self._decoded(keys):
                try:
                    self.check_valid_image(image)
                except RuntimeError:
                    continue
                made, values = self._sample(label, image)
                data[len(used)] = made
                labels[len(used)] = values
                used.append(key)

    def _pad(self, data: NDArray, labels: Any, used: list[Any]) -> None:
        """Fill the last batch with the first samples of the epoch."""
        end = self.cur
        while len(used) < self.batch_size:
            self.cur = 0
            self._fill(data, labels, used)
        self.cur = end

    def iter_next(self) -> bool:
        """Whether there is another batch, which ``getdata()`` and the others then give."""
        try:
            self._batch = self.next()
        except StopIteration:
            return False
        return True

    def getdata(self) -> Any:
        return self._batch.data

    def getlabel(self) -> Any:
        return self._batch.label

    def getpad(self) -> int:
        return int(self._batch.pad or 0)

    # ---------------------------------------------------------------- what a subclass may change
    def check_data_shape(self, data_shape: Sequence[int]) -> None:
        """Raise ShapeError unless it is (3, height, width)."""
        if len(data_shape) != 3 or data_shape[0] != 3:
            raise ShapeError(
                "images have three channels", parameter="data_shape", wanted="(3, height, width)", got=tuple(data_shape)
            )

    def check_valid_image(self, data: NDArray) -> None:
        """Raise RuntimeError for an image to pass over."""
        if not data.size:
            raise RuntimeError("the image is empty")

    def imdecode(self, s: bytes) -> NDArray:
        """Bytes of a file as an image (H, W, 3)."""
        return imdecode(s)

    def read_image(self, fname: str) -> bytes:
        """The bytes of a file below ``path_root``."""
        return self._source.read_file(fname)

    def augmentation_transform(self, data: NDArray) -> NDArray:
        """The image after all augmenters."""
        for augmenter in self.auglist:
            data = augmenter(data)
        return data

    def postprocess_data(self, datum: NDArray) -> NDArray:
        """Channels first."""
        return F.transpose(datum, axes=(2, 0, 1))  # type: ignore[no-any-return]
