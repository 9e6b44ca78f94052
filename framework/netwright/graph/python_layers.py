"""Which nodes a program writes as Gluon layers; every other operator is called as a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .python_text import literal
from .resolve import Resolved

LAYOUTS = {1: "NCW", 2: "NCHW", 3: "NCDHW"}

Row = Callable[[Any], tuple[str, list[str]] | None]
"""Parameters of an operator → the layer's class and arguments; None where the layer cannot say them."""


def layer_of(node: Resolved) -> tuple[str, list[str]] | None:
    """The layer that computes the node with weights of its own, or None."""
    if node.op is None or node.op.name not in LAYERS:
        return None
    own = {port.name for port in node.ports if port.kind != "data"}
    if own & node.sources.keys():
        return None  # a weight that is computed is no layer's own
    return LAYERS[node.op.name](node.p)


def _said(pairs: dict[str, tuple[Any, Any]]) -> list[str]:
    """Arguments that differ from the layer's default."""
    return [f"{name}={literal(value)}" for name, (value, default) in pairs.items() if value != default]


def _dense(p: Any) -> tuple[str, list[str]]:
    said = _said({"use_bias": (not p.no_bias, True), "flatten": (p.flatten, True)})
    return "nn.Dense", [literal(p.num_hidden), *said]


def _convolution(p: Any) -> tuple[str, list[str]] | None:
    rank = len(p.kernel)
    if rank not in LAYOUTS or p.layout not in (None, LAYOUTS[rank]):
        return None
    ones, zeros = (1,) * rank, (0,) * rank
    said = _said(
        {
            "strides": (tuple(p.stride or ones), ones),
            "padding": (tuple(p.pad or zeros), zeros),
            "dilation": (tuple(p.dilate or ones), ones),
            "groups": (p.num_group, 1),
            "use_bias": (not p.no_bias, True),
        }
    )
    return f"nn.Conv{rank}D", [literal(p.num_filter), literal(tuple(p.kernel)), *said]


def _batch_norm(p: Any) -> tuple[str, list[str]] | None:
    if p.output_mean_var:
        return None
    said = _said(
        {
            "axis": (p.axis, 1),
            "momentum": (p.momentum, 0.9),
            "epsilon": (p.eps, 1e-5),
            "scale": (not p.fix_gamma, True),
            "use_global_stats": (p.use_global_stats, False),
        }
    )
    return "nn.BatchNorm", said


def _embedding(p: Any) -> tuple[str, list[str]] | None:
    if p.sparse_grad or p.dtype != "float32":
        return None
    return "nn.Embedding", [literal(p.input_dim), literal(p.output_dim)]


def _layer_norm(p: Any) -> tuple[str, list[str]] | None:
    if p.output_mean_var:
        return None
    return "nn.LayerNorm", _said({"axis": (p.axis, -1), "epsilon": (p.eps, 1e-5)})


LAYERS: dict[str, Row] = {
    "FullyConnected": _dense,
    "Convolution": _convolution,
    "BatchNorm": _batch_norm,
    "Embedding": _embedding,
    "LayerNorm": _layer_norm,
}
