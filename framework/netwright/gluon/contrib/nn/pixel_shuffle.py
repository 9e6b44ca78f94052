"""Upsampling that moves channels to places (Shi et al., 2016)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....errors import MismatchError
from ...block import HybridBlock


class _PixelShuffle(HybridBlock):
    """(N, C·f₁·f₂·…, d₁, d₂, …) → (N, C, d₁·f₁, d₂·f₂, …): each block of f₁·f₂·… pixels comes from as many channels."""

    def __init__(self, factor: int | Sequence[int], dims: int) -> None:
        super().__init__()
        factors = (factor,) * dims if isinstance(factor, int) else tuple(factor)
        if len(factors) != dims:
            raise MismatchError("wrong number of factors", where=self.name, wanted=f"one or {dims}", got=len(factors))
        self._factors = tuple(int(f) for f in factors)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Split the channels, interleave them with the places, and join."""
        dims = len(self._factors)
        for i, f in enumerate(reversed(self._factors)):
            # (N, C·…·f, …) → (N, C·…, f, …): the last factor is split off first, and stands before the ones split off
            x = F.reshape(x, shape=(0, -4, -1, f, *(0,) * (dims + i)))
        places = [axis for i in range(dims) for axis in (2 + dims + i, 2 + i)]
        return F.reshape(F.transpose(x, axes=(0, 1, *places)), shape=(0, 0, *(-3,) * dims))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._factors[0] if len(self._factors) == 1 else self._factors})"


class PixelShuffle1D(_PixelShuffle):
    """(N, C·f, W) → (N, C, W·f).

    >>> mx.gluon.contrib.nn.PixelShuffle1D(2)(mx.nd.ones((1, 8, 3))).shape
    (1, 4, 6)
    """

    def __init__(self, factor: int | Sequence[int]) -> None:
        super().__init__(factor, 1)


class PixelShuffle2D(_PixelShuffle):
    """(N, C·f₁·f₂, H, W) → (N, C, H·f₁, W·f₂); one factor stands for both.

    >>> mx.gluon.contrib.nn.PixelShuffle2D(2)(mx.nd.ones((1, 8, 3, 5))).shape
    (1, 2, 6, 10)
    """

    def __init__(self, factor: int | Sequence[int]) -> None:
        super().__init__(factor, 2)


class PixelShuffle3D(_PixelShuffle):
    """(N, C·f₁·f₂·f₃, D, H, W) → (N, C, D·f₁, H·f₂, W·f₃); one factor stands for all."""

    def __init__(self, factor: int | Sequence[int]) -> None:
        super().__init__(factor, 3)
