"""Boxes and regions, one after the other."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def _corner(box: Any, form: str) -> Any:
    x, y, w, h = box
    return (x, y, w, h) if form == "corner" else (x - w / 2, y - h / 2, x + w / 2, y + h / 2)


def _iou(a: Any, b: Any) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0

    def size(box: Any) -> float:
        return max(box[2] - box[0], 0) * max(box[3] - box[1], 0)

    common = width * height
    return common / (size(a) + size(b) - common)


def _box_iou(p: Any, lhs: Any, rhs: Any) -> Any:
    out = np.zeros((*lhs.shape[:-1], *rhs.shape[:-1]))
    for i in np.ndindex(lhs.shape[:-1]):
        for j in np.ndindex(rhs.shape[:-1]):
            out[i + j] = _iou(_corner(lhs[i], p.format), _corner(rhs[j], p.format))
    return out


def _box_nms(p: Any, data: Any) -> Any:
    if p.topk == 0:
        return (data,)
    out = np.full(data.shape, -1.0)
    for lead in np.ndindex(data.shape[:-2]):
        rows = [r for r in data[lead] if r[p.score_index] > p.valid_thresh]
        if p.id_index >= 0:
            rows = [r for r in rows if r[p.id_index] != p.background_id]
        rows.sort(key=lambda r: -r[p.score_index])
        rows = rows[: p.topk] if p.topk > 0 else rows
        kept: list[Any] = []
        for row in rows:
            box = _corner(row[p.coord_start : p.coord_start + 4], p.in_format)
            for better in kept:
                same = p.force_suppress or p.id_index < 0 or row[p.id_index] == better[p.id_index]
                other = _corner(better[p.coord_start : p.coord_start + 4], p.in_format)
                if same and _iou(box, other) > p.overlap_thresh:
                    break
            else:
                kept.append(row)
        for i, row in enumerate(kept):
            made = row.copy()
            box = row[p.coord_start : p.coord_start + 4]
            if p.in_format == "center" and p.out_format == "corner":
                made[p.coord_start : p.coord_start + 4] = _corner(box, "center")
            if p.in_format == "corner" and p.out_format == "center":
                made[p.coord_start : p.coord_start + 4] = _middle(box)
            out[(*lead, i)] = made
    return (out,)


def _matching(p: Any, data: Any) -> Any:
    rows, columns = np.full(data.shape[:-1], -1.0), np.full((*data.shape[:-2], data.shape[-1]), -1.0)
    sign = 1 if p.is_ascend else -1
    for lead in np.ndindex(data.shape[:-2]):
        pairs = sorted(np.ndindex(data.shape[-2:]), key=lambda rc: sign * data[lead + rc])
        for r, c in pairs:
            value = data[(*lead, r, c)]
            if not (value < p.threshold if p.is_ascend else value > p.threshold):
                break
            if 0 <= p.topk <= (rows[lead] >= 0).sum():
                break
            if rows[(*lead, r)] == -1 and columns[(*lead, c)] == -1:
                rows[(*lead, r)], columns[(*lead, c)] = c, r
    return rows, columns


def _encoded(anchor: Any, box: Any) -> list[float]:
    aw, ah = anchor[2] - anchor[0], anchor[3] - anchor[1]
    bw, bh = box[2] - box[0], box[3] - box[1]
    dx, dy = ((box[i] + box[i + 2] - anchor[i] - anchor[i + 2]) / 2 for i in (0, 1))
    return [dx / aw, dy / ah, float(np.log(bw / aw)), float(np.log(bh / ah))]


def _box_encode(p: Any, samples: Any, matches: Any, anchors: Any, refs: Any, means: Any, stds: Any) -> Any:
    targets, masks = np.zeros((*samples.shape, 4)), np.zeros((*samples.shape, 4))
    for b, n in np.ndindex(samples.shape):
        if samples[b, n] > 0.5:
            targets[b, n] = (np.array(_encoded(anchors[b, n], refs[b, int(matches[b, n])])) - means) / stds
            masks[b, n] = 1
    return targets, masks


def _decoded(anchor: Any, code: Any) -> Any:
    """Corners from an anchor by middle and size."""
    x, y = code[0] * anchor[2] + anchor[0], code[1] * anchor[3] + anchor[1]
    w, h = math.exp(code[2]) * anchor[2], math.exp(code[3]) * anchor[3]
    return np.array([x - w / 2, y - h / 2, x + w / 2, y + h / 2])


def _middle(box: Any) -> Any:
    return np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2, box[2] - box[0], box[3] - box[1]])


def _box_decode(p: Any, data: Any, anchors: Any) -> Any:
    out = np.zeros(data.shape)
    for b, n in np.ndindex(data.shape[:2]):
        code = data[b, n] * [p.std0, p.std1, p.std2, p.std3]
        if p.clip > 0:
            code[2:] = np.minimum(code[2:], p.clip)
        anchor = anchors[0, n] if p.format == "center" else _middle(anchors[0, n])
        out[b, n] = _decoded(anchor, code)
    return out


def _prior(p: Any, data: Any) -> Any:
    height, width = data.shape[2:]
    steps = [1 / n if s <= 0 else s for s, n in zip(p.steps, (height, width), strict=True)]
    boxes = []
    for i in range(height):
        for j in range(width):
            y, x = (i + p.offsets[0]) * steps[0], (j + p.offsets[1]) * steps[1]
            for k in range(len(p.sizes) + len(p.ratios) - 1):
                size = p.sizes[k] if k < len(p.sizes) else p.sizes[0]
                ratio = p.ratios[0] if k < len(p.sizes) else p.ratios[k - len(p.sizes) + 1]
                w, h = size * math.sqrt(ratio) * height / width / 2, size / math.sqrt(ratio) / 2
                box = [x - w, y - h, x + w, y + h]
                boxes.append([min(max(v, 0), 1) for v in box] if p.clip else box)
    return np.array([boxes])


def _target(p: Any, anchor: Any, label: Any, cls_pred: Any) -> Any:
    count = anchor.shape[1]
    places, masks = np.zeros((len(label), count, 4)), np.zeros((len(label), count, 4))
    classes = np.full((len(label), count), float(p.ignore_label))
    for b, rows in enumerate(label):
        objects = []
        for row in rows:
            if row[0] == -1:
                break
            objects.append(row)
        if not objects:
            continue
        table = [[_iou(a, o[1:5]) for o in objects] for a in anchor[0]]
        match: dict[int, int] = {}
        while len(match) < len(objects):
            free = [
                (table[j][k], -j, -k)
                for j in range(count)
                for k in range(len(objects))
                if j not in match and k not in match.values() and table[j][k] > 1e-6
            ]
            if not free:
                break
            _, j, k = max(free)
            match[-j] = -k
        if p.overlap_threshold > 0:
            for j in set(range(count)) - set(match):
                best = max(range(len(objects)), key=lambda k, j=j: (table[j][k], -k))
                if table[j][best] > p.overlap_threshold:
                    match[j] = best
        others = [j for j in range(count) if j not in match]
        if p.negative_mining_ratio > 0:
            wanted = max(int(len(match) * p.negative_mining_ratio), p.minimum_negative_samples)
            others = [j for j in others if max(table[j]) < p.negative_mining_thresh]

            def background(j: int, b: int = b) -> float:
                return float(np.exp(cls_pred[b, 0, j]) / np.exp(cls_pred[b, :, j]).sum())

            others = sorted(others, key=background)[:wanted]
        classes[b, others] = 0
        for j, k in match.items():
            classes[b, j], masks[b, j] = objects[k][0] + 1, 1
            places[b, j] = np.array(_encoded(anchor[0, j], objects[k][1:5])) / p.variances
    return places.reshape(len(label), -1), masks.reshape(len(label), -1), classes


def _detection(p: Any, cls_prob: Any, loc_pred: Any, anchor: Any) -> Any:
    n, classes, count = cls_prob.shape
    out = np.full((n, count, 6), -1.0)
    for b in range(n):
        rows = []
        for i in range(count):
            names = [c for c in range(classes) if c != p.background_id]
            best = max(names, key=lambda c, i=i, b=b: (cls_prob[b, c, i], -c))
            if cls_prob[b, best, i] < p.threshold:
                continue
            box = _decoded(_middle(anchor[0, i]), loc_pred[b, 4 * i : 4 * i + 4] * p.variances)
            rows.append([names.index(best), cls_prob[b, best, i], *(np.clip(box, 0, 1) if p.clip else box)])
        if 0 < p.nms_threshold <= 1:
            keep = min(p.nms_topk, len(rows)) if p.nms_topk > 0 else len(rows)
            ordered = sorted(rows, key=lambda r: -r[1])[:keep] + [[-1, *r[1:]] for r in rows[keep:]]
            rows = [list(r) for r in ordered]
            for i, row in enumerate(rows):
                for later in rows[i + 1 :]:
                    rivals = row[0] >= 0 and later[0] >= 0 and (p.force_suppress or row[0] == later[0])
                    if rivals and _iou(row[2:], later[2:]) >= p.nms_threshold:
                        later[0] = -1
        for i, row in enumerate(rows):
            out[b, i] = row
    return out


# ---------------------------------------------------------------- regions
def _between(image: Any, y: float, x: float) -> list[tuple[int, int, float]]:
    """(row, column, weight) of the pixels around a point; none where it is more than 1 outside."""
    height, width = image.shape[-2:]
    if not (-1 <= y <= height and -1 <= x <= width):
        return []
    y, x = min(max(y, 0), height - 1), min(max(x, 0), width - 1)
    return [
        (i, j, (1 - abs(y - i)) * (1 - abs(x - j)))
        for i in {math.floor(y), math.ceil(y)}
        for j in {math.floor(x), math.ceil(x)}
    ]


def _points(size: Any, grid: Any, ratio: int) -> Any:
    """(bin row, bin column, y, x, share) of all points of a region of a size."""
    counts = [ratio if ratio > 0 else math.ceil(s / g) for s, g in zip(size, grid, strict=True)]
    steps = [s / (g * c) for s, g, c in zip(size, grid, counts, strict=True)]
    for i, j in np.ndindex(grid[0] * counts[0], grid[1] * counts[1]):
        yield i // counts[0], j // counts[1], (i + 0.5) * steps[0], (j + 0.5) * steps[1], 1 / (counts[0] * counts[1])


def _aligned(p: Any, image: Any, roi: Any) -> Any:
    """(bin row, bin column, pixel row, pixel column, weight) of an upright region."""
    shift = 0.5 if p.aligned else 0.0
    x1, y1, x2, y2 = (v * p.spatial_scale - shift for v in roi[1:])
    size = (y2 - y1, x2 - x1) if p.aligned else (max(y2 - y1, 1), max(x2 - x1, 1))
    for i, j, y, x, share in _points(size, p.pooled_size, p.sample_ratio):
        for r, c, w in _between(image, y1 + y, x1 + x):
            yield i, j, r, c, w * share


def _turned(p: Any, image: Any, roi: Any) -> Any:
    x0, y0, w, h = (v * p.spatial_scale for v in roi[1:5])
    size = (max(h, 1), max(w, 1))
    turn = np.exp(-1j * math.radians(roi[5]))
    for i, j, y, x, share in _points(size, p.pooled_size, p.sampling_ratio):
        place = ((x - size[1] / 2) + 1j * (y - size[0] / 2)) * turn + (x0 + 1j * y0)
        for r, c, weight in _between(image, place.imag, place.real):
            yield i, j, r, c, weight * share


def _round(value: float) -> int:
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


def _pixels_of(p: Any, image: Any, roi: Any) -> Any:
    height, width = image.shape[-2:]
    left, top = _round(roi[1]) * p.spatial_scale, _round(roi[2]) * p.spatial_scale
    right, low = _round(roi[3] + 1) * p.spatial_scale, _round(roi[4] + 1) * p.spatial_scale
    bh, bw = max(low - top, 0.1) / p.pooled_size, max(right - left, 0.1) / p.pooled_size
    for i, j in np.ndindex(p.pooled_size, p.pooled_size):
        rows = [y for y in range(height) if math.floor(i * bh + top) <= y < math.ceil((i + 1) * bh + top)]
        columns = [x for x in range(width) if math.floor(j * bw + left) <= x < math.ceil((j + 1) * bw + left)]
        for y in rows:
            for x in columns:
                yield i, j, y, x, 1 / (len(rows) * len(columns))


def _own(p: Any, channel: int, i: int, j: int) -> int:
    return channel


def _by_bin(p: Any, channel: int, i: int, j: int) -> int:
    if not p.position_sensitive:
        return channel
    return (channel * p.pooled_size[0] + i) * p.pooled_size[1] + j


def _by_group(p: Any, channel: int, i: int, j: int) -> int:
    g = p.group_size or p.pooled_size
    return (channel * g + i * g // p.pooled_size) * g + j * g // p.pooled_size


def _pool(p: Any, data: Any, rois: Any, taps: Any, source: Any, channels: int, grid: Any) -> Any:
    out = np.zeros((len(rois), channels, *grid))
    for n, roi in enumerate(rois):
        image = data[int(roi[0])]
        for i, j, r, c, w in taps(p, image, roi):
            for channel in range(channels):
                out[n, channel, i, j] += w * image[source(p, channel, i, j), r, c]
    return out


def _spread(p: Any, values: Any, rois: Any, taps: Any, source: Any) -> Any:
    out = np.zeros(p.shape)
    for n, roi in enumerate(rois):
        image = out[int(roi[0])]
        for i, j, r, c, w in taps(p, image, roi):
            for channel in range(values.shape[1]):
                image[source(p, channel, i, j), r, c] += w * values[n, channel, i, j]
    return out


def _align(p: Any, data: Any, rois: Any) -> Any:
    channels = data.shape[1] // math.prod(p.pooled_size) if p.position_sensitive else data.shape[1]
    return _pool(p, data, rois, _aligned, _by_bin, channels, p.pooled_size)


# ---------------------------------------------------------------- proposals
def _proposals(p: Any, cls_prob: Any, bbox_pred: Any, im_info: Any) -> Any:
    rows, scores = [], []
    stride, kinds = p.feature_stride, []
    for ratio in p.ratios:
        w = _round(math.sqrt(math.floor(stride * stride / ratio)))
        kinds += [(w * s, _round(w * ratio) * s) for s in p.scales]
    height, width = cls_prob.shape[2:]
    for n, (im_h, im_w, scale) in enumerate(im_info):
        boxes = []
        for i, j, a in np.ndindex(height, width, len(kinds)):
            w, h = kinds[a]
            x, y = j * stride + (stride - 1) / 2, i * stride + (stride - 1) / 2
            code = bbox_pred[n, 4 * a : 4 * a + 4, i, j]
            corners = np.array([x - (w - 1) / 2, y - (h - 1) / 2, x + (w - 1) / 2, y + (h - 1) / 2])
            if p.iou_loss:
                box = corners + code
            else:
                x, y, w, h = x + code[0] * w, y + code[1] * h, w * math.exp(code[2]), h * math.exp(code[3])
                box = np.array([x - (w - 1) / 2, y - (h - 1) / 2, x + (w - 1) / 2, y + (h - 1) / 2])
            box = np.clip(box, 0, [im_w - 1, im_h - 1, im_w - 1, im_h - 1])
            score = cls_prob[n, len(kinds) + a, i, j]
            if i >= int(im_h / stride) or j >= int(im_w / stride):
                score = -1.0
            least = p.rpn_min_size * scale
            if box[2] - box[0] + 1 < least or box[3] - box[1] + 1 < least:
                box, score = box + np.array([-1, -1, 1, 1]) * least / 2, -1.0
            boxes.append((score, box))
        boxes.sort(key=lambda sb: -sb[0])
        boxes = boxes[: p.rpn_pre_nms_top_n] if p.rpn_pre_nms_top_n > 0 else boxes
        grown = np.array([0, 0, 1, 1])
        kept: list[Any] = []
        for score, box in boxes:
            room = len(kept) < p.rpn_post_nms_top_n
            if room and all(_iou(box + grown, other + grown) <= p.threshold for _, other in kept):
                kept.append((score, box))
        for i in range(p.rpn_post_nms_top_n):
            score, box = kept[i % len(kept)]
            rows.append([n, *box])
            scores.append([score])
    return np.array(rows), np.array(scores)


# ---------------------------------------------------------------- moved places
def _read(image: Any, y: float, x: float, rule: str) -> Any:
    """All channels at a place."""
    height, width = image.shape[-2:]
    if rule == "clamp" and not (0 <= y < height and 0 <= x < width):
        return np.zeros(len(image))
    if rule == "half" and not (-0.5 <= y <= height - 0.5 and -0.5 <= x <= width - 0.5):
        return np.zeros(len(image))
    if rule != "zero":
        y, x = min(max(y, 0), height - 1), min(max(x, 0), width - 1)
    total = np.zeros(len(image))
    for i in (math.floor(y), math.floor(y) + 1):
        for j in (math.floor(x), math.floor(x) + 1):
            if 0 <= i < height and 0 <= j < width:
                total += (1 - abs(y - i)) * (1 - abs(x - j)) * image[:, i, j]
    return total


def _sample_places(p: Any, data: Any, places: Any) -> Any:
    out = np.zeros((*data.shape[:2], *places.shape[2:]))
    for b, i, j in np.ndindex(len(data), *places.shape[2:]):
        out[b, :, i, j] = _read(data[b], places[b, 0, i, j], places[b, 1, i, j], p.rule)
    return out


def _lay(p: Any) -> tuple[Any, Any, Any]:
    return p.stride or (1, 1), p.dilate or (1, 1), p.pad or (0, 0)


def _moved_places(p: Any, offset: Any) -> Any:
    n, _, h, w = offset.shape
    (sy, sx), (dy, dx), (py, px) = _lay(p)
    out = np.zeros((n * p.num_deformable_group, 2, math.prod(p.kernel) * h, w))
    for b, g, ky, kx, i, j in np.ndindex(n, p.num_deformable_group, *p.kernel, h, w):
        k = ky * p.kernel[1] + kx
        at = 2 * (g * math.prod(p.kernel) + k)
        row = out[b * p.num_deformable_group + g, :, k * h + i, j]
        row[:] = i * sy - py + ky * dy + offset[b, at, i, j], j * sx - px + kx * dx + offset[b, at + 1, i, j]
    return out


def _deformable(rule: str, modulated: bool) -> Any:
    def convolve(p: Any, data: Any, offset: Any, *rest: Any) -> Any:
        mask, weight, *bias = rest if modulated else (None, *rest)
        n, c = data.shape[:2]
        h, w = offset.shape[2:]
        (sy, sx), (dy, dx), (py, px) = _lay(p)
        groups, taps = p.num_deformable_group, math.prod(p.kernel)
        out = np.zeros((n, p.num_filter, h, w))
        for b, i, j, ky, kx, g in np.ndindex(n, h, w, *p.kernel, groups):
            k = g * taps + ky * p.kernel[1] + kx
            y = i * sy - py + ky * dy + offset[b, 2 * k, i, j]
            x = j * sx - px + kx * dx + offset[b, 2 * k + 1, i, j]
            own = range(g * c // groups, (g + 1) * c // groups)
            values = _read(data[b, own[0] : own[-1] + 1], y, x, rule) * (1 if mask is None else mask[b, k, i, j])
            for f in range(p.num_filter):
                first = f * p.num_group // p.num_filter * (c // p.num_group)
                for channel, value in zip(own, values, strict=True):
                    if first <= channel < first + c // p.num_group:
                        out[b, f, i, j] += weight[f, channel - first, ky, kx] * value
        return out + bias[0].reshape(-1, 1, 1) if bias else out

    return convolve


# ---------------------------------------------------------------- moved bins
def _points_of_bins(p: Any, roi: Any, moves: Any) -> Any:
    """(class, row of points, column of points, y, x) of a region whose bins move by shares (2 c, q, q), x first."""
    x1, y1 = (_round(v) * p.spatial_scale - 0.5 for v in roi[1:3])
    x2, y2 = ((_round(v) + 1) * p.spatial_scale - 0.5 for v in roi[3:5])
    high, wide = max(y2 - y1, 0.1), max(x2 - x1, 0.1)
    parts = p.part_size or p.pooled_size
    side = p.pooled_size * p.sample_per_part
    for c, i, j in np.ndindex(len(moves) // 2, side, side):
        a, b = (n // p.sample_per_part * parts // p.pooled_size for n in (i, j))
        dx, dy = moves[2 * c, a, b] * p.trans_std, moves[2 * c + 1, a, b] * p.trans_std
        yield c, i, j, y1 + i * high / side + dy * high, x1 + j * wide / side + dx * wide


def _bin_places(p: Any, rois: Any, trans: Any) -> Any:
    side, classes = p.pooled_size * p.sample_per_part, trans.shape[1] // 2
    out = np.zeros((len(rois) * classes, 2, side, side))
    for r, roi in enumerate(rois):
        for c, i, j, y, x in _points_of_bins(p, roi, trans[r]):
            out[r * classes + c, :, i, j] = y, x
    return out


def _bin_moves(p: Any, data: Any, rois: Any) -> Any:
    parts, classes = p.part_size or p.pooled_size, p.channels // 2
    out = np.zeros((len(rois), p.channels, parts, parts))
    for where in np.ndindex(out.shape):  # what one step of a move does to the places, weighted
        step = np.zeros(out.shape)
        step[where] = 1.0
        change = _bin_places(p, rois, step) - _bin_places(p, rois, np.zeros(out.shape))
        out[where] = (change.reshape(-1, classes, *data.shape[1:]) * data.reshape(-1, classes, *data.shape[1:])).sum()
    return out


def _moved_pooling(p: Any, data: Any, rois: Any, trans: Any = None) -> Any:
    out = np.zeros((len(rois), p.output_dim, p.pooled_size, p.pooled_size))
    count = np.zeros(out.shape)
    height, width = data.shape[2:]
    for r, roi in enumerate(rois):
        still = np.zeros((2, *[p.part_size or p.pooled_size] * 2))
        moves = still if trans is None else trans[r]
        per = p.output_dim // (len(moves) // 2)
        for c, i, j, y, x in _points_of_bins(p, roi, moves):
            if not (-0.5 <= y <= height - 0.5 and -0.5 <= x <= width - 0.5):
                continue
            a, b = i // p.sample_per_part, j // p.sample_per_part
            group = a * p.group_size // p.pooled_size * p.group_size + b * p.group_size // p.pooled_size
            for d in range(c * per, (c + 1) * per):
                image = data[int(roi[0]), d * p.group_size**2 + group]
                out[r, d, a, b] += _read(image[None], y, x, "half")[0]
                count[r, d, a, b] += 1
    return out / np.maximum(count, 1), count


REFERENCES = {
    "_psroi_places": _bin_places,
    "_psroi_moves": _bin_moves,
    "_contrib_DeformablePSROIPooling": _moved_pooling,
    "_contrib_box_iou": _box_iou,
    "_contrib_box_nms": _box_nms,
    "_contrib_bipartite_matching": _matching,
    "_contrib_box_encode": _box_encode,
    "_contrib_box_decode": _box_decode,
    "_contrib_MultiBoxPrior": _prior,
    "_contrib_MultiBoxTarget": _target,
    "_contrib_MultiBoxDetection": _detection,
    "_contrib_ROIAlign": _align,
    "_roi_align_spread": lambda p, data, rois: _spread(p, data, rois, _aligned, _by_bin),
    "_contrib_RROIAlign": lambda p, data, rois: _pool(p, data, rois, _turned, _own, data.shape[1], p.pooled_size),
    "_rroi_align_spread": lambda p, data, rois: _spread(p, data, rois, _turned, _own),
    "_contrib_PSROIPooling": lambda p, data, rois: _pool(
        p, data, rois, _pixels_of, _by_group, p.output_dim, (p.pooled_size, p.pooled_size)
    ),
    "_psroi_spread": lambda p, data, rois: _spread(p, data, rois, _pixels_of, _by_group),
    "_contrib_Proposal": _proposals,
    "_contrib_MultiProposal": _proposals,
    "_sample_places": _sample_places,
    "_deformable_places": _moved_places,
    "_contrib_DeformableConvolution": _deformable("clamp", False),
    "_contrib_ModulatedDeformableConvolution": _deformable("zero", True),
}
