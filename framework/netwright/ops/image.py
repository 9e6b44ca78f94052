"""Images as they come from files, (H, W, C) or (N, H, W, C): to tensors, normalized, cropped, resized, turned over."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import BeforeValidator, Field

from ..errors import DTypeError, ParamError, ShapeError
from .arrays import deliver
from .operator import Draw, DTypes, Operator, Port, Sample, Shape, Shapes
from .params import OpParams, Sizes
from .registry import register
from .resampling import resample


def _numbers(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return (float(value),) if isinstance(value, (int, float)) else value


Numbers = Annotated[tuple[float, ...], BeforeValidator(_numbers)]
"""Numbers per channel; one number stands for a tuple of one."""

PICTURE = Port("data", doc="an image (H, W, C), or several (N, H, W, C)")


def check_image(shape: Shape, *, batched: bool = True) -> None:
    """Raise ShapeError unless the shape is that of an image, or of several where ``batched``."""
    if len(shape) != 3 and not (batched and len(shape) == 4):
        wanted = "(H, W, C) or (N, H, W, C)" if batched else "(H, W, C)"
        raise ShapeError("data must be an image", port="data", wanted=wanted, got=shape)


def pictures(shape: Shape, **params: Any) -> Iterable[Sample]:
    """Samples in each dtype an image may have."""
    for dtype in ("uint8", "int32"):
        yield Sample((Draw(shape, "integer", 0, 256, dtype=dtype),), params, differentiable=False, dtypes=("float32",))
    yield Sample((Draw(shape, "uniform", 0, 255),), params, dtypes=("float16", "float32", "float64"))


class ImageOperator(Operator):
    """Base of the operators on images."""

    category = "image"
    inputs = (PICTURE,)


@register
class ToTensor(ImageOperator):
    """Numbers from 0 to 255 become float32 from 0 to 1, channels first: (H, W, C) → (C, H, W), y = x / 255.

    Several images, (N, H, W, C), become (N, C, H, W).
    """

    name = "_image_to_tensor"

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None]
        check_image(data)
        return shapes, [(*data[:-3], data[-1], *data[-3:-1])]

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [np.dtype(np.float32)]

    def forward(self, xp: Any, p: Any, data: Any) -> Any:
        scaled = xp.moveaxis(data, -1, -3).astype(np.float32) / np.float32(255)
        return xp.ascontiguousarray(scaled)

    def gradient(self, F: Any, p: Any, at: Any, dy: Any) -> Any:
        spec = at.inputs[0]
        axes = (1, 2, 0) if len(spec.shape) == 3 else (0, 2, 3, 1)
        return F.Cast(F.transpose(dy, axes=axes) * (1 / 255), dtype=spec.dtype.name) if spec.dtype.kind == "f" else None

    def samples(self) -> Iterable[Sample]:
        for shape in ((4, 5, 3), (2, 3, 2, 1), (0, 3, 2, 3)):
            # the output is float32 whatever the input is, too coarse for finite differences
            yield Sample((Draw(shape, "integer", 0, 256, dtype="uint8"),), differentiable=False, dtypes=("float32",))
            yield Sample((Draw(shape, "uniform", 0, 255),), differentiable=False)


class NormalizeParams(OpParams):
    """What image.normalize takes."""

    mean: Numbers = Field((0.0,), description="mean of each channel, or of all")
    std: Numbers = Field((1.0,), description="standard deviation of each channel, or of all")


@register
class Normalize(ImageOperator):
    """Each channel shifted and scaled: y = (x − mean) / std for (C, H, W) or (N, C, H, W), with 1 or 3 channels."""

    name = "_image_normalize"
    Params = NormalizeParams
    inputs = (Port("data", doc="a tensor (C, H, W), or several (N, C, H, W)"),)

    def infer_shape(self, p: NormalizeParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None]
        if len(data) not in (3, 4) or data[-3] not in (1, 3):
            raise ShapeError(
                "data must be a tensor of 1 or 3 channels",
                port="data",
                wanted="(C, H, W) or (N, C, H, W)",
                got=data,
                remedy="Call to_tensor first: it puts the channels in front",
            )
        for name in ("mean", "std"):
            if len(getattr(p, name)) not in (1, data[-3]):
                raise ParamError(
                    "one number for each channel, or one for all",
                    parameter=name,
                    wanted=f"1 or {data[-3]} numbers",
                    got=getattr(p, name),
                )
        return shapes, [data]

    def _channels(self, xp: Any, numbers: tuple[float, ...], dtype: Any) -> Any:
        return xp.asarray(np.array(numbers, dtype).reshape(-1, 1, 1))

    def forward(self, xp: Any, p: NormalizeParams, data: Any, *, out: Any = None) -> Any:
        work = np.dtype(np.float64) if data.dtype == np.float64 else np.dtype(np.float32)
        shifted = data.astype(work) - self._channels(xp, p.mean, work)
        scaled = shifted / self._channels(xp, p.std, work)
        return deliver(xp, scaled.astype(data.dtype, copy=False), out)

    def gradient(self, F: Any, p: NormalizeParams, at: Any, dy: Any) -> Any:
        if at.inputs[0].dtype.kind != "f":
            return None
        if len(p.std) == 1:
            return dy * (1 / p.std[0])
        parts = F.SliceChannel(dy, num_outputs=len(p.std), axis=-3)
        scaled = [part * (1 / s) for part, s in zip(parts, p.std, strict=True)]
        return F.Concat(*scaled, dim=len(at.inputs[0].shape) - 3, num_args=len(scaled))

    def samples(self) -> Iterable[Sample]:
        three = {"mean": (100.0, 110.0, 120.0), "std": (50.0, 60.0, 70.0)}
        for shape in ((3, 4, 5), (2, 3, 2, 3)):
            yield Sample(
                (shape,), {"mean": (0.1, 0.2, 0.3), "std": (0.5, 0.6, 0.7)}, dtypes=("float16", "float32", "float64")
            )
        yield Sample(((1, 4, 5),), {"mean": 0.5, "std": 2.0})
        yield Sample(((0, 1, 4, 5),))
        bright = Draw((3, 4, 5), "integer", 200, 256, dtype="uint8")
        yield Sample((bright,), three, differentiable=False, dtypes=("float32",))


class CropParams(OpParams):
    """What image.crop takes."""

    x: int = Field(ge=0, description="left edge")
    y: int = Field(ge=0, description="upper edge")
    width: int = Field(ge=1, description="columns kept")
    height: int = Field(ge=1, description="rows kept")


@register
class ImageCrop(ImageOperator):
    """The part of an image from column x and row y on, ``width`` columns and ``height`` rows large."""

    name = "_image_crop"
    Params = CropParams

    def infer_shape(self, p: CropParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None]
        check_image(data)
        for name, size, begin, limit in (("width", p.width, p.x, data[-2]), ("height", p.height, p.y, data[-3])):
            if begin + size > limit:
                raise ParamError(
                    "the part leaves the image",
                    parameter=name,
                    wanted=f"{'x' if name == 'width' else 'y'} + {name} <= {limit}",
                    got=f"{begin} + {size}",
                )
        return shapes, [(*data[:-3], p.height, p.width, data[-1])]

    def forward(self, xp: Any, p: CropParams, data: Any, *, out: Any = None) -> Any:
        part = data[..., p.y : p.y + p.height, p.x : p.x + p.width, :]
        return deliver(xp, part if out is not None else part.copy(), out)

    def gradient(self, F: Any, p: CropParams, at: Any, dy: Any) -> Any:
        whole = (None, None, None)
        key = ("...", (p.y, p.y + p.height, None), (p.x, p.x + p.width, None), whole)
        return F._basic_index_grad(dy, key=key, shape=at.inputs[0].shape)

    def samples(self) -> Iterable[Sample]:
        yield from pictures((4, 5, 3), x=1, y=2, width=3, height=2)
        yield Sample(((2, 4, 5, 1),), {"x": 0, "y": 0, "width": 5, "height": 1})


class ResizeParams(OpParams):
    """What image.resize takes."""

    size: Sizes = Field((), description="(width, height); one number: a square, or the short side with keep_ratio")
    keep_ratio: bool = Field(False, description="with one number: keep the ratio of width and height")
    interp: int = Field(1, ge=0, le=4, description="0 nearest, 1 bilinear, 2 bicubic, 3 area, 4 Lanczos")


@register
class ImageResize(ImageOperator):
    """Images brought to another size: (H, W, C) → (height, width, C), by OpenCV's rules of interpolation.

    float16 and integers of more than 8 bits are not taken. No gradient.
    """

    name = "_image_resize"
    Params = ResizeParams

    def _target(self, p: ResizeParams, shape: Shape) -> tuple[int, int]:
        """(height, width)."""
        if len(p.size) not in (1, 2):
            raise ParamError("one size, or two", parameter="size", wanted="size or (width, height)", got=p.size)
        if len(p.size) == 2:
            return p.size[1], p.size[0]
        if not p.keep_ratio:
            return p.size[0], p.size[0]
        h, w = shape[-3:-1]
        return (p.size[0], p.size[0] * w // h) if h < w else (p.size[0] * h // w, p.size[0])

    def infer_shape(self, p: ResizeParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None]
        check_image(data)
        if 0 in data[-3:-1]:
            raise ShapeError("the image is empty", port="data", wanted="at least one pixel", got=data)
        return shapes, [(*data[:-3], *self._target(p, data), data[-1])]

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        dtype = dtypes[0]
        if dtype is not None and dtype.name not in ("uint8", "int8", "float32", "float64"):
            raise DTypeError(
                "images of this dtype cannot be resized",
                port="data",
                wanted="uint8, int8, float32 or float64",
                got=dtype.name,
                remedy="Use astype()",
            )
        return dtypes, [dtype]

    def forward(self, xp: Any, p: ResizeParams, data: Any, *, out: Any = None) -> Any:
        return deliver(xp, resample(xp, data, *self._target(p, data.shape), p.interp), out)

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return int(8 * outputs[0].size)

    def samples(self) -> Iterable[Sample]:
        for interp in range(5):
            yield Sample(((4, 5, 3),), {"size": (7, 3), "interp": interp}, differentiable=False)
        yield Sample(((2, 6, 4, 1),), {"size": 3, "keep_ratio": True}, differentiable=False)
        yield Sample(((6, 9, 1),), {"size": (3, 2), "interp": 3}, differentiable=False)
        bytes_ = Draw((4, 6, 3), "integer", 0, 256, dtype="uint8")
        yield Sample((bytes_,), {"size": (3, 2)}, differentiable=False, dtypes=("float32",))


class _Turning(ImageOperator):
    """Base of the turnings: rows or columns in reverse order."""

    axis: ClassVar[int]

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        if shapes[0] is not None:
            check_image(shapes[0], batched=False)
        return shapes, [shapes[0]]

    def samples(self) -> Iterable[Sample]:
        yield from pictures((4, 5, 3))
        yield Sample(((3, 0, 1),))


class _Flip(_Turning):
    """Base of those that always turn."""

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        turned = xp.flip(data, self.axis)
        return deliver(xp, turned if out is not None else turned.copy(), out)

    def gradient(self, F: Any, p: Any, at: Any, dy: Any) -> Any:
        return F.reverse(dy, axis=self.axis)


@register
class FlipLeftRight(_Flip):
    """An image (H, W, C) mirrored: its columns in reverse order."""

    name = "_image_flip_left_right"
    axis = 1


@register
class FlipTopBottom(_Flip):
    """An image (H, W, C) upside down: its rows in reverse order."""

    name = "_image_flip_top_bottom"
    axis = 0


class _RandomFlip(_Turning):
    """Base of the turnings with probability ½; a hidden output tells whether it was turned."""

    outputs = ("output", "turned")

    def visible_outputs(self, p: Any) -> int:
        return 1

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        inputs, outputs = super().infer_shape(p, shapes)
        return inputs, [outputs[0], (1,)]

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [dtypes[0], dtypes[0]]

    def forward(self, xp: Any, p: Any, data: Any, *, rng: Any) -> Any:
        turned = float(rng.random(1, dtype=np.float32)[0]) < 0.5
        return (xp.flip(data, self.axis) if turned else data).copy(), xp.full((1,), turned, data.dtype)

    def gradient(self, F: Any, p: Any, at: Any, dy: Any, ys: Any) -> Any:
        turned = F.reshape(ys[1], shape=(1, 1, 1))
        return F.broadcast_mul(F.reverse(dy, axis=self.axis), turned) + F.broadcast_mul(dy, 1 - turned)


@register
class RandomFlipLeftRight(_RandomFlip):
    """An image (H, W, C), mirrored with probability ½."""

    name = "_image_random_flip_left_right"
    axis = 1


@register
class RandomFlipTopBottom(_RandomFlip):
    """An image (H, W, C), upside down with probability ½."""

    name = "_image_random_flip_top_bottom"
    axis = 0
