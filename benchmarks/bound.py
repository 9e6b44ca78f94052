"""What a step's matrix products alone would take on this machine: no planned step can be faster."""

from __future__ import annotations

import time
from functools import cache

import numpy as np

from netwright.scheduler.plan import step_flops

from .ours import Planned, initial_weights
from .workloads import Workload

PRODUCTS = frozenset(
    (
        *("FullyConnected", "dot", "batch_dot", "RNN", "_rnn_grad", "MultiHeadAttention", "_attention_grad"),
        *("Convolution", "_conv_weight_grad", "_conv_data_grad"),
    )
)
"""Operators that are matrix products, or little else."""


def count_products(workload: Workload, batch: int) -> int:
    """Floating-point operations of a training step's matrix products."""
    plan = Planned(workload, initial_weights(workload), "debug").task.plan(batch)
    return sum(step_flops(node) for node in plan.steps if node.op.name in PRODUCTS)


@cache
def product_rate(size: int = 512, seconds: float = 0.1) -> float:
    """FLOP/s of one thread in NumPy's BLAS: the best of products of square matrices that stay in the cache."""
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal((size, size), dtype=np.float32) for _ in range(2))
    out = np.empty((size, size), np.float32)
    best, end = np.inf, time.perf_counter() + seconds
    while time.perf_counter() < end:
        begin = time.perf_counter()
        np.matmul(a, b, out=out)
        best = min(best, time.perf_counter() - begin)
    return 2.0 * size**3 / best
