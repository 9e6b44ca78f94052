"""References of linear algebra: one matrix at a time, with SciPy or by the definition."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg


def matrices(a: Any) -> Any:
    return a.reshape(-1, *a.shape[-2:])


def each(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function on every matrix; results stacked to the leading axes, (1,) for single numbers."""

    def apply(p: Any, *arrays: Any) -> Any:
        lead = arrays[0].shape[:-2]
        found = [function(p, *group) for group in zip(*map(matrices, arrays), strict=True)]
        if not found:  # an empty batch: the shape from one made-up batch entry
            probe = function(p, *(np.eye(*a.shape[-2:]) for a in arrays))
            parts = probe if isinstance(probe, tuple) else (probe,)
            empty = tuple(np.zeros(lead + np.shape(part)) for part in parts)
            return empty if isinstance(probe, tuple) else empty[0]
        if isinstance(found[0], tuple):
            return tuple(stacked([f[i] for f in found], lead) for i in range(len(found[0])))
        return stacked(found, lead)

    return apply


def stacked(values: list[Any], lead: tuple[int, ...]) -> Any:
    result = np.array(values).reshape(lead + np.shape(values[0]))
    return result if result.shape else result.reshape(1)


def gemm2(p: Any, a: Any, b: Any) -> Any:
    a, b = np.swapaxes(a, p.axis, -2), np.swapaxes(b, p.axis, -2)
    left, right = ("...kn" if p.transpose_a else "...nk"), ("...mk" if p.transpose_b else "...km")
    return p.alpha * np.swapaxes(np.einsum(f"{left},{right}->...nm", a, b), p.axis, -2)


def triangle(p: Any, a: Any) -> Any:
    keep = [[(j <= i) if p.lower else (j >= i) for j in range(len(a))] for i in range(len(a))]
    return np.where(keep, a, 0.0)


def trmm(p: Any, a: Any, b: Any) -> Any:
    t = triangle(p, a).T if p.transpose else triangle(p, a)
    return p.alpha * (b @ t if p.rightside else t @ b)


def trsm(p: Any, a: Any, b: Any) -> Any:
    if p.rightside:
        turned = scipy.linalg.solve_triangular(a, b.T, lower=p.lower, trans=0 if p.transpose else 1)
        return p.alpha * turned.T
    return p.alpha * scipy.linalg.solve_triangular(a, b, lower=p.lower, trans=1 if p.transpose else 0)


def determinant(a: Any) -> float:
    """Leibniz's formula."""
    total = 0.0
    for order in itertools.permutations(range(len(a))):
        swaps = sum(order[i] > order[j] for i in range(len(a)) for j in range(i + 1, len(a)))
        total += (-1) ** swaps * math.prod(a[i, j] for i, j in enumerate(order))
    return total


def gelqf(p: Any, a: Any) -> tuple[Any, Any]:
    """Gram and Schmidt on the rows, with the signs that Householder's reflections give."""
    rows: list[Any] = []
    for row in a:
        for done in rows:
            row = row - (row @ done) * done
        rows.append(row / np.linalg.norm(row))
    q = np.array(rows)
    signs = np.sign(np.diag(scipy.linalg.qr(a.T, mode="r")[0]))
    q = q * signs[:, None]
    return q, a @ q.T


def syevd(p: Any, a: Any) -> tuple[Any, Any]:
    values, vectors = scipy.linalg.eig(a)
    order = np.argsort(values.real)
    rows = vectors.real.T[order]
    rows = [row / np.linalg.norm(row) * np.sign(row[np.argmax(np.abs(row))]) for row in rows]
    return np.array(rows), values.real[order]


def scaled_triangle(p: Any, a: Any) -> Any:
    return triangle(p, a) * (1 + (p.diagonal - 1) * np.eye(len(a)))


def diagonal(p: Any, a: Any) -> Any:
    return np.array([a[i, i + p.offset] for i in range(len(a)) if 0 <= i + p.offset < len(a)])


def triangle_places(p: Any, size: int) -> list[tuple[int, int]]:
    """The lower triangle row by row, the upper one column by column: the order was read off MXNet 1.9.1 itself."""
    if p.offset < 0 or (p.offset == 0 and p.lower):
        return [(i, j) for i in range(size) for j in range(size) if j - i <= p.offset]
    return [(i, j) for j in range(size) for i in range(size) if j - i >= p.offset]


def trian(p: Any, a: Any) -> Any:
    return np.array([a[place] for place in triangle_places(p, len(a))])


def makediag(p: Any, values: Any) -> Any:
    size = values.shape[-1] + abs(p.offset)
    found = np.zeros((*values.shape[:-1], size, size))
    for place in np.ndindex(*values.shape):
        i = place[-1] + max(-p.offset, 0)
        found[(*place[:-1], i, i + p.offset)] = values[place]
    return found


def maketrian(p: Any, values: Any) -> Any:
    size = next(n for n in range(1, 99) if n * (n + 1) // 2 == values.shape[-1]) + abs(p.offset)
    found = np.zeros((*values.shape[:-1], size, size))
    for k, (i, j) in enumerate(triangle_places(p, size)):
        found[..., i, j] = values[..., k]
    return found


REFERENCES = {
    "_linalg_gemm2": gemm2,
    "_linalg_gemm": lambda p, a, b, c: gemm2(p, a, b) + p.beta * c,
    "_linalg_syrk": each(lambda p, a: p.alpha * (a.T @ a if p.transpose else a @ a.T)),
    "_linalg_trmm": each(trmm),
    "_linalg_trsm": each(trsm),
    "_linalg_potrf": each(lambda p, a: scipy.linalg.cholesky(a, lower=True)),
    "_linalg_potri": each(lambda p, a: np.linalg.solve(np.tril(a) @ np.tril(a).T, np.eye(len(a)))),
    "_linalg_inverse": each(lambda p, a: np.linalg.solve(a, np.eye(len(a)))),
    "_linalg_det": each(lambda p, a: determinant(a)),
    "_linalg_slogdet": each(lambda p, a: (np.sign(determinant(a)), math.log(abs(determinant(a))))),
    "_linalg_sumlogdiag": each(lambda p, a: sum(math.log(a[i, i]) for i in range(len(a)))),
    "_linalg_gelqf": each(gelqf),
    "_linalg_syevd": each(syevd),
    "_triangle": each(scaled_triangle),
    "_linalg_extractdiag": each(diagonal),
    "_linalg_makediag": makediag,
    "_linalg_extracttrian": each(trian),
    "_linalg_maketrian": maketrian,
}
