"""Dates as people write them, and the numbers a network gets of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .info import DateOrder

ORDERS: tuple[DateOrder, ...] = ("ymd", "dmy", "mdy")
_EPOCH = date(1970, 1, 1).toordinal()
_DATE = re.compile(
    r"(\d{1,4})[-/.年](\d{1,2})[-/.月](\d{1,4})日?"
    r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?\s*(?:Z|UTC|[+-]\d{2}:?\d{2})?"
)
YEAR, WEEK = 365.2425, 7.0


def read_date(text: str, order: DateOrder = "ymd") -> float | None:
    """Days since 1970 of a date such as 2026-01-31, 31.1.2026, 1/31/2026 12:00; None where it is none.

    ``order`` says which number is the year, month and day; a year first is always one. Time zones are left out.

    >>> from netwright.datasets.dates import read_date
    >>> read_date("1970-01-02"), read_date("2.1.1970 12:00", "dmy"), read_date("tomorrow")
    (1.0, 1.5, None)
    """
    found = _DATE.fullmatch(text.strip())
    if found is None:
        return None
    first, second, third = found[1], found[2], found[3]
    if len(first) > 2:
        year, month, day = first, second, third
    elif order == "ymd" or len(third) not in (2, 4):
        return None
    else:
        day, month = (first, second) if order == "dmy" else (second, first)
        year = third if len(third) == 4 else f"20{third}" if int(third) < 70 else f"19{third}"
    try:
        days = date(int(year), int(month), int(day)).toordinal() - _EPOCH
    except ValueError:
        return None
    hours, minutes, seconds = (int(part or 0) for part in (found[4], found[5], found[6]))
    if hours > 24 or minutes > 59 or seconds > 60:
        return None
    return days + (hours * 3600 + minutes * 60 + seconds) / 86400


def guess_order(texts: Iterable[str]) -> DateOrder | None:
    """The order under which all of these are dates; None where they are not all dates."""
    cells = list(texts)
    if not cells:
        return None
    return next((order for order in ORDERS if all(read_date(cell, order) is not None for cell in cells)), None)


def write_date(days: float) -> str:
    """The date of so many days since 1970, with its time where it is not midnight."""
    whole = int(np.floor(days))
    seconds = round((days - whole) * 86400)
    if seconds == 86400:
        whole, seconds = whole + 1, 0
    text = date.fromordinal(_EPOCH + whole).isoformat()
    if not seconds:
        return text
    return f"{text} {seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def date_inputs(days: NDArray[Any]) -> NDArray[np.float32]:
    """Days since 1970 → (rows, 5): the days, sine and cosine of the place in the year, and of that in the week."""
    turn = 2 * np.pi * days
    parts = (days, np.sin(turn / YEAR), np.cos(turn / YEAR), np.sin(turn / WEEK), np.cos(turn / WEEK))
    return np.stack(parts, 1).astype(np.float32)
