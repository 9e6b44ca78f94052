"""DeformablePSROIPooling: bins of regions that move by learnt shares of the region (Dai et al. 2017)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from pydantic import Field

from ..errors import ShapeError
from .operator import At, Draw, DTypes, Operator, Port, Sample, Shapes
from .params import OpParams
from .registry import register
from .sample_places import read, read_gradient


class MovedBinsParams(OpParams):
    """What DeformablePSROIPooling takes."""

    spatial_scale: float = Field(gt=0, le=1, description="size of the images over that of the images regions speak of")
    output_dim: int = Field(ge=1, description="channels of the output")
    group_size: int = Field(ge=1, description="rows and columns of channel groups")
    pooled_size: int = Field(ge=1, description="rows and columns of bins")
    part_size: int = Field(0, ge=0, description="rows and columns of moves; 0: pooled_size")
    sample_per_part: int = Field(1, ge=1, description="points along each side of a bin")
    trans_std: float = Field(0.0, ge=0, description="factor of the moves")
    no_trans: bool = Field(False, description="bins do not move")


def _parts(p: MovedBinsParams) -> Any:
    """For each bin along one side the part whose move it takes."""
    return np.arange(p.pooled_size) * (p.part_size or p.pooled_size) // p.pooled_size


def _still(xp: Any, p: MovedBinsParams, rois: Any) -> tuple[Any, Any]:
    """(points (R, 2, k s, k s) of regions whose bins do not move, sizes (R, 2) of the regions), y before x."""

    def nearest(values: Any) -> Any:
        return xp.sign(values) * xp.floor(xp.abs(values) + 0.5)

    low = nearest(rois[:, 2:0:-1]) * p.spatial_scale - 0.5
    high = (nearest(rois[:, 4:2:-1]) + 1) * p.spatial_scale - 0.5
    size = xp.maximum(high - low, 0.1)
    step = xp.arange(p.pooled_size * p.sample_per_part) / (p.pooled_size * p.sample_per_part)
    rows, columns = (low[:, i, None] + size[:, i, None] * step for i in (0, 1))
    shape = (len(rois), len(step), len(step))
    points = [xp.broadcast_to(rows[:, :, None], shape), xp.broadcast_to(columns[:, None, :], shape)]
    return xp.stack(points, axis=1).astype(rois.dtype), size.astype(rois.dtype)


def moved(xp: Any, p: MovedBinsParams, rois: Any, trans: Any) -> Any:
    """Points (R · c, 2, k s, k s) of regions whose bins move, y before x."""
    count, classes = trans.shape[0], trans.shape[1] // 2
    points, size = _still(xp, p, rois)
    which = xp.asarray(np.repeat(_parts(p), p.sample_per_part))
    moves = trans.reshape(count, classes, 2, *trans.shape[2:])[..., ::-1, :, :]
    moves = xp.take(xp.take(moves, which, axis=3), which, axis=4)
    places = points[:, None] + moves * (size * trans.dtype.type(p.trans_std))[:, None, :, None, None]
    return places.reshape(count * classes, *points.shape[1:]).astype(trans.dtype, copy=False)


@register
class BinPlaces(Operator):
    """Points of moved bins in pixels: regions (R, 5) and moves (R, 2 c, q, q), x before y → (R · c, 2, k s, k s)."""

    name = "_psroi_places"
    category = "pooling"
    Params = MovedBinsParams
    inputs = (Port("rois", doc="regions (R, 5)"), Port("trans", doc="moves (R, 2 c, q, q)"))

    def infer_shape(self, p: MovedBinsParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        trans = shapes[1]
        side = p.pooled_size * p.sample_per_part
        return shapes, [None if trans is None else (trans[0] * (trans[1] // 2), 2, side, side)]

    def forward(self, xp: Any, p: MovedBinsParams, rois: Any, trans: Any) -> Any:
        return moved(xp, p, rois, trans)

    def gradient(self, F: Any, p: MovedBinsParams, at: At, dy: Any, rois: Any) -> Any:
        return None, F._psroi_moves(dy, rois, **p.given(), channels=at.inputs[1].shape[1])

    def samples(self) -> Iterable[Sample]:
        params = {"spatial_scale": 0.7, "output_dim": 2, "group_size": 2, "pooled_size": 3, "trans_std": 0.3}
        rois = Draw((3, 5), "integer", 0, 4)
        yield Sample((rois, (3, 4, 2, 2)), {**params, "part_size": 2, "sample_per_part": 2})
        yield Sample((rois, (3, 2, 3, 3)), params)


class MovesParams(MovedBinsParams):
    """What _psroi_moves takes."""

    channels: int = Field(ge=2, description="channels of the moves")


@register
class BinMoves(Operator):
    """Sums of what points of moved bins are worth over each part: the adjoint of _psroi_places by the moves."""

    name = "_psroi_moves"
    category = "pooling"
    Params = MovesParams
    inputs = (Port("data", doc="values (R · c, 2, k s, k s)"), Port("rois", doc="regions (R, 5)"))

    def infer_shape(self, p: MovesParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        rois = shapes[1]
        side = p.part_size or p.pooled_size
        return shapes, [None if rois is None else (rois[0], p.channels, side, side)]

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [dtypes[0]]

    def forward(self, xp: Any, p: MovesParams, data: Any, rois: Any) -> Any:
        side, classes = p.part_size or p.pooled_size, p.channels // 2
        size = _still(xp, p, rois)[1] * data.dtype.type(p.trans_std)
        spread = np.zeros((side, p.pooled_size * p.sample_per_part))
        which = np.repeat(_parts(p), p.sample_per_part)
        spread[which, np.arange(len(which))] = 1
        sums = xp.asarray(spread, dtype=data.dtype)
        values = data.reshape(len(rois), classes, 2, *data.shape[2:]) * size[:, None, :, None, None]
        moves = xp.matmul(xp.matmul(sums, values), sums.T)[:, :, ::-1]
        return moves.reshape(len(rois), p.channels, side, side).astype(data.dtype, copy=False)

    def gradient(self, F: Any, p: MovesParams, at: At, dy: Any, rois: Any) -> Any:
        params = {k: v for k, v in p.given().items() if k != "channels"}
        there = F._psroi_places(rois, dy, **params)
        return there - F._psroi_places(rois, F.zeros_like(dy), **params), None

    def samples(self) -> Iterable[Sample]:
        params = {"spatial_scale": 0.7, "output_dim": 2, "group_size": 2, "pooled_size": 3, "trans_std": 0.3}
        more = {"part_size": 2, "sample_per_part": 2, "channels": 4}
        yield Sample(((6, 2, 6, 6), Draw((3, 5), "integer", 0, 4)), {**params, **more})


@register
class DeformablePSROIPooling(Operator):
    """Means of points in bins that move: (N, D · g², H, W), (R, 5) and moves (R, 2 c, q, q) → (R, D, k, k).

    A bin reads the channels of its group, as in PSROIPooling, at ``sample_per_part``² points. It moves by trans_std
    times its part's move (x, then y) times the region's size; D channels in c classes have moves of their own.
    Points more than half a pixel outside do not count.
    """

    name = "_contrib_DeformablePSROIPooling"
    category = "pooling"
    Params = MovedBinsParams
    inputs = (
        Port("data", doc="images (N, D · g², H, W)"),
        Port("rois", doc="regions (R, 5): image and corners"),
        Port("trans", doc="moves (R, 2 c, q, q)"),
    )
    outputs = ("output", "count")

    def ports(self, p: MovedBinsParams) -> tuple[Port, ...]:
        return self.inputs[:2] if p.no_trans else self.inputs

    def visible_outputs(self, p: Any) -> int:
        return 1

    def infer_shape(self, p: MovedBinsParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data, rois, *trans = shapes
        channels = p.output_dim * p.group_size**2
        if data is not None and (len(data) != 4 or data[1] != channels):
            raise ShapeError(
                "the channels do not fit the groups", port="data", wanted=f"(N, {channels}, H, W)", got=data
            )
        if rois is not None and (len(rois) != 2 or rois[1] != 5):
            raise ShapeError("a region has five numbers", port="rois", wanted="(R, 5)", got=rois)
        if trans and trans[0] is not None:
            side, got = p.part_size or p.pooled_size, trans[0]
            fits = len(got) == 4 and got[1] >= 2 and got[1] % 2 == 0 and got[2:] == (side, side)
            if not fits or p.output_dim % (got[1] // 2):
                raise ShapeError("moves of the parts", port="trans", wanted=f"(R, 2 c, {side}, {side})", got=got)
        out = None if rois is None else (rois[0], p.output_dim, p.pooled_size, p.pooled_size)
        return shapes, [out, out]

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [dtypes[0]] * 2

    def _group(self, p: MovedBinsParams) -> Any:
        """For each output channel of a class and point the channel it reads, as a 0/1 choice (g², points)."""
        of_bin = np.repeat(np.arange(p.pooled_size) * p.group_size // p.pooled_size, p.sample_per_part)
        groups = of_bin[:, None] * p.group_size + of_bin
        return groups[None] == np.arange(p.group_size**2)[:, None, None]

    def forward(self, xp: Any, p: MovedBinsParams, data: Any, rois: Any, *trans: Any) -> Any:
        moves = trans[0] if trans else xp.zeros((rois.shape[0], 2, p.pooled_size, p.pooled_size), data.dtype)
        still = p if trans else p.model_copy(update={"part_size": 0})
        classes, groups = moves.shape[1] // 2, p.group_size**2
        places = moved(xp, still, rois, moves)
        choice = xp.asarray(self._group(p), dtype=data.dtype)
        shape = (rois.shape[0], p.output_dim, p.pooled_size, p.pooled_size)
        out, count = xp.zeros(shape, data.dtype), xp.zeros(shape, data.dtype)
        per = p.output_dim // classes
        for r, image in enumerate(rois[:, 0].astype(np.int64).tolist()):
            source = data[image].reshape(classes, per * groups, *data.shape[2:])
            at = places[r * classes : (r + 1) * classes]
            values = read(xp, source, at, "half").reshape(classes, per, groups, *places.shape[2:])
            out[r] = self._bins(p, (values * choice).sum(axis=2)).reshape(shape[1:])
            inside = self._inside(at, data.shape[2:]).astype(data.dtype)
            count[r] = xp.repeat(self._bins(p, inside), per, axis=0)
        return out / xp.maximum(count, 1), count

    @staticmethod
    def _inside(places: Any, size: Any) -> Any:
        y, x = places[:, 0], places[:, 1]
        return (y >= -0.5) & (y <= size[0] - 0.5) & (x >= -0.5) & (x <= size[1] - 0.5)

    @staticmethod
    def _bins(p: MovedBinsParams, values: Any) -> Any:
        """Sums over the points of each bin: (…, k s, k s) → (…, k, k)."""
        split = (*values.shape[:-2], p.pooled_size, p.sample_per_part, p.pooled_size, p.sample_per_part)
        return values.reshape(split).sum(axis=(-3, -1))

    def gradient(self, F: Any, p: MovedBinsParams, at: At, dy: Any, ys: Any, xs: Any) -> Any:
        data, rois, *trans = xs
        channels, height, width = at.inputs[0].shape[1:]
        count, k, s = at.inputs[1].shape[0], p.pooled_size, p.sample_per_part
        classes = at.inputs[2].shape[1] // 2 if trans else 1
        per, groups, side = p.output_dim // classes, p.group_size**2, k * s
        given = p.given()
        if trans:
            places = F._psroi_places(rois, trans[0], **given)
        else:
            given["part_size"] = 0
            places = F._psroi_places(rois, F._zeros(shape=(count, 2, k, k), dtype=at.inputs[0].dtype.name), **given)
        share = dy / F.broadcast_maximum(ys[1], F.ones_like(ys[1]))
        wide = F.repeat(F.repeat(share, repeats=s, axis=2), repeats=s, axis=3)
        wide = F.reshape(wide, shape=(count * classes, per, 1, side, side))
        choice = self._choice(F, p, at)
        spread = F.reshape(F.broadcast_mul(wide, choice), shape=(count * classes, per * groups, side, side))
        image = F.reshape(F.slice_axis(rois, axis=1, begin=0, end=1), shape=(count,))
        apart = (count * classes, per * groups, height, width)
        source = F.reshape(F.take(data, image), shape=apart)
        into, by_places = read_gradient(F, spread, source, places, (height, width), "half")
        joined = F.reshape(into, shape=(count, channels, height, width))
        by_data = F._take_grad(joined, image, shape=at.inputs[0].shape)
        if not trans:
            return by_data, None
        return by_data, None, F._psroi_moves(by_places, rois, **given, channels=2 * classes)

    def _choice(self, F: Any, p: MovedBinsParams, at: At) -> Any:
        """The choice of channels as (1, 1, g², k s, k s), made of operators."""
        side, groups = p.pooled_size * p.sample_per_part, p.group_size**2
        dtype = at.inputs[0].dtype.name
        of_point = F.floor(F._arange(start=0, stop=side, dtype=dtype) / p.sample_per_part + 1e-3)
        step = F.floor(of_point * (p.group_size / p.pooled_size) + 1e-3)
        rows = F.reshape(step, shape=(side, 1)) * p.group_size
        which = F.broadcast_add(rows, F.reshape(step, shape=(1, side)))
        numbers = F.reshape(F._arange(start=0, stop=groups, dtype=dtype), shape=(groups, 1, 1))
        chosen = F.broadcast_equal(F.reshape(which, shape=(1, side, side)), numbers)
        return F.reshape(chosen, shape=(1, 1, groups, side, side))

    def samples(self) -> Iterable[Sample]:
        params = {"spatial_scale": 0.7, "output_dim": 2, "group_size": 2, "pooled_size": 3, "trans_std": 0.3}
        images, rois = Draw((2, 8, 5, 6)), Draw((3, 5), "integer", 0, 2)
        moves = Draw((3, 4, 2, 2), "distinct", -0.43, 0.47)
        yield Sample((images, rois, moves), {**params, "part_size": 2, "sample_per_part": 2})
        yield Sample((images, rois), {**params, "sample_per_part": 2, "no_trans": True})
