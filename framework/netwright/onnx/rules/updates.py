"""Optimizer steps whose learning rates come in arrays: one weight after the other."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ..rule_table import Call, rule
from ..tensor import Tensor


class _Decay(Tensor):
    """A share that is read when the model runs: it counts as not 0."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return True


@rule("preloaded_multi_sgd_update", "preloaded_multi_sgd_mom_update", "preloaded_multi_mp_sgd_update",
      "preloaded_multi_mp_sgd_mom_update")  # fmt: skip
def preloaded(c: Call, *inputs: Tensor) -> list[Tensor]:
    """The step of one weight with numbers of the two arrays at the end as its rate and its decay."""
    op: Any = c.op
    single = op._single()
    common = {"rescale_grad": c.p.rescale_grad, "clip_gradient": c.p.clip_gradient}
    if "momentum" in type(c.p).model_fields:
        common["momentum"] = c.p.momentum
    *_, rates, decays = inputs
    weights, states = [], []
    for i, group in enumerate(op._groups(c.p, [t.copy() for t in inputs])):
        lr, wd = (v[i].astype(group[0].dtype) for v in (rates, decays))
        made = single.forward(
            c.xp, SimpleNamespace(**common, lr=lr, wd=_Decay(c.w, wd.name, wd.shape, wd.dtype, wd.value)), *group
        )
        new, *kept = made if isinstance(made, tuple) else (made,)
        weights.append(new)
        states += kept
    return [*weights, *states]
