"""Which operators work on each sample of a batch alone: how the batch axis goes from inputs to outputs.

A rule gets the axis along which each input is cut (SHARED where it is not) and the number of samples, and says the
same of the outputs: an axis, SHARED, or PARTIAL where cutting gives parts that must be added up. None: it needs the
whole batch. The size of a cut axis is a multiple of the number of samples: those of one sample lie together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..kernels.cpu.program import program_of
from ..ops.operator import Shape
from ..ops.reduce import axes_of
from .ir import Node

SHARED = -1
"""The same for all samples: a weight, a constant."""
PARTIAL = -2
"""A sum over samples, of which each shard has a part."""

Axes = tuple[int, ...]
Rule = Callable[[Node, Axes, int], Axes | None]
rules: dict[str, Rule] = {}


def separable(*operators: str) -> Callable[[Rule], Rule]:
    """Decorator: the rule holds for these operators."""

    def declare(rule: Rule) -> Rule:
        for name in operators:
            if name in rules:
                raise ValueError(f"two rules for {name}")
            rules[name] = rule
        return rule

    return declare


def outputs_of(node: Node, axes: Axes, batch: int) -> Axes | None:
    """The outputs' axes, or None where the node needs the whole batch (or nothing is known of it)."""
    if _is_constant(node, axes):  # one number for each sample, where there are as many
        return (0 if batch and node.outputs[0].shape[:1] == (batch,) else SHARED,)
    if node.op.name == "_dropout_mask":  # drawn for every sample
        shape = node.outputs[0].shape
        return (0 if batch and shape and shape[0] >= batch and shape[0] % batch == 0 else SHARED,)
    if all(axis == SHARED for axis in axes):
        return (SHARED,) * len(node.outputs)
    rule = rules.get(node.op.name)
    if rule is not None:
        return rule(node, axes, batch)
    return elementwise(node, axes, batch) if node.op.name in _elementwise() else None


def _is_constant(node: Node, axes: Axes) -> bool:
    """Whether all elements are one number, the same for all samples."""
    one = node.op.name == "_spread" and axes == (SHARED,) and node.inputs[0].spec.size == 1
    return one or node.op.name in _CONSTANTS


_SAME_PLACE = frozenset(
    [
        "elementwise",
        "activation",
        "broadcast",
        "comparison",
        "scalar",
        "estimates",
        "exponential",
        "facts",
        "nonlinear",
        "rounding",
        "scalar_comparison",
        "special_functions",
        "trigonometry",
    ]
)
"""Modules of operators whose every element follows from the elements at the same place."""
_names: frozenset[str] = frozenset()


def _elementwise() -> frozenset[str]:
    global _names
    if not _names:
        from ..ops import all_operators

        _names = frozenset(
            op.name for op in all_operators() if op.inplace and type(op).__module__.rpartition(".")[2] in _SAME_PLACE
        )
    return _names


def is_elementwise(node: Node) -> bool:
    """Whether each element of the output follows from the elements at the same place of the inputs (broadcast)."""
    return node.op.name in _elementwise() or (node.op.name.startswith("broadcast_") and len(node.inputs) == 2)


def elementwise(node: Node, axes: Axes, batch: int) -> Axes | None:
    """Inputs are broadcast against each other; the batch must lie at one place in all that have it."""
    rank = len(node.outputs[0].shape)
    found: int | None = None
    for value, axis in zip(node.inputs, axes, strict=True):
        if axis >= 0:
            place = axis + rank - len(value.shape)
            if (found is not None and place != found) or value.shape[axis] != node.outputs[0].shape[place]:
                return None
            found = place
    assert found is not None
    for value, axis in zip(node.inputs, axes, strict=True):
        place = found - (rank - len(value.shape))
        if axis == SHARED and place >= 0 and value.shape[place] != 1:
            return None
    return (found,) * len(node.outputs)


@separable("add_n", "where", "LeakyReLU", "fused")
def by_program(node: Node, axes: Axes, batch: int) -> Axes | None:
    """What the elementwise kernel can run: inputs count under the shapes in which its program reads them."""
    program = program_of(node)
    if program is None:
        return elementwise(node, axes, batch) if node.op.name == "add_n" else None
    found: set[int] = set()
    for leaf in program.leaves:
        axis = axes[leaf.input]
        places = moved(node.inputs[leaf.input].shape, axis, leaf.shape, batch) if axis >= 0 else ()
        if places is None or any(leaf.shape[place] != program.shape[place] for place in places):
            return None
        found.update(places)
    if len(found) != 1:
        return None
    (place,) = found
    shared = [leaf for leaf in program.leaves if axes[leaf.input] == SHARED]
    if program.shape[place] % batch or any(leaf.shape[place] != 1 for leaf in shared):
        return None
    return (place,) * len(node.outputs)


_BROADCASTS = [
    *("add", "sub", "mul", "div", "mod", "power", "maximum", "minimum", "hypot", "equal", "not_equal", "greater"),
    *("greater_equal", "lesser", "lesser_equal", "logical_and", "logical_or", "logical_xor"),
]
separable(*(f"broadcast_{name}" for name in _BROADCASTS))(elementwise)


def _first_only(axes: Axes, axis: int = 0) -> bool:
    """The first input is cut along ``axis``, all others are shared."""
    return axes[0] == axis and all(a == SHARED for a in axes[1:])


@separable("FullyConnected")
def _dense(node: Node, axes: Axes, batch: int) -> Axes | None:
    if any(a != SHARED for a in axes[1:]):
        return None
    data, flat = node.inputs[0].shape, node.p.flatten  # type: ignore[attr-defined]
    return (axes[0],) if axes[0] == 0 or (not flat and axes[0] < len(data) - 1) else None


@separable("dot")
def _dot(node: Node, axes: Axes, batch: int) -> Axes | None:
    left, right = (v.shape for v in node.inputs)
    if len(left) != 2 or len(right) != 2:
        return None
    p: Any = node.p
    contracted = (0 if p.transpose_a else 1, 1 if p.transpose_b else 0)
    if axes[0] >= 0 and axes[1] >= 0:
        return (PARTIAL,) if axes == contracted else None
    if axes[0] >= 0:
        return (0,) if axes[0] != contracted[0] else None
    return (1,) if axes[1] != contracted[1] else None


def sums_over(axes_summed: Sequence[int], axis: int, keepdims: bool) -> int:
    """Where the batch axis is after a sum over some axes: PARTIAL where it is one of them."""
    if axis in axes_summed:
        return PARTIAL
    return axis if keepdims else axis - sum(a < axis for a in axes_summed)


@separable("sum", "mean")
def _sum(node: Node, axes: Axes, batch: int) -> Axes | None:
    p: Any = node.p
    summed = axes_of(p, node.inputs[0].shape)
    return (sums_over(summed, axes[0], p.keepdims),)


@separable("_sum_to")
def _sum_to(node: Node, axes: Axes, batch: int) -> Axes | None:
    data, shape = node.inputs[0].shape, node.outputs[0].shape
    summed = node.op._axes(node.p, data)  # type: ignore[attr-defined]
    if axes[0] in summed:
        return (PARTIAL,)
    return moved(tuple(1 if i in summed else n for i, n in enumerate(data)), axes[0], shape, batch)


def moved(before: Shape, axis: int, after: Shape, batch: int) -> Axes | None:
    """Where the batch axis lies after a reshape: the axis with as many elements before it that holds the samples."""
    lead, count = _product(before[:axis]), 1
    for i, n in enumerate(after):
        if count == lead and n != 1:
            return (i,) if n % batch == 0 else None
        count *= n
    return None


def _product(sizes: Sequence[int]) -> int:
    result = 1
    for n in sizes:
        result *= n
    return result


@separable("Flatten", "Reshape", "_reshape_to", "expand_dims", "squeeze", "reshape_like")
def _reshape(node: Node, axes: Axes, batch: int) -> Axes | None:
    return moved(node.inputs[0].shape, axes[0], node.outputs[0].shape, batch) if axes[0] >= 0 else None


@separable("Convolution", "_conv_data_grad")
def _convolution(node: Node, axes: Axes, batch: int) -> Axes | None:
    return (0,) if _first_only(axes) else None


@separable("_convolution_block")
def _convolution_block(node: Node, axes: Axes, batch: int) -> Axes | None:
    own = {0, len(axes) - 1} if node.p.residual else {0}  # type: ignore[attr-defined]
    return (0,) if all(a == (0 if i in own else SHARED) for i, a in enumerate(axes)) else None


@separable("_conv_weight_grad")
def _convolution_weight_grad(node: Node, axes: Axes, batch: int) -> Axes | None:
    return (PARTIAL,) if axes == (0, 0) else None


@separable("Pooling", "_pool_sum_grad", "_pool_max_grad")
def _pooling(node: Node, axes: Axes, batch: int) -> Axes | None:
    return (0,) if all(a == 0 for a in axes) else None


@separable("_batch_norm_moments")
def _batch_norm_moments(node: Node, axes: Axes, batch: int) -> Axes | None:
    return (0, 0) if axes[0] == 0 else None


@separable("_batch_norm_apply", "_batch_norm_data_grad")
def _batch_norm_apply(node: Node, axes: Axes, batch: int) -> Axes | None:
    sampled = {"data", "grad", "beside"}
    fitting = all(
        a == (0 if port.name in sampled else SHARED) for a, port in zip(axes, node.op.ports(node.p), strict=True)
    )
    return (0,) if fitting else None


@separable("_batch_norm_sums")
def _batch_norm_sums(node: Node, axes: Axes, batch: int) -> Axes | None:
    return (PARTIAL, PARTIAL) if axes[:2] == (0, 0) and all(a == SHARED for a in axes[2:]) else None


@separable("BatchNorm")
def _batch_norm(node: Node, axes: Axes, batch: int) -> Axes | None:
    """By known statistics each sample is normalised alone."""
    known = not node.train or node.p.use_global_stats  # type: ignore[attr-defined]
    return (0, SHARED, SHARED) if known and _first_only(axes) and node.p.axis != 0 else None  # type: ignore[attr-defined]


@separable("Dropout")
def _dropout(node: Node, axes: Axes, batch: int) -> Axes | None:
    """The numbers are drawn for all samples by one call; what follows takes its samples of them."""
    if axes[0] < 0:
        return None
    data, mask = node.inputs[0].shape, node.outputs[1].shape
    return (axes[0], axes[0] if mask[axes[0]] == data[axes[0]] else SHARED)


_CONSTANTS = frozenset(["_zeros", "_ones", "_full"])
