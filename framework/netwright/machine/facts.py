"""What a machine can do, in the few numbers that cost models need; guesses until it is measured."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from ..errors import ParamError


@dataclass(frozen=True)
class GpuFacts:
    """One GPU. Rates are per second; the defaults are those of a card of some years ago."""

    name: str = "GPU"
    matmul_flops: float = 10e12
    """Floating-point operations a second in large float32 matrix products."""
    half_flops: float = 40e12
    """The same in float16 with tensor cores."""
    memory_bandwidth: float = 500e9
    """Bytes a second read from or written to its memory."""
    transfer_bandwidth: float = 10e9
    """Bytes a second between host and device, from pinned memory."""
    launch_seconds: float = 5e-6
    """From one small kernel to the next, started from Python."""
    wait_seconds: float = 20e-6
    """Until the host sees a finished result."""
    lanes: int = 80 * 2048
    """Threads that run at once; smaller work leaves a part of the card idle."""


@dataclass(frozen=True)
class MachineFacts:
    """The host's cores and the GPUs.

    >>> from netwright.machine import MachineFacts
    >>> MachineFacts().measured
    False
    """

    cores: int = 1
    matmul_flops: float = 60e9
    """Floating-point operations a second and core in float32 matrix products of the sizes nets have."""
    memory_bandwidth: float = 8e9
    """Bytes a second that one core moves to and from main memory."""
    cache_bandwidth: float = 40e9
    """Bytes a second that one core moves within its own cache."""
    call_seconds: float = 1e-6
    """One NumPy call on a few numbers."""
    handoff_seconds: float = 10e-6
    """From one thread's word until another has heard it."""
    gpus: tuple[GpuFacts, ...] = ()
    measured: bool = field(default=False)
    """False: guesses, for nothing was measured here yet."""

    def to_json(self) -> dict[str, Any]:
        """Plain values; ``from_json`` reads them back."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Any) -> Self:
        """Read and check; raises ParamError where a number is missing, is none, or cannot be."""
        values = _checked(cls, values)
        values["gpus"] = tuple(GpuFacts(**_checked(GpuFacts, gpu)) for gpu in values["gpus"])
        return cls(**values)

    def rows(self) -> list[tuple[str, str]]:
        """(what, value) for people."""
        rows = [
            ("cores", str(self.cores)),
            ("matrix products, one core", f"{self.matmul_flops / 1e9:.0f} GFLOP/s"),
            ("main memory, one core", f"{self.memory_bandwidth / 1e9:.1f} GB/s"),
            ("cache, one core", f"{self.cache_bandwidth / 1e9:.1f} GB/s"),
            ("a small NumPy call", f"{self.call_seconds * 1e6:.2f} µs"),
            ("a word between threads", f"{self.handoff_seconds * 1e6:.1f} µs"),
        ]
        for number, gpu in enumerate(self.gpus):
            rows += [
                (f"gpu({number})", gpu.name),
                ("  matrix products", f"{gpu.matmul_flops / 1e12:.1f} TFLOP/s, float16 {gpu.half_flops / 1e12:.1f}"),
                ("  memory", f"{gpu.memory_bandwidth / 1e9:.0f} GB/s"),
                ("  to and from the host", f"{gpu.transfer_bandwidth / 1e9:.1f} GB/s"),
                ("  starting a kernel", f"{gpu.launch_seconds * 1e6:.1f} µs"),
                ("  waiting for a result", f"{gpu.wait_seconds * 1e6:.1f} µs"),
            ]
        return rows


def _checked(cls: type[Any], values: Any) -> dict[str, Any]:
    wrong = ParamError("facts of a machine cannot be read", where=cls.__name__, remedy="Run netwright calibrate")
    if not isinstance(values, dict) or set(values) != {f.name for f in fields(cls)}:
        raise wrong
    for name, value in values.items():
        if name == "gpus":
            if not isinstance(value, (list, tuple)):
                raise wrong
        elif name == "name":
            if not isinstance(value, str):
                raise wrong
        elif name == "measured":
            if not isinstance(value, bool):
                raise wrong
        elif isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e18:
            raise wrong
    return dict(values)
