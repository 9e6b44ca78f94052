"""Convolution whose kernel's points are moved by learnt offsets (Dai et al. 2017, Zhu et al. 2018)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from ..errors import ParamError, ShapeError
from .convolution import DILATE, GROUPS, KERNEL, PAD, STRIDE, check_bias, check_groups, convolved
from .operator import At, Draw, Operator, Port, Sample, Shape, Shapes
from .params import OpParams, Pads, Size, Sizes, hint
from .registry import register
from .sample_places import Rule, read, read_gradient
from .windows import per_axis


class OffsetParams(OpParams):
    """How the kernel lies on the data, and how many groups of channels have offsets of their own."""

    kernel: Sizes = KERNEL
    stride: Sizes | None = STRIDE
    dilate: Sizes | None = DILATE
    pad: Pads | None = PAD
    num_deformable_group: Size = Field(1, description="groups of channels with offsets of their own")


def _places(xp: Any, p: OffsetParams, offset: Any) -> Any:
    """Places (N · G, 2, K · h, w) of all kernel points in pixels from offsets (N, G · K · 2, h, w)."""
    n, _, h, w = offset.shape
    taps, groups = math.prod(p.kernel), p.num_deformable_group
    stride, dilate, pad = (per_axis(getattr(p, a), 2, d, a) for a, d in (("stride", 1), ("dilate", 1), ("pad", 0)))
    base = []
    for axis, count in ((0, h), (1, w)):
        point = np.arange(p.kernel[axis]) * dilate[axis] - pad[axis]
        shape = (-1, 1) if axis == 0 else (1, -1)
        points = np.broadcast_to(point.reshape(shape), tuple(p.kernel)).reshape(taps, 1, 1)
        steps = (np.arange(count) * stride[axis]).reshape((-1, 1) if axis == 0 else (1, -1))
        base.append(np.broadcast_to(points + steps, (taps, h, w)))
    moved = offset.reshape(n * groups, taps, 2, h, w).swapaxes(1, 2)
    return (moved + xp.asarray(np.stack(base), dtype=offset.dtype)).reshape(n * groups, 2, taps * h, w)


@register
class DeformablePlaces(Operator):
    """Where a moved kernel's points lie, y and x in pixels: offsets (N, G · K · 2, h, w) → (N · G, 2, K · h, w)."""

    name = "_deformable_places"
    category = "convolution"
    Params = OffsetParams
    inputs = (Port("data", doc="offsets (N, G · K · 2, h, w), y before x"),)

    def infer_shape(self, p: OffsetParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None]
        groups = p.num_deformable_group
        return shapes, [(data[0] * groups, 2, math.prod(p.kernel) * data[2], data[3])]

    def forward(self, xp: Any, p: OffsetParams, data: Any) -> Any:
        return _places(xp, p, data)

    def gradient(self, F: Any, p: OffsetParams, at: At, dy: Any) -> Any:
        n, _, h, w = at.inputs[0].shape
        split = F.reshape(dy, shape=(n * p.num_deformable_group, 2, math.prod(p.kernel), h, w))
        return F.reshape(F.swapaxes(split, dim1=1, dim2=2), shape=at.inputs[0].shape)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 24, 3, 4),), {"kernel": (2, 3), "num_deformable_group": 2, "stride": (2, 1), "pad": (0, 1)})


class DeformableParams(OffsetParams):
    """What DeformableConvolution takes."""

    num_filter: Size = Field(description="number of filters: channels of the output")
    num_group: Size = GROUPS
    workspace: int = hint(1024)
    no_bias: bool = Field(False, description="leave the bias out")
    layout: str | None = hint(None)


class _Deformable(Operator):
    """Base: kernel points read at moved places, then a product with the weight."""

    category = "convolution"
    rule: ClassVar[Rule]
    modulated: ClassVar[bool] = False

    def ports(self, p: DeformableParams) -> tuple[Port, ...]:
        return self.inputs[:-1] if p.no_bias else self.inputs

    def infer_shape(self, p: DeformableParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if len(p.kernel) != 2:
            raise ParamError("the kernel has a height and a width", parameter="kernel", wanted="(h, w)", got=p.kernel)
        if p.layout not in (None, "NCHW"):
            raise ParamError("channels come first here", parameter="layout", wanted="NCHW", got=p.layout)
        bias = () if p.no_bias else (check_bias(shapes, len(shapes) - 1, p.num_filter),)
        if data is None:
            return [*shapes[: len(shapes) - len(bias)], *bias], [None]
        if len(data) != 4:
            raise ShapeError("images have four axes", port="data", wanted="(N, C, H, W)", got=data)
        check_groups(p, data[1], p.num_filter)
        groups, taps = p.num_deformable_group, math.prod(p.kernel)
        if data[1] % groups:
            raise ParamError(
                f"{data[1]} channels do not divide into {groups} groups", parameter="num_deformable_group", got=groups
            )
        space = convolved(p, data[2:]).out
        wanted: list[Shape] = [(data[0], 2 * groups * taps, *space)]
        if self.modulated:
            wanted.append((data[0], groups * taps, *space))
        wanted.append((p.num_filter, data[1] // p.num_group, *p.kernel))
        for port, got, right in zip(self.inputs[1:], shapes[1:], wanted, strict=False):
            if got is not None and got != right:
                raise ShapeError("it does not fit the data and the kernel", port=port.name, wanted=right, got=got)
        return [data, *wanted, *bias], [(data[0], p.num_filter, *space)]

    def _split(self, rest: tuple[Any, ...]) -> tuple[Any, Any, Any]:
        """(mask or None, weight, bias or None)."""
        mask, rest = (rest[0], rest[1:]) if self.modulated else (None, rest)
        return mask, rest[0], rest[1] if len(rest) > 1 else None

    def forward(self, xp: Any, p: DeformableParams, data: Any, offset: Any, *rest: Any) -> Any:
        mask, weight, bias = self._split(rest)
        n, c = data.shape[:2]
        (h, w), taps, groups = offset.shape[2:], math.prod(p.kernel), p.num_deformable_group
        images = data.reshape(n * groups, c // groups, *data.shape[2:])
        found = read(xp, images, _places(xp, p, offset), self.rule)
        if mask is not None:
            found = found * mask.reshape(n * groups, 1, taps * h, w)
        columns = found.reshape(n, p.num_group, c // p.num_group * taps, h * w)
        filters = weight.reshape(p.num_group, p.num_filter // p.num_group, -1)
        y = xp.matmul(filters, columns).reshape(n, p.num_filter, h, w)
        return y if bias is None else y + bias.reshape(-1, 1, 1)

    def gradient(self, F: Any, p: DeformableParams, at: At, dy: Any, xs: Any) -> Any:
        data, offset, *rest = xs
        mask, weight, bias = self._split(tuple(rest))
        n, c, *size = at.inputs[0].shape
        (h, w), taps, groups = at.outputs[0].shape[2:], math.prod(p.kernel), p.num_deformable_group
        lay = {k: v for k, v in p.given().items() if k in OffsetParams.model_fields}
        images = F.reshape(data, shape=(n * groups, c // groups, *size))
        places = F._deformable_places(offset, **lay)
        found = F._sample_places(images, places, rule=self.rule)
        masks = None if mask is None else F.reshape(mask, shape=(n * groups, 1, taps * h, w))
        read_at = found if masks is None else F.broadcast_mul(found, masks)
        inner = c // p.num_group * taps
        columns = F.reshape(read_at, shape=(n * p.num_group, inner, h * w))
        heads = F.reshape(dy, shape=(n * p.num_group, p.num_filter // p.num_group, h * w))
        shape = at.inputs[3 if self.modulated else 2].shape
        by_weight = F.sum(F.reshape(F.batch_dot(heads, columns, transpose_b=True), shape=(n, *shape)), axis=0)
        filters = F.tile(F.reshape(weight, shape=(p.num_group, p.num_filter // p.num_group, inner)), reps=(n, 1, 1))
        back = F.reshape(F.batch_dot(filters, heads, transpose_a=True), shape=(n * groups, c // groups, taps * h, w))
        into = back if masks is None else F.broadcast_mul(back, masks)
        by_images, by_places = read_gradient(F, into, images, places, (size[0], size[1]), self.rule)
        split = F.reshape(by_places, shape=(n * groups, 2, taps, h, w))
        by_offset = F.reshape(F.swapaxes(split, dim1=1, dim2=2), shape=at.inputs[1].shape)
        found_gradients = [F.reshape(by_images, shape=at.inputs[0].shape), by_offset]
        if masks is not None:
            found_gradients.append(F.reshape(F.sum(back * found, axis=1), shape=at.inputs[2].shape))
        found_gradients.append(by_weight)
        if bias is not None:
            found_gradients.append(F.sum(dy, axis=(0, 2, 3)))
        return tuple(found_gradients)

    def flops(self, p: DeformableParams, inputs: Any, outputs: Any) -> int:
        channels = inputs[0].shape[1]
        return int(2 * outputs[0].size * channels // p.num_group * math.prod(p.kernel))

    def samples(self) -> Iterable[Sample]:
        def draws(n: int, c: int, space: Shape, out: Shape, p: dict[str, Any]) -> tuple[Draw | Shape, ...]:
            taps, groups = math.prod(p["kernel"]), p.get("num_deformable_group", 1)
            # the slope has a step where a place meets a pixel: offsets that are no whole numbers keep clear of it
            offset = Draw((n, 2 * groups * taps, *out), "distinct", -0.93, 1.37)
            masks = (Draw((n, groups * taps, *out), "uniform", 0, 1),) if self.modulated else ()
            weight = (p["num_filter"], c // p.get("num_group", 1), *p["kernel"])
            return ((n, c, *space), offset, *masks, weight, *(() if p.get("no_bias") else ((p["num_filter"],),)))

        plain = {"kernel": (3, 3), "pad": (1, 1), "num_filter": 3}
        yield Sample(draws(2, 2, (4, 5), (4, 5), plain), plain)
        grouped = {
            "kernel": (2, 3),
            "stride": (2, 1),
            "dilate": (1, 2),
            "num_filter": 4,
            "num_group": 2,
            "num_deformable_group": 2,
            "no_bias": True,
        }
        yield Sample(draws(1, 4, (5, 6), (2, 2), grouped), grouped, second=False)


DATA = Port("data", doc="images (N, C, H, W)")
OFFSET = Port("offset", doc="how far the kernel's points move, y before x (N, 2 · G · K, h, w)")
WEIGHT = Port("weight", "weight", doc="(num_filter, C / num_group, *kernel)")
BIAS = Port("bias", "weight", doc="(num_filter,)")


@register
class DeformableConvolution(_Deformable):
    """Convolution whose kernel points are moved by offsets: (N, C, H, W) → (N, num_filter, h, w) (Dai et al. 2017).

    Between pixels data are interpolated; points outside read 0, and the last row and column reach on for a pixel.
    """

    name = "_contrib_DeformableConvolution"
    title = "Deformable convolution"
    Params = DeformableParams
    inputs = (DATA, OFFSET, WEIGHT, BIAS)
    rule = "clamp"


class ModulatedParams(DeformableParams):
    """What ModulatedDeformableConvolution takes."""

    im2col_step: int = hint(64)


@register
class ModulatedDeformableConvolution(_Deformable):
    """Deformable convolution whose points are weighted by a mask (N, G · K, h, w) too (Zhu et al. 2018)."""

    name = "_contrib_ModulatedDeformableConvolution"
    Params = ModulatedParams
    inputs = (
        DATA,
        OFFSET,
        Port("mask", doc="weights of the kernel's points (N, G · K, h, w)"),
        WEIGHT,
        BIAS,
    )
    rule = "zero"
    modulated = True
