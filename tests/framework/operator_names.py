"""Which of MXNet 1.9's operator names Netwright has: ``python -m tests.framework.operator_names`` prints the counts."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from pathlib import Path

import netwright
from netwright.ops import all_operators, find

LIST = Path(__file__).parent / "data" / "mxnet-1.9-operators.json"

QUANTIZED = "runs on MKL-DNN's or cuDNN's eight-bit kernels alone; quantize, requantize and dequantize are here"
GRAPHS = "samples and cuts graphs for the Deep Graph Library, of whose own data structures it is a part"
BACKWARD = "a node of MXNet's backward pass; gradients are written in operators here"
INSIDE = "MXNet's own bookkeeping, made by its runtime and never called by name"
ON_PURPOSE: dict[str, str] = {
    "_contrib_quantized_*": QUANTIZED,
    "_contrib_quantize_asym": QUANTIZED,
    "_contrib_calibrate_entropy": QUANTIZED,
    "_contrib_dgl_*": GRAPHS,
    "_contrib_backward_*": BACKWARD,
    "_broadcast_backward": BACKWARD,
    "_split_v2_backward": BACKWARD,
    "_CachedOp": INSIDE,
    "_CachedOpThreadSafe": INSIDE,
    "_CustomFunction": INSIDE,
    "_imdecode": "reads the bytes of a picture; mx.image.imdecode does, without an operator",
    "_set_value": "fills the array given as out=; here `a[:] = value` does, without an operator",
}
"""Names (patterns) that are missing on purpose, and why."""


def names() -> dict[str, list[str]]:
    """MXNet's names by group: ``public`` and ``prefixed``, each once."""
    listed = json.loads(LIST.read_text())
    return {group: sorted(set(listed[group])) for group in ("public", "prefixed")}


def is_here(name: str, group: str) -> bool:
    """Whether the registry has the name, and for public names ``nd`` and ``sym`` too."""
    if group == "public":
        return all(callable(getattr(space, name, None)) for space in (netwright.nd, netwright.sym))
    return find(name) is not None


def reasons(name: str) -> list[str]:
    """The patterns of ``ON_PURPOSE`` that the name fits."""
    return [pattern for pattern in ON_PURPOSE if fnmatchcase(name, pattern)]


def count() -> str:
    """The counts, as text."""
    from tests.framework.operator_cases import CASES, DIFFERENTIABLE
    from tests.framework.oracle import frozen

    every = [(name, group) for group, listed in names().items() for name in listed]
    missing = [(name, group) for name, group in every if not is_here(name, group)]
    lines = [
        f"operators registered: {len(all_operators())}, under {len(netwright.ops.names())} names",
        f"generic cases: {len(CASES)}, of these {len(DIFFERENTIABLE)} against finite differences",
        f"answers of MXNet 1.9.1 replayed: {len(frozen.read())}",
    ]
    for group, listed in names().items():
        absent = sum(g == group for _, g in missing)
        lines.append(
            f"{group} names of MXNet 1.9: {len(listed) - absent} of {len(listed)}, {absent} missing on purpose"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(count())
