"""Data iterators."""

from __future__ import annotations

from .data_iter import CSVIter, DataBatch, DataDesc, DataIter, MNISTIter, NDArrayIter, ResizeIter

__all__ = ["CSVIter", "DataBatch", "DataDesc", "DataIter", "MNISTIter", "NDArrayIter", "ResizeIter"]
