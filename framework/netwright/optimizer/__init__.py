"""Optimizers: small classes that update one weight at a time, by operators where there is one."""

from __future__ import annotations

from .adaptive import AdaGrad, Adam, AdamW, RMSProp
from .optimizer import Optimizer, Updater, get_updater, register, table
from .sgd import NAG, SGD

create = table.create

__all__ = [
    "NAG",
    "SGD",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Optimizer",
    "RMSProp",
    "Updater",
    "create",
    "get_updater",
    "register",
    "table",
]
