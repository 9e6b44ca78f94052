"""What this machine can do, measured once and kept: BLAS kernels, rates of the cores, and of each GPU.

``facts()`` is what cost models read, at no cost; ``calibrate()`` measures, in processes of its own where it concerns
the CPU, and keeps the result for this machine.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..device import gpu, num_gpus
from ..errors import DeviceError, NetwrightError
from ..machine import blas, record
from ..machine.facts import GpuFacts, MachineFacts
from ..machine.processor import usable_cores

_known: list[MachineFacts] = []
Tell = Callable[[str], None]


def facts() -> MachineFacts:
    """What was measured here, or guesses. Read from the disk once; the number of cores is always today's."""
    if not _known:
        entry, _ = record.read()
        _known.append(_read(entry))
    return _known[0]


def is_calibrated() -> bool:
    """Whether this machine, with this NumPy, has been measured."""
    entry, _ = record.read()
    return entry is not None and "blas" in entry and _read(entry).measured


def calibrate(tell: Tell = lambda text: None) -> tuple[MachineFacts, dict[str, Any], str]:
    """Measure and keep; returns (facts, what was found about BLAS, a notice where it could not be kept).

    Takes some seconds; ``tell`` hears of each part. The kernels are used by processes that start from now on.
    """
    tell("BLAS kernels")
    kernels = blas.calibrate_kernels(tell)
    tell("rates of one core, memory and threads")
    try:
        found = MachineFacts.from_json(
            {**MachineFacts(cores=usable_cores(), measured=True).to_json(), **blas.run_probe(kernels["best"], "facts")}
        )
    except ValueError as error:
        raise NetwrightError(
            "this machine could not be measured", where="calibrate", got=str(error), remedy="Try it once more"
        ) from None
    for number in range(num_gpus()):
        tell(f"gpu({number})")
        found = replace(found, gpus=(*found.gpus, measure_gpu(number)))
    when = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    notice = record.write({"blas": kernels, "facts": found.to_json(), "measured": when})
    _known[:] = [found]
    return found, kernels, notice


def _read(entry: dict[str, Any] | None) -> MachineFacts:
    found = MachineFacts()
    if entry is not None:
        try:
            found = MachineFacts.from_json(entry.get("facts"))
        except NetwrightError:
            entry = None  # ``is_calibrated`` says so, and measuring again mends it
    gpus = found.gpus if len(found.gpus) == num_gpus() else tuple(guess_gpu(i) for i in range(num_gpus()))
    return replace(found, cores=usable_cores(), gpus=gpus)


def guess_gpu(number: int) -> GpuFacts:
    """A GPU's rates from what its driver says of it: clocks, width of its memory, number of processors."""
    try:
        p = gpu(number).xp.cuda.runtime.getDeviceProperties(number)
    except DeviceError:
        return GpuFacts()
    guess, name, units = GpuFacts(), p["name"], int(p["multiProcessorCount"])
    clock, width = float(p.get("memoryClockRate") or 0) * 1e3, float(p.get("memoryBusWidth") or 0)  # kHz, bits
    # 64 fused multiply-adds a clock and processor, of which good products reach two thirds
    flops = units * 64 * 2 * float(p.get("clockRate") or 0) * 1e3 * 0.67
    return replace(
        guess,
        name=name.decode() if isinstance(name, bytes) else str(name),
        matmul_flops=flops or guess.matmul_flops,
        half_flops=4 * flops or guess.half_flops,
        memory_bandwidth=0.8 * 2 * clock * width / 8 or guess.memory_bandwidth,
        lanes=units * int(p.get("maxThreadsPerMultiProcessor") or 2048),
    )


def measure_gpu(number: int) -> GpuFacts:
    """Time products, memory, transfers and launches on a GPU; the times include what CuPy itself takes."""
    xp = gpu(number).xp
    wait = xp.cuda.get_current_stream().synchronize

    def seconds(call: Callable[[], Any], times: int) -> float:
        call()
        wait()
        best = float("inf")
        for _ in range(3):
            before = time.perf_counter()
            for _ in range(times):
                call()
            wait()
            best = min(best, (time.perf_counter() - before) / times)
        return best

    def flops(dtype: str) -> float:
        a, b = (xp.full((4096, 4096), 0.5, dtype) for _ in range(2))
        return 2.0 * 4096**3 / seconds(lambda: xp.matmul(a, b), 10)

    large = xp.zeros(32 << 20, np.float32)
    other, few = xp.empty_like(large), xp.zeros(16, np.float32)
    host = np.zeros(4 << 20, np.float32)
    there = xp.empty_like(large[: host.size])
    return replace(
        guess_gpu(number),
        matmul_flops=flops("float32"),
        half_flops=flops("float16"),
        memory_bandwidth=2 * large.nbytes / seconds(lambda: xp.copyto(other, large), 20),
        transfer_bandwidth=host.nbytes / seconds(lambda: there.set(host), 5),
        launch_seconds=seconds(lambda: xp.add(few, few, out=few), 500),
        wait_seconds=seconds(lambda: float(few[0].get()), 50),
    )
