"""Inception v3 (Szegedy et al. 2015): convolutions of several shapes side by side."""

from __future__ import annotations

from typing import Any

from ...block import HybridBlock
from .common import load_pretrained, nn, output

Pair = int | tuple[int, int]
Conv = tuple[int, Pair, int, Pair]
"""Channels, kernel, stride and padding."""


def _conv(channels: int, kernel: Pair, stride: int = 1, padding: Pair = 0) -> Any:
    out = nn.HybridSequential(prefix="")
    out.add(nn.Conv2D(channels, kernel, stride, padding, use_bias=False))
    out.add(nn.BatchNorm(epsilon=0.001), nn.Activation("relu"))
    return out


def _chain(*convs: Conv, pool: Any = None) -> Any:
    """Convolutions one after the other, behind a pooling where there is one."""
    out = nn.HybridSequential(prefix="")
    if pool is not None:
        out.add(pool)
    for conv in convs:
        out.add(_conv(*conv))
    return out


def _average() -> Any:
    return nn.AvgPool2D(pool_size=3, strides=1, padding=1)


def _largest() -> Any:
    return nn.MaxPool2D(pool_size=3, strides=2)


def _mix(prefix: str, *branches: Any) -> Any:
    """Branches side by side; each is a function, called where its names count."""
    out = nn.HybridConcurrent(axis=1, prefix=prefix)
    with out.name_scope():
        for branch in branches:
            out.add(branch())
    return out


def _same(channels: int, kernel: Pair) -> Conv:
    """A convolution that keeps the size."""
    high, wide = (kernel, kernel) if isinstance(kernel, int) else kernel
    return channels, kernel, 1, (high // 2, wide // 2)


def _a(pooled: int, prefix: str) -> Any:
    return _mix(
        prefix,
        lambda: _chain(_same(64, 1)),
        lambda: _chain(_same(48, 1), _same(64, 5)),
        lambda: _chain(_same(64, 1), _same(96, 3), _same(96, 3)),
        lambda: _chain(_same(pooled, 1), pool=_average()),
    )


def _b(prefix: str) -> Any:
    return _mix(
        prefix,
        lambda: _chain((384, 3, 2, 0)),
        lambda: _chain(_same(64, 1), _same(96, 3), (96, 3, 2, 0)),
        lambda: _chain(pool=_largest()),
    )


def _c(channels: int, prefix: str) -> Any:
    across, down = (1, 7), (7, 1)
    return _mix(
        prefix,
        lambda: _chain(_same(192, 1)),
        lambda: _chain(_same(channels, 1), _same(channels, across), _same(192, down)),
        lambda: _chain(_same(channels, 1), *(_same(channels, k) for k in (down, across, down)), _same(192, across)),
        lambda: _chain(_same(192, 1), pool=_average()),
    )


def _d(prefix: str) -> Any:
    return _mix(
        prefix,
        lambda: _chain(_same(192, 1), (320, 3, 2, 0)),
        lambda: _chain(_same(192, 1), _same(192, (1, 7)), _same(192, (7, 1)), (192, 3, 2, 0)),
        lambda: _chain(pool=_largest()),
    )


def _split() -> Any:
    """A row and a column, side by side."""
    out = nn.HybridConcurrent(axis=1, prefix="")
    out.add(_chain(_same(384, (1, 3))))
    out.add(_chain(_same(384, (3, 1))))
    return out


def _behind(*convs: Conv) -> Any:
    out = nn.HybridSequential(prefix="")
    out.add(_chain(*convs), _split())
    return out


def _e(prefix: str) -> Any:
    return _mix(
        prefix,
        lambda: _chain(_same(320, 1)),
        lambda: _behind(_same(384, 1)),
        lambda: _behind(_same(448, 1), _same(384, 3)),
        lambda: _chain(_same(192, 1), pool=_average()),
    )


class Inception3(HybridBlock):
    """Eleven mixed stages; images (N, 3, 299, 299)."""

    def __init__(self, classes: int = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            self.features.add(_conv(32, 3, 2), _conv(32, 3), _conv(64, 3, 1, 1), _largest())
            self.features.add(_conv(80, 1), _conv(192, 3), _largest())
            self.features.add(_a(32, "A1_"), _a(64, "A2_"), _a(64, "A3_"), _b("B_"))
            self.features.add(*(_c(n, f"C{i}_") for i, n in enumerate((128, 160, 160, 192), 1)))
            self.features.add(_d("D_"), _e("E1_"), _e("E2_"))
            self.features.add(nn.AvgPool2D(pool_size=8), nn.Dropout(0.5))
            self.output = nn.Dense(classes)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Scores of the classes."""
        return output(self, x)


def inception_v3(pretrained: bool = False, ctx: Any = None, root: Any = None, **kwargs: Any) -> Inception3:
    """Inception v3."""
    return load_pretrained(Inception3(**kwargs), pretrained, "inceptionv3", ctx, root)
