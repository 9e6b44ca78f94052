"""What a plan costs: operations, bytes and calls of each step, and the seconds that follow on a known machine.

The seconds compare devices; they are no promise. On the CPU a step takes the longer of computing and moving its bytes
(the roofline model: Williams et al., 2009), shared over the cores, and a call. On a GPU the host starts kernels while
the card works: the longer of both counts, then the batch's way there and the wait for its result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod

from ..machine.facts import GpuFacts, MachineFacts
from .ir import Node
from .plan import Plan, step_flops

PRODUCT_INTENSITY = 4
"""More operations than this for each element read or written: a matrix product, no elementwise work."""
CACHE_BYTES = 512 * 1024
"""A step that touches less is taken to find its tensors in the core's own cache."""
MOST_PASSES = 6
"""Kernels that one operator without products starts at most on a GPU, one for each operation an element."""


@dataclass(frozen=True)
class StepWork:
    """One step. ``kernels`` is how many a GPU starts for it; ``width`` how many elements it computes side by side."""

    flops: int
    nbytes: int
    product: bool
    kernels: int
    width: int


@dataclass(frozen=True)
class Work:
    """All steps of a plan, and the bytes that are fed anew at each run (data and labels, not weights)."""

    steps: tuple[StepWork, ...]
    fed_bytes: int = 0

    @classmethod
    def of(cls, plan: Plan, weights: Iterable[str] = ()) -> Work:
        """The work of a plan; inputs that are not ``weights`` are fed at each run."""
        kept = set(weights)
        fed = sum(v.spec.nbytes for name, v in plan.graph.inputs.items() if name not in kept)
        return cls(tuple(step_work(node) for node in plan.steps if not node.op.view), fed)

    @property
    def flops(self) -> int:
        """Operations of all steps."""
        return sum(step.flops for step in self.steps)


def step_work(node: Node) -> StepWork:
    """The work of one operator call."""
    values = (*node.inputs, *node.outputs)
    flops, elements = step_flops(node), sum(prod(v.shape) for v in values)
    width = max((prod(v.shape) for v in node.outputs), default=1)
    product = flops > PRODUCT_INTENSITY * elements
    kernels = 2 if product else min(MOST_PASSES, max(1, round(flops / max(1, width))))
    if node.op.name.endswith("RNN") and node.inputs:
        times = node.inputs[0].shape[0]  # steps in time follow one upon the other
        kernels, width = 8 * times, max(1, width // max(1, times))
    return StepWork(flops, sum(v.spec.nbytes for v in values), product, kernels, width)


def cpu_seconds(work: Work, facts: MachineFacts, threads: int | None = None) -> float:
    """Predicted seconds of one run on ``threads`` cores (all by default)."""
    cores = max(1, threads or facts.cores)
    seconds = facts.handoff_seconds if cores > 1 else 0.0
    for step in work.steps:
        # elementwise operations are hidden behind the bytes they move; each is a pass of its own over them
        passes = 1 if step.product else min(step.kernels, MOST_PASSES)
        rate = facts.cache_bandwidth if step.nbytes < CACHE_BYTES * cores else facts.memory_bandwidth
        computing = step.flops / facts.matmul_flops if step.product else 0.0
        seconds += facts.call_seconds * passes + max(computing, passes * step.nbytes / rate) / cores
    return seconds


def gpu_seconds(work: Work, gpu: GpuFacts, *, half: bool = False, captured: bool = False) -> float:
    """Predicted seconds of one run; ``captured``: as one CUDA graph, whose kernels start without the host."""
    host = device = 0.0
    for step in work.steps:
        busy = min(1.0, max(step.width, 1) / gpu.lanes)
        computing = step.flops / ((gpu.half_flops if half else gpu.matmul_flops) * busy) if step.product else 0.0
        device += max(computing, step.nbytes / gpu.memory_bandwidth, step.kernels * 2e-6)
        host += step.kernels * gpu.launch_seconds
    host = gpu.launch_seconds if captured else host
    return max(host, device) + work.fed_bytes / gpu.transfer_bandwidth + gpu.wait_seconds


def fastest_gpu(work: Work, gpus: Sequence[GpuFacts]) -> tuple[int, float]:
    """(number, predicted seconds) of the fastest of some GPUs."""
    seconds = [gpu_seconds(work, gpu) for gpu in gpus]
    best = min(range(len(seconds)), key=seconds.__getitem__)
    return best, seconds[best]
