"""``nd.save`` and ``nd.load``: one array, a list or a dict in a safetensors file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..errors import DataError
from ..serialization import load_arrays, save_arrays
from .array import NDArray
from .creation import from_numpy

_LIST = "__list__."


def save(fname: str, data: NDArray | Sequence[NDArray] | Mapping[str, NDArray]) -> None:
    """Write an array, a list of arrays or a dict of arrays by name."""
    if isinstance(data, NDArray):
        data = [data]
    named = dict(data) if isinstance(data, Mapping) else {f"{_LIST}{i}": a for i, a in enumerate(data)}
    for name, array in named.items():
        if not isinstance(array, NDArray):
            raise DataError("only NDArrays can be saved", where=name, wanted="NDArray", got=type(array).__name__)
    save_arrays(fname, {name: array.asnumpy() for name, array in named.items()})


def load(fname: str) -> list[NDArray] | dict[str, NDArray]:
    """Read what ``save`` wrote: a list where a list (or one array) was saved, else a dict."""
    arrays = {name: from_numpy(a) for name, a in load_arrays(fname).items()}
    if arrays and all(name.startswith(_LIST) for name in arrays):
        return [arrays[f"{_LIST}{i}"] for i in range(len(arrays))]
    return arrays
