"""AdamW and LAMB for many weights in one call, in their own precision or beside master copies."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from ..errors import ParamError, ShapeError
from .arrays import accumulator
from .operator import Draw, DTypes, Operator, Port, Sample, Shape, Shapes, numbered
from .optimizer import BETA1, BETA2, CLIP, EPSILON, RESCALE
from .params import Ints, OpParams
from .registry import get, register

COUNTED = Field(0, ge=0, description="number of arrays; counted by the call", json_schema_extra={"hidden": True})


class MultiAdamWParams(OpParams):
    """Parameters of _multi_adamw_update."""

    lrs: tuple[float, ...] = Field(description="learning rate of each weight")
    beta1: float = BETA1
    beta2: float = BETA2
    epsilon: float = EPSILON
    wds: tuple[float, ...] = Field(description="weight decay of each weight")
    etas: tuple[float, ...] = Field(description="factor of each weight's whole step")
    clip_gradient: float = CLIP
    num_weights: int = Field(1, ge=1, description="number of weights")
    num_arrays: int = COUNTED


class MultiLambParams(OpParams):
    """Parameters of _multi_lamb_update."""

    learning_rates: tuple[float, ...] = Field(description="learning rate of each weight")
    beta1: float = BETA1
    beta2: float = BETA2
    epsilon: float = Field(1e-6, description="added to what is divided by")
    wds: tuple[float, ...] = Field(description="weight decay of each weight")
    rescale_grad: float = RESCALE
    lower_bound: float = Field(-1.0, description="a weight's norm counts at least this; negative for no bound")
    upper_bound: float = Field(-1.0, description="a weight's norm counts at most this; negative for no bound")
    clip_gradient: float = CLIP
    bias_correction: bool = Field(True, description="correct the means of the first steps")
    step_count: Ints = Field(description="number of this step for each weight, from 1")
    num_tensors: int = Field(1, ge=1, description="number of weights")
    num_arrays: int = COUNTED


class LayerUpdate(Operator):
    """Base: the arrays of the first weight, then those of the second, …; ``tail`` arrays at the end serve all.

    A weight's arrays are weight, grad, mean, var, and with ``master`` a copy in single precision that is what counts.
    """

    category = "optimizer"
    inputs = ()
    variadic = "num_arrays"
    Params: ClassVar[type[OpParams]]
    count: ClassVar[str]
    per_weight: ClassVar[tuple[str, ...]]
    master: ClassVar[bool] = False
    tail: ClassVar[tuple[Port, ...]] = ()

    def _group(self) -> tuple[Port, ...]:
        kinds = [Port("weight", "weight"), Port("grad"), Port("mean", "state"), Port("var", "state")]
        return (*kinds, Port("weight32", "state")) if self.master else tuple(kinds)

    def _number(self, p: Any) -> int:
        return int(getattr(p, self.count))

    def ports(self, p: Any) -> tuple[Port, ...]:
        number = self._number(p)
        found = [Port(f"{port.name}_{i}", port.kind) for i in range(number) for port in self._group()]
        found += self.tail
        if p.num_arrays not in (0, len(found)):
            raise ParamError(
                "wrong number of arrays",
                parameter=self.count,
                wanted=f"{len(found)}: {len(self._group())} for each of {number} weights and {len(self.tail)} for all",
                got=p.num_arrays,
            )
        for name in self.per_weight:
            if len(getattr(p, name)) != number:
                raise ParamError(
                    f"{name} has one number per weight", parameter=name, wanted=number, got=getattr(p, name)
                )
        return tuple(found)

    def output_names(self, p: Any) -> tuple[str, ...]:
        return numbered(self._number(p))

    def _groups(self, p: Any, values: Any) -> list[Any]:
        size = len(self._group())
        return [values[i * size : (i + 1) * size] for i in range(self._number(p))]

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        filled: list[Shape | None] = []
        for group in self._groups(p, shapes):
            known = next((s for s in group if s is not None), None)
            for port, shape in zip(self._group(), group, strict=True):
                if shape not in (None, known):
                    raise ShapeError(f"{port.name} does not fit", port=port.name, wanted=known, got=shape)
            filled += [known] * len(group)
        weights = [group[0] for group in self._groups(p, filled)]
        return [*filled, *(shapes[len(filled) + i] or (1,) for i in range(len(self.tail)))], weights

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [group[0] for group in self._groups(p, dtypes)]

    def step(self, xp: Any, p: Any, i: int, group: Any, tail: Any) -> Any:
        """(new weight, new mean, new var) of the i-th weight."""
        raise NotImplementedError

    def forward(self, xp: Any, p: Any, *arrays: Any, out: Any = None) -> Any:
        tail = arrays[len(arrays) - len(self.tail) :]
        targets = out if isinstance(out, tuple) else (out,) * self._number(p)
        weights, states = [], []
        for i, (group, target) in enumerate(zip(self._groups(p, arrays), targets, strict=True)):
            own = [group[4], *(a.astype(np.float32) for a in group[1:4])] if self.master else group
            new, *kept = self.step(xp, p, i, own, tail)
            result = new.astype(group[0].dtype, copy=False)
            if target is not None:
                target[...] = result
                result = target
            weights.append(result)
            states += [k.astype(a.dtype, copy=False) for k, a in zip(kept, group[2:4], strict=True)]
            if self.master:
                states.append(new.astype(np.float32))
        return (*weights, *states)

    sample: ClassVar[dict[str, Any]]

    def samples(self) -> Iterable[Sample]:
        draws = [Draw(s, "uniform", 0.5, 1.5) for s in ((3, 4), (5,)) for _ in self._group()]
        draws += [Draw((1,), "uniform", 0.5, 0.6) for _ in self.tail]
        dtypes = ("float32",) if self.master else ("float32", "float64")
        yield Sample(tuple(draws), {**self.sample, self.count: 2, "num_arrays": len(draws)}, dtypes=dtypes)


class MultiAdamW(LayerUpdate):
    """_adamw_update for each weight."""

    Params = MultiAdamWParams
    count = "num_weights"
    per_weight = ("lrs", "wds", "etas")
    tail = (Port("rescale_grad", doc="factor of all gradients, one number"),)
    sample: ClassVar[dict[str, Any]] = {"lrs": (0.1, 0.2), "wds": (0.0, 0.3), "etas": (1.0, 0.5), "clip_gradient": 0.6}

    def step(self, xp: Any, p: Any, i: int, group: Any, tail: Any) -> Any:
        common = {"beta1": p.beta1, "beta2": p.beta2, "epsilon": p.epsilon, "clip_gradient": p.clip_gradient}
        op = get("_adamw_update")
        own = op.make_params({**common, "lr": p.lrs[i], "wd": p.wds[i], "eta": p.etas[i]})
        return op.forward(xp, own, *group, *tail)


class MultiLamb(LayerUpdate):
    """Both phases of LAMB for each weight."""

    Params = MultiLambParams
    count = "num_tensors"
    per_weight = ("learning_rates", "wds", "step_count")
    sample: ClassVar[dict[str, Any]] = {
        "learning_rates": (0.1, 0.2),
        "wds": (0.0, 0.3),
        "step_count": (1, 3),
        "rescale_grad": 0.5,
        "clip_gradient": 0.6,
        "upper_bound": 2.0,
    }

    def step(self, xp: Any, p: Any, i: int, group: Any, tail: Any) -> Any:
        first, second = get("lamb_update_phase1"), get("lamb_update_phase2")
        names = ("beta1", "beta2", "epsilon", "bias_correction", "rescale_grad", "clip_gradient")
        common = {name: getattr(p, name) for name in names}
        direction, mean, var = first.forward(
            xp, first.make_params({**common, "wd": p.wds[i], "t": p.step_count[i]}), *group
        )
        bounds = {"lower_bound": p.lower_bound, "upper_bound": p.upper_bound}
        norms = (xp.sqrt(xp.sum(a * a, dtype=accumulator(a.dtype))).reshape(1) for a in (group[0], direction))
        moved = second.forward(
            xp, second.make_params({**bounds, "lr": p.learning_rates[i]}), group[0], direction, *norms
        )
        return moved, mean, var


@register
class MultiAdamWUpdate(MultiAdamW):
    """_adamw_update for many weights: weight_0, grad_0, mean_0, var_0, weight_1, …, rescale_grad."""

    name = "_multi_adamw_update"


@register
class MultiMPAdamWUpdate(MultiAdamW):
    """_mp_adamw_update for many weights: weight_0, grad_0, mean_0, var_0, weight32_0, weight_1, …, rescale_grad."""

    name = "_multi_mp_adamw_update"
    master = True


@register
class MultiLambUpdate(MultiLamb):
    """LAMB for many weights: weight_0, grad_0, mean_0, var_0, weight_1, …"""

    name = "_multi_lamb_update"


@register
class MultiMPLambUpdate(MultiLamb):
    """LAMB for many weights with master copies: weight_0, grad_0, mean_0, var_0, weight32_0, weight_1, …"""

    name = "_multi_mp_lamb_update"
    master = True
