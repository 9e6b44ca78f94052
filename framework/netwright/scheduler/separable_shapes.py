"""How the batch axis goes through operators that rearrange elements, look them up, or multiply batches of matrices."""

from __future__ import annotations

from typing import Any

from ..kernels.cpu.families.rearranging import extracts, joined_axis, order_of
from ..ops.keys import expanded
from ..ops.shapes import normalize_axis
from ..ops.sums import kept_shape
from .ir import Node
from .separable import PARTIAL, SHARED, Axes, moved, separable


@separable("SwapAxis", "transpose")
def _transpose(node: Node, axes: Axes, batch: int) -> Axes | None:
    return (order_of(node).index(axes[0]),)


def _whole(node: Node, axis: int) -> bool:
    """Whether a slicing node leaves this axis of the array as it is."""
    part = extracts(node)[axis]
    shape = node.p.shape if node.op.name == "_basic_index_grad" else node.inputs[0].shape  # type: ignore[attr-defined]
    return part == (0, 1, shape[axis])


def _axes_of_part(key: Any, rank: int) -> list[int | None]:
    """For each axis of the array, where it lies in the part; None where an integer takes it away."""
    found: list[int | None] = []
    place = 0
    for part in expanded(key, rank):
        if isinstance(part, int):
            found.append(None)
            continue
        if part is not None:
            found.append(place)
        place += 1
    return found


@separable("_basic_index", "slice", "slice_axis", "slice_like")
def _slice(node: Node, axes: Axes, batch: int) -> Axes | None:
    if axes[0] == SHARED:
        return (SHARED,)
    if not _whole(node, axes[0]):
        return None
    shapes = [v.shape for v in node.inputs]
    key = node.op.key(node.p, *shapes)  # type: ignore[attr-defined]
    place = _axes_of_part(key, len(shapes[0]))[axes[0]]
    return None if place is None else (place,)


@separable("reverse")
def _reverse(node: Node, axes: Axes, batch: int) -> Axes | None:
    return axes if _whole(node, axes[0]) else None


@separable("_basic_index_grad")
def _slice_back(node: Node, axes: Axes, batch: int) -> Axes | None:
    p: Any = node.p
    places = _axes_of_part(p.key, len(p.shape))
    if axes[0] not in places:
        return None
    axis = places.index(axes[0])
    return (axis,) if _whole(node, axis) else None


@separable("Concat", "stack")
def _join(node: Node, axes: Axes, batch: int) -> Axes | None:
    joined, axis = joined_axis(node), axes[0]
    if axis == SHARED or any(a != axis for a in axes):
        return None
    if node.op.name == "stack":
        return (axis + (axis >= joined),)
    return (axis,) if axis != joined else None


@separable("SliceChannel", "_split_v2")
def _split(node: Node, axes: Axes, batch: int) -> Axes | None:
    taken, axis = joined_axis(node), axes[0]
    if axis == taken:
        return None
    squeezed = len(node.outputs[0].shape) < len(node.inputs[0].shape)
    return (axis - (squeezed and axis > taken),) * len(node.outputs)


@separable("_rnn_parameters")
def _weights(node: Node, axes: Axes, batch: int) -> Axes | None:
    """The data only tell how many features they have."""
    return (SHARED,) if all(a == SHARED for a in axes[1:]) else None


@separable("batch_dot")
def _batch_dot(node: Node, axes: Axes, batch: int) -> Axes | None:
    return axes[:1] if axes[0] == axes[1] < len(node.inputs[0].shape) - 2 else None


@separable("Embedding")
def _embedding(node: Node, axes: Axes, batch: int) -> Axes | None:
    return axes[:1] if axes[1] == SHARED else None


@separable("take")
def _take(node: Node, axes: Axes, batch: int) -> Axes | None:
    axis = normalize_axis(node.p.axis, len(node.inputs[0].shape))  # type: ignore[attr-defined]
    return (axis + axes[1],) if axes[0] == SHARED else None


@separable("_take_grad")
def _take_back(node: Node, axes: Axes, batch: int) -> Axes | None:
    axis = normalize_axis(node.p.axis, len(node.p.shape))  # type: ignore[attr-defined]
    return (PARTIAL,) if axes[1] >= 0 and axes[0] == axis + axes[1] else None


@separable("_spread")
def _spread(node: Node, axes: Axes, batch: int) -> Axes | None:
    repeated = node.op._axes(node.p, node.inputs[0].shape)  # type: ignore[attr-defined]
    return moved(node.inputs[0].shape, axes[0], kept_shape(node.outputs[0].shape, repeated), batch)
