"""Networks for images (MXNet's ``gluon.model_zoo.vision``)."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

from ....errors import ParamError
from ...block import HybridBlock
from .alexnet import AlexNet, alexnet
from .densenet import DenseNet, densenet_spec, get_densenet
from .inception import Inception3, inception_v3
from .lenet import LeNet, lenet
from .mobilenet import MULTIPLIERS, MobileNet, MobileNetV2, get_mobilenet, get_mobilenet_v2
from .resnet import (
    BasicBlockV1,
    BasicBlockV2,
    BottleneckV1,
    BottleneckV2,
    ResNetV1,
    ResNetV2,
    get_resnet,
    resnet_spec,
)
from .squeezenet import SqueezeNet, get_squeezenet, squeezenet_spec
from .vgg import VGG, get_vgg, vgg_spec

Maker = Callable[..., HybridBlock]

_MAKERS: dict[str, Maker] = {"alexnet": alexnet, "lenet": lenet, "inceptionv3": inception_v3}
"""The networks by the names that ``get_model`` knows."""


def _offer(name: str, maker: Maker, *args: Any, function: str | None = None, **fixed: Any) -> None:
    """Make a network known to ``get_model``, and as a function of this module."""

    def make(**kwargs: Any) -> HybridBlock:
        return maker(*args, **fixed, **kwargs)

    make.__name__ = make.__qualname__ = function or name
    make.__doc__ = f"The network {name!r}; takes what ``{maker.__name__}`` takes besides."
    make.__module__ = __name__
    _MAKERS[name] = globals()[make.__name__] = make


for _n in vgg_spec:
    _offer(f"vgg{_n}", get_vgg, _n)
    _offer(f"vgg{_n}_bn", get_vgg, _n, batch_norm=True)
for _n in resnet_spec:
    for _version in (1, 2):
        _offer(f"resnet{_n}_v{_version}", get_resnet, _version, _n)
for _n in densenet_spec:
    _offer(f"densenet{_n}", get_densenet, _n)
for _text in squeezenet_spec:
    _offer(f"squeezenet{_text}", get_squeezenet, _text, function=f"squeezenet{_text.replace('.', '_')}")
for _text, _multiplier in MULTIPLIERS.items():
    _short = _text.replace(".", "_")
    _offer(f"mobilenet{_text}", get_mobilenet, _multiplier, function=f"mobilenet{_short}")
    _offer(f"mobilenetv2_{_text}", get_mobilenet_v2, _multiplier, function=f"mobilenet_v2_{_short}")


def get_model(name: str, **kwargs: Any) -> HybridBlock:
    """A network by its name: ``get_model("resnet18_v1", classes=10)``.

    >>> net = mx.gluon.model_zoo.vision.get_model("mobilenetv2_0.25", classes=10)
    >>> net.initialize()
    >>> net(mx.nd.ones((1, 3, 64, 64))).shape
    (1, 10)
    """
    found = _MAKERS.get(name.lower())
    if found is None:
        near = difflib.get_close_matches(name.lower(), _MAKERS, n=3)
        raise ParamError(
            f"there is no network {name!r}",
            where="model_zoo",
            remedy=f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(sorted(_MAKERS))}",
        )
    return found(**kwargs)


def __getattr__(name: str) -> Maker:
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "VGG",
    "AlexNet",
    "BasicBlockV1",
    "BasicBlockV2",
    "BottleneckV1",
    "BottleneckV2",
    "DenseNet",
    "Inception3",
    "LeNet",
    "MobileNet",
    "MobileNetV2",
    "ResNetV1",
    "ResNetV2",
    "SqueezeNet",
    "alexnet",
    "get_densenet",
    "get_mobilenet",
    "get_mobilenet_v2",
    "get_model",
    "get_resnet",
    "get_squeezenet",
    "get_vgg",
    "inception_v3",
    "lenet",
]
