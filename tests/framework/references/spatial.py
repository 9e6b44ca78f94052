"""Images at other sizes and places, position by position."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def _upsampling(p: Any, *arrays: Any) -> Any:
    if p.sample_type == "bilinear":
        return _spread(p.scale, *arrays)
    height, width = (n * p.scale for n in arrays[0].shape[2:])
    made = []
    for a in arrays:
        s = height // a.shape[2]
        out = np.empty((*a.shape[:2], height, width))
        for y in range(height):
            for x in range(width):
                out[:, :, y, x] = a[:, :, y // s, x // s]
        made.append(out)
    return sum(made) if p.multi_input_mode == "sum" else np.concatenate(made, axis=1)


def _spread(scale: int, data: Any, weight: Any) -> Any:
    n, c, h, w = data.shape
    kernel = weight.shape[2]
    pad = math.ceil((scale - 1) / 2)
    wide = np.zeros((n, c, h * scale + kernel, w * scale + kernel))
    for y in range(h):
        for x in range(w):
            area = wide[:, :, y * scale : y * scale + kernel, x * scale : x * scale + kernel]
            area += data[:, :, y, x, None, None] * weight[:, 0]
    return wide[:, :, pad : pad + h * scale, pad : pad + w * scale]


def _line(size: int, target: int, rule: str) -> list[dict[int, float]]:
    """For each position of the output, the shares of the positions it is made of."""
    lines = []
    for i in range(target):
        if rule == "average":
            area = range(math.floor(i * size / target), math.ceil((i + 1) * size / target))
            lines.append(dict.fromkeys(area, 1 / len(area)))
            continue
        if target == 1:
            place = 0.0
        elif rule == "corners":
            place = i * (size - 1) / (target - 1)
        else:
            place = min(max((i + 0.5) * size / target - 0.5, 0), size - 1)
        low = math.floor(place)
        shares = {low: 1 - (place - low)}
        if place > low:
            shares[low + 1] = place - low
        lines.append(shares)
    return lines


def _resize(data: Any, height: int, width: int, rule: str) -> Any:
    out = np.zeros((*data.shape[:2], height, width))
    for y, rows in enumerate(_line(data.shape[2], height, rule)):
        for x, columns in enumerate(_line(data.shape[3], width, rule)):
            for i, down in rows.items():
                for j, across in columns.items():
                    out[:, :, y, x] += down * across * data[:, :, i, j]
    return out


def _resize_back(p: Any, data: Any) -> Any:
    out = np.zeros((*data.shape[:2], p.height, p.width))
    for y, rows in enumerate(_line(p.height, data.shape[2], p.rule)):
        for x, columns in enumerate(_line(p.width, data.shape[3], p.rule)):
            for i, down in rows.items():
                for j, across in columns.items():
                    out[:, :, i, j] += down * across * data[:, :, y, x]
    return out


def _resized_length(p: Any, size: int, target: int, scale: float | None) -> int:
    even = size % 2 == 0
    if p.mode == "odd_scale":
        assert scale is not None
        return int(size * scale) if even else int((size - 1) * scale) + 1
    if p.mode == "size":
        return target if scale is None else int(size * scale)
    return {
        "to_even_down": size if even else size - 1,
        "to_even_up": size if even else size + 1,
        "to_odd_down": size - 1 if even else size,
        "to_odd_up": size + 1 if even else size,
    }[p.mode]


def _bilinear_resize(p: Any, data: Any, like: Any = None) -> Any:
    if like is not None:
        height, width = like.shape[2:]
    else:
        height = _resized_length(p, data.shape[2], p.height, p.scale_height)
        width = _resized_length(p, data.shape[3], p.width, p.scale_width)
    return _resize(data, height, width, "corners" if p.align_corners else "centres")


def _adaptive(p: Any, data: Any) -> Any:
    height, width = (p.output_size * 2)[:2] if p.output_size else (1, 1)
    return _resize(data, height, width, "average")


def _axis(size: int) -> list[float]:
    return [-1 + 2 * i / (size - 1) if size > 1 else -1.0 for i in range(size)]


def _affine(theta: Any, height: int, width: int) -> Any:
    out = np.empty((len(theta), 2, height, width))
    for n, matrix in enumerate(theta.reshape(-1, 2, 3)):
        for i, y in enumerate(_axis(height)):
            for j, x in enumerate(_axis(width)):
                out[n, :, i, j] = matrix @ [x, y, 1.0]
    return out


def _grid(p: Any, data: Any) -> Any:
    if p.transform_type == "affine":
        return _affine(data, *p.target_shape)
    out = np.empty(data.shape)
    height, width = data.shape[2:]
    for n, _, i, j in np.ndindex(data.shape):
        out[n, 0, i, j] = (data[n, 0, i, j] + j) * 2 / (width - 1) - 1
        out[n, 1, i, j] = (data[n, 1, i, j] + i) * 2 / (height - 1) - 1
    return out


def _affine_grad(p: Any, grid: Any) -> Any:
    height, width = grid.shape[2:]
    out = np.zeros((len(grid), 2, 3))
    for i, y in enumerate(_axis(height)):
        for j, x in enumerate(_axis(width)):
            out += grid[:, :, i, j, None] * np.array([x, y, 1.0])
    return out.reshape(len(grid), 6)


def _pixel(image: Any, y: int, x: int) -> Any:
    inside = 0 <= y < image.shape[1] and 0 <= x < image.shape[2]
    return image[:, y, x] if inside else np.zeros(len(image))


def _pixels(p: Any, data: Any, rows: Any, columns: Any) -> Any:
    out = np.empty((*data.shape[:2], *rows.shape[1:]))
    for n, i, j in np.ndindex(rows.shape):
        out[n, :, i, j] = _pixel(data[n], int(rows[n, i, j]), int(columns[n, i, j]))
    return out


def _pixels_grad(p: Any, data: Any, rows: Any, columns: Any) -> Any:
    height, width = p.target_shape
    out = np.zeros((*data.shape[:2], height, width))
    for n, i, j in np.ndindex(rows.shape):
        y, x = int(rows[n, i, j]), int(columns[n, i, j])
        if 0 <= y < height and 0 <= x < width:
            out[n, :, y, x] += data[n, :, i, j]
    return out


def _sample(data: Any, grid: Any) -> Any:
    out = np.empty((*data.shape[:2], *grid.shape[2:]))
    height, width = data.shape[2:]
    for n, i, j in np.ndindex(grid.shape[0], *grid.shape[2:]):
        x, y = (grid[n, 0, i, j] + 1) * (width - 1) / 2, (grid[n, 1, i, j] + 1) * (height - 1) / 2
        total = np.zeros(data.shape[1])
        for v in (math.floor(y), math.floor(y) + 1):
            for u in (math.floor(x), math.floor(x) + 1):
                total += _pixel(data[n], v, u) * (1 - abs(x - u)) * (1 - abs(y - v))
        out[n, :, i, j] = total
    return out


def _roi_pooling(p: Any, data: Any, rois: Any) -> Any:
    ph, pw = p.pooled_size
    height, width = data.shape[2:]
    out = np.zeros((len(rois), data.shape[1], ph, pw))
    places = np.full(out.shape, -1)
    for r, roi in enumerate(rois):
        x1, y1, x2, y2 = (math.floor(v * p.spatial_scale + 0.5) for v in roi[1:])
        bin_h, bin_w = max(y2 - y1 + 1, 1) / ph, max(x2 - x1 + 1, 1) / pw
        for c, i, j in np.ndindex(data.shape[1], ph, pw):
            best = -math.inf
            for y in range(max(y1 + math.floor(i * bin_h), 0), min(y1 + math.ceil((i + 1) * bin_h), height)):
                for x in range(max(x1 + math.floor(j * bin_w), 0), min(x1 + math.ceil((j + 1) * bin_w), width)):
                    value = data[int(roi[0]), c, y, x]
                    if value > best:
                        best, out[r, c, i, j], places[r, c, i, j] = value, value, y * width + x
    return out, places


def _roi_spread(p: Any, data: Any, places: Any, rois: Any) -> Any:
    out = np.zeros(p.shape)
    for r, c, i, j in np.ndindex(places.shape):
        place = int(places[r, c, i, j])
        if place >= 0:
            out[int(rois[r, 0]), c, place // p.shape[3], place % p.shape[3]] += data[r, c, i, j]
    return out


def _roi_gather(p: Any, data: Any, places: Any, rois: Any) -> Any:
    out = np.zeros(places.shape)
    for r, c, i, j in np.ndindex(places.shape):
        place = int(places[r, c, i, j])
        if place >= 0:
            out[r, c, i, j] = data[int(rois[r, 0]), c, place // p.shape[3], place % p.shape[3]]
    return out


def _meetings(p: Any, space: Any) -> Any:
    """(row within a channel, column, position in the data) wherever a window meets the data."""
    rank = len(p.kernel)
    stride, dilate, pad = (getattr(p, n) or (d,) * rank for n, d in (("stride", 1), ("dilate", 1), ("pad", 0)))
    counts = [
        (n + 2 * b - d * (k - 1) - 1) // s + 1
        for n, b, d, k, s in zip(space, pad, dilate, p.kernel, stride, strict=True)
    ]
    for row, tap in enumerate(np.ndindex(*p.kernel)):
        for column, window in enumerate(np.ndindex(*counts)):
            place = tuple(o * s - b + k * d for o, s, b, k, d in zip(window, stride, pad, tap, dilate, strict=True))
            if all(0 <= v < n for v, n in zip(place, space, strict=True)):
                yield row, column, place
    yield math.prod(p.kernel), math.prod(counts), None


def _im2col(p: Any, data: Any) -> Any:
    *meetings, (depth, count, _) = _meetings(p, data.shape[2:])
    out = np.zeros((*data.shape[:2], depth, count))
    for row, column, place in meetings:
        out[:, :, row, column] = data[(slice(None), slice(None), *place)]
    return out.reshape(data.shape[0], -1, count)


def _col2im(p: Any, data: Any) -> Any:
    *meetings, (depth, count, _) = _meetings(p, p.output_size)
    columns = data.reshape(data.shape[0], -1, depth, count)
    out = np.zeros((*columns.shape[:2], *p.output_size))
    for row, column, place in meetings:
        out[(slice(None), slice(None), *place)] += columns[:, :, row, column]
    return out


REFERENCES = {
    "UpSampling": _upsampling,
    "_resize": lambda p, data: _resize(data, p.height, p.width, p.rule),
    "_resize_back": _resize_back,
    "_contrib_BilinearResize2D": _bilinear_resize,
    "_contrib_AdaptiveAvgPooling2D": _adaptive,
    "GridGenerator": _grid,
    "_affine_grid_grad": _affine_grad,
    "_pixels": _pixels,
    "_pixels_grad": _pixels_grad,
    "BilinearSampler": lambda p, data, grid: _sample(data, grid),
    "SpatialTransformer": lambda p, data, loc: _sample(data, _affine(loc, *p.target_shape)),
    "ROIPooling": _roi_pooling,
    "_roi_spread": _roi_spread,
    "_roi_gather": _roi_gather,
    "im2col": _im2col,
    "col2im": _col2im,
}
