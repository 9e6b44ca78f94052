"""Transforms put together: one after the other, or now and then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .....errors import ParamError
from .....image import chance
from ....block import Block, HybridBlock
from ....nn import HybridSequential, Sequential


class Compose(Sequential):
    """Transforms one after the other; neighbours that are hybrid run as one compiled block.

    >>> image = mx.nd.arange(48).reshape((4, 4, 3)).astype("uint8")
    >>> steps = [mx.gluon.data.vision.transforms.ToTensor(), mx.gluon.data.vision.transforms.Normalize(0.5, 0.25)]
    >>> mx.gluon.data.vision.transforms.Compose(steps)(image).shape
    (3, 4, 4)
    """

    composes = True

    def __init__(self, transforms: Sequence[Block]) -> None:
        super().__init__()
        run: list[HybridBlock] = []
        for transform in [*transforms, None]:
            if isinstance(transform, HybridBlock):
                run.append(transform)
                continue
            if len(run) == 1:
                self.add(run[0])
            elif run:
                self.add(_compiled(run))
            run = []
            if transform is not None:
                self.add(transform)


def _compiled(blocks: Sequence[HybridBlock]) -> HybridSequential:
    joined = HybridSequential()
    joined.add(*blocks)
    joined.hybridize()
    return joined


class HybridCompose(HybridSequential):
    """Hybrid transforms one after the other, compiled as one."""

    composes = True

    def __init__(self, transforms: Sequence[HybridBlock]) -> None:
        super().__init__()
        for transform in transforms:
            if not isinstance(transform, HybridBlock):
                raise ParamError(
                    "only hybrid transforms can be compiled",
                    where="HybridCompose",
                    wanted="HybridBlocks",
                    got=type(transform).__name__,
                    remedy="Use Compose",
                )
            self.add(transform)
        self.hybridize()


class RandomApply(Block):
    """Transforms applied, all or none, with probability ``p``."""

    def __init__(self, transforms: Any, p: float = 0.5) -> None:
        super().__init__()
        self.transforms, self.p = transforms, p
        self._steps = list(transforms) if isinstance(transforms, (list, tuple)) else [transforms]
        for step in self._steps:
            if isinstance(step, Block) and step is not transforms:  # an attribute is a child already
                self.register_child(step)

    def forward(self, x: Any) -> Any:
        if not chance.happens(self.p):
            return x
        for step in self._steps:
            x = step(x)
        return x


class HybridRandomApply(HybridSequential):
    """A hybrid transform applied with probability ``p``; it must keep shape and dtype."""

    def __init__(self, transforms: HybridBlock, p: float = 0.5) -> None:
        super().__init__()
        if not isinstance(transforms, HybridBlock):
            raise ParamError(
                "only a hybrid transform can be compiled",
                where="HybridRandomApply",
                wanted="a HybridBlock",
                got=type(transforms).__name__,
                remedy="Use RandomApply",
            )
        self.transforms, self.p = transforms, p

    def hybrid_forward(self, F: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        drawn = F.random_uniform(low=0.0, high=1.0, shape=(1,)) < self.p
        return F.contrib.cond(drawn, lambda: self.transforms(x), lambda: x)
