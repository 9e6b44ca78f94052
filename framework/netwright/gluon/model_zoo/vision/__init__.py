"""Networks for images (MXNet's ``gluon.model_zoo.vision``)."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from functools import partial
from typing import Any

from ....errors import ParamError
from ...block import HybridBlock
from .alexnet import AlexNet, alexnet
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
from .vgg import VGG, get_vgg, vgg_spec

Maker = Callable[..., HybridBlock]

_MAKERS: dict[str, Maker] = {"alexnet": alexnet}
_MAKERS |= {f"vgg{n}": partial(get_vgg, n) for n in vgg_spec}
_MAKERS |= {f"vgg{n}_bn": partial(get_vgg, n, batch_norm=True) for n in vgg_spec}
_MAKERS |= {f"resnet{n}_v{v}": partial(get_resnet, v, n) for v in (1, 2) for n in resnet_spec}
globals().update(_MAKERS)


def get_model(name: str, **kwargs: Any) -> HybridBlock:
    """A network by its name: ``get_model("resnet18_v1", classes=10)``."""
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
    "ResNetV1",
    "ResNetV2",
    "get_model",
    "get_resnet",
    "get_vgg",
]
