"""Remedies as edits: what the page offers as one click."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import NetwrightError
from ..ops.operator import TensorSpec
from .report import Fix

if TYPE_CHECKING:
    from .resolve import Resolved

SIZED = {"FullyConnected": "num_hidden", "Convolution": "num_filter", "Deconvolution": "num_filter"}
"""Layers whose number of outputs is a parameter."""
SHAPE_KEEPERS = {
    "Activation",
    "LeakyReLU",
    "Dropout",
    "relu",
    "sigmoid",
    "tanh",
    "softmax",
    "BatchNorm",
    "LayerNorm",
}


def set_params(node: str, label: str, params: dict[str, Any]) -> Fix:
    """Set parameters of a node."""
    return Fix(label=label, edits=[{"type": "set-params", "id": node, "params": params}])


def disconnect(node: str, port: str) -> Fix:
    """Take a connection away."""
    return Fix(label="Remove the connection", edits=[{"type": "disconnect", "to": node, "port": port}])


def remove(node: str) -> Fix:
    """Take a node away."""
    return Fix(label=f"Delete {node}", edits=[{"type": "remove-node", "id": node}])


def resize_last_layer(head: Resolved, order: Mapping[str, Resolved], size: int) -> Fix | None:
    """Set the units of the dense layer before a head, looking through layers that keep the shape."""
    source = head.sources.get("data")
    for _ in range(8):
        if source is None:
            return None
        resolved = order[source[0]]
        if resolved.node.op == "FullyConnected":
            units = "unit" if size == 1 else "units"
            return set_params(resolved.id, f"Set {resolved.id} to {size} {units}", {"num_hidden": size})
        if resolved.node.op not in SHAPE_KEEPERS:
            return None
        source = resolved.sources.get("data")
    return None


def add_loss(node: str, taken: set[str], classes: int | None) -> Fix:
    """Put a loss head behind a node."""
    op = "LinearRegressionOutput" if classes is None else "SoftmaxOutput"
    name = free_name("output" if classes is None else "softmax", taken)
    return Fix(
        label=f"Add {op}",
        edits=[
            {
                "type": "add-node",
                "node": {"id": name, "op": op, "params": {}, "inputs": {}},
                "position": None,
            },
            {"type": "connect", "from": node, "to": name, "port": "data"},
            {"type": "set-outputs", "outputs": [name]},
        ],
    )


def for_mismatch(resolved: Resolved, error: NetwrightError, values: Mapping[tuple[str, int], TensorSpec]) -> Fix | None:
    """Where a layer wants an image and gets rows, or the other way round, put a Flatten between."""
    source = resolved.sources.get("data")
    spec = values.get(source) if source else None
    if spec is None or source is None:
        return None
    if resolved.node.op == "FullyConnected" and len(spec.shape) > 2:
        name = f"{resolved.id}_flatten"[:64]
        reference = source[0] if source[1] == 0 else f"{source[0]}:{source[1]}"
        return Fix(
            label="Insert Flatten",
            edits=[
                {
                    "type": "add-node",
                    "node": {"id": name, "op": "Flatten", "params": {}, "inputs": {}},
                    "position": None,
                },
                {"type": "connect", "from": reference, "to": name, "port": "data"},
                {"type": "connect", "from": name, "to": resolved.id, "port": "data"},
            ],
        )
    return None


def free_name(stem: str, taken: set[str]) -> str:
    """The stem, or the stem with the first number that makes it free."""
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}{number}"
    return name
