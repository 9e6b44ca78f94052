"""Optimizers: small classes that update one weight at a time, by operators where there is one."""

from __future__ import annotations

from .adaptive import AdaGrad, Adam, AdamW, RMSProp
from .layerwise import LAMB, LARS
from .moments import FTML, AdaDelta, Adamax, Nadam
from .optimizer import Optimizer, Updater, get_updater, register, table
from .sgd import NAG, SGD
from .signs import DCASGD, SGLD, Ftrl, Signum

create = table.create

__all__ = [
    "DCASGD",
    "FTML",
    "LAMB",
    "LARS",
    "NAG",
    "SGD",
    "SGLD",
    "AdaDelta",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Nadam",
    "Optimizer",
    "RMSProp",
    "Signum",
    "Updater",
    "create",
    "get_updater",
    "register",
    "table",
]
