"""Training in float16: the loss is scaled so that small gradients stay, and steps that overflow are left out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..contrib.amp.loss_scaler import LossScaler
from ..ops import get
from ..ops.storage import elements_of
from ..scheduler import Strategy
from ..symbol.symbol import Symbol, SymbolNode, Variable

SCALE = "loss_scale"
"""The graph's input that holds the scale."""
FIRST_SCALE = 2.0**10
"""Lower than AMP's: gradients here are sums over the batch, not means, and it grows by itself."""


def make_scaler(strategy: Strategy | None) -> LossScaler | None:
    """A scale for float16; the other precisions have float32's range and need none."""
    return LossScaler(FIRST_SCALE) if strategy is not None and strategy.precision == "float16" else None


def scale_heads(symbol: Symbol, heads: int) -> Symbol:
    """The graph whose first ``heads`` outputs, where they are loss heads, send back gradients times ``loss_scale``."""
    op, scale = get("_scale_gradient"), Variable(SCALE)._entries[0]
    p = op.make_params({})
    entries = []
    for node, i in symbol._entries[:heads]:
        if node.op is not None and node.op.is_loss:
            scaled = SymbolNode(op, p, f"{node.name}_scaled", (node.inputs[0], scale))
            node = SymbolNode(node.op, node.p, node.name, ((scaled, 0), *node.inputs[1:]), node.attributes)
        entries.append((node, i))
    return Symbol([*entries, *symbol._entries[heads:]])


def all_finite(xp: Any, gradients: Iterable[Any]) -> bool:
    """Whether no raw gradient holds NaN or infinity."""
    return all(bool(xp.isfinite(elements_of(g)).all()) for g in gradients)
