"""From a symbol to ONNX: each operator by its rule, else by its own ``forward`` run on an array module that writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import GraphError, NetwrightError
from ..ops.operator import Operator, TensorSpec
from . import rules
from .rule_table import REFUSED, RULES, Call
from .tensor import Inexpressible, Tensor
from .writer import Writer

if TYPE_CHECKING:
    from ..symbol.symbol import Symbol, SymbolEntry, SymbolNode

assert rules

FOLD_LIMIT = 1 << 26
"""Bytes up to which what follows from weights alone is computed here instead of when the model runs."""


DYNAMIC = "how many elements its result has depends on values, and every shape is known when a model is written"
REMEDY = "Replace it by operators that can be exported (onnx.get_operator_support() lists them), or export up to it"


class ExportError(GraphError):
    """An operator that ONNX cannot express; says which node, why, and what to do."""


def convert(writer: Writer, symbol: Symbol, values: Mapping[str, Tensor]) -> list[Tensor]:
    """Append all of a symbol's nodes; returns the tensors of its outputs.

    ``values`` are its variables by name. Errors: ExportError for a node that cannot be written.
    """
    from ..scheduler.lower import infer_all

    known = {name: TensorSpec(t.shape, t.dtype) for name, t in values.items()}
    specs = infer_all(symbol, known)
    found: dict[SymbolEntry, Tensor] = {}
    for node in symbol.nodes():
        if node.op is None:
            if node.name in values:
                found[node, 0] = values[node.name]
            continue
        missing = [entry for entry in node.inputs if entry not in found]
        ports = node.op.ports(node.p)
        needed = [
            e
            for e, port in zip(node.inputs, ports, strict=True)
            if e in missing and not (port.kind == "label" and node.op.is_loss)
        ]
        if needed:
            raise ExportError(
                "its value is not known", where=needed[0][0].name, remedy="Give its shape, or its value in params"
            )
        inputs = tuple(found[e] if e in found else _absent(writer, specs[e]) for e in node.inputs)
        outputs = _node(writer, node, inputs, specs)
        found.update({(node, i): tensor for i, tensor in enumerate(outputs)})
    return [found[entry] for entry in symbol._entries]


def _absent(writer: Writer, spec: TensorSpec) -> Tensor:
    """A label: part of the training only, so the model has no such input."""
    return Tensor(writer, "", spec.shape, spec.dtype, None)


def _node(
    writer: Writer, node: SymbolNode, inputs: tuple[Tensor, ...], specs: Mapping[SymbolEntry, TensorSpec]
) -> list[Tensor]:
    op = node.op
    assert op is not None
    assert node.p is not None
    with _scope(writer, node.name):
        try:
            if op.dynamic or op.name in REFUSED:
                raise Inexpressible(REFUSED.get(op.name, DYNAMIC))
            wanted = tuple(specs[node, i] for i in range(len(op.output_names(node.p))))
            given = tuple(TensorSpec(t.shape, t.dtype) for t in inputs)
            call = Call(writer, op, node.p, node.name, inputs, given, wanted)
            return [_checked(tensor, spec) for tensor, spec in zip(write(call), wanted, strict=False)]
        except Inexpressible as reason:
            raise ExportError(
                f"it cannot be written as ONNX: {reason}", where=f"{node.name} ({op.name})", remedy=REMEDY
            ) from None


@contextmanager
def _scope(writer: Writer, name: str) -> Iterator[None]:
    before = writer.scope
    writer.scope = name
    try:
        yield
    finally:
        writer.scope = before


def write(call: Call) -> Sequence[Tensor]:
    """The operator's outputs: computed now where all is known, by its rule, or by its own forward."""
    op = call.op
    if call.inputs and all(t.value is not None for t in call.inputs) and _folds(call):
        return _computed(call)
    rule = RULES.get(op.name)
    made = traced(call) if rule is None else rule(call, *call.inputs)
    return made if isinstance(made, (tuple, list)) else (made,)


def _folds(call: Call) -> bool:
    return "rng" not in call.op.forward_takes and sum(s.nbytes for s in call.outputs) <= FOLD_LIMIT


class _NoDraws:
    """The generator of operators that draw in training only; asked for a number it refuses."""

    def __getattr__(self, name: str) -> Any:
        raise Inexpressible("it draws random numbers otherwise than the standard does")


def _keywords(op: Operator) -> dict[str, Any]:
    known = {"train": False, "rng": _NoDraws()}
    return {name: value for name, value in known.items() if name in op.forward_takes}


def _computed(call: Call) -> Sequence[Tensor]:
    with np.errstate(all="ignore"):
        made = call.op.forward(np, call.p, *(t.value for t in call.inputs), **_keywords(call.op))
    arrays = made if isinstance(made, tuple) else (made,)
    return [call.w.const(a, of=call.inputs) for a in arrays[: len(call.outputs)]]


def traced(call: Call) -> Sequence[Tensor]:
    """The operator's own forward, run on arrays that write."""
    copies = [t.copy() for t in call.inputs]
    try:
        made = call.op.forward(call.xp, call.p, *copies, **_keywords(call.op))
    except (Inexpressible, NetwrightError):
        raise
    except (AttributeError, TypeError, ValueError, KeyError, NotImplementedError) as error:
        raise Inexpressible(f"its forward is more than ONNX's arrays can do: {error}") from None
    outputs = made if isinstance(made, tuple) else (made,)
    return [call.w.as_tensor(t) for t in outputs[: len(call.outputs)]]


def _checked(tensor: Tensor, spec: TensorSpec) -> Tensor:
    """The tensor in the element type and with the shape that inference promised."""
    if tensor.dtype != spec.dtype:
        tensor = tensor.astype(spec.dtype)
    if tensor.shape != spec.shape:
        raise Inexpressible(f"shape {tensor.shape} was written where {spec.shape} was inferred")
    return tensor
