"""A model read from an ONNX file: as symbol and weights, and ready to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper

from ..errors import DataError, GraphError, NetwrightError
from ..ndarray import NDArray, array
from ..ops.params import DTYPES
from ..symbol.symbol import Group, Symbol, Variable
from .lower import Scope, add_initializers, lower_nodes
from .values import Builder, NeedsValue, Value


class Lowered:
    """A model for given shapes of its inputs: what is known already, and a symbol for the rest."""

    def __init__(
        self, model: onnx.ModelProto, specs: Mapping[str, Any], known: Mapping[str, Any], tag: str = ""
    ) -> None:
        named = (*model.graph.initializer, *model.graph.input)
        self.builder = Builder(tag=tag, taken=frozenset(one.name for one in named))
        opsets = {"" if o.domain == "ai.onnx" else o.domain: o.version for o in model.opset_import}
        functions = {(f.domain, f.name): f for f in model.functions}
        scope = Scope(self.builder, opsets, functions)
        add_initializers(scope, model.graph)
        for name, spec in specs.items():
            if name in known:
                scope.values[name] = _known_value(known[name], name)
            else:
                shape, dtype = spec
                variable = Variable(name, shape=shape, dtype=dtype)
                scope.values[name] = Value(shape, dtype, None, variable, frozenset([name]))
        lower_nodes(scope, model.graph.node)
        self.outputs = [scope.values[out.name] for out in model.graph.output]
        computed = [v for v in _tensors(self.outputs) if v.array is None]
        self.symbol: Symbol | None = Group([self._head(v) for v in computed]) if computed else None

    def _head(self, value: Value) -> Symbol:
        """The symbol of an output; one without axes leaves the plan with one, and loses it in ``run``."""
        return self.builder.symbol(value if value.rank else self.builder.op("_reshape_to", value, shape=(1,)))

    def run(self, inputs: Mapping[str, Any]) -> list[Any]:
        """The outputs as NumPy arrays (lists of them for sequences)."""
        computed: list[Any] = []
        if self.symbol is not None:
            names = set(self.symbol.list_inputs())
            values = {n: v for n, v in {**self.builder.params, **inputs}.items() if n in names}
            fed = {n: array(v, dtype=np.asarray(v).dtype) for n, v in values.items()}
            computed = [y.asnumpy() for y in self.symbol.eval(None, **fed)]
        later = iter(computed)

        def plain(value: Any) -> Any:
            if isinstance(value, list):
                return [plain(v) for v in value]
            if value is None:
                return None
            return next(later).reshape(value.shape) if value.array is None else value.array

        return [plain(value) for value in self.outputs]


def _tensors(value: Any) -> list[Value]:
    """The tensors of an output, one after another."""
    if isinstance(value, list):
        return [tensor for v in value for tensor in _tensors(v)]
    return [] if value is None else [value]


def _known_value(given: Any, name: str) -> Any:
    if given is None:
        return None
    if isinstance(given, list):
        return [_known_value(v, name) for v in given]
    data = np.asarray(given)
    return Value(data.shape, data.dtype, data, sources=frozenset([name]))


class OnnxModel:
    """An ONNX model that runs on our operators.

    A network is built for the shapes of the first inputs and kept; other shapes build another. Inputs whose values
    decide shapes (what a Reshape is fed, a loop's count) are part of what it is built for.
    """

    def __init__(self, model: str | Path | bytes | onnx.ModelProto) -> None:
        self.proto = read_model(model)
        self.inputs = [i.name for i in fed_inputs(self.proto)]
        self.outputs = [o.name for o in self.proto.graph.output]
        self._by_value: set[str] = set()
        self._lowered: dict[Any, Lowered] = {}

    def run(self, inputs: Mapping[str, Any] | Sequence[Any]) -> list[Any]:
        """The model's outputs, in its order, for inputs by name or in order."""
        given = dict(inputs) if isinstance(inputs, Mapping) else dict(zip(self.inputs, inputs, strict=False))
        missing = [n for n in self.inputs if n not in given]
        if missing:
            raise DataError("inputs are missing", wanted=", ".join(self.inputs), got=", ".join(given) or "none")
        fed = {n: v.asnumpy() if isinstance(v, NDArray) else v for n, v in given.items()}
        fed = {n: v if v is None or isinstance(v, list) else np.asarray(v) for n, v in fed.items()}
        return self._for(fed).run(fed)

    def _for(self, fed: Mapping[str, Any]) -> Lowered:
        by_value = self._by_value | {n for n, v in fed.items() if _only_by_value(v)}
        while True:
            key = tuple((n, _key(v) if n in by_value else (v.shape, v.dtype)) for n, v in fed.items())
            found = self._lowered.get(key)
            if found is not None:
                return found
            known = {n: fed[n] for n in by_value}
            specs = {n: None if n in known else (v.shape, v.dtype) for n, v in fed.items()}
            try:
                found = Lowered(self.proto, specs, known)
            except NeedsValue as need:
                if need.inputs <= by_value:
                    raise GraphError(str(need)) from None
                by_value = by_value | need.inputs
                self._by_value |= need.inputs
                continue
            if len(self._lowered) >= 64:
                self._lowered.clear()
            self._lowered[key] = found
            return found


def _only_by_value(value: Any) -> bool:
    """Sequences, absent values, empty arrays and element types that no symbol can hold."""
    return not isinstance(value, np.ndarray) or value.dtype.name not in DTYPES or value.size == 0


def _key(value: Any) -> Any:
    if value is None or not isinstance(value, (list, np.ndarray)):
        return value
    if isinstance(value, list):
        return tuple(_key(v) for v in value)
    return (value.shape, value.dtype, value.tobytes() if value.dtype != object else tuple(value.ravel()))


def read_model(model: str | Path | bytes | onnx.ModelProto) -> onnx.ModelProto:
    """An ONNX model from a file, its bytes, or as it is; raises DataError where it cannot be read."""
    if isinstance(model, onnx.ModelProto):
        return model
    try:
        return onnx.load_from_string(model) if isinstance(model, bytes) else onnx.load(str(model))
    except NetwrightError:
        raise
    except Exception as error:
        raise DataError(
            "this is no ONNX model that can be read",
            where=None if isinstance(model, bytes) else Path(model).name,
            got=str(error).splitlines()[0][:120] if str(error) else type(error).__name__,
            remedy="Export it again, and check it by onnx.checker",
        ) from None


def fed_inputs(proto: onnx.ModelProto) -> list[onnx.ValueInfoProto]:
    """The inputs of a model that are no weights."""
    weights = {t.name for t in proto.graph.initializer}
    return [i for i in proto.graph.input if i.name not in weights]


def declared(info: onnx.ValueInfoProto, shapes: Mapping[str, Sequence[int]]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """(shape, element type) of an input; sizes that the file leaves open are 1 where ``shapes`` does not say them."""
    tensor = info.type.tensor_type
    sizes = tuple(d.dim_value or 1 for d in tensor.shape.dim)
    return tuple(shapes.get(info.name, sizes)), np.dtype(helper.tensor_dtype_to_np_dtype(tensor.elem_type))


def get_model_metadata(
    model_file: str | Path | bytes | onnx.ModelProto,
) -> dict[str, list[tuple[str, tuple[int, ...]]]]:
    """Names and shapes of a model's inputs and outputs: ``{"input_tensor_data": …, "output_tensor_data": …}``.

    A size that the file leaves open is 0.
    """
    proto = read_model(model_file)

    def shape(info: onnx.ValueInfoProto) -> tuple[int, ...]:
        return tuple(d.dim_value for d in info.type.tensor_type.shape.dim)

    return {
        "input_tensor_data": [(i.name, shape(i)) for i in fed_inputs(proto)],
        "output_tensor_data": [(o.name, shape(o)) for o in proto.graph.output],
    }
