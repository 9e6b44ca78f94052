"""People's own files as data sets: tables, arrays, pictures; by a recipe, or as they are taken to be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .adjusting import adjust, build_images
from .building import build_table
from .csv_file import CSVTable, read_csv
from .dataset import Cell, Dataset, Split, SplitName
from .describing import describe
from .dialect import guess_dialect
from .guessing import survey_table
from .image_zip import survey_images
from .info import Column, InputInfo, LabelInfo
from .limits import DEFAULT, Limits
from .npz_file import read_npz
from .preprocessing import Preprocessing, encode_column, is_missing
from .recipe import Dialect, Recipe
from .splits import split_indices
from .table_reader import Progress

Missing = Literal["refuse", "mean"]


KINDS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".npz": "npz", ".parquet": "parquet", ".zip": "images"}


def load_file(
    path: Path | str,
    *,
    target: str | None = None,
    name: str | None = None,
    missing: Missing = "refuse",
    recipe: Recipe | Mapping[str, Any] | None = None,
    test: Path | str | None = None,
    limits: Limits = DEFAULT,
) -> Dataset:
    """A data set from a ``.csv``, ``.npz``, ``.parquet`` file, or a ``.zip`` of pictures in folders.

    ``recipe`` says what is made of it; without one it is guessed. ``target`` then names a table's label column (else:
    the last). ``test`` is the file of the test part, where the recipe splits by file.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError("there is no such file", where=path.name, wanted="a .csv or .npz file", got="nothing")
    kind = kind_of(path)
    name = name or path.stem
    if recipe is None and kind == "npz":
        return load_npz(path, name=name, limits=limits)
    if recipe is None and kind == "csv":
        return load_csv(path, target, name=name, missing=missing, limits=limits)
    chosen = guess_recipe(path, kind, target=target, limits=limits) if recipe is None else Recipe.read(recipe)
    second = None if test is None else (Path(test), kind_of(Path(test)))
    return build(path, kind, chosen, name=name, source=path.name, test=second, limits=limits)


def kind_of(path: Path) -> str:
    """What a file is, by its name's ending."""
    suffix = path.suffix.lower()
    if suffix not in KINDS:
        raise DataError(
            "unknown kind of file", where=path.name, wanted=".csv, .npz, .parquet or .zip", got=repr(suffix[:20])
        )
    return KINDS[suffix]


def guess_recipe(path: Path, kind: str, *, target: str | None = None, limits: Limits = DEFAULT) -> Recipe:
    """What is best made of a file, as far as can be told from it."""
    if kind == "images":
        return survey_images(path, limits).recipe
    if kind == "npz":
        data = load_npz(path, limits=limits)
        return Recipe.model_validate({"split": {"by": "given"}, "scaling": _npz_scaling(data)})
    dialect = guess_dialect(path) if kind == "csv" else Dialect()
    return survey_table(path, kind, dialect, target=target, limits=limits).recipe


def _npz_scaling(data: Dataset) -> str:
    return "min_max" if data.info.input.kind == "image" else "standardise"


def build(
    path: Path,
    kind: str,
    recipe: Recipe,
    *,
    name: str,
    source: str,
    test: tuple[Path, str] | None = None,
    limits: Limits = DEFAULT,
    progress: Progress | None = None,
) -> Dataset:
    """Carry out a recipe on a file of ``kind`` csv, parquet, npz or images."""
    if kind == "images":
        return build_images(path, recipe, name=name, source=source, limits=limits, progress=progress)
    if kind == "npz":
        return adjust(load_npz(path, limits=limits), recipe, name=name, source=source)
    return build_table(path, kind, recipe, name=name, source=source, test=test, limits=limits, progress=progress)


def load_csv(
    path: Path | str,
    target: str | None = None,
    *,
    name: str | None = None,
    missing: Missing = "refuse",
    source: str | None = None,
    limits: Limits = DEFAULT,
) -> Dataset:
    """A table: numbers stay numbers, texts become one-hot inputs, both standardised where that makes sense.

    ``target`` is the label's column (default: the last); ``"none"``: none. A missing number is
    refused with its row, or filled with the column's mean (``missing="mean"``), kept in the preprocessing.
    ``source`` says where the data come from (default: the file's name).
    """
    path = Path(path)
    table = read_csv(path, limits)
    label_at = _find_target(table, target)
    y, label = _read_label(table, label_at, limits)
    kept = [i for i in range(len(table.names)) if i != label_at]
    if not kept:
        raise DataError("nothing to learn from", wanted="at least one column besides the label", got="one column")
    fields = [_describe_column(table.names[i], table.columns[i], missing, limits, table.first_row) for i in kept]
    if table.rows * sum(field.width for field in fields) * 4 > limits.array_bytes:
        raise DataError(
            "too large once its texts are one-hot", wanted=f"at most {limits.array_bytes} bytes", got="more"
        )
    x = np.concatenate(
        [encode_column(field, table.columns[i], table.first_row) for i, field in zip(kept, fields, strict=True)],
        axis=1,
    )
    train, test = split_indices(len(x), y if label.kind == "class" else None)
    fitted = Preprocessing.fit(x[train], y[train] if label.kind == "value" else None, columns=fields)
    rows = [[table.columns[i][row] for i in kept] for row in range(table.rows)]
    raw = {split: [_typed(rows[i], fields) for i in part] for split, part in (("train", train), ("test", test))}
    return Dataset(
        describe(
            name or path.stem,
            InputInfo(kind="table", shape=(x.shape[1],), columns=tuple(f.name for f in fields), fields=tuple(fields)),
            label,
            (x[train], y[train]),
            (x[test], y[test]),
            source=source or path.name,
        ),
        (x[train], y[train]),
        (x[test], y[test]),
        fitted,
        cast("dict[SplitName, Any]", raw),
    )


def _find_target(table: CSVTable, target: str | None) -> int | None:
    if target is None or target == "":
        return len(table.names) - 1
    if target in table.names:
        return table.names.index(target)
    if target.lower() == "none":
        return None
    raise DataError(
        "there is no such column for the label",
        wanted=f"one of {', '.join(table.names[:20])}",
        got=repr(target[:60]),
    )


def _read_label(table: CSVTable, at: int | None, limits: Limits) -> tuple[NDArray[Any], LabelInfo]:
    """Texts and few whole numbers are classes, other numbers are values."""
    if at is None:
        return np.zeros((table.rows, 0), np.float32), LabelInfo(kind="none")
    cells, name = table.columns[at], table.names[at]
    for row, cell in enumerate(cells, table.first_row):
        if is_missing(cell):
            raise DataError("a label is missing", where=f"row {row}, {name}", wanted="a label", got="nothing")
    distinct = sorted(set(cells))
    numbers = _as_numbers(distinct)
    if numbers is not None and not _looks_like_classes(numbers, len(cells)):
        return encode_column(Column(name=name), cells, table.first_row)[:, 0], LabelInfo(kind="value", name=name)
    if len(distinct) > limits.classes:
        raise DataError("too many classes", where=name, wanted=f"at most {limits.classes}", got=len(distinct))
    if numbers is not None:
        distinct.sort(key=float)
    places = {text: i for i, text in enumerate(distinct)}
    y = np.array([places[cell] for cell in cells], np.int64)
    return y, LabelInfo(kind="class", classes=tuple(distinct), name=name)


def _as_numbers(texts: list[str]) -> NDArray[np.float64] | None:
    try:
        return np.array(texts, dtype=np.float64)
    except ValueError:
        return None


def _looks_like_classes(distinct: NDArray[np.float64], samples: int) -> bool:
    """Whole numbers, at most twenty of them, each met twice or more on average."""
    whole = bool(np.all(np.isfinite(distinct))) and bool(np.all(distinct == np.round(distinct)))
    return whole and len(distinct) <= min(20, max(2, samples // 2))


def _describe_column(name: str, cells: list[str], missing: Missing, limits: Limits, first_row: int) -> Column:
    """A number when every cell that is there is one, else a category."""
    present = [cell for cell in cells if not is_missing(cell)]
    if not present:
        raise DataError("a column is empty", where=name, wanted="values", got="none", remedy="Leave the column out")
    numbers = _as_numbers(present)
    if numbers is not None:
        gaps = len(present) != len(cells)
        if gaps and missing == "refuse":
            row = next(i for i, cell in enumerate(cells, first_row) if is_missing(cell))
            raise DataError(
                f"{len(cells) - len(present)} values are missing",
                where=f"row {row}, {name}",
                wanted="a number in every row",
                got="nothing",
                remedy="Fill the gaps, or choose to fill them with the column's mean",
            )
        return Column(name=name, fill=float(numbers.mean()) if gaps else None)
    categories = sorted(set(cells))
    if len(categories) > limits.categories:
        raise DataError(
            "too many different texts",
            where=name,
            wanted=f"numbers, or at most {limits.categories} different texts",
            got=f"{len(categories)} different texts such as {present[0][:30]!r}",
            remedy="Leave the column out (names and identifiers teach a network nothing)",
        )
    return Column(name=name, kind="category", categories=tuple(categories))


def _typed(row: list[str], fields: list[Column]) -> list[Cell]:
    return [
        cell if field.kind == "category" else (None if is_missing(cell) else float(cell))
        for cell, field in zip(row, fields, strict=True)
    ]


def load_npz(
    path: Path | str, *, name: str | None = None, source: str | None = None, limits: Limits = DEFAULT
) -> Dataset:
    """Arrays ``x_train y_train x_test y_test`` (kept as they are) or ``x y`` (split 80/20); y may be missing.

    Whole-number labels are classes 0…n−1, other numbers are values. x of shape (n, features) is a table, of
    shape (n, channels, height, width) or (n, height, width) a set of images.
    """
    path = Path(path)
    arrays = read_npz(path, limits)
    x, y, parts = _find_arrays(arrays)
    x = _as_input(x)
    y, label = _as_label(y, len(x), limits)
    if parts is None:
        parts = split_indices(len(x), y if label.kind == "class" else None)
    train: Split = (x[parts[0]], y[parts[0]])
    test: Split = (x[parts[1]], y[parts[1]])
    image = x.ndim == 4
    info = InputInfo(
        kind="image" if image else "table",
        shape=x.shape[1:],
        dtype=str(x.dtype),
        columns=None if image else tuple(f"x{i + 1}" for i in range(x.shape[1])),
        fields=None if image else tuple(Column(name=f"x{i + 1}") for i in range(x.shape[1])),
        low=0.0,
        high=_brightest(x) if image else 1.0,
    )
    fitted = (
        Preprocessing.scaling(info.high)
        if image
        else Preprocessing.fit(train[0], train[1] if label.kind == "value" else None, columns=info.fields)
    )
    described = describe(name or path.stem, info, label, train, test, source=source or path.name)
    return Dataset(described, train, test, fitted)


def _find_arrays(arrays: dict[str, NDArray[Any]]) -> tuple[NDArray[Any], NDArray[Any] | None, Any]:
    """(x, y, parts): the arrays joined; ``parts`` are the indices of the file's own split, or None."""
    if "x" in arrays:
        return arrays["x"], arrays.get("y"), None
    if "x_train" in arrays and "x_test" in arrays:
        x_train, x_test = arrays["x_train"], arrays["x_test"]
        if x_train.shape[1:] != x_test.shape[1:] or x_train.dtype != x_test.dtype:
            raise DataError("training and test inputs differ", wanted=_kind(x_train), got=_kind(x_test))
        parts = (np.arange(len(x_train)), np.arange(len(x_train), len(x_train) + len(x_test)))
        labels = [arrays[key] for key in ("y_train", "y_test") if key in arrays]
        if len(labels) == 1:
            raise DataError("only one part has labels", wanted="y_train and y_test", got="one of them")
        if labels and [len(y) if y.ndim else -1 for y in labels] != [len(x_train), len(x_test)]:
            raise DataError("labels and inputs differ in number", wanted=f"{len(x_train)} and {len(x_test)} labels")
        return np.concatenate([x_train, x_test]), np.concatenate(labels) if labels else None, parts
    raise DataError(
        "the arrays have other names",
        wanted="x_train y_train x_test y_test, or x y",
        got=", ".join(arrays)[:200],
    )


def _kind(array: NDArray[Any]) -> str:
    return f"{array.dtype} of shape (n, {', '.join(map(str, array.shape[1:]))})"


def _as_input(x: NDArray[Any]) -> NDArray[Any]:
    if x.ndim == 3:
        x = x[:, None]
    if x.ndim not in (2, 4) or not x.size:
        raise DataError("x has another shape", wanted="(n, features) or (n, channels, height, width)", got=x.shape)
    if x.dtype != np.uint8 or x.ndim == 2:
        x = x.astype(np.float32)
    if x.dtype == np.float32 and not np.isfinite(x).all():
        first = int(np.flatnonzero(~np.isfinite(x).reshape(len(x), -1).all(1))[0])
        raise DataError("x holds NaN or infinity", where=f"sample {first}", wanted="finite numbers", got="others")
    return x


def _as_label(y: NDArray[Any] | None, samples: int, limits: Limits) -> tuple[NDArray[Any], LabelInfo]:
    if y is None:
        return np.zeros((samples, 0), np.float32), LabelInfo(kind="none")
    y = y.reshape(len(y)) if y.ndim == 2 and y.shape[1] == 1 else y
    if y.shape != (samples,):
        raise DataError("y has another shape", wanted=f"({samples},), one label per sample", got=y.shape)
    if y.dtype.kind in "biu":
        numbers = y.astype(np.int64)
        if numbers.min() < 0 or numbers.max() >= limits.classes:
            raise DataError(
                "classes are numbered from 0",
                wanted=f"0 … {limits.classes - 1}",
                got=f"{numbers.min()} … {numbers.max()}",
                remedy="Save y as floats if it is a value",
            )
        return numbers, LabelInfo(kind="class", classes=tuple(str(i) for i in range(int(numbers.max()) + 1)))
    if not np.isfinite(y).all():
        raise DataError("y holds NaN or infinity", wanted="finite numbers", got="others")
    return y.astype(np.float32), LabelInfo(kind="value")


def _brightest(x: NDArray[Any]) -> float:
    if x.dtype == np.uint8:
        return 255.0
    top = float(np.abs(x).max())
    return 1.0 if top <= 1.0 else top
