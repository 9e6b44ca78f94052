"""The system shared memory extension: tensors that lie in memory which client and studio share.

Only for clients on this machine: a region is a file of the memory file system that the studio's own user owns, mapped
as it was registered. CUDA regions are not offered, and that is said.
"""

from __future__ import annotations

import mmap
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netwright_studio.inference.open_inference.problems import ProtocolError

ROOT = Path("/dev/shm")
MOST_REGIONS = 256
_KEY = re.compile(r"/?[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}")


@dataclass(frozen=True, slots=True)
class Region:
    """A registered part of a shared memory object."""

    name: str
    key: str
    offset: int
    size: int
    mapped: mmap.mmap

    def describe(self) -> dict[str, Any]:
        """Return what the protocol tells of it."""
        return {"name": self.name, "key": self.key, "offset": self.offset, "byte_size": self.size}


class SharedRegions:
    """Regions by name."""

    def __init__(self, root: Path = ROOT, *, allowed: bool = True) -> None:
        self._root = root
        self._allowed = allowed
        self._regions: dict[str, Region] = {}

    def register(self, name: str, asked: dict[str, Any]) -> None:
        """Map a region; ProtocolError where it cannot or must not be."""
        if not self._allowed:
            raise ProtocolError("shared memory is for clients on the studio's own machine; this one serves others too")
        key, offset, size = asked.get("key"), asked.get("offset", 0), asked.get("byte_size")
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            raise ProtocolError("'key' must be the name of a shared memory object: letters, digits, . - _")
        if type(offset) is not int or type(size) is not int or not (0 <= offset < 2**48 and 0 < size < 2**48):
            raise ProtocolError("'offset' and 'byte_size' must be numbers of bytes")
        if name in self._regions:
            raise ProtocolError(f"a shared memory region '{name[:80]}' is registered already", 409)
        if len(self._regions) >= MOST_REGIONS:
            raise ProtocolError(f"there are {MOST_REGIONS} shared memory regions; unregister some", 409)
        self._regions[name] = Region(name, key, offset, size, self._map(key, offset + size))

    def _map(self, key: str, needed: int) -> mmap.mmap:
        try:
            descriptor = os.open(self._root / key.lstrip("/"), os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            raise ProtocolError("there is no such shared memory object, or it may not be opened") from None
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode) or found.st_uid != os.getuid():
                raise ProtocolError("there is no such shared memory object, or it may not be opened")
            if needed == 0 or needed > found.st_size:
                raise ProtocolError(f"the shared memory object has {found.st_size} bytes, the region ends at {needed}")
            return mmap.mmap(descriptor, needed)
        finally:
            os.close(descriptor)

    def unregister(self, name: str | None) -> None:
        """Forget a region, or all; one that is not there is no error, as the protocol has it."""
        for region in [found for key, found in self._regions.items() if name in (None, key)]:
            del self._regions[region.name]

    def status(self, name: str | None) -> list[dict[str, Any]]:
        """Return the regions, or the one of that name; ProtocolError where there is none."""
        if name is not None and name not in self._regions:
            raise ProtocolError(f"there is no shared memory region '{name[:80]}'", 404)
        return [region.describe() for key, region in sorted(self._regions.items()) if name in (None, key)]

    def view(self, parameters: Any, tensor: str) -> memoryview:
        """Return the bytes that a tensor's parameters point to."""
        name, offset = parameters.get("shared_memory_region"), parameters.get("shared_memory_offset", 0)
        size = parameters.get("shared_memory_byte_size")
        if not isinstance(name, str) or name not in self._regions:
            raise ProtocolError(f"'{tensor}': there is no shared memory region '{str(name)[:80]}'")
        region = self._regions[name]
        if type(offset) is not int or type(size) is not int or offset < 0 or size < 0 or offset + size > region.size:
            raise ProtocolError(f"'{tensor}': the shared memory region has {region.size} bytes")
        start = region.offset + offset
        return memoryview(region.mapped)[start : start + size]
