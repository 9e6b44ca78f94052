"""Other frameworks, where they are installed; what is missing is named."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..environment import mxnet_python
from ..workloads import Workload
from . import torch_form
from .jax_form import JaxTrainer
from .mxnet_form import MxnetTrainer

Make = Callable[..., Any]


@dataclass(frozen=True)
class Peers:
    """The modules that were found; ``missing`` names the others."""

    torch: Any
    jax: Any
    mxnet: str | None
    threads: int

    @property
    def missing(self) -> list[str]:
        found = {"PyTorch": self.torch, "JAX": self.jax, "MXNet": self.mxnet}
        return [name for name, module in found.items() if module is None]

    @property
    def versions(self) -> list[str]:
        """Names with versions, of those that are there."""
        named = [f"{n} {m.__version__}" for n, m in (("PyTorch", self.torch), ("JAX", self.jax)) if m is not None]
        return [*named, "MXNet 1.9.1"] if self.mxnet else named

    def forms(self, workload: Workload, chosen: Sequence[str]) -> dict[str, Make]:
        """Makers by name: those of a workload whose name holds one of the chosen words."""
        found: dict[str, Make] = {}
        if self.torch is not None:
            found |= torch_form.forms(self.torch, workload)
        if self.jax is not None:
            found["JAX jit"] = lambda w, weights: JaxTrainer(self.jax, w, weights)
        if self.mxnet is not None:
            python = self.mxnet
            found["MXNet hybridized"] = lambda w, weights: MxnetTrainer(python, w, weights, self.threads)
        return {n: make for n, make in found.items() if any(word in n.lower() for word in chosen)}


def find_peers(threads: int) -> Peers:
    """Import what is installed and give it that many threads."""
    torch, jax = _import("torch"), _import("jax")
    if torch is not None:
        torch.set_num_threads(threads)
    return Peers(torch, jax, mxnet_python(), threads)


def _import(name: str) -> Any:
    if name == "jax":
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
    try:
        return importlib.import_module(name)
    except ImportError:
        return None
