"""Optimizer steps for weights kept in half precision beside a master copy in single precision."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from .adaptive import (
    MEANS,
    AdamWParams,
    AdamWUpdate,
    LambPhase1,
    LambPhase1Params,
    LambPhase2,
    LambPhase2Params,
)
from .arrays import deliver
from .operator import FLOAT32, DTypes, Operator, Port, Sample, Shapes
from .optimizer import GRAD, WEIGHT, MomentumParams, NAGParams, SGDParams, state
from .registry import get, register

MASTER = state("weight32", "the weight in single precision")


class MixedPrecision(Operator):
    """Base: runs a step on the master copy and puts out the weight in its own dtype.

    The inputs are those of the step named ``step``, with ``weight32`` behind its states; ``tail`` of its inputs come
    after that.
    """

    category = "optimizer"
    step: ClassVar[str]
    tail: ClassVar[int] = 0

    def _own(self, values: Any) -> tuple[list[Any], Any]:
        """(what the step takes, with the master copy's place first, and what stands in ``weight``'s place here)."""
        rest = list(values)
        master = rest.pop(len(rest) - 1 - self.tail)
        return [master, *rest[1:]], rest[0]

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        own, weight = self._own(shapes)
        filled, out = get(self.step).infer_shape(p, [weight or own[0], *own[1:]])
        place = len(filled) - self.tail
        return [*filled[:place], filled[0], *filled[place:]], out

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        weight = dtypes[0] or FLOAT32
        kept = [weight if port.name in ("weight", "grad") else np.dtype(np.float32) for port in self.ports(p)]
        return kept, [weight]

    def forward(self, xp: Any, p: Any, *arrays: Any, out: Any = None) -> Any:
        own, weight = self._own(arrays)
        master, *rest = own
        result = get(self.step).forward(xp, p, master, *(a.astype(master.dtype, copy=False) for a in rest))
        new, *states = result if isinstance(result, tuple) else (result,)
        return deliver(xp, new.astype(weight.dtype), out), *states, new

    def samples(self) -> Iterable[Sample]:
        for sample in get(self.step).samples():
            draws = list(sample.draws())
            draws.insert(len(draws) - self.tail, draws[0])
            yield Sample(tuple(draws), sample.params, dtypes=("float32",))


@register
class MPSGDUpdate(MixedPrecision):
    """sgd_update on a master copy in single precision."""

    name = "mp_sgd_update"
    step = "sgd_update"
    Params = SGDParams
    inputs = (WEIGHT, GRAD, MASTER)


@register
class MPSGDMomUpdate(MixedPrecision):
    """sgd_mom_update on a master copy in single precision."""

    name = "mp_sgd_mom_update"
    step = "sgd_mom_update"
    Params = MomentumParams
    inputs = (WEIGHT, GRAD, state("mom", "the last step"), MASTER)


@register
class MPNAGMomUpdate(MixedPrecision):
    """nag_mom_update on a master copy in single precision."""

    name = "mp_nag_mom_update"
    step = "nag_mom_update"
    Params = NAGParams
    inputs = (WEIGHT, GRAD, state("mom", "the last step"), MASTER)


@register
class MPAdamWUpdate(MixedPrecision):
    """adamw_update on a master copy in single precision."""

    name = "_mp_adamw_update"
    step = AdamWUpdate.name
    tail = 1
    Params = AdamWParams
    inputs = (WEIGHT, GRAD, *MEANS, MASTER, AdamWUpdate.inputs[-1])


@register
class MPLambPhase1(MixedPrecision):
    """lamb_update_phase1 on a master copy in single precision; the direction is in single precision too."""

    name = "mp_lamb_update_phase1"
    step = LambPhase1.name
    Params = LambPhase1Params
    inputs = (WEIGHT, GRAD, *MEANS, Port("weight32", doc="the weight in single precision"))

    def infer_dtype(self, p: LambPhase1Params, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return super().infer_dtype(p, dtypes)[0], [np.dtype(np.float32)]

    def forward(self, xp: Any, p: LambPhase1Params, *arrays: Any, out: Any = None) -> Any:
        own, _ = self._own(arrays)
        master, *rest = own
        return get(self.step).forward(xp, p, master, *(a.astype(master.dtype, copy=False) for a in rest), out=out)


@register
class MPLambPhase2(MixedPrecision):
    """lamb_update_phase2 on a master copy in single precision."""

    name = "mp_lamb_update_phase2"
    step = LambPhase2.name
    Params = LambPhase2Params
    inputs = (WEIGHT, *LambPhase2.inputs[1:], MASTER)
