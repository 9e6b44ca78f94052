"""ONNX models in and out.

In: ``import_model``, ``import_to_gluon``, ``get_model_metadata``, and ``OnnxModel`` to run one. Out: ``export`` (a
block, a symbol, a saved model) and MXNet's ``export_model``. Needs the package ``onnx`` (the extra ``onnx``).
"""

from __future__ import annotations

try:
    import onnx as _onnx
except ImportError as _error:  # pragma: no cover - the package is there when tests run
    raise ImportError("netwright.onnx needs the package onnx: pip install 'netwright[onnx]'") from _error

from .block import OnnxBlock, import_model, import_to_gluon
from .convert import ExportError
from .exporting import export
from .model import OnnxModel, get_model_metadata
from .mxnet import export_model, get_operator_support

assert _onnx

__all__ = [
    "ExportError",
    "OnnxBlock",
    "OnnxModel",
    "export",
    "export_model",
    "get_model_metadata",
    "get_operator_support",
    "import_model",
    "import_to_gluon",
]
