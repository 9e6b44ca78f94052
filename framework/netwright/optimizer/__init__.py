"""Optimizers: small classes that update one weight at a time, by operators where there is one."""

from __future__ import annotations

from . import contrib
from .adaptive import AdaGrad, Adam, AdamW, RMSProp
from .contrib import GroupAdaGrad
from .large_batch import LBSGD
from .layerwise import LAMB, LARS
from .moments import FTML, AdaDelta, Adamax, Nadam
from .optimizer import Optimizer, Updater, create, get_updater, register, table
from .plain import Test, ccSGD
from .sgd import NAG, SGD
from .signs import DCASGD, SGLD, Ftrl, Signum

__all__ = [
    "DCASGD",
    "FTML",
    "LAMB",
    "LARS",
    "LBSGD",
    "NAG",
    "SGD",
    "SGLD",
    "AdaDelta",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "GroupAdaGrad",
    "Nadam",
    "Optimizer",
    "RMSProp",
    "Signum",
    "Test",
    "Updater",
    "ccSGD",
    "contrib",
    "create",
    "get_updater",
    "register",
    "table",
]
