"""Random symbols for hypothesis: elementwise, broadcasting, reducing, shaping, dense, convolution, pooling, joining."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

from netwright import sym

Shape = tuple[int, ...]
Made = tuple[sym.Symbol, Shape]

UNARY = ["tanh", "sigmoid", "relu", "square", "negative", "abs", "sin", "softsign"]
BINARY = ["broadcast_add", "broadcast_sub", "broadcast_mul", "broadcast_maximum"]


@dataclass
class Builder:
    """Grows a graph from ``data`` (2, 3, 4, 4) and ``other`` (2, 3, 1, 1); draws decide how."""

    draw: st.DrawFn
    made: list[Made] = field(default_factory=list)
    count: int = 0

    def __post_init__(self) -> None:
        self.made = [(sym.Variable("data"), (2, 3, 4, 4)), (sym.Variable("other"), (2, 3, 1, 1))]

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def pick(self) -> Made:
        # late values more often, so that chains grow long
        index = max(self.draw(st.integers(0, len(self.made) - 1)), self.draw(st.integers(0, len(self.made) - 1)))
        return self.made[index]

    def grow(self) -> None:
        step = self.draw(st.sampled_from([self.unary, self.unary, self.scalar, self.binary, self.binary, self.reduce]))
        if self.draw(st.booleans()):
            step = self.draw(
                st.sampled_from([self.dense, self.convolution, self.pool, self.concat, self.reshape, self.slice])
            )
        symbol, shape = step()
        self.made.append((symbol, shape))

    def unary(self) -> Made:
        x, shape = self.pick()
        return getattr(sym, self.draw(st.sampled_from(UNARY)))(x, name=self.name("u")), shape

    def scalar(self) -> Made:
        x, shape = self.pick()
        value = self.draw(st.sampled_from([0.5, 2.0, -1.5]))
        return self.draw(st.sampled_from([x + value, x * value, value - x])), shape

    def binary(self) -> Made:
        x, shape = self.pick()
        fitting = [(s, other) for s, other in self.made if fits(shape, other)]
        y, other = self.draw(st.sampled_from(fitting))
        function = getattr(sym, self.draw(st.sampled_from(BINARY)))
        return sym.tanh(function(x, y, name=self.name("b"))), np.broadcast_shapes(shape, other)

    def reduce(self) -> Made:
        x, shape = self.pick()
        axis = self.draw(st.integers(0, len(shape) - 1))
        function = self.draw(st.sampled_from([sym.sum, sym.mean, sym.max]))
        wanted = tuple(1 if i == axis else n for i, n in enumerate(shape))
        return function(x, axis=axis, keepdims=True, name=self.name("r")), wanted

    def dense(self) -> Made:
        x, shape = self.pick()
        units = self.draw(st.integers(1, 4))
        made = sym.FullyConnected(x, num_hidden=units, no_bias=self.draw(st.booleans()), name=self.name("fc"))
        return made, (shape[0], units)

    def convolution(self) -> Made:
        x, shape = self.image()
        filters = self.draw(st.integers(1, 3))
        made = sym.Convolution(x, kernel=(3, 3), pad=(1, 1), num_filter=filters, name=self.name("conv"))
        return made, (shape[0], filters, *shape[2:])

    def pool(self) -> Made:
        x, shape = self.image()
        kind = self.draw(st.sampled_from(["max", "avg"]))
        made = sym.Pooling(x, kernel=(2, 2), pad=(1, 1), stride=(1, 1), pool_type=kind, name=self.name("pool"))
        return made, (*shape[:2], shape[2] + 1, shape[3] + 1)

    def image(self) -> Made:
        return self.draw(st.sampled_from([(s, shape) for s, shape in self.made if len(shape) == 4]))

    def concat(self) -> Made:
        x, shape = self.pick()
        y, _ = self.draw(st.sampled_from([m for m in self.made if m[1] == shape]))
        axis = self.draw(st.integers(0, len(shape) - 1))
        wanted = tuple(2 * n if i == axis else n for i, n in enumerate(shape))
        return sym.Concat(x, y, dim=axis, name=self.name("cat")), wanted

    def reshape(self) -> Made:
        x, shape = self.pick()
        if self.draw(st.booleans()):
            return sym.transpose(x), shape[::-1]
        return sym.Flatten(x), (shape[0], int(np.prod(shape[1:])))

    def slice(self) -> Made:
        x, shape = self.pick()
        axis = self.draw(st.integers(0, len(shape) - 1))
        end = self.draw(st.integers(1, shape[axis]))
        return sym.slice_axis(x, axis=axis, begin=0, end=end), tuple(
            end if i == axis else n for i, n in enumerate(shape)
        )


def fits(a: Shape, b: Shape) -> bool:
    return len(a) == len(b) and all(m == n or 1 in (m, n) for m, n in zip(a, b, strict=True))


SHAPES = {"data": (2, 3, 4, 4), "other": (2, 3, 1, 1)}


@st.composite
def graphs(draw: st.DrawFn) -> sym.Symbol:
    """A symbol of one to three outputs."""
    builder = Builder(draw)
    for _ in range(draw(st.integers(2, 12))):
        builder.grow()
    grown = builder.made[2:]
    heads = [grown[-1][0], *(grown[draw(st.integers(0, len(grown) - 1))][0] for _ in range(draw(st.integers(0, 2))))]
    return sym.Group(heads)


def values_for(symbol: sym.Symbol, seed: int, dtype: str = "float64") -> dict[str, Any]:
    """Values of all variables of a random symbol."""
    known = {n: s for n, s in SHAPES.items() if n in symbol.list_arguments()}
    shapes, _, _ = symbol.infer_shape(**known)
    rng = np.random.default_rng(seed)
    return {n: rng.normal(size=s).astype(dtype) * 0.7 for n, s in zip(symbol.list_arguments(), shapes, strict=True)}
