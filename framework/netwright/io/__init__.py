"""Data iterators."""

from __future__ import annotations

from .data_iter import CSVIter, DataBatch, DataDesc, DataIter, MNISTIter, NDArrayIter, ResizeIter
from .libsvm import LibSVMIter
from .prefetching import PrefetchingIter

__all__ = [
    "CSVIter",
    "DataBatch",
    "DataDesc",
    "DataIter",
    "LibSVMIter",
    "MNISTIter",
    "NDArrayIter",
    "PrefetchingIter",
    "ResizeIter",
]
