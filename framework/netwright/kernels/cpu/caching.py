"""Machine code kept on disk: Numba's own cache beside the sources (or the user's, where that cannot be written).

What is cached is stale as soon as any source of this package changes, for functions of one module are compiled into
those of others, which Numba's cache does not follow.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import njit
from numba.core.caching import FunctionCache
from numba.core.ccallback import CFunc
from numba.core.typing import signature


@functools.cache
def package_stamp() -> str:
    """A hash of all sources of this package."""
    found = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*.py")):
        found.update(str(path.relative_to(folder)).encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def cache_of(function: Callable[..., Any]) -> Any:
    """Numba's cache of a function. Raises RuntimeError where there is no folder for it."""
    cache = FunctionCache(function)
    file = cache._cache_file
    file._source_stamp = (file._source_stamp, package_stamp())
    return cache


class CachedCallback(CFunc):  # type: ignore[misc]
    """A function for calls by address, which can be taken from the cache without compiling it where it is not there."""

    def take_cached(self) -> bool:
        """Load it from the cache; False where it is not in it."""
        found = self._cache.load_overload(self._sig, self._targetdescr.target_context)
        if found is None:
            return False
        self._library = found.library
        self._wrapper_name = found.fndesc.llvm_cfunc_wrapper_name
        self._wrapper_address = self._library.get_pointer_to_function(self._wrapper_name)
        return True


class CachedFunction:
    """A function for calls from Python, without the interpreter's lock, that can be taken from the cache likewise."""

    def __init__(self, function: Callable[..., Any], signature: Any) -> None:
        self.call = njit(nogil=True)(function)
        self._signature = signature
        self._cache: Any = None

    def take_cached(self) -> bool:
        """Load it from the cache; False where it is not in it."""
        self.call._cache = self._cache
        types = self._signature.args, self._signature.return_type
        if self._cache.load_overload(signature(types[1], *types[0]), self.call.targetctx) is None:
            return False
        self.compile()
        return True

    def compile(self) -> None:
        """Compile it, or load it from the cache."""
        if self._cache is not None:
            self.call._cache = self._cache
        self.call.compile(self._signature)
        self.call.disable_compile()
