"""MXNet 1.9.1, which needs an older NumPy: it runs in a child process and takes its turn when it is told to."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..environment import ENTERED, ROOT
from ..workloads import EVERY, Array, Batch, Workload


class MxnetTrainer:
    """One way to train a workload: the commands are lines of JSON, arrays go by a file."""

    def __init__(self, python: str, workload: Workload, weights: Sequence[Array], threads: int) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="netwright-benchmark-")
        self._sent = 0
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": str(threads)}
        environment.pop("OPENBLAS_CORETYPE", None)  # what is best for NumPy's library may break an older one
        if os.environ.get(ENTERED):
            environment["OPENBLAS_CORETYPE"] = os.environ[ENTERED]
        self._child = subprocess.Popen(
            [python, "-m", "benchmarks.peers.mxnet_worker"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        tiny = workload != EVERY[workload.name]
        file = self._save({f"weight{i}": w for i, w in enumerate(weights)})
        self._ask(do="make", workload=workload.name, tiny=tiny, weights=file)

    def losses(self, batches: Sequence[Batch]) -> list[float]:
        """A step on each batch; also hands them over for ``run``."""
        arrays = {}
        for i, batch in enumerate(batches):
            arrays |= {f"{i}/{name}": x for name, x in batch.inputs.items()}
            if batch.label is not None:
                arrays[f"{i}/label"] = batch.label
        return list(self._ask(do="losses", batches=self._save(arrays)))

    def run(self, batches: Sequence[Batch], steps: int) -> tuple[float, float]:
        """Seconds a step (clock, cores), measured there, over the batches of ``losses``."""
        clock, cores = self._ask(do="run", steps=steps)
        return clock, cores

    def close(self) -> None:
        """End the child."""
        if self._child.stdin is not None:
            self._child.stdin.close()
        self._child.wait(10)
        if self._child.stdout is not None:
            self._child.stdout.close()
        self._folder.cleanup()

    def _save(self, arrays: dict[str, Array]) -> str:
        self._sent += 1
        path = Path(self._folder.name) / f"{self._sent}.npz"
        np.savez(path, **arrays)  # type: ignore[arg-type]
        return str(path)

    def _ask(self, **command: Any) -> Any:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(json.dumps(command) + "\n")
        self._child.stdin.flush()
        line = self._child.stdout.readline()
        if not line:
            raise RuntimeError(f"MXNet's process ended with status {self._child.wait(10)}; what it said is above")
        return json.loads(line)
