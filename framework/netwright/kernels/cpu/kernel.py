"""Declaring kernels: a function of one address, compiled when it is first needed and cached on disk."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from ...errors import NetwrightError

FAST = {"contract", "reassoc", "nsz", "arcp"}
"""What the compiler may do to float arithmetic: fuse and reorder; never assume that there is no NaN or infinity."""

table: dict[str, Kernel] = {}


class KernelError(NetwrightError):
    """A kernel cannot be compiled here."""


class Kernel:
    """A function ``(args: address of int64 words) -> None`` in Numba's Python, known by its name.

    Its words are addresses of float32 arrays, sizes, and float64 numbers by their bits; what each means is the
    function's own affair and stands in its docstring.
    """

    def __init__(self, name: str, function: Callable[[int], None], fast: bool) -> None:
        self.name, self.function, self.fast = name, function, fast
        self._compiled: Any = None
        self._lock = threading.Lock()
        self.failure: str = ""
        self.notice: str = ""

    @property
    def ready(self) -> bool:
        """Whether it can be called without waiting for a compiler."""
        return self._compiled is not None

    @property
    def address(self) -> int:
        """Where its machine code lies; compiles it where that has not been done (``loading`` does it ahead)."""
        self.load()
        return int(self._compiled.address)

    def load(self) -> None:
        """Compile, or read from the cache; KernelError where that fails."""
        with self._lock:
            if self._compiled is not None:
                return
            if not self.failure:
                try:
                    self._compiled = self._compile()
                    return
                except Exception as error:  # whatever the compiler meets: the plan then runs without it
                    self.failure = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
            raise KernelError("the kernel cannot be compiled", where=self.name, got=self.failure)

    def _compile(self) -> Any:
        from numba import cfunc, types

        def build(cache: bool) -> Any:
            options: dict[str, Any] = {"nopython": True, "error_model": "numpy", "boundscheck": False}
            if self.fast:
                options["fastmath"] = FAST
            return cfunc(types.void(types.int64), cache=cache, **options)(self.function)

        try:
            return build(cache=True)
        except Exception as error:  # a cache that is damaged or cannot be written
            compiled = build(cache=False)
            self.notice = f"compiled anew, for its cache cannot be used ({type(error).__name__}: {error})"
            return compiled

    def __repr__(self) -> str:
        return f"<kernel {self.name}, {'ready' if self.ready else 'not loaded'}>"


def kernel(name: str, *, fast: bool = True) -> Callable[[Callable[[int], None]], Kernel]:
    """Decorator: declares the function as the kernel ``name`` (``fast``: the compiler may reorder float sums)."""

    def declare(function: Callable[[int], None]) -> Kernel:
        if name in table:
            raise ValueError(f"the kernel {name!r} is declared twice")
        table[name] = Kernel(name, function, fast)
        return table[name]

    return declare
