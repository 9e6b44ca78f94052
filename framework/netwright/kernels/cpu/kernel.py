"""Declaring kernels: a function of one address, compiled when it is first needed and cached on disk."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from ...errors import NetwrightError

FAST = {"contract", "reassoc", "nsz", "arcp"}
"""What the compiler may do to float arithmetic: fuse and reorder; never assume that there is no NaN or infinity."""

PAUSE = 0.1
"""Seconds after which the cache is looked into again: a step must not spend its time on that."""

table: dict[str, Kernel] = {}


class KernelError(NetwrightError):
    """A kernel cannot be compiled here."""


class Code:
    """A function that is compiled when it is first needed, or taken from the cache. A subclass says how."""

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        self.name, self.function = name, function
        self._compiled: Any = None
        self._lock = threading.Lock()
        self.failure: str = ""
        """Why it cannot be compiled here."""
        self.notice: str = ""
        self.kept = True
        """Whether the cache holds it, so that other processes need not compile it."""
        self._next_look = 0.0

    @property
    def ready(self) -> bool:
        """Whether it can be called without waiting for a compiler."""
        return self._compiled is not None

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
                    self.failure = told(error)
            raise KernelError("the kernel cannot be compiled", where=self.name, got=self.failure)

    def try_to_load(self) -> None:
        """Compile, or read from the cache; what prevents it is remembered in ``failure``."""
        try:
            self.load()
        except KernelError:
            return

    def load_cached(self) -> bool:
        """Read it from the cache, which takes milliseconds; False where it is not there, or was not a moment ago."""
        with self._lock:
            if self._compiled is None and not self.failure and time.monotonic() >= self._next_look:
                self._next_look = time.monotonic() + PAUSE
                try:
                    found = self._new(cached=True)
                    if found.take_cached():
                        self._compiled = found
                except Exception:  # load() says what is wrong with the cache, and does without
                    return False
            return self._compiled is not None

    def _new(self, cached: bool) -> Any:
        """What ``compile()`` makes ready, and ``take_cached()`` where it uses the cache."""
        raise NotImplementedError

    def _compile(self) -> Any:
        try:
            found = self._new(cached=True)
            try:
                found.compile()
            except Exception as error:
                self.notice = f"its cache was damaged ({told(error)}) and has been written anew"
                found._cache.flush()
                found.compile()
        except Exception as error:  # there is no cache that can be read and written
            self.notice = f"compiled for this process alone, for its cache cannot be used: {told(error)}"
            self.kept = False
            found = self._new(cached=False)
            found.compile()
        return found


class Kernel(Code):
    """A function ``(args: address of int64 words) -> None`` in Numba's Python, known by its name.

    Its words are addresses of float32 arrays, sizes, and float64 numbers by their bits; what each means is the
    function's own affair and stands in its docstring.
    """

    def __init__(self, name: str, function: Callable[[int], None], fast: bool) -> None:
        super().__init__(name, function)
        self.fast = fast

    @property
    def address(self) -> int:
        """Where its machine code lies; compiles it where that has not been done (``loading`` does it ahead)."""
        self.load()
        return int(self._compiled.address)

    def _new(self, cached: bool) -> Any:
        from numba import types

        from .caching import CachedCallback, cache_of

        options: dict[str, Any] = {"nopython": True, "error_model": "numpy", "boundscheck": False}
        if self.fast:
            options["fastmath"] = FAST
        found = CachedCallback(self.function, ((types.int64,), types.void), locals={}, options=options)
        if cached:
            found._cache = cache_of(self.function)
        return found

    def __repr__(self) -> str:
        return f"<kernel {self.name}, {'ready' if self.ready else 'not loaded'}>"


class MachineCode(Code):
    """A function of the machine, called from Python without the interpreter's lock."""

    def __init__(self, function: Callable[..., Any], signature: Any) -> None:
        super().__init__(function.__name__, function)
        self._signature = signature

    def __call__(self, *arguments: int) -> Any:
        if self._compiled is None:
            self.load()
        return self._compiled.call(*arguments)

    def _new(self, cached: bool) -> Any:
        from .caching import CachedFunction, cache_of

        found = CachedFunction(self.function, self._signature)
        if cached:
            found._cache = cache_of(self.function)
        return found


def told(error: Exception) -> str:
    """An error in one line."""
    text = str(error).strip()
    return f"{type(error).__name__}: {text.splitlines()[0]}" if text else type(error).__name__


def kernel(name: str, *, fast: bool = True) -> Callable[[Callable[[int], None]], Kernel]:
    """Decorator: declares the function as the kernel ``name`` (``fast``: the compiler may reorder float sums)."""

    def declare(function: Callable[[int], None]) -> Kernel:
        if name in table:
            raise ValueError(f"the kernel {name!r} is declared twice")
        table[name] = Kernel(name, function, fast)
        return table[name]

    return declare
