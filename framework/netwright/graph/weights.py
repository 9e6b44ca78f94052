"""The weights a network begins with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..device import Device
from ..initializer import InitDesc, Initializer
from ..ndarray.array import NDArray
from ..ndarray.creation import zeros
from ..ops.operator import TensorSpec
from ..scheduler.lower import infer_all
from ..symbol.symbol import Symbol

Arrays = dict[str, NDArray]


def initial_weights(
    symbol: Symbol, names: Sequence[str], known: Mapping[str, TensorSpec], device: Device, initializer: Initializer
) -> tuple[Arrays, Arrays]:
    """(weights ``names``, auxiliary states) of a symbol, initialised in this order by the device's generator.

    ``known`` says what feeds it, from which all shapes follow.
    """
    specs = infer_all(symbol, known)
    by_name = {node.name: spec for (node, _), spec in specs.items() if node.op is None}
    attributes = symbol.attr_dict()

    def make(name: str) -> NDArray:
        spec = by_name[name]
        array = zeros(spec.shape, device, spec.dtype)
        given: Any = attributes.get(name)
        initializer(InitDesc(name, given), array)
        return array

    return {n: make(n) for n in names}, {n: make(n) for n in symbol.list_auxiliary_states()}
