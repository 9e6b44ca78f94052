"""SqueezeNet (Iandola et al. 2016): few channels first, then twice many, side by side."""

from __future__ import annotations

from typing import Any

from ....errors import ParamError
from ...block import HybridBlock
from .common import load_pretrained, nn, output


def _conv(channels: int, kernel: int, padding: int = 0) -> Any:
    out = nn.HybridSequential(prefix="")
    out.add(nn.Conv2D(channels, kernel, padding=padding), nn.Activation("relu"))
    return out


def _fire(squeeze: int, expand: int) -> Any:
    """``squeeze`` channels, then ``expand`` by 1 × 1 and as many by 3 × 3 convolutions."""
    out = nn.HybridSequential(prefix="")
    out.add(_conv(squeeze, 1))
    paths = nn.HybridConcurrent(axis=1, prefix="")
    paths.add(_conv(expand, 1))
    paths.add(_conv(expand, 3, 1))
    out.add(paths)
    return out


POOL = 0
"""Stands for a pooling between fires."""

squeezenet_spec: dict[str, tuple[tuple[int, int], tuple[int, ...]]] = {
    "1.0": ((96, 7), (POOL, 16, 16, 32, POOL, 32, 48, 48, 64, POOL, 64)),
    "1.1": ((64, 3), (POOL, 16, 16, POOL, 32, 32, POOL, 48, 48, 64, 64)),
}
"""(channels and kernel of the first convolution, squeezed channels of the fires)."""


class SqueezeNet(HybridBlock):
    """Eight fires; version 1.1 needs 2.4 times less arithmetic than 1.0."""

    def __init__(self, version: str, classes: int = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if version not in squeezenet_spec:
            raise ParamError("unknown version", where="SqueezeNet", wanted="'1.0' or '1.1'", got=repr(version))
        (channels, kernel), fires = squeezenet_spec[version]
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            self.features.add(nn.Conv2D(channels, kernel_size=kernel, strides=2), nn.Activation("relu"))
            for squeeze in fires:
                pool = squeeze == POOL
                layer = nn.MaxPool2D(pool_size=3, strides=2, ceil_mode=True) if pool else _fire(squeeze, 4 * squeeze)
                self.features.add(layer)
            self.features.add(nn.Dropout(0.5))
            self.output = nn.HybridSequential(prefix="")
            self.output.add(nn.Conv2D(classes, kernel_size=1), nn.Activation("relu"), nn.AvgPool2D(13), nn.Flatten())

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Scores of the classes."""
        return output(self, x)


def get_squeezenet(
    version: str, pretrained: bool = False, ctx: Any = None, root: Any = None, **kwargs: Any
) -> SqueezeNet:
    """SqueezeNet of a version."""
    return load_pretrained(SqueezeNet(version, **kwargs), pretrained, f"squeezenet{version}", ctx, root)
