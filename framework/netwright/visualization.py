"""Networks as a table and as a picture (MXNet's ``mx.visualization``, ``mx.viz``)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .drawing import Box, Line, Picture
from .errors import DTypeError, ShapeError
from .ops.params import dtype_name
from .symbol.infer import Inference
from .symbol.symbol import Symbol, SymbolEntry, SymbolNode

Shape = tuple[int, ...]

_COLOURS = {
    "input": "#8dd3c7",
    "dense": "#fb8072",
    "convolution": "#fb8072",
    "activation": "#ffffb3",
    "normalization": "#bebada",
    "pooling": "#80b1d3",
    "shape": "#fdb462",
    "loss": "#b3de69",
}
_OTHER = "#fccde5"
LARGEST = 400
"""Networks of more nodes (weights counted) do not draw themselves in notebooks."""
_WEIGHTS = ("_weight", "_bias", "_beta", "_gamma", "_moving_var", "_moving_mean", "_running_var", "_running_mean")


def _checked(symbol: Any, where: str) -> Symbol:
    if not isinstance(symbol, Symbol):
        raise DTypeError("the network is a Symbol", where=where, got=type(symbol).__name__)
    return symbol


def _shapes(symbol: Symbol, shape: Mapping[str, Any] | None) -> dict[SymbolEntry, Shape]:
    """The shape of every value, from those of the data; nothing without ``shape``."""
    if shape is None:
        return {}
    inference = Inference(symbol.nodes())
    for node in inference.nodes:
        if node.op is None and node.name in shape:
            inference.set_shape((node, 0), tuple(shape[node.name]))
    inference.run_shapes()
    open_ones = [n.name for n in inference.nodes if (n, 0) not in inference.shapes]
    if open_ones:
        raise ShapeError(
            "the shapes of the data do not say all others",
            where=open_ones[0],
            remedy="Give the shape of every input in shape={name: shape}",
        )
    return inference.shapes


def _kinds(symbol: Symbol) -> dict[SymbolNode, str]:
    """What each variable is to those who read it first: ``data``, ``weight``, ``state`` or ``label``."""
    found: dict[SymbolNode, str] = {}
    for node in symbol.nodes():
        if node.op is None:
            found.setdefault(node, "data")
            continue
        for port, (source, _) in zip(node.op.ports(node.p), node.inputs, strict=True):
            if source.op is None and (source not in found or found[source] == "data"):
                found[source] = port.kind
    return found


# ---------------------------------------------------------------- a table
def print_summary(
    symbol: Symbol,
    shape: Mapping[str, Any] | None = None,
    line_length: int = 120,
    positions: Sequence[float] = (0.44, 0.64, 0.74, 1.0),
) -> None:
    """Print a line for each layer: output shape without the batch, number of weights, the layers before.

    ``shape`` gives the shapes of the data; without it shapes are left out, and so is what follows from them.
    ``positions`` are the columns' ends, as shares of ``line_length`` or as columns.

    >>> x = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=4, name="fc")
    >>> mx.viz.print_summary(x, {"data": (2, 3)}, line_length=70)  # doctest: +NORMALIZE_WHITESPACE
    ______________________________________________________________________
    Layer (type)                  Output Shape  Param #Previous Layer
    ======================================================================
    data(null)                    3             0
    ______________________________________________________________________
    fc(FullyConnected)            4             16     data
    ======================================================================
    Total params: 16
    ______________________________________________________________________
    """
    print(summary_of(symbol, shape, line_length, positions))


def summary_of(symbol: Symbol, shape: Mapping[str, Any] | None, line_length: int, positions: Sequence[float]) -> str:
    """The text that ``print_summary`` prints."""
    symbol = _checked(symbol, "print_summary")
    shapes, kinds = _shapes(symbol, shape), _kinds(symbol)
    ends = [int(line_length * p) if positions[-1] <= 1 else int(p) for p in positions]
    shown = [n for n in symbol.nodes() if n.op is not None or kinds[n] == "data"]
    lines = ["_" * line_length, _row(("Layer (type)", "Output Shape", "Param #", "Previous Layer"), ends)]
    lines.append("=" * line_length)
    counted: set[SymbolNode] = set()
    total = 0
    for i, node in enumerate(shown):
        weights = [s for s, _ in node.inputs if s.op is None and kinds[s] == "weight" and s not in counted]
        counted.update(weights)
        count = sum(math.prod(shapes[w, 0]) for w in weights if (w, 0) in shapes)
        total += count
        before = [s.name for s, _ in node.inputs if s.op is not None or kinds[s] == "data"]
        size = "x".join(map(str, shapes.get((node, 0), ())[1:]))
        kind = "null" if node.op is None else node.op.name
        lines.append(_row((f"{node.name}({kind})", size, count, before[0] if before else ""), ends))
        lines += [_row(("", "", "", name), ends) for name in before[1:]]
        lines.append(("=" if i == len(shown) - 1 else "_") * line_length)
    return "\n".join([*lines, f"Total params: {total}", "_" * line_length])


def _row(fields: Sequence[Any], ends: Sequence[int]) -> str:
    line = ""
    for field, end in zip(fields, ends, strict=True):
        line = f"{line}{field}"[:end].ljust(end)
    return line


# ---------------------------------------------------------------- a picture
def plot_network(
    symbol: Symbol,
    title: str = "plot",
    save_format: str = "svg",
    shape: Mapping[str, Any] | None = None,
    dtype: Mapping[str, Any] | None = None,
    node_attrs: Mapping[str, str] | None = None,
    hide_weights: bool = True,
) -> Picture:
    """The network as a picture that a notebook shows: boxes from the data down, with shapes on the lines.

    ``shape`` and ``dtype`` are those of the data; ``node_attrs`` may give a ``fillcolor`` for all boxes. Weights are
    drawn with ``hide_weights=False``. No other program is needed.

    >>> x = mx.sym.Activation(mx.sym.Variable("data"), act_type="relu", name="act")
    >>> mx.viz.plot_network(x, shape={"data": (1, 3)})
    <Picture 'plot' of 2 boxes and 1 lines>
    """
    symbol = _checked(symbol, "plot_network")
    shapes, types = _shapes(symbol, shape), _types(symbol, dtype)
    shown = [n for n in symbol.nodes() if n.op is not None or not (hide_weights and n.name.endswith(_WEIGHTS))]
    _warn_of_repeated(symbol)
    colour = (node_attrs or {}).get("fillcolor")
    boxes = [_box(node, str(i), colour, shapes) for i, node in enumerate(shown)]
    names = {node: str(i) for i, node in enumerate(shown)}
    lines: dict[tuple[str, str], Line] = {}
    for node in shown:
        for entry in node.inputs:
            if entry[0] in names:
                ends = names[entry[0]], names[node]
                lines.setdefault(ends, Line(*ends, _label(entry, shapes, types)))
    return Picture(boxes, list(lines.values()), title, save_format)


def _warn_of_repeated(symbol: Symbol) -> None:
    names = [node.name for node in symbol.nodes()]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        warnings.warn(
            "There are multiple variables with the same name in your graph, which cannot be told apart when it is "
            f"bound: {', '.join(repeated)}",
            RuntimeWarning,
            stacklevel=3,
        )


def _types(symbol: Symbol, dtype: Mapping[str, Any] | None) -> dict[SymbolEntry, str]:
    if dtype is None:
        return {}
    inference = Inference(symbol.nodes())
    for node in inference.nodes:
        if node.op is None and node.name in dtype:
            inference.dtypes[node, 0] = np.dtype(dtype_name(dtype[node.name]))
    inference.run_dtypes()
    return {entry: found.name for entry, found in inference.dtypes.items()}


def _label(entry: SymbolEntry, shapes: Mapping[SymbolEntry, Shape], types: Mapping[SymbolEntry, str]) -> str:
    size = "x".join(map(str, shapes[entry][1:])) if entry in shapes else ""
    return f"{size}({types[entry]})" if entry in types else size


def _box(node: SymbolNode, name: str, colour: str | None, shapes: Mapping[SymbolEntry, Shape]) -> Box:
    if node.op is None:
        return Box(name, [node.name], colour or _COLOURS["input"], round=True, hint=node.name)
    hint = f"{node.name} ({node.op.name})"
    if (node, 0) in shapes:
        hint += f" {shapes[node, 0]}"
    lines = [str(getattr(node.p, "op_type", node.op.name)), *_detail(node)]
    return Box(name, lines, colour or _COLOURS.get(node.op.category, _OTHER), hint=hint)


def _detail(node: SymbolNode) -> list[str]:
    """A second line for the layers whose parameters everybody asks for."""
    p: Any = node.p
    assert node.op is not None
    match node.op.name:
        case "Convolution" | "Deconvolution":
            return [f"{_product(p.kernel)}/{_product(p.stride) or '1'}, {p.num_filter}"]
        case "FullyConnected":
            return [str(p.num_hidden)]
        case "Activation" | "LeakyReLU":
            return [str(p.act_type)]
        case "Pooling":
            size = "global" if p.global_pool else f"{_product(p.kernel)}/{_product(p.stride) or '1'}"
            return [f"{p.pool_type}, {size}"]
    return []


def _product(sizes: Any) -> str:
    return "x".join(map(str, sizes or ()))
