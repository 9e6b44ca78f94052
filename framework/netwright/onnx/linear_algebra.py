"""``numpy.linalg`` as far as ONNX's operators reach: determinants, and elimination written out for a known size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .tensor import Inexpressible, Tensor

if TYPE_CHECKING:
    from .array_module import ArrayModule

MAX_ROWS = 64
"""Up to so many rows an elimination is written out: some ten nodes for each."""


class LinearAlgebra:
    """See the module. Matrices are the last two axes; those before are batches."""

    def __init__(self, xp: ArrayModule) -> None:
        self._xp = xp

    def __getattr__(self, name: str) -> Any:
        raise Inexpressible(f"ONNX has nothing for linalg.{name}, and no finite series of its operators gives it")

    def det(self, x: Tensor) -> Tensor:
        """Determinants."""
        return x.writer.op("Det", x)

    def slogdet(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Signs, and logarithms of the magnitudes, of determinants."""
        found = self.det(x)
        return self._xp.sign(found), self._xp.log(abs(found))

    def inv(self, a: Tensor) -> Tensor:
        """Inverses: the solutions for the unit matrix."""
        eye = self._xp.broadcast_to(self._xp.eye(a.shape[-1], dtype=a.dtype), a.shape)
        return self.solve(a, eye)

    def solve(self, a: Tensor, b: Tensor) -> Tensor:
        """x with a x = b, by Gauss and Jordan's elimination with the largest of each column as pivot."""
        xp, n = self._xp, self._rows(a)
        lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        wide = [xp.broadcast_to(v, (*lead, *v.shape[-2:])) for v in (a, b)]
        table = xp.concatenate(wide, axis=-1)
        place = np.arange(n).reshape((*(1,) * len(lead), n, 1))
        for k in range(n):
            column = table[..., k : k + 1]
            size = xp.where(place < k, -1.0, abs(column))
            pivot = xp.argmax(size, axis=-2, keepdims=True)  # (…, 1, 1)
            here = xp.take_along_axis(table, xp.broadcast_to(pivot, (*lead, 1, table.shape[-1])), -2)
            there = table[..., k : k + 1, :]
            unit = here / here[..., k : k + 1]
            # the pivot's row gets row k, row k the pivot's divided by the pivot; all others lose their share
            swapped = xp.where(xp.equal(pivot, place), there, table)
            share = swapped[..., k : k + 1]
            table = xp.where(place == k, unit, swapped - share * unit)
        return table[..., n:]

    def cholesky(self, a: Tensor) -> Tensor:
        """The lower triangle whose product with its transpose is a, column by column."""
        xp, n = self._xp, self._rows(a)
        place = np.arange(n).reshape((*(1,) * (a.ndim - 2), n, 1))
        rest, columns = a, []
        for k in range(n):
            pivot = xp.sqrt(rest[..., k : k + 1, k : k + 1])
            column = xp.where(place < k, 0.0, rest[..., k : k + 1] / pivot)
            columns.append(column)
            rest = rest - column * column.swapaxes(-1, -2)
        return xp.concatenate(columns, axis=-1)

    def _rows(self, a: Tensor) -> int:
        n = a.shape[-1]
        if n > MAX_ROWS:
            raise Inexpressible(f"the elimination is written out for at most {MAX_ROWS} rows, not {n}")
        return n
