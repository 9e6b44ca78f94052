"""The CUDA texts that lie beside this module."""

from __future__ import annotations

import functools
from pathlib import Path

FOLDER = Path(__file__).parent


@functools.cache
def common() -> str:
    """What every kernel begins with."""
    return (FOLDER / "common.cuh").read_text(encoding="utf-8")


@functools.cache
def source(name: str) -> str:
    """A file of kernels, with what it begins with."""
    return f"{common()}\n{(FOLDER / name).read_text(encoding='utf-8')}"
