"""Matrix products: dot, batch_dot, khatri_rao."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

from pydantic import Field

from ..errors import ParamError, ShapeError
from .arrays import deliver
from .operator import At, Draw, Operator, Port, Sample, Shape, Shapes, TensorSpec
from .params import OpParams, hint
from .registry import register
from .sight import ALL, Looks, along
from .storage import CSR, DEFAULT, ROW_SPARSE
from .stored import product as sparse_product

PAIR = (Port("lhs", doc="first factor"), Port("rhs", doc="second factor"))


class DotParams(OpParams):
    """What dot takes."""

    transpose_a: bool = Field(False, description="contract over the first axis of lhs instead of its last")
    transpose_b: bool = Field(False, description="contract over the last axis of rhs instead of its first")
    forward_stype: Literal["default", "csr", "row_sparse"] | None = hint(None, "Storage of the result.")


def _parts(p: DotParams, lhs: Shape, rhs: Shape) -> tuple[Shape, int, int, Shape]:
    """(free axes of lhs, its contracted size, that of rhs, free axes of rhs)."""
    if p.transpose_a:
        free_a, m = lhs[1:], lhs[0]
    else:
        free_a, m = lhs[:-1], lhs[-1]
    if p.transpose_b:
        free_b, n = rhs[:-1], rhs[-1]
    else:
        free_b, n = rhs[1:], rhs[0]
    return free_a, m, n, free_b


@register
class Dot(Operator):
    """Product over the last axis of lhs and the first of rhs: y[i, …, j, …] = Σₖ lhs[i, …, k] rhs[k, j, …].

    Vectors: the inner product, of shape (1,). Matrices: the matrix product. ``transpose_a`` contracts the first
    axis of lhs, ``transpose_b`` the last of rhs. ShapeError where the contracted sizes differ.
    """

    name = "dot"
    aliases = ("_sparse_dot",)
    category = "linalg"
    Params = DotParams
    inputs = PAIR
    in_palette = True
    title = "Matrix product"
    direct = "lhs.dot(rhs)"
    direct_where = "lhs.ndim == 2 == rhs.ndim"

    def infer_shape(self, p: DotParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        lhs, rhs = shapes
        if lhs is None or rhs is None:
            return shapes, [None]
        if not lhs or not rhs:
            raise ShapeError("dot needs at least one axis", port="rhs" if lhs else "lhs", got=rhs if lhs else lhs)
        free_a, m, n, free_b = _parts(p, lhs, rhs)
        if m != n:
            raise ShapeError(
                f"the contracted sizes differ: {m} in lhs {lhs}, {n} in rhs {rhs}",
                port="rhs",
                wanted=f"{m} on axis {-1 if p.transpose_b else 0}",
                got=rhs,
                remedy="transpose_a and transpose_b choose which axis is contracted; * is the product element by "
                "element",
            )
        return shapes, [free_a + free_b or (1,)]

    def forward(self, xp: Any, p: DotParams, lhs: Any, rhs: Any, *, out: Any = None) -> Any:
        free_a, m, _, free_b = _parts(p, lhs.shape, rhs.shape)
        rows, columns = math.prod(free_a), math.prod(free_b)
        a = lhs.reshape(m, rows).T if p.transpose_a else lhs.reshape(rows, m)
        b = rhs.reshape(columns, m).T if p.transpose_b else rhs.reshape(m, columns)
        shape = free_a + free_b or (1,)
        if out is not None and out.flags.c_contiguous:
            xp.matmul(a, b, out=out.reshape(rows, columns))
            return out
        return deliver(xp, xp.matmul(a, b).reshape(shape), out)

    def ready(self, xp: Any, p: DotParams, specs: tuple[TensorSpec, ...]) -> Callable[..., Any]:
        if any(len(s.shape) != 2 or s.dtype.name not in ("float32", "float64") for s in specs):
            return super().ready(xp, p, specs)
        # the method takes a third of the time of matmul on small matrices, and calls the same products
        if p.transpose_a:
            return (lambda a, b: a.T.dot(b.T)) if p.transpose_b else (lambda a, b: a.T.dot(b))
        return (lambda a, b: a.dot(b.T)) if p.transpose_b else (lambda a, b: a.dot(b))

    def gives_sparse(self, p: DotParams) -> bool:
        return p.forward_stype not in (None, DEFAULT)

    def infer_storage(self, p: DotParams, stypes: tuple[str, ...]) -> tuple[str, ...] | None:
        if p.forward_stype is not None:
            return (p.forward_stype,)
        lhs, rhs = stypes
        if lhs == CSR and rhs != CSR:
            # cᵀ · d is 0 in the rows of columns that store nothing
            return (ROW_SPARSE if p.transpose_a and not p.transpose_b else DEFAULT,)
        if (lhs, rhs) == (DEFAULT, CSR):
            return (DEFAULT if p.transpose_a else CSR,)
        return None

    def sparse(self, xp: Any, p: DotParams, lhs: Any, rhs: Any, *, out: Any = None) -> Any:
        rows_only = p.transpose_a and p.forward_stype in (None, ROW_SPARSE)
        return sparse_product(xp, p, lhs, rhs, rows_only)

    def gradient(self, F: Any, p: DotParams, at: At, dy: Any, lhs: Any, rhs: Any) -> Any:
        lhs_shape, rhs_shape = at.inputs[0].shape, at.inputs[1].shape
        free_a, m, _, free_b = _parts(p, lhs_shape, rhs_shape)
        rows, columns = math.prod(free_a), math.prod(free_b)
        plain = len(lhs_shape) == len(rhs_shape) == 2
        if not plain:
            dy = F._reshape_to(dy, shape=(rows, columns))
            lhs = F._reshape_to(lhs, shape=(m, rows) if p.transpose_a else (rows, m))
            rhs = F._reshape_to(rhs, shape=(columns, m) if p.transpose_b else (m, columns))
        da, db = _matrix_gradients(F.dot, p, at, dy, lhs, rhs)
        if not plain:
            da = None if da is None else F._reshape_to(da, shape=lhs_shape)
            db = None if db is None else F._reshape_to(db, shape=rhs_shape)
        return da, db

    def flops(self, p: DotParams, inputs: Any, outputs: Any) -> int:
        m = inputs[0].shape[0 if p.transpose_a else -1]
        return int(2 * m * outputs[0].size)

    def samples(self) -> Iterable[Sample]:
        for ta in (False, True):
            for tb in (False, True):
                params = {"transpose_a": ta, "transpose_b": tb}
                yield Sample(((4, 3) if ta else (3, 4), (5, 4) if tb else (4, 5)), params)
                yield Sample(((4, 2, 3) if ta else (2, 3, 4), (5, 2, 4) if tb else (4, 5, 2)), params)
        yield Sample(((4,), (4,)))
        yield Sample(((4,), (4, 3)))
        yield Sample(((3, 4), (4,)))
        yield Sample(((3, 0), (0, 2)))
        whole = Draw((3, 3), "integer", -3, 4)
        yield Sample((whole, whole), differentiable=False, dtypes=("float16", "int32"))


def _matrix_gradients(product: Any, p: DotParams, at: At, dy: Any, lhs: Any, rhs: Any) -> tuple[Any, Any]:
    """dA = dy Bᵀ and dB = Aᵀ dy for the transposed factors A and B, turned back by the choice of flags."""
    da = db = None
    if at.wanted[0]:
        if p.transpose_a:
            da = product(rhs, dy, transpose_a=p.transpose_b, transpose_b=True, forward_stype=DEFAULT)
        else:
            da = product(dy, rhs, transpose_a=False, transpose_b=not p.transpose_b, forward_stype=DEFAULT)
    if at.wanted[1]:
        if p.transpose_b:
            db = product(dy, lhs, transpose_a=True, transpose_b=p.transpose_a)
        else:
            db = product(lhs, dy, transpose_a=not p.transpose_a, transpose_b=False)
    return da, db


class BatchDotParams(OpParams):
    """What batch_dot takes."""

    transpose_a: bool = Field(False, description="swap the last two axes of lhs first")
    transpose_b: bool = Field(False, description="swap the last two axes of rhs first")
    forward_stype: Literal["default", "csr", "row_sparse"] | None = hint(None)


@register
class BatchDot(Operator):
    """Matrix products of two batches of matrices: y[b] = lhs[b] rhs[b].

    Shapes (…, n, k) and (…, k, m) give (…, n, m); the leading axes must be equal.
    """

    name = "batch_dot"
    category = "linalg"
    Params = BatchDotParams
    inputs = PAIR
    in_palette = True
    title = "Batched matrix product"

    def infer_shape(self, p: BatchDotParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        lhs, rhs = shapes
        if lhs is None or rhs is None:
            return shapes, [None]
        for port, shape in (("lhs", lhs), ("rhs", rhs)):
            if len(shape) < 3:
                raise ShapeError(
                    "batch_dot needs at least 3 axes",
                    port=port,
                    got=shape,
                    remedy="Use dot() for two matrices",
                )
        if lhs[:-2] != rhs[:-2]:
            raise ShapeError("the leading axes must be equal", port="rhs", wanted=lhs[:-2], got=rhs[:-2])
        n, k = (lhs[-1], lhs[-2]) if p.transpose_a else lhs[-2:]
        k2, m = (rhs[-1], rhs[-2]) if p.transpose_b else rhs[-2:]
        if k != k2:
            raise ShapeError(
                f"the contracted sizes differ: {k} in lhs {lhs}, {k2} in rhs {rhs}",
                port="rhs",
                wanted=f"{k} on axis {-1 if p.transpose_b else -2}",
                got=rhs,
            )
        return shapes, [(*lhs[:-2], n, m)]

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        n = len(output)
        lead = tuple(along(a) for a in range(n - 2))
        rows = (ALL, along(n - 2)) if p.transpose_a else (along(n - 2), ALL)
        columns = (along(n - 1), ALL) if p.transpose_b else (ALL, along(n - 1))
        return [(*lead, *rows), (*lead, *columns)]

    def forward(self, xp: Any, p: BatchDotParams, lhs: Any, rhs: Any, *, out: Any = None) -> Any:
        a = xp.swapaxes(lhs, -1, -2) if p.transpose_a else lhs
        b = xp.swapaxes(rhs, -1, -2) if p.transpose_b else rhs
        return xp.matmul(a, b, out=out)

    def ready(self, xp: Any, p: BatchDotParams, specs: tuple[TensorSpec, ...]) -> Callable[..., Any]:
        product: Callable[..., Any] = xp.matmul
        if p.transpose_a:
            return super().ready(xp, p, specs)
        return (lambda a, b: product(a, b.swapaxes(-1, -2))) if p.transpose_b else product

    def gradient(self, F: Any, p: BatchDotParams, at: At, dy: Any, lhs: Any, rhs: Any) -> Any:
        return _matrix_gradients(F.batch_dot, p, at, dy, lhs, rhs)  # type: ignore[arg-type]

    def flops(self, p: BatchDotParams, inputs: Any, outputs: Any) -> int:
        return int(2 * inputs[0].shape[-2 if p.transpose_a else -1] * outputs[0].size)

    def samples(self) -> Iterable[Sample]:
        for ta in (False, True):
            for tb in (False, True):
                params = {"transpose_a": ta, "transpose_b": tb}
                yield Sample(((2, 4, 3) if ta else (2, 3, 4), (2, 5, 4) if tb else (2, 4, 5)), params)
        yield Sample(((2, 3, 4, 5), (2, 3, 5, 2)))
        yield Sample(((0, 3, 4), (0, 4, 2)))
        whole = Draw((2, 3, 3), "integer", -3, 4)
        yield Sample((whole, whole), differentiable=False, dtypes=("float16", "int32"))


class KhatriRaoParams(OpParams):
    """What khatri_rao takes."""

    num_args: int = Field(ge=1, description="how many matrices")


@register
class KhatriRao(Operator):
    """Kronecker product column by column: column j of y is a₀[:, j] ⊗ a₁[:, j] ⊗ …

    The matrices have equally many columns; y has as many rows as theirs multiplied.
    """

    name = "khatri_rao"
    category = "linalg"
    Params = KhatriRaoParams
    variadic = "num_args"

    def infer_shape(self, p: KhatriRaoParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        known = [s for s in shapes if s is not None]
        for i, shape in enumerate(shapes):
            if shape is not None and (len(shape) != 2 or shape[1] != known[0][-1]):
                raise ShapeError(
                    "the matrices need equally many columns",
                    port=f"arg{i}",
                    wanted=f"(…, {known[0][-1]})",
                    got=shape,
                )
        if len(known) < len(shapes):
            return shapes, [None]
        if not known:
            raise ParamError("give at least one matrix", parameter="num_args", got=0)
        return shapes, [(math.prod(s[0] for s in known), known[0][1])]

    def forward(self, xp: Any, p: KhatriRaoParams, *matrices: Any) -> Any:
        product = matrices[0]
        for matrix in matrices[1:]:
            product = (product[:, None, :] * matrix[None, :, :]).reshape(-1, matrix.shape[1])
        return product.copy() if len(matrices) == 1 else product

    def gradient(self, F: Any, p: KhatriRaoParams, at: At, dy: Any, xs: Any) -> Any:
        """For each factor: dy seen with an axis per matrix, times all the others, summed over their axes."""
        sizes = [spec.shape[0] for spec in at.inputs]
        columns = at.inputs[0].shape[1]
        cube = F._reshape_to(dy, shape=(*sizes, columns))
        found: list[Any] = []
        for i in range(len(xs)):
            part = cube
            for j, other in enumerate(xs):
                if j != i:
                    axes = [1] * len(sizes)
                    axes[j] = sizes[j]
                    part = part * F._reshape_to(other, shape=(*axes, columns))
            others = tuple(j for j in range(len(sizes)) if j != i)
            found.append(F._sum_to(part, shape=(sizes[i], columns), axis=others) if at.wanted[i] else None)
        return tuple(found)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 3), (4, 3)), {"num_args": 2})
        yield Sample(((2, 3), (4, 3), (3, 3)), {"num_args": 3})
        yield Sample(((2, 3),), {"num_args": 1})
        yield Sample(((0, 3), (2, 3)), {"num_args": 2})
