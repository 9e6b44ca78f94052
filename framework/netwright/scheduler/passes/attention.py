"""Attention that is composed of products and a softmax as one step, on the forward graph.

Known are softmax(q kᵀ · scale + bias) v of ``batch_dot``, with heads split off and joined again around it or not, and
MXNet's interleaved products; projections that lie in one array are read there instead of being cut out of it first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...ops import get
from ...ops.shapes import normalize_axis
from ..ir import Graph, Node, Value
from .chains import Chain, Readers, replace

RESHAPES = frozenset(["Reshape", "_reshape_to", "reshape_like"])
SCORES = {
    "_contrib_interleaved_matmul_selfatt_valatt": "_contrib_interleaved_matmul_selfatt_qk",
    "_contrib_interleaved_matmul_encdec_valatt": "_contrib_interleaved_matmul_encdec_qk",
}
"""The product with the values, and that which gives its scores."""
ENDS = frozenset(["batch_dot", "MultiHeadAttention", *SCORES])
"""What an attention ends with."""


@dataclass
class Found:
    """One attention: its arrays, how they lie, and the calls that it stands for."""

    arrays: list[Value]
    how: dict[str, Any]
    nodes: list[Node]
    bias: Value | None = None
    shape: tuple[int, ...] | None = None
    """What the bias is reshaped to."""
    name: str = field(default="")


def join_attention(graph: Graph, dtype: Any = np.float32) -> Graph:
    """Put one call in the place of each attention in ``dtype``; its scores are not kept between its steps."""
    readers = Readers(graph)
    found: dict[Chain, Found] = {}
    for node in graph.nodes:
        if node.op.name not in ENDS or node.outputs[0].dtype != dtype:
            continue
        one = _composed(node, readers) or _interleaved(node, readers) or _packed(node)
        if one is not None:
            chain = Chain(one.nodes[0])
            chain.nodes = one.nodes
            found[chain] = one
    if found:
        replace(graph, list(found), lambda chain, renamed: _write(graph, found[chain], renamed))
        graph.remark(f"{len(found)} attentions in one step each")
    return graph


def _write(graph: Graph, found: Found, renamed: Mapping[Value, Value]) -> Value:
    op = get("_attention_step")
    p = op.make_params({**found.how, "arrays": len(found.arrays), "use_bias": found.bias is not None})
    inputs = [renamed.get(v, v) for v in found.arrays]
    if found.bias is not None:
        bias = renamed.get(found.bias, found.bias)
        inputs.append(bias if bias.shape == found.shape else graph.F._reshape_to(bias, shape=found.shape))
    return graph.call(op, p, inputs, found.nodes[-1].name)[0]


# ---------------------------------------------------------------- the middle: scores, what is added, softmax
@dataclass
class _Likeness:
    product: Node
    scale: float
    bias: Value | None
    nodes: list[Node]


def _likeness(weights: Value, reader: Node, product: str, readers: Readers) -> _Likeness | None:
    """From the weights back to the product of queries and keys; each value on the way is read once."""
    nodes: list[Node] = []

    def step(value: Value, by: Node) -> Node | None:
        node = value.node
        if node is None or readers.only(value) is not by or len(node.outputs) > 2:
            return None
        nodes.append(node)
        return node

    node = step(weights, reader)
    if node is not None and node.op.name == "Dropout" and not node.train and node.p.mode == "training":  # type: ignore[attr-defined]
        node = step(node.inputs[0], node)
    if node is None or node.op.name != "softmax" or len(node.inputs) != 1 or not _plain(node):
        return None
    factor, bias, below = 1.0, None, node.inputs[0].node
    if below is not None and below.op.name in ("broadcast_add", "elemwise_add"):
        if step(node.inputs[0], node) is None:
            return None
        sides = [i for i in (0, 1) if _leads_to(below.inputs[i], product)]
        if len(sides) != 1:
            return None
        bias, scores, last = below.inputs[1 - sides[0]], below.inputs[sides[0]], below
    else:
        scores, last = node.inputs[0], node
    node = step(scores, last)
    while node is not None and node.op.name in ("_mul_scalar", "_div_scalar"):
        scalar = float(node.p.scalar)  # type: ignore[attr-defined]
        if scalar == 0:
            return None
        factor *= scalar if node.op.name == "_mul_scalar" else 1 / scalar
        node = step(node.inputs[0], node)
    if node is None or node.op.name != product:
        return None
    return _Likeness(node, factor, bias, nodes[::-1])


def _leads_to(value: Value, product: str) -> bool:
    """Whether a value is that product, multiplied with numbers or not."""
    node = value.node
    while node is not None and node.op.name in ("_mul_scalar", "_div_scalar"):
        node = node.inputs[0].node
    return node is not None and node.op.name == product


def _plain(node: Node) -> bool:
    p: Any = node.p
    rank = len(node.inputs[0].shape)
    return normalize_axis(p.axis, rank) == rank - 1 and not p.temperature and not p.dtype and not p.use_length


def _bias_shape(bias: Value | None, scores: Value) -> tuple[int, ...] | None:
    """The bias's shape with three axes, the first two whole or 1; None where it is spread otherwise."""
    if bias is None:
        return None
    shape = (1,) * (3 - len(bias.shape)) + bias.shape
    wanted = scores.shape
    fits = len(shape) == 3 and all(n in (1, m) for n, m in zip(shape[:2], wanted[:2], strict=True))
    return shape if fits and shape[2] == wanted[2] and bias.dtype == scores.dtype else None


# ---------------------------------------------------------------- the forms
def _composed(node: Node, readers: Readers) -> Found | None:
    """``batch_dot(softmax(batch_dot(q, k, transpose_b=True) …), v)``."""
    if node.op.name != "batch_dot" or _turns(node) != (False, False):
        return None
    middle = _likeness(node.inputs[0], node, "batch_dot", readers)
    if middle is None or _turns(middle.product) != (False, True) or len(node.outputs[0].shape) != 3:
        return None
    shape = _bias_shape(middle.bias, middle.product.outputs[0])
    if middle.bias is not None and shape is None:
        return None
    (query, key), value = middle.product.inputs, node.inputs[1]
    apart: dict[str, Any] = {"layout": "heads", "heads": 1, "scale": middle.scale}
    found = Found([query, key, value], apart, [*middle.nodes, node], middle.bias, shape)
    return _with_heads(found, readers) or found


def _turns(node: Node) -> tuple[bool, bool]:
    p: Any = node.p
    return bool(p.transpose_a), bool(p.transpose_b)


def _interleaved(node: Node, readers: Readers) -> Found | None:
    product = SCORES.get(node.op.name)
    if product is None:
        return None
    middle = _likeness(node.inputs[1], node, product, readers)
    if middle is None or middle.product.p.heads != node.p.heads:  # type: ignore[attr-defined]
        return None
    arrays = list(middle.product.inputs)
    if arrays[-1] is not node.inputs[0]:
        return None
    shape = _bias_shape(middle.bias, middle.product.outputs[0])
    if middle.bias is not None and shape is None:
        return None
    heads = node.p.heads  # type: ignore[attr-defined]
    width = arrays[0].shape[2] // (heads * (3 if len(arrays) == 1 else 1))
    how = {"layout": "interleaved", "heads": heads, "scale": middle.scale / math.sqrt(max(1, width))}
    return Found(arrays, how, [*middle.nodes, node], middle.bias, shape)


def _packed(node: Node) -> Found | None:
    """MultiHeadAttention on three parts of one array."""
    p: Any = node.p
    if node.op.name != "MultiHeadAttention" or p.use_mask or p.output_weights:
        return None
    source = _together(node.inputs)
    if source is None:
        return None
    width = node.inputs[0].shape[2] // p.heads
    scale = 1 / math.sqrt(max(1, width)) if p.scale is None else p.scale
    return Found([source], {"layout": "joined", "heads": p.heads, "scale": scale, "causal": p.causal}, [node])


def _together(values: Sequence[Value]) -> Value | None:
    """The array that is split into just these values along its last axis."""
    node = values[0].node
    if node is None or node.op.name != "SliceChannel" or len(node.outputs) != len(values):
        return None
    if any(mine is not wanted for mine, wanted in zip(node.outputs, values, strict=True)):
        return None
    p: Any = node.p
    rank = len(node.inputs[0].shape)
    return node.inputs[0] if rank == 3 and normalize_axis(p.axis, rank) == 2 and not p.squeeze_axis else None


# ---------------------------------------------------------------- heads around it
def _with_heads(found: Found, readers: Readers) -> Found | None:
    """The same with the splitting of heads before it and their joining behind it, where both are there."""
    sources = [_split_heads(v) for v in found.arrays]
    given = [source for source in sources if source is not None]
    if len(given) < 3 or len({heads for _, heads in given}) > 1:
        return None
    heads = given[0][1]
    joined = _joined_heads(found.nodes[-1], heads, readers)
    if joined is None or (found.shape is not None and found.shape[0] not in (1, found.arrays[0].shape[0])):
        return None
    arrays = [source for source, _ in given]
    together = _together(arrays)
    how = {**found.how, "layout": "joined", "heads": heads}
    return Found([together] if together is not None else arrays, how, [*found.nodes, *joined], found.bias, found.shape)


def _swaps(node: Node | None) -> bool:
    """Whether a call turns (a, b, c, d) into (a, c, b, d)."""
    return node is not None and node.op.name == "transpose" and tuple(node.p.axes or ()) == (0, 2, 1, 3)  # type: ignore[attr-defined]


def _split_heads(value: Value) -> tuple[Value, int] | None:
    """(x, heads) where the value is x (N, L, heads·D) as (N·heads, L, D)."""
    last = value.node
    turned = last.inputs[0].node if last is not None and last.op.name in RESHAPES else None
    if turned is None or not _swaps(turned):
        return None
    first = turned.inputs[0].node
    if first is None or first.op.name not in RESHAPES or len(turned.inputs[0].shape) != 4:
        return None
    samples, length, heads, width = turned.inputs[0].shape
    source = first.inputs[0]
    fits = source.shape == (samples, length, heads * width) and value.shape == (samples * heads, length, width)
    return (source, heads) if fits else None


def _joined_heads(node: Node, heads: int, readers: Readers) -> list[Node] | None:
    """The calls behind that turn (N·heads, L, D) into (N, L, heads·D)."""
    value = node.outputs[0]
    apart = readers.only(value)
    turned = readers.only(apart.outputs[0]) if apart is not None and apart.op.name in RESHAPES else None
    last = readers.only(turned.outputs[0]) if turned is not None and _swaps(turned) else None
    if apart is None or turned is None or last is None or last.op.name not in RESHAPES:
        return None
    groups, length, width = value.shape
    samples = groups // heads
    fits = apart.outputs[0].shape == (samples, heads, length, width)
    return [apart, turned, last] if fits and last.outputs[0].shape == (samples, length, heads * width) else None
