"""Gradients in two bits each, with what was left out added the next time (MXNet's ``2bit``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import ParamError
from ..ndarray.array import NDArray


class TwoBits:
    """r ← r + g; sent is threshold where r >= threshold, −threshold where r <= −threshold, else 0; r ← r − sent.

    The rest r is kept for each key and device.
    """

    def __init__(self, threshold: float = 0.5) -> None:
        if threshold <= 0:
            raise ParamError("the threshold must be positive", where="gradient compression", got=threshold)
        self.threshold = threshold
        self._rests: dict[tuple[Any, int], Any] = {}

    def __call__(self, key: Any, number: int, gradient: NDArray) -> NDArray:
        """What is sent of the gradient of a key by the device of that number."""
        xp = gradient.ctx.xp
        rest = self._rests.get((key, number), 0) + gradient._data
        limit = gradient._data.dtype.type(self.threshold)
        sent = xp.where(rest >= limit, limit, xp.where(rest <= -limit, -limit, limit * 0))
        self._rests[key, number] = rest - sent
        return NDArray(sent)


def make_compression(params: Mapping[str, Any]) -> TwoBits:
    """The compression that ``{"type": "2bit", "threshold": 0.5}`` describes."""
    if params.get("type") != "2bit":
        raise ParamError(
            "unknown compression", where="gradient compression", wanted="2bit", got=repr(params.get("type"))
        )
    return TwoBits(float(params.get("threshold", 0.5)))
