"""How large a file people may load: limits that hold before anything is allocated."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Bytes of the unpacked arrays, cells and columns of a table, how much packing may have saved, what the process
    that reads Parquet may use, pictures in an archive and bytes of one of them.
    """

    array_bytes: int = 2048 * MIB
    cells: int = 20_000_000
    columns: int = 10_000
    cell_characters: int = 4_096
    categories: int = 200
    classes: int = 1_000
    packing_ratio: int = 200
    parquet_memory: int = 2048 * MIB
    images: int = 200_000
    image_bytes: int = 64 * MIB


DEFAULT = Limits()
