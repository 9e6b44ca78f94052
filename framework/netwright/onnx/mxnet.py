"""MXNet's functions: ``mx.onnx.export_model`` and what ``mx.contrib.onnx`` has."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from ..errors import ParamError
from ..ops import all_operators
from ..symbol import load
from ..symbol.symbol import Symbol
from . import rules
from .exporting import export
from .rule_table import REFUSED

assert rules


def export_model(
    sym: str | Symbol,
    params: Any,
    in_shapes: Any = None,
    in_types: Any = np.float32,
    onnx_file_path: str = "model.onnx",
    verbose: bool = False,
    dynamic: bool = False,
    dynamic_input_shapes: Any = None,
    run_shape_inference: bool = False,
    input_type: Any = None,
    input_shape: Any = None,
) -> str:
    """Write a symbol and its weights as an ONNX file; returns the file's name.

    ``sym`` and ``params``: objects (the weights in one dict, or a list of two), or the names of their files.
    ``in_shapes``, ``in_types``: of the inputs that are no weights, in the symbol's order; labels of loss heads are no
    inputs. ``dynamic`` leaves sizes open: those that are None (or a name) in ``dynamic_input_shapes``, else all
    that the network lets vary. ``run_shape_inference`` adds the shapes of inner values; ``verbose`` logs the nodes.
    ``input_type`` and ``input_shape`` are older names.
    """
    shapes = in_shapes if input_shape is None else input_shape
    types = in_types if input_type is None else input_type
    if dynamic_input_shapes is not None and not dynamic:
        raise ParamError("dynamic_input_shapes is given without dynamic", remedy="Set dynamic=True")
    symbol = load(sym) if isinstance(sym, str) else sym
    how = (dynamic_input_shapes if dynamic_input_shapes is not None else "all") if dynamic else False
    shapes = [tuple(s) for s in shapes] if shapes is not None else None
    model = export(symbol, shapes=shapes, dtypes=types, params=params, dynamic=how)
    if run_shape_inference:
        model = onnx.shape_inference.infer_shapes(model)
    if verbose:
        for node in model.graph.node:
            logging.info("%s: %s(%s)", node.name, node.op_type, ", ".join(node.input))
    Path(onnx_file_path).write_bytes(model.SerializeToString())
    return onnx_file_path


def get_operator_support(opset_version: int | None = None) -> list[str]:
    """The names, aliases included, of all operators that can be exported."""
    found = (op for op in all_operators() if op.name not in REFUSED and not op.dynamic)
    return sorted({name for op in found for name in (op.name, *op.aliases)})
