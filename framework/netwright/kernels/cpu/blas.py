"""NumPy's own BLAS as an address that kernels call, and its number of threads."""

from __future__ import annotations

import ctypes
import functools
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from ...errors import NetwrightError

_PREFIXES = ("scipy_", "")
_SUFFIXES = (("64_", 64), ("", 32))


class NoBlasError(NetwrightError):
    """NumPy's BLAS does not offer what compiled kernels call."""


@dataclass(frozen=True)
class Blas:
    """Where ``cblas_sgemm`` lies, how wide its sizes are, and what the library is."""

    sgemm: int
    bits: int
    name: str
    kernels: str
    set_threads: Any
    get_threads: Any


@functools.cache
def find() -> Blas:
    """The BLAS that NumPy uses; NoBlasError where its functions are not found.

    >>> from netwright.kernels.cpu import blas
    >>> blas.find().bits in (32, 64)
    True
    """
    np.dot(np.ones((2, 2), np.float32), np.ones((2, 2), np.float32))
    found = [lib for lib in ThreadpoolController().lib_controllers if lib.user_api == "blas"]
    found.sort(key=lambda lib: "numpy" not in lib.filepath)
    for library in found:
        loaded = ctypes.CDLL(library.filepath)
        for prefix in _PREFIXES:
            for suffix, bits in _SUFFIXES:
                function = getattr(loaded, f"{prefix}cblas_sgemm{suffix}", None)
                setter = getattr(loaded, f"{prefix}openblas_set_num_threads{suffix}", None)
                # asked before every job: a call that lets Python's lock go may wait long to have it back
                getter = getattr(ctypes.PyDLL(library.filepath), f"{prefix}openblas_get_num_threads{suffix}", None)
                if function is not None and setter is not None and getter is not None:
                    address = ctypes.cast(function, ctypes.c_void_p).value or 0
                    kernels = str(getattr(library, "architecture", "") or "unknown")
                    return Blas(address, bits, library.internal_api, kernels, setter, getter)
    raise NoBlasError(
        "NumPy's BLAS is none whose functions compiled kernels can call",
        wanted="OpenBLAS, as NumPy's wheels bring it",
        got=", ".join(lib.internal_api for lib in found) or "no BLAS library",
        remedy="Install NumPy from its wheel; plans run call by call until then",
    )


_functions = np.zeros(2, np.int64)


def handle() -> int:
    """What kernels are given to call ``sgemm`` with: where two addresses lie.

    The first is that of BLAS's function, its lowest bit set where sizes have 32 bits; the second that of the kernel
    ``product`` once it is loaded (``with_product``).
    """
    blas = find()
    _functions[0] = blas.sgemm | (blas.bits == 32)
    return int(_functions.ctypes.data)


def with_product() -> None:
    """Have the kernel ``product`` used from now on; loads it."""
    from .families.products import product

    _functions[1] = product.address


class single_threaded:
    """A ``with`` block in which each BLAS call stays on its own thread; nests and overlaps on several threads."""

    _lock = threading.Lock()
    _inside = 0
    _before = 1

    def __enter__(self) -> None:
        cls, blas = type(self), find()
        self._counted = cls._inside != 0 or blas.get_threads() != 1
        if not self._counted:  # so it is anyway, and nobody is about to change it back
            return
        with cls._lock:
            if cls._inside == 0:
                cls._before = blas.get_threads()
                if cls._before != 1:
                    blas.set_threads(1)
            cls._inside += 1

    def __exit__(self, *error: object) -> None:
        if not self._counted:
            return
        cls = type(self)
        with cls._lock:
            if cls._inside == 1 and cls._before != 1:
                find().set_threads(cls._before)
            cls._inside -= 1  # last: see __enter__
