"""Region proposals (Ren et al. 2015): the best boxes of what a network says of anchors over a feature map."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from pydantic import Field

from ..errors import ParamError, ShapeError
from .boxes import on_host
from .image import Numbers
from .operator import At, Draw, Operator, Port, Sample, Shapes
from .params import OpParams
from .registry import register


class ProposalParams(OpParams):
    """What Proposal and MultiProposal take."""

    rpn_pre_nms_top_n: int = Field(6000, description="how many of the best boxes are looked at; 0 or less: all")
    rpn_post_nms_top_n: int = Field(300, ge=1, description="how many come out for an image")
    threshold: float = Field(0.7, description="boxes that overlap a better one by more than this are dropped")
    rpn_min_size: int = Field(16, description="smaller boxes come last, in pixels of the unscaled image")
    scales: Numbers = Field((4.0, 8.0, 16.0, 32.0), description="sizes of the anchors, in steps of the feature map")
    ratios: Numbers = Field((0.5, 1.0, 2.0), description="ratios of height and width")
    feature_stride: int = Field(16, ge=1, description="pixels of a step of the feature map")
    output_score: bool = Field(False, description="give the scores too")
    iou_loss: bool = Field(False, description="the network says how far each side moves")


def anchors(p: ProposalParams) -> Any:
    """The anchors of the first position (ratios · scales, 4), corners inside."""
    side = p.feature_stride
    middle = (side - 1) / 2
    made = []
    for ratio in p.ratios:
        width = math.floor(math.sqrt(math.floor(side * side / ratio)) + 0.5)
        height = math.floor(width * ratio + 0.5)
        for scale in p.scales:
            w, h = (width * scale - 1) / 2, (height * scale - 1) / 2
            made.append((middle - w, middle - h, middle + w, middle + h))
    return np.array(made)


def _areas(boxes: Any) -> Any:
    """Pixels of boxes with both corners inside."""
    return (boxes[..., 2] - boxes[..., 0] + 1) * (boxes[..., 3] - boxes[..., 1] + 1)


def _keep(boxes: Any, threshold: float, most: int) -> list[int]:
    """Positions of boxes, best first, that overlap no better one by more."""
    kept: list[int] = []
    alive, sizes = np.ones(len(boxes), bool), _areas(boxes)
    for i in range(len(boxes)):
        if len(kept) == most:
            break
        if not alive[i]:
            continue
        kept.append(i)
        rest = boxes[i + 1 :]
        low, high = np.maximum(boxes[i, :2], rest[:, :2]), np.minimum(boxes[i, 2:], rest[:, 2:])
        common = np.prod(np.maximum(high - low + 1, 0), axis=1)
        alive[i + 1 :] &= common / (sizes[i] + sizes[i + 1 :] - common) <= threshold
    return kept


@register
class MultiProposal(Operator):
    """Regions for each image from scores (N, 2 A, H, W), codes (N, 4 A, H, W) and image sizes (N, 3).

    The A = ratios · scales anchors of a position have their scores in the second half of the channels; a row of
    ``im_info`` is (height, width, scale). Gives (N · rpn_post_nms_top_n, 5): image and corners, best first; where
    there are fewer, they come again. No gradient flows.
    """

    name = "_contrib_MultiProposal"
    category = "detection"
    Params = ProposalParams
    inputs = (
        Port("cls_prob", doc="probabilities (N, 2 A, H, W)"),
        Port("bbox_pred", doc="codes (N, 4 A, H, W)"),
        Port("im_info", doc="height, width and scale of the images (N, 3)"),
    )
    outputs = ("output", "score")

    def visible_outputs(self, p: ProposalParams) -> int:
        return 2 if p.output_score else 1

    def infer_shape(self, p: ProposalParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        prob, pred, _ = shapes
        if prob is None:
            return shapes, [None, None]
        count = len(p.ratios) * len(p.scales)
        if len(prob) != 4 or prob[1] != 2 * count:
            raise ShapeError("two scores for each anchor", port="cls_prob", wanted=f"(N, {2 * count}, H, W)", got=prob)
        wanted = (prob[0], 4 * count, *prob[2:])
        if pred is not None and pred != wanted:
            raise ShapeError("four numbers for each anchor", port="bbox_pred", wanted=wanted, got=pred)
        rows = prob[0] * p.rpn_post_nms_top_n
        return [prob, wanted, (prob[0], 3)], [(rows, 5), (rows, 1)]

    def forward(self, xp: Any, p: ProposalParams, cls_prob: Any, bbox_pred: Any, im_info: Any) -> Any:
        probabilities, codes, sizes = (on_host(a).astype(np.float64) for a in (cls_prob, bbox_pred, im_info))
        rows, scores = [], []
        for n, size in enumerate(sizes):
            boxes, score = self._boxes(p, probabilities[n], codes[n], size)
            order = np.argsort(-score, kind="stable")
            order = order[: p.rpn_pre_nms_top_n] if p.rpn_pre_nms_top_n > 0 else order
            kept = order[_keep(boxes[order], p.threshold, p.rpn_post_nms_top_n)]
            kept = np.resize(kept, p.rpn_post_nms_top_n)
            rows.append(np.concatenate([np.full((len(kept), 1), n), boxes[kept]], axis=1))
            scores.append(score[kept, None])
        empty = np.zeros((0, 1))
        return (
            xp.asarray(np.concatenate(rows or [np.zeros((0, 5))]), dtype=cls_prob.dtype),
            xp.asarray(np.concatenate(scores or [empty]), dtype=cls_prob.dtype),
        )

    def _boxes(self, p: ProposalParams, prob: Any, code: Any, info: Any) -> tuple[Any, Any]:
        """All boxes of an image (H · W · A, 4) and their scores; those too small or off the image score −1."""
        base = anchors(p)
        count, (height, width) = len(base), prob.shape[1:]
        real = [int(n / p.feature_stride) for n in info[:2]]
        if real[0] > height or real[1] > width:
            raise ParamError(
                "the image is larger than the feature map",
                parameter="feature_stride",
                wanted=f"at most {height} × {width} steps",
                got=f"{real[0]} × {real[1]}",
            )
        y, x = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
        shift = np.stack([x, y, x, y], axis=-1)[:, :, None] * p.feature_stride
        boxes = base + shift
        code = code.reshape(count, 4, height, width).transpose(2, 3, 0, 1)
        score = prob[count:].transpose(1, 2, 0).copy()
        made = boxes + code if p.iou_loss else _moved(boxes, code)
        limits = np.array([info[1], info[0], info[1], info[0]]) - 1
        made = np.clip(made, 0, limits)
        score[real[0] :] = -1
        score[:, real[1] :] = -1
        least = p.rpn_min_size * info[2]
        small = (made[..., 2:] - made[..., :2] + 1 < least).any(axis=-1)
        made[small] += np.array([-1, -1, 1, 1]) * least / 2
        score[small] = -1
        return made.reshape(-1, 4), score.ravel()

    def gradient(self, F: Any, p: Any, at: At) -> Any:
        return None, None, None

    def samples(self) -> Iterable[Sample]:
        few = {"scales": (1.0, 2.0), "rpn_pre_nms_top_n": 20, "rpn_min_size": 4}
        for n, more in ((2, {"rpn_post_nms_top_n": 5}), (1, {"rpn_post_nms_top_n": 30, "output_score": True})):
            draws = (
                Draw((n, 12, 3, 4), "distinct", 0, 1),
                Draw((n, 24, 3, 4), "uniform", -0.3, 0.3),
                Draw((n, 3), "uniform", 40, 60),
            )
            yield Sample(draws, {**few, **more, "ratios": (0.5, 1.0, 2.0), "rpn_min_size": 0}, differentiable=False)


def _moved(boxes: Any, code: Any) -> Any:
    """Boxes with their middle moved by shares of their size, and their size times an exponential."""
    size = boxes[..., 2:] - boxes[..., :2] + 1
    middle = boxes[..., :2] + (size - 1) / 2 + code[..., :2] * size
    half = (np.exp(code[..., 2:]) * size - 1) / 2
    return np.concatenate([middle - half, middle + half], axis=-1)


@register
class Proposal(MultiProposal):
    """Regions for one image from scores (1, 2 A, H, W), codes (1, 4 A, H, W) and its size (1, 3): see MultiProposal."""

    name = "_contrib_Proposal"

    def infer_shape(self, p: ProposalParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        if shapes[0] is not None and shapes[0][0] != 1:
            raise ShapeError(
                "Proposal takes one image",
                port="cls_prob",
                wanted="(1, 2 A, H, W)",
                got=shapes[0],
                remedy="Use MultiProposal",
            )
        return super().infer_shape(p, shapes)

    def samples(self) -> Iterable[Sample]:
        for iou_loss in (False, True):
            draws = (
                Draw((1, 4, 3, 4), "distinct", 0, 1),
                Draw((1, 8, 3, 4), "uniform", -0.3, 0.3),
                Draw((1, 3), "uniform", 40, 60),
            )
            params = {"scales": (1.0, 2.0), "ratios": 1.0, "rpn_min_size": 0, "rpn_post_nms_top_n": 6}
            yield Sample(draws, {**params, "iou_loss": iou_loss}, differentiable=False)
