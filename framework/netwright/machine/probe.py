"""Run by path in a process of its own: times NumPy with the BLAS kernels that this process's environment names.

``python -P probe.py blas`` prints which kernels answered and the seconds of each product; ``python -P probe.py facts``
the rates of memory, calls and threads. It imports nothing of Netwright: it must start fast, and may crash.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

# (rows, depth, columns, which factor is transposed): a dense layer forward and its weight's gradient at two widths,
# a recurrent step, a convolution as shifted products, an attention head, and one large square
PRODUCTS = (
    (64, 784, 128, "right"),
    (128, 64, 784, "left"),
    (64, 512, 512, "right"),
    (512, 64, 512, "left"),
    (64, 128, 512, "right"),
    (676, 288, 64, ""),
    (64, 32, 64, "right"),
    (512, 512, 512, ""),
)
TURN_SECONDS = 0.02


def best_of(call: Callable[[], Any], seconds: float = TURN_SECONDS) -> float:
    """The fastest of as many calls as fit in that time (three at least), in seconds."""
    call()
    best, calls, end = float("inf"), 0, time.perf_counter() + seconds
    while calls < 3 or time.perf_counter() < end:
        before = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - before)
        calls += 1
    return best


def blas_in_use() -> dict[str, Any]:
    """Name, version and kernels of NumPy's BLAS; nothing where it is none that threadpoolctl knows."""
    for library in threadpool_info():
        if library["user_api"] == "blas":
            return {key: library.get(key) for key in ("internal_api", "version", "architecture")}
    return {}


def time_products() -> dict[str, Any]:
    """Seconds of each product, and the largest error relative to the sum of the magnitudes."""
    rng = np.random.default_rng(0)
    seconds, error = [], 0.0
    for rows, depth, columns, transposed in PRODUCTS:
        a = rng.standard_normal((depth, rows) if transposed == "left" else (rows, depth), dtype=np.float32)
        b = rng.standard_normal((columns, depth) if transposed == "right" else (depth, columns), dtype=np.float32)
        left, right = a.T if transposed == "left" else a, b.T if transposed == "right" else b
        out = np.empty((rows, columns), np.float32)
        seconds.append(best_of(lambda x=left, y=right, to=out: np.matmul(x, y, out=to)))  # type: ignore[misc]
        some = slice(0, rows, max(1, rows // 8))
        wide = np.einsum("ij,jk->ik", left[some].astype(np.float64), right.astype(np.float64), optimize=False)
        error = max(error, float(np.abs(out[some] - wide).max()) / depth)
    return {"blas": blas_in_use(), "seconds": seconds, "error": error}


def measure_facts() -> dict[str, float]:
    """Rates of one core and of the interpreter."""
    large, small = np.ones(8 << 20, np.float32), np.ones(16 << 10, np.float32)
    to_large, to_small, few = np.empty_like(large), np.empty_like(small), np.zeros(16, np.float32)
    flops = [2 * m * k * n for m, k, n, _ in PRODUCTS]
    rates = np.array(flops) / np.array(time_products()["seconds"])
    return {
        "matmul_flops": float(np.exp(np.log(rates).mean())),
        "memory_bandwidth": 2 * large.nbytes / best_of(lambda: np.copyto(to_large, large), 0.1),
        "cache_bandwidth": 2 * small.nbytes / best_of(lambda: np.copyto(to_small, small)),
        "call_seconds": best_of(lambda: [np.add(few, few, out=few) for _ in range(100)]) / 100,
        "handoff_seconds": hand_over(200),
    }


def hand_over(turns: int) -> float:
    """Median seconds from one thread's release of a lock until the other runs."""
    there, back, seconds = threading.Semaphore(0), threading.Semaphore(0), []

    def answer() -> None:
        for _ in range(turns):
            there.acquire()
            back.release()

    other = threading.Thread(target=answer)
    other.start()
    for _ in range(turns):
        before = time.perf_counter()
        there.release()
        back.acquire()
        seconds.append((time.perf_counter() - before) / 2)
    other.join()
    return float(np.median(seconds))


if __name__ == "__main__":
    print(json.dumps(time_products() if sys.argv[1] == "blas" else measure_facts()))
