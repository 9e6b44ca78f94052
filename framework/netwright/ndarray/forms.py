"""Functions whose arguments differ from their operator's, as MXNet has them: ``split_v2`` and ``histogram``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..ops import get
from ..ops.operator import Operator

Maker = Callable[[Operator], Callable[..., Any]]
"""What makes an operator's function for arrays, or for symbols."""


def make_split_v2(make: Maker) -> Callable[..., Any]:
    """``split_v2`` for arrays or symbols."""
    cut = make(get("_split_v2"))

    def split_v2(
        ary: Any,
        indices_or_sections: int | Sequence[int],
        axis: int = 0,
        squeeze_axis: bool = False,
        name: str | None = None,
    ) -> Any:
        """An array cut along an axis into equal sections (an integer), or at each of the given places.

        (6,) at (2, 4) → three of (2,). Returns a list, or the one piece.
        """
        where = (
            {"sections": indices_or_sections}
            if isinstance(indices_or_sections, int)
            else {"indices": (0, *indices_or_sections)}
        )
        return cut(ary, axis=axis, squeeze_axis=squeeze_axis, name=name, **where)

    return split_v2


def make_histogram(make: Maker) -> Callable[..., Any]:
    """``histogram`` for arrays or symbols."""
    count = make(get("_histogram"))

    def histogram(a: Any, bins: Any = 10, range: tuple[float, float] | None = None, name: str | None = None) -> Any:
        """How many values lie in each bin, and the bins' edges.

        ``bins`` is their number, over ``range`` or from the smallest to the largest value, or an array of edges.
        """
        if isinstance(bins, int):
            return count(a, bin_cnt=bins, range=range, name=name)
        return count(a, bins, name=name)

    return histogram
