"""MobileNet (Howard et al. 2017) and MobileNetV2 (Sandler et al. 2018): convolutions a channel at a time."""

from __future__ import annotations

from typing import Any

from ...block import HybridBlock
from .common import load_pretrained, nn, output


class RELU6(HybridBlock):
    """Values kept between 0 and 6."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return F.clip(x, a_min=0, a_max=6)


def _add_conv(
    out: Any,
    channels: int,
    kernel: int = 1,
    stride: int = 1,
    pad: int = 0,
    groups: int = 1,
    active: bool = True,
    relu6: bool = False,
) -> None:
    """A convolution, its normalisation and, where ``active``, a rectifier."""
    out.add(nn.Conv2D(channels, kernel, stride, pad, groups=groups, use_bias=False), nn.BatchNorm(scale=True))
    if active:
        out.add(RELU6() if relu6 else nn.Activation("relu"))


class MobileNet(HybridBlock):
    """Thirteen pairs of a convolution within channels (3 × 3) and one across them (1 × 1).

    ``multiplier`` scales the number of channels everywhere.
    """

    def __init__(self, multiplier: float = 1.0, classes: int = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        widths = [int(c * multiplier) for c in (32, 64, 128, 128, 256, 256, *[512] * 6, 1024, 1024)]
        strides = (1, 2, 1, 2, 1, 2, *[1] * 5, 2, 1)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            with self.features.name_scope():
                _add_conv(self.features, widths[0], kernel=3, pad=1, stride=2)
                for within, across, stride in zip(widths[:-1], widths[1:], strides, strict=True):
                    _add_conv(self.features, within, kernel=3, stride=stride, pad=1, groups=within)
                    _add_conv(self.features, across)
                self.features.add(nn.GlobalAvgPool2D(), nn.Flatten())
            self.output = nn.Dense(classes)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Scores of the classes."""
        return output(self, x)


class LinearBottleneck(HybridBlock):
    """Channels times t, a convolution within them, then few channels again; added to x where the shapes agree."""

    def __init__(self, in_channels: int, channels: int, t: int, stride: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.use_shortcut = stride == 1 and in_channels == channels
        wide = in_channels * t
        with self.name_scope():
            self.out = nn.HybridSequential()
            _add_conv(self.out, wide, relu6=True)
            _add_conv(self.out, wide, kernel=3, stride=stride, pad=1, groups=wide, relu6=True)
            _add_conv(self.out, channels, active=False)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """One block."""
        out = self.out(x)
        return F.elemwise_add(out, x) if self.use_shortcut else out


class MobileNetV2(HybridBlock):
    """Seventeen linear bottlenecks; ``multiplier`` scales the number of channels."""

    def __init__(self, multiplier: float = 1.0, classes: int = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        widths = (32, 16, *[24] * 2, *[32] * 3, *[64] * 4, *[96] * 3, *[160] * 3, 320)
        channels = [int(c * multiplier) for c in widths]
        strides = (1, 2, 1, 2, 1, 1, 2, *[1] * 6, 2, 1, 1, 1)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="features_")
            with self.features.name_scope():
                _add_conv(self.features, channels[0], kernel=3, stride=2, pad=1, relu6=True)
                for i, stride in enumerate(strides):
                    self.features.add(LinearBottleneck(channels[i], channels[i + 1], 1 if i == 0 else 6, stride))
                _add_conv(self.features, int(1280 * multiplier) if multiplier > 1 else 1280, relu6=True)
                self.features.add(nn.GlobalAvgPool2D())
            self.output = nn.HybridSequential(prefix="output_")
            with self.output.name_scope():
                self.output.add(nn.Conv2D(classes, 1, use_bias=False, prefix="pred_"), nn.Flatten())

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Scores of the classes."""
        return output(self, x)


MULTIPLIERS = {"1.0": 1.0, "0.75": 0.75, "0.5": 0.5, "0.25": 0.25}
"""The widths that have names, and trained weights in MXNet's store."""


def _name(multiplier: float) -> str:
    return next((text for text, value in MULTIPLIERS.items() if value == multiplier), str(multiplier))


def get_mobilenet(
    multiplier: float, pretrained: bool = False, ctx: Any = None, root: Any = None, **kwargs: Any
) -> MobileNet:
    """MobileNet of a width."""
    net = MobileNet(multiplier, **kwargs)
    return load_pretrained(net, pretrained, f"mobilenet{_name(multiplier)}", ctx, root)


def get_mobilenet_v2(
    multiplier: float, pretrained: bool = False, ctx: Any = None, root: Any = None, **kwargs: Any
) -> MobileNetV2:
    """MobileNetV2 of a width."""
    net = MobileNetV2(multiplier, **kwargs)
    return load_pretrained(net, pretrained, f"mobilenetv2_{_name(multiplier)}", ctx, root)
