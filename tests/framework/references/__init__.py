"""What each operator should give, computed another way: one module a family, each with a dict ``REFERENCES``.

``REFERENCES[operator name] = function(p, *inputs)``. ``inputs`` are NumPy arrays (floating-point ones in float64) and
``p`` holds all parameters, defaults included, as ``p.axis`` or ``p["axis"]``. The function returns an array, or a tuple
for several outputs, whose shape counts; the dtype is compared with inference instead. A function that also names
``train`` is given the mode.

``UNREFERENCED[operator name] = "why"`` is for operators whose result cannot be written down (random numbers); such an
operator is tested in a module of its own.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

REFERENCES: dict[str, Callable[..., Any]] = {}
UNREFERENCED: dict[str, str] = {}

for _module in pkgutil.iter_modules(__path__):
    _family = importlib.import_module(f"{__name__}.{_module.name}")
    for _name, _function in getattr(_family, "REFERENCES", {}).items():
        if _name in REFERENCES:
            raise ValueError(f"two references for {_name}")
        REFERENCES[_name] = _function
    UNREFERENCED.update(getattr(_family, "UNREFERENCED", {}))
