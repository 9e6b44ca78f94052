"""What is known of this machine: its processor, what was measured on it, and which BLAS kernels follow from that.

``start`` is imported before NumPy, so nothing here imports NumPy at the top.
"""

from __future__ import annotations

from .facts import GpuFacts, MachineFacts

__all__ = ["GpuFacts", "MachineFacts"]
