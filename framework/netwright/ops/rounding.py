"""Signs and rounding, element by element."""

from __future__ import annotations

from typing import Any, ClassVar

from .arrays import deliver
from .elementwise import Elementwise, Step
from .operator import At, Draw
from .registry import register


@register
class Negative(Elementwise):
    """Negative: y = −x."""

    name = "negative"
    direct = "negative(data)"
    zero_stays = True
    aliases = ("_np_negative",)
    dtypes = ("float16", "int32")

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return xp.negative(data, out=out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any) -> Any:
        return -dy


@register
class Abs(Elementwise):
    """Absolute value: y = \\|x\\|; the gradient at 0 is 0."""

    name = "abs"
    direct = "absolute(data)"
    zero_stays = True
    in_palette = True
    title = "Absolute value"
    drawn = Draw((), "distinct", -2.0, 2.1)
    dtypes = ("float16", "int32")

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return xp.absolute(data, out=out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any) -> Any:
        return dy * F.sign(data)


@register
class Sign(Step):
    """Sign: −1, 0 or 1."""

    name = "sign"
    direct = "sign(data)"
    zero_stays = True

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return xp.sign(data, out=out)


@register
class Round(Step):
    """Nearest integer; halves away from 0: 2.5 → 3, −2.5 → −3."""

    name = "round"
    temporaries = 4.25
    zero_stays = True

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        if data.dtype.kind != "f":
            return deliver(xp, data if out is not None else data.copy(), out)
        # not floor(|x| + 0.5): the sum rounds up for the largest number below a half
        finite = xp.isfinite(data)
        x = xp.where(finite, data, data.dtype.type(0))
        whole = xp.trunc(x)
        return deliver(xp, xp.where(finite, whole + xp.trunc((x - whole) * 2), data), out)


@register
class Rint(Step):
    """Nearest integer; of two equally near the lower: 1.5 → 1, −1.5 → −2."""

    name = "rint"
    temporaries = 3.25
    zero_stays = True

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        if data.dtype.kind != "f":
            return deliver(xp, data if out is not None else data.copy(), out)
        low = xp.floor(data)
        return deliver(xp, xp.where(data - low <= xp.ceil(data) - data, low, xp.ceil(data)), out)


class Rounding(Step):
    """Rounding by a function of the array module; integers stay as they are."""

    ufunc: ClassVar[str]

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        if data.dtype.kind != "f":
            return deliver(xp, data if out is not None else data.copy(), out)
        return getattr(xp, self.ufunc)(data, out=out)


@register
class Ceil(Rounding):
    """Smallest integer not below x."""

    name = "ceil"
    zero_stays = True
    ufunc = "ceil"


@register
class Floor(Rounding):
    """Greatest integer not above x."""

    name = "floor"
    zero_stays = True
    ufunc = "floor"


@register
class Trunc(Rounding):
    """Integer part: the nearest integer that is no farther from 0 than x."""

    name = "trunc"
    aliases = ("fix",)
    zero_stays = True
    ufunc = "trunc"
