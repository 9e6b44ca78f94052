"""The four files of Fashion-MNIST: from a Debian package, the cache folder, or their public source."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..errors import DataError
from .dataset import Split
from .fetching import fetch_file
from .folders import cache_folder
from .idx import read_idx

SOURCE = "Zalando Research, Fashion-MNIST (2017)"
LICENCE = "MIT"
URL = "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/"
PACKAGE_FOLDER = Path("/usr/share/datasets/fashion-mnist")
CLASSES = (
    "T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip


class _File(NamedTuple):
    name: str
    packed: str  # SHA-256 of the file as its authors publish it
    content: str  # SHA-256 of the array inside, which is the same however it was packed


FILES = (
    _File(
        "train-images-idx3-ubyte.gz",
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "2e487a6c89124f78f2d7521542223cafe96f7123c3ca13d447772ac6ecbb3012",
    ),
    _File(
        "train-labels-idx1-ubyte.gz",
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7",
    ),
    _File(
        "t10k-images-idx3-ubyte.gz",
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "c867c93ff95360594e8ec3287995350b824dd110b11595c0e13d5423f621867a",
    ),
    _File(
        "t10k-labels-idx1-ubyte.gz",
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        "3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9",
    ),
)


def find_folder() -> Path | None:
    """The folder that holds all four files, or None."""
    for folder in (PACKAGE_FOLDER, cache_folder() / "fashion-mnist"):
        if all((folder / file.name).is_file() for file in FILES):
            return folder
    return None


def why_missing() -> str | None:
    """What to do to get the files, or None when they are here."""
    if find_folder() is not None:
        return None
    return (
        "The files are not on this machine yet. They are fetched (30 MB) when first used, "
        "or come with Debian's package dataset-fashion-mnist."
    )


def fetch() -> Path:
    """Download what is missing into the cache, with checksums; raises DataError when that fails."""
    folder = cache_folder() / "fashion-mnist"
    remedy = "Connect to the internet, or run apt-get install dataset-fashion-mnist"
    for file in FILES:
        fetch_file(URL + file.name, f"sha256:{file.packed}", folder, where="fashion-mnist", remedy=remedy)
    return folder


def load_arrays() -> tuple[Split, Split]:
    """(train, test): uint8 images (samples, 1, 28, 28) and int64 classes, of the known content."""
    folder = find_folder() or fetch()
    arrays = []
    for file in FILES:
        array = read_idx(folder / file.name)
        if hashlib.sha256(array.data).hexdigest() != file.content:
            raise DataError(
                f"{file.name} is damaged",
                where="fashion-mnist",
                wanted="the published content",
                got="another checksum",
                remedy="Delete the file and load the data set again",
            )
        arrays.append(array)
    x_train, y_train, x_test, y_test = arrays
    return (x_train[:, None], y_train.astype(np.int64)), (x_test[:, None], y_test.astype(np.int64))
