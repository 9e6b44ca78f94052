"""Networks out as ONNX: from a block, a symbol, a graph JSON, a saved model, or files as MXNet names them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from .. import symbol as sym
from ..errors import GraphError, NetwrightError, ParamError, ShapeError
from ..gluon.block import Block, HybridBlock
from ..model_store import INFO, SavedModel, load_model
from ..ndarray.array import NDArray
from ..ops.operator import TensorSpec
from ..ops.params import dtype_name
from ..serialization import load_arrays, write_atomically
from ..symbol.attributes import read_dtype
from ..symbol.symbol import Symbol
from .drafts import Build, Draft, write_symbol
from .open_sizes import write_open

Shapes = Sequence[int] | Sequence[Sequence[int]] | Mapping[str, Sequence[int]]


@dataclass
class Source:
    """What is exported: a symbol, the arrays of its weights, and its inputs in their order."""

    symbol: Symbol
    weights: dict[str, Any]
    inputs: list[str]
    shapes: dict[str, tuple[int, ...]]
    """Of those inputs whose shapes are known without being told."""
    name: str


def export(
    model: Any,
    path: str | Path | None = None,
    *,
    shapes: Shapes | None = None,
    dtypes: Any = None,
    params: Any = None,
    dynamic: Any = None,
) -> onnx.ModelProto:
    """A network as an ONNX model (opset 18); written to ``path`` where one is given.

    ``model``: a HybridBlock, a Symbol (with ``params``, arrays by name), a saved model (object or folder), a graph JSON
    (dict or file), or a symbol file. ``shapes``: of the inputs, by name, in order, or the one input's; not needed for a
    saved model or a graph that states them. ``dtypes``: of the inputs, one for all or by name; float32 where nothing
    says otherwise. ``dynamic``: True leaves the first axis of all inputs open (the batch); a list of shapes leaves
    those sizes open that are None or a name, equal names being one size. Saved models and graphs have an open batch
    unless it is False.
    Errors: ExportError for an operator that ONNX cannot express or a size that cannot be open; ShapeError for
    missing shapes.
    """
    source = _source(model, params, shapes)
    given = _shapes(source, shapes)
    kinds = _dtypes(source, dtypes)
    if dynamic is None:
        dynamic = shapes is None and bool(source.shapes)
    draft = _write(source, given, kinds, dynamic)
    made = draft.model(source.name)
    if path is not None:
        write_atomically(Path(path).absolute(), made.SerializeToString())
    return made


def _write(source: Source, shapes: list[tuple[int, ...]], dtypes: list[np.dtype[Any]], dynamic: Any) -> Draft:
    def build(at: Sequence[tuple[int, ...]]) -> Draft:
        specs = {n: TensorSpec(s, d) for n, s, d in zip(source.inputs, at, dtypes, strict=True)}
        return write_symbol(source.symbol, specs, source.weights, sizes_are_open=dynamic not in (None, False))

    if dynamic is None or dynamic is False:
        return build(shapes)
    if dynamic is True:
        axes = {"batch": [(i, 0) for i, s in enumerate(shapes) if s and s[0] == shapes[0][0]]}
        return write_open(build, shapes, axes)
    if dynamic == "all":
        return _all_open(build, shapes)
    return write_open(build, shapes, _named(shapes, dynamic))


def _named(shapes: Sequence[tuple[int, ...]], wanted: Sequence[Sequence[Any]]) -> dict[str, list[tuple[int, int]]]:
    """The open sizes of a list of shapes: those with one name, or None on one axis at one size, go together."""
    if len(wanted) != len(shapes) or any(len(w) != len(s) for w, s in zip(wanted, shapes, strict=True)):
        raise ShapeError("dynamic_input_shapes has the inputs' axes", wanted=list(shapes), got=list(wanted))
    axes: dict[str, list[tuple[int, int]]] = {}
    for i, (sizes, shape) in enumerate(zip(wanted, shapes, strict=True)):
        for axis, size in enumerate(sizes):
            if isinstance(size, str):
                axes.setdefault(size, []).append((i, axis))
            elif size is None:
                first = axis == 0 and shape[0] == shapes[0][0]
                axes.setdefault("batch" if first else f"size{axis}_{shape[axis]}", []).append((i, axis))
    return axes


def _all_open(build: Build, shapes: list[tuple[int, ...]]) -> Draft:
    """Every size open that the network lets vary: MXNet's ``dynamic=True`` without shapes."""
    axes: dict[str, list[tuple[int, int]]] = {}
    for name, places in _named(shapes, [[None] * len(s) for s in shapes]).items():
        try:
            write_open(build, shapes, {name: places})
        except NetwrightError:
            continue  # this size is fixed by the network
        axes[name] = places
    while axes:
        try:
            return write_open(build, shapes, axes)
        except NetwrightError:
            axes.popitem()
    return build(shapes)


# ------------------------------------------------------------------------------------------------------- sources
def _source(model: Any, params: Any, shapes: Any) -> Source:
    if isinstance(model, Symbol):
        return _of_symbol(model, arrays_of(params))
    if isinstance(model, HybridBlock):
        return _of_block(model, shapes)
    if isinstance(model, Block):
        raise GraphError(
            "only a HybridBlock can be exported: what a Block does is known to Python alone",
            where=model.name,
            remedy="Derive it from HybridBlock (HybridSequential instead of Sequential)",
        )
    if isinstance(model, (str, Path)):
        return _of_file(Path(model), params)
    if isinstance(model, SavedModel):
        return _of_graph(model.graph, model.weights(), model.info.name, tuple(model.info.input.shape))
    if isinstance(model, Mapping):
        return _of_graph(model, arrays_of(params), "netwright", None)
    raise ParamError(
        "this cannot be exported", wanted="a HybridBlock, Symbol, saved model or graph", got=type(model).__name__
    )


def arrays_of(params: Any) -> dict[str, Any]:
    """Arrays by name from a dict, a list of dicts (arg_params, aux_params), or a file of either kind."""
    if params is None:
        return {}
    if isinstance(params, (str, Path)):
        if str(params).endswith(".safetensors"):
            return dict(load_arrays(Path(params)))
        from ..ndarray.storage import load

        found = load(str(params))
        if isinstance(found, list):
            raise ParamError("the file holds arrays without names", where=Path(params).name)
        params = found
    parts = params if isinstance(params, (list, tuple)) else [params]
    merged = {k: v for part in parts for k, v in part.items()}
    return {k.removeprefix("arg:").removeprefix("aux:"): _array(v) for k, v in merged.items()}


def _array(value: Any) -> Any:
    return value.asnumpy() if isinstance(value, NDArray) else np.asarray(value)


def _of_symbol(symbol: Symbol, weights: dict[str, Any]) -> Source:
    labels = labels_of(symbol)
    inputs = [n for n in symbol.list_inputs() if n not in weights and n not in labels]
    return Source(symbol, weights, inputs, {}, symbol.name or "netwright")


def labels_of(symbol: Symbol) -> set[str]:
    """Variables that only tell loss heads what to learn: a model that is used has no such inputs."""
    kinds: dict[str, set[bool]] = {}
    for node in symbol.nodes():
        if node.op is not None:
            for port, (source, _) in zip(node.op.ports(node.p), node.inputs, strict=True):
                if source.op is None:
                    kinds.setdefault(source.name, set()).add(port.kind == "label" and node.op.is_loss)
    return {name for name, found in kinds.items() if found == {True}}


def _of_block(block: HybridBlock, shapes: Any) -> Source:
    if shapes is None:
        raise ShapeError(
            "the shapes of its inputs are not known", where=block.name, remedy="Give shapes=(1, 3, 224, 224)"
        )
    count = len(shapes) if isinstance(shapes, Mapping) or not _is_one(shapes) else 1
    listed = [shapes] if _is_one(shapes) else list(shapes.values() if isinstance(shapes, Mapping) else shapes)
    names = [f"data{i}" for i in range(count)] if count > 1 else ["data"]
    if isinstance(shapes, Mapping):
        names = list(shapes)
    out, inner, constants = block.symbol_for([tuple(s) for s in listed])
    out = out(**{old: sym.Variable(new) for old, new in zip(inner, names, strict=True) if old != new})
    weights = {name: _array(p.data()) for name, p in block.collect_params().items() if name in set(out.list_inputs())}
    weights.update({name: _array(a) for name, a in constants.items()})
    return Source(out, weights, names, {}, block.name or "netwright")


def _of_file(path: Path, params: Any) -> Source:
    if path.is_dir() or (path / INFO).is_file():
        return _source(load_model(path), params, None)
    if not path.is_file():
        raise GraphError("there is no such file", where=str(path), wanted="a saved model, graph or symbol")
    document = json.loads(path.read_text())
    if "heads" in document or "arg_nodes" in document:
        return _of_symbol(sym.load(str(path)), arrays_of(params))
    return _of_graph(document, arrays_of(params), path.stem, None)


def _of_graph(graph: Any, weights: dict[str, Any], name: str, shape: tuple[int, ...] | None) -> Source:
    from ..graph.check import DataSpec
    from ..graph.network import to_network

    network = to_network(graph, None if shape is None else DataSpec(input_shape=shape))
    found = {n: s or shape for n, s in network.inputs.items()}
    known = {n: (1, *s) for n, s in found.items() if s is not None}
    return Source(network.symbol, weights, list(network.inputs), known, name)


# ------------------------------------------------------------------------------------------------------- shapes
def _is_one(shapes: Any) -> bool:
    return not isinstance(shapes, Mapping) and all(isinstance(n, (int, np.integer)) for n in shapes)


def _shapes(source: Source, given: Any) -> list[tuple[int, ...]]:
    if given is None:
        by_name: dict[str, Any] = dict(source.shapes)
    elif isinstance(given, Mapping):
        by_name = {**source.shapes, **given}
    else:
        listed = [given] if _is_one(given) else list(given)
        if len(listed) != len(source.inputs):
            raise ShapeError(
                "there is one shape for each input",
                wanted=f"{len(source.inputs)} ({', '.join(source.inputs)})",
                got=len(listed),
                remedy="What is no input is a weight: give it in params",
            )
        by_name = dict(zip(source.inputs, listed, strict=True))
    missing = [n for n in source.inputs if n not in by_name]
    if missing:
        raise ShapeError("the shape of an input is not known", where=missing[0], remedy="Give it in shapes")
    return [tuple(int(s) for s in by_name[n]) for n in source.inputs]


def _dtypes(source: Source, given: Any) -> list[np.dtype[Any]]:
    attributes = source.symbol.attr_dict()

    def own(name: str) -> Any:
        if isinstance(given, Mapping) and name in given:
            return given[name]
        if given is not None and not isinstance(given, (Mapping, list, tuple)):
            return given
        return read_dtype(attributes.get(name, {}).get("__dtype__", "float32"))

    if isinstance(given, (list, tuple)):
        if len(given) != len(source.inputs):
            raise ParamError("there is one type for each input", wanted=len(source.inputs), got=len(given))
        return [np.dtype(dtype_name(d)) for d in given]
    return [np.dtype(dtype_name(own(name))) for name in source.inputs]
