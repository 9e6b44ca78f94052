"""Optimizers as their papers (and MXNet 1.9's documents) write them, on float64 NumPy arrays.

Each takes (weight, gradient, state, t, options) and returns the new weight; ``state`` is a dict it keeps things in.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Step = Callable[[Array, Array, dict[str, Any], int, dict[str, Any]], Array]


def _prepared(g: Array, o: dict[str, Any]) -> Array:
    return _clipped(g * o["rescale_grad"], o)


def _clipped(g: Array, o: dict[str, Any]) -> Array:
    limit = o["clip_gradient"]
    return g if limit is None else np.minimum(np.maximum(g, -limit), limit)


def _decayed_then_clipped(w: Array, g: Array, o: dict[str, Any]) -> Array:
    return _clipped(g * o["rescale_grad"] + o["wd"] * w, o)


def _mean(s: dict[str, Any], key: str, value: Array, keep: float) -> Array:
    s[key] = keep * s.get(key, 0.0) + (1 - keep) * value
    return s[key]  # type: ignore[no-any-return]


def sgd(w: Array, g: Array, s: dict[str, Any], t: int, o: dict[str, Any]) -> Array:
    s["v"] = o["momentum"] * s.get("v", 0.0) - o["lr"] * (_prepared(g, o) + o["wd"] * w)
    return w + s["v"]


def nag(w: Array, g: Array, s: dict[str, Any], t: int, o: dict[str, Any]) -> Array:
    step = o["lr"] * (_prepared(g, o) + o["wd"] * w)
    s["v"] = o["momentum"] * s.get("v", 0.0) - step
    return w + o["momentum"] * s["v"] - step


def adam(w: Array, g: Array, s: dict[str, Any], t: int, o: dict[str, Any]) -> Array:
    g = _decayed_then_clipped(w, g, o)
    m, v = _mean(s, "m", g, o["beta1"]), _mean(s, "v", g * g, o["beta2"])
    rate = o["lr"] * math.sqrt(1 - o["beta2"] ** t) / (1 - o["beta1"] ** t)
    return w - rate * m / (np.sqrt(v) + o["epsilon"])


def adamw(w: Array, g: Array, s: dict[str, Any], t: int, o: dict[str, Any]) -> Array:
    rate = o["lr"]
    if o["correct_bias"]:
        rate *= math.sqrt(1 - o["beta2"] ** t) / (1 - o["beta1"] ** t)
    g = _prepared(g, o)
    m, v = _mean(s, "m", g, o["beta1"]), _mean(s, "v", g * g, o["beta2"])
    return w - rate * m / (np.sqrt(v) + o["epsilon"]) - o["lr"] * o["wd"] * w


def rmsprop(w: Array, g: Array, s: dict[str, Any], t: int, o: dict[str, Any]) -> Array:
    g = _decayed_then_clipped(w, g, o)
    n = _mean(s, "n", g * g, o["gamma1"])
    if o["centered"]:
        mean = _mean(s, "g", g, o["gamma1"])
        s["d"] = o["gamma2"] * s.get("d", 0.0) - o["lr"] * g / np.sqrt(n - mean**2 + o["epsilon"])
        w = w + s["d"]
    else:
        w = w - o["lr"] * g / np.sqrt(n + o["epsilon"])
    limit = o["clip_weights"]
    return w if limit is None else np.clip(w, -limit, limit)


def adagrad(w: Array, g: Array, s: dict[str, Any], t: int, o: dict[str, Any]) -> Array:
    g = _prepared(g, o)
    s["h"] = s.get("h", 0.0) + g * g
    return w - o["lr"] * (g / np.sqrt(s["h"] + o["eps"]) + o["wd"] * w)


def adadelta(w: Array, g: Array, s: dict[str, Any], t: int, o: dict[str, Any]) -> Array:
    g = _prepared(g, o)
    n = _mean(s, "n", g * g, o["rho"])
    change = np.sqrt((s.get("d", 0.0) + o["epsilon"]) / (n + o["epsilon"])) * g
    _mean(s, "d", change * change, o["rho"])
    return w - change - o["wd"] * w


def adamax(w: Array, g: Array, s: dict[str, Any], t: int, o: dict[str, Any]) -> Array:
    g = _decayed_then_clipped(w, g, o)
    m = _mean(s, "m", g, o["beta1"])
    s["u"] = np.maximum(o["beta2"] * s.get("u", 0.0), abs(g))
    return w - o["lr"] / (1 - o["beta1"] ** t) * m / s["u"]


def nadam(w: Array, g: Array, s: dict[str, Any], t: int, o: dict[str, Any]) -> Array:
    g = _decayed_then_clipped(w, g, o)
    now = o["beta1"] * (1 - 0.5 * 0.96 ** (t * o["schedule_decay"]))
    then = o["beta1"] * (1 - 0.5 * 0.96 ** ((t + 1) * o["schedule_decay"]))
    s["product"] = s.get("product", 1.0) * now
    m, v = _mean(s, "m", g, o["beta1"]), _mean(s, "v", g * g, o["beta2"])
    mean = (1 - now) * g / (1 - s["product"]) + then * m / (1 - s["product"] * then)
    return w - o["lr"] * mean / (np.sqrt(v / (1 - o["beta2"] ** t)) + o["epsilon"])


def ftml(w: Array, g: Array, s: dict[str, Any], t: int, o: dict[str, Any]) -> Array:
    g = _decayed_then_clipped(w, g, o)
    v = _mean(s, "v", g * g, o["beta2"])
    d = (1 - o["beta1"] ** t) / o["lr"] * (np.sqrt(v / (1 - o["beta2"] ** t)) + o["epsilon"])
    sigma = d - o["beta1"] * s.get("d", 0.0)
    s["z"] = o["beta1"] * s.get("z", 0.0) + (1 - o["beta1"]) * g - sigma * w
    s["d"] = d
    return -s["z"] / d  # type: ignore[no-any-return]


def ftrl(w: Array, g: Array, s: dict[str, Any], t: int, o: dict[str, Any]) -> Array:
    g = _prepared(g, o)
    before = s.get("n", np.zeros_like(w))
    s["n"] = before + g * g
    s["z"] = s.get("z", 0.0) + g - (np.sqrt(s["n"]) - np.sqrt(before)) * w / o["lr"]
    free = (np.sign(s["z"]) * o["lamda1"] - s["z"]) / ((o["beta"] + np.sqrt(s["n"])) / o["lr"] + o["wd"])
    return np.where(abs(s["z"]) > o["lamda1"], free, 0.0)


def signum(w: Array, g: Array, s: dict[str, Any], t: int, o: dict[str, Any]) -> Array:
    if not o["momentum"]:
        return (1 - o["lr"] * (o["wd"] + o["wd_lh"])) * w - o["lr"] * np.sign(g)
    v = _mean(s, "v", -(_prepared(g, o) + o["wd"] * w), o["momentum"])
    return (1 - o["lr"] * o["wd_lh"]) * w + o["lr"] * np.sign(v)


def dcasgd(w: Array, g: Array, s: dict[str, Any], t: int, o: dict[str, Any]) -> Array:
    g = _prepared(g, o)
    late = o["lamda"] * g * g * (w - s.get("before", w))
    s["before"] = w
    s["v"] = o["momentum"] * s.get("v", 0.0) - o["lr"] * (g + o["wd"] * w + late)
    return w + s["v"]


def lars(w: Array, g: Array, s: dict[str, Any], t: int, o: dict[str, Any]) -> Array:
    size, slope = np.linalg.norm(w), np.linalg.norm(g * o["rescale_grad"])
    return sgd(w, g, s, t, {**o, "lr": o["lr"] * o["eta"] * size / (slope + o["wd"] * size + o["eps"])})


def lamb(w: Array, g: Array, s: dict[str, Any], t: int, o: dict[str, Any]) -> Array:
    g = _prepared(g, o)
    m, v = _mean(s, "m", g, o["beta1"]), _mean(s, "v", g * g, o["beta2"])
    if o["bias_correction"]:
        m, v = m / (1 - o["beta1"] ** t), v / (1 - o["beta2"] ** t)
    direction = m / (np.sqrt(v) + o["epsilon"]) + o["wd"] * w
    size = np.linalg.norm(w)
    if o["lower_bound"] is not None:
        size = max(size, o["lower_bound"])
    if o["upper_bound"] is not None:
        size = min(size, o["upper_bound"])
    return w - o["lr"] * size / np.linalg.norm(direction) * direction


def lbsgd(w: Array, g: Array, s: dict[str, Any], t: int, o: dict[str, Any]) -> Array:
    scale = o["batch_scale"]
    s["sum"] = s.get("sum", 0.0) + g
    if t % scale:
        return w
    g, s["sum"] = s["sum"] / scale, 0.0
    if o["warmup_strategy"] == "lars":
        size, slope = (w * w).sum(), (g * g).sum()
        factor = min(max(math.sqrt(size / (slope + o["wd"] * size)), 0.01), 100.0)
    else:
        share = min(1.0, t / (o["warmup_epochs"] * o["updates_per_epoch"]))
        growth = {"linear": share, "power2": share**2, "sqrt": share**0.5}[o["warmup_strategy"]]
        factor = 1 + (scale - 1) * growth
    return sgd(w, g, s, t, {**o, "lr": o["lr"] * factor})


def group_adagrad(w: Array, g: Array, s: dict[str, Any], t: int, o: dict[str, Any]) -> Array:
    g = _prepared(g, o)
    s["h"] = s.get("h", 0.0) + (g * g).mean(axis=1, keepdims=True)
    return w - o["lr"] * g / np.sqrt(s["h"] + o["eps"])


def test(w: Array, g: Array, s: dict[str, Any], t: int, o: dict[str, Any]) -> Array:
    return w + o["rescale_grad"] * g


# name: (step, default options, other options to try)
STEPS: dict[str, tuple[Step, dict[str, Any], list[dict[str, Any]]]] = {
    "SGD": (sgd, {"momentum": 0.0}, [{"momentum": 0.9}]),
    "ccSGD": (sgd, {"momentum": 0.0}, [{"momentum": 0.9}]),
    "LBSGD": (
        lbsgd,
        {"momentum": 0.0, "warmup_strategy": "linear", "warmup_epochs": 5, "batch_scale": 1, "updates_per_epoch": 32},
        [
            {"momentum": 0.9, "batch_scale": 2, "updates_per_epoch": 1},
            {"batch_scale": 2, "warmup_strategy": "power2"},
            {"batch_scale": 2, "warmup_strategy": "sqrt"},
            {"warmup_strategy": "lars"},
        ],
    ),
    "GroupAdaGrad": (group_adagrad, {"eps": 1e-5}, [{"eps": 0.1}]),
    "Test": (test, {}, []),
    "NAG": (nag, {"momentum": 0.0}, [{"momentum": 0.9}]),
    "Adam": (adam, {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}, [{"beta1": 0.5, "beta2": 0.8, "epsilon": 0.01}]),
    "AdamW": (
        adamw,
        {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-6, "correct_bias": True},
        [{"correct_bias": False}, {"beta1": 0.5, "epsilon": 0.1}],
    ),
    "RMSProp": (
        rmsprop,
        {"gamma1": 0.9, "gamma2": 0.9, "epsilon": 1e-8, "centered": False, "clip_weights": None},
        [{"centered": True, "gamma1": 0.8}, {"clip_weights": 0.7}],
    ),
    "AdaGrad": (adagrad, {"eps": 1e-7}, [{"eps": 0.1}]),
    "AdaDelta": (adadelta, {"rho": 0.9, "epsilon": 1e-5}, [{"rho": 0.5}]),
    "Adamax": (adamax, {"beta1": 0.9, "beta2": 0.999}, [{"beta1": 0.5}]),
    "Nadam": (
        nadam,
        {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "schedule_decay": 0.004},
        [{"schedule_decay": 0.5}],
    ),
    "FTML": (ftml, {"beta1": 0.6, "beta2": 0.999, "epsilon": 1e-8}, [{"beta1": 0.3}]),
    "Ftrl": (ftrl, {"lamda1": 0.01, "beta": 1.0}, [{"lamda1": 0.5, "beta": 2.0}]),
    "Signum": (signum, {"momentum": 0.9, "wd_lh": 0.0}, [{"wd_lh": 0.2}, {"momentum": 0.0, "wd_lh": 0.1}]),
    "DCASGD": (dcasgd, {"momentum": 0.0, "lamda": 0.04}, [{"momentum": 0.9, "lamda": 0.5}]),
    "LARS": (lars, {"momentum": 0.0, "eta": 0.001, "eps": 0.0}, [{"momentum": 0.9, "eta": 0.1, "eps": 0.01}]),
    "LAMB": (
        lamb,
        {
            "beta1": 0.9,
            "beta2": 0.999,
            "epsilon": 1e-6,
            "lower_bound": None,
            "upper_bound": None,
            "bias_correction": True,
        },
        [{"bias_correction": False}, {"lower_bound": 10.0}, {"upper_bound": 0.5}],
    ),
}
