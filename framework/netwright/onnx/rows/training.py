"""The standard's optimizer steps (domain ai.onnx.preview.training), by their formulas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..table import Node, row
from ..values import Builder, Value

DOMAIN = "ai.onnx.preview.training"


def _groups(n: Node, kinds: int) -> list[tuple[Value, ...]]:
    """The inputs behind rate and step count, tensor by tensor: weight, gradient, states."""
    rest = n.inputs[2:]
    count = len(rest) // kinds
    return [tuple(rest[i + k * count] for k in range(kinds)) for i in range(count)]


def _ordered(made: Sequence[tuple[Value, ...]]) -> tuple[Value, ...]:
    """The outputs: all new weights, then all new states of each kind."""
    return tuple(group[k] for k in range(len(made[0])) for group in made)


def _decayed(b: Builder, n: Node, x: Value, g: Value) -> Value:
    """The gradient with that of the squared weight's penalty."""
    return b.add(b.mul(x, n.attr("norm_coefficient", 0.0)), g)


@row(f"{DOMAIN}:Adagrad")
def adagrad(b: Builder, n: Node) -> Any:
    """h ← h + g²; x ← x − r · g / (√h + ε) with r = R / (1 + T · decay)."""
    rate = float(n[0].scalar()) / (1 + n[1].scalar() * n.attr("decay_factor", 0.0))
    made = []
    for x, g, h in _groups(n, 3):
        g = _decayed(b, n, x, g)
        h = b.add(h, b.mul(g, g))
        step = b.div(b.mul(g, rate), b.add(b.op("sqrt", h), n.attr("epsilon", 0.0)))
        made.append((b.sub(x, step), h))
    return _ordered(made)


@row(f"{DOMAIN}:Momentum")
def momentum(b: Builder, n: Node) -> Any:
    """v ← α v + β g; x ← x − R v, or x − R (g + α v) in Nesterov's form."""
    rate, alpha = float(n[0].scalar()), n.attr("alpha")
    beta = n.attr("beta") if n[1].scalar() > 0 else 1.0
    made = []
    for x, g, v in _groups(n, 3):
        g = _decayed(b, n, x, g)
        v = b.add(b.mul(v, alpha), b.mul(g, beta))
        step = b.add(g, b.mul(v, alpha)) if n.attr("mode") == "nesterov" else v
        made.append((b.sub(x, b.mul(step, rate)), v))
    return _ordered(made)


@row(f"{DOMAIN}:Adam")
def adam(b: Builder, n: Node) -> Any:
    """v ← α v + (1 − α) g; h ← β h + (1 − β) g²; x ← x − r v / (√h + ε), r corrected for the first steps."""
    rate, steps = float(n[0].scalar()), n[1].scalar()
    alpha, beta = n.attr("alpha", 0.9), n.attr("beta", 0.999)
    if steps > 0:
        rate *= (1 - beta**steps) ** 0.5 / (1 - alpha**steps)
    made = []
    for x, g, v, h in _groups(n, 4):
        g = _decayed(b, n, x, g)
        v = b.add(b.mul(v, alpha), b.mul(g, 1 - alpha))
        h = b.add(b.mul(h, beta), b.mul(b.mul(g, g), 1 - beta))
        new = b.sub(x, b.div(b.mul(v, rate), b.add(b.op("sqrt", h), n.attr("epsilon", 0.0))))
        made.append((b.mul(new, 1 - n.attr("norm_coefficient_post", 0.0)), v, h))
    return _ordered(made)
