"""Contributed layers (MXNet's ``gluon.contrib.nn``)."""

from __future__ import annotations

from ...nn.basic import Concurrent, HybridConcurrent, Identity
from ...nn.norm import SyncBatchNorm
from .embedding import SparseEmbedding
from .pixel_shuffle import PixelShuffle1D, PixelShuffle2D, PixelShuffle3D

__all__ = [
    "Concurrent",
    "HybridConcurrent",
    "Identity",
    "PixelShuffle1D",
    "PixelShuffle2D",
    "PixelShuffle3D",
    "SparseEmbedding",
    "SyncBatchNorm",
]
