"""Names that MXNet programs import from ``mxnet.base``: the base error, and tuples of types for ``isinstance``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from .error import error_types as error_types
from .error import register_error as register_error
from .errors import NetwrightError, StorageError

MXNetError = NetwrightError
NotSupportedForSparseNDArray = StorageError

integer_types = (int, np.int32, np.int64)
numeric_types = (float, int, np.generic)
string_types = (str,)


class NotImplementedForSymbol(NetwrightError, TypeError):
    """A function that works on arrays only was called on a symbol."""

    def __init__(self, function: Any, alias: str | None = None, *args: Any) -> None:
        name = getattr(function, "__name__", str(function))
        super().__init__(
            f"{name} works on arrays, not on symbols",
            where="Symbol",
            got=", ".join(type(a).__name__ for a in args) or None,
            remedy=f"Use {alias}" if alias else "Bind the symbol, and call it on an output",
        )


def py_str(text: bytes) -> str:
    """Bytes as text (UTF-8)."""
    return text.decode("utf-8")


def data_dir_default() -> str:
    """The folder where data and models are kept unless ``MXNET_HOME`` names another."""
    return str(Path.home() / ".mxnet")


def data_dir() -> str:
    """The folder where data and models are kept: ``MXNET_HOME``, or ``.mxnet`` in the home folder."""
    return os.environ.get("MXNET_HOME") or data_dir_default()
