"""Contributed samplers and data sets (MXNet's ``gluon.contrib.data``)."""

from __future__ import annotations

from ...data.sampler import IntervalSampler
from . import text

__all__ = ["IntervalSampler", "text"]
