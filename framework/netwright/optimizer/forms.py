"""What optimizers, schedules and initializers are made with, read from their own signatures.

The page's forms show it as JSON Schema, and settings from outside are checked by it.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Mapping
from typing import Any

from pydantic import Field, create_model

from ..errors import ParamError
from ..initializer import initializers
from ..lr_scheduler import schedulers
from ..ops.params import OpParams
from ..registry import parameter_names
from .optimizer import Optimizer, table

_DOCS: dict[str, tuple[str, dict[str, Any]]] = {
    "learning_rate": ("How far each step goes", {"ge": 0}),
    "wd": ("Weight decay: pulls weights towards 0", {"ge": 0}),
    "clip_gradient": ("Gradients are clipped to ± this; empty: not at all", {"gt": 0}),
    "wd_lh": ("Weight decay apart from the gradient", {"ge": 0}),
    "lamda": ("How much of the delay is corrected", {"ge": 0}),
    "lamda1": ("Weight of the L1 penalty: weights below it become 0", {"ge": 0}),
    "beta": ("Added to the root of the squared gradients' sum", {"ge": 0}),
    "rho": ("Decay of the mean of squares", {"ge": 0, "lt": 1}),
    "schedule_decay": ("How fast the momentum grows", {"ge": 0}),
    "eta": ("Share of the weights' size that is one step", {"gt": 0}),
    "momentum_correction": ("Follow changes of the rate with the momentum", {}),
    "lower_bound": ("The weights' norm counts at least this", {"ge": 0}),
    "upper_bound": ("The weights' norm counts at most this", {"gt": 0}),
    "bias_correction": ("Correct the first steps' bias towards 0", {}),
    "momentum": ("How much of the last step is kept", {"ge": 0, "lt": 1}),
    "beta1": ("Decay of the mean of gradients", {"ge": 0, "lt": 1}),
    "beta2": ("Decay of the mean of squares", {"ge": 0, "lt": 1}),
    "epsilon": ("Added to the root, so that nothing is divided by 0", {"gt": 0}),
    "eps": ("Added to the squares, so that nothing is divided by 0", {"gt": 0}),
    "gamma1": ("Decay of the mean of squares", {"ge": 0, "lt": 1}),
    "gamma2": ("Momentum of the centered form", {"ge": 0, "lt": 1}),
    "centered": ("Subtract the mean of gradients", {}),
    "clip_weights": ("Weights are clipped to ± this; empty: not at all", {"gt": 0}),
    "correct_bias": ("Correct the first steps' bias towards 0", {}),
    "step": ("After how many updates the rate drops", {}),
    "factor": ("What the rate is multiplied by", {"gt": 0, "le": 1}),
    "stop_factor_lr": ("The rate does not fall below this", {"ge": 0}),
    "max_update": ("Updates until the end; empty: the whole training", {"ge": 1}),
    "final_lr": ("The rate at the end", {"ge": 0}),
    "pwr": ("The power of the decay", {"ge": 1}),
    "warmup_steps": ("Updates during which the rate rises", {"ge": 0}),
    "warmup_begin_lr": ("The rate the warm-up begins with", {"ge": 0}),
    "scale": ("Half the width, or the gain", {"gt": 0}),
    "sigma": ("Standard deviation", {"gt": 0}),
    "magnitude": ("Scale of the variance", {"gt": 0}),
    "slope": ("Slope of the rectifier for negative inputs", {"ge": 0}),
    "value": ("The value", {}),
}
_HIDDEN = {"self", "kwargs", "lazy_update", "base_lr", "warmup_mode", "rand_type"}
_SUGGESTED: dict[tuple[str, str], Any] = {("NAG", "momentum"): 0.9}
"""What a form begins with where the default (MXNet's) would make little of the choice."""
_UNLISTED = {"ccsgd", "groupadagrad", "lbsgd", "test"}
"""Kept for programs that name them; a form offers what is better."""
_COMMON = {"wd": (float, 0.0), "clip_gradient": (float | None, None)}
_TITLES = {"msraprelu": "MSRA (He)", "sgd": "SGD", "nag": "NAG", "rmsprop": "RMSProp", "adagrad": "AdaGrad"}
_TITLES |= {"adadelta": "AdaDelta", "dcasgd": "DCASGD", "ftml": "FTML", "ftrl": "FTRL", "lamb": "LAMB", "lars": "LARS"}


def model_of(cls: type[Any]) -> type[OpParams]:
    """What a class is made with, as far as a form can ask for it, with types and limits."""
    hints = typing.get_type_hints(cls.__init__)
    fields: dict[str, Any] = {}
    for name, parameter in inspect.signature(cls.__init__).parameters.items():
        if name in _HIDDEN or parameter.kind is parameter.VAR_KEYWORD or not _simple(hints.get(name)):
            continue
        fields[name] = (hints[name], _field(name, _SUGGESTED.get((cls.__name__, name), parameter.default)))
    if issubclass(cls, Optimizer):
        fields = {"learning_rate": (float, _field("learning_rate", 0.01)), **fields}
        fields.update({name: (kind, _field(name, default)) for name, (kind, default) in _COMMON.items()})
    return create_model(cls.__name__, __base__=OpParams, **fields)


def checked(kind: str, cls: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` with their types and limits checked; raises ParamError that names the first wrong one.

    What the class takes and no form asks for (a list of steps, say) is left to the class.
    """
    model = model_of(cls)
    others = {n: v for n, v in values.items() if n in parameter_names(cls) and n not in model.model_fields}
    try:
        return {**model.make({n: v for n, v in values.items() if n not in others}).given(), **others}
    except ParamError as error:
        raise error.at(f"{kind} {_TITLES.get(cls.__name__.lower(), cls.__name__)}") from None


def _field(name: str, default: Any) -> Any:
    doc, limits = _DOCS.get(name, (name.replace("_", " "), {}))
    return Field(... if default is inspect.Parameter.empty else default, description=doc, **limits)


def _simple(hint: Any) -> bool:
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return all(_simple(part) for part in typing.get_args(hint))
    return hint in (int, float, bool, str, type(None))


def _entry(name: str, cls: type[Any]) -> dict[str, Any]:
    summary = (inspect.getdoc(cls) or "").split("\n\n")[0].replace("\n", " ")
    return {
        "name": name,
        "title": _TITLES.get(name, cls.__name__.removesuffix("Scheduler")),
        "summary": summary,
        "params_schema": model_of(cls).model_json_schema(),
    }


def offered() -> list[str]:
    """The names of the optimizers that a form offers."""
    return [name for name in sorted(table.names()) if name not in _UNLISTED]


def optimizers() -> dict[str, Any]:
    """``{"optimizers": […], "schedulers": […], "initializers": […]}`` as the page reads it."""
    classes = table.names()
    return {
        "optimizers": [_entry(n, classes[n]) for n in offered()],
        "schedulers": [_entry(n, c) for n, c in schedulers().items()],
        "initializers": [_entry(n, c) for n, c in initializers().items()],
    }
