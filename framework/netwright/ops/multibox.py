"""Single-shot detection (Liu et al. 2016): anchors, what a network should say of them, and what it has said."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from pydantic import Field

from ..errors import ParamError, ShapeError
from .boxes import on_host, overlaps, to_centers, to_corners
from .image import Numbers
from .operator import At, Draw, DTypes, Operator, Port, Sample, Shapes
from .params import OpParams
from .registry import register


class PriorParams(OpParams):
    """What MultiBoxPrior takes."""

    sizes: Numbers = Field((1.0,), description="sizes of the anchors, as shares of the height")
    ratios: Numbers = Field((1.0,), description="ratios of width and height")
    clip: bool = Field(False, description="cut anchors off at the border of the image")
    steps: tuple[float, float] = Field((-1.0, -1.0), description="distance of rows and columns; −1: 1/H and 1/W")
    offsets: tuple[float, float] = Field((0.5, 0.5), description="place of the first, in steps")


@register
class MultiBoxPrior(Operator):
    """Anchors for every position of a feature map: (N, C, H, W) → (1, H · W · k, 4), by corners, as shares.

    The k = sizes + ratios − 1 anchors of a position: each size with the first ratio, then the first size with each
    other ratio r; width s·√r·H/W and height s/√r, so that ratio 1 is a square on the image.

    >>> mx.nd.contrib.MultiBoxPrior(mx.nd.zeros((1, 8, 2, 2)), sizes=(0.5,), ratios=(1, 4)).shape
    (1, 8, 4)
    """

    name = "_contrib_MultiBoxPrior"
    category = "detection"
    Params = PriorParams
    inputs = (Port("data", doc="a feature map (N, C, H, W)"),)

    def _count(self, p: PriorParams) -> int:
        return len(p.sizes) + len(p.ratios) - 1

    def infer_shape(self, p: PriorParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        for name in ("sizes", "ratios"):
            if not getattr(p, name) or min(getattr(p, name)) <= 0:
                raise ParamError("anchors need sizes and ratios above 0", parameter=name, got=getattr(p, name))
        if data is None:
            return shapes, [None]
        if len(data) != 4:
            raise ShapeError("a feature map has four axes", port="data", wanted="(N, C, H, W)", got=data)
        return shapes, [(1, data[2] * data[3] * self._count(p), 4)]

    def forward(self, xp: Any, p: PriorParams, data: Any) -> Any:
        h, w = data.shape[2:]
        steps = [s if s > 0 else 1 / n for s, n in zip(p.steps, (h, w), strict=True)]
        y = (np.arange(h) + p.offsets[0]) * steps[0]
        x = (np.arange(w) + p.offsets[1]) * steps[1]
        kinds = [(s, p.ratios[0]) for s in p.sizes] + [(p.sizes[0], r) for r in p.ratios[1:]]
        half = np.array([(s * np.sqrt(r) * h / w / 2, s / np.sqrt(r) / 2) for s, r in kinds]).reshape(-1, 2)
        middle = np.stack(np.broadcast_arrays(x[None, :, None], y[:, None, None]), axis=-1)
        boxes = np.concatenate([middle - half, middle + half], axis=-1).reshape(1, -1, 4)
        return xp.asarray(np.clip(boxes, 0, 1) if p.clip else boxes, dtype=data.dtype)

    def gradient(self, F: Any, p: Any, at: At) -> Any:
        return None

    def samples(self) -> Iterable[Sample]:
        for params in (
            {},
            {"sizes": (0.5, 0.25), "ratios": (2.0, 1.0, 0.5)},
            {"sizes": 0.9, "clip": True, "steps": (0.4, 0.3), "offsets": (0.1, 0.2)},
        ):
            yield Sample(((2, 3, 2, 3),), params, differentiable=False, dtypes=("float16", "float32", "float64"))


VARIANCES = Field((0.1, 0.1, 0.2, 0.2), description="factors of the four numbers")


class TargetParams(OpParams):
    """What MultiBoxTarget takes."""

    overlap_threshold: float = Field(0.5, description="an anchor that overlaps an object by more than this has it")
    ignore_label: float = Field(-1.0, description="class of anchors that are left out")
    negative_mining_ratio: float = Field(-1.0, description="background anchors for each with an object; −1: all")
    negative_mining_thresh: float = Field(0.5, description="background anchors overlap objects by less than this")
    minimum_negative_samples: int = Field(0, ge=0, description="background anchors at least, where they are chosen")
    variances: tuple[float, float, float, float] = VARIANCES


@register
class MultiBoxTarget(Operator):
    """What a detector should say: anchors (1, N, 4), objects (B, M, 5 or more), class scores (B, C, N) → three targets.

    An object is [class, left, top, right, bottom]; the list ends at class −1. Each object gets the anchor that overlaps
    it most, then anchors get the object they overlap by more than ``overlap_threshold``. Gives the places (B, 4 N)
    relative to the anchors, their mask (B, 4 N), and the classes (B, N), where 0 is the background and object classes
    count from 1. With ``negative_mining_ratio`` only the anchors that look least like background are taken for it, the
    others are ``ignore_label``, and so are all of an image without objects.
    """

    name = "_contrib_MultiBoxTarget"
    category = "detection"
    Params = TargetParams
    inputs = (
        Port("anchor", doc="anchors (1, N, 4)"),
        Port("label", doc="objects (B, M, 5 or more)"),
        Port("cls_pred", doc="class scores (B, C, N)"),
    )
    outputs = ("loc_target", "loc_mask", "cls_target")

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        anchor, label, _ = shapes
        if anchor is not None and (len(anchor) != 3 or anchor[0] != 1 or anchor[2] != 4):
            raise ShapeError("anchors are the same for all images", port="anchor", wanted="(1, N, 4)", got=anchor)
        if label is not None and (len(label) != 3 or label[2] < 5):
            raise ShapeError("an object has five numbers", port="label", wanted="(B, M, 5 or more)", got=label)
        if anchor is None or label is None:
            return shapes, [None] * 3
        return shapes, [(label[0], 4 * anchor[1])] * 2 + [(label[0], anchor[1])]

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [dtypes[0]] * 3

    def forward(self, xp: Any, p: TargetParams, anchor: Any, label: Any, cls_pred: Any) -> Any:
        anchors, labels, scores = (on_host(a).astype(np.float64) for a in (anchor[0], label, cls_pred))
        count = len(anchors)
        places, masks = (np.zeros((len(labels), count, 4)) for _ in range(2))
        classes = np.full((len(labels), count), p.ignore_label)
        for b, rows in enumerate(labels):
            ends = np.flatnonzero(rows[:, 0] == -1)
            objects = rows[: ends[0]] if len(ends) else rows
            if not len(objects):
                continue
            match, best = self._match(p, overlaps(np, anchors[:, None], objects[None, :, 1:5]))
            found = match >= 0
            classes[b, self._background(p, found, best, scores[b])] = 0
            classes[b, found] = objects[match[found], 0] + 1
            masks[b, found] = 1
            places[b, found] = _code(anchors[found], objects[match[found], 1:5], p.variances)
        flat = (places.reshape(len(labels), -1), masks.reshape(len(labels), -1), classes)
        return tuple(xp.asarray(a, dtype=anchor.dtype) for a in flat)

    @staticmethod
    def _match(p: TargetParams, iou: Any) -> tuple[Any, Any]:
        """(object of each anchor or −1, each anchor's best overlap)."""
        match = np.full(len(iou), -1)
        rest = iou.copy()
        for _ in range(min(iou.shape)):
            j, k = divmod(int(rest.argmax()), rest.shape[1])
            if rest[j, k] <= 1e-6:
                break
            match[j] = k
            rest[j], rest[:, k] = -1, -1
        best = iou.max(axis=1)
        if p.overlap_threshold > 0:
            more = (match < 0) & (best > p.overlap_threshold)
            match[more] = iou[more].argmax(axis=1)
        return match, best

    @staticmethod
    def _background(p: TargetParams, found: Any, best: Any, scores: Any) -> Any:
        """Positions of the anchors that are taken for background."""
        others = np.flatnonzero(~found)
        if p.negative_mining_ratio <= 0:
            return others
        wanted = max(int(found.sum() * p.negative_mining_ratio), p.minimum_negative_samples)
        others = others[best[others] < p.negative_mining_thresh]
        chance = np.exp(scores - scores.max(axis=0))
        likely = chance[0] / chance.sum(axis=0)
        return others[np.argsort(likely[others], kind="stable")][:wanted]

    def gradient(self, F: Any, p: Any, at: At) -> Any:
        return None, None, None

    def samples(self) -> Iterable[Sample]:
        for params in (
            {"overlap_threshold": 0.2},
            {"overlap_threshold": 0.0, "variances": (0.1, 0.2, 0.3, 0.4)},
            {"overlap_threshold": 0.3, "negative_mining_ratio": 1.0, "ignore_label": -3.0},
        ):
            draws = (Draw((1, 9, 4), "uniform", 0, 1), Draw((2, 3, 5), "uniform", 0, 1), (2, 3, 9))
            yield Sample(draws, params, differentiable=False)


def _code(anchors: Any, boxes: Any, variances: tuple[float, ...]) -> Any:
    """Places of boxes relative to their anchors."""
    base, box = to_centers(np, anchors, "corner"), to_centers(np, boxes, "corner")
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = (box[:, :2] - base[:, :2]) / base[:, 2:]
        return np.concatenate([shift, np.log(box[:, 2:] / base[:, 2:])], axis=1) / variances


class DetectionParams(OpParams):
    """What MultiBoxDetection takes."""

    clip: bool = Field(True, description="cut boxes off at the border of the image")
    threshold: float = Field(0.01, description="boxes of a smaller probability are background")
    background_id: int = Field(0, ge=0, description="class of the background")
    nms_threshold: float = Field(0.5, description="boxes that overlap a better one by this are dropped; 0: none")
    force_suppress: bool = Field(False, description="boxes of other classes are dropped too")
    variances: tuple[float, float, float, float] = VARIANCES
    nms_topk: int = Field(-1, description="how many of the best boxes are kept at most; −1: all")


@register
class MultiBoxDetection(Operator):
    """Objects from what a detector says: probabilities (B, C, N), places (B, 4 N), anchors (1, N, 4) → (B, N, 6).

    A row is [class, probability, left, top, right, bottom], the most probable first; object classes count from 0.
    Rows of class −1 are no objects: dropped boxes, and rows left free.
    """

    name = "_contrib_MultiBoxDetection"
    category = "detection"
    Params = DetectionParams
    inputs = (
        Port("cls_prob", doc="class probabilities (B, C, N)"),
        Port("loc_pred", doc="places (B, 4 N)"),
        Port("anchor", doc="anchors (1, N, 4)"),
    )

    def infer_shape(self, p: DetectionParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        prob, place, anchor = shapes
        if prob is None:
            return shapes, [None]
        if len(prob) != 3:
            raise ShapeError("probabilities of classes and anchors", port="cls_prob", wanted="(B, C, N)", got=prob)
        wanted = ("loc_pred", place, (prob[0], 4 * prob[2])), ("anchor", anchor, (1, prob[2], 4))
        for port, got, right in wanted:
            if got is not None and got != right:
                raise ShapeError("it does not fit the probabilities", port=port, wanted=right, got=got)
        if p.background_id >= prob[1]:
            raise ParamError("no such class", parameter="background_id", wanted=f"< {prob[1]}", got=p.background_id)
        return [prob, wanted[0][2], wanted[1][2]], [(prob[0], prob[2], 6)]

    def forward(self, xp: Any, p: DetectionParams, cls_prob: Any, loc_pred: Any, anchor: Any) -> Any:
        probabilities, places, anchors = (on_host(a) for a in (cls_prob, loc_pred, anchor[0]))
        count = len(anchors)
        out = np.full((len(probabilities), count, 6), -1, cls_prob.dtype)
        for b, (scores, codes) in enumerate(zip(probabilities, places.reshape(-1, count, 4), strict=True)):
            objects = np.delete(scores, p.background_id, axis=0)
            ids, best = objects.argmax(axis=0), objects.max(axis=0)
            found = np.flatnonzero(best >= p.threshold)
            boxes = _decode(anchors[found], codes[found], p)
            rows = np.concatenate([ids[found, None], best[found, None], boxes], axis=1).astype(out.dtype)
            out[b, : len(rows)] = self._suppressed(p, rows)
        return xp.asarray(out)

    @staticmethod
    def _suppressed(p: DetectionParams, rows: Any) -> Any:
        """Best first; the class of what is dropped becomes −1."""
        if not len(rows) or not 0 < p.nms_threshold <= 1:
            return rows
        order = np.argsort(-rows[:, 1], kind="stable")
        keep = len(rows) if p.nms_topk <= 0 else min(p.nms_topk, len(rows))
        made = np.concatenate([rows[order[:keep]], rows[keep:]])
        made[keep:, 0] = -1
        for i in range(keep):
            if made[i, 0] < 0:
                continue
            rivals = np.arange(len(made)) > i
            rivals &= (made[:, 0] >= 0) if p.force_suppress else (made[:, 0] == made[i, 0])
            dropped = np.flatnonzero(rivals)
            made[dropped[overlaps(np, made[i, 2:], made[dropped, 2:]) >= p.nms_threshold], 0] = -1
        return made

    def gradient(self, F: Any, p: Any, at: At) -> Any:
        return None, None, None

    def samples(self) -> Iterable[Sample]:
        draws = (Draw((2, 3, 8), "distinct", 0, 1), (2, 32), Draw((1, 8, 4), "distinct", 0, 1))
        for params in (
            {},
            {"clip": False, "threshold": 0.5, "nms_threshold": 0.1, "force_suppress": True},
            {"nms_topk": 3, "background_id": 2},
            {"nms_threshold": 0.0},
        ):
            yield Sample(draws, params, differentiable=False)


def _decode(anchors: Any, codes: Any, p: DetectionParams) -> Any:
    base = to_centers(np, anchors, "corner")
    code = codes * np.array(p.variances, codes.dtype)
    made = np.concatenate([code[:, :2] * base[:, 2:] + base[:, :2], np.exp(code[:, 2:]) * base[:, 2:]], axis=1)
    boxes = to_corners(np, made, "center")
    return np.clip(boxes, 0, 1) if p.clip else boxes
