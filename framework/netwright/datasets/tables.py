"""Tables that scikit-learn ships: iris, wine, breast cancer and diabetes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .dataset import Dataset
from .info import Column, DatasetInfo, InputInfo, LabelInfo, Samples, Task
from .preprocessing import Preprocessing
from .splits import split_indices

SKLEARN_SOURCE = "scikit-learn's copy of the UCI Machine Learning Repository"
OPEN_LICENCE = "CC BY 4.0 (UCI)"


def iris() -> Dataset:
    """150 flowers of three species, four lengths each."""
    from sklearn.datasets import load_iris

    bunch = load_iris()
    return classes(
        "iris",
        "Iris flowers",
        "Sepal and petal sizes of 150 irises; which of three species is it?",
        bunch.data,
        bunch.target,
        columns=[name.removesuffix(" (cm)") for name in bunch.feature_names],
        labels=[str(name) for name in bunch.target_names],
        label_name="species",
    )


def wine() -> Dataset:
    """178 wines of three growers, 13 chemical measurements each."""
    from sklearn.datasets import load_wine

    bunch = load_wine()
    return classes(
        "wine",
        "Wine",
        "Thirteen chemical measurements of 178 Italian wines; which of three growers made it?",
        bunch.data,
        bunch.target,
        columns=[str(name) for name in bunch.feature_names],
        labels=["grower 1", "grower 2", "grower 3"],
        label_name="grower",
    )


def breast_cancer() -> Dataset:
    """569 tumours, 30 measurements of their cells each."""
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer()
    return classes(
        "breast-cancer",
        "Breast cancer (Wisconsin)",
        "Thirty measurements of cell nuclei of 569 tumours; is it malignant or benign?",
        bunch.data,
        bunch.target,
        columns=[str(name) for name in bunch.feature_names],
        labels=[str(name) for name in bunch.target_names],
        label_name="diagnosis",
    )


def diabetes() -> Dataset:
    """442 patients, ten measurements each, and how far the disease went within a year."""
    from sklearn.datasets import load_diabetes

    bunch = load_diabetes(scaled=False)
    return table(
        "diabetes",
        "Diabetes progression",
        "Age, body mass and eight more values of 442 patients; how far does the disease go in a year?",
        "regression",
        bunch.data,
        bunch.target.astype(np.float32),
        columns=["age", "sex", "body mass", "blood pressure", "tc", "ldl", "hdl", "tch", "ltg", "glucose"],
        label=LabelInfo(kind="value", name="progression"),
        source="Efron, Hastie, Johnstone and Tibshirani (2004), Least Angle Regression; scikit-learn's copy",
        licence="Not stated (published with the article)",
    )


def classes(
    name: str,
    title: str,
    summary: str,
    x: Any,
    y: Any,
    *,
    columns: list[str],
    labels: list[str],
    label_name: str,
    source: str = SKLEARN_SOURCE,
    licence: str = OPEN_LICENCE,
    standardise: bool = True,
) -> Dataset:
    """A table whose label is one of ``labels``."""
    label = LabelInfo(kind="class", classes=tuple(labels), name=label_name)
    return table(
        name, title, summary, "classification", x, np.asarray(y, np.int64), columns=columns, label=label,
        source=source, licence=licence, standardise=standardise,
    )  # fmt: skip


def table(
    name: str,
    title: str,
    summary: str,
    task: Task,
    x: Any,
    y: Any,
    *,
    columns: list[str],
    label: LabelInfo,
    source: str,
    licence: str,
    standardise: bool = True,
) -> Dataset:
    """A table of numbers, split, with its columns (and values) standardised on the training part."""
    x = np.asarray(x, np.float32)
    train, test = split_indices(len(x), y if label.kind == "class" else None)
    fields = tuple(Column(name=column) for column in columns)
    values = y[train] if label.kind == "value" else None
    fitted = Preprocessing.fit(x[train], values, columns=fields) if standardise else Preprocessing(columns=fields)
    info = DatasetInfo(
        name=name,
        title=title,
        summary=summary,
        task=task,
        input=InputInfo(kind="table", shape=(x.shape[1],), columns=tuple(columns), fields=fields),
        label=label,
        samples=Samples(train=len(train), test=len(test)),
        bytes=x.nbytes + y.nbytes,
        source=source,
        licence=licence,
    )
    return Dataset(info, (x[train], y[train]), (x[test], y[test]), fitted)


BUILDERS: dict[str, Callable[[], Dataset]] = {
    "iris": iris,
    "wine": wine,
    "breast-cancer": breast_cancer,
    "diabetes": diabetes,
}
