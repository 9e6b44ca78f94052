"""MNIST, Fashion-MNIST, CIFAR-10 and CIFAR-100: from local files in their standard formats, or fetched once.

An item is (image, label): an image (H, W, C) of uint8, a label of int32. Files in ``root`` are taken as they are; what
is missing there is fetched from MXNet's public copies and held to its checksum.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ....datasets import fashion_mnist
from ....datasets.fetching import fetch_file
from ....datasets.folders import cache_folder
from ....datasets.idx import read_idx
from ....errors import DataError
from ....ndarray.creation import array
from ..dataset import _DownloadedDataset
from .folders import ImageFolderDataset, ImageRecordDataset

__all__ = ["CIFAR10", "CIFAR100", "MNIST", "FashionMNIST", "ImageFolderDataset", "ImageRecordDataset"]

Transform = Callable[[Any, Any], Any]
File = tuple[str, str]
"""Name and SHA-1 of a file."""

SOURCE = "https://apache-mxnet.s3-accelerate.dualstack.amazonaws.com/gluon/dataset/"


class _PublicDataset(_DownloadedDataset):
    """Base: where files are looked for, and fetched to."""

    folder: ClassVar[str]
    """The set's name at its source and in the cache."""

    def __init__(self, root: str | Path | None = None, train: bool = True, transform: Transform | None = None) -> None:
        self._train = train
        super().__init__(cache_folder() / self.folder if root is None else root, transform)

    def _places(self) -> list[Path]:
        """Folders that may hold the files."""
        return [self._root]

    def _find(self, names: Sequence[str]) -> Path | None:
        """The first of some names that is there."""
        found = (place / name for place in self._places() for name in names)
        return next((path for path in found if path.is_file()), None)

    def _fetch(self, file: File) -> Path:
        name, checksum = file
        remedy = f"Connect to the internet, or put {name} into the folder that root names"
        source = f"{SOURCE}{self.folder}/{name}"
        return fetch_file(source, f"sha1:{checksum}", self._root, where=type(self).__name__, remedy=remedy)


class MNIST(_PublicDataset):
    """60,000 handwritten digits to learn from, 10,000 to test: images (28, 28, 1), ten classes.

    Files in IDX format, gzip-packed or not: ``train-images-idx3-ubyte.gz`` and so on.
    """

    folder = "mnist"
    train_files: ClassVar[tuple[File, File]] = (
        ("train-images-idx3-ubyte.gz", "6c95f4b05d2bf285e1bfb0e7960c31bd3b3f8a7d"),
        ("train-labels-idx1-ubyte.gz", "2a80914081dc54586dbdf242f9805a6b8d2a15fc"),
    )
    test_files: ClassVar[tuple[File, File]] = (
        ("t10k-images-idx3-ubyte.gz", "c3a25af1f52dad7f726cce8cacb138654b760d48"),
        ("t10k-labels-idx1-ubyte.gz", "763e7fa3757d93b0cdec073cef058b2004252c17"),
    )

    def _get_data(self) -> None:
        arrays = []
        for file in self.train_files if self._train else self.test_files:
            path = self._find((file[0], file[0].removesuffix(".gz")))
            arrays.append(read_idx(path or self._fetch(file)))
        images, labels = arrays
        if len(images) != len(labels) or images.ndim != 3 or labels.ndim != 1:
            raise DataError(
                "images and labels do not belong together",
                where=type(self).__name__,
                wanted=f"a label for each of {len(images)} images",
                got=labels.shape,
            )
        self._data = array(images[..., None], dtype=np.uint8)
        self._label = labels.astype(np.int32)


class FashionMNIST(MNIST):
    """60,000 articles of clothing to learn from, 10,000 to test: images (28, 28, 1), ten classes.

    Found in ``root``, in Debian's package dataset-fashion-mnist, or fetched.
    """

    folder = "fashion-mnist"
    train_files = (
        ("train-images-idx3-ubyte.gz", "0cf37b0d40ed5169c6b3aba31069a9770ac9043d"),
        ("train-labels-idx1-ubyte.gz", "236021d52f1e40852b06a4c3008d8de8aef1e40b"),
    )
    test_files = (
        ("t10k-images-idx3-ubyte.gz", "626ed6a7c06dd17c0eec72fa3be1740f146a2863"),
        ("t10k-labels-idx1-ubyte.gz", "17f9ab60e7257a1620f4ad76bbbaf857c3920701"),
    )

    def _places(self) -> list[Path]:
        installed = fashion_mnist.find_folder()
        return [self._root] if installed is None else [self._root, installed]


class CIFAR10(_PublicDataset):
    """50,000 small photos to learn from, 10,000 to test: images (32, 32, 3), ten classes.

    Files in the binary format (a label, then 3072 values, red first), in ``root``, in its folder
    ``cifar-10-batches-bin``, or packed in ``cifar-10-binary.tar.gz``.
    """

    folder = "cifar10"
    archive: ClassVar[File] = ("cifar-10-binary.tar.gz", "fab780a1e191a7eda0f345501ccd62d20f7ed891")
    unpacked: ClassVar[str] = "cifar-10-batches-bin"
    train_files: ClassVar[tuple[str, ...]] = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
    test_files: ClassVar[tuple[str, ...]] = ("test_batch.bin",)
    labels: ClassVar[int] = 1
    """Bytes before an image's values."""

    def _places(self) -> list[Path]:
        return [self._root, self._root / self.unpacked]

    def _label_column(self) -> int:
        return 0

    def _get_data(self) -> None:
        names = self.train_files if self._train else self.test_files
        if not all(self._find((name,)) for name in names):
            archive = self._find((self.archive[0],)) or self._fetch(self.archive)
            try:
                with tarfile.open(archive) as packed:
                    packed.extractall(self._root, filter="data")
            except (tarfile.TarError, OSError, EOFError) as error:
                raise DataError("the archive cannot be unpacked", where=archive.name, got=str(error)[:80]) from error
        images, labels = zip(*(self._read(name) for name in names), strict=True)
        self._data = array(np.concatenate(images), dtype=np.uint8)
        self._label = np.concatenate(labels)

    def _read(self, name: str) -> tuple[Any, Any]:
        path = self._find((name,))
        if path is None:
            raise DataError("the archive lacks a file", where=self.archive[0], wanted=name)
        content = np.fromfile(path, np.uint8)
        width = self.labels + 3072
        if len(content) % width:
            raise DataError(
                "not a CIFAR file", where=name, wanted=f"{width} bytes an image", got=f"{len(content)} bytes"
            )
        rows = content.reshape(-1, width)
        images = rows[:, self.labels :].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        return images, rows[:, self._label_column()].astype(np.int32)


class CIFAR100(CIFAR10):
    """50,000 small photos to learn from, 10,000 to test: images (32, 32, 3), 100 classes in 20 groups.

    ``fine_label``: the label is the class, else its group. Files in ``root``, in its folder ``cifar-100-binary``, or
    packed in ``cifar-100-binary.tar.gz``.
    """

    folder = "cifar100"
    archive = ("cifar-100-binary.tar.gz", "a0bb982c76b83111308126cc779a992fa506b90b")
    unpacked = "cifar-100-binary"
    train_files = ("train.bin",)
    test_files = ("test.bin",)
    labels = 2

    def __init__(
        self,
        root: str | Path | None = None,
        fine_label: bool = False,
        train: bool = True,
        transform: Transform | None = None,
    ) -> None:
        self._fine_label = fine_label
        super().__init__(root, train, transform)

    def _label_column(self) -> int:
        return int(self._fine_label)
