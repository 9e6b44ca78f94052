"""The table that ``Block.summary`` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..ndarray.array import NDArray

if TYPE_CHECKING:
    from .block import Block


def print_summary(block: Block, inputs: Sequence[NDArray]) -> None:
    """Print layers, output shapes and parameter counts; the network is run once, eagerly."""
    rows: list[tuple[str, str, int]] = []
    hooks: list[Any] = []
    layers: list[Block] = []
    seen: set[int] = set()

    def watch(child: Block) -> None:
        if child in layers:
            return

        def hook(layer: Block, _: Any, out: Any) -> None:
            first = out[0] if isinstance(out, (list, tuple)) else out
            if not isinstance(first, NDArray):
                return  # shapes are being inferred on symbols
            count = 0
            for parameter in layer.params.values():
                if id(parameter) not in seen and parameter.shape:
                    seen.add(id(parameter))
                    count += parameter.data().size
            rows.append((f"{type(layer).__name__}-{layer.name}", str(first.shape), count))

        hooks.append(child.register_forward_hook(hook))
        layers.append(child)

    block.apply(watch)
    # a compiled network runs as one step: its layers are heard only where each runs by itself
    compiled = [layer for layer in layers if layer.__dict__.get("_active")]
    try:
        for layer in compiled:
            layer.__dict__["_active"] = False
        block(*inputs)
    finally:
        for layer in compiled:
            layer.__dict__["_active"] = True
        for hook in hooks:
            hook.detach()
    total = sum(count for _, _, count in rows)
    width = max(24, *(len(name) for name, _, _ in rows))
    line = "-" * (width + 44)
    print(line)
    print(f"{'Layer (type)':>{width}}  {'Output Shape':>24}  {'Param #':>14}")
    print("=" * len(line))
    for name, shape, count in [("Input", str(inputs[0].shape), 0), *rows]:
        print(f"{name:>{width}}  {shape:>24}  {count:>14}")
    print("=" * len(line))
    print(f"Parameters in total: {total}")
    print(line)
