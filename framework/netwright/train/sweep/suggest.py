"""A range to begin with, for a parameter of a name, a type and a present value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .ranges import Choice, Float, Integer

LOGARITHMIC = {"learning_rate", "wd", "epsilon", "eps", "wd_lh", "lamda1", "final_lr", "stop_factor_lr"}
"""Parameters of which a power of ten counts, not a step."""
USUAL: dict[str, tuple[float, float]] = {
    "wd": (1e-6, 1e-2),
    "p": (0.0, 0.6),
    "momentum": (0.5, 0.99),
    "beta1": (0.8, 0.99),
    "beta2": (0.9, 0.9999),
    "validation_split": (0.1, 0.3),
}
"""What people try, whatever stands there now."""
SEEDS = 4
WORDS = 6


def propose(path: str, name: str, rule: Mapping[str, Any], value: Any) -> Choice | Integer | Float:
    """A range around the present value, within the limits of the parameter's schema."""
    best = _typed(rule, value)
    if "enum" in best:
        return _among(path, best["enum"], value)
    if best.get("type") == "boolean":
        return Choice(path=path, values=(False, True))
    if name == "seed":
        start = int(value or 0)
        return Integer(path=path, low=start, high=start + SEEDS, points=SEEDS + 1)
    if best.get("type") == "integer":
        return _whole(path, name, best, value)
    if best.get("type") == "number":
        return _real(path, name, best, value)
    if best.get("type") == "array":
        return Choice(path=path, values=tuple(_lists(value, best)))
    return Choice(path=path, values=(value,))


def _typed(rule: Mapping[str, Any], value: Any) -> Mapping[str, Any]:
    """Of several types the one the present value has, else the first that is none."""
    variants = [one for one in rule.get("anyOf", [rule]) if one.get("type") != "null"]
    if isinstance(value, list | tuple):
        return next((one for one in variants if one.get("type") == "array"), variants[0])
    return variants[0] if variants else rule


def _among(path: str, known: list[Any], value: Any) -> Choice:
    """The present value and those beside it: all of a few, some of many."""
    rest = [one for one in known if one != value and one is not None]
    first = [value] if value in known else []
    preferred = [one for one in ("sgd", "adam", "nag", "rmsprop", "xavier", "msraprelu", "normal") if one in rest]
    others = preferred or rest
    return Choice(path=path, values=tuple([*first, *(rest if len(known) <= WORDS else others)][:WORDS]))


def _whole(path: str, name: str, rule: Mapping[str, Any], value: Any) -> Integer | Choice:
    """From half to double; sizes of a power of two by doubling."""
    low, high = rule.get("minimum", rule.get("exclusiveMinimum", 0) + 1), rule.get("maximum", 2**31 - 1)
    at = int(value) if isinstance(value, int) and not isinstance(value, bool) else max(int(low), 1)
    if at >= 8 and at & (at - 1) == 0:
        values = [size for size in (at // 4, at // 2, at, at * 2) if low <= size <= high]
        return Choice(path=path, values=tuple(values))
    least, most = max(int(low), at // 2), min(int(high), max(at * 2, at + 2))
    return Integer(path=path, low=min(least, most), high=most, log=least > 0 and most >= 4 * least and at >= 16)


def _real(path: str, name: str, rule: Mapping[str, Any], value: Any) -> Float:
    low, high = rule.get("minimum", rule.get("exclusiveMinimum")), rule.get("maximum", rule.get("exclusiveMaximum"))
    at = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
    if name in USUAL:
        least, most = USUAL[name]
        return Float(path=path, low=least, high=most, log=name in LOGARITHMIC)
    if name in LOGARITHMIC:
        at = at or 1e-3
        return Float(path=path, low=at / 10, high=at * 10, log=True)
    if low is not None and high is not None and high - low <= 1:
        span = high - low
        return Float(path=path, low=low + span / 10, high=high - span / 10)
    if at == 0 and "exclusiveMinimum" in rule:
        return Float(path=path, low=0.1, high=10.0, log=True)
    if at == 0:
        return Float(path=path, low=0.0 if low is None else max(0.0, float(low)), high=1.0)
    bounds = sorted((at / 2, at * 2))
    return Float(path=path, low=bounds[0], high=bounds[1])


def _lists(value: Any, rule: Mapping[str, Any]) -> list[Any]:
    """Lists of the same length: the present one, and a little smaller and larger ones."""
    if not isinstance(value, list | tuple) or not all(isinstance(one, int) for one in value):
        return [list(value) if isinstance(value, tuple) else value]
    items = rule.get("items") or (rule.get("prefixItems") or [{}])[0]
    least = items.get("minimum", 1)
    step = 2 if value and min(value) >= 3 else 1
    found = [[one + change for one in value] for change in (-step, 0, step)]
    return [one for one in found if all(size >= least for size in one)]
