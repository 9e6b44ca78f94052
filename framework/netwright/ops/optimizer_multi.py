"""Optimizer steps for many weights in one call: the arrays of the first weight, then those of the second, …"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from ..errors import ParamError, ShapeError
from .arrays import accumulator, deliver
from .operator import Draw, DTypes, Operator, Port, Sample, Shape, Shapes, numbered
from .optimizer import CLIP, MOMENTUM, RESCALE
from .params import OpParams
from .registry import get, register
from .stored import LazyRows


class MultiParams(OpParams):
    """Parameters of the steps without momentum."""

    lrs: tuple[float, ...] = Field((), description="learning rate of each weight")
    wds: tuple[float, ...] = Field((), description="weight decay of each weight")
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP
    num_weights: int = Field(1, ge=1, description="number of weights")
    num_arrays: int = Field(
        0, ge=0, description="number of arrays; counted by the call", json_schema_extra={"hidden": True}
    )


class MultiMomentumParams(MultiParams):
    """Parameters of the steps with momentum."""

    momentum: float = MOMENTUM


class MultiUpdate(Operator):
    """Base: runs the step named ``step`` for each weight. Its arrays lie one behind the other, weight by weight.

    With ``preloaded`` the learning rates and decays are two arrays at the end instead of parameters.
    """

    category = "optimizer"
    inputs = ()
    variadic = "num_arrays"
    Params: ClassVar[type[OpParams]] = MultiParams
    step: ClassVar[str]
    preloaded: ClassVar[bool] = False

    def _single(self) -> Operator:
        return get(self.step)

    def _size(self) -> int:
        """Arrays of one weight."""
        return len(self._single().inputs)

    def ports(self, p: Any) -> tuple[Port, ...]:
        found = [
            Port(f"{port.name}_{i}", port.kind, port.doc)
            for i in range(p.num_weights)
            for port in self._single().inputs
        ]
        if self.preloaded:
            found += [Port("lrs", doc="learning rate of each weight"), Port("wds", doc="decay of each weight")]
        if p.num_arrays not in (0, len(found)):
            raise ParamError(
                "wrong number of arrays",
                parameter="num_weights",
                wanted=f"{len(found)}: {self._size()} for each of {p.num_weights} weights",
                got=p.num_arrays,
            )
        if not self.preloaded and not len(p.lrs) == len(p.wds) == p.num_weights:
            raise ParamError(
                "lrs and wds have one number per weight", parameter="lrs", wanted=p.num_weights, got=(p.lrs, p.wds)
            )
        return tuple(found)

    def output_names(self, p: Any) -> tuple[str, ...]:
        return numbered(p.num_weights)

    def _groups(self, p: Any, values: Any) -> list[Any]:
        size = self._size()
        return [values[i * size : (i + 1) * size] for i in range(p.num_weights)]

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        filled: list[Shape | None] = []
        out: list[Shape | None] = []
        for group in self._groups(p, shapes):
            known, result = self._single().infer_shape(p, group)
            filled += known
            out += result
        return [*filled, *[(p.num_weights,)] * (2 * self.preloaded)], out

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        filled: list[Any] = []
        out: list[Any] = []
        for group in self._groups(p, dtypes):
            known, result = self._single().infer_dtype(p, group)
            filled += known
            out += result
        return [*filled, *dtypes[len(filled) :]], out

    def forward(self, xp: Any, p: Any, *arrays: Any, out: Any = None) -> Any:
        rates, decays = p.lrs, p.wds
        if self.preloaded:
            rates, decays = (a.tolist() for a in arrays[-2:])
        common = {"rescale_grad": p.rescale_grad, "clip_gradient": p.clip_gradient}
        if "momentum" in type(p).model_fields:
            common["momentum"] = p.momentum
        targets = out if isinstance(out, tuple) else (out,) * p.num_weights
        weights, states = [], []
        for group, lr, wd, target in zip(self._groups(p, arrays), rates, decays, targets, strict=True):
            own = self._single().make_params({**common, "lr": float(lr), "wd": float(wd)})
            result = self._single().forward(xp, own, *group, out=target)
            new, *kept = result if isinstance(result, tuple) else (result,)
            weights.append(new)
            states += kept
        return (*weights, *states)

    def samples(self) -> Iterable[Sample]:
        shapes: tuple[Shape, ...] = ((3, 4), (5,))
        dtypes = next(iter(self._single().samples())).dtypes
        draws = [Draw(s, "uniform", 0.5, 1.5) for s in shapes for _ in range(self._size())]
        given: dict[str, Any] = {"num_weights": 2, "rescale_grad": 0.5, "clip_gradient": 0.6}
        if self.preloaded:
            draws += [Draw((2,), "uniform", 0.1, 0.2)] * 2
        else:
            given |= {"lrs": (0.1, 0.2), "wds": (0.0, 0.3)}
        if "momentum" in self.Params.model_fields:
            given["momentum"] = 0.9
        yield Sample(tuple(draws), {**given, "num_arrays": len(draws)}, dtypes=dtypes)


@register
class MultiSGDUpdate(MultiUpdate):
    """sgd_update for many weights: weight_0, grad_0, weight_1, …"""

    name = "multi_sgd_update"
    step = "sgd_update"


@register
class MultiSGDMomUpdate(MultiUpdate):
    """sgd_mom_update for many weights: weight_0, grad_0, mom_0, weight_1, …"""

    name = "multi_sgd_mom_update"
    step = "sgd_mom_update"
    Params = MultiMomentumParams


@register
class MultiMPSGDUpdate(MultiUpdate):
    """mp_sgd_update for many weights: weight_0, grad_0, weight32_0, weight_1, …"""

    name = "multi_mp_sgd_update"
    step = "mp_sgd_update"


@register
class MultiMPSGDMomUpdate(MultiUpdate):
    """mp_sgd_mom_update for many weights: weight_0, grad_0, mom_0, weight32_0, weight_1, …"""

    name = "multi_mp_sgd_mom_update"
    step = "mp_sgd_mom_update"
    Params = MultiMomentumParams


@register
class PreloadedMultiSGDUpdate(MultiUpdate):
    """multi_sgd_update with learning rates and decays in two arrays at the end."""

    name = "preloaded_multi_sgd_update"
    step = "sgd_update"
    preloaded = True


@register
class PreloadedMultiSGDMomUpdate(MultiUpdate):
    """multi_sgd_mom_update with learning rates and decays in two arrays at the end."""

    name = "preloaded_multi_sgd_mom_update"
    step = "sgd_mom_update"
    Params = MultiMomentumParams
    preloaded = True


@register
class PreloadedMultiMPSGDUpdate(MultiUpdate):
    """multi_mp_sgd_update with learning rates and decays in two arrays at the end."""

    name = "preloaded_multi_mp_sgd_update"
    step = "mp_sgd_update"
    preloaded = True


@register
class PreloadedMultiMPSGDMomUpdate(MultiUpdate):
    """multi_mp_sgd_mom_update with learning rates and decays in two arrays at the end."""

    name = "preloaded_multi_mp_sgd_mom_update"
    step = "mp_sgd_mom_update"
    Params = MultiMomentumParams
    preloaded = True


class MultiLarsParams(OpParams):
    """Parameters of multi_lars."""

    eta: float = Field(description="trust: share of the norms' ratio that is taken")
    eps: float = Field(description="added to what is divided by")
    rescale_grad: float = RESCALE


@register
class MultiLars(Operator):
    """Learning rates by LARS: lr · eta · ‖w‖ / (‖g‖ + wd · ‖w‖ + eps) where both norms are above 0, else lr.

    Shapes: all (number of weights,); the norms are given squared, as multi_sum_sq gives them. Source: You et al. 2017.
    """

    name = "multi_lars"
    category = "optimizer"
    Params = MultiLarsParams
    inputs = (
        Port("lrs", doc="learning rates"),
        Port("weights_sum_sq", doc="squared norms of the weights"),
        Port("grads_sum_sq", doc="squared norms of the gradients"),
        Port("wds", doc="weight decays"),
    )

    def forward(
        self,
        xp: Any,
        p: MultiLarsParams,
        lrs: Any,
        weights_sum_sq: Any,
        grads_sum_sq: Any,
        wds: Any,
        *,
        out: Any = None,
    ) -> Any:
        size, slope = xp.sqrt(weights_sum_sq), xp.sqrt(grads_sum_sq) * p.rescale_grad
        some = (size > 0) & (slope > 0)
        ratio = p.eta * size / xp.where(some, slope + wds * size + p.eps, 1)
        return deliver(xp, lrs * xp.where(some, ratio, 1), out)

    def samples(self) -> Iterable[Sample]:
        norms = Draw((4,), "uniform", 0.5, 2.0)
        yield Sample((norms, norms, norms, norms), {"eta": 0.01, "eps": 1e-3, "rescale_grad": 0.5})
        none = Draw((4,), "uniform", 0.0, 0.0)
        yield Sample((norms, none, norms, norms), {"eta": 0.01, "eps": 1e-3})


class GroupAdaGradParams(OpParams):
    """Parameters of _contrib_group_adagrad_update."""

    lr: float = Field(description="learning rate")
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP
    epsilon: float = Field(1e-5, description="added to what is divided by")


@register
class GroupAdaGrad(LazyRows, Operator):
    """AdaGrad with one history per row: h ← h + mean(g²) of the row; w ← w − lr · g / √(h + ε).

    Shapes: weight and grad (N, …), history (N, 1).
    """

    name = "_contrib_group_adagrad_update"
    category = "optimizer"
    Params = GroupAdaGradParams
    inputs = (
        Port("weight", "weight", doc="what is trained"),
        Port("grad", doc="its gradient"),
        Port("history", "state", doc="sum of the rows' mean squares"),
    )

    def infer_shape(self, p: GroupAdaGradParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        weight = shapes[0] or shapes[1]
        if weight is None:
            return shapes, [None]
        wanted: tuple[Shape, ...] = (weight, weight, (weight[0], *(1,) * (len(weight) - 1)))
        for port, shape, want in zip(self.inputs, shapes, wanted, strict=True):
            if shape not in (None, want):
                raise ShapeError(f"{port.name} does not fit", port=port.name, wanted=want, got=shape)
        return wanted, [weight]

    def forward(self, xp: Any, p: GroupAdaGradParams, weight: Any, grad: Any, history: Any, *, out: Any = None) -> Any:
        g = grad * p.rescale_grad
        if p.clip_gradient >= 0:
            g = xp.clip(g, -p.clip_gradient, p.clip_gradient)
        axes = tuple(range(1, weight.ndim))
        row = xp.sum(g * g, axis=axes, keepdims=True, dtype=accumulator(g.dtype)) / max(1, math.prod(weight.shape[1:]))
        history = history + row.astype(history.dtype)
        return xp.subtract(weight, g * p.lr / xp.sqrt(history + p.epsilon), out=out), history

    def samples(self) -> Iterable[Sample]:
        for given in ({}, {"rescale_grad": 0.5, "clip_gradient": 0.3, "epsilon": 1e-2}):
            yield Sample(((4, 3), (4, 3), Draw((4, 1), "uniform", 0.5, 1.0)), {"lr": 0.1, **given})


class ResetParams(OpParams):
    """Parameters of reset_arrays."""

    num_arrays: int = Field(ge=1, description="number of arrays")


@register
class ResetArrays(Operator):
    """Writes zeros over each array, as before gradients are added up. Puts out the number of arrays, shape (1,)."""

    name = "reset_arrays"
    category = "optimizer"
    variadic = "num_arrays"
    inputs = ()

    Params = ResetParams
    outputs = ("count",)

    def ports(self, p: Any) -> tuple[Port, ...]:
        return tuple(Port(f"arg{i}", "state", doc="what becomes 0") for i in range(p.num_arrays))

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [(1,)]

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [np.dtype(np.int64)]

    def forward(self, xp: Any, p: Any, *arrays: Any) -> Any:
        return xp.full((1,), len(arrays), np.int64), *(xp.zeros_like(a) for a in arrays)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 4), (5,)), {"num_arrays": 2})
