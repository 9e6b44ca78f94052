"""The operators, one module a family. Importing this package registers them all."""

from __future__ import annotations

import importlib
import pkgutil

from .registry import all_operators, find, get, names, register

_NOT_FAMILIES = {"arithmetic", "namespaces", "operator", "params", "registry", "shapes", "signature", "stubs"}

for _module in pkgutil.iter_modules(__path__):
    if _module.name not in _NOT_FAMILIES:
        importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["all_operators", "find", "get", "names", "register"]
