"""What storages the arrays of a bound symbol have: of its variables as they say, of their gradients as they follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..errors import GraphError
from ..ops.operator import TensorSpec
from ..ops.storage import DEFAULT, check_shape
from ..scheduler.differentiate import differentiate
from ..scheduler.lower import lower
from ..scheduler.storages import gives_sparse, infer_storages
from .attributes import read_stype
from .symbol import Symbol

Storages = dict[str, str]


def storages_of(
    symbol: Symbol, specs: Mapping[str, TensorSpec], given: Mapping[str, str], wrt: Sequence[str]
) -> tuple[Storages, Storages]:
    """(storages of the variables that are not dense, those of the gradients of ``wrt``).

    ``given`` goes before what the variables were made with (``var(stype=…)``).
    """
    found = {n.name: read_stype(n.attributes) for n in symbol.nodes() if n.op is None}
    for name, stype in given.items():
        if name not in found:
            raise GraphError(f"there is no argument {name!r}", where="stype_dict", remedy=f"Known: {', '.join(found)}")
        found[name] = stype
    found = {name: stype for name, stype in found.items() if stype != DEFAULT}
    for name, stype in found.items():
        check_shape(stype, specs[name].shape)
    if not found and not gives_sparse(symbol):
        return {}, {}
    graph = lower(symbol, {n.name: specs[n.name] for n in symbol.nodes() if n.op is None}, train=True)
    outputs = list(graph.outputs)
    heads = [graph.add_input(f"head gradient {i}", value.spec) for i, value in enumerate(outputs)]
    gradients = differentiate(graph, outputs, heads, [graph.inputs[name] for name in wrt])
    forward = infer_storages(graph, found)
    # a head gradient has the storage of its output, as in MXNet
    storages = infer_storages(graph, {**found, **{h.name: forward[o] for h, o in zip(heads, outputs, strict=True)}})
    return found, {n: storages[g] for n, g in zip(wrt, gradients, strict=True) if g is not None}
