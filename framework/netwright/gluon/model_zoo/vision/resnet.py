"""Residual networks (He et al., 2015, 2016): version 1 adds before the last rectifier, version 2 normalises first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....errors import ParamError
from ...block import HybridBlock
from .common import load_pretrained, nn, output


def _conv3x3(channels: int, stride: int, in_channels: int) -> Any:
    return nn.Conv2D(channels, kernel_size=3, strides=stride, padding=1, use_bias=False, in_channels=in_channels)


class _Block(HybridBlock):
    """Base of residual blocks: ``channels`` out, ``downsample`` where the way around needs a convolution."""

    def __init__(
        self, channels: int, stride: int, downsample: bool = False, in_channels: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._build(channels, stride, downsample, in_channels)

    def _build(self, channels: int, stride: int, downsample: bool, in_channels: int) -> None:
        raise NotImplementedError


class _BlockV1(_Block):
    """relu(body(x) + x)."""

    def _around(self, channels: int, stride: int, downsample: bool, in_channels: int) -> None:
        if not downsample:
            self.downsample: Any = None
            return
        self.downsample = nn.HybridSequential(prefix="")
        self.downsample.add(
            nn.Conv2D(channels, kernel_size=1, strides=stride, use_bias=False, in_channels=in_channels), nn.BatchNorm()
        )

    body: Any

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """One block."""
        around = x if self.downsample is None else self.downsample(x)
        return F.Activation(around + self.body(x), act_type="relu")


class BasicBlockV1(_BlockV1):
    """Two 3 × 3 convolutions."""

    def _build(self, channels: int, stride: int, downsample: bool, in_channels: int) -> None:
        self.body = nn.HybridSequential(prefix="")
        self.body.add(_conv3x3(channels, stride, in_channels), nn.BatchNorm(), nn.Activation("relu"))
        self.body.add(_conv3x3(channels, 1, channels), nn.BatchNorm())
        self._around(channels, stride, downsample, in_channels)


class BottleneckV1(_BlockV1):
    """1 × 1, 3 × 3 and 1 × 1 convolutions; the middle ones have a quarter of the channels."""

    def _build(self, channels: int, stride: int, downsample: bool, in_channels: int) -> None:
        self.body = nn.HybridSequential(prefix="")
        self.body.add(nn.Conv2D(channels // 4, kernel_size=1, strides=stride), nn.BatchNorm(), nn.Activation("relu"))
        self.body.add(_conv3x3(channels // 4, 1, channels // 4), nn.BatchNorm(), nn.Activation("relu"))
        self.body.add(nn.Conv2D(channels, kernel_size=1, strides=1), nn.BatchNorm())
        self._around(channels, stride, downsample, in_channels)


class _BlockV2(_Block):
    """x + conv(relu(norm(…))), each convolution after its normalisation."""

    def _around(self, channels: int, stride: int, downsample: bool, in_channels: int) -> None:
        self.downsample: Any = None
        if downsample:
            self.downsample = nn.Conv2D(channels, 1, stride, use_bias=False, in_channels=in_channels)

    def _steps(self) -> list[tuple[Any, Any]]:
        """(normalisation, convolution) in order."""
        raise NotImplementedError

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """One block."""
        around = x
        for i, (norm, conv) in enumerate(self._steps()):
            x = F.Activation(norm(x), act_type="relu")
            if i == 0 and self.downsample is not None:
                around = self.downsample(x)
            x = conv(x)
        return x + around


class BasicBlockV2(_BlockV2):
    """Two 3 × 3 convolutions."""

    def _build(self, channels: int, stride: int, downsample: bool, in_channels: int) -> None:
        self.bn1, self.conv1 = nn.BatchNorm(), _conv3x3(channels, stride, in_channels)
        self.bn2, self.conv2 = nn.BatchNorm(), _conv3x3(channels, 1, channels)
        self._around(channels, stride, downsample, in_channels)

    def _steps(self) -> list[tuple[Any, Any]]:
        return [(self.bn1, self.conv1), (self.bn2, self.conv2)]


class BottleneckV2(_BlockV2):
    """1 × 1, 3 × 3 and 1 × 1 convolutions; the middle ones have a quarter of the channels."""

    def _build(self, channels: int, stride: int, downsample: bool, in_channels: int) -> None:
        self.bn1, self.conv1 = nn.BatchNorm(), nn.Conv2D(channels // 4, kernel_size=1, strides=1, use_bias=False)
        self.bn2, self.conv2 = nn.BatchNorm(), _conv3x3(channels // 4, stride, channels // 4)
        self.bn3, self.conv3 = nn.BatchNorm(), nn.Conv2D(channels, kernel_size=1, strides=1, use_bias=False)
        self._around(channels, stride, downsample, in_channels)

    def _steps(self) -> list[tuple[Any, Any]]:
        return [(self.bn1, self.conv1), (self.bn2, self.conv2), (self.bn3, self.conv3)]


class _ResNet(HybridBlock):
    def __init__(
        self,
        block: type[_Block],
        layers: Sequence[int],
        channels: Sequence[int],
        classes: int = 1000,
        thumbnail: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if len(channels) != len(layers) + 1:
            raise ParamError("one number of channels more than stages", wanted=len(layers) + 1, got=len(channels))
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            self._begin(channels[0], thumbnail)
            for i, count in enumerate(layers):
                stage = nn.HybridSequential(prefix=f"stage{i + 1}_")
                with stage.name_scope():
                    stride = 1 if i == 0 else 2
                    differs = channels[i + 1] != channels[i]
                    stage.add(block(channels[i + 1], stride, differs, in_channels=channels[i], prefix=""))
                    for _ in range(count - 1):
                        stage.add(block(channels[i + 1], 1, False, in_channels=channels[i + 1], prefix=""))
                self.features.add(stage)
            self._end()
            self.output = nn.Dense(classes, in_units=channels[-1])

    def _begin(self, channels: int, thumbnail: bool) -> None:
        if thumbnail:
            self.features.add(_conv3x3(channels, 1, 0))
            return
        self.features.add(nn.Conv2D(channels, 7, 2, 3, use_bias=False), nn.BatchNorm(), nn.Activation("relu"))
        self.features.add(nn.MaxPool2D(3, 2, 1))

    def _end(self) -> None:
        self.features.add(nn.GlobalAvgPool2D())

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Scores of the classes."""
        return output(self, x)


class ResNetV1(_ResNet):
    """Stages of version 1 blocks; ``thumbnail`` begins gently, for small images."""


class ResNetV2(_ResNet):
    """Stages of version 2 blocks, between normalisations."""

    def _begin(self, channels: int, thumbnail: bool) -> None:
        self.features.add(nn.BatchNorm(scale=False, center=False))
        super()._begin(channels, thumbnail)

    def _end(self) -> None:
        self.features.add(nn.BatchNorm(), nn.Activation("relu"), nn.GlobalAvgPool2D(), nn.Flatten())


resnet_spec = {
    18: ("basic_block", [2, 2, 2, 2], [64, 64, 128, 256, 512]),
    34: ("basic_block", [3, 4, 6, 3], [64, 64, 128, 256, 512]),
    50: ("bottle_neck", [3, 4, 6, 3], [64, 256, 512, 1024, 2048]),
    101: ("bottle_neck", [3, 4, 23, 3], [64, 256, 512, 1024, 2048]),
    152: ("bottle_neck", [3, 8, 36, 3], [64, 256, 512, 1024, 2048]),
}
_NETS: tuple[type[_ResNet], type[_ResNet]] = (ResNetV1, ResNetV2)
_BLOCKS: tuple[dict[str, type[_Block]], ...] = (
    {"basic_block": BasicBlockV1, "bottle_neck": BottleneckV1},
    {"basic_block": BasicBlockV2, "bottle_neck": BottleneckV2},
)


def get_resnet(
    version: int, num_layers: int, pretrained: bool = False, ctx: Any = None, root: Any = None, **kwargs: Any
) -> _ResNet:
    """ResNet of version 1 or 2 with 18, 34, 50, 101 or 152 layers."""
    if version not in (1, 2) or num_layers not in resnet_spec:
        raise ParamError(
            "there is no such ResNet", wanted=f"version 1 or 2 of {list(resnet_spec)} layers", got=(version, num_layers)
        )
    kind, layers, channels = resnet_spec[num_layers]
    net = _NETS[version - 1](_BLOCKS[version - 1][kind], layers, channels, **kwargs)
    return load_pretrained(net, pretrained, f"resnet{num_layers}_v{version}", ctx, root)
