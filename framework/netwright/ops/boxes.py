"""Boxes of object detection: overlaps, suppression of overlapping boxes, matching.

A box is [left, top, right, bottom] (``corner``) or [x, y, width, height] with its middle (``center``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
from pydantic import Field

from ..errors import ShapeError
from .operator import At, Draw, DTypes, Operator, Port, Sample, Shapes
from .params import OpParams
from .registry import register

Format = Literal["corner", "center"]


def on_host(array: Any) -> Any:
    """The array in NumPy's memory: steps that depend on each other are no work for a GPU."""
    return array.get() if hasattr(array, "get") else array


def to_corners(xp: Any, boxes: Any, form: Format) -> Any:
    """Boxes (…, 4) by their corners."""
    if form == "corner":
        return boxes
    middle, half = boxes[..., :2], boxes[..., 2:] / 2
    return xp.concatenate([middle - half, middle + half], axis=-1)


def to_centers(xp: Any, boxes: Any, form: Format) -> Any:
    """Boxes (…, 4) by middle, width and height."""
    if form == "center":
        return boxes
    low, high = boxes[..., :2], boxes[..., 2:]
    return xp.concatenate([(low + high) / 2, high - low], axis=-1)


def overlaps(xp: Any, lhs: Any, rhs: Any) -> Any:
    """Intersection over union of corner boxes, (…, 4) with (…, 4) by broadcasting; 0 where they do not touch."""
    low = xp.maximum(lhs[..., :2], rhs[..., :2])
    high = xp.minimum(lhs[..., 2:], rhs[..., 2:])
    common = xp.prod(xp.maximum(high - low, 0), axis=-1)
    union = area(xp, lhs) + area(xp, rhs) - common
    return xp.where(common > 0, common / xp.where(common > 0, union, 1), 0).astype(lhs.dtype, copy=False)


def area(xp: Any, boxes: Any) -> Any:
    """Areas of corner boxes; 0 where right < left."""
    return xp.prod(xp.maximum(boxes[..., 2:] - boxes[..., :2], 0), axis=-1)


class IouParams(OpParams):
    """What box_iou takes."""

    format: Format = Field("corner", description="how boxes are given")


@register
class BoxIou(Operator):
    """Intersection over union of each box of lhs with each of rhs: (…, 4) and (…, 4) → both leading shapes.

    No gradient flows, as in MXNet.

    >>> mx.nd.contrib.box_iou(mx.nd.array([[0, 0, 2, 2]]), mx.nd.array([[1, 1, 2, 2], [3, 3, 4, 4]])).asnumpy()
    array([[0.25, 0.  ]], dtype=float32)
    """

    name = "_contrib_box_iou"
    category = "detection"
    Params = IouParams
    inputs = (Port("lhs", doc="boxes (…, 4)"), Port("rhs", doc="boxes (…, 4)"))

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        for port, shape in zip(self.inputs, shapes, strict=True):
            if shape is not None and (len(shape) < 2 or shape[-1] != 4):
                raise ShapeError("a box has four numbers", port=port.name, wanted="(…, 4)", got=shape)
        lhs, rhs = shapes
        return shapes, [None if lhs is None or rhs is None else (*lhs[:-1], *rhs[:-1])]

    def forward(self, xp: Any, p: IouParams, lhs: Any, rhs: Any) -> Any:
        a, b = (to_corners(xp, boxes, p.format).reshape(-1, 4) for boxes in (lhs, rhs))
        return overlaps(xp, a[:, None], b[None]).reshape(*lhs.shape[:-1], *rhs.shape[:-1])

    def gradient(self, F: Any, p: Any, at: At) -> Any:
        return None, None

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return int(12 * outputs[0].size)

    def samples(self) -> Iterable[Sample]:
        shapes = ((5, 4), (2, 3, 4)), ((0, 4), (3, 4))
        forms: tuple[Format, ...] = ("corner", "center")
        for form in forms:
            for a, b in shapes:
                draws = Draw(a, "uniform", 0, 1), Draw(b, "uniform", 0, 1)
                yield Sample(draws, {"format": form}, differentiable=False)


class NmsParams(OpParams):
    """What box_nms takes."""

    overlap_thresh: float = Field(0.5, description="boxes that overlap a better one by more than this are dropped")
    valid_thresh: float = Field(0.0, description="boxes whose score is not above this are dropped at first")
    topk: int = Field(-1, description="how many of the best boxes are looked at; −1: all, 0: nothing is done")
    coord_start: int = Field(2, ge=0, description="where a box's four numbers begin")
    score_index: int = Field(1, ge=0, description="where its score is")
    id_index: int = Field(-1, description="where its class is; −1: all are of one")
    background_id: int = Field(-1, description="class whose boxes are dropped at first")
    force_suppress: bool = Field(False, description="boxes of other classes are dropped too")
    in_format: Format = Field("corner", description="how boxes are given")
    out_format: Format = Field("corner", description="how boxes come out")


def keep_best(boxes: Any, ids: Any, threshold: float) -> list[int]:
    """Positions of boxes, best first, that no better box of the same id (None: any) overlaps by more."""
    kept: list[int] = []
    alive = np.ones(len(boxes), bool)
    for i in range(len(boxes)):
        if not alive[i]:
            continue
        kept.append(i)
        rivals = alive.copy()
        rivals[: i + 1] = False
        if ids is not None:
            rivals &= ids == ids[i]
        alive[rivals] = overlaps(np, boxes[i], boxes[rivals]) <= threshold
    return kept


@register
class BoxNms(Operator):
    """Boxes without those that overlap a better one: (…, boxes, numbers of a box) in the same shape, best first.

    The rows left free are −1. A row holds a score, four numbers of a box, perhaps a class, and whatever else.

    >>> rows = mx.nd.array([[0.5, 0, 0, 2, 2], [0.9, 0, 0, 2, 1.5], [0.4, 5, 5, 6, 6]])
    >>> mx.nd.contrib.box_nms(rows, score_index=0, coord_start=1)[:, 0].asnumpy()
    array([ 0.9,  0.4, -1. ], dtype=float32)
    """

    name = "_contrib_box_nms"
    aliases = ("_contrib_box_non_maximum_suppression",)
    category = "detection"
    Params = NmsParams
    inputs = (Port("data", doc="rows (…, boxes, 5 or more)"),)
    outputs = ("output0", "record")

    def visible_outputs(self, p: Any) -> int:
        return 1

    def infer_shape(self, p: NmsParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None, None]
        wanted = max(p.coord_start + 4, p.score_index + 1, p.id_index + 1)
        if len(data) < 2 or data[-1] < wanted:
            raise ShapeError("a row is too short", port="data", wanted=f"(…, boxes, {wanted} or more)", got=data)
        return shapes, [data, (*data[:-1], 1)]

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [dtypes[0], np.dtype(np.int64)]

    def forward(self, xp: Any, p: NmsParams, data: Any) -> Any:
        rows = on_host(data)
        flat = rows.reshape(-1, *rows.shape[-2:])
        count = flat.shape[1]
        out, record = np.full_like(flat, -1, order="C"), np.full((len(flat), count, 1), -1, np.int64)
        if p.topk == 0:
            return data.copy(), xp.arange(math.prod(data.shape[:-1]), dtype=np.int64).reshape(*data.shape[:-1], 1)
        place = slice(p.coord_start, p.coord_start + 4)
        for b, batch in enumerate(flat):
            valid = batch[:, p.score_index] > p.valid_thresh
            if p.id_index >= 0:
                valid &= batch[:, p.id_index] != p.background_id
            best = np.flatnonzero(valid)
            best = best[np.argsort(-batch[best, p.score_index], kind="stable")]
            best = best[: p.topk] if p.topk > 0 else best
            boxes = to_corners(np, batch[best, place].astype(np.float64), p.in_format)
            ids = None if p.force_suppress or p.id_index < 0 else batch[best, p.id_index]
            kept = best[keep_best(boxes, ids, p.overlap_thresh)]
            record[b, : len(kept), 0] = kept + b * count
            found = batch[kept]
            if p.in_format != p.out_format:
                convert = to_corners if p.out_format == "corner" else to_centers
                found[:, place] = convert(np, found[:, place], p.in_format)
            out[b, : len(kept)] = found
        return xp.asarray(out.reshape(data.shape)), xp.asarray(record.reshape(*data.shape[:-1], 1))

    def gradient(self, F: Any, p: NmsParams, at: At, dy: Any, ys: Any) -> Any:
        shape = at.inputs[0].shape
        rows, width = math.prod(shape[:-1]), shape[-1]
        flat = F.reshape(self._unconverted(F, p, dy, width), shape=(rows, width))
        record = F.reshape(ys[1], shape=(1, rows))
        place = F.where(record < 0, F.ones_like(record) * rows, record)  # a row more for what came from nowhere
        spread = F.scatter_nd(flat, place, shape=(rows + 1, width))
        return F.reshape(F.slice_axis(spread, axis=0, begin=0, end=rows), shape=shape)

    @staticmethod
    def _unconverted(F: Any, p: NmsParams, dy: Any, width: int) -> Any:
        """The gradient by boxes in the form they came in."""
        if p.in_format == p.out_format:
            return dy
        begin = p.coord_start

        def part(a: int, b: int) -> Any:
            return F.slice_axis(dy, axis=-1, begin=a, end=b)

        first, second = part(begin, begin + 2), part(begin + 2, begin + 4)
        if p.out_format == "corner":
            mixed = [first + second, (second - first) * 0.5]
        else:
            mixed = [first * 0.5 - second, first * 0.5 + second]
        parts = [part(0, begin)] if begin else []
        parts += mixed
        parts += [part(begin + 4, width)] if begin + 4 < width else []
        return F.Concat(*parts, dim=-1, num_args=len(parts))

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        *rest, boxes, _ = inputs[0].shape
        return int(12 * math.prod(rest) * boxes * boxes)

    def samples(self) -> Iterable[Sample]:
        rows = Draw((2, 6, 6), "distinct", 0.05, 0.95)
        yield Sample((rows,), {"overlap_thresh": 0.1})
        yield Sample((rows,), {"overlap_thresh": 0.1, "topk": 3, "force_suppress": True, "id_index": 0})
        yield Sample((Draw((7, 5), "distinct", 0.05, 0.95),), {"coord_start": 1, "score_index": 0, "valid_thresh": 0.3})
        yield Sample((rows,), {"in_format": "center", "overlap_thresh": 0.2})
        yield Sample((rows,), {"out_format": "center", "overlap_thresh": 0.2})
        yield Sample((Draw((2, 3, 4, 6), "distinct", 0, 1),), {"topk": 0})
        ids = Draw((1, 8, 6), "integer", 0, 3)
        yield Sample((ids,), {"id_index": 0, "background_id": 1}, differentiable=False)


class MatchingParams(OpParams):
    """What bipartite_matching takes."""

    is_ascend: bool = Field(False, description="small scores are good ones")
    threshold: float = Field(description="scores that are no better are not matched")
    topk: int = Field(-1, description="the most matches; −1: no limit")


@register
class BipartiteMatching(Operator):
    """Rows and columns paired off, best score first: (…, R, C) → for each row its column (…, R), and (…, C) its row.

    What has no partner is −1. (With ``topk``, MXNet 1.9 makes one match more than it says; here it makes no more.)
    """

    name = "_contrib_bipartite_matching"
    category = "detection"
    Params = MatchingParams
    inputs = (Port("data", doc="scores (…, R, C)"),)
    outputs = ("output0", "output1")

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None, None]
        if len(data) < 2:
            raise ShapeError("scores are a matrix", port="data", wanted="(…, R, C)", got=data)
        return shapes, [data[:-1], (*data[:-2], data[-1])]

    def forward(self, xp: Any, p: MatchingParams, data: Any) -> Any:
        scores = on_host(data)
        flat = scores.reshape(-1, *scores.shape[-2:])
        rows, columns = (np.full((len(flat), n), -1, scores.dtype) for n in flat.shape[1:])
        for b, matrix in enumerate(flat):
            values = matrix.ravel()
            count = 0
            for place in np.argsort(values if p.is_ascend else -values, kind="stable"):
                good = values[place] < p.threshold if p.is_ascend else values[place] > p.threshold
                if not good or count == p.topk:
                    break
                r, c = divmod(int(place), matrix.shape[1])
                if rows[b, r] < 0 and columns[b, c] < 0:
                    rows[b, r], columns[b, c] = c, r
                    count += 1
        lead = data.shape[:-2]
        return xp.asarray(rows.reshape(*lead, -1)), xp.asarray(columns.reshape(*lead, -1))

    def gradient(self, F: Any, p: Any, at: At) -> Any:
        return None

    def samples(self) -> Iterable[Sample]:
        scores = Draw((2, 3, 4), "distinct", 0, 1)
        for params in ({"threshold": 0.1}, {"threshold": 0.6, "is_ascend": True}, {"threshold": 0.1, "topk": 2}):
            yield Sample((scores,), params, differentiable=False, dtypes=("float16", "float32", "float64"))
        yield Sample((Draw((4, 2), "distinct", 0, 1),), {"threshold": 0.0}, differentiable=False)
