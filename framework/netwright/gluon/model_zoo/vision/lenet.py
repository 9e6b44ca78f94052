"""LeNet (LeCun et al. 1998), in the form that MXNet's examples give it."""

from __future__ import annotations

from typing import Any

from ...block import HybridBlock
from .common import load_pretrained, nn, output


class LeNet(HybridBlock):
    """Two convolutions and two dense layers; grey images (N, 1, 28, 28)."""

    def __init__(self, classes: int = 10, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            with self.features.name_scope():
                for channels in (20, 50):
                    self.features.add(nn.Conv2D(channels, kernel_size=5, activation="tanh"))
                    self.features.add(nn.MaxPool2D(pool_size=2, strides=2))
                self.features.add(nn.Flatten(), nn.Dense(500, activation="tanh"))
            self.output = nn.Dense(classes)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Scores of the classes."""
        return output(self, x)


def lenet(pretrained: bool = False, ctx: Any = None, root: Any = None, **kwargs: Any) -> LeNet:
    """LeNet."""
    return load_pretrained(LeNet(**kwargs), pretrained, "lenet", ctx, root)
