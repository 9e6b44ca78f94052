"""Tables that scikit-learn ships: iris, wine, breast cancer and diabetes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .dataset import Dataset
from .info import Column, DatasetInfo, InputInfo, LabelInfo, Samples, Task
from .preprocessing import Preprocessing
from .sklearn_files import read_labelled, read_numbers
from .splits import SEED, split_indices
from .steps import Step

SKLEARN_SOURCE = "scikit-learn's copy of the UCI Machine Learning Repository"
OPEN_LICENCE = "CC BY 4.0 (UCI)"
WINE = [
    "alcohol",
    "malic_acid",
    "ash",
    "alcalinity_of_ash",
    "magnesium",
    "total_phenols",
    "flavanoids",
    "nonflavanoid_phenols",
    "proanthocyanins",
    "color_intensity",
    "hue",
    "od280/od315_of_diluted_wines",
    "proline",
]
CELLS = [
    "radius",
    "texture",
    "perimeter",
    "area",
    "smoothness",
    "compactness",
    "concavity",
    "concave points",
    "symmetry",
    "fractal dimension",
]


def iris() -> Dataset:
    """150 flowers of three species, four lengths each."""
    x, y, species = read_labelled("iris.csv")
    return classes(
        "iris",
        "Iris flowers",
        "Sepal and petal sizes of 150 irises; which of three species is it?",
        x,
        y,
        columns=["sepal length", "sepal width", "petal length", "petal width"],
        labels=species,
        label_name="species",
    )


def wine() -> Dataset:
    """178 wines of three growers, 13 chemical measurements each."""
    x, y, _ = read_labelled("wine_data.csv")
    return classes(
        "wine",
        "Wine",
        "Thirteen chemical measurements of 178 Italian wines; which of three growers made it?",
        x,
        y,
        columns=WINE,
        labels=["grower 1", "grower 2", "grower 3"],
        label_name="grower",
    )


def breast_cancer() -> Dataset:
    """569 tumours, 30 measurements of their cells each."""
    x, y, kinds = read_labelled("breast_cancer.csv")
    return classes(
        "breast-cancer",
        "Breast cancer (Wisconsin)",
        "Thirty measurements of cell nuclei of 569 tumours; is it malignant or benign?",
        x,
        y,
        columns=[*(f"mean {m}" for m in CELLS), *(f"{m} error" for m in CELLS), *(f"worst {m}" for m in CELLS)],
        labels=kinds,
        label_name="diagnosis",
    )


def diabetes() -> Dataset:
    """442 patients, ten measurements each, and how far the disease went within a year."""
    return table(
        "diabetes",
        "Diabetes progression",
        "Age, body mass and eight more values of 442 patients; how far does the disease go in a year?",
        "regression",
        read_numbers("diabetes_data_raw.csv.gz"),
        read_numbers("diabetes_target.csv.gz").astype(np.float32),
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
    fitted = fitted.model_copy(
        update={"steps": _steps(label, len(train), len(test), len(fields) if standardise else 0)}
    )
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


def _steps(label: LabelInfo, train: int, test: int, standardised: int) -> tuple[Step, ...]:
    split = Step(
        kind="split", how="stratified" if label.kind == "class" else "random", train=train, test=test, seed=SEED
    )
    scaled = (Step(kind="standardise", count=standardised),) if standardised else ()
    target = (Step(kind="scale_target", column=label.name),) if standardised and label.kind == "value" else ()
    return (split, *scaled, *target)


BUILDERS: dict[str, Callable[[], Dataset]] = {
    "iris": iris,
    "wine": wine,
    "breast-cancer": breast_cancer,
    "diabetes": diabetes,
}
