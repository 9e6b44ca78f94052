"""Arrays or symbols in nested lists, flat and back."""

from __future__ import annotations

from typing import Any

from ..errors import DTypeError


def flatten(value: Any, where: str, kind: type) -> tuple[list[Any], Any]:
    """(all of one kind in order, how they were nested); raises DTypeError for anything else."""
    if isinstance(value, kind):
        return [value], None
    if not isinstance(value, (list, tuple)):
        raise DTypeError(f"{where} is not of {kind.__name__}s", wanted=kind.__name__, got=type(value).__name__)
    parts = [flatten(v, where, kind) for v in value]
    return [item for flat, _ in parts for item in flat], [(len(flat), shape) for flat, shape in parts]


def rebuild(flat: list[Any], shape: Any) -> Any:
    """Others nested the same way."""
    if shape is None:
        return flat[0]
    found, begin = [], 0
    for count, inner in shape:
        found.append(rebuild(flat[begin : begin + count], inner))
        begin += count
    return found
