"""DenseNet (Huang et al. 2017): each layer sees the outputs of all layers of its stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....errors import ParamError
from ...block import HybridBlock
from .common import load_pretrained, nn, output

densenet_spec = {
    121: (64, 32, (6, 12, 24, 16)),
    161: (96, 48, (6, 12, 36, 24)),
    169: (64, 32, (6, 12, 32, 32)),
    201: (64, 32, (6, 12, 48, 32)),
}
"""(channels of the first convolution, channels a layer adds, layers of each stage)."""


def _layer(growth_rate: int, bn_size: int, dropout: float) -> Any:
    """x beside what two convolutions make of it."""
    made = nn.HybridSequential(prefix="")
    made.add(nn.BatchNorm(), nn.Activation("relu"), nn.Conv2D(bn_size * growth_rate, kernel_size=1, use_bias=False))
    made.add(nn.BatchNorm(), nn.Activation("relu"), nn.Conv2D(growth_rate, kernel_size=3, padding=1, use_bias=False))
    if dropout:
        made.add(nn.Dropout(dropout))
    out = nn.HybridConcurrent(axis=1, prefix="")
    out.add(nn.Identity())
    out.add(made)
    return out


def _stage(layers: int, bn_size: int, growth_rate: int, dropout: float, number: int) -> Any:
    out = nn.HybridSequential(prefix=f"stage{number}_")
    with out.name_scope():
        for _ in range(layers):
            out.add(_layer(growth_rate, bn_size, dropout))
    return out


def _transition(channels: int) -> Any:
    """Half the size, and fewer channels."""
    out = nn.HybridSequential(prefix="")
    out.add(nn.BatchNorm(), nn.Activation("relu"), nn.Conv2D(channels, kernel_size=1, use_bias=False))
    out.add(nn.AvgPool2D(pool_size=2, strides=2))
    return out


class DenseNet(HybridBlock):
    """DenseNet-BC: ``block_config`` counts the layers of each stage, each adds ``growth_rate`` channels.

    A layer's first convolution has ``bn_size`` times as many. Images (N, 3, 224, 224).
    """

    def __init__(
        self,
        num_init_features: int,
        growth_rate: int,
        block_config: Sequence[int],
        bn_size: int = 4,
        dropout: float = 0,
        classes: int = 1000,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            self.features.add(nn.Conv2D(num_init_features, kernel_size=7, strides=2, padding=3, use_bias=False))
            self.features.add(nn.BatchNorm(), nn.Activation("relu"), nn.MaxPool2D(pool_size=3, strides=2, padding=1))
            channels = num_init_features
            for number, layers in enumerate(block_config, 1):
                self.features.add(_stage(layers, bn_size, growth_rate, dropout, number))
                channels += layers * growth_rate
                if number < len(block_config):
                    channels //= 2
                    self.features.add(_transition(channels))
            self.features.add(nn.BatchNorm(), nn.Activation("relu"), nn.AvgPool2D(pool_size=7), nn.Flatten())
            self.output = nn.Dense(classes)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Scores of the classes."""
        return output(self, x)


def get_densenet(
    num_layers: int, pretrained: bool = False, ctx: Any = None, root: Any = None, **kwargs: Any
) -> DenseNet:
    """DenseNet of 121, 161, 169 or 201 layers."""
    if num_layers not in densenet_spec:
        wanted = ", ".join(map(str, densenet_spec))
        raise ParamError("no DenseNet has so many layers", where="get_densenet", wanted=wanted, got=num_layers)
    net = DenseNet(*densenet_spec[num_layers], **kwargs)
    return load_pretrained(net, pretrained, f"densenet{num_layers}", ctx, root)
