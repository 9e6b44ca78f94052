"""``nd.save`` and ``nd.load``: one array, a list or a dict in a file.

Names that end in ``.params`` are written in MXNet's own format, and so is what has sparse arrays in it; others as
safetensors. Both are read by their content.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from .. import params_file
from ..device import Device
from ..errors import DataError
from ..ops.storage import DEFAULT
from ..serialization import parse_arrays, read_bytes, save_arrays, write_atomically
from .array import NDArray, _moved
from .creation import from_numpy
from .stored import of_raw

_LIST = "__list__."


def save(fname: str, data: NDArray | Sequence[NDArray] | Mapping[str, NDArray]) -> None:
    """Write an array, a list of arrays or a dict of arrays by name.

    >>> mx.nd.save("two.params", {"a": mx.nd.ones((2,)), "b": mx.nd.zeros((3,))})
    >>> sorted(mx.nd.load("two.params"))
    ['a', 'b']
    """
    if isinstance(data, NDArray):
        data = [data]
    if not isinstance(data, (list, tuple, Mapping)):
        raise DataError(
            "this cannot be saved",
            where="nd.save",
            wanted="an NDArray, a list or a dict of them",
            got=type(data).__name__,
            remedy="Put arrays into a dict by name",
        )
    named = dict(data) if isinstance(data, Mapping) else {f"{_LIST}{i}": a for i, a in enumerate(data)}
    for name, array in named.items():
        if not isinstance(array, NDArray):
            raise DataError(
                "only NDArrays can be saved",
                where=name,
                wanted="NDArray",
                got=type(array).__name__,
                remedy="Wrap it with nd.array(…)",
            )
    if str(fname).endswith(".params") or any(array.stype != DEFAULT for array in named.values()):
        names = list(named) if isinstance(data, Mapping) else []
        raw = [_moved(array._data, Device("cpu")) for array in named.values()]
        write_atomically(Path(fname), params_file.dump(raw, names))
    else:
        save_arrays(fname, {name: array.asnumpy() for name, array in named.items()})


def load(fname: str) -> list[NDArray] | dict[str, NDArray]:
    """Read what ``save`` wrote: a list where a list (or one array) was saved, else a dict.

    >>> mx.nd.save("list.params", [mx.nd.ones((2,)), mx.nd.zeros((3,))])
    >>> [array.shape for array in mx.nd.load("list.params")]
    [(2,), (3,)]
    """
    return _parsed(read_bytes(fname), Path(fname).name)


def load_frombuffer(buf: bytes) -> list[NDArray] | dict[str, NDArray]:
    """Read the bytes of a file that ``save`` wrote."""
    if not isinstance(buf, (bytes, bytearray, memoryview)):
        raise DataError("load_frombuffer() reads bytes", wanted="bytes", got=type(buf).__name__)
    return _parsed(bytes(buf), "the bytes")


def _parsed(content: bytes, where: str) -> list[NDArray] | dict[str, NDArray]:
    if content.startswith(params_file.MAGIC):
        found, names = params_file.parse(content, where)
        listed = [from_numpy(a) if isinstance(a, np.ndarray) else of_raw(a) for a in found]
        return listed if listed and not names else dict(zip(names, listed, strict=True))
    arrays = {name: from_numpy(a) for name, a in parse_arrays(content, where).items()}
    if arrays and all(name.startswith(_LIST) for name in arrays):
        return [arrays[f"{_LIST}{i}"] for i in range(len(arrays))]
    return arrays
