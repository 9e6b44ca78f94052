"""What this installation can do, by MXNet's names (``mx.runtime``).

>>> Features().is_enabled("lapack")
True
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .device import num_gpus
from .errors import ParamError

_PROCESSOR = {
    "CPU_SSE": "SSE",
    "CPU_SSE2": "SSE2",
    "CPU_SSE3": "SSE3",
    "CPU_SSE4_1": "SSE41",
    "CPU_SSE4_2": "SSE42",
    "CPU_AVX": "AVX",
    "CPU_AVX2": "AVX2",
    "F16C": "F16C",
}
_ABSENT = (
    *("NCCL", "TENSORRT", "CPU_SSE4A", "SSE", "JEMALLOC", "BLAS_ATLAS", "BLAS_MKL", "BLAS_APPLE", "MKLDNN", "OPENMP"),
    *("OPENCV", "CAFFE", "DIST_KVSTORE", "CXX14", "SIGNAL_HANDLER", "DEBUG", "TVM_OP"),
)


@dataclass(frozen=True)
class Feature:
    """One ability and whether it is there."""

    name: str
    enabled: bool

    def __repr__(self) -> str:
        return f"{'✔' if self.enabled else '✖'} {self.name}"


def feature_list() -> list[Feature]:
    """All abilities that MXNet names, and whether they are there."""
    gpu = num_gpus() > 0
    found = {"CUDA": gpu, "CUDNN": False, "CUDA_RTC": gpu}
    processor: dict[str, bool] = np._core._multiarray_umath.__cpu_features__  # type: ignore[attr-defined]
    found |= {name: bool(processor.get(own, False)) for name, own in _PROCESSOR.items()}
    found |= {"BLAS_OPEN": True, "LAPACK": True}
    found |= {"PROFILER": True, "INT64_TENSOR_SIZE": True}
    found |= dict.fromkeys(_ABSENT, False)
    return [Feature(name, there) for name, there in found.items()]


class Features(dict[str, Feature]):
    """The abilities by name."""

    def __init__(self) -> None:
        super().__init__((feature.name, feature) for feature in feature_list())

    def __repr__(self) -> str:
        return str(list(self.values()))

    def is_enabled(self, feature_name: str) -> bool:
        """Whether that ability is there, whatever the case of the name; raises for one that is not known."""
        found = self.get(feature_name.upper())
        if found is None:
            raise ParamError(
                f"there is no feature {feature_name!r}", where="Features", remedy=f"Known: {', '.join(self)}"
            )
        return found.enabled
