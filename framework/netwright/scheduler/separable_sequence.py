"""How the batch axis goes through probabilities and layers of sequences: normalization, attention, recurrence."""

from __future__ import annotations

from ..kernels.cpu.families.probabilities import classes_of
from ..ops.shapes import normalize_axis
from .ir import Node
from .separable import PARTIAL, SHARED, Axes, separable


@separable("LayerNorm")
def _layer_norm(node: Node, axes: Axes, batch: int) -> Axes | None:
    axis = normalize_axis(node.p.axis, len(node.inputs[0].shape))  # type: ignore[attr-defined]
    return (axes[0],) * 3 if axes[0] != axis and axes[1] == axes[2] == SHARED else None


@separable("_layer_norm_grad")
def _layer_norm_back(node: Node, axes: Axes, batch: int) -> Axes | None:
    dy, data, gamma, mean, std = axes
    axis = normalize_axis(node.p.axis, len(node.inputs[1].shape))  # type: ignore[attr-defined]
    together = dy == data == mean == std != axis
    return (data, PARTIAL, PARTIAL) if together and gamma == SHARED else None


@separable("MultiHeadAttention", "_attention_grad")
def _attention(node: Node, axes: Axes, batch: int) -> Axes | None:
    """Each sample looks at itself alone."""
    return (0,) * len(node.outputs) if all(axis == 0 for axis in axes) else None


@separable("RNN", "_rnn_grad")
def _recurrent(node: Node, axes: Axes, batch: int) -> Axes | None:
    """Samples lie along axis 1 of sequences and of states; states and gradients that all share are read in parts."""
    ports = [port.name for port in node.op.ports(node.p)]
    for name, axis in zip(ports, axes, strict=True):
        free = name.startswith(("state", "dstate", "doutput")) and axis == SHARED
        if not free and axis != {"parameters": SHARED, "sequence_length": 0}.get(name, 1):
            return None
    return tuple(PARTIAL if name == "parameters" else 1 for name in node.op.output_names(node.p))


@separable("softmax", "log_softmax", "softmin", "SoftmaxActivation", "SoftmaxOutput")
def _softmax(node: Node, axes: Axes, batch: int) -> Axes | None:
    """Rows are by themselves; a label or length must be cut as the data are."""
    first, last = classes_of(node)
    axis = axes[0]
    if axis == SHARED or first <= axis <= last or (len(axes) > 1 and axis != 0):
        return None
    return (axis,) if all(a == axis for a in axes) else None


@separable("_softmax_output_grad")
def _softmax_output_back(node: Node, axes: Axes, batch: int) -> Axes | None:
    """Divided by a number that parameters and shapes alone give, unless it counts the valid labels."""
    return (0,) if axes == (0, 0) and node.p.normalization != "valid" else None  # type: ignore[attr-defined]
