"""Kernels on a device: compiled once by CuPy, kept by their text, launched on the current stream."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from .fused import PACK_BYTES, FusedKernel
from .nvrtc import OPTIONS

THREADS = 256
BLOCKS_FOR_EACH_PROCESSOR = 16


@functools.cache
def get_kernel(xp: Any, source: str, name: str, device: int) -> Any:
    """A compiled kernel of a source text, for one device (CuPy keeps the machine code on disk)."""
    return xp.RawModule(code=source, options=OPTIONS, backend="nvrtc").get_function(name)


@functools.cache
def processors(xp: Any, device: int) -> int:
    """How many multiprocessors the device has."""
    return int(xp.cuda.runtime.getDeviceProperties(device)["multiProcessorCount"])


def launch(xp: Any, kernel: FusedKernel, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
    """Run a fused kernel on dense arrays; it moves 16 bytes at a time where all addresses allow."""
    if not kernel.count:
        return
    device = int(outputs[0].device.id)
    arrays = [*inputs, *outputs]
    wide = bool(kernel.wide) and all(a.data.ptr % PACK_BYTES == 0 for a in arrays)
    function = get_kernel(xp, kernel.source, kernel.wide if wide else kernel.name, device)
    work = -(-kernel.count // (kernel.pack if wide else 1))
    blocks = max(1, min(-(-work // THREADS), processors(xp, device) * BLOCKS_FOR_EACH_PROCESSOR))
    function((blocks,), (THREADS,), (*arrays, *(np.int64(n) for n in kernel.arguments())))


def run(xp: Any, source: str, name: str, blocks: int, threads: int, arguments: Sequence[Any]) -> None:
    """Launch a kernel on the current device; whole numbers go as long long, others as double."""
    function = get_kernel(xp, source, name, int(xp.cuda.runtime.getDevice()))
    given = tuple(
        np.int64(a) if isinstance(a, int) else np.float64(a) if isinstance(a, float) else a for a in arguments
    )
    function((max(1, blocks),), (threads,), given)
