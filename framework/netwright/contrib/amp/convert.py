"""Casts put into graphs, models and blocks, and before operators that run eagerly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...errors import MismatchError, NotReadyError
from ...gluon.block import HybridBlock
from ...gluon.symbol_block import SymbolBlock
from ...ndarray.array import NDArray
from ...ndarray.invoke import invoke
from ...ops import get
from ...ops.operator import Operator
from ...ops.params import OpParams
from ...symbol.attributes import write_dtype
from ...symbol.symbol import Symbol, SymbolEntry, SymbolNode, Variable
from .lists import CONDITIONAL, HALF, SINGLE, WIDEST

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
        if op.name in self.single:
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


def convert_symbol(
    sym: Symbol,
    target_dtype: Any = "float16",
    target_dtype_ops: Iterable[str] | None = None,
    fp32_ops: Iterable[str] | None = None,
    conditional_fp32_ops: Conditional | None = None,
    excluded_sym_names: Sequence[str] | None = None,
    data_names: Sequence[str] | None = None,
    cast_optional_params: bool = False,
) -> Symbol:
    """The graph with ``amp_cast`` and ``amp_multicast`` nodes where precisions change.

    Nodes named in ``excluded_sym_names`` stay as they are. With ``cast_optional_params`` weights (all variables but
    ``data_names``) that are only used in float16 are declared so, instead of being cast at each run.
    """
    if not isinstance(sym, Symbol):
        raise MismatchError("what is converted is a symbol", where="convert_symbol", got=type(sym).__name__)
    policy = Policy(target_dtype, target_dtype_ops, fp32_ops, conditional_fp32_ops)
    return with_casts(sym, policy, excluded_sym_names or (), data_names if cast_optional_params else None)


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


def _cast_as_declared(sym: Symbol, arrays: Mapping[str, NDArray]) -> dict[str, NDArray]:
    attributes = sym.attr_dict()
    half = write_dtype("float16")
    return {
        name: a.astype("float16") if attributes.get(name, {}).get("__dtype__") == half else a
        for name, a in arrays.items()
    }


def convert_model(
    sym: Symbol,
    arg_params: Mapping[str, NDArray],
    aux_params: Mapping[str, NDArray],
    target_dtype: Any = "float16",
    target_dtype_ops: Iterable[str] | None = None,
    fp32_ops: Iterable[str] | None = None,
    conditional_fp32_ops: Conditional | None = None,
    excluded_sym_names: Sequence[str] | None = None,
    cast_optional_params: bool = False,
) -> tuple[Symbol, dict[str, NDArray], dict[str, NDArray]]:
    """(symbol, arguments, states) for mixed precision; see ``convert_symbol``."""
    data = [name for name in sym.list_inputs() if name not in arg_params and name not in aux_params]
    lists = (target_dtype_ops, fp32_ops, conditional_fp32_ops, excluded_sym_names)
    found = convert_symbol(sym, target_dtype, *lists, data, cast_optional_params)
    return found, _cast_as_declared(found, arg_params), dict(aux_params)


def convert_hybrid_block(
    block: HybridBlock,
    target_dtype: Any = "float16",
    target_dtype_ops: Iterable[str] | None = None,
    fp32_ops: Iterable[str] | None = None,
    conditional_fp32_ops: Conditional | None = None,
    excluded_sym_names: Sequence[str] | None = None,
    ctx: Any = None,
    cast_optional_params: bool = False,
) -> SymbolBlock:
    """A block for mixed precision with copies of the weights, from one that was hybridized and has run."""
    if not isinstance(block, HybridBlock):
        raise MismatchError("what is converted is a HybridBlock", where="amp", got=type(block).__name__)
    if not block._compiled:
        raise NotReadyError(
            "the block has no graph yet", where=block.name, remedy="Call hybridize() and run one batch through it"
        )
    form = list(block._compiled.values())[-1]
    lists = (target_dtype_ops, fp32_ops, conditional_fp32_ops, excluded_sym_names)
    sym = convert_symbol(form.graph.symbol, target_dtype, *lists, form.names, cast_optional_params)
    made = SymbolBlock(sym, [Variable(name) for name in form.names])
    values = {n: p._reduce() for n, p in block.collect_params().items() if n in made.params}
    made.collect_params().load_dict(
        _cast_as_declared(sym, values), ctx or next(iter(block.collect_params().values())).list_ctx()
    )
    return made
