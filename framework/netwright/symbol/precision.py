"""Precisions narrower than float32: casts put into graphs, and before operators that run eagerly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from ..errors import MismatchError
from ..ndarray.array import NDArray
from ..ndarray.invoke import invoke
from ..ops import get
from ..ops.operator import Operator
from ..ops.params import OpParams
from .attributes import write_dtype
from .precision_lists import CONDITIONAL, HALF, PRODUCTS, SINGLE, WIDEST
from .symbol import Symbol, SymbolEntry, SymbolNode

Precision = Literal["float32", "float16", "bfloat16"]
Conditional = Sequence[tuple[str, str, Sequence[Any]]]


class Policy:
    """Which operators are computed in which type; lists that are given replace MXNet's."""

    def __init__(
        self,
        target_dtype: Any = "float16",
        target_dtype_ops: Iterable[str] | None = None,
        fp32_ops: Iterable[str] | None = None,
        conditional_fp32_ops: Conditional | None = None,
    ) -> None:
        name = target_dtype if isinstance(target_dtype, str) else getattr(target_dtype, "__name__", str(target_dtype))
        if name != "float16":
            raise MismatchError(
                "this precision is not there",
                where="amp",
                wanted="float16",
                got=name,
                remedy="bfloat16 is no type of NumPy's, and so none here",
            )
        self.half = HALF if target_dtype_ops is None else {get(op).name for op in target_dtype_ops}
        self.single = SINGLE if fp32_ops is None else {get(op).name for op in fp32_ops}
        self.conditional = CONDITIONAL if conditional_fp32_ops is None else conditional_fp32_ops
        both = set(self.half) & set(self.single)
        if both:
            raise MismatchError("an operator is in two lists", where="amp", got=", ".join(sorted(both)))

    def wanted(self, op: Operator, p: OpParams) -> str | None:
        """``float16``, ``float32`` or ``widest`` for the inputs of a call; None where they stay as they are."""
        for name, parameter, values in self.conditional:
            if op.name == name and str(getattr(p, parameter)) in [str(v) for v in values]:
                return "float32"
        if op.name in self.half:
            return "float16"
        if op.name in self.single or op.name == "_scale_gradient":  # the scale is beyond float16's range
            return "float32"
        return "widest" if op.name in WIDEST else None

    def cast_arrays(self, op: Operator, p: OpParams, inputs: tuple[NDArray, ...]) -> tuple[NDArray, ...]:
        """The inputs of an eager call, cast where they are float16 or float32."""
        wanted = self.wanted(op, p)
        if wanted is None:
            return inputs
        kinds = {a._data.dtype.name for a in inputs} & {"float16", "float32"}
        if wanted == "widest":
            if len(kinds) < 2:
                return inputs
            wanted = "float32"
        cast = get("amp_cast")
        q = cast.make_params({"dtype": wanted})
        return tuple(
            invoke(cast, q, (a,)) if a._data.dtype.name in kinds and a._data.dtype.name != wanted else a for a in inputs
        )

    def cast_symbol(self, sym: Symbol) -> Symbol:
        """The graph of a block that is compiled."""
        return with_casts(sym, self)


def with_casts(
    sym: Symbol, policy: Policy, excluded: Sequence[str] = (), declare_but: Sequence[str] | None = None
) -> Symbol:
    """See ``convert_symbol``; ``declare_but`` None declares no weight anew."""
    new: dict[SymbolNode, SymbolNode] = {}
    casts: dict[tuple[SymbolEntry, str], SymbolEntry] = {}
    states, cast_op, many_op = sym._state_nodes(), get("amp_cast"), get("amp_multicast")

    def cast(entry: SymbolEntry, dtype: str) -> SymbolEntry:
        if entry[0] in states:
            return entry
        if (entry, dtype) not in casts:
            name = f"{entry[0].name}_{entry[1]}_amp_cast_{dtype}" if entry[1] else f"{entry[0].name}_amp_cast_{dtype}"
            casts[entry, dtype] = (SymbolNode(cast_op, cast_op.make_params({"dtype": dtype}), name, (entry,)), 0)
        return casts[entry, dtype]

    for node in sym.nodes():
        if node.op is None:
            new[node] = node
            continue
        assert node.p is not None
        inputs = tuple((new[source], i) for source, i in node.inputs)
        wanted = None if node.name in excluded else policy.wanted(node.op, node.p)
        if wanted == "widest" and len(inputs) > 1:
            p = many_op.make_params({"num_outputs": len(inputs)})
            many = SymbolNode(many_op, p, f"{node.name}_amp_multicast", inputs)
            inputs = tuple((many, i) for i in range(len(inputs)))
        elif wanted in ("float16", "float32"):
            inputs = tuple(cast(entry, wanted) for entry in inputs)
        new[node] = SymbolNode(node.op, node.p, node.name, inputs, dict(node.attributes))
    found = Symbol([(new[node], i) for node, i in sym._entries])
    return found if declare_but is None else _declared(found, declare_but)


def _declared(sym: Symbol, data_names: Sequence[str]) -> Symbol:
    """Variables that are only cast to float16 are float16 themselves; their casts go."""
    users: dict[SymbolNode, list[SymbolNode]] = {}
    for node in sym.nodes():
        for source, _ in node.inputs:
            users.setdefault(source, []).append(node)
    heads = {node for node, _ in sym._entries}
    halves = {
        node: SymbolNode(None, None, node.name, (), {**node.attributes, "__dtype__": write_dtype("float16")})
        for node, used in users.items()
        if node.op is None and node.name not in data_names and node not in heads and all(_is_half(u) for u in used)
    }
    new: dict[SymbolNode, SymbolNode] = {}
    for node in sym.nodes():
        if node.op is not None and _is_half(node) and node.inputs[0][0] in halves:
            new[node] = halves[node.inputs[0][0]]
        else:
            inputs = tuple((new[source], i) for source, i in node.inputs)
            new[node] = halves.get(node) or (
                node if node.op is None else SymbolNode(node.op, node.p, node.name, inputs, node.attributes)
            )
    return Symbol([(new[node], i) for node, i in sym._entries])


def _is_half(node: SymbolNode) -> bool:
    return node.op is not None and node.op.name == "amp_cast" and node.p.dtype == "float16"  # type: ignore[union-attr]


class Rounding:
    """bfloat16, which NumPy has no type for: what goes into matrix products is rounded to it and held in float32.

    The products themselves and all else are float32's, so nothing overflows; memory is not saved.
    """

    def wanted(self, op: Operator) -> bool:
        """Whether the inputs of a call are rounded."""
        return op.name in HALF or op.name in PRODUCTS

    def cast_arrays(self, op: Operator, p: OpParams, inputs: tuple[NDArray, ...]) -> tuple[NDArray, ...]:
        """The inputs of an eager call."""
        if not self.wanted(op):
            return inputs
        rounding = get("_round_bfloat16")
        q = rounding.make_params({})
        return tuple(invoke(rounding, q, (a,)) if a._data.dtype.name == "float32" else a for a in inputs)

    def cast_symbol(self, sym: Symbol) -> Symbol:
        """The graph with roundings before products."""
        new: dict[SymbolNode, SymbolNode] = {}
        rounded: dict[SymbolEntry, SymbolEntry] = {}
        states, rounding = sym._state_nodes(), get("_round_bfloat16")

        def make(entry: SymbolEntry) -> SymbolEntry:
            if entry[0] in states:
                return entry
            if entry not in rounded:
                name = f"{entry[0].name}_{entry[1]}_bfloat16" if entry[1] else f"{entry[0].name}_bfloat16"
                rounded[entry] = (SymbolNode(rounding, rounding.make_params({}), name, (entry,)), 0)
            return rounded[entry]

        for node in sym.nodes():
            if node.op is None:
                new[node] = node
                continue
            inputs = tuple((new[source], i) for source, i in node.inputs)
            if self.wanted(node.op):
                inputs = tuple(make(entry) for entry in inputs)
            new[node] = SymbolNode(node.op, node.p, node.name, inputs, dict(node.attributes))
        return Symbol([(new[node], i) for node, i in sym._entries])


def policy_of(precision: Precision) -> Policy | Rounding | None:
    """What casts for a precision; None for float32."""
    if precision == "float32":
        return None
    return Policy() if precision == "float16" else Rounding()


def in_precision(sym: Symbol, precision: Precision) -> Symbol:
    """The graph computed in that precision. Variables stay float32 (they are the master weights), and so do outputs."""
    policy = policy_of(precision)
    if policy is None:
        return sym
    found = policy.cast_symbol(sym)
    if precision == "bfloat16":
        return found
    cast = get("amp_cast")
    p = cast.make_params({"dtype": "float32"})
    entries = [
        (node, i)
        if node.op is None or node.op.is_loss
        else (SymbolNode(cast, p, f"{node.name}_{i}_float32", ((node, i),)), 0)
        for node, i in found._entries
    ]
    return Symbol(entries)
