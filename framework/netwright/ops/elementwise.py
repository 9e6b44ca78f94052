"""Elementwise operators of one input."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar


from .operator import Draw, Operator, Sample
from .registry import register


class Elementwise(Operator):
    """Shape and dtype of the output are the input's; ``forward`` may write over it."""

    category = "elementwise"
    inplace = (0,)
    shape_checked = False
    drawn: ClassVar[Draw] = Draw(())
    """How samples are drawn: the operator's domain."""

    def samples(self) -> Iterable[Sample]:
        d = self.drawn
        for shape in ((3, 4), (2, 3, 4), (5,), (0, 3)):
            yield Sample((Draw(shape, d.kind, d.low, d.high),), differentiable=self.differentiable)


@register
class Exp(Elementwise):
    """Exponential: y = eˣ."""

    name = "exp"

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return xp.exp(data, out=out)

    def gradient(self, F: Any, p: Any, at: Any, dy: Any, y: Any) -> Any:
        return dy * y


@register
class Log(Elementwise):
    """Natural logarithm: y = ln x."""

    name = "log"
    drawn = Draw((), "uniform", 0.3, 3.0)

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return xp.log(data, out=out)

    def gradient(self, F: Any, p: Any, at: Any, dy: Any, data: Any) -> Any:
        return dy / data


@register
class Negative(Elementwise):
    """Negative: y = −x."""

    name = "negative"
    aliases = ("_np_negative",)

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return xp.negative(data, out=out)

    def gradient(self, F: Any, p: Any, at: Any, dy: Any) -> Any:
        return -dy


@register
class Identity(Elementwise):
    """A copy: y = x."""

    name = "identity"
    aliases = ("_copy",)

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        if out is None:
            return data.copy()
        if out is not data:
            xp.copyto(out, data)
        return out

    def gradient(self, F: Any, p: Any, at: Any, dy: Any) -> Any:
        return dy


@register
class BlockGrad(Elementwise):
    """A copy through which no gradient flows back."""

    name = "BlockGrad"
    aliases = ("stop_gradient",)
    category = "loss"
    in_palette = True

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        if out is None:
            return data.copy()
        if out is not data:
            xp.copyto(out, data)
        return out


