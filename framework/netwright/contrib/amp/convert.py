"""Casts put into graphs, models and blocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...errors import MismatchError, NotReadyError
from ...gluon.block import HybridBlock
from ...gluon.symbol_block import SymbolBlock
from ...ndarray.array import NDArray
from ...symbol.attributes import write_dtype
from ...symbol.precision import Conditional, Policy, with_casts
from ...symbol.symbol import Symbol, Variable


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
