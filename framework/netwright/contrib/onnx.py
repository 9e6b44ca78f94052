"""``mx.contrib.onnx`` as MXNet has it: the functions of ``mx.onnx`` that read and write models."""

from __future__ import annotations

from ..onnx import export_model, get_model_metadata, import_model, import_to_gluon

__all__ = ["export_model", "get_model_metadata", "import_model", "import_to_gluon"]
