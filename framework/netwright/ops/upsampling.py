"""UpSampling: images made larger by a whole factor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from pydantic import Field

from ..errors import ShapeError
from .deconvolution import DeconvolutionParams
from .operator import Operator, Port, Sample, Shape, Shapes
from .params import OpParams, Size, hint
from .registry import get, register
from .sight import Looks, along, repeated, somewhere


class UpSamplingParams(OpParams):
    """What UpSampling takes."""

    scale: Size = Field(description="how many times larger height and width become")
    num_filter: int = Field(0, ge=0, description="bilinear: the number of channels")
    sample_type: Literal["nearest", "bilinear"] = Field(
        description="nearest: each position repeated; bilinear: spread by a trained kernel"
    )
    multi_input_mode: Literal["concat", "sum"] = Field(
        "concat", description="nearest, several inputs: joined along the channels, or added up"
    )
    num_args: Size = Field(description="the number of inputs; for bilinear: data and weight")
    workspace: int = hint(512)


@register
class UpSampling(Operator):
    """Images made ``scale`` times larger: (N, C, H, W) → (N, C, H·scale, W·scale).

    ``nearest`` repeats each position; further inputs, of sizes that divide the output's, are brought to the same size
    and joined along the channels or added up. ``bilinear`` is a Deconvolution of each channel with a weight
    (C, 1, k, k), k = 2·scale − scale mod 2, that initializer Bilinear makes an interpolation of.
    """

    name = "UpSampling"
    category = "convolution"
    title = "Up-sampling"
    in_palette = True
    Params = UpSamplingParams
    variadic = "num_args"
    inputs = (Port("data", doc="images (N, C, H, W)"), Port("weight", "weight", doc="bilinear: one kernel a channel"))

    def ports(self, p: UpSamplingParams) -> tuple[Port, ...]:
        return self.inputs if p.sample_type == "bilinear" else super().ports(p)

    def infer_shape(self, p: UpSamplingParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        for port, shape in zip(self.ports(p), shapes, strict=True):
            if shape is not None and len(shape) != 4:
                raise ShapeError("images have four axes", port=port.name, wanted="(N, C, H, W)", got=shape)
        data = shapes[0]
        if data is None:
            return shapes, [None]
        if p.sample_type == "bilinear":
            return get("Deconvolution").infer_shape(_spreading(p, data), shapes)
        if any(s is None for s in shapes):
            return shapes, [None]
        height, width = data[2] * p.scale, data[3] * p.scale
        known = [s for s in shapes if s is not None]
        for i, shape in enumerate(known):
            if shape[0] != data[0] or height % shape[2] or shape[3] * (height // shape[2]) != width:
                raise ShapeError(
                    f"input {i} cannot be brought to {height} by {width}",
                    port=f"arg{i}",
                    wanted=f"batch {data[0]}, height and width that go into ({height}, {width}) equally often",
                    got=shape,
                )
            if p.multi_input_mode == "sum" and shape[1] != data[1]:
                raise ShapeError("only equal channels can be added", port=f"arg{i}", wanted=data[1], got=shape[1])
        channels = data[1] if p.multi_input_mode == "sum" else sum(s[1] for s in known)
        return shapes, [(data[0], channels, height, width)]

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        if p.sample_type == "bilinear":
            return get("Deconvolution").sight(_spreading(p, inputs[0]), inputs, output, number)
        looks = []
        for shape in inputs:
            n = output[2] // shape[2]
            wide = tuple(repeated(axis, n) for axis in (2, 3))
            looks.append((along(0), along(1) if p.multi_input_mode == "sum" else somewhere(1), *wide))
        return looks

    def forward(self, xp: Any, p: UpSamplingParams, *arrays: Any, out: Any = None) -> Any:
        if p.sample_type == "bilinear":
            spreading = _spreading(p, arrays[0].shape)
            return get("Deconvolution").forward(xp, spreading, *arrays, out=out)
        if out is None:
            shape = self.infer_shape(p, [a.shape for a in arrays])[1][0]
            out = xp.empty(shape, dtype=arrays[0].dtype)
        begin = 0
        for i, array in enumerate(arrays):
            n, c, h, w = array.shape
            s = out.shape[2] // h
            part = out if p.multi_input_mode == "sum" else out[:, begin : begin + c]
            blocks = part.reshape(n, c, h, s, w, s)  # axes are only split: a view
            if p.multi_input_mode == "sum" and i:
                blocks += array[:, :, :, None, :, None]
            else:
                blocks[...] = array[:, :, :, None, :, None]
            begin += c
        return out

    def gradient(self, F: Any, p: UpSamplingParams, at: Any, dy: Any, data: Any, weight: Any) -> Any:
        if p.sample_type == "bilinear":
            spreading = _spreading(p, at.inputs[0].shape)
            return get("Deconvolution").gradient(F, spreading, at, dy, data, weight)  # type: ignore[attr-defined]
        begin = 0
        found: list[Any] = []
        for spec, wanted in zip(at.inputs, at.wanted, strict=True):
            n, c, h, w = spec.shape
            s = at.outputs[0].shape[2] // h
            part = dy
            if wanted and p.multi_input_mode == "concat" and len(at.inputs) > 1:
                part = F._basic_index(dy, key=((None, None, None), (begin, begin + c, None)))
            begin += c
            blocks = F._reshape_to(part, shape=(n, c, h, s, w, s)) if wanted else None
            found.append(F._sum_to(blocks, shape=spec.shape, axis=(3, 5)) if wanted else None)
        return found

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 3, 2, 3),), {"scale": 2, "sample_type": "nearest", "num_args": 1})
        yield Sample(((2, 1, 2, 3), (2, 2, 4, 6)), {"scale": 4, "sample_type": "nearest", "num_args": 2})
        yield Sample(
            ((2, 3, 2, 2), (2, 3, 6, 6)),
            {"scale": 3, "sample_type": "nearest", "num_args": 2, "multi_input_mode": "sum"},
        )
        for scale, kernel in ((2, 4), (3, 5)):
            yield Sample(
                ((2, 3, 2, 3), (3, 1, kernel, kernel)),
                {"scale": scale, "sample_type": "bilinear", "num_args": 2, "num_filter": 3},
            )


def _spreading(p: UpSamplingParams, data: Shape) -> DeconvolutionParams:
    """The deconvolution that bilinear up-sampling is."""
    kernel = 2 * p.scale - p.scale % 2
    if p.num_filter not in (0, data[1]):
        raise ShapeError("num_filter must be the number of channels", port="data", wanted=p.num_filter, got=data[1])
    pad = p.scale // 2  # ⌈(scale − 1) / 2⌉
    return DeconvolutionParams(
        kernel=(kernel, kernel),
        stride=(p.scale, p.scale),
        pad=(pad, pad),
        num_filter=data[1],
        num_group=data[1],
        no_bias=True,
    )
