"""Models run in onnxruntime, the reference that is not ours."""

from __future__ import annotations

from typing import Any

import onnxruntime
from onnxruntime.capi.onnxruntime_pybind11_state import NotImplemented as NotImplementedThere
from tests.framework.operator_cases import Array

__all__ = ["NotImplementedThere", "run"]


def run(model: Any, feeds: dict[str, Array]) -> list[Array]:
    """The model's outputs by onnxruntime, without its optimisations (they take longer than these models)."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    wanted = {i.name for i in session.get_inputs()}
    found: list[Array] = session.run(None, {n: a for n, a in feeds.items() if n in wanted})
    return found
