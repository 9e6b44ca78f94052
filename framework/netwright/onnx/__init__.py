"""ONNX models in and out: ``import_model``, ``get_model_metadata``, and ``OnnxModel`` to run one.

Needs the package ``onnx`` (the extra ``onnx``).
"""

from __future__ import annotations

try:
    import onnx as _onnx
except ImportError as _error:  # pragma: no cover - the package is there when tests run
    raise ImportError("netwright.onnx needs the package onnx: pip install netwright[onnx]") from _error

from .model import OnnxModel, get_model_metadata, import_model

assert _onnx

__all__ = ["OnnxModel", "get_model_metadata", "import_model"]
