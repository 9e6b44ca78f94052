"""Learning-rate schedules: a number of updates → a learning rate."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .errors import ParamError
from .registry import Table

table: Table[LRScheduler] = Table("learning-rate scheduler")
register = table.register
create = table.create


class LRScheduler:
    """Base: ``scheduler(num_update)`` is the learning rate for that update.

    During the first ``warmup_steps`` updates the rate rises from ``warmup_begin_lr`` to ``base_lr`` (``linear``) or
    stays at ``warmup_begin_lr`` (``constant``).

    >>> class Halves(mx.lr_scheduler.LRScheduler):
    ...     def __call__(self, num_update):
    ...         return self.base_lr / 2**num_update
    >>> optimizer = mx.optimizer.SGD(lr_scheduler=Halves(base_lr=1.0))
    >>> optimizer.learning_rate
    1.0
    """

    def __init__(
        self, base_lr: float = 0.01, warmup_steps: int = 0, warmup_begin_lr: float = 0.0, warmup_mode: str = "linear"
    ) -> None:
        if warmup_mode not in ("linear", "constant"):
            raise ParamError("unknown warmup_mode", wanted="linear or constant", got=repr(warmup_mode))
        if warmup_begin_lr > base_lr:
            raise ParamError("the warm-up must begin below base_lr", wanted=f"<= {base_lr}", got=warmup_begin_lr)
        if warmup_steps < 0:
            raise ParamError("warmup_steps cannot be negative", got=warmup_steps)
        self.base_lr = base_lr
        self.warmup_steps, self.warmup_begin_lr, self.warmup_mode = warmup_steps, warmup_begin_lr, warmup_mode

    @property
    def warmup_final_lr(self) -> float:
        """The rate at the end of the warm-up."""
        return self.base_lr

    def get_warmup_lr(self, num_update: int) -> float:
        """The rate of an update within the warm-up."""
        if self.warmup_mode == "constant":
            return self.warmup_begin_lr
        rise = (self.base_lr - self.warmup_begin_lr) * num_update / self.warmup_steps
        return self.warmup_begin_lr + rise

    def __call__(self, num_update: int) -> float:
        if num_update < self.warmup_steps:
            return self.get_warmup_lr(num_update)
        return self.rate(num_update)

    def rate(self, num_update: int) -> float:
        """The rate of an update after the warm-up."""
        return self.base_lr


@register("factor")
class FactorScheduler(LRScheduler):
    """base_lr · factor^⌊(n−1)/step⌋, not below ``stop_factor_lr``.

    >>> schedule = mx.lr_scheduler.FactorScheduler(step=10, factor=0.5, base_lr=1.0)
    >>> [schedule(step) for step in (1, 10, 11, 21)]
    [1.0, 1.0, 0.5, 0.25]
    """

    def __init__(
        self,
        step: int = 1,
        factor: float = 1.0,
        stop_factor_lr: float = 1e-8,
        base_lr: float = 0.01,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0.0,
        warmup_mode: str = "linear",
    ) -> None:
        super().__init__(base_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        if step < 1:
            raise ParamError(
                "the rate falls every so many updates",
                where="FactorScheduler",
                parameter="step",
                wanted="step of at least 1",
                got=step,
                remedy="Give the number of updates between two changes",
            )
        if factor > 1.0:
            raise ParamError(
                "factor must be at most 1, so that the rate falls",
                where="FactorScheduler",
                parameter="factor",
                wanted="at most 1",
                got=factor,
                remedy="Give 0.5, say",
            )
        self.step, self.factor, self.stop_factor_lr = step, factor, stop_factor_lr

    def rate(self, num_update: int) -> float:
        drops = max(0, (num_update - 1) // self.step)
        return _dropped(self.base_lr, self.factor, drops, min(self.stop_factor_lr, self.base_lr))


def _dropped(rate: float, factor: float, drops: int, least: float = 0.0) -> float:
    """The rate times the factor so many times, one by one: to the last bit what a program that does so gets."""
    for _ in range(drops if factor != 1.0 else 0):
        rate *= factor
        if rate <= least:
            return least
    return rate


@register("multifactor")
class MultiFactorScheduler(LRScheduler):
    """The rate is multiplied by ``factor`` once each count in ``step`` is passed.

    >>> schedule = mx.lr_scheduler.MultiFactorScheduler(step=[5, 8], factor=0.1, base_lr=1.0)
    >>> [round(schedule(step), 3) for step in (5, 6, 9)]
    [1.0, 0.1, 0.01]
    """

    def __init__(
        self,
        step: Sequence[int] = (1000,),
        factor: float = 1.0,
        base_lr: float = 0.01,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0.0,
        warmup_mode: str = "linear",
    ) -> None:
        super().__init__(base_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        if not step or any(s < 1 for s in step) or list(step) != sorted(set(step)):
            raise ParamError("step must be a rising list of positive counts", parameter="step", got=list(step))
        if factor > 1.0:
            raise ParamError("factor must be at most 1, so that the rate falls", parameter="factor", got=factor)
        self.step, self.factor = list(step), factor

    def rate(self, num_update: int) -> float:
        return _dropped(self.base_lr, self.factor, sum(num_update > s for s in self.step))


class _Decay(LRScheduler):
    def __init__(
        self,
        max_update: int,
        base_lr: float,
        final_lr: float,
        warmup_steps: int,
        warmup_begin_lr: float,
        warmup_mode: str,
    ) -> None:
        super().__init__(base_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        if max_update < 1:
            raise ParamError("max_update must be at least 1", parameter="max_update", got=max_update)
        self.max_update, self.final_lr = max_update, final_lr

    @property
    def max_steps(self) -> int:
        """Updates from the end of the warm-up to ``max_update``."""
        return self.max_update - self.warmup_steps

    @property
    def base_lr_orig(self) -> float:
        """The rate the decay begins with."""
        return self.base_lr

    def _remaining(self, num_update: int) -> float:
        """From 1 at the end of the warm-up down to 0 at ``max_update``."""
        steps = max(1, self.max_steps)
        return 1 - min(num_update - self.warmup_steps, steps) / steps


@register("poly")
class PolyScheduler(_Decay):
    """final_lr + (base_lr − final_lr) · (1 − n/max_update)^pwr.

    >>> schedule = mx.lr_scheduler.PolyScheduler(max_update=10, base_lr=1.0, pwr=2)
    >>> [round(schedule(step), 2) for step in (0, 5, 10)]
    [1.0, 0.25, 0.0]
    """

    def __init__(
        self,
        max_update: int = 1000,
        base_lr: float = 0.01,
        pwr: int = 2,
        final_lr: float = 0.0,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0.0,
        warmup_mode: str = "linear",
    ) -> None:
        super().__init__(max_update, base_lr, final_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        self.power = pwr

    def rate(self, num_update: int) -> float:
        return self.final_lr + (self.base_lr - self.final_lr) * self._remaining(num_update) ** self.power


@register("cosine")
class CosineScheduler(_Decay):
    """final_lr + (base_lr − final_lr) · (1 + cos(π n/max_update)) / 2 (Loshchilov and Hutter, 2017).

    >>> schedule = mx.lr_scheduler.CosineScheduler(max_update=10, base_lr=1.0, warmup_steps=2)
    >>> [round(schedule(step), 2) for step in (0, 1, 2, 6, 10)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """

    def __init__(
        self,
        max_update: int = 1000,
        base_lr: float = 0.01,
        final_lr: float = 0.0,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0.0,
        warmup_mode: str = "linear",
    ) -> None:
        super().__init__(max_update, base_lr, final_lr, warmup_steps, warmup_begin_lr, warmup_mode)

    def rate(self, num_update: int) -> float:
        half = (1 + math.cos(math.pi * (1 - self._remaining(num_update)))) / 2
        return self.final_lr + (self.base_lr - self.final_lr) * half


def schedulers() -> dict[str, type[LRScheduler]]:
    """Short names and classes, for forms and the command line."""
    names = table.names()
    return {name: names[name] for name in ("factor", "multifactor", "poly", "cosine")}
