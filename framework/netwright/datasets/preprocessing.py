"""The arithmetic between raw data and a network's inputs; fitted on training data, saved with the model."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from ..errors import DataError
from .augment import Augment
from .dates import date_inputs, read_date
from .info import Column
from .steps import Step
from .words import count_words

Row = Sequence[str | float | int | None]


class Preprocessing(BaseModel):
    """``apply(x) = (x - mean) / scale`` per column, and ``(y - target_mean) / target_scale`` for values.

    ``mean`` and ``scale`` hold one number per column of a table or a single one for all (images); None
    leaves the input as it is. ``columns`` turns raw rows (texts, numbers) into the table for ``apply``. ``augment``
    changes images while they are trained on, and never otherwise. ``steps`` tells all that was done, in order.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mean: tuple[float, ...] | None = None
    scale: tuple[float, ...] | None = None
    target_mean: float | None = None
    target_scale: float | None = None
    columns: tuple[Column, ...] | None = None
    augment: Augment | None = None
    steps: tuple[Step, ...] = ()

    @classmethod
    def fit(
        cls,
        x: NDArray[Any],
        y: NDArray[Any] | None = None,
        *,
        columns: Sequence[Column] | None = None,
        to_range: bool = False,
    ) -> Self:
        """Standardise a table ``x`` (samples, columns), and values ``y`` (samples,) when given.

        With ``to_range`` the least number becomes 0 and the greatest 1 instead. A constant column keeps its values but
        for the mean; one-hot columns, counted words and a date's place in the year stay as they are.
        """
        if x.ndim != 2:
            raise DataError("only a table can be standardised by column", wanted="(samples, columns)", got=x.shape)
        mean, scale = _range(x) if to_range else _moments(x)
        start = 0
        for column in columns or ():
            stop = start + column.width
            mean[start + column.measured : stop], scale[start + column.measured : stop] = 0.0, 1.0
            start = stop
        target_mean, target_scale = (None, None) if y is None else (float(part[0]) for part in _moments(y[:, None]))
        return cls(
            mean=tuple(mean.tolist()),
            scale=tuple(scale.tolist()),
            target_mean=target_mean,
            target_scale=target_scale,
            columns=None if columns is None else tuple(columns),
        )

    @classmethod
    def scaling(cls, scale: float, mean: float = 0.0) -> Self:
        """One mean and scale for every value, as for the pixels of images."""
        return cls(mean=(mean,), scale=(scale,))

    def apply(self, x: ArrayLike, out: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
        """Raw inputs → network inputs, float32, of the same shape; in ``out`` where that is given."""
        numbers = isinstance(x, np.ndarray) and x.dtype.kind in "biuf"
        values = np.asarray(x, dtype=None if numbers else np.float32)
        if self.mean is None or self.scale is None:
            if out is None:
                return values.astype(np.float32, copy=False)
            np.copyto(out, values, casting="unsafe")
            return out
        if len(self.mean) not in (1, values.shape[-1]):
            raise DataError(
                "the input does not have the columns the model was trained on",
                wanted=f"{len(self.mean)} columns",
                got=f"{values.shape[-1]}",
            )
        if out is None:
            out = np.empty(values.shape, np.float32)
        # each value becomes float32 first; nothing is made on the way
        np.subtract(values, np.asarray(self.mean, np.float32), out=out, dtype=np.float32, casting="unsafe")
        return np.divide(out, np.asarray(self.scale, np.float32), out=out)

    def invert(self, x: ArrayLike) -> NDArray[np.float32]:
        """Network inputs (or an autoencoder's outputs) → raw values; of shape (…, columns)."""
        values = np.asarray(x, dtype=np.float32)
        if self.mean is None or self.scale is None:
            return values
        return values * np.asarray(self.scale, np.float32) + np.asarray(self.mean, np.float32)

    def apply_target(self, y: ArrayLike) -> NDArray[np.float32]:
        """Raw values → what a regression network is trained on."""
        values = np.asarray(y, dtype=np.float32)
        if self.target_mean is None or self.target_scale is None:
            return values
        return ((values - self.target_mean) / self.target_scale).astype(np.float32)

    def invert_target(self, y: ArrayLike) -> NDArray[np.float64]:
        """A regression network's outputs → values in the data's own unit."""
        values = np.asarray(y, dtype=np.float64)
        if self.target_mean is None or self.target_scale is None:
            return values
        return values * self.target_scale + self.target_mean

    def encode(self, rows: Sequence[Row], *, first_row: int = 1) -> NDArray[np.float32]:
        """Raw table rows → the (rows, inputs) table for ``apply``; errors count rows from ``first_row``."""
        columns = self.columns or tuple(Column(name=f"column {i + 1}") for i in range(len(rows[0]) if rows else 0))
        if not columns:
            raise DataError("a row without values", wanted="at least one value per row", got="none")
        _check_widths(rows, columns, first_row)
        return np.concatenate(
            [encode_column(column, [row[i] for row in rows], first_row) for i, column in enumerate(columns)],
            axis=1,
        )

    def to_json(self) -> str:
        """Return the JSON that ``from_json`` reads."""
        return self.model_dump_json()

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read what ``to_json`` wrote; raises DataError when it is something else."""
        try:
            return cls.model_validate(json.loads(text))
        except (ValidationError, ValueError) as error:
            raise DataError("this is not the description of a preprocessing", got=type(error).__name__) from None


def _moments(x: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation per column in float64; 1 where a column is constant."""
    values = x.astype(np.float64)
    if not len(values):
        raise DataError("nothing to fit on", wanted="at least one sample", got="none")
    mean, scale = values.mean(0), values.std(0)
    return mean, np.where(scale > 1e-12 * np.maximum(1.0, np.abs(mean)), scale, 1.0)


def _range(x: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least value and spread per column; a spread of 1 where a column is constant."""
    if not len(x):
        raise DataError("nothing to fit on", wanted="at least one sample", got="none")
    low = x.min(0).astype(np.float64)
    spread = x.max(0).astype(np.float64) - low
    return low, np.where(spread > 0, spread, 1.0)


def _check_widths(rows: Sequence[Row], columns: Sequence[Column], first_row: int) -> None:
    for number, row in enumerate(rows, first_row):
        if len(row) != len(columns):
            names = ", ".join(column.name for column in columns[:8])
            raise DataError(
                "a row has another number of columns",
                where=f"row {number}",
                wanted=f"{len(columns)} ({names}{', …' if len(columns) > 8 else ''})",
                got=len(row),
            )


def encode_column(column: Column, cells: Sequence[Any], first_row: int = 1) -> NDArray[np.float32]:
    """One raw column → (rows, width) float32; raises DataError naming the row and the column."""
    where = (f"row {number}, {column.name}" for number in itertools.count(first_row))
    if column.kind == "category":
        places = {category: i for i, category in enumerate(column.categories)}
        if isinstance(column.fill, str):
            cells = [column.fill if is_missing(cell) and str(cell) not in places else cell for cell in cells]
        return one_hot([_place(cell, places, at) for cell, at in zip(cells, where, strict=False)], column.width)
    if column.kind == "date":
        return date_inputs(np.array([_date(cell, column, at) for cell, at in zip(cells, where, strict=False)]))
    if column.kind == "text":
        return count_words(["" if cell is None else str(cell) for cell in cells], column.words)
    try:
        values = np.array(cells, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        values = np.array(np.nan)
    # Something is missing, a text or too large: look cell by cell, and say where.
    if values.ndim != 1 or not np.all(np.abs(values) <= FLOAT32_MAX):
        fill = column.fill if isinstance(column.fill, float) else None
        values = np.array([_number(cell, fill, at) for cell, at in zip(cells, where, strict=False)])
    return values.astype(np.float32).reshape(-1, 1)


def one_hot(places: Sequence[int] | NDArray[Any], width: int) -> NDArray[np.float32]:
    """Category numbers → (rows, width) of 0 and 1."""
    hot = np.zeros((len(places), width), np.float32)
    hot[np.arange(len(places)), places] = 1.0
    return hot


def _date(cell: Any, column: Column, where: str) -> float:
    if is_missing(cell):
        if column.fill is None:
            raise DataError("a value is missing", where=where, wanted="a date", got="nothing")
        cell = column.fill
    days = read_date(str(cell), column.order)
    if days is None:
        raise DataError("not a date", where=where, wanted="a date such as 2026-01-31", got=repr(str(cell)[:40]))
    return days


def _place(cell: Any, places: dict[str, int], where: str) -> int:
    text = str(cell).strip()
    if text not in places:
        some = ", ".join(list(places)[:10])
        raise DataError("unknown category", where=where, wanted=f"one of {some}", got=repr(text[:40]))
    return places[text]


def _number(cell: Any, fill: float | None, where: str) -> float:
    if is_missing(cell):
        if fill is None:
            raise DataError("a value is missing", where=where, wanted="a number", got="nothing")
        return fill
    try:
        value = float(cell)
    except (TypeError, ValueError, OverflowError):
        raise DataError("not a number", where=where, wanted="a number", got=repr(str(cell)[:40])) from None
    if not abs(value) <= FLOAT32_MAX:
        raise DataError("not a finite number", where=where, wanted="a finite float32", got=str(cell)[:40])
    return value


FLOAT32_MAX = float(np.finfo(np.float32).max)
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})


def is_missing(cell: Any) -> bool:
    """Tell whether a raw cell stands for "no value"."""
    if cell is None or (isinstance(cell, str) and cell.strip().lower() in MISSING):
        return True
    return isinstance(cell, float) and bool(np.isnan(cell))
