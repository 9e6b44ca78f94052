"""The table that ``Block.summary`` prints."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from ..errors import MismatchError
from ..ndarray.array import NDArray
from ..symbol.symbol import Symbol
from .parameter import Parameter

if TYPE_CHECKING:
    from .hooks import HookHandle
    from .plain_block import Block

_ROW = "{:>20}  {:>42} {:>15}"


class _Counts:
    """Rows of the table, and sums over the layers in the order they ran."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, int]] = []
        self.total = self.trainable = self.shared = 0
        self._seen: set[Parameter] = set()

    def add(self, layer: Block, _: Any, out: Any) -> None:
        """A hook: note a layer that has run."""
        if isinstance(out[0] if isinstance(out, (list, tuple)) else out, Symbol):
            return  # shapes are being inferred
        count = 0
        for parameter in layer.params.values():
            size = parameter._array().size
            count += size
            self.trainable += size if parameter.grad_req != "null" else 0
            self.shared += size if parameter in self._seen else 0
            self._seen.add(parameter)
        self.total += count
        self.rows.append((f"{type(layer).__name__}-{len(self.rows) + 1}", shape_text(out), count))


def shape_text(value: Any) -> str:
    """The shapes of arrays in nested lists, as text."""

    def shapes(part: Any) -> Any:
        if isinstance(part, (list, tuple)):
            return [shapes(p) for p in part]
        return part.shape if isinstance(part, NDArray) else part

    found = shapes(value)
    return str(found)[1:-1] if isinstance(found, list) else str(found)


def print_summary(block: Block, inputs: Sequence[Any]) -> None:
    """Print layers, output shapes and parameter counts; the network is run once, eagerly."""
    from .nn.basic import HybridSequential, Sequential

    hooks: list[HookHandle] = []
    counts, seen = _Counts(), set[int]()

    def watch(layer: Block) -> None:
        if layer.__dict__.get("_active"):
            raise MismatchError(
                "a hybridized network runs as one step, whose layers cannot be told apart",
                where=layer.name,
                remedy="Print the summary before hybridize(), or call hybridize(False)",
            )
        if not isinstance(layer, (Sequential, HybridSequential)) and id(layer) not in seen:
            seen.add(id(layer))
            hooks.append(layer.register_forward_hook(counts.add))

    try:
        block.apply(watch)
        block(*inputs)
    finally:
        for hook in hooks:
            hook.detach()
    given = list(inputs) if len(inputs) > 1 else inputs[0]
    lines = ["-" * 80, _ROW.format("Layer (type)", "Output Shape", "Param #"), "=" * 80]
    lines += [_ROW.format(*row) for row in [("Input", shape_text(given), 0), *counts.rows]]
    lines += [
        "=" * 80,
        "Parameters in forward computation graph, duplicate included",
        f"   Total params: {counts.total}",
        f"   Trainable params: {counts.trainable}",
        f"   Non-trainable params: {counts.total - counts.trainable}",
        f"Shared params in forward computation graph: {counts.shared}",
        f"Unique parameters in model: {counts.total - counts.shared}",
        "-" * 80,
    ]
    print("\n".join(lines))


def html_of(block: Block) -> str:
    """A table of a block's layers and their parameters, for notebooks; nothing is run."""
    rows = []

    def walk(child: Block, path: str) -> None:
        shapes = "<br>".join(
            f"{escape(name)} {'×'.join(map(str, p.shape)) if p.shape else 'of unknown shape'}"
            for name, p in child._reg_params.items()
        )
        rows.append(
            f"<tr><td>{escape(path or '.')}</td><td>{escape(type(child).__name__)}</td>"
            f"<td>{escape(child.name)}</td><td>{shapes}</td></tr>"
        )
        for key, inner in child._children.items():
            walk(inner, f"{path}.{key}" if path else key)

    walk(block, "")
    head = "<tr><th>path</th><th>layer</th><th>name</th><th>parameters</th></tr>"
    return f"<table>{head}{''.join(rows)}</table>"
