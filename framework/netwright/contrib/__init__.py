"""What MXNet keeps under ``mx.contrib``."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_OPERATORS = {"nd": "ndarray", "ndarray": "ndarray", "sym": "symbol", "symbol": "symbol"}


def __getattr__(name: str) -> Any:
    """``contrib.amp``, ``.io``, ``.onnx`` and ``.text`` when they are asked for: not everyone has onnx.

    ``contrib.nd`` and ``contrib.ndarray`` are ``nd.contrib``, ``contrib.sym`` and ``contrib.symbol`` the symbols'.
    """
    if name in _OPERATORS:
        return import_module(f"{__package__.rpartition('.')[0]}.{_OPERATORS[name]}.contrib")
    if name in ("amp", "io", "onnx", "text"):
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
