"""Settings of MXNet's engine (``mx.engine``).

MXNet's engine runs operators in threads of its own and can hand several over in one piece. Netwright runs an operator
at once, and what should run as one piece is a plan (``hybridize``, ``bind``). The size of a piece is therefore kept and
given back, and changes nothing else: programs that set it compute the same.
"""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

_DEFAULT = 15


class _Setting(threading.local):
    size = _DEFAULT


_setting = _Setting()


def set_bulk_size(size: int) -> int:
    """Set how many operators one piece may hold; returns what was set before."""
    before, _setting.size = _setting.size, int(size)
    return before


class _Bulk:
    def __init__(self, size: int) -> None:
        self._size = size

    def __enter__(self) -> Self:
        self._before = set_bulk_size(self._size)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        set_bulk_size(self._before)


def bulk(size: int) -> _Bulk:
    """``set_bulk_size`` for a ``with`` block."""
    return _Bulk(size)
