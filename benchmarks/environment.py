"""The peers' environments, apart from Netwright's own: ``python -m benchmarks.environment`` makes them.

PyTorch, JAX and ONNX Runtime share one with Netwright's dependencies, so that one process holds all contenders; MXNet
1.9.1 has one of its own inside it, with the NumPy that it can still be imported with, and MLServer another.
They lie in ``.peers`` beside ``.venv``, or where the variable NETWRIGHT_PEERS says.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import venv
from pathlib import Path

from . import BLAS_PRESET

ROOT = Path(__file__).resolve().parent.parent
PEERS = Path(os.environ.get("NETWRIGHT_PEERS") or ROOT / ".peers")


def peers_python() -> str | None:
    """The interpreter that has PyTorch and JAX, where it was made."""
    path = PEERS / "bin" / "python"
    return str(path) if path.exists() else None


def mxnet_python() -> str | None:
    """The interpreter that has MXNet, where it was made."""
    path = PEERS / "mxnet" / "bin" / "python"
    return str(path) if path.exists() else None


ENTERED = "NETWRIGHT_BENCHMARK"
"""Set in a benchmark's process to what the environment itself said of BLAS kernels: MXNet's library is an old one."""


def enter(module: str) -> None:
    """Run the command again under the peers' interpreter, or under this one where it has them or there is none.

    Settles what is read before the first import: the BLAS kernels that are the fastest on this machine (measured first,
    where that has not been done), one BLAS thread (as ``fit`` has it), and OpenMP threads that sleep between turns.
    """
    if ENTERED in os.environ:
        return
    from netwright.machine import start
    from netwright.scheduler import calibration

    if os.environ.get(start.CONTROL, "auto") == "auto" and not calibration.is_calibrated():
        calibration.calibrate(lambda text: print(f"measuring this machine: {text}", flush=True))
    python = sys.executable if importlib.util.find_spec("torch") else peers_python() or sys.executable
    paths = [str(ROOT), str(ROOT / "framework"), *filter(None, [os.environ.get("PYTHONPATH")])]
    settled = {"OMP_WAIT_POLICY": "PASSIVE", "OPENBLAS_NUM_THREADS": "1", ENTERED: BLAS_PRESET}
    os.execve(
        python,
        [python, "-m", module, *sys.argv[1:]],
        {**os.environ, **settled, "PYTHONPATH": os.pathsep.join(paths)},
    )


def make() -> None:
    """Make or bring up to date both environments; a second call takes seconds."""
    _install(PEERS, "requirements.txt")  # apart: its lines have checksums, so all of one call must
    _install(PEERS, "benchmarks/requirements-peers.txt")
    _install(PEERS / "mxnet", "benchmarks/requirements-peers-mxnet.txt")
    _install(PEERS / "mlserver", "benchmarks/requirements-peers-mlserver.txt")
    print(f"peers: {PEERS}")


def _install(folder: Path, requirements: str) -> None:
    if not (folder / "bin" / "python").exists():
        venv.create(folder, with_pip=True)
    subprocess.run(
        [
            folder / "bin" / "python",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
            requirements,
        ],
        cwd=ROOT,
        check=True,
    )


if __name__ == "__main__":
    make()
