"""What figures were taken on, in words."""

from __future__ import annotations

import datetime
import os
import platform
from pathlib import Path

import numpy as np


def describe() -> str:
    """One line: date, processor, versions, BLAS."""
    kernels = os.environ.get("OPENBLAS_CORETYPE", "as the library chooses")
    return (
        f"{datetime.date.today().isoformat()}: {cpu_name()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, NumPy {np.__version__}, BLAS kernels {kernels}"
    )


def load() -> str:
    """How busy the machine is: figures of a busy one are worth less."""
    try:
        return f"load {os.getloadavg()[0]:.1f}"
    except (AttributeError, OSError):  # Windows knows no load average
        return "load unknown"


def cpu_name() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in text.splitlines() if line.startswith("model name")), "CPU")
