"""References of the steps for many weights and in mixed precision: the plain step's reference, weight by weight."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from tests.framework.references.optimizer import REFERENCES as SINGLE

STATES = {"sgd_update": 0, "sgd_mom_update": 1}


def many(step: str, master: bool = False, preloaded: bool = False) -> Callable[..., Any]:
    """Every group is weight, gradient, the states, and with ``master`` the copy that counts."""

    def apply(p: Any, *arrays: Any) -> Any:
        rates, decays = (arrays[-2], arrays[-1]) if preloaded else (p.lrs, p.wds)
        size = 2 + STATES[step] + master
        found = []
        for i in range(p.num_weights):
            group = list(arrays[i * size : (i + 1) * size])
            if master:
                group[0] = group.pop()
            found.append(SINGLE[step](type(p)({**p, "lr": float(rates[i]), "wd": float(decays[i])}), *group))
        return tuple(found)

    return apply


def mixed(step: str, tail: int = 0) -> Callable[..., Any]:
    """The plain step with the master copy in the weight's place."""

    def apply(p: Any, weight: Any, *rest: Any) -> Any:
        place = len(rest) - 1 - tail
        return SINGLE[step](p, rest[place], *rest[:place], *rest[place + 1 :])

    return apply


def lars(p: Any, lrs: Any, weights: Any, grads: Any, wds: Any) -> Any:
    found = []
    for lr, w, g, wd in zip(lrs, weights, grads, wds, strict=True):
        size, slope = math.sqrt(w), math.sqrt(g) * p.rescale_grad
        found.append(lr * p.eta * size / (slope + wd * size + p.eps) if size > 0 and slope > 0 else lr)
    return np.array(found)


def group_adagrad(p: Any, weight: Any, grad: Any, history: Any) -> Any:
    found = np.array(weight)
    for n in range(len(weight)):
        g = grad[n] * p.rescale_grad
        if p.clip_gradient >= 0:
            g = np.minimum(np.maximum(g, -p.clip_gradient), p.clip_gradient)
        found[n] -= p.lr * g / math.sqrt(float(history[n].ravel()[0]) + float(np.mean(g**2)) + p.epsilon)
    return found


def layers(step: Callable[..., Any], count: str, master: bool = False) -> Callable[..., Any]:
    """Groups of weight, grad, mean, var and with ``master`` the copy that counts; what is left serves all."""

    def apply(p: Any, *arrays: Any) -> Any:
        size, number = 4 + master, getattr(p, count)
        found = []
        for i in range(number):
            group = list(arrays[i * size : (i + 1) * size])
            if master:
                group[0] = group.pop()
            found.append(step(p, i, *group, *arrays[number * size :]))
        return tuple(found)

    return apply


def layer_adamw(p: Any, i: int, *arrays: Any) -> Any:
    return SINGLE["_adamw_update"](type(p)({**p, "lr": p.lrs[i], "wd": p.wds[i], "eta": p.etas[i]}), *arrays)


def layer_lamb(p: Any, i: int, weight: Any, grad: Any, mean: Any, var: Any) -> Any:
    own = type(p)({**p, "lr": p.learning_rates[i], "wd": p.wds[i], "t": p.step_count[i]})
    direction = SINGLE["lamb_update_phase1"](own, weight, grad, mean, var)
    norms = [np.array([math.sqrt(math.fsum(float(v) ** 2 for v in a.ravel()))]) for a in (weight, direction)]
    return SINGLE["lamb_update_phase2"](own, weight, direction, *norms)


REFERENCES = {
    "_multi_adamw_update": layers(layer_adamw, "num_weights"),
    "_multi_mp_adamw_update": layers(layer_adamw, "num_weights", master=True),
    "_multi_lamb_update": layers(layer_lamb, "num_tensors"),
    "_multi_mp_lamb_update": layers(layer_lamb, "num_tensors", master=True),
    "multi_sgd_update": many("sgd_update"),
    "multi_sgd_mom_update": many("sgd_mom_update"),
    "multi_mp_sgd_update": many("sgd_update", master=True),
    "multi_mp_sgd_mom_update": many("sgd_mom_update", master=True),
    "preloaded_multi_sgd_update": many("sgd_update", preloaded=True),
    "preloaded_multi_sgd_mom_update": many("sgd_mom_update", preloaded=True),
    "preloaded_multi_mp_sgd_update": many("sgd_update", master=True, preloaded=True),
    "preloaded_multi_mp_sgd_mom_update": many("sgd_mom_update", master=True, preloaded=True),
    "mp_sgd_update": mixed("sgd_update"),
    "mp_sgd_mom_update": mixed("sgd_mom_update"),
    "mp_nag_mom_update": mixed("nag_mom_update"),
    "_mp_adamw_update": mixed("_adamw_update", tail=1),
    "mp_lamb_update_phase1": mixed("lamb_update_phase1"),
    "mp_lamb_update_phase2": mixed("lamb_update_phase2"),
    "multi_lars": lars,
    "_contrib_group_adagrad_update": group_adagrad,
    "reset_arrays": lambda p, *arrays: np.array([len(arrays)]),
}
