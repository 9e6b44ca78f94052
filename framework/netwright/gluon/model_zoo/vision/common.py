"""What every network here uses."""

from __future__ import annotations

from typing import Any, TypeVar

from ... import nn as _layers
from ...block import HybridBlock
from ..model_store import get_model_file

nn: Any = _layers
"""Layers; their classes for 1, 2 and 3 axes are made from one, which type checkers cannot follow."""


Network = TypeVar("Network", bound=HybridBlock)


def load_pretrained(net: Network, pretrained: bool, name: str, ctx: Any = None, root: Any = None) -> Network:
    """The network itself, with trained weights where they are asked for; see ``model_store.get_model_file``."""
    if pretrained:
        net.load_parameters(get_model_file(name, root), ctx=ctx)
    return net


def output(net: Any, x: Any) -> Any:
    """Features, then classes."""
    return net.output(net.features(x))
