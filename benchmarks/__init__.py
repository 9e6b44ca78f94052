"""Measurements against other frameworks; each is a command, `python -m benchmarks.training` for one."""

import importlib.util
import os

# Read when an OpenMP runtime is first loaded: contenders share a process, and a peer's threads that spin after their
# turn would take the cores from the next one.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

BLAS_PRESET = os.environ.get("OPENBLAS_CORETYPE", "")
"""What the environment itself says."""

# Before anything imports NumPy: it says which BLAS kernels run. MXNet's own interpreter, which runs a worker of
# ``peers``, has no Netwright.
if importlib.util.find_spec("netwright") is not None:
    import netwright.machine.start  # noqa: F401
