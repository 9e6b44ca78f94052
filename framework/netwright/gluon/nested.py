"""Arrays or symbols in nested lists, as arguments and results of blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..errors import ParamError
from ..ndarray.array import NDArray
from ..symbol.symbol import Symbol


def flatten(args: Sequence[Any]) -> tuple[list[Any], Callable[[list[Any]], Any]]:
    """(arrays or symbols in nested lists, in order; how to nest others the same way)."""
    flat: list[Any] = []

    def walk(value: Any) -> Any:
        if isinstance(value, (NDArray, Symbol)):
            flat.append(value)
            return len(flat) - 1
        if isinstance(value, (list, tuple)):
            return [walk(v) for v in value]
        if value is None:
            return None
        raise ParamError(
            f"a hybridized block is called with arrays (in lists), not {type(value).__name__}",
            remedy="Keep other arguments as attributes of the block",
        )

    shape = [walk(a) for a in args]

    def rebuild(values: list[Any]) -> Any:
        def fill(place: Any) -> Any:
            if place is None:
                return None
            return values[place] if isinstance(place, int) else [fill(p) for p in place]

        return [fill(p) for p in shape]

    return flat, rebuild


def leaves(value: Any) -> Iterator[Any]:
    """The arrays and symbols in nested lists; other values are passed over."""
    if isinstance(value, (NDArray, Symbol)):
        yield value
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from leaves(part)


def structure(args: Sequence[Any]) -> Any:
    """How arrays are nested, as MXNet writes it: 0 for one, −1 for None, a list for a list; Nones at the end are left
    out, for an argument that is not given may be one.
    """

    def shape(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [shape(v) for v in value]
        return -1 if value is None else 0

    found = [shape(a) for a in args]
    while found and found[-1] == -1:
        found.pop()
    return found


def is_nested(value: Any) -> bool:
    """Whether there is nothing but arrays, symbols and None in nested lists."""
    if isinstance(value, (list, tuple)):
        return all(is_nested(part) for part in value)
    return value is None or isinstance(value, (NDArray, Symbol))
