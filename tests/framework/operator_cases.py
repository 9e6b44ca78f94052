"""The cases of the generic operator tests: every sample of every registered operator, drawn the same way each time."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from netwright.ndarray.array import NDArray
from netwright.ops import all_operators
from netwright.ops.operator import Draw, Operator, Sample, TensorSpec
from netwright.ops.params import OpParams

Array = np.ndarray[Any, Any]


class Filled(dict[str, Any]):
    """All parameters, defaults included, as ``p["axis"]`` and ``p.axis``."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


@dataclass(frozen=True)
class Case:
    """One sample of one operator in one dtype."""

    op: Operator
    number: int
    sample: Sample
    dtype: str

    @property
    def id(self) -> str:
        return f"{self.op.name}-{self.number}-{self.dtype}"

    @cached_property
    def p(self) -> OpParams:
        return self.op.make_params(dict(self.sample.params))

    @property
    def filled(self) -> Filled:
        return Filled({name: getattr(self.p, name) for name in type(self.p).model_fields})

    @property
    def seed(self) -> int:
        return zlib.crc32(f"{self.op.name}/{self.number}".encode())

    def arrays(self) -> list[Array]:
        """The inputs; the same ones at every call."""
        rng = np.random.default_rng(self.seed)
        return [draw(d, self.dtype, rng) for d in self.sample.draws()]

    def specs(self) -> tuple[TensorSpec, ...]:
        return tuple(TensorSpec(a.shape, a.dtype) for a in self.arrays())

    def keywords(self) -> dict[str, Any]:
        """What ``forward`` wants besides the inputs; the generator is new each time."""
        takes = self.op.forward_takes
        found: dict[str, Any] = {}
        if "train" in takes:
            found["train"] = self.sample.train
        if "rng" in takes:
            found["rng"] = np.random.Generator(np.random.PCG64DXSM(self.seed))
        return found

    def forward(self, *arrays: Any, **more: Any) -> tuple[Array, ...]:
        """All declared outputs, straight from the operator."""
        result = self.op.forward(np, self.p, *arrays, **self.keywords(), **more)
        results = result if isinstance(result, tuple) else (result,)
        return tuple(results[: len(self.op.output_names(self.p))])

    def visible(self, *arrays: Any) -> tuple[Array, ...]:
        return self.forward(*arrays)[: self.op.visible_outputs(self.p)]

    def differentiable_inputs(self) -> list[int]:
        """Positions of the inputs whose gradient can be checked: floating-point data and weights."""
        return [
            i
            for i, (port, a) in enumerate(zip(self.op.ports(self.p), self.arrays(), strict=True))
            if a.dtype.kind == "f" and port.kind in ("data", "weight") and not _picks(self.sample.draws()[i])
        ]


def _picks(d: Draw) -> bool:
    """Integers drawn as floating-point numbers (indices, labels, conditions) are no place for small steps."""
    return d.kind == "integer"


def draw(d: Draw, dtype: str, rng: np.random.Generator) -> Array:
    """One input of a sample."""
    count = math.prod(d.shape)
    if d.kind == "normal":
        values = rng.standard_normal(count)
    elif d.kind == "uniform":
        values = rng.uniform(d.low, d.high, count)
    elif d.kind == "integer":
        values = rng.integers(int(d.low), int(d.high), count)
    elif d.kind == "distinct":
        values = rng.permutation(np.linspace(d.low, d.high, count))
    else:
        square = rng.standard_normal(d.shape)
        values = square @ np.swapaxes(square, -1, -2) + d.shape[-1] * np.eye(d.shape[-1])
    return np.asarray(values).reshape(d.shape).astype(d.dtype or dtype)


def strided(a: Array) -> Array:
    """The same values in memory that is neither contiguous nor in order."""
    if a.ndim == 0:
        return a
    backing = np.zeros((*a.shape[:-1], 2 * a.shape[-1] + 1), a.dtype)
    view = backing[..., 1::2][..., : a.shape[-1]][..., ::-1]
    view[...] = a
    turned = np.asfortranarray(view) if a.ndim > 1 and a.shape[-1] % 2 else view
    return turned


def arrays_on_tape(arrays: list[Array], wanted: list[int], request: str = "write") -> list[NDArray]:
    """Copies as NDArrays, with gradients attached where wanted."""
    found = [NDArray(a.copy()) for a in arrays]
    for i in wanted:
        found[i].attach_grad(request)
    return found


CASES: list[Case] = [
    Case(op, number, sample, dtype)
    for op in all_operators()
    for number, sample in enumerate(op.samples())
    for dtype in sample.dtypes
]
"""Every sample of every operator in every dtype it names."""

DIFFERENTIABLE: list[Case] = [
    case
    for case in CASES
    if case.dtype == "float64" and case.sample.differentiable and case.op.differentiable and not case.op.is_loss
]
"""What gradients are compared with finite differences on."""


def one_of_each(cases: list[Case]) -> list[Case]:
    """For each operator its first case that has elements."""
    found: dict[str, Case] = {}
    for case in cases:
        if all(math.prod(d.shape) for d in case.sample.draws()):
            found.setdefault(case.op.name, case)
    return list(found.values())
