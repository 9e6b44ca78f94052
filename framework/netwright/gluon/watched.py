"""Running a symbol operator by operator, so that somebody may look at what each gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..ndarray.array import NDArray
from ..ndarray.invoke import invoke
from ..symbol.symbol import Symbol, SymbolNode

_DATA = {
    "BatchNorm", "Convolution", "Deconvolution", "Dropout", "Embedding", "FullyConnected", "InstanceNorm",
    "L2Normalization", "LRN", "LayerNorm", "LeakyReLU", "Pooling", "RNN", "SliceChannel", "SoftmaxOutput",
    "log_softmax", "softmax", "softmin",
}  # fmt: skip
"""Operators whose first input MXNet calls ``data``; that of others with one input is called ``input0``."""


def run_watched(
    symbol: Symbol, feeds: Mapping[str, NDArray], callback: Callable[[str, str, NDArray], Any], monitor_all: bool
) -> list[NDArray]:
    """The outputs; ``callback(name, operator, array)`` sees each operator's (inputs and) outputs as it runs."""
    values: dict[SymbolNode, list[NDArray]] = {}
    for node in symbol.nodes():
        if node.op is None:
            values[node] = [feeds[node.name]]
            continue
        assert node.p is not None
        inputs = tuple(values[source][i] for source, i in node.inputs)
        if monitor_all:
            for name, array in zip(_input_names(node), inputs, strict=True):
                callback(f"{node.name}_{name}", node.op.name, array)
        values[node] = invoke(node.op, node.p, inputs, hidden=True)
        for name, array in zip(node.output_names(), values[node], strict=False):
            callback(name, node.op.name, array)
    return [values[node][i] for node, i in symbol._entries]


def _input_names(node: SymbolNode) -> list[str]:
    assert node.op is not None
    names = [port.name for port in node.op.ports(node.p)]
    return ["input0"] if names == ["data"] and node.op.name not in _DATA else names
