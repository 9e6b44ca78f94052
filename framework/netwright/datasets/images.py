"""Sets of images: the digits that scikit-learn ships, and Fashion-MNIST."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .dataset import Dataset
from .fashion_mnist import CLASSES, LICENCE, SOURCE, load_arrays
from .info import DatasetInfo, InputInfo, LabelInfo, Samples
from .preprocessing import Preprocessing
from .sklearn_files import read_numbers
from .splits import SEED, split_indices
from .steps import Step


def digits() -> Dataset:
    """1797 handwritten digits, 8×8 grey values between 0 and 1."""
    rows = read_numbers("digits.csv.gz", delimiter=",")
    x = (rows[:, :-1].reshape(-1, 1, 8, 8) / 16.0).astype(np.float32)
    y = rows[:, -1].astype(np.int64)
    train, test = split_indices(len(x), y)
    info = DatasetInfo(
        name="digits",
        title="Handwritten digits",
        summary="1797 handwritten digits as 8×8 grey images; which digit is it?",
        task="classification",
        input=InputInfo(kind="image", shape=x.shape[1:]),
        label=LabelInfo(kind="class", classes=tuple("0123456789")),
        samples=Samples(train=len(train), test=len(test)),
        bytes=x.nbytes + y.nbytes,
        source="UCI Optical Recognition of Handwritten Digits; scikit-learn's copy",
        licence="CC BY 4.0 (UCI)",
    )
    steps = (Step(kind="split", how="stratified", train=len(train), test=len(test), seed=SEED),)
    return Dataset(info, (x[train], y[train]), (x[test], y[test]), Preprocessing(steps=steps))


# Stated, not derived: listing the data sets must not unpack 55 MB. A test holds it to what is loaded.
FASHION_MNIST = DatasetInfo(
    name="fashion-mnist",
    title="Fashion-MNIST",
    summary="70,000 articles of clothing as 28×28 grey images; which of ten kinds is it?",
    task="classification",
    input=InputInfo(kind="image", shape=(1, 28, 28), dtype="uint8", high=255.0),
    label=LabelInfo(kind="class", classes=CLASSES),
    samples=Samples(train=60_000, test=10_000),
    bytes=55_440_000,
    source=SOURCE,
    licence=LICENCE,
)


def fashion_mnist() -> Dataset:
    """70,000 articles of clothing, 28×28 grey values 0…255 (uint8); networks get them scaled to 0…1."""
    train, test = load_arrays()
    steps = (Step(kind="split", how="given", train=len(train[0]), test=len(test[0])), Step(kind="scale", value=255.0))
    fitted = Preprocessing.scaling(255.0).model_copy(update={"steps": steps})
    return Dataset(FASHION_MNIST, train, test, fitted)


BUILDERS: dict[str, Callable[[], Dataset]] = {"digits": digits, "fashion-mnist": fashion_mnist}
