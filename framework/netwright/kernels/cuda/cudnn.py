"""cuDNN, where its Python front end (``nvidia-cudnn-frontend``) and its library are installed.

A graph of one operation is built for each set of shapes and kept; what cuDNN refuses stays with the array module.
Everything passes through ``module``, so that the tests can put a made-up one in its place.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping
from typing import Any

from ...ops import get
from ...ops.operator import Shape

DTYPES = {"float16": "HALF", "float32": "FLOAT"}

Describe = Callable[[Any, Any], dict[str, Any]]
"""Writes an operation into a graph of cuDNN, given the module and the graph: its tensors by name, results too."""


@functools.cache
def module() -> tuple[Any, str]:
    """(cuDNN's front end, why not): the first is None where the second is a text."""
    try:
        found = importlib.import_module("cudnn")
    except ImportError:
        return None, "cuDNN's front end is not installed (pip install nvidia-cudnn-frontend)"
    try:
        found.backend_version()
    except (RuntimeError, OSError, ImportError) as error:  # the library is looked for only now
        return None, f"cuDNN's library cannot be loaded: {error}"
    return found, ""


def build(cudnn: Any, dtype: str, describe: Describe, **where: Any) -> tuple[Any, dict[str, Any]]:
    """(a graph with a plan to run it, its tensors by name); ``where`` is its handle, or a device's properties.

    Raises one of ``refusals`` where cuDNN has no way to compute it.
    """
    single = cudnn.data_type.FLOAT
    kind = getattr(cudnn.data_type, DTYPES[dtype])
    graph = cudnn.pygraph(io_data_type=kind, intermediate_data_type=single, compute_data_type=single, **where)
    tensors = describe(cudnn, graph)
    graph.build([cudnn.heur_mode.A, cudnn.heur_mode.FALLBACK])
    return graph, tensors


def refusals(cudnn: Any) -> tuple[type[Exception], ...]:
    """What is raised for a graph that cuDNN does not compute; its own exception is none of Python's narrower ones."""
    own = getattr(cudnn, "cudnnGraphNotSupportedError", None)
    return (RuntimeError, ValueError, *([] if own is None else [own]))


class Built:
    """A built graph on the current device; call it with raw arrays by the names of its tensors."""

    def __init__(self, cudnn: Any, xp: Any, dtype: str, describe: Describe) -> None:
        self._handle = cudnn.create_handle()
        self._cudnn, self._xp = cudnn, xp
        self._graph, self._tensors = build(cudnn, dtype, describe, handle=self._handle)
        self._workspace = xp.empty(max(1, int(self._graph.get_workspace_size())), xp.uint8)

    def __call__(self, arrays: Mapping[str, Any]) -> None:
        self._cudnn.set_stream(handle=self._handle, stream=self._xp.cuda.get_current_stream().ptr)
        bound = {self._tensors[name]: array for name, array in arrays.items()}
        self._graph.execute(bound, self._workspace, handle=self._handle)


def tensor(cudnn: Any, graph: Any, name: str, dim: Shape, stride: Shape, dtype: str) -> Any:
    """An input of a graph; ``stride`` in elements."""
    kind = getattr(cudnn.data_type, DTYPES[dtype])
    return graph.tensor(name=name, dim=list(dim), stride=list(stride), data_type=kind)


def result(cudnn: Any, found: Any, dim: Shape, stride: Shape, dtype: str) -> Any:
    """Make what an operation gives an output of the graph that lies so."""
    found.set_output(True).set_dim(list(dim)).set_stride(list(stride))
    found.set_data_type(getattr(cudnn.data_type, DTYPES[dtype]))
    return found


def dense(shape: Shape) -> Shape:
    """Strides in elements of a dense array."""
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(strides[::-1])


def or_operator(
    name: str,
    dtype: str,
    describe: Describe,
    run: Callable[..., Any],
    *,
    kind: str,
    what: str,
    tell: Callable[[str], None],
) -> Callable[..., Any] | None:
    """A forward that calls ``run`` with the built graph, built at the first call; None where there is no cuDNN.

    What cuDNN refuses when the graph is built is computed by operator ``name`` itself from then on. ``tell`` hears why,
    in words about the ``kind`` of operation, or about ``what`` was asked.
    """
    cudnn, reason = module()
    if cudnn is None:
        tell(f"{kind} by the array module: {reason}")
        return None
    made: list[Built | None] = []

    def forward(xp: Any, p: Any, *arrays: Any, out: Any = None) -> Any:
        if not made:
            try:
                made.append(Built(cudnn, xp, dtype, describe))
            except refusals(cudnn) as error:
                made.append(None)
                tell(f"cuDNN takes no {what}: {error}")
        if made[0] is None:
            return get(name).forward(xp, p, *arrays, **({} if out is None else {"out": out}))
        return run(made[0], xp, p, arrays, out)

    return forward
