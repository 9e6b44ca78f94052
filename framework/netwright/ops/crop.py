"""Crop: a window of images, placed by offset or in the middle."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from ..errors import ParamError, ShapeError
from .keys import BasicKey
from .operator import Port, Sample, Shape
from .params import OpParams, Pads
from .registry import register
from .slicing import WHOLE, Part


class CropParams(OpParams):
    """What Crop takes."""

    num_args: Annotated[int, Field(ge=1, le=2)] = Field(description="1: the window is h_w; 2: the second input's size")
    offset: Pads = Field((0, 0), description="the window's first row and column")
    h_w: Pads = Field((0, 0), description="the window's height and width, with one input")
    center_crop: bool = Field(False, description="put the window in the middle instead of at offset")


@register
class Crop(Part):
    """A window of height and width (h, w) of images (N, C, H, W) → (N, C, h, w).

    It begins at ``offset``, or lies in the middle with ``center_crop``. With two inputs the second one says its size;
    no gradient flows there.
    """

    name = "Crop"
    category = "shape"
    title = "Crop"
    in_palette = True
    Params = CropParams
    variadic = "num_args"
    inputs = (Port("data", doc="images (N, C, H, W)"), Port("crop_like", doc="whose height and width are taken"))

    def ports(self, p: CropParams) -> tuple[Port, ...]:
        return self.inputs[: p.num_args]

    def key(self, p: CropParams, *shapes: Shape) -> BasicKey:
        for port, shape in zip(self.ports(p), shapes, strict=True):
            if len(shape) != 4:
                raise ShapeError("images have four axes", port=port.name, wanted="(N, C, H, W)", got=shape)
        window = shapes[1][2:] if p.num_args == 2 else p.h_w
        room = shapes[0][2:]
        if len(window) != 2 or len(p.offset) != 2 or 0 in window:
            raise ParamError("the window needs a height and a width", parameter="h_w", wanted="(h, w)", got=window)
        begin = tuple((r - w) // 2 for r, w in zip(room, window, strict=True)) if p.center_crop else p.offset
        if any(not 0 <= b <= r - w for b, w, r in zip(begin, window, room, strict=True)):
            raise ShapeError(
                "the window does not lie within the images",
                port="data",
                parameter="offset",
                wanted=f"images of at least {tuple(max(b, 0) + w for b, w in zip(begin, window, strict=True))}",
                got=room,
            )
        rows, columns = ((b, b + w, None) for b, w in zip(begin, window, strict=True))
        return WHOLE, WHOLE, rows, columns

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 1, 4, 5),), {"num_args": 1, "h_w": (2, 3), "offset": (1, 2)})
        yield Sample(((2, 1, 4, 5),), {"num_args": 1, "h_w": (2, 2), "center_crop": True})
        yield Sample(((1, 2, 5, 4), (1, 1, 2, 3)), {"num_args": 2, "offset": (0, 1)})
