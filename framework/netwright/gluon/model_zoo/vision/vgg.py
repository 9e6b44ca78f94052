"""VGG (Simonyan and Zisserman, 2015): stages of 3 × 3 convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .... import initializer as init
from ...block import HybridBlock
from .common import load_pretrained, nn, output

vgg_spec = {
    11: ([1, 1, 2, 2, 2], [64, 128, 256, 512, 512]),
    13: ([2, 2, 2, 2, 2], [64, 128, 256, 512, 512]),
    16: ([2, 2, 3, 3, 3], [64, 128, 256, 512, 512]),
    19: ([2, 2, 4, 4, 4], [64, 128, 256, 512, 512]),
}


class VGG(HybridBlock):
    """``layers[i]`` convolutions of ``filters[i]`` channels in stage i, then two dense layers of 4096."""

    def __init__(
        self,
        layers: Sequence[int],
        filters: Sequence[int],
        classes: int = 1000,
        batch_norm: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            for count, channels in zip(layers, filters, strict=True):
                for _ in range(count):
                    weights = init.Xavier(rnd_type="gaussian", factor_type="out", magnitude=2)
                    self.features.add(nn.Conv2D(channels, kernel_size=3, padding=1, weight_initializer=weights))
                    if batch_norm:
                        self.features.add(nn.BatchNorm())
                    self.features.add(nn.Activation("relu"))
                self.features.add(nn.MaxPool2D(strides=2))
            for _ in range(2):
                self.features.add(nn.Dense(4096, activation="relu", weight_initializer="normal"), nn.Dropout(0.5))
            self.output = nn.Dense(classes, weight_initializer="normal")

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Scores of the classes."""
        return output(self, x)


def get_vgg(num_layers: int, pretrained: bool = False, ctx: Any = None, root: Any = None, **kwargs: Any) -> VGG:
    """VGG of 11, 13, 16 or 19 layers."""
    layers, filters = vgg_spec[num_layers]
    name = f"vgg{num_layers}_bn" if kwargs.get("batch_norm") else f"vgg{num_layers}"
    return load_pretrained(VGG(layers, filters, **kwargs), pretrained, name, ctx, root)
