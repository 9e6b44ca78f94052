"""One kernel for a list of tensors: an optimizer's update of all weights in a single launch.

The kernel is made of the update operator's own ``forward``. Its numbers (rate, decay, …) change from step to step and
from weight to weight, so they are read from a table; where a number decides what is computed (no decay, no limit), it
is a part of the kernel.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from ...ops.operator import Operator
from .fused import STORED
from .sources import common
from .trace import Lines, Term, Untraceable, trace

CHUNK = 16384
"""Elements that one block updates."""


@dataclass(frozen=True)
class ListKernel:
    """Source and name; ``numbers`` are the parameters that stand in the table, in their order."""

    source: str
    name: str
    numbers: tuple[str, ...]
    results: tuple[int, ...]
    """The inputs that the outputs are written over: the weight, then the states."""


def split_params(params: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """(what is a part of the kernel, names of what stands in the table)."""
    fixed: dict[str, Any] = {}
    numbers = []
    for name, value in sorted(params.items()):
        decides = (name == "rescale_grad" and value == 1) or (name.startswith("clip_") and value < 0) or value == 0
        if isinstance(value, bool) or not isinstance(value, (int, float)) or decides:
            fixed[name] = value
        else:
            numbers.append(name)
    return fixed, tuple(numbers)


class Number(Term):
    """A parameter from the table. Of it is known what ``split_params`` saw to: it is not 0, a factor of the gradient is
    not 1, a limit is positive.
    """

    def __init__(self, lines: Lines, code: str, name: str) -> None:
        super().__init__(lines, code, np.float64, (), weak=True)
        self.name = name

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> Any:
        if other == 0 or (other == 1 and self.name == "rescale_grad"):
            return False
        raise Untraceable(f"{self.name} decides what is computed")

    def __ge__(self, other: object) -> Any:
        if other == 0 and self.name.startswith("clip_"):
            return True
        raise Untraceable(f"{self.name} decides what is computed")

    __hash__ = None


def list_kernel(op: Operator, params: Mapping[str, Any], dtypes: Sequence[str]) -> ListKernel:
    """The kernel of an update operator; raises Untraceable where its forward looks at more than elements."""
    fixed, numbers = split_params(params)
    return _make(op, tuple(fixed.items()), numbers, tuple(dtypes))


@functools.cache
def _make(
    op: Operator, fixed: tuple[tuple[str, Any], ...], numbers: tuple[str, ...], dtypes: tuple[str, ...]
) -> ListKernel:
    lines = Lines()
    scalars = {name: Number(lines, f"s{i}", name) for i, name in enumerate(numbers)}
    shape = (1 << 20,)  # any that is no number's
    terms = []
    for i, kind in enumerate(dtypes):
        terms.append(Term(lines, lines.leaf(i, shape), kind, shape, i))
    results = trace(op, SimpleNamespace(**dict(fixed), **scalars), terms)
    states = tuple(i for i, port in enumerate(op.inputs) if port.kind == "state")
    written = (0, *states)[: len(results)]
    count = len(dtypes)
    body = [
        *(f"const {STORED[k]}* a{i} = (const {STORED[k]}*)at[{i}];" for i, k in enumerate(dtypes)),
        *(f"{STORED[dtypes[i]]}* y{j} = ({STORED[dtypes[i]]}*)at[{i}];" for j, i in enumerate(written)),
    ]
    inner = [
        *(f"const auto {name} = nw_load(a{i}[i]);" for (i, _), name in lines.leaves.items()),
        *lines.lines,
        *(
            f"y{j}[i] = nw_stored<{STORED[dtypes[i]]}>::make({value.code});"
            for j, (i, value) in enumerate(zip(written, results, strict=True))
        ),
    ]
    taken = [f"const double s{i} = numbers[{max(1, len(numbers))} * chunk[0] + {i}];" for i in range(len(numbers))]
    text = "\n    ".join([*taken, *body])
    loop = "\n        ".join(inner)
    name = "update_" + hashlib.sha256(f"{text}{loop}".encode()).hexdigest()[:16]
    source = f"""{common()}
extern "C" __global__ void {name}(const long long* chunks, const long long* addresses, const double* numbers) {{
    const long long* chunk = chunks + 3 * blockIdx.x;
    const long long* at = addresses + {count} * chunk[0];
    {text}
    for (long long i = chunk[1] + threadIdx.x; i < chunk[2]; i += blockDim.x) {{
        {loop}
    }}
}}
"""
    return ListKernel(source, name, numbers, written)


@functools.cache
def chunks_of(sizes: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """(tensor, first element, end) of each block."""
    rows = [(t, at, min(n, at + CHUNK)) for t, n in enumerate(sizes) for at in range(0, n, CHUNK)]
    return np.array(rows, np.int64).reshape(-1, 3)
