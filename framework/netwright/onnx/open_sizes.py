"""Sizes left open: the batch, the length of a sequence.

A model is written for several sizes. What is the same in all of them stays; a constant that follows a size (the shape a
Reshape is given, a range) is computed from the input's shape when the model runs. The structure must not depend on it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import helper

from ..errors import NetwrightError
from .convert import ExportError
from .drafts import Build, Draft
from .writer import graphs_in, names_used

MAX_SIZES = 4
"""How many sizes may be open at once; the model is written 2ⁿ + 1 times."""

Axes = Mapping[str, Sequence[tuple[int, int]]]
"""Open sizes by name: the axes (input, axis) that have it."""


@dataclass
class Probe:
    """One writing of the model, and the sizes it was written for."""

    sizes: tuple[int, ...]
    draft: Draft


def write_open(build: Build, shapes: Sequence[tuple[int, ...]], axes: Axes) -> Draft:
    """The draft with the named sizes open. Errors: ExportError where something else than a shape follows from one."""
    if len(axes) > MAX_SIZES:
        raise ExportError("too many sizes are open", wanted=f"at most {MAX_SIZES}", got=", ".join(axes))
    base = tuple(max(2, shapes[places[0][0]][places[0][1]]) for places in axes.values())
    steps = list(itertools.product((0, 1), repeat=len(axes)))
    sizes = [tuple(b + s for b, s in zip(base, step, strict=True)) for step in steps]
    sizes.append(tuple(b + 3 for b in base))  # not fitted: what was found must hold here too
    probes = [Probe(s, _at(build, shapes, axes, s)) for s in sizes]
    for probe in probes:
        probe.draft.writer.prune(probe.draft.outputs)
    _Fit(probes, axes).apply()
    return probes[0].draft


def _at(build: Build, shapes: Sequence[tuple[int, ...]], axes: Axes, sizes: tuple[int, ...]) -> Draft:
    changed = [list(shape) for shape in shapes]
    for places, size in zip(axes.values(), sizes, strict=True):
        for i, axis in places:
            changed[i][axis] = size
    try:
        return build([tuple(shape) for shape in changed])
    except NetwrightError as error:
        error.remedy = error.remedy or "This size cannot be left open: give it a number in dynamic_input_shapes"
        raise


class _Fit:
    """Compares the writings, and puts into the first one what follows from the open sizes."""

    def __init__(self, probes: Sequence[Probe], axes: Axes) -> None:
        self.probes, self.axes = probes, axes
        self.names = list(axes)
        self.first = probes[0].draft
        self.prelude: list[onnx.NodeProto] = []
        self._dims: dict[tuple[int, ...], str] = {}
        self._terms = [s for n in range(len(axes) + 1) for s in itertools.combinations(range(len(axes)), n)]

    def apply(self) -> None:
        for other in self.probes[1:]:
            self._compare(self.first.writer.nodes, other.draft.writer.nodes)
        arrays = [p.draft.writer.constants for p in self.probes]
        if any(set(a) != set(arrays[0]) for a in arrays):
            raise ExportError("which constants the model needs depends on the sizes left open")
        for name in list(arrays[0]):
            values = [a[name] for a in arrays]
            if any(v is not values[0] and not _same(v, values[0]) for v in values[1:]):
                self._replace(name, values)
        for tensors in zip(*((*p.draft.inputs, *p.draft.outputs) for p in self.probes), strict=True):
            columns = zip(*(t.shape for t in tensors), strict=True)
            self.first.sizes[tensors[0].name] = [self._name(column) for column in columns]
        self.first.writer.nodes[:0] = self.prelude

    # ---------------------------------------------------------------- structure
    def _compare(self, ours: Sequence[onnx.NodeProto], theirs: Sequence[onnx.NodeProto]) -> None:
        """Raise where the nodes differ; sizes of values in inner graphs that differ are left open."""
        for mine, other in itertools.zip_longest(ours, theirs):
            if mine is None or other is None or _outline(mine) != _outline(other):
                raise ExportError(
                    "how it is computed depends on a size that is left open",
                    where=(mine if mine is not None else other).name,
                    remedy="Give that size a number",
                )
            for inner, its in zip(graphs_in(mine), graphs_in(other), strict=True):
                self._compare(inner.node, its.node)
                for infos in (zip(inner.input, its.input, strict=True), zip(inner.output, its.output, strict=True)):
                    for info, like in infos:
                        _open_where_different(info, like)

    # ---------------------------------------------------------------- numbers
    def _name(self, column: Sequence[int]) -> int | str | None:
        """A size that is the same everywhere as itself, an open one by its name, any other one without."""
        if len(set(column)) == 1:
            return column[0]
        for i, name in enumerate(self.names):
            if all(size == probe.sizes[i] for size, probe in zip(column, self.probes, strict=True)):
                return name
        return None

    def _coefficients(self, name: str, values: Sequence[Any]) -> Any:
        """One row per term (products of open sizes) that gives the values; raises where none does."""
        table = np.array([[np.prod([p.sizes[i] for i in t], dtype=float) for t in self._terms] for p in self.probes])
        wanted = np.array([np.asarray(v, float).reshape(-1) for v in values])
        found = np.rint(np.linalg.solve(table[:-1], wanted[:-1]))
        if not np.array_equal(table @ found, wanted):
            raise self._refuse(name, "does not follow from a size that is left open by sums and products")
        return found.astype(np.int64)

    def _refuse(self, name: str, why: str) -> ExportError:
        users = [n.name for n in self.first.writer.nodes if name in names_used(n)]
        return ExportError(
            f"a number it uses {why}", where=users[0] if users else name, remedy="Give that size a number"
        )

    def _replace(self, name: str, values: Sequence[Any]) -> None:
        """A constant that follows the open sizes is computed instead."""
        first = values[0]
        if self._is_target(name) and self._leave_one_out(name, values):
            return
        del self.first.writer.constants[name]
        if all(v.shape == first.shape for v in values):
            if first.dtype != np.int64:
                raise self._refuse(name, "follows from a size that is left open")
            self._sum(name, self._coefficients(name, values), first.shape)
            return
        if any(v.ndim != first.ndim for v in values):
            raise self._refuse(name, "has another number of axes where a size that is left open is another one")
        shape = self._numbers([np.array(v.shape, np.int64) for v in values])
        filled = [v.reshape(-1)[:1] for v in values]
        if all(
            v.size and (v == v.reshape(-1)[0]).all() and _same(f, filled[0])
            for v, f in zip(values, filled, strict=True)
        ):
            fill = helper.make_tensor("value", helper.np_dtype_to_tensor_dtype(first.dtype), [1], filled[0])
            self._node("ConstantOfShape", [shape], name, value=fill)
            return
        self._range(name, values, shape)

    def _range(self, name: str, values: Sequence[Any], shape: str) -> None:
        """Numbers in even steps, whose count follows the sizes."""
        flat = [v.reshape(-1) for v in values]
        if flat[0].size < 2 or flat[0].dtype.kind == "b":
            raise self._refuse(name, "is an array whose size follows from one that is left open")
        start, step = flat[0][0], flat[0][1] - flat[0][0]
        if any(not np.array_equal(f, (start + step * np.arange(f.size)).astype(f.dtype)) for f in flat):
            raise self._refuse(name, "is an array whose size follows from one that is left open")
        count = self._numbers([np.array([f.size], np.int64) for f in flat])
        kind = helper.np_dtype_to_tensor_dtype(flat[0].dtype)
        steps = self._node("Cast", [self._node("Squeeze", [count])], to=kind)
        begin, each = self._const(np.asarray(start, flat[0].dtype)), self._const(np.asarray(step, flat[0].dtype))
        end = self._node("Add", [self._node("Mul", [steps, each]), begin])
        self._node("Reshape", [self._node("Range", [begin, end, each]), shape], name)

    # ---------------------------------------------------------------- nodes before all others
    def _node(self, kind: str, inputs: Sequence[str], output: str = "", **attributes: Any) -> str:
        name = output or self.first.writer.fresh(f"sizes/{kind}")
        label = self.first.writer.fresh(f"sizes/{kind}") if output else name
        self.prelude.append(helper.make_node(kind, inputs, [name], name=label, **attributes))
        return name

    def _const(self, array: Any) -> str:
        return self.first.writer.const(array).name

    def _numbers(self, values: Sequence[Any]) -> str:
        """The name of a vector that follows from the sizes."""
        if all(np.array_equal(v, values[0]) for v in values):
            return self._const(values[0])
        return self._sum("", self._coefficients("a shape", values), values[0].shape)

    def _sum(self, name: str, rows: Any, shape: tuple[int, ...]) -> str:
        parts = [self._const(rows[0].reshape(shape))] if rows[0].any() or not rows[1:].any() else []
        for term, row in zip(self._terms[1:], rows[1:], strict=True):
            if row.any():
                dim = self._dim(term)
                one = (row == 1).all() and shape == (1,)
                parts.append(dim if one else self._node("Mul", [dim, self._const(row.reshape(shape))]))
        while len(parts) > 1:
            last = len(parts) == 2
            parts[:2] = [self._node("Add", parts[:2], name if last else "")]
            if last and name:
                return name
        return self._node("Identity", parts, name) if name else parts[0]

    def _dim(self, term: tuple[int, ...]) -> str:
        """The product of some open sizes, as a vector of one number."""
        if term not in self._dims:
            if len(term) == 1:
                i, axis = self.axes[self.names[term[0]]][0]
                self._dims[term] = self._node("Shape", [self.first.inputs[i].name], start=axis, end=axis + 1)
            else:
                self._dims[term] = self._node("Mul", [self._dim(term[:1]), self._dim(term[1:])])
        return self._dims[term]

    # ---------------------------------------------------------------- Reshape
    def _is_target(self, name: str) -> bool:
        users = [n for n in _all_nodes(self.first.writer.nodes) if name in n.input]
        return bool(users) and all(n.op_type == "Reshape" and n.input[1] == name for n in users)

    def _leave_one_out(self, name: str, values: Sequence[Any]) -> bool:
        """A shape of which one size is open: Reshape works that one out."""
        rows = np.array(values)
        open_ = [i for i in range(rows.shape[1]) if len(set(rows[:, i])) > 1]
        if len(open_) != 1 or not rows[0, open_[0]]:
            return False
        target = rows[0].copy()
        target[open_[0]] = -1
        self.first.writer.constants[name] = target
        return True


def _all_nodes(nodes: Sequence[onnx.NodeProto]) -> Iterator[onnx.NodeProto]:
    for node in nodes:
        yield node
        for graph in graphs_in(node):
            yield from _all_nodes(graph.node)


def _outline(node: onnx.NodeProto) -> Any:
    """All of a node but the graphs inside it."""
    attributes = [a.SerializeToString() for a in node.attribute if a.type != onnx.AttributeProto.GRAPH]
    return node.op_type, node.name, list(node.input), list(node.output), sorted(attributes)


def _open_where_different(info: onnx.ValueInfoProto, like: onnx.ValueInfoProto) -> None:
    for dim, other in zip(info.type.tensor_type.shape.dim, like.type.tensor_type.shape.dim, strict=True):
        if dim.dim_value != other.dim_value:
            dim.Clear()


def _same(a: Any, b: Any) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
