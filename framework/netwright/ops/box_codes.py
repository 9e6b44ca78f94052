"""Boxes told relative to anchors, as detectors learn them, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from pydantic import Field

from ..errors import ShapeError
from .boxes import Format, to_centers, to_corners
from .operator import At, Draw, DTypes, Operator, Port, Sample, Shapes
from .params import OpParams
from .registry import register


@register
class BoxEncode(Operator):
    """What a network should say of its anchors: ((x − xₐ)/wₐ, (y − yₐ)/hₐ, ln w/wₐ, ln h/hₐ), less means, over stds.

    ``samples`` (B, N) is 1 for an anchor with an object, ``matches`` (B, N) says which of ``refs`` (B, M, 4) it is,
    ``anchors`` are (B, N, 4); boxes by their corners. Gives (targets, masks), both (B, N, 4), 0 without an object.
    """

    name = "_contrib_box_encode"
    category = "detection"
    inputs = (
        Port("samples", doc="1 for anchors with an object (B, N)"),
        Port("matches", doc="number of the object (B, N)"),
        Port("anchors", doc="boxes (B, N, 4)"),
        Port("refs", doc="boxes of the objects (B, M, 4)"),
        Port("means", doc="four means"),
        Port("stds", doc="four standard deviations"),
    )
    outputs = ("output0", "output1")

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        samples, _, anchors, refs, *_ = shapes
        for port, shape in (("anchors", anchors), ("refs", refs)):
            if shape is not None and (len(shape) != 3 or shape[-1] != 4):
                raise ShapeError("boxes have four numbers", port=port, wanted="(B, N, 4)", got=shape)
        out = None if samples is None else (*samples, 4)
        return [samples, samples, anchors, refs, (4,), (4,)], [out, out]

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [dtypes[2]] * 2

    def forward(self, xp: Any, p: Any, *inputs: Any) -> Any:
        samples, matches, anchors, refs, means, stds = inputs
        places = xp.broadcast_to(matches[..., None], (*matches.shape, 4)).astype(np.int64)
        boxes = to_centers(xp, xp.take_along_axis(refs, places, axis=1), "corner")
        base = to_centers(xp, xp.broadcast_to(anchors, boxes.shape), "corner")
        shift = (boxes[..., :2] - base[..., :2]) / base[..., 2:]
        with np.errstate(invalid="ignore", divide="ignore"):  # a box without an area has no logarithm
            code = xp.concatenate([shift, xp.log(boxes[..., 2:] / base[..., 2:])], axis=-1)
        found = (samples > 0.5)[..., None]
        targets = xp.where(found, (code - means) / stds, 0).astype(anchors.dtype, copy=False)
        return targets, xp.broadcast_to(found, targets.shape).astype(anchors.dtype)

    def gradient(self, F: Any, p: Any, at: At) -> Any:
        return (None,) * 6

    def samples(self) -> Iterable[Sample]:
        for m in (3, 1):
            yield Sample(
                (
                    Draw((2, 5), "integer", -1, 2),
                    Draw((2, 5), "integer", 0, m),
                    Draw((2, 5, 4), "uniform", 0, 1),
                    Draw((2, m, 4), "uniform", 0, 1),
                    Draw((4,), "uniform", 0, 0.5),
                    Draw((4,), "uniform", 0.1, 0.5),
                ),
                differentiable=False,
            )


class DecodeParams(OpParams):
    """What box_decode takes."""

    std0: float = Field(1.0, description="factor of the first number")
    std1: float = Field(1.0, description="factor of the second number")
    std2: float = Field(1.0, description="factor of the third number")
    std3: float = Field(1.0, description="factor of the fourth number")
    clip: float = Field(-1.0, description="the most of the logarithms of width and height; 0 or less: no limit")
    format: Format = Field("center", description="how the anchors are given")


@register
class BoxDecode(Operator):
    """Boxes by their corners from what a network says of its anchors: the inverse of box_encode.

    data (B, N, 4) and anchors (1, N, 4) → (B, N, 4). No gradient flows, as in MXNet.
    """

    name = "_contrib_box_decode"
    category = "detection"
    Params = DecodeParams
    inputs = (Port("data", doc="codes (B, N, 4)"), Port("anchors", doc="boxes (1, N, 4)"))

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        for port, shape in zip(self.inputs, shapes, strict=True):
            if shape is not None and (len(shape) != 3 or shape[-1] != 4):
                raise ShapeError("a box has four numbers", port=port.name, wanted="(B, N, 4)", got=shape)
        return shapes, [shapes[0]]

    def forward(self, xp: Any, p: DecodeParams, data: Any, anchors: Any) -> Any:
        base = to_centers(xp, anchors, p.format)
        code = data * xp.asarray([p.std0, p.std1, p.std2, p.std3], dtype=data.dtype)
        size = code[..., 2:]
        if p.clip > 0:
            size = xp.minimum(size, data.dtype.type(p.clip))
        made = [code[..., :2] * base[..., 2:] + base[..., :2], xp.exp(size) * base[..., 2:]]
        return to_corners(xp, xp.concatenate(made, axis=-1), "center").astype(data.dtype, copy=False)

    def gradient(self, F: Any, p: Any, at: At) -> Any:
        return None, None

    def samples(self) -> Iterable[Sample]:
        for params in (
            {},
            {"std0": 0.1, "std1": 0.2, "std2": 0.3, "std3": 0.4, "format": "corner"},
            {"clip": 0.2},
        ):
            yield Sample(((2, 5, 4), Draw((1, 5, 4), "uniform", 0, 1)), params, differentiable=False)
