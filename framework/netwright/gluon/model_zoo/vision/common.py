"""What every network here uses."""

from __future__ import annotations

from typing import Any

from ....errors import ParamError
from ... import nn as _layers

nn: Any = _layers
"""Layers; their classes for 1, 2 and 3 axes are made from one, which type checkers cannot follow."""


def refuse_pretrained(pretrained: bool, name: str) -> None:
    """Raise ParamError where trained weights are asked for: none are shipped."""
    if pretrained:
        raise ParamError(
            "no trained weights are shipped",
            where=name,
            parameter="pretrained",
            remedy="Make the network without them, then load_parameters() from a file of yours",
        )


def output(net: Any, x: Any) -> Any:
    """Features, then classes."""
    return net.output(net.features(x))
