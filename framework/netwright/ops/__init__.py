"""The operators, one module a family. Importing this package registers them all."""

from __future__ import annotations

import importlib
import pkgutil

from .registry import add_name, all_operators, find, get, names, register
from .sparse_names import SPARSE_NAMES

_NOT_FAMILIES = {"arithmetic", "namespaces", "operator", "params", "registry", "shapes", "signature", "stubs"}
_NOT_FAMILIES |= {"sparse_names", "storage", "storage_checks", "stored"}

for _module in pkgutil.iter_modules(__path__):
    if _module.name not in _NOT_FAMILIES:
        importlib.import_module(f"{__name__}.{_module.name}")
for _name in SPARSE_NAMES.split():
    add_name(f"_sparse_{_name}", _name)

__all__ = ["all_operators", "find", "get", "names", "register"]
