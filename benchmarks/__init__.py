"""Measurements against other frameworks; each is a command, `python -m benchmarks.training` for one."""

import os

# Read when an OpenMP runtime is first loaded: contenders share a process, and a peer's threads that spin after their
# turn would take the cores from the next one.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# Before anything imports NumPy: it says which BLAS kernels run.
import netwright.machine.start  # noqa: F401
