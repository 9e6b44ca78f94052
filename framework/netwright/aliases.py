"""Modules by the names that MXNet programs import them by, where Netwright cuts its files differently.

One table for names that have no file here, one for files that hold less than MXNet's of the same name. Nothing is
copied: a name leads to the package that shows everything.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

ALIASES = {
    "gluon.contrib.data.sampler": "gluon.contrib.data",
    "gluon.contrib.nn.basic_layers": "gluon.contrib.nn",
    "gluon.contrib.rnn.conv_rnn_cell": "gluon.contrib.rnn",
    "gluon.nn.basic_layers": "gluon.nn",
    "gluon.nn.conv_layers": "gluon.nn",
    "gluon.rnn.rnn_cell": "gluon.rnn",
    "gluon.rnn.rnn_layer": "gluon.rnn",
    "image.image": "image",
    "io.io": "io",
    "ndarray.utils": "ndarray",
    "rnn.io": "rnn",
    "rnn.rnn": "rnn",
    "rnn.rnn_cell": "rnn",
}
"""MXNet's module → the module here that holds what it holds."""

WIDER = {
    "gluon.block": "gluon",
    "gluon.model_zoo.vision.densenet": "gluon.model_zoo.vision",
    "gluon.model_zoo.vision.mobilenet": "gluon.model_zoo.vision",
    "gluon.model_zoo.vision.resnet": "gluon.model_zoo.vision",
    "gluon.model_zoo.vision.squeezenet": "gluon.model_zoo.vision",
    "gluon.model_zoo.vision.vgg": "gluon.model_zoo.vision",
    "gluon.parameter": "gluon",
    "image.detection": "image",
    "kvstore.base": "kvstore",
    "ndarray.array": "ndarray",
    "optimizer.optimizer": "optimizer",
    "symbol.symbol": "symbol",
}
"""A module that in MXNet holds more → the module where the rest of it is found."""


def install(package: str) -> None:
    """Make both tables' names importable in the package; all their modules must be there to be imported."""
    for alias, real in ALIASES.items():
        module = import_module(f"{package}.{real}")
        sys.modules[f"{package}.{alias}"] = module
        parent, _, name = alias.rpartition(".")
        if not hasattr(holder := sys.modules[f"{package}.{parent}"], name):
            setattr(holder, name, module)
    for narrow, wide in WIDER.items():
        _widen(import_module(f"{package}.{narrow}"), import_module(f"{package}.{wide}"))


def _widen(module: ModuleType, wide: ModuleType) -> None:
    def find(name: str) -> Any:
        if name.startswith("__") or name not in vars(wide):
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
        return getattr(wide, name)

    setattr(module, "__getattr__", find)  # noqa: B010 - mypy knows no such attribute of a module
